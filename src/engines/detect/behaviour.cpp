#include "engines/detect/behaviour.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace noroshi::engines::detect {

namespace {

constexpr Micros hour = 3600LL * 1000000;
constexpr auto sources =
    std::to_array<std::string_view>({"id.orig_h", "src_ip", "srcip", "sourceIPv4Address", "src"});
constexpr auto targets =
    std::to_array<std::string_view>({"id.resp_h", "dest_ip", "dst_ip", "dstip",
                                     "destinationIPv4Address", "destinationIPv6Address", "dst"});
constexpr auto ports = std::to_array<std::string_view>(
    {"id.resp_p", "dest_port", "dst_port", "dstport", "destinationTransportPort", "dpt"});

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
    for (const auto& list : {std::span<const std::string_view>(sources), {targets}, {ports}})
        fields.insert(fields.end(), list.begin(), list.end());
    for (const char* more : {"query", "dns.rrname"}) fields.emplace_back(more);
    for (auto& more : habit_fields()) fields.push_back(std::move(more));
    return fields;
}

Behaviour::Behaviour(const FieldNames& fields, BehaviourOptions options, Habits* habits)
    : options_(std::move(options)),
      beacons_(fields, {false, options_.internal, 24 * 3600, options_.most_rows}), habits_(habits) {
    const auto find = [&](auto& into, const auto& names) {
        for (std::size_t i = 0; i < into.size(); ++i) into[i] = fields.find(names[i]);
    };
    find(fields_.src, sources);
    find(fields_.dst, targets);
    find(fields_.port, ports);
    fields_.duration = fields.find("duration");
    fields_.query = fields.find("query");
    fields_.rrname = fields.find("dns.rrname");
}

void Behaviour::note(std::string id, std::string level, const Place& place,
                     std::vector<std::pair<std::string, std::string>> figures) {
    found_.push_back(found_behaviour(std::move(id), std::move(level), place, std::move(figures)));
}

Behaviour::Tally& Behaviour::Tallies::at(std::uint64_t key) {
    key = (key ^ (key >> 32)) * 0x9E3779B97F4A7C15ULL | 1;
    for (;;) {
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = (key >> 20) & mask;
        while (slots_[at].key != 0 && slots_[at].key != key) at = (at + 1) & mask;
        if (slots_[at].key == key) return slots_[at].tally;
        if ((size_ + 1) * 2 <= slots_.size()) {
            ++size_;
            slots_[at].key = key;
            return slots_[at].tally;
        }
        std::vector<Slot> larger(slots_.size() * 2);
        for (Slot& slot : slots_) {
            if (slot.key == 0) continue;
            std::size_t to = (slot.key >> 20) & (larger.size() - 1);
            while (larger[to].key != 0) to = (to + 1) & (larger.size() - 1);
            larger[to] = std::move(slot);
        }
        slots_ = std::move(larger);
    }
}

void Behaviour::Tallies::clear() {
    slots_ = std::vector<Slot>(1024);
    size_ = 0;
}

bool Behaviour::count(Tallies& tallies, std::uint64_t key, std::uint64_t value, std::size_t limit,
                      Micros time) {
    if (tallies.size() >= most_keys) tallies.clear();
    Tally& tally = tallies.at(key);
    if (tally.told) return false;
    if (tally.distinct == 0 || time - tally.begun > hour) {
        tally.begun = time;
        tally.latest = value;
        tally.distinct = 1;
        tally.all.reset();
    } else if (value != tally.latest) {
        if (!tally.all) {
            tally.all = std::make_unique<std::unordered_set<std::uint64_t>>();
            tally.all->insert(tally.latest);
        }
        tally.all->insert(value);
        tally.latest = value;
        tally.distinct = static_cast<std::uint32_t>(tally.all->size());
    }
    if (tally.distinct < limit) return false;
    tally.told = true;
    tally.all.reset();
    return true;
}

void Behaviour::take(const Event& event, std::size_t source, std::uint64_t line) {
    if (event.time == no_time) return;
    const Place place{source, line, event.time};
    last_ = place;
    if (habits_ != nullptr) habits_->take(event, source, line);
    beacons_.take(event);
    const auto first = [&](const auto& list) {
        for (const FieldId field : list)
            if (const auto text = event.text(field); !text.empty()) return text;
        return std::string_view();
    };
    const std::string_view src = first(fields_.src);
    const std::string_view dst = first(fields_.dst);
    if (src.empty() || dst.empty()) return;
    const std::string_view port = first(fields_.port);
    const auto& ends = beacons_.ends();
    const std::uint32_t from = ends.known ? ends.src : beacons_.host(src);
    if (numbered_ != beacons_.renumbered()) {
        numbered_ = beacons_.renumbered();
        for (auto* tallies : {&fan_out_, &ports_, &names_}) tallies->clear();
        long_told_.clear();
    }

    std::string_view query = event.text(fields_.query);
    if (query.empty()) query = event.text(fields_.rrname);
    if (!query.empty() && query.find('.') != std::string_view::npos) {
        const auto domain = registered_domain(query);
        if (domain != query && !domain.ends_with(".arpa") && !domain.ends_with("in-addr.arpa") &&
            !domain.ends_with(".local") &&
            count(names_, hash_of(domain) ^ (from * 0x9E3779B97F4A7C15ULL), hash_of(query),
                  options_.names_below_domain, place.time))
            note("dns_tunnel", "high", place,
                 {{"src", std::string(src)},
                  {"domain", std::string(domain)},
                  {"distinct", std::to_string(options_.names_below_domain)}});
        return;
    }
    const std::uint32_t to = ends.known ? ends.dst : beacons_.host(dst);
    const auto& here = beacons_.facts(from);
    const auto& there = beacons_.facts(to);
    if (!here.is_address || !there.is_address || port.empty() || there.group) return;
    std::uint32_t port_number = 0;
    std::from_chars(port.data(), port.data() + port.size(), port_number);
    const bool administers = port_number == 445 || port_number == 139 || port_number == 3389 ||
                             port_number == 5985 || port_number == 5986 || port_number == 22;
    if (there.internal && administers &&
        count(fan_out_, static_cast<std::uint64_t>(from) << 32 | port_number, to,
              options_.fan_out_hosts, place.time))
        note("fan_out", "high", place,
             {{"src", std::string(src)},
              {"port", std::string(port)},
              {"distinct", std::to_string(options_.fan_out_hosts)}});
    const std::uint64_t pair = static_cast<std::uint64_t>(from) << 32 | to;
    if (here.internal && count(ports_, pair, port_number, options_.scanned_ports, place.time))
        note("port_scan", "high", place,
             {{"src", std::string(src)},
              {"dst", std::string(dst)},
              {"distinct", std::to_string(options_.scanned_ports)}});
    double duration = 0;
    const auto text = event.text(fields_.duration);
    std::from_chars(text.data(), text.data() + text.size(), duration);
    if (duration >= options_.long_connection_seconds && here.internal && !there.internal &&
        long_told_.size() < most_keys && long_told_.insert(pair).second)
        note("long_connection", "medium", place,
             {{"src", std::string(src)},
              {"dst", std::string(dst)},
              {"port", std::string(port)},
              {"seconds", fmt::format("{:.0f}", duration)}});
}

void Behaviour::finish(const std::function<void(Found&&)>& tell) {
    for (Found& found : found_) tell(std::move(found));
    found_.clear();
    if (habits_ != nullptr) habits_->drain(tell);
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
