#include "edge/cli/replay_scenario.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "kernel/embedded_data.h"
#include "kernel/i18n/i18n.h"

namespace noroshi::edge::cli {
namespace {

constexpr std::string_view small = R"(format: noroshi-scenario/1
title: 試験
title_en: Test
utc_offset: "+09:00"
starts_at: 2026-07-04 06:30
parties:
  police: {kind: police, name: 県警察}
terminals:
  t1: {nth: 1, name: 第一}
incident: {title: 停止, effects: [freight], terminals: [t1]}
steps:
  - at: 2026-07-04 06:30
    entry: {content: 停止した。, certainty: B, to: [police], audiences: [police]}
    milestones:
      - {terminals: [t1], milestone: gate_open, state: announced, time: 2026-07-04 08:00}
  - at: 2026-07-04 07:00
    entry: {content: 復旧したらしい（未確認）。, certainty: C, kind: rumour}
)";

std::string with(std::string_view from, std::string_view to) {
    std::string text(small);
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}
// "line 12: /field key" of the mistake.
std::string mistake(const std::string& text) {
    const auto scenario = parse_scenario(text, "x.yaml");
    if (scenario) return "none";
    std::string line, field;
    for (const auto& [name, value] : scenario.error().arguments) {
        if (name == "line") line = value;
        if (name == "field") field = value;
    }
    // Whoever wrote the scenario reads a sentence with file, line and field, not a key.
    for (const Language language : {Language::ja, Language::en}) {
        const std::string said = i18n::text(language, scenario.error());
        EXPECT_TRUE(said.contains("x.yaml") && said.contains(line)) << said;
    }
    return line + " " + field + " " + scenario.error().key.substr(9);
}

TEST(Scenario, IsReadAsItIsWritten) {
    // Wrong: what the port practises is not what the scenario says.
    const auto scenario = parse_scenario(small, "x.yaml");
    ASSERT_TRUE(scenario) << describe(scenario.error());
    EXPECT_EQ(format_rfc3339(scenario->starts_at), "2026-07-03T21:30:00Z");
    ASSERT_EQ(scenario->steps.size(), 2U);
    EXPECT_TRUE(scenario->steps[0].entry->confirmed);
    EXPECT_EQ(scenario->steps[0].entry->to, std::vector<std::size_t>{0});
    EXPECT_EQ(scenario->steps[0].milestones.at(0).state, "announced");
}

TEST(Scenario, ALeadIsNeverToldAsAFact) {
    // Wrong: what a single source claims stands on the board as confirmed.
    const auto scenario = parse_scenario(small, "x.yaml");
    ASSERT_TRUE(scenario);
    EXPECT_FALSE(scenario->steps[1].entry->confirmed);
    EXPECT_EQ(mistake(with("復旧したらしい（未確認）。", "復旧した。")),
              "17 certainty replay.not_marked");
    EXPECT_EQ(mistake(with("certainty: C", "certainty: E")), "17 certainty replay.certainty");
}

TEST(Scenario, AMistakeIsFoundWhereItStands) {
    // Wrong: whoever writes a scenario searches two hundred lines for a misspelt word.
    EXPECT_EQ(mistake(with("kind: rumour", "kind: rumor")), "17 kind replay.one_of");
    EXPECT_EQ(mistake(with("to: [police]", "to: [polcie]")), "13 to replay.key");
    EXPECT_EQ(mistake(with("07:00", "7:00")), "16 at replay.time");
    EXPECT_EQ(mistake(with("2026-07-04 07:00", "2026-07-04 06:00")), "16 at replay.order");
    EXPECT_EQ(mistake(with("effects: [freight]", "effects: []")), "10 effects content.missing");
    EXPECT_EQ(mistake(with("title_en: Test", "titel_en: Test")), "3 titel_en content.unknown");
    EXPECT_EQ(mistake(with("title_en: Test", "title: Test")), "3 title content.twice");
    EXPECT_EQ(mistake(with("noroshi-scenario/1", "noroshi-scenario/2")), "1 format replay.format");
    EXPECT_TRUE(mistake(with("steps:", "steps: [")).ends_with("content.malformed"));
}

TEST(Scenario, ThoseThatTravelWithNoroshiAreRight) {
    // Wrong: the replay of Nagoya fails in front of the council.
    int found = 0;
    for (const auto& file : embedded_data()) {
        if (!file.path.starts_with("scenarios/")) continue;
        const auto scenario = parse_scenario(file.bytes, std::string(file.path));
        EXPECT_TRUE(scenario) << describe(scenario.error());
        ++found;
    }
    EXPECT_GE(found, 1);
}

TEST(Scenario, NagoyaKeepsItsTrueTimes) {
    // Wrong: the port measures itself against times that were never so.
    for (const auto& file : embedded_data()) {
        if (file.path != "scenarios/nagoya-2023.yaml") continue;
        const auto scenario = parse_scenario(file.bytes, std::string(file.path));
        ASSERT_TRUE(scenario) << describe(scenario.error());
        for (const auto& [audience, minutes, note] : scenario->reference) {
            std::optional<std::int64_t> told;
            for (const auto& step : scenario->steps)
                if (!told && step.entry && std::ranges::count(step.entry->audiences, audience) > 0)
                    told = std::chrono::duration_cast<std::chrono::minutes>(step.at -
                                                                            scenario->starts_at)
                               .count();
            EXPECT_EQ(told, minutes) << audience;
        }
        return;
    }
    FAIL() << "scenarios/nagoya-2023.yaml is not there";
}

}  // namespace
}  // namespace noroshi::edge::cli
