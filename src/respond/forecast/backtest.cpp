#include "respond/forecast/backtest.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

#include "kernel/crypto/hash.h"

namespace noroshi::respond::forecast {

namespace {

namespace bj = boost::json;

constexpr std::array<std::string_view, 7> quantity_names{
    "ships_affected", "largest_delay_h", "boxes_affected", "queue_m",
    "wait_h",         "reopening_h",     "boxes_stranded"};

double scale(double value) { return std::log1p(std::max(0.0, value)); }
double rounded(double value) {
    return std::isfinite(value) ? std::round(value * 1e4) / 1e4 : value;
}

double median(const PortModel& port, Parameter p) {
    return port.priors[static_cast<std::size_t>(p)].median();
}

double boxes_a_day(const PortModel& port) {
    return median(port, Parameter::teu_per_year) / median(port, Parameter::teu_per_box) *
           median(port, Parameter::landside_share) /
           gate_days_a_year([&](Parameter p) { return median(port, p); });
}

// What somebody with a pocket calculator believes: it opens when it was said to.
double believed_opening(const PortModel& port, const Incident& incident, double as_of) {
    double opens = incident.start + median(port, Parameter::outage_h);
    for (const auto& one : incident.announcements)
        if (one.known <= as_of && one.gate) opens = *one.gate;
    return std::max(opens, as_of);
}

// Gate hours between two times, of the average terminal.
double gate_hours(const PortModel& port, const Incident& incident, double from, double to) {
    double sum = 0;
    for (double day = std::floor(from / 24); day * 24 < to; ++day) {
        const auto date = incident.day0 + std::chrono::days(static_cast<int>(day));
        if ((std::chrono::weekday(date).c_encoding() == 0 &&
             !(median(port, Parameter::sunday_share) > 0)) ||
            std::ranges::find(incident.holidays, day) != incident.holidays.end())
            continue;
        for (const auto& terminal : port.terminals)
            sum += std::max(0.0, std::min(to, day * 24 + terminal.closes) -
                                     std::max(from, day * 24 + terminal.opens)) /
                   static_cast<double>(port.terminals.size());
    }
    return sum;
}

double gate_day(const PortModel& port) {
    double sum = 0;
    for (const auto& terminal : port.terminals)
        sum += (terminal.closes - terminal.opens) / static_cast<double>(port.terminals.size());
    return sum;
}

double share_on_road(const PortModel& port, std::size_t road) {
    double share = 0;
    for (const auto& terminal : port.terminals)
        if (terminal.road == road) share += terminal.share;
    return share;
}

// Metres of queue if everybody came as planned from the morning on.
double fluid_queue_m(const PortModel& port, const Incident& incident, std::size_t road, double at,
                     double opens) {
    if (at >= opens) return 0;
    const double morning = std::max(incident.start, std::floor(at / 24) * 24);
    const double boxes = boxes_a_day(port) * share_on_road(port, road) *
                         gate_hours(port, incident, morning, at) / gate_day(port);
    return boxes / median(port, Parameter::boxes_per_visit) *
           median(port, Parameter::truck_spacing_m) / port.roads[road].lanes;
}

// {name, value}: what a simple rule would have said.
std::map<std::string, double> baselines(const PortModel& port, const Incident& incident,
                                        const Outcome& asked, double as_of) {
    const double opens = believed_opening(port, incident, as_of);
    const double calls = median(port, Parameter::calls_per_day);
    const double days = std::ceil((opens - incident.start) / 24);
    std::map<std::string, double> out;
    switch (asked.quantity) {
    case Quantity::boxes_affected:
    case Quantity::boxes_stranded:
        out["days_times_volume"] = days * boxes_a_day(port);
        out["fluid"] =
            boxes_a_day(port) * gate_hours(port, incident, incident.start, opens) / gate_day(port);
        out["persistence"] =
            boxes_a_day(port) * gate_hours(port, incident, incident.start, as_of) / gate_day(port);
        break;
    case Quantity::ships_affected:
        out["days_times_volume"] = days * calls;
        out["fluid"] = calls * (opens - incident.start) / 24;
        out["persistence"] = calls * (as_of - incident.start) / 24;
        break;
    case Quantity::largest_delay_h:
        out["days_times_volume"] = days * 24;
        out["fluid"] = opens - incident.start;
        out["persistence"] = as_of - incident.start;
        break;
    case Quantity::queue_m: {
        const double fluid = fluid_queue_m(port, incident, asked.place, asked.to, opens);
        out["days_times_volume"] = fluid;
        out["fluid"] = fluid;
        double last = 0;
        for (const auto& seen : incident.observations)
            if (seen.known <= as_of && seen.kind == Seen::queue_m && seen.place == asked.place)
                last = seen.value;
        out["persistence"] = last;
        break;
    }
    case Quantity::wait_h: {
        const double wait = std::max(0.0, opens - asked.from);
        out["days_times_volume"] = wait;
        out["fluid"] = wait;
        double last = 0;
        for (const auto& seen : incident.observations)
            if (seen.known <= as_of && seen.kind == Seen::wait_h) last = seen.value;
        out["persistence"] = last;
        break;
    }
    case Quantity::reopening_h:
        out["days_times_volume"] = days * 24;
        out["fluid"] = opens - incident.start;
        out["persistence"] = as_of - incident.start;
        break;
    }
    return out;
}

struct Scores {
    int asked = 0;
    int inside = 0;
    double crps = 0;
    double width = 0;
    std::map<std::string, double> baseline;
};

std::vector<double> samples_of(const Forecast& forecast, const Outcome& asked,
                               const Incident& incident) {
    std::vector<double> out;
    for (const auto& run : forecast.runs) out.push_back(value_of(run, asked, incident));
    return out;
}

double mean_crps(const Forecast& forecast, const Incident& incident, double as_of) {
    double sum = 0;
    int count = 0;
    for (const auto& asked : incident.outcomes) {
        if (asked.known <= as_of) continue;
        sum += log_crps(samples_of(forecast, asked, incident), asked.value);
        ++count;
    }
    return count > 0 ? sum / count : 0;
}

// Whether the band is narrow enough to be of use; of what has no limit: yes.
bool is_useful(Quantity quantity, double low, double middle, double high) {
    const double half = (high - low) / 2;
    switch (quantity) {
    case Quantity::boxes_affected:
    case Quantity::boxes_stranded: return half <= 0.25 * middle;
    case Quantity::ships_affected: return half <= 0.5 * middle;
    case Quantity::largest_delay_h: return half <= 0.75 * middle;
    case Quantity::queue_m: return high <= 3 * middle && low >= middle / 3;
    default: return true;
    }
}

}  // namespace

std::vector<std::string> later_facts(const PortModel& port, const Incident& incident) {
    const std::chrono::year_month_day date(incident.day0);
    const auto start =
        fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    std::vector<std::string> out;
    for (std::size_t p = 0; p < parameter_count; ++p) {
        const auto& prior = port.priors[p];
        if (!prior.pre_event || prior.date > start.substr(0, prior.date.size()))
            out.emplace_back(name_of(static_cast<Parameter>(p)));
    }
    return out;
}

double log_crps(std::vector<double> samples, double value) {
    // E|X - y| - E|X - X'|/2, the second from the order statistics.
    for (auto& one : samples) one = scale(one);
    std::ranges::sort(samples);
    const double y = scale(value);
    const auto n = static_cast<double>(samples.size());
    double distance = 0;
    double spread = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        distance += std::abs(samples[i] - y) / n;
        spread += samples[i] * (2 * static_cast<double>(i) + 1 - n) / (n * n);
    }
    return distance - spread;
}

std::string frozen_hash(const bj::value& port_file, const bj::value& defaults,
                        const bj::value& incident_file) {
    bj::object incident = incident_file.as_object();
    incident.erase("outcomes");
    return to_hex(sha256(std::string(model_version) + bj::serialize(port_file) +
                         bj::serialize(defaults) + bj::serialize(incident)));
}

Result<bj::object> backtest_of(const PortModel& port, const Incident& incident,
                               const ForecastOptions& options, const std::string& hash) {
    if (incident.outcomes.empty() || incident.as_of.empty())
        return invalid("respond.forecast.nothing_to_score", "");
    const auto later = later_facts(port, incident);
    bj::object out;
    out["incident"] = incident.id;
    out["port"] = port.id;
    out["model"] = model_version;
    out["frozen"] = hash;
    out["scored"] = later.empty();
    out["later_facts"] = bj::array(later.begin(), later.end());
    out["seed"] = options.seed;
    out["replications"] = options.replications;

    Scores total;
    bool official_inside = true;
    bool useful = true;
    std::vector<double> widths;
    std::vector<double> coverages;
    bj::array replays;
    for (std::size_t k = 0; k < incident.as_of.size(); ++k) {
        ForecastOptions here = options;
        here.as_of = incident.as_of[k].second;
        TRY_LET(const auto forecast, forecast_of(port, incident, here));
        Scores scores;
        bj::array rows;
        for (const auto& asked : incident.outcomes) {
            bj::object row;
            row["id"] = asked.id;
            row["quantity"] = quantity_names[static_cast<std::size_t>(asked.quantity)];
            row["value"] = asked.value;
            if (asked.known <= here.as_of) {
                row["known_already"] = true;
                rows.push_back(std::move(row));
                continue;
            }
            auto samples = samples_of(forecast, asked, incident);
            const double low = quantile(samples, 0.1);
            const double middle = quantile(samples, 0.5);
            const double high = quantile(samples, 0.9);
            const bool inside = low <= asked.value && asked.value <= high;
            const double crps = log_crps(samples, asked.value);
            row["0.05"] = rounded(quantile(samples, 0.05));
            row["0.1"] = rounded(low);
            row["0.5"] = rounded(middle);
            row["0.9"] = rounded(high);
            row["0.95"] = rounded(quantile(samples, 0.95));
            row["in_80"] = inside;
            row["useful"] = is_useful(asked.quantity, low, middle, high);
            row["log_crps"] = rounded(crps);
            bj::object simple;
            for (const auto& [name, value] : baselines(port, incident, asked, here.as_of)) {
                const double score = log_crps({value}, asked.value);
                simple[name] = bj::object{{"says", rounded(value)}, {"log_crps", rounded(score)}};
                scores.baseline[name] += score;
            }
            row["baselines"] = std::move(simple);
            ++scores.asked;
            scores.inside += inside;
            scores.crps += crps;
            scores.width += scale(high) - scale(low);
            if (k == 1) {
                if (asked.source.starts_with("A")) official_inside &= inside;
                useful &= is_useful(asked.quantity, low, middle, high);
            }
            rows.push_back(std::move(row));
        }
        bj::object replay;
        replay["as_of"] = incident.as_of[k].first;
        replay["rows"] = std::move(rows);
        if (scores.asked > 0) {
            widths.push_back(scores.width / scores.asked);
            coverages.push_back(static_cast<double>(scores.inside) / scores.asked);
            replay["coverage_80"] = rounded(coverages.back());
            replay["mean_log_width_80"] = rounded(widths.back());
            replay["mean_log_crps"] = rounded(scores.crps / scores.asked);
        }
        total.asked += scores.asked;
        total.inside += scores.inside;
        total.crps += scores.crps;
        for (const auto& [name, score] : scores.baseline) total.baseline[name] += score;
        replays.push_back(std::move(replay));
    }
    out["replays"] = std::move(replays);

    // What each part of the model is worth, as of the second moment.
    const std::size_t at = std::min<std::size_t>(1, incident.as_of.size() - 1);
    bj::object ablations;
    bool all_worse = true;
    ForecastOptions full = options;
    full.as_of = incident.as_of[at].second;
    TRY_LET(const auto whole, forecast_of(port, incident, full));
    const double with_all = mean_crps(whole, incident, full.as_of);
    for (const auto& [name, part] : {std::pair{"spill_back", &ForecastOptions::spill_back},
                                     {"behaviour", &ForecastOptions::behaviour},
                                     {"manual", &ForecastOptions::manual}}) {
        ForecastOptions without = full;
        without.*part = false;
        TRY_LET(const auto forecast, forecast_of(port, incident, without));
        const double score = mean_crps(forecast, incident, full.as_of);
        all_worse &= score > with_all;
        ablations[name] =
            bj::object{{"mean_log_crps", rounded(score)}, {"worse", score > with_all}};
    }
    ablations["nothing_left_out"] = rounded(with_all);
    out["ablations"] = std::move(ablations);

    const double coverage = total.asked > 0 ? static_cast<double>(total.inside) / total.asked : 0;
    bool beats = total.asked > 0;
    bj::object against;
    for (const auto& [name, score] : total.baseline) {
        against[name] = rounded(score / std::max(1, total.asked));
        beats &= total.crps <= 0.8 * score;
    }
    bool sharpens = widths.size() > 1;
    for (std::size_t k = 1; k < widths.size(); ++k)
        sharpens &= widths[k] <= widths[k - 1] && coverages[k] >= coverages[k - 1] - 1e-9;
    out["coverage_80"] = rounded(coverage);
    out["mean_log_crps"] = rounded(total.crps / std::max(1, total.asked));
    out["baselines_mean_log_crps"] = std::move(against);
    bj::object criteria;
    criteria["1_official_numbers_in_80_at_second_replay"] = official_inside;
    criteria["2_bands_useful_at_second_replay"] = useful;
    criteria["3_pooled_coverage_60_to_95"] = coverage >= 0.6 && coverage <= 0.95;
    criteria["4_crps_20_percent_better_than_each_baseline"] = beats;
    criteria["5_sharpens_without_losing_coverage"] = sharpens;
    criteria["6_every_part_is_worth_something"] = all_worse;
    bool success = later.empty();
    for (const auto& [name, met] : criteria) success &= met.as_bool();
    out["criteria"] = std::move(criteria);
    out["success"] = success;
    return out;
}

}  // namespace noroshi::respond::forecast
