#pragma once
// What the forecast room writes. Of one incident: the stream "respond/forecast/<incident id>", in the
// incident's world and with its readers. Of the port's traffic, which is told in peace time: the
// stream "respond/forecast/port".

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "kernel/identity/id.h"
#include "kernel/journal/retention.h"
#include "kernel/time/time.h"

namespace noroshi::respond::forecast {

using ForecastId = Id<struct ForecastTag>;

// ---- what was seen and what is known -------------------------------------------------------

enum class SeenKind {
    queue_metres,   // tail of the queue, from the gates, on a road
    wait_hours,     // of a truck that has just come through the gate of a terminal
    ships_waiting,  // at anchor, of the whole port
    boxes_moved     // through all gates, today so far
};
BOOST_DESCRIBE_ENUM(SeenKind, queue_metres, wait_hours, ships_waiting, boxes_moved)

// What the forecast then in force said of it.
struct Expected {
    ForecastId forecast;
    double p05 = 0, p10 = 0, p50 = 0, p90 = 0, p95 = 0;
};
BOOST_DESCRIBE_STRUCT(Expected, (), (forecast, p05, p10, p50, p90, p95))

// Event time: when it was seen.
struct ObservationReported {
    static constexpr std::string_view kind = "respond.forecast.observation_reported";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::uint32_t number = 0;  // 1, 2, 3 … within the incident
    SeenKind seen = SeenKind::queue_metres;
    std::string place;  // road of queue_metres, terminal of wait_hours, else empty
    double value = 0;
    double sd = 0;  // how far it may be wrong, in the same unit
    OrganisationId organisation;
    std::optional<std::string> note;
    std::optional<Expected> expected;
};
BOOST_DESCRIBE_STRUCT(ObservationReported, (),
                      (number, seen, place, value, sd, organisation, note, expected))

struct ObservationWithdrawn {
    static constexpr std::string_view kind = "respond.forecast.observation_withdrawn";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::uint32_t number = 0;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(ObservationWithdrawn, (), (number, reason))

enum class Part { gate, yard, ships };
BOOST_DESCRIBE_ENUM(Part, gate, yard, ships)
enum class Mode { down, manual, up };
BOOST_DESCRIBE_ENUM(Mode, down, manual, up)

// What a terminal can do from a time on. Event time: since when.
struct CapabilityTold {
    static constexpr std::string_view kind = "respond.forecast.capability_told";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    TerminalId terminal;
    Part part = Part::gate;
    Mode mode = Mode::down;
    std::optional<double> share;  // of the usual pace, by hand
    OrganisationId organisation;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(CapabilityTold, (), (terminal, part, mode, share, organisation, note))

// ---- forecasts -----------------------------------------------------------------------------

enum class MeasureType {
    manual_lanes,   // amount: share of capacity by hand
    longer_hours,   // amount: hours
    do_not_come,    // a public notice
    staging,        // amount: trucks off the street
    diversion,      // amount: share of the ships that arrive meanwhile
    restart_order,  // terminals in this order, `amount` hours apart
    appointments,   // amount: visits an hour and terminal
    urgent_first    // urgent cargo before the rest, at the gates and of what was put off
};
BOOST_DESCRIBE_ENUM(MeasureType, manual_lanes, longer_hours, do_not_come, staging, diversion,
                    restart_order, appointments, urgent_first)

struct MeasureAsked {
    static constexpr std::array<std::string_view, 1> defaulted{"amount"};
    MeasureType kind = MeasureType::do_not_come;
    double amount = 0;
    std::optional<Instant> from;
    std::vector<TerminalId> terminals;  // none: all
};
BOOST_DESCRIBE_STRUCT(MeasureAsked, (), (kind, amount, from, terminals))

// Somebody wants a forecast. Everything that it will use is in the blob `inputs`: the two files of
// docs/formats/forecast.md, so that anybody can compute it again. Event time: as of.
struct ForecastAsked {
    static constexpr std::string_view kind = "respond.forecast.forecast_asked";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    ForecastId forecast;
    std::uint32_t number = 0;  // 1, 2, 3 … within the incident
    std::string inputs;        // SHA-256 of the blob
    std::uint64_t replications = 0;
    std::uint64_t seed = 0;
    std::uint32_t days = 0;  // from the day it began to where the forecast ends
    OrganisationId organisation;
};
BOOST_DESCRIBE_STRUCT(ForecastAsked, (),
                      (forecast, number, inputs, replications, seed, days, organisation))

// Preliminary (few runs, no measures) or refined.
enum class Refinement { first, refined };
BOOST_DESCRIBE_ENUM(Refinement, first, refined)

// When a gate was expected to open; what came of it is known later.
struct GateClaim {
    TerminalId terminal;
    double probability = 0;  // that it opens within the forecast
    std::optional<Instant> p10, p50, p90;
};
BOOST_DESCRIBE_STRUCT(GateClaim, (), (terminal, probability, p10, p50, p90))

struct ForecastComputed {
    static constexpr std::string_view kind = "respond.forecast.forecast_computed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    ForecastId forecast;
    Refinement refinement = Refinement::first;
    std::string model;   // "port-model/1"
    std::string frozen;  // SHA-256 of model, priors and incident as used
    std::string result;  // SHA-256 of the blob
    std::uint64_t runs = 0;
    std::vector<GateClaim> gates;
};
BOOST_DESCRIBE_STRUCT(ForecastComputed, (),
                      (forecast, refinement, model, frozen, result, runs, gates))

struct ForecastFailed {
    static constexpr std::string_view kind = "respond.forecast.forecast_failed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    ForecastId forecast;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(ForecastFailed, (), (forecast, reason))

// ---- the port's traffic --------------------------------------------------------------------

enum class Gear { straddle, rtg, agv };
BOOST_DESCRIBE_ENUM(Gear, straddle, rtg, agv)

struct TerminalTraffic {
    TerminalId terminal;
    double share = 0;  // of the port's boxes; they are scaled to add up to 1
    std::optional<std::uint32_t> yard_square_metres;
    std::optional<Gear> gear;
    std::optional<std::uint32_t> gate_lanes;
    std::optional<std::string> gate_opens;  // "08:30"
    std::optional<std::string> gate_closes;
};
BOOST_DESCRIBE_STRUCT(TerminalTraffic, (),
                      (terminal, share, yard_square_metres, gear, gate_lanes, gate_opens,
                       gate_closes))

// Where ships may go instead, and how much it can take beside its own.
struct AlternativeTraffic {
    static constexpr std::array<std::string_view, 2> defaulted{"name_en", "after_hours"};
    std::string name;
    std::string name_en;
    double boxes_a_day = 0;
    std::optional<double>
        after_hours;  // from the beginning until it takes the first call; else a day
};
BOOST_DESCRIBE_STRUCT(AlternativeTraffic, (), (name, name_en, boxes_a_day, after_hours))

// What the register does not hold and the forecast needs; the whole as it then stands.
struct TrafficDescribed {
    static constexpr std::string_view kind = "respond.forecast.traffic_described";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::port;
    static constexpr std::array<std::string_view, 1> defaulted{"alternatives"};

    double teu_per_year = 0;
    std::optional<double> calls_per_day;
    std::string source;
    std::string date;  // "2025"
    std::vector<TerminalTraffic> terminals;
    std::optional<std::uint32_t> pilots;  // on duty at a time for these ships
    std::optional<std::uint32_t> tugs;
    std::vector<AlternativeTraffic> alternatives;  // in the order in which they are asked
};
BOOST_DESCRIBE_STRUCT(TrafficDescribed, (),
                      (teu_per_year, calls_per_day, source, date, terminals, pilots, tugs,
                       alternatives))

}  // namespace noroshi::respond::forecast
