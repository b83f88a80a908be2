#include "prepare/contacts/contacts_link.h"

#include <array>
#include <charconv>
#include <cstdint>

#include "kernel/crypto/hash.h"

namespace noroshi::prepare::contacts {

namespace {

constexpr std::string_view purpose = "contacts_confirmation";

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number out{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return out;
}

}  // namespace

std::string seal_link(const Link& link, const Key& installation_key, Random& random) {
    const auto plain =
        link.person.text + "/" + (link.edition ? std::to_string(*link.edition) : "") + "/" +
        link.organisation.text + "/" +
        std::to_string(
            std::chrono::floor<std::chrono::seconds>(link.expires).time_since_epoch().count());
    return to_base64url(seal_with(installation_key, plain, purpose, random));
}

std::optional<Link> open_link(std::string_view sealed, const Key& installation_key) {
    if (sealed.size() > 512) return {};
    const auto bytes = from_base64url(sealed);
    if (!bytes) return {};
    const auto plain = open_with(installation_key, *bytes, purpose);
    if (!plain) return {};
    std::array<std::string_view, 4> parts;
    std::string_view rest = *plain;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto slash = rest.find('/');
        if ((slash == std::string_view::npos) != (i + 1 == parts.size())) return {};
        parts[i] = rest.substr(0, slash);
        if (slash != std::string_view::npos) rest.remove_prefix(slash + 1);
    }
    Link out;
    out.person.text = parts[0];
    if (!parts[1].empty()) {
        out.edition = number<int>(parts[1]);
        if (!out.edition) return {};
    }
    out.organisation.text = parts[2];
    const auto expires = number<std::int64_t>(parts[3]);
    if (!expires || *expires < 0 || *expires > 100'000'000'000) return {};
    out.expires = Instant{std::chrono::seconds(*expires)};
    return out;
}

}  // namespace noroshi::prepare::contacts
