// The real SQLite over a disk that fails and forgets.

#include "kernel/store/faulty_vfs.h"

#include <map>
#include <optional>

#include <gtest/gtest.h>

#include "kernel/store/sqlite_connection.h"
#include "kernel/store/store_for_tests.h"

namespace noroshi::store {
namespace {

std::string integrity_of(const FaultyVfs& vfs, const std::string& path) {
    auto opened =
        sql::SqliteConnection::open(path, vfs.name(), sql::SqliteConnection::Access::read_write);
    if (!opened) return describe(opened.error());
    std::string text;
    const auto done = (*opened)->rows("pragma integrity_check", {}, [&](const sql::Row& row) {
        text += row.bytes(0);
        return true;
    });
    return done ? text : describe(done.error());
}

// A port's life on a bad disk: random batches, and what must be there after each restart.
class BadDisk {
public:
    explicit BadDisk(std::uint64_t seed)
        : random_(seed),
          vfs_("bad-disk-" + std::to_string(seed), clock_, random_, seed % 2 == 0 ? 512 : 4096) {}

    void run(int transactions) {
        open();
        for (int i = 0; i < transactions && !testing::Test::HasFailure(); ++i) {
            clock_.advance(std::chrono::seconds(1));
            vfs_.set_faults(random_.below(2) == 0
                                ? Faults{}
                                : Faults{.write_error = 0.01, .full = 0.01, .sync_error = 0.05});
            if (random_.below(8) == 0) vfs_.crash_in(1 + random_.below(60));
            transact();
            if (random_.below(20) == 0) vfs_.crash();
            if (vfs_.has_crashed()) {
                ++crashes_;
                check_after_crash();
            }
        }
        vfs_.set_faults({});
        vfs_.crash_in(0);
        check_after_crash();
    }

    int stored() const { return stored_; }
    int refused() const { return refused_; }
    int in_doubt() const { return in_doubt_; }
    int crashes() const { return crashes_; }
    std::string digest() const { return to_hex(expected_.head.hash); }

private:
    struct Expected {
        Head head;
        std::map<std::string, std::string> secrets;
        std::string setting;
        bool operator==(const Expected& other) const {
            return head.sequence == other.head.sequence && head.hash == other.head.hash &&
                   secrets == other.secrets && setting == other.setting;
        }
    };

    void open() {
        // Even opening meets the bad disk, until it does not.
        for (int attempt = 0;; ++attempt) {
            if (attempt == 20) {
                vfs_.set_faults({});
                vfs_.crash_in(0);
            }
            auto opened = open_sqlite({.path = "noroshi.db", .vfs = vfs_.name()});
            if (opened) {
                store_ = std::move(*opened);
                return;
            }
            ASSERT_EQ(opened.error().kind, ErrorKind::unavailable) << describe(opened.error());
            ASSERT_LT(attempt, 25) << describe(opened.error());
        }
    }

    void transact() {
        Batch batch{.facts = facts_after(expected_.head, random_.below(6),
                                         std::string(random_.below(3000), 'x'))};
        Expected after = expected_;
        if (!batch.facts.empty())
            after.head = {batch.facts.back().sequence, batch.facts.back().hash};
        for (auto count = 1 + random_.below(3); count > 0; --count) {
            const auto id = std::to_string(random_.below(40));
            if (random_.below(3) == 0) {
                batch.deleted_secrets.push_back({"k", id, ""});
            } else {
                batch.secrets.push_back({"k", id, random_.hex(random_.below(600))});
            }
        }
        for (const auto& s : batch.secrets) after.secrets[s.id] = s.bytes;
        for (const auto& s : batch.deleted_secrets) after.secrets.erase(s.id);

        const auto done = store_->commit(batch);
        maybe_.reset();
        if (done) {
            ++stored_;
            expected_ = after;
        } else if (done.error().key == "kernel.store.in_doubt") {
            ++in_doubt_;
            maybe_ = after;
        } else {
            ++refused_;
            ASSERT_EQ(done.error().kind, ErrorKind::unavailable) << describe(done.error());
            // A machine that stopped in the middle of a commit has told nobody that it failed.
            if (vfs_.has_crashed()) {
                maybe_ = after;
                vfs_.crash();
            }
        }
    }

    Expected found() {
        Expected found;
        const auto facts = all_facts(*store_);
        EXPECT_TRUE(facts) << describe(facts.error());
        if (!facts) return found;
        for (const auto& fact : *facts) {
            EXPECT_EQ(fact.sequence, found.head.sequence + 1);
            EXPECT_EQ(fact.previous, found.head.hash);
            found.head = {fact.sequence, fact.hash};
        }
        EXPECT_TRUE(store_->each_secret("k", [&](const Secret& secret) {
            found.secrets[secret.id] = secret.bytes;
            return true;
        }));
        return found;
    }

    void check_after_crash() {
        store_.reset();
        open();
        // Deaths while opening are deaths like any other.
        while (vfs_.has_crashed() && !testing::Test::HasFatalFailure()) {
            store_.reset();
            open();
        }
        const auto is = found();
        if (maybe_ && is == *maybe_) expected_ = *maybe_;
        maybe_.reset();
        ASSERT_EQ(is.head.sequence, expected_.head.sequence);
        ASSERT_TRUE(is == expected_);
        ASSERT_EQ(integrity_of(vfs_, "noroshi.db"), "ok");
    }

    PretendClock clock_{Instant{std::chrono::seconds(1'783'000'000)}};
    SeededRandom random_;
    FaultyVfs vfs_;
    std::unique_ptr<Store> store_;
    Expected expected_;
    std::optional<Expected> maybe_;
    int stored_ = 0;
    int refused_ = 0;
    int in_doubt_ = 0;
    int crashes_ = 0;
};

// If this failed, a power cut or a dying disk could take back what was answered as written, or
// bring back what was answered as failed.
TEST(BadDisk, KeepsWhatWasCommittedAndNothingElse) {
    int stored = 0;
    int refused = 0;
    int in_doubt = 0;
    int crashes = 0;
    for (std::uint64_t seed = 1; seed <= 3 && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        BadDisk disk(seed);
        disk.run(1000);
        stored += disk.stored();
        refused += disk.refused();
        in_doubt += disk.in_doubt();
        crashes += disk.crashes();
    }
    std::printf("%d stored, %d refused, %d in doubt, %d crashes\n", stored, refused, in_doubt,
                crashes);
    // The disk was bad enough to mean something, and good enough to work.
    EXPECT_GT(stored, 1500);
    EXPECT_GT(refused, 150);
    EXPECT_GT(crashes, 150);
    EXPECT_LT(in_doubt, refused);
}

// If this failed, a fault found in a storm could not be found again.
TEST(BadDisk, RepeatsWithTheSeed) {
    const auto digest_of = [](std::uint64_t seed) {
        BadDisk disk(seed);
        disk.run(200);
        return disk.digest();
    };
    EXPECT_EQ(digest_of(7), digest_of(7));
    EXPECT_NE(digest_of(7), digest_of(8));
}

class OnFaultyVfs : public testing::Test {
protected:
    void open() {
        store_.reset();
        auto opened = open_sqlite({.path = "noroshi.db", .vfs = vfs_.name()});
        ASSERT_TRUE(opened) << describe(opened.error());
        store_ = std::move(*opened);
    }
    Head head() { return *store_->head(); }
    Result<> append(std::size_t count, std::size_t size = 100) {
        return store_->commit({.facts = facts_after(head(), count, std::string(size, 'x'))});
    }
    PretendClock clock_{Instant{}};
    SeededRandom random_{5};
    FaultyVfs vfs_{"faulty", clock_, random_};
    std::unique_ptr<Store> store_;
};

// If this failed, a full disk would end the board's work even after somebody made room.
TEST_F(OnFaultyVfs, WorksAgainAfterAFullDisk) {
    open();
    ASSERT_TRUE(append(10));
    vfs_.set_faults({.quota = vfs_.bytes() + 50'000});
    int stored = 0;
    while (const auto done = append(1, 2000)) ++stored;
    const auto refused = append(1, 2000);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
    EXPECT_EQ(refused.error().key, "kernel.store.disk_full") << describe(refused.error());
    EXPECT_GT(stored, 0);
    // What is there can be read, and no half of a refused batch is.
    const auto expected = std::uint64_t(10 + stored);
    EXPECT_EQ(head().sequence, expected);
    const auto large = append(500, 2000);
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().key, "kernel.store.disk_full");
    EXPECT_EQ(all_facts(*store_)->size(), expected);

    vfs_.set_faults({});
    EXPECT_TRUE(append(500, 2000));
    open();
    EXPECT_EQ(head().sequence, expected + 500);
}

// If this failed, a batch reported as failed because the disk did not sync could be there after a
// power cut.
TEST_F(OnFaultyVfs, OverwritesWhatFailedToSync) {
    open();
    ASSERT_TRUE(append(3));
    int failed = 0;
    for (int i = 0; i < 200; ++i) {
        const auto before = head();
        // The sync of the commit fails, those of the fence do not.
        vfs_.set_faults({.sync_error = 0.5});
        const auto done = append(2);
        vfs_.set_faults({});
        if (!done && done.error().key == "kernel.store.in_doubt") {
            open();
            continue;
        }
        vfs_.crash();
        vfs_.has_crashed();
        open();
        ASSERT_EQ(head().sequence, before.sequence + (done ? 2 : 0));
        failed += done ? 0 : 1;
    }
    EXPECT_GT(failed, 20);
}

// If this failed, a disk that never answers would be reported as "nothing was recorded", which
// nobody can know.
TEST_F(OnFaultyVfs, SaysInDoubtWhenNothingCanBeKnown) {
    open();
    ASSERT_TRUE(append(3));
    const auto before = head();
    vfs_.set_faults({.sync_error = 1});
    const auto done = append(1);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().key, "kernel.store.in_doubt") << describe(done.error());
    EXPECT_EQ(append(1).error().key, "kernel.store.in_doubt");
    vfs_.set_faults({});
    // The disk answers again: the doubtful batch is gone for good, and work goes on.
    EXPECT_EQ(head().sequence, before.sequence);
    EXPECT_TRUE(append(1));
    vfs_.crash();
    vfs_.has_crashed();
    open();
    EXPECT_EQ(head().sequence, before.sequence + 1);
}

// If this failed, the storm would find nothing, because its disk was too good: without syncs, what
// was written must be at risk.
TEST_F(OnFaultyVfs, IsABadDiskIndeed) {
    int lost = 0;
    for (int i = 0; i < 20; ++i) {
        FaultyVfs vfs("careless", clock_, random_);
        const auto write = [&] {
            auto opened = sql::SqliteConnection::open("x.db", vfs.name(),
                                                      sql::SqliteConnection::Access::create);
            ASSERT_TRUE(opened);
            ASSERT_TRUE(
                (*opened)->script("pragma journal_mode = wal; pragma synchronous = off;"
                                  "create table t (x); insert into t values (1)"));
            vfs.crash();
        };
        write();
        if (integrity_of(vfs, "x.db") != "ok" || vfs.bytes() < 4096) ++lost;
    }
    EXPECT_GT(lost, 10);
}

// If this failed, readers over this disk would not see what the appender commits.
TEST_F(OnFaultyVfs, HasReadersBesideTheAppender) {
    open();
    auto reader = store_->reader();
    ASSERT_TRUE(reader);
    ASSERT_TRUE((*reader)->hold());
    ASSERT_TRUE(append(2));
    EXPECT_EQ((*reader)->head()->sequence, 0U);
    (*reader)->release();
    EXPECT_EQ((*reader)->head()->sequence, 2U);
    EXPECT_TRUE(store_->copy_to("copy.db"));
    EXPECT_TRUE(vfs_.exists("copy.db"));
    EXPECT_EQ(integrity_of(vfs_, "copy.db"), "ok");
    // A second appender has no file lock to stop it here; the sequence does.
    auto second = open_sqlite({.path = "noroshi.db", .vfs = vfs_.name()});
    ASSERT_TRUE(second);
    const auto stale = facts_after(head(), 1);
    ASSERT_TRUE((*second)->commit({.facts = stale}));
    EXPECT_EQ(store_->commit({.facts = stale}).error().kind, ErrorKind::conflict);
    reader->reset();
    second->reset();
    store_.reset();
}

}  // namespace
}  // namespace noroshi::store
