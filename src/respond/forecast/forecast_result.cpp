#include "respond/forecast/forecast_result.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "respond/forecast/backtest.h"

namespace noroshi::respond::forecast {

namespace {

namespace bj = boost::json;

constexpr std::array<double, 5> levels{0.05, 0.1, 0.5, 0.9, 0.95};
// Of what is compared and of the decision clock; each is another forecast.
constexpr std::uint64_t paired_runs = 200;
constexpr std::uint64_t clock_runs = 60;
constexpr std::array<double, 5> clock_hours{0, 3, 6, 12, 24};

// Three significant digits are more than the model knows, and keep the answer small.
double rounded(double value) {
    if (!std::isfinite(value) || value == 0) return 0;
    const double scale = std::pow(10, 3 - std::floor(std::log10(std::abs(value))));
    return std::round(value * scale) / scale;
}

struct Files {
    PortModel port;
    Incident incident;
    ForecastOptions options;

    Instant instant(double hours) const {
        const auto local = std::chrono::sys_time<std::chrono::microseconds>(incident.day0) +
                           std::chrono::microseconds(std::llround(hours * 3.6e9));
        return local - port.utc_offset;
    }
    // Whole minutes: nobody promises seconds.
    Instant minute(double hours) const {
        return std::chrono::floor<std::chrono::minutes>(instant(hours));
    }
    double hours(Instant at) const {
        return std::chrono::duration<double, std::ratio<3600>>(at + port.utc_offset - incident.day0)
            .count();
    }
};

Result<Files> files_of(const Work& work) {
    TRY_LET(auto port, port_model_of(work.port_file, work.defaults));
    TRY_LET(auto incident, incident_of(work.incident_file, port));
    Files files{std::move(port), std::move(incident), {}};
    auto& options = files.options;
    options.replications = work.replications;
    options.seed = work.seed;
    options.horizon = 24.0 * work.days;
    options.as_of = std::clamp(files.hours(work.as_of), files.incident.start, options.horizon - 1);
    return files;
}

Quantiles quantiles_of(std::vector<double> values) {
    std::array<double, 5> out{};
    if (!values.empty())
        for (std::size_t i = 0; i < levels.size(); ++i)
            out[i] = rounded(quantile(values, levels[i]));
    return {out[0], out[1], out[2], out[3], out[4]};
}

template <class F>
std::vector<double> each(const Forecast& forecast, F&& pick) {
    std::vector<double> out;
    out.reserve(forecast.runs.size());
    for (const auto& run : forecast.runs) out.push_back(pick(run));
    return out;
}

// Hour by hour; what is NaN in a run does not count there.
template <class F>
Bands bands_of(const Forecast& forecast, F&& pick) {
    Bands out;
    std::vector<double> values;
    for (std::size_t h = 0; h < forecast.runs[0].hours; ++h) {
        values.clear();
        for (const auto& run : forecast.runs)
            if (const double value = pick(run, h); !std::isnan(value)) values.push_back(value);
        std::size_t i = 0;
        for (auto* row : {&out.p05, &out.p10, &out.p50, &out.p90, &out.p95}) {
            row->push_back(values.empty() ? -1 : rounded(quantile(values, levels[i])));
            ++i;
        }
    }
    return out;
}

TimeBand time_band(const std::vector<double>& hours, const Files& files) {
    std::vector<double> come;
    for (const double one : hours)
        if (std::isfinite(one) && one < files.options.horizon) come.push_back(one);
    TimeBand out;
    if (hours.empty() || come.empty()) return out;
    out.probability = rounded(static_cast<double>(come.size()) / static_cast<double>(hours.size()));
    std::size_t i = 0;
    for (auto* at : {&out.p05, &out.p10, &out.p50, &out.p90, &out.p95})
        *at = files.minute(quantile(come, levels[i++]));
    return out;
}

TerminalForecast terminal_of(const Forecast& forecast, const Files& files, std::size_t i) {
    const auto& terminal = files.port.terminals[i];
    const std::size_t hours = forecast.runs[0].hours;
    TerminalForecast out;
    out.id = terminal.id;
    out.stricken = std::ranges::find(files.incident.terminals, i) != files.incident.terminals.end();
    if (out.stricken)
        out.gate_opens =
            time_band(each(forecast, [&](const auto& r) { return r.opens[i]; }), files);
    out.trucks_waiting = bands_of(
        forecast, [&](const auto& r, std::size_t h) -> double { return r.trucks[i * hours + h]; });
    out.wait_hours = bands_of(forecast, [&](const auto& r, std::size_t h) -> double {
        const float wait = r.wait_h[i * hours + h];
        return wait < 0 ? std::numeric_limits<double>::quiet_NaN() : wait;
    });
    out.truck_hours = quantiles_of(each(forecast, [&](const auto& r) { return r.truck_hours[i]; }));
    if (terminal.yard_m2 > 0) {
        out.yard_share = bands_of(forecast, [&](const auto& r, std::size_t h) -> double {
            return r.yard_share[i * hours + h];
        });
        out.yard_full = time_band(each(forecast, [&](const auto& r) { return r.full[i]; }), files);
    }
    return out;
}

RoadForecast road_of(const Forecast& forecast, const Files& files, std::size_t road) {
    const auto& of = files.port.roads[road];
    const std::size_t hours = forecast.runs[0].hours;
    RoadForecast out;
    out.id = of.id;
    out.length_metres = of.length_m;
    out.inferred = of.points.empty();
    out.queue_metres = bands_of(forecast, [&](const auto& r, std::size_t h) -> double {
        return r.queue_m[road * hours + h];
    });
    out.longest_metres = quantiles_of(each(forecast, [&](const auto& r) {
        double most = 0;
        for (auto h = static_cast<std::size_t>(files.options.as_of);
             h < hours && static_cast<double>(h) < files.options.as_of + 24; ++h)
            most = std::max<double>(most, r.queue_m[road * hours + h]);
        return most;
    }));
    for (const auto& [id, metres] : of.points) {
        PointForecast point{id, metres, std::vector<double>(hours)};
        for (const auto& run : forecast.runs) {
            bool beyond = false;
            for (std::size_t h = 0; h < hours; ++h) {
                beyond |= static_cast<double>(h) + 1 > files.options.as_of &&
                          run.queue_m[road * hours + h] >= metres;
                point.passed_by[h] += beyond;
            }
        }
        for (auto& one : point.passed_by)
            one = rounded(one / static_cast<double>(forecast.runs.size()));
        out.points.push_back(std::move(point));
    }
    return out;
}

PortForecast whole_of(const Forecast& forecast, const Files& files) {
    PortForecast out;
    const auto all = [&](float PortOutcome::* figure) {
        return each(forecast, [&](const auto& r) -> double { return r.*figure; });
    };
    const auto series = [&](std::vector<float> PortOutcome::* figure) {
        return bands_of(forecast,
                        [&](const auto& r, std::size_t h) -> double { return (r.*figure)[h]; });
    };
    out.ships_waiting = series(&PortOutcome::ships_waiting);
    out.ships_late = series(&PortOutcome::ships_late);
    out.backlog_boxes = series(&PortOutcome::backlog);
    out.service = series(&PortOutcome::service);
    out.ships_affected = quantiles_of(all(&PortOutcome::ships_affected));
    out.ships_omitted = quantiles_of(all(&PortOutcome::ships_omitted));
    out.largest_delay_hours = quantiles_of(all(&PortOutcome::largest_delay_h));
    out.boxes_missed = quantiles_of(all(&PortOutcome::boxes_missed));
    out.boxes_stranded = quantiles_of(all(&PortOutcome::boxes_stranded));
    std::vector<double> reefers;
    for (std::size_t r = 0; r < forecast.runs.size(); ++r)
        reefers.push_back(
            forecast.runs[r].boxes_stranded *
            forecast.parameters[r][static_cast<std::size_t>(Parameter::reefer_share)]);
    out.reefers_at_risk = quantiles_of(std::move(reefers));
    out.clear = time_band(all(&PortOutcome::clear), files);
    out.resilience_days = quantiles_of(all(&PortOutcome::resilience_days));
    out.ships_diverted = quantiles_of(all(&PortOutcome::ships_diverted));
    out.urgent_missed = quantiles_of(all(&PortOutcome::urgent_missed));
    for (const auto& [into, figure] :
         {std::pair{&out.urgent_wait_hours, &PortOutcome::urgent_wait_h},
          {&out.other_wait_hours, &PortOutcome::other_wait_h}}) {
        auto waits = all(figure);
        std::erase_if(waits, [](double one) { return one < 0; });
        *into = quantiles_of(std::move(waits));
    }
    for (std::size_t i = 0; i < files.port.alternatives.size(); ++i) {
        const auto& other = files.port.alternatives[i];
        out.alternatives.push_back(
            {other.id, other.name,
             quantiles_of(
                 each(forecast, [&](const auto& r) -> double { return r.diverted_calls[i]; })),
             quantiles_of(
                 each(forecast, [&](const auto& r) -> double { return r.diverted_boxes[i]; }))});
    }
    return out;
}

double longest_of(const PortOutcome& run, std::size_t road, double from) {
    double most = 0;
    for (auto h = static_cast<std::size_t>(from); h < run.hours; ++h)
        most = std::max<double>(most, run.queue_m[road * run.hours + h]);
    return most;
}

// Probability that the tail stays short of the first point of a road.
double stays_short(const Forecast& forecast, const Files& files, std::size_t road) {
    double kept = 0;
    for (const auto& run : forecast.runs)
        kept += longest_of(run, road, files.options.as_of) <
                files.port.roads[road].points.front().second;
    return kept / static_cast<double>(forecast.runs.size());
}

Result<std::vector<MeasureForecast>> measures_of(const Files& files, const Work& work) {
    std::vector<MeasureForecast> out;
    if (files.incident.measures.empty()) return out;
    ForecastOptions paired = files.options;
    paired.replications = std::min(paired.replications, paired_runs);
    TRY_LET(const auto without, forecast_of(files.port, files.incident, paired));
    // The road on which a point is most in danger.
    std::optional<std::size_t> road;
    double least = 2;
    for (std::size_t r = 0; r < files.port.roads.size(); ++r) {
        if (files.port.roads[r].points.empty()) continue;
        const double kept = stays_short(without, files, r);
        if (kept < least) {
            least = kept;
            road = r;
        }
    }
    const auto& asked = work.incident_file.as_object().at("measures").as_array();
    for (std::size_t m = 0; m < files.incident.measures.size(); ++m) {
        const auto& measure = files.incident.measures[m];
        ForecastOptions with = paired;
        with.measure = &measure;
        TRY_LET(const auto taken, forecast_of(files.port, files.incident, with));
        const auto compared = compare(without, taken, measure);
        MeasureForecast one;
        one.kind = static_cast<MeasureType>(static_cast<int>(measure.kind) - 1);
        one.amount = measure.amount;
        one.from = files.minute(measure.from);
        if (asked[m].as_object().contains("terminals"))
            for (const auto i : measure.terminals)
                one.terminals.push_back(files.port.terminals[i].id);
        one.probability_better = rounded(compared.better);
        one.truck_hours = rounded(compared.truck_hours);
        one.boxes_missed = rounded(compared.boxes_missed);
        one.clear_hours = rounded(compared.clear_h);
        one.ships_affected = rounded(compared.ships_affected);
        one.neighbours_harmed = rounded(compared.neighbours_harmed);
        one.neighbours_truck_hours = rounded(compared.neighbours_hours);
        one.urgent_wait_hours = rounded(compared.urgent_wait_h);
        one.has_neighbours = measure.terminals.size() < files.port.terminals.size();
        if (road) {
            one.road = files.port.roads[*road].id;
            one.short_without = rounded(least);
            for (const double later : clock_hours) {
                Measure delayed = measure;
                delayed.from = std::max(files.options.as_of, measure.from) + later;
                ForecastOptions few = paired;
                few.replications = std::min(few.replications, clock_runs);
                few.measure = &delayed;
                TRY_LET(const auto then, forecast_of(files.port, files.incident, few));
                const double kept = stays_short(then, files, *road);
                one.starts.push_back({files.minute(delayed.from), rounded(kept)});
                if (kept >= 0.9) one.decide_by = files.minute(delayed.from);
            }
        }
        out.push_back(std::move(one));
    }
    return out;
}

// Which share of the variance of `target` is explained by knowing `seen` with that noise: the
// correlation ratio over ten bins of equal count, less what bins of noise would explain by chance,
// shrunk by the share of `seen` that is noise.
double explained(const std::vector<double>& seen, const std::vector<double>& target, double noise) {
    constexpr std::size_t bins = 10;
    const std::size_t n = seen.size();
    if (n < 10 * bins) return 0;
    std::vector<std::size_t> order(n);
    for (std::size_t i = 0; i < n; ++i) order[i] = i;
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return seen[a] < seen[b]; });
    const auto mean_of = [](const auto& values, const auto& pick) {
        double sum = 0;
        for (const auto& one : values) sum += pick(one);
        return sum / static_cast<double>(values.size());
    };
    const double mean = mean_of(target, [](double v) { return v; });
    const double spread = mean_of(target, [&](double v) { return (v - mean) * (v - mean); });
    const double middle = mean_of(seen, [](double v) { return v; });
    const double varied = mean_of(seen, [&](double v) { return (v - middle) * (v - middle); });
    if (!(spread > 0) || !(varied > 0)) return 0;
    double between = 0;
    for (std::size_t b = 0; b < bins; ++b) {
        const std::size_t from = n * b / bins;
        const std::size_t to = n * (b + 1) / bins;
        double sum = 0;
        for (std::size_t k = from; k < to; ++k) sum += target[order[k]];
        const double here = sum / static_cast<double>(to - from) - mean;
        between += here * here * static_cast<double>(to - from) / static_cast<double>(n);
    }
    const double chance = static_cast<double>(bins - 1) / static_cast<double>(n - 1);
    const double ratio = std::max(0.0, (between / spread - chance) / (1 - chance));
    return ratio * varied / (varied + noise * noise);
}

std::vector<WorthKnowing> worth_of(const Forecast& forecast, const Files& files) {
    const std::size_t hours = forecast.runs[0].hours;
    const auto soon = std::min(hours - 1, static_cast<std::size_t>(files.options.as_of) + 1);
    struct Target {
        const char* name;
        std::vector<double> values;
    };
    const std::vector<Target> targets{
        {"boxes_missed", each(forecast, [](const auto& r) -> double { return r.boxes_missed; })},
        {"longest_queue", each(forecast,
                               [&](const auto& r) {
                                   double most = 0;
                                   for (std::size_t i = 0; i < files.port.roads.size(); ++i)
                                       most = std::max(most,
                                                       longest_of(r, i, files.options.as_of + 1));
                                   return most;
                               })},
        {"ships_affected",
         each(forecast, [](const auto& r) -> double { return r.ships_affected; })}};
    std::vector<WorthKnowing> all;
    const auto consider = [&](std::string what, std::string place,
                              const std::vector<double>& values, double noise) {
        WorthKnowing best{std::move(what), std::move(place), 0, {}};
        for (const auto& target : targets)
            if (const double share = explained(values, target.values, noise);
                share > best.explains) {
                best.explains = share;
                best.target = target.name;
            }
        if (best.explains >= 0.02) all.push_back(std::move(best));
    };
    for (std::size_t r = 0; r < files.port.roads.size(); ++r)
        consider("queue_metres", files.port.roads[r].id,
                 each(forecast,
                      [&](const auto& run) -> double { return run.queue_m[r * hours + soon]; }),
                 150);
    for (std::size_t i = 0; i < files.port.terminals.size(); ++i) {
        consider("wait_hours", files.port.terminals[i].id,
                 each(forecast,
                      [&](const auto& run) {
                          return std::max<double>(0, run.wait_h[i * hours + soon]);
                      }),
                 0.25);
        if (std::ranges::find(files.incident.terminals, i) != files.incident.terminals.end())
            consider("gate_opens", files.port.terminals[i].id,
                     each(forecast, [&](const auto& run) -> double { return run.opens[i]; }), 1);
    }
    consider("ships_waiting", "",
             each(forecast, [&](const auto& run) -> double { return run.ships_waiting[soon]; }),
             0.5);
    std::ranges::sort(all, std::ranges::greater{}, &WorthKnowing::explains);
    // Of each kind the best place is enough to pick up the telephone.
    std::vector<WorthKnowing> out;
    for (auto& one : all)
        if (std::ranges::find(out, one.what, &WorthKnowing::what) == out.end()) {
            one.explains = rounded(one.explains);
            out.push_back(std::move(one));
        }
    return out;
}

std::vector<AssumptionItem> assumptions_of(const PortModel& port) {
    std::vector<AssumptionItem> out;
    for (std::size_t p = 0; p < parameter_count; ++p) {
        const auto& prior = port.priors[p];
        out.push_back({std::string(name_of(static_cast<Parameter>(p))), rounded(prior.of(0.05)),
                       rounded(prior.median()), rounded(prior.of(0.95)), prior.source, prior.date,
                       prior.inference});
    }
    return out;
}

}  // namespace

Result<ForecastResult> compute(const Work& work, Refinement refinement, unsigned threads) {
    TRY_LET(auto files, files_of(work));
    files.options.threads = threads;
    if (refinement == Refinement::first)
        files.options.replications = std::min<std::uint64_t>(work.replications, 200);
    TRY_LET(const auto forecast, forecast_of(files.port, files.incident, files.options));
    ForecastResult out;
    out.model = model_version;
    out.frozen = frozen_hash(work.port_file, work.defaults, work.incident_file);
    out.seed = work.seed;
    out.runs = forecast.runs.size();
    out.as_of = work.as_of;
    out.start = files.minute(files.incident.start);
    out.first_hour = files.instant(0);
    out.hours = static_cast<std::uint32_t>(forecast.runs[0].hours);
    out.observations = forecast.observed;
    out.gaps = work.gaps;
    for (std::size_t i = 0; i < files.port.terminals.size(); ++i)
        out.terminals.push_back(terminal_of(forecast, files, i));
    for (std::size_t r = 0; r < files.port.roads.size(); ++r)
        out.roads.push_back(road_of(forecast, files, r));
    out.port = whole_of(forecast, files);
    out.worth = worth_of(forecast, files);
    for (const auto& one : drivers_of(
             forecast, each(forecast, [](const auto& r) -> double { return r.boxes_missed; })))
        out.drivers.push_back({one.first, rounded(one.second)});
    out.assumptions = assumptions_of(files.port);
    if (refinement == Refinement::refined) {
        TRY_LET(out.measures, measures_of(files, work));
    }
    return out;
}

std::optional<Expected> expected_of(const ForecastResult& forecast, const ForecastId& id,
                                    SeenKind seen, std::string_view place, Instant at) {
    if (at < forecast.first_hour || at <= forecast.as_of) return {};
    const auto hour = static_cast<std::size_t>((at - forecast.first_hour) / std::chrono::hours(1));
    if (hour >= forecast.hours) return {};
    const Bands* bands = nullptr;
    switch (seen) {
    case SeenKind::queue_metres:
        for (const auto& road : forecast.roads)
            if (road.id == place) bands = &road.queue_metres;
        break;
    case SeenKind::wait_hours:
        for (const auto& terminal : forecast.terminals)
            if (terminal.id == place) bands = &terminal.wait_hours;
        break;
    case SeenKind::ships_waiting: bands = &forecast.port.ships_waiting; break;
    case SeenKind::boxes_moved: return {};
    }
    if (bands == nullptr || hour >= bands->p50.size() || bands->p05[hour] < 0) return {};
    return Expected{id,
                    bands->p05[hour],
                    bands->p10[hour],
                    bands->p50[hour],
                    bands->p90[hour],
                    bands->p95[hour]};
}

Result<Preview> preview(const Work& work) {
    TRY_LET(const auto files, files_of(work));
    Preview out;
    for (const auto& one : preview_terminals(files.port, files.incident, files.options)) {
        if (std::ranges::find(files.incident.terminals, one.terminal) ==
            files.incident.terminals.end())
            continue;
        out.terminals.push_back({files.port.terminals[one.terminal].id, files.minute(one.opens),
                                 rounded(one.longest), files.minute(one.longest_at)});
    }
    return out;
}

double quantile_score(const Expected& expected, double value) {
    const auto scale = [](double x) { return std::log1p(std::max(0.0, x)); };
    const double y = scale(value);
    double sum = 0;
    const std::array<double, 5> at{expected.p05, expected.p10, expected.p50, expected.p90,
                                   expected.p95};
    for (std::size_t i = 0; i < levels.size(); ++i) {
        const double miss = y - scale(at[i]);
        sum += miss >= 0 ? levels[i] * miss : (levels[i] - 1) * miss;
    }
    return 2 * sum / static_cast<double>(levels.size());
}

}  // namespace noroshi::respond::forecast
