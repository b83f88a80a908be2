#include "edge/cli/control.h"

#include <gtest/gtest.h>
#include <filesystem>

#include "kernel/random/random.h"

namespace noroshi::edge::cli {
namespace {

class ControlTest : public testing::TestWithParam<std::size_t> {
protected:
    void SetUp() override {
        root_ =
            std::filesystem::temp_directory_path() / ("noroshi-c-" + SystemRandom{}.identifier());
        dir_ = root_;
        while (dir_.string().size() < GetParam()) dir_ /= std::string(40, 'd');
        std::filesystem::create_directories(dir_);
    }
    void TearDown() override { std::filesystem::remove_all(root_); }

    std::filesystem::path root_, dir_;
    Verbs verbs_{
        {"echo", [](std::string_view text) -> Result<std::string> { return std::string(text); }},
        {"refuse", [](std::string_view) -> Result<std::string> {
             return fail(ErrorKind::conflict, "edge.cli.in_use", {{"dir", "港"}}, "/a");
         }}};
};

// `noroshi backup` would have to stop the server, or could not reach it in a deep folder.
TEST_P(ControlTest, a_verb_is_asked_and_answered) {
    auto control = Control::start(dir_.string(), verbs_);
    ASSERT_TRUE(control) << describe(control.error());
    auto answer = call(dir_.string(), "echo", R"({"text":"狼煙\n"})");
    ASSERT_TRUE(answer) << describe(answer.error());
    EXPECT_EQ(*answer, R"({"text":"狼煙\n"})");

    auto refused = call(dir_.string(), "refuse", "{}");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
    EXPECT_EQ(refused.error().key, "edge.cli.in_use");
    EXPECT_EQ(refused.error().arguments, (Arguments{{"dir", "港"}}));
    EXPECT_EQ(refused.error().pointer, "/a");

    EXPECT_EQ(call(dir_.string(), "unknown", "{}").error().key, "edge.cli.unknown_verb");
}

// After a crash the verbs would wait for a server that is not there.
TEST_P(ControlTest, a_socket_left_behind_is_nobody_and_is_replaced) {
    EXPECT_EQ(call(dir_.string(), "echo", "{}").error().key, nobody_answers);
    auto first = Control::start(dir_.string(), verbs_);
    ASSERT_TRUE(first);
    // A second start stands for the process after a crash, which finds the first one's file.
    auto second = Control::start(dir_.string(), verbs_);
    ASSERT_TRUE(second) << describe(second.error());
    EXPECT_TRUE(call(dir_.string(), "echo", "{}"));
    const auto mode = std::filesystem::status(dir_ / "control.sock").permissions();
    EXPECT_EQ(mode & (std::filesystem::perms::group_all | std::filesystem::perms::others_all),
              std::filesystem::perms::none);
}

INSTANTIATE_TEST_SUITE_P(short_and_long_paths, ControlTest, testing::Values(0, 200));

}  // namespace
}  // namespace noroshi::edge::cli
