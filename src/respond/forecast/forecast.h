#pragma once
// The forecast of a port in an incident: many runs, corrected by what was seen, and what they say
// with bands. Pure; the threads are the engine's.

#include <cstdint>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "kernel/result.h"
#include "respond/forecast/port_run.h"

namespace noroshi::respond::forecast {

struct ForecastOptions {
    double as_of = 0;
    std::uint64_t replications = 1000;
    std::uint64_t seed = 1;
    unsigned threads = 1;
    double horizon = 336;
    const Measure* measure = nullptr;
    bool observations = true;
    bool spill_back = true;
    bool behaviour = true;
    bool manual = true;
};

struct Forecast {
    std::vector<PortOutcome> runs;
    std::vector<std::array<double, parameter_count>> parameters;  // of each run
    double log_likelihood = 0;                                    // of the observations
    std::size_t observed = 0;
    std::size_t resampled = 0;
};

// Same files, options and seed: the same runs, whatever the number of threads. Errors: invalid
// respond.forecast.{too_many_runs, before_start}.
Result<Forecast> forecast_of(const PortModel& port, const Incident& incident,
                             const ForecastOptions& options);

// What one run says about an outcome.
double value_of(const PortOutcome& run, const Outcome& asked, const Incident& incident);

// The value below which a share p of `values` lies (linear between the ranks).
double quantile(std::vector<double>& values, double p);

// Two scenarios on the same random numbers.
struct Comparison {
    std::string id;
    std::string name;
    double better = 0;       // probability of fewer truck-hours in all
    double truck_hours = 0;  // median difference, measure minus none
    double boxes_missed = 0;
    double clear_h = 0;
    double ships_affected = 0;
    double neighbours_harmed = 0;  // probability that somebody not named waits 5 % longer
    double neighbours_hours = 0;   // median difference of truck-hours at those not named
    double urgent_wait_h = 0;      // median difference of the mean wait of urgent trucks
};
Comparison compare(const Forecast& without, const Forecast& with, const Measure& measure);

// When a measure has to be taken at the latest.
struct DecideBy {
    std::string id;
    std::string road;
    std::string point;
    std::vector<std::pair<double, double>>
        starts;          // hour taken, probability the tail stays short of it
    double latest = -1;  // last start with at least 90 %; negative: none, or not needed
};
Result<std::vector<DecideBy>> decision_clock(const PortModel& port, const Incident& incident,
                                             const ForecastOptions& options);

// The whole answer of `noroshi forecast run` but for the what-ifs.
boost::json::object answer_of(const Forecast& forecast, const PortModel& port,
                              const Incident& incident, const ForecastOptions& options);

// Which unknowns a figure (one value a run) hangs on most: at most five, with their rank correlation.
std::vector<std::pair<std::string, double>> drivers_of(const Forecast& forecast,
                                                       const std::vector<double>& figure);

// Expected queues without chance, in milliseconds: each gate as a fluid, with the medians.
struct PreviewOf {
    std::size_t terminal = 0;
    double opens = 0;
    double longest = 0;  // trucks
    double longest_at = 0;
    std::vector<std::pair<double, double>> trucks;  // hour, waiting
};
std::vector<PreviewOf> preview_terminals(const PortModel& port, const Incident& incident,
                                         const ForecastOptions& options);
boost::json::object preview_of(const PortModel& port, const Incident& incident,
                               const ForecastOptions& options);

}  // namespace noroshi::respond::forecast
