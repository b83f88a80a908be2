#pragma once
// Which sender's lines are whose: an address or network, a certificate, or a folder of files stand for
// one source of one member. A table is made anew whenever an agreement or a source changes, and is
// read by one thread. What it does not name belongs to nobody.

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

namespace noroshi::edge::reception {

// What is given has to agree; at least the network or the certificate is given.
struct Sender {
    std::string source;
    std::string listener;     // its name; empty: any
    std::string network;      // "192.0.2.1", "10.0.0.0/8", "2001:db8::/32"; empty: any address
    std::string certificate;  // SHA-256 of the client's certificate, hex; empty: none needed
};

class Senders {
public:
    Senders() = default;
    // Rows that cannot be read are left out.
    Senders(const std::vector<Sender>& rows, std::set<std::string> by_files);

    // The source, or nothing. Of several rows that agree the one with a certificate wins, then the
    // narrowest network, then the one that names its listener.
    const std::string* find(std::string_view listener, const sockaddr_storage& from,
                            std::string_view certificate) const;
    bool takes_files(const std::string& source) const { return by_files_.contains(source); }
    const std::set<std::string>& sources() const { return sources_; }  // all

private:
    struct Row {
        std::string source, listener, certificate;
        std::array<std::uint8_t, 16> first{};  // IPv4 as ::ffff:a.b.c.d
        int prefix = 0;
    };
    std::vector<Row> rows_;  // the one that wins first
    std::set<std::string> by_files_;
    std::set<std::string> sources_;
};

// The bytes of an address, IPv4 as the IPv4-mapped IPv6 one (RFC 4291, 2.5.5.2).
std::array<std::uint8_t, 16> bytes_of(const sockaddr_storage& address);

}  // namespace noroshi::edge::reception
