#include "engines/detect/beacon.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace noroshi::engines::detect {

namespace rita {

namespace {

double median(const std::vector<double>& sorted, std::size_t from, std::size_t to) {
    const std::size_t n = to - from;
    if (n == 0) return 0;
    return n % 2 == 1 ? sorted[from + n / 2]
                      : (sorted[from + n / 2 - 1] + sorted[from + n / 2]) / 2;
}

double round3(double x) { return std::round(x * 1000) / 1000; }
double ceil3(double x) { return std::ceil(x * 1000) / 1000; }

}  // namespace

double statistical_score(const std::vector<double>& sorted, double default_mad) {
    const std::size_t n = sorted.size();
    // The middle one of an odd number belongs to neither half.
    const double q1 = median(sorted, 0, n / 2);
    const double q2 = median(sorted, 0, n);
    const double q3 = median(sorted, (n + 1) / 2, n);
    double skew = 0;
    if (q3 - q1 >= 10 && q2 != q1 && q2 != q3) skew = (q1 + q3 - 2 * q2) / (q3 - q1);
    std::vector<double> deviations;
    deviations.reserve(n);
    for (const double x : sorted) deviations.push_back(std::abs(x - q2));
    std::ranges::sort(deviations);
    const double mad = median(deviations, 0, n);
    double mad_score = q2 >= 1 ? (q2 - mad) / q2 : default_mad;
    if (!(mad_score >= 0)) mad_score = 0;
    return round3((1 - std::abs(skew) + mad_score) / 2);
}

Histogram histogram(std::int64_t from, std::int64_t to, const std::vector<std::uint32_t>& times,
                    int bins) {
    Histogram h;
    h.bars.resize(static_cast<std::size_t>(bins));
    const double step = static_cast<double>(to - from) / bins;
    const auto edge = [&](int i) {
        return i == bins ? static_cast<double>(to) : static_cast<double>(from) + i * step;
    };
    int bin = 0;
    for (const std::uint32_t time : times) {
        while (bin < bins - 1 && static_cast<double>(time) >= edge(bin + 1)) ++bin;
        ++h.bars[static_cast<std::size_t>(bin)];
    }
    int largest = 0;
    for (const int bar : h.bars) {
        h.total += bar > 0 ? 1 : 0;
        largest = std::max(largest, bar);
    }
    int run = 0;
    for (int i = 0; i < 2 * bins; ++i) {
        run = h.bars[static_cast<std::size_t>(i % bins)] > 0 ? run + 1 : 0;
        h.longest_run = std::max(h.longest_run, run);
    }
    h.longest_run = std::min(h.longest_run, bins);

    const double mean = static_cast<double>(times.size()) / bins;
    double variance = 0;
    for (const int bar : h.bars) variance += (bar - mean) * (bar - mean);
    const double cv = std::sqrt(variance / bins) / mean;
    double score = cv > 1 ? 0 : std::min(1.0, round3(1 - cv));

    if (h.total >= 11) {
        const double size = std::ceil(largest * 0.05);
        std::unordered_map<int, int> modes;
        for (const int bar : h.bars)
            if (bar > 0) ++modes[static_cast<int>(std::floor(bar / size) * size)];
        int most = 0;
        int second = 0;
        for (const auto& [height, count] : modes) {
            if (count > most) {
                second = most;
                most = count;
            } else if (count > second) {
                second = count;
            }
        }
        score =
            std::max(score, std::min(1.0, round3(static_cast<double>(most + second) /
                                                 std::max(static_cast<double>(h.total - 1), 1.0))));
    }
    h.score = score;
    return h;
}

double duration_score(std::int64_t from, std::int64_t to, std::int64_t first, std::int64_t last,
                      int total_bars, int longest_run) {
    if (total_bars < 6) return 0;
    const double coverage =
        std::min(1.0, ceil3(static_cast<double>(last - first) / static_cast<double>(to - from)));
    const double consistency = std::min(1.0, ceil3(longest_run / 12.0));
    return std::max(coverage, consistency);
}

double bucketed(double value, double base, double low, double medium, double high) {
    const auto between = [](double x, double a, double b, double from, double to) {
        return static_cast<double>(static_cast<float>(from + (x - a) / (b - a) * (to - from))) /
               100;
    };
    if (value < base) return 0;
    if (value < low) return between(value, base, low, 20, 40);
    if (value < medium) return between(value, low, medium, 40, 60);
    return between(std::min(value, high), medium, high, 60, 80);
}

}  // namespace rita

namespace {
constexpr auto device_targets = std::to_array<std::string_view>({"dst_ip", "dstip", "dst"});
constexpr auto device_ports = std::to_array<std::string_view>({"dst_port", "dstport", "dpt"});
constexpr auto device_bytes = std::to_array<std::string_view>({"bytes_sent", "sentbyte", "bytes"});
}  // namespace

std::vector<std::string> beacon_fields() {
    std::vector<std::string> fields{"ts",          "uid",
                                    "id.orig_h",   "id.resp_h",
                                    "id.resp_p",   "src_ip",
                                    "dest_ip",     "orig_ip_bytes",
                                    "duration",    "host",
                                    "server_name", "method",
                                    "conn_state",  "flow.bytes_toserver",
                                    "flow.start",  "event_type",
                                    "srcip"};
    for (const auto& list : {device_targets, device_ports, device_bytes})
        fields.insert(fields.end(), list.begin(), list.end());
    return fields;
}

BeaconFinder::BeaconFinder(const FieldNames& fields, BeaconOptions options)
    : options_(std::move(options)), most_hosts_(options_.most_rows / 2) {
    fields_ = {fields.find("ts"),
               fields.find("uid"),
               fields.find("id.orig_h"),
               fields.find("id.resp_h"),
               fields.find("src_ip"),
               fields.find("dest_ip"),
               fields.find("id.resp_p"),
               fields.find("orig_ip_bytes"),
               fields.find("duration"),
               fields.find("host"),
               fields.find("server_name"),
               fields.find("method"),
               fields.find("conn_state"),
               fields.find("flow.bytes_toserver"),
               fields.find("flow.start"),
               fields.find("event_type"),
               {},
               {},
               {},
               unnamed};
    if (options_.rita) return;
    const auto find = [&](auto& into, const auto& names) {
        for (std::size_t i = 0; i < into.size(); ++i) into[i] = fields.find(names[i]);
    };
    fields_.device_src = fields.find("srcip");
    find(fields_.device_dst, device_targets);
    find(fields_.device_port, device_ports);
    find(fields_.device_bytes, device_bytes);
}

std::uint32_t BeaconFinder::host(std::string_view text) {
    const auto [number, is_new] = hosts_.number(text);
    if (is_new) {
        HostFacts& facts = facts_.emplace_back();
        const auto address = parse_address(text);
        facts.is_address = address.has_value();
        if (address) {
            facts.internal = options_.internal.empty() && is_private(*address);
            for (const Network& network : options_.internal)
                facts.internal = facts.internal || network.contains(*address);
            facts.group = is_multicast_or_broadcast(*address);
        }
        facts.odd = !address || facts.group ||
                    (address->is_v4() ? (address->v4() >> 16) == 0xA9FE || address->v4() == 0
                                      : (address->high >> 54) == 0x3FA);
    }
    return number;
}

void BeaconFinder::take(const Event& event) {
    ends_.known = false;
    if (event.time == no_time) return;
    // Hosts of a scan have no rows, but they have names.
    if (options_.most_rows > 0 &&
        (connections_.size() + named_.size() >= options_.most_rows || hosts_.size() >= most_hosts_))
        thin();
    const bool flow = event.text(fields_.event_type) == "flow";
    std::string_view src = event.text(fields_.src);
    std::string_view dst = event.text(fields_.dst);
    if (src.empty()) src = event.text(fields_.src_ip);
    if (dst.empty()) dst = event.text(fields_.dst_ip);
    bool device = false;
    FieldId device_sent = unnamed;
    if (dst.empty()) {
        // A firewall's line, or none of ours.
        if (src.empty()) src = event.text(fields_.device_src);
        if (src.empty()) return;
        for (const FieldId field : fields_.device_dst)
            if (dst.empty()) dst = event.text(field);
        for (const FieldId field : fields_.device_bytes)
            if (device_sent == unnamed && event.has(field)) device_sent = field;
        device = device_sent != unnamed;
        if (!device) return;
    }
    if (src.empty() || dst.empty()) return;
    const auto number = [&](FieldId field) {
        std::int64_t value = 0;
        const auto text = event.text(field);
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    };
    const auto uid = hash_of(event.text(fields_.uid));
    const std::uint32_t source = host(src);
    const std::uint32_t target = host(dst);
    ends_ = {true, source, target};
    if (device || event.has(fields_.state) || event.has(fields_.bytes) || flow) {
        // A connection out of this port (RITA's default filter: from inside to outside).
        if (!is_internal(source) || is_internal(target)) return;
        Micros begun = event.time;
        if (flow)
            if (const Micros start = parse_moment(event.text(fields_.flow_start)); start != no_time)
                begun = start;
        Connection connection;
        connection.src = source;
        connection.dst = target;
        connection.time = static_cast<std::uint32_t>(std::max<Micros>(begun, 0) / 1000000);
        connection.port = static_cast<std::uint32_t>(number(fields_.port));
        for (const FieldId field : fields_.device_port)
            if (device && connection.port == 0)
                connection.port = static_cast<std::uint32_t>(number(field));
        connection.bytes = number(device ? device_sent : flow ? fields_.flow_bytes : fields_.bytes);
        const auto duration = event.text(fields_.duration);
        std::from_chars(duration.data(), duration.data() + duration.size(), connection.duration);
        connection.uid = uid;
        connections_.push_back(connection);
        return;
    }
    const bool http = event.has(fields_.method);
    if (!http && !event.has(fields_.server_name)) return;
    if (!is_internal(source)) return;
    Named named;
    named.uid = uid;
    named.src = source;
    named.dst = target;
    named.time = event.time;
    named.http = http;
    named.connect = http && event.text(fields_.method) == "CONNECT";
    if (!named.connect && is_internal(target)) return;
    const std::string_view name = event.text(http ? fields_.host : fields_.server_name);
    named.name = UINT32_MAX;
    if (!name.empty() && name != "-") {
        named.name = names_.number(name).value;
    } else if (!http) {
        return;
    }
    named_.push_back(named);
}

void BeaconFinder::thin() {
    ++thinned_;
    constexpr std::uint32_t plenty = 2000;
    const std::size_t wanted = options_.most_rows / 4 * 3;
    const auto size = [&] { return connections_.size() + named_.size(); };
    std::uint32_t latest = 0;
    for (const auto& one : connections_) latest = std::max(latest, one.time);
    for (const auto& one : named_)
        latest =
            std::max(latest, static_cast<std::uint32_t>(std::max<Micros>(one.time, 0) / 1000000));
    const auto time_of = [](const auto& row) {
        if constexpr (requires { row.name; })
            return static_cast<std::uint32_t>(std::max<Micros>(row.time, 0) / 1000000);
        else
            return row.time;
    };
    const auto drop = [&](auto unwanted) {
        std::erase_if(connections_, unwanted);
        std::erase_if(named_, unwanted);
    };
    // An hour more than the window: rows count from the start of an hour.
    const auto window =
        static_cast<std::uint32_t>(std::max<std::int64_t>(options_.window_seconds, 0)) + 3600;
    drop([&](const auto& row) { return latest - std::min(latest, time_of(row)) > window; });
    const auto key_of = [](const auto& row) {
        std::uint64_t key = static_cast<std::uint64_t>(row.src) << 32 | row.dst;
        if constexpr (requires { row.name; })
            key = (static_cast<std::uint64_t>(row.src) << 32 | row.name) ^ 0x8000000000000000ULL;
        return key;
    };
    struct Seen {
        std::uint32_t rows = 0, latest = 0;
    };
    const auto count = [&] {
        std::unordered_map<std::uint64_t, Seen> pairs;
        const auto add = [&](const auto& row) {
            auto& pair = pairs[key_of(row)];
            ++pair.rows;
            pair.latest = std::max(pair.latest, time_of(row));
        };
        for (const auto& row : connections_) add(row);
        for (const auto& row : named_) add(row);
        return pairs;
    };
    if (size() > wanted) {
        const auto pairs = count();
        std::vector<std::pair<std::uint32_t, std::uint32_t>> light;  // latest, rows
        for (const auto& [key, pair] : pairs)
            if (pair.rows < 4) light.emplace_back(pair.latest, pair.rows);
        std::ranges::sort(light);
        std::uint32_t until = 0;  // pairs silent since then go
        std::size_t rows = 0;
        for (const auto& [at, count_of] : light) {
            if (size() - rows <= wanted) break;
            rows += count_of;
            until = at;
        }
        drop([&](const auto& row) {
            const auto& pair = pairs.at(key_of(row));
            return pair.rows < 4 && pair.latest <= until;
        });
    }
    if (size() > wanted) {
        auto pairs = count();
        drop([&](const auto& row) {
            return pairs[key_of(row)].rows > plenty && pairs[key_of(row)].rows-- > plenty;
        });
    }
    if (size() > wanted) {
        std::vector<std::uint32_t> times;
        times.reserve(size());
        for (const auto& row : connections_) times.push_back(time_of(row));
        for (const auto& row : named_) times.push_back(time_of(row));
        const auto cut = times.begin() + static_cast<std::ptrdiff_t>(size() - wanted);
        std::ranges::nth_element(times, cut);
        const auto from = *cut;
        drop([&](const auto& row) { return time_of(row) < from; });
        // All of one second: then the first of them.
        if (size() > options_.most_rows / 10 * 9) {
            connections_.erase(
                connections_.begin(),
                connections_.begin() + static_cast<std::ptrdiff_t>(connections_.size() / 4));
            named_.erase(named_.begin(),
                         named_.begin() + static_cast<std::ptrdiff_t>(named_.size() / 4));
        }
    }
    renumber();
}

// Only hosts and names that rows still speak of keep a number.
void BeaconFinder::renumber() {
    ++renumbered_;
    const auto old_hosts = std::exchange(hosts_, TextTable());
    const auto old_names = std::exchange(names_, TextTable());
    facts_.clear();
    const auto renew = [&](std::uint32_t& number) { number = host(old_hosts[number]); };
    for (auto& row : connections_) {
        renew(row.src);
        renew(row.dst);
    }
    for (auto& row : named_) {
        renew(row.src);
        renew(row.dst);
        if (row.name != UINT32_MAX) row.name = names_.number(old_names[row.name]).value;
    }
    // Hosts that rows need may be as many as before: do not begin again at once.
    most_hosts_ = std::max(options_.most_rows / 2, 2 * hosts_.size());
}

std::vector<Beacon> BeaconFinder::finish() {
    std::vector<Beacon> out;
    if (connections_.empty()) return out;
    std::int64_t first = INT64_MAX;
    std::int64_t last = 0;
    for (const Connection& connection : connections_) {
        first = std::min<std::int64_t>(first, connection.time);
        last = std::max<std::int64_t>(last, connection.time);
    }
    const std::int64_t from = std::max(first, last - options_.window_seconds);
    const std::int64_t rows_from = from / 3600 * 3600;
    if (last <= from) return out;

    std::unordered_map<std::uint64_t, std::uint32_t> by_uid;
    if (!named_.empty()) {
        by_uid.reserve(connections_.size());
        for (std::uint32_t i = 0; i < connections_.size(); ++i) by_uid[connections_[i].uid] = i;
    }
    // Pairs: rows (pair, time, bytes) sorted into one run per pair.
    struct Pair {
        std::uint32_t src = 0;
        std::uint32_t other = 0;  // host, or name
        bool named = false;
        std::uint64_t count = 0;
        double duration = 0;
        bool missing_host = false;
        std::uint32_t port = 0;
        std::size_t begin = 0;
    };
    struct Row {
        std::uint32_t pair = 0;
        std::uint32_t time = 0;
        std::int64_t bytes = 0;
    };
    std::vector<Pair> pairs;
    std::vector<Row> rows;
    std::unordered_map<std::uint64_t, std::uint32_t> numbers;
    const auto pair_of = [&](std::uint32_t src, std::uint32_t other, bool named) {
        const std::uint64_t key =
            (static_cast<std::uint64_t>(src) << 32 | other) ^ (named ? 0x8000000000000000ULL : 0);
        const auto [found, is_new] =
            numbers.try_emplace(key, static_cast<std::uint32_t>(pairs.size()));
        if (is_new) {
            auto& pair = pairs.emplace_back();
            pair.src = src;
            pair.other = other;
            pair.named = named;
        }
        return found->second;
    };
    // Names first: of several requests over one connection the latest speaks for it.
    std::unordered_map<std::uint64_t, std::size_t> latest;
    for (std::size_t i = 0; i < named_.size(); ++i)
        if (named_[i].http) {
            const auto [found, is_new] = latest.try_emplace(named_[i].uid, i);
            if (!is_new && named_[i].time >= named_[found->second].time) found->second = i;
        }
    std::vector<std::pair<std::uint32_t, std::uint64_t>> uids_of;  // pair, uid
    std::unordered_set<std::uint32_t> missing;                     // pairs of addresses
    for (std::size_t i = 0; i < named_.size(); ++i) {
        const Named& named = named_[i];
        const auto found = by_uid.find(named.uid);
        if (found == by_uid.end()) continue;
        const Connection& connection = connections_[found->second];
        if (named.name == UINT32_MAX) {
            missing.insert(pair_of(connection.src, connection.dst, false));
            continue;
        }
        if (named.http && latest[named.uid] != i) continue;
        if (connection.time < rows_from) continue;
        const std::uint32_t pair = pair_of(named.src, named.name, true);
        rows.push_back({pair, connection.time, connection.bytes});
        ++pairs[pair].count;
        pairs[pair].duration += connection.duration;
        pairs[pair].port = connection.port;
        uids_of.emplace_back(pair, named.uid);
    }
    for (const Connection& connection : connections_) {
        if (connection.time < rows_from) continue;
        const std::uint32_t pair = pair_of(connection.src, connection.dst, false);
        rows.push_back({pair, connection.time, connection.bytes});
        ++pairs[pair].count;
        pairs[pair].duration += connection.duration;
        pairs[pair].port = connection.port;
    }
    // Counting sort by pair.
    std::vector<std::size_t> at(pairs.size() + 1);
    for (const Row& row : rows) ++at[row.pair + 1];
    for (std::size_t i = 0; i < pairs.size(); ++i) at[i + 1] += at[i];
    std::vector<std::uint32_t> times(rows.size());
    std::vector<double> sizes(rows.size());
    {
        auto next = at;
        for (const Row& row : rows) {
            const std::size_t slot = next[row.pair]++;
            times[slot] = row.time;
            sizes[slot] = static_cast<double>(row.bytes);
        }
    }
    rows.clear();
    rows.shrink_to_fit();

    // How many hosts inside speak to it, of how many there are.
    std::unordered_map<std::uint64_t, std::uint32_t> speakers;
    std::unordered_set<std::uint32_t> inside;
    for (const Pair& pair : pairs) {
        ++speakers[static_cast<std::uint64_t>(pair.named) << 32 | pair.other];
        inside.insert(pair.src);
    }
    const auto network_size = static_cast<double>(inside.size());

    constexpr std::uint64_t a_day_of_seconds = 86400;
    std::unordered_set<std::uint64_t> fed;  // connections that feed a scored name
    std::vector<std::uint32_t> list;
    std::vector<double> bytes;
    std::vector<double> intervals;
    const auto distinct_of = [](const std::vector<std::uint32_t>& sorted) {
        std::size_t distinct = sorted.empty() ? 0 : 1;
        for (std::size_t i = 1; i < sorted.size(); ++i)
            distinct += sorted[i] != sorted[i - 1] ? 1 : 0;
        return distinct;
    };
    std::vector<bool> dropped(pairs.size());
    const auto score = [&](std::uint32_t number) {
        const Pair& pair = pairs[number];
        list.assign(times.begin() + static_cast<std::ptrdiff_t>(at[number]),
                    times.begin() + static_cast<std::ptrdiff_t>(at[number + 1]));
        std::ranges::sort(list);
        if (list.size() < 4) return;
        const std::size_t distinct = distinct_of(list);
        Beacon beacon;
        beacon.strobe = pair.count >= a_day_of_seconds;
        if (!beacon.strobe && distinct < 4) return;
        beacon.src = hosts_[pair.src];
        (pair.named ? beacon.fqdn : beacon.dst) =
            pair.named ? names_[pair.other] : hosts_[pair.other];
        beacon.connections = pair.count;
        if (!beacon.strobe) {
            bytes.assign(sizes.begin() + static_cast<std::ptrdiff_t>(at[number]),
                         sizes.begin() + static_cast<std::ptrdiff_t>(at[number + 1]));
            std::ranges::sort(bytes);
            intervals.clear();
            for (std::size_t i = 1; i < list.size(); ++i)
                if (list[i] != list[i - 1]) intervals.push_back(list[i] - list[i - 1]);
            if (intervals.size() < 3) return;
            std::ranges::sort(intervals);
            beacon.ts_score = rita::statistical_score(intervals, 1);
            beacon.ds_score = rita::statistical_score(bytes, 0);
            if (options_.rita) {
                const auto histogram = rita::histogram(from, last, list);
                beacon.hist_score = histogram.score;
                beacon.dur_score = rita::duration_score(from, last, list.front(), list.back(),
                                                        histogram.total, histogram.longest_run);
                beacon.score = std::round((beacon.ts_score * 0.25 + beacon.ds_score * 0.25 +
                                           beacon.dur_score * 0.25 + beacon.hist_score * 0.25) *
                                          1000) /
                               1000;
            } else {
                const std::int64_t span = list.back() - list.front();
                const auto histogram = rita::histogram(
                    list.front(), std::max<std::int64_t>(list.back(), list.front() + 1), list,
                    static_cast<int>(std::clamp<std::size_t>(distinct / 2, 4, 24)));
                beacon.hist_score = histogram.score;
                beacon.dur_score = std::min(1.0, std::max(static_cast<double>(span) / (6 * 3600.0),
                                                          static_cast<double>(distinct) / 50.0));
                beacon.score = 0.35 * beacon.ts_score + 0.2 * beacon.ds_score +
                               0.2 * beacon.dur_score + 0.25 * beacon.hist_score;
            }
        }
        const double speaking = speakers[static_cast<std::uint64_t>(pair.named) << 32 | pair.other];
        const double prevalence = speaking / network_size;
        if (options_.rita) {
            // RITA keeps scores in single precision.
            const float percent = static_cast<float>(beacon.score) * 100;
            double base = beacon.strobe ? 0.8 : rita::bucketed(percent, 50, 70, 90, 100);
            base =
                std::max(base, rita::bucketed(pair.duration, 3600, 4 * 3600, 8 * 3600, 12 * 3600));
            double more = prevalence <= 0.02 ? 0.15 : prevalence >= 0.5 ? -0.15 : 0;
            if (!pair.named && missing.contains(number)) more += 0.10;
            beacon.final_score = base + more;
        } else {
            if (beacon.strobe) beacon.score = 0.8;
            if (network_size >= 5) beacon.score *= 1 - 0.5 * prevalence;
            if (pair.port == 123) beacon.score *= 0.3;
            if (!pair.named && facts_[pair.other].odd) beacon.score *= 0.2;
            beacon.score = std::round(beacon.score * 1000) / 1000;
        }
        out.push_back(std::move(beacon));
    };
    for (std::uint32_t i = 0; i < pairs.size(); ++i) {
        if (!pairs[i].named) continue;
        list.assign(times.begin() + static_cast<std::ptrdiff_t>(at[i]),
                    times.begin() + static_cast<std::ptrdiff_t>(at[i + 1]));
        std::ranges::sort(list);
        if (distinct_of(list) < 4 || pairs[i].count >= a_day_of_seconds) dropped[i] = true;
        score(i);
    }
    for (const auto& [pair, uid] : uids_of)
        if (!dropped[pair]) fed.insert(uid);
    std::unordered_set<std::uint32_t> left_out;
    if (!fed.empty())
        for (const Connection& connection : connections_)
            if (fed.contains(connection.uid))
                left_out.insert(pair_of(connection.src, connection.dst, false));
    for (std::uint32_t i = 0; i < at.size() - 1; ++i)
        if (!pairs[i].named && !left_out.contains(i)) score(i);
    const bool final = options_.rita;
    std::ranges::sort(out, [final](const Beacon& a, const Beacon& b) {
        const double x = final ? a.final_score : a.score;
        const double y = final ? b.final_score : b.score;
        if (x != y) return x > y;
        if (a.score != b.score) return a.score > b.score;
        if (a.src != b.src) return a.src < b.src;
        if (a.dst != b.dst) return a.dst < b.dst;
        return a.fqdn < b.fqdn;
    });
    return out;
}

}  // namespace noroshi::engines::detect
