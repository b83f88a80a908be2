#pragma once
// What this installation says under its name: Ed25519 (RFC 8032, libsodium) with a key derived from
// the installation's, so that there is no second key to keep and a restored backup signs as before:
// seed = HMAC-SHA-256(installation key, "noroshi signing key 1"). Another program checks a signature
// with OpenSSL and the PEM. Thread-safe.

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/crypto/keyring.h"

namespace noroshi {

using PublicKey = std::array<unsigned char, 32>;

class SigningKey {
public:
    explicit SigningKey(const Key& installation_key);
    ~SigningKey();
    SigningKey(const SigningKey&) = delete;
    SigningKey& operator=(const SigningKey&) = delete;

    std::string sign(std::string_view bytes) const;  // 64 raw bytes
    const PublicKey& public_key() const { return public_; }

private:
    std::array<unsigned char, 64> secret_{};
    PublicKey public_{};
};

bool is_signed(const PublicKey& key, std::string_view bytes, std::string_view signature);
// SubjectPublicKeyInfo (RFC 8410) in PEM, and back. Nothing if it is another kind of key or no PEM.
std::string to_pem(const PublicKey& key);
std::optional<PublicKey> from_pem(std::string_view pem);
// SHA-256 of the SubjectPublicKeyInfo in DER, hex: `openssl pkey -pubin -outform DER | sha256sum`.
std::string fingerprint_of(const PublicKey& key);

}  // namespace noroshi
