#pragma once
// Carries mail to SMTP relays. libcurl connects, negotiates TLS and logs in; the mails are said here,
// because libcurl waits for the answer to each command: a relay that offers PIPELINING (RFC 2920) is
// told sender, recipient and DATA at once. Attempt n of a message goes to relay (n-1) mod count, so a
// relay that is down costs one attempt, not the alarm. Thread-safe. A connection over which a mail
// has gone is kept for the next one: an alarm to ten thousand people would else greet the relay ten
// thousand times. One that the relay has closed meanwhile (it hangs up or says 421 before the text is
// given) is made anew, once, within the same attempt and its time. After the text nothing is
// repeated here: the outcome is unknown, and the outbox sends again under the same Message-ID. A
// connection over which anything went wrong is not used again, so that no late answer is taken for
// that to another mail.

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "edge/courier/mail.h"
#include "kernel/courier.h"
#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::edge::courier {

enum class Security {
    none,                 // plain text: only inside one machine
    starttls_if_offered,  // against listening, not against an impostor: the certificate is not checked
    starttls,             // required, certificate checked
    tls                   // from the first byte (port 465), certificate checked
};

struct SmtpRelay {
    std::string host;
    std::uint16_t port = 25;
    Security security = Security::starttls;
    std::string login;  // empty: no authentication
    std::string password;
    std::string ca_file;  // PEM; empty: the system's

    std::string name() const { return host + ":" + std::to_string(port); }
};

struct SmtpOptions {
    std::vector<SmtpRelay> relays;  // at least one
    Letterhead from;
    std::string helo;  // empty: the domain of from.address
    std::chrono::milliseconds connect_timeout{10'000};
    // Of one mail; a relay that falls silent costs at most this once more.
    std::chrono::milliseconds whole_timeout{60'000};
};

class SmtpCourier final : public Courier {
public:
    // Errors: invalid edge.courier.{no_relay, sender, relay_host}.
    static Result<std::unique_ptr<SmtpCourier>> create(SmtpOptions options, const Clock& clock);
    ~SmtpCourier() override;
    Delivery carry(const Message& message, int attempt) override;

    static constexpr auto kept_for = std::chrono::seconds(30);  // without a mail
    static constexpr std::size_t most_kept = 16;                // idle, of each relay
    // Over one connection, then a new one: relays count, and a load balancer before several of them
    // shall see us again.
    static constexpr int most_mails = 500;

private:
    SmtpCourier(SmtpOptions options, const Clock& clock);
    class Line;
    std::unique_ptr<Line> take(std::size_t relay);
    void keep(std::size_t relay, std::unique_ptr<Line> line);

    SmtpOptions options_;
    const Clock& clock_;
    std::mutex guard_;
    std::vector<std::vector<std::unique_ptr<Line>>> idle_;  // by relay
};

}  // namespace noroshi::edge::courier
