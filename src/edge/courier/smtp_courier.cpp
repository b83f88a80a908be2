#include "edge/courier/smtp_courier.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include <curl/curl.h>

#include "edge/courier/smtp_talk.h"
#include "kernel/result.h"

namespace noroshi::edge::courier {

namespace {

struct Outgoing {
    std::string_view rest;
    SmtpTalk talk;
};

std::size_t give_text(char* into, std::size_t size, std::size_t count, void* context) {
    auto& outgoing = *static_cast<Outgoing*>(context);
    outgoing.talk.text_begun();
    const std::size_t length = std::min(size * count, outgoing.rest.size());
    std::memcpy(into, outgoing.rest.data(), length);
    outgoing.rest.remove_prefix(length);
    // Once the last byte is with libcurl, nobody here can say any more what the server has got.
    if (outgoing.rest.empty()) outgoing.talk.text_given();
    return length;
}

int listen(CURL*, curl_infotype type, char* bytes, std::size_t size, void* context) {
    auto& talk = static_cast<Outgoing*>(context)->talk;
    const std::string_view line(bytes, size);
    if (type == CURLINFO_HEADER_OUT) talk.said(line);
    if (type == CURLINFO_HEADER_IN) talk.heard(line);
    return 0;
}

struct Freed {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
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

}  // namespace

// A conversation partner of libcurl's, with the connection it has kept.
struct SmtpCourier::Handle {
    std::unique_ptr<CURL, Freed> curl{curl_easy_init()};
    int mails = 0;  // over this connection
    Instant idle_since{};

    // For a connection with no mail under way: says QUIT, and waits no longer than a second for a
    // relay that has fallen silent.
    static void take_leave(std::unique_ptr<Handle> handle) {
        if (handle && handle->curl)
            curl_easy_setopt(handle->curl.get(), CURLOPT_SERVER_RESPONSE_TIMEOUT, 1L);
    }
};

SmtpCourier::SmtpCourier(SmtpOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), idle_(options_.relays.size()) {}

SmtpCourier::~SmtpCourier() {
    for (auto& of_relay : idle_)
        for (auto& handle : of_relay) Handle::take_leave(std::move(handle));
}

std::unique_ptr<SmtpCourier::Handle> SmtpCourier::take(std::size_t relay) {
    std::unique_ptr<Handle> taken;
    std::unique_ptr<Handle> stale;
    {
        std::lock_guard lock(guard_);
        auto& idle = idle_[relay];
        const Instant oldest = clock_.now() - kept_for;
        // One at most: should the relay have fallen silent, each costs a second.
        if (!idle.empty() && idle.front()->idle_since < oldest) {
            stale = std::move(idle.front());
            idle.erase(idle.begin());
        }
        if (!idle.empty() && idle.back()->idle_since >= oldest) {
            taken = std::move(idle.back());
            idle.pop_back();
        }
    }
    Handle::take_leave(std::move(stale));
    return taken ? std::move(taken) : std::make_unique<Handle>();
}

void SmtpCourier::keep(std::size_t relay, std::unique_ptr<Handle> handle) {
    curl_easy_reset(handle->curl.get());  // it must not tell us of its leave-taking later
    if (++handle->mails < most_mails) {
        std::lock_guard lock(guard_);
        auto& idle = idle_[relay];
        handle->idle_since = clock_.now();
        if (idle.size() < most_kept) idle.push_back(std::move(handle));
    }
    Handle::take_leave(std::move(handle));
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

    const std::string mail = write_mail(message, options_.from, clock_.now());
    Outgoing outgoing{mail, {}};
    auto handle = take(which);
    CURL* curl = handle->curl.get();
    if (curl == nullptr) return {Outcome::failed, relay.name(), "out of memory"};
    curl_easy_reset(curl);  // keeps the connection

    // libcurl says EHLO with the path of the URL.
    const std::string url = (relay.security == Security::tls ? "smtps://" : "smtp://") +
                            relay.name() + "/" + options_.helo;
    const std::string sender = "<" + options_.from.address + ">";
    const std::string receiver = "<" + message.to + ">";
    const std::unique_ptr<curl_slist, Freed> receivers(
        curl_slist_append(nullptr, receiver.c_str()));
    const bool tls_must = relay.security == Security::starttls || relay.security == Security::tls;
    const long use_ssl = tls_must                                          ? CURLUSESSL_ALL
                         : relay.security == Security::starttls_if_offered ? CURLUSESSL_TRY
                                                                           : CURLUSESSL_NONE;

    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");  // never a proxy of the environment
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
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
                     static_cast<long>(options_.connect_timeout.count()));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.whole_timeout.count()));
    // libcurl takes leave (QUIT) even of a relay that has fallen silent, and waits for the answer.
    curl_easy_setopt(
        curl, CURLOPT_SERVER_RESPONSE_TIMEOUT,
        static_cast<long>(std::chrono::ceil<std::chrono::seconds>(options_.whole_timeout).count()));
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, sender.c_str());
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, receivers.get());
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_text);
    curl_easy_setopt(curl, CURLOPT_READDATA, &outgoing);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);  // for `listen`; nothing is printed
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, listen);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, &outgoing);

    curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, static_cast<long>(kept_for.count()));

    CURLcode code = curl_easy_perform(curl);
    Delivery delivery = outgoing.talk.end(code == CURLE_OK, relay.name(), curl_easy_strerror(code));
    long connected = 1;
    curl_off_t took = 0;  // microseconds
    curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &connected);
    curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &took);
    const auto left = options_.whole_timeout - std::chrono::milliseconds(took / 1'000);
    if (code != CURLE_OK && code != CURLE_OPERATION_TIMEDOUT && connected == 0 &&
        outgoing.talk.hung_up_before_the_text() && left > std::chrono::milliseconds(0)) {
        // The relay had done with the kept connection: once more over a new one, in what is left of
        // this mail's time. Anything else it said is its answer to this mail, and stands.
        outgoing = {mail, {}};
        handle->mails = 0;
        curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
        code = curl_easy_perform(curl);
        delivery = outgoing.talk.end(code == CURLE_OK, relay.name(), curl_easy_strerror(code));
    }
    if (code == CURLE_OK) keep(which, std::move(handle));
    return delivery;
}

}  // namespace noroshi::edge::courier
