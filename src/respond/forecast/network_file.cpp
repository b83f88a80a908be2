#include "respond/forecast/network_file.h"

#include <cmath>

#include <fmt/format.h>

#include "kernel/json/json.h"

namespace noroshi::respond::forecast {

namespace {

namespace bj = boost::json;
using simulate::Distribution;
using simulate::Schedule;

double real(const bj::value& value) { return value.to_number<double>(); }

// Ids may be written as numbers: [[…]] and `to: 1` mean the same 1.
std::string name_of(const bj::value& value) {
    if (value.is_string()) return std::string(value.as_string());
    if (value.is_bool()) return value.as_bool() ? "true" : "false";
    return fmt::format("{}", real(value));
}

Schedule schedule_of(const bj::value& value) {
    Schedule schedule;
    for (const auto& one : value.as_array())
        schedule.emplace_back(real(one.as_array()[0]), real(one.as_array()[1]));
    return schedule;
}

std::vector<simulate::Next> next_of(const bj::value& value) {
    std::vector<simulate::Next> next;
    if (!value.is_array()) return {{name_of(value), 1, ""}};
    for (const auto& item : value.as_array()) {
        const auto& one = item.as_object();
        simulate::Next to;
        to.to = name_of(one.at("to"));
        if (const auto* share = one.if_contains("share")) to.share = real(*share);
        if (const auto* only = one.if_contains("class")) to.only_class = name_of(*only);
        next.push_back(std::move(to));
    }
    return next;
}

bool is(const bj::value& value, std::string_view word) {
    return value.is_string() && std::string_view(value.as_string()) == word;
}

Result<simulate::Source> source_of(const bj::object& o, const std::string& here) {
    simulate::Source source;
    source.id = name_of(o.at("id"));
    if (const auto* gaps = o.if_contains("interarrival")) {
        TRY_LET(source.interarrival, distribution_of(*gaps, here + "/interarrival"));
    }
    if (const auto* rate = o.if_contains("rate")) source.rate = schedule_of(*rate);
    if (const auto* batch = o.if_contains("batch")) {
        if (batch->is_number()) {
            TRY_LET(source.batch, Distribution::deterministic(real(*batch)));
        } else {
            TRY_LET(source.batch, distribution_of(*batch, here + "/batch"));
        }
    }
    if (const auto* name = o.if_contains("class")) source.class_name = name_of(*name);
    source.next = next_of(o.at("to"));
    return source;
}

Result<simulate::Station> station_of(const bj::object& o, const std::string& here) {
    simulate::Station station;
    station.id = name_of(o.at("id"));
    const auto& servers = o.at("servers");
    if (servers.is_array())
        station.servers = schedule_of(servers);
    else
        station.servers = {{0, servers.is_string() ? 1e9 : real(servers)}};
    if (const auto* service = o.if_contains("service")) {
        TRY_LET(station.service, distribution_of(*service, here + "/service"));
    }
    if (const auto* own = o.if_contains("service_of_class"))
        for (const auto& [name, value] : own->as_object()) {
            TRY_LET(auto made,
                    distribution_of(value, here + "/service_of_class/" + std::string(name)));
            station.service_of_class.emplace(std::string(name), std::move(made));
        }
    if (const auto* room = o.if_contains("room"); room != nullptr && room->is_number())
        station.room = real(*room);
    if (const auto* full = o.if_contains("when_full"); full != nullptr && is(*full, "lose"))
        station.when_full = simulate::WhenFull::lose;
    if (const auto* order = o.if_contains("discipline"); order != nullptr && is(*order, "priority"))
        station.discipline = simulate::Discipline::priority;
    if (const auto* patience = o.if_contains("patience");
        patience != nullptr && patience->is_object()) {
        TRY_LET(station.patience, distribution_of(*patience, here + "/patience"));
    }
    if (const auto* next = o.if_contains("next")) station.next = next_of(*next);
    return station;
}

Result<simulate::Link> link_of(const bj::object& o, const std::string& here) {
    simulate::Link link;
    link.id = name_of(o.at("id"));
    const auto& travel = o.at("travel");
    if (travel.is_number()) {
        TRY_LET(link.travel, Distribution::deterministic(real(travel)));
    } else {
        TRY_LET(link.travel, distribution_of(travel, here + "/travel"));
    }
    if (const auto* headway = o.if_contains("headway")) link.headway = real(*headway);
    if (const auto* backward = o.if_contains("backward")) link.backward = real(*backward);
    if (const auto* storage = o.if_contains("storage"); storage != nullptr && storage->is_number())
        link.storage = real(*storage);
    if (const auto* full = o.if_contains("when_full"); full != nullptr && is(*full, "lose"))
        link.when_full = simulate::WhenFull::lose;
    if (const auto* next = o.if_contains("next")) link.next = next_of(*next);
    return link;
}

std::string quoted(std::string_view text) {
    std::string out;
    json::write_string(out, text);
    return out;
}

void write(std::string& out, const simulate::Figures& f) {
    out += fmt::format(
        R"("customers":{},"mean_wait":{},"wait_variance":{},"wait_quantiles":{{"0.5":{},"0.9":{},"0.95":{},"0.99":{}}},)"
        R"("mean_queue":{},"mean_number":{},"utilisation":{},"blocked_fraction":{},"lost_fraction":{},"reneged_fraction":{},)"
        R"("ci95":[{},{}],"arrivals":{},"lost":{},"reneged":{})",
        f.customers, f.mean_wait, f.wait_variance, f.wait_quantiles[0], f.wait_quantiles[1],
        f.wait_quantiles[2], f.wait_quantiles[3], f.mean_queue, f.mean_number, f.utilisation,
        f.blocked_fraction, f.lost_fraction, f.reneged_fraction, f.ci95[0], f.ci95[1], f.arrivals,
        f.lost, f.reneged);
}

void write(std::string& out, const std::vector<simulate::PlaceFigures>& places,
           const std::vector<std::string>& at) {
    out += '{';
    for (const auto& place : places) {
        if (out.back() != '{') out += ',';
        out += quoted(place.id) + ":{";
        write(out, place.all);
        out += fmt::format(R"(,"max_number":{},"classes":{{)", place.max_number);
        for (const auto& [name, figures] : place.classes) {
            if (out.back() != '{') out += ',';
            out += quoted(name) + ":{";
            write(out, figures);
            out += '}';
        }
        out += '}';
        if (!at.empty()) {
            out += R"(,"number_at":{)";
            for (std::size_t i = 0; i < at.size(); ++i)
                out += fmt::format(R"({}{}:{{"mean":{},"sd":{}}})", i > 0 ? "," : "", quoted(at[i]),
                                   place.number_at[i].mean, place.number_at[i].sd);
            out += '}';
        }
        out += '}';
    }
    out += '}';
}

}  // namespace

Result<Distribution> distribution_of(const bj::value& value, const std::string& pointer) {
    const auto& o = value.as_object();
    const auto kind = std::string(o.at("dist").as_string());
    const auto part = [&](const char* name) { return real(o.at(name)); };
    Result<Distribution> made = [&]() -> Result<Distribution> {
        if (kind == "exponential") return Distribution::exponential(part("mean"));
        if (kind == "deterministic") return Distribution::deterministic(part("value"));
        if (kind == "erlang") return Distribution::erlang(part("k"), part("mean"));
        if (kind == "uniform") return Distribution::uniform(part("low"), part("high"));
        if (kind == "lognormal") return Distribution::lognormal(part("mean"), part("cv"));
        if (kind == "gamma") return Distribution::gamma(part("mean"), part("cv"));
        if (kind == "hyperexponential")
            return Distribution::hyperexponential(part("mean"), part("cv"));
        if (kind == "geometric") return Distribution::geometric(part("mean"));
        std::vector<double> values;
        for (const auto& one : o.at("values").as_array()) values.push_back(real(one));
        return Distribution::empirical(std::move(values));
    }();
    if (!made) made.error().pointer = pointer + made.error().pointer;
    return made;
}

Result<simulate::NetworkDescription> network_of(const bj::value& file) {
    simulate::NetworkDescription network;
    const auto& o = file.as_object();
    const auto each = [&](const char* list, auto&& make, auto& into) -> Result<> {
        const auto* items = o.if_contains(list);
        if (items == nullptr) return {};
        for (std::size_t i = 0; i < items->as_array().size(); ++i) {
            TRY_LET(auto made, make(items->as_array()[i].as_object(),
                                    std::string("/") + list + "/" + std::to_string(i)));
            into.push_back(std::move(made));
        }
        return {};
    };
    TRY(each("sources", source_of, network.sources));
    TRY(each("stations", station_of, network.stations));
    TRY(each("links", link_of, network.links));
    if (const auto* classes = o.if_contains("classes"))
        for (const auto& one : classes->as_array()) network.classes.push_back(name_of(one));
    return network;
}

std::string json_of(const simulate::NetworkFigures& figures, const std::vector<std::string>& at,
                    const simulate::RunOptions& options, double wall_seconds) {
    std::string out = R"({"stations":)";
    write(out, figures.stations, at);
    if (!figures.links.empty()) {
        out += R"(,"links":)";
        write(out, figures.links, at);
    }
    out += R"(,"sources":{)";
    for (const auto& [id, held] : figures.held_outside)
        out += fmt::format(R"({}{}:{{"mean_held_outside":{}}})", out.back() == '{' ? "" : ",",
                           quoted(id), held);
    out += fmt::format(
        R"(}},"entered":{},"left":{},"present":{},"time":{},"seed":{},"replications":{},"events":{},"wall_seconds":{:.6f}}})",
        figures.entered, figures.left, figures.present, figures.time, options.seed,
        options.replications, figures.events, wall_seconds);
    return out;
}

std::string table_of(const simulate::NetworkFigures& figures, const std::vector<std::string>& at) {
    std::string out = fmt::format(
        "{:<16}{:>12}{:>12}{:>12}{:>12}{:>12}{:>12}{:>9}{:>9}{:>9}{:>9}\n", "", "customers",
        "mean_wait", "95 %", "wait p95", "queue", "number", "util", "blocked", "lost", "reneged");
    const auto row = [&](const std::string& name, const simulate::Figures& f) {
        out += fmt::format(
            "{:<16}{:>12}{:>12.5g}{:>12}{:>12.5g}{:>12.5g}{:>12.5g}{:>9.4f}{:>9.4f}{:>9.4f}{:>9.4f}"
            "\n",
            name, f.customers, f.mean_wait, fmt::format("± {:.2g}", (f.ci95[1] - f.ci95[0]) / 2),
            f.wait_quantiles[2], f.mean_queue, f.mean_number, f.utilisation, f.blocked_fraction,
            f.lost_fraction, f.reneged_fraction);
    };
    for (const auto* places : {&figures.stations, &figures.links})
        for (const auto& place : *places) {
            row(place.id, place.all);
            if (place.classes.size() > 1)
                for (const auto& [name, f] : place.classes) row("  " + name, f);
            for (std::size_t i = 0; i < at.size(); ++i)
                out += fmt::format("  at {:<11}{:>12.5g} ± {:.5g}\n", at[i],
                                   place.number_at[i].mean, place.number_at[i].sd);
        }
    return out;
}

}  // namespace noroshi::respond::forecast
