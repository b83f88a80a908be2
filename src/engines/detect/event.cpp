#include "engines/detect/event.h"

#include <simdjson.h>

#include <array>
#include <cstring>

namespace noroshi::engines::detect {

FieldNames::FieldNames() {
    names_.emplace_back();
    slots_.resize(1024);
    mask_ = slots_.size() - 1;
}

void FieldNames::grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    mask_ = slots_.size() - 1;
    for (const Slot& entry : old) {
        if (entry.id == unnamed) continue;
        std::size_t slot = entry.hash & mask_;
        while (slots_[slot].id != unnamed) slot = (slot + 1) & mask_;
        slots_[slot] = entry;
    }
}

FieldId FieldNames::intern(std::string_view name) {
    const std::uint64_t hash = hash_of(name);
    if (const FieldId id = find(name, hash); id != unnamed) return id;
    if (names_.size() * 2 > slots_.size()) grow();
    const auto id = static_cast<FieldId>(names_.size());
    names_.emplace_back(name);
    std::size_t slot = hash & mask_;
    while (slots_[slot].id != unnamed) slot = (slot + 1) & mask_;
    slots_[slot] = {hash, id};
    return id;
}

void Event::add(FieldId field, std::string_view name, std::string_view text, Kind kind) {
    const auto at = static_cast<std::uint32_t>(values_.size() + 1);
    Chain& chain = first_[field];
    if (field != unnamed) {
        if (chain.first == 0)
            chain.first = at;
        else
            values_[chain.last - 1].next = at;
        chain.last = at;
    }
    Value& value = values_.emplace_back();
    value.text = text;
    value.name = name;
    value.field = field;
    value.kind = kind;
}

void Event::alias(FieldId from, FieldId to) {
    if (from == unnamed || to == unnamed || has(to)) return;
    for (std::uint32_t at = first(from); at != 0; at = values_[at - 1].next) {
        const Value value = values_[at - 1];
        add(to, {}, value.text, value.kind);
    }
}

std::string_view Event::lower_all() {
    std::size_t size = 0;
    for (const Value& value : values_) size += value.is_alias() ? 0 : value.text.size() + 1;
    char* const out = arena_.take(size + 1);
    char* to = out;
    for (Value& value : values_) {
        if (value.is_alias()) continue;
        fold_into(value.text, to);
        value.lower = to;
        value.lower_size = static_cast<std::uint32_t>(value.text.size());
        to += value.text.size();
        *to++ = '\0';
    }
    return {out, static_cast<std::size_t>(to - out)};
}

const Value* Event::find(std::string_view name) const {
    for (const Value& value : values_)
        if (value.name == name) return &value;
    return nullptr;
}

void append_json_string(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += '"';
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte >= 0x80) {
            const std::size_t from = at;
            const char32_t c = next_code_point(text, at);
            // A lone byte, a surrogate or a number beyond Unicode is no character.
            if (at - from == 1 || (c >= 0xD800 && c <= 0xDFFF) || c > 0x10FFFF ||
                (at - from == 3 && c < 0x800) || (at - from == 4 && c < 0x10000))
                out += "\xEF\xBF\xBD";
            else
                out.append(text, from, at - from);
            continue;
        }
        ++at;
        switch (byte) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
            if (byte < 0x20 || byte == 0x7F) {
                out += "\\u00";
                out += digits[byte >> 4];
                out += digits[byte & 15];
            } else {
                out += static_cast<char>(byte);
            }
        }
    }
    out += '"';
}

namespace {

// A raw object goes out as it came in, except that bytes which are no UTF-8 are replaced and line
// breaks between its tokens become blanks: one detection is one line.
void append_raw_object(std::string& out, std::string_view raw) {
    if (std::memchr(raw.data(), '\n', raw.size()) == nullptr &&
        std::memchr(raw.data(), '\r', raw.size()) == nullptr &&
        simdjson::validate_utf8(raw.data(), raw.size())) {
        out += raw;
        return;
    }
    for (std::size_t at = 0; at < raw.size();) {
        const auto byte = static_cast<unsigned char>(raw[at]);
        if (byte < 0x80) {
            out += byte == '\n' || byte == '\r' ? ' ' : static_cast<char>(byte);
            ++at;
            continue;
        }
        const std::size_t from = at;
        const char32_t c = next_code_point(raw, at);
        if (at - from == 1 || (c >= 0xD800 && c <= 0xDFFF) || c > 0x10FFFF ||
            (at - from == 3 && c < 0x800) || (at - from == 4 && c < 0x10000))
            out += "\xEF\xBF\xBD";
        else
            out.append(raw, from, at - from);
    }
}

bool is_json_number(std::string_view text) {
    std::size_t at = text.starts_with('-') ? 1 : 0;
    const std::size_t digits = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    if (at == digits || (text[digits] == '0' && at > digits + 1)) return false;
    if (at < text.size() && text[at] == '.') {
        const std::size_t from = ++at;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
        if (at == from) return false;
    }
    return at == text.size();
}

void append_value(std::string& out, const Value& value) {
    if (value.kind == Kind::null)
        out += "null";
    else if (value.kind == Kind::number && is_json_number(value.text))
        out += value.text;
    else if (value.kind == Kind::boolean && (value.text == "true" || value.text == "false"))
        out += value.text;
    else
        append_json_string(out, value.text);
}

}  // namespace

std::string event_json(const Event& event) {
    std::string out;
    append_event_json(out, event);
    return out;
}

void append_event_json(std::string& out, const Event& event) {
    if (event.raw_is_json) return append_raw_object(out, event.raw);
    const std::size_t begun = out.size();
    out += '{';
    const auto& values = event.values();
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i].is_alias()) continue;
        // Values of one list stand next to each other.
        if (i > 0 && values[i - 1].name == values[i].name) continue;
        std::size_t end = i + 1;
        while (end < values.size() && values[end].name == values[i].name) ++end;
        if (out.size() > begun + 1) out += ',';
        append_json_string(out, values[i].name);
        out += ':';
        if (end > i + 1) out += '[';
        for (std::size_t k = i; k < end; ++k) {
            if (k > i) out += ',';
            append_value(out, values[k]);
        }
        if (end > i + 1) out += ']';
    }
    out += '}';
}

}  // namespace noroshi::engines::detect
