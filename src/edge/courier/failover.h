#pragma once
// Several gateways of one channel as one courier. The first transmission of a reminder starts with
// another gateway than the call did, and every further attempt with the next one: a gateway that
// takes messages and loses them costs a round, never the person. A gateway that failed, kept us
// waiting or left us in doubt is passed over for a while as long as another one is well, so that
// ten thousand messages do not each wait for the one that hangs. Thread-safe.
//
// A test message ("heartbeat/<gateway>/<channel>/<n>") goes through the gateway it names, however
// that one is: it is to find out.
//
// Which gateway is next is decided by begin() and end(), apart from carrying, so that a storm
// (tests/storm) plays the same decisions without threads.

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/courier.h"
#include "kernel/time/time.h"

namespace noroshi::edge::courier {

// Whether a gateway does what it should, for the heartbeat and the people who keep it.
struct GatewayHealth {
    std::string name;
    bool well = true;
    std::uint64_t taken = 0;  // messages, since the start
    std::uint64_t troubles = 0;
    std::string last_trouble;  // "cannot connect"
    std::optional<Instant> last_taken_at;
    std::optional<Instant> last_trouble_at;
};

class FailoverCourier final : public Courier {
public:
    struct Gateway {
        std::string name;
        std::unique_ptr<Courier> courier;
    };
    // At least one.
    FailoverCourier(std::vector<Gateway> gateways, const Clock& clock);
    Delivery carry(const Message& message, int attempt) override;

    // The gateway for this attempt, and what became of it there: carry() is one, the gateway's own
    // carry(), and the other.
    struct Turn {
        std::size_t gateway = 0;
        Instant began;
    };
    Turn begin(std::string_view key, int attempt);
    void end(const Turn& turn, Delivery& delivery);

    std::vector<GatewayHealth> health() const;

    static constexpr auto slow = std::chrono::seconds(5);
    static constexpr auto shortest_rest = std::chrono::seconds(15);
    static constexpr auto longest_rest = std::chrono::minutes(4);

private:
    std::size_t choose(std::size_t wanted, Instant now);
    struct Kept {
        Gateway gateway;
        GatewayHealth health;
        Span rest{};
        Instant passed_over_until{};
        bool probing = false;  // one message is finding out
    };
    const Clock& clock_;
    mutable std::mutex guard_;
    std::vector<Kept> gateways_;
};

// The number at the end of a message's key: which round of an alarm it is.
std::size_t round_of(std::string_view key);

}  // namespace noroshi::edge::courier
