#pragma once
// IPv4 and IPv6 addresses and networks. An IPv4 address is kept as the IPv4-mapped IPv6 one
// (RFC 4291, 2.5.5.2), so that ::ffff:10.0.0.1 and 10.0.0.1 are the same address.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace noroshi::engines::detect {

struct Address {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    bool is_v4() const { return high == 0 && (low >> 32) == 0xFFFF; }
    std::uint32_t v4() const { return static_cast<std::uint32_t>(low); }
    auto operator<=>(const Address&) const = default;
};

// Dotted quad without leading zeros of meaning, RFC 4291 text, brackets and a %zone tolerated.
std::optional<Address> parse_address(std::string_view text);
std::string text_of(const Address& address);  // RFC 5952; IPv4 as a dotted quad
Address address_v4(std::uint32_t bits);

struct Network {
    Address first;
    int prefix = 128;  // bits of the IPv6 form: an IPv4 /8 is 104

    bool contains(const Address& address) const;
};

// "10.0.0.0/8", "fe80::/10"; without a slash one address. Host bits that are set are ignored.
std::optional<Network> parse_network(std::string_view text);

// RFC 1918, 3927, 4193, 4291 link-local and loopback: inside by default.
bool is_private(const Address& address);
bool is_multicast_or_broadcast(const Address& address);

}  // namespace noroshi::engines::detect
