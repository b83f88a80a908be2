#pragma once
// What is going to happen in a storm, by true time; what is due at the same instant happens in the
// order in which it was planned.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "kernel/time/time.h"

namespace noroshi::storm {

class Schedule {
public:
    using Action = std::function<void()>;

    void at(Instant when, Action action) {
        planned_.emplace(std::pair{when, ++serial_}, std::move(action));
    }
    std::optional<Instant> next() const {
        if (planned_.empty()) return {};
        return planned_.begin()->first.first;
    }
    Action take() { return std::move(planned_.extract(planned_.begin()).mapped()); }

private:
    std::map<std::pair<Instant, std::uint64_t>, Action> planned_;
    std::uint64_t serial_ = 0;
};

}  // namespace noroshi::storm
