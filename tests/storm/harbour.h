#pragma once
// One storm's world: true time and the machine's clock, the machine and the network to it, the mail
// that leaves it, and the ledger against which everything is checked after each step.

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tests/storm/dice.h"
#include "tests/storm/gateways.h"
#include "tests/storm/ledger.h"
#include "tests/storm/machine.h"
#include "tests/storm/schedule.h"

namespace noroshi::storm {

enum class Canary {
    none,
    lying_disk,    // syncs say yes and do nothing
    new_key,       // a retry goes out under another Idempotency-Key
    late_message,  // a courier carries a message once more after the answer
    changed_fact   // somebody rewrites the store
};

class Harbour {
public:
    Harbour(std::uint64_t seed, Instant start, Canary canary);

    Dice dice;
    Machine machine;
    Ledger ledger;
    Gateways gateways;
    const Canary canary;
    PersonId observer;  // sees every board; known once the port is made

    Instant now() const { return now_; }
    void in(Span wait, Schedule::Action action) { schedule_.at(now_ + wait, std::move(action)); }
    // Lets everything happen that is due until then.
    void run_until(Instant end);
    // The system's clock is wrong by this.
    void set_clock_error(Span error);
    Span clock_error() const { return clock_error_; }

    // Somebody sends it, and again until an answer is heard.
    void send(Wish& wish, int attempt = 0);
    // A copy of a mail is in somebody's hand.
    std::function<void(const journal::Claim&)> when_read;
    bool is_calm = false;  // no network trouble, no impatience
    void set_disk_well(bool is_well);
    // An alarm was acknowledged: unless something is broken, relays are tried for everybody soon.
    void expect_tries(const std::string& callout);

    void pull_the_plug();
    void stop_process();
    bool restart_and_compare();
    // Everything the machine shows to these people.
    std::string portrait(const std::vector<PersonId>& people);
    void check_all_boards();

    std::uint64_t restarts = 0;
    bool is_wrecked = false;  // the store cannot be read any more

private:
    void work();
    void after_step();
    void plan_wake();
    void went_off(Span back_after);
    void switch_on();
    bool try_to_switch_on();
    void check_board(const std::string& incident, bool whole);
    void ask_for_claims();
    void carry(const journal::Claim& claim);
    void settle(const std::string& key, const Delivery& delivery, std::uint64_t process);
    void hear_events(std::span<const journal::Event> events);

    Schedule schedule_;
    Instant now_;
    Span clock_error_{};
    std::optional<Instant> wake_;
    std::uint64_t process_ = 0;  // counts restarts; what an older one began is void
    bool is_claiming_ = false;
    Instant claim_not_before_;
    bool is_disk_well_ = true;
    Instant well_since_;  // the machine is on and the disk takes what is written
    int in_flight_ = 0;
    std::set<std::string> touched_;
    std::uint64_t last_event_ = 0;
};

}  // namespace noroshi::storm
