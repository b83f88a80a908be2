#include "prepare/contacts/contacts_duty.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace noroshi::prepare::contacts {
namespace {

using std::chrono::days;
using std::chrono::hours;

Instant at(std::string_view text) { return parse_rfc3339(text).value(); }
Day day(std::string_view text) { return parse_day(text).value(); }

const Calendar tokyo{"Asia/Tokyo"};
const PersonId a{"a"}, b{"b"}, c{"c"}, d{"d"};
const OrganisationId north{"north"};

Rotation rotation(DutyHours hours, int turn_days, std::vector<PersonId> members = {a, b, c}) {
    return {.id = "r",
            .organisation = north,
            .name = "当直",
            .members = std::move(members),
            .hours = hours,
            .turn_days = turn_days,
            .handover = Minutes{8 * 60 + 30},
            .office_from = Minutes{8 * 60 + 30},
            .office_until = Minutes{17 * 60 + 15},
            .starts_on = day("2026-07-06"),
            .ends_on = {}};
}
Post post(PersonId person, Standing standing) { return {person, "", "", standing, {}, {}}; }
std::string who(const DutyData& data, std::string_view instant, const Calendar& calendar = tokyo) {
    const auto segment = duty_at(data, calendar, at(instant));
    std::string out;
    for (const auto& stand : segment.stands) out += stand.person.text;
    return out + (segment.gap ? "!" : "");
}

// At one minute to the hand-over the wrong person would be called.
TEST(Duty, turns_change_at_the_hand_over) {
    const DutyData data{.rotations = {rotation(DutyHours::always, 1)}};
    EXPECT_EQ(who(data, "2026-07-06T08:29:59+09:00"), "!") << "not begun";
    EXPECT_EQ(who(data, "2026-07-06T08:30:00+09:00"), "a");
    EXPECT_EQ(who(data, "2026-07-06T23:59:59+09:00"), "a");
    EXPECT_EQ(who(data, "2026-07-07T00:00:00+09:00"), "a") << "the night belongs to the day before";
    EXPECT_EQ(who(data, "2026-07-07T08:29:59+09:00"), "a");
    EXPECT_EQ(who(data, "2026-07-07T08:30:00+09:00"), "b");
    EXPECT_EQ(who(data, "2026-07-09T12:00:00+09:00"), "a") << "round again";
    const DutyData weekly{.rotations = {rotation(DutyHours::always, 7)}};
    EXPECT_EQ(who(weekly, "2026-07-13T08:29:00+09:00"), "a");
    EXPECT_EQ(who(weekly, "2026-07-13T08:30:00+09:00"), "b");
    // The year's end, in the zone of the port: 15:00 UTC is midnight there.
    auto year_end = rotation(DutyHours::always, 1);
    year_end.handover = Minutes{0};
    year_end.starts_on = day("2026-12-31");
    const DutyData midnight{.rotations = {year_end}};
    EXPECT_EQ(who(midnight, "2026-12-31T14:59:59Z"), "a");
    EXPECT_EQ(who(midnight, "2026-12-31T15:00:00Z"), "b");
}

// On a holiday nobody would be on duty by day, because it is a Monday.
TEST(Duty, nights_and_holidays_are_off_hours) {
    const DutyData data{.rotations = {rotation(DutyHours::off_hours, 1)}};
    EXPECT_EQ(who(data, "2026-07-17T17:14:00+09:00"), "") << "Friday afternoon";
    EXPECT_EQ(who(data, "2026-07-17T17:15:00+09:00"), "c");
    EXPECT_EQ(who(data, "2026-07-18T12:00:00+09:00"), "a") << "Saturday";
    EXPECT_EQ(who(data, "2026-07-20T12:00:00+09:00"), "c") << "Marine Day, a Monday";
    EXPECT_EQ(who(data, "2026-07-21T12:00:00+09:00"), "");
    EXPECT_NE(who(data, "2026-12-29T12:00:00+09:00"), "");
    EXPECT_NE(who(data, "2027-01-01T12:00:00+09:00"), "");
    EXPECT_EQ(who(data, "2027-01-04T12:00:00+09:00"), "");
    const DutyData office{.rotations = {rotation(DutyHours::office_hours, 1)}};
    EXPECT_EQ(who(office, "2026-07-20T12:00:00+09:00"), "!") << "and nights without anybody a gap";
    EXPECT_NE(who(office, "2026-07-21T12:00:00+09:00"), "!");
}

// grafana oncall#322: somebody on leave is scheduled, and nobody notices.
TEST(Duty, whoever_is_away_is_never_the_answer) {
    DutyData data{.posts = {post(d, Standing::principal)},
                  .rotations = {rotation(DutyHours::always, 1)}};
    data.absences = {
        {"x", a, at("2026-07-06T00:00:00+09:00"), at("2026-07-07T00:00:00+09:00"), {}}};
    const auto segment = duty_at(data, tokyo, at("2026-07-06T12:00:00+09:00"));
    ASSERT_EQ(segment.stands.size(), 1U);
    EXPECT_EQ(segment.stands[0].person, b) << "the next of the rotation";
    EXPECT_EQ(segment.stands[0].by, OnDutyBy::next_member);
    EXPECT_EQ(segment.stands[0].instead_of, a);
    EXPECT_TRUE(segment.stands[0].scheduled_away);
    EXPECT_EQ(who(data, "2026-07-07T00:00:00+09:00"), "a") << "back at midnight";
    for (const auto& person : {b, c})
        data.absences.push_back({"y", person, Instant::min(), Instant::max(), {}});
    EXPECT_EQ(who(data, "2026-07-06T12:00:00+09:00"), "d") << "then the list";
    data.absences.push_back({"z", d, Instant::min(), Instant::max(), {}});
    EXPECT_EQ(who(data, "2026-07-06T12:00:00+09:00"), "");

    data.absences.resize(1);
    data.substitutions = {
        {"s", c, {}, a, at("2026-07-06T09:00:00+09:00"), at("2026-07-06T21:00:00+09:00")}};
    const auto arranged = duty_at(data, tokyo, at("2026-07-06T12:00:00+09:00"));
    EXPECT_EQ(arranged.stands[0].person, c);
    EXPECT_FALSE(arranged.stands[0].scheduled_away) << "arranged for, so no longer flagged";
    EXPECT_EQ(who(data, "2026-07-06T08:45:00+09:00"), "b") << "before the substitution";
    EXPECT_EQ(who(data, "2026-07-06T21:00:00+09:00"), "b") << "its end is not part of it";
}

// goalert#3511: a gap in the schedule is silence at night.
TEST(Duty, a_gap_falls_back_on_the_list) {
    DutyData data{.posts = {post(c, Standing::deputy), post(b, Standing::principal)},
                  .rotations = {rotation(DutyHours::off_hours, 7, {a})}};
    data.rotations[0].ends_on = day("2026-07-10");
    EXPECT_EQ(who(data, "2026-07-10T20:00:00+09:00"), "a");
    EXPECT_EQ(who(data, "2026-07-11T20:00:00+09:00"), "b!") << "principals first";
    data.absences = {{"x", b, Instant::min(), Instant::max(), {}}};
    EXPECT_EQ(who(data, "2026-07-11T20:00:00+09:00"), "c!");
    EXPECT_EQ(who(DutyData{.posts = data.posts}, "2026-07-11T20:00:00+09:00"), "b")
        << "without a rotation the list answers, and that is no gap";
}

TEST(Duty, a_substitution_replaces_where_it_is_meant_to) {
    auto other = rotation(DutyHours::always, 1, {d});
    other.id = "q";
    DutyData data{.rotations = {rotation(DutyHours::always, 1), other}};
    const auto noon = "2026-07-06T12:00:00+09:00";
    EXPECT_EQ(who(data, noon), "ad");
    data.substitutions = {{"1", b, "r", {}, Instant::min(), Instant::max()}};
    EXPECT_EQ(who(data, noon), "bd");
    data.substitutions.push_back({"2", c, "r", {}, Instant::min(), Instant::max()});
    EXPECT_EQ(who(data, noon), "cd") << "the latest one counts";
    data.substitutions = {{"3", b, {}, d, Instant::min(), Instant::max()}};
    EXPECT_EQ(who(data, noon), "ab");
    data.substitutions = {{"4", c, {}, {}, Instant::min(), Instant::max()}};
    EXPECT_EQ(who(data, noon), "adc") << "beside";
    EXPECT_EQ(who(data, "2026-07-05T12:00:00+09:00"), "c") << "and it closes a gap";
}

// On 1 April the predecessor would still be called, in every rotation.
TEST(Duty, a_transfer_moves_the_turns) {
    DutyData data{.rotations = {rotation(DutyHours::always, 1)}};
    data.transfers = {{day("2026-07-09"), {north, a, d}}};
    EXPECT_EQ(who(data, "2026-07-06T12:00:00+09:00"), "a");
    EXPECT_EQ(who(data, "2026-07-09T08:29:00+09:00"), "c");
    EXPECT_EQ(who(data, "2026-07-09T08:30:00+09:00"), "d");
    data.transfers.push_back({day("2026-07-12"), {north, d, b}});
    EXPECT_EQ(who(data, "2026-07-12T12:00:00+09:00"), "b");
    data.transfers = {{day("2026-07-01"), {OrganisationId{"south"}, a, d}}};
    EXPECT_EQ(who(data, "2026-07-06T12:00:00+09:00"), "a") << "of another organisation";
}

// Yesterday's answer to who was on duty would change when tomorrow's schedule does.
TEST(Duty, a_changed_rotation_leaves_its_history) {
    auto before = rotation(DutyHours::always, 1, {a});
    auto after = rotation(DutyHours::always, 1, {b});
    before.until = after.since = at("2026-07-08T12:00:00+09:00");
    const DutyData data{.rotations = {before, after}};
    EXPECT_EQ(who(data, "2026-07-08T11:59:59+09:00"), "a");
    EXPECT_EQ(who(data, "2026-07-08T12:00:00+09:00"), "b");
}

// goalert#4190: who is on duty now, and who next?
TEST(Duty, says_now_and_next_in_one_answer) {
    DutyData data{.rotations = {rotation(DutyHours::always, 1, {a, b})}};
    auto answer = on_duty(data, tokyo, at("2026-07-08T03:00:00+09:00"));
    EXPECT_EQ(answer.now.stands.at(0).person, b);
    EXPECT_EQ(answer.now.from, at("2026-07-07T08:30:00+09:00"));
    EXPECT_EQ(answer.now.until, at("2026-07-08T08:30:00+09:00"));
    ASSERT_TRUE(answer.next);
    EXPECT_EQ(answer.next->stands.at(0).person, a);
    EXPECT_EQ(answer.next->from, answer.now.until);
    EXPECT_EQ(answer.next->until, at("2026-07-09T08:30:00+09:00"));
    data.rotations = {rotation(DutyHours::always, 30, {a, b})};
    answer = on_duty(data, tokyo, at("2026-07-08T03:00:00+09:00"));
    EXPECT_EQ(answer.next->from, at("2026-08-05T08:30:00+09:00"));
    data.rotations = {rotation(DutyHours::always, 1, {a})};
    EXPECT_FALSE(on_duty(data, tokyo, at("2026-07-08T03:00:00+09:00")).next);
}

TEST(Duty, the_order_of_calling_regards_the_calendar) {
    DutyData data{.posts = {post(c, Standing::deputy), post(a, Standing::principal),
                            post(b, Standing::principal)},
                  .rotations = {rotation(DutyHours::always, 1, {d})}};
    data.absences = {{"x", a, Instant::min(), Instant::max(), {}}};
    const auto lines = call_order(data, tokyo, at("2026-07-08T03:00:00+09:00"));
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_EQ(lines[0], (CallLine{d, true, false, {}}));
    EXPECT_EQ(lines[1], (CallLine{b, false, false, Standing::principal}));
    EXPECT_EQ(lines[2], (CallLine{c, false, false, Standing::deputy}));
    EXPECT_EQ(lines[3], (CallLine{a, false, true, Standing::principal})) << "away, but not lost";
    data.posts[2].until = "2026-07-07";
    EXPECT_EQ(call_order(data, tokyo, at("2026-07-07T23:59:00+09:00")).size(), 4U);
    EXPECT_EQ(call_order(data, tokyo, at("2026-07-08T00:00:00+09:00")).size(), 3U);
}

// A port abroad would be called an hour late for half a year.
TEST(Duty, summer_time_is_followed) {
    const Calendar berlin{"Europe/Berlin"};
    auto one = rotation(DutyHours::always, 1);
    one.starts_on = day("2026-03-28");
    one.handover = Minutes{2 * 60 + 30};  // does not exist on the 29th
    const DutyData data{.rotations = {one}};
    EXPECT_EQ(who(data, "2026-03-29T00:59:59Z", berlin), "a");
    EXPECT_EQ(who(data, "2026-03-29T01:00:00Z", berlin), "b") << "02:30 is 03:00";
    EXPECT_EQ(berlin.at(day("2026-10-25"), Minutes{150}), at("2026-10-25T00:30:00Z"));
    EXPECT_EQ(Calendar("Nowhere/Land").at(day("2026-10-25")), at("2026-10-25T00:00:00Z"));
}

// Whatever is planned: the calendar has no holes, and says at each instant what is asked there.
RC_GTEST_PROP(Duty, segments_agree_with_every_instant, ()) {
    DutyData data{.posts = {post(a, Standing::principal), post(b, Standing::deputy)}};
    const auto start = at("2026-12-20T00:00:00+09:00");
    const auto hour = [&] { return start + hours(*rc::gen::inRange(0, 24 * 20)); };
    for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
        auto one = rotation(
            *rc::gen::element(DutyHours::always, DutyHours::office_hours, DutyHours::off_hours),
            *rc::gen::inRange(1, 8),
            *rc::gen::container<std::vector<PersonId>>(2, rc::gen::element(a, b, c, d)));
        one.id = std::to_string(i);
        one.starts_on = day("2026-12-22");
        one.handover = Minutes{*rc::gen::inRange(0, 24 * 60)};
        data.rotations.push_back(one);
    }
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
        const auto from = hour();
        data.absences.push_back(
            {"", *rc::gen::element(a, b, c), from, from + hours(*rc::gen::inRange(1, 100)), {}});
    }
    for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
        const auto from = hour();
        data.substitutions.push_back(
            {"", *rc::gen::element(a, d), {}, {}, from, from + hours(*rc::gen::inRange(1, 50))});
    }
    const auto until = start + days(20);
    const auto segments = duty_segments(data, tokyo, start, until);
    RC_ASSERT(!segments.empty());
    RC_ASSERT(segments.front().from == start && segments.back().until == until);
    for (std::size_t i = 0; i < segments.size(); ++i) {
        RC_ASSERT(segments[i].from < segments[i].until);
        if (i > 0) RC_ASSERT(segments[i - 1].until == segments[i].from);
    }
    const auto asked = hour() + Span(*rc::gen::inRange(0, 3'600)) * 1'000'000;
    for (const auto& segment : segments)
        if (segment.from <= asked && asked < segment.until) {
            const auto point = duty_at(data, tokyo, asked);
            RC_ASSERT(point.stands == segment.stands && point.gap == segment.gap);
            for (const auto& stand : point.stands) RC_ASSERT(!is_away(data, stand.person, asked));
        }
}

}  // namespace
}  // namespace noroshi::prepare::contacts
