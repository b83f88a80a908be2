#include "prepare/contacts/contacts_confidence.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace noroshi::prepare::contacts {
namespace {

Instant at(std::string_view text) { return parse_rfc3339(text).value(); }
const Calendar tokyo{"Asia/Tokyo"};
Confirmation confirmed(std::string_view when, bool by_person = true) {
    return {.since = at(when), .by_person = by_person};
}

// A list that was right last year would look as sure as one confirmed yesterday.
TEST(Confidence, decays_as_the_header_says) {
    const auto known = confirmed("2026-07-02T12:00:00+09:00");
    EXPECT_DOUBLE_EQ(confidence(known, tokyo, at("2026-07-02T12:00:00+09:00")), 1);
    EXPECT_NEAR(confidence(known, tokyo, at("2027-03-31T12:00:00+09:00")), 0.592, 0.001);
    EXPECT_NEAR(confidence(known, tokyo, at("2027-04-01T00:00:00+09:00")), 0.592 * 0.6, 0.001);
    EXPECT_DOUBLE_EQ(confidence({}, tokyo, at("2026-07-02T12:00:00+09:00")), 0);
    EXPECT_NEAR(confidence(confirmed("2026-07-02T12:00:00+09:00", false), tokyo,
                           at("2026-07-02T12:00:00+09:00")),
                0.8, 1e-9);
    auto bounced = known;
    bounced.bounces = 1;
    EXPECT_NEAR(confidence(bounced, tokyo, at("2026-07-02T12:00:00+09:00")), 0.5, 1e-9);
    bounced.bounces = 9;
    EXPECT_NEAR(confidence(bounced, tokyo, at("2026-07-02T12:00:00+09:00")), 0.125, 1e-9);
    auto missed = known;
    missed.missed = 1;
    EXPECT_LE(confidence(missed, tokyo, at("2026-07-02T12:00:00+09:00")), confidence_limit);
}

// On 1 April people move, and on 2 April the old ones would be called.
TEST(Confidence, the_transfer_season_asks_on_its_first_morning) {
    EXPECT_EQ(next_ask(confirmed("2027-03-30T12:00:00+09:00"), tokyo),
              at("2027-04-01T09:00:00+09:00"));
    EXPECT_EQ(next_ask(confirmed("2026-05-01T12:00:00+09:00"), tokyo),
              at("2026-07-01T09:00:00+09:00"));
    // 1 July 2028 is a Saturday.
    EXPECT_EQ(next_ask(confirmed("2028-06-20T12:00:00+09:00"), tokyo),
              at("2028-07-03T09:00:00+09:00"));
    // Confirmed on the day itself: not again.
    EXPECT_GT(*next_ask(confirmed("2027-04-01T09:30:00+09:00"), tokyo),
              at("2027-06-30T00:00:00+09:00"));
    EXPECT_FALSE(next_ask({}, tokyo)) << "nothing to confirm";
}

TEST(Confidence, is_asked_three_times_and_not_at_night) {
    auto known = confirmed("2026-07-04T03:00:00+09:00");
    known.bounces = 1;
    known.worsened_at = at("2026-07-10T22:00:00+09:00");  // a Friday
    EXPECT_EQ(next_ask(known, tokyo), at("2026-07-13T09:00:00+09:00"));
    known.asked = 1;
    known.asked_at = at("2026-07-13T09:00:00+09:00");
    EXPECT_EQ(next_ask(known, tokyo), at("2026-07-27T09:00:00+09:00"));
    known.asked = 2;
    known.asked_at = at("2026-07-27T09:00:00+09:00");
    EXPECT_EQ(next_ask(known, tokyo), at("2026-08-10T09:00:00+09:00"));
    known.asked = 3;
    EXPECT_FALSE(next_ask(known, tokyo));
    EXPECT_EQ(next_morning(tokyo, at("2026-12-28T09:00:01+09:00")),
              at("2027-01-04T09:00:00+09:00"));
    EXPECT_EQ(next_morning(tokyo, at("2026-12-28T09:00:00+09:00")),
              at("2026-12-28T09:00:00+09:00"));
}

// The one who is asked would be above the limit, or somebody below it never asked.
RC_GTEST_PROP(Confidence, falls_below_where_it_says, ()) {
    const auto since =
        at("2026-01-01T00:00:00+09:00") + std::chrono::minutes(*rc::gen::inRange(0, 1'000'000));
    Confirmation known{.since = since, .by_person = *rc::gen::arbitrary<bool>()};
    known.bounces = *rc::gen::inRange(0, 3);
    known.missed = *rc::gen::inRange(0, 3);
    const auto below = falls_below(known, tokyo);
    RC_ASSERT(below.has_value());
    RC_ASSERT(confidence(known, tokyo, *below + std::chrono::seconds(1)) < confidence_limit + 1e-9);
    if (*below > since)
        RC_ASSERT(confidence(known, tokyo, *below - std::chrono::seconds(1)) >=
                  confidence_limit - 1e-6);
    const auto ask = next_ask(known, tokyo);
    RC_ASSERT(ask && *ask >= *below && !tokyo.is_day_off(tokyo.day_of(*ask)));
    RC_ASSERT(tokyo.time_of(*ask) == Minutes{9 * 60});
}

}  // namespace
}  // namespace noroshi::prepare::contacts
