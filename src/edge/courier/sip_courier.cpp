#include "edge/courier/sip_courier.h"

#include <algorithm>
#include <array>
#include <optional>
#include <thread>

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/courier/sip_message.h"

namespace noroshi::edge::courier {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr auto packet_time = milliseconds(20);
constexpr std::size_t packet_size = 160;

class Udp {
public:
    Udp() = default;
    ~Udp() {
        if (socket_ >= 0) ::close(socket_);
    }
    Udp(const Udp&) = delete;
    Udp& operator=(const Udp&) = delete;

    // To one place; from then on only what comes from there is read.
    bool connect(const std::string& host, std::uint16_t port) {
        addrinfo wish{};
        wish.ai_socktype = SOCK_DGRAM;
        wish.ai_family = AF_INET;
        addrinfo* found = nullptr;
        if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wish, &found) != 0)
            return false;
        const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, ::freeaddrinfo);
        socket_ = ::socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        return socket_ >= 0 && ::connect(socket_, found->ai_addr, found->ai_addrlen) == 0;
    }
    // On a port of its own of this address.
    bool open(const std::string& address) {
        socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        return socket_ >= 0 && ::inet_pton(AF_INET, address.c_str(), &at.sin_addr) == 1 &&
               ::bind(socket_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
    }
    std::pair<std::string, std::uint16_t> own() const {
        sockaddr_in at{};
        socklen_t size = sizeof at;
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size);
        char text[INET_ADDRSTRLEN] = {};
        ::inet_ntop(AF_INET, &at.sin_addr, text, sizeof text);
        return {text, ntohs(at.sin_port)};
    }
    void send(std::string_view bytes) const { ::send(socket_, bytes.data(), bytes.size(), 0); }
    void send_to(std::string_view bytes, const std::string& address, std::uint16_t port) const {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_port = htons(port);
        if (::inet_pton(AF_INET, address.c_str(), &at.sin_addr) != 1) return;
        ::sendto(socket_, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&at),
                 sizeof at);
    }
    std::optional<std::string> read() const {
        std::array<char, 4096> bytes{};
        const auto got = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got < 0) return {};
        return std::string(bytes.data(), static_cast<std::size_t>(got));
    }
    int handle() const { return socket_; }

private:
    int socket_ = -1;
};

// What may stand in the user part of a SIP address.
std::string dialled(std::string_view number, const std::string& prefix) {
    std::string out;
    for (const char c : number)
        if ((c >= '0' && c <= '9') || (c == '+' && out.empty())) out += c;
    constexpr std::string_view japan = "+81";
    if (!prefix.empty() && out.starts_with(japan)) out = prefix + out.substr(japan.size());
    return out;
}

struct Words {
    Samples speech;
    std::vector<Samples> taken;  // what is said after 1, 2, 3
};

// One call from INVITE to the end.
class Call {
public:
    Call(const SipOptions& options, const SipTrunk& trunk, std::string number, const Words& words,
         Random& random)
        : options_(options), trunk_(trunk), number_(std::move(number)), words_(words),
          domain_(trunk.domain), call_id_(random.hex(16)), tag_(random.hex(8)),
          branch_(random.hex(10)), cnonce_(random.hex(8)), session_(random.below(1'000'000'000)),
          source_(static_cast<std::uint32_t>(random.number())) {}

    Delivery run() {
        Delivery delivery{Outcome::failed, trunk_.name, "cannot reach the exchange"};
        if (!signalling_.connect(trunk_.host, trunk_.port)) return delivery;
        address_ = signalling_.own().first;
        if (!media_.open(address_)) return delivery;
        if (trunk_.registers && !enrol(delivery)) return delivery;
        if (!ring(delivery)) return delivery;
        trouble_of_trunk_ = false;
        talk(delivery);
        return delivery;
    }
    // The telephone was never reached: another trunk may.
    bool is_trouble_of_trunk() const { return trouble_of_trunk_; }

private:
    std::string uri() const { return "sip:" + number_ + "@" + domain_; }

    std::string request(const std::string& method, std::uint32_t sequence, const std::string& to,
                        const std::string& target, const std::string& branch,
                        const std::string& body, const std::string& more = {}) const {
        const auto [address, port] = signalling_.own();
        const std::string here = address + ":" + std::to_string(port);
        std::string out = method + " " + target + " SIP/2.0\r\nVia: SIP/2.0/UDP " + here +
                          ";rport;branch=z9hG4bK" + branch +
                          "\r\nMax-Forwards: 70\r\nFrom: <sip:" + trunk_.user + "@" + domain_ +
                          ">;tag=" + tag_ + "\r\nTo: " + to + "\r\nCall-ID: " + call_id_ +
                          "\r\nCSeq: " + std::to_string(sequence) + " " + method +
                          "\r\nContact: <sip:" + trunk_.user + "@" + here + ">\r\n" + route_ + more;
        if (!body.empty()) out += "Content-Type: application/sdp\r\n";
        return out + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }

    void invite() {
        const std::string body = sip::write_sdp(address_, media_.own().second, session_);
        sent_ =
            request("INVITE", sequence_, "<" + uri() + ">", uri(), branch_, body, authorization_);
        signalling_.send(sent_);
    }

    void ack(const sip::Message& response, bool taken) {
        const std::string to(response.header("to"));
        // §13.2.2.4: a final answer other than 2xx is acknowledged within the transaction.
        last_ack_ = request("ACK", sequence_, to, taken ? target_ : uri(),
                            taken ? branch_ + "a" : branch_, {});
        signalling_.send(last_ack_);
    }

    // §14.2: a re-INVITE (a session that is refreshed, a call put on hold) is answered with what we
    // said at first.
    std::string reply_to(const sip::Message& asked) const {
        std::string out = "SIP/2.0 200 OK\r\n";
        for (const auto& [name, value] : asked.headers)
            if (name == "via" || name == "from" || name == "to" || name == "call-id" ||
                name == "cseq")
                out += name + ": " + value + "\r\n";
        if (asked.method != "INVITE") return out + "Content-Length: 0\r\n\r\n";
        const auto [address, port] = signalling_.own();
        const std::string body = sip::write_sdp(address_, media_.own().second, session_);
        return out + "Contact: <sip:" + trunk_.user + "@" + address + ":" + std::to_string(port) +
               ">\r\nContent-Type: application/sdp\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body;
    }

    // §10: tells the exchange where this extension is. False: it will not have us.
    bool enrol(Delivery& delivery) {
        const std::string where = "sip:" + domain_;
        const std::string own = "<sip:" + trunk_.user + "@" + domain_ + ">";
        std::string proof;
        for (std::uint32_t sequence = 1; sequence <= 2; ++sequence) {
            const std::string asked =
                request("REGISTER", sequence, own, where, branch_ + "r" + std::to_string(sequence),
                        {}, proof + "Expires: 300\r\n");
            const auto answer = answer_to(asked, "REGISTER", sequence);
            if (!answer) {
                delivery.detail = "no answer from the exchange";
                return false;
            }
            if (answer->status < 300) return true;
            delivery.detail = "registration refused, SIP " + std::to_string(answer->status);
            const bool proxy = answer->status == 407;
            const auto challenge = answer->status == 401 || proxy
                                       ? sip::read_challenge(answer->header(
                                             proxy ? "proxy-authenticate" : "www-authenticate"))
                                       : std::nullopt;
            if (!challenge) return false;
            proof =
                std::string(proxy ? "Proxy-Authorization: " : "Authorization: ") +
                sip::digest(*challenge, trunk_.user, trunk_.password, "REGISTER", where, cnonce_) +
                "\r\n";
        }
        return false;
    }
    // §17.1.2: repeated until there is a final answer, or none in time.
    std::optional<sip::Message> answer_to(const std::string& asked, std::string_view method,
                                          std::uint32_t sequence) {
        const auto began = steady_clock::now();
        auto interval = milliseconds(500);
        auto next = began;
        while (steady_clock::now() - began < options_.first_answer) {
            if (steady_clock::now() >= next) {
                signalling_.send(asked);
                next = steady_clock::now() + interval;
                interval *= 2;
            }
            pollfd wait{signalling_.handle(), POLLIN, 0};
            ::poll(&wait, 1, 50);
            const auto bytes = signalling_.read();
            auto message = bytes ? sip::read(*bytes) : std::nullopt;
            if (message && message->status >= 200 && message->header("call-id") == call_id_ &&
                message->header("cseq") == std::to_string(sequence) + " " + std::string(method))
                return message;
        }
        return {};
    }

    // Until somebody answers. False: nobody did, and `delivery` says why.
    bool ring(Delivery& delivery) {
        invite();
        const auto began = steady_clock::now();
        auto next_repeat = began + milliseconds(500);
        auto interval = milliseconds(500);
        bool heard = false;
        bool cancelled = false;
        while (true) {
            const auto now = steady_clock::now();
            if (!heard && now - began > options_.first_answer) {
                delivery.detail = "no answer from the exchange";
                return false;
            }
            if (!heard && now >= next_repeat) {
                signalling_.send(sent_);
                interval *= 2;
                next_repeat = now + interval;
            }
            if (heard && !cancelled && now - began > options_.ring) {
                cancelled = true;
                signalling_.send(
                    request("CANCEL", sequence_, "<" + uri() + ">", uri(), branch_, {}));
            }
            if (cancelled && now - began > options_.ring + milliseconds(2'000)) {
                delivery.detail = "not answered";
                return false;
            }
            pollfd wait{signalling_.handle(), POLLIN, 0};
            ::poll(&wait, 1, 50);
            const auto bytes = signalling_.read();
            const auto message = bytes ? sip::read(*bytes) : std::nullopt;
            if (!message || message->header("call-id") != call_id_) continue;
            if (message->status == 0) {
                signalling_.send(reply_to(*message));
                continue;
            }
            if (!message->header("cseq").ends_with("INVITE") ||
                !message->header("cseq").starts_with(std::to_string(sequence_) + " "))
                continue;
            heard = true;
            // 180, 183: it rings somewhere, the trunk has done its part.
            if (message->status > 100 && message->status < 200) trouble_of_trunk_ = false;
            if (message->status < 200) continue;
            if (message->status < 300) {
                accept(*message);
                if (cancelled || !remote_) {
                    delivery.detail = remote_ ? "not answered" : "488 no common codec";
                    hang_up();
                    return false;
                }
                return true;
            }
            ack(*message, false);
            const bool proxy = message->status == 407;
            if ((message->status == 401 || proxy) && authorization_.empty()) {
                const auto challenge = sip::read_challenge(
                    message->header(proxy ? "proxy-authenticate" : "www-authenticate"));
                if (challenge) {
                    authorization_ =
                        std::string(proxy ? "Proxy-Authorization: " : "Authorization: ") +
                        sip::digest(*challenge, trunk_.user, trunk_.password, "INVITE", uri(),
                                    cnonce_) +
                        "\r\n";
                    ++sequence_;
                    branch_ += "b";
                    invite();
                    continue;
                }
            }
            constexpr std::array no_such_number{404, 410, 484, 604};
            constexpr std::array of_the_telephone{408, 480, 486, 487, 600, 603};
            if (std::ranges::find(no_such_number, message->status) != no_such_number.end()) {
                delivery.outcome = Outcome::refused;
                trouble_of_trunk_ = false;
            }
            if (std::ranges::find(of_the_telephone, message->status) != of_the_telephone.end())
                trouble_of_trunk_ = false;
            delivery.detail = cancelled ? "not answered" : "SIP " + std::to_string(message->status);
            return false;
        }
    }

    void accept(const sip::Message& response) {
        to_ = response.header("to");
        const auto contact = response.header("contact");
        const auto open = contact.find('<');
        target_ = open == std::string_view::npos
                      ? std::string(contact.substr(0, contact.find(';')))
                      : std::string(contact.substr(open + 1, contact.find('>') - open - 1));
        if (target_.empty()) target_ = uri();
        // §12.1.2: the route set is taken in reverse.
        std::vector<std::string> routes;
        for (const auto& [name, value] : response.headers)
            if (name == "record-route") routes.push_back(value);
        for (auto one = routes.rbegin(); one != routes.rend(); ++one)
            route_ += "Route: " + *one + "\r\n";
        ack(response, true);
        remote_ = sip::read_sdp(response.body);
        if (remote_ && !remote_->speaks_mu_law && !remote_->speaks_a_law) remote_.reset();
    }

    void hang_up() {
        const std::string bye = request("BYE", sequence_ + 1, to_, target_, branch_ + "c", {});
        for (int attempt = 0; attempt < 3; ++attempt) {
            signalling_.send(bye);
            const auto until = steady_clock::now() + milliseconds(300);
            while (steady_clock::now() < until) {
                pollfd wait{signalling_.handle(), POLLIN, 0};
                ::poll(&wait, 1, 50);
                const auto bytes = signalling_.read();
                const auto message = bytes ? sip::read(*bytes) : std::nullopt;
                if (message && message->status >= 200 && message->header("cseq").ends_with("BYE"))
                    return;
            }
        }
    }

    // What has come in by signalling: true when the other side has hung up.
    bool hear_signalling(std::string& keys) {
        bool over = false;
        while (const auto bytes = signalling_.read()) {
            const auto message = sip::read(*bytes);
            if (!message || message->header("call-id") != call_id_) continue;
            if (message->status >= 200 && message->header("cseq").ends_with("INVITE")) {
                signalling_.send(last_ack_);  // ours was lost
                continue;
            }
            if (message->status != 0) continue;
            if (message->method != "ACK") signalling_.send(reply_to(*message));
            if (message->method == "INFO")
                if (const auto key = sip::read_info(message->header("content-type"), message->body))
                    keys += *key;
            over |= message->method == "BYE";
        }
        return over;
    }
    void hear_media(std::string& keys) {
        while (const auto packet = media_.read())
            if (const auto press = sip::read_press(*packet, remote_->event_type);
                press && press->timestamp != last_press_) {
                last_press_ = press->timestamp;
                keys += press->key;
            }
    }

    char coded(std::int16_t sample) const {
        return static_cast<char>(remote_->speaks_mu_law ? to_mu_law(sample) : to_a_law(sample));
    }

    // The next 20 ms of what is being spoken; silence at its end. True: it has just ended.
    bool send_packet(const Samples& speech, std::size_t& at) {
        const bool was_speaking = at < speech.size();
        std::string payload(packet_size, coded(0));
        for (std::size_t i = 0; i < packet_size && at < speech.size(); ++i)
            payload[i] = coded(speech[at++]);
        media_.send_to(sip::rtp(remote_->speaks_mu_law ? 0 : 8, rtp_sequence_++, timestamp_,
                                source_, timestamp_ == 0, payload),
                       remote_->address, remote_->port);
        timestamp_ += packet_size;
        next_packet_ += packet_time;
        std::this_thread::sleep_until(next_packet_);
        return was_speaking && at >= speech.size();
    }

    // Speaks, and listens all the while; 0 begins anew.
    void talk(Delivery& delivery) {
        std::size_t at = 0;
        int spoken = 0;
        std::string keys;
        bool over = false;
        next_packet_ = steady_clock::now();
        std::optional<steady_clock::time_point> silent_since;
        while (!over) {
            if (send_packet(words_.speech, at)) {
                ++spoken;
                silent_since = steady_clock::now();
            }
            over = hear_signalling(keys);
            hear_media(keys);
            for (const char key : std::exchange(keys, {})) {
                if (key >= '1' && key <= '3') {
                    delivery = {Outcome::delivered, trunk_.name, "answered"};
                    delivery.reply = std::string(1, key);
                    if (!over) say_taken(static_cast<std::size_t>(key - '1'));
                    return;
                }
                if (key == '0') {
                    at = 0;
                    spoken = 0;
                    silent_since.reset();
                }
            }
            if (silent_since && steady_clock::now() - *silent_since > options_.wait_for_key) {
                if (spoken >= options_.times) break;
                at = 0;
                silent_since.reset();
            }
        }
        if (!over) hang_up();
        delivery.outcome = spoken > 0 ? Outcome::delivered : Outcome::failed;
        delivery.detail = spoken > 0 ? "heard, no digit" : "hung up before the end";
    }

    // Whoever pressed a key hears that it was taken; it counts also when they have hung up.
    void say_taken(std::size_t key) {
        std::string ignored;
        if (key < words_.taken.size()) {
            const auto& speech = words_.taken[key];
            for (std::size_t at = 0; at < speech.size();) {
                send_packet(speech, at);
                if (hear_signalling(ignored)) return;
            }
        }
        hang_up();
    }

    const SipOptions& options_;
    const SipTrunk& trunk_;
    std::string number_;
    const Words& words_;
    bool trouble_of_trunk_ = true;
    std::string domain_, call_id_, tag_, branch_, cnonce_;
    std::uint64_t session_;
    std::uint32_t source_;
    Udp signalling_, media_;
    std::string address_;
    std::uint32_t sequence_ = 1;
    std::string sent_, authorization_, to_, target_, route_, last_ack_;
    std::optional<sip::Media> remote_;
    std::uint16_t rtp_sequence_ = 1;
    std::uint32_t timestamp_ = 0;
    steady_clock::time_point next_packet_;
    std::optional<std::uint32_t> last_press_;
};

}  // namespace

SipCourier::SipCourier(SipOptions options, Random& random, const Clock& clock)
    : options_(std::move(options)), random_(random), clock_(clock) {
    for (const auto& trunk : options_.trunks) {
        health_.emplace_back();
        health_.back().name = trunk.name;
    }
}

Result<std::unique_ptr<SipCourier>> SipCourier::create(SipOptions options, Random& random,
                                                       const Clock& clock) {
    ASSERT(!options.trunks.empty());
    for (auto& trunk : options.trunks) {
        if (trunk.host.empty())
            return invalid("edge.courier.sip_host", "/voice/gateways", {{"name", trunk.name}});
        if (trunk.name.empty()) trunk.name = trunk.host;
        if (trunk.domain.empty()) trunk.domain = trunk.host;
    }
    return std::unique_ptr<SipCourier>(new SipCourier(std::move(options), random, clock));
}

std::vector<GatewayHealth> SipCourier::health() const {
    std::lock_guard lock(guard_);
    return health_;
}

// As configured, those in trouble last.
std::vector<std::size_t> SipCourier::order() const {
    std::lock_guard lock(guard_);
    std::vector<std::size_t> order;
    const Instant now = clock_.now();
    auto rests = [&](const GatewayHealth& one) {
        return !one.well && one.last_trouble_at && now < *one.last_trouble_at + rest;
    };
    for (std::size_t i = 0; i < health_.size(); ++i)
        if (!rests(health_[i])) order.push_back(i);
    for (std::size_t i = 0; i < health_.size(); ++i)
        if (rests(health_[i])) order.push_back(i);
    return order;
}

Result<Samples> SipCourier::spoken(const std::string& text, Language language) {
    constexpr std::size_t kept = 8;
    const std::string key = std::string(language == Language::en ? "en" : "ja") + text;
    {
        std::lock_guard lock(guard_);
        for (const auto& [known, samples] : voices_)
            if (known == key) return samples;
    }
    TRY_LET(auto samples, speak(text, language, options_.speech));
    std::lock_guard lock(guard_);
    voices_.emplace_front(key, samples);
    if (voices_.size() > kept) voices_.pop_back();
    return samples;
}

Delivery SipCourier::carry(const Message& message, int) {
    const auto language = message.subject == "en" ? Language::en : Language::ja;
    auto speech = spoken(message.text, language);
    if (!speech) return {Outcome::failed, "voice", "cannot speak"};
    Words words{std::move(*speech), {}};
    for (std::size_t at = 0; at < message.html.size() && words.taken.size() < 3;) {
        const auto end = std::min(message.html.find('\n', at), message.html.size());
        auto taken = spoken(message.html.substr(at, end - at), language);
        words.taken.push_back(taken ? std::move(*taken) : Samples{});
        at = end + 1;
    }
    Delivery delivery{Outcome::failed, "voice", "no trunk"};
    for (const auto place : order()) {
        const auto& trunk = options_.trunks[place];
        const std::string number = dialled(message.to, trunk.number_prefix);
        if (number.size() < 3) return {Outcome::refused, trunk.name, "malformed number"};
        Call call(options_, trunk, number, words, random_);
        delivery = call.run();
        std::lock_guard lock(guard_);
        auto& health = health_[place];
        const Instant now = clock_.now();
        health.well = !call.is_trouble_of_trunk();
        if (health.well) {
            ++health.taken;
            health.last_taken_at = now;
            return delivery;
        }
        ++health.troubles;
        health.last_trouble = delivery.detail;
        health.last_trouble_at = now;
    }
    return delivery;
}

}  // namespace noroshi::edge::courier
