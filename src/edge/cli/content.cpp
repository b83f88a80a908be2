#include "edge/cli/content.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <set>

#include <yaml-cpp/yaml.h>

#include "kernel/json/json.h"

namespace noroshi::edge::cli {

struct Content::Node {
    YAML::Node yaml;
};

namespace {

std::string describe_line(const YAML::Mark& mark) { return std::to_string(mark.line + 1); }

bool is_number(std::string_view text) {
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc{} && read.ptr == text.data() + text.size() && !text.empty() &&
           text.find_first_not_of("0123456789.-") == std::string_view::npos;
}

}  // namespace

Content::Content(std::shared_ptr<const Node> node, std::shared_ptr<const std::string> file)
    : node_(std::move(node)), file_(std::move(file)) {}

Result<Content> Content::parse(std::string_view text, std::string file) {
    auto name = std::make_shared<const std::string>(std::move(file));
    try {
        return Content(std::make_shared<const Node>(Node{YAML::Load(std::string(text))}), name);
    } catch (const YAML::Exception& thrown) {
        return fail(
            ErrorKind::invalid, "edge.cli.content.malformed",
            {{"file", *name}, {"line", describe_line(thrown.mark)}, {"reason", thrown.msg}});
    }
}

Result<Content> Content::read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorKind::not_found, "edge.cli.content.unreadable", {{"file", path}});
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return parse(text, path);
}

std::size_t Content::line() const {
    const auto mark = node_->yaml.Mark();
    return static_cast<std::size_t>(std::max(mark.line, 0)) + 1;
}

std::unexpected<Error> Content::wrong(std::string_view field, std::string key,
                                      Arguments more) const {
    Arguments arguments{
        {"file", *file_}, {"line", std::to_string(line())}, {"field", std::string(field)}};
    for (auto& one : more) arguments.push_back(std::move(one));
    return fail(ErrorKind::invalid, std::move(key), std::move(arguments));
}

Result<> Content::only(std::initializer_list<std::string_view> fields) const {
    if (!node_->yaml.IsMap()) return wrong("", "edge.cli.content.wrong_type", {{"type", "map"}});
    std::set<std::string> seen;
    for (const auto& one : node_->yaml) {
        const std::string name = one.first.Scalar();
        const Content place(std::make_shared<const Node>(Node{one.first}), file_);
        if (std::ranges::find(fields, std::string_view(name)) == fields.end())
            return place.wrong(name, "edge.cli.content.unknown");
        if (!seen.insert(name).second) return place.wrong(name, "edge.cli.content.twice");
    }
    return {};
}

bool Content::has(std::string_view field) const {
    return node_->yaml.IsMap() && node_->yaml[std::string(field)].IsDefined();
}

Result<Content> Content::at(std::string_view field) const {
    if (!has(field)) return wrong(field, "edge.cli.content.missing");
    return Content(std::make_shared<const Node>(Node{node_->yaml[std::string(field)]}), file_);
}

Result<std::string> Content::as_text() const {
    if (!node_->yaml.IsScalar())
        return wrong("", "edge.cli.content.wrong_type", {{"type", "text"}});
    return node_->yaml.Scalar();
}

Result<std::string> Content::scalar(std::string_view field) const {
    TRY_LET(const auto place, at(field));
    if (!place.node_->yaml.IsScalar())
        return place.wrong(field, "edge.cli.content.wrong_type", {{"type", "text"}});
    return place.node_->yaml.Scalar();
}

Result<std::string> Content::text(std::string_view field) const {
    TRY_LET(auto text, scalar(field));
    if (text.empty()) return at(field)->wrong(field, "edge.cli.content.missing");
    return text;
}

Result<std::string> Content::text_or(std::string_view field, std::string_view otherwise) const {
    if (!has(field)) return std::string(otherwise);
    return scalar(field);
}

Result<std::int64_t> Content::number(std::string_view field) const {
    TRY_LET(const auto text, scalar(field));
    std::int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size())
        return at(field)->wrong(field, "edge.cli.content.wrong_type", {{"type", "whole number"}});
    return value;
}

Result<std::int64_t> Content::number_or(std::string_view field, std::int64_t otherwise) const {
    if (!has(field)) return otherwise;
    return number(field);
}

Result<bool> Content::flag_or(std::string_view field, bool otherwise) const {
    if (!has(field)) return otherwise;
    TRY_LET(const auto text, scalar(field));
    if (text == "true") return true;
    if (text == "false") return false;
    return at(field)->wrong(field, "edge.cli.content.wrong_type", {{"type", "true or false"}});
}

Result<std::vector<Content>> Content::list(std::string_view field) const {
    std::vector<Content> items;
    if (!has(field)) return items;
    TRY_LET(const auto place, at(field));
    if (!place.node_->yaml.IsSequence())
        return place.wrong(field, "edge.cli.content.wrong_type", {{"type", "list"}});
    for (const auto& one : place.node_->yaml)
        items.push_back(Content(std::make_shared<const Node>(Node{one}), file_));
    return items;
}

Result<std::vector<std::string>> Content::texts(std::string_view field) const {
    TRY_LET(const auto items, list(field));
    std::vector<std::string> texts;
    for (const auto& one : items) {
        if (!one.node_->yaml.IsScalar())
            return one.wrong(field, "edge.cli.content.wrong_type", {{"type", "text"}});
        texts.push_back(one.node_->yaml.Scalar());
    }
    return texts;
}

Result<std::vector<std::pair<std::string, Content>>> Content::fields(std::string_view field) const {
    std::vector<std::pair<std::string, Content>> out;
    if (!has(field)) return out;
    TRY_LET(const auto place, at(field));
    if (!place.node_->yaml.IsMap())
        return place.wrong(field, "edge.cli.content.wrong_type", {{"type", "map"}});
    std::set<std::string> seen;
    for (const auto& one : place.node_->yaml) {
        const std::string name = one.first.Scalar();
        const Content key(std::make_shared<const Node>(Node{one.first}), file_);
        if (!seen.insert(name).second) return key.wrong(name, "edge.cli.content.twice");
        out.emplace_back(name, Content(std::make_shared<const Node>(Node{one.second}), file_));
    }
    return out;
}

Content::Shape Content::shape() const {
    if (node_->yaml.IsMap()) return Shape::map;
    if (node_->yaml.IsSequence()) return Shape::list;
    return node_->yaml.IsScalar() ? Shape::text : Shape::nothing;
}

bool Content::is_plain() const { return node_->yaml.IsScalar() && node_->yaml.Tag() == "?"; }

std::vector<Content> Content::items() const {
    std::vector<Content> items;
    if (node_->yaml.IsSequence())
        for (const auto& one : node_->yaml)
            items.push_back(Content(std::make_shared<const Node>(Node{one}), file_));
    return items;
}

std::vector<Content::Member> Content::members() const {
    std::vector<Member> members;
    if (node_->yaml.IsMap())
        for (const auto& one : node_->yaml)
            members.push_back({one.first.IsScalar() ? one.first.Scalar() : std::string(),
                               Content(std::make_shared<const Node>(Node{one.first}), file_),
                               Content(std::make_shared<const Node>(Node{one.second}), file_)});
    return members;
}

Result<std::string> Content::json_of(const Replace& replace) const {
    const auto& yaml = node_->yaml;
    std::string out;
    if (yaml.IsNull()) return std::string("null");
    if (yaml.IsScalar()) {
        const std::string& text = yaml.Scalar();
        const bool plain = yaml.Tag() == "?";
        if (plain && (text == "true" || text == "false" || is_number(text))) return text;
        TRY_LET(const auto replaced, replace(text));
        json::write_string(out, replaced);
    } else if (yaml.IsSequence()) {
        out += '[';
        for (const auto& one : yaml) {
            if (out.size() > 1) out += ',';
            TRY_LET(const auto item,
                    Content(std::make_shared<const Node>(Node{one}), file_).json_of(replace));
            out += item;
        }
        out += ']';
    } else {
        out += '{';
        for (const auto& one : yaml) {
            if (out.size() > 1) out += ',';
            json::write_string(out, one.first.Scalar());
            out += ':';
            TRY_LET(
                const auto item,
                Content(std::make_shared<const Node>(Node{one.second}), file_).json_of(replace));
            out += item;
        }
        out += '}';
    }
    return out;
}

}  // namespace noroshi::edge::cli
