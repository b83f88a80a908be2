#include "edge/cli/schema.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "kernel/embedded_data.h"
#include "kernel/json/json.h"

namespace noroshi::edge::cli {

namespace {

namespace bj = boost::json;

constexpr int deepest = 32;

std::optional<double> number_of(const Content& content) {
    if (!content.is_plain()) return std::nullopt;
    const auto text = content.as_text();
    if (!text || text->empty()) return std::nullopt;
    std::string_view digits = *text;
    if (digits.starts_with('+')) digits.remove_prefix(1);
    if (digits.empty() || digits.find_first_not_of("0123456789.-+eE") != std::string_view::npos)
        return std::nullopt;
    double value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size() ||
        !std::isfinite(value))
        return std::nullopt;
    return value;
}

bool is_flag(const Content& content) {
    const auto text = content.as_text();
    return content.is_plain() && text && (*text == "true" || *text == "false");
}

bool is_type(const Content& content, std::string_view type) {
    switch (content.shape()) {
    case Content::Shape::map: return type == "object";
    case Content::Shape::list: return type == "array";
    case Content::Shape::nothing: return type == "null";
    case Content::Shape::text: break;
    }
    if (type == "number") return number_of(content).has_value();
    if (type == "integer") {
        const auto number = number_of(content);
        return number && *number == std::floor(*number);
    }
    if (type == "boolean") return is_flag(content);
    return type == "string" && !number_of(content) && !is_flag(content);
}

std::string in_words(const bj::value& value) {
    return value.is_string() ? std::string(value.as_string()) : bj::serialize(value);
}

// An error and how deep in the file it was found: of several ways to be right, the one that went
// deepest is the one that was meant.
struct Finding {
    Error error;
    int depth = 0;
};
using Checked = std::expected<void, Finding>;

class Checking {
public:
    explicit Checking(const bj::object& schema) : root_(schema) {}

    Checked check(const Content& content, const bj::object& schema, const std::string& name,
                  int depth) const {
        if (depth > deepest) return wrong(content, name, "edge.cli.schema.deep", {}, depth);
        if (const auto* to = schema.if_contains("$ref")) {
            const auto& named = root_.at("$defs").as_object().at(
                std::string_view(to->as_string()).substr(std::string_view("#/$defs/").size()));
            return check(content, named.as_object(), name, depth);
        }
        for (const char* word : {"anyOf", "oneOf"})
            if (const auto* ways = schema.if_contains(word))
                if (auto checked = any_of(content, ways->as_array(), name, depth); !checked)
                    return checked;
        if (const auto* type = schema.if_contains("type"))
            if (auto checked = of_type(content, *type, name, depth); !checked) return checked;
        if (const auto* only = schema.if_contains("const"))
            if (auto checked = one_of(content, {*only}, name, depth); !checked) return checked;
        if (const auto* some = schema.if_contains("enum"))
            if (auto checked = one_of(content, some->as_array(), name, depth); !checked)
                return checked;
        if (auto checked = size(content, schema, name, depth); !checked) return checked;
        if (content.shape() == Content::Shape::map) return map(content, schema, name, depth);
        if (content.shape() == Content::Shape::list && schema.contains("items")) {
            std::size_t at = 0;
            for (const auto& one : content.items()) {
                auto checked = check(one, schema.at("items").as_object(),
                                     name + "[" + std::to_string(at++) + "]", depth + 1);
                if (!checked) return checked;
            }
        }
        return {};
    }

private:
    static Checked wrong(const Content& content, const std::string& name, const char* key,
                         Arguments more, int depth) {
        return std::unexpected(
            Finding{content.wrong(name.empty() ? "$" : name, key, std::move(more)).error(), depth});
    }

    Checked any_of(const Content& content, const bj::array& ways, const std::string& name,
                   int depth) const {
        std::optional<Finding> best;
        std::string allowed;
        bool all_shallow = true;
        for (const auto& way : ways) {
            auto checked = check(content, way.as_object(), name, depth);
            if (checked) return {};
            all_shallow &= checked.error().depth == depth;
            for (const auto& [argument, text] : checked.error().error.arguments)
                if (argument == "allowed" || argument == "type")
                    allowed += (allowed.empty() ? "" : ", ") + text;
            if (!best || checked.error().depth > best->depth) best = std::move(checked.error());
        }
        if (all_shallow && !allowed.empty()) {
            best->error.key = "edge.cli.schema.one_of";
            std::erase_if(best->error.arguments, [](const auto& argument) {
                return argument.first == "allowed" || argument.first == "type";
            });
            best->error.arguments.emplace_back("allowed", allowed);
        }
        return std::unexpected(std::move(*best));
    }

    static Checked of_type(const Content& content, const bj::value& type, const std::string& name,
                           int depth) {
        std::string wanted;
        const auto fits = [&](const bj::value& one) {
            wanted += (wanted.empty() ? "" : ", ") + std::string(one.as_string());
            return is_type(content, one.as_string());
        };
        const bool right =
            type.is_array() ? std::ranges::any_of(type.as_array(), fits) : fits(type);
        if (right) return {};
        return wrong(content, name, "edge.cli.content.wrong_type", {{"type", wanted}}, depth);
    }

    static Checked one_of(const Content& content, const bj::array& allowed, const std::string& name,
                          int depth) {
        const auto text = content.as_text();
        std::string words;
        for (const auto& one : allowed) {
            words += (words.empty() ? "" : ", ") + in_words(one);
            if (!text) continue;
            if (one.is_string() && *text == std::string_view(one.as_string())) return {};
            if (one.is_number() && number_of(content) == one.to_number<double>()) return {};
        }
        // A list of names is as deep as the value; so that "dist: foo" is told as such.
        return wrong(content, name, "edge.cli.schema.one_of", {{"allowed", words}}, depth);
    }

    static Checked size(const Content& content, const bj::object& schema, const std::string& name,
                        int depth) {
        if (const auto number = number_of(content)) {
            if (const auto* least = schema.if_contains("minimum"))
                if (*number < least->to_number<double>())
                    return wrong(content, name, "edge.cli.schema.least",
                                 {{"least", in_words(*least)}}, depth + 1);
            if (const auto* above = schema.if_contains("exclusiveMinimum"))
                if (*number <= above->to_number<double>())
                    return wrong(content, name, "edge.cli.schema.above",
                                 {{"least", in_words(*above)}}, depth + 1);
            if (const auto* most = schema.if_contains("maximum"))
                if (*number > most->to_number<double>())
                    return wrong(content, name, "edge.cli.schema.most", {{"most", in_words(*most)}},
                                 depth + 1);
        }
        if (const auto* least = schema.if_contains("minLength"))
            if (const auto text = content.as_text();
                text && text->size() < least->to_number<std::size_t>())
                return wrong(content, name, "edge.cli.content.missing", {}, depth + 1);
        if (content.shape() == Content::Shape::list) {
            const auto count = content.items().size();
            const auto* least = schema.if_contains("minItems");
            const auto* most = schema.if_contains("maxItems");
            if ((least != nullptr && count < least->to_number<std::size_t>()) ||
                (most != nullptr && count > most->to_number<std::size_t>()))
                return wrong(content, name, "edge.cli.schema.length",
                             {{"length", least != nullptr ? in_words(*least) : in_words(*most)}},
                             depth + 1);
        }
        return {};
    }

    Checked map(const Content& content, const bj::object& schema, const std::string& name,
                int depth) const {
        static const bj::object nothing;
        const auto* listed = schema.if_contains("properties");
        const auto& properties = listed != nullptr ? listed->as_object() : nothing;
        const auto* others = schema.if_contains("additionalProperties");
        std::set<std::string> seen;
        const auto inside = [&](std::string_view field) {
            return name.empty() ? std::string(field) : name + "." + std::string(field);
        };
        // The constant that tells one kind of map from another comes first, and is not deep: of
        // several kinds only the one that was named speaks about the rest.
        const auto* needed = schema.if_contains("required");
        for (const auto& [field, value] : properties) {
            if (!value.is_object() || !value.as_object().contains("const")) continue;
            if (const auto given = content.at(field)) {
                if (auto checked = check(*given, value.as_object(), inside(field), depth); !checked)
                    return checked;
            } else if (needed != nullptr &&
                       std::ranges::find(needed->as_array(), bj::value(field)) !=
                           needed->as_array().end()) {
                return wrong(content, inside(field), "edge.cli.content.missing", {}, depth + 1);
            }
        }
        for (const auto& [field, key, value] : content.members()) {
            if (!seen.insert(field).second)
                return wrong(key, inside(field), "edge.cli.content.twice", {}, depth + 1);
            const bj::object* of = nullptr;
            if (const auto* own = properties.if_contains(field))
                of = &own->as_object();
            else if (others != nullptr && others->is_object())
                of = &others->as_object();
            else if (others != nullptr && others->is_bool() && !others->as_bool())
                return wrong(key, inside(field), "edge.cli.content.unknown", {}, depth + 1);
            if (of == nullptr) continue;
            if (auto checked = check(value, *of, inside(field), depth + 1); !checked)
                return checked;
        }
        if (needed != nullptr)
            for (const auto& field : needed->as_array())
                if (!seen.contains(std::string(field.as_string())))
                    return wrong(content, inside(field.as_string()), "edge.cli.content.missing", {},
                                 depth + 1);
        return {};
    }

    const bj::object& root_;
};

// Refuses words that would silently not be checked.
bool understood(const bj::value& schema) {
    static constexpr std::array known{
        "$ref",      "$defs",    "$schema",     "$id",        "type",     "enum",
        "const",     "anyOf",    "oneOf",       "properties", "required", "additionalProperties",
        "items",     "minItems", "maxItems",    "minimum",    "maximum",  "exclusiveMinimum",
        "minLength", "title",    "description", "default",    "examples"};
    if (!schema.is_object()) return true;
    for (const auto& [word, value] : schema.as_object()) {
        if (std::ranges::find(known, std::string_view(word)) == known.end()) return false;
        if ((word == "properties" || word == "$defs") && value.is_object()) {
            for (const auto& [field, inner] : value.as_object())
                if (!understood(inner)) return false;
        } else if (word == "anyOf" || word == "oneOf") {
            for (const auto& inner : value.as_array())
                if (!understood(inner)) return false;
        } else if (word == "items" || word == "additionalProperties") {
            if (!understood(value)) return false;
        }
    }
    return true;
}

bj::value json_of(const Content& content) {
    switch (content.shape()) {
    case Content::Shape::map: {
        bj::object object;
        for (const auto& [name, key, value] : content.members()) object[name] = json_of(value);
        return object;
    }
    case Content::Shape::list: {
        bj::array array;
        for (const auto& one : content.items()) array.push_back(json_of(one));
        return array;
    }
    case Content::Shape::nothing: return nullptr;
    case Content::Shape::text: break;
    }
    if (const auto number = number_of(content)) return *number;
    const auto text = content.as_text();
    if (is_flag(content)) return *text == "true";
    return bj::string(*text);
}

}  // namespace

Result<bj::value> conforming(const Content& content, std::string_view schema) {
    const std::string path = "schemas/" + std::string(schema) + ".schema.json";
    const auto files = embedded_data();
    const auto found = std::ranges::find(files, std::string_view(path), &EmbeddedFile::path);
    ASSERT(found != files.end());
    const auto parsed = json::parse(found->bytes);
    ASSERT(parsed && parsed->is_object() && understood(*parsed));
    auto checked = Checking(parsed->as_object()).check(content, parsed->as_object(), "", 0);
    if (!checked) return std::unexpected(std::move(checked.error().error));
    return json_of(content);
}

std::unexpected<Error> wrong_at(const Content& content, std::string_view pointer,
                                std::string_view reason) {
    Content place = content;
    std::string name;
    while (!pointer.empty()) {
        pointer.remove_prefix(1);
        const auto step = std::string(pointer.substr(0, pointer.find('/')));
        pointer.remove_prefix(std::min(step.size(), pointer.size()));
        if (place.shape() == Content::Shape::list) {
            std::size_t at = 0;
            std::from_chars(step.data(), step.data() + step.size(), at);
            const auto items = place.items();
            name += "[" + step + "]";
            if (at >= items.size()) break;
            place = items[at];
        } else if (auto inner = place.at(step)) {
            name += (name.empty() ? "" : ".") + step;
            place = *inner;
        } else {
            if (place.shape() == Content::Shape::map) name += (name.empty() ? "" : ".") + step;
            break;
        }
    }
    return place.wrong(name, "edge.cli.schema.refused", {{"reason", std::string(reason)}});
}

}  // namespace noroshi::edge::cli
