// A machine inside that calls home every few minutes is the sign behind most others. Scores must be
// RITA's own where people know them, and find the short channel where RITA cannot.

#include <gtest/gtest.h>

#include "engines/detect/beacon.h"
#include "engines/detect/behaviour.h"
#include "engines/detect/detector.h"
#include "engines/detect/json_reader.h"
#include "engines/detect/reader.h"

namespace noroshi::engines::detect {
namespace {

TEST(Rita, statistics_of_even_intervals_are_perfect) {
    EXPECT_EQ(rita::statistical_score({60, 60, 60, 60}, 1), 1);
    EXPECT_EQ(rita::statistical_score({0, 0, 0}, 0), 0.5);
    EXPECT_EQ(rita::statistical_score({0, 0, 0}, 1), 1);
}
TEST(Rita, statistics_by_hand) {
    // Quartiles 1.5, 3, 4.5 of 1..5 without the middle: no skew below 10; MAD 1; (1 + 2/3) / 2.
    EXPECT_EQ(rita::statistical_score({1, 2, 3, 4, 5}, 1), 0.833);
    // Halves {0, 10} and {50, 100}: 5, 30, 75; skew (80 − 60) / 70; MAD: |x − 30| = 20 20 30 70 → 25.
    EXPECT_EQ(rita::statistical_score({0, 10, 50, 100}, 1), 0.44);
}
TEST(Rita, a_flat_histogram_scores_one_and_runs_wrap_around) {
    std::vector<std::uint32_t> times;
    for (std::uint32_t i = 0; i < 24 * 60; ++i) times.push_back(i * 60);
    const auto h = rita::histogram(0, 86400, times);
    EXPECT_EQ(h.total, 24);
    EXPECT_EQ(h.longest_run, 24);
    EXPECT_EQ(h.score, 1);
    const auto wrapped = rita::histogram(0, 86400, {100, 86300, 86400});
    EXPECT_EQ(wrapped.longest_run, 2);
    EXPECT_EQ(wrapped.bars.back(), 2);  // what lies on the last edge belongs to the last bar
}
TEST(Rita, two_heights_are_a_fit_from_eleven_bars_on) {
    std::vector<std::uint32_t> times;
    for (std::uint32_t hour = 0; hour < 12; ++hour)
        for (std::uint32_t i = 0; i < (hour % 2 == 0 ? 10U : 40U); ++i)
            times.push_back(hour * 3600 + i);
    // Both heights take 12 of 12 − 1 bars: capped at one.
    EXPECT_EQ(rita::histogram(0, 86400, times).score, 1);
}
TEST(Rita, duration_needs_six_bars) {
    EXPECT_EQ(rita::duration_score(0, 86400, 0, 86400, 5, 5), 0);
    EXPECT_EQ(rita::duration_score(0, 86400, 0, 43200, 6, 3), 0.5);
    EXPECT_EQ(rita::duration_score(0, 86400, 0, 8640, 6, 9), 0.75);
    EXPECT_EQ(rita::duration_score(0, 86400, 0, 8641, 6, 1), 0.101);  // rounded up
}
TEST(Rita, buckets_are_linear_between_their_marks) {
    EXPECT_EQ(rita::bucketed(49.9, 50, 70, 90, 100), 0);
    EXPECT_NEAR(rita::bucketed(50, 50, 70, 90, 100), 0.2, 1e-6);
    EXPECT_NEAR(rita::bucketed(70, 50, 70, 90, 100), 0.4, 1e-6);
    EXPECT_NEAR(rita::bucketed(80, 50, 70, 90, 100), 0.5, 1e-6);
    EXPECT_NEAR(rita::bucketed(100, 50, 70, 90, 100), 0.8, 1e-6);
    EXPECT_NEAR(rita::bucketed(50 * 3600, 3600, 14400, 28800, 43200), 0.8, 1e-6);
}

class Capture {
public:
    explicit Capture(BeaconOptions options = {})
        : detector_({}, behaviour_fields()), reader_(detector_, {}, ""), event_(detector_.fields()),
          finder_(detector_.fields(), options), behaviour_(detector_.fields(), {}) {}
    void take(const std::string& line) {
        event_.clear();
        ASSERT_EQ(reader_.read(line, event_), "") << line;
        finder_.take(event_);
        behaviour_.take(event_, 0, ++line_);
    }
    void connection(double time, const std::string& src, const std::string& dst, int bytes = 100,
                    const std::string& uid = "", const std::string& more = "", int port = 443) {
        take(R"({"_path":"conn","ts":)" + std::to_string(1700000000 + time) + R"(,"uid":")" +
             (uid.empty() ? "u" + std::to_string(++uids_) : uid) + R"(","id.orig_h":")" + src +
             R"(","id.resp_h":")" + dst + R"(","id.resp_p":)" + std::to_string(port) +
             R"(,"conn_state":"SF","orig_ip_bytes":)" + std::to_string(bytes) + more + "}");
    }
    std::uint64_t thinned() const { return finder_.thinned(); }
    std::vector<Beacon> beacons() { return finder_.finish(); }
    std::vector<std::string> behaviour() {
        std::vector<std::string> out;
        behaviour_.finish([&](Found&& found) { out.push_back(found.rule_id); });
        return out;
    }

private:
    Detector detector_;
    JsonReader reader_;
    Event event_;
    BeaconFinder finder_;
    Behaviour behaviour_;
    int uids_ = 0;
    std::uint64_t line_ = 0;
};

TEST(Beacon, a_day_of_clockwork_scores_one_as_in_rita) {
    Capture capture({true, {}, 86400});
    for (int i = 0; i <= 24 * 60; ++i) capture.connection(i * 60, "10.0.0.5", "203.0.113.9");
    const auto beacons = capture.beacons();
    ASSERT_EQ(beacons.size(), 1);
    EXPECT_EQ(beacons[0].connections, 1441);
    EXPECT_EQ(beacons[0].ts_score, 1);
    EXPECT_EQ(beacons[0].ds_score, 1);
    EXPECT_EQ(beacons[0].dur_score, 1);
    EXPECT_EQ(beacons[0].hist_score, 1);
    EXPECT_EQ(beacons[0].score, 1);
    // The only host speaks to it: prevalence takes 0.15 off the highest bucket.
    EXPECT_NEAR(beacons[0].final_score, 0.65, 1e-6);
}
TEST(Beacon, needs_four_distinct_seconds_and_the_way_out) {
    Capture capture({true, {}, 86400});
    for (const double time : {0.0, 60.0, 120.0, 120.9})
        capture.connection(time, "10.0.0.5", "203.0.113.1");
    for (const double time : {0.0, 60.0, 120.0, 180.0}) {
        capture.connection(time, "10.0.0.5", "203.0.113.2");
        capture.connection(time, "10.0.0.5", "10.0.0.6");         // inside
        capture.connection(time, "198.51.100.1", "10.0.0.6");     // inward
        capture.connection(time, "198.51.100.1", "203.0.113.2");  // passing
    }
    const auto beacons = capture.beacons();
    ASSERT_EQ(beacons.size(), 1);
    EXPECT_EQ(beacons[0].dst, "203.0.113.2");
}
TEST(Beacon, a_name_takes_the_place_of_its_addresses) {
    Capture capture({true, {}, 86400});
    for (int i = 0; i < 10; ++i) {
        const std::string uid = "c" + std::to_string(i);
        capture.connection(i * 60, "10.0.0.5", i % 2 == 0 ? "203.0.113.1" : "203.0.113.2", 100,
                           uid);
        capture.take(
            R"({"_path":"ssl","ts":)" + std::to_string(1700000000 + i * 60) + R"(,"uid":")" + uid +
            R"(","id.orig_h":"10.0.0.5","id.resp_h":"203.0.113.1","server_name":"c2.example"})");
    }
    const auto beacons = capture.beacons();
    ASSERT_EQ(beacons.size(), 1);
    EXPECT_EQ(beacons[0].fqdn, "c2.example");
    EXPECT_EQ(beacons[0].dst, "");
    EXPECT_EQ(beacons[0].connections, 10);
}
TEST(Beacon, only_the_last_day_counts) {
    Capture capture({true, {}, 86400});
    for (int i = 0; i < 10; ++i) capture.connection(i * 60, "10.0.0.5", "203.0.113.1");
    for (int i = 0; i < 10; ++i) capture.connection(3 * 86400 + i * 60, "10.0.0.5", "203.0.113.2");
    const auto beacons = capture.beacons();
    ASSERT_EQ(beacons.size(), 1);
    EXPECT_EQ(beacons[0].dst, "203.0.113.2");
}
// RITA gives a channel of under six hours half a score at most, and ranks time servers above it.
TEST(Beacon, our_ranking_puts_the_short_channel_above_time_servers_and_multicast) {
    Capture capture;
    for (int i = 0; i < 40; ++i)
        capture.connection(i * 60 + i % 3, "10.0.0.5", "203.0.113.9", 300 + i % 2);
    for (int i = 0; i < 80; ++i) {
        capture.connection(i * 64, "10.0.0.5", "203.0.113.123", 76, "", "", 123);
        capture.connection(i * 60, "10.0.0.5", "224.0.0.251", 76, "", "", 5353);
        capture.connection((i * i * 37) % 5000, "10.0.0.5", "198.51.100.7", 100 + i * i % 977);
    }
    const auto beacons = capture.beacons();
    ASSERT_GE(beacons.size(), 3);
    EXPECT_EQ(beacons[0].dst, "203.0.113.9");
    EXPECT_GE(beacons[0].score, 0.8);
}
// Somebody who invents addresses must not be able to fill the memory, nor to hide a channel in them.
TEST(Beacon, memory_is_bounded_and_a_channel_outlives_a_flood) {
    BeaconOptions options;
    options.most_rows = 2000;
    Capture capture(options);
    for (int i = 0; i < 20'000; ++i) {
        if (i % 200 == 0) capture.connection(i * 1.5, "10.0.0.5", "203.0.113.9", 300);
        const std::string there = "198." + std::to_string(i / 65536) + "." +
                                  std::to_string(i / 256 % 256) + "." + std::to_string(i % 256);
        capture.connection(i * 1.5 + i % 7, "10.0.0.6", there, 100 + i % 977);
    }
    EXPECT_GT(capture.thinned(), 5U);
    const auto beacons = capture.beacons();
    ASSERT_FALSE(beacons.empty());
    EXPECT_EQ(beacons[0].dst, "203.0.113.9");
    EXPECT_EQ(beacons[0].connections, 100U) << "no row of it had to go";
    EXPECT_GE(beacons[0].score, 0.8);
}
// Most members have a firewall and no Zeek.
TEST(Beacon, lines_of_a_firewall_count_like_connections) {
    const Detector detector({}, behaviour_fields());
    Reader reader(detector, {});
    Event event(detector.fields());
    Source source;
    reader.begin(source, nullptr);
    Behaviour behaviour(detector.fields(), {});
    BeaconFinder finder(detector.fields(), {});
    const auto take = [&](const std::string& line) {
        ASSERT_EQ(reader.read(line, event), "") << line;
        finder.take(event);
        behaviour.take(event, 0, 1);
    };
    for (int i = 0; i < 40; ++i) {
        const auto at = text_of_moment((1783263600LL + i * 120) * 1000000);
        take("date=" + at.substr(0, 10) + " time=" + at.substr(11, 8) +
             " tz=\"+0000\" devname=\"FW\" logid=\"0000000013\" type=\"traffic\" "
             "subtype=\"forward\" "
             "srcip=10.0.0.5 srcport=50000 dstip=203.0.113.9 dstport=443 action=\"close\" "
             "sentbyte=" +
             std::to_string(300 + i % 2) + " rcvdbyte=10");
    }
    // Cisco's firewall: one host inside reaches for many others.
    for (int i = 0; i < 40; ++i)
        take("<166>Jul  6 2026 00:10:" + std::to_string(10 + i) +
             ": %ASA-6-302013: Built inbound TCP connection 77 for inside:10.0.0.7/50000 "
             "(10.0.0.7/50000) to dmz:10.9.0." +
             std::to_string(i) + "/445 (10.9.0." + std::to_string(i) + "/445)");
    const auto beacons = finder.finish();
    ASSERT_EQ(beacons.size(), 1U);
    EXPECT_EQ(beacons[0].dst, "203.0.113.9");
    EXPECT_EQ(beacons[0].connections, 40U);
    std::vector<std::string> told;
    behaviour.finish([&](Found&& found) { told.push_back(found.rule_id); });
    EXPECT_EQ(told, (std::vector<std::string>{"fan_out", "beacon"}));
}
TEST(Behaviour, scanning_reaching_out_tunnelling_and_long_connections) {
    Capture capture;
    for (int i = 0; i < 30; ++i)
        capture.connection(i, "10.0.0.5", "10.0.1." + std::to_string(i), 100, "", "", 445);
    for (int i = 0; i < 100; ++i)
        capture.connection(100 + i, "10.0.0.6", "10.0.2.1", 100, "", "", 1000 + i);
    for (int i = 0; i < 100; ++i)
        capture.take(
            R"({"_path":"dns","ts":1700000000,"id.orig_h":"10.0.0.7","id.resp_h":"10.0.0.1","id.resp_p":53,"query":"x)" +
            std::to_string(i) + R"(.t.evil.co.jp"})");
    capture.connection(500, "10.0.0.8", "203.0.113.4", 100, "", R"(,"duration":20000.5)");
    EXPECT_EQ(capture.behaviour(),
              (std::vector<std::string>{"fan_out", "port_scan", "dns_tunnel", "long_connection"}));
}
TEST(Behaviour, an_ordinary_hour_is_silent) {
    Capture capture;
    for (int i = 0; i < 20; ++i) {
        capture.connection(i * i, "10.0.0.5", "10.0.1." + std::to_string(i), 100 + i * 91, "", "",
                           445);
        capture.connection(i * i * 3 % 977, "10.0.0.5", "203.0.113." + std::to_string(i), i * 77);
    }
    EXPECT_TRUE(capture.behaviour().empty());
}
TEST(Behaviour, knows_registered_domains) {
    EXPECT_EQ(registered_domain("a.b.example.com"), "example.com");
    EXPECT_EQ(registered_domain("a.b.example.co.jp"), "example.co.jp");
    EXPECT_EQ(registered_domain("example.co.jp."), "example.co.jp");
    EXPECT_EQ(registered_domain("localhost"), "localhost");
}

}  // namespace
}  // namespace noroshi::engines::detect
