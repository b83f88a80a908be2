#pragma once
// YAML of rules: a document as a small tree of plain values. libyaml (YAML 1.1) rather than
// yaml-cpp, because thirty thousand lines of rules are read at every start: it takes a tenth of the
// time. Anchors are followed; a tree that would grow beyond its source by anchors is refused.

#include <string>
#include <string_view>
#include <vector>

namespace noroshi::engines::detect {

struct Yaml {
    enum class Type { null, scalar, list, map };

    Type type = Type::null;
    bool quoted = false;  // a quoted scalar is text, whatever it looks like
    int line = 0;         // from 1
    std::string text;
    std::vector<Yaml> items;  // of a list
    struct Member;
    std::vector<Member> members;  // of a map, in the order of the source

    Yaml();
    ~Yaml();
    Yaml(const Yaml&);
    Yaml(Yaml&&) noexcept;
    Yaml& operator=(const Yaml&);
    Yaml& operator=(Yaml&&) noexcept;

    bool is_null() const { return type == Type::null; }
    bool is_scalar() const { return type == Type::scalar; }
    bool is_list() const { return type == Type::list; }
    bool is_map() const { return type == Type::map; }
    const Yaml* find(std::string_view key) const;          // of a map; the first of that name
    std::string_view text_of(std::string_view key) const;  // empty if absent or no scalar
};

struct Yaml::Member {
    std::string name;
    Yaml value;
};

struct YamlFile {
    std::vector<Yaml> documents;
    std::string error;  // empty if it was read; the documents before the error are kept
    int error_line = 0;
};

YamlFile read_yaml(std::string_view text);

}  // namespace noroshi::engines::detect
