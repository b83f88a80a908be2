#include "kernel/json/json.h"

#include <cstdio>

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

void write_string(std::string& out, std::string_view text) {
    out += '"';
    for (char c : text) {
        switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
            if (static_cast<unsigned char>(c) < 0x20) {
                char escaped[8];
                std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
                out += escaped;
            } else {
                out += c;
            }
        }
    }
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
