#include "kernel/json/as_written.h"

namespace noroshi::json::as_written {

namespace {

bool continues(const char* at) { return (static_cast<unsigned char>(*at) & 0xC0) == 0x80; }

// Length of the UTF-8 sequence at `at` beyond ASCII, 0 if it is not valid (RFC 3629, table 3-7 of
// the Unicode standard).
std::size_t length_of_sequence(const char* at, const char* end) {
    const auto lead = static_cast<unsigned char>(*at);
    const auto left = static_cast<std::size_t>(end - at);
    const auto second = left > 1 ? static_cast<unsigned char>(at[1]) : 0U;
    if (lead >= 0xE1 && lead <= 0xEC)  // kana and kanji come first
        return left >= 3 && continues(at + 1) && continues(at + 2) ? 3 : 0;
    if (lead < 0xC2) return 0;
    if (lead < 0xE0) return left >= 2 && continues(at + 1) ? 2 : 0;
    if (lead < 0xF0) {
        if (left < 3 || !continues(at + 1) || !continues(at + 2)) return 0;
        if (lead == 0xE0 && second < 0xA0) return 0;  // overlong
        if (lead == 0xED && second > 0x9F) return 0;  // surrogates
        return 3;
    }
    if (lead > 0xF4 || left < 4 || !continues(at + 1) || !continues(at + 2) || !continues(at + 3))
        return 0;
    if (lead == 0xF0 && second < 0x90) return 0;  // overlong
    if (lead == 0xF4 && second > 0x8F) return 0;  // beyond U+10FFFF
    return 4;
}

}  // namespace

bool Cursor::skip_plain() {
    while (at_ != end_) {
        const auto c = static_cast<unsigned char>(*at_);
        if (c >= 0x80) {
            const auto length = length_of_sequence(at_, end_);
            if (length == 0) return false;
            at_ += length;
        } else if (c == '"' || c == '\\') {
            return true;
        } else if (c < 0x20) {
            return false;
        } else {
            ++at_;
        }
    }
    return false;
}

bool Cursor::take_plain(std::string_view& into) {
    if (!take('"')) return false;
    const char* begin = at_;
    if (!skip_plain() || *at_ != '"') return false;
    into = std::string_view(begin, static_cast<std::size_t>(at_ - begin));
    ++at_;
    return true;
}

bool Cursor::take_string(std::string& into) {
    if (!take('"')) return false;
    const char* begin = at_;
    if (!skip_plain()) return false;
    into.assign(begin, at_);
    while (*at_ == '\\') {
        if (++at_ == end_) return false;
        switch (*at_) {
        case '"':
        case '\\':
        case '/': into += *at_; break;
        case 'n': into += '\n'; break;
        case 'r': into += '\r'; break;
        case 't': into += '\t'; break;
        case 'b': into += '\b'; break;
        case 'f': into += '\f'; break;
        default: return false;
        }
        begin = ++at_;
        if (!skip_plain()) return false;
        into.append(begin, at_);
    }
    ++at_;
    return true;
}

bool read_personal(Cursor& cursor, Personal& into, const Keyring* keyring) {
    if (cursor.is_next('"')) return cursor.take_string(into.text);
    std::string_view sealed;
    if (keyring == nullptr || !cursor.take("{\"of\":") || !cursor.take_string(into.of.text) ||
        !cursor.take(",\"sealed\":") || !cursor.take_plain(sealed) || !cursor.take('}'))
        return false;
    auto plain = keyring->open(into.of, sealed);
    into.erased = !plain.has_value();
    into.text = std::move(plain).value_or("");
    return true;
}

}  // namespace noroshi::json::as_written
