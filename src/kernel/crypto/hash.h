#pragma once
// SHA-256 and HMAC-SHA-256 (OpenSSL), hex and base64url without padding.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace noroshi {

using Sha256 = std::array<std::uint8_t, 32>;
Sha256 sha256(std::string_view bytes);
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);
std::string to_hex(std::span<const std::uint8_t> bytes);
std::optional<std::string> from_hex(std::string_view hex);  // raw bytes
std::string to_base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);
bool equal_in_constant_time(std::string_view a, std::string_view b);

// For long input and for hot paths: keeps its context.
class Sha256Stream {
public:
    Sha256Stream();
    ~Sha256Stream();
    Sha256Stream(const Sha256Stream&) = delete;
    Sha256Stream& operator=(const Sha256Stream&) = delete;
    void add(std::string_view bytes);
    Sha256 finish();  // and starts anew

private:
    void* context_;
};

}  // namespace noroshi
