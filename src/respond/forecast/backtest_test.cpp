#include "respond/forecast/backtest.h"

#include <gtest/gtest.h>

#include "respond/forecast/forecast_scene.h"

namespace noroshi::respond::forecast {
namespace {

using namespace scene;

TEST(Backtest, ScoresAsTheProtocolSays) {
    // CRPS of a point is its distance; of two samples E|X - y| - E|X - X'|/2.
    EXPECT_NEAR(log_crps({std::expm1(1.0)}, std::expm1(3.0)), 2, 1e-12);
    EXPECT_NEAR(log_crps({std::expm1(1.0), std::expm1(2.0)}, std::expm1(1.0)), 0.5 - 0.25, 1e-12);
    EXPECT_LT(log_crps({9, 10, 11}, 10), log_crps({5, 10, 20}, 10));
}

// Everything a scored run of Nagoya reads was public before the ransom note was printed.
TEST(Backtest, NagoyaUsesNothingFromAfterTheEvent) {
    const auto port =
        port_model_of(conforming(embedded("ports/nagoya-2023.yaml"), "port-model"), defaults());
    ASSERT_TRUE(port) << describe(port.error());
    const auto nagoya =
        incident_of(conforming(embedded("incidents/nagoya-2023.yaml"), "incident"), *port);
    ASSERT_TRUE(nagoya) << describe(nagoya.error());
    EXPECT_EQ(later_facts(*port, *nagoya), std::vector<std::string>{});
    EXPECT_EQ(nagoya->as_of.size(), 4U);
    EXPECT_EQ(nagoya->outcomes.size(), 6U);

    auto later = *port;
    later.priors[0].date = "2023-07-05";
    later.priors[1].pre_event = false;
    EXPECT_EQ(later_facts(later, *nagoya),
              (std::vector<std::string>{"teu_per_year", "teu_per_box"}));
}

// What is shipped can be scored: its port is there, and nothing in it was known only later.
TEST(Backtest, EveryIncidentWeShipIsReadAndUsesNothingFromAfterIt) {
    std::size_t count = 0;
    for (const auto& file : embedded_data()) {
        const std::string path(file.path);
        if (!path.starts_with("incidents/")) continue;
        ++count;
        const auto read = conforming(embedded(path), "incident");
        const auto id = std::string(read.at("port").as_string());
        const auto port =
            port_model_of(conforming(embedded("ports/" + id + ".yaml"), "port-model"), defaults());
        ASSERT_TRUE(port) << path << describe(port.error());
        const auto one = incident_of(read, *port);
        ASSERT_TRUE(one) << path << describe(one.error());
        EXPECT_EQ(later_facts(*port, *one), std::vector<std::string>{}) << path;
        EXPECT_FALSE(one->as_of.empty()) << path;
        for (const auto& outcome : one->outcomes) EXPECT_FALSE(outcome.source.empty()) << path;
    }
    EXPECT_GE(count, 2U);
}

TEST(Backtest, AnyIncidentGoesThroughIt) {
    // Also one whose end is good, and whose files are somebody else's.
    const auto port = small_port();
    const auto stop = incident(port, R"(terminals: [a]
as_of: ["2024-06-04T08:00:00+09:00", "2024-06-04T12:00:00+09:00"]
announcements: [{at: "2024-06-04T11:00:00+09:00", gate_at: "2024-06-05T08:30:00+09:00"}]
outcomes:
- {id: ships, quantity: ships_affected, value: 3, source: "A: test"}
- {id: boxes, quantity: boxes_affected, value: 1200, source: "A: test"}
- {id: queue, quantity: queue_m, road: shared, from: "2024-06-04T09:00:00+09:00", to: "2024-06-04T10:00:00+09:00", value: 900, known_at: "2024-06-04T10:00:00+09:00", source: "B: test"}
)");
    const auto report = backtest_of(port, stop, options(stop, 20), "hash");
    ASSERT_TRUE(report) << describe(report.error());
    const auto& replays = report->at("replays").as_array();
    ASSERT_EQ(replays.size(), 2U);
    EXPECT_TRUE(replays[1].at("rows").as_array()[2].as_object().contains("known_already"));
    EXPECT_TRUE(replays[0].at("rows").as_array()[2].as_object().contains("log_crps"));
    EXPECT_EQ(report->at("criteria").as_object().size(), 6U);
    EXPECT_EQ(report->at("frozen").as_string(), "hash");
    EXPECT_EQ(backtest_of(port, incident(port), options(stop, 5), "").error().key,
              "respond.forecast.nothing_to_score");
}

TEST(Backtest, ATerminalThatNeverClosedDoesNotReopen) {
    // Else the forecast would say at once that it is over, because somebody else works.
    const auto port = scene::small_port();
    const auto stop = scene::incident(port);  // only the first terminal
    const auto runs = forecast_of(port, stop, scene::options(stop, 5));
    ASSERT_TRUE(runs);
    Outcome asked;
    asked.quantity = Quantity::reopening_h;
    for (const auto& run : runs->runs)
        EXPECT_EQ(value_of(run, asked, stop), run.opens[0] - stop.start);
}

TEST(Backtest, TheHashIsOfEverythingButTheOutcomes) {
    const auto port = conforming(embedded("ports/nagoya-2023.yaml"), "port-model");
    auto nagoya = conforming(embedded("incidents/nagoya-2023.yaml"), "incident");
    const auto before = frozen_hash(port, defaults(), nagoya);
    nagoya.as_object()["outcomes"].as_array().clear();
    EXPECT_EQ(frozen_hash(port, defaults(), nagoya), before);
    nagoya.as_object()["announcements"].as_array().clear();
    EXPECT_NE(frozen_hash(port, defaults(), nagoya), before);
}

}  // namespace
}  // namespace noroshi::respond::forecast
