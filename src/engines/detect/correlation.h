#pragma once
// Correlations over the matches of rules, in the order of event time. Windows slide: a correlation
// holds at an event if the events of its group within `timespan` before and including it satisfy
// the condition. It is told when that becomes true, and again only after it has ceased to be true
// in between, so that a day of guessing is one finding, not ten thousand.
//
// An event that lacks a group-by field belongs to no group. An event that several of the rules match
// counts once (temporal types: once per rule). In temporal_ordered one event is not its own
// successor.
//
// State: 16 bytes per event in a window (52 bits of time, 44 of position, 32 of value), and per
// group what its type needs. value_percentile and value_median keep their sorted numbers besides.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engines/detect/detector.h"
#include "engines/detect/found.h"

namespace noroshi::engines::detect {

// One rule that matched one event.
struct Matched {
    std::uint32_t rule = 0;
    Micros order = 0;  // what the window goes by
    Micros time = no_time;
    std::size_t source = 0;
    std::uint64_t line = 0;
    // Values of Detector::wanted(rule), each absent (no value) or text.
    std::vector<std::optional<std::string_view>> values;
};

class Correlator {
public:
    Correlator(const Detector& detector, std::function<void(Found&&)> tell);
    ~Correlator();

    // All rules that match one event, in one call; events in order of `order`.
    void take(const std::vector<Matched>& event);
    bool is_idle() const { return states_.empty(); }  // there is no correlation
    std::size_t events_in_windows() const;
    std::size_t groups() const;

private:
    struct State;
    struct Use {  // of a rule by a correlation
        std::size_t state = 0;
        std::uint32_t position = 0;
        std::vector<std::uint32_t> group_slots;
        std::vector<std::uint32_t> value_slots;
        std::vector<std::uint32_t> passed_slots;  // what an outer correlation wants
    };
    struct Group;
    void apply(const Use& use, const Matched& match);
    bool holds(State& state, Group& group, Micros now, double& count) const;
    void expire(State& state, Group& group, Micros before) const;
    void sweep(Micros now);

    const Detector& detector_;
    std::function<void(Found&&)> tell_;
    std::vector<std::unique_ptr<State>> states_;
    std::vector<std::vector<Use>> uses_;  // per rule
    std::uint64_t taken_ = 0;
    int depth_ = 0;
};

}  // namespace noroshi::engines::detect
