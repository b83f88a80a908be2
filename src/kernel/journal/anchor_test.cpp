#include "kernel/journal/anchor.h"

#include <gtest/gtest.h>

#include "kernel/crypto/hash.h"

namespace noroshi::journal {
namespace {

Key key_of(unsigned char byte) {
    Key key;
    key.fill(byte);
    return key;
}

struct Signed {
    std::string text, signature, pem;
};
Signed sign(const SigningKey& key, std::uint64_t sequence) {
    Anchor anchor{
        sequence, {}, *parse_rfc3339("2026-07-04T06:30:00Z"), fingerprint_of(key.public_key())};
    anchor.head.fill(7);
    const auto text = write_anchor(anchor);
    const auto bytes = key.sign(text);
    return {text, to_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}),
            to_pem(key.public_key())};
}

// A member would keep a digest that proves nothing.
TEST(Anchor, IsReadBackAndOnlyItsOwnKeySignsIt) {
    const SigningKey key(key_of(1));
    const auto good = sign(key, 12);
    const auto read = check_anchor(good.text, good.signature, good.pem);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->sequence, 12U);
    EXPECT_EQ(write_anchor(*read), good.text);
    const SigningKey other(key_of(2));
    EXPECT_FALSE(check_anchor(good.text, good.signature, to_pem(other.public_key())));
    EXPECT_FALSE(check_anchor(good.text, sign(other, 12).signature, good.pem));
    EXPECT_FALSE(check_anchor(sign(key, 13).text, good.signature, good.pem));
}

TEST(Anchor, WhatIsNoAnchorIsRefused) {
    const auto good = sign(SigningKey(key_of(1)), 12).text;
    EXPECT_TRUE(read_anchor(good));
    EXPECT_FALSE(read_anchor(""));
    EXPECT_FALSE(read_anchor(good + "x"));
    EXPECT_FALSE(read_anchor(good.substr(0, good.size() - 1)));
    for (std::size_t i = 0; i < good.size(); ++i) EXPECT_FALSE(read_anchor(good.substr(0, i)));
}

}  // namespace
}  // namespace noroshi::journal
