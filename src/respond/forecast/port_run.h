#pragma once
// One course of events at a port: trucks, gates, roads and yards by events (port_run.cpp), ships by events
// of their own (ship_traffic.h; port_ships.cpp). What
// is not known (parameters, when the gates open, who comes) is drawn from streams named by the
// replication, so that two scenarios that differ in a measure share everything else.
//
// A run is a value: it can be copied in the middle, which is what the particle filter does. One
// thread at a time.
//
// Limits, also said on the screen: berths as a count, first come first served; no tides, no night ban; pilots,
// tugs and fairway for these ships alone; two halves of traffic, in and out; drivers decide one by
// one and know only notices, word of mouth and the visible queue.

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "engines/simulate/event_list.h"
#include "engines/simulate/stream.h"
#include "respond/forecast/port_model.h"
#include "respond/forecast/ship_traffic.h"

namespace noroshi::respond::forecast {

// What a run may assume.
struct Scenario {
    const PortModel* port = nullptr;
    const Incident* incident = nullptr;
    double as_of = 0;      // nothing that became known later is used
    double horizon = 336;  // hours of the model
    const Measure* measure = nullptr;
    // Left out one at a time, to see what each is worth.
    bool spill_back = true;
    bool behaviour = true;
    bool manual = true;
};

// Figures by hour of the model; rows are road or terminal.
struct PortOutcome {
    std::size_t hours = 0;
    std::vector<float> queue_m;  // road × hours: longest in that hour
    std::vector<float> trucks;   // terminal × hours: waiting at its end
    std::vector<float> wait_h;   // terminal × hours of arrival: mean, until the gate or giving up;
                                 // negative: nobody came
    std::vector<float> yard_share;     // terminal × hours: of usable capacity
    std::vector<float> ships_waiting;  // hours
    std::vector<float> ships_late;     // hours: more than one hour behind
    std::vector<float> backlog;        // hours: boxes planned and not moved
    std::vector<float> service;        // hours: of the day before, boxes moved per box planned
    std::vector<float> opens;          // per terminal: hour; the start if it never closed
    std::vector<float> full;           // per terminal: hour the yard is full; infinity: never
    std::vector<float> truck_hours;    // per terminal: time spent waiting
    float ships_affected = 0;          // more than one hour late, or left out the port
    float ships_omitted = 0;   // of these: left out, by their line or because they were diverted
    float ships_diverted = 0;  // of these: to a port that is named
    std::vector<float> diverted_calls;  // per alternative port
    std::vector<float> diverted_boxes;
    float largest_delay_h = 0;
    float boxes_missed = 0;    // gate moves planned and not made until the gate opened again
    float boxes_stranded = 0;  // imports due and not fetched, exports of late ships, at that time
    float urgent_missed = 0;   // of boxes_missed: urgent ones
    float urgent_wait_h = 0;   // mean wait of those who came since it began; negative: nobody
    float other_wait_h = 0;
    float clear = 0;            // hour from which the backlog is below 5 % of a day
    float resilience_days = 0;  // days of traffic that waited, times days
    std::uint64_t events = 0;
    std::uint64_t visits = 0;
};

class PortRun {
public:
    PortRun(const Scenario& scenario, std::uint64_t seed, std::uint64_t replication);

    void advance(double to);
    // What this run would have seen.
    double value_of(const Observation& observation) const;
    // After it was copied: other random numbers from here on.
    void renew(std::uint64_t replication);
    PortOutcome outcome();
    double parameter(Parameter parameter) const {
        return parameters_[static_cast<std::size_t>(parameter)];
    }

private:
    enum Kind : unsigned {
        yard_ends,
        gate_ends,
        mode_changes,
        arrives,
        planned,
        patience_ends,
        tick
    };
    enum class State : std::uint8_t { free, coming, on_road, in_plaza, inside, gone };
    static constexpr std::uint32_t nobody = 0xFFFFFFFFU;

    struct Truck {
        double arrived = 0;
        float gate_h = 0;
        float yard_h = 0;
        float mood = 0;  // leaves upon a notice if below the share that does
        std::uint32_t next = nobody;
        std::uint8_t terminal = 0;
        State state = State::free;
        bool patience_pending = false;
        bool urgent = false;
    };
    struct Line {
        std::uint32_t first = nobody;
        std::uint32_t last = nobody;
    };
    struct Notice {
        double at;
        double opens;  // infinity: nobody knows
        bool to_public;
    };
    struct AtTerminal {
        double visits_a_day = 0;
        int lanes = 1;
        int yard_servers = 1;
        int buffer = 0;
        double stop = 0;   // when the gate fell out; infinity: never
        double opens = 0;  // when it opens again
        double ready = 0;  // when systems work and moves are entered: ships are worked at night too
        double manual = 0;  // share by hand
        double manual_from = 0;
        double speed = 0;
        double believed = 0;
        int busy = 0;
        int yard_busy = 0;
        int plaza = 0;
        int waiting = 0;         // on the road or in the plaza
        double pool = 0;         // visits put off
        double pool_urgent = 0;  // of these, urgent
        double urgent_from = 0;  // since when urgent ones go first
        Line plaza_line;
        Line urgent_line;
        Line yard_line;
        std::size_t line = 0;  // of the road
        std::uint64_t next_truck = 0;
        double next_planned = 0;
        std::vector<Notice> notices;
        std::size_t noticed = 0;
        double ship_factor = 1;
        double truck_hours = 0;
        double planned_in_stop = 0;
        double booked_hour = -1;  // of appointments: places taken in this hour
        double booked = 0;
        double moved_in_stop = 0;
        double urgent_planned = 0;  // in the stop
        double urgent_moved = 0;
        std::array<double, 2> waited{};  // others, urgent: of those who came since it began
        std::array<double, 2> waiters{};
    };
    struct AtRoad {
        int trucks = 0;
    };
    struct AtLine {
        double rate = 0;  // trucks an hour that the terminals behind it take on a normal day
        int trucks = 0;   // on the road or in a plaza
    };

    double draw(std::uint64_t process, std::uint64_t entity = 0) const;
    void draw_parameters();
    void draw_course(std::size_t i);
    void draw_opening(std::size_t i);
    void lay_out_notices(std::size_t i);
    double to_come(Parameter p) const;
    double value(Parameter p) const { return parameters_[static_cast<std::size_t>(p)]; }
    void push(double at, Kind kind, std::uint32_t index);

    // Of the gate's calendar, which is asked at every visit.
    struct Day {
        bool works = false;
        bool saturday = false;
        bool sunday = false;
    };
    Day look_up(double day) const;
    Day day(double day) const {
        const auto at = static_cast<std::size_t>(day);
        return day >= 0 && at < days_.size() ? days_[at] : look_up(day);
    }
    bool is_gate_day(double day, double& share) const;
    bool is_gate_hour(std::size_t i, double t) const;
    double usually_closes(std::size_t i, double day) const;
    double closes(std::size_t i, double t) const;
    double speed_at(std::size_t i, double t) const;
    void next_mode(std::size_t i, double t);
    void next_planned(std::size_t i, double t);

    void plan_visit(std::size_t i, double t);
    bool comes(std::size_t i, double t, double unit) const;
    bool joins(std::size_t i, double unit) const;
    bool books(std::size_t i, double t);
    void make_truck(std::size_t i, double at, double t, const std::array<std::uint64_t, 4>& bits,
                    std::uint64_t number, bool urgent);
    void put_off(std::size_t i, bool urgent);
    void count_wait(std::uint32_t c, double t);
    void arrive(std::uint32_t c, double t);
    void move_up(std::size_t road_line, double t);
    void serve(std::size_t i, double t);
    void enter_yard(std::uint32_t c, double t);
    void change_mode(std::size_t i, double t);
    void half_hour(double t);
    void leave(std::uint32_t c, double t, bool again);
    void send_home(std::size_t i, double share, double t);
    void let_go(std::uint32_t c);
    void append(Line& line, std::uint32_t c);
    std::uint32_t pop(Line& line);
    float& at(std::vector<float>& rows, std::size_t row, double t);

    struct Ships {
        std::vector<ShipCall> calls;
        std::vector<int> went;  // to which alternative port; negative: none of these
        std::vector<ShipStay> stays;
        std::vector<ShipStay> on_time;  // without the incident
        double move_h = 0;
    };
    void draw_calls(std::size_t i,
                    std::vector<std::pair<ShipCall, std::array<double, 2>>>& into) const;
    Marine marine() const;
    Ships ships() const;
    void tell_ships(const Ships& ships, std::vector<double>& discharged, double& late_moves);
    double work_done(std::size_t i, double begin, double need) const;

    const Scenario* scenario_;
    std::uint64_t seed_;
    std::uint64_t replication_;
    std::uint64_t first_replication_;   // of parameters and ships, which copies share
    std::uint64_t course_replication_;  // of when the gates open
    double own_from_ = std::numeric_limits<double>::infinity();  // since when the future is its own
    std::array<double, parameter_count> parameters_{};
    double t_ = 0;
    std::uint64_t order_ = 1;
    // Some 800 events an hour, mostly by day: a second or two apart then.
    simulate::Calendar events_{15.0 / 3600, 2048};
    std::vector<Truck> trucks_;
    std::uint32_t free_ = nobody;
    std::vector<AtTerminal> terminals_;
    std::vector<AtRoad> roads_;
    std::vector<Line> lines_;
    std::vector<AtLine> at_lines_;
    std::vector<std::size_t> road_of_line_;
    std::vector<Day> days_;
    std::uint64_t drawn_again_ = 0;
    int fleet_ = 0;    // trucks of the port's hauliers
    int on_tour_ = 0;  // of these, on the way, in line or inside
    PortOutcome out_;
    std::vector<float> wait_count_;
    std::vector<float> moved_;    // terminal × hours
    std::vector<float> planned_;  // terminal × hours
};

}  // namespace noroshi::respond::forecast
