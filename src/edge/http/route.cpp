#include "edge/http/route.h"

#include <algorithm>
#include <charconv>

namespace noroshi::edge::http {

namespace {

std::optional<std::string_view> find(const Headers& pairs, std::string_view name) {
    for (const auto& [key, value] : pairs)
        if (key == name) return value;
    return {};
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return number;
}

}  // namespace

std::string_view name_of(Method method) {
    switch (method) {
    case Method::get: return "GET";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::del: return "DELETE";
    }
    return "GET";
}

std::string_view Request::capture(std::string_view name) const {
    return find(captures, name).value_or(std::string_view{});
}

std::optional<std::string_view> Request::parameter(std::string_view name) const {
    return find(query, name);
}

std::optional<std::string_view> Request::header(std::string_view name) const {
    return find(headers, name);
}

Result<std::uint32_t> Request::counted(std::string_view name, std::string unknown) const {
    const auto text = capture(name);
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number == 0)
        return fail(ErrorKind::not_found, std::move(unknown), {{"number", std::string(text)}});
    return number;
}

Result<std::uint64_t> Request::number(std::string_view name, std::uint64_t otherwise,
                                      std::uint64_t low, std::uint64_t high) const {
    const auto text = parameter(name);
    if (!text) return otherwise;
    const auto number = whole_number(*text);
    if (!number || *number < low || *number > high)
        return fail(ErrorKind::invalid, "edge.http.parameter",
                    {{"name", std::string(name)}, {"value", std::string(*text)}});
    return *number;
}

Result<std::optional<std::uint64_t>> Request::if_match() const {
    const auto text = header("if-match");
    if (!text || *text == "*") return std::nullopt;
    if (text->size() >= 3 && text->front() == '"' && text->back() == '"')
        if (auto number = whole_number(text->substr(1, text->size() - 2))) return number;
    return fail(ErrorKind::invalid, "edge.http.if_match", {{"value", std::string(*text)}});
}

namespace detail {

Headers headers_of(std::optional<std::uint64_t> version, const std::string& location,
                   const Headers& more) {
    Headers headers;
    if (version) headers.emplace_back("ETag", "\"" + std::to_string(*version) + "\"");
    if (!location.empty()) headers.emplace_back("Location", location);
    headers.insert(headers.end(), more.begin(), more.end());
    return headers;
}

}  // namespace detail

}  // namespace noroshi::edge::http
