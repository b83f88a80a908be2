#include "kernel/journal/outbox.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernel/crypto/hash.h"

namespace noroshi::journal {

using store::OutboxRow;
using store::OutboxState;

namespace {
bool is_open(OutboxState state) {
    return state == OutboxState::waiting || state == OutboxState::sending;
}
std::string topic_key(std::string_view topic, std::string_view person, std::string_view key) {
    std::string text;
    text.reserve(topic.size() + person.size() + key.size() + 2);
    text.append(topic).append("\n").append(person).append("\n").append(key);
    return text;
}
}  // namespace

Outbox::KeyDigest Outbox::digest(const std::string& key) {
    const auto hash = sha256(key);
    KeyDigest digest{};
    std::memcpy(&digest.high, hash.data(), 8);
    std::memcpy(&digest.low, hash.data() + 8, 8);
    return digest;
}

std::uint64_t& Outbox::counter(OutboxState state) {
    switch (state) {
    case OutboxState::waiting: return counts_.waiting;
    case OutboxState::sending: return counts_.sending;
    case OutboxState::delivered: return counts_.delivered;
    case OutboxState::refused: return counts_.refused;
    case OutboxState::gave_up: return counts_.gave_up;
    case OutboxState::cancelled: return counts_.cancelled;
    }
    return counts_.waiting;
}

void Outbox::put(const OutboxRow& row) {
    auto lane = [&](const std::string& key) -> auto& {
        return by_time_[static_cast<std::size_t>(lane_of(key))];
    };
    ++counter(row.state);
    counts_.in_doubt += static_cast<std::uint64_t>(row.in_doubt);
    const auto found = open_.find(row.key);
    if (found == open_.end()) {
        keys_.insert(digest(row.key));
        if (!is_open(row.state)) return;
        by_topic_.insert(topic_key(row.topic, row.person, row.key));
        open_.emplace(row.key, row);
    } else {
        OutboxRow& old = found->second;
        --counter(old.state);
        counts_.in_doubt -= static_cast<std::uint64_t>(old.in_doubt);
        if (old.state == OutboxState::waiting) lane(old.key).erase({old.next_try, old.key});
        // Topic and person stay what they were when the message was asked for.
        if (is_open(row.state)) {
            old = row;
        } else {
            by_topic_.erase(topic_key(old.topic, old.person, old.key));
            open_.erase(found);
        }
    }
    if (row.state == OutboxState::waiting) lane(row.key).emplace(row.next_try, row.key);
}

bool Outbox::knows(const std::string& key) const { return keys_.contains(digest(key)); }

const OutboxRow* Outbox::find(const std::string& key) const {
    auto found = open_.find(key);
    return found == open_.end() ? nullptr : &found->second;
}

std::vector<std::string> Outbox::keys_of(std::string_view topic, std::string_view person) const {
    std::string prefix(topic);
    prefix += '\n';
    if (!person.empty()) {
        prefix += person;
        prefix += '\n';
    }
    std::vector<std::string> keys;
    for (auto at = by_topic_.lower_bound(prefix); at != by_topic_.end() && at->starts_with(prefix);
         ++at)
        keys.push_back(at->substr(at->find('\n', topic.size() + 1) + 1));
    return keys;
}

std::vector<std::string> Outbox::keys_of_person(std::string_view person) const {
    std::vector<std::string> keys;
    for (const auto& [key, row] : open_)
        if (row.person == person) keys.push_back(key);
    std::ranges::sort(keys);
    return keys;
}

std::vector<std::string> Outbox::due(Instant now, std::size_t most, const Lanes& lanes) const {
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < by_time_.size(); ++i) {
        if (!lanes.empty() && !lanes.contains(static_cast<Channel>(i))) continue;
        for (const auto& [at, key] : by_time_[i]) {
            if (at > now || keys.size() == most) break;
            keys.push_back(key);
        }
    }
    return keys;
}

Outbox::Due Outbox::next_due() const {
    Due due;
    for (std::size_t i = 0; i < by_time_.size(); ++i)
        if (!by_time_[i].empty()) due[i] = by_time_[i].begin()->first;
    return due;
}

Span pause_after(int attempts) {
    using namespace std::chrono;
    // The second attempt goes to the next relay, so it need not wait long.
    constexpr std::array<seconds, 7> pauses{1s, 5s, 15s, 30s, 60s, 120s, 300s};
    const int index = std::clamp(attempts - 1, 0, static_cast<int>(pauses.size()) - 1);
    return pauses[static_cast<std::size_t>(index)];
}

}  // namespace noroshi::journal
