#include "edge/document/vcard.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace noroshi::edge::document {

namespace {

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
std::string upper(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) { return upper(c); });
    return out;
}

struct Line {
    std::size_t number = 0;
    std::string text;
};

// Lines as they were before they were folded.
std::vector<Line> unfolded(std::string_view text) {
    std::vector<Line> out;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = text.find_first_of("\r\n");
        auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end);
        if (text.starts_with("\r\n"))
            text.remove_prefix(2);
        else if (!text.empty())
            text.remove_prefix(1);
        const bool soft = !out.empty() && out.back().text.ends_with('=') &&
                          upper(out.back().text).contains("QUOTED-PRINTABLE");
        if (soft) {
            out.back().text.pop_back();
            out.back().text += line;
        } else if (!out.empty() && (line.starts_with(' ') || line.starts_with('\t'))) {
            out.back().text += line.substr(1);
        } else {
            out.push_back({number, std::string(line)});
        }
    }
    return out;
}

struct Property {
    std::string name;                                             // "TEL"
    std::vector<std::pair<std::string, std::string>> parameters;  // "TYPE", "CELL"
    std::string value;                                            // decoded, still escaped

    bool has(std::string_view type) const {
        return std::ranges::any_of(parameters, [&](const auto& one) {
            return (one.first == "TYPE" || one.first.empty()) && one.second == type;
        });
    }
    std::string parameter(std::string_view of) const {
        for (const auto& [key, text] : parameters)
            if (key == of) return text;
        return {};
    }
};

int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = upper(c);
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string from_quoted_printable(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool coded = text[i] == '=' && i + 2 < text.size() + 0 && hex(text[i + 1]) >= 0 &&
                           hex(text[i + 2]) >= 0;
        if (!coded) {
            out += text[i];
            continue;
        }
        out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
        i += 2;
    }
    return out;
}

// "item1.TEL;TYPE=CELL,PREF:090…"; nothing if there is no colon.
std::optional<Property> property_of(std::string_view line) {
    Property out;
    bool quoted = false;
    std::size_t colon = std::string_view::npos;
    for (std::size_t i = 0; i < line.size() && colon == std::string_view::npos; ++i) {
        if (line[i] == '"') quoted = !quoted;
        if (line[i] == ':' && !quoted) colon = i;
    }
    if (colon == std::string_view::npos) return {};
    auto head = line.substr(0, colon);
    out.value = line.substr(colon + 1);
    bool first = true;
    for (;;) {
        quoted = false;
        std::size_t end = 0;
        for (; end < head.size(); ++end) {
            if (head[end] == '"') quoted = !quoted;
            if (head[end] == ';' && !quoted) break;
        }
        const auto part = head.substr(0, end);
        if (first) {
            const auto dot = part.rfind('.');
            out.name = upper(dot == std::string_view::npos ? part : part.substr(dot + 1));
        } else {
            const auto equals = part.find('=');
            const auto key =
                equals == std::string_view::npos ? std::string{} : upper(part.substr(0, equals));
            auto values = equals == std::string_view::npos ? part : part.substr(equals + 1);
            while (!values.empty()) {
                const auto comma = values.find(',');
                auto one = values.substr(0, comma);
                while (one.starts_with('"')) one.remove_prefix(1);
                while (one.ends_with('"')) one.remove_suffix(1);
                out.parameters.emplace_back(key, upper(one));
                values.remove_prefix(comma == std::string_view::npos ? values.size() : comma + 1);
            }
        }
        first = false;
        if (end >= head.size()) break;
        head.remove_prefix(end + 1);
    }
    if (out.parameter("ENCODING") == "QUOTED-PRINTABLE" || out.has("QUOTED-PRINTABLE")) {
        const auto text = to_utf8(from_quoted_printable(out.value));
        out.value = text ? full_width_kana(*text) : std::string{};
    }
    return out;
}

// Parts of a structured value, unescaped.
std::vector<std::string> parts_of(std::string_view value) {
    std::vector<std::string> out(1);
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '\\' && i + 1 < value.size()) {
            const char c = value[++i];
            out.back() += c == 'n' || c == 'N' ? '\n' : c;
        } else if (value[i] == ';') {
            out.emplace_back();
        } else {
            out.back() += value[i];
        }
    }
    return out;
}
std::string text_of(std::string_view value) {
    std::string out;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] != '\\' || i + 1 == value.size()) {
            out += value[i];
            continue;
        }
        const char c = value[++i];
        out += c == 'n' || c == 'N' ? '\n' : c;
    }
    return out;
}

bool is_kana(std::string_view text) {
    if (text.empty()) return false;
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == ' ') {
            ++i;
            continue;
        }
        // U+3000 … U+30FF are E3 80 80 … E3 83 BF.
        if (i + 2 >= text.size() || text[i] != '\xE3' ||
            static_cast<unsigned char>(text[i + 1]) > 0x83)
            return false;
        i += 3;
    }
    return true;
}

std::string joined(const std::string& family, const std::string& given) {
    return family.empty() || given.empty() ? family + given : family + " " + given;
}

struct Reading {
    VCard card;
    std::string family, given, kana_family, kana_given, sound, sort;
};

void take(Reading& reading, const Property& property) {
    auto& card = reading.card;
    const bool preferred = property.has("PREF") || property.parameter("PREF") == "1";
    const auto put = [&](auto& list, auto one) {
        if (preferred)
            list.insert(list.begin(), std::move(one));
        else
            list.push_back(std::move(one));
    };
    const auto parts = parts_of(property.value);
    const auto part = [&](std::size_t i) { return i < parts.size() ? parts[i] : std::string{}; };
    if (property.name == "FN" && card.name.empty()) {
        card.name = text_of(property.value);
    } else if (property.name == "N") {
        reading.family = part(0);
        reading.given = part(1);
        if (const auto sort = property.parameter("SORT-AS"); !sort.empty()) reading.sort = sort;
    } else if (property.name == "X-PHONETIC-LAST-NAME") {
        reading.kana_family = text_of(property.value);
    } else if (property.name == "X-PHONETIC-FIRST-NAME") {
        reading.kana_given = text_of(property.value);
    } else if (property.name == "SOUND") {
        reading.sound = joined(part(0), part(1));
    } else if (property.name == "SORT-STRING") {
        reading.sort = text_of(property.value);
    } else if (property.name == "ORG" && card.organisation.empty()) {
        card.organisation = part(0);
        for (std::size_t i = 1; i < parts.size(); ++i)
            card.department += (card.department.empty() || parts[i].empty() ? "" : " ") + parts[i];
    } else if (property.name == "TITLE" || (property.name == "ROLE" && card.title.empty())) {
        card.title = text_of(property.value);
    } else if (property.name == "LANG" && card.language.empty()) {
        card.language = text_of(property.value);
    } else if (property.name == "EMAIL") {
        auto address = text_of(property.value);
        if (upper(address.substr(0, 7)) == "MAILTO:") address.erase(0, 7);
        if (!address.empty()) put(card.emails, std::move(address));
    } else if (property.name == "TEL") {
        VCardPhone phone;
        phone.number = text_of(property.value);
        if (upper(phone.number.substr(0, 4)) == "TEL:") phone.number.erase(0, 4);
        phone.mobile = property.has("CELL") || property.has("IPHONE");
        phone.work = property.has("WORK");
        phone.home = property.has("HOME");
        phone.fax = property.has("FAX");
        if (!phone.number.empty()) put(card.phones, std::move(phone));
    }
}

VCard finished(Reading reading) {
    auto& card = reading.card;
    if (card.name.empty()) card.name = joined(reading.family, reading.given);
    card.kana = joined(reading.kana_family, reading.kana_given);
    if (card.kana.empty()) card.kana = reading.sound;
    if (card.kana.empty() && is_kana(reading.sort)) card.kana = reading.sort;
    return std::move(card);
}

}  // namespace

Result<VCards> read_vcards(std::string_view bytes, const Limits& limits) {
    if (bytes.size() > limits.bytes)
        return invalid("edge.document.sheet.too_large", "",
                       {{"megabytes", std::to_string(limits.bytes >> 20)}});
    TRY_LET(const auto utf8, to_utf8(bytes));
    VCards out;
    std::optional<Reading> open;
    for (const auto& line : unfolded(full_width_kana(utf8))) {
        const auto property = property_of(line.text);
        if (!property) continue;
        const auto value = upper(property->value);
        if (property->name == "BEGIN" && value == "VCARD") {
            if (open) out.broken.push_back(open->card.line);
            open.emplace();
            open->card.line = line.number;
        } else if (property->name == "END" && value == "VCARD") {
            if (!open) continue;
            if (out.cards.size() >= limits.rows)
                return invalid("edge.document.sheet.too_many_cells", "",
                               {{"rows", std::to_string(limits.rows)},
                                {"columns", std::to_string(limits.columns)}});
            out.cards.push_back(finished(std::move(*open)));
            open.reset();
        } else if (open && open->card.emails.size() + open->card.phones.size() < limits.columns) {
            take(*open, *property);
        }
    }
    if (open) out.broken.push_back(open->card.line);
    if (out.cards.empty() && out.broken.empty()) return invalid("edge.document.vcard.none", "");
    return out;
}

}  // namespace noroshi::edge::document
