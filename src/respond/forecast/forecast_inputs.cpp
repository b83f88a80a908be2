#include "respond/forecast/forecast_inputs.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "kernel/json/json.h"
#include "prepare/contacts/contacts_holidays.h"

namespace noroshi::respond::forecast {

namespace {

namespace bj = boost::json;
namespace port = prepare::port;

// Nagoya in 2022 had 2.68 M TEU and about 9.8 calls a day at 29 quay cranes (the sources of
// data/ports/forecast-defaults.yaml and nagoya-2023.yaml): what a crane moves there stands for a port
// that has told nothing.
constexpr double teu_per_crane = 2.68e6 / 29;
constexpr double teu_per_call = 2.68e6 / 365 / 9.75;
// A berth for a container ship of these days is about 330 m.
constexpr double metres_per_berth = 330;
// Where no road is registered. Long enough that nobody's tail ends at its end.
constexpr double road_metres = 3000;

double cranes_of(const port::Terminal& terminal) {
    if (terminal.quay_cranes && *terminal.quay_cranes > 0) return *terminal.quay_cranes;
    if (terminal.quay_metres && *terminal.quay_metres > 0)
        return std::max(1.0, std::round(*terminal.quay_metres / 120.0));
    return 3;
}

// As people write it: ストラドルキャリア, RTG 22, 自動トランスファークレーン, AGV.
Gear gear_of(const port::Terminal& terminal) {
    const std::string_view words = terminal.yard_gear;
    const auto has = [&](std::string_view word) {
        return words.find(word) != std::string_view::npos;
    };
    if (has("AGV") || has("utomat")) return Gear::agv;
    if (has("自動")) return Gear::agv;  // tidy: allow text: typed by people, not shown
    if (has("RTG") || has("RMG") || has("ransfer")) return Gear::rtg;
    if (has("トランスファー")) return Gear::rtg;  // tidy: allow text: typed by people, not shown
    return Gear::straddle;
}

bj::object inferred(double low, double high, std::string_view source) {
    return {{"low", low},     {"high", high},      {"source", source},
            {"date", "2022"}, {"inference", true}, {"pre_event", true}};
}

class Making {
public:
    Making(const port::State& port, const port::Register& known,
           const std::optional<TrafficDescribed>& traffic, const std::string& zone)
        : port_(port), known_(known), traffic_(traffic), zone_(zone) {}

    bj::object port_file(Instant at) {
        bj::object file{{"format", "noroshi-port-model/1"},
                        {"id", "port"},
                        {"name", port_.name()},
                        {"name_en", port_.name_en()},
                        {"utc_offset", offset_of(zone_, at)}};
        add_roads(file);
        add_terminals(file);
        add_parameters(file);
        if (traffic_) add_at_sea(file);
        return file;
    }
    std::vector<std::string> gaps;

private:
    std::vector<const port::Register::Facility*> facilities(port::FacilityKind kind,
                                                            const TerminalId& terminal) const {
        std::vector<const port::Register::Facility*> out;
        for (const auto* one : known_.facilities())
            if (one->body.facility_kind == kind &&
                std::ranges::find(one->body.terminals, terminal) != one->body.terminals.end())
                out.push_back(one);
        return out;
    }

    void add_roads(bj::object& file) {
        bj::array roads;
        for (const auto* one : known_.facilities()) {
            if (one->body.facility_kind != port::FacilityKind::road || one->body.terminals.empty())
                continue;
            const double metres = one->body.length_metres.value_or(0);
            const double length = metres > 0 ? metres : road_metres;
            bj::object road{{"id", one->body.facility.text},
                            {"name", one->body.name},
                            {"length_m", length},
                            {"lanes", std::max<std::uint32_t>(1, one->body.lanes.value_or(1))},
                            {"head_of_line", true},
                            {"source", "port register"}};
            if (metres > 0) road["points"] = bj::array{bj::object{{"id", "end"}, {"at_m", length}}};
            roads.push_back(std::move(road));
        }
        bool none = false;
        for (const auto* terminal : port_.terminals()) {
            if (!facilities(port::FacilityKind::road, terminal->id).empty()) continue;
            none = true;
            roads.push_back(bj::object{{"id", "road-" + terminal->id.text},
                                       {"name", terminal->name},
                                       {"length_m", road_metres},
                                       {"lanes", 1},
                                       {"inference", true},
                                       {"source", "no road is registered"}});
        }
        if (none) gaps.emplace_back("roads");
        file["roads"] = std::move(roads);
    }

    void add_terminals(bj::object& file) {
        bj::array out;
        double cranes = 0;
        double told = 0;
        for (const auto* terminal : port_.terminals()) cranes += cranes_of(*terminal);
        bool no_yard = false;
        const auto traffic_of = [&](const TerminalId& id) -> const TerminalTraffic* {
            if (!traffic_) return nullptr;
            const auto found =
                std::ranges::find(traffic_->terminals, id, &TerminalTraffic::terminal);
            return found == traffic_->terminals.end() ? nullptr : &*found;
        };
        std::vector<double> shares;
        for (const auto* terminal : port_.terminals()) {
            const auto* said = traffic_of(terminal->id);
            shares.push_back(said != nullptr && said->share > 0 ? said->share
                                                                : cranes_of(*terminal) / cranes);
            told += shares.back();
        }
        std::size_t i = 0;
        for (const auto* terminal : port_.terminals()) {
            const auto* said = traffic_of(terminal->id);
            const auto roads = facilities(port::FacilityKind::road, terminal->id);
            const auto berths = facilities(port::FacilityKind::berth, terminal->id).size();
            const double metres = terminal->quay_metres.value_or(0);
            const auto gear = said != nullptr && said->gear ? *said->gear : gear_of(*terminal);
            bj::object one{{"id", terminal->id.text},
                           {"name", terminal->name},
                           {"share", shares[i++] / told},
                           {"quay_cranes", static_cast<std::int64_t>(cranes_of(*terminal))},
                           {"berths", std::max<std::int64_t>(
                                          1, berths > 0 ? static_cast<std::int64_t>(berths)
                                                        : std::llround(metres / metres_per_berth))},
                           {"yard_gear", std::string(json::name_of(gear))},
                           {"road", roads.empty() ? "road-" + terminal->id.text
                                                  : roads.front()->body.facility.text}};
            if (metres > 0) one["quay_m"] = metres;
            if (said != nullptr && said->yard_square_metres)
                one["yard_m2"] = *said->yard_square_metres;
            else
                no_yard = true;
            // A gate of one terminal only; who shares one has no lanes of his own.
            std::uint32_t lanes = said != nullptr ? said->gate_lanes.value_or(0) : 0;
            if (lanes == 0)
                for (const auto* gate : facilities(port::FacilityKind::gate, terminal->id))
                    if (gate->body.terminals.size() == 1) lanes += gate->body.lanes.value_or(0);
            if (lanes > 0) one["gate_lanes"] = lanes;
            if (said != nullptr && said->gate_opens) one["gate_opens"] = *said->gate_opens;
            if (said != nullptr && said->gate_closes) one["gate_closes"] = *said->gate_closes;
            out.push_back(std::move(one));
        }
        if (no_yard) gaps.emplace_back("yards");
        file["terminals"] = std::move(out);
    }

    void add_at_sea(bj::object& file) {
        if (traffic_->pilots) file["pilots"] = *traffic_->pilots;
        if (traffic_->tugs) file["tugs"] = *traffic_->tugs;
        bj::array out;
        for (const auto& one : traffic_->alternatives) {
            bj::object other{{"id", fmt::format("alternative-{}", out.size() + 1)},
                             {"name", one.name},
                             {"boxes_a_day", one.boxes_a_day},
                             {"source", traffic_->source},
                             {"date", traffic_->date}};
            if (one.after_hours) other["after_h"] = *one.after_hours;
            out.push_back(std::move(other));
        }
        if (!out.empty()) file["alternatives"] = std::move(out);
    }

    void add_parameters(bj::object& file) {
        double cranes = 0;
        for (const auto* terminal : port_.terminals()) cranes += cranes_of(*terminal);
        const double teu = traffic_ ? traffic_->teu_per_year : teu_per_crane * cranes;
        bj::object parameters;
        if (traffic_) {
            parameters["teu_per_year"] = bj::object{
                {"low", teu * 0.97},      {"high", teu * 1.03}, {"source", traffic_->source},
                {"date", traffic_->date}, {"inference", false}, {"pre_event", true}};
        } else {
            gaps.emplace_back("traffic");
            parameters["teu_per_year"] = inferred(
                teu * 0.6, teu * 1.4, "quay cranes, at what one moves at Nagoya (S50, S52)");
        }
        const double calls = traffic_ && traffic_->calls_per_day ? *traffic_->calls_per_day
                                                                 : teu / 365 / teu_per_call;
        parameters["calls_per_day"] =
            inferred(calls * 0.87, calls * 1.13, "traffic, at the call size of Nagoya (S52, S56)");
        file["parameters"] = std::move(parameters);
    }

    const port::State& port_;
    const port::Register& known_;
    const std::optional<TrafficDescribed>& traffic_;
    const std::string& zone_;
};

bj::array ids(const std::vector<TerminalId>& terminals) {
    bj::array out;
    for (const auto& one : terminals) out.push_back(bj::string(one.text));
    return out;
}

// Of terminals that the register knows.
std::vector<TerminalId> known(const port::State& port, const std::vector<TerminalId>& named) {
    std::vector<TerminalId> out;
    for (const auto& id : named)
        if (port.find(id) != nullptr) out.push_back(id);
    return out;
}

void add_said(bj::object& file, const Course& course, const port::State& port) {
    using incident::Milestone;
    using incident::MilestoneState;
    bj::array announcements;
    bj::array facts;
    for (const auto& one : course.said) {
        if (port.find(one.terminal) == nullptr) continue;
        const bool gate = one.milestone == Milestone::gate_open;
        const auto time = format_rfc3339(one.time);
        if (one.state == MilestoneState::reached) {
            facts.push_back(bj::object{{"at", format_rfc3339(one.said_at)},
                                       {"terminals", ids({one.terminal})},
                                       {gate ? "gate_open_at" : "system_up_at", time}});
            continue;
        }
        bj::object announced{{"at", format_rfc3339(one.said_at)},
                             {"public", one.to_public},
                             {"terminals", ids({one.terminal})}};
        if (one.state == MilestoneState::withdrawn)
            announced["withdrawn"] = true;
        else
            announced[gate ? "gate_at" : "system_at"] = time;
        announcements.push_back(std::move(announced));
    }
    for (const auto& one : course.capabilities) {
        if (port.find(one.body.terminal) == nullptr) continue;
        bj::object fact{{"at", format_rfc3339(one.from)},
                        {"terminals", ids({one.body.terminal})},
                        {"from", format_rfc3339(one.from)}};
        const double share = one.body.mode == Mode::down ? 0
                             : one.body.mode == Mode::up ? 1
                                                         : one.body.share.value_or(0.35);
        if (one.body.part == Part::ships)
            fact["ship_factor"] = share;
        else if (one.body.part == Part::gate && one.body.mode == Mode::up)
            fact["gate_open_at"] = format_rfc3339(one.from);
        else if (one.body.part == Part::gate)
            fact["manual_factor"] = share;
        else if (one.body.mode == Mode::down)
            // Nobody knows what stands where: nothing can be handed out, whatever the gate does.
            fact["manual_factor"] = 0;
        else
            continue;
        facts.push_back(std::move(fact));
    }
    file["announcements"] = std::move(announcements);
    file["facts"] = std::move(facts);
}

void add_seen(bj::object& file, const Course& course, const bj::object& port_file) {
    const auto is_there = [&](const char* list, const std::string& id) {
        return std::ranges::any_of(port_file.at(list).as_array(), [&](const bj::value& one) {
            return std::string_view(one.at("id").as_string()) == id;
        });
    };
    bj::array out;
    for (const auto& one : course.seen) {
        if (one.withdrawn || one.at < course.began_at) continue;
        bj::object seen{
            {"at", format_rfc3339(one.at)}, {"value", one.body.value}, {"sd", one.body.sd}};
        switch (one.body.seen) {
        case SeenKind::queue_metres:
            if (!is_there("roads", one.body.place)) continue;
            seen["kind"] = "queue_m";
            seen["road"] = one.body.place;
            break;
        case SeenKind::wait_hours:
            if (!is_there("terminals", one.body.place)) continue;
            seen["kind"] = "wait_h";
            seen["terminal"] = one.body.place;
            break;
        case SeenKind::ships_waiting: seen["kind"] = "ships_waiting"; break;
        case SeenKind::boxes_moved: seen["kind"] = "boxes_moved"; break;
        }
        out.push_back(std::move(seen));
    }
    file["observations"] = std::move(out);
}

// On which the gates stay closed, as far as a forecast may reach. Of Japan's law; elsewhere nobody has
// told.
bj::array holidays_of(const std::string& zone, Instant from) {
    bj::array out;
    if (zone != "Asia/Tokyo") return out;
    const prepare::contacts::Holidays holidays;
    const auto first = std::chrono::floor<std::chrono::days>(from + std::chrono::hours(9));
    for (auto day = first; day < first + std::chrono::days(70); day += std::chrono::days(1))
        if (holidays.on(day) || prepare::contacts::is_year_end(day))
            out.push_back(bj::string(prepare::contacts::format_day(day)));
    return out;
}

// As a file with the same text would be read: every number is a real one.
void make_real(bj::value& value) {
    if (value.is_int64() || value.is_uint64()) {
        value = value.to_number<double>();
    } else if (value.is_array()) {
        for (auto& one : value.as_array()) make_real(one);
    } else if (value.is_object()) {
        for (auto& [name, one] : value.as_object()) make_real(one);
    }
}

}  // namespace

std::string offset_of(const std::string& zone, Instant at) {
    const auto mail = format_rfc5322(at, zone);  // "… 06:30:00 +0900"
    if (mail.size() < 5) return "+00:00";
    const auto offset = mail.substr(mail.size() - 5);
    return offset.substr(0, 3) + ":" + offset.substr(3);
}

Result<Inputs> inputs_of(const port::State& port, const port::Register& register_,
                         const std::optional<TrafficDescribed>& traffic, const Course& course,
                         const std::vector<MeasureAsked>& measures, const std::string& zone,
                         Instant now) {
    if (port.terminals().empty()) return fail(ErrorKind::conflict, "respond.forecast.no_terminals");
    Making making(port, register_, traffic, zone);
    Inputs inputs;
    inputs.port = making.port_file(course.began_at);
    inputs.gaps = std::move(making.gaps);
    auto& file = inputs.incident;
    file["format"] = "noroshi-incident/1";
    file["id"] = course.incident.text;
    file["title"] = course.title;
    file["port"] = "port";
    file["start"] = format_rfc3339(std::chrono::floor<std::chrono::seconds>(course.began_at));
    const auto stricken = known(port, course.terminals);
    if (!stricken.empty()) file["terminals"] = ids(stricken);
    if (stricken.empty()) inputs.gaps.emplace_back("terminals");
    if (auto days = holidays_of(zone, course.began_at); !days.empty())
        file["holidays"] = std::move(days);
    add_said(file, course, port);
    add_seen(file, course, inputs.port);
    bj::array what_if;
    for (std::size_t i = 0; i < measures.size(); ++i) {
        const auto& one = measures[i];
        bj::object measure{{"id", fmt::format("{}", i + 1)},
                           {"kind", std::string(json::name_of(one.kind))},
                           {"amount", one.amount},
                           {"from", format_rfc3339(std::max(one.from.value_or(now), now))}};
        if (const auto which = known(port, one.terminals); !which.empty())
            measure["terminals"] = ids(which);
        what_if.push_back(std::move(measure));
    }
    file["measures"] = std::move(what_if);
    for (auto* object : {&inputs.port, &inputs.incident})
        for (auto& [name, value] : *object) make_real(value);
    return inputs;
}

}  // namespace noroshi::respond::forecast
