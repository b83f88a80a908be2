#include "edge/document/integrity.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace noroshi::edge::document {
namespace {

Key installation() {
    Key key;
    key.fill(9);
    return key;
}

std::string bundle_of(const std::vector<File>& files) {
    const SigningKey key(installation());
    const auto bundle = write_bundle({{"incident", "1"}, {"title", "ゲート\n停止"}}, files, key,
                                     *parse_rfc3339("2026-07-04T06:30:00+09:00"));
    EXPECT_TRUE(bundle);
    return *bundle;
}

const std::vector<File> chronology{{"chronology.csv", "a,b\r\n"}, {"chronology.json", "{}"}};

TEST(Integrity, WhatWasHandedOverIsCheckedAndTells) {
    const auto files = read_bundle(bundle_of(chronology));
    ASSERT_TRUE(files);
    const auto checked = check_bundle(*files);
    ASSERT_TRUE(checked);
    EXPECT_EQ(checked->files, (std::vector<std::string>{"chronology.csv", "chronology.json"}));
    EXPECT_EQ(checked->says[1].second, "ゲート 停止") << "a value is one line";
    EXPECT_EQ(checked->fingerprint, fingerprint_of(SigningKey(installation()).public_key()));
}

// Evidence that was altered on its way would be taken for what happened.
TEST(Integrity, EveryAlterationIsNamed) {
    const auto files = *read_bundle(bundle_of(chronology));
    const auto key_after = [&](auto change) {
        auto changed = files;
        change(changed);
        const auto checked = check_bundle(changed);
        return checked ? std::string("nothing") : checked.error().key;
    };
    const auto at = [](std::vector<File>& all, std::string_view name) -> File& {
        return *std::ranges::find(all, name, &File::name);
    };
    const std::string prefix = "edge.document.integrity.";
    EXPECT_EQ(key_after([](auto&) {}), "nothing");
    EXPECT_EQ(key_after([&](auto& all) { at(all, "chronology.csv").bytes += "c"; }),
              prefix + "differs");
    EXPECT_EQ(key_after([&](auto& all) { at(all, "sheet.txt").bytes += "\n"; }),
              prefix + "bad_signature");
    EXPECT_EQ(key_after([&](auto& all) { at(all, "sheet.sig").bytes[5] ^= 1; }),
              prefix + "bad_signature");
    EXPECT_EQ(key_after([](auto& all) { all.pop_back(); }), prefix + "missing");
    EXPECT_EQ(key_after([](auto& all) { all.push_back({"more.txt", "x"}); }),
              prefix + "not_listed");
    EXPECT_EQ(key_after([&](auto& all) { at(all, "key.pem").bytes = "no"; }), prefix + "no_key");
    // Whoever knows the key from elsewhere is not fooled by another that signs as well.
    Key other;
    other.fill(1);
    const SigningKey stranger(other);
    const auto refused = check_bundle(files, &stranger.public_key());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().key, prefix + "other_key");
}

TEST(Integrity, BytesThatAreNoBundleAreRefused) {
    const auto bundle = bundle_of(chronology);
    EXPECT_FALSE(read_bundle(""));
    EXPECT_FALSE(read_bundle("PK"));
    EXPECT_FALSE(read_bundle(bundle.substr(0, bundle.size() / 2)));
    EXPECT_FALSE(read_bundle(bundle, 10)) << "unpacks to more than is allowed";
}

// The police check with what they have, not with our program.
TEST(Integrity, OpensslAndSha256sumAgree) {
    if (std::system("openssl version > /dev/null 2>&1 && unzip -v > /dev/null 2>&1") != 0 &&
        std::system("openssl version > /dev/null 2>&1 && python3 -V > /dev/null 2>&1") != 0)
        GTEST_SKIP() << "skipped: no openssl";
    const auto folder = std::filesystem::temp_directory_path() / "noroshi-integrity-test";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    const auto zip = folder / "bundle.zip";
    std::ofstream(zip, std::ios::binary) << bundle_of(chronology);
    const auto script = std::filesystem::current_path() / "tools" / "verify_sheet.sh";
    const std::string run = "sh " + script.string() + " " + zip.string() + " > /dev/null 2>&1";
    EXPECT_EQ(std::system(run.c_str()), 0);
    EXPECT_TRUE(check_file(zip.string(), ""));
    // The same beside each other in a folder, and one byte changed.
    for (const auto& file : *read_bundle(bundle_of(chronology)))
        std::ofstream(folder / file.name, std::ios::binary) << file.bytes;
    const auto sheet = (folder / "sheet.txt").string();
    const std::string beside = "sh " + script.string() + " " + sheet + " > /dev/null 2>&1";
    EXPECT_TRUE(check_file(sheet, (folder / "key.pem").string()));
    EXPECT_EQ(std::system(beside.c_str()), 0);
    std::ofstream(folder / "chronology.csv", std::ios::app | std::ios::binary) << "x";
    EXPECT_FALSE(check_file(sheet, ""));
    EXPECT_NE(std::system(beside.c_str()), 0);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace noroshi::edge::document
