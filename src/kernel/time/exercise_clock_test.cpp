#include "kernel/time/exercise_clock.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace noroshi {
namespace {

using namespace std::chrono_literals;

const Instant real = *parse_rfc3339("2026-10-01T10:00:00+09:00");
const Instant shown = *parse_rfc3339("2023-07-04T06:30:00+09:00");

// An exercise at 600 times the speed would put the haulier's notice at the wrong hour.
TEST(ExerciseTime, runs_as_fast_as_it_is_told) {
    auto time = ExerciseTime::starting(real, shown, 600);
    EXPECT_EQ(time.at(real), shown);
    EXPECT_EQ(time.at(real + 1s), shown + 10min);
    EXPECT_EQ(time.at(real - 1h), shown);
    time.change(real + 10s, 1);
    EXPECT_EQ(time.at(real + 10s), shown + 100min);
    EXPECT_EQ(time.at(real + 20s), shown + 100min + 10s);
    EXPECT_EQ(time.at(real + 5s), shown + 50min) << "what was before the change stays";
    EXPECT_EQ(time.speed(), 1);
}

// During a pause for discussion the clock would run on and the next inject come too early.
TEST(ExerciseTime, stands_still_while_paused) {
    auto time = ExerciseTime::starting(real, shown, 60);
    time.change(real + 1min, 0);
    EXPECT_EQ(time.at(real + 5h), shown + 1h);
    EXPECT_FALSE(time.real_time_of(shown + 2h));
    EXPECT_EQ(time.real_time_of(shown + 30min), real + 30s) << "that was before the pause";
    EXPECT_EQ(time.real_time_of(shown + 1h), real + 1min);
    time.change(real + 5h, 60);
    EXPECT_EQ(time.at(real + 5h + 1min), shown + 2h);
    EXPECT_EQ(time.real_time_of(shown + 2h), real + 5h + 1min);
}

// A server whose clock was set back over night would show exercise time twice.
TEST(ExerciseTime, survives_a_clock_set_back) {
    auto time = ExerciseTime::starting(real, shown, 1);
    time.change(real + 1h, 2);
    time.change(real + 30min, 1);
    EXPECT_EQ(time.at(real + 1h), shown + 1h);
    EXPECT_EQ(time.at(real + 2h), shown + 2h);
}

// Outside of any exercise nothing may be shifted.
TEST(ExerciseTime, without_a_start_is_real_time) {
    const ExerciseTime none;
    EXPECT_EQ(none.at(real), real);
    EXPECT_EQ(none.real_time_of(real), real);
    EXPECT_EQ(none.speed(), 1);
}

// An absurd speed would overflow and the chronology jump back by centuries.
TEST(ExerciseTime, stops_at_the_end_of_the_calendar) {
    const auto time = ExerciseTime::starting(real, shown, 1e15);
    EXPECT_EQ(format_rfc3339(time.at(real + 24h)), "9999-12-31T00:00:00Z");
    EXPECT_FALSE(time.real_time_of(*parse_rfc3339("9999-12-31T00:00:01Z")));
}

// A timer that wakes a microsecond too early finds nothing due and asks again, for ever.
RC_GTEST_PROP(ExerciseTime, what_is_due_has_come_when_it_is_said_to, ()) {
    const double speed = *rc::gen::element(0.1, 0.3, 1.0, 7.0, 60.0, 599.9, 1000.0);
    auto time = ExerciseTime::starting(real, shown, speed);
    auto now = real;
    for (const auto pause : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 7200))) {
        now += std::chrono::seconds{pause};
        time.change(now, *rc::gen::element(0.0, 0.5, 1.0, 13.7, 600.0));
    }
    const auto wanted = shown + Span{*rc::gen::inRange<std::int64_t>(0, 100'000'000'000)};
    const auto due = time.real_time_of(wanted);
    if (!due) {
        RC_ASSERT(time.speed() == 0);
        return;
    }
    RC_ASSERT(time.at(*due) >= wanted);
    if (*due > real) RC_ASSERT(time.at(*due - 2us) <= wanted);
}

// A participant's later entry would carry an earlier time.
RC_GTEST_PROP(ExerciseTime, never_runs_backwards, ()) {
    auto time = ExerciseTime::starting(real, shown, 60);
    auto now = real;
    for (const auto pause : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3600))) {
        now += std::chrono::seconds{pause};
        time.change(now, *rc::gen::element(0.0, 1.0, 60.0, 600.0));
    }
    const auto a = real + Span{*rc::gen::inRange<std::int64_t>(-1'000'000, 10'000'000'000)};
    const auto b = a + Span{*rc::gen::inRange<std::int64_t>(0, 1'000'000'000)};
    RC_ASSERT(time.at(a) <= time.at(b));
}

}  // namespace
}  // namespace noroshi
