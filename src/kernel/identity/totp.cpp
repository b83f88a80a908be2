#include "kernel/identity/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "kernel/crypto/hash.h"
#include "kernel/i18n/line.h"
#include "kernel/result.h"

namespace noroshi {

namespace {

std::string_view name_of(TotpHash hash) {
    switch (hash) {
    case TotpHash::sha1: return "SHA1";
    case TotpHash::sha256: return "SHA256";
    case TotpHash::sha512: return "SHA512";
    }
    return "SHA1";
}

const EVP_MD* digest_of(TotpHash hash) {
    switch (hash) {
    case TotpHash::sha1: return EVP_sha1();
    case TotpHash::sha256: return EVP_sha256();
    case TotpHash::sha512: return EVP_sha512();
    }
    return EVP_sha1();
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

}  // namespace

std::string hotp(std::string_view secret, std::uint64_t counter, unsigned digits, TotpHash hash) {
    std::array<unsigned char, 8> message{};
    for (std::size_t i = 0; i < message.size(); ++i)
        message[7 - i] = static_cast<unsigned char>(counter >> (8 * i));
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned length = 0;
    const auto* made = HMAC(digest_of(hash), secret.data(), static_cast<int>(secret.size()),
                            message.data(), message.size(), mac.data(), &length);
    ASSERT(made != nullptr && length >= 20);
    // RFC 4226, 5.3: four bytes from where the last nibble says, without the sign.
    const std::size_t at = mac[length - 1] & 15U;
    const std::uint32_t number = (static_cast<std::uint32_t>(mac[at] & 0x7fU) << 24) |
                                 (static_cast<std::uint32_t>(mac[at + 1]) << 16) |
                                 (static_cast<std::uint32_t>(mac[at + 2]) << 8) |
                                 static_cast<std::uint32_t>(mac[at + 3]);
    std::uint64_t bound = 1;
    for (unsigned i = 0; i < digits; ++i) bound *= 10;
    auto text = std::to_string(number % bound);
    return std::string(digits - text.size(), '0') + text;
}

std::uint64_t totp_step(Instant at, const TotpRules& rules) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
    return seconds < 0 ? 0 : static_cast<std::uint64_t>(seconds / rules.step.count());
}

std::optional<std::uint64_t> check_totp(std::string_view secret, std::string_view code, Instant now,
                                        std::uint64_t last_used, const TotpRules& rules) {
    std::string typed;
    for (const char c : i18n::plain(code))
        if (c != ' ') typed += c;
    if (typed.size() != rules.digits) return {};
    const auto present = totp_step(now, rules);
    std::optional<std::uint64_t> found;
    // Every step is compared, so that the time taken does not tell which one it was.
    const auto first = present > rules.skew ? present - rules.skew : 0;
    for (auto step = first; step <= present + rules.skew; ++step) {
        const bool same =
            equal_in_constant_time(hotp(secret, step, rules.digits, rules.hash), typed);
        if (same && step > last_used && !found) found = step;
    }
    return found;
}

std::string to_base32(std::string_view bytes) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string out;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : bytes) {
        bits = (bits << 8) | static_cast<unsigned char>(c);
        held += 8;
        while (held >= 5) {
            held -= 5;
            out += alphabet[(bits >> held) & 31U];
        }
    }
    if (held > 0) out += alphabet[(bits << (5 - held)) & 31U];
    return out;
}

std::string totp_address(std::string_view secret, std::string_view issuer, std::string_view account,
                         const TotpRules& rules) {
    return "otpauth://totp/" + percent_encoded(issuer) + ":" + percent_encoded(account) +
           "?secret=" + to_base32(secret) + "&issuer=" + percent_encoded(issuer) +
           "&algorithm=" + std::string(name_of(rules.hash)) +
           "&digits=" + std::to_string(rules.digits) +
           "&period=" + std::to_string(rules.step.count());
}

}  // namespace noroshi
