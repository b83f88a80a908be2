#include "edge/courier/sms_text.h"

#include <algorithm>
#include <array>

namespace noroshi::edge::courier {

namespace {

// 3GPP TS 23.038 §6.2.1; 0x1B is the escape to the extension table.
constexpr std::array<char16_t, 128> gsm_table{
    u'@', u'£', u'$', u'¥', u'è', u'é', u'ù', u'ì', u'ò', u'Ç',  u'\n', u'Ø', u'ø', u'\r', u'Å',
    u'å', u'Δ', u'_', u'Φ', u'Γ', u'Λ', u'Ω', u'Π', u'Ψ', u'Σ',  u'Θ',  u'Ξ', 0,    u'Æ',  u'æ',
    u'ß', u'É', u' ', u'!', u'"', u'#', u'¤', u'%', u'&', u'\'', u'(',  u')', u'*', u'+',  u',',
    u'-', u'.', u'/', u'0', u'1', u'2', u'3', u'4', u'5', u'6',  u'7',  u'8', u'9', u':',  u';',
    u'<', u'=', u'>', u'?', u'¡', u'A', u'B', u'C', u'D', u'E',  u'F',  u'G', u'H', u'I',  u'J',
    u'K', u'L', u'M', u'N', u'O', u'P', u'Q', u'R', u'S', u'T',  u'U',  u'V', u'W', u'X',  u'Y',
    u'Z', u'Ä', u'Ö', u'Ñ', u'Ü', u'§', u'¿', u'a', u'b', u'c',  u'd',  u'e', u'f', u'g',  u'h',
    u'i', u'j', u'k', u'l', u'm', u'n', u'o', u'p', u'q', u'r',  u's',  u't', u'u', u'v',  u'w',
    u'x', u'y', u'z', u'ä', u'ö', u'ñ', u'ü', u'à'};
struct Extended {
    char16_t character;
    char code;
};
constexpr std::array<Extended, 10> gsm_extension{{{u'\f', 0x0A},
                                                  {u'^', 0x14},
                                                  {u'{', 0x28},
                                                  {u'}', 0x29},
                                                  {u'\\', 0x2F},
                                                  {u'[', 0x3C},
                                                  {u'~', 0x3D},
                                                  {u']', 0x3E},
                                                  {u'|', 0x40},
                                                  {u'€', 0x65}}};
constexpr char escape = 0x1B;

std::u16string utf16_of(std::string_view text) {
    std::u16string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const int more = lead < 0x80       ? 0
                         : lead >> 5 == 6  ? 1
                         : lead >> 4 == 14 ? 2
                         : lead >> 3 == 30 ? 3
                                           : -1;
        char32_t code = more == 0 ? lead : more > 0 ? lead & (0x3F >> more) : 0xFFFD;
        std::size_t used = 1;
        for (int k = 0; k < more; ++k) {
            const auto next =
                i + used < text.size() ? static_cast<unsigned char>(text[i + used]) : 0;
            if (next >> 6 != 2) {
                code = 0xFFFD;
                break;
            }
            code = (code << 6) | (next & 0x3F);
            ++used;
        }
        constexpr std::array<char32_t, 4> least{0, 0x80, 0x800, 0x10000};
        if (more > 0 && code != 0xFFFD &&
            (code < least[static_cast<std::size_t>(more)] || code > 0x10FFFF ||
             (code >= 0xD800 && code <= 0xDFFF)))
            code = 0xFFFD;
        i += used;
        if (code >= 0x10000) {
            out += static_cast<char16_t>(0xD800 + ((code - 0x10000) >> 10));
            out += static_cast<char16_t>(0xDC00 + ((code - 0x10000) & 0x3FF));
        } else {
            out += static_cast<char16_t>(code);
        }
    }
    return out;
}

void append_utf8(std::string& out, char32_t code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | (code >> 6));
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0 | (code >> 12));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | (code >> 18));
        out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    }
}

// One character in the GSM alphabet, one or two septets; nothing if it is not in it.
std::optional<std::string> gsm_of(char16_t character) {
    if (character != 0)
        if (const auto* at = std::ranges::find(gsm_table, character); at != gsm_table.end())
            return std::string(1, static_cast<char>(at - gsm_table.begin()));
    for (const auto& one : gsm_extension)
        if (one.character == character) return std::string{escape, one.code};
    return {};
}

std::string big_endian(char16_t unit) {
    return {static_cast<char>(unit >> 8), static_cast<char>(unit & 0xFF)};
}

// Characters that must stay whole: escaped ones, surrogate pairs.
struct Pieces {
    SmsAlphabet alphabet = SmsAlphabet::gsm;
    std::vector<std::string> pieces;
};
Pieces pieces_of(const std::u16string& text) {
    Pieces out;
    for (const char16_t character : text) {
        auto septets = gsm_of(character);
        if (!septets) {
            out.alphabet = SmsAlphabet::ucs2;
            break;
        }
        out.pieces.push_back(std::move(*septets));
    }
    if (out.alphabet == SmsAlphabet::gsm) return out;
    out.pieces.clear();
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string piece = big_endian(text[i]);
        const bool high = text[i] >= 0xD800 && text[i] < 0xDC00;
        if (high && i + 1 < text.size()) piece += big_endian(text[++i]);
        out.pieces.push_back(std::move(piece));
    }
    return out;
}

std::vector<std::string> fill(const std::vector<std::string>& pieces, std::size_t room) {
    std::vector<std::string> parts(1);
    for (const auto& piece : pieces) {
        if (parts.back().size() + piece.size() > room) parts.emplace_back();
        parts.back() += piece;
    }
    return parts;
}

}  // namespace

SmsParts split_sms(std::string_view text, std::uint8_t reference) {
    Pieces pieces = pieces_of(utf16_of(text));
    const bool gsm = pieces.alphabet == SmsAlphabet::gsm;
    SmsParts out{pieces.alphabet, fill(pieces.pieces, gsm ? 160 : 140)};
    if (out.parts.size() == 1) return out;
    const std::size_t room = gsm ? 153 : 134;
    out.parts = fill(pieces.pieces, room);
    if (out.parts.size() > sms_parts_limit) {
        const std::string mark = gsm ? "..." : big_endian(u'…');
        std::vector<std::string> kept;
        std::size_t size = 0;
        // As many whole characters as leave room for the mark in the last part.
        for (const auto& piece : pieces.pieces) {
            size += piece.size() + 2;  // two spare octets: a part may end early
            if (size > room * sms_parts_limit - mark.size()) break;
            kept.push_back(piece);
        }
        while (fill(kept, room).size() > sms_parts_limit) kept.pop_back();
        kept.push_back(mark);
        out.parts = fill(kept, room);
    }
    const auto total = static_cast<char>(out.parts.size());
    char number = 0;
    for (auto& part : out.parts)
        part = std::string{0x05, 0x00, 0x03, static_cast<char>(reference), total, ++number} + part;
    return out;
}

SmsPart read_sms(std::string_view data, std::uint8_t coding, bool has_header) {
    SmsPart part;
    if (has_header && !data.empty()) {
        const auto length = static_cast<std::uint8_t>(data[0]);
        if (data.size() > length) {
            const std::string_view header = data.substr(1, length);
            data.remove_prefix(std::size_t{1} + length);
            for (std::size_t at = 0; at + 2 <= header.size();) {
                const auto kind = static_cast<std::uint8_t>(header[at]);
                const auto size = static_cast<std::uint8_t>(header[at + 1]);
                if (at + 2 + size > header.size()) break;
                const auto value = header.substr(at + 2, size);
                auto octet = [&](std::size_t i) { return static_cast<std::uint8_t>(value[i]); };
                const bool short_one = kind == 0x00 && size == 3;
                if (short_one || (kind == 0x08 && size == 4)) {
                    const int total = octet(size - 2U);
                    const int number = octet(size - 1U);
                    if (total >= 1 && number >= 1 && number <= total) {
                        part.reference = static_cast<std::uint16_t>(
                            short_one ? octet(0) : octet(0) << 8 | octet(1));
                        part.total = total;
                        part.number = number;
                    }
                }
                at += std::size_t{2} + size;
            }
        }
    }
    if (coding == 8) {
        for (std::size_t i = 0; i + 1 < data.size(); i += 2) {
            auto unit = [&](std::size_t at) {
                return static_cast<char32_t>(static_cast<std::uint8_t>(data[at]) << 8 |
                                             static_cast<std::uint8_t>(data[at + 1]));
            };
            char32_t code = unit(i);
            if (code >= 0xD800 && code < 0xDC00 && i + 3 < data.size() && unit(i + 2) >= 0xDC00 &&
                unit(i + 2) < 0xE000) {
                code = 0x10000 + ((code - 0xD800) << 10) + (unit(i + 2) - 0xDC00);
                i += 2;
            } else if (code >= 0xD800 && code < 0xE000) {
                code = 0xFFFD;
            }
            append_utf8(part.text, code);
        }
        return part;
    }
    for (std::size_t i = 0; i < data.size(); ++i) {
        const auto octet = static_cast<std::uint8_t>(data[i]);
        if (coding == 3 || octet >= 0x80) {
            append_utf8(part.text, octet);
        } else if (coding == 0 && data[i] == escape && i + 1 < data.size()) {
            const char code = data[++i];
            const auto* one = std::ranges::find(gsm_extension, code, &Extended::code);
            append_utf8(part.text, one == gsm_extension.end() ? U' ' : one->character);
        } else if (coding == 0) {
            append_utf8(part.text, gsm_table[octet]);
        } else {
            part.text += data[i];
        }
    }
    return part;
}

std::optional<std::string> SmsJoiner::add(const std::string& from, SmsPart part) {
    if (!part.reference || part.total == 1) return std::move(part.text);
    const std::pair key(
        from, std::uint32_t{*part.reference} << 8 | static_cast<std::uint32_t>(part.total));
    auto& pile = piles_[key];
    if (pile.parts.empty()) pile.began = ++count_;
    pile.parts[part.number] = std::move(part.text);
    if (pile.parts.size() == static_cast<std::size_t>(part.total)) {
        std::string whole;
        for (const auto& [number, text] : pile.parts) whole += text;
        piles_.erase(key);
        return whole;
    }
    if (piles_.size() > kept)
        piles_.erase(
            std::ranges::min_element(piles_, {}, [](const auto& one) { return one.second.began; }));
    return {};
}

}  // namespace noroshi::edge::courier
