#include "engines/detect/habits.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engines/detect/reader.h"

namespace noroshi::engines::detect {
namespace {

constexpr Micros second = 1000000;
constexpr Micros hours = 3600 * second;
constexpr Micros days = 24 * hours;
// Monday, 6 July 2026, 00:00 in Japan.
constexpr Micros monday = 1783263600LL * second;

// One member's lines, as the reader gives them, in order.
struct HabitsTest : testing::Test {
    explicit HabitsTest(HabitOptions given = {})
        : detector({}, habit_fields()), habits(detector.fields(), std::move(given)),
          reader(detector, {}), event(detector.fields()) {
        reader.begin(source, nullptr);
    }
    std::vector<std::string> take(const std::string& line) {
        EXPECT_EQ(reader.read(line, event), "") << line;
        habits.take(event, 0, ++number);
        std::vector<std::string> told;
        habits.drain([&](Found&& found) {
            last = found;
            told.push_back(found.rule_id);
        });
        return told;
    }
    static std::string connection(Micros at, const std::string& src, const std::string& dst,
                                  std::uint64_t bytes, const std::string& more = {}) {
        return fmt::format(
            R"({{"_path":"conn","ts":{}.0,"id.orig_h":"{}","id.resp_h":"{}","id.resp_p":443,"orig_ip_bytes":{}{}}})",
            at / second, src, dst, bytes, more);
    }
    static std::string login(Micros at, const std::string& user, bool good,
                             const std::string& from = "198.51.100.7",
                             const std::string& more = {}) {
        return fmt::format(R"({{"timestamp":"{}","action":"{}","user":"{}","src_ip":"{}"{}}})",
                           text_of_moment(at), good ? "login" : "login_failed", user, from, more);
    }
    std::string figure(const std::string& name) const {
        for (const auto& [key, value] : last.group)
            if (key == name) return value;
        return {};
    }

    Detector detector;
    Habits habits;
    Source source;
    Reader reader;
    Event event;
    std::uint64_t number = 0;
    Found last;
};

using Told = std::vector<std::string>;

// What is carried off leaves in a day or two; a backup that always was as large is no news.
TEST_F(HabitsTest, a_host_that_sends_far_more_than_ever_is_told_once_a_day) {
    for (int day = 0; day < 4; ++day)
        for (int i = 0; i < 10; ++i)
            EXPECT_EQ(take(connection(monday + day * days + i * hours, "10.0.0.5", "203.0.113.9",
                                      30'000'000)),
                      Told{});
    const auto friday = monday + 4 * days;
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(take(connection(friday + i * hours, "10.0.0.5", "203.0.113.9", 300'000'000)),
                  Told{});
    EXPECT_EQ(take(connection(friday + 6 * hours, "10.0.0.5", "203.0.113.9", 300'000'000)),
              Told{"outbound_volume"});
    EXPECT_EQ(figure("sent"), "1.8 GB");
    EXPECT_EQ(figure("usual"), "300 MB");
    EXPECT_EQ(take(connection(friday + 7 * hours, "10.0.0.5", "203.0.113.9", 300'000'000)), Told{});
    // A host without a history is not judged, nor is what stays inside.
    EXPECT_EQ(take(connection(friday + 7 * hours, "10.0.0.6", "203.0.113.9", 9'000'000'000)),
              Told{});
    EXPECT_EQ(take(connection(friday + 7 * hours, "10.0.0.5", "10.0.0.9", 9'000'000'000)), Told{});
}

// The same figures of devices that name their fields otherwise.
TEST_F(HabitsTest, devices_lines_count_like_zeeks) {
    const auto line = [](Micros at, int megabytes) {
        const auto text = text_of_moment(at + 9 * hours);
        return fmt::format(
            "date={} time={} tz=\"+0900\" devname=\"FW\" logid=\"0000000013\" type=\"traffic\" "
            "subtype=\"forward\" srcip=10.0.0.5 dstip=203.0.113.9 dstport=443 action=\"close\" "
            "sentbyte={}000000 rcvdbyte=10",
            text.substr(0, 10), text.substr(11, 8), megabytes);
    };
    for (int day = 0; day < 3; ++day)
        EXPECT_EQ(take(line(monday + day * days + 9 * hours, 30)), Told{});
    EXPECT_EQ(take(line(monday + 3 * days + 9 * hours, 600)), Told{"outbound_volume"});
}

// A terminal's server talks to its vendor and to the customs; one day it talks to somebody else.
TEST_F(HabitsTest, a_machine_with_few_places_outside_talks_to_a_new_one) {
    for (int day = 0; day < 4; ++day)
        for (const auto* to : {"203.0.113.9", "203.0.113.77", "198.51.100.1"})
            EXPECT_EQ(take(connection(monday + day * days, "10.0.0.5", to, 100)), Told{});
    EXPECT_EQ(take(connection(monday + 4 * days, "10.0.0.5", "192.0.2.1", 100)),
              Told{"new_destination"});
    EXPECT_EQ(figure("dst"), "192.0.2.1");
    EXPECT_EQ(figure("known"), "2") << "a network around an address is one place";
    EXPECT_EQ(take(connection(monday + 4 * days + hours, "10.0.0.5", "192.0.2.1", 100)), Told{});
    // A person's browser goes everywhere.
    for (int i = 0; i < 40; ++i)
        take(connection(monday, "10.0.0.6", fmt::format("192.0.{}.1", i), 100));
    EXPECT_EQ(take(connection(monday + 4 * days, "10.0.0.6", "198.18.77.1", 100)), Told{});
}

TEST_F(HabitsTest, one_host_of_many_that_comes_back_all_day_is_rare) {
    for (int i = 0; i < 25; ++i)
        take(connection(monday + 8 * hours, fmt::format("10.0.1.{}", i), "203.0.113.9", 100));
    Told told;
    for (int hour = 0; hour < 8; ++hour) {
        for (auto& one :
             take(connection(monday + (9 + hour) * hours, "10.0.1.3", "192.0.2.1", 100)))
            told.push_back(one);
        for (auto& one :
             take(connection(monday + (9 + hour) * hours, "10.0.1.3", "203.0.113.9", 1)))
            told.push_back(one);
    }
    EXPECT_EQ(told, Told{"rare_destination"});
    EXPECT_EQ(figure("src"), "10.0.1.3");
}

// The way in at Nagoya was a VPN: who tries passwords, and that one worked, must be told.
TEST_F(HabitsTest, guessing_and_that_it_worked) {
    Told told;
    for (int i = 0; i < 12; ++i)
        for (auto& one : take(login(monday + i * 20 * second, "mori", false))) told.push_back(one);
    EXPECT_EQ(told, Told{"vpn_guessing"}) << "once, not from both ends";
    EXPECT_EQ(take(login(monday + 300 * second, "mori", true)), Told{"vpn_guessed"});
    EXPECT_EQ(figure("remote"), "198.51.100.7");
    // Somebody who mistypes now and then.
    for (int i = 0; i < 30; ++i)
        EXPECT_EQ(take(login(monday + days + i * hours, "sato", false, "198.51.100.8")), Told{});
    // Inside the house it is no matter of the VPN.
    for (int i = 0; i < 30; ++i)
        EXPECT_EQ(take(login(monday + i * second, "oka", false, "10.0.0.9")), Told{});
}

TEST_F(HabitsTest, one_password_over_many_accounts) {
    Told told;
    for (int i = 0; i < 8; ++i)
        for (auto& one : take(login(monday + i * 300 * second, fmt::format("user{}", i), false)))
            told.push_back(one);
    EXPECT_EQ(told, Told{"password_spraying"});
    EXPECT_EQ(habits.take_refusals().size(), 8U);
    EXPECT_TRUE(habits.take_refusals().empty());
}

TEST_F(HabitsTest, an_account_from_another_country_by_another_device_and_too_fast) {
    const auto at = [](const char* country, const char* device, double latitude, double longitude) {
        return fmt::format(R"(,"country":"{}","device_id":"{}","latitude":"{}","longitude":"{}")",
                           country, device, latitude, longitude);
    };
    const auto nagoya = at("JP", "pc-1", 35.09, 136.88);
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(take(login(monday + (i * 24 + 9) * hours, "mori", true, "198.51.100.7", nagoya)),
                  Told{});
    // Two hours later and 9,000 km away.
    EXPECT_EQ(take(login(monday + (3 * 24 + 11) * hours, "mori", true, "192.0.2.9",
                         at("NL", "pc-9", 52.37, 4.9))),
              (Told{"vpn_new_country", "vpn_new_device", "impossible_travel"}));
    EXPECT_EQ(figure("minutes"), "120");
    // Known now; and a day is enough for the way back.
    EXPECT_EQ(take(login(monday + (4 * 24 + 11) * hours, "mori", true, "198.51.100.7", nagoya)),
              Told{});
    // A new account has no habit yet.
    EXPECT_EQ(take(login(monday + 9 * hours, "new", true, "192.0.2.9", at("NL", "x", 52.37, 4.9))),
              Told{});
}

struct HolidayTest : HabitsTest {
    static HabitOptions options() {
        HabitOptions options;
        // 20 July 2026 is the day of the sea, a Monday.
        options.is_day_off = [](std::int64_t day) {
            return (day + 4) % 7 == 0 || (day + 4) % 7 == 6 || day == 20654;
        };
        return options;
    }
    HolidayTest() : HabitsTest(options()) {}
};

TEST_F(HolidayTest, who_never_works_at_night_or_on_holidays_logs_in_then) {
    for (int i = 0; i < 10; ++i)
        if (i % 7 < 5) EXPECT_EQ(take(login(monday + (i * 24 + 9) * hours, "mori", true)), Told{});
    EXPECT_EQ(take(login(monday + (14 * 24 + 10) * hours, "mori", true)), Told{"vpn_off_hours"});
    EXPECT_EQ(figure("at"), "10:00") << "a Monday morning, but a holiday";
    EXPECT_EQ(take(login(monday + (15 * 24 + 2) * hours, "mori", true)), Told{})
        << "a habit by now";
    // Who works in shifts.
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(take(login(monday + (i * 24 + 3) * hours, "shift", true)), Told{});
}

// A TOS that slows down is noticed at the gate an hour later; here it is noticed in its own log.
TEST_F(HabitsTest, transactions_that_fall_against_the_same_time_of_other_days) {
    const auto booked = [](Micros at) {
        return fmt::format(R"({{"timestamp":"{}","system":"TOS","transaction_id":"x"}})",
                           text_of_moment(at));
    };
    Told told;
    const auto through = [&](Micros from, Micros until, Micros every) {
        for (auto at = from; at < until; at += every)
            for (auto& one : take(booked(at))) told.push_back(one);
    };
    for (int day = 0; day < 4; ++day)
        through(monday + day * days + 6 * hours, monday + day * days + 18 * hours, 10 * second);
    EXPECT_EQ(told, Told{}) << "nights are quiet on every day";
    const auto friday = monday + 4 * days;
    through(friday + 6 * hours, friday + 10 * hours, 10 * second);
    through(friday + 10 * hours, friday + 12 * hours, 60 * second);
    EXPECT_EQ(told, Told{"transactions_fall"}) << "and once, not every five minutes";
    EXPECT_EQ(figure("system"), "TOS");
    EXPECT_EQ(figure("usual"), "6.0");
    // It stops altogether, while others' lines go on.
    told.clear();
    const auto next = monday + 7 * days;
    for (auto at = next; at < next + 8 * hours; at += 300 * second)
        for (auto& one : take(connection(at, "10.0.0.5", "203.0.113.9", 1))) told.push_back(one);
    EXPECT_EQ(told, Told{"transactions_fall"});
    EXPECT_EQ(figure("now"), "0.0");
}

TEST_F(HabitsTest, transactions_told_as_a_number_per_minute_fall_likewise) {
    Told told;
    for (int day = 0; day < 5; ++day)
        for (int i = 0; i < 200; ++i)
            for (auto& one : take(fmt::format(
                     R"({{"timestamp":"{}","system":"GATE","transactions_per_minute":{}}})",
                     text_of_moment(monday + day * days + i * 300 * second),
                     day == 4 && i > 150 ? 1 : 20)))
                told.push_back(one);
    EXPECT_EQ(told, Told{"transactions_fall"});
    EXPECT_EQ(figure("usual"), "20.0");
}

TEST(Habits, memory_is_bounded_whatever_addresses_are_invented) {
    HabitOptions options;
    options.most_keys = 100;
    Detector detector({}, habit_fields());
    Habits habits(detector.fields(), options);
    Reader reader(detector, {});
    Source source;
    reader.begin(source, nullptr);
    Event event(detector.fields());
    for (int i = 0; i < 5000; ++i) {
        const auto line = fmt::format(
            R"({{"_path":"conn","ts":{}.0,"id.orig_h":"10.0.{}.{}","id.resp_h":"192.{}.{}.1","id.resp_p":443,"orig_ip_bytes":1}})",
            1783263600 + i, i / 250, i % 250, i / 250, i % 250);
        ASSERT_EQ(reader.read(line, event), "");
        habits.take(event, 0, 1);
    }
    EXPECT_GT(habits.unwatched(), 4000U);
}

}  // namespace
}  // namespace noroshi::engines::detect
