#include "respond/forecast/port_model.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "engines/simulate/distribution.h"

namespace noroshi::respond::forecast {

namespace {

namespace bj = boost::json;

constexpr std::array<std::string_view, parameter_count> names{"teu_per_year",
                                                              "teu_per_box",
                                                              "landside_share",
                                                              "weekdays_per_year",
                                                              "saturdays_per_year",
                                                              "saturday_share",
                                                              "boxes_per_visit",
                                                              "calls_per_day",
                                                              "call_size_cv",
                                                              "crane_rate",
                                                              "cranes_per_ship",
                                                              "berthing_h",
                                                              "gate_service_min",
                                                              "lane_load",
                                                              "yard_service_min",
                                                              "plaza_buffer",
                                                              "patience_h",
                                                              "word_of_mouth_h",
                                                              "notice_reach",
                                                              "stubborn_share",
                                                              "manual_probability",
                                                              "manual_gate_factor",
                                                              "manual_show_share",
                                                              "manual_ship_probability",
                                                              "manual_ship_factor",
                                                              "restart_factor",
                                                              "restart_factor_h",
                                                              "surge",
                                                              "release_h",
                                                              "early_h",
                                                              "balk_after_h",
                                                              "trips_a_day",
                                                              "reentry_lag_h",
                                                              "stagger_h",
                                                              "slip_probability",
                                                              "slip_h",
                                                              "outage_h",
                                                              "omission_midpoint_h",
                                                              "omission_scale_h",
                                                              "truck_spacing_m",
                                                              "leave_on_notice",
                                                              "reefer_share",
                                                              "dwell_import_d",
                                                              "dwell_export_d",
                                                              "m2_per_slot_straddle",
                                                              "m2_per_slot_rtg",
                                                              "stack_height",
                                                              "usable_share",
                                                              "pilot_h",
                                                              "tug_h",
                                                              "tugs_per_move",
                                                              "marine_load",
                                                              "fairway_h",
                                                              "fairway_gap_min",
                                                              "one_way_share",
                                                              "urgent_share",
                                                              "sunday_share"};

double real(const bj::value& value) { return value.to_number<double>(); }
double real_or(const bj::object& o, std::string_view name, double otherwise) {
    const auto* value = o.if_contains(name);
    return value != nullptr && value->is_number() ? real(*value) : otherwise;
}
std::string text_or(const bj::object& o, std::string_view name, std::string otherwise = {}) {
    const auto* value = o.if_contains(name);
    if (value == nullptr) return otherwise;
    if (value->is_string()) return std::string(value->as_string());
    return value->is_number() ? fmt::format("{}", real(*value)) : otherwise;
}
// An id that looks like a number was read as one.
std::string text_or_number(const bj::value& value) {
    return value.is_string() ? std::string(value.as_string()) : fmt::format("{}", real(value));
}
bool flag_or(const bj::object& o, std::string_view name, bool otherwise) {
    const auto* value = o.if_contains(name);
    return value != nullptr && value->is_bool() ? value->as_bool() : otherwise;
}

// "08:30" in hours.
std::optional<double> hour_of(std::string_view text) {
    int hours = 0;
    int minutes = 0;
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    if (std::from_chars(text.begin(), text.begin() + 2, hours).ptr != text.begin() + 2 ||
        std::from_chars(text.begin() + 3, text.end(), minutes).ptr != text.end() || hours < 0 ||
        hours > 24 || minutes < 0 || minutes > 59)
        return std::nullopt;
    return hours + minutes / 60.0;
}

std::unexpected<Error> unknown(const std::string& pointer, const std::string& name) {
    return invalid("respond.forecast.unknown_name", pointer, {{"name", name}});
}

Result<Prior> prior_of(const bj::object& o, const std::string& here) {
    Prior prior;
    if (o.contains("value")) {
        prior.at = {real(o.at("value")), 0, 0};
    } else if (o.contains("median")) {
        prior.shape = Prior::Shape::lognormal;
        prior.at = {real(o.at("median")), real_or(o, "factor", 1), 0};
        if (!(prior.at[0] > 0) || !(prior.at[1] >= 1))
            return invalid("respond.forecast.prior", here);
    } else if (o.contains("low") && o.contains("high")) {
        const double low = real(o.at("low"));
        const double high = real(o.at("high"));
        const double mode = real_or(o, "mode", low);
        prior.shape = o.contains("mode") ? Prior::Shape::triangular : Prior::Shape::uniform;
        prior.at = {low, high, mode};
        if (high < low || mode < low || mode > high) return invalid("respond.forecast.prior", here);
    } else {
        return invalid("respond.forecast.prior", here);
    }
    prior.source = text_or(o, "source");
    prior.date = text_or(o, "date");
    prior.inference = flag_or(o, "inference", false);
    prior.pre_event = flag_or(o, "pre_event", true);
    return prior;
}

Result<> read_priors(const bj::object& file, Priors& into,
                     std::array<bool, parameter_count>& seen) {
    const auto* parameters = file.if_contains("parameters");
    if (parameters == nullptr) return {};
    for (const auto& [name, value] : parameters->as_object()) {
        const auto here = "/parameters/" + std::string(name);
        const auto parameter = parameter_named(name);
        if (!parameter) return unknown(here, std::string(name));
        const auto at = static_cast<std::size_t>(*parameter);
        TRY_LET(into[at], prior_of(value.as_object(), here));
        seen[at] = true;
    }
    return {};
}

template <class T>
Result<std::size_t> place_of(const std::vector<T>& places, const std::string& id,
                             const std::string& pointer) {
    const auto found = std::ranges::find(places, id, &T::id);
    if (found == places.end()) return unknown(pointer, id);
    return static_cast<std::size_t>(found - places.begin());
}

Result<Terminal> terminal_of(const bj::object& o, const PortModel& port, const std::string& here) {
    Terminal terminal;
    terminal.id = text_or(o, "id");
    terminal.name = text_or(o, "name", terminal.id);
    terminal.share = real(o.at("share"));
    terminal.cranes = static_cast<int>(real_or(o, "quay_cranes", 3));
    terminal.berths = static_cast<int>(real_or(o, "berths", 1));
    terminal.yard_m2 = real_or(o, "yard_m2", 0);
    const auto gear = text_or(o, "yard_gear", "straddle");
    terminal.gear = gear == "agv"   ? YardGear::agv
                    : gear == "rtg" ? YardGear::rtg
                                    : YardGear::straddle;
    for (const auto& [field, into] : {std::pair{"gate_opens", &terminal.opens},
                                      {"gate_closes", &terminal.closes},
                                      {"saturday_closes", &terminal.saturday_closes}})
        if (o.contains(field)) {
            const auto hour = hour_of(text_or(o, field));
            if (!hour)
                return invalid("respond.forecast.hour", here + "/" + field,
                               {{"text", text_or(o, field)}});
            *into = *hour;
        }
    if (!(terminal.closes > terminal.opens))
        return invalid("respond.forecast.order", here + "/gate_closes");
    if (o.contains("gate_lanes")) terminal.lanes = static_cast<int>(real(o.at("gate_lanes")));
    TRY_LET(terminal.road, place_of(port.roads, text_or(o, "road"), here + "/road"));
    return terminal;
}

}  // namespace

double Prior::median() const { return of(0.5); }

double Prior::of(double unit) const {
    switch (shape) {
    case Shape::constant: return at[0];
    case Shape::uniform: return at[0] + unit * (at[1] - at[0]);
    case Shape::triangular: {
        const double width = at[1] - at[0];
        if (width <= 0) return at[0];
        const double turn = (at[2] - at[0]) / width;
        return unit < turn ? at[0] + std::sqrt(unit * turn) * width
                           : at[1] - std::sqrt((1 - unit) * (1 - turn)) * width;
    }
    case Shape::lognormal:
        return at[0] * std::exp(std::log(at[1]) * simulate::normal_quantile(unit));
    }
    return at[0];
}

std::string_view name_of(Parameter parameter) { return names[static_cast<std::size_t>(parameter)]; }

std::optional<Parameter> parameter_named(std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Parameter>(found - names.begin());
}

Result<PortModel> port_model_of(const bj::value& file, const bj::value& defaults) {
    const auto& o = file.as_object();
    PortModel port;
    port.id = text_or(o, "id");
    port.name = text_or(o, "name");
    const auto offset = text_or(o, "utc_offset", "+00:00");
    const auto hours =
        offset.size() == 6 ? hour_of(std::string_view(offset).substr(1)) : std::nullopt;
    if (!hours || (offset[0] != '+' && offset[0] != '-'))
        return invalid("respond.forecast.offset", "/utc_offset", {{"text", offset}});
    port.utc_offset = std::chrono::minutes(std::lround(*hours * 60) * (offset[0] == '-' ? -1 : 1));

    std::array<bool, parameter_count> seen{};
    if (auto read = read_priors(defaults.as_object(), port.priors, seen); !read)
        return std::unexpected(read.error());
    TRY(read_priors(o, port.priors, seen));
    for (std::size_t i = 0; i < parameter_count; ++i) {
        if (!seen[i]) return unknown("/parameters", std::string(names[i]));
        if (!(port.priors[i].of(0.001) >= 0))
            return invalid("respond.forecast.prior", "/parameters/" + std::string(names[i]));
    }
    const auto& roads = o.at("roads").as_array();
    for (std::size_t i = 0; i < roads.size(); ++i) {
        const auto& r = roads[i].as_object();
        Road road;
        road.id = text_or(r, "id");
        road.name = text_or(r, "name", road.id);
        road.length_m = real(r.at("length_m"));
        road.lanes = static_cast<int>(real_or(r, "lanes", 1));
        road.head_of_line = flag_or(r, "head_of_line", true);
        if (const auto* points = r.if_contains("points"))
            for (const auto& point : points->as_array())
                road.points.emplace_back(text_or(point.as_object(), "id"),
                                         real(point.as_object().at("at_m")));
        if (std::ranges::find(port.roads, road.id, &Road::id) != port.roads.end())
            return invalid("respond.forecast.twice", "/roads/" + std::to_string(i) + "/id",
                           {{"name", road.id}});
        port.roads.push_back(std::move(road));
    }
    const auto& terminals = o.at("terminals").as_array();
    double sum = 0;
    for (std::size_t i = 0; i < terminals.size(); ++i) {
        const auto here = "/terminals/" + std::to_string(i);
        TRY_LET(auto terminal, terminal_of(terminals[i].as_object(), port, here));
        if (std::ranges::find(port.terminals, terminal.id, &Terminal::id) != port.terminals.end())
            return invalid("respond.forecast.twice", here + "/id", {{"name", terminal.id}});
        sum += terminal.share;
        port.terminals.push_back(std::move(terminal));
    }
    if (!(std::abs(sum - 1) < 0.005))
        return invalid("respond.forecast.shares", "/terminals", {{"sum", fmt::format("{}", sum)}});
    for (auto& terminal : port.terminals) terminal.share /= sum;
    if (o.contains("pilots")) port.pilots = static_cast<int>(real(o.at("pilots")));
    if (o.contains("tugs")) port.tugs = static_cast<int>(real(o.at("tugs")));
    if (const auto* others = o.if_contains("alternatives"))
        for (std::size_t i = 0; i < others->as_array().size(); ++i) {
            const auto& r = others->as_array()[i].as_object();
            AlternativePort other;
            other.id = text_or(r, "id");
            other.name = text_or(r, "name", other.id);
            other.boxes_a_day = real(r.at("boxes_a_day"));
            other.after_h = real_or(r, "after_h", other.after_h);
            if (std::ranges::find(port.alternatives, other.id, &AlternativePort::id) !=
                port.alternatives.end())
                return invalid("respond.forecast.twice",
                               "/alternatives/" + std::to_string(i) + "/id", {{"name", other.id}});
            port.alternatives.push_back(std::move(other));
        }
    for (const auto& prior : port.priors)
        port.first_date_without = std::max(port.first_date_without, prior.date);
    return port;
}

Result<double> hours_of(const std::string& text, const Incident& incident, const PortModel& port) {
    TRY_LET(const auto at, parse_rfc3339(text));
    const auto local = at + port.utc_offset - incident.day0;
    return std::chrono::duration<double, std::ratio<3600>>(local).count();
}

std::string time_of(double hours, const Incident& incident, const PortModel& port) {
    const auto minutes = std::lround(hours * 60);
    const auto local = incident.day0 + std::chrono::minutes(minutes);
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date(day);
    const auto of_day = static_cast<int>((local - day).count());
    const auto offset = port.utc_offset.count();
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:00{}{:02}:{:02}",
                       static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()), of_day / 60, of_day % 60,
                       offset < 0 ? '-' : '+', std::abs(offset) / 60, std::abs(offset) % 60);
}

namespace {

class Reading {
public:
    Reading(Incident& incident, const PortModel& port) : incident_(incident), port_(port) {}

    Result<double> time(const bj::object& o, std::string_view field,
                        const std::string& here) const {
        auto hours = hours_of(text_or(o, field), incident_, port_);
        if (!hours)
            return invalid("respond.forecast.time", here + "/" + std::string(field),
                           {{"text", text_or(o, field)}});
        if (std::abs(*hours) > 24 * 400)
            return invalid("respond.forecast.order", here + "/" + std::string(field));
        return hours;
    }
    Result<double> time_or(const bj::object& o, std::string_view field, double otherwise,
                           const std::string& here) const {
        if (!o.contains(field)) return otherwise;
        return time(o, field, here);
    }
    Result<std::vector<std::size_t>> terminals(const bj::object& o, const std::string& here) const {
        std::vector<std::size_t> out;
        const auto* listed = o.if_contains("terminals");
        if (listed == nullptr || !listed->is_array()) {
            for (std::size_t i = 0; i < port_.terminals.size(); ++i) out.push_back(i);
            return out;
        }
        for (std::size_t i = 0; i < listed->as_array().size(); ++i) {
            const auto& id = listed->as_array()[i];
            TRY_LET(const auto at, place_of(port_.terminals, text_or_number(id),
                                            here + "/terminals/" + std::to_string(i)));
            out.push_back(at);
        }
        return out;
    }

    Result<> announcement(const bj::object& o, const std::string& here) {
        Announcement one;
        TRY_LET(one.known, time(o, "at", here));
        if (o.contains("system_at")) {
            TRY_LET(one.system, time(o, "system_at", here));
        }
        if (o.contains("gate_at")) {
            TRY_LET(one.gate, time(o, "gate_at", here));
        }
        one.to_public = flag_or(o, "public", true);
        one.withdrawn = flag_or(o, "withdrawn", false);
        if (o.contains("terminals")) {
            TRY_LET(one.terminals, terminals(o, here));
        }
        incident_.announcements.push_back(one);
        return {};
    }

    Result<> fact(const bj::object& o, const std::string& here) {
        Fact one;
        TRY_LET(one.known, time(o, "at", here));
        TRY_LET(one.from, time_or(o, "from", one.known, here));
        if (o.contains("gate_open_at")) {
            TRY_LET(one.gate_open, time(o, "gate_open_at", here));
        }
        if (o.contains("system_up_at")) {
            TRY_LET(one.system_up, time(o, "system_up_at", here));
        }
        if (o.contains("manual_factor")) one.manual_factor = real(o.at("manual_factor"));
        if (o.contains("ship_factor")) one.ship_factor = real(o.at("ship_factor"));
        TRY_LET(const auto which, terminals(o, here));
        for (const auto at : which) {
            one.terminal = at;
            incident_.facts.push_back(one);
        }
        return {};
    }

    Result<> observation(const bj::object& o, const std::string& here) {
        Observation one;
        TRY_LET(one.at, time(o, "at", here));
        TRY_LET(one.known, time_or(o, "known_at", one.at, here));
        const auto kind = text_or(o, "kind");
        one.value = real(o.at("value"));
        one.sd = real(o.at("sd"));
        if (kind == "queue_m") {
            TRY_LET(one.place, place_of(port_.roads, text_or(o, "road"), here + "/road"));
        } else if (kind == "wait_h") {
            one.kind = Seen::wait_h;
            TRY_LET(one.place,
                    place_of(port_.terminals, text_or(o, "terminal"), here + "/terminal"));
        } else {
            one.kind = kind == "boxes_moved" ? Seen::boxes_moved : Seen::ships_waiting;
        }
        if (one.known < one.at) return invalid("respond.forecast.order", here + "/known_at");
        incident_.observations.push_back(one);
        return {};
    }

    Result<> measure(const bj::object& o, const std::string& here) {
        static constexpr std::array kinds{"none",          "manual_lanes", "longer_hours",
                                          "do_not_come",   "staging",      "diversion",
                                          "restart_order", "appointments", "urgent_first"};
        Measure one;
        one.id = text_or(o, "id");
        one.name = text_or(o, "name", one.id);
        one.kind =
            static_cast<MeasureKind>(std::ranges::find(kinds, text_or(o, "kind")) - kinds.begin());
        TRY_LET(one.from, time_or(o, "from", incident_.start, here));
        one.amount = real_or(o, "amount", 0);
        TRY_LET(one.terminals, terminals(o, here));
        if (const auto* to = o.if_contains("to"); to != nullptr)
            for (std::size_t i = 0; i < to->as_array().size(); ++i) {
                const auto at = here + "/to/" + std::to_string(i);
                if (one.kind != MeasureKind::diversion)
                    return invalid("respond.forecast.order", at);
                TRY_LET(const auto which,
                        place_of(port_.alternatives, text_or_number(to->as_array()[i]), at));
                one.to.push_back(which);
            }
        incident_.measures.push_back(std::move(one));
        return {};
    }

    Result<> outcome(const bj::object& o, const std::string& here) {
        static constexpr std::array kinds{"ships_affected", "largest_delay_h", "boxes_affected",
                                          "queue_m",        "wait_h",          "reopening_h",
                                          "boxes_stranded"};
        Outcome one;
        one.id = text_or(o, "id");
        one.quantity =
            static_cast<Quantity>(std::ranges::find(kinds, text_or(o, "quantity")) - kinds.begin());
        one.value = real(o.at("value"));
        one.source = text_or(o, "source");
        TRY_LET(one.from, time_or(o, "from", incident_.start, here));
        TRY_LET(one.to, time_or(o, "to", one.from + 1, here));
        TRY_LET(one.known, time_or(o, "known_at", 1e9, here));
        if (o.contains("road")) {
            TRY_LET(one.place, place_of(port_.roads, text_or(o, "road"), here + "/road"));
        }
        incident_.outcomes.push_back(std::move(one));
        return {};
    }

    template <class F>
    Result<> each(const bj::object& o, const char* list, F&& read) {
        const auto* items = o.if_contains(list);
        if (items == nullptr) return {};
        for (std::size_t i = 0; i < items->as_array().size(); ++i)
            TRY((this->*read)(items->as_array()[i].as_object(),
                              std::string("/") + list + "/" + std::to_string(i)));
        return {};
    }

private:
    Incident& incident_;
    const PortModel& port_;
};

}  // namespace

Result<Incident> incident_of(const bj::value& file, const PortModel& port) {
    const auto& o = file.as_object();
    Incident incident;
    incident.id = text_or(o, "id");
    incident.title = text_or(o, "title");
    incident.port = text_or(o, "port");
    const auto start = parse_rfc3339(text_or(o, "start"));
    if (!start) return invalid("respond.forecast.time", "/start", {{"text", text_or(o, "start")}});
    incident.day0 = std::chrono::floor<std::chrono::days>(*start + port.utc_offset);
    Reading reading(incident, port);
    TRY_LET(incident.start, reading.time(o, "start", ""));
    TRY_LET(incident.terminals, reading.terminals(o, ""));
    TRY(reading.each(o, "announcements", &Reading::announcement));
    TRY(reading.each(o, "facts", &Reading::fact));
    TRY(reading.each(o, "observations", &Reading::observation));
    TRY(reading.each(o, "measures", &Reading::measure));
    TRY(reading.each(o, "outcomes", &Reading::outcome));
    if (const auto* days = o.if_contains("holidays"))
        for (std::size_t i = 0; i < days->as_array().size(); ++i) {
            const auto text = std::string(days->as_array()[i].as_string());
            const auto at = parse_rfc3339(text + "T00:00:00Z");
            if (!at)
                return invalid("respond.forecast.time", "/holidays/" + std::to_string(i),
                               {{"text", text}});
            incident.holidays.push_back(
                std::chrono::duration<double, std::ratio<86400>>(*at - incident.day0).count());
        }
    if (const auto* times = o.if_contains("as_of"))
        for (std::size_t i = 0; i < times->as_array().size(); ++i) {
            const auto text = std::string(times->as_array()[i].as_string());
            const auto hours = hours_of(text, incident, port);
            if (!hours || *hours < incident.start)
                return invalid("respond.forecast.time", "/as_of/" + std::to_string(i),
                               {{"text", text}});
            incident.as_of.emplace_back(text, *hours);
        }
    put_in_order(incident.announcements, &Announcement::known);
    put_in_order(incident.observations, &Observation::at);
    return incident;
}

}  // namespace noroshi::respond::forecast
