#pragma once
// What the JSON layer asks of a type: is it described, is it an id, may its field be absent. Parts
// of json.h, which says how each type reads and writes.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include "kernel/identity/id.h"
#include "kernel/identity/visibility.h"

namespace noroshi::json {

struct Raw {
    std::string text;
};

template <class T>
concept Described = boost::describe::has_describe_members<T>::value && !std::is_union_v<T>;
template <class T>
concept DescribedEnum = boost::describe::has_describe_enumerators<T>::value;

template <class T>
struct is_id : std::false_type {};
template <class Tag>
struct is_id<Id<Tag>> : std::true_type {};
template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};
template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};
template <class T>
struct is_map : std::false_type {};
template <class T>
struct is_map<std::map<std::string, T>> : std::true_type {};

template <class T>
using members_of = boost::describe::describe_members<T, boost::describe::mod_public |
                                                            boost::describe::mod_inherited>;

// The name of a member in JSON.
constexpr std::string_view wire_name(std::string_view member) {
    if (member.ends_with('_')) member.remove_suffix(1);
    return member;
}

template <class T>
constexpr bool is_defaulted(std::string_view name) {
    if constexpr (requires { T::defaulted; }) {
        for (std::string_view defaulted : T::defaulted)
            if (defaulted == name) return true;
    }
    return false;
}

template <DescribedEnum E>
std::string_view name_of(E value) {
    if constexpr (std::is_same_v<E, Tlp>) return label_of(value);
    return boost::describe::enum_to_string(value, "");
}

template <DescribedEnum E>
std::vector<std::string_view> names_of() {
    std::vector<std::string_view> names;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>(
        [&](auto described) { names.push_back(described.name); });
    return names;
}

template <DescribedEnum E>
bool from_name(std::string_view name, E& into) {
    bool found = false;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto described) {
        if (name != described.name) return;
        into = described.value;
        found = true;
    });
    return found;
}

}  // namespace noroshi::json
