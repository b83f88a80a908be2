#include "respond/forecast/forecast.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "engines/simulate/exact.h"
#include "respond/forecast/forecast_scene.h"

namespace noroshi::respond::forecast {
namespace {

using namespace scene;

Forecast run(const PortModel& port, const Incident& of, const ForecastOptions& with) {
    auto forecast = forecast_of(port, of, with);
    EXPECT_TRUE(forecast) << describe(forecast.error());
    return std::move(*forecast);
}

double most_queue(const PortOutcome& run, std::size_t road) {
    double most = 0;
    for (std::size_t h = 0; h < run.hours; ++h)
        most = std::max<double>(most, run.queue_m[road * run.hours + h]);
    return most;
}

TEST(Forecast, ANormalWeekHasNothingToTell) {
    // A forecast that finds late ships and missed boxes where nothing happened would be believed
    // nowhere else.
    const auto port = small_port();
    const auto nothing = incident(port, "terminals: []\n");
    const auto forecast = run(port, nothing, options(nothing));
    for (const auto& one : forecast.runs) {
        EXPECT_EQ(one.ships_affected, 0);
        EXPECT_EQ(one.boxes_missed, 0);
        EXPECT_LT(one.backlog.back(), 2500);
    }
}

TEST(Forecast, TheSameWhateverTheThreads) {
    // What was said at the press conference can be shown again.
    const auto port = small_port();
    const auto stop = incident(port, R"(
observations:
- {at: "2024-06-04T10:00:00+09:00", kind: queue_m, road: shared, value: 1200, sd: 300}
- {at: "2024-06-04T15:00:00+09:00", kind: ships_waiting, value: 2, sd: 1}
)");
    auto with = options(stop, 30);
    with.as_of = stop.start + 12;
    const auto one = boost::json::serialize(answer_of(run(port, stop, with), port, stop, with));
    with.threads = 3;
    EXPECT_EQ(one, boost::json::serialize(answer_of(run(port, stop, with), port, stop, with)));
    with.seed = 2;
    EXPECT_NE(one, boost::json::serialize(answer_of(run(port, stop, with), port, stop, with)));
}

TEST(Forecast, AClosedTerminalFillsTheRoadOfItsNeighbour) {
    // Guideline 2.2.1 (figure): the queue that blocks somebody who still works. Only a is stricken;
    // b stands behind the same road, c does not.
    const auto port = small_port();
    const auto stop = incident(port);
    auto with = options(stop);
    const auto shared = run(port, stop, with);
    with.spill_back = false;
    const auto apart = run(port, stop, with);
    double b_shared = 0;
    double b_apart = 0;
    double c_shared = 0;
    double c_apart = 0;
    for (std::size_t r = 0; r < shared.runs.size(); ++r) {
        b_shared += shared.runs[r].truck_hours[1];
        b_apart += apart.runs[r].truck_hours[1];
        c_shared += shared.runs[r].truck_hours[2];
        c_apart += apart.runs[r].truck_hours[2];
    }
    EXPECT_GT(b_shared, 2 * b_apart);
    EXPECT_NEAR(c_shared, c_apart, 0.2 * c_apart);
}

TEST(Forecast, LongerStopsAreWorse) {
    // On the same random numbers: a later promise means more boxes, later ships, later clearing.
    const auto port = small_port(
        "parameters: {slip_probability: {value: 0, source: test, date: '2020', pre_event: "
        "true}}\n");
    const auto soon = incident(port,
                               "announcements: [{at: '2024-06-04T07:00:00+09:00', gate_at: "
                               "'2024-06-04T13:00:00+09:00'}]\n");
    const auto late = incident(port,
                               "announcements: [{at: '2024-06-04T07:00:00+09:00', gate_at: "
                               "'2024-06-06T13:00:00+09:00'}]\n");
    auto with = options(soon);
    with.as_of = soon.start + 1;
    const auto a = run(port, soon, with);
    const auto b = run(port, late, with);
    EXPECT_LT(middle(a, &PortOutcome::boxes_missed), 0.5 * middle(b, &PortOutcome::boxes_missed));
    EXPECT_LT(middle(a, &PortOutcome::largest_delay_h), middle(b, &PortOutcome::largest_delay_h));
    EXPECT_LE(middle(a, &PortOutcome::ships_affected), middle(b, &PortOutcome::ships_affected));
    for (const auto& one : a.runs) {
        EXPECT_GE(one.opens[0], 13);
        EXPECT_LE(one.opens[0], 13 + 6 + 24);  // staggered, at latest the next morning
    }
}

TEST(Forecast, NothingLearnedLaterIsUsed) {
    // A replay that peeks would make every forecast look good.
    const auto port = small_port();
    const auto bare = incident(port);
    const auto knowing = incident(port, R"(terminals: [a]
announcements: [{at: "2024-06-05T12:00:00+09:00", gate_at: "2024-06-05T15:00:00+09:00"}]
facts: [{at: "2024-06-05T15:00:00+09:00", terminals: [a], gate_open_at: "2024-06-05T15:00:00+09:00"}]
observations: [{at: "2024-06-04T10:00:00+09:00", known_at: "2024-06-05T10:00:00+09:00", kind: queue_m, road: shared, value: 9000, sd: 10}]
)");
    auto with = options(bare, 10);
    with.as_of = bare.start + 3;
    EXPECT_EQ(boost::json::serialize(answer_of(run(port, bare, with), port, bare, with)),
              boost::json::serialize(answer_of(run(port, knowing, with), port, knowing, with)));
    with.as_of = 24 + 16;
    const auto after = run(port, knowing, with);
    EXPECT_EQ(after.observed, 1U);
    for (const auto& one : after.runs) EXPECT_EQ(one.opens[0], 24 + 15);
}

TEST(Forecast, AnObservationPullsTheForecast) {
    // The queue somebody saw is the best thing known about the queue.
    const auto port = small_port();
    const auto seen = [&](const char* metres) {
        return incident(
            port, std::string("terminals: [a, b]\nobservations: [{at: '2024-06-04T11:00:00+09:00', "
                              "kind: queue_m, road: shared, value: ") +
                      metres + ", sd: 100}]\n");
    };
    const auto queue_at_12 = [&](const Incident& of) {
        auto with = options(of, 120);
        with.as_of = 11.5;
        const auto forecast = run(port, of, with);
        EXPECT_EQ(forecast.observed, 1U);
        std::vector<double> values;
        for (const auto& one : forecast.runs) values.push_back(one.queue_m[11]);
        return quantile(values, 0.5);
    };
    const double low = queue_at_12(seen("1500"));
    const double high = queue_at_12(seen("6000"));
    EXPECT_LT(low, high - 1500);
}

TEST(Forecast, MeasuresAreComparedOnTheSameTrucks) {
    // "Do not come" must not look good because other trucks were drawn.
    const auto port = small_port();
    const auto stop = incident(port, R"(terminals: [a, b, c]
measures:
- {id: stay_away, kind: do_not_come, from: "2024-06-04T07:00:00+09:00"}
- {id: nothing, kind: staging, amount: 0}
)");
    auto with = options(stop);
    const auto without = run(port, stop, with);
    with.measure = &stop.measures[0];
    const auto told = compare(without, run(port, stop, with), stop.measures[0]);
    EXPECT_GT(told.better, 0.9);
    EXPECT_LT(told.truck_hours, 0);
    with.measure = &stop.measures[1];
    const auto same = compare(without, run(port, stop, with), stop.measures[1]);
    EXPECT_EQ(same.better, 0.5);
    EXPECT_EQ(same.truck_hours, 0);
}

TEST(Forecast, GatesOfTheModelAreQueues) {
    // Without behaviour, one terminal on its own road is M(t)/E4/c(t); its mean queue at noon lies
    // between what exponential and constant service would give.
    const auto port = small_port(R"(parameters:
  plaza_buffer: {value: 100000, source: test, date: "2020", pre_event: true}
  teu_per_year: {value: 2.0e6, source: test, date: "2020", pre_event: true}
  teu_per_box: {value: 1.5, source: test, date: "2020", pre_event: true}
  landside_share: {value: 1, source: test, date: "2020", pre_event: true}
  saturday_share: {value: 0.3, source: test, date: "2020", pre_event: true}
  boxes_per_visit: {value: 1, source: test, date: "2020", pre_event: true}
  gate_service_min: {value: 2, source: test, date: "2020", pre_event: true}
  lane_load: {value: 0.85, source: test, date: "2020", pre_event: true}
)");
    const auto nothing = incident(port, "terminals: []\n");
    auto with = options(nothing, 400);
    with.horizon = 24;
    with.behaviour = false;
    const auto forecast = run(port, nothing, with);
    const double visits = 2.0e6 / 1.5 / (248 + 46 * 0.3) * 0.4;
    const double lanes = std::ceil(visits * 120 / 910 * 2 / 60 / 0.85);
    simulate::Schedule rate;
    constexpr double profile[]{60, 110, 120, 110, 100, 60, 100, 110, 100, 40};
    for (int k = 0; k < 10; ++k) rate.emplace_back(7 + k, visits * profile[k] / 910);
    simulate::ExactQueue exact(30);
    ASSERT_TRUE(exact.advance(7, 10, rate, {{8.5, lanes}}));
    const double in_service = std::min(lanes, visits * 110 / 910 / 30);
    double mean = 0;
    for (const auto& one : forecast.runs) mean += one.trucks[2 * one.hours + 9] / 400.0;
    const double waiting = exact.mean() - in_service;
    EXPECT_GT(mean, 0.5 * waiting);
    EXPECT_LT(mean, 1.3 * waiting);
    EXPECT_GT(most_queue(forecast.runs[0], 0) + 1, 0);
}

TEST(Forecast, RefusesWhatItCannotDo) {
    const auto port = small_port();
    const auto stop = incident(port);
    auto with = options(stop);
    with.as_of = 0;
    EXPECT_EQ(forecast_of(port, stop, with).error().key, "respond.forecast.before_start");
    with = options(stop, 0);
    EXPECT_EQ(forecast_of(port, stop, with).error().key, "respond.forecast.too_many_runs");
    const auto bad =
        incident_of(conforming("format: noroshi-incident/1\nid: x\nport: small\nstart: "
                               "'2024-06-04T06:30:00+09:00'\nterminals: [z]\n",
                               "incident"),
                    port);
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().pointer, "/terminals/0");
}

}  // namespace
}  // namespace noroshi::respond::forecast
