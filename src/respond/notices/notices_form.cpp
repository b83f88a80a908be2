#include "respond/notices/notices_form.h"

#include <algorithm>
#include <optional>

#include "kernel/i18n/line.h"

namespace noroshi::respond::notices {

namespace {

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] == '%') {
            if (i + 2 >= text.size()) return {};
            const int high = digit_of(text[i + 1]);
            const int low = digit_of(text[i + 2]);
            if (high < 0 || low < 0) return {};
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += text[i];
        }
    }
    if (!i18n::length(out)) return {};
    if (std::ranges::any_of(out, [](char c) {
            const auto byte = static_cast<unsigned char>(c);
            return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7f;
        }))
        return {};
    return out;
}

}  // namespace

Result<Form> Form::read(std::string_view body) {
    const auto malformed = [] { return invalid("respond.notices.form_malformed", ""); };
    if (body.size() > most_bytes) return malformed();
    Form form;
    while (!body.empty()) {
        const auto end = std::min(body.find('&'), body.size());
        const auto pair = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        if (pair.empty()) continue;
        if (form.fields_.size() == most_fields) return malformed();
        const auto equals = std::min(pair.find('='), pair.size());
        auto name = decoded(pair.substr(0, equals));
        auto value = decoded(pair.substr(std::min(equals + 1, pair.size())));
        if (!name || !value) return malformed();
        form.fields_.emplace_back(std::move(*name), std::move(*value));
    }
    return form;
}

std::string_view Form::field(std::string_view name) const {
    const auto found =
        std::ranges::find(fields_, name, &std::pair<std::string, std::string>::first);
    if (found == fields_.end()) return {};
    return i18n::trimmed(found->second);
}

}  // namespace noroshi::respond::notices
