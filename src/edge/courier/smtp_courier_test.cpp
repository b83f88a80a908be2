// The courier against a relay that misbehaves. How it gets on with one that behaves is shown with a
// real server in tests/peers/smtp_test.cpp.

#include "edge/courier/smtp_courier.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/courier/file_courier.h"
#include "edge/courier/handset_courier.h"
#include "kernel/store/store_for_tests.h"

namespace noroshi::edge::courier {
namespace {

// What the relay does when it hears a command; "" hangs up, "…" says nothing more.
using Answers = std::function<std::string(std::string_view command)>;
constexpr std::string_view hang_up = "";
constexpr std::string_view silence = "…";

// One connection after the other, on a free loopback port.
class Relay {
public:
    explicit Relay(Answers answers) : answers_(std::move(answers)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
        socklen_t size = sizeof at;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
        port_ = ntohs(at.sin_port);
        EXPECT_EQ(::listen(listener_, 8), 0);
        thread_ = std::jthread([this] { serve(); });
    }
    ~Relay() {
        ::shutdown(listener_, SHUT_RDWR);
        if (const int open = connection_.exchange(-1); open >= 0) ::shutdown(open, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    std::uint16_t port() const { return port_; }
    const std::vector<std::string>& mails() const { return mails_; }

private:
    void serve() {
        for (int socket = 0; (socket = ::accept(listener_, nullptr, nullptr)) >= 0;) {
            connection_ = socket;
            talk(socket);
            connection_.exchange(-1);
            ::close(socket);
        }
    }
    bool say(int socket, const std::string& text) {
        if (text == silence) {
            char nothing = 0;
            while (::recv(socket, &nothing, 1, 0) > 0) {}  // until the other side gives up
            return false;
        }
        if (text == hang_up) return false;
        const std::string line = text + "\r\n";
        return ::send(socket, line.data(), line.size(), MSG_NOSIGNAL) > 0;
    }
    void talk(int socket) {
        if (!say(socket, answers_("greeting"))) return;
        std::string heard;
        bool text = false;
        std::string mail;
        char bytes[4096];
        for (ssize_t size = 0; (size = ::recv(socket, bytes, sizeof bytes, 0)) > 0;) {
            heard.append(bytes, static_cast<std::size_t>(size));
            for (std::size_t end = 0; (end = heard.find("\r\n")) != std::string::npos;) {
                const std::string line = heard.substr(0, end);
                heard.erase(0, end + 2);
                if (!text) {
                    const std::string answer = answers_(line);
                    if (!say(socket, answer)) return;
                    text = line == "DATA" && answer.starts_with("354");
                } else if (line == ".") {
                    text = false;
                    if (!say(socket, answers_("."))) return;
                    mails_.push_back(std::move(mail));
                    mail.clear();
                } else {
                    mail += line + "\n";
                }
            }
        }
    }

    Answers answers_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> connection_{-1};
    std::vector<std::string> mails_;
    std::jthread thread_;
};

// A relay that takes everything, except for what `odd` says otherwise.
Answers taking(std::string odd_at, std::string_view odd) {
    return [odd_at, odd = std::string(odd)](std::string_view command) -> std::string {
        if (!odd_at.empty() && command.starts_with(odd_at)) return odd;
        if (command == "greeting") return "220 relay";
        if (command.starts_with("EHLO")) return "250-relay\r\n250 SIZE 1000000";
        if (command == "DATA") return "354 go ahead";
        if (command == ".") return "250 2.0.0 queued";
        return "250 ok";
    };
}

const PretendClock a_clock{*parse_rfc3339("2026-07-04T06:30:00+09:00")};

std::unique_ptr<SmtpCourier> courier_to(const std::vector<std::uint16_t>& ports,
                                        Security security = Security::none) {
    SmtpOptions options;
    options.from = {"noroshi@port.example", "Noroshi", "Asia/Tokyo"};
    for (const auto port : ports) {
        SmtpRelay relay;
        relay.host = "127.0.0.1";
        relay.port = port;
        relay.security = security;
        options.relays.push_back(relay);
    }
    options.connect_timeout = std::chrono::milliseconds(2'000);
    options.whole_timeout = std::chrono::milliseconds(300);  // for the relay that falls silent
    auto made = SmtpCourier::create(std::move(options), a_clock);
    EXPECT_TRUE(made);
    return std::move(*made);
}
Message alarm() {
    Message m;
    m.key = "c/p/email/0";
    m.to = "duty@terminal-1.example";
    m.to_name = "当直";
    m.message_id = "<c.p.0@port.example>";
    m.subject = "【緊急】停止";
    m.text = "停止しました。\n.\n点だけの行があります。";
    return m;
}
Delivery tell(std::string odd_at, std::string_view odd) {
    Relay relay(taking(std::move(odd_at), odd));
    return courier_to({relay.port()})->carry(alarm(), 1);
}

TEST(SmtpCourier, WhatTheRelayTakesIsDelivered) {
    // Wrong: the alarm went out and the board says it did not.
    Relay relay(taking("", ""));
    const auto delivery = courier_to({relay.port()})->carry(alarm(), 1);
    EXPECT_EQ(delivery.outcome, Outcome::delivered) << delivery.detail;
    ASSERT_EQ(relay.mails().size(), 1U);
    EXPECT_NE(relay.mails()[0].find("X-Noroshi-Drill: no"), std::string::npos);
}

TEST(SmtpCourier, WhatIsRefusedIsNotTriedForADay) {
    // Wrong: an address that does not exist looks like one that is merely late.
    EXPECT_EQ(tell("RCPT", "550 5.1.1 <duty@terminal-1.example> unknown").outcome,
              Outcome::refused);
    EXPECT_EQ(tell("RCPT", "550 5.1.1 no").detail, "550 5.1.1");
    EXPECT_EQ(tell("DATA", "554 5.7.1 no").outcome, Outcome::refused);
    EXPECT_EQ(tell(".", "554 5.6.0 no").outcome, Outcome::refused);
}

TEST(SmtpCourier, ARelayInTroubleIsTriedAgain) {
    // Wrong: greylisting or a full relay makes a person "not reachable".
    EXPECT_EQ(tell("greeting", "554 5.3.2 not today").outcome, Outcome::failed);
    EXPECT_EQ(tell("greeting", "421 4.3.2 too busy").outcome, Outcome::failed);
    EXPECT_EQ(tell("MAIL", "550 5.7.1 sender").outcome, Outcome::failed);
    EXPECT_EQ(tell("RCPT", "450 4.2.0 greylisted").outcome, Outcome::failed);
    EXPECT_EQ(tell(".", "451 4.3.0 later").outcome, Outcome::failed);
}

TEST(SmtpCourier, AConnectionThatBreaksIsInDoubtOnlyAfterTheText) {
    // Wrong: an alarm is counted as sent that never left, or as lost that arrived.
    EXPECT_EQ(tell("greeting", hang_up).outcome, Outcome::failed);
    EXPECT_EQ(tell("RCPT", hang_up).outcome, Outcome::failed);
    EXPECT_EQ(tell("DATA", hang_up).outcome, Outcome::failed);
    EXPECT_EQ(tell(".", hang_up).outcome, Outcome::unknown);
}

TEST(SmtpCourier, ARelayThatFallsSilentIsGivenUp) {
    // Wrong: one hanging relay holds up the alarm for everybody.
    EXPECT_EQ(tell("greeting", silence).outcome, Outcome::failed);
    EXPECT_EQ(tell("MAIL", silence).outcome, Outcome::failed);
    EXPECT_EQ(tell(".", silence).outcome, Outcome::unknown);
}

TEST(SmtpCourier, TheNextAttemptGoesToTheNextRelay) {
    // Wrong: the second relay that was paid for is never used.
    Relay good(taking("", ""));
    std::uint16_t gone = 0;
    {
        Relay closed(taking("", ""));
        gone = closed.port();
    }
    auto courier = courier_to({gone, good.port()});
    EXPECT_EQ(courier->carry(alarm(), 1).outcome, Outcome::failed);
    const auto second = courier->carry(alarm(), 2);
    EXPECT_EQ(second.outcome, Outcome::delivered);
    EXPECT_EQ(second.gateway, "127.0.0.1:" + std::to_string(good.port()));
    EXPECT_EQ(courier->carry(alarm(), 3).outcome, Outcome::failed);
    EXPECT_EQ(courier->carry(alarm(), 4).outcome, Outcome::delivered);
}

TEST(SmtpCourier, WithoutTheTlsThatIsRequiredNothingIsSaid) {
    // Wrong: somebody in between removes STARTTLS and reads the alarm.
    Relay relay(taking("", ""));
    EXPECT_EQ(courier_to({relay.port()}, Security::starttls)->carry(alarm(), 1).outcome,
              Outcome::failed);
    EXPECT_TRUE(relay.mails().empty());
    EXPECT_EQ(courier_to({relay.port()}, Security::starttls_if_offered)->carry(alarm(), 1).outcome,
              Outcome::delivered);
}

TEST(SmtpCourier, ABadAddressNeverReachesTheRelay) {
    // Wrong: an address from the contact list speaks commands to our relay.
    Relay relay(taking("", ""));
    Message m = alarm();
    m.to = "a@b.example>\r\nRCPT TO:<press@example.org";
    EXPECT_EQ(courier_to({relay.port()})->carry(m, 1).outcome, Outcome::refused);
    EXPECT_TRUE(relay.mails().empty());
}

TEST(SmtpCourier, IsNotMadeFromNonsense) {
    // Wrong: a misspelt relay is found at 03:00.
    EXPECT_FALSE(SmtpCourier::create({}, a_clock));
    SmtpOptions options;
    options.relays.push_back({});
    options.relays[0].host = "mail.example/../x";
    options.from.address = "noroshi@port.example";
    EXPECT_FALSE(SmtpCourier::create(options, a_clock));
    options.relays[0].host = "mail.example";
    options.from.address = "noroshi";
    EXPECT_FALSE(SmtpCourier::create(options, a_clock));
}

TEST(FileCourier, ASecondTransmissionReplacesTheFirst) {
    // Wrong: a repeated alarm lies in the drop directory twice.
    const store::TemporaryFolder folder;
    FileCourier courier(folder.path() + "/out", {"noroshi@port.example", "", "Asia/Tokyo"},
                        a_clock);
    EXPECT_EQ(courier.carry(alarm(), 1).outcome, Outcome::delivered);
    EXPECT_EQ(courier.carry(alarm(), 2).outcome, Outcome::delivered);
    std::size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder.path() + "/out")) {
        EXPECT_EQ(file.path().filename(), "c-p-email-0.eml");
        ++files;
    }
    EXPECT_EQ(files, 1U);
}

TEST(HandsetCourier, TheHandsetsOfADemoSurviveARestart) {
    // Wrong: whoever comes back to the demo finds empty telephones.
    const store::TemporaryFolder folder;
    const std::string file = folder / "handsets.jsonl";
    {
        HandsetCourier courier(file, a_clock);
        courier.carry(alarm(), 1);
        courier.carry(alarm(), 1);
    }
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 5);  // torn by a crash
    HandsetCourier courier(file, a_clock);
    ASSERT_EQ(courier.shown().size(), 1U);
    EXPECT_EQ(courier.shown()[0].text, alarm().text);
    EXPECT_EQ(courier.shown()[0].at, a_clock.now());
}

TEST(SmtpCourier, AKeptConnectionCarriesTheNextMail) {
    // Wrong: an alarm to ten thousand people greets the relay ten thousand times.
    std::atomic<int> greetings = 0;
    Relay relay([&](std::string_view command) {
        if (command == "greeting") ++greetings;
        return taking("", "")(command);
    });
    {
        const auto courier = courier_to({relay.port()});
        for (int i = 0; i < 5; ++i)
            EXPECT_EQ(courier->carry(alarm(), 1).outcome, Outcome::delivered);
    }
    EXPECT_EQ(greetings, 1);
    EXPECT_EQ(relay.mails().size(), 5U);
}

TEST(SmtpCourier, ARelayThatHasClosedTheKeptConnectionIsGreetedAnew) {
    // Wrong: every second mail of an alarm waits for its next attempt.
    std::atomic<int> senders = 0;
    Relay relay([&](std::string_view command) -> std::string {
        if (command == "greeting") senders = 0;
        if (command.starts_with("MAIL") && ++senders == 2) return std::string(hang_up);
        return taking("", "")(command);
    });
    {
        const auto courier = courier_to({relay.port()});
        for (int i = 0; i < 3; ++i)
            EXPECT_EQ(courier->carry(alarm(), 1).outcome, Outcome::delivered);
    }
    EXPECT_EQ(relay.mails().size(), 3U);
}

// A relay that counts its greetings, and does something odd at one command of the second mail of its
// first connection.
struct Fickle {
    std::string odd_at;
    std::string odd;
    std::atomic<int> greetings = 0;
    std::atomic<int> senders = 0;

    Fickle(std::string_view command, std::string_view answer) : odd_at(command), odd(answer) {}
    std::string operator()(std::string_view command) {
        if (command == "greeting") ++greetings;
        if (command.starts_with("MAIL")) ++senders;
        if (greetings == 1 && senders == 2 && command.starts_with(odd_at)) return odd;
        return taking("", "")(command);
    }
};

TEST(SmtpCourier, ARelayThatHasDoneWithAKeptConnectionCostsNoAttempt) {
    // Wrong: a relay that takes so many mails per connection delays every so-manieth alarm.
    for (const std::string_view at : {"MAIL", "RCPT", "DATA"})
        for (const std::string_view odd : {hang_up, std::string_view("421 4.7.0 enough")}) {
            Fickle fickle(at, odd);
            Relay relay(std::ref(fickle));
            {
                const auto courier = courier_to({relay.port()});
                for (int i = 0; i < 3; ++i)
                    EXPECT_EQ(courier->carry(alarm(), 1).outcome, Outcome::delivered) << at << odd;
            }
            EXPECT_EQ(fickle.greetings, 2);
            EXPECT_EQ(relay.mails().size(), 3U);
        }
}

TEST(SmtpCourier, ARelayThatOnlyGoesAwayIsAskedOnceMoreAndNotForEver) {
    // Wrong: a relay in trouble is called again and again, and the second relay waits.
    std::atomic<int> greetings = 0;
    std::atomic<int> senders = 0;
    Relay relay([&](std::string_view command) -> std::string {
        if (command == "greeting") ++greetings;
        if (command.starts_with("MAIL") && ++senders > 1) return "421 4.3.2 going down";
        return taking("", "")(command);
    });
    {
        const auto courier = courier_to({relay.port()});
        EXPECT_EQ(courier->carry(alarm(), 1).outcome, Outcome::delivered);
        const auto second = courier->carry(alarm(), 1);
        EXPECT_EQ(second.outcome, Outcome::failed);
        EXPECT_EQ(second.detail, "421 4.3.2");
    }
    EXPECT_EQ(greetings, 2);
    EXPECT_EQ(senders, 3);
}

TEST(SmtpCourier, WhatARelayAnswersOverAKeptConnectionIsItsAnswer) {
    // Wrong: each refused address is asked for twice, and a greylisting relay thinks we do not wait.
    struct Case {
        std::string_view at, answer;
        Outcome outcome;
    };
    for (const auto& [at, answer, outcome] : {Case{"RCPT", "450 4.2.0 greylisted", Outcome::failed},
                                              Case{"RCPT", "550 5.1.1 unknown", Outcome::refused},
                                              Case{"MAIL", "451 4.3.0 later", Outcome::failed},
                                              Case{".", "554 5.6.0 no", Outcome::refused}}) {
        Fickle fickle(at, answer);
        Relay relay(std::ref(fickle));
        const auto courier = courier_to({relay.port()});
        EXPECT_EQ(courier->carry(alarm(), 1).outcome, Outcome::delivered);
        EXPECT_EQ(courier->carry(alarm(), 1).outcome, outcome) << answer;
        EXPECT_EQ(fickle.senders, 2) << answer;
        // The next one has an answer of its own.
        EXPECT_EQ(courier->carry(alarm(), 1).outcome, Outcome::delivered) << answer;
        EXPECT_EQ(fickle.senders, 3) << answer;
    }
}

TEST(SmtpCourier, AKeptConnectionThatDiesAfterTheTextLeavesTheMailInDoubt) {
    // Wrong: the mail is sent once more behind the outbox's back, and nobody counts it in doubt.
    for (const std::string_view odd : {hang_up, silence}) {
        Fickle fickle(".", odd);
        Relay relay(std::ref(fickle));
        {
            const auto courier = courier_to({relay.port()});
            EXPECT_EQ(courier->carry(alarm(), 1).outcome, Outcome::delivered);
            EXPECT_EQ(courier->carry(alarm(), 1).outcome, Outcome::unknown);
            EXPECT_EQ(fickle.senders, 2);
            EXPECT_EQ(courier->carry(alarm(), 2).outcome, Outcome::delivered);
        }
        EXPECT_EQ(fickle.greetings, 2);
        ASSERT_EQ(relay.mails().size(), 2U);
        for (const auto& mail : relay.mails())
            EXPECT_NE(mail.find("Message-ID: " + alarm().message_id), std::string::npos);
    }
}

TEST(SmtpCourier, ARelayThatFallsSilentOnAKeptConnectionIsGivenUpToo) {
    // Wrong: the time of a mail holds for the first one only, or is spent twice.
    Fickle fickle("MAIL", silence);
    Relay relay(std::ref(fickle));
    const auto courier = courier_to({relay.port()});
    EXPECT_EQ(courier->carry(alarm(), 1).outcome, Outcome::delivered);
    EXPECT_EQ(courier->carry(alarm(), 1).outcome, Outcome::failed);
    EXPECT_EQ(fickle.greetings, 1);
    EXPECT_EQ(courier->carry(alarm(), 1).outcome, Outcome::delivered);
    EXPECT_EQ(fickle.greetings, 2);
}

TEST(SmtpCourier, AConnectionIsKeptForSoManyMailsAndSoLong) {
    // Wrong: one relay of the four behind a name carries the whole alarm, or a connection that
    // everybody has forgotten is held open for days.
    std::atomic<int> greetings = 0;
    std::atomic<int> farewells = 0;
    Relay relay([&](std::string_view command) -> std::string {
        if (command == "greeting") ++greetings;
        if (command == "QUIT") ++farewells;
        return taking("", "")(command);
    });
    PretendClock clock(a_clock.now());
    SmtpOptions options;
    options.from = {"noroshi@port.example", "Noroshi", "Asia/Tokyo"};
    options.relays.push_back({"127.0.0.1", relay.port(), Security::none, {}, {}, {}});
    auto courier = SmtpCourier::create(std::move(options), clock);
    ASSERT_TRUE(courier);
    for (int i = 0; i < SmtpCourier::most_mails; ++i)
        ASSERT_EQ((*courier)->carry(alarm(), 1).outcome, Outcome::delivered);
    EXPECT_EQ(greetings, 1);
    EXPECT_EQ(farewells, 1);
    EXPECT_EQ((*courier)->carry(alarm(), 1).outcome, Outcome::delivered);
    EXPECT_EQ(greetings, 2);
    clock.advance(SmtpCourier::kept_for);
    EXPECT_EQ((*courier)->carry(alarm(), 1).outcome, Outcome::delivered);
    EXPECT_EQ(greetings, 2);
    clock.advance(SmtpCourier::kept_for + std::chrono::seconds(1));
    EXPECT_EQ((*courier)->carry(alarm(), 1).outcome, Outcome::delivered);
    EXPECT_EQ(greetings, 3);
    EXPECT_EQ(farewells, 2);
}

// A relay that offers PIPELINING and says how the commands of a group came.
Answers pipelining(std::string odd_at, std::string_view odd) {
    return [relay = taking(std::move(odd_at), odd)](std::string_view command) -> std::string {
        if (command.starts_with("EHLO")) return "250-relay\r\n250-PIPELINING\r\n250 8BITMIME";
        return relay(command);
    };
}

TEST(SmtpCourier, ARelayThatTakesAGroupOfCommandsAnswersEachOfThem) {
    // Wrong: a refused address is told by the answer to another command, and the alarm waits a day.
    {
        Relay relay(pipelining("", ""));
        const auto courier = courier_to({relay.port()});
        for (int i = 0; i < 3; ++i)
            EXPECT_EQ(courier->carry(alarm(), 1).outcome, Outcome::delivered);
    }
    const auto carried = [](std::string odd_at, std::string_view odd) {
        Relay relay(pipelining(std::move(odd_at), odd));
        return courier_to({relay.port()})->carry(alarm(), 1);
    };
    EXPECT_EQ(carried("RCPT", "550 5.1.1 nobody").outcome, Outcome::refused);
    EXPECT_EQ(carried("RCPT", "550 5.1.1 nobody").detail, "550 5.1.1");
    EXPECT_EQ(carried("MAIL", "550 5.7.1 not you").outcome, Outcome::failed);
    EXPECT_EQ(carried("RCPT", "450 4.2.1 later").outcome, Outcome::failed);
    EXPECT_EQ(carried("DATA", "554 5.5.1 no valid recipients").outcome, Outcome::refused);
    EXPECT_EQ(carried("RCPT", hang_up).outcome, Outcome::failed);
    EXPECT_EQ(carried(".", hang_up).outcome, Outcome::unknown);
    EXPECT_EQ(carried("DATA", silence).outcome, Outcome::failed);
}

TEST(SmtpCourier, WhatARelaySaysUnaskedIsNotTheAnswerToTheNextMail) {
    // Wrong: a second answer to the mail before makes a refused mail a delivered one.
    int mails = 0;
    Relay relay([&](std::string_view command) -> std::string {
        if (command == "." && ++mails == 1) return "250 2.0.0 queued\r\n250 2.0.0 queued twice";
        if (command.starts_with("RCPT") && mails == 1) return "550 5.1.1 nobody";
        return taking("", "")(command);
    });
    const auto courier = courier_to({relay.port()});
    EXPECT_EQ(courier->carry(alarm(), 1).outcome, Outcome::delivered);
    EXPECT_EQ(courier->carry(alarm(), 1).outcome, Outcome::refused);
}

}  // namespace
}  // namespace noroshi::edge::courier
