#include "respond/forecast/port_run.h"

#include <algorithm>
#include <cmath>

#include "engines/simulate/distribution.h"

namespace noroshi::respond::forecast {

namespace {

using simulate::Event;
using simulate::philox;
using simulate::process_named;
using simulate::unit_of;

constexpr double never = std::numeric_limits<double>::infinity();

// Arrivals over a gate day in ten equal parts, from 1.5 h before it opens to 0.5 h after it closes
// (peaks in the first and the fifth hour: weekly-net.co.jp/news/19664; shared/design/forecast-model.md).
constexpr std::array<double, 10> profile{60, 110, 120, 110, 100, 60, 100, 110, 100, 40};
constexpr double profile_sum = 910;
constexpr double before_opening = 1.5;
constexpr double after_closing = 0.5;
// How long a surge of work goes on after a restart.
constexpr double surge_h = 48;

double erlang_4(const std::array<std::uint64_t, 4>& bits) {
    return -std::log(unit_of(bits[0]) * unit_of(bits[1]) * unit_of(bits[2]) * unit_of(bits[3])) / 4;
}

}  // namespace

PortRun::PortRun(const Scenario& scenario, std::uint64_t seed, std::uint64_t replication)
    : scenario_(&scenario), seed_(seed), replication_(replication), first_replication_(replication),
      course_replication_(replication) {
    const auto& port = *scenario.port;
    draw_parameters();
    out_.hours = static_cast<std::size_t>(std::ceil(scenario.horizon));
    const std::size_t rows = port.terminals.size() * out_.hours;
    out_.queue_m.assign(port.roads.size() * out_.hours, 0);
    out_.trucks.assign(rows, 0);
    out_.wait_h.assign(rows, 0);
    wait_count_.assign(rows, 0);
    moved_.assign(rows, 0);
    planned_.assign(rows, 0);
    for (double number = 0; number * 24 <= scenario.horizon; ++number)
        days_.push_back(look_up(number));
    roads_.resize(port.roads.size());
    terminals_.resize(port.terminals.size());

    std::vector<std::size_t> shared(port.roads.size(), port.terminals.size());
    for (std::size_t i = 0; i < terminals_.size(); ++i) {
        const auto road = port.terminals[i].road;
        const bool one_line = port.roads[road].head_of_line && scenario.spill_back;
        if (one_line && shared[road] < port.terminals.size()) {
            terminals_[i].line = terminals_[shared[road]].line;
        } else {
            terminals_[i].line = lines_.size();
            lines_.emplace_back();
            road_of_line_.push_back(road);
            shared[road] = i;
        }
    }
    at_lines_.resize(lines_.size());
    double visits = 0;
    for (std::size_t i = 0; i < terminals_.size(); ++i) {
        draw_course(i);
        lay_out_notices(i);
        visits += terminals_[i].visits_a_day;
        at_lines_[terminals_[i].line].rate +=
            terminals_[i].lanes * 60 / value(Parameter::gate_service_min);
        terminals_[i].speed = speed_at(i, 0);
        next_mode(i, 0);
        next_planned(i, 0);
    }
    fleet_ = static_cast<int>(visits / value(Parameter::trips_a_day));
    push(0.5, tick, 0);
}

// A number of its own for everything that is drawn once in a run.
double PortRun::draw(std::uint64_t process, std::uint64_t entity) const {
    return unit_of(philox({0, entity, first_replication_, 1}, {seed_, process})[0]);
}

void PortRun::draw_parameters() {
    for (std::size_t i = 0; i < parameter_count; ++i)
        parameters_[i] =
            scenario_->port->priors[i].of(draw(process_named(name_of(static_cast<Parameter>(i)))));
}

// Copies of a run have a future of their own: who comes, which ships, and when the gates open.
void PortRun::renew(std::uint64_t replication) {
    replication_ = replication;
    course_replication_ = replication;
    own_from_ = t_;
    for (std::size_t i = 0; i < terminals_.size(); ++i) {
        auto& here = terminals_[i];
        if (here.stop == never || here.opens <= t_) continue;
        draw_opening(i);
        here.notices.clear();
        lay_out_notices(i);
        here.noticed = 0;
        while (here.noticed < here.notices.size() && here.notices[here.noticed].at <= t_)
            ++here.noticed;
        next_mode(i, t_);
    }
}

// What this terminal can do, when it falls out, and whether it works by hand.
void PortRun::draw_course(std::size_t i) {
    const auto& port = *scenario_->port;
    const auto& incident = *scenario_->incident;
    const auto& terminal = port.terminals[i];
    auto& here = terminals_[i];
    const double year = gate_days_a_year([&](Parameter p) { return value(p); });
    const double boxes = value(Parameter::teu_per_year) / value(Parameter::teu_per_box) *
                         value(Parameter::landside_share) / year * terminal.share;
    here.visits_a_day = boxes / value(Parameter::boxes_per_visit);
    const double peak = here.visits_a_day * 120 / profile_sum *
                        (10 / (terminal.closes - terminal.opens + before_opening + after_closing));
    // Lanes and yard cranes were built for the traffic that there is, whatever it is: on a normal day
    // every draw is a port that works.
    const auto servers = [&](double minutes) {
        return std::max(
            1, static_cast<int>(std::ceil(peak * minutes / 60 / value(Parameter::lane_load))));
    };
    here.lanes = terminal.lanes.value_or(servers(value(Parameter::gate_service_min)));
    here.yard_servers =
        servers(value(Parameter::yard_service_min) * value(Parameter::boxes_per_visit));
    here.buffer = static_cast<int>(value(Parameter::plaza_buffer)) + here.lanes;

    here.stop = never;
    here.opens = -never;
    here.ready = -never;
    here.ship_factor = 1;
    here.urgent_from = never;
    if (const auto* measure = scenario_->measure;
        measure != nullptr && measure->kind == MeasureKind::urgent_first &&
        std::ranges::find(measure->terminals, i) != measure->terminals.end())
        here.urgent_from = measure->from;
    if (std::ranges::find(incident.terminals, i) == incident.terminals.end()) return;
    here.stop = incident.start;

    draw_opening(i);

    const bool by_hand =
        scenario_->manual && terminal.gear == YardGear::straddle &&
        draw(process_named("course/manual"), i) < value(Parameter::manual_probability);
    here.manual = by_hand ? value(Parameter::manual_gate_factor) : 0;
    here.manual_from = incident.start + 6 + 24 * draw(process_named("course/manual from"), i);
    for (const auto& fact : incident.facts) {
        if (fact.terminal != i || fact.known > scenario_->as_of) continue;
        if (fact.manual_factor && scenario_->manual) {
            here.manual = *fact.manual_factor;
            here.manual_from = fact.from;
        }
    }
    here.ship_factor = scenario_->manual && draw(process_named("course/ships")) <
                                                value(Parameter::manual_ship_probability)
                           ? value(Parameter::manual_ship_factor)
                           : 0;
    for (const auto& fact : incident.facts)
        if (fact.terminal == i && fact.known <= scenario_->as_of && fact.ship_factor &&
            scenario_->manual)
            here.ship_factor = *fact.ship_factor;
    if (const auto* measure = scenario_->measure; measure != nullptr) {
        const auto& of = measure->terminals;
        const auto found = std::ranges::find(of, i);
        if (found == of.end()) return;
        if (measure->kind == MeasureKind::manual_lanes && measure->amount > here.manual) {
            here.manual = measure->amount;
            here.manual_from = measure->from;
        }
        if (measure->kind == MeasureKind::staging)
            here.buffer += static_cast<int>(measure->amount / static_cast<double>(of.size()));
    }
}

// How long it will last is not settled by the past that copies share, so each draws it anew.
double PortRun::to_come(Parameter p) const {
    if (course_replication_ == first_replication_) return value(p);
    return scenario_->port->priors[static_cast<std::size_t>(p)].of(
        unit_of(philox({0, 0, course_replication_, 1}, {seed_, process_named(name_of(p))})[0]));
}

// When its gate opens again. What was announced is a claim: it holds, or slips.
void PortRun::draw_opening(std::size_t i) {
    const auto& incident = *scenario_->incident;
    const auto& terminal = scenario_->port->terminals[i];
    auto& here = terminals_[i];
    const auto course = [&](std::uint64_t process, std::uint64_t entity = 0) {
        return unit_of(philox({0, entity, course_replication_, 1}, {seed_, process})[0]);
    };
    // The system, then the gate.
    const double as_of = std::max(scenario_->as_of, incident.start);
    std::optional<double> system;
    std::optional<double> gate;
    std::optional<double> up_since;
    for (const auto& one : incident.announcements) {
        if (one.known > scenario_->as_of || !one.is_of(i)) continue;
        if (one.withdrawn) {
            system.reset();
            gate.reset();
            up_since.reset();
        }
        if (one.reports_system()) up_since = one.system;
        if (one.system) system = one.system;
        if (one.gate) gate = one.gate;
        if (one.gate && !one.system) system.reset();
    }
    for (const auto& fact : incident.facts)
        if (fact.terminal == i && fact.known <= scenario_->as_of && fact.system_up)
            up_since = fact.system_up;
    static constexpr auto stagger = process_named("course/stagger");
    static constexpr auto slips = process_named("course/slip");
    static constexpr auto slipped = process_named("course/slipped");
    const bool late = course(slips) < to_come(Parameter::slip_probability);
    const double slip = late ? -std::log(course(slipped)) * to_come(Parameter::slip_h) : 0;
    // Systems up and moves entered: from then on ships are worked, and the gate can open.
    double ready = 0;
    if (up_since)
        // The system is there: what may slip is the time that was said for the gate.
        ready = *up_since + to_come(Parameter::reentry_lag_h);
    else if (system || gate)
        ready = std::max(incident.start,
                         (system ? *system : *gate - to_come(Parameter::reentry_lag_h)) + slip) +
                to_come(Parameter::reentry_lag_h);
    else
        ready = incident.start + to_come(Parameter::outage_h) + to_come(Parameter::reentry_lag_h);
    double opens = std::max(ready, gate.value_or(0));
    // It has not opened yet, or that would be known.
    if (opens <= as_of)
        ready = opens = as_of - std::log(course(slipped, 1)) * to_come(Parameter::slip_h);
    const double staggered = course(stagger, i) * value(Parameter::stagger_h);
    opens += staggered;
    here.ready = ready + staggered;
    // Gates open in gate hours; a terminal that is ready at night waits for the morning.
    for (int k = 0; k < 400 && !is_gate_hour(i, opens); ++k) {
        const double day = std::floor(opens / 24);
        opens = opens - day * 24 < terminal.opens ? day * 24 + terminal.opens
                                                  : (day + 1) * 24 + terminal.opens;
    }
    here.opens = opens;
    for (const auto& fact : incident.facts)
        if (fact.terminal == i && fact.known <= scenario_->as_of && fact.gate_open) {
            here.opens = *fact.gate_open;
            here.ready = std::min(here.ready, here.opens);
        }
    const auto* measure = scenario_->measure;
    if (measure == nullptr || measure->kind != MeasureKind::restart_order ||
        here.opens <= measure->from)
        return;
    // The first in the list as soon as one can, the others `amount` hours after each other.
    const auto found = std::ranges::find(measure->terminals, i);
    if (found == measure->terminals.end()) return;
    const double later =
        measure->amount * static_cast<double>(found - measure->terminals.begin()) - staggered;
    here.opens += later;
    here.ready += later;
}

// What hauliers are told, and when. Until as_of it is what was announced; afterwards the operator
// says it some hours ahead, as soon as he knows.
void PortRun::lay_out_notices(std::size_t i) {
    const auto& incident = *scenario_->incident;
    auto& here = terminals_[i];
    here.believed = never;
    if (here.stop == never) return;
    for (const auto& one : incident.announcements)
        if (one.known <= scenario_->as_of && one.is_of(i))
            here.notices.push_back({one.known, one.gate.value_or(never), one.to_public});
    const double lead = 1 + 11 * draw(process_named("course/lead"));
    const double known = std::max({scenario_->as_of + 0.5, here.opens - lead, incident.start + 1});
    if (known < here.opens || here.notices.empty())
        here.notices.push_back({known, here.opens, true});
    if (const auto* measure = scenario_->measure;
        measure != nullptr && measure->kind == MeasureKind::do_not_come &&
        std::ranges::find(measure->terminals, i) != measure->terminals.end()) {
        // It says again, to everybody, what is then known.
        double opens = never;
        double latest = -never;
        for (const auto& one : here.notices)
            if (one.at <= measure->from && one.at >= latest) {
                latest = one.at;
                opens = one.opens;
            }
        here.notices.push_back({measure->from, opens, true});
    }
    put_in_order(here.notices, &Notice::at);
}

void PortRun::push(double at, Kind kind, std::uint32_t index) {
    if (at <= scenario_->horizon) events_.push(Event(at, kind, order_++, index));
}

// ---- the gate's calendar ----

PortRun::Day PortRun::look_up(double day) const {
    const auto date = scenario_->incident->day0 + std::chrono::days(static_cast<int>(day));
    const unsigned weekday = std::chrono::weekday(date).c_encoding();
    const auto& holidays = scenario_->incident->holidays;
    // In Japan gates are closed on Sundays; where they are not, the port's file says so.
    return {(weekday != 0 || value(Parameter::sunday_share) > 0) &&
                std::ranges::find(holidays, day) == holidays.end(),
            weekday == 6, weekday == 0};
}

bool PortRun::is_gate_day(double number, double& share) const {
    const Day on = day(number);
    share = on.saturday ? value(Parameter::saturday_share)
            : on.sunday ? value(Parameter::sunday_share)
                        : 1;
    return on.works;
}

// Hour of the day; Saturdays are short.
double PortRun::usually_closes(std::size_t i, double number) const {
    const auto& terminal = scenario_->port->terminals[i];
    if (!day(number).saturday) return terminal.closes;
    return std::max(terminal.opens + 1, std::min(terminal.closes, terminal.saturday_closes));
}

double PortRun::closes(std::size_t i, double t) const {
    const double day = std::floor(t / 24);
    double closes = usually_closes(i, day);
    if (const auto* measure = scenario_->measure;
        measure != nullptr && measure->kind == MeasureKind::longer_hours &&
        day * 24 + closes > measure->from &&
        std::ranges::find(measure->terminals, i) != measure->terminals.end())
        closes = std::min(24.0, closes + measure->amount);
    return day * 24 + closes;
}

bool PortRun::is_gate_hour(std::size_t i, double t) const {
    const double day = std::floor(t / 24);
    double share = 0;
    return is_gate_day(day, share) && t >= day * 24 + scenario_->port->terminals[i].opens &&
           t < closes(i, t);
}

double PortRun::speed_at(std::size_t i, double t) const {
    const auto& here = terminals_[i];
    if (!is_gate_hour(i, t)) return 0;
    if (t < here.stop) return 1;
    if (t < here.opens) return t >= here.manual_from ? here.manual : 0;
    if (t < here.opens + value(Parameter::restart_factor_h))
        return value(Parameter::restart_factor);
    return t < here.opens + surge_h ? value(Parameter::surge) : 1;
}

// The next moment at which the gate may change.
void PortRun::next_mode(std::size_t i, double t) {
    const auto& here = terminals_[i];
    const double day = std::floor(t / 24);
    double next = (day + 1) * 24 + scenario_->port->terminals[i].opens;
    const auto consider = [&](double at) {
        if (at > t + 1e-9 && at < next) next = at;
    };
    consider(day * 24 + scenario_->port->terminals[i].opens);
    consider(closes(i, t));
    for (const double at : {here.stop, here.opens, here.manual_from,
                            here.opens + value(Parameter::restart_factor_h), here.opens + surge_h})
        consider(at);
    if (here.noticed < here.notices.size()) consider(here.notices[here.noticed].at);
    // A promise that was not kept is noticed soon after.
    if (here.believed < never) consider(here.believed + 0.75);
    push(next, mode_changes, static_cast<std::uint32_t>(i));
}

// The next planned visit, by inversion of the day's profile; memoryless, so from t on.
void PortRun::next_planned(std::size_t i, double t) {
    auto& here = terminals_[i];
    const auto& terminal = scenario_->port->terminals[i];
    const auto bits = philox({here.next_truck, static_cast<std::uint64_t>(i), replication_, 2},
                             {seed_, process_named("visits")});
    double left = -std::log(unit_of(bits[0]));
    for (double day = std::floor(t / 24); day * 24 < scenario_->horizon; ++day) {
        double share = 0;
        if (!is_gate_day(day, share)) continue;
        const double begin = day * 24 + terminal.opens - before_opening;
        const double length =
            (usually_closes(i, day) - terminal.opens + before_opening + after_closing) / 10;
        const double per_part = here.visits_a_day * share / profile_sum / length;
        int part = t <= begin ? 0 : static_cast<int>((t - begin) / length);
        for (; part < 10; ++part) {
            const double from = std::max(t, begin + part * length);
            const double to = begin + (part + 1) * length;
            const double rate = per_part * profile[static_cast<std::size_t>(part)];
            if (from >= to) continue;
            if (left < rate * (to - from)) {
                push(from + left / rate, planned, static_cast<std::uint32_t>(i));
                return;
            }
            left -= rate * (to - from);
        }
    }
}

// ---- drivers ----

float& PortRun::at(std::vector<float>& rows, std::size_t row, double t) {
    const auto hour = std::min(out_.hours - 1, static_cast<std::size_t>(std::max(0.0, t)));
    return rows[row * out_.hours + hour];
}

void PortRun::plan_visit(std::size_t i, double t) {
    auto& here = terminals_[i];
    const std::uint64_t number = here.next_truck++;
    const auto bits = philox({number, static_cast<std::uint64_t>(i), replication_, 3},
                             {seed_, process_named("driver")});
    const auto boxes = static_cast<float>(value(Parameter::boxes_per_visit));
    // The bits that unit_of() leaves over.
    const bool urgent =
        static_cast<double>(bits[0] & 0xFFFU) < value(Parameter::urgent_share) * 0x1p12;
    at(planned_, i, t) += boxes;
    if (t >= here.stop && t < here.opens) {
        here.planned_in_stop += boxes;
        if (urgent) here.urgent_planned += boxes;
    }
    if (comes(i, t, unit_of(bits[0])) && on_tour_ < fleet_ && joins(i, unit_of(bits[3])) &&
        books(i, t))
        make_truck(i, t, t, bits, number, urgent);
    else
        put_off(i, urgent);
    next_planned(i, t);
}

// Whether a driver with a visit planned for now comes now.
bool PortRun::comes(std::size_t i, double t, double unit) const {
    const auto& here = terminals_[i];
    const bool stopped = t >= here.stop && t < here.opens;
    if (!stopped) return true;
    if (!scenario_->behaviour) return true;
    double unaware = std::exp(-(t - here.stop) / value(Parameter::word_of_mouth_h));
    for (std::size_t k = 0; k < here.noticed; ++k)
        if (here.notices[k].to_public && t - here.notices[k].at > 1)
            unaware *= 1 - value(Parameter::notice_reach);
    if (unit < unaware) return true;
    const double v = (unit - unaware) / (1 - unaware);
    if (t >= here.believed - value(Parameter::early_h)) return true;
    if (here.manual > 0 && t >= here.manual_from) return v < value(Parameter::manual_show_share);
    return v < value(Parameter::stubborn_share);
}

// Whether a driver who has come in sight of the line joins it: a wait that is usual is accepted, of
// those who would wait twice as long every other one turns back. Nobody in line knows how fast it
// moves, so the usual pace counts.
bool PortRun::joins(std::size_t i, double unit) const {
    if (!scenario_->behaviour) return true;
    const auto& line = at_lines_[terminals_[i].line];
    return unit * line.trucks < value(Parameter::balk_after_h) * line.rate;
}

// With appointments only so many come in an hour; the others come another hour.
bool PortRun::books(std::size_t i, double t) {
    const auto* measure = scenario_->measure;
    if (measure == nullptr || measure->kind != MeasureKind::appointments || t < measure->from ||
        std::ranges::find(measure->terminals, i) == measure->terminals.end())
        return true;
    auto& here = terminals_[i];
    if (const double hour = std::floor(t); hour != here.booked_hour) {
        here.booked_hour = hour;
        here.booked = 0;
    }
    if (here.booked >= measure->amount) return false;
    here.booked += 1;
    return true;
}

void PortRun::put_off(std::size_t i, bool urgent) {
    terminals_[i].pool += 1;
    if (urgent) terminals_[i].pool_urgent += 1;
}

void PortRun::make_truck(std::size_t i, double arrives_at, double t,
                         const std::array<std::uint64_t, 4>& bits, std::uint64_t number,
                         bool urgent) {
    std::uint32_t c = free_;
    if (c == nobody) {
        c = static_cast<std::uint32_t>(trucks_.size());
        trucks_.emplace_back();
    } else {
        free_ = trucks_[c].next;
    }
    auto& truck = trucks_[c];
    const auto entity = static_cast<std::uint64_t>(i);
    truck = {};
    truck.terminal = static_cast<std::uint8_t>(i);
    truck.state = State::coming;
    truck.urgent = urgent;
    truck.mood = static_cast<float>(unit_of(bits[2]));
    truck.gate_h = static_cast<float>(
        value(Parameter::gate_service_min) / 60 *
        erlang_4(philox({number, entity, replication_, 4}, {seed_, process_named("at the gate")})));
    truck.yard_h = static_cast<float>(
        value(Parameter::yard_service_min) / 60 * value(Parameter::boxes_per_visit) *
        erlang_4(philox({number, entity, replication_, 5}, {seed_, process_named("in the yard")})));
    // Patience waits in `arrived` until the truck is there.
    truck.arrived = unit_of(bits[1]);
    ++out_.visits;
    ++on_tour_;
    if (arrives_at <= t)
        arrive(c, t);
    else
        push(arrives_at, arrives, c);
}

void PortRun::append(Line& line, std::uint32_t c) {
    trucks_[c].next = nobody;
    (line.last == nobody ? line.first : trucks_[line.last].next) = c;
    line.last = c;
}

std::uint32_t PortRun::pop(Line& line) {
    const auto c = line.first;
    line.first = trucks_[c].next;
    if (line.first == nobody) line.last = nobody;
    return c;
}

void PortRun::let_go(std::uint32_t c) {
    auto& truck = trucks_[c];
    truck.state = State::free;
    if (truck.patience_pending) return;
    truck.next = free_;
    free_ = c;
}

void PortRun::arrive(std::uint32_t c, double t) {
    auto& truck = trucks_[c];
    auto& here = terminals_[truck.terminal];
    const double unit = truck.arrived;
    truck.arrived = t;
    ++here.waiting;
    ++at_lines_[here.line].trucks;
    // Straight into the plaza if nobody stands before it.
    truck.state = State::on_road;
    auto& road = roads_[road_of_line_[here.line]];
    append(lines_[here.line], c);
    ++road.trucks;
    move_up(here.line, t);
    serve(truck.terminal, t);
    if (trucks_[c].state != State::on_road && trucks_[c].state != State::in_plaza) return;
    // Lognormal: two thirds lie within a factor of 1.6 of the median.
    const double patience =
        value(Parameter::patience_h) * std::exp(0.47 * simulate::normal_quantile(unit));
    trucks_[c].patience_pending = t + patience <= scenario_->horizon;
    push(t + patience, patience_ends, c);
    const auto metres = static_cast<float>(road.trucks * value(Parameter::truck_spacing_m) /
                                           scenario_->port->roads[road_of_line_[here.line]].lanes);
    auto& longest = at(out_.queue_m, road_of_line_[here.line], t);
    longest = std::max(longest, metres);
}

// From the head of the road into the plazas, as far as there is room. Whoever wants to a full plaza
// stops everybody behind.
void PortRun::move_up(std::size_t road_line, double t) {
    auto& line = lines_[road_line];
    while (line.first != nobody) {
        const auto c = line.first;
        auto& truck = trucks_[c];
        if (truck.state != State::on_road) {
            pop(line);
            let_go(c);
            continue;
        }
        auto& here = terminals_[truck.terminal];
        if (here.plaza >= here.buffer) return;
        pop(line);
        --roads_[road_of_line_[road_line]].trucks;
        truck.state = State::in_plaza;
        append(truck.urgent && t >= here.urgent_from ? here.urgent_line : here.plaza_line, c);
        ++here.plaza;
        if (here.busy < here.lanes && here.speed > 0) serve(truck.terminal, t);
    }
}

void PortRun::serve(std::size_t i, double t) {
    auto& here = terminals_[i];
    bool moved = false;
    while (here.speed > 0 && here.busy < here.lanes) {
        auto& line = here.urgent_line.first != nobody ? here.urgent_line : here.plaza_line;
        if (line.first == nobody) break;
        const auto c = pop(line);
        auto& truck = trucks_[c];
        if (truck.state != State::in_plaza) {
            let_go(c);
            continue;
        }
        --here.plaza;
        --here.waiting;
        --at_lines_[here.line].trucks;
        ++here.busy;
        moved = true;
        truck.state = State::inside;
        count_wait(c, t);
        push(t + truck.gate_h / here.speed, gate_ends, c);
    }
    if (moved && lines_[here.line].first != nobody) move_up(here.line, t);
}

void PortRun::enter_yard(std::uint32_t c, double t) {
    auto& here = terminals_[trucks_[c].terminal];
    if (here.yard_busy < here.yard_servers) {
        ++here.yard_busy;
        push(t + trucks_[c].yard_h, yard_ends, c);
    } else {
        append(here.yard_line, c);
    }
}

// Out of the line without having been served.
void PortRun::leave(std::uint32_t c, double t, bool again) {
    auto& truck = trucks_[c];
    auto& here = terminals_[truck.terminal];
    if (truck.state == State::on_road)
        --roads_[road_of_line_[here.line]].trucks;
    else
        --here.plaza;
    --here.waiting;
    --at_lines_[here.line].trucks;
    --on_tour_;
    count_wait(c, t);
    truck.state = State::gone;  // the line lets go of it
    if (again) put_off(truck.terminal, truck.urgent);
}

// Until the gate, or until it gave up.
void PortRun::count_wait(std::uint32_t c, double t) {
    const auto& truck = trucks_[c];
    auto& here = terminals_[truck.terminal];
    const double wait = t - truck.arrived;
    here.truck_hours += wait;
    at(out_.wait_h, truck.terminal, truck.arrived) += static_cast<float>(wait);
    at(wait_count_, truck.terminal, truck.arrived) += 1;
    if (truck.arrived < scenario_->incident->start) return;
    here.waited[truck.urgent ? 1 : 0] += wait;
    here.waiters[truck.urgent ? 1 : 0] += 1;
}

void PortRun::send_home(std::size_t i, double share, double t) {
    auto& here = terminals_[i];
    for (auto* line : {&here.urgent_line, &here.plaza_line, &lines_[here.line]})
        for (auto c = line->first; c != nobody; c = trucks_[c].next)
            if (trucks_[c].terminal == i && trucks_[c].mood < share &&
                (trucks_[c].state == State::on_road || trucks_[c].state == State::in_plaza))
                leave(c, t, true);
    move_up(here.line, t);
}

// ---- the gate ----

void PortRun::change_mode(std::size_t i, double t) {
    auto& here = terminals_[i];
    while (here.noticed < here.notices.size() && here.notices[here.noticed].at <= t + 1e-9) {
        const auto& notice = here.notices[here.noticed++];
        here.believed = notice.opens;
        const bool long_wait = notice.opens - t > 3;
        if (t < here.opens && notice.to_public && long_wait && scenario_->behaviour)
            send_home(i, value(Parameter::leave_on_notice), t);
    }
    if (t < here.opens && t >= here.believed + 0.75 - 1e-9) here.believed = never;
    const double before = here.speed;
    here.speed = speed_at(i, t);
    if (before > 0 && here.speed == 0 && std::abs(t - closes(i, t)) < 1e-6) send_home(i, 0.95, t);
    // In an outage nobody waits through the night either.
    if (here.speed == 0 && t >= here.stop && t < here.opens && std::abs(t - closes(i, t)) < 1e-6)
        send_home(i, 0.95, t);
    serve(i, t);
    move_up(here.line, t);
    next_mode(i, t);
}

// Those who put their visit off come when they believe that the gate is open, as fast as the fleet
// allows.
void PortRun::half_hour(double t) {
    for (std::size_t i = 0; i < terminals_.size(); ++i) {
        auto& here = terminals_[i];
        const double hour = t - std::floor(t / 24) * 24;
        const auto& terminal = scenario_->port->terminals[i];
        double share = 0;
        const bool day = is_gate_day(std::floor(t / 24), share) &&
                         hour >= terminal.opens - value(Parameter::early_h) &&
                         t < closes(i, t) - 0.5;
        const bool stopped = t >= here.stop && t < here.opens;
        const bool believed = !stopped || t >= here.believed - value(Parameter::early_h);
        if (here.pool > 0 && day && believed) {
            const double fleet = 0.5 * 1.5 * here.visits_a_day * 120 / profile_sum;
            const auto bits =
                philox({drawn_again_, 0, replication_, 6}, {seed_, process_named("again")});
            const double wish = here.pool * (1 - std::exp(-0.5 / value(Parameter::release_h)));
            const auto count = static_cast<int>(std::min(wish, fleet) + unit_of(bits[0]));
            for (int k = 0; k < count && here.pool >= 1 && on_tour_ < fleet_; ++k) {
                const std::uint64_t number = (std::uint64_t{1} << 40U) + drawn_again_++;
                const auto driver = philox({number, static_cast<std::uint64_t>(i), replication_, 3},
                                           {seed_, process_named("driver")});
                if (!joins(i, unit_of(driver[0])) || !books(i, t)) continue;
                // Urgent ones in their proportion, or first.
                const bool urgent =
                    here.pool_urgent >= 1 &&
                    (t >= here.urgent_from || static_cast<double>(driver[0] & 0xFFFU) * here.pool <
                                                  0x1p12 * here.pool_urgent);
                here.pool -= 1;
                if (urgent) here.pool_urgent -= 1;
                make_truck(i, t + 0.5 * unit_of(driver[3]), t, driver, number, urgent);
            }
        }
    }
    const auto row = static_cast<std::size_t>(t);
    if (t == static_cast<double>(row) && row > 0)
        for (std::size_t i = 0; i < terminals_.size(); ++i)
            out_.trucks[i * out_.hours + row - 1] = static_cast<float>(terminals_[i].waiting);
    for (std::size_t road = 0; road < roads_.size(); ++road) {
        auto& longest = at(out_.queue_m, road, t);
        longest = std::max(
            longest, static_cast<float>(roads_[road].trucks * value(Parameter::truck_spacing_m) /
                                        scenario_->port->roads[road].lanes));
    }
    push(t + 0.5, tick, 0);
}

void PortRun::advance(double to) {
    while (!events_.empty() && events_.first().time() <= to) {
        const Event event = events_.first();
        events_.pop();
        ++out_.events;
        const double t = event.time();
        const std::uint32_t c = event.index();
        switch (event.kind()) {
        case yard_ends: {
            const std::size_t i = trucks_[c].terminal;
            auto& here = terminals_[i];
            const auto boxes = static_cast<float>(value(Parameter::boxes_per_visit));
            at(moved_, i, t) += boxes;
            if (t >= here.stop && t < here.opens) {
                here.moved_in_stop += boxes;
                if (trucks_[c].urgent) here.urgent_moved += boxes;
            }
            --here.yard_busy;
            --on_tour_;
            let_go(c);
            if (here.yard_line.first != nobody) enter_yard(pop(here.yard_line), t);
            break;
        }
        case gate_ends: {
            const std::size_t i = trucks_[c].terminal;
            --terminals_[i].busy;
            enter_yard(c, t);
            serve(i, t);
            break;
        }
        case mode_changes: change_mode(c, t); break;
        case planned: plan_visit(c, t); break;
        case arrives: arrive(c, t); break;
        case patience_ends: {
            auto& truck = trucks_[c];
            truck.patience_pending = false;
            if (truck.state == State::free) {
                truck.next = free_;
                free_ = c;
            } else if (truck.state == State::on_road || truck.state == State::in_plaza) {
                const std::size_t line = terminals_[truck.terminal].line;
                leave(c, t, true);
                move_up(line, t);
            }
            break;
        }
        case tick: half_hour(t); break;
        default: break;
        }
    }
    t_ = std::max(t_, to);
}

}  // namespace noroshi::respond::forecast
