#pragma once
// Keys on the curve P-256 (FIPS 186-4, OpenSSL), for what browsers want: browser push signs with
// ES256 (RFC 8292) and agrees on secrets by ECDH (RFC 8291). Points are 65 raw bytes, uncompressed
// (0x04 ‖ x ‖ y), secrets and scalars 32. Thread-safe.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/crypto/keyring.h"

namespace noroshi {

class P256Key {
public:
    // Of any 32 bytes: taken modulo the order less one, plus one, so that every seed is a key.
    static P256Key of_seed(const std::array<unsigned char, 32>& seed);
    // A scalar as it stands. Nothing if it is not one (0, or not below the order).
    static std::optional<P256Key> of_scalar(std::string_view scalar);

    const std::string& public_point() const { return point_; }
    // The x coordinate of the common point. Nothing if the other is no point of the curve.
    std::optional<std::string> agree(std::string_view other_point) const;
    // r ‖ s over SHA-256 of the bytes (RFC 7518 §3.4), 64 bytes.
    std::string sign(std::string_view bytes) const;

private:
    struct Held;
    P256Key() = default;
    std::shared_ptr<const Held> held_;
    std::string point_;
};

bool is_p256_point(std::string_view bytes);
bool is_signed_by_p256(std::string_view point, std::string_view bytes, std::string_view signature);

// The installation's key towards push services (RFC 8292), derived so that there is no second secret
// to keep and a restored backup still reaches every browser:
// seed = HMAC-SHA-256(installation key, "noroshi push key 1").
P256Key push_key_of(const Key& installation_key);

}  // namespace noroshi
