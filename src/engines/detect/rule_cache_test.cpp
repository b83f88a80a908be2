#include "engines/detect/rule_cache.h"

#include <gtest/gtest.h>

namespace noroshi::engines::detect {
namespace {

const std::vector<RuleSource> sources{
    {"a.yml", R"(title: A
id: 11111111-1111-4111-8111-111111111111
name: a
level: high
tags: [attack.t1059]
falsepositives: [administrators]
logsource: {product: windows, category: process_creation}
detection:
  s:
    Image|endswith: ['\a.exe', '\b.exe']
    CommandLine|re|i: 'x.+y'
    Port|gte: 3
  f:
    - User: null
    - Address|cidr: 10.0.0.0/8
  condition: s and not f
---
title: Many
correlation:
  type: value_count
  rules: [a]
  group-by: [host]
  aliases: {host: {a: Computer}}
  timespan: 5m
  condition: {gte: 3, field: User}
---
title: Not here
filter:
  rules: [a]
  s: {User: SYSTEM}
  condition: not s
logsource: {product: windows}
)"},
    {"b.yml", "title: refused\ndetection: {s: {x|nonsense: 1}, condition: s}\n"}};

// A start that takes old rules for new ones watches for what nobody watches for any more.
TEST(RuleCache, gives_back_what_was_read_and_only_for_the_same_content) {
    const auto digest = rules_digest(sources, {}, "1");
    const auto read = read_rules(sources);
    ASSERT_EQ(read.rules.size(), 3U);
    const auto packed = pack_rules(read, digest);
    const auto back = unpack_rules(packed, digest);
    ASSERT_TRUE(back);
    EXPECT_EQ(pack_rules(*back, digest), packed);
    ASSERT_EQ(back->rules.size(), 3U);
    for (std::size_t i = 0; i < read.rules.size(); ++i) {
        EXPECT_EQ(back->rules[i].label(), read.rules[i].label());
        EXPECT_EQ(back->rules[i].line, read.rules[i].line);
        ASSERT_EQ(back->rules[i].detection.tests.size(), read.rules[i].detection.tests.size());
        for (std::size_t t = 0; t < read.rules[i].detection.tests.size(); ++t)
            EXPECT_EQ(back->rules[i].detection.tests[t].key(),
                      read.rules[i].detection.tests[t].key());
    }
    ASSERT_EQ(back->verdicts.size(), read.verdicts.size());
    EXPECT_EQ(back->verdicts[3].refusal->code, read.verdicts[3].refusal->code);

    auto changed = sources;
    changed[0].text[10] = 'B';
    EXPECT_FALSE(unpack_rules(packed, rules_digest(changed, {}, "1")));
    EXPECT_FALSE(unpack_rules(packed, rules_digest(sources, {{"x", {"y"}}}, "1")));
    EXPECT_FALSE(unpack_rules(packed, rules_digest(sources, {}, "2"))) << "another program";
    std::swap(changed[0], changed[1]);
    EXPECT_NE(rules_digest(changed, {}, "1"), rules_digest(sources, {}, "1"));
}

// A disk that failed must cost seconds at the start, not a rule.
TEST(RuleCache, any_damage_is_noticed) {
    const auto digest = rules_digest(sources, {}, "1");
    const auto packed = pack_rules(read_rules(sources), digest);
    for (std::size_t i = 0; i < packed.size(); ++i) {
        auto damaged = packed;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
        ASSERT_FALSE(unpack_rules(damaged, digest)) << i;
        ASSERT_FALSE(unpack_rules(packed.substr(0, i), digest)) << i;
    }
    EXPECT_FALSE(unpack_rules(packed + "x", digest));
}

}  // namespace
}  // namespace noroshi::engines::detect
