// Every journal kept in tests/corpus starts in today's program: all rooms fold all facts. A folder
// with facts.jsonl (and person_keys.jsonl) from `noroshi export` is all it takes to keep another.

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "app/rooms.h"
#include "kernel/journal/fact.h"
#include "kernel/json/json.h"
#include "kernel/store/store_for_tests.h"

namespace noroshi::app {
namespace {

struct ExportedFact {
    std::uint64_t sequence = 0;
    std::string stream;
    std::uint64_t stream_version = 0;
    std::string kind;
    std::uint32_t schema = 0;
    std::string body;
    std::string actor;
    Instant event_time;
    Instant entry_time;
    std::string exercise;
    std::string visibility;
    std::string previous;
    std::string hash;
};
BOOST_DESCRIBE_STRUCT(ExportedFact, (),
                      (sequence, stream, stream_version, kind, schema, body, actor, event_time,
                       entry_time, exercise, visibility, previous, hash))

struct ExportedKey {
    std::string person;
    std::string key;
};
BOOST_DESCRIBE_STRUCT(ExportedKey, (), (person, key))

template <class T, class F>
void each_line(const std::filesystem::path& path, F&& use) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        auto read = json::from_text<T>(line);
        ASSERT_TRUE(read) << path << ": " << describe(read.error());
        use(*read);
    }
}

std::vector<std::string> corpora() {
    std::vector<std::string> folders;
    for (const auto& entry : std::filesystem::directory_iterator("tests/corpus"))
        if (std::filesystem::exists(entry.path() / "facts.jsonl"))
            folders.push_back(entry.path().filename().string());
    std::ranges::sort(folders);
    return folders;
}

class Replay : public testing::TestWithParam<std::string> {};

// If this failed, a port could not open its journal of years ago with today's program.
TEST_P(Replay, starts_in_todays_program) {
    const auto folder = std::filesystem::path("tests/corpus") / GetParam();
    store::Batch batch;
    SeededRandom random(1);
    const Key installation{};
    each_line<ExportedFact>(folder / "facts.jsonl", [&](const ExportedFact& line) {
        batch.facts.push_back({.sequence = line.sequence,
                               .stream = line.stream,
                               .stream_version = line.stream_version,
                               .kind = line.kind,
                               .schema = line.schema,
                               .body = line.body,
                               .actor = line.actor,
                               .event_time = line.event_time,
                               .entry_time = line.entry_time,
                               .exercise = line.exercise,
                               .visibility = line.visibility,
                               .previous = *journal::parse_hash(line.previous),
                               .hash = *journal::parse_hash(line.hash)});
    });
    each_line<ExportedKey>(folder / "person_keys.jsonl", [&](const ExportedKey& line) {
        batch.secrets.push_back(
            {"person_key", line.person,
             seal_with(installation, *from_hex(line.key), "person_key\n" + line.person, random)});
    });
    ASSERT_FALSE(batch.facts.empty());

    store::TemporaryFolder place;
    auto store = store::open_sqlite({.path = place / "noroshi.db", .vfs = ""});
    ASSERT_TRUE(store) << describe(store.error());
    const auto stored = (*store)->commit(batch);
    ASSERT_TRUE(stored) << describe(stored.error());

    PretendClock clock(batch.facts.back().entry_time);
    journal::Journal journal(**store, clock, random, {.installation_key = installation});
    Rooms rooms(journal, {});
    const auto started = journal.start();
    ASSERT_TRUE(started) << describe(started.error());
    EXPECT_EQ(started->facts, batch.facts.size());
    EXPECT_EQ(started->head, batch.facts.back().hash);
}

INSTANTIATE_TEST_SUITE_P(Corpus, Replay, testing::ValuesIn(corpora()), [](const auto& corpus) {
    std::string name = corpus.param;
    std::ranges::replace(name, '-', '_');
    return name;
});

}  // namespace
}  // namespace noroshi::app
