#pragma once
// Strict reading of content written by hand in YAML (ports, scenarios): a field that is missing,
// unknown, given twice or of the wrong type is an error that names file, line and field, because
// content is reviewed like code and its mistakes should be as easy to find.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/result.h"

namespace noroshi::edge::cli {

// One place in a content file: a map, a list or a text.
class Content {
public:
    // Errors, here and below: invalid edge.cli.content.{unreadable, malformed, missing, unknown,
    // twice, wrong_type} {file, line, field, …}.
    static Result<Content> parse(std::string_view text, std::string file);
    static Result<Content> read(const std::string& path);

    // That this is a map with no other fields than these, none given twice.
    Result<> only(std::initializer_list<std::string_view> fields) const;

    bool has(std::string_view field) const;
    Result<Content> at(std::string_view field) const;
    Result<std::string> text(std::string_view field) const;
    Result<std::string> text_or(std::string_view field, std::string_view otherwise) const;
    Result<std::int64_t> number(std::string_view field) const;
    Result<std::int64_t> number_or(std::string_view field, std::int64_t otherwise) const;
    Result<bool> flag_or(std::string_view field, bool otherwise) const;
    // Absent: empty.
    Result<std::vector<Content>> list(std::string_view field) const;
    Result<std::vector<std::string>> texts(std::string_view field) const;
    // A map's fields in the order written. Absent: empty.
    Result<std::vector<std::pair<std::string, Content>>> fields(std::string_view field) const;

    // This place itself as a text.
    Result<std::string> as_text() const;
    // This place as JSON: quoted scalars are strings; plain ones numbers, booleans and null where
    // they read as such. Every string goes through `replace` first.
    template <class F>
    Result<std::string> as_json(F&& replace) const {
        return json_of([&](std::string text) -> Result<std::string> { return replace(text); });
    }

    // For whoever walks a whole file (schema.h).
    enum class Shape { map, list, text, nothing };
    struct Member;  // of a map, as written; a name may stand there twice
    Shape shape() const;
    bool is_plain() const;  // a text written without quotes: may be meant as a number
    std::vector<Content> items() const;
    std::vector<Member> members() const;

    // An error about this place.
    std::unexpected<Error> wrong(std::string_view field, std::string key,
                                 Arguments more = {}) const;
    std::size_t line() const;  // from 1

private:
    struct Node;
    using Replace = std::function<Result<std::string>(std::string)>;
    Content(std::shared_ptr<const Node> node, std::shared_ptr<const std::string> file);
    Result<std::string> json_of(const Replace& replace) const;
    Result<std::string> scalar(std::string_view field) const;

    std::shared_ptr<const Node> node_;
    std::shared_ptr<const std::string> file_;
};

struct Content::Member {
    std::string name;
    Content key;
    Content value;
};

}  // namespace noroshi::edge::cli
