#pragma once
// Slows down guessing without locking anybody out. Attempts are counted under a key (a login from
// one address, a login from one known device, an address): the first few are free, then each has to
// wait twice as long as the one before, up to a limit. What is refused while waiting is not
// counted, so that nobody can make somebody else wait longer by knocking.
//
// An attempt is counted before it is tried and forgiven when it succeeds: a thousand guesses in
// flight at once are a thousand guesses. Thread-safe. Kept in memory only; a restart forgives all.

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "kernel/time/time.h"

namespace noroshi {

class Throttle {
public:
    struct Limits {
        unsigned free = 5;
        std::chrono::seconds first{2};
        std::chrono::seconds longest{300};
        std::chrono::seconds forgotten{3600};  // after so long without an attempt
        std::size_t keys = 100'000;            // beyond it the longest idle is forgotten
    };
    explicit Throttle(Limits limits) : limits_(limits) {}

    // Nothing: go on, the attempt is counted. Else how long to wait.
    std::optional<Span> attempt(const std::string& key, Instant now);
    void forgive(const std::string& key);    // this key's attempts
    void take_back(const std::string& key);  // one attempt, as if it had not been made
    std::size_t size() const;

private:
    struct Entry {
        unsigned attempts = 0;
        Instant last;
        Instant next;
    };
    void make_room(Instant now);

    Limits limits_;
    mutable std::mutex guard_;
    std::unordered_map<std::string, Entry> entries_;
};

}  // namespace noroshi
