#include "respond/incident/incident_attachment.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace noroshi::respond::incident {

namespace {

constexpr std::size_t name_limit = 200;   // characters
constexpr std::size_t ending_limit = 20;  // of which the ending may have so many

// The bytes of the next character if they are well-formed UTF-8 (RFC 3629), else nothing.
std::optional<std::size_t> well_formed(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return {};
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xC0U) != 0x80) return {};
    const unsigned char second = byte(1);
    const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool surrogate = first == 0xED && second >= 0xA0;
    const bool too_high = first == 0xF4 && second >= 0x90;
    if (overlong || surrogate || too_high) return {};
    return length;
}

// Characters that make a name look like another: direction marks (U+200E/F, U+202A–202E,
// U+2066–2069), zero-width ones (U+200B–200D, U+FEFF), and line separators (U+2028/9).
bool misleads(std::string_view character) {
    constexpr std::array<std::string_view, 17> misleading{
        "\u200B", "\u200C", "\u200D", "\u200E", "\u200F", "\u2028", "\u2029", "\u202A", "\u202B",
        "\u202C", "\u202D", "\u202E", "\u2066", "\u2067", "\u2068", "\u2069", "\uFEFF"};
    if (std::ranges::find(misleading, character) != misleading.end()) return true;
    // C1 controls, U+0080–009F.
    return character.size() == 2 && character[0] == '\xC2' &&
           static_cast<unsigned char>(character[1]) < 0xA0;
}

std::size_t characters_in(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

std::string_view first_characters(std::string_view text, std::size_t count) {
    std::size_t end = 0;
    while (end < text.size() && count > 0) {
        end += *well_formed(text.substr(end));
        --count;
    }
    return text.substr(0, end);
}

bool is_token(std::string_view text) {  // RFC 9110, 5.6.2
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               marks.find(c) != std::string_view::npos;
    });
}

}  // namespace

std::string harmless_name(std::string_view name) {
    if (const auto folder = name.find_last_of("/\\"); folder != std::string_view::npos)
        name.remove_prefix(folder + 1);
    std::string kept;
    while (!name.empty()) {
        const auto length = well_formed(name);
        const auto character = name.substr(0, length.value_or(1));
        name.remove_prefix(character.size());
        if (!length) continue;
        const auto first = static_cast<unsigned char>(character[0]);
        const bool unwanted =
            first < 0x20 || first == 0x7F ||
            std::string_view("<>:\"|?*").find(character[0]) != std::string_view::npos;
        if (!unwanted && !misleads(character)) kept += character;
    }
    // No hidden files, and nothing that Windows would trim away.
    const auto begin = kept.find_first_not_of(". ");
    if (begin == std::string::npos) return "attachment";
    kept = kept.substr(begin, kept.find_last_not_of(". ") - begin + 1);
    if (characters_in(kept) <= name_limit) return kept;

    const auto dot = kept.rfind('.');
    std::string ending = dot == std::string::npos ? std::string{} : kept.substr(dot);
    if (characters_in(ending) > ending_limit) ending.clear();
    const auto stem = first_characters(kept, name_limit - characters_in(ending));
    return std::string(stem.substr(0, stem.find_last_not_of(". ") + 1)) + ending;
}

std::string harmless_media_type(std::string_view type) {
    std::string lower(type.substr(0, type.find(';')));
    while (!lower.empty() && lower.back() == ' ') lower.pop_back();
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const auto slash = lower.find('/');
    if (lower.size() <= 127 && slash != std::string::npos &&
        is_token(std::string_view(lower).substr(0, slash)) &&
        is_token(std::string_view(lower).substr(slash + 1)))
        return lower;
    return "application/octet-stream";
}

std::string content_disposition(std::string_view harmless) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    constexpr std::string_view plain =
        "!#$&+-.^_`|~";  // attr-char of RFC 8187, without digits, letters
    std::string ascii;
    std::string encoded;
    for (const char c : harmless) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\' && c != '%')
            ascii += c;
        else if ((byte & 0xC0U) != 0x80)
            ascii += '_';
        const bool letter =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || plain.find(c) != std::string_view::npos) {
            encoded += c;
        } else {
            encoded += '%';
            encoded += hex[byte >> 4U];
            encoded += hex[byte & 0xFU];
        }
    }
    return "attachment; filename=\"" + ascii + "\"; filename*=UTF-8''" + encoded;
}

}  // namespace noroshi::respond::incident
