#include "respond/forecast/calibration.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engines/simulate/distribution.h"
#include "engines/simulate/replicate.h"
#include "engines/simulate/stream.h"

namespace noroshi::respond::forecast {

namespace {

constexpr std::size_t quantities = 4;
constexpr std::array<const char*, quantities> names{"longest_queue_m", "boxes_missed",
                                                    "ships_affected", "gate_opens"};

std::array<double, quantities> figures_of(const PortOutcome& run, double as_of) {
    double most = 0;
    for (auto h = static_cast<std::size_t>(as_of) + 1; h < run.hours; ++h)
        most = std::max<double>(most, run.queue_m[h]);
    return {most, run.boxes_missed, run.ships_affected, std::ranges::max(run.opens)};
}

// What somebody would have seen of that port, with the errors that the filter takes for granted.
std::vector<Observation> observe(PortRun& truth, double start, simulate::Stream& errors) {
    std::vector<Observation> seen;
    for (const auto& [later, kind, sd] : {std::tuple{5.0, Seen::queue_m, 200.0},
                                          {7.0, Seen::queue_m, 200.0},
                                          {7.5, Seen::ships_waiting, 1.0}}) {
        Observation one;
        one.at = one.known = start + later;
        one.kind = kind;
        one.sd = sd;
        truth.advance(one.at);
        const double value = truth.value_of(one);
        one.value = std::max(
            0.0, value + std::hypot(sd, 0.1 * value) * simulate::normal_quantile(errors.unit()));
        seen.push_back(one);
    }
    return seen;
}

}  // namespace

double chi_square_9(double value) {
    if (!(value > 0)) return 1;
    // Q(x | 9) = 2 Q(root) + 2 phi(root) (root + root^3/3 + root^5/15 + root^7/105)
    const double root = std::sqrt(value);
    const double density = std::exp(-value / 2) / std::sqrt(2 * std::numbers::pi);
    const double tail = std::erfc(root / std::numbers::sqrt2) / 2;
    return 2 * tail +
           2 * density *
               (root + std::pow(root, 3) / 3 + std::pow(root, 5) / 15 + std::pow(root, 7) / 105);
}

Result<std::vector<RankHistogram>> calibrate(const PortModel& port, const Incident& incident,
                                             const CalibrationOptions& options) {
    std::vector<std::array<std::size_t, quantities>> bins(options.ports);
    std::vector<std::array<bool, quantities>> inside(options.ports);
    std::vector<Result<>> done(options.ports);
    const double as_of = incident.start + 8;
    simulate::replicate(
        options.ports, simulate::threads_for(options.threads, options.ports),
        [&](unsigned, std::uint64_t k) {
            Incident own = incident;
            own.observations.clear();
            const Scenario scenario{&port, &own, as_of, options.horizon};
            // A seed of its own: nothing of the truth is among the forecast's runs.
            PortRun truth(scenario, options.seed + 0x5bc, k);
            simulate::Stream chance(options.seed, simulate::process_named("calibration"), k);
            auto seen = observe(truth, incident.start, chance);
            const auto came = figures_of(truth.outcome(), as_of);
            own.observations = std::move(seen);
            ForecastOptions with;
            with.as_of = as_of;
            with.replications = options.runs;
            with.seed = options.seed + 7'919 * (k + 1);
            with.horizon = options.horizon;
            const auto forecast = forecast_of(port, own, with);
            if (!forecast) {
                done[k] = std::unexpected(forecast.error());
                return;
            }
            std::array<std::vector<double>, quantities> said;
            for (const auto& run : forecast->runs) {
                const auto figures = figures_of(run, as_of);
                for (std::size_t q = 0; q < quantities; ++q) said[q].push_back(figures[q]);
            }
            for (std::size_t q = 0; q < quantities; ++q) {
                std::size_t below = 0;
                std::size_t same = 0;
                for (const double one : said[q]) {
                    below += one < came[q];
                    same += one == came[q];
                }
                // Among equals any rank is as good as another.
                const auto rank =
                    below + static_cast<std::size_t>(chance.unit() * static_cast<double>(same + 1));
                bins[k][q] = std::min<std::size_t>(9, rank * 10 / (said[q].size() + 1));
                inside[k][q] = bins[k][q] >= 1 && bins[k][q] <= 8;
            }
        });
    for (const auto& one : done) TRY(one);
    std::vector<RankHistogram> out(quantities);
    for (std::size_t q = 0; q < quantities; ++q) {
        auto& histogram = out[q];
        histogram.quantity = names[q];
        for (std::size_t k = 0; k < options.ports; ++k) {
            ++histogram.counts[bins[k][q]];
            histogram.inside_80 += inside[k][q];
        }
        histogram.inside_80 /= static_cast<double>(options.ports);
        const double expected = static_cast<double>(options.ports) / 10;
        for (const auto count : histogram.counts) {
            const double off = static_cast<double>(count) - expected;
            histogram.chi_square += off * off / expected;
        }
        histogram.p = chi_square_9(histogram.chi_square);
    }
    return out;
}

}  // namespace noroshi::respond::forecast
