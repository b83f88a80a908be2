#pragma once
// Networks of queues: sources, stations and shared roads (links), run by events.
//
// What happens, in the order in which things of the same instant are handled:
//   1. a service ends                            4. an arrival
//   2. the head of a link reaches its end        5. patience ends
//   3. a place on a link or a server comes back  6. a state is sampled (`at`)
// and, within one of these, in the order of scheduling.
//
// - Servers: a whole number or a schedule; before its first time there are none. A server that is
//   taken away while busy finishes its customer first.
// - Room: waiting places besides the servers. Who finds an idle server needs none.
// - Full: `lose` turns the customer away for good. `block` keeps them where they are: at a station,
//   in the server that served them (blocking after service); at a link, at its head; from a source,
//   outside in a line without limit. Whoever was blocked first enters first. A cycle of customers
//   who wait for each other's places moves on at once. Who is routed back to their own station
//   leaves the server first and joins the end of the line.
// - Priority is non-preemptive, by the order of `classes`; within a class first come, first served.
// - Patience runs while waiting in line; whoever loses it leaves the network.
// - A link holds at most `storage` customers, takes each of them `travel`, and lets them go in the
//   order they came, at least `headway` apart. Its head waits for room in front, and everybody
//   behind waits too. A place left at its front can be taken again only after `backward`.
//
// Figures count who came to a station at or after `warmup`; averages over time run from there to
// the end. With `customers` the sources stop after so many arrivals from outside (at or after
// `warmup`) and the run ends when the last has left, so nobody is cut off; with `until` it ends then.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engines/simulate/distribution.h"
#include "kernel/result.h"

namespace noroshi::simulate {

// Value from a time on, ascending.
using Schedule = std::vector<std::pair<double, double>>;

struct Next {
    std::string to;  // a station, a link or "exit"
    double share = 1;
    std::string only_class;  // empty: of every class that has no entries of its own
};

struct Source {
    std::string id;
    std::optional<Distribution> interarrival;  // either this
    Schedule rate;                             // or arrivals per unit of time (a Poisson process)
    std::optional<Distribution> batch;         // rounded to a whole number; absent: 1
    std::string class_name = "default";
    std::vector<Next> next;
};

enum class WhenFull : std::uint8_t { block, lose };
enum class Discipline : std::uint8_t { fifo, priority };

struct Station {
    std::string id;
    Schedule servers;  // {{0, 4}}
    std::optional<Distribution> service;
    std::map<std::string, Distribution> service_of_class;
    std::optional<double> room;  // absent: unlimited
    WhenFull when_full = WhenFull::block;
    Discipline discipline = Discipline::fifo;
    std::optional<Distribution> patience;
    std::vector<Next> next;  // empty: exit
};

struct Link {
    std::string id;
    std::optional<Distribution> travel;
    double headway = 0;
    double backward = 0;
    std::optional<double> storage;  // absent: unlimited
    WhenFull when_full = WhenFull::block;
    std::vector<Next> next;
};

struct NetworkDescription {
    std::vector<Source> sources;
    std::vector<Station> stations;
    std::vector<Link> links;
    std::vector<std::string> classes;  // first goes first
};

enum class EventListKind : std::uint8_t { automatic, sorted, heap, calendar };

struct RunOptions {
    std::optional<std::uint64_t> customers;
    std::optional<double> until;
    double warmup = 0;
    std::uint64_t seed = 1;
    std::uint64_t replications = 1;
    unsigned threads = 1;    // 0: as many as the machine has
    std::vector<double> at;  // when to count who is where
    EventListKind event_list = EventListKind::automatic;
};

// Of one class at one station or link, or of all together.
struct Figures {
    std::uint64_t arrivals = 0;   // who came, also those turned away
    std::uint64_t customers = 0;  // whose service began: the waits are theirs
    std::uint64_t lost = 0;
    std::uint64_t reneged = 0;
    double mean_wait = 0;
    double wait_variance = 0;
    double wait_quantiles[4] = {0, 0, 0, 0};  // 0.5 0.9 0.95 0.99; relative error at most 0.2 %
    double mean_queue = 0;                    // waiting, averaged over time
    double mean_number = 0;                   // waiting, served or blocked
    double utilisation = 0;                   // serving, as a share of the servers' time
    double blocked_fraction = 0;              // blocked, as a share of the servers' time
    double lost_fraction = 0;                 // of arrivals
    double reneged_fraction = 0;              // of arrivals
    // Of mean_wait: from the replications' means, or from batch means when there is one replication.
    double ci95[2] = {0, 0};
};

struct CountAt {
    double mean = 0;
    double sd = 0;  // over replications
};

struct PlaceFigures {
    std::string id;
    Figures all;
    std::vector<std::pair<std::string, Figures>> classes;
    std::vector<CountAt> number_at;  // as RunOptions::at
    double max_number = 0;           // the largest number present, averaged over replications
};

struct NetworkFigures {
    std::vector<PlaceFigures> stations;
    std::vector<PlaceFigures> links;
    std::vector<std::pair<std::string, double>> held_outside;  // per source: mean number
    double time = 0;            // length of what was averaged over, mean of the replications
    std::uint64_t left = 0;     // customers who left the network, served, lost or reneged
    std::uint64_t present = 0;  // customers still in it at the end
    std::uint64_t entered = 0;  // from all sources: entered = left + present
    std::uint64_t events = 0;
};

class Plan;  // the description, checked and laid out for running

class Network {
public:
    // Errors: invalid engines.simulate.{twice, unknown_target, shares, unknown_class, not_whole,
    // negative, not_positive, never_exits, order, empty, one_of_two,
    // no_classes, reserved}, with a
    // pointer into the description as it would stand in a file: /stations/0/next/1/share.
    static Result<Network> create(NetworkDescription description);

    // Same description, options and seed: the same figures bit for bit, whatever the number of
    // threads or the event list. Errors: invalid engines.simulate.{both_ends, not_whole, negative};
    // unavailable engines.simulate.too_many {limit} (customers at once).
    Result<NetworkFigures> run(const RunOptions& options) const;

    // That every source runs dry by itself.
    bool sources_end() const;
    const Plan& plan() const { return *plan_; }

private:
    explicit Network(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
    std::shared_ptr<const Plan> plan_;
};

}  // namespace noroshi::simulate
