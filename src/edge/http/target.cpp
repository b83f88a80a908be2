#include "edge/http/target.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace noroshi::edge::http {

namespace {

int value_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::unexpected<Error> malformed() {
    return fail(ErrorKind::invalid, "edge.http.malformed_target");
}

// A query value may hold line breaks (a form's textarea), but no NUL.
bool acceptable(std::string_view text) {
    return text.find('\0') == std::string_view::npos && is_utf8(text);
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, Plus plus) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (i + 2 >= text.size()) return {};
            const int high = value_of(text[i + 1]);
            const int low = value_of(text[i + 2]);
            if (high < 0 || low < 0) return {};
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else if (text[i] == '+' && plus == Plus::is_space) {
            out += ' ';
        } else {
            out += text[i];
        }
    }
    return out;
}

bool is_utf8(std::string_view text) {
    const auto* at = reinterpret_cast<const unsigned char*>(text.data());
    const auto* const end = at + text.size();
    while (at < end) {
        if (*at < 0x80) {
            ++at;
            continue;
        }
        int more = 0;
        std::uint32_t code = 0;
        std::uint32_t least = 0;
        if ((*at & 0xe0) == 0xc0) {
            more = 1, code = *at & 0x1f, least = 0x80;
        } else if ((*at & 0xf0) == 0xe0) {
            more = 2, code = *at & 0x0f, least = 0x800;
        } else if ((*at & 0xf8) == 0xf0) {
            more = 3, code = *at & 0x07, least = 0x10000;
        } else {
            return false;
        }
        if (end - at <= more) return false;
        for (int i = 1; i <= more; ++i) {
            if ((at[i] & 0xc0) != 0x80) return false;
            code = code << 6 | (at[i] & 0x3f);
        }
        if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
        at += more + 1;
    }
    return true;
}

Result<Target> parse_target(std::string_view raw) {
    Target target;
    if (raw.starts_with("http://") || raw.starts_with("https://")) {
        raw.remove_prefix(raw.find("//") + 2);
        const auto end = raw.find_first_of("/?");
        target.authority = raw.substr(0, end);
        // User information in a URL is how phishing links look; nobody needs it here.
        if (target.authority.empty() || target.authority.contains('@')) return malformed();
        raw = end == std::string_view::npos ? std::string_view{} : raw.substr(end);
        if (raw.empty()) raw = "/";
        if (raw.front() == '?') return malformed();
    }
    if (raw.empty() || raw.front() != '/' || raw.contains('#')) return malformed();

    const auto question = raw.find('?');
    std::string_view path = raw.substr(0, question);
    target.path.clear();
    target.path.reserve(path.size());
    target.segments.reserve(8);
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        const auto end = std::min(path.find('/'), path.size());
        auto segment = percent_decoded(path.substr(0, end), Plus::stays);
        if (!segment || has_control(*segment) || !is_utf8(*segment)) return malformed();
        if (*segment == "." || *segment == "..") return malformed();
        target.path += '/';
        target.path += *segment;
        target.segments.push_back(std::move(*segment));
        path.remove_prefix(end);
    }

    if (question == std::string_view::npos) return target;
    std::string_view query = raw.substr(question + 1);
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) continue;
        const auto equals = std::min(pair.find('='), pair.size());
        auto name = percent_decoded(pair.substr(0, equals), Plus::is_space);
        auto value =
            percent_decoded(pair.substr(std::min(equals + 1, pair.size())), Plus::is_space);
        if (!name || !value || !acceptable(*name) || !acceptable(*value)) return malformed();
        target.query.emplace_back(std::move(*name), std::move(*value));
    }
    return target;
}

}  // namespace noroshi::edge::http
