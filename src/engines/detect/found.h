#pragma once
// What a run finds, in the order in which it is told: by event time, ties by position.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engines/detect/moment.h"

namespace noroshi::engines::detect {

struct Found {
    enum class Kind : std::uint8_t { sigma, correlation, indicator, behaviour };
    struct Reference {
        std::size_t source = 0;
        std::uint64_t line = 0;
    };
    Kind kind = Kind::sigma;
    std::uint32_t rule = 0;  // of the detector; sigma and correlation
    std::string rule_id;     // indicator and behaviour: which
    std::string title;
    std::string level;
    Micros time = no_time;
    std::size_t source = 0;  // of the input; of the last event for a correlation
    std::uint64_t line = 0;
    std::string event;  // JSON object
    // Correlations:
    std::vector<std::pair<std::string, std::string>> group;
    double count = 0;  // what its condition was about: events, distinct values, rules, a sum, …
    std::vector<Reference> events;
    std::uint64_t events_left_out = 0;  // beyond the first 1,000
};

struct PlaceOfEvent {
    std::size_t source = 0;
    std::uint64_t line = 0;
    Micros time = no_time;
};

// A finding of behaviour: at the event that completed it, with the figures that it rests on.
inline Found found_behaviour(std::string id, std::string level, const PlaceOfEvent& place,
                             std::vector<std::pair<std::string, std::string>> figures) {
    Found found;
    found.kind = Found::Kind::behaviour;
    found.rule_id = std::move(id);
    found.level = std::move(level);
    found.time = place.time;
    found.source = place.source;
    found.line = place.line;
    found.group = std::move(figures);
    return found;
}

}  // namespace noroshi::engines::detect
