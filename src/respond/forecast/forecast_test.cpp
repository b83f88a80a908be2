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

TEST(Forecast, AnAlternativePortTakesWhatItCanAndNoMore) {
    // A diversion to a port that has no room would be a promise to nobody.
    const auto with_room = [](const char* boxes) {
        return small_port(std::string("alternatives: [{id: near, boxes_a_day: ") + boxes +
                          ", after_h: 12, source: test, date: '2020'}, {id: far, boxes_a_day: 0, "
                          "source: test, date: '2020'}]\n");
    };
    const auto none = with_room("0");
    const auto some = with_room("900");
    const auto told = [](const PortModel& port) {
        return incident(port, R"(terminals: [a, b, c]
announcements: [{at: "2024-06-04T07:00:00+09:00", gate_at: "2024-06-07T08:30:00+09:00"}]
measures: [{id: away, kind: diversion, amount: 1, to: [far, near]}]
)");
    };
    const auto closed = told(none);
    auto with = options(closed, 20);
    with.as_of = closed.start + 1;
    with.measure = &closed.measures[0];
    for (const auto& one : run(none, closed, with).runs) {
        EXPECT_EQ(one.ships_diverted, 0);
        EXPECT_EQ(one.diverted_calls, (std::vector<float>{0, 0}));
    }
    const auto open = told(some);
    with.measure = &open.measures[0];
    const auto diverted = run(some, open, with);
    double calls = 0;
    for (const auto& one : diverted.runs) {
        calls += one.diverted_calls[0];
        EXPECT_EQ(one.diverted_calls[1], 0);
        EXPECT_EQ(one.ships_diverted, one.diverted_calls[0]);
        EXPECT_LE(one.ships_diverted, one.ships_omitted);
        // From half a day after the beginning until the gates open again, at most five days of it.
        EXPECT_LE(one.diverted_boxes[0], 900 * 5);
    }
    EXPECT_GT(calls, 20);
    const auto answer = answer_of(diverted, some, open, with);
    EXPECT_TRUE(answer.at("alternatives").as_object().contains("near"));
    const auto wrong = incident_of(
        conforming(
            "format: noroshi-incident/1\nid: x\nport: small\nstart: "
            "'2024-06-04T06:30:00+09:00'\nmeasures: [{id: m, kind: diversion, to: [moon]}]\n",
            "incident"),
        some);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().pointer, "/measures/0/to/0");
}

TEST(Forecast, UrgentCargoGoesFirstAndTheOthersPayForIt) {
    // Everybody has come before the gates open, nobody turns back, one road and plaza for all: in line stand N
    // trucks, a fifth of them urgent. First come first served, both kinds wait as long. Urgent ones first, those
    // N/5 are through after a fifth of the time, and the whole takes as long as before (the work is the same).
    const auto port = small_port(R"(parameters:
  plaza_buffer: {value: 100000, source: test, date: "2020", pre_event: true}
  urgent_share: {value: 0.2, source: test, date: "2020", pre_event: true}
  patience_h: {median: 1000, factor: 1, source: test, date: "2020", pre_event: true}
  trips_a_day: {value: 0.01, source: test, date: "2020", pre_event: true}
  manual_probability: {value: 0, source: test, date: "2020", pre_event: true}
  restart_factor: {value: 1, source: test, date: "2020", pre_event: true}
  surge: {value: 1, source: test, date: "2020", pre_event: true}
)");
    const auto stop = incident(port, R"(terminals: [c]
facts: [{at: "2024-06-04T06:30:00+09:00", terminals: [c], gate_open_at: "2024-06-04T16:00:00+09:00"}]
measures: [{id: first, kind: urgent_first, terminals: [c], from: "2024-06-04T06:30:00+09:00"},
  {id: longer, kind: longer_hours, amount: 7.5, terminals: [c]}]
)");
    auto with = options(stop, 20);
    with.horizon = 24;
    with.behaviour = false;
    const auto fifo = run(port, stop, with);
    with.measure = &stop.measures[0];
    const auto first = run(port, stop, with);
    double urgent = 0;
    double urgent_fifo = 0;
    double other_fifo = 0;
    for (std::size_t r = 0; r < fifo.runs.size(); ++r) {
        urgent_fifo += fifo.runs[r].urgent_wait_h / 20;
        other_fifo += fifo.runs[r].other_wait_h / 20;
        urgent += first.runs[r].urgent_wait_h / 20;
    }
    EXPECT_NEAR(urgent_fifo, other_fifo, 0.15 * other_fifo);
    EXPECT_LT(urgent, urgent_fifo);
    const auto compared = compare(fifo, first, stop.measures[0]);
    EXPECT_LT(compared.urgent_wait_h, 0);
    // What is moved is moved: nobody is lost or doubled by changing the order.
    for (std::size_t r = 0; r < fifo.runs.size(); ++r)
        EXPECT_EQ(fifo.runs[r].visits, first.runs[r].visits);
}

TEST(Forecast, AReportThatSystemsAreUpCannotSlip) {
    // Who says at 7:45 that systems work since 7:30 promises nothing about the systems.
    const auto port = small_port(
        "parameters: {slip_probability: {value: 1, source: test, date: '2020', pre_event: true},"
        " slip_h: {median: 100, factor: 1.001, source: test, date: '2020', pre_event: true},"
        " reentry_lag_h: {value: 2, source: test, date: '2020', pre_event: true},"
        " stagger_h: {value: 0, source: test, date: '2020', pre_event: true}}\n");
    const auto stop = incident(port,
                               "announcements: [{at: '2024-06-05T07:45:00+09:00', system_at: "
                               "'2024-06-05T07:30:00+09:00', gate_at: "
                               "'2024-06-05T13:00:00+09:00'}]\n");
    auto with = options(stop, 20);
    with.as_of = 24 + 7.75;
    for (const auto& one : run(port, stop, with).runs) EXPECT_EQ(one.opens[0], 24 + 13);
}

TEST(Forecast, ShipsAreWorkedAtNightWhenTheSystemsAreBack) {
    // The gate waits for the morning, the quay does not: systems up at 20:00 mean that a ship leaves before
    // the gate opens at 8:30, and no later than with systems back at 8:30.
    const auto port = small_port(
        "parameters: {slip_probability: {value: 0, source: test, date: '2020', pre_event: true},"
        " reentry_lag_h: {value: 0, source: test, date: '2020', pre_event: true},"
        " stagger_h: {value: 0, source: test, date: '2020', pre_event: true},"
        " manual_ship_probability: {value: 0, source: test, date: '2020', pre_event: true}}\n");
    const auto told = [&](const char* system) {
        return incident(port, std::string("terminals: [a, b, c]\nannouncements: [{at: "
                                          "'2024-06-04T07:00:00+09:00', system_at: '") +
                                  system + "', gate_at: '2024-06-05T08:30:00+09:00'}]\n");
    };
    const auto evening = told("2024-06-04T20:00:00+09:00");
    const auto morning = told("2024-06-05T08:30:00+09:00");
    auto with = options(evening, 30);
    with.as_of = evening.start + 1;
    const auto a = run(port, evening, with);
    const auto b = run(port, morning, with);
    for (std::size_t r = 0; r < a.runs.size(); ++r)
        EXPECT_EQ(a.runs[r].opens[0], b.runs[r].opens[0]);
    EXPECT_NEAR(middle(b, &PortOutcome::largest_delay_h) - middle(a, &PortOutcome::largest_delay_h),
                12.5, 5);
}

TEST(Forecast, FewPilotsAreAQueueOfShips) {
    // Ships wait for pilots and tugs as well as for berths; without an incident that is usual and nobody is late.
    const auto few = small_port("pilots: 1\ntugs: 3\n");
    const auto many = small_port("pilots: 50\ntugs: 100\n");
    const auto quiet = incident(few, "terminals: []\n");
    const auto waiting = [&](const PortModel& port) {
        double sum = 0;
        const auto forecast = run(port, quiet, options(quiet, 10));
        for (const auto& one : forecast.runs) {
            EXPECT_EQ(one.ships_affected, 0);
            for (const float ships : one.ships_waiting) sum += ships;
        }
        return sum;
    };
    EXPECT_GT(waiting(few), 1.5 * waiting(many));
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
