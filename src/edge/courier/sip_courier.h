#pragma once
// Telephones: calls one number over a SIP trunk, speaks the message and takes a digit as the answer.
// A small user agent of our own (RFC 3261 over UDP; G.711 µ-law and A-law; keys as RFC 4733 events or
// as INFO): an alarm makes calls and nothing else, and sofia-sip brings an event loop and a memory
// model of its own.
//
//   no answer of the exchange, 4xx of its own, 5xx   the next trunk is tried at once; none: failed
//   busy, nobody takes it, declined                  failed: the outbox calls again
//   404, 410, 484, 604                               refused: no such number
//   taken and heard to the end, or a key pressed     delivered; `reply` is the key, "" if none
//   taken and hung up before the end                 failed: nobody knows who hung up
//
// A telephone that is busy is no trouble of the trunk, hence no FailoverCourier: only this one knows
// which of the two it was. A trunk in trouble is tried last for a minute. Blocks for the length of a
// call. Thread-safe; each call has ports of its own.

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "edge/courier/failover.h"
#include "edge/courier/speech.h"
#include "kernel/courier.h"
#include "kernel/random/random.h"
#include "kernel/result.h"

namespace noroshi::edge::courier {

struct SipTrunk {
    std::string name;
    std::string host;  // of the trunk or the exchange
    std::uint16_t port = 5060;
    std::string domain;  // of addresses; empty: host
    std::string user;    // our number
    std::string password;
    std::string number_prefix;  // instead of "+81": "0" for a Japanese exchange; empty: as it is
    bool registers = false;     // REGISTER before each call: an extension, not a trunk
};

struct SipOptions {
    std::vector<SipTrunk> trunks;  // at least one, in order
    std::chrono::milliseconds ring{45'000};
    std::chrono::milliseconds first_answer{4'000};  // of the exchange, to anything
    std::chrono::milliseconds wait_for_key{8'000};  // after the last word
    int times = 2;                                  // how often the message is spoken
    SpeechOptions speech;
};

class SipCourier final : public Courier {
public:
    // Errors: invalid edge.courier.sip_host.
    static Result<std::unique_ptr<SipCourier>> create(SipOptions options, Random& random,
                                                      const Clock& clock);
    // message.subject: the language of message.text, "ja" or "en"; message.html: what is said after 1, 2
    // and 3 were pressed, one a line (a call has no HTML of its own).
    Delivery carry(const Message& message, int attempt) override;

    std::vector<GatewayHealth> health() const;
    static constexpr auto rest = std::chrono::minutes(1);

private:
    SipCourier(SipOptions options, Random& random, const Clock& clock);
    Result<Samples> spoken(const std::string& text, Language language);
    std::vector<std::size_t> order() const;

    SipOptions options_;
    Random& random_;
    const Clock& clock_;
    mutable std::mutex guard_;
    std::vector<GatewayHealth> health_;
    // What was spoken last: everybody is told the same.
    std::deque<std::pair<std::string, Samples>> voices_;
};

}  // namespace noroshi::edge::courier
