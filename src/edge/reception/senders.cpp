#include "edge/reception/senders.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <tuple>

#include <arpa/inet.h>

namespace noroshi::edge::reception {

namespace {

constexpr int v4_bits = 96;  // of an IPv4-mapped address before the IPv4 one

bool within(const std::array<std::uint8_t, 16>& address, const std::array<std::uint8_t, 16>& first,
            int prefix) {
    const auto whole = static_cast<std::size_t>(prefix / 8);
    if (std::memcmp(address.data(), first.data(), whole) != 0) return false;
    const int rest = prefix % 8;
    return rest == 0 || (address[whole] >> (8 - rest)) == (first[whole] >> (8 - rest));
}

}  // namespace

std::array<std::uint8_t, 16> bytes_of(const sockaddr_storage& address) {
    std::array<std::uint8_t, 16> bytes{};
    if (address.ss_family == AF_INET6) {
        std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, 16);
    } else if (address.ss_family == AF_INET) {
        bytes[10] = bytes[11] = 0xFF;
        std::memcpy(bytes.data() + 12, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, 4);
    }
    return bytes;
}

Senders::Senders(const std::vector<Sender>& rows, std::set<std::string> by_files)
    : by_files_(std::move(by_files)), sources_(by_files_) {
    for (const auto& given : rows) {
        Row row{given.source, given.listener, given.certificate, {}, 0};
        if (!given.network.empty()) {
            const auto slash = given.network.find('/');
            const std::string host = given.network.substr(0, slash);
            const bool is_v4 = host.find(':') == std::string::npos;
            row.prefix = 128;
            if (slash != std::string::npos) {
                const char* end = given.network.data() + given.network.size();
                const auto read =
                    std::from_chars(given.network.data() + slash + 1, end, row.prefix);
                if (read.ec != std::errc{} || read.ptr != end) continue;
                if (is_v4) row.prefix += v4_bits;
            }
            if (row.prefix < (is_v4 ? v4_bits : 0) || row.prefix > 128) continue;
            if (is_v4) row.first[10] = row.first[11] = 0xFF;
            if (::inet_pton(is_v4 ? AF_INET : AF_INET6, host.c_str(),
                            row.first.data() + (is_v4 ? 12 : 0)) != 1)
                continue;
        } else if (given.certificate.empty()) {
            continue;
        }
        sources_.insert(row.source);
        rows_.push_back(std::move(row));
    }
    std::ranges::sort(rows_, [](const Row& a, const Row& b) {
        return std::tuple(a.certificate.empty(), -a.prefix, a.listener.empty(),
                          std::string_view(a.source)) < std::tuple(b.certificate.empty(), -b.prefix,
                                                                   b.listener.empty(),
                                                                   std::string_view(b.source));
    });
}

const std::string* Senders::find(std::string_view listener, const sockaddr_storage& from,
                                 std::string_view certificate) const {
    const auto address = bytes_of(from);
    for (const auto& row : rows_)
        if ((row.listener.empty() || row.listener == listener) &&
            (row.certificate.empty() || row.certificate == certificate) &&
            within(address, row.first, row.prefix))
            return &row.source;
    return nullptr;
}

}  // namespace noroshi::edge::reception
