#include "edge/courier/sip_courier.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <mutex>
#include <thread>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/courier/sip_message.h"

namespace noroshi::edge::courier {
namespace {

using std::chrono::milliseconds;

// An exchange and the telephone behind it, as a test needs them.
class Exchange {
public:
    enum class Manner {
        answers,
        answers_in_a_law,
        wants_password,
        busy,
        no_such_number,
        silent,
        hangs_up,
        out_of_order,
        never_answered
    };
    explicit Exchange(Manner manner, char key = '1') : manner_(manner), key_(key) {
        signalling_ = open();
        media_ = open();
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }
    ~Exchange() {
        thread_.request_stop();
        thread_.join();
        ::close(signalling_);
        ::close(media_);
    }
    std::uint16_t port() const { return port_of(signalling_); }
    std::size_t loud_packets() const { return loud_; }
    std::string invited() const {
        std::lock_guard lock(guard_);
        return invited_;
    }
    bool was_released() const { return released_; }
    bool was_cancelled() const { return cancelled_; }
    bool was_registered() const { return registered_; }

private:
    static int open() {
        const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
        return socket;
    }
    static std::uint16_t port_of(int socket) {
        sockaddr_in at{};
        socklen_t size = sizeof at;
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size);
        return ntohs(at.sin_port);
    }

    std::string reply(const sip::Message& to, const std::string& status, const std::string& more,
                      const std::string& body = {}) const {
        std::string out = "SIP/2.0 " + status + "\r\n";
        for (const auto& [name, value] : to.headers)
            if (name == "via" || name == "from" || name == "call-id" || name == "cseq")
                out += name + ": " + value + "\r\n";
        out += "To: " + std::string(to.header("to")) +
               (to.header("to").contains("tag=") ? "" : ";tag=there") + "\r\n" + more;
        return out + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }

    std::string sdp() const {
        auto text = sip::write_sdp("127.0.0.1", port_of(media_), 1);
        if (manner_ == Manner::answers_in_a_law) text.replace(text.find("AVP 0 8"), 7, "AVP 8");
        return text;
    }

    void run(const std::stop_token& stop) {
        sockaddr_in from{};
        auto send = [&](const std::string& text) {
            ::sendto(signalling_, text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&from),
                     sizeof from);
        };
        sip::Message asked;
        while (!stop.stop_requested()) {
            pollfd wait[2] = {{signalling_, POLLIN, 0}, {media_, POLLIN, 0}};
            ::poll(wait, 2, 20);
            char bytes[4096];
            if ((wait[1].revents & POLLIN) != 0) {
                sockaddr_in caller{};
                socklen_t size = sizeof caller;
                const auto got = ::recvfrom(media_, bytes, sizeof bytes, 0,
                                            reinterpret_cast<sockaddr*>(&caller), &size);
                if (got == 172) {
                    bool loud = false;
                    for (int i = 12; i < 172; ++i)
                        loud |=
                            std::abs(manner_ == Manner::answers_in_a_law
                                         ? of_a_law(static_cast<std::uint8_t>(bytes[i]))
                                         : of_mu_law(static_cast<std::uint8_t>(bytes[i]))) > 500;
                    loud_ += loud ? 1 : 0;
                }
                if (loud_ == 20 && !pressed_) {
                    pressed_ = true;
                    // RFC 4733: the same press in several packets, the last of which say "end".
                    for (int i = 0; i < 5; ++i) {
                        std::string packet{static_cast<char>(0x80),
                                           static_cast<char>(101),
                                           0,
                                           static_cast<char>(i),
                                           0,
                                           0,
                                           0,
                                           7,
                                           1,
                                           2,
                                           3,
                                           4};
                        packet += static_cast<char>(key_ - '0');
                        packet += static_cast<char>(i > 2 ? 0x8A : 0x0A);
                        packet += std::string(2, '\1');
                        ::sendto(media_, packet.data(), packet.size(), 0,
                                 reinterpret_cast<sockaddr*>(&caller), size);
                    }
                }
            }
            if ((wait[0].revents & POLLIN) == 0) continue;
            socklen_t size = sizeof from;
            const auto got = ::recvfrom(signalling_, bytes, sizeof bytes, 0,
                                        reinterpret_cast<sockaddr*>(&from), &size);
            const auto message = sip::read(
                std::string_view(bytes, static_cast<std::size_t>(std::max<ssize_t>(0, got))));
            if (!message || manner_ == Manner::silent) continue;
            if (message->method == "BYE") {
                released_ = true;
                send(reply(*message, "200 OK", ""));
            }
            if (message->method == "REGISTER") {
                const bool proven =
                    message->header("authorization").contains("uri=\"sip:127.0.0.1\"");
                registered_ = registered_ || proven;
                send(proven ? reply(*message, "200 OK", "")
                            : reply(*message, "401 Unauthorized",
                                    "WWW-Authenticate: Digest realm=\"port\", nonce=\"abc\"\r\n"));
            }
            if (message->method == "CANCEL") {
                cancelled_ = true;
                send(reply(*message, "200 OK", ""));
                send(reply(asked, "487 Request Terminated", ""));
            }
            if (message->method == "ACK" && answered_ && manner_ == Manner::hangs_up) {
                const auto contact = asked.header("contact");
                send("BYE " + std::string(contact.substr(1, contact.find('>') - 1)) +
                     " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\nFrom: " +
                     std::string(asked.header("to")) +
                     ";tag=there\r\nTo: " + std::string(asked.header("from")) +
                     "\r\nCall-ID: " + std::string(asked.header("call-id")) +
                     "\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n");
            }
            if (message->method != "INVITE") continue;
            {
                std::lock_guard lock(guard_);
                invited_ = message->uri;
            }
            if (manner_ == Manner::wants_password && message->header("authorization").empty()) {
                send(reply(
                    *message, "401 Unauthorized",
                    "WWW-Authenticate: Digest realm=\"port\", nonce=\"abc\", qop=\"auth\"\r\n"));
                continue;
            }
            if (manner_ == Manner::busy) {
                send(reply(*message, "486 Busy Here", ""));
                continue;
            }
            if (manner_ == Manner::no_such_number) {
                send(reply(*message, "404 Not Found", ""));
                continue;
            }
            if (manner_ == Manner::out_of_order) {
                send(reply(*message, "503 Service Unavailable", ""));
                continue;
            }
            asked = *message;
            send(reply(*message, "180 Ringing", ""));
            if (manner_ == Manner::never_answered) continue;
            answered_ = true;
            send(reply(*message, "200 OK",
                       "Contact: <sip:there@127.0.0.1:" + std::to_string(port()) +
                           ">\r\nContent-Type: application/sdp\r\n",
                       sdp()));
        }
    }

    Manner manner_;
    char key_;
    int signalling_ = -1, media_ = -1;
    mutable std::mutex guard_;
    std::string invited_;
    std::atomic<std::size_t> loud_ = 0;
    bool pressed_ = false, answered_ = false;
    std::atomic<bool> released_ = false, cancelled_ = false, registered_ = false;
    std::jthread thread_;
};

SipTrunk trunk_to(const Exchange& exchange, std::string name = "trunk") {
    SipTrunk trunk;
    trunk.name = std::move(name);
    trunk.host = "127.0.0.1";
    trunk.port = exchange.port();
    trunk.user = "0312345678";
    trunk.password = "secret";
    trunk.number_prefix = "0";
    return trunk;
}
SipOptions options_of(std::vector<SipTrunk> trunks) {
    SipOptions options;
    options.trunks = std::move(trunks);
    options.first_answer = milliseconds(1'500);
    options.ring = milliseconds(300);
    options.wait_for_key = milliseconds(300);
    options.times = 1;
    return options;
}
Message alarm(std::string to = "+819012345678") {
    Message message;
    message.to = std::move(to);
    message.subject = "ja";
    message.text = "こちらは灯浜港です。参集できる場合は1を押してください。";
    return message;
}
SeededRandom& dice() {
    static SeededRandom random(5);
    return random;
}
PretendClock& clock() {
    static PretendClock one(*parse_rfc3339("2026-07-04T06:30:00+09:00"));
    return one;
}
Delivery call(const Exchange& exchange, std::string to = "+819012345678") {
    return (*SipCourier::create(options_of({trunk_to(exchange)}), dice(), clock()))
        ->carry(alarm(std::move(to)), 1);
}

TEST(SipCourier, ThePersonHearsTheAlarmAndADigitIsTheAnswer) {
    // Wrong: the telephone rings, says nothing, and the answer is lost.
    Exchange exchange(Exchange::Manner::answers, '2');
    const auto delivery = call(exchange);
    EXPECT_EQ(delivery.outcome, Outcome::delivered) << delivery.detail;
    EXPECT_EQ(delivery.reply, "2");
    EXPECT_GE(exchange.loud_packets(), 20U);
    EXPECT_EQ(exchange.invited(), "sip:09012345678@127.0.0.1");
    EXPECT_TRUE(exchange.was_released());
}

TEST(SipCourier, AnExchangeThatWantsAPasswordGetsIt) {
    // Wrong: every call ends with 401.
    Exchange exchange(Exchange::Manner::wants_password);
    EXPECT_EQ(call(exchange).reply, "1");
}

TEST(SipCourier, ATelephoneThatSpeaksALawHearsItToo) {
    // Wrong: abroad, or at another carrier, the alarm is noise.
    Exchange exchange(Exchange::Manner::answers_in_a_law, '3');
    EXPECT_EQ(call(exchange).reply, "3");
    EXPECT_GE(exchange.loud_packets(), 20U);
}

TEST(SipCourier, AnExtensionRegistersBeforeItCalls) {
    // Wrong: an exchange that wants to know its extensions refuses each call.
    Exchange exchange(Exchange::Manner::answers);
    auto trunk = trunk_to(exchange);
    trunk.registers = true;
    const auto delivery =
        (*SipCourier::create(options_of({trunk}), dice(), clock()))->carry(alarm(), 1);
    EXPECT_EQ(delivery.reply, "1") << delivery.detail;
    EXPECT_TRUE(exchange.was_registered());
}

TEST(SipCourier, ASecondTrunkTakesOverAtOnceAndABusyTelephoneIsNotItsFault) {
    // Wrong: one trunk is down and nobody is called; or a busy telephone has the trunk thought dead.
    Exchange broken(Exchange::Manner::out_of_order);
    Exchange sound(Exchange::Manner::answers);
    const auto courier = *SipCourier::create(
        options_of({trunk_to(broken, "first"), trunk_to(sound, "second")}), dice(), clock());
    const auto delivery = courier->carry(alarm(), 1);
    EXPECT_EQ(delivery.gateway, "second");
    EXPECT_EQ(delivery.reply, "1");
    auto health = courier->health();
    EXPECT_FALSE(health[0].well);
    EXPECT_EQ(health[0].last_trouble, "SIP 503");
    EXPECT_TRUE(health[1].well);

    Exchange busy(Exchange::Manner::busy);
    const auto other = *SipCourier::create(
        options_of({trunk_to(busy, "first"), trunk_to(sound, "second")}), dice(), clock());
    EXPECT_EQ(other->carry(alarm(), 1).gateway, "first") << "it is busy over every trunk";
    EXPECT_TRUE(other->health()[0].well);
}

TEST(SipCourier, ATelephoneThatNobodyTakesStopsRinging) {
    // Wrong: it rings on when nobody listens any more, and its owner picks up into silence.
    Exchange exchange(Exchange::Manner::never_answered);
    const auto delivery = call(exchange);
    EXPECT_EQ(delivery.outcome, Outcome::failed);
    EXPECT_EQ(delivery.detail, "not answered");
    EXPECT_TRUE(exchange.was_cancelled());
}

TEST(SipCourier, EachKindOfTroubleHasItsOutcome) {
    // Wrong: a busy telephone is given up, or a number that does not exist is dialled all night.
    using Manner = Exchange::Manner;
    for (const auto& [manner, outcome] : {std::pair(Manner::busy, Outcome::failed),
                                          std::pair(Manner::no_such_number, Outcome::refused),
                                          std::pair(Manner::silent, Outcome::failed),
                                          std::pair(Manner::hangs_up, Outcome::failed)}) {
        Exchange exchange(manner);
        const auto delivery = call(exchange);
        EXPECT_EQ(delivery.outcome, outcome) << static_cast<int>(manner) << " " << delivery.detail;
        EXPECT_TRUE(delivery.reply.empty());
    }
    Exchange exchange(Manner::answers);
    EXPECT_EQ(call(exchange, "!").outcome, Outcome::refused);
}

TEST(Speech, JapaneseIsReadAsItIsPronounced) {
    // Wrong: kanji and digits are spelled out as "Chinese letter", or left out.
    EXPECT_EQ(kana_of("県庁\tケンチョー\n3\t\n階\tカイ\nは\tワ\nEOS\n"), "ケンチョーサンカイワ\n");
    const auto samples = speak("県庁3階に参集してください。", Language::ja);
    ASSERT_TRUE(samples);
    EXPECT_GT(samples->size(), 8'000U) << "more than a second";
    EXPECT_FALSE(samples_of("RIFFxxxxWAVE"));
    SpeechOptions nothing;
    nothing.espeak = "/nonexistent";
    EXPECT_FALSE(speak("x", Language::en, nothing));
}

TEST(Speech, BothLawsKeepTheLoudness) {
    // Wrong: a voice that crackles.
    for (int value = -32'000; value <= 32'000; value += 997) {
        const auto back = of_mu_law(to_mu_law(static_cast<std::int16_t>(value)));
        EXPECT_LE(std::abs(back - value), std::abs(value) / 16 + 16) << value;
        const auto by_a = of_a_law(to_a_law(static_cast<std::int16_t>(value)));
        EXPECT_LE(std::abs(by_a - value), std::abs(value) / 16 + 16) << value;
    }
}

TEST(SipMessage, DigestsAreThoseOfTheRfc) {
    // Wrong: the exchange refuses us. The example of RFC 2617 §3.5.
    const auto challenge = sip::read_challenge(
        "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
        "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
        "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"");
    ASSERT_TRUE(challenge);
    EXPECT_TRUE(
        sip::digest(*challenge, "Mufasa", "Circle Of Life", "GET", "/dir/index.html", "0a4f113b")
            .contains("response=\"6629fae49393a05397450978507c4ef1\""));
}

}  // namespace
}  // namespace noroshi::edge::courier
