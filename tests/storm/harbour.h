#pragma once
// One storm's world: true time and the machine's clock, the machine and the network to it, the mail
// that leaves it, and the ledger against which everything is checked after each step.

#include <functional>
#include <map>
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
    second_key,    // a courier carries a message once more under a key of its own
    rings_on,      // a courier carries a message once more after the alarm is over
    deaf_gateway,  // gateways that take everything, seem well, and deliver nothing
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
    // A copy of a message is in somebody's hand; of a call, while it lasts.
    std::function<void(const journal::Claim&)> when_read;
    // A gateway has taken a message and reports what became of it.
    std::function<void(const Delivery&, bool arrived)> when_reported;
    bool is_calm = false;  // no network trouble, no impatience
    void set_disk_well(bool is_well);
    // An alarm was acknowledged: unless something is broken, relays are tried for everybody soon.
    void expect_tries(const std::string& callout);
    // And whoever can be reached over a gateway that works has the message in hand soon.
    void expect_reached(const std::string& callout);

    void pull_the_plug();
    void stop_process();
    // Ends the process after so many steps more, between two of them.
    void stop_process_after(std::uint64_t steps) { steps_left_ = steps; }
    bool restart_and_compare();
    // Everything the machine shows to these people.
    std::string portrait(const std::vector<PersonId>& people);
    void check_all_boards();
    // The answer to this message, given over its gateway, was taken.
    void expect_answer(const journal::Claim& claim);

    std::uint64_t restarts = 0;
    std::uint64_t reached = 0;  // people who had a message of an alarm in hand
    bool is_wrecked = false;    // the store cannot be read any more

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
    std::vector<std::string> topics_of(const journal::Claim& claim);
    void settle(const journal::Claim& claim, const Carried& carried, std::uint64_t process);
    void call_more(const std::string& callout);
    void check_reached(const std::string& callout);
    void hear_events(std::span<const journal::Event> events);

    Schedule schedule_;
    Instant now_;
    Span clock_error_{};
    std::optional<Instant> wake_;
    std::uint64_t process_ = 0;  // counts restarts; what an older one began is void
    // As edge/courier/dispatch.h: each channel waits for its own gateways only.
    struct Lane {
        bool is_claiming = false;
        Instant claim_not_before;
        int in_flight = 0;
    };
    std::map<Channel, Lane> lanes_;
    std::uint64_t steps_left_ = 0;  // until the process ends; 0: it does not
    Instant clock_right_since_;
    bool is_disk_well_ = true;
    Instant well_since_;  // the machine is on and the disk takes what is written
    std::set<std::string> touched_;
    std::uint64_t last_event_ = 0;
};

}  // namespace noroshi::storm
