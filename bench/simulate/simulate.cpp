// The general event loop against a loop written by hand for exactly one model, M/M/4 at 90 % load:
// see README.md.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <queue>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "engines/simulate/max_plus.h"
#include "engines/simulate/network.h"
#include "engines/simulate/quantiles.h"
#include "engines/simulate/stream.h"
#include "engines/simulate/tally.h"

namespace {

using namespace noroshi::simulate;

constexpr std::uint64_t customers = 4'000'000;
constexpr double mean_gap = 1 / 3.6;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Outcome {
    double mean_wait = 0;
    double p95 = 0;
    double busy = 0;
};

// What somebody writes who needs this one answer: a heap of events, a ring of arrival times.
Outcome by_hand(std::uint64_t seed) {
    struct Pending {
        double time;
        bool arrival;
        bool operator>(const Pending& other) const { return time > other.time; }
    };
    std::priority_queue<Pending, std::vector<Pending>, std::greater<>> events;
    struct Waiting {
        double arrived, service;
    };
    std::queue<Waiting> line;
    Stream gaps(seed, process_named("source/trucks"), 0);
    Stream services(seed, process_named("service/gate"), 0, process_named("normal"));
    Tally tally;
    BatchMeans batches;
    Quantiles quantiles;
    int busy = 0;
    std::uint64_t arrived = 0;
    const auto begin = [&](double t, const Waiting& one) {
        ++busy;
        const double wait = t - one.arrived;
        tally.wait(wait);
        quantiles.add(wait);
        batches.add(wait);
        tally.queue_time += wait;
        tally.busy_time += one.service;
        events.push({t + one.service, false});
    };
    events.push({mean_gap * -std::log(gaps.unit()), true});
    double t = 0;
    while (!events.empty()) {
        const Pending event = events.top();
        events.pop();
        t = event.time;
        if (event.arrival) {
            ++tally.arrivals;
            const Waiting one{t, -std::log(services.unit())};
            if (busy < 4)
                begin(t, one);
            else
                line.push(one);
            if (++arrived < customers) events.push({t + mean_gap * -std::log(gaps.unit()), true});
        } else {
            --busy;
            if (!line.empty()) {
                const Waiting one = line.front();
                line.pop();
                begin(t, one);
            }
        }
    }
    return {tally.shift + tally.sum / static_cast<double>(tally.customers), quantiles.at(0.95),
            tally.busy_time / t};
}

Network m_m_4() {
    NetworkDescription description;
    Source source;
    source.id = "trucks";
    source.interarrival = *Distribution::exponential(mean_gap);
    source.class_name = "normal";
    source.next = {{"gate", 1, ""}};
    Station station;
    station.id = "gate";
    station.servers = {{0, 4}};
    station.service = *Distribution::exponential(1);
    description.sources = {source};
    description.stations = {station};
    return *Network::create(description);
}

}  // namespace

int main() {
    const Network network = m_m_4();
    double best_hand = 1e9;
    double best_ours = 1e9;
    double best_recursion = 1e9;
    std::vector<double> ratios;
    for (std::uint64_t round = 1; round <= 7; ++round) {
        RunOptions options;
        options.customers = customers;
        options.seed = round;
        double before = cpu_seconds();
        const Outcome hand = by_hand(round);
        const double took_hand = cpu_seconds() - before;
        before = cpu_seconds();
        const auto ours = network.run(options);
        const double took_ours = cpu_seconds() - before;
        before = cpu_seconds();
        const auto recursion = run_max_plus(network, options);
        const double took_recursion = cpu_seconds() - before;
        // The same draws: the same answer, or the comparison means nothing.
        if (hand.mean_wait != ours->stations[0].all.mean_wait ||
            hand.mean_wait != recursion->stations[0].all.mean_wait) {
            fmt::print("the loops disagree: {} {} {}\n", hand.mean_wait,
                       ours->stations[0].all.mean_wait, recursion->stations[0].all.mean_wait);
            return 1;
        }
        best_hand = std::min(best_hand, took_hand);
        best_ours = std::min(best_ours, took_ours);
        best_recursion = std::min(best_recursion, took_recursion);
        ratios.push_back(took_hand / took_ours);
    }
    std::ranges::sort(ratios);
    const double ratio = ratios[ratios.size() / 2];
    const auto rate = [](double seconds) {
        return 2e-6 * static_cast<double>(customers) / seconds;
    };
    fmt::print("M/M/4, load 0.9, {} customers, CPU time, best of {} rounds\n", customers,
               ratios.size());
    fmt::print("  by hand, std::priority_queue  {:6.1f} M events/s\n", rate(best_hand));
    fmt::print("  noroshi, events               {:6.1f} M events/s\n", rate(best_ours));
    fmt::print("  noroshi, recursion            {:6.1f} M events/s worth\n", rate(best_recursion));
    fmt::print("ratio noroshi/by hand {:.2f} (rounds {:.2f}–{:.2f}), to reach 0.8\n", ratio,
               ratios.front(), ratios.back());
    return ratio >= 0.8 ? 0 : 1;
}
