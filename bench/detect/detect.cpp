// The detection engine against simdjson's own decoding of the same bytes, and against what issue 5
// asks of each part: see README.md.

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

#include "bench/detect/corpus.h"
#include "engines/detect/correlation.h"
#include "engines/detect/detector.h"
#include "engines/detect/reader.h"
#include "engines/detect/run.h"

namespace {

using namespace noroshi::engines::detect;

bool all_reached = true;

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

// Best of some rounds, in turn with whatever else is measured: the others on this machine come and go.
struct Measured {
    double seconds = 1e9;
    void note(double took) { seconds = std::min(seconds, took); }
};
// Work of one thread is measured in CPU time, so that what else runs here does not count.
double timed(const std::function<void()>& work) {
    const std::clock_t before = std::clock();
    work();
    return static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
}
double wall(const std::function<void()>& work) {
    const double before = now();
    work();
    return now() - before;
}

void claim(const std::string& what, double is, double wanted, const char* unit = "") {
    const bool reached = is >= wanted;
    all_reached = all_reached && reached;
    fmt::print("{:<12} {}: {:.3g}{} (to reach: {:.3g}{})\n", reached ? "reached" : "NOT REACHED",
               what, is, unit, wanted, unit);
    std::fflush(stdout);
}

// ---- simdjson, walking everything and unescaping every value ---------------------------------------

std::size_t decode_value(simdjson::ondemand::value value);
std::size_t decode_object(simdjson::ondemand::object object) {
    std::size_t sum = 0;
    for (auto field : object) {
        sum += field.key().value().raw() != nullptr ? 1 : 0;
        sum += decode_value(field.value());
    }
    return sum;
}
std::size_t decode_value(simdjson::ondemand::value value) {
    switch (value.type()) {
    case simdjson::ondemand::json_type::object: return decode_object(value.get_object());
    case simdjson::ondemand::json_type::array: {
        std::size_t sum = 0;
        for (auto part : value.get_array()) sum += decode_value(part.value());
        return sum;
    }
    case simdjson::ondemand::json_type::string: return std::string_view(value.get_string()).size();
    default: return value.raw_json_token().size();
    }
}
std::size_t decode_all(std::string_view lines, std::size_t capacity) {
    simdjson::ondemand::parser parser;
#ifdef SIMDJSON_THREADS_ENABLED
    parser.threaded = false;
#endif
    simdjson::ondemand::document_stream stream;
    if (parser.iterate_many(lines.data(), lines.size(), std::size_t{1} << 20).get(stream)) return 0;
    (void)capacity;
    std::size_t sum = 0;
    for (auto document : stream) sum += decode_object(document.get_object());
    return sum;
}

// ---- ours ------------------------------------------------------------------------------------------

std::vector<RuleSource> read_folder(const std::filesystem::path& folder) {
    std::vector<RuleSource> sources;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.path().extension() != ".yml" ||
            entry.path().string().find("unsupported") != std::string::npos)
            continue;
        std::ifstream in(entry.path(), std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        sources.push_back({entry.path().string(), text.str()});
    }
    std::ranges::sort(sources, {}, &RuleSource::name);
    return sources;
}

std::string file_with(const std::string& name, std::string_view bytes) {
    std::filesystem::create_directories("build/bench/detect");
    const std::string path = "build/bench/detect/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}

Summary run_file(const Detector& detector, const std::string& path, unsigned threads,
                 const Indicators* indicators = nullptr, bool behaviour = false) {
    std::vector<Source> sources;
    Input::expand({path}, sources);
    RunOptions options;
    options.threads = threads;
    options.indicators = indicators;
    Behaviour watched(detector.fields(), {});
    if (behaviour) options.behaviour = &watched;
    return run(detector, std::move(sources), options, [](const Found&) {});
}

template <class Each>
std::size_t read_lines(const Detector& detector, std::string_view text, Format format,
                       Each&& each) {
    ReadOptions options;
    options.format = format;
    Reader reader(detector, options);
    Source source;
    source.name = "bench";
    reader.begin(source, nullptr);
    Event event(detector.fields());
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        if (reader.read(text.substr(at, end - at), event).empty()) {
            ++count;
            each(event);
        }
        at = end + 1;
    }
    return count;
}

int rounds = 5;

void windows(const Detector& detector, const char* what, std::string bytes, bool two_cores) {
    const auto lines = static_cast<double>(std::ranges::count(bytes, '\n'));
    const std::string path = file_with("windows.json", bytes);
    const std::size_t size = bytes.size();
    bytes.append(simdjson::SIMDJSON_PADDING, ' ');
    const std::string_view text(bytes.data(), size);
    const std::size_t middle = text.find('\n', size / 2) + 1;
    Measured decode, ours, decode_one_wall, ours_one_wall, decode_two, ours_two;
    std::uint64_t found = 0;
    run_file(detector, path, 1);  // plans are made when a log source first appears
    for (int i = 0; i < rounds; ++i) {
        decode.note(timed([&] { decode_all(text, bytes.size()); }));
        ours.note(timed([&] { found = run_file(detector, path, 1).found; }));
        if (!two_cores) continue;
        decode_one_wall.note(wall([&] { decode_all(text, bytes.size()); }));
        ours_one_wall.note(wall([&] { run_file(detector, path, 1); }));
        decode_two.note(wall([&] {
            const std::jthread other([&] { decode_all(text.substr(middle), 0); });
            decode_all(text.substr(0, middle), 0);
        }));
        ours_two.note(wall([&] { run_file(detector, path, 2); }));
    }
    fmt::print(
        "{}: {:.0f} events of {:.0f} bytes, {} detections; decoder {:.0f} events/s, all rules "
        "{:.0f} events/s\n",
        what, lines, static_cast<double>(size) / lines, found, lines / decode.seconds,
        lines / ours.seconds);
    claim(fmt::format("{}, all rules, of simdjson's rate", what), decode.seconds / ours.seconds,
          0.15);
    if (!two_cores) return;
    fmt::print("two cores: decoder {:.2f} ×, ours {:.2f} × ({:.0f} events/s)\n",
               decode_one_wall.seconds / decode_two.seconds,
               ours_one_wall.seconds / ours_two.seconds, lines / ours_two.seconds);
    claim(
        "two cores, of what the decoder gains",
        (ours_one_wall.seconds / ours_two.seconds) / (decode_one_wall.seconds / decode_two.seconds),
        0.9);
}

void zeek(const Detector& detector) {
    std::string bytes = bench::zeek_conn(400'000, 20'000);
    const std::string path = file_with("conn.json", bytes);
    const auto lines = static_cast<double>(std::ranges::count(bytes, '\n'));
    const std::size_t size = bytes.size();
    bytes.append(simdjson::SIMDJSON_PADDING, ' ');
    const std::string_view text(bytes.data(), size);
    Indicators indicators;
    const auto origin = indicators.add_origin({"bench", INT64_MAX});
    for (int i = 0; i < 10000; ++i)
        indicators.add(Indicators::Type::address, fmt::format("198.18.{}.{}", i / 250, i % 250),
                       origin);
    indicators.finish();
    Measured decode, parse, everything;
    std::uint64_t found = 0;
    for (int i = 0; i < rounds; ++i) {
        decode.note(timed([&] { decode_all(text, bytes.size()); }));
        parse.note(timed([&] { read_lines(detector, text, Format::automatic, [](Event&) {}); }));
        everything.note(
            timed([&] { found = run_file(detector, path, 1, &indicators, true).found; }));
    }
    fmt::print(
        "Zeek conn: {:.0f} records of {:.0f} bytes; decoder {:.0f}/s, parse {:.0f}/s, with "
        "rules, indicators, behaviour {:.0f}/s ({} findings)\n",
        lines, static_cast<double>(size) / lines, lines / decode.seconds, lines / parse.seconds,
        lines / everything.seconds, found);
    claim("Zeek JSON parsed, of simdjson's rate", decode.seconds / parse.seconds, 0.4);
    claim("Zeek with everything, M records/s", lines / everything.seconds / 1e6, 1);
}

void texts(const Detector& detector) {
    struct Kind {
        const char* name;
        std::string bytes;
    };
    const std::vector<Kind> kinds = {{"syslog", bench::syslog_lines(300'000)},
                                     {"key=value", bench::fortigate_lines(200'000)},
                                     {"CEF", bench::cef_lines(200'000)}};
    for (const auto& kind : kinds) {
        Measured ours;
        std::size_t count = 0;
        for (int i = 0; i < rounds; ++i)
            ours.note(timed([&] {
                count = read_lines(detector, kind.bytes, Format::automatic, [](Event&) {});
            }));
        claim(fmt::format("{} lines of {} bytes, M/s", kind.name, kind.bytes.size() / count),
              static_cast<double>(count) / ours.seconds / 1e6, 1.5);
    }
}

void indicators(const Detector& detector) {
    const std::string path = file_with("conn.json", bench::zeek_conn(300'000, 20'000));
    Indicators many;
    const auto origin = many.add_origin({"bench", INT64_MAX});
    for (std::uint32_t i = 0; i < 10'000'000; ++i) {
        if (i % 2 == 0)
            many.add(Indicators::Type::domain, fmt::format("h{}.d{}.example", i, i % 99991),
                     origin);
        else
            many.add(Indicators::Type::address,
                     fmt::format("198.{}.{}.{}", 18 + (i >> 16 & 1), i >> 8 & 255, i & 255),
                     origin);
    }
    // Half a million addresses repeat; hashes fill up.
    for (std::uint32_t i = 0; many.size() < 10'000'000; ++i)
        many.add(Indicators::Type::hash, fmt::format("{:032x}", i * 2654435761ULL), origin);
    many.finish();
    Measured without, with;
    for (int i = 0; i < rounds; ++i) {
        without.note(timed([&] { run_file(detector, path, 1); }));
        with.note(timed([&] { run_file(detector, path, 1, &many); }));
    }
    fmt::print("{} indicators: {:.0f} MiB\n", many.size(),
               static_cast<double>(many.memory()) / (1 << 20));
    claim("GiB over memory of 10 M indicators", (1 << 30) / static_cast<double>(many.memory()), 1);
    claim("rate with 10 M indicators, of the rate without", without.seconds / with.seconds, 0.8);
}

void correlation() {
    const auto files = read_rules({{"bench", R"(title: failed
id: 6a1d7c1e-0000-4000-8000-000000000001
name: failed
logsource: {product: port}
detection: {s: {action: failed}, condition: s}
---
title: guessing
id: 6a1d7c1e-0000-4000-8000-000000000002
correlation: {type: event_count, rules: [failed], group-by: [user], timespan: 10m, condition: {gte: 1000000}}
)"}});
    const Detector detector(files.rules);
    std::size_t told = 0;
    Correlator correlator(detector, [&](Found&&) { ++told; });
    std::vector<std::string> users;
    for (int i = 0; i < 1000; ++i) users.push_back(fmt::format("user{}", i));
    constexpr std::size_t count = 2'000'000;
    std::vector<Matched> one(1);
    const double took = timed([&] {
        for (std::size_t i = 0; i < count; ++i) {
            one[0].rule = 0;
            one[0].order = one[0].time = static_cast<Micros>(i) * 300;
            one[0].line = i;
            one[0].values.assign(1, std::string_view(users[i * 7919 % 1000]));
            correlator.take(one);
        }
    });
    claim("correlation, M events/s", static_cast<double>(count) / took / 1e6, 1);
    fmt::print("{} events in windows of {} groups, 16 bytes each ({} told)\n",
               correlator.events_in_windows(), correlator.groups(), told);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string only = argc > 1 ? argv[1] : "";
    const auto wanted = [&](const char* name) { return only.empty() || only == name; };
    if (argc > 2) rounds = std::stoi(argv[2]);
    const std::filesystem::path folder = "build/bench/detect/rules";
    if (!std::filesystem::is_directory(folder)) {
        fmt::print(stderr, "skipped: no rules in {}\n", folder.string());
        return 0;
    }
    const auto sources = read_folder(folder);
    const double before = now();
    auto files = read_rules(sources);
    auto rules = std::move(files.rules);
    const Detector detector(rules, behaviour_fields());
    const double load = now() - before;
    fmt::print("{} documents, {} rules loaded in {:.2f} s\n", files.verdicts.size(), rules.size(),
               load);
    if (wanted("load")) claim("5 s over loading from YAML", 5 / load, 1);
    if (wanted("windows")) windows(detector, "Windows events", bench::windows_events(60'000), true);
    if (wanted("process"))
        windows(detector, "new processes only", bench::process_events(20'000), false);
    if (wanted("zeek")) zeek(detector);
    if (wanted("text")) texts(detector);
    if (wanted("indicators")) indicators(detector);
    if (wanted("correlation")) correlation();
    return all_reached ? 0 : 1;
}
