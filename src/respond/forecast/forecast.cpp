#include "respond/forecast/forecast.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include <fmt/format.h>

#include "engines/simulate/exact.h"
#include "engines/simulate/particle_filter.h"
#include "engines/simulate/replicate.h"

namespace noroshi::respond::forecast {

namespace {

namespace bj = boost::json;

constexpr std::array<double, 5> levels{0.05, 0.1, 0.5, 0.9, 0.95};
constexpr std::array<std::string_view, 5> level_names{"0.05", "0.1", "0.5", "0.9", "0.95"};

Scenario scenario_of(const PortModel& port, const Incident& incident,
                     const ForecastOptions& options) {
    return {&port,           &incident,          options.as_of,     options.horizon,
            options.measure, options.spill_back, options.behaviour, options.manual};
}

std::vector<Observation> usable(const Incident& incident, const ForecastOptions& options) {
    std::vector<Observation> out;
    if (options.observations)
        for (const auto& one : incident.observations)
            if (one.known <= options.as_of && one.at <= options.as_of && one.at < options.horizon)
                out.push_back(one);
    return out;
}

// Three significant digits are more than the model knows, and keep the answer small.
double rounded(double value) {
    if (!std::isfinite(value) || value == 0) return value;
    const double scale = std::pow(10, 3 - std::floor(std::log10(std::abs(value))));
    return std::round(value * scale) / scale;
}

bj::value number(double value) {
    if (!std::isfinite(value)) return nullptr;
    return rounded(value);
}

bj::object bands(std::vector<double> values) {
    bj::object out;
    for (std::size_t i = 0; i < levels.size(); ++i)
        out[level_names[i]] = number(quantile(values, levels[i]));
    return out;
}

// Bands hour by hour; `pick` gives a run's value at an hour, NaN for none.
template <class F>
bj::object bands_over(const std::vector<PortOutcome>& runs, F&& pick) {
    std::array<bj::array, levels.size()> rows;
    std::vector<double> values;
    for (std::size_t h = 0; h < runs[0].hours; ++h) {
        values.clear();
        for (const auto& run : runs)
            if (const double value = pick(run, h); !std::isnan(value)) values.push_back(value);
        for (std::size_t i = 0; i < levels.size(); ++i)
            rows[i].push_back(values.empty() ? bj::value(nullptr)
                                             : number(quantile(values, levels[i])));
    }
    bj::object out;
    for (std::size_t i = 0; i < levels.size(); ++i) out[level_names[i]] = std::move(rows[i]);
    return out;
}

template <class F>
std::vector<double> each(const std::vector<PortOutcome>& runs, F&& pick) {
    std::vector<double> out;
    out.reserve(runs.size());
    for (const auto& run : runs) out.push_back(pick(run));
    return out;
}

// Bands of a time that may never come: the share of runs in which it does, and of those the bands.
bj::object time_bands(const std::vector<double>& hours, const Incident& incident,
                      const PortModel& port) {
    std::vector<double> come;
    for (const double one : hours)
        if (std::isfinite(one)) come.push_back(one);
    bj::object out;
    out["probability"] =
        hours.empty()
            ? 0.0
            : rounded(static_cast<double>(come.size()) / static_cast<double>(hours.size()));
    if (come.empty()) return out;
    for (std::size_t i = 0; i < levels.size(); ++i)
        out[level_names[i]] = time_of(quantile(come, levels[i]), incident, port);
    return out;
}

std::vector<double> ranks_of(const std::vector<double>& values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> ranks(values.size());
    for (std::size_t i = 0; i < order.size(); ++i) ranks[order[i]] = static_cast<double>(i);
    return ranks;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
    const auto n = static_cast<double>(a.size());
    const double ma = std::accumulate(a.begin(), a.end(), 0.0) / n;
    const double mb = std::accumulate(b.begin(), b.end(), 0.0) / n;
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += (a[i] - ma) * (b[i] - mb);
        aa += (a[i] - ma) * (a[i] - ma);
        bb += (b[i] - mb) * (b[i] - mb);
    }
    return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

}  // namespace

// So that staff know what to phone for next.
std::vector<std::pair<std::string, double>> drivers_of(const Forecast& forecast,
                                                       const std::vector<double>& figure) {
    const auto ranks = ranks_of(figure);
    std::vector<std::pair<std::string, double>> found;
    for (std::size_t p = 0; p < parameter_count; ++p) {
        std::vector<double> values;
        for (const auto& one : forecast.parameters) values.push_back(one[p]);
        if (std::ranges::min(values) == std::ranges::max(values)) continue;
        found.emplace_back(std::string(name_of(static_cast<Parameter>(p))),
                           correlation(ranks_of(values), ranks));
    }
    std::vector<double> opens;
    for (const auto& run : forecast.runs) opens.push_back(std::ranges::max(run.opens));
    if (std::ranges::min(opens) < std::ranges::max(opens))
        found.emplace_back("gate_opens", correlation(ranks_of(opens), ranks));
    std::ranges::sort(found, [](const auto& a, const auto& b) {
        return std::abs(a.second) > std::abs(b.second);
    });
    if (found.size() > 5) found.resize(5);
    return found;
}

double quantile(std::vector<double>& values, double p) {
    if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
    const double rank = p * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(rank);
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(below));
    const double low = values[below];
    if (below + 1 >= values.size()) return low;
    const double high =
        *std::min_element(values.begin() + static_cast<std::ptrdiff_t>(below) + 1, values.end());
    const double part = rank - static_cast<double>(below);
    return part == 0 ? low : low + part * (high - low);
}

Result<Forecast> forecast_of(const PortModel& port, const Incident& incident,
                             const ForecastOptions& options) {
    if (options.replications == 0 || options.replications > 100'000)
        return invalid("respond.forecast.too_many_runs", "/replications", {{"most", "100000"}});
    if (options.as_of < incident.start) return invalid("respond.forecast.before_start", "/as-of");
    const Scenario scenario = scenario_of(port, incident, options);
    const auto seen = usable(incident, options);
    const unsigned threads = simulate::threads_for(options.threads, options.replications);
    Forecast out;
    out.runs.resize(options.replications);
    out.parameters.resize(options.replications);
    const auto keep = [&](PortRun& run, std::uint64_t i) {
        for (std::size_t p = 0; p < parameter_count; ++p)
            out.parameters[i][p] = run.parameter(static_cast<Parameter>(p));
        out.runs[i] = run.outcome();
    };
    if (seen.empty()) {
        simulate::replicate(options.replications, threads, [&](unsigned, std::uint64_t i) {
            PortRun run(scenario, options.seed, i);
            keep(run, i);
        });
        return out;
    }
    std::vector<PortRun> particles;
    particles.reserve(options.replications);
    for (std::uint64_t i = 0; i < options.replications; ++i)
        particles.emplace_back(scenario, options.seed, i);
    simulate::ParticleFilter filter(std::move(particles), options.seed);
    std::uint64_t renewed = options.replications;
    std::vector<double> values(options.replications);
    const auto renew = [&](PortRun& run, std::size_t) { run.renew(renewed++); };
    for (const auto& one : seen) {
        simulate::replicate(options.replications, threads, [&](unsigned, std::uint64_t i) {
            filter.particles()[i].advance(one.at);
            values[i] = filter.particles()[i].value_of(one);
        });
        std::size_t at = 0;
        filter.observe([&](const PortRun&) {
            // The model is not the port: its own error, a tenth, is added to the observer's.
            const double sd = std::hypot(one.sd, 0.1 * std::max(one.value, values[at]));
            const double z = (values[at++] - one.value) / sd;
            return -z * z / 2 - std::log(sd * std::sqrt(2 * std::numbers::pi));
        });
        out.resampled += filter.resample_below(0.5, renew);
        ++out.observed;
    }
    // From here on all count the same.
    filter.resample_below(1.0, renew);
    out.log_likelihood = filter.log_likelihood();
    simulate::replicate(options.replications, threads,
                        [&](unsigned, std::uint64_t i) { keep(filter.particles()[i], i); });
    return out;
}

double value_of(const PortOutcome& run, const Outcome& asked, const Incident& incident) {
    const auto from = static_cast<std::size_t>(std::max(0.0, asked.from));
    const auto to =
        std::min(run.hours, static_cast<std::size_t>(std::max(0.0, std::ceil(asked.to))));
    double most = 0;
    switch (asked.quantity) {
    case Quantity::ships_affected: return run.ships_affected;
    case Quantity::largest_delay_h: return run.largest_delay_h;
    case Quantity::boxes_affected: return run.boxes_missed;
    case Quantity::boxes_stranded: return run.boxes_stranded;
    case Quantity::reopening_h: {
        // Of those that were closed: the others never were.
        double opens = std::numeric_limits<double>::infinity();
        for (const auto i : incident.terminals) opens = std::min<double>(opens, run.opens[i]);
        return std::isfinite(opens) ? opens - incident.start : 0;
    }
    case Quantity::queue_m:
        for (std::size_t h = from; h < to; ++h)
            most = std::max<double>(most, run.queue_m[asked.place * run.hours + h]);
        return most;
    case Quantity::wait_h:
        for (std::size_t i = 0; i < run.opens.size(); ++i)
            for (std::size_t h = from; h < to; ++h)
                most = std::max<double>(most, run.wait_h[i * run.hours + h]);
        return most;
    }
    return most;
}

Comparison compare(const Forecast& without, const Forecast& with, const Measure& measure) {
    Comparison out;
    out.id = measure.id;
    out.name = measure.name;
    std::vector<double> hours;
    std::vector<double> boxes;
    std::vector<double> clear;
    std::vector<double> ships;
    std::vector<double> others;
    std::vector<double> urgent;
    double better = 0;
    double harmed = 0;
    for (std::size_t r = 0; r < with.runs.size(); ++r) {
        const auto& a = with.runs[r];
        const auto& b = without.runs[r];
        double all = 0;
        double before = 0;
        double other = 0;
        double other_before = 0;
        for (std::size_t i = 0; i < a.truck_hours.size(); ++i) {
            all += a.truck_hours[i];
            before += b.truck_hours[i];
            if (std::ranges::find(measure.terminals, i) != measure.terminals.end()) continue;
            other += a.truck_hours[i];
            other_before += b.truck_hours[i];
        }
        better += all < before ? 1 : all == before ? 0.5 : 0;
        harmed += other > 1.05 * other_before;
        hours.push_back(all - before);
        others.push_back(other - other_before);
        boxes.push_back(a.boxes_missed - b.boxes_missed);
        ships.push_back(a.ships_affected - b.ships_affected);
        if (a.urgent_wait_h >= 0 && b.urgent_wait_h >= 0)
            urgent.push_back(a.urgent_wait_h - b.urgent_wait_h);
        if (std::isfinite(a.clear) && std::isfinite(b.clear)) clear.push_back(a.clear - b.clear);
    }
    const auto count = static_cast<double>(with.runs.size());
    out.better = better / count;
    out.neighbours_harmed = harmed / count;
    out.truck_hours = quantile(hours, 0.5);
    out.boxes_missed = quantile(boxes, 0.5);
    out.clear_h = clear.empty() ? 0 : quantile(clear, 0.5);
    out.ships_affected = quantile(ships, 0.5);
    out.neighbours_hours = quantile(others, 0.5);
    out.urgent_wait_h = urgent.empty() ? 0 : quantile(urgent, 0.5);
    return out;
}

Result<std::vector<DecideBy>> decision_clock(const PortModel& port, const Incident& incident,
                                             const ForecastOptions& options) {
    std::vector<DecideBy> out;
    ForecastOptions few = options;
    few.replications = std::min<std::uint64_t>(options.replications, 60);
    for (const auto& measure : incident.measures) {
        std::vector<DecideBy> here;
        for (const auto& road : port.roads)
            for (const auto& [point, metres] : road.points)
                here.push_back({measure.id, road.id, point, {}, -1});
        if (here.empty()) continue;
        for (const double later : {0.0, 3.0, 6.0, 12.0, 24.0, 48.0}) {
            Measure taken = measure;
            taken.from = std::max(options.as_of, measure.from) + later;
            few.measure = &taken;
            TRY_LET(const auto forecast, forecast_of(port, incident, few));
            auto one = here.begin();
            for (std::size_t road = 0; road < port.roads.size(); ++road)
                for (const auto& [point, metres] : port.roads[road].points) {
                    double kept = 0;
                    for (const auto& run : forecast.runs) {
                        double most = 0;
                        for (auto h = static_cast<std::size_t>(options.as_of); h < run.hours; ++h)
                            most = std::max<double>(most, run.queue_m[road * run.hours + h]);
                        kept += most < metres;
                    }
                    const double share = kept / static_cast<double>(forecast.runs.size());
                    one->starts.emplace_back(taken.from, share);
                    if (share >= 0.9) one->latest = taken.from;
                    ++one;
                }
        }
        std::ranges::move(here, std::back_inserter(out));
    }
    return out;
}

bj::object answer_of(const Forecast& forecast, const PortModel& port, const Incident& incident,
                     const ForecastOptions& options) {
    const auto& runs = forecast.runs;
    const std::size_t hours = runs[0].hours;
    bj::object out;
    out["port"] = port.id;
    out["incident"] = incident.id;
    out["start"] = time_of(incident.start, incident, port);
    out["as_of"] = time_of(options.as_of, incident, port);
    out["first_hour"] = time_of(0, incident, port);
    out["hours"] = hours;
    out["seed"] = options.seed;
    out["replications"] = runs.size();
    out["observations"] = bj::object{{"used", forecast.observed},
                                     {"resampled", forecast.resampled},
                                     {"log_likelihood", rounded(forecast.log_likelihood)}};
    bj::object terminals;
    for (std::size_t i = 0; i < port.terminals.size(); ++i) {
        bj::object one;
        one["name"] = port.terminals[i].name;
        one["gate_opens"] =
            time_bands(each(runs, [&](const auto& r) { return r.opens[i]; }), incident, port);
        one["trucks_waiting"] = bands_over(
            runs, [&](const auto& r, std::size_t h) -> double { return r.trucks[i * hours + h]; });
        one["wait_h"] = bands_over(runs, [&](const auto& r, std::size_t h) -> double {
            const float wait = r.wait_h[i * hours + h];
            return wait < 0 ? std::numeric_limits<double>::quiet_NaN() : wait;
        });
        one["truck_hours"] = bands(each(runs, [&](const auto& r) { return r.truck_hours[i]; }));
        if (port.terminals[i].yard_m2 > 0) {
            one["yard_share"] = bands_over(runs, [&](const auto& r, std::size_t h) -> double {
                return r.yard_share[i * hours + h];
            });
            one["yard_full"] =
                time_bands(each(runs, [&](const auto& r) { return r.full[i]; }), incident, port);
        }
        terminals[port.terminals[i].id] = std::move(one);
    }
    out["terminals"] = std::move(terminals);

    bj::object roads;
    for (std::size_t road = 0; road < port.roads.size(); ++road) {
        bj::object one;
        one["name"] = port.roads[road].name;
        one["queue_m"] = bands_over(runs, [&](const auto& r, std::size_t h) -> double {
            return r.queue_m[road * hours + h];
        });
        bj::object points;
        for (const auto& [id, metres] : port.roads[road].points) {
            // Probability that the tail has been beyond the point by the end of each hour, from
            // as_of on.
            std::vector<double> passed(hours);
            for (const auto& run : runs) {
                bool beyond = false;
                for (std::size_t h = 0; h < hours; ++h) {
                    beyond |= static_cast<double>(h) + 1 > options.as_of &&
                              run.queue_m[road * hours + h] >= metres;
                    passed[h] += beyond ? 1.0 / static_cast<double>(runs.size()) : 0;
                }
            }
            bj::array by;
            for (const double p : passed) by.push_back(rounded(p));
            points[id] = bj::object{{"at_m", metres}, {"passed_by", std::move(by)}};
        }
        one["points"] = std::move(points);
        roads[port.roads[road].id] = std::move(one);
    }
    out["roads"] = std::move(roads);

    const auto all = [&](float PortOutcome::* figure) {
        return each(runs, [&](const auto& r) -> double { return r.*figure; });
    };
    bj::object whole;
    whole["ships_waiting"] =
        bands_over(runs, [](const auto& r, std::size_t h) -> double { return r.ships_waiting[h]; });
    whole["ships_late"] =
        bands_over(runs, [](const auto& r, std::size_t h) -> double { return r.ships_late[h]; });
    whole["backlog_boxes"] =
        bands_over(runs, [](const auto& r, std::size_t h) -> double { return r.backlog[h]; });
    whole["ships_affected"] = bands(all(&PortOutcome::ships_affected));
    whole["ships_omitted"] = bands(all(&PortOutcome::ships_omitted));
    whole["ships_diverted"] = bands(all(&PortOutcome::ships_diverted));
    whole["largest_delay_h"] = bands(all(&PortOutcome::largest_delay_h));
    whole["boxes_missed_at_gates"] = bands(all(&PortOutcome::boxes_missed));
    whole["urgent_boxes_missed"] = bands(all(&PortOutcome::urgent_missed));
    for (const auto& [name, figure] : {std::pair{"urgent_wait_h", &PortOutcome::urgent_wait_h},
                                       {"other_wait_h", &PortOutcome::other_wait_h}}) {
        // Of those runs in which somebody came.
        auto waits = all(figure);
        std::erase_if(waits, [](double one) { return one < 0; });
        whole[name] = bands(std::move(waits));
    }
    whole["boxes_stranded"] = bands(all(&PortOutcome::boxes_stranded));
    std::vector<double> reefers;
    for (std::size_t r = 0; r < runs.size(); ++r)
        reefers.push_back(
            runs[r].boxes_stranded *
            forecast.parameters[r][static_cast<std::size_t>(Parameter::reefer_share)]);
    whole["reefers_at_risk"] = bands(std::move(reefers));
    whole["clear"] = time_bands(all(&PortOutcome::clear), incident, port);
    whole["resilience_days"] = bands(all(&PortOutcome::resilience_days));
    out["whole_port"] = std::move(whole);
    bj::object alternatives;
    for (std::size_t i = 0; i < port.alternatives.size(); ++i) {
        const auto& other = port.alternatives[i];
        alternatives[other.id] = bj::object{
            {"name", other.name},
            {"calls",
             bands(each(runs, [&](const auto& r) -> double { return r.diverted_calls[i]; }))},
            {"boxes",
             bands(each(runs, [&](const auto& r) -> double { return r.diverted_boxes[i]; }))}};
    }
    out["alternatives"] = std::move(alternatives);

    const auto drivers = [&](const std::vector<double>& figure) {
        bj::array list;
        for (const auto& [name, by] : drivers_of(forecast, figure))
            list.push_back(bj::object{{"name", name}, {"rank_correlation", rounded(by)}});
        return list;
    };
    out["drivers"] =
        bj::object{{"boxes_missed_at_gates", drivers(all(&PortOutcome::boxes_missed))},
                   {"ships_affected", drivers(all(&PortOutcome::ships_affected))},
                   {"longest_queue_m", drivers(each(runs, [&](const auto& r) -> double {
                        return std::ranges::max(r.queue_m);
                    }))}};
    bj::object assumptions;
    for (std::size_t p = 0; p < parameter_count; ++p) {
        const auto& prior = port.priors[p];
        assumptions[name_of(static_cast<Parameter>(p))] =
            bj::object{{"median", number(prior.median())},
                       {"low", number(prior.of(0.05))},
                       {"high", number(prior.of(0.95))},
                       {"source", prior.source},
                       {"date", prior.date},
                       {"inference", prior.inference}};
    }
    out["assumptions"] = std::move(assumptions);
    out["limits"] =
        bj::array{"berths as a count, first come first served", "no tides, no night ban",
                  "pilots, tugs and fairway serve these ships alone",
                  "drivers know only notices, word of mouth and the visible queue"};
    return out;
}

// One run with every parameter at its median, gates as fluids.
std::vector<PreviewOf> preview_terminals(const PortModel& port, const Incident& incident,
                                         const ForecastOptions& options) {
    const auto median = [&](Parameter p) {
        return port.priors[static_cast<std::size_t>(p)].median();
    };
    const double boxes_a_day = median(Parameter::teu_per_year) / median(Parameter::teu_per_box) *
                               median(Parameter::landside_share) / gate_days_a_year(median);
    double opens = incident.start + median(Parameter::outage_h) + median(Parameter::reentry_lag_h);
    const double nobody_said = opens;
    std::vector<PreviewOf> out;
    for (std::size_t i = 0; i < port.terminals.size(); ++i) {
        const auto& terminal = port.terminals[i];
        opens = nobody_said;
        for (const auto& one : incident.announcements)
            if (one.known <= options.as_of && one.gate && one.is_of(i)) opens = *one.gate;
        for (const auto& fact : incident.facts)
            if (fact.terminal == i && fact.known <= options.as_of && fact.gate_open)
                opens = *fact.gate_open;
        const double visits = boxes_a_day * terminal.share / median(Parameter::boxes_per_visit);
        const double length = terminal.closes - terminal.opens + 2;
        const bool stricken = std::ranges::find(incident.terminals, i) != incident.terminals.end();
        simulate::Schedule rate{{0, 0}};
        simulate::Schedule capacity{{0, 0}};
        const double lanes_rate = visits / length * 1.3 / median(Parameter::lane_load);
        for (double day = 0; day * 24 < options.horizon; ++day) {
            const auto date = incident.day0 + std::chrono::days(static_cast<int>(day));
            const unsigned weekday = std::chrono::weekday(date).c_encoding();
            if ((weekday == 0 && !(median(Parameter::sunday_share) > 0)) ||
                std::ranges::find(incident.holidays, day) != incident.holidays.end())
                continue;
            const double share = weekday == 6   ? median(Parameter::saturday_share)
                                 : weekday == 0 ? median(Parameter::sunday_share)
                                                : 1;
            const double open = day * 24 + terminal.opens;
            const double close = day * 24 + terminal.closes;
            rate.emplace_back(open - 1.5, visits * share / length);
            rate.emplace_back(close + 0.5, 0);
            // Open but for the stop.
            const double stop = stricken ? incident.start : options.horizon;
            const double again = stricken ? opens : options.horizon;
            if (open < stop) {
                capacity.emplace_back(open, lanes_rate);
                capacity.emplace_back(std::min(close, stop), 0);
            }
            if (const double from = std::max(open, again); stricken && from < close) {
                capacity.emplace_back(from, lanes_rate);
                capacity.emplace_back(close, 0);
            }
        }
        PreviewOf one{i, opens, 0, 0, {}};
        for (const auto& [t, queue] :
             simulate::fluid_queue(0, options.horizon, 1, rate, capacity)) {
            one.trucks.emplace_back(t, queue);
            if (queue > one.longest) {
                one.longest = queue;
                one.longest_at = t;
            }
        }
        out.push_back(std::move(one));
    }
    return out;
}

bj::object preview_of(const PortModel& port, const Incident& incident,
                      const ForecastOptions& options) {
    bj::object terminals;
    double opens = incident.start;
    for (const auto& one : preview_terminals(port, incident, options)) {
        bj::array points;
        for (const auto& [t, queue] : one.trucks)
            points.push_back(bj::array{rounded(t), rounded(queue)});
        terminals[port.terminals[one.terminal].id] =
            bj::object{{"longest_trucks", rounded(one.longest)},
                       {"longest_at", time_of(one.longest_at, incident, port)},
                       {"trucks", std::move(points)}};
        opens = std::max(opens, one.opens);
    }
    return {{"method", "fluid, every parameter at its median, everybody comes as planned"},
            {"gate_opens", time_of(opens, incident, port)},
            {"terminals", std::move(terminals)}};
}

}  // namespace noroshi::respond::forecast
