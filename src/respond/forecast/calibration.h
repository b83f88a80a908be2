#pragma once
// Simulation-based calibration (Talts, Betancourt, Simpson, Vehtari, Gelman 2018): a port that is drawn
// from the priors is observed with the stated errors, and forecast from these observations. Over many
// such ports the rank of what came among the runs of the forecast is uniform if the forecast is right
// about how sure it is. It tests the filter and the bands, not whether the model is the world.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "respond/forecast/forecast.h"

namespace noroshi::respond::forecast {

struct CalibrationOptions {
    std::uint64_t ports = 500;
    std::uint64_t runs = 99;  // of each forecast
    std::uint64_t seed = 1;
    unsigned threads = 1;
    double horizon = 96;  // hours of the model
};

struct RankHistogram {
    std::string quantity;
    std::array<std::uint64_t, 10> counts{};
    double chi_square = 0;  // nine degrees of freedom
    double p = 0;           // of a value as large, if ranks were uniform
    double inside_80 = 0;   // share of ports in the 80 % band
};

// `incident` gives port, start, stricken terminals and promises; its own observations are left out.
// Errors: those of forecast_of.
Result<std::vector<RankHistogram>> calibrate(const PortModel& port, const Incident& incident,
                                             const CalibrationOptions& options);

// Probability that a chi-square with nine degrees of freedom is at least `value` (closed form for odd
// degrees; Abramowitz and Stegun 26.4.4).
double chi_square_9(double value);

}  // namespace noroshi::respond::forecast
