#pragma once
// For tests only: an authenticator in software, which makes passkeys and signs with them as W3C
// WebAuthn, section 6, says. Everything may be bent before it is signed.

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

#include "kernel/crypto/hash.h"
#include "kernel/result.h"

namespace noroshi::webauthn {

class AuthenticatorForTests {
public:
    AuthenticatorForTests() : key_(EVP_EC_gen("P-256"), EVP_PKEY_free) {
        unsigned char point[65];
        std::size_t length = 0;
        ASSERT(EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_PUB_KEY, point,
                                               sizeof point, &length) == 1 &&
               length == sizeof point);
        point_.assign(reinterpret_cast<const char*>(point), length);
    }

    std::string site = "port.test";
    std::string origin = "https://port.test";
    std::uint32_t counter = 0;
    std::uint8_t flags = 0x05;  // present and verified
    std::string credential = "credential-of-the-duty-officer";

    std::string client_data(std::string_view type, std::string_view challenge) const {
        return R"({"type":")" + std::string(type) + R"(","challenge":")" + std::string(challenge) +
               R"(","origin":")" + origin + R"(","crossOrigin":false})";
    }
    std::string data(bool with_credential = false) const {
        std::string out = raw(sha256(site));
        out += static_cast<char>(with_credential ? flags | 0x40 : flags);
        for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(counter >> shift);
        if (!with_credential) return out;
        out += std::string(16, '\0');
        out += static_cast<char>(credential.size() >> 8);
        out += static_cast<char>(credential.size());
        return out + credential + cose();
    }
    std::string attestation() const {
        const auto bytes = data(true);
        return std::string("\xa3") +
               "\x63"
               "fmt"
               "\x64"
               "none"
               "\x67"
               "attStmt"
               "\xa0"
               "\x68"
               "authData" +
               "\x59" + static_cast<char>(bytes.size() >> 8) + static_cast<char>(bytes.size()) +
               bytes;
    }
    std::string sign(std::string_view authenticator_data, std::string_view client_data) const {
        const auto said = std::string(authenticator_data) + raw(sha256(client_data));
        EVP_MD_CTX* context = EVP_MD_CTX_new();
        std::size_t length = 200;
        std::string signature(length, '\0');
        const bool done =
            EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
            EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &length,
                           reinterpret_cast<const unsigned char*>(said.data()), said.size()) == 1;
        EVP_MD_CTX_free(context);
        ASSERT(done);
        signature.resize(length);
        return signature;
    }
    const std::string& point() const { return point_; }

private:
    static std::string raw(const Sha256& hash) {
        return {reinterpret_cast<const char*>(hash.data()), hash.size()};
    }
    std::string cose() const {
        return std::string("\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20") + point_.substr(1, 32) +
               "\x22\x58\x20" + point_.substr(33, 32);
    }

    std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
    std::string point_;
};

}  // namespace noroshi::webauthn
