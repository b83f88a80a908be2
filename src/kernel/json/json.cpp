#include "kernel/json/json.h"

#include <cstdint>
#include <cstdio>
#include <cstring>

namespace noroshi::json {

std::string Path::pointer() const {
    if (parent_ == nullptr) return {};
    std::string text = parent_->pointer();
    text += '/';
    if (name_.empty()) return text + std::to_string(index_);
    for (char c : name_) {  // RFC 6901 escapes
        if (c == '~')
            text += "~0";
        else if (c == '/')
            text += "~1";
        else
            text += c;
    }
    return text;
}

std::unexpected<Error> missing(const Path& path, std::string_view name) {
    return invalid("kernel.json.missing", Path(path, name).pointer(),
                   {{"field", std::string(name)}});
}
std::unexpected<Error> unknown_field(const Path& path, std::string_view name) {
    return invalid("kernel.json.unknown_field", Path(path, name).pointer(),
                   {{"field", std::string(name)}});
}
std::unexpected<Error> expected(const Path& path, std::string_view type) {
    return invalid("kernel.json.expected", path.pointer(), {{"type", std::string(type)}});
}
std::unexpected<Error> not_one_of(const Path& path, std::string_view value,
                                  const std::vector<std::string_view>& allowed) {
    std::string list;
    for (auto name : allowed) {
        if (!list.empty()) list += ", ";
        list += name;
    }
    return invalid("kernel.json.not_one_of", path.pointer(),
                   {{"value", std::string(value)}, {"allowed", list}});
}

Result<boost::json::value> parse(std::string_view text) {
    boost::json::parse_options options;
    options.max_depth = 32;
    boost::json::error_code error;
    auto value =
        boost::json::parse(boost::json::string_view(text.data(), text.size()), error, {}, options);
    if (error)
        return fail(ErrorKind::invalid, "kernel.json.malformed", {{"reason", error.message()}});
    return value;
}

namespace {

// Where the next character stands that cannot be written as it is: a quote, a backslash, a control
// character. Eight at a time; a byte's high bit is set where it is below the one subtracted and was
// not set before (S. E. Anderson, "Bit Twiddling Hacks", hasless).
std::size_t next_escape(std::string_view text, std::size_t from) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t highs = 0x8080808080808080;
    const auto below = [](std::uint64_t word, std::uint64_t bound) {
        return (word - ones * bound) & ~word & highs;
    };
    for (; from + 8 <= text.size(); from += 8) {
        std::uint64_t word;
        std::memcpy(&word, text.data() + from, sizeof word);
        if (below(word, 0x20) | below(word ^ (ones * '"'), 1) | below(word ^ (ones * '\\'), 1))
            break;
    }
    for (; from < text.size(); ++from) {
        const char c = text[from];
        if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\') break;
    }
    return from;
}

}  // namespace

void write_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t copied = 0;  // what needs no escape is copied a run at a time
    for (std::size_t i = next_escape(text, 0); i < text.size(); i = next_escape(text, i + 1)) {
        const char c = text[i];
        out.append(text, copied, i - copied);
        copied = i + 1;
        switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default: {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
            out += escaped;
        }
        }
    }
    out.append(text, copied);
    out += '"';
}

void write_personal(std::string& out, const Personal& personal, const Sealing& sealing) {
    if (sealing.keyring == nullptr || personal.of.empty()) {
        write_string(out, personal.text);
        return;
    }
    out += "{\"of\":";
    write_string(out, personal.of.text);
    out += ",\"sealed\":\"";
    out += sealing.keyring->seal(personal.of, personal.text, *sealing.random);
    out += "\"}";
}

Result<> read_personal(const boost::json::value& value, Personal& into, const Path& path,
                       const Keyring* keyring) {
    if (value.is_string()) {
        const auto& text = value.get_string();
        into.text.assign(text.data(), text.size());
        return {};
    }
    const auto* object = value.if_object();
    if (object == nullptr) return expected(path, "string");
    const auto* of = object->if_contains("of");
    const auto* sealed = object->if_contains("sealed");
    if (of == nullptr || sealed == nullptr || !of->is_string() || !sealed->is_string() ||
        keyring == nullptr)
        return expected(path, "string");
    into.of.text.assign(of->get_string().data(), of->get_string().size());
    auto plain = keyring->open(into.of, sealed->get_string());
    into.erased = !plain.has_value();
    into.text = plain.value_or("");
    return {};
}

}  // namespace noroshi::json
