#pragma once
// What differs from a member's own habit: remembered over days, with bounded memory, told at once.
//
//   outbound_volume      a host inside has sent out today far more than on any of its days before
//   new_destination      a host that talks to few places outside, and has for days, talks to a new one
//   rare_destination     one host alone, of many, comes back to a place outside through the day
//   vpn_guessing         many refused log-ins of one account or from one address; vpn_guessed: then one
//                        that succeeded
//   password_spraying    one address is refused as many accounts
//   vpn_new_country, vpn_new_device, vpn_off_hours   log-ins unlike those of this account before
//   impossible_travel    two log-ins too far apart for the time between them; only where lines have
//                        coordinates
//   transactions_fall    a system that books transactions (a TOS) books far fewer than at this time of day
//
// Events may come somewhat out of order; findings are repeatable for one order. Every table is bounded:
// when one is full, what was not seen for a week goes; if that is not enough, new keys are not
// watched, and `unwatched` counts them. Not thread-safe.
//
// A log-in is an event with an account, an address outside and one of the makers' words for it: `action`
// login, connect, tunnel-up, login_failed, ssl-login-fail (engines/detect/device_reader.h, FortiOS Log Reference), or
// PAN-OS GlobalProtect's gateway-auth with `status`. Transactions are events with one of the fields
// transaction, transaction_id, transaction_type, txn_id, or with transactions_per_minute as a number; the
// system is `system`, else `host`, else where they come from. Times of day are local (`zone_minutes`).

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engines/detect/address.h"
#include "engines/detect/event.h"
#include "engines/detect/found.h"

namespace noroshi::engines::detect {

struct HabitOptions {
    std::vector<Network> internal;  // empty: private addresses
    int zone_minutes = 9 * 60;
    std::function<bool(std::int64_t day)> is_day_off;  // day: since 1970, local; none: Sat and Sun
    int opens = 7, closes = 20;                        // hours in which people usually work

    int learning_days = 3;
    double outbound_least = 100e6;  // bytes a day
    double outbound_factor = 5;     // of the largest of the last 14 days
    std::size_t few_destinations = 10;
    std::size_t many_hosts = 20;     // inside, before a place of only one of them is rare
    int rare_hours = 6;              // of a day
    std::size_t guesses = 10;        // within ten minutes
    std::size_t sprayed_users = 5;   // within an hour
    std::uint32_t known_logins = 3;  // before an account's habit is one
    double travel_kmh = 900;
    double transactions_share = 0.3;
    double transactions_least = 30;   // in 15 minutes, usually
    std::size_t most_keys = 100'000;  // of each table
};

std::vector<std::string> habit_fields();

class Habits {
public:
    Habits(const FieldNames& fields, HabitOptions options);
    ~Habits();

    void take(const Event& event, std::size_t source, std::uint64_t line);
    // What was found since.
    void drain(const std::function<void(Found&&)>& tell);
    // Thresholds may change without what was learnt being lost.
    void set_options(HabitOptions options);

    // A refused log-in from outside, for whoever watches over several members.
    struct Refusal {
        std::string remote;
        std::uint64_t user = 0;  // a digest
        Micros time = no_time;
        std::size_t source = 0;
        std::uint64_t line = 0;
    };
    std::vector<Refusal> take_refusals();
    std::uint64_t unwatched() const { return unwatched_; }

private:
    using Place = PlaceOfEvent;
    struct Host {
        std::int64_t last_day = 0, first_day = 0;
        double today = 0;
        bool told = false;
        std::uint8_t told_new = 0;  // today
        bool many = false;          // destinations: more than few
        std::vector<float> before;  // sums of earlier days, the latest 14
        std::vector<std::uint64_t> destinations;
    };
    struct Destination {
        std::uint64_t host = 0;
        std::int64_t day = 0;
        std::uint32_t hours = 0;  // of this day, one bit each
        bool shared = false, told = false;
    };
    struct Account {
        std::int64_t last_day = 0;
        std::uint32_t logins = 0, off_hours = 0;
        Micros located = no_time;
        double latitude = 0, longitude = 0;
        std::vector<std::uint64_t> countries, devices;
    };
    struct Refusals {
        Micros told = no_time;
        std::deque<std::pair<Micros, std::uint64_t>> recent;  // time, the other side
        bool sprayed = false;
    };
    struct System {
        std::string name;
        std::int64_t first = 0, current = 0;  // five-minute buckets since 1970
        std::vector<float> counts;            // a ring of 14 days
        Micros told = no_time;
        Place last;
    };
    struct Fields;

    // What is worked out once of an address.
    struct AddressFacts {
        std::uint64_t text = 0;     // its hash
        std::uint64_t network = 0;  // of the network around it
        bool is_address = false, inside = false;
    };
    const AddressFacts& facts_of(std::string_view text);
    template <class Table>
    typename Table::mapped_type* entry(Table& table, std::uint64_t key, std::int64_t day);
    void note(std::string id, std::string level, const Place& place,
              std::vector<std::pair<std::string, std::string>> figures);
    void take_traffic(const Event& event, const Place& place, std::int64_t day);
    void take_login(const Event& event, const Place& place, std::int64_t day);
    void take_transaction(const Event& event, const Place& place);
    void close_buckets(Micros until);
    void judge(System& system, std::int64_t bucket);
    bool is_day_off(std::int64_t day) const;

    HabitOptions options_;
    std::unique_ptr<Fields> fields_;
    std::unordered_map<std::uint64_t, Host> hosts_;
    std::unordered_map<std::uint64_t, Destination> destinations_;
    std::unordered_map<std::uint64_t, Account> accounts_;
    std::unordered_map<std::uint64_t, Refusals> refused_accounts_;
    std::unordered_map<std::uint64_t, Refusals> refused_addresses_;
    std::unordered_map<std::uint64_t, System> systems_;
    std::vector<AddressFacts> addresses_;  // a cache: one place for each hash
    std::vector<Refusal> refusals_;
    std::vector<Found> found_;
    Micros latest_ = no_time;
    std::int64_t closed_ = 0;  // buckets before this are
    std::int64_t swept_ = -1;  // the day on which tables were last swept for room
    std::uint64_t unwatched_ = 0;
};

}  // namespace noroshi::engines::detect
