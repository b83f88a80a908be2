#include "kernel/journal/chain.h"

#include <gtest/gtest.h>
#include <filesystem>

#include "kernel/random/random.h"

namespace noroshi::journal {
namespace {

std::vector<Fact> chain_of(std::size_t count) {
    std::vector<Fact> facts;
    Hash previous{};
    for (std::size_t i = 0; i < count; ++i) {
        Fact fact;
        fact.sequence = i + 1;
        fact.stream = "test/chain/" + std::to_string(i % 3);
        fact.stream_version = i / 3 + 1;
        fact.kind = "test.chain.said";
        fact.body = "{\"text\":\"" + std::to_string(i) + "\"}";
        fact.actor = "person";
        fact.visibility = "{\"tlp\":\"TLP:GREEN\"}";
        fact.previous = previous;
        fact.hash = previous = hash_of(fact);
        facts.push_back(std::move(fact));
    }
    return facts;
}

// Somebody rewrites history in the store and the port goes on as if nothing had been.
TEST(Chain, is_broken_at_the_first_fact_that_is_not_as_it_was_written) {
    const auto sound = chain_of(9);
    const auto broken_at = [](const std::vector<Fact>& facts) -> std::string {
        ChainCheck chain;
        for (const auto& fact : facts)
            if (const auto followed = chain.follow(fact); !followed) {
                EXPECT_EQ(followed.error().key, "kernel.journal.chain_broken");
                EXPECT_EQ(chain.head().sequence, fact.sequence - 1);
                return followed.error().arguments[0].second;
            }
        EXPECT_EQ(chain.head().hash, facts.back().hash);
        return "sound";
    };
    EXPECT_EQ(broken_at(sound), "sound");

    auto changed = sound;
    changed[4].body = "{}";
    EXPECT_EQ(broken_at(changed), "5");

    auto rehashed = changed;  // the forger knows how to hash, but not the rest of the chain
    rehashed[4].hash = hash_of(rehashed[4]);
    EXPECT_EQ(broken_at(rehashed), "6");

    auto reordered = sound;
    std::swap(reordered[3].stream, reordered[4].stream);
    EXPECT_EQ(broken_at(reordered), "4");

    auto missing = sound;
    missing.erase(missing.begin() + 6);
    EXPECT_EQ(broken_at({missing.begin(), missing.begin() + 6}), "sound") << "a shorter one is";
    ChainCheck chain;
    for (std::size_t i = 0; i < 6; ++i) ASSERT_TRUE(chain.follow(missing[i]));
    EXPECT_FALSE(chain.follow(missing[6]));
}

class FoldVerified : public testing::Test {
protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() /
                  ("noroshi-chain-" + SystemRandom{}.identifier());
        std::filesystem::create_directories(folder_);
        auto opened = store::open_sqlite({(folder_ / "noroshi.db").string(), ""});
        ASSERT_TRUE(opened) << describe(opened.error());
        store_ = std::move(*opened);
    }
    void TearDown() override {
        store_.reset();
        std::filesystem::remove_all(folder_);
    }
    void keep(std::vector<Fact> facts) {
        store::Batch batch;
        batch.facts = std::move(facts);
        ASSERT_TRUE(store_->commit(batch));
    }

    std::filesystem::path folder_;
    std::unique_ptr<store::Store> store_;
};

// A board would come up with lines missing or out of order after a restart.
TEST_F(FoldVerified, every_fact_is_folded_once_and_in_order) {
    // None, a part of a block, whole blocks, and more blocks than there are.
    std::uint64_t count = 0;
    for (const std::size_t more : {0U, 1U, 511U, 512U, 4000U}) {
        if (more > 0) {
            auto all = chain_of(count + more);
            keep({all.begin() + static_cast<std::ptrdiff_t>(count), all.end()});
        }
        count += more;
        std::uint64_t expected = 0;
        const auto head = fold_verified(*store_, [&](const Fact& fact) -> Result<> {
            EXPECT_EQ(fact.sequence, ++expected);
            return {};
        });
        ASSERT_TRUE(head) << describe(head.error());
        EXPECT_EQ(head->sequence, count);
        EXPECT_EQ(expected, count);
    }
}

// A changed fact would be shown on the boards before anybody learns that it was changed.
TEST_F(FoldVerified, nothing_from_a_broken_fact_on_is_folded) {
    auto facts = chain_of(1500);
    facts[700].actor = "somebody else";
    keep(facts);
    std::uint64_t last = 0;
    const auto head = fold_verified(*store_, [&](const Fact& fact) -> Result<> {
        last = fact.sequence;
        return {};
    });
    ASSERT_FALSE(head);
    EXPECT_EQ(head.error().key, "kernel.journal.chain_broken");
    EXPECT_LE(last, 700U);
}

// A body that cannot be read would be skipped in silence.
TEST_F(FoldVerified, a_failing_fold_ends_it_with_its_error) {
    keep(chain_of(5000));
    std::uint64_t calls = 0;
    const auto head = fold_verified(*store_, [&](const Fact&) -> Result<> {
        if (++calls < 600) return {};
        return fail(ErrorKind::corrupt, "test.unreadable");
    });
    ASSERT_FALSE(head);
    EXPECT_EQ(head.error().key, "test.unreadable");
    EXPECT_EQ(calls, 600U);
}

}  // namespace
}  // namespace noroshi::journal
