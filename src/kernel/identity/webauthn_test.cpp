#include "kernel/identity/webauthn.h"

#include <gtest/gtest.h>

#include "kernel/identity/authenticator_for_tests.h"
#include "kernel/identity/cbor.h"

namespace noroshi::webauthn {
namespace {

const Expected expected{"Y2hhbGxlbmdl", "https://port.test", "port.test"};

std::string why(const auto& result) { return result ? "" : result.error().key; }

class WebauthnTest : public testing::Test {
protected:
    Result<AuthenticatorData> make(std::string challenge = expected.challenge) {
        return read_attestation(key_.client_data("webauthn.create", challenge), key_.attestation(),
                                expected);
    }
    Result<std::uint32_t> use(std::uint32_t seen = 0) {
        const auto client = key_.client_data("webauthn.get", expected.challenge);
        const auto data = key_.data();
        return check_assertion(key_.point(), seen, client, data, key_.sign(data, client), expected);
    }
    AuthenticatorForTests key_;
};

// The duty officer's telephone would not be taken.
TEST_F(WebauthnTest, a_passkey_is_made_and_signs_in) {
    const auto made = make();
    ASSERT_TRUE(made) << describe(made.error());
    EXPECT_EQ(made->credential, key_.credential);
    EXPECT_EQ(made->public_key, key_.point());
    key_.counter = 7;
    const auto used = use(3);
    ASSERT_TRUE(used) << describe(used.error());
    EXPECT_EQ(*used, 7U);
    key_.counter = 0;
    EXPECT_TRUE(use(0)) << "keys that never count";
}

// A page at another address would sign in here with what it got there.
TEST_F(WebauthnTest, what_was_made_for_somewhere_else_is_refused) {
    EXPECT_EQ(why(make("bm90IG91cnM")), "kernel.identity.passkey_challenge");
    key_.origin = "https://port.test.evil.example";
    EXPECT_EQ(why(make()), "kernel.identity.passkey_origin");
    EXPECT_EQ(why(use()), "kernel.identity.passkey_origin");
    key_.origin = expected.origin;
    key_.site = "evil.example";
    EXPECT_EQ(why(make()), "kernel.identity.passkey_site");
    EXPECT_EQ(why(use()), "kernel.identity.passkey_site");
    key_.site = expected.site;
    const auto crossed = R"({"type":"webauthn.create","challenge":")" + expected.challenge +
                         R"(","origin":"https://port.test","crossOrigin":true})";
    EXPECT_EQ(why(read_attestation(crossed, key_.attestation(), expected)),
              "kernel.identity.passkey_origin");
    EXPECT_EQ(why(read_attestation(key_.client_data("webauthn.get", expected.challenge),
                                   key_.attestation(), expected)),
              "kernel.identity.passkey_malformed")
        << "an assertion is no registration";
}

// A stolen, unlocked key would be two factors where it is one; a copied one would go unnoticed.
TEST_F(WebauthnTest, verification_signature_and_counter_are_checked) {
    key_.flags = 0x01;
    EXPECT_EQ(why(make()), "kernel.identity.passkey_not_verified");
    EXPECT_EQ(why(use()), "kernel.identity.passkey_not_verified");
    key_.flags = 0x05;
    key_.counter = 5;
    EXPECT_EQ(why(use(5)), "kernel.identity.passkey_counter");
    EXPECT_EQ(why(use(6)), "kernel.identity.passkey_counter");
    const auto client = key_.client_data("webauthn.get", expected.challenge);
    const auto data = key_.data();
    auto signature = key_.sign(data, client);
    const AuthenticatorForTests other;
    EXPECT_EQ(why(check_assertion(other.point(), 0, client, data, signature, expected)),
              "kernel.identity.passkey_signature");
    signature.back() = static_cast<char>(signature.back() ^ 1);
    EXPECT_EQ(why(check_assertion(key_.point(), 0, client, data, signature, expected)),
              "kernel.identity.passkey_signature");
    auto bent = data;
    bent[33] = 1;  // the counter
    EXPECT_EQ(
        why(check_assertion(key_.point(), 0, client, bent, key_.sign(data, client), expected)),
        "kernel.identity.passkey_signature");
}

// Whatever somebody sends instead of an attestation must be refused, and not crash the port.
TEST_F(WebauthnTest, every_shortened_or_bent_attestation_is_refused_or_the_same) {
    const auto client = key_.client_data("webauthn.create", expected.challenge);
    const auto whole = key_.attestation();
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_FALSE(read_attestation(client, whole.substr(0, length), expected)) << length;
    EXPECT_FALSE(read_attestation(client, whole + " ", expected));
    auto bent = whole;
    bent[bent.size() - 1] = static_cast<char>(bent.back() ^ 1);  // y: no longer on the curve
    EXPECT_FALSE(read_attestation(client, bent, expected));
    std::string deep(2000, '\x81');
    std::string_view rest = deep;
    EXPECT_FALSE(cbor::read(rest));
    std::string huge = std::string("\x5b") + std::string(8, '\xff');
    rest = huge;
    EXPECT_FALSE(cbor::read(rest));
}

}  // namespace
}  // namespace noroshi::webauthn
