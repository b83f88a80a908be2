#include "engines/detect/behaviour.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace noroshi::engines::detect {

namespace {

constexpr Micros hour = 3600LL * 1000000;
constexpr std::size_t most_keys = 200000;  // per table; then it begins anew

// Labels under a country code that are suffixes themselves.
constexpr auto second_level = std::to_array<std::string_view>(
    {"ac", "ad",  "co", "com", "ed", "edu", "go",  "gob", "gov", "gr",  "id",  "in", "info",
     "lg", "ltd", "me", "mil", "ne", "net", "nhs", "nom", "or",  "org", "plc", "sch"});

}  // namespace

std::string_view registered_domain(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    const std::size_t last = name.rfind('.');
    if (last == std::string_view::npos || last == 0) return name;
    const std::size_t second = name.rfind('.', last - 1);
    if (second == std::string_view::npos) return name;
    const auto label = name.substr(second + 1, last - second - 1);
    const bool country = name.size() - last - 1 == 2;
    if (country && std::ranges::find(second_level, label) != second_level.end()) {
        const std::size_t third =
            second == 0 ? std::string_view::npos : name.rfind('.', second - 1);
        return third == std::string_view::npos ? name : name.substr(third + 1);
    }
    return name.substr(second + 1);
}

std::vector<std::string> behaviour_fields() {
    auto fields = beacon_fields();
    for (const char* more : {"dest_port", "query", "dns.rrname"}) fields.emplace_back(more);
    return fields;
}

Behaviour::Behaviour(const FieldNames& fields, BehaviourOptions options)
    : options_(std::move(options)), beacons_(fields, {false, options_.internal, 24 * 3600}) {
    fields_ = {fields.find("id.orig_h"), fields.find("id.resp_h"), fields.find("src_ip"),
               fields.find("dest_ip"),   fields.find("id.resp_p"), fields.find("dest_port"),
               fields.find("duration"),  fields.find("query"),     fields.find("dns.rrname")};
}

void Behaviour::note(std::string id, std::string level, const Place& place,
                     std::vector<std::pair<std::string, std::string>> figures) {
    Found found;
    found.kind = Found::Kind::behaviour;
    found.rule_id = std::move(id);
    found.level = std::move(level);
    found.time = place.time;
    found.source = place.source;
    found.line = place.line;
    found.group = std::move(figures);
    found_.push_back(std::move(found));
}

void Behaviour::count(std::unordered_map<std::string, Tally>& tallies, const std::string& key,
                      std::uint64_t value, std::size_t limit, const char* id, const Place& place,
                      std::vector<std::pair<std::string, std::string>> figures) {
    if (tallies.size() >= most_keys) tallies.clear();
    Tally& tally = tallies[key];
    if (tally.distinct.empty() || place.time - tally.begun > hour) {
        tally.distinct.clear();
        tally.begun = place.time;
    }
    if (tally.told) return;
    tally.distinct.insert(value);
    if (tally.distinct.size() < limit) return;
    tally.told = true;
    tally.distinct.clear();
    figures.emplace_back("distinct", std::to_string(limit));
    note(id, "high", place, std::move(figures));
}

void Behaviour::take(const Event& event, std::size_t source, std::uint64_t line) {
    if (event.time == no_time) return;
    const Place place{source, line, event.time};
    last_ = place;
    beacons_.take(event);
    std::string_view src = event.text(fields_.src);
    std::string_view dst = event.text(fields_.dst);
    if (src.empty()) src = event.text(fields_.src_ip);
    if (dst.empty()) dst = event.text(fields_.dst_ip);
    if (src.empty() || dst.empty()) return;
    std::string_view port = event.text(fields_.port);
    if (port.empty()) port = event.text(fields_.dest_port);

    std::string_view query = event.text(fields_.query);
    if (query.empty()) query = event.text(fields_.rrname);
    if (!query.empty() && query.find('.') != std::string_view::npos) {
        const auto domain = registered_domain(query);
        if (domain != query && !domain.ends_with(".arpa") && !domain.ends_with("in-addr.arpa") &&
            !domain.ends_with(".local"))
            count(names_, std::string(src) + " " + std::string(domain), hash_of(query),
                  options_.names_below_domain, "dns_tunnel", place,
                  {{"src", std::string(src)}, {"domain", std::string(domain)}});
        return;
    }
    const auto address = parse_address(src);
    const auto target = parse_address(dst);
    if (!address || !target) return;
    const auto inside = [&](const Address& a) {
        if (options_.internal.empty()) return is_private(a);
        return std::ranges::any_of(options_.internal,
                                   [&](const Network& network) { return network.contains(a); });
    };
    if (port.empty() || is_multicast_or_broadcast(*target)) return;
    if (inside(*target) && (port == "445" || port == "139" || port == "3389" || port == "5985" ||
                            port == "5986" || port == "22"))
        count(fan_out_, std::string(src) + " " + std::string(port), hash_of(dst),
              options_.fan_out_hosts, "fan_out", place,
              {{"src", std::string(src)}, {"port", std::string(port)}});
    if (inside(*address))
        count(ports_, std::string(src) + " " + std::string(dst), hash_of(port),
              options_.scanned_ports, "port_scan", place,
              {{"src", std::string(src)}, {"dst", std::string(dst)}});
    double duration = 0;
    const auto text = event.text(fields_.duration);
    std::from_chars(text.data(), text.data() + text.size(), duration);
    if (duration >= options_.long_connection_seconds && inside(*address) && !inside(*target) &&
        long_told_.size() < most_keys &&
        long_told_.insert(std::string(src) + " " + std::string(dst)).second)
        note("long_connection", "medium", place,
             {{"src", std::string(src)},
              {"dst", std::string(dst)},
              {"port", std::string(port)},
              {"seconds", fmt::format("{:.0f}", duration)}});
}

void Behaviour::finish(const std::function<void(Found&&)>& tell) {
    for (Found& found : found_) tell(std::move(found));
    found_.clear();
    for (const Beacon& beacon : beacons_.finish()) {
        if (beacon.score < options_.beacon_score) break;
        note(
            "beacon", beacon.score >= 0.9 ? "high" : "medium", last_,
            {{"src", beacon.src},
             {beacon.fqdn.empty() ? "dst" : "fqdn", beacon.fqdn.empty() ? beacon.dst : beacon.fqdn},
             {"connections", std::to_string(beacon.connections)},
             {"score", fmt::format("{:.3f}", beacon.score)}});
    }
    for (Found& found : found_) tell(std::move(found));
    found_.clear();
}

}  // namespace noroshi::engines::detect
