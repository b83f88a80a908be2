#include "watch/detections/spraying.h"

#include <gtest/gtest.h>

namespace noroshi::watch::detections {
namespace {

constexpr engines::detect::Micros minute = 60LL * 1000000;

struct SprayingTest : testing::Test {
    void refuse(const std::string& member, std::uint64_t user, engines::detect::Micros at,
                const std::string& remote = "198.51.100.7") {
        ++line;
        spraying.take(OrganisationId{member}, {SourceId{"vpn-" + member}, line},
                      {remote, user, at, 0, line});
    }
    Spraying spraying;
    std::uint64_t line = 0;
};

// Three tries at each of two members are nothing to either; together they are an attack on the port.
TEST_F(SprayingTest, few_tries_at_several_members_are_told_to_each_with_its_own_only) {
    for (std::uint64_t i = 0; i < 3; ++i) refuse("t1", i, static_cast<std::int64_t>(i) * minute);
    EXPECT_TRUE(spraying.drain().empty());
    refuse("t2", 1, 10 * minute);
    EXPECT_TRUE(spraying.drain().empty());
    refuse("t2", 2, 11 * minute);
    const auto told = spraying.drain();
    ASSERT_EQ(told.size(), 2U);
    for (const auto& [member, finding] : told) {
        EXPECT_EQ(finding.rule, "password_spraying");
        for (const auto& at : finding.lines) EXPECT_EQ(at.source.text, "vpn-" + member.text);
        EXPECT_EQ(finding.seen[1].second, member.text == "t1" ? "3" : "2");
    }
    refuse("t2", 3, 12 * minute);
    EXPECT_TRUE(spraying.drain().empty()) << "once in six hours";
}

TEST_F(SprayingTest, one_member_alone_or_an_hour_apart_is_nothing_new) {
    for (std::uint64_t i = 0; i < 20; ++i) refuse("t1", i, static_cast<std::int64_t>(i) * minute);
    refuse("t2", 1, 90 * minute);
    for (std::uint64_t i = 0; i < 20; ++i) refuse("t3", i, 300 * minute, "192.0.2.1");
    EXPECT_TRUE(spraying.drain().empty());
}

}  // namespace
}  // namespace noroshi::watch::detections
