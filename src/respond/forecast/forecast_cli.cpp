// `noroshi forecast run` and `noroshi forecast backtest`.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include "edge/cli/content.h"
#include "edge/cli/schema.h"
#include "kernel/embedded_data.h"
#include "kernel/i18n/i18n.h"
#include "kernel/time/time.h"
#include "respond/forecast/backtest.h"
#include "respond/forecast/calibration.h"

namespace noroshi::respond::forecast {

namespace {

namespace bj = boost::json;
using edge::cli::Content;

struct Asked {
    std::string port;
    std::string incident;
    std::string as_of;
    std::string keep;
    std::int64_t replications = 1000;
    std::int64_t seed = 1;
    std::int64_t threads = 0;
    double days = 14;
    std::int64_t ports = 500;
    bool what_if = false;
    bool as_json = false;
};

struct Files {
    Content port_content;
    Content incident_content;
    bj::value port_file;
    bj::value defaults;
    bj::value incident_file;
    PortModel port;
    Incident incident;
};

Result<Content> embedded(const std::string& path) {
    for (const auto& file : embedded_data())
        if (file.path == path) return Content::parse(file.bytes, "data/" + path);
    return fail(ErrorKind::not_found, "edge.cli.content.unreadable", {{"file", "data/" + path}});
}

// A port that an incident names: beside it, in a folder `ports` beside its own, or ours.
Result<Content> port_named(const std::string& id, const std::string& incident) {
    namespace fs = std::filesystem;
    const auto folder = fs::path(incident).parent_path();
    for (const auto& path : {folder / (id + ".yaml"), folder / ".." / "ports" / (id + ".yaml")})
        if (std::error_code failed; fs::exists(path, failed) && path != fs::path(incident) &&
                                    !fs::equivalent(path, incident, failed))
            return Content::read(path.string());
    return embedded("ports/" + id + ".yaml");
}

template <class T>
Result<T> placed(Result<T> made, const Content& content, Language language) {
    if (made || made.error().pointer.empty()) return made;
    return edge::cli::wrong_at(content, made.error().pointer, i18n::text(language, made.error()));
}

Result<Files> read(const Asked& asked, Language language) {
    TRY_LET(auto incident_content, Content::read(asked.incident));
    TRY_LET(auto incident_file, edge::cli::conforming(incident_content, "incident"));
    const auto id = std::string(incident_file.at("port").as_string());
    TRY_LET(auto port_content,
            asked.port.empty() ? port_named(id, asked.incident) : Content::read(asked.port));
    TRY_LET(auto port_file, edge::cli::conforming(port_content, "port-model"));
    TRY_LET(const auto default_content, embedded("ports/forecast-defaults.yaml"));
    TRY_LET(auto defaults, edge::cli::conforming(default_content, "port-model"));
    TRY_LET(auto port, placed(port_model_of(port_file, defaults), port_content, language));
    TRY_LET(auto incident, placed(incident_of(incident_file, port), incident_content, language));
    return Files{std::move(port_content), std::move(incident_content), std::move(port_file),
                 std::move(defaults),     std::move(incident_file),    std::move(port),
                 std::move(incident)};
}

Result<ForecastOptions> options_of(const Asked& asked, const Files& files) {
    const auto wrong = [](const char* option, const char* least) {
        return fail(ErrorKind::invalid, "respond.forecast.option_least",
                    {{"option", option}, {"least", least}});
    };
    if (asked.replications < 1) return wrong("--replications", "1");
    if (asked.seed < 0) return wrong("--seed", "0");
    if (asked.threads < 0) return wrong("--threads", "0");
    if (!(asked.days >= 1) || asked.days > 366) return wrong("--days", "1");
    ForecastOptions options;
    options.replications = static_cast<std::uint64_t>(asked.replications);
    options.seed = static_cast<std::uint64_t>(asked.seed);
    options.threads = static_cast<unsigned>(std::min<std::int64_t>(asked.threads, 256));
    options.horizon = 24 * asked.days;
    options.as_of = files.incident.start;
    if (!asked.as_of.empty()) {
        const auto hours = hours_of(asked.as_of, files.incident, files.port);
        if (!hours)
            return fail(ErrorKind::invalid, "respond.forecast.time", {{"text", asked.as_of}});
        options.as_of = *hours;
        if (*hours < files.incident.start || *hours >= options.horizon)
            return fail(ErrorKind::invalid, "respond.forecast.before_start");
    } else {
        // All that is known.
        for (const auto& one : files.incident.announcements)
            options.as_of = std::max(options.as_of, one.known);
        for (const auto& one : files.incident.facts)
            options.as_of = std::max(options.as_of, one.known);
        for (const auto& one : files.incident.observations)
            options.as_of = std::max(options.as_of, one.known);
        options.as_of = std::min(options.as_of, options.horizon - 1);
    }
    return options;
}

double seconds_since(const RealClock& clock, Instant started) {
    return std::chrono::duration<double>(clock.now() - started).count();
}

Result<> add_what_ifs(bj::object& answer, const Forecast& without, const Files& files,
                      const ForecastOptions& options) {
    bj::array what_if;
    for (const auto& measure : files.incident.measures) {
        ForecastOptions with = options;
        with.measure = &measure;
        TRY_LET(const auto forecast, forecast_of(files.port, files.incident, with));
        const auto c = compare(without, forecast, measure);
        what_if.push_back(bj::object{{"id", c.id},
                                     {"name", c.name},
                                     {"probability_better", c.better},
                                     {"truck_hours", c.truck_hours},
                                     {"boxes_missed", c.boxes_missed},
                                     {"clear_h", c.clear_h},
                                     {"ships_affected", c.ships_affected},
                                     {"urgent_wait_h", c.urgent_wait_h},
                                     {"neighbours_harmed", c.neighbours_harmed},
                                     {"neighbours_truck_hours", c.neighbours_hours}});
    }
    answer["what_if"] = std::move(what_if);
    TRY_LET(const auto clock, decision_clock(files.port, files.incident, options));
    bj::array decide;
    for (const auto& one : clock) {
        bj::array starts;
        for (const auto& [at, share] : one.starts)
            starts.push_back(bj::object{{"at", time_of(at, files.incident, files.port)},
                                        {"probability_short_of_point", share}});
        decide.push_back(bj::object{
            {"measure", one.id},
            {"road", one.road},
            {"point", one.point},
            {"latest", one.latest < 0 ? bj::value(nullptr)
                                      : bj::value(time_of(one.latest, files.incident, files.port))},
            {"starts", std::move(starts)}});
    }
    answer["decision_clock"] = std::move(decide);
    return {};
}

std::string table_of(const bj::object& answer) {
    std::string out = fmt::format("{:<28}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "", "5 %", "10 %",
                                  "50 %", "90 %", "95 %");
    for (const auto& [name, value] : answer.at("whole_port").as_object()) {
        const auto& bands = value.as_object();
        const auto* middle = bands.if_contains("0.5");
        if (middle == nullptr || middle->is_array()) continue;
        out += fmt::format("{:<28}", std::string_view(name));
        for (const char* level : {"0.05", "0.1", "0.5", "0.9", "0.95"}) {
            const auto& one = bands.at(level);
            out += one.is_string()
                       ? fmt::format("  {}", std::string_view(one.as_string()).substr(0, 16))
                   : one.is_null() ? fmt::format("{:>10}", "–")
                                   : fmt::format("{:>10.4g}", one.to_number<double>());
        }
        out += '\n';
    }
    return out;
}

Result<> run_forecast(const Asked& asked, Language language) {
    const RealClock clock;
    const auto started = clock.now();
    TRY_LET(const auto files, read(asked, language));
    TRY_LET(const auto options, options_of(asked, files));
    auto preview = preview_of(files.port, files.incident, options);
    preview["seconds"] = seconds_since(clock, started);
    TRY_LET(const auto forecast, forecast_of(files.port, files.incident, options));
    auto answer = answer_of(forecast, files.port, files.incident, options);
    answer["frozen"] = frozen_hash(files.port_file, files.defaults, files.incident_file);
    answer["preview"] = std::move(preview);
    if (asked.what_if) TRY(add_what_ifs(answer, forecast, files, options));
    std::uint64_t events = 0;
    std::uint64_t visits = 0;
    for (const auto& run : forecast.runs) {
        events += run.events;
        visits += run.visits;
    }
    answer["events"] = events;
    answer["visits"] = visits;
    answer["wall_seconds"] = seconds_since(clock, started);
    if (asked.as_json)
        fmt::print("{}\n", bj::serialize(answer));
    else
        fmt::print("{}", table_of(answer));
    return {};
}

Result<> run_backtest(const Asked& asked, Language language) {
    const RealClock clock;
    const auto started = clock.now();
    TRY_LET(const auto files, read(asked, language));
    TRY_LET(const auto options, options_of(asked, files));
    TRY_LET(auto report,
            backtest_of(files.port, files.incident, options,
                        frozen_hash(files.port_file, files.defaults, files.incident_file)));
    report["wall_seconds"] = seconds_since(clock, started);
    const auto line = bj::serialize(report);
    if (!asked.keep.empty()) {
        std::ofstream kept(asked.keep, std::ios::app | std::ios::binary);
        kept << line << '\n';
        kept.flush();
        if (!kept)
            return fail(ErrorKind::unavailable, "respond.forecast.not_kept",
                        {{"file", asked.keep}});
    }
    if (asked.as_json) {
        fmt::print("{}\n", line);
        return {};
    }
    for (const auto& [name, met] : report.at("criteria").as_object())
        fmt::print("{:<52}{}\n", std::string_view(name), met.as_bool() ? "yes" : "no");
    return {};
}

Result<> run_calibration(const Asked& asked, Language language) {
    const RealClock clock;
    const auto started = clock.now();
    TRY_LET(const auto files, read(asked, language));
    if (asked.ports < 20 || asked.ports > 100'000)
        return fail(ErrorKind::invalid, "respond.forecast.option_least",
                    {{"option", "--ports"}, {"least", "20"}});
    TRY_LET(const auto shared, options_of(asked, files));
    CalibrationOptions options;
    options.ports = static_cast<std::uint64_t>(asked.ports);
    options.runs = shared.replications;
    options.seed = shared.seed;
    options.threads = shared.threads;
    options.horizon = shared.horizon;
    TRY_LET(const auto ranks, calibrate(files.port, files.incident, options));
    bj::object out{{"ports", options.ports}, {"runs", options.runs}, {"seed", options.seed}};
    bool uniform = true;
    bj::object quantities;
    for (const auto& one : ranks) {
        uniform &= one.p > 0.01;
        quantities[one.quantity] = bj::object{{"ranks", bj::value_from(one.counts)},
                                              {"chi_square", one.chi_square},
                                              {"p", one.p},
                                              {"inside_80", one.inside_80}};
    }
    out["quantities"] = std::move(quantities);
    out["uniform"] = uniform;
    out["wall_seconds"] = seconds_since(clock, started);
    fmt::print("{}\n", bj::serialize(out));
    return {};
}

}  // namespace

int forecast_verb(std::span<const std::string> arguments, Language language) {
    Asked asked;
    CLI::App cli{"how long the queue, how late the ships (docs/formats/forecast.md)",
                 "noroshi forecast"};
    cli.require_subcommand(1);
    const auto shared = [&](CLI::App* verb) {
        verb->add_option("--replications", asked.replications, "runs (1000)");
        verb->add_option("--seed", asked.seed, "the same seed, the same answer");
        verb->add_option("--threads", asked.threads, "0: as many as the machine has");
        verb->add_option("--days", asked.days, "how far ahead, from the day it began (14)");
        verb->add_flag("--json", asked.as_json, "one line of JSON");
    };
    auto* run = cli.add_subcommand("run", "forecast one incident");
    run->add_option("port", asked.port, "PORT.yaml")->required();
    run->add_option("--incident", asked.incident, "INCIDENT.yaml")->required();
    run->add_option("--as-of", asked.as_of, "use only what was known then (RFC 3339)");
    run->add_flag("--what-if", asked.what_if,
                  "the incident's measures, paired, and the decision clock");
    shared(run);
    auto* backtest = cli.add_subcommand("backtest", "replay an incident and score the forecasts");
    backtest->add_option("incident", asked.incident, "INCIDENT.yaml")->required();
    backtest->add_option("--port", asked.port, "PORT.yaml (default: the one the incident names)");
    backtest->add_option("--keep", asked.keep, "append the report to this file");
    shared(backtest);
    auto* calibration = cli.add_subcommand(
        "calibrate", "rank histograms of forecasts of ports drawn from the priors");
    calibration->add_option("port", asked.port, "PORT.yaml")->required();
    calibration->add_option("--incident", asked.incident, "INCIDENT.yaml")->required();
    calibration->add_option("--ports", asked.ports, "ports drawn (500)");
    shared(calibration);
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    try {
        cli.parse(std::move(reversed));
    } catch (const CLI::ParseError& thrown) {
        return cli.exit(thrown) == 0 ? 0 : exit_code_of(ErrorKind::invalid);
    }
    const auto done = run->parsed()           ? run_forecast(asked, language)
                      : calibration->parsed() ? run_calibration(asked, language)
                                              : run_backtest(asked, language);
    if (!done) {
        std::fflush(stdout);
        fmt::print(stderr, "noroshi: {}\n", i18n::text(language, done.error()));
        return exit_code_of(done.error().kind);
    }
    return 0;
}

}  // namespace noroshi::respond::forecast
