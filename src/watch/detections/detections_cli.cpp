// `noroshi detect`: the detection engine at the command line. Findings are JSON lines on standard
// output; what people read goes to standard error, in their language.

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <unordered_map>

#include "edge/cli/build_mark.h"
#include "edge/cli/program.h"
#include "engines/detect/detector.h"
#include "engines/detect/rule_cache.h"
#include "engines/detect/run.h"
#include "kernel/crypto/hash.h"
#include "kernel/store/files.h"
#include "kernel/time/time.h"
#include "watch/detections/analysis.h"
#include "watch/detections/explanation.h"

namespace noroshi::watch::detections {

namespace {

using namespace engines::detect;

int complain(Language language, const Error& error) {
    std::fflush(stdout);
    fmt::print(stderr, "noroshi: {}\n", i18n::text(language, error));
    return exit_code_of(error.kind);
}

Result<std::string> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    if (in) text << in.rdbuf();
    if (!in || (text.str().empty() && in.bad()))
        return fail(ErrorKind::not_found, "watch.detections.unreadable", {{"path", path}});
    return std::move(text).str();
}

// Rules of a file or of all .yml and .yaml files below a folder, by name.
Result<std::vector<RuleSource>> rule_sources(const std::vector<std::string>& paths) {
    namespace fs = std::filesystem;
    std::vector<RuleSource> sources;
    for (const auto& path : paths) {
        std::error_code error;
        std::vector<std::string> files;
        if (fs::is_directory(path, error)) {
            for (auto at = fs::recursive_directory_iterator(path, error);
                 !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
                const auto name = at->path().string();
                if ((name.ends_with(".yml") || name.ends_with(".yaml")) &&
                    at->is_regular_file(error))
                    files.push_back(name);
            }
            std::ranges::sort(files);
        } else {
            files.push_back(path);
        }
        if (error)
            return fail(ErrorKind::not_found, "watch.detections.unreadable", {{"path", path}});
        for (auto& file : files) {
            TRY_LET(auto text, read_file(file));
            sources.push_back({std::move(file), std::move(text)});
        }
    }
    return sources;
}

Result<Placeholders> read_placeholders(const std::string& path) {
    Placeholders placeholders;
    if (path.empty()) return placeholders;
    TRY_LET(auto text, read_file(path));
    const YamlFile file = read_yaml(text);
    if (!file.error.empty() || file.documents.size() != 1 || !file.documents.front().is_map())
        return fail(ErrorKind::invalid, "watch.detections.placeholders_shape", {{"path", path}});
    for (const auto& [name, values] : file.documents.front().members) {
        auto& list = placeholders[name];
        if (values.is_scalar()) list.push_back(values.text);
        for (const auto& value : values.items) list.push_back(value.text);
    }
    return placeholders;
}

std::string reason_text(Language language, const Refusal& refusal) {
    return i18n::text(language, "watch.detections.refused." + refusal.code,
                      {{"detail", refusal.detail}});
}

std::string_view name_of(Rule::Type type) {
    return type == Rule::Type::correlation ? "correlation"
           : type == Rule::Type::filter    ? "filter"
                                           : "rule";
}

void append_text_or_null(std::string& out, std::string_view text) {
    if (text.empty())
        out += "null";
    else
        append_json_string(out, text);
}

std::string number_text(double number) {
    return number == static_cast<double>(static_cast<std::int64_t>(number))
               ? std::to_string(static_cast<std::int64_t>(number))
               : fmt::format("{}", number);
}

std::string line_of(const Detector& detector, const std::vector<Source>& sources,
                    const std::string& member, Language language,
                    const std::optional<std::pair<Language, Explanations>>& explain,
                    const Found& found) {
    constexpr std::array<std::string_view, 4> kinds = {"sigma", "correlation", "indicator",
                                                       "behaviour"};
    const bool of_rule = found.kind == Found::Kind::sigma || found.kind == Found::Kind::correlation;
    const Rule* rule = of_rule ? &detector.rules()[found.rule] : nullptr;
    std::string out = "{\"rule_id\":";
    append_text_or_null(out, rule == nullptr    ? found.rule_id
                             : rule->id.empty() ? rule->name
                                                : rule->id);
    out += ",\"title\":";
    append_json_string(out, title_of(detector, found, language));
    out += ",\"level\":";
    append_text_or_null(out, rule != nullptr ? engines::detect::name_of(rule->level)
                                             : std::string_view(found.level));
    out += ",\"kind\":\"";
    out += kinds[static_cast<std::size_t>(found.kind)];
    out += "\",\"time\":";
    append_text_or_null(out, found.time == no_time ? std::string() : text_of_moment(found.time));
    out += ",\"member\":";
    append_text_or_null(out, member);
    out += ",\"source_file\":";
    append_json_string(out, sources[found.source].name);
    out += fmt::format(",\"line\":{}", found.line);
    if (!found.group.empty() || found.kind == Found::Kind::correlation) {
        out += ",\"group\":{";
        for (std::size_t i = 0; i < found.group.size(); ++i) {
            if (i > 0) out += ',';
            append_json_string(out, found.group[i].first);
            out += ':';
            append_json_string(out, found.group[i].second);
        }
        out += '}';
    }
    if (found.kind == Found::Kind::correlation) {
        out += fmt::format(",\"count\":{},\"events\":[", number_text(found.count));
        for (std::size_t i = 0; i < found.events.size(); ++i) {
            out += i > 0 ? ",{\"file\":" : "{\"file\":";
            append_json_string(out, sources[found.events[i].source].name);
            out += fmt::format(",\"line\":{}}}", found.events[i].line);
        }
        out += ']';
        if (found.events_left_out > 0)
            out += fmt::format(",\"events_left_out\":{}", found.events_left_out);
    }
    if (explain) {
        const RuleWords words = explain->second.of(detector, found, explain->first);
        const auto add = [&](std::string_view name, std::string_view text) {
            out += name;
            append_text_or_null(out, text);
        };
        add(",\"explanation\":{\"seen\":", words.seen);
        add(",\"why\":", words.why);
        add(",\"check\":", words.check);
        add(",\"harmless\":", words.harmless);
        out += '}';
    }
    out += ",\"event\":";
    out += found.event.empty() ? "null" : found.event;
    out += "}\n";
    return out;
}

Result<RouteGiven> parse_logsource(const std::string& text) {
    RouteGiven given;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        const std::string part = text.substr(at, end - at);
        const auto equals = part.find('=');
        const auto key = part.substr(0, equals);
        const auto value =
            equals == std::string::npos ? std::string() : folded(part.substr(equals + 1));
        auto* field = key == "product"    ? &given.product
                      : key == "category" ? &given.category
                      : key == "service"  ? &given.service
                                          : nullptr;
        if (field == nullptr || value.empty())
            return fail(ErrorKind::invalid, "watch.detections.logsource_shape", {{"part", part}});
        *field = value;
        at = end + 1;
    }
    return given;
}

Result<std::vector<Network>> parse_networks(const std::vector<std::string>& texts) {
    std::vector<Network> networks;
    for (const auto& text : texts) {
        const auto network = parse_network(text);
        if (!network)
            return fail(ErrorKind::invalid, "watch.detections.network_shape", {{"text", text}});
        networks.push_back(*network);
    }
    return networks;
}

int parse(CLI::App& cli, std::span<const std::string> arguments, bool& done) {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    try {
        cli.parse(reversed);
    } catch (const CLI::ParseError& error) {
        done = true;
        const int code = cli.exit(error);
        return code == 0 ? 0 : exit_code_of(ErrorKind::invalid);
    }
    return 0;
}

// Where rules that were read once lie, for this set of files; empty: nowhere.
std::string cache_path(const std::vector<RuleSource>& sources) {
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
    };
    std::string folder = variable("XDG_CACHE_HOME");
    if (folder.empty() && !variable("HOME").empty()) folder = variable("HOME") + "/.cache";
    if (folder.empty()) return {};
    std::string names;
    for (const auto& source : sources) names += source.name + "\n";
    return folder + "/noroshi/rules-" + to_hex(sha256(names)).substr(0, 16);
}

RuleFiles read_rules_once(const std::vector<RuleSource>& sources,
                          const Placeholders& placeholders) {
    constexpr std::size_t worth_it = 50;  // files
    const auto path = sources.size() < worth_it ? std::string() : cache_path(sources);
    if (path.empty()) return read_rules(sources, placeholders);
    // What another build read rules into may differ.
    const auto digest = rules_digest(sources, placeholders, edge::cli::build_mark());
    if (const auto packed = store::read_file(path))
        if (auto files = unpack_rules(*packed, digest)) return std::move(*files);
    auto files = read_rules(sources, placeholders);
    // Without it the next start only takes longer.
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    if (!error) (void)store::replace_file(path, pack_rules(files, digest), 0600);
    return files;
}

int detect_files(std::span<const std::string> arguments, Language language) {
    CLI::App cli{"Looks through logs with Sigma rules, indicators and behaviour", "noroshi detect"};
    cli.footer(
        "Also: noroshi detect rules check DIR [--json] · rules test DIR [--json] · beacons "
        "[--rita] PATH…");
    std::vector<std::string> indicator_paths;
    std::vector<std::string> allow_paths;
    std::vector<std::string> internal;
    bool behaviour = false;
    cli.add_option("--indicators", indicator_paths, "STIX 2.1, MISP, CSV or a list (repeatable)");
    cli.add_option("--allow", allow_paths, "values never to be told, one a line (repeatable)");
    cli.add_flag("--behaviour", behaviour,
                 "beacons, long connections, scanning, DNS tunnels (on one thread)");
    cli.add_option("--internal", internal, "networks inside (default: private addresses)");
    std::vector<std::string> rule_paths;
    std::vector<std::string> paths;
    std::string format = "auto";
    std::string logsource;
    std::string time_field;
    std::string reorder = "1h";
    std::string member;
    std::string placeholders_path;
    std::string explain_in;
    unsigned threads = 1;
    bool json = false;
    bool no_cache = false;
    cli.add_flag("--no-cache", no_cache, "read the rules' YAML even if it has not changed");
    cli.add_option("--rules", rule_paths, "Sigma rules: folder or file (repeatable)")->take_all();
    cli.add_option("--placeholders", placeholders_path,
                   "values for rules that use `expand` (YAML)");
    cli.add_option("--format", format,
                   "auto, zeek, eve, windows, syslog, fortigate, cef, leef, netflow or json");
    cli.add_option("--logsource", logsource, "product=…,category=…,service=… of all events");
    cli.add_option("--time-field", time_field, "field with the event's time");
    cli.add_option("--reorder", reorder, "how late an event may come: 30s, 10m, 1h (default), 0s");
    cli.add_option("--threads", threads, "number of threads")->check(CLI::Range(1, 256));
    cli.add_option("--member", member, "member the logs are of");
    cli.add_flag("--json", json, "JSON lines (always so)");
    cli.add_option("--explain", explain_in,
                   "adds in words what was seen, why it matters, what to "
                   "check, what is harmless")
        ->check(CLI::IsMember({"ja", "en"}));
    cli.add_option("path", paths, "files, folders, or - for standard input")->required();
    bool done = false;
    if (const int code = parse(cli, arguments, done); done) return code;

    RunOptions options;
    const auto named = format_named(format);
    if (!named)
        return complain(
            language,
            {ErrorKind::invalid, "watch.detections.format_unknown", {{"format", format}}, ""});
    options.read.format = *named;
    auto given = parse_logsource(logsource);
    if (!given) return complain(language, given.error());
    options.read.route = *given;
    options.read.time_field = time_field;
    const auto bound =
        reorder == "0" || reorder == "0s" ? std::optional<Micros>(0) : parse_timespan(reorder);
    if (!bound)
        return complain(
            language,
            {ErrorKind::invalid, "watch.detections.reorder_shape", {{"text", reorder}}, ""});
    options.reorder = *bound;
    options.threads = threads;

    auto placeholders = read_placeholders(placeholders_path);
    if (!placeholders) return complain(language, placeholders.error());
    auto rules = rule_sources(rule_paths);
    if (!rules) return complain(language, rules.error());
    std::vector<Source> sources;
    if (const auto unreadable = Input::expand(paths, sources))
        return complain(
            language,
            {ErrorKind::not_found, "watch.detections.unreadable", {{"path", *unreadable}}, ""});

    const RealClock clock;
    options.read.reference = clock.now().time_since_epoch().count();
    auto files =
        no_cache ? read_rules(*rules, *placeholders) : read_rules_once(*rules, *placeholders);
    std::size_t refused = 0;
    for (const auto& verdict : files.verdicts) {
        if (!verdict.refusal) continue;
        ++refused;
        fmt::print(stderr, "{}:{}: {}\n", verdict.source, verdict.line,
                   reason_text(language, *verdict.refusal));
    }
    const std::size_t loaded = files.rules.size();
    Indicators indicators;
    for (const auto& path : indicator_paths) {
        auto text = read_file(path);
        if (!text) return complain(language, text.error());
        const auto read = indicators.load(path, *text);
        if (!read.error.empty())
            return complain(language, {ErrorKind::invalid,
                                       "watch.detections.indicators_shape",
                                       {{"path", path}, {"error", read.error}},
                                       ""});
        fmt::print(stderr, "{}\n",
                   i18n::text(language, "watch.detections.indicators_loaded",
                              {{"path", path},
                               {"added", std::to_string(read.added)},
                               {"skipped", std::to_string(read.skipped)}}));
    }
    for (const auto& path : allow_paths) {
        auto text = read_file(path);
        if (!text) return complain(language, text.error());
        indicators.allow(*text);
    }
    indicators.finish();
    BehaviourOptions behaviour_options;
    auto networks = parse_networks(internal);
    if (!networks) return complain(language, networks.error());
    behaviour_options.internal = *networks;
    std::vector<std::string> more_fields;
    if (behaviour) more_fields = behaviour_fields();
    if (!time_field.empty()) more_fields.push_back(time_field);
    const Detector detector(std::move(files.rules), more_fields);
    HabitOptions habit_options = tuned_habits({});
    habit_options.internal = *networks;
    Habits habits(detector.fields(), std::move(habit_options));
    Behaviour watched(detector.fields(), behaviour_options, &habits);
    if (indicators.size() > 0) options.indicators = &indicators;
    if (behaviour) options.behaviour = &watched;

    std::optional<std::pair<Language, Explanations>> explain;
    if (!explain_in.empty())
        explain.emplace(explain_in == "ja" ? Language::ja : Language::en, Explanations(*rules));
    const Language spoken = explain ? explain->first : language;
    const Instant started = clock.now();
    const Summary summary = run(detector, sources, options, [&](const Found& found) {
        const std::string line = line_of(detector, sources, member, spoken, explain, found);
        std::fwrite(line.data(), 1, line.size(), stdout);
    });
    std::fflush(stdout);
    const double seconds = std::chrono::duration<double>(clock.now() - started).count();
    std::uint64_t unparsed = 0;
    std::string reasons;
    for (const auto& [reason, count] : summary.unparsed) {
        unparsed += count;
        reasons += fmt::format(
            "{}{} {}", reasons.empty() ? "" : ", ",
            i18n::text(language, fmt::format("watch.detections.unparsed.{}", reason)), count);
    }
    if (watched.thinned() > 0)
        fmt::print(stderr, "{}\n",
                   i18n::text(language, "watch.detections.thinned",
                              {{"count", std::to_string(watched.thinned())},
                               {"rows", std::to_string(behaviour_options.most_rows)}}));
    for (const auto& name : summary.trouble)
        fmt::print(stderr, "{}\n",
                   i18n::text(language, "watch.detections.broke_off", {{"path", name}}));
    fmt::print(
        stderr, "{}\n",
        i18n::text(language, "watch.detections.summary",
                   {{"rules", std::to_string(loaded)},
                    {"refused", std::to_string(refused)},
                    {"lines", std::to_string(summary.lines)},
                    {"bytes", std::to_string(summary.bytes)},
                    {"parsed", std::to_string(summary.parsed)},
                    {"unparsed", std::to_string(unparsed)},
                    {"reasons", reasons.empty() ? "" : " (" + reasons + ")"},
                    {"detections", std::to_string(summary.found)},
                    {"seconds", fmt::format("{:.3f}", seconds)},
                    {"rate", fmt::format("{:.0f}",
                                         seconds > 0 ? static_cast<double>(summary.parsed) / seconds
                                                     : 0.0)}}));
    return summary.trouble.empty() ? 0 : exit_code_of(ErrorKind::corrupt);
}

int check_rules(std::span<const std::string> arguments, Language language) {
    CLI::App cli{"Says which rules are loaded and which are refused, and why",
                 "noroshi detect rules check"};
    std::vector<std::string> paths;
    std::string placeholders_path;
    bool json = false;
    bool strict = false;
    cli.add_option("path", paths, "folders or files")->required();
    cli.add_option("--placeholders", placeholders_path,
                   "values for rules that use `expand` (YAML)");
    cli.add_flag("--json", json, "one JSON object");
    cli.add_flag("--strict", strict, "exit 2 if a rule is refused");
    bool done = false;
    if (const int code = parse(cli, arguments, done); done) return code;
    auto placeholders = read_placeholders(placeholders_path);
    if (!placeholders) return complain(language, placeholders.error());
    auto sources = rule_sources(paths);
    if (!sources) return complain(language, sources.error());
    const RealClock clock;
    const Instant started = clock.now();
    auto files = read_rules(*sources, *placeholders);
    std::size_t refused = 0;
    for (const auto& verdict : files.verdicts) refused += verdict.refusal ? 1 : 0;
    const std::size_t loaded = files.verdicts.size() - refused;
    const Detector detector(std::move(files.rules));
    const double seconds = std::chrono::duration<double>(clock.now() - started).count();
    std::string out;
    if (json) out = fmt::format("{{\"loaded\":{},\"refused\":{},\"rules\":[", loaded, refused);
    for (std::size_t i = 0; i < files.verdicts.size(); ++i) {
        const auto& verdict = files.verdicts[i];
        if (!json) {
            if (verdict.refusal)
                out += fmt::format("{}:{}: {}\n", verdict.source, verdict.line,
                                   reason_text(language, *verdict.refusal));
            continue;
        }
        out += i > 0 ? ",{\"source_file\":" : "{\"source_file\":";
        append_json_string(out, verdict.source);
        out += fmt::format(",\"line\":{},\"rule_id\":", verdict.line);
        append_text_or_null(out, verdict.id.empty() ? verdict.name : verdict.id);
        out += ",\"title\":";
        append_text_or_null(out, verdict.title);
        out +=
            fmt::format(",\"type\":\"{}\",\"loaded\":{}", name_of(verdict.type), !verdict.refusal);
        out += ",\"reason\":";
        append_text_or_null(
            out, verdict.refusal ? reason_text(language, *verdict.refusal) : std::string());
        out += ",\"code\":";
        append_text_or_null(out, verdict.refusal ? verdict.refusal->code : std::string());
        out += '}';
    }
    if (json) out += "]}\n";
    std::fwrite(out.data(), 1, out.size(), stdout);
    std::fflush(stdout);
    fmt::print(stderr, "{}\n",
               i18n::text(language, "watch.detections.checked",
                          {{"loaded", std::to_string(loaded)},
                           {"refused", std::to_string(refused)},
                           {"seconds", fmt::format("{:.3f}", seconds)}}));
    return strict && refused > 0 ? exit_code_of(ErrorKind::invalid) : 0;
}

// Rules are tested by events that lie beside them. Beside `name.yml`: in `name.match.*` the rules of
// that file must be found, in `name.quiet.*` none of them may be. Every rule that tells something
// must be found over all its match files together; an event of a match file need not be found alone,
// since a correlation takes many. All rules of the folder are loaded, so that correlations and filters
// of other files act.

struct RuleTest {
    std::string rules;   // file
    std::string events;  // file; empty for what is said of the rules' file
    bool passed = false;
    // "missing": `detail` was not found; "unwanted": `detail` was found, in `line`; "refused": rule
    // `detail` was not loaded; "unread": nothing of the events could be read; "untested".
    std::string reason;
    std::string detail;
    std::uint64_t line = 0;
};

// `now`: for lines without a year.
Result<std::vector<RuleTest>> run_rule_tests(const std::string& folder,
                                             const std::string& placeholders_path, Micros now) {
    namespace fs = std::filesystem;
    TRY_LET(auto placeholders, read_placeholders(placeholders_path));
    TRY_LET(auto sources, rule_sources({folder}));
    auto files = read_rules(sources, placeholders);
    std::vector<RuleTest> tests;
    for (const auto& verdict : files.verdicts)
        if (verdict.refusal)
            tests.push_back({verdict.source, "", false, "refused",
                             !verdict.title.empty() ? verdict.title : verdict.refusal->code,
                             static_cast<std::uint64_t>(verdict.line)});
    const Detector detector(std::move(files.rules));

    for (const auto& source : sources) {
        const fs::path path = source.name;
        std::vector<std::string> matching;
        std::vector<std::string> quiet;
        std::error_code error;
        const fs::path beside = path.parent_path().empty() ? fs::path(".") : path.parent_path();
        for (auto at = fs::directory_iterator(beside, error);
             !error && at != fs::directory_iterator(); at.increment(error)) {
            const std::string name = at->path().filename().string();
            if (name.starts_with(path.stem().string() + ".match."))
                matching.push_back(at->path().string());
            if (name.starts_with(path.stem().string() + ".quiet."))
                quiet.push_back(at->path().string());
        }
        std::ranges::sort(matching);
        std::ranges::sort(quiet);
        std::set<std::uint32_t> wanted;
        for (std::uint32_t i = 0; i < detector.rules().size(); ++i)
            if (detector.rules()[i].source == source.name && !detector.is_silent(i))
                wanted.insert(i);
        if (matching.empty() && quiet.empty()) {
            if (!wanted.empty()) tests.push_back({source.name, "", true, "untested", "", 0});
            continue;
        }
        const auto findings = [&](const std::string& events, std::uint64_t& parsed) {
            std::vector<Found> found;
            std::vector<Source> inputs;
            if (Input::expand({events}, inputs)) return found;
            RunOptions options;
            options.read.reference = now;
            parsed = run(detector, std::move(inputs), options, [&](const Found& one) {
                         if (detector.rules()[one.rule].source == source.name) found.push_back(one);
                     }).parsed;
            return found;
        };
        std::set<std::uint32_t> missing = wanted;
        for (const auto& events : matching) {
            std::uint64_t parsed = 0;
            for (const Found& one : findings(events, parsed)) missing.erase(one.rule);
            if (parsed == 0) tests.push_back({source.name, events, false, "unread", "", 0});
        }
        for (const auto rule : missing)
            tests.push_back({source.name, matching.empty() ? "" : matching.front(), false,
                             "missing", detector.rules()[rule].title, 0});
        if (missing.empty())
            for (const auto& events : matching)
                tests.push_back({source.name, events, true, "", "", 0});
        for (const auto& events : quiet) {
            std::uint64_t parsed = 0;
            const auto found = findings(events, parsed);
            if (parsed == 0)
                tests.push_back({source.name, events, false, "unread", "", 0});
            else if (found.empty())
                tests.push_back({source.name, events, true, "", "", 0});
            for (const Found& one : found)
                tests.push_back({source.name, events, false, "unwanted",
                                 detector.rules()[one.rule].title, one.line});
        }
    }
    return tests;
}

int test_rules(std::span<const std::string> arguments, Language language) {
    CLI::App cli{"Runs the test events that lie beside rules: name.match.* and name.quiet.*",
                 "noroshi detect rules test"};
    std::string folder;
    std::string placeholders_path;
    bool json = false;
    cli.add_option("path", folder, "folder of rules")->required();
    cli.add_option("--placeholders", placeholders_path,
                   "values for rules that use `expand` (YAML)");
    cli.add_flag("--json", json, "one JSON object");
    bool done = false;
    if (const int code = parse(cli, arguments, done); done) return code;
    const RealClock clock;
    auto tests = run_rule_tests(folder, placeholders_path, clock.now().time_since_epoch().count());
    if (!tests) return complain(language, tests.error());
    std::size_t passed = 0;
    std::size_t failed = 0;
    std::size_t untested = 0;
    std::string list;
    for (const RuleTest& test : *tests) {
        ++(test.reason == "untested" ? untested : test.passed ? passed : failed);
        const std::string reason =
            test.reason.empty()
                ? std::string()
                : i18n::text(language, "watch.detections.test." + test.reason,
                             {{"detail", test.detail}, {"line", std::to_string(test.line)}});
        if (!json) {
            fmt::print("{} {}{}{}\n",
                       test.reason == "untested" ? "-"
                       : test.passed             ? "ok"
                                                 : "FAILED",
                       test.events.empty() ? test.rules : test.events, reason.empty() ? "" : ": ",
                       reason);
            continue;
        }
        list += list.empty() ? "{\"rules\":" : ",{\"rules\":";
        append_json_string(list, test.rules);
        list += ",\"events\":";
        append_text_or_null(list, test.events);
        list += fmt::format(",\"passed\":{},\"code\":", test.passed);
        append_text_or_null(list, test.reason);
        list += ",\"reason\":";
        append_text_or_null(list, reason);
        list += '}';
    }
    if (json)
        fmt::print("{{\"passed\":{},\"failed\":{},\"untested\":{},\"tests\":[{}]}}\n", passed,
                   failed, untested, list);
    std::fflush(stdout);
    fmt::print(stderr, "{}\n",
               i18n::text(language, "watch.detections.tested",
                          {{"passed", std::to_string(passed)},
                           {"failed", std::to_string(failed)},
                           {"untested", std::to_string(untested)}}));
    return failed == 0 ? 0 : exit_code_of(ErrorKind::invalid);
}

int find_beacons(std::span<const std::string> arguments, Language language) {
    CLI::App cli{"Connections that come back like clockwork", "noroshi detect beacons"};
    std::vector<std::string> paths;
    std::vector<std::string> internal;
    std::string window = "24h";
    std::string format = "auto";
    bool rita = false;
    bool json = false;
    cli.add_flag("--rita", rita, "scores exactly as RITA v5 has them");
    cli.add_option("--internal", internal, "networks inside (default: private addresses)");
    cli.add_option("--window", window, "how far back from the last connection");
    cli.add_option("--format", format, "auto, zeek, eve or json");
    cli.add_flag("--json", json, "JSON lines");
    cli.add_option("path", paths, "Zeek logs: conn, and http and ssl for names")->required();
    bool done = false;
    if (const int code = parse(cli, arguments, done); done) return code;
    BeaconOptions beacon_options;
    beacon_options.rita = rita;
    auto networks = parse_networks(internal);
    if (!networks) return complain(language, networks.error());
    beacon_options.internal = *networks;
    const auto span = parse_timespan(window);
    if (!span)
        return complain(
            language,
            {ErrorKind::invalid, "watch.detections.reorder_shape", {{"text", window}}, ""});
    beacon_options.window_seconds = *span / 1000000;
    const auto named = format_named(format);
    if (!named)
        return complain(
            language,
            {ErrorKind::invalid, "watch.detections.format_unknown", {{"format", format}}, ""});
    std::vector<Source> sources;
    if (const auto unreadable = Input::expand(paths, sources))
        return complain(
            language,
            {ErrorKind::not_found, "watch.detections.unreadable", {{"path", *unreadable}}, ""});
    const Detector detector({}, beacon_fields());
    BeaconFinder finder(detector.fields(), beacon_options);
    RunOptions options;
    options.read.format = *named;
    options.beacons = &finder;
    const RealClock clock;
    const Instant started = clock.now();
    const Summary summary = run(detector, sources, options, [](const Found&) {});
    const auto beacons = finder.finish();
    std::string out;
    for (const Beacon& beacon : beacons) {
        if (!json) {
            out += fmt::format("{:.3f}  {} → {}  {}\n", beacon.score, beacon.src,
                               beacon.fqdn.empty() ? beacon.dst : beacon.fqdn, beacon.connections);
            continue;
        }
        out += "{\"src\":";
        append_json_string(out, beacon.src);
        out += ",\"dst\":";
        append_text_or_null(out, beacon.dst);
        out += ",\"fqdn\":";
        append_text_or_null(out, beacon.fqdn);
        out += fmt::format(
            ",\"connections\":{},\"score\":{},\"ts_score\":{},\"ds_score\":{},\"dur_score\":{},"
            "\"hist_score\":{}",
            beacon.connections, beacon.score, beacon.ts_score, beacon.ds_score, beacon.dur_score,
            beacon.hist_score);
        if (rita) out += fmt::format(",\"final_score\":{}", static_cast<float>(beacon.final_score));
        if (beacon.strobe) out += ",\"strobe\":true";
        out += "}\n";
    }
    std::fwrite(out.data(), 1, out.size(), stdout);
    std::fflush(stdout);
    fmt::print(
        stderr, "{}\n",
        i18n::text(language, "watch.detections.beacons_found",
                   {{"pairs", std::to_string(beacons.size())},
                    {"parsed", std::to_string(summary.parsed)},
                    {"seconds",
                     fmt::format("{:.3f}",
                                 std::chrono::duration<double>(clock.now() - started).count())}}));
    return summary.trouble.empty() ? 0 : exit_code_of(ErrorKind::corrupt);
}

}  // namespace

// The verb `detect` of app/programs.cpp.
int detect(std::span<const std::string> arguments, Language language) {
    if (arguments.size() >= 2 && arguments[0] == "rules" && arguments[1] == "check")
        return check_rules(arguments.subspan(2), language);
    if (arguments.size() >= 2 && arguments[0] == "rules" && arguments[1] == "test")
        return test_rules(arguments.subspan(2), language);
    if (!arguments.empty() && arguments[0] == "beacons")
        return find_beacons(arguments.subspan(1), language);
    return detect_files(arguments, language);
}

}  // namespace noroshi::watch::detections
