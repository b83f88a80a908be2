#include "engines/detect/habits.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <numbers>
#include <optional>

#include "engines/detect/behaviour.h"

namespace noroshi::engines::detect {

namespace {

constexpr Micros minute = 60LL * 1000000;
constexpr Micros hour = 60 * minute;
constexpr Micros bucket_span = 5 * minute;
constexpr std::int64_t buckets_of_a_day = 288;
constexpr std::int64_t days_kept = 14;
constexpr auto ring = static_cast<std::size_t>(buckets_of_a_day * days_kept);
constexpr std::int64_t window_buckets = 3;
constexpr Micros latecomers = 15 * minute;  // a system's lines may come that much after others'
constexpr std::size_t most_systems = 64;
constexpr std::size_t most_recent = 1000;  // refusals of one account or address
constexpr std::size_t most_refusals = 10'000;
constexpr std::size_t most_known = 16;  // countries, devices of an account
constexpr std::uint8_t new_destinations_a_day = 3;
constexpr double travel_least_km = 300;
constexpr std::int64_t a_week = 7;

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
    std::uint64_t h = a ^ (b * 0x9E3779B97F4A7C15ULL);
    h = (h ^ (h >> 33)) * 0xFF51AFD7ED558CCDULL;
    return h ^ (h >> 29);
}

std::optional<double> number_of(std::string_view text) {
    double value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || end.ec != std::errc{} || end.ptr != text.data() + text.size()) return {};
    return value;
}

// Great-circle distance in km (haversine, a sphere of 6,371 km).
double distance_km(double from_lat, double from_lon, double to_lat, double to_lon) {
    const auto radians = [](double degrees) { return degrees * std::numbers::pi / 180; };
    const double across = std::sin(radians(to_lat - from_lat) / 2);
    const double along = std::sin(radians(to_lon - from_lon) / 2);
    const double a =
        across * across + std::cos(radians(from_lat)) * std::cos(radians(to_lat)) * along * along;
    return 2 * 6371 * std::asin(std::sqrt(std::clamp(a, 0.0, 1.0)));
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::string amount(double bytes) {
    return bytes >= 1e9 ? fmt::format("{:.1f} GB", bytes / 1e9)
                        : fmt::format("{:.0f} MB", bytes / 1e6);
}

// Known already, or learnt now; false: it is new.
bool knows(std::vector<std::uint64_t>& known, std::uint64_t value) {
    if (std::ranges::find(known, value) != known.end()) return true;
    if (known.size() >= most_known) known.erase(known.begin());
    known.push_back(value);
    return false;
}

constexpr auto field_names = std::to_array<std::string_view>(
    {// 0: source, in the order of preference
     "id.orig_h", "src_ip", "srcip", "sourceIPv4Address", "sourceIPv6Address", "src",
     // 6: target
     "id.resp_h", "dest_ip", "dst_ip", "dstip", "destinationIPv4Address", "destinationIPv6Address",
     "dst",
     // 13: bytes sent by the source
     "sentdelta", "sentbyte", "bytes_sent", "orig_ip_bytes", "orig_bytes", "flow.bytes_toserver",
     "octetDeltaCount", "out",
     // 21: the name of the target
     "server_name", "host", "tls.sni", "http.hostname", "hostname",
     // 26: log-ins
     "action", "event_id", "status", "user", "User", "username", "remip", "country", "srccountry",
     "src_country", "src_region", "geoip.country_code2", "source.geo.country_iso_code",
     // 39: where and by what
     "latitude", "longitude", "geoip.latitude", "geoip.longitude", "source.geo.location.lat",
     "source.geo.location.lon", "machine_name", "device_id", "deviceid", "host_id", "fctuid", "mac",
     // 51: transactions
     "transaction", "transaction_id", "transaction_type", "txn_id", "transactions_per_minute",
     "system"});

}  // namespace

std::vector<std::string> habit_fields() { return {field_names.begin(), field_names.end()}; }

struct Habits::Fields {
    std::array<FieldId, field_names.size()> id{};

    std::string_view first(const Event& event, std::size_t from, std::size_t to) const {
        for (std::size_t i = from; i < to; ++i)
            if (const auto text = event.text(id[i]); !text.empty() && text != "-") return text;
        return {};
    }
    std::string_view source(const Event& e) const { return first(e, 0, 6); }
    std::string_view target(const Event& e) const { return first(e, 6, 13); }
    std::string_view sent(const Event& e) const { return first(e, 13, 21); }
    // Only Zeek's `host` and FortiOS's `hostname` are the other end; elsewhere it is who wrote the line.
    std::string_view target_name(const Event& e) const {
        for (const std::size_t i : {21U, 23U, 24U})
            if (const auto text = e.text(id[i]); !text.empty() && text != "-") return text;
        if (e.has(id[0])) return e.text(id[22]);
        return e.has(id[9]) ? e.text(id[25]) : std::string_view();
    }
    std::string_view action(const Event& e) const { return e.text(id[26]); }
    std::string_view event_id(const Event& e) const { return e.text(id[27]); }
    std::string_view status(const Event& e) const { return e.text(id[28]); }
    std::string_view user(const Event& e) const { return first(e, 29, 32); }
    std::string_view remip(const Event& e) const { return e.text(id[32]); }
    std::string_view country(const Event& e) const { return first(e, 33, 39); }
    std::string_view device(const Event& e) const { return first(e, 45, 51); }
    bool is_transaction(const Event& e) const { return !first(e, 51, 55).empty(); }
    std::string_view per_minute(const Event& e) const { return e.text(id[55]); }
    std::string_view system(const Event& e) const {
        const auto text = e.text(id[56]);
        return text.empty() ? e.text(id[22]) : text;
    }
};

Habits::Habits(const FieldNames& fields, HabitOptions options)
    : options_(std::move(options)), fields_(std::make_unique<Fields>()), addresses_(8192) {
    for (std::size_t i = 0; i < field_names.size(); ++i)
        fields_->id[i] = fields.find(field_names[i]);
}
Habits::~Habits() = default;

void Habits::set_options(HabitOptions options) {
    options_ = std::move(options);
    std::ranges::fill(addresses_, AddressFacts{});
}

const Habits::AddressFacts& Habits::facts_of(std::string_view text) {
    const auto hash = hash_of(text);
    AddressFacts& facts = addresses_[hash & (addresses_.size() - 1)];
    if (facts.text == hash) return facts;
    facts = {hash, 0, false, false};
    const auto address = parse_address(text);
    if (!address) return facts;
    facts.is_address = true;
    facts.inside =
        is_multicast_or_broadcast(*address) || (options_.internal.empty() && is_private(*address));
    for (const auto& network : options_.internal) facts.inside |= network.contains(*address);
    facts.network = address->is_v4() ? mixed(address->v4() >> 8, 4) : mixed(address->high >> 16, 6);
    return facts;
}

bool Habits::is_day_off(std::int64_t day) const {
    if (options_.is_day_off) return options_.is_day_off(day);
    const auto weekday = (day % 7 + 7 + 4) % 7;  // 1 January 1970 was a Thursday
    return weekday == 0 || weekday == 6;
}

// The entry of a key; none: the table is full of what was seen lately.
template <class Table>
typename Table::mapped_type* Habits::entry(Table& table, std::uint64_t key, std::int64_t day) {
    if (const auto found = table.find(key); found != table.end()) return &found->second;
    if (table.size() >= options_.most_keys) {
        if (swept_ != day) {
            swept_ = day;
            const auto old = [&](const auto& item) {
                if constexpr (requires { item.second.last_day; })
                    return item.second.last_day < day - a_week;
                else if constexpr (requires { item.second.day; })
                    return item.second.day < day;
                else
                    return item.second.recent.empty() ||
                           item.second.recent.back().first < latest_ - hour;
            };
            std::erase_if(hosts_, old);
            std::erase_if(destinations_, old);
            std::erase_if(accounts_, old);
            std::erase_if(refused_accounts_, old);
            std::erase_if(refused_addresses_, old);
        }
        if (table.size() >= options_.most_keys) {
            ++unwatched_;
            return nullptr;
        }
    }
    return &table[key];
}

void Habits::note(std::string id, std::string level, const Place& place,
                  std::vector<std::pair<std::string, std::string>> figures) {
    found_.push_back(found_behaviour(std::move(id), std::move(level), place, std::move(figures)));
}

void Habits::drain(const std::function<void(Found&&)>& tell) {
    for (auto& found : found_) tell(std::move(found));
    found_.clear();
}

std::vector<Habits::Refusal> Habits::take_refusals() { return std::exchange(refusals_, {}); }

void Habits::take(const Event& event, std::size_t source, std::uint64_t line) {
    if (event.time == no_time || event.time < 0) return;
    const Place place{source, line, event.time};
    latest_ = std::max(latest_, event.time);
    const auto day = floor_div(event.time + options_.zone_minutes * minute, 24 * hour);
    close_buckets(latest_ - latecomers);
    if (fields_->is_transaction(event) || !fields_->per_minute(event).empty())
        return take_transaction(event, place);
    if (!fields_->user(event).empty()) take_login(event, place, day);
    take_traffic(event, place, day);
}

// ---- what leaves the house -------------------------------------------------------------------

void Habits::take_traffic(const Event& event, const Place& place, std::int64_t day) {
    const auto src = fields_->source(event);
    const auto dst = fields_->target(event);
    if (src.empty() || dst.empty()) return;
    const AddressFacts from = facts_of(src);
    if (!from.inside) return;
    const AddressFacts to = facts_of(dst);
    if (!to.is_address || to.inside) return;
    const auto host_key = from.text;
    Host* host = entry(hosts_, host_key, day);
    if (host == nullptr || day < host->last_day) return;  // late: of a day that is summed up
    if (host->first_day == 0) host->first_day = day;
    if (host->last_day != day) {
        if (host->last_day != 0) {
            host->before.push_back(static_cast<float>(host->today));
            if (host->before.size() > static_cast<std::size_t>(days_kept))
                host->before.erase(host->before.begin());
        }
        host->last_day = day;
        host->today = 0;
        host->told = false;
        host->told_new = 0;
    }
    const bool has_learnt = day - host->first_day >= options_.learning_days;

    if (const auto sent = number_of(fields_->sent(event)); sent && *sent > 0) {
        host->today += *sent;
        const auto days = static_cast<int>(host->before.size());
        if (!host->told && days >= options_.learning_days &&
            host->today >= options_.outbound_least) {
            const double most = std::ranges::max(host->before);
            if (host->today > most * options_.outbound_factor) {
                host->told = true;
                note("outbound_volume", "high", place,
                     {{"src", std::string(src)},
                      {"dst", std::string(dst)},
                      {"sent", amount(host->today)},
                      {"usual", amount(most)},
                      {"days", std::to_string(days)}});
            }
        }
    }

    // A place: its registered name, else the network around the address, since large services move about.
    auto name = fields_->target_name(event);
    if (name.find('.') == std::string_view::npos || parse_address(name)) name = {};
    const auto place_key = !name.empty() ? hash_of(registered_domain(name)) : to.network;
    if (!host->many &&
        std::ranges::find(host->destinations, place_key) == host->destinations.end()) {
        if (has_learnt && !host->destinations.empty() && host->told_new < new_destinations_a_day) {
            ++host->told_new;
            note("new_destination", "medium", place,
                 {{"src", std::string(src)},
                  {name.empty() ? "dst" : "fqdn", std::string(name.empty() ? dst : name)},
                  {"known", std::to_string(host->destinations.size())},
                  {"days", std::to_string(day - host->first_day)}});
        }
        host->destinations.push_back(place_key);
        if (host->destinations.size() > options_.few_destinations) {
            host->many = true;
            host->destinations = {};
        }
    }

    Destination* there = entry(destinations_, place_key, day);
    if (there == nullptr) return;
    if (there->host == 0) there->host = host_key;
    there->shared |= there->host != host_key;
    if (there->shared) {
        there->day = day;
        return;
    }
    if (there->day != day) {
        there->day = day;
        there->hours = 0;
    }
    const auto local = place.time + options_.zone_minutes * minute;
    there->hours |= 1U << static_cast<std::uint32_t>(floor_div(local, hour) - day * 24);
    if (!there->told && hosts_.size() >= options_.many_hosts &&
        std::popcount(there->hours) >= options_.rare_hours) {
        there->told = true;
        note("rare_destination", "low", place,
             {{"src", std::string(src)},
              {name.empty() ? "dst" : "fqdn", std::string(name.empty() ? dst : name)},
              {"hours", std::to_string(std::popcount(there->hours))},
              {"hosts", std::to_string(hosts_.size())}});
    }
}

// ---- log-ins from outside --------------------------------------------------------------------

void Habits::take_login(const Event& event, const Place& place, std::int64_t day) {
    const auto action = fields_->action(event);
    const auto event_id = fields_->event_id(event);
    const auto status = fields_->status(event);
    const bool of_gateway = event_id == "gateway-auth" || event_id == "portal-auth";
    const bool refused = action == "login_failed" || action == "ssl-login-fail" ||
                         (of_gateway && (status == "failure" || status == "failed"));
    const bool let_in = action == "login" || action == "connect" || action == "tunnel-up" ||
                        (of_gateway && status == "success");
    if (!refused && !let_in) return;
    auto remote = fields_->remip(event);
    if (remote.empty()) remote = fields_->source(event);
    const AddressFacts there = facts_of(remote);
    if (!there.is_address || there.inside) return;
    const auto user = fields_->user(event);
    const auto user_key = hash_of(folded(user));
    const auto remote_key = there.text;

    const auto recent = [&](Refusals& list, Micros span) {
        while (!list.recent.empty() && list.recent.front().first < place.time - span)
            list.recent.pop_front();
        return list.recent.size();
    };
    if (refused) {
        if (refusals_.size() < most_refusals)
            refusals_.push_back(
                {std::string(remote), user_key, place.time, place.source, place.line});
        for (auto* table : {&refused_accounts_, &refused_addresses_}) {
            const bool by_account = table == &refused_accounts_;
            Refusals* list = entry(*table, by_account ? user_key : remote_key, day);
            if (list == nullptr) continue;
            list->recent.emplace_back(place.time, by_account ? remote_key : user_key);
            if (list->recent.size() > most_recent) list->recent.pop_front();
            recent(*list, hour);
            const auto within = std::ranges::count_if(list->recent, [&](const auto& one) {
                return one.first >= place.time - 10 * minute;
            });
            if (static_cast<std::size_t>(within) >= options_.guesses &&
                (list->told == no_time || place.time - list->told > hour)) {
                list->told = place.time;
                // One attack, seen from both of its ends, is said once.
                auto* other = by_account ? entry(refused_addresses_, remote_key, day) : nullptr;
                if (other != nullptr) other->told = place.time;
                note("vpn_guessing", "medium", place,
                     {{"remote", std::string(remote)},
                      {"user", std::string(user)},
                      {"count", std::to_string(within)}});
            }
            if (by_account || list->sprayed) continue;
            std::vector<std::uint64_t> users;
            for (const auto& one : list->recent) users.push_back(one.second);
            std::ranges::sort(users);
            users.erase(std::ranges::unique(users).begin(), users.end());
            if (users.size() >= options_.sprayed_users) {
                list->sprayed = true;
                note("password_spraying", "high", place,
                     {{"remote", std::string(remote)}, {"count", std::to_string(users.size())}});
            }
        }
        return;
    }

    // An account that was guessed at, and then somebody came in.
    for (auto* table : {&refused_accounts_, &refused_addresses_}) {
        const auto found = table->find(table == &refused_accounts_ ? user_key : remote_key);
        if (found == table->end()) continue;
        const auto count = recent(found->second, hour / 2);
        if (count < options_.guesses / 2) continue;
        note("vpn_guessed", "high", place,
             {{"remote", std::string(remote)},
              {"user", std::string(user)},
              {"count", std::to_string(count)}});
        found->second.recent.clear();
        break;
    }

    Account* account = entry(accounts_, user_key, day);
    if (account == nullptr) return;
    const bool has_habit = account->logins >= options_.known_logins;
    const auto country = fields_->country(event);
    if (!country.empty() && country != "Reserved" &&
        !knows(account->countries, hash_of(folded(country))) && has_habit &&
        account->countries.size() > 1)
        note("vpn_new_country", "high", place,
             {{"user", std::string(user)},
              {"country", std::string(country)},
              {"remote", std::string(remote)},
              {"logins", std::to_string(account->logins)}});
    const auto device = fields_->device(event);
    if (!device.empty() && !knows(account->devices, hash_of(folded(device))) && has_habit &&
        account->devices.size() > 1)
        note("vpn_new_device", "medium", place,
             {{"user", std::string(user)},
              {"device", std::string(device)},
              {"remote", std::string(remote)},
              {"logins", std::to_string(account->logins)}});
    const auto& id = fields_->id;
    for (const std::size_t at : {39U, 41U, 43U}) {
        const auto latitude = number_of(event.text(id[at]));
        const auto longitude = number_of(event.text(id[at + 1]));
        if (!latitude || !longitude || std::abs(*latitude) > 90 || std::abs(*longitude) > 180)
            continue;
        if (account->located != no_time) {
            const double km =
                distance_km(account->latitude, account->longitude, *latitude, *longitude);
            // A minute at least: clocks of gateways differ.
            const auto hours =
                static_cast<double>(std::max(std::abs(place.time - account->located), minute)) /
                static_cast<double>(hour);
            if (km >= travel_least_km && km / hours > options_.travel_kmh)
                note("impossible_travel", "high", place,
                     {{"user", std::string(user)},
                      {"remote", std::string(remote)},
                      {"km", fmt::format("{:.0f}", km)},
                      {"minutes", fmt::format("{:.0f}", hours * 60)}});
        }
        account->located = place.time;
        account->latitude = *latitude;
        account->longitude = *longitude;
        break;
    }
    const auto local = place.time + options_.zone_minutes * minute;
    const auto of_day = static_cast<int>(floor_div(local, hour) - day * 24);
    const bool off = is_day_off(day) || of_day < options_.opens || of_day >= options_.closes;
    if (off && account->logins >= 2 * options_.known_logins && account->off_hours == 0)
        note("vpn_off_hours", "medium", place,
             {{"user", std::string(user)},
              {"remote", std::string(remote)},
              {"at", fmt::format("{:02}:{:02}", of_day, floor_div(local, minute) % 60)},
              {"logins", std::to_string(account->logins)}});
    account->off_hours += off ? 1 : 0;
    account->last_day = day;
    ++account->logins;
}

// ---- transactions ----------------------------------------------------------------------------

void Habits::take_transaction(const Event& event, const Place& place) {
    const auto name = fields_->system(event);
    const auto key = name.empty() ? mixed(place.source, 77) : hash_of(name);
    auto found = systems_.find(key);
    if (found == systems_.end()) {
        if (systems_.size() >= most_systems) {
            ++unwatched_;
            return;
        }
        found = systems_.emplace(key, System{}).first;
        found->second.name = name;
        found->second.counts.resize(ring);
        found->second.first = found->second.current = floor_div(place.time, bucket_span);
    }
    System& system = found->second;
    system.last = place;
    const auto bucket = floor_div(place.time, bucket_span);
    if (bucket > system.current) {
        const auto steps =
            std::min<std::int64_t>(bucket - system.current, static_cast<std::int64_t>(ring));
        for (std::int64_t i = 1; i <= steps; ++i)
            system.counts[static_cast<std::size_t>(system.current + i) % ring] = 0;
        system.current = bucket;
    } else if (bucket <= system.current - static_cast<std::int64_t>(ring) ||
               bucket < system.first) {
        return;
    }
    auto& count = system.counts[static_cast<std::size_t>(bucket) % ring];
    if (const auto gauge = number_of(fields_->per_minute(event)))
        count = static_cast<float>(*gauge * 5);
    else
        count += 1;
}

void Habits::close_buckets(Micros until) {
    const auto bucket = floor_div(until, bucket_span);
    if (systems_.empty() || bucket <= closed_) {
        closed_ = std::max(closed_, bucket);
        return;
    }
    // After a pause of everything only what follows it is judged: what did not come then was silence.
    const auto from = std::max(closed_, bucket - buckets_of_a_day);
    for (auto& [key, system] : systems_)
        for (auto at = std::max(from, system.first); at < bucket; ++at) judge(system, at);
    closed_ = bucket;
}

// The quarter of an hour that ends with this bucket, against the same of the days before it that were
// of its kind.
void Habits::judge(System& system, std::int64_t bucket) {
    const auto sum = [&](std::int64_t last) {
        double all = 0;
        for (std::int64_t i = 0; i < window_buckets; ++i)
            if (last - i <= system.current)
                all +=
                    static_cast<double>(system.counts[static_cast<std::size_t>(last - i) % ring]);
        return all;
    };
    const auto local_day = [&](std::int64_t at) {
        return floor_div(at * bucket_span + options_.zone_minutes * minute, 24 * hour);
    };
    const bool off = is_day_off(local_day(bucket));
    std::vector<double> before;
    for (std::int64_t i = 1; i < days_kept; ++i) {
        const auto at = bucket - i * buckets_of_a_day;
        if (at - window_buckets < system.first) break;
        // Overwritten by now, when the ring has gone round.
        if (at - window_buckets <= system.current - static_cast<std::int64_t>(ring)) break;
        if (is_day_off(local_day(at)) == off) before.push_back(sum(at));
    }
    if (static_cast<int>(before.size()) < options_.learning_days) return;
    std::ranges::sort(before);
    const double usual = before[before.size() / 2];
    const double now = sum(bucket);
    if (usual < options_.transactions_least || now >= usual * options_.transactions_share) return;
    const auto time = (bucket + 1) * bucket_span;
    if (system.told != no_time && time - system.told < 6 * hour) return;
    system.told = time;
    Place place = system.last;
    place.time = time;
    note("transactions_fall", "high", place,
         {{"system", system.name.empty() ? "-" : system.name},
          {"now", fmt::format("{:.1f}", now / 15)},
          {"usual", fmt::format("{:.1f}", usual / 15)},
          {"days", std::to_string(before.size())}});
}

}  // namespace noroshi::engines::detect
