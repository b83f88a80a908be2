#pragma once
// The forecast room as it is answered to somebody who may see the incident (the caller has seen to
// that). Read under Journal::read.

#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "respond/forecast/forecast_room.h"

namespace noroshi::respond::forecast {

struct PlaceItem {
    std::string id;  // road or terminal, as observations name them
    std::string name;
    std::string name_en;
    bool is_road = false;
    bool stricken = false;
};
BOOST_DESCRIBE_STRUCT(PlaceItem, (), (id, name, name_en, is_road, stricken))

struct SeenItem {
    std::uint32_t number = 0;
    SeenKind seen = SeenKind::queue_metres;
    std::string place;
    double value = 0;
    double sd = 0;
    Instant event_time;
    Instant entry_time;
    std::string by;
    OrganisationId organisation;
    std::optional<std::string> note;
    std::optional<Expected> expected;
    bool withdrawn = false;
};
BOOST_DESCRIBE_STRUCT(SeenItem, (),
                      (number, seen, place, value, sd, event_time, entry_time, by, organisation,
                       note, expected, withdrawn))

struct CapabilityItem {
    TerminalId terminal;
    Part part = Part::gate;
    Mode mode = Mode::down;
    std::optional<double> share;
    Instant from;
    OrganisationId organisation;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(CapabilityItem, (), (terminal, part, mode, share, from, organisation, note))

enum class RunState { waiting, first, refined, failed };
BOOST_DESCRIBE_ENUM(RunState, waiting, first, refined, failed)

struct ForecastItem {
    ForecastId forecast;
    std::uint32_t number = 0;
    RunState state = RunState::waiting;
    Instant as_of;
    Instant asked_at;
    std::string by;
    std::uint64_t runs = 0;
    std::uint64_t seed = 0;
    std::optional<std::string> model;
    std::optional<std::string> frozen;
    std::optional<std::string> inputs;  // SHA-256 of what it was computed from
    std::optional<std::string> result;  // SHA-256 of what came of it
    std::optional<std::string> reason;  // of a failure
};
BOOST_DESCRIBE_STRUCT(ForecastItem, (),
                      (forecast, number, state, as_of, asked_at, by, runs, seed, model, frozen,
                       inputs, result, reason))

// Newer than the latest forecast, so that it is known to be out of date.
struct Overview {
    IncidentId incident;
    std::string title;
    Instant began_at;
    bool open = true;
    bool can_ask = false;
    bool can_report = false;
    std::vector<PlaceItem> places;
    std::vector<SeenItem> seen;                // the latest first
    std::vector<CapabilityItem> capabilities;  // the latest first
    std::vector<ForecastItem> forecasts;       // the latest first
    std::size_t news = 0;  // observations, announcements and capabilities since its as-of
    std::optional<ForecastId> shown;  // the latest with bands
};
BOOST_DESCRIBE_STRUCT(Overview, (),
                      (incident, title, began_at, open, can_ask, can_report, places, seen,
                       capabilities, forecasts, news, shown))

// How forecasts fared against what was then seen.
struct TrackItem {
    IncidentId incident;
    std::string title;
    std::string what;   // a SeenKind, or gate_opens
    std::string place;  // id
    Instant at;
    double value = 0;  // of gate_opens: hours after the incident began
    double p10 = 0, p50 = 0, p90 = 0;
    bool inside = false;  // of the 80 % band
    double score = 0;     // see quantile_score(); of gate_opens: |log error| of the median
};
BOOST_DESCRIBE_STRUCT(TrackItem, (),
                      (incident, title, what, place, at, value, p10, p50, p90, inside, score))

struct TrackRecord {
    std::size_t compared = 0;
    double coverage = 0;           // share inside the 80 % band
    double score = 0;              // mean
    std::vector<TrackItem> items;  // the latest first
};
BOOST_DESCRIBE_STRUCT(TrackRecord, (), (compared, coverage, score, items))

Overview overview_of(const Forecasts& room, const Course& course, bool open, bool can_ask,
                     bool can_report, Language language);
ForecastItem item_of(const Forecasts& room, const ForecastRun& run, Language language);
// Over the incidents that `visible` lets through.
TrackRecord track_record_of(const State& state, const std::function<bool(const Course&)>& visible);

}  // namespace noroshi::respond::forecast
