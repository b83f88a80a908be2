#include "kernel/identity/password.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <system_error>
#include <vector>

#include <sodium.h>

#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "kernel/i18n/line.h"

namespace noroshi {

namespace {

constexpr std::size_t hash_size = 32;
// What a tampered record may ask for at most.
constexpr std::size_t most_kibibytes = 256 * 1024;
constexpr unsigned most_passes = 16;
constexpr std::size_t longest = 256;

using Salt = std::array<unsigned char, crypto_pwhash_argon2id_SALTBYTES>;

std::optional<std::string> argon2id(std::string_view password, const Salt& salt,
                                    const PasswordCost& cost) {
    static const int ready = sodium_init();
    ASSERT(ready >= 0);
    std::string hash(hash_size, '\0');
    if (crypto_pwhash_argon2id(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                               password.data(), password.size(), salt.data(), cost.passes,
                               cost.kibibytes * 1024, crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
        return {};
    return hash;
}

template <class Number>
bool read(std::string_view text, Number& into) {
    const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return error == std::errc{} && last == text.data() + text.size();
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find('$');
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

}  // namespace

std::string hash_password(std::string_view password, const PasswordCost& cost, Random& random) {
    Salt salt{};
    random.fill(std::as_writable_bytes(std::span(salt)));
    const auto hash = argon2id(i18n::plain(password), salt, cost);
    ASSERT(hash.has_value());  // only if there is no memory left
    const std::string_view salt_bytes(reinterpret_cast<const char*>(salt.data()), salt.size());
    return "argon2id$" + std::to_string(cost.kibibytes) + "$" + std::to_string(cost.passes) + "$" +
           to_base64url(salt_bytes) + "$" + to_base64url(*hash);
}

bool is_password(std::string_view password, std::string_view record) {
    if (password.size() > longest) return false;
    const auto parts = split(record);
    PasswordCost cost;
    if (parts.size() != 5 || parts[0] != "argon2id" || !read(parts[1], cost.kibibytes) ||
        !read(parts[2], cost.passes) || cost.kibibytes > most_kibibytes ||
        cost.passes > most_passes)
        return false;
    const auto salt_bytes = from_base64url(parts[3]);
    const auto expected = from_base64url(parts[4]);
    Salt salt{};
    if (!salt_bytes || salt_bytes->size() != salt.size() || !expected) return false;
    std::ranges::copy(*salt_bytes, salt.begin());
    const auto hash = argon2id(i18n::plain(password), salt, cost);
    return hash && equal_in_constant_time(*hash, *expected);
}

Result<> check_new_password(std::string_view password, std::string_view login,
                            std::string_view pointer) {
    if (password.size() > longest)
        return invalid("kernel.identity.password_long", std::string(pointer));
    TRY_LET(const auto characters, i18n::length(password, pointer));
    if (characters < 10) return invalid("kernel.identity.password_short", std::string(pointer));
    const auto folded = i18n::fold(password);
    const std::set<char> different(folded.begin(), folded.end());
    const auto own = i18n::fold(login);
    if (different.size() < 4 || (!own.empty() && folded == own))
        return invalid("kernel.identity.password_plain", std::string(pointer));
    return {};
}

}  // namespace noroshi
