#include "kernel/crypto/signing.h"

#include <sodium.h>

#include <algorithm>

#include "kernel/crypto/hash.h"
#include "kernel/result.h"

namespace noroshi {

namespace {

constexpr std::string_view purpose = "noroshi signing key 1";
// SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING of 32 bytes }, RFC 8410.
constexpr std::string_view der_head{"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12};
constexpr std::string_view pem_head = "-----BEGIN PUBLIC KEY-----";
constexpr std::string_view pem_foot = "-----END PUBLIC KEY-----";

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string der_of(const PublicKey& key) {
    std::string der(der_head);
    der.append(reinterpret_cast<const char*>(key.data()), key.size());
    return der;
}

}  // namespace

SigningKey::SigningKey(const Key& installation_key) {
    ASSERT(sodium_init() >= 0);
    const auto seed = hmac_sha256(
        {reinterpret_cast<const char*>(installation_key.data()), installation_key.size()}, purpose);
    ASSERT(crypto_sign_seed_keypair(public_.data(), secret_.data(), seed.data()) == 0);
}

SigningKey::~SigningKey() { sodium_memzero(secret_.data(), secret_.size()); }

std::string SigningKey::sign(std::string_view bytes) const {
    std::string signature(crypto_sign_BYTES, '\0');
    crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                         bytes_of(bytes), bytes.size(), secret_.data());
    return signature;
}

bool is_signed(const PublicKey& key, std::string_view bytes, std::string_view signature) {
    return sodium_init() >= 0 && signature.size() == crypto_sign_BYTES &&
           crypto_sign_verify_detached(bytes_of(signature), bytes_of(bytes), bytes.size(),
                                       key.data()) == 0;
}

std::string to_pem(const PublicKey& key) {
    const std::string der = der_of(key);
    std::string base64(sodium_base64_ENCODED_LEN(44, sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(base64.data(), base64.size(), bytes_of(der), der.size(),
                      sodium_base64_VARIANT_ORIGINAL);
    base64.pop_back();  // its final zero
    return std::string(pem_head) + "\n" + base64 + "\n" + std::string(pem_foot) + "\n";
}

std::optional<PublicKey> from_pem(std::string_view pem) {
    const auto head = pem.find(pem_head);
    if (head == std::string_view::npos) return {};
    const auto from = head + pem_head.size();
    const auto to = pem.find(pem_foot, from);
    if (to == std::string_view::npos) return {};
    std::array<unsigned char, 44> der{};
    std::size_t size = 0;
    if (sodium_base642bin(der.data(), der.size(), pem.data() + from, to - from, " \r\n\t", &size,
                          nullptr, sodium_base64_VARIANT_ORIGINAL) != 0 ||
        size != der.size() ||
        !std::equal(der_head.begin(), der_head.end(), der.begin(),
                    [](char a, unsigned char b) { return static_cast<unsigned char>(a) == b; }))
        return {};
    PublicKey key{};
    std::copy(der.begin() + der_head.size(), der.end(), key.begin());
    return key;
}

std::string fingerprint_of(const PublicKey& key) { return to_hex(sha256(der_of(key))); }

}  // namespace noroshi
