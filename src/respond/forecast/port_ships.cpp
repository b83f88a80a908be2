#include <algorithm>
#include <cmath>

#include "engines/simulate/distribution.h"
#include "respond/forecast/port_run.h"

// The ships of a run, and what is told of it at its end.

namespace noroshi::respond::forecast {

namespace {

using simulate::philox;
using simulate::process_named;
using simulate::unit_of;

constexpr double never = std::numeric_limits<double>::infinity();
// Ships of the days before stand at the berths when the first day begins.
constexpr double first_ship_h = -120;

}  // namespace

// When work that needs `need` hours at full speed is done, begun at `begin`.
double PortRun::work_done(std::size_t i, double begin, double need) const {
    const auto& here = terminals_[i];
    if (here.stop == never || begin >= here.ready) return begin + need;
    double at = begin;
    if (at < here.stop) {
        if (at + need <= here.stop) return at + need;
        need -= here.stop - at;
        at = here.stop;
    }
    const double by_hand = (here.ready - at) * here.ship_factor;
    if (by_hand >= need) return at + need / here.ship_factor;
    return here.ready + need - by_hand;
}

// The calls of one terminal in order; beside each, the numbers that decide whether it leaves out the port
// and whether it is diverted.
void PortRun::draw_calls(std::size_t i,
                         std::vector<std::pair<ShipCall, std::array<double, 2>>>& into) const {
    const auto& terminal = scenario_->port->terminals[i];
    const double gap = 24 / (value(Parameter::calls_per_day) * terminal.share);
    const double moves_a_call = value(Parameter::teu_per_year) / value(Parameter::teu_per_box) /
                                365 / value(Parameter::calls_per_day);
    const double spread =
        std::log1p(value(Parameter::call_size_cv) * value(Parameter::call_size_cv));
    const double rate =
        value(Parameter::crane_rate) *
        std::min(value(Parameter::cranes_per_ship), static_cast<double>(terminal.cranes));
    simulate::Stream gaps(seed_, process_named("ships"), first_replication_, i);
    simulate::Stream later(seed_, process_named("ships"), replication_, i + 1'000);
    double t = first_ship_h;
    for (std::uint64_t k = 0;; ++k) {
        auto& next = t < own_from_ ? gaps : later;
        t -= gap / 2 * std::log(next.unit() * next.unit());
        if (t >= scenario_->horizon) break;
        const auto of = t < own_from_ ? first_replication_ : replication_;
        const auto bits =
            philox({k, static_cast<std::uint64_t>(i), of, 7}, {seed_, process_named("ship")});
        const double size = unit_of(bits[0]);
        ShipCall call;
        call.arrives = t;
        call.terminal = i;
        call.moves = moves_a_call *
                     std::exp(std::sqrt(spread) * simulate::normal_quantile(size) - spread / 2);
        call.work_h = call.moves / rate;
        // The larger the call, the larger the ship.
        call.tugs = static_cast<int>(value(Parameter::tugs_per_move) + size);
        call.one_way = size > 1 - value(Parameter::one_way_share);
        into.push_back({call, {unit_of(bits[1]), unit_of(bits[2])}});
    }
}

// Pilots and tugs were there for the traffic that there is: on a normal day every draw is a port that works.
Marine PortRun::marine() const {
    const auto& port = *scenario_->port;
    const double moves_an_hour = 2 * value(Parameter::calls_per_day) / 24;
    const auto on_duty = [&](double hours) {
        return static_cast<int>(std::ceil(moves_an_hour * hours / value(Parameter::marine_load)));
    };
    Marine out;
    out.pilots = port.pilots.value_or(std::max(1, on_duty(value(Parameter::pilot_h))));
    out.tugs = port.tugs.value_or(
        std::max(static_cast<int>(std::ceil(value(Parameter::tugs_per_move))) + 1,
                 on_duty(value(Parameter::tug_h) * value(Parameter::tugs_per_move))));
    out.move_h = value(Parameter::berthing_h) / 2;
    out.pilot_h = value(Parameter::pilot_h);
    out.tug_h = value(Parameter::tug_h);
    out.fairway_h = value(Parameter::fairway_h);
    out.gap_h = value(Parameter::fairway_gap_min) / 60;
    return out;
}

PortRun::Ships PortRun::ships() const {
    const auto& port = *scenario_->port;
    const auto* measure = scenario_->measure;
    std::vector<std::pair<ShipCall, std::array<double, 2>>> drawn;
    for (std::size_t i = 0; i < terminals_.size(); ++i) draw_calls(i, drawn);
    std::ranges::sort(drawn, {}, [](const auto& one) {
        return std::pair(one.first.arrives, one.first.terminal);
    });
    const auto by_sea = marine();
    Ships out;
    out.move_h = by_sea.move_h;
    out.went.assign(drawn.size(), -1);
    std::vector<int> berths;
    // What a line expects: the berth's turn, as if pilots and tugs were always there.
    std::vector<std::vector<double>> free;
    for (const auto& terminal : port.terminals) {
        berths.push_back(terminal.berths);
        free.emplace_back(static_cast<std::size_t>(terminal.berths), -1e9);
    }
    auto free_on_time = free;
    // Boxes that an alternative port has taken, by day.
    std::vector<std::vector<double>> taken(
        port.alternatives.size(),
        std::vector<double>(static_cast<std::size_t>(scenario_->horizon / 24) + 2));
    const auto place_for = [&](const ShipCall& call, bool by_measure) {
        const auto fits = [&](std::size_t at) {
            const auto& other = port.alternatives[at];
            if (call.arrives < scenario_->incident->start + other.after_h) return false;
            auto& used = taken[at][static_cast<std::size_t>(std::max(0.0, call.arrives) / 24)];
            if (used + call.moves > other.boxes_a_day) return false;
            used += call.moves;
            return true;
        };
        if (by_measure && !measure->to.empty()) {
            for (const auto at : measure->to)
                if (fits(at)) return static_cast<int>(at);
        } else {
            for (std::size_t at = 0; at < port.alternatives.size(); ++at)
                if (fits(at)) return static_cast<int>(at);
        }
        return -1;
    };
    for (std::size_t k = 0; k < drawn.size(); ++k) {
        auto& [call, chance] = drawn[k];
        const auto i = call.terminal;
        const auto& here = terminals_[i];
        const double t = call.arrives;
        auto soonest = std::ranges::min_element(free_on_time[i]);
        *soonest = std::max(t, *soonest) + call.work_h + 2 * by_sea.move_h;
        const double on_time = *soonest;
        soonest = std::ranges::min_element(free[i]);
        const double leaves =
            work_done(i, std::max(t, *soonest) + by_sea.move_h, call.work_h) + by_sea.move_h;
        if (t >= here.stop && t < here.opens) {
            const double odds = (leaves - on_time - value(Parameter::omission_midpoint_h)) /
                                value(Parameter::omission_scale_h);
            if (chance[0] < 1 / (1 + std::exp(-odds))) {
                // Its line finds a place: a named one if there is room, else somewhere.
                call.gone = true;
                out.went[k] = place_for(call, false);
            } else if (measure != nullptr && measure->kind == MeasureKind::diversion &&
                       t >= measure->from && chance[1] < measure->amount &&
                       std::ranges::find(measure->terminals, i) != measure->terminals.end()) {
                // We can send it only where somebody takes it.
                out.went[k] = place_for(call, true);
                call.gone = out.went[k] >= 0 || port.alternatives.empty();
            }
        }
        if (!call.gone) *soonest = leaves;
        out.calls.push_back(call);
    }
    out.stays = stays_of(out.calls, berths, by_sea, [&](std::size_t i, double begin, double need) {
        return work_done(i, begin, need);
    });
    auto as_planned = out.calls;
    for (auto& call : as_planned) call.gone = false;
    out.on_time = stays_of(as_planned, berths, by_sea,
                           [](std::size_t, double begin, double need) { return begin + need; });
    return out;
}

// Who is late, who waits, who went elsewhere; `discharged` is terminal × hours.
void PortRun::tell_ships(const Ships& ships, std::vector<double>& discharged, double& late_moves) {
    const std::size_t hours = out_.hours;
    out_.diverted_calls.assign(scenario_->port->alternatives.size(), 0);
    out_.diverted_boxes.assign(scenario_->port->alternatives.size(), 0);
    const auto rows = [&](double from, double to, std::vector<float>& into) {
        for (auto h = static_cast<std::size_t>(std::max(0.0, std::ceil(from)));
             h < hours && static_cast<double>(h) < to; ++h)
            into[h] += 1;
    };
    for (std::size_t k = 0; k < ships.calls.size(); ++k) {
        const auto& call = ships.calls[k];
        if (call.gone) {
            out_.ships_omitted += 1;
            out_.ships_affected += 1;
            if (ships.went[k] < 0) continue;
            const auto to = static_cast<std::size_t>(ships.went[k]);
            out_.ships_diverted += 1;
            out_.diverted_calls[to] += 1;
            out_.diverted_boxes[to] += static_cast<float>(call.moves);
            continue;
        }
        const auto& stay = ships.stays[k];
        const double delay = stay.leaves - ships.on_time[k].leaves;
        if (delay > 1) {
            out_.ships_affected += 1;
            out_.largest_delay_h = std::max(out_.largest_delay_h, static_cast<float>(delay));
            late_moves += call.moves;
            rows(ships.on_time[k].leaves + 1, stay.leaves, out_.ships_late);
        }
        rows(call.arrives, stay.begins, out_.ships_waiting);
        // Half of the moves are discharged, evenly over the stay at the quay.
        const double ends = std::max(stay.berthed + 0.5, stay.leaves - ships.move_h);
        for (auto h = static_cast<std::size_t>(std::max(0.0, stay.berthed));
             h < hours && static_cast<double>(h) < ends; ++h) {
            const double from = std::max(stay.berthed, static_cast<double>(h));
            const double to = std::min(ends, static_cast<double>(h + 1));
            discharged[call.terminal * hours + h] +=
                std::max(0.0, to - from) / (ends - stay.berthed) * call.moves / 2;
        }
    }
}

double PortRun::value_of(const Observation& seen) const {
    switch (seen.kind) {
    case Seen::queue_m:
        return roads_[seen.place].trucks * value(Parameter::truck_spacing_m) /
               scenario_->port->roads[seen.place].lanes;
    case Seen::wait_h: {
        // Of those who have been served lately, by hour of arrival.
        const auto hour =
            std::min(out_.hours - 1, static_cast<std::size_t>(std::max(0.0, seen.at)));
        for (std::size_t h = hour + 1; h-- > 0;) {
            const float count = wait_count_[seen.place * out_.hours + h];
            if (count > 0) return out_.wait_h[seen.place * out_.hours + h] / count;
        }
        return 0;
    }
    case Seen::boxes_moved: {
        const auto day = static_cast<std::size_t>(std::max(0.0, seen.at) / 24) * 24;
        double sum = 0;
        for (std::size_t i = 0; i < terminals_.size(); ++i)
            for (std::size_t h = day; h < out_.hours && static_cast<double>(h) < seen.at; ++h)
                sum += moved_[i * out_.hours + h];
        return sum;
    }
    case Seen::ships_waiting: {
        double count = 0;
        const auto all = ships();
        for (std::size_t k = 0; k < all.calls.size(); ++k)
            count += !all.calls[k].gone && all.calls[k].arrives <= seen.at &&
                     seen.at < all.stays[k].begins;
        return count;
    }
    }
    return 0;
}

PortOutcome PortRun::outcome() {
    advance(scenario_->horizon);
    const auto& port = *scenario_->port;
    const std::size_t hours = out_.hours;
    out_.ships_waiting.assign(hours, 0);
    out_.ships_late.assign(hours, 0);
    out_.yard_share.assign(terminals_.size() * hours, 0);
    out_.backlog.assign(hours, 0);
    double last_opens = scenario_->incident->start;
    double day = 0;
    double late_moves = 0;
    double urgent_wait = 0;
    double urgent_count = 0;
    double other_wait = 0;
    double other_count = 0;
    std::vector<double> all_discharged(terminals_.size() * hours);
    tell_ships(ships(), all_discharged, late_moves);
    for (std::size_t i = 0; i < terminals_.size(); ++i) {
        const double* const discharged = all_discharged.data() + i * hours;
        auto& here = terminals_[i];
        const bool stricken = here.stop < never;
        if (stricken) last_opens = std::max(last_opens, here.opens);
        out_.opens.push_back(
            static_cast<float>(stricken ? here.opens : scenario_->incident->start));
        out_.truck_hours.push_back(static_cast<float>(here.truck_hours));
        day += here.visits_a_day * value(Parameter::boxes_per_visit);
        out_.boxes_missed += static_cast<float>(here.planned_in_stop - here.moved_in_stop);
        out_.urgent_missed +=
            static_cast<float>(std::max(0.0, here.urgent_planned - here.urgent_moved));
        other_wait += here.waited[0];
        other_count += here.waiters[0];
        urgent_wait += here.waited[1];
        urgent_count += here.waiters[1];

        // The yard: imports wait to be fetched, exports to be loaded.
        const auto& terminal = port.terminals[i];
        double full = never;
        if (terminal.yard_m2 > 0) {
            const double slots =
                terminal.yard_m2 /
                value(terminal.gear == YardGear::straddle ? Parameter::m2_per_slot_straddle
                                                          : Parameter::m2_per_slot_rtg) *
                value(Parameter::stack_height) * value(Parameter::usable_share);
            const double capacity = slots / value(Parameter::teu_per_box);
            const double daily = here.visits_a_day * value(Parameter::boxes_per_visit) * 5.3 / 7;
            double imports = daily / 2 * value(Parameter::dwell_import_d);
            double exports = daily / 2 * value(Parameter::dwell_export_d);
            const double by_land = value(Parameter::landside_share);
            for (std::size_t h = 0; h < hours; ++h) {
                const double moved = moved_[i * hours + h];
                imports = std::max(0.0, imports + discharged[h] * by_land - moved / 2);
                exports = std::max(0.0, exports + moved / 2 - discharged[h] * by_land);
                const double share = (imports + exports) / capacity;
                out_.yard_share[i * hours + h] = static_cast<float>(share);
                if (share >= 1 && full == never) full = static_cast<double>(h);
            }
        }
        out_.full.push_back(static_cast<float>(full));
        for (std::size_t h = 0; h < hours; ++h) {
            auto& wait = out_.wait_h[i * hours + h];
            const float count = wait_count_[i * hours + h];
            wait = count > 0 ? wait / count : -1;
        }
    }
    out_.urgent_wait_h = urgent_count > 0 ? static_cast<float>(urgent_wait / urgent_count) : -1;
    out_.other_wait_h = other_count > 0 ? static_cast<float>(other_wait / other_count) : -1;
    out_.boxes_stranded = static_cast<float>(out_.boxes_missed / 2 + late_moves / 2);
    double behind = 0;
    double waited = 0;
    double clear = never;
    std::vector<double> planned(hours + 1);
    std::vector<double> moved(hours + 1);
    out_.service.assign(hours, 1);
    for (std::size_t h = 0; h < hours; ++h) {
        planned[h + 1] = planned[h];
        moved[h + 1] = moved[h];
        for (std::size_t i = 0; i < terminals_.size(); ++i) {
            planned[h + 1] += planned_[i * hours + h];
            moved[h + 1] += moved_[i * hours + h];
            behind += planned_[i * hours + h] - moved_[i * hours + h];
        }
        // Over a day, or a week where a day has no traffic: gates are closed at night anyway.
        for (const std::size_t past : {std::size_t{24}, std::size_t{168}}) {
            const std::size_t from = h + 1 > past ? h + 1 - past : 0;
            const double wanted = planned[h + 1] - planned[from];
            if (wanted < 1) continue;
            out_.service[h] = static_cast<float>((moved[h + 1] - moved[from]) / wanted);
            break;
        }
        out_.backlog[h] = static_cast<float>(behind);
        if (static_cast<double>(h) >= scenario_->incident->start)
            waited += std::max(0.0, behind) / 24;
        if (static_cast<double>(h + 1) >= last_opens && clear == never && behind <= 0.05 * day)
            clear = static_cast<double>(h + 1);
    }
    out_.clear = static_cast<float>(clear);
    out_.resilience_days = static_cast<float>(waited / day);
    return std::move(out_);
}

}  // namespace noroshi::respond::forecast
