#include "kernel/crypto/hash.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace noroshi {
namespace {

std::string_view bytes_of(const Sha256& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// If this failed, the chain would not be the SHA-256 that every other program computes.
TEST(Hash, EqualsThePublishedVectors) {
    // FIPS 180-4 examples.
    EXPECT_EQ(to_hex(sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(sha256("")),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    // RFC 4231, test case 2.
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

// If this failed, a fact hashed in pieces would get another hash than the same fact hashed at once.
RC_GTEST_PROP(Hash, IsTheSameInPieces, (const std::vector<std::string>& pieces)) {
    Sha256Stream stream;
    std::string whole;
    for (int round = 0; round < 2; ++round) {
        whole.clear();
        for (const auto& piece : pieces) {
            stream.add(piece);
            whole += piece;
        }
        RC_ASSERT(stream.finish() == sha256(whole));
    }
}

// If this failed, a link or a sealed name would not come back as it was sent.
RC_GTEST_PROP(Encoding, BringsBackEveryByte, (const std::string& bytes)) {
    RC_ASSERT(from_base64url(to_base64url(bytes)) == bytes);
    const auto hex =
        to_hex(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
    RC_ASSERT(from_hex(hex) == bytes);
}

// If this failed, one answer link could be written in several ways, and revoking one would leave
// the others.
TEST(Encoding, HasOneTextForTheSameBytes) {
    EXPECT_EQ(to_base64url("\xfb\xff"), "-_8");
    EXPECT_EQ(from_base64url("-_8"), "\xfb\xff");
    EXPECT_FALSE(from_base64url("-_9"));  // spare bits
    EXPECT_FALSE(from_base64url("-_8="));
    EXPECT_FALSE(from_base64url("A"));
    EXPECT_FALSE(from_base64url("+/8"));
    EXPECT_FALSE(from_hex("abc"));
    EXPECT_FALSE(from_hex("zz"));
    EXPECT_EQ(from_hex("E3b0"), "\xe3\xb0");
}

// If this failed, a wrong token could pass, or a right one be refused.
TEST(Hash, ComparesInConstantTimeAndRight) {
    EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abcd"));
    EXPECT_TRUE(equal_in_constant_time("", ""));
    EXPECT_TRUE(equal_in_constant_time(bytes_of(sha256("x")), bytes_of(sha256("x"))));
}

}  // namespace
}  // namespace noroshi
