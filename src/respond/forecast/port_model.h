#pragma once
// What the forecast knows of a port and of an incident: the two files of docs/formats/forecast.md
// as values. Pure: files have been read and held against their schemas by whoever calls.
//
// Time in the model is hours since 00:00 local time of the day on which the incident began.

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::respond::forecast {

// Raise it with every change of the model that may change a number.
inline constexpr std::string_view model_version = "port-model/2";

// A number nobody knows exactly, and where it comes from. `shape` of {value}, {low, high},
// {low, mode, high} or {median, factor} (lognormal: two thirds lie within a factor).
struct Prior {
    enum class Shape : std::uint8_t { constant, uniform, triangular, lognormal };
    Shape shape = Shape::constant;
    std::array<double, 3> at{};
    std::string source;
    std::string date;
    bool inference = false;
    bool pre_event = true;

    double median() const;
    double of(double unit) const;  // the value below which a share `unit` lies
};

// The parameters of the model by index; names stand in port_model.cpp in the same order.
enum class Parameter : std::uint8_t {
    teu_per_year,
    teu_per_box,
    landside_share,
    weekdays_per_year,
    saturdays_per_year,
    saturday_share,
    boxes_per_visit,
    calls_per_day,
    call_size_cv,
    crane_rate,
    cranes_per_ship,
    berthing_h,
    gate_service_min,
    lane_load,
    yard_service_min,
    plaza_buffer,
    patience_h,
    word_of_mouth_h,
    notice_reach,
    stubborn_share,
    manual_probability,
    manual_gate_factor,
    manual_show_share,
    manual_ship_probability,
    manual_ship_factor,
    restart_factor,
    restart_factor_h,
    surge,
    release_h,
    early_h,
    balk_after_h,
    trips_a_day,
    reentry_lag_h,
    stagger_h,
    slip_probability,
    slip_h,
    outage_h,
    omission_midpoint_h,
    omission_scale_h,
    truck_spacing_m,
    leave_on_notice,
    reefer_share,
    dwell_import_d,
    dwell_export_d,
    m2_per_slot_straddle,
    m2_per_slot_rtg,
    stack_height,
    usable_share,
    pilot_h,
    tug_h,
    tugs_per_move,
    marine_load,
    fairway_h,
    fairway_gap_min,
    one_way_share,
    urgent_share,
    sunday_share,
    count
};
inline constexpr auto parameter_count = static_cast<std::size_t>(Parameter::count);
// Full gate days in a year: Saturdays and Sundays for the share of a day that they are. `of` gives a parameter.
template <class F>
double gate_days_a_year(F&& of) {
    return of(Parameter::weekdays_per_year) +
           of(Parameter::saturdays_per_year) * of(Parameter::saturday_share) +
           52 * of(Parameter::sunday_share);
}
std::string_view name_of(Parameter parameter);
std::optional<Parameter> parameter_named(std::string_view name);
using Priors = std::array<Prior, parameter_count>;

enum class YardGear : std::uint8_t { straddle, rtg, agv };

struct Terminal {
    std::string id;
    std::string name;
    double share = 0;  // of the port's boxes
    int cranes = 1;
    int berths = 1;
    double yard_m2 = 0;
    YardGear gear = YardGear::straddle;
    double opens = 8.5;  // hour of the day
    double closes = 16.5;
    double saturday_closes = 12;
    std::optional<int> lanes;  // else from lane_load
    std::size_t road = 0;
};

struct Road {
    std::string id;
    std::string name;
    double length_m = 0;
    int lanes = 1;
    bool head_of_line = true;                            // one line for all terminals behind it
    std::vector<std::pair<std::string, double>> points;  // id, metres from the gates
};

// Where ships may go instead.
struct AlternativePort {
    std::string id;
    std::string name;
    double boxes_a_day = 0;  // moves it can take beside its own
    double after_h = 24;     // from the beginning of the stop until it takes the first call
};

struct PortModel {
    std::string id;
    std::string name;
    std::chrono::minutes utc_offset{0};
    std::vector<Terminal> terminals;
    std::vector<Road> roads;
    std::optional<int> pilots;  // on duty for these ships; else from marine_load
    std::optional<int> tugs;
    std::vector<AlternativePort> alternatives;  // none named: a ship that goes is gone
    Priors priors;
    std::string first_date_without;  // of the priors: the latest date
};

// What was said: systems or gates will be back. With neither, it says nothing of when.
struct Announcement {
    double known = 0;
    std::optional<double> system;
    std::optional<double> gate;
    // That the systems are up is no promise but a report: it cannot slip any more.
    bool reports_system() const { return system && *system <= known; }
    bool to_public = true;
    bool withdrawn = false;              // what was said before no longer holds
    std::vector<std::size_t> terminals;  // none: all
    bool is_of(std::size_t terminal) const {
        return terminals.empty() || std::ranges::find(terminals, terminal) != terminals.end();
    }
};

// What is known to have happened at a terminal.
struct Fact {
    double known = 0;
    std::size_t terminal = 0;
    std::optional<double> gate_open;      // since when
    std::optional<double> system_up;      // the systems, not yet the gate
    std::optional<double> manual_factor;  // works by hand at this share, from `from` on
    std::optional<double> ship_factor;    // ships are worked at this share
    double from = 0;
};

enum class Seen : std::uint8_t { queue_m, wait_h, ships_waiting, boxes_moved };

struct Observation {
    double at = 0;
    double known = 0;
    Seen kind = Seen::queue_m;
    std::size_t place = 0;  // road of queue_m, terminal of wait_h; boxes and ships: the port
    double value = 0;
    double sd = 0;
};

enum class MeasureKind : std::uint8_t {
    none,
    manual_lanes,
    longer_hours,
    do_not_come,
    staging,
    diversion,
    restart_order,
    appointments,
    urgent_first
};

struct Measure {
    std::string id;
    std::string name;
    MeasureKind kind = MeasureKind::none;
    double from = 0;
    std::vector<std::size_t> terminals;  // empty: all; restart_order: in this order
    double amount = 0;
    std::vector<std::size_t> to;  // of diversion: alternative ports in this order
};

enum class Quantity : std::uint8_t {
    ships_affected,
    largest_delay_h,
    boxes_affected,
    queue_m,
    wait_h,
    reopening_h,
    boxes_stranded
};

// What came of it; read by the back-test alone.
struct Outcome {
    std::string id;
    Quantity quantity = Quantity::ships_affected;
    std::size_t place = 0;
    double from = 0;  // window of queue_m and wait_h, hours
    double to = 0;
    double value = 0;
    std::string source;
    double known = 0;  // not scored by forecasts made later
};

struct Incident {
    std::string id;
    std::string title;
    std::string port;
    double start = 0;  // hours of local day 0
    std::chrono::sys_days day0;
    std::vector<std::size_t> terminals;  // stricken
    std::vector<Announcement> announcements;
    std::vector<Fact> facts;
    std::vector<Observation> observations;
    std::vector<Measure> measures;
    std::vector<double> holidays;  // day numbers without gate
    std::vector<std::pair<std::string, double>> as_of;
    std::vector<Outcome> outcomes;
};

// By time; what is of the same time stays as written. (std::stable_sort of libstdc++ 12 calls
// something deprecated, which clang refuses.)
template <class T>
void put_in_order(std::vector<T>& items, double T::* time) {
    for (auto one = items.begin(); one != items.end(); ++one)
        std::rotate(std::ranges::upper_bound(items.begin(), one, (*one).*time, {}, time), one,
                    one + 1);
}

// `file` conforms to data/schemas/port-model.schema.json, `defaults` is the same kind of file and
// gives the parameters that `file` does not. Errors: invalid
// respond.forecast.{unknown_name, shares, twice, prior} with a pointer into `file`.
Result<PortModel> port_model_of(const boost::json::value& file, const boost::json::value& defaults);

// `file` conforms to data/schemas/incident.schema.json. Errors: invalid
// respond.forecast.{unknown_name, time, order} with a pointer.
Result<Incident> incident_of(const boost::json::value& file, const PortModel& port);

// Hours of the model ⇄ RFC 3339 in the port's zone.
Result<double> hours_of(const std::string& rfc3339, const Incident& incident,
                        const PortModel& port);
std::string time_of(double hours, const Incident& incident, const PortModel& port);

}  // namespace noroshi::respond::forecast
