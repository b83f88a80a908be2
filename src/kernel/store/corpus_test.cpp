// Journals of the past, kept in tests/corpus, must read and hash the same for ever.

#include <fstream>

#include <gtest/gtest.h>

#include "kernel/crypto/keyring.h"
#include "kernel/journal/fact.h"
#include "kernel/journal/journal.h"
#include "kernel/json/json.h"
#include "kernel/store/store_for_tests.h"

namespace noroshi::store {
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
    PersonId person;
    std::string key;
};
BOOST_DESCRIBE_STRUCT(ExportedKey, (), (person, key))

const std::string folder = "tests/corpus/journal-v1/";

template <class T>
std::vector<T> lines_of(const std::string& path) {
    std::vector<T> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        auto read = json::from_text<T>(line);
        EXPECT_TRUE(read) << describe(read.error()) << "\n" << line;
        if (read) lines.push_back(std::move(*read));
    }
    EXPECT_FALSE(lines.empty()) << path << " (tests run in the source folder)";
    return lines;
}

journal::Fact fact_of(const ExportedFact& line) {
    return {.sequence = line.sequence,
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
            .hash = *journal::parse_hash(line.hash)};
}

// If this failed, a new version would call an old journal forged, or would not notice a forgery.
TEST(Corpus, HashesAsItAlwaysDid) {
    journal::Hash last{};
    for (const auto& line : lines_of<ExportedFact>(folder + "facts.jsonl")) {
        const auto fact = fact_of(line);
        EXPECT_EQ(journal::hex_of(journal::hash_of(fact)), line.hash) << line.sequence;
        EXPECT_EQ(to_hex(sha256(journal::canonical_bytes(fact))), line.hash);
        EXPECT_EQ(fact.previous, last);
        last = fact.hash;
        const auto visibility = journal::decode_visibility(fact.visibility);
        ASSERT_TRUE(visibility) << describe(visibility.error());
        EXPECT_EQ(journal::encode_visibility(*visibility), fact.visibility);
    }
    EXPECT_EQ(journal::hex_of(last),
              "6d6abb13aeb8549a604892540be87ae6cfebe61685bb3bb3d09a6da1c515882f");
}

// If this failed, what lies in a database would not be what was hashed.
TEST(Corpus, ComesBackFromAStoreToTheByte) {
    TemporaryFolder place;
    auto store = open_sqlite({.path = place / "noroshi.db", .vfs = ""});
    ASSERT_TRUE(store);
    std::vector<journal::Fact> facts;
    for (const auto& line : lines_of<ExportedFact>(folder + "facts.jsonl"))
        facts.push_back(fact_of(line));
    ASSERT_TRUE((*store)->commit({.facts = facts}));
    const auto found = all_facts(**store);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), facts.size());
    for (std::size_t i = 0; i < facts.size(); ++i) EXPECT_TRUE(same((*found)[i], facts[i])) << i;
    const auto head = journal::verify_chain(**store);
    ASSERT_TRUE(head) << describe(head.error());
    EXPECT_EQ(head->hash, facts.back().hash);
}

// If this failed, names sealed years ago could no longer be read, though their key is there.
TEST(Corpus, OpensWhatWasSealed) {
    Keyring keyring;
    for (const auto& line : lines_of<ExportedKey>(folder + "person_keys.jsonl")) {
        Key key{};
        const auto bytes = from_hex(line.key);
        ASSERT_TRUE(bytes && bytes->size() == key.size());
        std::copy(bytes->begin(), bytes->end(), key.begin());
        keyring.add(line.person, key);
    }
    std::vector<std::string> names;
    for (const auto& line : lines_of<ExportedFact>(folder + "facts.jsonl")) {
        if (line.kind != "corpus.people.registered") continue;
        const auto body = json::parse(line.body);
        ASSERT_TRUE(body);
        Personal name;
        ASSERT_TRUE(json::read_personal(body->at("name"), name, {}, &keyring));
        names.push_back(name.erased ? "(erased)" : name.text);
    }
    EXPECT_EQ(names, (std::vector<std::string>{"森 香織", "(erased)"}));
}

}  // namespace
}  // namespace noroshi::store
