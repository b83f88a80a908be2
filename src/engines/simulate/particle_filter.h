#pragma once
// Sequential Monte Carlo: many copies of a simulation's whole state, each with its own guess of what
// is not known, are carried forward and weighed by what somebody saw. When the weights have come to
// rest on too few, copies are drawn anew in proportion (systematic resampling: J. Carpenter,
// P. Clifford, P. Fearnhead 1999), each with random numbers of its own from then on.
//
// A Particle is copyable. Moving it through time is the caller's business (replicate.h), as is the
// error of an observation: overstating it is safer than understating it.

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "engines/simulate/stream.h"

namespace noroshi::simulate {

template <class Particle>
class ParticleFilter {
public:
    ParticleFilter(std::vector<Particle> particles, std::uint64_t seed)
        : particles_(std::move(particles)), log_weights_(particles_.size(), 0.0),
          stream_(seed, process_named("particle filter"), 0) {}

    std::vector<Particle>& particles() { return particles_; }
    const std::vector<Particle>& particles() const { return particles_; }

    // log_likelihood(particle) is the logarithm of the density of what was seen. Returns the
    // logarithm of its mean over the weighted particles, and adds it up. If what was seen is
    // impossible for every particle, the weights stay as they are: -infinity.
    template <class F>
    double observe(F&& log_likelihood) {
        const auto before = weights();
        std::vector<double> seen(particles_.size());
        double most = -std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < particles_.size(); ++i) {
            seen[i] = log_likelihood(std::as_const(particles_[i]));
            most = std::max(most, seen[i]);
        }
        if (!(most > -std::numeric_limits<double>::infinity())) return most;
        double mean = 0;
        for (std::size_t i = 0; i < particles_.size(); ++i) {
            mean += before[i] * std::exp(seen[i] - most);
            log_weights_[i] += seen[i];
        }
        const double log = most + std::log(mean);
        log_likelihood_ += log;
        return log;
    }

    // Normalised.
    std::vector<double> weights() const {
        double most = -std::numeric_limits<double>::infinity();
        for (const double one : log_weights_) most = std::max(most, one);
        std::vector<double> out(log_weights_.size());
        double sum = 0;
        for (std::size_t i = 0; i < out.size(); ++i)
            sum += out[i] = std::exp(log_weights_[i] - most);
        for (auto& one : out) one /= sum;
        return out;
    }

    double effective_size() const {
        double squares = 0;
        for (const double one : weights()) squares += one * one;
        return 1 / squares;
    }

    // Below `share` of their number: draws anew. renew(particle, i) gives the i-th its own random
    // numbers (and may jitter its guesses). Returns whether it did.
    template <class F>
    bool resample_below(double share, F&& renew) {
        const auto count = static_cast<double>(particles_.size());
        if (effective_size() >= share * count) return false;
        const auto weight = weights();
        std::vector<Particle> drawn;
        drawn.reserve(particles_.size());
        const double offset = stream_.unit();
        double up_to = weight[0];
        std::size_t from = 0;
        for (std::size_t i = 0; i < particles_.size(); ++i) {
            const double at = (static_cast<double>(i) + offset) / count;
            while (at > up_to && from + 1 < particles_.size()) up_to += weight[++from];
            drawn.push_back(particles_[from]);
        }
        particles_ = std::move(drawn);
        log_weights_.assign(particles_.size(), 0);
        for (std::size_t i = 0; i < particles_.size(); ++i) renew(particles_[i], i);
        return true;
    }

    template <class F>
    double mean(F&& value) const {
        const auto weight = weights();
        double sum = 0;
        for (std::size_t i = 0; i < weight.size(); ++i) sum += weight[i] * value(particles_[i]);
        return sum;
    }

    double log_likelihood() const { return log_likelihood_; }

private:
    std::vector<Particle> particles_;
    std::vector<double> log_weights_;
    Stream stream_;
    double log_likelihood_ = 0;
};

}  // namespace noroshi::simulate
