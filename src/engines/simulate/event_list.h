#pragma once
// Pending events, earliest first. Three structures with one order, so that a run is bit for bit the
// same on each: time, then what the event is (its kind), then when it was scheduled.
//
//   SortedList  a handful: an insertion into a short array, without a branch to guess wrong
//   Heap        some hundreds
//   Calendar    many: a ring of buckets of equal width, found by division; what lies beyond the ring
//               waits in a heap. (R. Brown, "Calendar queues", CACM 31, 1988)
//
// An event is 16 bytes and compares as one 128-bit number.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace noroshi::simulate {

struct Event {
    std::uint64_t when = 0;  // the bits of a double of at least 0: they order as it does
    std::uint64_t word = 0;  // kind (3 bits), order of scheduling (37), index (24)

    static constexpr unsigned index_bits = 24;
    static constexpr unsigned order_bits = 37;

    Event() = default;
    Event(double time, unsigned kind, std::uint64_t order, std::uint32_t index)
        : when(std::bit_cast<std::uint64_t>(time + 0.0)),
          word(static_cast<std::uint64_t>(kind) << (index_bits + order_bits) | order << index_bits |
               index) {}

    double time() const { return std::bit_cast<double>(when); }
    unsigned kind() const { return static_cast<unsigned>(word >> (index_bits + order_bits)); }
    std::uint64_t order() const {
        return word >> index_bits & ((std::uint64_t{1} << order_bits) - 1);
    }
    std::uint32_t index() const {
        return static_cast<std::uint32_t>(word & ((std::uint64_t{1} << index_bits) - 1));
    }

    friend bool operator<(const Event& a, const Event& b) {
        __extension__ using Wide = unsigned __int128;
        return (static_cast<Wide>(a.when) << 64U | a.word) <
               (static_cast<Wide>(b.when) << 64U | b.word);
    }
};

class SortedList {
public:
    void clear() { events_.clear(); }
    bool empty() const { return events_.empty(); }
    std::size_t size() const { return events_.size(); }
    const Event& first() const { return events_.back(); }
    void pop() { events_.pop_back(); }
    void push(const Event& event) {
        // Every place is compared and each comparison selects instead of branching: where a new event
        // belongs cannot be predicted, and a wrong guess costs more than a dozen selections.
        Event carried = event;
        const std::size_t count = events_.size();
        events_.push_back(event);
        Event* const at = events_.data();
        for (std::size_t i = 0; i < count; ++i) {
            const Event here = at[i];
            const std::uint64_t later = here < carried ? ~std::uint64_t{0} : 0;
            const std::uint64_t when = (here.when ^ carried.when) & later;
            const std::uint64_t word = (here.word ^ carried.word) & later;
            at[i].when = here.when ^ when;
            at[i].word = here.word ^ word;
            carried.when ^= when;
            carried.word ^= word;
        }
        at[count] = carried;
    }

private:
    std::vector<Event> events_;  // latest first
};

class Heap {
public:
    void clear() { events_.clear(); }
    bool empty() const { return events_.empty(); }
    std::size_t size() const { return events_.size(); }
    const Event& first() const { return events_.front(); }
    void push(const Event& event) {
        std::size_t at = events_.size();
        events_.push_back(event);
        while (at > 0) {
            const std::size_t parent = (at - 1) / 4;
            if (!(event < events_[parent])) break;
            events_[at] = events_[parent];
            at = parent;
        }
        events_[at] = event;
    }
    void pop() {
        const Event last = events_.back();
        events_.pop_back();
        const std::size_t count = events_.size();
        if (count == 0) return;
        std::size_t at = 0;
        for (;;) {
            const std::size_t child = 4 * at + 1;
            if (child >= count) break;
            std::size_t least = child;
            const std::size_t end = std::min(child + 4, count);
            for (std::size_t other = child + 1; other < end; ++other)
                if (events_[other] < events_[least]) least = other;
            if (!(events_[least] < last)) break;
            events_[at] = events_[least];
            at = least;
        }
        events_[at] = last;
    }

private:
    std::vector<Event> events_;  // four children each
};

class Calendar {
public:
    // Who knows about how far events lie apart says so: a bucket's width in the run's unit of time and
    // how many the ring has (a power of two). Both are fitted anew when they turn out to be wrong.
    explicit Calendar(double width = 1, std::size_t buckets = 256)
        : first_per_width_(1 / width), first_buckets_(buckets) {
        clear();
    }
    void clear();
    bool empty() const { return now_.empty(); }
    std::size_t size() const { return now_.size() + in_ring_ + far_.size(); }
    const Event& first() const { return now_.first(); }
    void push(const Event& event) {
        if (const std::uint64_t day = day_of(event); day <= today_)
            now_.push(event);
        else if (day - today_ < ring_.size())
            put(day, event);
        else
            put_far(day, event);
        if (now_.empty()) advance();
        if (in_ring_ + far_.size() > 2 * ring_.size() || now_.size() > 64) fit();
    }
    void pop() {
        now_.pop();
        if (now_.empty()) advance();
    }

private:
    struct Node {
        Event event;
        std::uint32_t next = 0;
    };
    static constexpr std::uint32_t none = 0xFFFFFFFFU;
    static constexpr std::uint64_t never = ~std::uint64_t{0};

    std::uint64_t day_of(const Event& event) const {
        const double day = event.time() * per_width_;
        return day < 9e18 ? static_cast<std::uint64_t>(day)
                          : std::uint64_t{9'000'000'000'000'000'000};
    }
    void put(std::uint64_t day, const Event& event);
    void put_far(std::uint64_t day, const Event& event) {
        far_.push(event);
        first_far_ = std::min(first_far_, day);
    }
    void pop_far() {
        far_.pop();
        first_far_ = far_.empty() ? never : day_of(far_.first());
    }
    void advance();
    void fit();

    double first_per_width_;
    std::size_t first_buckets_;
    Heap now_;  // today's and what was scheduled for earlier
    std::uint64_t today_ = 0;
    double per_width_ = 1;
    std::vector<std::uint32_t> ring_;  // first node of each day
    std::vector<Node> nodes_;
    std::uint32_t free_ = none;
    std::size_t in_ring_ = 0;
    Heap far_;
    std::uint64_t first_far_ = never;  // day of the first of them
    std::size_t patience_ = 0;         // pushes until the width may be fitted again
};

}  // namespace noroshi::simulate
