#include "edge/courier/failover.h"

#include <algorithm>

#include "kernel/result.h"

namespace noroshi::edge::courier {

std::size_t round_of(std::string_view key) {
    std::size_t round = 0;
    const auto last = key.rfind('/');
    for (const char c : key.substr(last == std::string_view::npos ? key.size() : last + 1)) {
        if (c < '0' || c > '9' || round > 1'000) return 0;
        round = round * 10 + static_cast<std::size_t>(c - '0');
    }
    return round;
}

FailoverCourier::FailoverCourier(std::vector<Gateway> gateways, const Clock& clock)
    : clock_(clock) {
    ASSERT(!gateways.empty());
    for (auto& gateway : gateways) {
        Kept kept;
        kept.health.name = gateway.name;
        kept.gateway = std::move(gateway);
        gateways_.push_back(std::move(kept));
    }
}

std::size_t FailoverCourier::choose(std::size_t wanted, Instant now) {
    const std::size_t count = gateways_.size();
    for (std::size_t i = 0; i < count; ++i) {
        Kept& one = gateways_[(wanted + i) % count];
        if (one.health.well) return (wanted + i) % count;
        // After its rest one message tries it again; the others keep away until that one is back.
        if (one.passed_over_until <= now && !one.probing) {
            one.probing = true;
            return (wanted + i) % count;
        }
    }
    return wanted % count;  // none is well: better one of them than nothing
}

FailoverCourier::Turn FailoverCourier::begin(std::string_view key, int attempt) {
    const auto wanted = round_of(key) + static_cast<std::size_t>(std::max(attempt, 1) - 1);
    std::lock_guard lock(guard_);
    const Instant now = clock_.now();
    constexpr std::string_view test = "heartbeat/";
    if (key.starts_with(test))
        for (std::size_t i = 0; i < gateways_.size(); ++i) {
            const auto rest = key.substr(test.size());
            const auto& name = gateways_[i].health.name;
            if (rest.starts_with(name) && rest.substr(name.size()).starts_with('/'))
                return {i, now};
        }
    return {choose(wanted, now), now};
}

void FailoverCourier::end(const Turn& turn, Delivery& delivery) {
    std::lock_guard lock(guard_);
    const Instant now = clock_.now();
    Kept& chosen = gateways_[turn.gateway];
    chosen.probing = false;
    const bool answered =
        delivery.outcome == Outcome::delivered || delivery.outcome == Outcome::refused;
    if (answered) {
        ++chosen.health.taken;
        chosen.health.last_taken_at = now;
    }
    if (answered && now - turn.began < slow) {
        chosen.health.well = true;
        chosen.rest = {};
    } else {
        ++chosen.health.troubles;
        chosen.health.well = false;
        chosen.health.last_trouble = answered ? "slow" : delivery.detail;
        chosen.health.last_trouble_at = now;
        chosen.rest = std::clamp<Span>(chosen.rest * 2, shortest_rest, longest_rest);
        chosen.passed_over_until = now + chosen.rest;
    }
    if (delivery.gateway.empty()) delivery.gateway = chosen.health.name;
}

Delivery FailoverCourier::carry(const Message& message, int attempt) {
    const auto turn = begin(message.key, attempt);
    Delivery delivery = gateways_[turn.gateway].gateway.courier->carry(message, attempt);
    end(turn, delivery);
    return delivery;
}

std::vector<GatewayHealth> FailoverCourier::health() const {
    std::lock_guard lock(guard_);
    std::vector<GatewayHealth> all;
    all.reserve(gateways_.size());
    for (const auto& one : gateways_) all.push_back(one.health);
    return all;
}

}  // namespace noroshi::edge::courier
