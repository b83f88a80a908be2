#include "kernel/random/random.h"

#include <set>

#include <gtest/gtest.h>

namespace noroshi {
namespace {

// If this failed, a storm's seed would not repeat, and a fault found once could not be found again.
TEST(Random, RepeatsWithTheSeedForEver) {
    // ChaCha20 with key 0…0 and nonce 0: the first bytes are those of RFC 8439, A.1, test vector 1.
    SeededRandom zero(0);
    EXPECT_EQ(zero.hex(16), "76b8e0ada0f13d90405d6ae55386bd28");

    SeededRandom one(7);
    SeededRandom same(7);
    SeededRandom other(8);
    EXPECT_EQ(one.hex(200), same.hex(200));
    EXPECT_NE(one.hex(200), other.hex(200));
}

// If this failed, the same seed would give different identifiers depending on how they are asked
// for.
TEST(Random, GivesTheSameStreamInPieces) {
    SeededRandom whole(9);
    SeededRandom pieces(9);
    std::string joined;
    for (const std::size_t size : {1, 63, 64, 65, 7}) joined += pieces.hex(size);
    EXPECT_EQ(whole.hex(200), joined);
}

// If this failed, identifiers could be guessed, collide, or be misread on the telephone.
TEST(Random, MakesIdentifiersOfTwentySixCharacters) {
    SystemRandom random;
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const auto id = random.identifier();
        ASSERT_EQ(id.size(), 26U);
        ASSERT_EQ(id.find_first_not_of("0123456789abcdefghjkmnpqrstvwxyz"), std::string::npos);
        ASSERT_TRUE(seen.insert(id).second);
    }
    EXPECT_EQ(random.base64url(32).size(), 43U);
}

// If this failed, a storm would favour some ships and terminals, or fall outside its list.
TEST(Random, IsEvenBelowABound) {
    SeededRandom random(11);
    std::array<int, 7> counts{};
    for (int i = 0; i < 70'000; ++i) ++counts[random.below(7)];
    for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
    EXPECT_EQ(random.below(1), 0U);
}

}  // namespace
}  // namespace noroshi
