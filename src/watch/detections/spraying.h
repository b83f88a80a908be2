#pragma once
// One address that tries passwords at several members, a few at each: too few for any of them, plain
// when put together. Each of them is told of what happened at itself and no more: that others see it
// too is for the warnings room to say, with its care for who would be given away. Bounded; not
// thread-safe; pure.

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "engines/detect/habits.h"
#include "watch/detections/detections.h"

namespace noroshi::watch::detections {

class Spraying {
public:
    static constexpr std::size_t members = 2, users = 5;  // within an hour

    // Refusals in about the order of their time.
    void take(const OrganisationId& member, const LineAt& line,
              const engines::detect::Habits::Refusal& refusal);
    struct Told {
        OrganisationId member;
        Finding finding;
    };
    std::vector<Told> drain();

private:
    struct One {
        engines::detect::Micros time = 0;
        std::uint64_t user = 0;
        OrganisationId member;
        LineAt line;
    };
    struct Address {
        std::deque<One> recent;
        std::unordered_map<std::string, engines::detect::Micros> told;  // by member
    };
    std::unordered_map<std::string, Address> addresses_;
    std::vector<Told> told_;
};

}  // namespace noroshi::watch::detections
