#include "engines/detect/address.h"

#include <charconv>

namespace noroshi::engines::detect {

namespace {

std::optional<std::uint32_t> parse_v4(std::string_view text) {
    std::uint32_t bits = 0;
    std::size_t at = 0;
    for (int part = 0; part < 4; ++part) {
        if (part > 0) {
            if (at >= text.size() || text[at] != '.') return std::nullopt;
            ++at;
        }
        std::uint32_t value = 0;
        std::size_t digits = 0;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9' && digits < 4) {
            value = value * 10 + static_cast<std::uint32_t>(text[at] - '0');
            ++at;
            ++digits;
        }
        if (digits == 0 || digits > 3 || value > 255) return std::nullopt;
        bits = (bits << 8) | value;
    }
    if (at != text.size()) return std::nullopt;
    return bits;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<Address> parse_v6(std::string_view text) {
    std::array<std::uint16_t, 8> groups{};
    int count = 0;
    int gap = -1;
    std::size_t at = 0;
    if (text.starts_with("::")) {
        gap = 0;
        at = 2;
    } else if (text.starts_with(':')) {
        return std::nullopt;
    }
    while (at < text.size()) {
        if (count == 8) return std::nullopt;
        const std::size_t end = std::min(text.find(':', at), text.size());
        const auto group = text.substr(at, end - at);
        if (group.find('.') != std::string_view::npos) {
            const auto v4 = parse_v4(group);
            if (!v4 || end != text.size() || count > 6) return std::nullopt;
            groups[static_cast<std::size_t>(count++)] = static_cast<std::uint16_t>(*v4 >> 16);
            groups[static_cast<std::size_t>(count++)] = static_cast<std::uint16_t>(*v4);
            at = end;
            break;
        }
        if (group.empty() || group.size() > 4) return std::nullopt;
        unsigned value = 0;
        for (const char c : group) {
            const int digit = hex_digit(c);
            if (digit < 0) return std::nullopt;
            value = value * 16 + static_cast<unsigned>(digit);
        }
        groups[static_cast<std::size_t>(count++)] = static_cast<std::uint16_t>(value);
        if (end == text.size()) {
            at = end;
            break;
        }
        at = end + 1;
        if (at < text.size() && text[at] == ':') {
            if (gap >= 0) return std::nullopt;
            gap = count;
            ++at;
        } else if (at == text.size()) {
            return std::nullopt;  // ends with one colon
        }
    }
    if (gap < 0 ? count != 8 : count > 7) return std::nullopt;
    std::array<std::uint16_t, 8> full{};
    const int behind = gap < 0 ? 0 : count - gap;
    for (int i = 0; i < (gap < 0 ? count : gap); ++i)
        full[static_cast<std::size_t>(i)] = groups[static_cast<std::size_t>(i)];
    for (int i = 0; i < behind; ++i)
        full[static_cast<std::size_t>(8 - behind + i)] = groups[static_cast<std::size_t>(gap + i)];
    Address address;
    for (int i = 0; i < 4; ++i)
        address.high = (address.high << 16) | full[static_cast<std::size_t>(i)];
    for (int i = 4; i < 8; ++i)
        address.low = (address.low << 16) | full[static_cast<std::size_t>(i)];
    return address;
}

}  // namespace

Address address_v4(std::uint32_t bits) { return {0, 0xFFFF00000000ULL | bits}; }

std::optional<Address> parse_address(std::string_view text) {
    if (text.size() < 2 || text.size() > 60) return std::nullopt;
    if (text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
    if (text.find(':') == std::string_view::npos) {
        const auto v4 = parse_v4(text);
        if (!v4) return std::nullopt;
        return address_v4(*v4);
    }
    if (const auto zone = text.find('%'); zone != std::string_view::npos)
        text = text.substr(0, zone);
    return parse_v6(text);
}

std::string text_of(const Address& address) {
    const auto decimal = [](std::string& out, std::uint32_t value) {
        std::array<char, 12> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
        out.append(digits.data(), end.ptr);
    };
    std::string out;
    if (address.is_v4()) {
        for (int shift = 24; shift >= 0; shift -= 8) {
            if (shift < 24) out += '.';
            decimal(out, (address.v4() >> shift) & 0xFF);
        }
        return out;
    }
    std::array<std::uint16_t, 8> groups{};
    for (std::size_t i = 0; i < 4; ++i) {
        groups[i] = static_cast<std::uint16_t>(address.high >> (48 - 16 * i));
        groups[i + 4] = static_cast<std::uint16_t>(address.low >> (48 - 16 * i));
    }
    std::size_t best = 8;
    std::size_t best_length = 1;  // one zero group is not shortened
    for (std::size_t i = 0; i < 8;) {
        std::size_t end = i;
        while (end < 8 && groups[end] == 0) ++end;
        if (end - i > best_length) {
            best = i;
            best_length = end - i;
        }
        i = end == i ? i + 1 : end;
    }
    for (std::size_t i = 0; i < 8; ++i) {
        if (i == best) {
            out += "::";
            i += best_length - 1;
            continue;
        }
        if (!out.empty() && out.back() != ':') out += ':';
        std::array<char, 8> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), groups[i], 16);
        out.append(digits.data(), end.ptr);
    }
    return out;
}

bool Network::contains(const Address& address) const {
    const auto mask = [](int bits) {
        return bits <= 0 ? 0ULL : bits >= 64 ? ~0ULL : ~0ULL << (64 - bits);
    };
    const std::uint64_t high = mask(prefix);
    const std::uint64_t low = mask(prefix - 64);
    return ((address.high ^ first.high) & high) == 0 && ((address.low ^ first.low) & low) == 0;
}

std::optional<Network> parse_network(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    if (!address) return std::nullopt;
    Network network{*address, 128};
    if (slash != std::string_view::npos) {
        const auto digits = text.substr(slash + 1);
        int bits = 0;
        const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
        const bool v4 = text.find(':') == std::string_view::npos;
        if (end.ec != std::errc() || end.ptr != digits.data() + digits.size() || bits < 0 ||
            bits > (v4 ? 32 : 128))
            return std::nullopt;
        network.prefix = v4 ? bits + 96 : bits;
    }
    return network;
}

bool is_private(const Address& address) {
    if (address.is_v4()) {
        const std::uint32_t v4 = address.v4();
        return (v4 >> 24) == 10 || (v4 >> 20) == 0xAC1 || (v4 >> 16) == 0xC0A8 ||
               (v4 >> 16) == 0xA9FE || (v4 >> 24) == 127;
    }
    return (address.high >> 57) == 0x7E || (address.high >> 54) == 0x3FA ||
           (address.high == 0 && address.low == 1);
}

bool is_multicast_or_broadcast(const Address& address) {
    if (address.is_v4()) return (address.v4() >> 28) == 14 || address.v4() == 0xFFFFFFFF;
    return (address.high >> 56) == 0xFF;
}

}  // namespace noroshi::engines::detect
