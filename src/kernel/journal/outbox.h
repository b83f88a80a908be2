#pragma once
// The messages that are not finished, in memory: which is due next, and which belong to whom.
// Committed state only; the store's outbox table is the truth. Used by the journal, on its thread.
//
// A message is waiting, then sending (durably so, before a courier gets it), then delivered,
// refused, given up or cancelled. A message found sending at start was interrupted: nobody knows
// whether it went out, so it is counted in doubt and sent again under the same Message-ID, because
// an alarm prefers a repeat to silence.

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "kernel/journal/journal.h"

namespace noroshi::journal {

class Outbox {
public:
    // Takes a row as it now stands in the store.
    void put(const store::OutboxRow& row);
    bool knows(const std::string& key) const;                    // finished ones too
    const store::OutboxRow* find(const std::string& key) const;  // unfinished only
    // Keys of unfinished messages of a topic, of one person or (empty) of all.
    std::vector<std::string> keys_of(std::string_view topic, std::string_view person) const;
    // Keys of unfinished messages of a person, whatever their topic.
    std::vector<std::string> keys_of_person(std::string_view person) const;
    // Keys of these lanes due at `now`, earliest first within a lane, at most `most`.
    std::vector<std::string> due(Instant now, std::size_t most, const Lanes& lanes) const;
    using Due = std::array<std::optional<Instant>, channel_names.size()>;
    Due next_due() const;  // by lane
    const OutboxCounts& counts() const { return counts_; }

private:
    std::uint64_t& counter(store::OutboxState state);

    struct KeyDigest {
        std::uint64_t high, low;
        friend bool operator==(const KeyDigest&, const KeyDigest&) = default;
    };
    struct KeyDigestHash {
        std::size_t operator()(const KeyDigest& d) const noexcept { return d.high; }
    };
    static KeyDigest digest(const std::string& key);

    std::unordered_map<std::string, store::OutboxRow> open_;
    // Waiting only, by lane.
    std::array<std::set<std::pair<Instant, std::string>>, channel_names.size()> by_time_;
    std::set<std::string> by_topic_;                     // "topic\nperson\nkey"
    std::unordered_set<KeyDigest, KeyDigestHash> keys_;  // every key ever used
    OutboxCounts counts_;
};

// How long to wait after the given number of attempts before the next.
Span pause_after(int attempts);

}  // namespace noroshi::journal
