#include "respond/forecast/forecast_room.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "kernel/journal/journal_for_tests.h"
#include "kernel/journal/record.h"
#include "kernel/json/json.h"
#include "prepare/council/council_view.h"
#include "prepare/port/port_register.h"
#include "respond/forecast/forecast_inputs.h"
#include "respond/forecast/forecast_result.h"
#include "respond/forecast/forecast_scene.h"
#include "respond/forecast/forecast_view.h"
#include "respond/incident/incident_view.h"

namespace noroshi::respond::forecast {
namespace {

// A port of two terminals behind one road, with a real journal. Forecasts are computed by hand.
class ForecastRoom : public testing::Test {
protected:
    void SetUp() override {
        using Kind = prepare::council::OrganisationKind;
        manager = *desk.run([&](auto& recorder) {
            return council->register_organisation(
                recorder, {.kind = Kind::port_manager, .name = "みなと港湾局"});
        });
        duty = *desk.run([&](auto& recorder) {
            return council->register_person(recorder, {.name = "当直"},
                                            {{manager, Role::duty_officer}});
        });
        for (auto* into : {&north, &south})
            *into = *desk.run([&](auto& recorder) {
                return port->register_terminal(recorder, {.name = into == &north ? "北" : "南",
                                                          .operator_ = manager,
                                                          .quay_metres = 700,
                                                          .quay_cranes = 4,
                                                          .yard_gear = "ストラドルキャリア"});
            });
        road = *desk.run([&](auto& recorder) -> Result<prepare::port::FacilityId> {
            prepare::port::FacilityId id{recorder.random().identifier()};
            journal::Place place{
                "prepare/port/facilities/" + id.text, {Tlp::clear, {}, {}}, {}, {}, {}};
            journal::record(recorder, place,
                            prepare::port::FacilityRegistered{id,
                                                              prepare::port::FacilityKind::road,
                                                              "臨港道路",
                                                              "Harbour road",
                                                              "",
                                                              {north, south},
                                                              1500,
                                                              {},
                                                              1,
                                                              ""});
            return id;
        });
        desk.clock().advance(std::chrono::hours(3));
        incident = open("ゲート停止", {north});
    }

    IncidentId open(std::string title, std::vector<TerminalId> terminals) {
        return desk
            .run(
                [&](auto& recorder) {
                    incident::OpenRequest request;
                    request.title = std::move(title);
                    request.effects = {incident::Effect::freight};
                    request.terminals = std::move(terminals);
                    return incidents->open(recorder, by(), request);
                },
                duty.text)
            ->id;
    }
    Principal by() const { return *council->view().find_person(duty); }
    Result<ForecastId> ask(ForecastRequest request) {
        if (!request.runs) request.runs = 60;
        return desk.run(
            [&](auto& recorder) -> Result<ForecastId> {
                TRY_LET(auto made, room->ask(recorder, by(), incident, request));
                previewed = std::move(made.second);
                return made.first;
            },
            duty.text);
    }
    Result<std::uint32_t> report(SeenKind seen, std::string place, double value, Span ago = {}) {
        ObservationRequest request;
        request.seen = seen;
        request.place = std::move(place);
        request.value = value;
        request.event_time = desk.clock().now() - ago;
        return desk.run(
            [&](auto& recorder) { return room->report(recorder, by(), incident, request); },
            duty.text);
    }
    // What app/forecaster does, to the end.
    std::optional<ForecastResult> compute_all() {
        std::optional<ForecastResult> last;
        while (const auto job = room->next_job()) {
            const auto work = room->work_of(*job);
            EXPECT_TRUE(work) << describe(work.error());
            for (const auto refinement : {Refinement::first, Refinement::refined}) {
                auto result = compute(*work, refinement, 1);
                EXPECT_TRUE(result) << describe(result.error());
                EXPECT_TRUE(desk.run([&](auto& recorder) {
                    return room->keep(recorder, *job, refinement, *result);
                }));
                room->remember(job->incident, job->forecast,
                               std::make_shared<const ForecastResult>(*result));
                last = std::move(*result);
            }
        }
        return last;
    }

    std::unique_ptr<prepare::council::Council> council;
    std::unique_ptr<prepare::port::Port> port;
    std::unique_ptr<incident::Incident> incidents;
    std::unique_ptr<Forecasts> room;
    journal::JournalByHand desk{
        [this](journal::Journal& journal) {
            council = std::make_unique<prepare::council::Council>(journal);
            port = std::make_unique<prepare::port::Port>(journal, *council);
            incidents = std::make_unique<incident::Incident>(journal, *council, *port);
            room = std::make_unique<Forecasts>(journal, *council, *port, *incidents);
            room->set_defaults(scene::defaults());
        },
        [this] {
            room.reset();
            incidents.reset();
            port.reset();
            council.reset();
        }};
    OrganisationId manager;
    PersonId duty;
    TerminalId north, south;
    prepare::port::FacilityId road;
    IncidentId incident;
    Preview previewed;
};

TEST_F(ForecastRoom, AForecastComesFromTheRegisterAndTheBoard) {
    // Nobody types a port model in a crisis: what the port has written down must be enough.
    ASSERT_TRUE(ask({}));
    ASSERT_EQ(previewed.terminals.size(), 1U);
    EXPECT_EQ(previewed.terminals[0].id, north.text);
    const auto result = compute_all();
    ASSERT_TRUE(result);
    ASSERT_EQ(result->terminals.size(), 2U);
    EXPECT_TRUE(result->terminals[0].stricken != result->terminals[1].stricken);
    ASSERT_EQ(result->roads.size(), 1U);
    EXPECT_EQ(result->roads[0].id, road.text);
    EXPECT_EQ(result->roads[0].points.at(0).at_metres, 1500);
    EXPECT_GT(result->port.boxes_missed.p50, 0);
    EXPECT_EQ(result->runs, 60U);
    // What was not told is said to be inferred.
    EXPECT_EQ(result->gaps, (std::vector<std::string>{"yards", "traffic"}));
    const auto shown =
        overview_of(*room, *room->view().find(incident), true, true, true, Language::ja);
    ASSERT_TRUE(shown.shown);
    EXPECT_EQ(shown.forecasts.at(0).state, RunState::refined);
    EXPECT_EQ(shown.news, 0U);
}

TEST_F(ForecastRoom, WhatItWasComputedFromComputesItAgain) {
    // A figure that was told to the press has to be found again years later, bit by bit.
    ASSERT_TRUE(ask({}));
    const auto job = *room->next_job();
    const auto first = compute_all();
    const auto [course, run] = room->view().find(job.forecast);
    const auto kept = *(*desk.store().reader())->blob(run->computed.back().result);
    ASSERT_TRUE(kept);
    const auto again = compute(*room->work_of(job), Refinement::refined, 2);
    ASSERT_TRUE(again);
    EXPECT_EQ(json::to_text(*again), *kept);
    EXPECT_EQ(again->frozen, run->computed.back().frozen);
    // And the files in it are the files of the command line.
    const auto inputs = boost::json::parse(*(*(*desk.store().reader())->blob(run->body.inputs)));
    EXPECT_EQ(scene::conforming(boost::json::serialize(inputs.at("port")), "port-model"),
              inputs.at("port"));
    scene::conforming(boost::json::serialize(inputs.at("incident")), "incident");
}

TEST_F(ForecastRoom, ACrashLosesNoForecastThatWasAskedFor) {
    // It was promised with a 201: after a restart it is computed, once.
    const auto asked = ask({});
    ASSERT_TRUE(asked);
    desk.reopen();
    ASSERT_TRUE(room->next_job());
    EXPECT_EQ(room->next_job()->forecast, *asked);
    // Meanwhile a second click makes no second one.
    EXPECT_EQ(ask({}).error().key, "respond.forecast.in_progress");
    ASSERT_TRUE(compute_all());
    EXPECT_FALSE(room->next_job());
    desk.reopen();
    EXPECT_FALSE(room->next_job());
    EXPECT_EQ(room->view().find(incident)->forecasts.at(0).computed.size(), 2U);
}

TEST_F(ForecastRoom, ObservationsCorrectTheForecastAndAreHeldAgainstIt) {
    ASSERT_TRUE(ask({}));
    const auto before = compute_all();
    desk.clock().advance(std::chrono::hours(1));
    ASSERT_TRUE(report(SeenKind::queue_metres, road.text, 1400));
    const auto* course = room->view().find(incident);
    ASSERT_TRUE(course->seen.at(0).body.expected);
    EXPECT_EQ(course->seen[0].body.expected->forecast, course->forecasts[0].body.forecast);
    EXPECT_EQ(overview_of(*room, *course, true, true, true, Language::ja).news, 1U);
    auto record = track_record_of(room->view(), [](const Course&) { return true; });
    ASSERT_EQ(record.compared, 1U);
    EXPECT_EQ(record.items[0].value, 1400);

    ASSERT_TRUE(ask({.measures = {}, .runs = 200, .seed = {}, .days = {}}));
    const auto after = compute_all();
    EXPECT_EQ(after->observations, 1U);
    // Withdrawn, it no longer counts, anywhere.
    ASSERT_TRUE(desk.run(
        [&](auto& recorder) { return room->withdraw(recorder, by(), incident, 1, {"見間違い"}); }));
    EXPECT_EQ(track_record_of(room->view(), [](const Course&) { return true; }).compared, 0U);
    ASSERT_TRUE(ask({}));
    EXPECT_EQ(compute_all()->observations, 0U);
    EXPECT_EQ(desk.run([&](auto& recorder) {
                      return room->withdraw(recorder, by(), incident, 1, {"二度"});
                  })
                  .error()
                  .key,
              "respond.forecast.withdrawn_already");
}

TEST_F(ForecastRoom, WhatTheBoardPromisesIsAClaimAndWhatItReachesIsKnown) {
    const auto set = [&](incident::MilestoneState state, Instant time) {
        const auto kept = desk.run(
            [&](auto& recorder) -> Result<> {
                incident::MilestoneRequest request;
                request.terminal = north;
                request.milestone = incident::Milestone::gate_open;
                request.state = state;
                request.time = time;
                TRY_LET(
                    const auto decided,
                    incident::set_milestone(incidents->asked(recorder, by()), incident, request));
                journal::record(recorder, decided.place, decided.body);
                return {};
            },
            duty.text);
        EXPECT_TRUE(kept) << describe(kept.error());
    };
    ASSERT_TRUE(ask({}));
    const auto unknown = compute_all();
    const auto promised = desk.clock().now() + std::chrono::hours(4);
    set(incident::MilestoneState::announced, promised);
    ASSERT_TRUE(ask({}));
    const auto announced = compute_all();
    const auto gate = [&](const ForecastResult& of) {
        return std::ranges::find(of.terminals, north.text, &TerminalForecast::id)->gate_opens;
    };
    // Sooner than without any word, but not before it was promised.
    EXPECT_LT(*gate(*announced).p50, *gate(*unknown).p50);
    EXPECT_GE(*gate(*announced).p05, promised - std::chrono::minutes(1));
    EXPECT_GT(*gate(*announced).p90, promised);

    desk.clock().advance(std::chrono::hours(5));
    set(incident::MilestoneState::reached, desk.clock().now() - std::chrono::minutes(10));
    ASSERT_TRUE(ask({}));
    const auto open = gate(*compute_all());
    EXPECT_EQ(*open.p05, *open.p95);
    const auto record = track_record_of(room->view(), [](const Course&) { return true; });
    ASSERT_EQ(record.compared, 1U);
    EXPECT_EQ(record.items[0].what, "gate_opens");
}

TEST_F(ForecastRoom, MeasuresComeWithTheirOddsAndTheHourToDecide) {
    ForecastRequest request;
    request.runs = 120;
    request.measures = {{MeasureType::do_not_come, 0, {}, {}},
                        {MeasureType::appointments, 20, {}, {north}}};
    ASSERT_TRUE(ask(request));
    const auto result = compute_all();
    ASSERT_EQ(result->measures.size(), 2U);
    EXPECT_EQ(result->measures[0].kind, MeasureType::do_not_come);
    EXPECT_GE(result->measures[0].probability_better, 0.5);
    EXPECT_FALSE(result->measures[0].has_neighbours);
    EXPECT_EQ(result->measures[1].kind, MeasureType::appointments);
    EXPECT_TRUE(result->measures[1].has_neighbours);
    EXPECT_EQ(result->measures[0].road, road.text);
    EXPECT_EQ(result->measures[0].starts.size(), 5U);
}

TEST_F(ForecastRoom, WhatIsWrongIsRefusedWithItsField) {
    const auto wrong = [&](const auto& result, std::string_view key, std::string_view pointer) {
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().key, key);
        EXPECT_EQ(result.error().pointer, pointer);
    };
    wrong(report(SeenKind::queue_metres, "nowhere", 10), "respond.forecast.place", "/place");
    wrong(report(SeenKind::queue_metres, road.text, -1), "respond.forecast.value", "/value");
    wrong(report(SeenKind::queue_metres, road.text, 1e300 * 1e300), "respond.forecast.value",
          "/value");
    wrong(report(SeenKind::ships_waiting, "", 3, std::chrono::hours(48)),
          "respond.forecast.seen_at", "/event_time");
    wrong(ask({.measures = {}, .runs = 10, .seed = {}, .days = {}}), "respond.forecast.runs",
          "/runs");
    wrong(ask({.measures = {}, .runs = {}, .seed = {}, .days = 100}), "respond.forecast.days",
          "/days");
    wrong(ask({.measures = {{MeasureType::diversion, 2, {}, {}}},
               .runs = {},
               .seed = {},
               .days = {}}),
          "respond.forecast.value", "/measures/0/amount");
    TrafficRequest traffic;
    traffic.teu_per_year = 4e5;
    traffic.source = "港湾統計";
    traffic.date = "昨年";
    wrong(describe_traffic(port->state(), traffic), "respond.forecast.date", "/date");
}

TEST_F(ForecastRoom, ToldTrafficReplacesTheGuess) {
    TrafficRequest traffic;
    traffic.teu_per_year = 100'000;
    traffic.source = "港湾統計年報";
    traffic.date = "2025";
    traffic.terminals = {{north, 0.8, 90'000, Gear::rtg, 5, "08:00", "17:00"},
                         {south, 0.2, 90'000, {}, {}, {}, {}}};
    ASSERT_TRUE(
        desk.run([&](auto& recorder) { return room->describe_traffic(recorder, traffic); }));
    ASSERT_TRUE(ask({}));
    const auto result = compute_all();
    EXPECT_TRUE(result->gaps.empty());
    const auto teu = std::ranges::find(result->assumptions, "teu_per_year", &AssumptionItem::name);
    EXPECT_NEAR(teu->median, 100'000, 1'000);
    EXPECT_FALSE(teu->inference);
    for (const auto& one : result->terminals) EXPECT_TRUE(one.yard_share);
}

// Where ships go instead has to be told with the traffic: who has no room there must not be counted on.
TEST_F(ForecastRoom, AlternativePortsAndPilotsAreToldWithTheTraffic) {
    TrafficRequest traffic;
    traffic.teu_per_year = 1'500'000;
    traffic.source = "港湾統計年報";
    traffic.date = "2025";
    traffic.pilots = 4;
    traffic.alternatives = {{"汐見港", "Shiomi", 600, {}}, {"沖浜港", "", 0, 36.0}};
    ASSERT_TRUE(
        desk.run([&](auto& recorder) { return room->describe_traffic(recorder, traffic); }));
    ForecastRequest request;
    request.runs = 60;
    request.measures = {{MeasureType::urgent_first, 0, {}, {}}};
    ASSERT_TRUE(ask(request));
    const auto result = compute_all();
    ASSERT_EQ(result->port.alternatives.size(), 2U);
    EXPECT_EQ(result->port.alternatives[0].name, "汐見港");
    EXPECT_EQ(result->port.alternatives[1].calls.p95, 0);
    EXPECT_LE(result->port.ships_diverted.p50, result->port.ships_omitted.p50);
    ASSERT_EQ(result->measures.size(), 1U);
    EXPECT_EQ(result->measures[0].kind, MeasureType::urgent_first);

    traffic.alternatives[1].name = "汐見港";
    const auto twice = describe_traffic(port->state(), traffic);
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().pointer, "/alternatives/1/name");
    traffic.alternatives.pop_back();
    traffic.pilots = 0;
    const auto none = describe_traffic(port->state(), traffic);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().pointer, "/pilots");
}

TEST_F(ForecastRoom, TimesAreOfThePortsZone) {
    // A gate that opens at 08:30 opens nine hours off otherwise.
    const auto inputs = inputs_of(port->state(), port->known(), {}, *room->state().find(incident),
                                  {}, "Asia/Tokyo", desk.clock().now());
    ASSERT_TRUE(inputs);
    EXPECT_EQ(inputs->port.at("utc_offset"), "+09:00");
    EXPECT_EQ(inputs->incident.at("terminals").as_array().size(), 1U);
    // The day of the sea and the mountain's day, Bon being no holiday by law.
    EXPECT_EQ(boost::json::serialize(inputs->incident.at("holidays")),
              R"(["2026-07-20","2026-08-11"])");
    EXPECT_EQ(offset_of("Asia/Tokyo", desk.clock().now()), "+09:00");
    EXPECT_EQ(offset_of("America/New_York", desk.clock().now()), "-04:00");
}

}  // namespace
}  // namespace noroshi::respond::forecast
