#pragma once
// A forecast as it is kept and shown: bands, probabilities and what they rest on. Hours are counted
// from `first_hour`; a series has one value an hour. Made from many runs (forecast.h).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/json/value.hpp>

#include "kernel/time/time.h"
#include "respond/forecast/forecast.h"
#include "respond/forecast/forecast_facts.h"

namespace noroshi::respond::forecast {

struct Quantiles {
    double p05 = 0, p10 = 0, p50 = 0, p90 = 0, p95 = 0;
};
BOOST_DESCRIBE_STRUCT(Quantiles, (), (p05, p10, p50, p90, p95))

// By hour. Of waits: negative where nobody arrives.
struct Bands {
    std::vector<double> p05, p10, p50, p90, p95;
};
BOOST_DESCRIBE_STRUCT(Bands, (), (p05, p10, p50, p90, p95))

// A moment that may not come: in which share of the runs it does, and of those when.
struct TimeBand {
    double probability = 0;
    std::optional<Instant> p05, p10, p50, p90, p95;
};
BOOST_DESCRIBE_STRUCT(TimeBand, (), (probability, p05, p10, p50, p90, p95))

struct TerminalForecast {
    std::string id;
    bool stricken = false;
    TimeBand gate_opens;  // of stricken ones
    Bands trucks_waiting;
    Bands wait_hours;
    Quantiles truck_hours;  // spent waiting, in all
    std::optional<Bands> yard_share;
    std::optional<TimeBand> yard_full;
};
BOOST_DESCRIBE_STRUCT(TerminalForecast, (),
                      (id, stricken, gate_opens, trucks_waiting, wait_hours, truck_hours,
                       yard_share, yard_full))

struct PointForecast {
    std::string id;
    double at_metres = 0;
    std::vector<double> passed_by;  // probability that the tail has been there by the hour's end
};
BOOST_DESCRIBE_STRUCT(PointForecast, (), (id, at_metres, passed_by))

struct RoadForecast {
    std::string id;
    double length_metres = 0;
    bool inferred = false;
    Bands queue_metres;
    Quantiles longest_metres;  // within 24 h of as_of
    std::vector<PointForecast> points;
};
BOOST_DESCRIBE_STRUCT(RoadForecast, (),
                      (id, length_metres, inferred, queue_metres, longest_metres, points))

struct AlternativeForecast {
    std::string id;
    std::string name;
    Quantiles calls;
    Quantiles boxes;
};
BOOST_DESCRIBE_STRUCT(AlternativeForecast, (), (id, name, calls, boxes))

struct PortForecast {
    static constexpr std::array<std::string_view, 5> defaulted{
        "ships_diverted", "urgent_missed", "urgent_wait_hours", "other_wait_hours", "alternatives"};
    Bands ships_waiting;
    Bands ships_late;
    Bands backlog_boxes;
    Bands service;  // boxes through the gates so far, as a share of those planned
    Quantiles ships_affected;
    Quantiles ships_omitted;
    Quantiles largest_delay_hours;
    Quantiles boxes_missed;    // gate moves planned and not made until the gates opened
    Quantiles boxes_stranded;  // imports not fetched, exports of late ships, then
    Quantiles reefers_at_risk;
    TimeBand clear;  // backlog below 5 % of a day
    Quantiles resilience_days;
    Quantiles ships_diverted;     // of those omitted: to a port that is named
    Quantiles urgent_missed;      // of boxes_missed
    Quantiles urgent_wait_hours;  // mean of a run
    Quantiles other_wait_hours;
    std::vector<AlternativeForecast> alternatives;
};
BOOST_DESCRIBE_STRUCT(PortForecast, (),
                      (ships_waiting, ships_late, backlog_boxes, service, ships_affected,
                       ships_omitted, largest_delay_hours, boxes_missed, boxes_stranded,
                       reefers_at_risk, clear, resilience_days, ships_diverted, urgent_missed,
                       urgent_wait_hours, other_wait_hours, alternatives))

struct MeasureForecast {
    static constexpr std::array<std::string_view, 1> defaulted{"urgent_wait_hours"};
    MeasureType kind = MeasureType::do_not_come;
    double amount = 0;
    Instant from;
    std::vector<std::string> terminals;  // none: all
    double probability_better = 0;       // fewer hours of waiting trucks
    // Medians of the paired differences, measure minus none.
    double truck_hours = 0;
    double boxes_missed = 0;
    double clear_hours = 0;
    double ships_affected = 0;
    double neighbours_harmed = 0;  // probability that those not named wait 5 % longer
    double neighbours_truck_hours = 0;
    double urgent_wait_hours = 0;
    bool has_neighbours = false;
    // The decision clock: probability that the tail stays short of the point if taken then.
    struct Start;
    std::vector<Start> starts;
    std::optional<std::string> road;   // the one with the point
    std::optional<Instant> decide_by;  // last start with at least 90 %
    // Without the measure; at 90 % nothing needs deciding.
    double short_without = 0;
};
struct MeasureForecast::Start {
    Instant at;
    double probability = 0;
};
BOOST_DESCRIBE_STRUCT(MeasureForecast::Start, (), (at, probability))
BOOST_DESCRIBE_STRUCT(MeasureForecast, (),
                      (kind, amount, from, terminals, probability_better, truck_hours, boxes_missed,
                       clear_hours, ships_affected, neighbours_harmed, neighbours_truck_hours,
                       urgent_wait_hours, has_neighbours, starts, road, decide_by, short_without))

// What is worth finding out next: how much of what is uncertain it would take away.
struct WorthKnowing {
    std::string what;   // queue_metres, wait_hours, ships_waiting, gate_opens
    std::string place;  // road or terminal, else empty
    double explains = 0;
    std::string target;  // boxes_missed, longest_queue, ships_affected
};
BOOST_DESCRIBE_STRUCT(WorthKnowing, (), (what, place, explains, target))

struct AssumptionItem {
    std::string name;
    double low = 0, median = 0, high = 0;  // 5, 50, 95 %
    std::string source;
    std::string date;
    bool inference = false;
};
BOOST_DESCRIBE_STRUCT(AssumptionItem, (), (name, low, median, high, source, date, inference))

struct DriverItem {
    std::string name;
    double rank_correlation = 0;  // with the boxes missed
};
BOOST_DESCRIBE_STRUCT(DriverItem, (), (name, rank_correlation))

struct ForecastResult {
    std::string model;
    std::string frozen;
    std::uint64_t seed = 0;
    std::uint64_t runs = 0;
    Instant as_of;
    Instant start;
    Instant first_hour;
    std::uint32_t hours = 0;
    std::uint64_t observations = 0;  // used
    std::vector<std::string> gaps;   // what was inferred for want of better
    std::vector<TerminalForecast> terminals;
    std::vector<RoadForecast> roads;
    PortForecast port;
    std::vector<MeasureForecast> measures;
    std::vector<WorthKnowing> worth;
    std::vector<DriverItem> drivers;
    std::vector<AssumptionItem> assumptions;
};
BOOST_DESCRIBE_STRUCT(ForecastResult, (),
                      (model, frozen, seed, runs, as_of, start, first_hour, hours, observations,
                       gaps, terminals, roads, port, measures, worth, drivers, assumptions))

// What a forecast of the room is computed from, read again from its blob.
struct Work {
    boost::json::value port_file;
    boost::json::value incident_file;
    boost::json::value defaults;
    std::vector<std::string> gaps;
    Instant as_of;
    std::uint64_t replications = 0;
    std::uint64_t seed = 0;
    std::uint32_t days = 0;
};
// Errors: as port_model_of() and incident_of().
Result<ForecastResult> compute(const Work& work, Refinement refinement, unsigned threads);

// What the forecast says about something that may be seen at a time; nothing outside its hours or of
// an unknown place.
std::optional<Expected> expected_of(const ForecastResult& forecast, const ForecastId& id,
                                    SeenKind seen, std::string_view place, Instant at);

// Expected queues without chance (fluid), in milliseconds.
struct PreviewTerminal {
    std::string id;
    Instant gate_opens;
    double longest_trucks = 0;
    Instant longest_at;
};
BOOST_DESCRIBE_STRUCT(PreviewTerminal, (), (id, gate_opens, longest_trucks, longest_at))
struct Preview {
    std::vector<PreviewTerminal> terminals;  // stricken ones
};
BOOST_DESCRIBE_STRUCT(Preview, (), (terminals))
Result<Preview> preview(const Work& work);

// Scores of what was foreseen against what came, on the scale log(1 + x). The score is twice the mean
// pinball loss over the five levels, which tends to the CRPS with more of them (Gneiting and Ranjan,
// 2011).
double quantile_score(const Expected& expected, double value);

}  // namespace noroshi::respond::forecast
