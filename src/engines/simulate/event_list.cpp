#include "engines/simulate/event_list.h"

namespace noroshi::simulate {

void Calendar::clear() {
    now_.clear();
    far_.clear();
    nodes_.clear();
    first_far_ = never;
    ring_.assign(first_buckets_, none);
    free_ = none;
    in_ring_ = 0;
    today_ = 0;
    per_width_ = first_per_width_;
    patience_ = 0;
}

void Calendar::put(std::uint64_t day, const Event& event) {
    std::uint32_t at = free_;
    if (at == none) {
        at = static_cast<std::uint32_t>(nodes_.size());
        nodes_.emplace_back();
    } else {
        free_ = nodes_[at].next;
    }
    auto& first = ring_[day & (ring_.size() - 1)];
    nodes_[at] = {event, first};
    first = at;
    ++in_ring_;
}

// To the next day that has events. Far events enter the ring as it turns.
void Calendar::advance() {
    const std::uint64_t mask = ring_.size() - 1;
    while (now_.empty()) {
        if (in_ring_ == 0) {
            if (far_.empty()) return;
            today_ = first_far_;
        } else {
            ++today_;
            // Most days of a night are empty.
            while (ring_[today_ & mask] == none && first_far_ - today_ >= ring_.size()) ++today_;
        }
        while (first_far_ <= today_) {
            now_.push(far_.first());
            pop_far();
        }
        while (first_far_ - today_ < ring_.size()) {
            put(first_far_, far_.first());
            pop_far();
        }
        auto& first = ring_[today_ & mask];
        while (first != none) {
            const std::uint32_t at = first;
            now_.push(nodes_[at].event);
            first = nodes_[at].next;
            nodes_[at].next = free_;
            free_ = at;
            --in_ring_;
        }
    }
}

// A width of two mean gaps between the nearest half of what is pending, and a ring of about as many
// days as there are events. Rare: only after as many pushes as there are events.
void Calendar::fit() {
    if (patience_ > 0) {
        --patience_;
        return;
    }
    std::vector<Event> all;
    all.reserve(size());
    first_far_ = never;
    while (!now_.empty()) {
        all.push_back(now_.first());
        now_.pop();
    }
    for (auto first : ring_)
        for (; first != none; first = nodes_[first].next) all.push_back(nodes_[first].event);
    while (!far_.empty()) {
        all.push_back(far_.first());
        far_.pop();
    }
    std::ranges::sort(all, [](const Event& a, const Event& b) { return a < b; });
    patience_ = 4 * all.size();
    const std::size_t half = all.size() / 2;
    const double spread = half > 0 ? all[half].time() - all[0].time() : 0;
    if (spread > 0) per_width_ = static_cast<double>(half) / (2 * spread);
    ring_.assign(std::bit_ceil(std::max(first_buckets_, all.size())), none);
    nodes_.clear();
    free_ = none;
    in_ring_ = 0;
    if (all.empty()) return;
    today_ = day_of(all.front());
    for (const auto& event : all) {
        const auto day = day_of(event);
        if (day <= today_)
            now_.push(event);
        else if (day - today_ < ring_.size())
            put(day, event);
        else
            put_far(day, event);
    }
}

}  // namespace noroshi::simulate
