#include "edge/courier/site_copy.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <gtest/gtest.h>

#include "kernel/store/store_for_tests.h"

namespace noroshi::edge::courier {
namespace {

namespace fs = std::filesystem;

std::string content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<CopiedFile> set_of(std::string_view text) {
    return {{"/index.html", "text/html", text}, {"/alerts/a.cap", "application/cap+xml", text}};
}

TEST(SiteCopy, ADirectoryIsReplacedAsAWhole) {
    // A reader during the change would get a page without its alert, or none at all.
    const store::TemporaryFolder folder;
    const std::string directory = folder / "public";
    ASSERT_TRUE(copy_into(directory, set_of("one")));
    EXPECT_EQ(content(directory + "/alerts/a.cap"), "one");
    std::atomic<bool> over = false;
    std::atomic<int> missing = 0;
    std::thread reader([&] {
        while (!over)
            if (content(directory + "/index.html").empty()) ++missing;
    });
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(copy_into(directory + "/", set_of("two")));
    over = true;
    reader.join();
    EXPECT_EQ(missing, 0);
    EXPECT_EQ(content(directory + "/index.html"), "two");
    EXPECT_FALSE(fs::exists(directory + ".new"));
}

TEST(SiteCopy, WhatIsNoLongerThereGoesWithTheOldSet) {
    const store::TemporaryFolder folder;
    const std::string directory = folder / "public";
    ASSERT_TRUE(copy_into(directory, set_of("one")));
    const std::vector<CopiedFile> fewer{{"/index.html", "text/html", "two"}};
    ASSERT_TRUE(copy_into(directory, fewer));
    EXPECT_FALSE(fs::exists(directory + "/alerts"));
}

TEST(SiteCopy, WhereItCannotWriteTheOldSetStays) {
    const store::TemporaryFolder folder;
    std::ofstream(std::string(folder / "file")) << "in the way";
    const auto copied = copy_into(folder / "file" + "/public", set_of("one"));
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().key, "edge.courier.copy_failed");
}

TEST(SiteCopy, ATargetThatCannotBeUnderstoodIsNamed) {
    // SFTP without a known host would hand the page to whoever answers.
    for (const auto* url : {"", "ftp://h/x", "sftp://h/x", "s3+https://h", "s3+https://h/a b"}) {
        const auto pushed = push_to({.url = url}, set_of("one"));
        ASSERT_FALSE(pushed) << url;
        EXPECT_EQ(pushed.error().key, "edge.courier.copy_target") << url;
    }
    EXPECT_EQ(push_to({.url = "s3+http://127.0.0.1:1/bucket", .user = "a", .password = "b"},
                      set_of("one"))
                  .error()
                  .key,
              "edge.courier.copy_failed");
}

}  // namespace
}  // namespace noroshi::edge::courier
