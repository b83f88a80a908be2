#include "kernel/identity/throttle.h"

#include <algorithm>
#include <vector>

namespace noroshi {

std::optional<Span> Throttle::attempt(const std::string& key, Instant now) {
    std::lock_guard lock(guard_);
    if (entries_.size() >= limits_.keys && !entries_.contains(key)) make_room(now);
    auto& entry = entries_[key];
    if (entry.attempts > 0 && now - entry.last >= limits_.forgotten) entry = {};
    if (entry.next > now) return entry.next - now;
    entry.last = now;
    if (++entry.attempts >= limits_.free) {
        const unsigned doublings = std::min(entry.attempts - limits_.free, 20U);
        const auto wait = std::min(limits_.first * (1 << doublings), limits_.longest);
        entry.next = now + wait;
    }
    return {};
}

void Throttle::forgive(const std::string& key) {
    std::lock_guard lock(guard_);
    entries_.erase(key);
}

void Throttle::take_back(const std::string& key) {
    std::lock_guard lock(guard_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    if (found->second.attempts <= 1) {
        entries_.erase(found);
        return;
    }
    --found->second.attempts;
    found->second.next = {};
}

std::size_t Throttle::size() const {
    std::lock_guard lock(guard_);
    return entries_.size();
}

// Forgets what has run out; if that is not enough, the tenth that has been idle longest.
void Throttle::make_room(Instant now) {
    std::erase_if(entries_,
                  [&](const auto& item) { return now - item.second.last >= limits_.forgotten; });
    if (entries_.size() < limits_.keys) return;
    std::vector<Instant> idle_since;
    idle_since.reserve(entries_.size());
    for (const auto& [key, entry] : entries_) idle_since.push_back(entry.last);
    const auto tenth = idle_since.begin() + static_cast<std::ptrdiff_t>(idle_since.size() / 10);
    std::ranges::nth_element(idle_since, tenth);
    const Instant oldest_kept = *tenth;
    std::erase_if(entries_, [&](const auto& item) { return item.second.last <= oldest_kept; });
}

}  // namespace noroshi
