#include "kernel/i18n/line.h"

#include <cstdint>

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace noroshi::i18n {

namespace {

// Bidirectional overrides make a name read as another one; nobody needs them in a field.
bool is_unfit(UChar32 c) {
    const auto type = u_charType(c);
    return type == U_CONTROL_CHAR || type == U_LINE_SEPARATOR || type == U_PARAGRAPH_SEPARATOR ||
           (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view ideographic = "\xE3\x80\x80";
    for (;;) {
        if (text.starts_with(' ') || text.starts_with('\t'))
            text.remove_prefix(1);
        else if (text.starts_with(ideographic))
            text.remove_prefix(ideographic.size());
        else
            break;
    }
    for (;;) {
        if (text.ends_with(' ') || text.ends_with('\t'))
            text.remove_suffix(1);
        else if (text.ends_with(ideographic))
            text.remove_suffix(ideographic.size());
        else
            break;
    }
    return text;
}

Result<std::size_t> length(std::string_view text, std::string_view pointer) {
    std::size_t count = 0;
    const auto size = static_cast<std::int32_t>(text.size());
    for (std::int32_t i = 0; i < size; ++count) {
        UChar32 c;
        U8_NEXT(text.data(), i, size, c);
        if (c < 0) return invalid("kernel.i18n.not_a_line", std::string(pointer));
    }
    return count;
}

Result<std::string> line(std::string_view text, std::size_t most, std::string_view pointer,
                         Empty empty) {
    text = trimmed(text);
    if (text.empty()) {
        if (empty == Empty::refused) return invalid("kernel.i18n.empty", std::string(pointer));
        return std::string{};
    }
    if (text.size() > most * 4)
        return invalid("kernel.i18n.too_long", std::string(pointer),
                       {{"most", std::to_string(most)}});
    const auto size = static_cast<std::int32_t>(text.size());
    std::size_t count = 0;
    for (std::int32_t i = 0; i < size; ++count) {
        UChar32 c;
        U8_NEXT(text.data(), i, size, c);
        if (c < 0 || is_unfit(c)) return invalid("kernel.i18n.not_a_line", std::string(pointer));
    }
    if (count > most)
        return invalid("kernel.i18n.too_long", std::string(pointer),
                       {{"most", std::to_string(most)}});
    return std::string(text);
}

std::string plain(std::string_view text) {
    UErrorCode error = U_ZERO_ERROR;
    const auto* normalizer = icu::Normalizer2::getNFKCInstance(error);
    ASSERT(U_SUCCESS(error));
    std::string out;
    icu::StringByteSink<std::string> sink(&out);
    normalizer->normalizeUTF8(0,
                              icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())),
                              sink, nullptr, error);
    ASSERT(U_SUCCESS(error));
    return out;
}

}  // namespace noroshi::i18n
