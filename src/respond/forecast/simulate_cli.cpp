// `noroshi simulate FILE.yaml`: a general network of queues at the command line.

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>
#include <span>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "edge/cli/content.h"
#include "edge/cli/schema.h"
#include "kernel/i18n/i18n.h"
#include "kernel/time/time.h"
#include "respond/forecast/network_file.h"

namespace noroshi::respond::forecast {

namespace {

struct Asked {
    std::string file;
    std::vector<std::string> at;
    bool as_json = false;
    simulate::RunOptions options;
};

Result<double> time_of(const std::string& text) {
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || !std::isfinite(value))
        return fail(ErrorKind::invalid, "respond.forecast.not_a_time", {{"text", text}});
    return value;
}

// What was asked for in numbers; CLI11 only knows that they are some.
struct Numbers {
    std::optional<std::int64_t> customers;
    std::int64_t seed = 1;
    std::int64_t replications = 1;
    std::int64_t threads = 1;
};

Result<> take(const Numbers& numbers, simulate::RunOptions& options) {
    const auto at_least = [](const char* option, std::int64_t value,
                             std::int64_t least) -> Result<> {
        if (value >= least) return {};
        return fail(ErrorKind::invalid, "respond.forecast.option_least",
                    {{"option", option}, {"least", std::to_string(least)}});
    };
    if (numbers.customers) {
        TRY(at_least("--customers", *numbers.customers, 1));
        options.customers = static_cast<std::uint64_t>(*numbers.customers);
    }
    TRY(at_least("--seed", numbers.seed, 0));
    TRY(at_least("--replications", numbers.replications, 1));
    TRY(at_least("--threads", numbers.threads, 0));
    options.seed = static_cast<std::uint64_t>(numbers.seed);
    options.replications = static_cast<std::uint64_t>(numbers.replications);
    options.threads = static_cast<unsigned>(std::min<std::int64_t>(numbers.threads, 256));
    return {};
}

Result<> simulate_file(Asked& asked, Language language) {
    TRY_LET(const auto content, edge::cli::Content::read(asked.file));
    TRY_LET(const auto file, edge::cli::conforming(content, "network"));
    auto network = [&]() -> Result<simulate::Network> {
        TRY_LET(auto description, network_of(file));
        return simulate::Network::create(std::move(description));
    }();
    if (!network)
        return edge::cli::wrong_at(content, network.error().pointer,
                                   i18n::text(language, network.error()));
    for (const auto& text : asked.at) {
        TRY_LET(const auto at, time_of(text));
        asked.options.at.push_back(at);
    }
    auto& options = asked.options;
    if (!options.customers && !options.until) {
        // Whoever wants to know a time wants to get there; else as much as a person waits for.
        if (!options.at.empty())
            options.until = std::ranges::max(options.at);
        else if (!network->sources_end())
            options.customers = 1'000'000;
    }
    const RealClock clock;
    const auto started = clock.now();
    auto figures = network->run(options);
    const std::chrono::duration<double> took = clock.now() - started;
    if (!figures && !figures.error().pointer.empty())
        return fail(ErrorKind::invalid, "respond.forecast.option",
                    {{"option", "--" + figures.error().pointer.substr(1)},
                     {"reason", i18n::text(language, figures.error())}});
    if (!figures) return std::unexpected(figures.error());
    if (asked.as_json)
        fmt::print("{}\n", json_of(*figures, asked.at, options, took.count()));
    else
        fmt::print("{}{} events in {:.3f} s\n", table_of(*figures, asked.at), figures->events,
                   took.count());
    return {};
}

}  // namespace

int simulate_verb(std::span<const std::string> arguments, Language language) {
    Asked asked;
    Numbers numbers;
    std::string list = "auto";
    CLI::App cli{"simulate a network of queues (docs/formats/network.md)", "noroshi simulate"};
    cli.add_option("file", asked.file, "YAML file")->required();
    cli.add_option("--customers", numbers.customers, "end after so many arrivals from outside");
    cli.add_option("--until", asked.options.until, "end at this time");
    cli.add_option("--warmup", asked.options.warmup, "leave out what lies before this time");
    cli.add_option("--seed", numbers.seed, "the same seed, the same figures");
    cli.add_option("--replications", numbers.replications, "independent runs");
    cli.add_option("--threads", numbers.threads,
                   "0: as many as the machine has; figures do not depend on it");
    cli.add_option("--at", asked.at, "count who is where at these times: T1,T2")->delimiter(',');
    cli.add_option("--event-list", list,
                   "auto, sorted, heap or calendar; figures do not depend on it")
        ->check(CLI::IsMember({"auto", "sorted", "heap", "calendar"}));
    cli.add_flag("--json", asked.as_json, "one line of JSON");
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    try {
        cli.parse(std::move(reversed));
    } catch (const CLI::ParseError& thrown) {
        return cli.exit(thrown) == 0 ? 0 : exit_code_of(ErrorKind::invalid);
    }
    using simulate::EventListKind;
    asked.options.event_list = list == "sorted"     ? EventListKind::sorted
                               : list == "heap"     ? EventListKind::heap
                               : list == "calendar" ? EventListKind::calendar
                                                    : EventListKind::automatic;
    auto done = take(numbers, asked.options);
    if (done) done = simulate_file(asked, language);
    if (!done) {
        std::fflush(stdout);
        fmt::print(stderr, "noroshi: {}\n", i18n::text(language, done.error()));
        return exit_code_of(done.error().kind);
    }
    return 0;
}

}  // namespace noroshi::respond::forecast
