#include "engines/simulate/exact.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>

namespace noroshi::simulate {

namespace {

double value_at(const Schedule& schedule, double time) {
    double value = 0;
    for (const auto& [from, here] : schedule)
        if (from <= time) value = here;
    return value;
}

// All times strictly between from and to where one of the two changes, and `to`.
std::set<double> changes(double from, double to, const Schedule& a, const Schedule& b) {
    std::set<double> times{to};
    for (const auto* schedule : {&a, &b})
        for (const auto& [time, value] : *schedule)
            if (time > from && time < to) times.insert(time);
    return times;
}

}  // namespace

double erlang_b(std::uint64_t servers, double load) {
    double b = 1;
    for (std::uint64_t c = 1; c <= servers; ++c) b = load * b / (static_cast<double>(c) + load * b);
    return b;
}

double erlang_c(std::uint64_t servers, double load) {
    const double b = erlang_b(servers, load);
    return b / (1 - load / static_cast<double>(servers) * (1 - b));
}

ExactQueue::ExactQueue(double service_rate, std::size_t start, std::size_t most)
    : service_rate_(service_rate), most_(most), p_(start + 1) {
    p_[start] = 1;
}

Result<> ExactQueue::advance(double duration, double arrival_rate, std::uint64_t servers) {
    if (!(duration >= 0) || !(arrival_rate >= 0) || !std::isfinite(duration + arrival_rate))
        return invalid("engines.simulate.negative", "");
    const double serving = service_rate_ * static_cast<double>(servers);
    const double total = arrival_rate + serving;
    // In slices, so that the first Poisson weight does not underflow.
    const auto slices = static_cast<std::size_t>(std::ceil(total * duration / 200)) + 1;
    const double mean = total * duration / static_cast<double>(slices);
    if (mean == 0) return {};
    std::vector<double> power;
    std::vector<double> next;
    std::vector<double> mixed;
    for (std::size_t slice = 0; slice < slices; ++slice) {
        power = p_;
        double weight = std::exp(-mean);
        double covered = weight;
        mixed.assign(power.size(), 0);
        for (std::size_t n = 0; n < power.size(); ++n) mixed[n] = weight * power[n];
        for (int k = 1; covered < 1 - 1e-15 && k < 2000; ++k) {
            const std::size_t size = power.size() + (arrival_rate > 0 ? 1 : 0);
            next.assign(size, 0);
            for (std::size_t n = 0; n < power.size(); ++n) {
                const double out = static_cast<double>(std::min<std::uint64_t>(n, servers)) *
                                   service_rate_ / total;
                const double in = arrival_rate / total;
                if (n > 0) next[n - 1] += power[n] * out;
                if (arrival_rate > 0) next[n + 1] += power[n] * in;
                next[n] += power[n] * (1 - out - in);
            }
            // Nobody would ever notice the last of the tail.
            while (next.size() > 1 && next.back() < 1e-30) next.pop_back();
            power.swap(next);
            weight *= mean / k;
            covered += weight;
            if (mixed.size() < power.size()) mixed.resize(power.size());
            for (std::size_t n = 0; n < power.size(); ++n) mixed[n] += weight * power[n];
        }
        double sum = 0;
        for (const double one : mixed) sum += one;
        while (mixed.size() > 1 && mixed.back() < 1e-30) mixed.pop_back();
        if (mixed.size() > most_ + 1) {
            double beyond = 0;
            for (std::size_t n = most_ + 1; n < mixed.size(); ++n) beyond += mixed[n];
            if (beyond > 1e-12)
                return fail(ErrorKind::unavailable, "engines.simulate.too_many",
                            {{"limit", std::to_string(most_)}});
            mixed.resize(most_ + 1);
        }
        for (auto& one : mixed) one /= sum;
        p_.swap(mixed);
    }
    return {};
}

Result<> ExactQueue::advance(double from, double to, const Schedule& rate,
                             const Schedule& servers) {
    for (const double until : changes(from, to, rate, servers)) {
        TRY(advance(until - from, value_at(rate, from),
                    static_cast<std::uint64_t>(value_at(servers, from))));
        from = until;
    }
    return {};
}

double ExactQueue::observe(double counted, double sd) {
    double likelihood = 0;
    for (std::size_t n = 0; n < p_.size(); ++n) {
        const double z = (counted - static_cast<double>(n)) / sd;
        p_[n] *= std::exp(-z * z / 2) / (sd * std::sqrt(2 * std::numbers::pi));
        likelihood += p_[n];
    }
    if (likelihood > 0)
        for (auto& one : p_) one /= likelihood;
    const double log = std::log(likelihood);
    log_likelihood_ += log;
    return log;
}

double ExactQueue::mean() const {
    double mean = 0;
    for (std::size_t n = 0; n < p_.size(); ++n) mean += static_cast<double>(n) * p_[n];
    return mean;
}

double ExactQueue::sd() const {
    const double center = mean();
    double variance = 0;
    for (std::size_t n = 0; n < p_.size(); ++n)
        variance += (static_cast<double>(n) - center) * (static_cast<double>(n) - center) * p_[n];
    return std::sqrt(variance);
}

double ExactQueue::probability(std::size_t number) const {
    return number < p_.size() ? p_[number] : 0;
}

double ExactQueue::probability_above(std::size_t number) const {
    double sum = 0;
    for (std::size_t n = p_.size(); n-- > number + 1;) sum += p_[n];
    return sum;
}

std::vector<std::pair<double, double>> fluid_queue(double from, double to, double step,
                                                   const Schedule& rate, const Schedule& capacity) {
    std::vector<std::pair<double, double>> out{{from, 0}};
    double queue = 0;
    for (const double until : changes(from, to, rate, capacity)) {
        const double growth = value_at(rate, from) - value_at(capacity, from);
        while (from < until) {
            double at = std::min(until, from + step);
            // The moment of becoming empty is a point of its own.
            if (growth < 0 && queue > 0 && from - queue / growth < at) at = from - queue / growth;
            queue = std::max(0.0, queue + growth * (at - from));
            if (at - from < 1e-12 * std::max(1.0, std::abs(at))) at = std::min(until, from + step);
            if (growth < 0 && queue < 1e-9) queue = 0;
            from = at;
            out.emplace_back(from, queue);
        }
    }
    return out;
}

}  // namespace noroshi::simulate
