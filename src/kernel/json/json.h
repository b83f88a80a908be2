#pragma once
// JSON for structs described with Boost.Describe: requests, answers and the bodies of facts. For
// .cpp files only. Fields are written in the order of declaration, so bytes are stable.
//
//   std::string, bool, integers, double      as in JSON (integers exact to 64 bits)
//   enum described by BOOST_DESCRIBE_ENUM    its enumerator as text; Tlp as its label
//   std::optional<T>                         absent when empty; absent or null when read
//   std::vector<T>, std::map<std::string,T>  array, object
//   Instant                                  RFC 3339 text;   Id<Tag>   text
//   Span                                     whole seconds as a number (name fields …_seconds)
//   Personal                                 plain text in answers, sealed in facts
//   Raw                                      JSON copied as it is
//
// A member called by a word that C++ keeps for itself is written with a trailing underscore, which
// is not part of the JSON name: `operator_` is "operator".
//
// Reading is strict: a missing field without default, an unknown field, a wrong type or a malformed
// value is `invalid` with the JSON pointer of the place. A field of a struct may be absent if its
// type is optional, vector or map, or if the struct names it in
// `static constexpr auto defaulted = std::array{"kind"sv, …}`.

#include <array>
#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <boost/mp11.hpp>

#include "kernel/crypto/keyring.h"
#include "kernel/identity/visibility.h"
#include "kernel/json/as_written.h"
#include "kernel/json/types.h"
#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::json {

// Where in the input we are; turned into a pointer only when something is wrong.
class Path {
public:
    Path() = default;
    Path(const Path& parent, std::string_view name) : parent_(&parent), name_(name) {}
    Path(const Path& parent, std::size_t index) : parent_(&parent), index_(index) {}
    std::string pointer() const;

private:
    const Path* parent_ = nullptr;
    std::string_view name_;
    std::size_t index_ = 0;
};

// Errors, all `invalid`: kernel.json.{malformed, missing, unknown_field, expected, out_of_range,
// not_one_of}.
[[nodiscard]] std::unexpected<Error> missing(const Path& path, std::string_view name);
[[nodiscard]] std::unexpected<Error> unknown_field(const Path& path, std::string_view name);
[[nodiscard]] std::unexpected<Error> expected(const Path& path, std::string_view type);
[[nodiscard]] std::unexpected<Error> not_one_of(const Path& path, std::string_view value,
                                                const std::vector<std::string_view>& allowed);

// Depth at most 32. `text` must be UTF-8.
Result<boost::json::value> parse(std::string_view text);

void write_string(std::string& out, std::string_view text);

// How Personal values are written and read.
struct Sealing {
    const Keyring* keyring = nullptr;  // null: plain text
    Random* random = nullptr;
};
void write_personal(std::string& out, const Personal& personal, const Sealing& sealing);
Result<> read_personal(const boost::json::value& value, Personal& into, const Path& path,
                       const Keyring* keyring);

// ---- writing -------------------------------------------------------------------------------

template <class T>
void write(std::string& out, const T& value, const Sealing& sealing = {}) {
    if constexpr (std::is_same_v<T, bool>) {
        out += value ? "true" : "false";
    } else if constexpr (std::is_same_v<T, Tlp>) {
        write_string(out, label_of(value));
    } else if constexpr (DescribedEnum<T>) {
        write_string(out, name_of(value));
    } else if constexpr (std::integral<T>) {
        out += std::to_string(value);
    } else if constexpr (std::floating_point<T>) {
        out += boost::json::serialize(boost::json::value(static_cast<double>(value)));
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
        write_string(out, value);
    } else if constexpr (std::is_same_v<T, Instant>) {
        write_string(out, format_rfc3339(value));
    } else if constexpr (std::is_same_v<T, Span>) {
        out += std::to_string(std::chrono::duration_cast<std::chrono::seconds>(value).count());
    } else if constexpr (std::is_same_v<T, Personal>) {
        write_personal(out, value, sealing);
    } else if constexpr (std::is_same_v<T, Raw>) {
        out += value.text.empty() ? std::string_view("null") : std::string_view(value.text);
    } else if constexpr (is_id<T>::value) {
        write_string(out, value.text);
    } else if constexpr (is_optional<T>::value) {
        if (value)
            write(out, *value, sealing);
        else
            out += "null";
    } else if constexpr (is_vector<T>::value) {
        out += '[';
        bool first = true;
        for (const auto& item : value) {
            if (!first) out += ',';
            first = false;
            write(out, item, sealing);
        }
        out += ']';
    } else if constexpr (is_map<T>::value) {
        out += '{';
        bool first = true;
        for (const auto& [name, item] : value) {
            if (!first) out += ',';
            first = false;
            write_string(out, name);
            out += ':';
            write(out, item, sealing);
        }
        out += '}';
    } else {
        static_assert(Described<T>, "describe this type with BOOST_DESCRIBE_STRUCT");
        out += '{';
        bool first = true;
        boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
            const auto& field = value.*member.pointer;
            if constexpr (is_optional<std::remove_cvref_t<decltype(field)>>::value) {
                if (!field) return;
            }
            if (!first) out += ',';
            first = false;
            out += '"';
            out += wire_name(member.name);
            out += "\":";
            write(out, field, sealing);
        });
        out += '}';
    }
}

template <class T>
std::string to_text(const T& value) {
    std::string out;
    write(out, value);
    return out;
}

template <class T>
std::string write_fact(const T& body, const Keyring& keyring, Random& random) {
    std::string out;
    write(out, body, Sealing{&keyring, &random});
    return out;
}

template <class T, class F>
void for_each_personal(const T& value, F&& visit) {
    if constexpr (std::is_same_v<T, Personal>) {
        visit(value);
    } else if constexpr (is_optional<T>::value) {
        if (value) for_each_personal(*value, visit);
    } else if constexpr (is_vector<T>::value) {
        for (const auto& item : value) for_each_personal(item, visit);
    } else if constexpr (is_map<T>::value) {
        for (const auto& [name, item] : value) for_each_personal(item, visit);
    } else if constexpr (Described<T> && std::is_class_v<T> && !is_id<T>::value) {
        boost::mp11::mp_for_each<members_of<T>>(
            [&](auto member) { for_each_personal(value.*member.pointer, visit); });
    }
}

// ---- reading -------------------------------------------------------------------------------

template <class T>
Result<> read(const boost::json::value& value, T& into, const Path& path,
              const Keyring* keyring = nullptr) {
    if constexpr (std::is_same_v<T, bool>) {
        if (!value.is_bool()) return expected(path, "boolean");
        into = value.get_bool();
    } else if constexpr (std::is_same_v<T, Tlp>) {
        if (!value.is_string()) return expected(path, "string");
        auto tlp = parse_tlp(value.get_string());
        if (!tlp)
            return not_one_of(
                path, value.get_string(),
                {"TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"});
        into = *tlp;
    } else if constexpr (DescribedEnum<T>) {
        if (!value.is_string()) return expected(path, "string");
        const std::string_view text = value.get_string();
        if (!from_name(text, into)) return not_one_of(path, text, names_of<T>());
    } else if constexpr (std::integral<T>) {
        boost::json::error_code error;
        const T number = value.to_number<T>(error);
        if (!value.is_number() || value.is_double() || error) return expected(path, "integer");
        into = number;
    } else if constexpr (std::floating_point<T>) {
        boost::json::error_code error;
        const T number = value.to_number<T>(error);
        if (error) return expected(path, "number");
        into = number;
    } else if constexpr (std::is_same_v<T, std::string>) {
        if (!value.is_string()) return expected(path, "string");
        const auto& text = value.get_string();
        into.assign(text.data(), text.size());
    } else if constexpr (std::is_same_v<T, Instant>) {
        if (!value.is_string()) return expected(path, "date-time");
        auto at = parse_rfc3339(value.get_string());
        if (!at)
            return invalid("kernel.time.malformed", path.pointer(),
                           {{"text", std::string(value.get_string())}});
        into = *at;
    } else if constexpr (std::is_same_v<T, Span>) {
        boost::json::error_code error;
        const auto seconds = value.to_number<std::int64_t>(error);
        if (error || seconds < -1'000'000'000'000 || seconds > 1'000'000'000'000)
            return expected(path, "integer");
        into = std::chrono::seconds(seconds);
    } else if constexpr (std::is_same_v<T, Personal>) {
        return read_personal(value, into, path, keyring);
    } else if constexpr (std::is_same_v<T, Raw>) {
        into.text = boost::json::serialize(value);
    } else if constexpr (is_id<T>::value) {
        if (!value.is_string() || value.get_string().empty()) return expected(path, "identifier");
        const auto& text = value.get_string();
        into.text.assign(text.data(), text.size());
    } else if constexpr (is_optional<T>::value) {
        if (value.is_null()) {
            into.reset();
        } else {
            into.emplace();
            return read(value, *into, path, keyring);
        }
    } else if constexpr (is_vector<T>::value) {
        if (!value.is_array()) return expected(path, "array");
        const auto& items = value.get_array();
        into.clear();
        into.reserve(items.size());
        for (std::size_t i = 0; i < items.size(); ++i)
            TRY(read(items[i], into.emplace_back(), Path(path, i), keyring));
    } else if constexpr (is_map<T>::value) {
        if (!value.is_object()) return expected(path, "object");
        into.clear();
        for (const auto& item : value.get_object())
            TRY(read(item.value(), into[std::string(item.key())], Path(path, item.key()), keyring));
    } else {
        static_assert(Described<T>, "describe this type with BOOST_DESCRIBE_STRUCT");
        if (!value.is_object()) return expected(path, "object");
        const auto& object = value.get_object();
        std::size_t found = 0;
        Result<> result;
        boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
            if (!result) return;
            auto& field = into.*member.pointer;
            using Field = std::remove_cvref_t<decltype(field)>;
            constexpr std::string_view name = wire_name(member.name);
            const auto* item =
                object.if_contains(boost::json::string_view(name.data(), name.size()));
            if (item == nullptr) {
                constexpr bool may_be_absent =
                    is_optional<Field>::value || is_vector<Field>::value || is_map<Field>::value;
                if (!may_be_absent && !is_defaulted<T>(name)) result = missing(path, name);
                return;
            }
            ++found;
            result = read(*item, field, Path(path, name), keyring);
        });
        TRY(result);
        if (found != object.size()) {
            for (const auto& item : object) {
                bool known = false;
                boost::mp11::mp_for_each<members_of<T>>(
                    [&](auto member) { known = known || item.key() == wire_name(member.name); });
                if (!known) return unknown_field(path, item.key());
            }
        }
    }
    return {};
}

template <class T>
Result<T> from_text(std::string_view text) {
    TRY_LET(auto value, parse(text));
    T into{};
    TRY(read(value, into, Path{}));
    return into;
}

// Bodies of facts: as written by write_fact(), in one pass; in any other form as a tree, in an arena
// that is thrown away at once.
template <class T>
Result<> read_fact_as_tree(std::string_view text, T& into, const Keyring* keyring) {
    std::array<unsigned char, 8192> arena;
    boost::json::monotonic_resource resource(arena.data(), arena.size());
    boost::json::error_code error;
    const auto value =
        boost::json::parse(boost::json::string_view(text.data(), text.size()), error, &resource);
    if (error) return fail(ErrorKind::corrupt, "kernel.json.malformed");
    return read(value, into, Path{}, keyring);
}

template <class T>
Result<> read_fact(std::string_view text, T& into, const Keyring* keyring) {
    as_written::Cursor cursor(text);
    if (as_written::read(cursor, into, keyring) && cursor.is_at_end()) return {};
    into = T{};
    return read_fact_as_tree(text, into, keyring);
}

// ---- JSON Schema (2020-12), for OpenAPI ----------------------------------------------------

// A described struct is named by T::schema_name if it has one, else written in place.
template <class T>
boost::json::value schema() {
    namespace bj = boost::json;
    if constexpr (std::is_same_v<T, bool>) {
        return {{"type", "boolean"}};
    } else if constexpr (std::is_same_v<T, Tlp>) {
        return {{"type", "string"},
                {"enum",
                 bj::array{"TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"}}};
    } else if constexpr (DescribedEnum<T>) {
        bj::array names;
        for (auto name : names_of<T>())
            names.emplace_back(bj::string_view(name.data(), name.size()));
        return {{"type", "string"}, {"enum", std::move(names)}};
    } else if constexpr (std::integral<T> || std::is_same_v<T, Span>) {
        return {{"type", "integer"}};
    } else if constexpr (std::floating_point<T>) {
        return {{"type", "number"}};
    } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, Personal>) {
        return {{"type", "string"}};
    } else if constexpr (std::is_same_v<T, Instant>) {
        return {{"type", "string"}, {"format", "date-time"}};
    } else if constexpr (std::is_same_v<T, Raw>) {
        return bj::object{};
    } else if constexpr (is_id<T>::value) {
        return {{"type", "string"}, {"minLength", 1}};
    } else if constexpr (is_optional<T>::value) {
        return schema<typename T::value_type>();
    } else if constexpr (is_vector<T>::value) {
        return {{"type", "array"}, {"items", schema<typename T::value_type>()}};
    } else if constexpr (is_map<T>::value) {
        return {{"type", "object"}, {"additionalProperties", schema<typename T::mapped_type>()}};
    } else {
        static_assert(Described<T>, "describe this type with BOOST_DESCRIBE_STRUCT");
        bj::object properties;
        bj::array required;
        boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
            using Field = std::remove_cvref_t<decltype(std::declval<T&>().*member.pointer)>;
            constexpr std::string_view name = wire_name(member.name);
            const bj::string_view key(name.data(), name.size());
            properties[key] = schema<Field>();
            if (!is_optional<Field>::value && !is_vector<Field>::value && !is_map<Field>::value &&
                !is_defaulted<T>(name))
                required.emplace_back(key);
        });
        bj::object out{{"type", "object"}, {"properties", std::move(properties)}};
        if (!required.empty()) out["required"] = std::move(required);
        return out;
    }
}

}  // namespace noroshi::json
