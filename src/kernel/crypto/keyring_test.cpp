#include "kernel/crypto/keyring.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "kernel/crypto/hash.h"

namespace noroshi {
namespace {

const PersonId mori{"mori"};
const PersonId sato{"sato"};

Key key_from(Random& random) {
    Key key;
    random.fill(std::as_writable_bytes(std::span(key)));
    return key;
}

// If this failed, the names and telephone numbers in the journal would be lost or could be read
// without the key.
RC_GTEST_PROP(Keyring, OpensWhatItSealed, (const std::string& plain)) {
    SeededRandom random(1);
    Keyring keyring;
    keyring.add(mori, key_from(random));
    const auto sealed = keyring.seal(mori, plain, random);
    RC_ASSERT(keyring.open(mori, sealed) == plain);
    RC_ASSERT(sealed != keyring.seal(mori, plain, random));  // never the same nonce
}

// If this failed, an erased person could still be read.
TEST(Keyring, CannotOpenAfterTheKeyIsGone) {
    SeededRandom random(2);
    Keyring keyring;
    keyring.add(mori, key_from(random));
    const auto sealed = keyring.seal(mori, "森 香織 髙𠮷", random);
    EXPECT_EQ(keyring.open(mori, sealed), "森 香織 髙𠮷");
    keyring.remove(mori);
    EXPECT_FALSE(keyring.has(mori));
    EXPECT_FALSE(keyring.open(mori, sealed));
    // Another key under the same name does not help either.
    keyring.add(mori, key_from(random));
    EXPECT_FALSE(keyring.open(mori, sealed));
}

// If this failed, one person's sealed name could be passed off as another's.
TEST(Keyring, BindsTheSealToThePerson) {
    SeededRandom random(3);
    const Key key = key_from(random);
    Keyring keyring;
    keyring.add(mori, key);
    keyring.add(sato, key);
    const auto sealed = keyring.seal(mori, "Mori", random);
    EXPECT_FALSE(keyring.open(sato, sealed));
}

// If this failed, somebody who writes to the disk could change a contact or a link unnoticed.
TEST(Keyring, NoticesEveryChangedByte) {
    SeededRandom random(4);
    const Key key = key_from(random);
    const std::string sealed = seal_with(key, "callout 7, answer: coming", "link", random);
    ASSERT_EQ(open_with(key, sealed, "link"), "callout 7, answer: coming");
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        std::string changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(open_with(key, changed, "link")) << "byte " << i;
        EXPECT_FALSE(open_with(key, sealed.substr(0, i), "link")) << "cut at " << i;
    }
    EXPECT_FALSE(open_with(key, sealed, "session"));
}

// If this failed, a journal sealed by an earlier version could no longer be read
// (docs/formats/sealing.md).
TEST(Keyring, OpensTheExampleOfTheSpecification) {
    Key key;
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<unsigned char>(i);
    Keyring keyring;
    keyring.add(PersonId{"p1"}, key);
    // Computed by an implementation of draft-irtf-cfrg-xchacha that is not ours: see the document.
    EXPECT_EQ(keyring.open(PersonId{"p1"},
                           "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXMpqrUDlG4PE2YAo74UvmjZdBm-YOK7bZLwc"),
              "森 香織");
}

}  // namespace
}  // namespace noroshi
