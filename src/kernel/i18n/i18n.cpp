#include "kernel/i18n/i18n.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <string_view>
#include <system_error>
#include <unordered_map>

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <boost/json.hpp>

#include "kernel/i18n/embedded.h"

namespace noroshi::i18n {

namespace {

struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
        return std::hash<std::string_view>{}(key);
    }
};
using Catalogue = std::unordered_map<std::string, std::string, Hash, std::equal_to<>>;

// Both languages, from all rooms. The catalogues are part of the program: one that does not parse
// is our own bug.
const std::array<Catalogue, 2>& catalogues() {
    static const auto all = [] {
        std::array<Catalogue, 2> read;
        for (const auto& embedded : embedded_catalogues()) {
            auto& catalogue = read[embedded.language == "ja" ? 0 : 1];
            boost::json::error_code error;
            const auto json = boost::json::parse(
                boost::json::string_view(embedded.json.data(), embedded.json.size()), error);
            ASSERT(!error && json.is_object());
            for (const auto& message : json.get_object()) {
                ASSERT(message.value().is_string());
                catalogue.emplace(std::string(message.key()),
                                  std::string(message.value().get_string()));
            }
        }
        return read;
    }();
    return all;
}

const std::string* find(Language language, std::string_view key) {
    const auto& catalogue = catalogues()[language == Language::ja ? 0 : 1];
    const auto found = catalogue.find(key);
    return found == catalogue.end() ? nullptr : &found->second;
}

// A placeholder without an argument stays as it is: better seen than swallowed.
std::string fill(std::string_view pattern, const Arguments& arguments) {
    std::string out;
    out.reserve(pattern.size());
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        if ((c == '{' || c == '}') && i + 1 < pattern.size() && pattern[i + 1] == c) {
            out += c;
            ++i;
            continue;
        }
        const auto end = c == '{' ? pattern.find('}', i) : std::string_view::npos;
        if (end == std::string_view::npos) {
            out += c;
            continue;
        }
        const auto name = pattern.substr(i + 1, end - i - 1);
        const auto argument = std::ranges::find(
            arguments, name, [](const auto& pair) -> std::string_view { return pair.first; });
        if (argument == arguments.end())
            out += pattern.substr(i, end - i + 1);
        else
            out += argument->second;
        i = end;
    }
    return out;
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool equal_ignoring_case(std::string_view a, std::string_view lower) {
    return std::ranges::equal(a, lower, {}, [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
}

// The weight of "…;q=0.8" in thousandths; a malformed one counts as not wanted.
int weight_of(std::string_view parameters) {
    while (!parameters.empty()) {
        const auto end = parameters.find(';');
        const auto parameter = trimmed(parameters.substr(0, end));
        parameters =
            end == std::string_view::npos ? std::string_view{} : parameters.substr(end + 1);
        if (parameter.size() < 2 || (parameter[0] != 'q' && parameter[0] != 'Q') ||
            parameter[1] != '=')
            continue;
        double weight = 0;
        const auto text = parameter.substr(2);
        const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), weight,
                                                   std::chars_format::fixed);
        if (error != std::errc{} || last != text.data() + text.size() || weight < 0 || weight > 1)
            return 0;
        return static_cast<int>(weight * 1000);
    }
    return 1000;
}

}  // namespace

std::string text(Language language, std::string_view key, const Arguments& arguments) {
    const auto* pattern = find(language, key);
    if (pattern == nullptr)
        pattern = find(language == Language::ja ? Language::en : Language::ja, key);
    if (pattern == nullptr) return std::string(key);
    return fill(*pattern, arguments);
}

std::string text(Language language, const Error& error) {
    return text(language, error.key, error.arguments);
}

Language language_of(std::string_view accept_language) {
    Language best = Language::ja;
    int best_weight = 0;
    while (!accept_language.empty()) {
        const auto end = accept_language.find(',');
        const auto range = accept_language.substr(0, end);
        accept_language =
            end == std::string_view::npos ? std::string_view{} : accept_language.substr(end + 1);
        const auto semicolon = range.find(';');
        const auto tag = trimmed(range.substr(0, semicolon));
        const auto primary = tag.substr(0, tag.find('-'));
        const bool ja = equal_ignoring_case(primary, "ja");
        if (!ja && !equal_ignoring_case(primary, "en")) continue;
        const int weight =
            semicolon == std::string_view::npos ? 1000 : weight_of(range.substr(semicolon + 1));
        if (weight > best_weight) {
            best = ja ? Language::ja : Language::en;
            best_weight = weight;
        }
    }
    return best;
}

std::string_view code_of(Language language) { return language == Language::ja ? "ja" : "en"; }

Result<Language> parse_language(std::string_view code) {
    if (code == "ja") return Language::ja;
    if (code == "en") return Language::en;
    return fail(ErrorKind::invalid, "kernel.i18n.unknown_language", {{"code", std::string(code)}});
}

std::string fold(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    // Most logins and half of all search words are plain ASCII.
    for (const char c : text) {
        if (static_cast<signed char>(c) < 0) {
            out.clear();
            break;
        }
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    if (out.size() == text.size()) return out;

    UErrorCode error = U_ZERO_ERROR;
    const auto* normalizer = icu::Normalizer2::getNFKCCasefoldInstance(error);
    ASSERT(U_SUCCESS(error));
    icu::StringByteSink<std::string> sink(&out);
    normalizer->normalizeUTF8(0,
                              icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())),
                              sink, nullptr, error);
    ASSERT(U_SUCCESS(error));
    return out;
}

}  // namespace noroshi::i18n
