#pragma once
// A storm: a random port lives through some days while everything around Noroshi fails, and after
// each step what Noroshi shows is held against what the port knows by itself (ledger.h). The same
// seed gives the same storm, to the last byte of its journal.

#include <cstdint>
#include <string>

#include "tests/storm/harbour.h"

namespace noroshi::storm {

struct Options {
    std::uint64_t seed = 1;
    int days = 30;
    Canary canary = Canary::none;
};

struct Report {
    std::string digest;  // of the journal's head, the counters and every transmission
    std::uint64_t facts = 0;
    std::uint64_t messages = 0;  // transmissions
    std::uint64_t lost = 0;      // acknowledged and gone
    std::uint64_t doubled = 0;   // written twice, or sent under two keys
    std::uint64_t in_doubt = 0;  // transmissions whose outcome nobody knows
    std::uint64_t after_answer = 0;
    std::uint64_t violations = 0;
    // How rough it was.
    std::uint64_t wishes = 0;
    std::uint64_t refused = 0;
    std::uint64_t restarts = 0;
    std::uint64_t power_cuts = 0;
    std::uint64_t reached = 0;  // people who had a message of an alarm in hand

    bool is_sound() const {
        return lost == 0 && doubled == 0 && after_answer == 0 && violations == 0;
    }
};

Report run(const Options& options);

}  // namespace noroshi::storm
