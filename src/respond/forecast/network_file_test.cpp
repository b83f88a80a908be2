#include "respond/forecast/network_file.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "edge/cli/content.h"
#include "edge/cli/schema.h"

namespace noroshi::respond::forecast {
namespace {

// What the verb does before it runs.
Result<simulate::Network> read(std::string_view text) {
    TRY_LET(const auto content, edge::cli::Content::parse(text, "port.yaml"));
    TRY_LET(const auto file, edge::cli::conforming(content, "network"));
    auto made = [&]() -> Result<simulate::Network> {
        TRY_LET(auto description, network_of(file));
        return simulate::Network::create(std::move(description));
    }();
    if (!made) return edge::cli::wrong_at(content, made.error().pointer, made.error().key);
    return made;
}

std::string at_gate(const std::string& station) {
    return "sources: [{id: s, interarrival: {dist: exponential, mean: 1}, to: gate}]\n"
           "stations:\n- id: gate\n  servers: 4\n" +
           station;
}

void expect_wrong(const std::string& text, std::string_view line, std::string_view field,
                  std::string_view key) {
    const auto made = read(text);
    ASSERT_FALSE(made) << text;
    std::string said;
    for (const auto& [name, value] : made.error().arguments)
        if (name == "file" || name == "line" || name == "field") said += value + " ";
    EXPECT_EQ(said, "port.yaml " + std::string(line) + " " + std::string(field) + " ");
    EXPECT_EQ(made.error().key, key);
}

TEST(NetworkFile, TheExampleOfTheContract) {
    // What other programs were promised has to go on working as promised.
    const auto made = read(R"(
sources:  [{id: trucks, interarrival: {dist: exponential, mean: 0.27777777777}, to: gate, class: normal}]
stations: [{id: gate, servers: 4, service: {dist: exponential, mean: 1.0}, room: unlimited, when_full: block,
            discipline: fifo, patience: none, next: [{to: exit, share: 1.0}]}]
)");
    ASSERT_TRUE(made) << describe(made.error());
    simulate::RunOptions options;
    options.until = 2000;
    options.at = {15};
    options.replications = 2;
    const auto figures = made->run(options);
    ASSERT_TRUE(figures);
    const auto answer = boost::json::parse(json_of(*figures, {"15"}, options, 0.25)).as_object();
    const auto& gate = answer.at("stations").at("gate").as_object();
    for (const char* key :
         {"customers", "mean_wait", "wait_variance", "wait_quantiles", "mean_queue", "mean_number",
          "utilisation", "blocked_fraction", "lost_fraction", "reneged_fraction", "ci95"}) {
        EXPECT_TRUE(gate.contains(key)) << key;
        EXPECT_TRUE(gate.at("classes").at("normal").as_object().contains(key)) << key;
    }
    for (const char* p : {"0.5", "0.9", "0.95", "0.99"})
        EXPECT_TRUE(gate.at("wait_quantiles").as_object().contains(p));
    EXPECT_TRUE(gate.at("number_at").at("15").as_object().contains("sd"));
    EXPECT_GT(answer.at("events").to_number<double>(), 10'000);
    EXPECT_EQ(answer.at("wall_seconds").to_number<double>(), 0.25);
}

TEST(NetworkFile, EveryKindOfEverythingIsRead) {
    // A key that is read but not understood would simulate another port.
    const auto made = read(R"(
format: noroshi-network/1
classes: [1, normal]
sources:
  - {id: a, rate: [[0, 1], [5, 0]], batch: 3, to: [{to: gate, share: 0.5}, {to: road, share: 0.5}], class: 1}
  - {id: b, interarrival: {dist: empirical, values: [1, 2]}, batch: {dist: geometric, mean: 2}, to: road, class: normal}
stations:
  - {id: gate, servers: [[0, 2], [3, 1]], service: {dist: hyperexponential, mean: 1, cv: 1.5}, room: 3, when_full: lose,
     service_of_class: {"1": {dist: uniform, low: 0, high: 1e0}}, discipline: priority,
     patience: {dist: gamma, mean: 4, cv: 2}, next: [{to: road, share: 0.25}, {to: exit, share: 0.75}, {to: exit, class: 1}]}
  - {id: bay, servers: unlimited, service: {dist: lognormal, mean: 1, cv: 0.5}}
links:
  - {id: road, travel: 2.5, headway: 0.1, backward: 0.5, storage: 4, when_full: block, next: [{to: bay}]}
  - {id: side, travel: {dist: erlang, k: 2, mean: 1}, storage: unlimited}
)");
    ASSERT_TRUE(made) << describe(made.error());
    simulate::RunOptions options;
    options.until = 100;
    const auto figures = made->run(options);
    ASSERT_TRUE(figures);
    EXPECT_EQ(figures->entered, figures->left + figures->present);
}

TEST(NetworkFile, MistakesAreToldWithFileLineAndField) {
    // Content is reviewed like code, so its mistakes have to be as easy to find.
    const std::string good = "  service: {dist: exponential, mean: 1}\n";
    expect_wrong(at_gate("  service: {dist: exponential, mean: -1}\n"), "5",
                 "stations[0].service.mean", "edge.cli.schema.above");
    expect_wrong(at_gate("  service: {dist: expo, mean: 1}\n"), "5", "stations[0].service.dist",
                 "edge.cli.schema.one_of");
    expect_wrong(at_gate("  service: {mean: 0.5}\n"), "5", "stations[0].service.dist",
                 "edge.cli.content.missing");
    expect_wrong(at_gate("  service: {dist: erlang, mean: 1, k: 1.5}\n"), "5",
                 "stations[0].service.k", "edge.cli.content.wrong_type");
    expect_wrong(at_gate(good + "  rooms: 3\n"), "6", "stations[0].rooms",
                 "edge.cli.content.unknown");
    expect_wrong(at_gate(good + "  room: lots\n"), "6", "stations[0].room",
                 "edge.cli.schema.one_of");
    expect_wrong(at_gate(good + good), "6", "stations[0].service", "edge.cli.content.twice");
    expect_wrong(
        at_gate(good + "  next:\n  - {to: exit, share: 0.5}\n  - {to: exit, share: 0.4}\n"), "7",
        "stations[0].next", "edge.cli.schema.refused");
    expect_wrong(
        at_gate(good + "  next:\n  - {to: exit, share: 0.5}\n  - {to: yard, share: 0.5}\n"), "8",
        "stations[0].next[1].to", "edge.cli.schema.refused");
    expect_wrong(at_gate(good + "- id: gate\n  servers: 1\n" + good), "6", "stations[1].id",
                 "edge.cli.schema.refused");
    expect_wrong(at_gate(""), "3", "stations[0].service", "edge.cli.schema.refused");
    expect_wrong("stations: []\n", "1", "sources", "edge.cli.content.missing");
    expect_wrong("no map", "1", "$", "edge.cli.content.wrong_type");
    const auto torn = read("sources: [");
    ASSERT_FALSE(torn);
    EXPECT_EQ(torn.error().key, "edge.cli.content.malformed");
}

}  // namespace
}  // namespace noroshi::respond::forecast
