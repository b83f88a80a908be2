#pragma once
// What one replication counts, of one class at one place and in all, and how replications become
// figures.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "engines/simulate/distribution.h"
#include "engines/simulate/plan.h"
#include "engines/simulate/quantiles.h"

namespace noroshi::simulate {

// Means of successive batches, between 32 and 63 of them, of equal and growing size.
struct BatchMeans {
    std::array<double, 64> sums{};
    std::uint32_t filled = 0;
    std::uint64_t size = 1;
    std::uint64_t in_last = 0;
    double last = 0;

    void add(double value) {
        last += value;
        if (++in_last == size) [[unlikely]]
            close();
    }
    void close() {
        sums[filled++] = last;
        last = 0;
        in_last = 0;
        if (filled < sums.size()) return;
        for (std::size_t i = 0; i < sums.size() / 2; ++i) sums[i] = sums[2 * i] + sums[2 * i + 1];
        filled /= 2;
        size *= 2;
    }
    double half_width() const {
        if (filled < 2) return 0;
        double mean = 0;
        for (std::uint32_t i = 0; i < filled; ++i) mean += sums[i] / filled;
        double squares = 0;
        for (std::uint32_t i = 0; i < filled; ++i) squares += (sums[i] - mean) * (sums[i] - mean);
        const double per_value = 1 / static_cast<double>(size);
        return student_95(filled - 1) * per_value * std::sqrt(squares / (filled - 1) / filled);
    }
};

struct Tally {
    std::uint64_t arrivals = 0;
    std::uint64_t customers = 0;
    std::uint64_t lost = 0;
    std::uint64_t reneged = 0;
    // Sums about the first wait, which keeps the variance of long, nearly equal waits.
    double shift = 0;
    double sum = 0;
    double squares = 0;
    double queue_time = 0;
    double busy_time = 0;
    double blocked_time = 0;

    void wait(double value) {
        if (customers++ == 0) shift = value;
        const double d = value - shift;
        sum += d;
        squares += d * d;
    }
};

struct PlaceResult {
    double offered = 0;  // the servers' time
    std::uint32_t max_present = 0;
};

struct Replication {
    std::vector<Tally> tallies;       // place × classes + class
    std::vector<BatchMeans> batches;  // per place, then place × classes + class; only if asked
    std::vector<PlaceResult> places;
    std::vector<std::uint32_t> number_at;  // at × places + place
    std::vector<double> outside_time;      // per source
    double time = 0;
    std::uint64_t entered = 0;
    std::uint64_t left = 0;
    std::uint64_t present = 0;
    std::uint64_t events = 0;
    bool too_many = false;
};

// Merged in the order of the replications, so that the last bit does not depend on threads.
// `quantiles` as the tallies: place × classes + class.
NetworkFigures merged(const Plan& plan, const std::vector<Replication>& replications,
                      const std::vector<Quantiles>& quantiles, std::size_t samples);

}  // namespace noroshi::simulate
