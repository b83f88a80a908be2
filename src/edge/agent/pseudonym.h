#pragma once
// 識別子の置換: a member's own addresses and names leave the member only in another form, under a key
// that the centre never has. Addresses keep their relations (two of one subnet stay in one subnet),
// so that scanning and lateral movement are still seen; names become tokens that are the same each
// time. What is not the member's own stays as it is, so that indicators still match.
//
//   addresses  prefix-preserving by AES-128 (J. Xu, J. Fan, M. Ammar, S. Moon, "Prefix-preserving IP
//              address anonymization", ICNP 2002, known as Crypto-PAn); the bits of the member's
//              own network stay. Also for IPv6, over its 128 bits. Reversible with the key.
//   names      "x-" and twelve characters of base32 of HMAC-SHA-256 (key, lower-case name). Read back
//              from the list that the agent keeps (Pseudonyms::names).
//
// The key: 32 bytes; the first 16 for AES, the last 16 for the pad, all for the HMAC.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/result.h"

namespace noroshi::edge::agent {

using PseudonymKey = std::array<std::uint8_t, 32>;

struct Network {
    bool v6 = false;
    std::array<std::uint8_t, 16> address{};  // the first 4 bytes for IPv4
    int bits = 0;
    bool holds(bool is_v6, const std::array<std::uint8_t, 16>& other) const;
};
// "10.0.0.0/8", "2001:db8::/32". Errors: invalid edge.agent.network {text}.
Result<Network> parse_network(std::string_view text);

struct PseudonymRules {
    std::vector<Network> own;           // addresses in them are replaced
    std::vector<std::string> suffixes;  // ".member.example": host names under it
    std::vector<std::string> prefixes;  // "MEMBER\\": accounts, and machines named so
};

class Pseudonyms {
public:
    Pseudonyms(const PseudonymKey& key, PseudonymRules rules);
    ~Pseudonyms();
    Pseudonyms(Pseudonyms&&) noexcept;

    // The line with every own address and name in its other form. Linear in its length.
    std::string replace(std::string_view line);
    // The address behind a replaced one; nothing if it is no address.
    std::optional<std::string> reveal_address(std::string_view text) const;
    // Names that were replaced since the last call, token → name; for the list kept at the member.
    std::map<std::string, std::string> take_new_names();
    void know(const std::string& token) { known_.insert({token, {}}); }

    // Crypto-PAn itself, keeping the first `kept` bits. Bits counts all bits of the address.
    std::array<std::uint8_t, 16> forward(const std::array<std::uint8_t, 16>& address, int bits,
                                         int kept) const;
    std::array<std::uint8_t, 16> backward(const std::array<std::uint8_t, 16>& address, int bits,
                                          int kept) const;

private:
    bool flips(const std::array<std::uint8_t, 16>& prefix, int length) const;
    const Network* network_of(bool v6, const std::array<std::uint8_t, 16>& address) const;
    std::string token_of(std::string_view name);

    PseudonymKey key_;
    PseudonymRules rules_;
    std::array<std::uint8_t, 16> pad_{};
    std::map<std::string, std::string> known_;  // token → name, empty: known from before
    std::map<std::string, std::string> fresh_;
    struct Cipher;
    std::unique_ptr<Cipher> cipher_;
};

}  // namespace noroshi::edge::agent
