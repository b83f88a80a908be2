#include "edge/courier/smtp_courier.h"

#include <algorithm>
#include <cctype>
#include <span>

#include <curl/curl.h>
#include <poll.h>

#include "edge/courier/smtp_talk.h"
#include "kernel/result.h"

namespace noroshi::edge::courier {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t longest_reply = 64 * 1024;  // of all its lines; ours know no use for more

struct Freed {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

void initialise_once() {
    static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    ASSERT(code == CURLE_OK);
}

bool is_host(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
    });
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; });
}

// A line of the answer to EHLO names an extension.
bool names(std::string_view line, std::string_view extension) {
    if (line.size() < 4 + extension.size() || !line.starts_with("250")) return false;
    const auto word = line.substr(4, extension.size());
    const auto rest = line.substr(4 + extension.size());
    return std::ranges::equal(word, extension,
                              [](char a, char b) { return std::toupper(a) == b; }) &&
           (rest.empty() || rest[0] == ' ' || rest[0] == '\r' || rest[0] == '\n');
}

// The mail and the line with a dot that ends it (RFC 5321 4.5.2: a dot that begins a line is doubled).
std::string as_text(std::string mail) {
    if (!mail.ends_with("\r\n")) mail += "\r\n";
    if (mail.starts_with('.')) mail.insert(0, 1, '.');
    for (auto at = mail.find("\r\n."); at != std::string::npos; at = mail.find("\r\n.", at + 4))
        mail.insert(at + 2, 1, '.');
    return mail + ".\r\n";
}

}  // namespace

// A connection to a relay that has greeted us and, where we have a log-in, let us in.
class SmtpCourier::Line {
public:
    // Connects. False: there is none; `talk` has heard what the relay said.
    bool open(const SmtpOptions& options, const SmtpRelay& relay, milliseconds patience,
              SmtpTalk& talk, std::string& reason);
    bool is_open() const { return socket_ != CURL_SOCKET_BAD; }
    // One mail. True when the relay took it and the line may be used again.
    bool carry(std::string_view sender, std::string_view receiver, const std::string& text,
               steady_clock::time_point until, SmtpTalk& talk, std::string& reason);
    // The relay has neither hung up nor said what nobody asked; else its next answer would be taken for
    // that to another mail.
    bool is_quiet() const {
        pollfd one{socket_, POLLIN, 0};
        return heard_.empty() && ::poll(&one, 1, 0) == 0;
    }
    // For lines with no mail under way: QUIT to all, and a second for their answers.
    static void take_leave(std::span<const std::unique_ptr<Line>> lines);

    int mails = 0;  // over this connection
    Instant idle_since{};

private:
    static int listen(CURL*, curl_infotype type, char* bytes, std::size_t size, void* context);
    bool write(std::string_view bytes, steady_clock::time_point until, std::string& reason);
    // The next whole reply; nothing when the connection broke or fell silent.
    bool hear(steady_clock::time_point until, SmtpTalk& talk, int& code, std::string& reason);
    bool wait(short what, steady_clock::time_point until, std::string& reason) const;

    std::unique_ptr<CURL, Freed> curl_{curl_easy_init()};
    curl_socket_t socket_ = CURL_SOCKET_BAD;
    SmtpTalk* greeting_ = nullptr;  // while it connects
    bool pipelining_ = false;
    bool utf8_ = false;  // RFC 6531
    std::string heard_;  // not yet read
};

int SmtpCourier::Line::listen(CURL*, curl_infotype type, char* bytes, std::size_t size,
                              void* context) {
    auto& line = *static_cast<Line*>(context);
    if (line.greeting_ == nullptr) return 0;
    const std::string_view text(bytes, size);
    if (type == CURLINFO_HEADER_OUT) {
        line.greeting_->said(text);
        // What was offered before STARTTLS counts no more.
        line.pipelining_ = line.utf8_ = false;
    }
    if (type == CURLINFO_HEADER_IN) {
        line.greeting_->heard(text);
        line.pipelining_ = line.pipelining_ || names(text, "PIPELINING");
        line.utf8_ = line.utf8_ || names(text, "SMTPUTF8");
    }
    return 0;
}

bool SmtpCourier::Line::open(const SmtpOptions& options, const SmtpRelay& relay,
                             milliseconds patience, SmtpTalk& talk, std::string& reason) {
    CURL* curl = curl_.get();
    reason = "out of memory";
    if (curl == nullptr) return false;
    // libcurl says EHLO with the path of the URL.
    const std::string url = (relay.security == Security::tls ? "smtps://" : "smtp://") +
                            relay.name() + "/" + options.helo;
    const bool tls_must = relay.security == Security::starttls || relay.security == Security::tls;
    const long use_ssl = tls_must                                          ? CURLUSESSL_ALL
                         : relay.security == Security::starttls_if_offered ? CURLUSESSL_TRY
                                                                           : CURLUSESSL_NONE;
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");  // never a proxy of the environment
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);  // with TLS and log-in, and no mail
    curl_easy_setopt(curl, CURLOPT_USE_SSL, use_ssl);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, tls_must ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, tls_must ? 2L : 0L);
    if (!relay.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, relay.ca_file.c_str());
    if (!relay.login.empty()) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, relay.login.c_str());
        curl_easy_setopt(curl, CURLOPT_PASSWORD, relay.password.c_str());
    }
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(options.connect_timeout.count()));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(patience.count()));
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);  // for `listen`; nothing is printed
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, listen);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, this);

    greeting_ = &talk;
    const CURLcode code = curl_easy_perform(curl);
    greeting_ = nullptr;
    reason = curl_easy_strerror(code);
    if (code != CURLE_OK) return false;
    curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &socket_);
    return is_open();
}

bool SmtpCourier::Line::wait(short what, steady_clock::time_point until,
                             std::string& reason) const {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    pollfd one{socket_, what, 0};
    if (left > milliseconds(0) && ::poll(&one, 1, static_cast<int>(left.count())) > 0) return true;
    reason = curl_easy_strerror(CURLE_OPERATION_TIMEDOUT);
    return false;
}

bool SmtpCourier::Line::write(std::string_view bytes, steady_clock::time_point until,
                              std::string& reason) {
    while (!bytes.empty()) {
        std::size_t sent = 0;
        const CURLcode code = curl_easy_send(curl_.get(), bytes.data(), bytes.size(), &sent);
        bytes.remove_prefix(sent);
        if (code == CURLE_AGAIN) {
            if (!wait(POLLOUT, until, reason)) return false;
        } else if (code != CURLE_OK) {
            reason = curl_easy_strerror(code);
            return false;
        }
    }
    return true;
}

bool SmtpCourier::Line::hear(steady_clock::time_point until, SmtpTalk& talk, int& code,
                             std::string& reason) {
    std::size_t size = 0;  // of this reply
    bool waited = false;
    while (true) {
        for (auto end = heard_.find('\n'); end != std::string::npos; end = heard_.find('\n')) {
            const std::string line = heard_.substr(0, end + 1);
            heard_.erase(0, end + 1);
            size += line.size();
            const auto reply = read_reply(line);
            if (!reply.last) continue;
            talk.heard(line);
            code = reply.code;
            return true;
        }
        if (size + heard_.size() > longest_reply) {
            reason = "reply too long";
            return false;
        }
        char bytes[4096];
        std::size_t got = 0;
        const CURLcode read = curl_easy_recv(curl_.get(), bytes, sizeof bytes, &got);
        if (read == CURLE_AGAIN) {
            if (!wait(POLLIN, until, reason)) return false;
            waited = true;
        } else if (read != CURLE_OK || got == 0) {
            reason = curl_easy_strerror(read == CURLE_OK ? CURLE_RECV_ERROR : read);
            return false;
        } else {
            heard_.append(bytes, got);
            // A relay that sends without end and ends no line is as good as silent.
            if (waited && steady_clock::now() > until) {
                reason = curl_easy_strerror(CURLE_OPERATION_TIMEDOUT);
                return false;
            }
        }
    }
}

bool SmtpCourier::Line::carry(std::string_view sender, std::string_view receiver,
                              const std::string& text, steady_clock::time_point until,
                              SmtpTalk& talk, std::string& reason) {
    const std::string from =
        "MAIL FROM:<" + std::string(sender) + ">" +
        (utf8_ && !(is_ascii(sender) && is_ascii(receiver)) ? " SMTPUTF8" : "") + "\r\n";
    const std::string to = "RCPT TO:<" + std::string(receiver) + ">\r\n";
    const std::string data = "DATA\r\n";
    if (pipelining_ && !write(from + to + data, until, reason)) {
        talk.said(from);
        return false;
    }
    // Whatever is amiss, the line is given up by the caller: what the relay makes of the rest of the
    // group (it may even ask for a text nobody is to get) ends with the connection.
    int code = 0;
    for (const auto* command : {&from, &to, &data}) {
        talk.said(*command);
        if (!pipelining_ && !write(*command, until, reason)) return false;
        if (!hear(until, talk, code, reason)) return false;
        if (command == &data ? code != 354 : code / 100 != 2) return false;
    }
    talk.text_begun();
    // Once it is handed over, nobody here can say any more how much of it the relay has got; before
    // its end it cannot be taken for a whole mail.
    const auto body = std::string_view(text).substr(0, text.size() - 3);
    if (body.size() > 32 * 1024) {
        if (!write(body, until, reason)) return false;
        talk.text_given();
        if (!write(std::string_view(text).substr(body.size()), until, reason)) return false;
    } else {
        talk.text_given();
        if (!write(text, until, reason)) return false;
    }
    return hear(until, talk, code, reason) && code / 100 == 2;
}

void SmtpCourier::Line::take_leave(std::span<const std::unique_ptr<Line>> lines) {
    const auto until = steady_clock::now() + std::chrono::seconds(1);
    std::string reason;
    for (const auto& line : lines)
        if (!line->is_open() || !line->write("QUIT\r\n", until, reason))
            line->socket_ = CURL_SOCKET_BAD;
    for (const auto& line : lines) {
        SmtpTalk politeness;
        int code = 0;
        if (line->is_open()) line->hear(until, politeness, code, reason);
    }
}

SmtpCourier::SmtpCourier(SmtpOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), idle_(options_.relays.size()) {}

SmtpCourier::~SmtpCourier() {
    for (auto& of_relay : idle_) Line::take_leave(of_relay);
}

std::unique_ptr<SmtpCourier::Line> SmtpCourier::take(std::size_t relay) {
    std::unique_ptr<Line> taken;
    std::vector<std::unique_ptr<Line>> stale;
    {
        std::lock_guard lock(guard_);
        auto& idle = idle_[relay];
        const Instant oldest = clock_.now() - kept_for;
        while (!idle.empty() && idle.front()->idle_since < oldest) {
            stale.push_back(std::move(idle.front()));
            idle.erase(idle.begin());
        }
        while (!idle.empty() && taken == nullptr) {
            (idle.back()->is_quiet() ? taken : stale.emplace_back()) = std::move(idle.back());
            idle.pop_back();
        }
    }
    Line::take_leave(stale);
    return taken ? std::move(taken) : std::make_unique<Line>();
}

void SmtpCourier::keep(std::size_t relay, std::unique_ptr<Line> line) {
    if (++line->mails < most_mails) {
        std::lock_guard lock(guard_);
        auto& idle = idle_[relay];
        line->idle_since = clock_.now();
        if (idle.size() < most_kept) {
            idle.push_back(std::move(line));
            return;
        }
    }
    Line::take_leave({&line, 1});
}

Result<std::unique_ptr<SmtpCourier>> SmtpCourier::create(SmtpOptions options, const Clock& clock) {
    if (options.relays.empty()) return invalid("edge.courier.no_relay", "/mail/relays");
    if (!is_mail_address(options.from.address))
        return invalid("edge.courier.sender", "/mail/from", {{"address", options.from.address}});
    for (const auto& relay : options.relays)
        if (!is_host(relay.host))
            return invalid("edge.courier.relay_host", "/mail/relays", {{"host", relay.host}});
    if (options.helo.empty())
        options.helo = options.from.address.substr(options.from.address.find('@') + 1);
    initialise_once();
    return std::unique_ptr<SmtpCourier>(new SmtpCourier(std::move(options), clock));
}

Delivery SmtpCourier::carry(const Message& message, int attempt) {
    const auto which = static_cast<std::size_t>(std::max(attempt, 1) - 1) % options_.relays.size();
    const auto& relay = options_.relays[which];
    if (!is_mail_address(message.to)) return {Outcome::refused, relay.name(), "malformed address"};

    const std::string text = as_text(write_mail(message, options_.from, clock_.now()));
    const auto until = steady_clock::now() + options_.whole_timeout;
    auto line = take(which);
    bool kept = line->is_open();
    SmtpTalk talk;
    std::string reason;
    bool taken = false;
    while (true) {
        const auto left = std::chrono::duration_cast<milliseconds>(until - steady_clock::now());
        if (line->is_open() ||
            (left > milliseconds(0) && line->open(options_, relay, left, talk, reason)))
            taken = line->carry(options_.from.address, message.to, text, until, talk, reason);
        // The relay had done with the kept connection: once more over a new one, in what is left of
        // this mail's time. Anything else it said is its answer to this mail, and stands.
        if (taken || !kept || !talk.hung_up_before_the_text() || steady_clock::now() >= until)
            break;
        kept = false;
        talk = {};
        line = std::make_unique<Line>();
    }
    Delivery delivery = talk.end(taken, relay.name(), reason);
    if (taken) keep(which, std::move(line));
    return delivery;
}

}  // namespace noroshi::edge::courier
