#include "engines/simulate/max_plus.h"

#include <algorithm>
#include <limits>

#include "engines/simulate/plan.h"
#include "engines/simulate/replicate.h"
#include "engines/simulate/tally.h"

namespace noroshi::simulate {

namespace {

constexpr auto unlimited = std::numeric_limits<std::int64_t>::max();

bool only_exit(const Route& route) {
    return route.target.size() == 1 && route.target[0] == nowhere;
}

// One station, as far as the next customer needs to know of those before.
struct Passage {
    std::vector<double> free;   // when each server is free, soonest first
    std::vector<double> begun;  // when the last `room` customers began; a ring
    std::size_t oldest = 0;
    Stream service;
    Stream route;

    double has_place() const { return begun.empty() ? free.front() : begun[oldest]; }
    void begin(double at) {
        if (begun.empty()) return;
        begun[oldest] = at;
        oldest = oldest + 1 == begun.size() ? 0 : oldest + 1;
    }
    // The server that was soonest free is taken until `until`.
    void take(double until) {
        std::size_t at = 1;
        for (; at < free.size() && free[at] < until; ++at) free[at - 1] = free[at];
        free[at - 1] = until;
    }
};

class Recursion {
public:
    Recursion(const Plan& plan, const RunOptions& options, std::vector<Quantiles>& quantiles)
        : plan_(plan), options_(options), quantiles_(quantiles) {}

    void operator()(std::uint64_t replication, Replication& out) {
        out = {};
        out.tallies.assign(plan_.places.size(), {});
        out.places.assign(plan_.places.size(), {});
        out.outside_time.assign(1, 0);
        batch_means_ = options_.replications == 1;
        if (batch_means_) out.batches.assign(2 * plan_.places.size(), {});
        passages_.clear();
        for (const auto& place : plan_.places) {
            const auto& station = plan_.description.stations[passages_.size()];
            Passage passage;
            passage.free.assign(static_cast<std::size_t>(station.servers[0].second), 0);
            if (place.room != unlimited)
                passage.begun.assign(static_cast<std::size_t>(place.room), 0);
            passage.service =
                Stream(options_.seed, place.service_process, replication, plan_.class_entity[0]);
            passage.route = Stream(options_.seed, place.route_process, replication);
            passages_.push_back(std::move(passage));
        }
        const auto& source = plan_.sources[0];
        Stream interarrival(options_.seed, source.interarrival_process, replication);
        Stream route(options_.seed, source.route_process, replication);
        double spent = 0;
        std::size_t piece = 0;
        double t = 0;
        double last = 0;
        std::uint64_t counted = 0;
        const auto& gaps = plan_.description.sources[0].interarrival;
        while (counted < *options_.customers) {
            t = gaps ? t + gaps->sample(interarrival)
                     : next_of_rate(source, spent, piece, interarrival);
            if (t == std::numeric_limits<double>::infinity()) break;
            ++out.entered;
            ++out.events;
            if (t >= options_.warmup) ++counted;
            last = std::max({last, t, pass(source.route.pick(route), t, out)});
        }
        out.left = out.entered;
        const double end = std::max(last, options_.warmup);
        out.time = end - options_.warmup;
        for (std::size_t p = 0; p < passages_.size(); ++p)
            if (out.time > 0)
                out.places[p].offered = out.time * static_cast<double>(passages_[p].free.size());
    }

private:
    double since_warmup(double from, double to) const {
        return std::max(to - std::max(from, options_.warmup), 0.0);
    }

    // One customer from outside to the exit; returns when they leave the network.
    double pass(std::uint32_t p, double t, Replication& out) {
        if (p == nowhere) return t;
        double enters = t;
        if (plan_.places[p].room != unlimited) enters = std::max(t, passages_[p].has_place());
        if (enters > t) out.outside_time[0] += since_warmup(t, enters);
        for (;;) {
            auto& passage = passages_[p];
            auto& tally = out.tallies[p];
            const bool counts = enters >= options_.warmup;
            if (counts) ++tally.arrivals;
            const double service = plan_.places[p].service[0]->sample(passage.service);
            const double begins = std::max(enters, passage.free.front());
            passage.begin(begins);
            if (counts) {
                tally.wait(begins - enters);
                quantiles_[p].add(begins - enters);
                if (batch_means_) out.batches[p].add(begins - enters);
            }
            tally.queue_time += since_warmup(enters, begins);
            const double ends = begins + service;
            tally.busy_time += since_warmup(begins, ends);
            ++out.events;
            const std::uint32_t to = plan_.places[p].route[0].pick(passage.route);
            if (to == nowhere) {
                passage.take(ends);
                return ends;
            }
            double leaves = ends;
            if (plan_.places[to].room != unlimited) {
                leaves = std::max(ends, passages_[to].has_place());
                if (leaves > ends) tally.blocked_time += since_warmup(ends, leaves);
            }
            passage.take(leaves);
            enters = leaves;
            p = to;
        }
    }

    const Plan& plan_;
    const RunOptions& options_;
    std::vector<Quantiles>& quantiles_;
    std::vector<Passage> passages_;
    bool batch_means_ = false;
};

}  // namespace

bool max_plus_applies(const Network& network) {
    const auto& plan = network.plan();
    const auto& d = plan.description;
    if (d.sources.size() != 1 || plan.classes.size() != 1 || d.sources[0].batch || !d.links.empty())
        return false;
    std::vector<int> feeders(plan.places.size());
    for (const auto to : plan.sources[0].route.target)
        if (to != nowhere) ++feeders[to];
    if (plan.sources[0].route.target.size() > 1) return false;
    for (std::size_t p = 0; p < plan.places.size(); ++p) {
        const auto& place = plan.places[p];
        const auto& station = d.stations[p];
        if (place.scheduled || place.patience != nullptr ||
            station.discipline != Discipline::fifo || station.when_full != WhenFull::block ||
            station.servers[0].second < 1)
            return false;
        if (station.servers[0].second > 1 && !only_exit(place.route[0])) return false;
        for (const auto to : place.route[0].target) {
            if (to == p) return false;
            if (to != nowhere) ++feeders[to];
        }
    }
    return std::ranges::all_of(feeders, [](int count) { return count <= 1; });
}

Result<NetworkFigures> run_max_plus(const Network& network, const RunOptions& options) {
    if (!max_plus_applies(network) || !options.customers || options.until || !options.at.empty())
        return invalid("engines.simulate.max_plus_does_not_apply", "");
    const auto& plan = network.plan();
    const unsigned threads = threads_for(options.threads, options.replications);
    std::vector<Replication> replications(options.replications);
    std::vector<std::vector<Quantiles>> quantiles(threads);
    for (auto& one : quantiles) one = std::vector<Quantiles>(plan.places.size());
    replicate(options.replications, threads, [&](unsigned worker, std::uint64_t one) {
        Recursion(plan, options, quantiles[worker])(one, replications[one]);
    });
    for (unsigned worker = 1; worker < threads; ++worker)
        for (std::size_t i = 0; i < quantiles[0].size(); ++i)
            quantiles[0][i].merge(quantiles[worker][i]);
    return merged(plan, replications, quantiles[0], 0);
}

}  // namespace noroshi::simulate
