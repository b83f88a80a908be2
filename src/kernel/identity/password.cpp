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

// ---- what is tried first -------------------------------------------------------------------
// No list of millions lies on board; but what such lists hold from ten characters up are words that
// everybody tries, walks over the keyboard, runs, years, and the login, put together and written with
// 0 for o. Those pieces are taken out, and what is left has to be long enough by itself.

constexpr auto tried_words = std::to_array<std::string_view>(
    {"password",   "passwort",      "passcode", "passphrase", "pass",     "word",     "secret",
     "himitsu",    "angou",         "welcome",  "yokoso",     "letmein",  "login",    "signin",
     "admin",      "administrator", "root",     "user",       "guest",    "test",     "sample",
     "demo",       "default",       "change",   "changeme",   "access",   "master",   "server",
     "system",     "security",      "network",  "office",     "company",  "monkey",   "dragon",
     "shadow",     "sunshine",      "princess", "football",   "baseball", "yakyuu",   "superman",
     "batman",     "pokemon",       "pikachu",  "michael",    "daniel",   "iloveyou", "aishiteru",
     "sakura",     "fujisan",       "nippon",   "nihon",      "japan",    "tokyo",    "osaka",
     "nagoya",     "yokohama",      "kobe",     "minato",     "kowan",    "kouwan",   "terminal",
     "container",  "noroshi",       "port",     "gate",       "tosho",    "abcd",     "hello",
     "konnichiwa", "freedom"});
constexpr std::array<std::string_view, 7> walks = {"abcdefghijklmnopqrstuvwxyz",
                                                   "01234567890123456789",
                                                   "qwertyuiop",
                                                   "asdfghjkl",
                                                   "zxcvbnm",
                                                   "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
                                                   "qazwsxedcrfvtgbyhnujmikolp"};

// 0 for o, 3 for e: nobody is deceived by it.
std::string plainly(std::string_view text) {
    std::string out(text);
    constexpr std::string_view from = "0134578@$!";
    constexpr std::string_view to = "oieastbasi";
    for (char& c : out)
        if (const auto at = from.find(c); at != std::string_view::npos) c = to[at];
    return out;
}

bool is_in_walk(std::string_view piece) {
    const std::string back(piece.rbegin(), piece.rend());
    return std::ranges::any_of(
        walks, [&](std::string_view walk) { return walk.contains(piece) || walk.contains(back); });
}

// How many bytes at the start of `text` are such a piece; `as_typed` is the same with its digits.
std::size_t tried_at(std::string_view text, std::string_view as_typed, std::string_view login) {
    std::size_t most = 0;
    for (const auto word : tried_words)
        if (text.starts_with(word)) most = std::max(most, word.size());
    constexpr std::size_t shortest = 4;
    if (login.size() >= shortest && (text.starts_with(login) || as_typed.starts_with(login)))
        most = std::max(most, login.size());
    std::size_t run = 1;
    while (run < as_typed.size() && as_typed[run] == as_typed[0]) ++run;
    if (run >= 3) most = std::max(most, run);
    for (std::size_t length = shortest; length <= as_typed.size(); ++length) {
        if (!is_in_walk(as_typed.substr(0, length))) break;
        most = std::max(most, length);
    }
    const auto digits = as_typed.substr(0, 4);
    if (digits.size() == 4 && (digits.starts_with("19") || digits.starts_with("20")) &&
        std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
        most = std::max(most, digits.size());
    return most;
}

std::size_t left_to_guess(const std::string& folded, const std::string& login) {
    const std::string text = plainly(folded);
    const std::string own = plainly(login);
    std::size_t left = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto known =
            tried_at(std::string_view(text).substr(at), std::string_view(folded).substr(at), own);
        at += std::max<std::size_t>(known, 1);
        if (known == 0) ++left;
    }
    return left;
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
    constexpr std::size_t enough = 5;
    if (different.size() < 4 || (!own.empty() && folded == own) ||
        left_to_guess(folded, own) < enough)
        return invalid("kernel.identity.password_plain", std::string(pointer));
    return {};
}

}  // namespace noroshi
