#pragma once
// What can be calculated instead of simulated: the classical formulae of Erlang, and the exact
// distribution of the number in an M(t)/M/c(t) queue with piecewise constant rates. Previews in
// milliseconds, and the judge of the event loop.

#include <cstdint>
#include <vector>

#include "engines/simulate/network.h"

namespace noroshi::simulate {

// Probability that an arrival is lost with c servers and offered load a (Erlang B), or has to wait
// (Erlang C; a < c).
double erlang_b(std::uint64_t servers, double load);
double erlang_c(std::uint64_t servers, double load);

// The number of customers in an M(t)/M/c(t) queue, as a distribution that moves through time. Each
// step of constant rates is solved by uniformisation: exp(Qt) as a Poisson mixture of powers of a
// stochastic matrix, cut where at most 1e-13 of the mixture is missing (A. Jensen, 1953). When
// servers go away, those of them who serve stop at once and their customers wait: for exponential
// service only the count of servers matters.
class ExactQueue {
public:
    // At most `most` customers are told apart; Result of advance says when that is too few.
    explicit ExactQueue(double service_rate, std::size_t start = 0, std::size_t most = 20'000);

    // Errors: unavailable engines.simulate.too_many {limit} if more than 1e-12 of the probability
    // would lie beyond `most`; invalid engines.simulate.negative.
    Result<> advance(double duration, double arrival_rate, std::uint64_t servers);
    // Through schedules of rate and servers from `from` to `to`.
    Result<> advance(double from, double to, const Schedule& rate, const Schedule& servers);

    // Somebody counted, with a normal error: Bayes' rule. The logarithm of the likelihood of the
    // observation (its density) is returned and added up.
    double observe(double counted, double sd);

    double mean() const;
    double sd() const;
    double probability(std::size_t number) const;
    double probability_above(std::size_t number) const;
    double log_likelihood() const { return log_likelihood_; }

private:
    double service_rate_;
    std::size_t most_;
    std::vector<double> p_;
    double log_likelihood_ = 0;
};

// The same queue as a fluid: a queue that grows by rate - capacity and is never negative. Times
// and lengths at every change and every `step`; a thousand times faster still, and it knows no
// chance. Shapes: {time, number waiting}.
std::vector<std::pair<double, double>> fluid_queue(double from, double to, double step,
                                                   const Schedule& rate, const Schedule& capacity);

}  // namespace noroshi::simulate
