#include "practise/drills/drills.h"

#include <gtest/gtest.h>

#include "kernel/journal/listen.h"
#include "practise/drills/drills_view.h"
#include "respond/incident/incident_facts.h"

namespace noroshi::practise::drills {
namespace {

using namespace std::chrono_literals;
using respond::incident::IncidentOpened;

const Instant nagoya = *parse_rfc3339("2023-07-04T06:30:00+09:00");

Principal leader() {
    Principal person;
    person.person = PersonId{"leader"};
    person.roles = {{OrganisationId{"manager"}, Role::leader}};
    person.organisation = OrganisationId{"manager"};
    person.viewer = {person.person, {person.organisation}, {}, true};
    return person;
}

// One side of the journal, told facts as they are decided.
struct Exercises : testing::Test {
    Exercises() { state.attach(listeners); }

    template <class Body>
    void tell(const std::string& id, const Body& body, const std::string& stream,
              const Visibility& visibility = {Tlp::green, {}, {}}) {
        journal::Decoded decoded;
        decoded.fact.kind = Body::kind;
        decoded.fact.stream = stream;
        decoded.fact.stream_version = ++version;
        decoded.fact.actor = "leader";
        decoded.fact.entry_time = now;
        decoded.fact.event_time = now;
        decoded.fact.exercise = id;
        decoded.visibility = std::make_shared<const Visibility>(visibility);
        decoded.body = std::make_shared<const Body>(body);
        listeners.tell(decoded);
    }
    template <class Body>
    void tell(const std::string& id, const Body& body) {
        tell(id, body, stream_of(ExerciseId{id}));
    }
    ExerciseItem item(const std::string& id) {
        return *one(state, leader().viewer, ExerciseId{id}, now);
    }

    journal::Kinds kinds;
    journal::Listeners listeners{kinds};
    State state;
    Instant now = *parse_rfc3339("2026-07-04T10:00:00+09:00");
    std::uint64_t version = 0;
};

TEST_F(Exercises, a_clock_runs_as_fast_as_it_is_told_and_stands_still_in_a_pause) {
    // Two and a half days could not be played in an hour, nor be stopped for an explanation.
    tell("n", ExerciseStarted{"名古屋", 600, nagoya, {}});
    now += 9s;
    EXPECT_EQ(item("n").now, nagoya + 90min);
    tell("n", *pace(state, ExerciseId{"n"}, leader(), {0}));
    now += 1h;
    EXPECT_EQ(item("n").now, nagoya + 90min);
    EXPECT_EQ(item("n").state, Course::paused);
    tell("n", *pace(state, ExerciseId{"n"}, leader(), {1}));
    now += 10min;
    EXPECT_EQ(item("n").now, nagoya + 100min);
    EXPECT_EQ(item("n").state, Course::running);
}

TEST_F(Exercises, after_the_end_nothing_moves) {
    // A forgotten exercise would go on reminding people for days.
    tell("n", ExerciseStarted{"名古屋", 600, nagoya, {}});
    now += 9s;
    tell("n", *end(state, ExerciseId{"n"}, leader()));
    now += 24h;
    EXPECT_EQ(item("n").now, nagoya + 90min);
    EXPECT_EQ(item("n").state, Course::ended);
    EXPECT_EQ(pace(state, ExerciseId{"n"}, leader(), {1}).error().key, "practise.drills.ended");
    EXPECT_EQ(end(state, ExerciseId{"n"}, leader()).error().kind, ErrorKind::conflict);
}

TEST_F(Exercises, begin_when_they_are_said_to_begin) {
    // The course of 2023 would be dated as of today.
    StartRequest request{"名古屋", {}, 1, {}};
    EXPECT_EQ(start(request, now)->starts_at, now);
    request.starts_at = nagoya;
    EXPECT_EQ(start(request, now)->starts_at, nagoya);
}

TEST_F(Exercises, refuse_what_cannot_be_played) {
    // A clock of a million times real time would let every reminder come due at once.
    const auto why = [&](auto change) -> std::string {
        StartRequest request{"名古屋", {}, 1, Reference{"公表資料", {{"police", 150, {}}}}};
        change(request);
        const auto fact = start(request, now);
        return fact ? "accepted" : fact.error().key + " " + fact.error().pointer;
    };
    EXPECT_EQ(why([](auto&) {}), "accepted");
    EXPECT_EQ(why([](auto& r) { r.title = " "; }), "kernel.i18n.empty /title");
    EXPECT_EQ(why([](auto& r) { r.speed = 1e6; }), "practise.drills.speed /speed");
    EXPECT_EQ(why([](auto& r) { r.speed = -1; }), "practise.drills.speed /speed");
    EXPECT_EQ(why([](auto& r) { r.starts_at = Instant{}; }),
              "practise.drills.starts_at /starts_at");
    EXPECT_EQ(why([](auto& r) { r.reference->times.push_back({"press", {}, {}}); }),
              "practise.drills.audience_unknown /reference/times/1/audience");
    EXPECT_EQ(why([](auto& r) { r.reference->times.push_back({"police", {}, {}}); }),
              "practise.drills.audience_twice /reference/times/1/audience");
    EXPECT_EQ(why([](auto& r) { r.reference->times[0].minutes = -1; }),
              "practise.drills.minutes /reference/times/0/minutes");
}

TEST_F(Exercises, show_their_incidents_to_who_may_see_them) {
    // Players would read the board of the other group.
    tell("n", ExerciseStarted{"名古屋", 1, nagoya, {}});
    const auto opened = [](std::string title) {
        IncidentOpened body;
        body.number = 1;
        body.title = std::move(title);
        return body;
    };
    tell("n", opened("ゲート停止"), "respond/incident/a");
    tell("n", opened("別のグループ"), "respond/incident/b",
         {Tlp::amber_strict, {OrganisationId{"south"}}, {}});
    const auto exercise = item("n");
    ASSERT_EQ(exercise.incidents->size(), 1U);
    EXPECT_EQ(exercise.incidents->at(0).id, IncidentId{"a"});
    EXPECT_EQ(exercise.hidden, 1U);
}

TEST_F(Exercises, a_real_incident_is_none_of_theirs) {
    // A drill's page would list a real incident, and somebody close it with the drill.
    tell("n", ExerciseStarted{"名古屋", 1, nagoya, {}});
    tell("", IncidentOpened{}, "respond/incident/live");
    EXPECT_TRUE(item("n").incidents->empty());
}

TEST_F(Exercises, are_not_shown_to_outsiders) {
    // Who is not of the port would know when it rehearses.
    tell("n", ExerciseStarted{"名古屋", 1, nagoya, {}});
    const Viewer outsider{PersonId{"x"}, {OrganisationId{"shipper"}}, {}, false};
    EXPECT_EQ(list(state, outsider, now).hidden, 1U);
    EXPECT_TRUE(list(state, outsider, now).items.empty());
    EXPECT_EQ(one(state, outsider, ExerciseId{"n"}, now).error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace noroshi::practise::drills
