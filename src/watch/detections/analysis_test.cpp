#include "watch/detections/analysis.h"

#include <gtest/gtest.h>

#include "kernel/crypto/hash.h"
#include "kernel/i18n/line.h"

namespace noroshi::watch::detections {
namespace {

using namespace std::chrono_literals;

constexpr auto rules = R"(title: Log-in refused
title_ja: ログインの失敗
description_ja: 拒否されました。
id: 11111111-1111-4111-8111-111111111111
name: refused
level: high
logsource:
  product: fortigate
detection:
  s:
    action: ssl-login-fail
  condition: s
tags:
  - attack.credential-access
  - attack.t1110.003
falsepositives_ja:
  - 打ち間違い
---
title: Guessed
id: 22222222-2222-4222-8222-222222222222
level: high
tags:
  - attack.t1110
correlation:
  type: event_count
  rules: [refused]
  group-by: [remip]
  generate: true
  timespan: 10m
  condition:
    gte: 5
)";

const Instant noon = *parse_rfc3339("2026-07-04T12:00:00+09:00");

std::shared_ptr<const Rulebook> book(std::string indicators = {}) {
    RuleContent content;
    content.rules.push_back({"r.yml", rules});
    if (!indicators.empty()) content.indicators.push_back({"list.txt", indicators});
    return std::make_shared<const Rulebook>(content);
}

std::string refusal(Instant at, std::string remip = "203.0.113.45") {
    const auto text = format_rfc3339(at + 9h);  // written in local time
    return "date=" + text.substr(0, 10) + " time=" + text.substr(11, 8) +
           " tz=\"+0900\" devname=\"FW\" logid=\"0101039426\" type=\"event\" subtype=\"vpn\" "
           "action=\"ssl-login-fail\" remip=" +
           remip + " user=\"u\"\n";
}

Analyser::Seen take(Analyser& analyser, const std::string& source, std::uint64_t first,
                    const std::string& text, Instant received = noon) {
    return analyser.take({SourceId{source}, logs::LogKind::fortigate, first, text, received});
}

const Finding* of(const Analyser::Seen& seen, DetectionKind kind) {
    for (const auto& finding : seen.findings)
        if (finding.kind == kind) return &finding;
    return nullptr;
}

TEST(Analysis, a_finding_carries_the_rules_words_and_the_lines_it_rests_on) {
    const auto used = book();
    ASSERT_TRUE(used->refused().empty());
    Analyser analyser(used, {});
    const auto seen = take(analyser, "a", 40, "garbage\n" + refusal(noon) + refusal(noon + 1s));
    ASSERT_EQ(seen.findings.size(), 1U);
    const auto& one = seen.findings[0];
    EXPECT_EQ(one.title_ja, "ログインの失敗");
    EXPECT_EQ(one.about.description_ja, "拒否されました。");
    EXPECT_EQ(one.about.tactics, std::vector<std::string>{"credential_access"});
    EXPECT_EQ(one.about.false_positives_ja, std::vector<std::string>{"打ち間違い"});
    EXPECT_EQ(one.family, "t1110");
    EXPECT_EQ(one.entity, "FW");
    EXPECT_EQ(one.count, 2U);
    ASSERT_EQ(one.lines.size(), 2U);
    EXPECT_EQ(one.lines[0].line, 41U);
    EXPECT_EQ(one.lines[1].line, 42U);
    EXPECT_EQ(one.first_at, noon);
}

// A reload or a restart in the middle of a guessing would let it pass.
TEST(Analysis, a_correlation_is_the_same_after_feeding_its_window_again) {
    std::vector<std::string> lines;
    for (int i = 0; i < 6; ++i) lines.push_back(refusal(noon + i * 1min));
    for (std::size_t cut = 0; cut <= lines.size(); ++cut) {
        std::string before, after;
        for (std::size_t i = 0; i < lines.size(); ++i) (i < cut ? before : after) += lines[i];
        int told = 0;
        {
            Analyser first(book(), {});
            told += of(take(first, "a", 0, before), DetectionKind::correlation) != nullptr;
        }
        Analyser second(book(), {});
        (void)take(second, "a", 0, before);  // warm-up
        const auto seen = take(second, "a", cut, after);
        const auto* one = of(seen, DetectionKind::correlation);
        told += one != nullptr;
        EXPECT_EQ(told, 1) << "cut before line " << cut;
        if (one != nullptr) {
            EXPECT_EQ(one->entity, "203.0.113.45");
            EXPECT_EQ(one->lines.size(), 5U);
        }
    }
}

// Three hours of old lines that arrive at once are no burst.
TEST(Analysis, a_source_that_catches_up_is_correlated_by_its_own_times) {
    Analyser analyser(book(), {});
    (void)take(analyser, "live", 0, refusal(noon, "198.51.100.1"));
    std::string old;
    for (int i = 0; i < 9; ++i) old += refusal(noon - 3h + i * 20min);
    EXPECT_EQ(of(take(analyser, "late", 0, old), DetectionKind::correlation), nullptr);
    std::string burst;
    for (int i = 0; i < 5; ++i) burst += refusal(noon - 2h + i * 1min, "192.0.2.9");
    EXPECT_NE(of(take(analyser, "late", 9, burst), DetectionKind::correlation), nullptr);
}

TEST(Analysis, two_sources_of_a_member_are_correlated_together) {
    Analyser analyser(book(), {});
    bool told = false;
    for (int i = 0; i < 6; ++i)
        told = told || of(take(analyser, i % 2 ? "a" : "b", static_cast<std::uint64_t>(i / 2),
                               refusal(noon + i * 10s)),
                          DetectionKind::correlation) != nullptr;
    EXPECT_TRUE(told);
}

TEST(Analysis, an_indicator_is_found_with_its_list) {
    Analyser analyser(book("203.0.113.45\n"), {}, Analyser::Look::indicators_only);
    const auto seen = take(analyser, "a", 0, refusal(noon) + refusal(noon));
    ASSERT_EQ(seen.findings.size(), 1U);
    EXPECT_EQ(seen.findings[0].kind, DetectionKind::indicator);
    EXPECT_EQ(seen.findings[0].entity, "203.0.113.45");
    EXPECT_EQ(seen.findings[0].count, 2U);
}

// Every log-in would be a case.
TEST(Analysis, informational_rules_feed_correlations_and_are_not_told) {
    RuleContent content;
    std::string quiet = rules;
    quiet.replace(quiet.find("level: high"), 11, "level: informational");
    content.rules.push_back({"r.yml", quiet});
    Analyser analyser(std::make_shared<const Rulebook>(content), {});
    std::string lines;
    for (int i = 0; i < 6; ++i) lines += refusal(noon + i * 1s);
    const auto seen = take(analyser, "a", 0, lines);
    ASSERT_EQ(seen.findings.size(), 1U);
    EXPECT_EQ(seen.findings[0].kind, DetectionKind::correlation);
}

// Lines are hostile: what is no text must not break the journal.
TEST(Analysis, any_bytes_become_findings_of_sound_text) {
    Analyser analyser(book(), {});
    std::string line = refusal(noon, "203.0.113.45\xff\xfe");
    const auto seen = take(analyser, "a", 0, line);
    for (const auto& finding : seen.findings)
        for (const auto& [name, value] : finding.seen) EXPECT_TRUE(i18n::length(value)) << value;
}

// A router's flows come as datagrams; kept and never looked at they would warn of nothing.
TEST(Analysis, the_flows_of_an_archived_datagram_are_looked_through) {
    const auto big = [](std::uint64_t value, int bytes) {
        std::string out;
        for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 255);
        return out;
    };
    // NetFlow v5: a head of 24 bytes, two records of 48; the second goes to 203.0.113.9:443.
    std::string datagram = big(5, 2) + big(2, 2) + big(1000000, 4) + big(1783180800, 4) +
                           big(0, 4) + big(1, 4) + big(0, 4);
    for (const std::uint64_t to : {0xC6336401ULL, 0xCB007109ULL})
        datagram += big(0x0A000005, 4) + big(to, 4) + big(0, 4) + big(0, 4) + big(10, 4) +
                    big(4000, 4) + big(940000, 4) + big(970500, 4) + big(50000, 2) + big(443, 2) +
                    big(0, 2) + big(6 << 8, 2) + big(0, 8);
    ASSERT_EQ(datagram.size(), 24U + 96U);
    Analyser analyser(book("203.0.113.9\n"), {});
    const std::string lines = R"({"exporter":"192.0.2.1","datagram":")" + to_base64url(datagram) +
                              "\"}\n" + R"({"exporter":"192.0.2.1","datagram":"no base64!"})" +
                              "\n";
    const auto seen = analyser.take({SourceId{"router"}, logs::LogKind::netflow, 7, lines, noon});
    EXPECT_EQ(seen.parsed, 2U);
    EXPECT_EQ(seen.unparsed, (std::map<std::string, std::uint64_t>{{"netflow", 1}}));
    ASSERT_EQ(seen.findings.size(), 1U);
    EXPECT_EQ(seen.findings[0].entity, "203.0.113.9");
    ASSERT_EQ(seen.findings[0].lines.size(), 1U);
    EXPECT_EQ(seen.findings[0].lines[0].line, 7U);
}

// Thousands of rules are read from YAML once; what the next start takes instead must say the same.
TEST(Analysis, packed_rules_are_the_rules_with_all_their_words) {
    RuleContent content;
    content.rules.push_back({"r.yml", rules});
    content.program = "1";
    const Rulebook read(content);
    ASSERT_FALSE(read.packed().empty());
    content.packed = read.packed();
    const Rulebook taken(content);
    EXPECT_TRUE(taken.packed().empty()) << "it was good";
    EXPECT_EQ(taken.digest(), read.digest());
    ASSERT_EQ(taken.detector().rules().size(), read.detector().rules().size());
    for (std::size_t i = 0; i < read.detector().rules().size(); ++i) {
        const auto& rule = taken.detector().rules()[i];
        EXPECT_EQ(taken.title_ja(rule), read.title_ja(read.detector().rules()[i]));
        EXPECT_EQ(taken.about(rule).techniques, read.about(read.detector().rules()[i]).techniques);
        EXPECT_EQ(taken.about(rule).false_positives_ja,
                  read.about(read.detector().rules()[i]).false_positives_ja);
    }
    content.packed[content.packed.size() / 2] ^= 1;
    EXPECT_FALSE(Rulebook(content).packed().empty()) << "damaged: read anew";
}

// A member's firewall tells of its VPN; what its people usually do is learnt from the lines.
TEST(Analysis, habits_outlive_the_day_and_are_told_once) {
    Analyser analyser(book(), {});
    const auto login = [](Instant at) {
        const auto text = format_rfc3339(at + 9h);
        return "date=" + text.substr(0, 10) + " time=" + text.substr(11, 8) +
               " tz=\"+0900\" devname=\"FW\" logid=\"0101039424\" type=\"event\" subtype=\"vpn\" "
               "action=\"tunnel-up\" remip=203.0.113.45 user=\"mori\"\n";
    };
    // Working days of a week, then a Saturday night.
    const Instant monday = *parse_rfc3339("2026-07-06T10:00:00+09:00");
    std::uint64_t line = 0;
    for (int day = 0; day < 11; ++day) {
        if (day % 7 > 4) continue;
        const Instant at = monday + std::chrono::days{day};
        const std::string text = login(at);
        analyser.learn({SourceId{"fw"}, logs::LogKind::fortigate, line++, text, at});
    }
    EXPECT_TRUE(analyser.behaviour().empty());
    const Instant night = *parse_rfc3339("2026-07-18T02:30:00+09:00");
    (void)take(analyser, "fw", line++, login(night), night);
    const auto told = analyser.behaviour();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].second.rule, "vpn_off_hours");
    EXPECT_EQ(told[0].second.entity, "mori");
    EXPECT_TRUE(analyser.behaviour().empty());
    analyser.retune({.vpn_guessing = 3});  // nothing that was learnt is lost
    const auto again = night + 24h;
    (void)take(analyser, "fw", line++, login(again), again);
    EXPECT_TRUE(analyser.behaviour().empty()) << "it is a habit by now";
}

}  // namespace
}  // namespace noroshi::watch::detections
