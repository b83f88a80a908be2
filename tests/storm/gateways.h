#pragma once
// The gateways outside: two mail relays, two for short messages (one of them reports what became of
// a message), one that telephones. Each has moods that last for a while: it takes what it is given,
// is away, turns it down for now, hangs until we give up, takes its time, breaks off after the text
// was sent (having taken it or not), or takes it and loses it. Some addresses will never do.
//
// Which gateway is next is decided by the real edge/courier/failover.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edge/courier/failover.h"
#include "tests/storm/dice.h"

namespace noroshi::storm {

struct Carried {
    Delivery delivery;
    edge::courier::FailoverCourier::Turn turn;
    bool was_contacted = true;      // the text left the house
    Span takes{};                   // until the outcome is known
    int copies = 0;                 // that reach the person
    std::optional<bool> receipt{};  // what the gateway reports later, if it does
};

class Gateways {
public:
    explicit Gateways(const Clock& clock) : clock_(clock) { forget(); }

    static const std::vector<Channel>& channels();
    // Changes the mood of one gateway; `well`: all do what they should.
    void change_mood(Dice& dice, Instant now, bool well);
    // The process ended, and with it what it knew of its gateways.
    void forget();
    Carried carry(const Message& message, int attempt, Dice& dice);
    // What became of it, as the process learns of it.
    void end(Channel channel, Carried& carried);
    // Since when the channel has lost nothing and one of its gateways has done what it should;
    // nothing: it does not.
    std::optional<Instant> works_since(Channel channel) const;

private:
    enum class Mood { well, away, turns_down, hangs, slow, breaks_off, loses };
    struct Lane {
        std::unique_ptr<edge::courier::FailoverCourier> failover;
        std::vector<Mood> moods;
        std::optional<Instant> works_since = Instant{};
    };
    const Clock& clock_;
    std::map<Channel, Lane> lanes_;
};

}  // namespace noroshi::storm
