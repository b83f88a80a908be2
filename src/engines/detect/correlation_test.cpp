// Correlations: many small signs are one sign. Too eager, and the duty officer is woken by every
// mistyped password; too narrow, and guessing that goes on all night is never seen.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <fstream>

#include "engines/detect/correlation.h"
#include "engines/detect/run.h"

namespace noroshi::engines::detect {
namespace {

namespace fs = std::filesystem;

const std::string base =
    "title: failed\nname: failed\nlogsource: {product: x}\n"
    "detection: {s: {kind: failed}, condition: s}\n---\n"
    "title: success\nname: success\nlogsource: {product: x}\n"
    "detection: {s: {kind: success}, condition: s}\n---\n"
    "title: third\nname: third\nid: third-id\nlogsource: {product: x}\n"
    "detection: {s: {kind: third}, condition: s}\n---\n";

std::string correlation(const std::string& body) {
    return base + "title: c\nid: c-id\nlevel: high\ncorrelation:\n" + body;
}

struct Told {
    std::string title;
    std::string time;
    std::string group;
    double count = 0;
    std::size_t events = 0;
    std::uint64_t line = 0;
    bool operator==(const Told&) const = default;
};

// Each text is one file. Times are seconds after midnight.
std::vector<Told> told(const std::string& yaml, const std::vector<std::string>& files,
                       unsigned threads = 1, Micros reorder = 3600LL * 1000000) {
    auto rules = read_rules({{"test.yml", yaml}});
    for (const auto& verdict : rules.verdicts)
        EXPECT_FALSE(verdict.refusal) << verdict.refusal->code << " " << verdict.refusal->detail;
    const Detector detector(std::move(rules.rules));
    static int run_number = 0;
    const fs::path folder =
        fs::temp_directory_path() /
        ("noroshi-correlation-" + std::to_string(::getpid()) + "-" + std::to_string(run_number++));
    fs::create_directories(folder);
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < files.size(); ++i) {
        paths.push_back((folder / (std::to_string(i) + ".json")).string());
        std::ofstream(paths.back()) << files[i];
    }
    std::vector<Source> sources;
    EXPECT_FALSE(Input::expand(paths, sources));
    RunOptions options;
    options.threads = threads;
    options.reorder = reorder;
    std::vector<Told> out;
    run(detector, sources, options, [&](const Found& found) {
        Told& one = out.emplace_back();
        one.title = detector.rules()[found.rule].title;
        one.time = found.time == no_time ? "" : text_of_moment(found.time).substr(11, 8);
        for (const auto& [name, value] : found.group) one.group += name + "=" + value + ";";
        one.count = found.count;
        one.events = found.events.size();
        one.line = found.line;
    });
    fs::remove_all(folder);
    return out;
}

std::string at(int second, const std::string& kind, const std::string& rest = R"("user":"bob")") {
    return R"({"ts":)" + std::to_string(1780000000 / 86400 * 86400 + second) + R"(,"kind":")" +
           kind + R"(",)" + rest + "}\n";
}

TEST(Correlation, counts_events_of_a_group_in_a_window) {
    const auto yaml = correlation(
        "  type: event_count\n  rules: [failed]\n  group-by: [user]\n  timespan: 10m\n"
        "  condition: {gte: 3}\n");
    std::string events;
    for (int i = 0; i < 2; ++i) events += at(i, "failed") + at(i, "failed", R"("user":"eve")");
    EXPECT_TRUE(told(yaml, {events}).empty());
    events += at(9, "failed");
    const auto out = told(yaml, {events});
    ASSERT_EQ(out.size(), 1);
    EXPECT_EQ(out[0].group, "user=bob;");
    EXPECT_EQ(out[0].count, 3);
    EXPECT_EQ(out[0].events, 3);
    EXPECT_EQ(out[0].line, 5);
}
// Static buckets miss what straddles their boundary.
TEST(Correlation, the_window_slides) {
    const auto yaml = correlation(
        "  type: event_count\n  rules: [failed]\n  group-by: [user]\n  timespan: 60s\n"
        "  condition: {gte: 3}\n");
    EXPECT_EQ(told(yaml, {at(3590, "failed") + at(3600, "failed") + at(3650, "failed")}).size(), 1);
    EXPECT_EQ(told(yaml, {at(3590, "failed") + at(3600, "failed") + at(3651, "failed")}).size(), 0);
}
TEST(Correlation, is_told_once_until_it_has_ceased) {
    const auto yaml = correlation(
        "  type: event_count\n  rules: [failed]\n  group-by: [user]\n  timespan: 60s\n"
        "  condition: {gte: 2}\n");
    std::string events;
    for (int i = 0; i < 100; ++i) events += at(i, "failed");
    for (int i = 0; i < 100; ++i) events += at(1000 + i, "failed");
    EXPECT_EQ(told(yaml, {events}).size(), 2);
}
TEST(Correlation, referred_rules_are_silent_unless_it_generates) {
    const std::string body =
        "  type: event_count\n  rules: [failed]\n  group-by: [user]\n  timespan: 60s\n"
        "  condition: {gte: 5}\n";
    EXPECT_EQ(told(correlation(body), {at(1, "failed")}).size(), 0);
    EXPECT_EQ(told(correlation(body + "  generate: true\n"), {at(1, "failed")}).size(), 1);
    EXPECT_EQ(told(correlation(body), {at(1, "success")}).size(), 1);
}
TEST(Correlation, a_range_is_a_conjunction) {
    const auto yaml = correlation(
        "  type: event_count\n  rules: [failed]\n  group-by: [user]\n  timespan: 60s\n"
        "  condition: {gt: 2, lte: 3}\n");
    EXPECT_EQ(told(yaml, {at(1, "failed") + at(2, "failed")}).size(), 0);
    EXPECT_EQ(told(yaml, {at(1, "failed") + at(2, "failed") + at(3, "failed")}).size(), 1);
}
TEST(Correlation, counts_distinct_values) {
    const auto yaml = correlation(
        "  type: value_count\n  rules: [failed]\n  group-by: [host]\n  timespan: 60s\n"
        "  condition: {field: user, gte: 3}\n");
    const auto event = [](int second, const std::string& user) {
        return at(second, "failed", R"("host":"h","user":")" + user + "\"");
    };
    EXPECT_EQ(told(yaml, {event(1, "a") + event(2, "b") + event(3, "a") + event(4, "b")}).size(),
              0);
    EXPECT_EQ(told(yaml, {event(1, "a") + event(2, "b") + event(3, "a") + event(4, "c")}).size(),
              1);
    EXPECT_EQ(told(yaml, {event(1, "a") + event(50, "b") + event(70, "c")}).size(), 0);
}
TEST(Correlation, sums_averages_and_percentiles) {
    const auto of = [](const std::string& type, const std::string& condition) {
        return correlation("  type: " + type +
                           "\n  rules: [success]\n  group-by: [user]\n  timespan: 60s\n"
                           "  condition: {field: bytes, " +
                           condition + "}\n");
    };
    const auto event = [](int second, int bytes) {
        return at(second, "success", R"("user":"bob","bytes":)" + std::to_string(bytes));
    };
    const std::string events = event(1, 100) + event(2, 300) + event(3, 800);
    EXPECT_EQ(told(of("value_sum", "gt: 1100"), {events}).at(0).count, 1200);
    EXPECT_EQ(told(of("value_sum", "gt: 1200"), {events}).size(), 0);
    EXPECT_EQ(told(of("value_avg", "gte: 400"), {events}).at(0).count, 400);
    EXPECT_EQ(told(of("value_median", "gte: 300"), {events}).at(0).count, 300);
    EXPECT_EQ(told(of("value_percentile", "percentile: 100, gte: 800"), {events}).at(0).count, 800);
    EXPECT_EQ(told(of("value_sum", "gt: 1100"), {event(1, 100) + event(2, 300) + event(61, 800)})
                  .at(0)
                  .count,
              1200);
    EXPECT_EQ(
        told(of("value_sum", "gt: 1100"), {event(1, 100) + event(2, 300) + event(62, 800)}).size(),
        0);
}
TEST(Correlation, temporal_wants_all_rules_in_any_order) {
    const auto yaml = correlation(
        "  type: temporal\n  rules: [failed, success, third]\n  group-by: [user]\n  timespan: "
        "60s\n");
    EXPECT_EQ(told(yaml, {at(1, "third") + at(2, "success") + at(3, "failed")}).size(), 1);
    EXPECT_EQ(told(yaml, {at(1, "third") + at(2, "success")}).size(), 0);
    EXPECT_EQ(told(yaml, {at(1, "third") + at(2, "success") + at(62, "failed")}).size(), 0);
}
// Hayabusa #1809: correlated across different values of group-by.
TEST(CorrelationPeers, temporal_stays_inside_its_group) {
    const auto yaml = correlation(
        "  type: temporal\n  rules: [failed, success]\n  group-by: [user]\n  timespan: 60s\n");
    EXPECT_EQ(told(yaml, {at(1, "failed") + at(2, "success", R"("user":"eve")")}).size(), 0);
    EXPECT_EQ(told(yaml, {at(1, "failed") + at(2, "success")}).size(), 1);
}
// Hayabusa #1810: A→C→B was taken for A→B→C.
TEST(CorrelationPeers, temporal_ordered_minds_the_order) {
    const auto yaml = correlation(
        "  type: temporal_ordered\n  rules: [failed, success, third]\n  group-by: [user]\n"
        "  timespan: 60s\n");
    EXPECT_EQ(told(yaml, {at(1, "failed") + at(2, "third") + at(3, "success")}).size(), 0);
    EXPECT_EQ(told(yaml, {at(1, "failed") + at(2, "success") + at(3, "third")}).size(), 1);
    EXPECT_EQ(
        told(yaml, {at(1, "failed") + at(2, "third") + at(3, "success") + at(4, "third")}).size(),
        1);
    // The chain must fit into the window, whatever else lies in it.
    EXPECT_EQ(told(yaml, {at(1, "failed") + at(40, "success") + at(62, "third")}).size(), 0);
}
TEST(CorrelationPeers, ordered_temporal_is_another_name_for_it) {
    const auto yaml = correlation(
        "  type: ordered_temporal\n  rules: [failed, success]\n  group-by: [user]\n  timespan: "
        "60s\n");
    EXPECT_EQ(told(yaml, {at(1, "failed") + at(2, "success")}).size(), 1);
    EXPECT_EQ(told(yaml, {at(1, "success") + at(2, "failed")}).size(), 0);
}
// rsigma 0.21: silently dead when the rule that is named has no id.
TEST(CorrelationPeers, a_rule_may_be_named_by_name_or_id) {
    EXPECT_EQ(told(correlation("  type: event_count\n  rules: [third-id]\n  group-by: [user]\n"
                               "  timespan: 60s\n  condition: {gte: 1}\n"),
                   {at(1, "third")})
                  .size(),
              1);
    EXPECT_EQ(told(correlation("  type: event_count\n  rules: failed\n  group-by: user\n"
                               "  timespan: 60s\n  condition: {gte: 1}\n"),
                   {at(1, "failed")})
                  .size(),
              1);
}
TEST(Correlation, without_group_by_all_events_are_one_group) {
    const auto yaml = correlation(
        "  type: event_count\n  rules: [failed]\n  timespan: 60s\n  condition: {gte: 2}\n");
    EXPECT_EQ(told(yaml, {at(1, "failed") + at(2, "failed", R"("user":"eve")")}).size(), 1);
}
TEST(Correlation, an_event_without_the_group_field_belongs_to_no_group) {
    const auto yaml = correlation(
        "  type: event_count\n  rules: [failed]\n  group-by: [user]\n  timespan: 60s\n"
        "  condition: {gte: 2}\n");
    EXPECT_EQ(told(yaml, {at(1, "failed", R"("x":1)") + at(2, "failed", R"("x":1)")}).size(), 0);
}
TEST(Correlation, aliases_join_different_fields) {
    const auto yaml = correlation(
        "  type: temporal\n  rules: [failed, success]\n  group-by: [ip]\n  timespan: 60s\n"
        "  aliases:\n    ip: {failed: source.ip, success: destination.ip}\n");
    const auto failed = at(1, "failed", R"("source":{"ip":"10.0.0.1"})");
    EXPECT_EQ(told(yaml, {failed + at(2, "success", R"("destination":{"ip":"10.0.0.1"})")}).size(),
              1);
    EXPECT_EQ(told(yaml, {failed + at(2, "success", R"("destination":{"ip":"10.0.0.2"})")}).size(),
              0);
    EXPECT_EQ(told(yaml, {failed + at(2, "success", R"("source":{"ip":"10.0.0.1"})")}).size(), 0);
}
// The specification's own example: many failed log-ins by one user, then a successful one.
TEST(Correlation, correlations_chain) {
    const std::string yaml =
        base +
        "title: many\nname: many\ncorrelation: {type: event_count, rules: [failed], group-by: "
        "[host],"
        " timespan: 10m, condition: {gte: 3}}\n---\n"
        "title: guessed\ncorrelation: {type: temporal_ordered, rules: [many, success],"
        " group-by: [user], timespan: 10m}\n";
    const std::string who = R"("user":"bob","host":"h1")";
    const std::string guesses = at(1, "failed", who) + at(2, "failed", who) + at(3, "failed", who);
    const auto out = told(yaml, {guesses + at(4, "success", who)});
    ASSERT_EQ(out.size(), 1);
    EXPECT_EQ(out[0].title, "guessed");
    EXPECT_EQ(out[0].group, "user=bob;");
    EXPECT_EQ(told(yaml, {at(0, "success", who) + guesses}).size(), 0);
    EXPECT_EQ(told(yaml, {guesses + at(4, "success", R"("user":"eve","host":"h1")")}).size(), 0);
}
TEST(Correlation, an_extended_condition_is_about_names_of_rules) {
    const auto yaml = correlation(
        "  type: temporal\n  group-by: [user]\n  timespan: 60s\n"
        "  condition: failed and (success or third)\n");
    EXPECT_EQ(told(yaml, {at(1, "failed") + at(2, "third")}).size(), 1);
    EXPECT_EQ(told(yaml, {at(1, "success") + at(2, "third")}).size(), 0);
    const auto without = correlation(
        "  type: temporal\n  rules: [failed, success, third]\n  group-by: [user]\n  timespan: 60s\n"
        "  condition: failed and success and not third\n");
    EXPECT_EQ(told(without, {at(1, "failed") + at(2, "success")}).size(), 1);
    EXPECT_EQ(told(without, {at(0, "third") + at(1, "failed") + at(2, "success")}).size(), 0);
}
TEST(Correlation, what_cannot_be_honoured_is_refused) {
    const auto code = [](const std::string& body) {
        for (const auto& verdict : read_rules({{"t", correlation(body)}}).verdicts)
            if (verdict.refusal) return verdict.refusal->code;
        return std::string();
    };
    const std::string rest = "  rules: [failed]\n  group-by: [user]\n";
    EXPECT_EQ(code("  type: often\n  timespan: 1m\n" + rest), "correlation_type");
    EXPECT_EQ(code("  type: event_count\n  timespan: soon\n" + rest), "correlation_timespan");
    EXPECT_EQ(code("  type: event_count\n  timespan: 1m\n" + rest), "correlation_condition");
    EXPECT_EQ(code("  type: value_sum\n  timespan: 1m\n  condition: {gte: 1}\n" + rest),
              "correlation_field");
    EXPECT_EQ(code("  type: temporal\n  rules: [nobody]\n  timespan: 1m\n"), "rule_unknown");
    EXPECT_EQ(code("  type: temporal\n  rules: [c-id]\n  timespan: 1m\n"), "correlation_circle");
}

// ---- order ----------------------------------------------------------------------------------------

TEST(Order, findings_are_told_by_event_time) {
    const auto out = told(base, {at(5, "failed") + at(3, "success") + at(4, "third")});
    ASSERT_EQ(out.size(), 3);
    EXPECT_EQ(out[0].title, "success");
    EXPECT_EQ(out[1].title, "third");
    EXPECT_EQ(out[2].title, "failed");
}
TEST(Order, what_comes_later_than_the_bound_is_told_when_it_comes) {
    const auto out =
        told(base, {at(100, "failed") + at(3, "success") + at(101, "third")}, 1, 10000000);
    ASSERT_EQ(out.size(), 3);
    EXPECT_EQ(out[0].title, "success");  // as if at 90
    EXPECT_EQ(told(base, {at(100, "failed") + at(3, "success")}, 1, 0).at(0).title, "failed");
}

// However lines are dealt out to files, and on however many threads, the same is found.
RC_GTEST_PROP(Order, does_not_depend_on_threads_or_split, ()) {
    const auto yaml = correlation(
        "  type: value_count\n  rules: [failed, success]\n  group-by: [user]\n  timespan: 60s\n"
        "  generate: true\n  condition: {field: n, gte: 3}\n");
    const auto count = *rc::gen::inRange(1, 60);
    std::vector<std::string> lines;
    for (int i = 0; i < count; ++i) {
        // Distinct times: ties go by position, which a split changes.
        const int second = *rc::gen::inRange(0, 300) * 100 + i;
        const std::string kind = *rc::gen::element<std::string>("failed", "success", "third");
        const std::string user = *rc::gen::element<std::string>("a", "b");
        lines.push_back(at(second / 20, kind,
                           R"("sub":)" + std::to_string(i) + R"(,"user":")" + user + R"(","n":)" +
                               std::to_string(*rc::gen::inRange(0, 5))));
        const auto dot = lines.back().find(",\"kind\"");
        std::string fraction = std::to_string(second % 20 * 1000 + i);
        fraction.insert(0, 6 - fraction.size(), '0');
        lines.back().insert(dot, "." + fraction);
    }
    std::string whole;
    std::vector<std::string> parts(3);
    for (const auto& line : lines) {
        whole += line;
        parts[static_cast<std::size_t>(*rc::gen::inRange(0, 3))] += line;
    }
    const auto without_lines = [](std::vector<Told> out) {
        for (auto& one : out) one.line = 0;
        return out;
    };
    const auto expected = told(yaml, {whole});
    RC_ASSERT(told(yaml, {whole}, 3) == expected);
    RC_ASSERT(without_lines(told(yaml, parts, 2)) == without_lines(expected));
}

}  // namespace
}  // namespace noroshi::engines::detect
