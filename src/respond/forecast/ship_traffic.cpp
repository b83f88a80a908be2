#include "respond/forecast/ship_traffic.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "engines/simulate/event_list.h"

namespace noroshi::respond::forecast {

namespace {

constexpr double long_ago = -std::numeric_limits<double>::infinity();

// The earliest time at which `count` of them are free; the times at which each is free again.
class Pool {
public:
    explicit Pool(int size) : free_at_(static_cast<std::size_t>(std::max(0, size)), long_ago) {}

    double earliest(int count) const {
        if (free_at_.empty() || count <= 0) return long_ago;
        return free_at_[wanted(count) - 1];
    }
    void take(int count, double until) {
        if (free_at_.empty() || count <= 0) return;
        const std::size_t taken = wanted(count);
        for (std::size_t i = 0; i < taken; ++i) free_at_[i] = until;
        std::ranges::sort(free_at_);
    }

private:
    // Who wants more than there are makes do with all.
    std::size_t wanted(int count) const {
        return std::min(free_at_.size(), static_cast<std::size_t>(count));
    }
    std::vector<double> free_at_;  // soonest first
};

class Fairway {
public:
    explicit Fairway(const Marine& marine) : marine_(marine) {}

    double earliest(bool out, bool one_way) const {
        const auto& same = ways_[out ? 1 : 0];
        const auto& other = ways_[out ? 0 : 1];
        return std::max(same.last + marine_.gap_h, one_way ? other.clear : other.clear_of_one_way);
    }
    void enter(bool out, bool one_way, double at) {
        auto& same = ways_[out ? 1 : 0];
        same.last = at;
        same.clear = std::max(same.clear, at + marine_.fairway_h);
        if (one_way)
            same.clear_of_one_way = std::max(same.clear_of_one_way, at + marine_.fairway_h);
    }

private:
    struct Way {
        double last = long_ago;
        double clear = long_ago;
        double clear_of_one_way = long_ago;
    };
    const Marine& marine_;
    std::array<Way, 2> ways_;
};

}  // namespace

std::vector<ShipStay> stays_of(
    const std::vector<ShipCall>& calls, const std::vector<int>& berths, const Marine& marine,
    const std::function<double(std::size_t, double, double)>& work_done) {
    enum Kind : unsigned { berth_free, work_ends, arrives };
    struct AtTerminal {
        int free = 0;
        std::vector<std::uint32_t> waiting;
        std::size_t next = 0;
    };
    std::vector<ShipStay> stays(calls.size());
    std::vector<AtTerminal> terminals(berths.size());
    for (std::size_t i = 0; i < berths.size(); ++i) terminals[i].free = std::max(1, berths[i]);
    Pool pilots(marine.pilots);
    Pool tugs(marine.tugs);
    Fairway fairway(marine);
    double asked_before = long_ago;
    // Events order by the bits of their time, which must not be negative.
    const double from = calls.empty() ? 0 : std::min(0.0, calls.front().arrives);
    simulate::Heap events;
    std::uint64_t order = 0;
    const auto push = [&](double at, Kind kind, std::uint32_t ship) {
        events.push(simulate::Event(at - from, kind, order++, ship));
    };
    for (std::uint32_t k = 0; k < calls.size(); ++k)
        if (!calls[k].gone) push(calls[k].arrives, arrives, k);

    // When a move that is asked for now may begin. Nobody overtakes who asked before.
    const auto begin_move = [&](const ShipCall& call, bool out, double now) {
        const double at = std::max({now, asked_before, pilots.earliest(1), tugs.earliest(call.tugs),
                                    fairway.earliest(out, call.one_way)});
        asked_before = at;
        pilots.take(1, at + marine.pilot_h);
        tugs.take(call.tugs, at + marine.tug_h);
        fairway.enter(out, call.one_way, at);
        return at;
    };
    const auto move_in = [&](std::uint32_t k, double now) {
        auto& stay = stays[k];
        stay.begins = begin_move(calls[k], false, now);
        stay.berthed = stay.begins + marine.move_h;
        push(work_done(calls[k].terminal, stay.berthed, calls[k].work_h), work_ends, k);
    };
    while (!events.empty()) {
        const auto event = events.first();
        events.pop();
        const std::uint32_t k = event.index();
        const double now = event.time() + from;
        auto& here = terminals[calls[k].terminal];
        switch (static_cast<Kind>(event.kind())) {
        case arrives:
            if (here.free > 0) {
                --here.free;
                move_in(k, calls[k].arrives);
            } else {
                here.waiting.push_back(k);
            }
            break;
        case work_ends:
            stays[k].leaves = begin_move(calls[k], true, now) + marine.move_h;
            push(stays[k].leaves, berth_free, k);
            break;
        case berth_free:
            if (here.next < here.waiting.size())
                move_in(here.waiting[here.next++], now);
            else
                ++here.free;
            break;
        }
    }
    return stays;
}

}  // namespace noroshi::respond::forecast
