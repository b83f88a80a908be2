// What every store promises, run on each engine.

#include <atomic>
#include <map>
#include <optional>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "kernel/random/random.h"
#include "kernel/store/files.h"
#include "kernel/store/postgres_for_tests.h"
#include "kernel/store/postgresql_connection.h"
#include "kernel/store/store.h"
#include "kernel/store/store_for_tests.h"

namespace noroshi::store {
namespace {

using namespace std::string_literals;

// A place where a store lies, and may be opened again and again.
class Place {
public:
    virtual ~Place() = default;
    virtual Result<std::unique_ptr<Store>> open() = 0;
};

class SqlitePlace final : public Place {
public:
    Result<std::unique_ptr<Store>> open() override {
        return open_sqlite({.path = folder_ / "noroshi.db", .vfs = ""});
    }

private:
    TemporaryFolder folder_;
};

using MakePlace = std::unique_ptr<Place> (*)();

class StoreContract : public testing::TestWithParam<MakePlace> {
protected:
    void SetUp() override {
        place_ = GetParam()();
        reopen();
    }
    void reopen() {
        store_.reset();
        auto opened = place_->open();
        ASSERT_TRUE(opened) << describe(opened.error());
        store_ = std::move(*opened);
    }
    Head head() {
        auto found = store_->head();
        EXPECT_TRUE(found) << describe(found.error());
        return *found;
    }
    Result<> append(std::size_t count, std::string_view body = "{}") {
        return store_->commit({.facts = facts_after(head(), count, body)});
    }
    std::unique_ptr<Place> place_;
    std::unique_ptr<Store> store_;
};

const std::string binary = "\0\x01\xff\xfe'\"\\\n髙𠮷\0"s;

OutboxRow outbox_row(std::string key) {
    return {.key = std::move(key),
            .topic = "respond.callout/1",
            .person = "森",
            .message = binary,
            .state = OutboxState::sending,
            .attempts = 2,
            .in_doubt = 1,
            .next_try = Instant{Span{5}},
            .expires = Instant{Span{7}},
            .last_outcome = "relay: 451 \xff\0 try later"s,
            .asked_by = 4};
}

bool same_row(const OutboxRow& a, const OutboxRow& b) {
    const auto fields = [](const OutboxRow& r) {
        return std::tie(r.key, r.topic, r.person, r.message, r.state, r.attempts, r.in_doubt,
                        r.next_try, r.expires, r.last_outcome, r.asked_by);
    };
    return fields(a) == fields(b);
}

std::vector<OutboxRow> outbox_of(Reader& reader) {
    std::vector<OutboxRow> rows;
    EXPECT_TRUE(reader.each_outbox([&](const OutboxRow& row) {
        rows.push_back(row);
        return true;
    }));
    return rows;
}

std::map<std::string, std::string> secrets_of(Reader& reader, std::string_view kind = "") {
    std::map<std::string, std::string> found;
    EXPECT_TRUE(reader.each_secret(kind, [&](const Secret& secret) {
        found[secret.kind + "/" + secret.id] = secret.bytes;
        return true;
    }));
    return found;
}

// If this failed, what people reported would not be there after a restart, or not as they wrote it.
TEST_P(StoreContract, KeepsFactsToTheByteAcrossARestart) {
    const auto facts = facts_after({}, 100);
    ASSERT_TRUE(store_->commit({.facts = {facts.begin(), facts.begin() + 60}}));
    ASSERT_TRUE(store_->commit({.facts = {facts.begin() + 60, facts.end()}}));
    reopen();
    const auto found = all_facts(*store_);
    ASSERT_TRUE(found) << describe(found.error());
    ASSERT_EQ(found->size(), 100U);
    for (std::size_t i = 0; i < 100; ++i) EXPECT_TRUE(same((*found)[i], facts[i])) << i;
    EXPECT_EQ(head().sequence, 100U);
    EXPECT_EQ(head().hash, facts.back().hash);
}

// If this failed, a follower or a board that asks for the latest facts would get others, or check
// the chain against the wrong predecessor.
TEST_P(StoreContract, ReadsFromAnySequence) {
    const auto facts = facts_after({}, 10);
    ASSERT_TRUE(store_->commit({.facts = facts}));
    for (const std::uint64_t from : {0, 1, 2, 7, 10, 11, 99}) {
        const auto found = all_facts(*store_, from);
        ASSERT_TRUE(found);
        const auto first = std::max<std::uint64_t>(from, 1);
        ASSERT_EQ(found->size(), first > 10 ? 0 : 11 - first) << from;
        if (!found->empty()) {
            EXPECT_TRUE(same(found->front(), facts[first - 1]));
        }
    }
    int seen = 0;
    ASSERT_TRUE(store_->facts(1, [&](const journal::Fact&) { return ++seen < 3; }));
    EXPECT_EQ(seen, 3);
    EXPECT_TRUE(append(1)) << "a reading that stopped early must not be in the way";
}

// If this failed, a journal just installed could not begin.
TEST_P(StoreContract, IsEmptyAtFirst) {
    EXPECT_EQ(head().sequence, 0U);
    EXPECT_EQ(head().hash, journal::Hash{});
    EXPECT_TRUE(all_facts(*store_)->empty());
    EXPECT_TRUE(store_->commit({}));
    EXPECT_FALSE(*store_->request("none"));
    EXPECT_FALSE(*store_->blob("none"));
    EXPECT_FALSE(*store_->setting("none"));
}

// If this failed, an alarm could be promised in the journal without its messages, or the reverse.
TEST_P(StoreContract, StoresAllOfABatchOrNothing) {
    ASSERT_TRUE(append(3));
    ASSERT_TRUE(store_->commit({.requests = {{.key = "k", .fingerprint = "f", .answer = "a"}}}));
    Batch batch{.facts = facts_after(head(), 5),
                .outbox = {outbox_row("m1")},
                .secrets = {{"person_key", "mori", "k"}},
                .requests = {{.key = "new", .fingerprint = "f", .answer = "a"},
                             {.key = "k", .fingerprint = "f", .answer = "twice"}},
                .blobs = {{"aa", "x"}}};
    const auto refused = store_->commit(batch);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::conflict) << describe(refused.error());
    EXPECT_EQ(refused.error().key, "kernel.store.taken");

    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(head().sequence, 3U);
        EXPECT_TRUE(outbox_of(*store_).empty());
        EXPECT_TRUE(secrets_of(*store_).empty());
        EXPECT_FALSE(*store_->blob("aa"));
        EXPECT_FALSE(*store_->request("new"));
        reopen();
    }
    batch.requests.pop_back();
    EXPECT_TRUE(store_->commit(batch)) << "the same batch goes through once the cause is gone";
    EXPECT_EQ(head().sequence, 8U);
}

// If this failed, a gap or a fork in the journal would look like a journal.
TEST_P(StoreContract, RefusesFactsThatDoNotFollow) {
    ASSERT_TRUE(append(3));
    const auto refuses = [&](std::vector<journal::Fact> facts) {
        const auto done = store_->commit({.facts = std::move(facts)});
        EXPECT_FALSE(done);
        if (!done) {
            EXPECT_EQ(done.error().key, "kernel.store.not_next");
        }
        EXPECT_EQ(head().sequence, 3U);
    };
    refuses(facts_after({}, 1));                           // taken already
    refuses(facts_after({.sequence = 4, .hash = {}}, 1));  // a gap
    refuses(facts_after({.sequence = 3, .hash = {}}, 1));  // not chained to the last
    auto swapped = facts_after(head(), 3);
    std::swap(swapped[1], swapped[2]);
    refuses(swapped);
    EXPECT_TRUE(append(1));
}

// If this failed, two servers on one journal would each believe to have the last word.
TEST_P(StoreContract, RefusesASecondAppender) {
    ASSERT_TRUE(append(1));
    const auto second = place_->open();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::conflict);
    EXPECT_EQ(second.error().key, "kernel.store.in_use");
    EXPECT_TRUE(append(1));
    reopen();
    EXPECT_TRUE(append(1)) << "after the first has gone, the next may";
}

// If this failed, an attachment, a key, a message or an answer would come back changed.
TEST_P(StoreContract, KeepsBinaryAndJapaneseAsTheyAre) {
    std::string every_byte;
    for (int i = 0; i < 70'000; ++i) every_byte += static_cast<char>(i * 31);
    const Request request{.key = "鍵",
                          .fingerprint = "f",
                          .status = 201,
                          .answer = binary,
                          .sequence = 9,
                          .at = Instant{Span{123'456'789}}};
    ASSERT_TRUE(store_->commit({.facts = facts_after({}, 1, "{\"名\":\"髙𠮷 \\u0000\"}"),
                                .outbox = {outbox_row("m1"), outbox_row("二")},
                                .secrets = {{"token", "𠮷", binary}, {"token", "empty", ""}},
                                .requests = {request},
                                .blobs = {{"aa", every_byte}, {"bb", ""}}}));
    ASSERT_TRUE(store_->put_setting("名前", binary));
    reopen();
    EXPECT_EQ(all_facts(*store_)->front().body, "{\"名\":\"髙𠮷 \\u0000\"}");
    const auto rows = outbox_of(*store_);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_TRUE(same_row(rows[0], outbox_row("m1")));
    EXPECT_TRUE(same_row(rows[1], outbox_row("二")));
    EXPECT_EQ(secrets_of(*store_),
              (std::map<std::string, std::string>{{"token/𠮷", binary}, {"token/empty", ""}}));
    EXPECT_EQ(*store_->blob("aa"), every_byte);
    EXPECT_EQ(*store_->blob("bb"), "");
    EXPECT_EQ(*store_->setting("名前"), binary);
    const auto found = *store_->request("鍵");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->answer, binary);
    EXPECT_EQ(found->status, 201);
    EXPECT_EQ(found->fingerprint, "f");
    EXPECT_EQ(found->sequence, 9U);
    EXPECT_EQ(found->at, request.at);
}

// If this failed, one engine would take a text that the other refuses, and a move between them
// fail.
TEST_P(StoreContract, RefusesTextThatIsNotText) {
    for (const auto& body :
         {"\xff"s, "a\0b"s, "\xed\xa0\x80"s, "\xc0\x80"s, "\xf4\x90\x80\x80"s, "\xe9\xab"s}) {
        const auto done = store_->commit({.facts = facts_after({}, 1, body)});
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().key, "kernel.store.not_text");
    }
    EXPECT_TRUE(append(1, "\xf4\x8f\xbf\xbf髙\xed\x9f\xbf"));
}

// If this failed, a message's last state, or a renewed key, would be forgotten.
TEST_P(StoreContract, ReplacesOutboxRowsAndSecretsByKey) {
    auto row = outbox_row("m1");
    ASSERT_TRUE(store_->commit({.outbox = {row}, .secrets = {{"k", "1", "a"}, {"k", "2", "b"}}}));
    row.state = OutboxState::delivered;
    row.attempts = 3;
    auto in_between = row;
    in_between.state = OutboxState::refused;
    // The same key twice in one commit: the last word counts.
    ASSERT_TRUE(store_->commit({.outbox = {in_between, row},
                                .secrets = {{"k", "1", "c"}, {"l", "1", "d"}},
                                .deleted_secrets = {{"k", "2", ""}, {"k", "unknown", ""}}}));
    const auto rows = outbox_of(*store_);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_TRUE(same_row(rows[0], row));
    EXPECT_EQ(secrets_of(*store_),
              (std::map<std::string, std::string>{{"k/1", "c"}, {"l/1", "d"}}));
    EXPECT_EQ(secrets_of(*store_, "l").size(), 1U);
}

// If this failed, an uploaded attachment could be changed by a second upload.
TEST_P(StoreContract, NeverReplacesABlob) {
    ASSERT_TRUE(store_->commit({.blobs = {{"aa", "first"}}}));
    ASSERT_TRUE(store_->commit({.blobs = {{"aa", "second"}, {"ab", "other"}}}));
    EXPECT_EQ(*store_->blob("aa"), "first");
    std::vector<std::string> names;
    ASSERT_TRUE(store_->each_blob([&](const Blob& blob) {
        names.push_back(blob.sha256);
        return true;
    }));
    EXPECT_EQ(names, (std::vector<std::string>{"aa", "ab"}));
}

// If this failed, the name and address of an erased person would stay in what was sent to them.
TEST_P(StoreContract, EmptiesTheMessagesOfAnErasedPerson) {
    auto mine = outbox_row("m1");
    mine.person = "mori";
    auto finished = outbox_row("m2");
    finished.person = "mori";
    finished.state = OutboxState::delivered;
    auto other = outbox_row("m3");
    other.person = "sato";
    ASSERT_TRUE(store_->commit({.outbox = {mine, finished, other}}));
    ASSERT_TRUE(store_->commit({.erased_people = {"mori"}}));
    int rows = 0;
    ASSERT_TRUE(store_->each_outbox([&](const OutboxRow& row) {
        EXPECT_EQ(row.message.empty(), row.person == "mori") << row.key;
        return ++rows > 0;
    }));
    EXPECT_EQ(rows, 3) << "the rows stay, so that their keys are never sent under again";
}

// If this failed, an answer kept before a restart would be given a second time under its key.
TEST_P(StoreContract, KnowsAfterARestartWhatWasAnswered) {
    ASSERT_TRUE(store_->commit({.requests = {{.key = "a", .fingerprint = "f", .answer = "1"},
                                             {.key = "b", .fingerprint = "f", .answer = "2"}}}));
    reopen();
    EXPECT_EQ(store_->request("b")->value().answer, "2");
    EXPECT_FALSE(store_->commit({.requests = {{.key = "a", .fingerprint = "f", .answer = "x"}}}));
    EXPECT_FALSE(store_->commit({.requests = {{.key = "c", .fingerprint = "f", .answer = "x"},
                                              {.key = "c", .fingerprint = "f", .answer = "y"}}}));
    ASSERT_TRUE(store_->commit({.requests = {{.key = "c", .fingerprint = "f", .answer = "3"}}}));
    reopen();
    EXPECT_EQ(store_->request("c")->value().answer, "3");
    std::vector<std::string> answers;
    ASSERT_TRUE(store_->each_request([&](const Request& request) {
        answers.push_back(request.answer);
        return true;
    }));
    EXPECT_EQ(answers, (std::vector<std::string>{"1", "2", "3"}));
}

// If this failed, answers kept for repeated requests would grow for ever, or go too early.
TEST_P(StoreContract, ForgetsOldRequests) {
    for (int i = 0; i < 4; ++i)
        ASSERT_TRUE(store_->commit({.requests = {{.key = std::to_string(i),
                                                  .fingerprint = "",
                                                  .answer = "",
                                                  .at = Instant{Span{i}}}}}));
    ASSERT_TRUE(store_->forget_requests(Instant{Span{2}}));
    for (int i = 0; i < 4; ++i) EXPECT_EQ(store_->request(std::to_string(i))->has_value(), i >= 2);
}

// If this failed, a reader would see half a commit, or block the appender.
TEST_P(StoreContract, LetsReadersWorkBesideTheAppender) {
    auto opened = store_->reader();
    ASSERT_TRUE(opened) << describe(opened.error());
    auto& reader = **opened;
    ASSERT_TRUE(append(2));
    EXPECT_EQ(reader.head()->sequence, 2U);

    ASSERT_TRUE(reader.hold());
    ASSERT_TRUE(append(3));
    ASSERT_TRUE(store_->put_setting("s", "1"));
    EXPECT_EQ(reader.head()->sequence, 2U);
    EXPECT_EQ(all_facts(reader)->size(), 2U);
    EXPECT_FALSE(*reader.setting("s"));
    reader.release();
    EXPECT_EQ(reader.head()->sequence, 5U);
    EXPECT_EQ(*reader.setting("s"), "1");

    // Appending in the midst of somebody's reading.
    std::uint64_t seen = 0;
    ASSERT_TRUE(reader.facts(1, [&](const journal::Fact& fact) {
        seen = fact.sequence;
        return append(1).has_value();
    }));
    EXPECT_EQ(seen, 5U);
    EXPECT_EQ(head().sequence, 10U);
}

// If this failed, a backup taken in the middle of an incident would be a mixture of two moments.
TEST_P(StoreContract, CopiesOneMomentWhileAppending) {
    TemporaryFolder folder;
    ASSERT_TRUE(append(200));
    std::atomic<bool> copied = false;
    std::vector<Result<>> outcomes(5);
    std::thread copier([&] {
        for (int i = 0; i < 5; ++i) outcomes[i] = store_->copy_to(folder / std::to_string(i));
        copied = true;
    });
    // Each commit carries three facts and says so in a setting of the same name.
    std::uint64_t commits = 0;
    while (!copied || commits < 20) {
        ASSERT_TRUE(
            store_->commit({.facts = facts_after(head(), 3),
                            .secrets = {{"sum", "facts", std::to_string(head().sequence + 3)}}}));
        ++commits;
    }
    copier.join();
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(outcomes[i]) << describe(outcomes[i].error());
        auto copy = open_sqlite_read_only(folder / std::to_string(i));
        ASSERT_TRUE(copy) << describe(copy.error());
        const auto facts = all_facts(**copy);
        ASSERT_TRUE(facts);
        const auto last = (*copy)->head()->sequence;
        EXPECT_EQ(facts->size(), last);
        const auto secrets = secrets_of(**copy);
        if (last > 200) {
            EXPECT_EQ(secrets.at("sum/facts"), std::to_string(last));
        }
        for (std::size_t k = 1; k < facts->size(); ++k)
            ASSERT_EQ((*facts)[k].previous, (*facts)[k - 1].hash);
    }
    const auto again = store_->copy_to(folder / "0");
    EXPECT_FALSE(again) << "an older copy is not overwritten";
}

// If this failed, a key deleted to erase a person could be dug out of a backup.
TEST_P(StoreContract, CopiesNothingThatWasDeleted) {
    TemporaryFolder folder;
    const std::string key = "THE-KEY-OF-SOMEBODY-WHO-WAS-ERASED";
    ASSERT_TRUE(store_->commit({.secrets = {{"person_key", "mori", key}, {"x", "y", "stays"}}}));
    ASSERT_TRUE(store_->commit({.deleted_secrets = {{"person_key", "mori", ""}}}));
    ASSERT_TRUE(store_->copy_to(folder / "copy"));
    const auto content = read_file(folder / "copy");
    ASSERT_TRUE(content);
    EXPECT_NE(content->find("stays"), std::string::npos);
    EXPECT_EQ(content->find(key), std::string::npos);
    // The copy is the owner's only.
    EXPECT_EQ(std::filesystem::status(folder / "copy").permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

// If this failed, the key would still lie in the database's own files.
TEST(SqliteStore, LeavesNothingOfADeletedSecretInItsFiles) {
    TemporaryFolder folder;
    const std::string key = "THE-KEY-OF-SOMEBODY-WHO-WAS-ERASED";
    auto opened = open_sqlite({.path = folder / "noroshi.db", .vfs = ""});
    ASSERT_TRUE(opened);
    ASSERT_TRUE((*opened)->commit({.secrets = {{"person_key", "mori", key}, {"x", "y", "stays"}}}));
    const auto files_hold = [&](std::string_view text) {
        bool found = false;
        for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
            found |= read_file(entry.path())->find(text) != std::string::npos;
        return found;
    };
    ASSERT_TRUE(files_hold(key));
    ASSERT_TRUE((*opened)->commit({.deleted_secrets = {{"person_key", "mori", ""}}}));
    EXPECT_FALSE(files_hold(key));
    EXPECT_TRUE(files_hold("stays"));
}

// If this failed, a restore would lose something, or mix with what is there.
TEST_P(StoreContract, LoadsACopyIntoAnEmptyStoreOnly) {
    TemporaryFolder folder;
    ASSERT_TRUE(append(2000, std::string(3000, 'x')));  // several batches
    ASSERT_TRUE(store_->commit({.outbox = {outbox_row("m1")},
                                .secrets = {{"token", "1", binary}},
                                .requests = {{.key = "k", .fingerprint = "f", .answer = binary}},
                                .blobs = {{"aa", binary}}}));
    ASSERT_TRUE(store_->put_setting("name", binary));
    ASSERT_TRUE(store_->copy_to(folder / "copy"));

    auto copy = open_sqlite_read_only(folder / "copy");
    ASSERT_TRUE(copy) << describe(copy.error());
    const auto mixed = copy_all(**copy, *store_);
    ASSERT_FALSE(mixed);
    EXPECT_EQ(mixed.error().key, "kernel.store.not_empty");

    const auto other_place = GetParam()();
    auto other = other_place->open();
    ASSERT_TRUE(other);
    const auto loaded = copy_all(**copy, **other);
    ASSERT_TRUE(loaded) << describe(loaded.error());
    for (int i = 0; i < 2; ++i) {
        const auto facts = all_facts(**other);
        const auto original = all_facts(*store_);
        ASSERT_EQ(facts->size(), original->size());
        for (std::size_t k = 0; k < facts->size(); ++k)
            ASSERT_TRUE(same((*facts)[k], (*original)[k])) << k;
        EXPECT_TRUE(same_row(outbox_of(**other).at(0), outbox_row("m1")));
        EXPECT_EQ(secrets_of(**other), secrets_of(*store_));
        EXPECT_EQ((*other)->request("k")->value().answer, binary);
        EXPECT_EQ(*(*other)->blob("aa"), binary);
        EXPECT_EQ(*(*other)->setting("name"), binary);
        other->reset();
        other = other_place->open();
        ASSERT_TRUE(other) << describe(other.error());
    }
}

// If this failed, a restore cut short by a power cut would be taken for the whole journal.
TEST_P(StoreContract, DoesNotOpenWhatWasLoadedByHalf) {
    class Breaking final : public Reader {
    public:
        Result<Head> head() override { return Head{}; }
        Result<> facts(std::uint64_t, const FactSink& sink) override {
            for (const auto& fact : facts_after({}, 3000, std::string(3000, 'x'))) sink(fact);
            return fail(ErrorKind::unavailable, "cut");
        }
        Result<std::optional<Request>> request(std::string_view) override { return std::nullopt; }
        Result<std::optional<std::string>> blob(std::string_view) override { return std::nullopt; }
        Result<> each_blob(const std::function<bool(const Blob&)>&) override { return {}; }
        Result<> each_secret(std::string_view, const std::function<bool(const Secret&)>&) override {
            return {};
        }
        Result<> each_outbox(const std::function<bool(const OutboxRow&)>&) override { return {}; }
        Result<std::optional<std::string>> setting(std::string_view) override {
            return std::nullopt;
        }
        Result<> each_request(const std::function<bool(const Request&)>&) override { return {}; }
        Result<> each_setting(
            const std::function<bool(std::string_view, std::string_view)>&) override {
            return {};
        }
        Result<> hold() override { return {}; }
        void release() override {}
    } breaking;
    const auto loaded = copy_all(breaking, *store_);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().key, "cut");
    EXPECT_GT(head().sequence, 0U);
    store_.reset();
    const auto opened = place_->open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().key, "kernel.store.half_loaded");
}

// If this failed, some sequence of ordinary commits would leave the store in a state that nobody
// asked for. The model is a few maps.
TEST_P(StoreContract, DoesWhatAMapDoes) {
    const auto property = [&] {
        const auto place = GetParam()();
        auto store = place->open();
        RC_ASSERT(store.has_value());
        std::uint64_t facts = 0;
        std::map<std::string, std::string> secrets;
        std::map<std::string, std::string> outbox;
        const int steps = *rc::gen::inRange(1, 12);
        for (int i = 0; i < steps; ++i) {
            const auto small = [] { return std::to_string(*rc::gen::inRange(0, 4)); };
            Batch batch{.facts = facts_after(*(*store)->head(), *rc::gen::inRange(0, 4),
                                             *rc::gen::arbitrary<bool>() ? "{}" : "[1]")};
            for (int k = *rc::gen::inRange(0, 3); k > 0; --k)
                batch.secrets.push_back({small(), small(), *rc::gen::arbitrary<std::string>()});
            for (int k = *rc::gen::inRange(0, 3); k > 0; --k)
                batch.deleted_secrets.push_back({small(), small(), ""});
            for (int k = *rc::gen::inRange(0, 3); k > 0; --k) {
                auto row = outbox_row(small());
                row.message = *rc::gen::arbitrary<std::string>();
                batch.outbox.push_back(row);
            }
            const bool follows = *rc::gen::weightedElement<bool>({{4, true}, {1, false}});
            if (!follows) batch.facts = facts_after({.sequence = facts + 5, .hash = {}}, 1);
            const auto done = (*store)->commit(batch);
            RC_ASSERT(done.has_value() == follows);
            if (follows) {
                facts += batch.facts.size();
                for (const auto& s : batch.secrets) secrets[s.kind + "/" + s.id] = s.bytes;
                for (const auto& s : batch.deleted_secrets) secrets.erase(s.kind + "/" + s.id);
                for (const auto& r : batch.outbox) outbox[r.key] = r.message;
            }
            if (*rc::gen::weightedElement<bool>({{1, true}, {5, false}})) {
                store->reset();
                store = place->open();
                RC_ASSERT(store.has_value());
            }
        }
        RC_ASSERT(all_facts(**store)->size() == facts);
        RC_ASSERT(secrets_of(**store) == secrets);
        std::map<std::string, std::string> messages;
        for (const auto& row : outbox_of(**store)) messages[row.key] = row.message;
        RC_ASSERT(messages == outbox);
    };
    auto parameters = rc::detail::configuration().testParams;
    parameters.maxSuccess = 20;  // each makes a database
    const auto result = rc::detail::checkTestable(property, rc::detail::TestMetadata{}, parameters);
    std::ostringstream report;
    rc::detail::printResultMessage(result, report);
    EXPECT_TRUE(result.is<rc::detail::SuccessResult>()) << report.str();
}

class PostgresqlPlace final : public Place {
public:
    ~PostgresqlPlace() override {
        sql::PostgresqlConnection connection(postgres_for_tests(), schema_, {});
        (void)connection.script("set client_min_messages to error; drop schema if exists " +
                                schema_ + " cascade");
    }
    Result<std::unique_ptr<Store>> open() override {
        const auto target = postgres_for_tests();
        if (target.empty())
            return fail(ErrorKind::unavailable, "PostgreSQL 15 is needed: tools/with_postgres.sh");
        return open_postgresql(target, schema_);
    }

private:
    std::string schema_ = "test_" + SystemRandom().identifier();
};

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values([]() -> std::unique_ptr<Place> {
                             return std::make_unique<SqlitePlace>();
                         }));
INSTANTIATE_TEST_SUITE_P(Postgresql, StoreContract, testing::Values([]() -> std::unique_ptr<Place> {
                             return std::make_unique<PostgresqlPlace>();
                         }));

}  // namespace
}  // namespace noroshi::store
