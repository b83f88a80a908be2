#include "edge/archive/archive.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zstd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "edge/archive/line_time.h"
#include "kernel/store/files.h"

namespace noroshi::edge::archive {
namespace {

using namespace std::chrono_literals;

const Instant morning = *parse_rfc3339("2026-07-04T06:30:00+09:00");

// A folder of its own, gone at the end.
struct ArchiveTest : testing::Test {
    ArchiveTest() {
        std::string pattern = std::filesystem::temp_directory_path() / "noroshi-archive-XXXXXX";
        root = ::mkdtemp(pattern.data());
    }
    ~ArchiveTest() override { std::filesystem::remove_all(root); }
    std::unique_ptr<Archive> open(ArchiveOptions options = {}) {
        return std::move(*Archive::open(root, options));
    }
    std::string root;
};

std::string numbered(std::uint64_t first, std::uint64_t count) {
    std::string lines;
    for (auto i = first; i < first + count; ++i)
        lines +=
            fmt::format("2026-07-04T06:{:02}:{:02}+09:00 gate line {}\n", i / 60 % 60, i % 60, i);
    return lines;
}

std::vector<std::uint64_t> numbers(const Found& found) {
    std::vector<std::uint64_t> all;
    for (const auto& line : found.lines) all.push_back(line.number);
    return all;
}

// A member's agent that repeats itself would double what we believe we have seen.
TEST_F(ArchiveTest, a_repetition_is_passed_over_and_an_overlap_taken_from_where_it_is_new) {
    auto archive = open();
    ASSERT_TRUE(archive->append("nuts", 0, numbered(0, 10), morning));
    EXPECT_FALSE(*archive->append("nuts", 0, numbered(0, 10), morning));
    const auto more = archive->append("nuts", 5, numbered(5, 10), morning);
    ASSERT_TRUE(more && *more);
    EXPECT_EQ((*more)->first_line, 10U);
    EXPECT_EQ((*more)->lines, 5U);
    const auto gap = archive->append("nuts", 16, numbered(16, 1), morning);
    ASSERT_FALSE(gap);
    EXPECT_EQ(gap.error().key, "edge.archive.gap");
    const auto found = archive->search({{"gate"}, {"nuts"}, {}, {}, 100});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->lines.size(), 15U);
}

// What was acknowledged is there after a crash; what was not is sent again and must not be double.
TEST_F(ArchiveTest, after_a_restart_only_what_the_journal_knows_is_kept) {
    {
        auto archive = open();
        ASSERT_TRUE(archive->append("nuts", 0, numbered(0, 10), morning));
        ASSERT_TRUE(archive->append("nuts", 10, numbered(10, 10), morning));
    }
    {
        // A write that the power cut: half a block behind the last whole one.
        std::ofstream torn(root + "/nuts/00000000000000000000.zst",
                           std::ios::app | std::ios::binary);
        torn << std::string("\x50\x2A\x4D\x18\xff\xff\0\0{\"format\":1,", 19);
    }
    auto archive = open();
    EXPECT_EQ(archive->next_line("nuts"), 20U);
    ASSERT_TRUE(archive->settle("nuts", 10));
    EXPECT_EQ(archive->next_line("nuts"), 10U);
    ASSERT_TRUE(archive->append("nuts", 10, numbered(10, 3), morning));
    const auto reopened = open();
    const auto found = reopened->search({{}, {"nuts"}, {}, {}, 100});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->lines.size(), 13U);
    EXPECT_EQ(found->lines.front().number, 12U);
}

// An investigator who looks for 192.0.2.77 must not be told "nothing" because of an index.
TEST_F(ArchiveTest, search_finds_every_line_that_holds_all_terms_and_reads_only_blocks_that_may) {
    auto archive = open();
    for (std::uint64_t block = 0; block < 20; ++block) {
        std::string lines = numbered(block * 50, 49);
        lines += block == 7 ? "2026-07-04T07:00:00+09:00 DENY src=192.0.2.77 警察\n"
                            : "2026-07-04T07:00:00+09:00 allow\n";
        ASSERT_TRUE(archive->append("fw", block * 50, lines, morning + block * 1s));
    }
    auto found = archive->search({{"deny", "192.0.2.77"}, {"fw"}, {}, {}, 10});
    ASSERT_TRUE(found);
    EXPECT_EQ(numbers(*found), std::vector<std::uint64_t>{7 * 50 + 49});
    EXPECT_GT(found->blocks_passed_over, 15U);
    found = archive->search({{"警察"}, {"fw"}, {}, {}, 10});
    EXPECT_EQ(found->lines.size(), 1U);
    found = archive->search({{"deny"}, {"other"}, {}, {}, 10});
    EXPECT_TRUE(found->lines.empty());
    found = archive->search({{"line"}, {"fw"}, morning - 30min, morning - 30min + 2s, 10});
    EXPECT_EQ(numbers(*found), (std::vector<std::uint64_t>{1, 0})) << "by the time the lines say";
    found = archive->search({{"line"}, {"fw"}, {}, {}, 5});
    EXPECT_EQ(found->lines.size(), 5U);
    EXPECT_TRUE(found->more);
}

// "Read by any tool": whoever is handed the files needs nothing of ours.
TEST_F(ArchiveTest, a_segment_is_plain_zstd_to_everybody_else) {
    auto archive = open();
    ASSERT_TRUE(archive->append("nuts", 0, numbered(0, 5), morning));
    ASSERT_TRUE(archive->append("nuts", 5, numbered(5, 5), morning));
    const auto bytes = *store::read_file(root + "/nuts/00000000000000000000.zst");
    std::string out(1 << 16, '\0');
    ZSTD_DStream* stream = ZSTD_createDStream();
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    while (in.pos < in.size) ASSERT_FALSE(ZSTD_isError(ZSTD_decompressStream(stream, &to, &in)));
    ZSTD_freeDStream(stream);
    EXPECT_EQ(out.substr(0, to.pos), numbered(0, 10));
}

TEST_F(ArchiveTest, a_damaged_block_is_said_and_not_shown) {
    auto archive = open();
    ASSERT_TRUE(archive->append("nuts", 0, numbered(0, 500), morning));
    const std::string path = root + "/nuts/00000000000000000000.zst";
    auto bytes = *store::read_file(path);
    bytes[bytes.size() - 20] = static_cast<char>(bytes[bytes.size() - 20] ^ 0x5a);
    ASSERT_TRUE(store::replace_file(path, bytes, 0600));
    const auto found = open()->search({{}, {"nuts"}, {}, {}, 10});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().key, "edge.archive.broken");
}

// A member's agreement says how long; after that nothing may be left.
TEST_F(ArchiveTest, expiry_removes_whole_segments_and_numbering_goes_on) {
    auto archive = open({9h, 1});  // a segment per block
    for (std::uint64_t day = 0; day < 5; ++day)
        ASSERT_TRUE(archive->append("nuts", day, numbered(day, 1), morning + day * 24h));
    const auto removed = archive->expire("nuts", morning + 48h);
    ASSERT_TRUE(removed);
    EXPECT_EQ(removed->segments, 2U);
    EXPECT_EQ(removed->lines, 2U);
    EXPECT_EQ(archive->next_line("nuts"), 5U);
    EXPECT_EQ(archive->search({{}, {"nuts"}, {}, {}, 10})->lines.size(), 3U);
    ASSERT_TRUE(archive->remove("nuts"));
    auto again = open();
    ASSERT_TRUE(again->settle("nuts", 5));
    EXPECT_FALSE(*again->append("nuts", 4, numbered(4, 1), morning)) << "known, though removed";
}

// Whoever looks through a source in order must miss no line, whatever was removed meanwhile.
TEST_F(ArchiveTest, a_source_is_read_in_order_from_any_line) {
    auto archive = open({9h, 1});  // a segment per block
    for (std::uint64_t day = 0; day < 4; ++day)
        ASSERT_TRUE(archive->append("nuts", day * 3, numbered(day * 3, 3), morning + day * 24h));
    for (std::uint64_t from = 0; from < 12; ++from) {
        const auto piece = archive->read_from("nuts", from);
        ASSERT_TRUE(piece && *piece);
        EXPECT_EQ((*piece)->first_line, from);
        EXPECT_EQ((*piece)->lines, 3 - from % 3);
        EXPECT_EQ((*piece)->text, numbered(from, 3 - from % 3));
        EXPECT_EQ((*piece)->received, morning + static_cast<int>(from / 3) * 24h);
        EXPECT_EQ(**archive->line("nuts", from) + "\n", numbered(from, 1));
    }
    EXPECT_FALSE(*archive->read_from("nuts", 12));
    EXPECT_FALSE(*archive->line("nuts", 12));
    EXPECT_EQ(archive->first_since("nuts", morning + 24h), 3U);
    EXPECT_EQ(archive->first_since("nuts", morning + 99h), 12U);
    ASSERT_TRUE(archive->expire("nuts", morning + 48h));
    EXPECT_EQ((*archive->read_from("nuts", 0))->first_line, 6U) << "the next there is";
    EXPECT_FALSE(*archive->line("nuts", 5)) << "gone";
    EXPECT_EQ(archive->received_from("nuts", 6), morning + 48h);
}

TEST(LineTime, is_found_in_every_usual_form) {
    const auto at = [](std::string_view line) { return time_of_line(line, morning, 9h); };
    EXPECT_EQ(at("2026-07-04T06:30:00+09:00 x"), morning);
    EXPECT_EQ(at("<34>1 2026-07-03T21:30:00.000Z host app"), morning);
    EXPECT_EQ(at("2026-07-04 06:30:00 local"), morning);
    EXPECT_EQ(at("date=2026-07-04 time=06:30:00 devname=\"fw\""), morning);
    EXPECT_EQ(at("<13>Jul  4 06:30:00 host sshd[1]: x"), morning);
    EXPECT_EQ(at("{\"ts\":1783114200.5,\"uid\":\"C1\"}"), morning + 500ms);
    EXPECT_EQ(at("1783114200.000000\tC1\t10.0.0.1"), morning);
    EXPECT_FALSE(at("no time here - at all"));
    EXPECT_FALSE(at("2026-13-40T99:99:99Z"));
    // New Year: a line of 31 December that comes on 1 January is of the old year.
    const Instant new_year = *parse_rfc3339("2027-01-01T00:05:00+09:00");
    EXPECT_EQ(time_of_line("Dec 31 23:59:59 h x", new_year, 9h),
              *parse_rfc3339("2026-12-31T23:59:59+09:00"));
}

}  // namespace
}  // namespace noroshi::edge::archive
