#include "edge/cli/data_dir.h"

#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>

namespace noroshi::edge::cli {
namespace {

class DataDirTest : public testing::Test {
protected:
    void TearDown() override { std::filesystem::remove_all(dir_); }
    const std::string dir_ =
        (std::filesystem::temp_directory_path() / ("noroshi-d-" + SystemRandom{}.identifier()))
            .string();
};

// Two servers would append to one journal and break its chain.
TEST_F(DataDirTest, one_process_owns_a_directory) {
    auto first = lock_data_dir(dir_);
    ASSERT_TRUE(first) << describe(first.error());
    auto second = lock_data_dir(dir_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().key, "edge.cli.in_use");
    { const DataDirLock given_back = std::move(*first); }
    EXPECT_TRUE(lock_data_dir(dir_));
}

// Everything sealed would be unreadable after a restart, or readable by everybody on the machine.
TEST_F(DataDirTest, the_key_is_made_once_and_is_the_owners) {
    SystemRandom random;
    auto lock = lock_data_dir(dir_);
    EXPECT_FALSE(is_data_dir(dir_));
    auto key = installation_key(dir_, random);
    ASSERT_TRUE(key);
    EXPECT_TRUE(is_data_dir(dir_));
    EXPECT_EQ(*installation_key(dir_, random), *key);
    using std::filesystem::perms;
    EXPECT_EQ(std::filesystem::status(key_path(dir_)).permissions(),
              perms::owner_read | perms::owner_write);
    std::ofstream(key_path(dir_)) << "abc\n";
    EXPECT_EQ(installation_key(dir_, random).error().key, "edge.cli.bad_key");
}

// A person who was erased would come back with an older backup.
TEST_F(DataDirTest, erasures_are_kept_in_order_and_a_torn_line_is_none) {
    auto lock = lock_data_dir(dir_);
    EXPECT_TRUE(read_erasures(erasures_path(dir_))->empty());
    const auto at = *parse_rfc3339("2026-07-04T06:30:00+09:00");
    ASSERT_TRUE(append_erasure(dir_, PersonId{"a"}, at));
    ASSERT_TRUE(append_erasure(dir_, PersonId{"b"}, at));
    std::ofstream(erasures_path(dir_), std::ios::app) << "2026-07-03T21:3";
    auto read = read_erasures(erasures_path(dir_));
    ASSERT_TRUE(read);
    ASSERT_EQ(read->size(), 2U);
    EXPECT_EQ((*read)[1].person.text, "b");
    EXPECT_EQ((*read)[1].at, at);
    std::ofstream(erasures_path(dir_)) << "yesterday a\n";
    EXPECT_EQ(read_erasures(erasures_path(dir_)).error().key, "edge.cli.bad_erasures");
}

}  // namespace
}  // namespace noroshi::edge::cli
