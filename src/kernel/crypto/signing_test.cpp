#include "kernel/crypto/signing.h"

#include <gtest/gtest.h>

namespace noroshi {
namespace {

Key key_of(unsigned char byte) {
    Key key;
    key.fill(byte);
    return key;
}

// An export could be altered on its way to the police, and nobody would see it.
TEST(Signing, ASignatureHoldsForTheseBytesAndThisKeyOnly) {
    const SigningKey one(key_of(1));
    const SigningKey other(key_of(2));
    const auto signature = one.sign("チェーンの先頭");
    EXPECT_EQ(signature.size(), 64U);
    EXPECT_TRUE(is_signed(one.public_key(), "チェーンの先頭", signature));
    EXPECT_FALSE(is_signed(one.public_key(), "チェーンの先頭 ", signature));
    EXPECT_FALSE(is_signed(other.public_key(), "チェーンの先頭", signature));
    EXPECT_FALSE(is_signed(one.public_key(), "チェーンの先頭", signature.substr(1)));
    EXPECT_FALSE(is_signed(one.public_key(), "チェーンの先頭", ""));
}

// A restored installation would sign as somebody else.
TEST(Signing, TheSameInstallationSignsTheSame) {
    EXPECT_EQ(SigningKey(key_of(7)).public_key(), SigningKey(key_of(7)).public_key());
    EXPECT_EQ(SigningKey(key_of(7)).sign("x"), SigningKey(key_of(7)).sign("x"));
}

TEST(Signing, ThePemIsReadBackAndNothingElseIs) {
    const SigningKey key(key_of(3));
    const auto pem = to_pem(key.public_key());
    EXPECT_EQ(from_pem(pem), key.public_key());
    EXPECT_EQ(from_pem("text before\r\n" + pem + "after"), key.public_key());
    EXPECT_FALSE(from_pem(""));
    EXPECT_FALSE(from_pem(pem.substr(0, pem.size() - 10)));
    auto other = pem;
    other[30] = other[30] == 'A' ? 'B' : 'A';  // the kind of key
    EXPECT_FALSE(from_pem(other));
    EXPECT_EQ(fingerprint_of(key.public_key()).size(), 64U);
}

}  // namespace
}  // namespace noroshi
