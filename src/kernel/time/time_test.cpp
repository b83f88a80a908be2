#include "kernel/time/time.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace noroshi {
namespace {

using namespace std::chrono_literals;

Instant at(std::string_view text) {
    auto parsed = parse_rfc3339(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(Instant{});
}

// The same moment, written by an operator in Japan and by a ship's agent in Rotterdam, would stand
// at two places of the chronology.
TEST(Rfc3339, offsets_name_one_moment) {
    const auto moment = at("2023-07-03T21:30:00Z");
    EXPECT_EQ(at("2023-07-04T06:30:00+09:00"), moment);
    EXPECT_EQ(at("2023-07-03T23:30:00+02:00"), moment);
    EXPECT_EQ(at("2023-07-03T21:30:00-00:00"), moment);
    EXPECT_EQ(at("2023-07-03t21:30:00z"), moment);
    EXPECT_EQ(at("2023-07-03T15:45:00-05:45"), moment);
    EXPECT_EQ(moment.time_since_epoch(), 1'688'419'800s);
}

// Two lines entered within one second would change places.
TEST(Rfc3339, fractions_are_read_to_the_microsecond) {
    const auto second = at("2023-07-03T21:30:00Z");
    EXPECT_EQ(at("2023-07-03T21:30:00.5Z"), second + 500ms);
    EXPECT_EQ(at("2023-07-03T21:30:00.000001Z"), second + 1us);
    EXPECT_EQ(at("2023-07-03T21:30:00.123456789Z"), second + 123'456us);
    EXPECT_EQ(at("2023-07-03T21:30:00.0Z"), second);
}

// On the night of a leap second a program's report would be refused.
TEST(Rfc3339, a_leap_second_is_the_next_second) {
    EXPECT_EQ(at("2016-12-31T23:59:60Z"), at("2017-01-01T00:00:00Z"));
    EXPECT_EQ(at("2017-01-01T08:59:60+09:00"), at("2017-01-01T00:00:00Z"));
    EXPECT_EQ(at("2016-12-31T23:59:60.25Z"), at("2017-01-01T00:00:00.25Z"));
    EXPECT_FALSE(parse_rfc3339("2016-12-30T23:59:60Z"));
    EXPECT_FALSE(parse_rfc3339("2017-01-01T23:58:60Z"));
    EXPECT_FALSE(parse_rfc3339("2017-01-01T23:59:60+09:00"));
}

// A slip of the finger would become a time in the record.
TEST(Rfc3339, what_is_not_a_time_is_refused) {
    for (const std::string_view text : {"",
                                        "2023-07-04",
                                        "2023-07-04T06:30:00",
                                        "2023-07-04 06:30:00Z",
                                        "2023-07-04T06:30Z",
                                        "2023-02-29T00:00:00Z",
                                        "2100-02-29T00:00:00Z",
                                        "2023-13-01T00:00:00Z",
                                        "2023-00-01T00:00:00Z",
                                        "2023-01-00T00:00:00Z",
                                        "2023-04-31T00:00:00Z",
                                        "2023-07-04T24:00:00Z",
                                        "2023-07-04T06:60:00Z",
                                        "2023-07-04T06:30:61Z",
                                        "2023-07-04T06:30:00.Z",
                                        "2023-07-04T06:30:00.1234567890Z",
                                        "2023-07-04T06:30:00,5Z",
                                        "2023-07-04T06:30:00+9:00",
                                        "2023-07-04T06:30:00+0900",
                                        "2023-07-04T06:30:00+24:00",
                                        "2023-07-04T06:30:00+09:60",
                                        "2023-07-04T06:30:00+09:00 ",
                                        " 2023-07-04T06:30:00Z",
                                        "2023-07-04T06:30:00ZZ",
                                        "+2023-07-04T06:30:00Z",
                                        "-023-07-04T06:30:00Z",
                                        "12023-07-04T06:30:00Z",
                                        "2023-7-4T06:30:00Z",
                                        "２０２３-07-04T06:30:00Z"}) {
        const auto parsed = parse_rfc3339(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().kind, ErrorKind::invalid);
        EXPECT_EQ(parsed.error().key, "kernel.time.malformed");
    }
    EXPECT_TRUE(parse_rfc3339("2024-02-29T00:00:00Z"));
    EXPECT_TRUE(parse_rfc3339("2000-02-29T00:00:00Z"));
}

// A time that cannot be written again would be taken into a fact and never be read.
TEST(Rfc3339, years_end_where_they_can_be_written) {
    EXPECT_EQ(format_rfc3339(at("0000-01-01T00:00:00Z")), "0000-01-01T00:00:00Z");
    EXPECT_EQ(format_rfc3339(at("9999-12-31T23:59:59.999999Z")), "9999-12-31T23:59:59.999999Z");
    EXPECT_FALSE(parse_rfc3339("0000-01-01T00:00:00+00:01"));
    EXPECT_FALSE(parse_rfc3339("9999-12-31T23:59:59-00:01"));
    EXPECT_FALSE(parse_rfc3339("9999-12-31T23:59:60Z"));
}

// What one program writes another could not read.
TEST(Rfc3339, is_written_in_utc_with_three_or_six_digits) {
    EXPECT_EQ(format_rfc3339(at("2026-07-04T06:30:00+09:00")), "2026-07-03T21:30:00Z");
    EXPECT_EQ(format_rfc3339(at("2026-07-04T06:30:00.5+09:00")), "2026-07-03T21:30:00.500Z");
    EXPECT_EQ(format_rfc3339(at("2026-07-04T06:30:00.000010+09:00")),
              "2026-07-03T21:30:00.000010Z");
    EXPECT_EQ(format_rfc3339(at("1969-12-31T23:59:59.999Z")), "1969-12-31T23:59:59.999Z");
}

// A fact's time would change each time it is read and written.
RC_GTEST_PROP(Rfc3339, is_read_as_it_was_written, ()) {
    const auto first = at("0000-01-01T00:00:00Z").time_since_epoch().count();
    const auto last = at("9999-12-31T23:59:59.999999Z").time_since_epoch().count();
    const Instant moment{Span{*rc::gen::inRange<std::int64_t>(first, last + 1)}};
    const auto read = parse_rfc3339(format_rfc3339(moment));
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == moment);
}

// The duty officer would read the wrong hour, or the wrong day of the week.
TEST(TimeForPeople, is_shown_in_the_zone_of_the_port) {
    const auto moment = at("2026-07-03T21:30:15Z");
    EXPECT_EQ(format_for_people(moment, "Asia/Tokyo", Language::ja), "2026年7月4日（土）06:30");
    EXPECT_EQ(format_for_people(moment, "Asia/Tokyo", Language::en), "Sat 4 July 2026 06:30");
    EXPECT_EQ(format_for_people(moment, "Europe/Amsterdam", Language::en), "Fri 3 July 2026 23:30");
    EXPECT_EQ(format_clock(moment, "Asia/Tokyo"), "06:30:15");
    EXPECT_EQ(format_clock(at("2026-07-03T21:30:00Z"), "Asia/Tokyo"), "06:30");
    EXPECT_EQ(format_rfc5322(moment, "Asia/Tokyo"), "Sat, 04 Jul 2026 06:30:15 +0900");
    EXPECT_EQ(format_rfc5322(moment, "America/St_Johns"), "Fri, 03 Jul 2026 19:00:15 -0230");
}

// A misspelt zone in the configuration would shift every time by nine hours, silently.
TEST(TimeForPeople, an_unknown_zone_is_said) {
    EXPECT_TRUE(is_zone("Asia/Tokyo"));
    EXPECT_FALSE(is_zone("Asia/Tokio"));
    EXPECT_FALSE(is_zone(""));
    EXPECT_EQ(format_clock(at("2026-07-03T21:30:00Z"), "Asia/Tokio"), "21:30 UTC");
}

// After a wrong clock is put right, no reminder would go out and no message be tried again for as
// long as it had been ahead.
TEST(SlewedTime, goes_on_at_half_its_pace_after_a_step_back) {
    using namespace std::chrono_literals;
    SlewedTime time;
    const Instant start = at("2026-07-04T06:30:00Z");
    EXPECT_EQ(time.at(start, 0s), start);
    EXPECT_EQ(time.at(start + 2h, 1s), start + 2h) << "a step forward is followed at once";
    // The clock is put back by two hours.
    EXPECT_EQ(time.at(start + 10s, 11s), start + 2h);
    EXPECT_EQ(time.at(start + 1h + 10s, 1h + 11s), start + 2h + 30min);
    EXPECT_EQ(time.at(start + 3h + 10s, 3h + 11s), start + 3h + 30min);
    EXPECT_EQ(time.at(start + 5h, 5h + 1s), start + 5h) << "the system's clock has caught up";
    EXPECT_EQ(time.at(start + 6h, 6h + 1s), start + 6h);
    // Asked often, it does not stand still by rounding.
    SlewedTime often;
    often.not_before(start + 1h);
    for (int i = 0; i <= 1'000; ++i) often.at(start + i * 1us, i * 1us);
    EXPECT_EQ(often.at(start + 1001us, 1001us), start + 1h + 500us);
}

// A step back of the machine's clock would put a later entry before an earlier one.
TEST(RealClock, never_runs_backwards) {
    const RealClock clock;
    Instant last = clock.now();
    for (int i = 0; i < 10'000; ++i) {
        const auto now = clock.now();
        ASSERT_GE(now, last);
        last = now;
    }
    EXPECT_GT(last, at("2024-01-01T00:00:00Z"));
}

}  // namespace
}  // namespace noroshi
