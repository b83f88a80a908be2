#include "respond/callout/callout_link.h"

#include <array>
#include <cstdint>

#include "kernel/crypto/hash.h"

namespace noroshi::respond::callout {

namespace {
constexpr std::string_view purpose = "callout_answer";
}

std::string seal_link(const Link& link, const Key& installation_key, Random& random) {
    // Text, not JSON: the shorter the link, the fewer mail programs break it.
    const std::string plain = link.callout.text + "/" + link.person.text + "/" +
                              std::to_string(link.expires.time_since_epoch().count() / 1'000'000);
    return to_base64url(seal_with(installation_key, plain, purpose, random));
}

std::optional<Link> open_link(std::string_view sealed, const Key& installation_key) {
    if (sealed.size() > 512) return {};
    const auto bytes = from_base64url(sealed);
    if (!bytes) return {};
    const auto plain = open_with(installation_key, *bytes, purpose);
    if (!plain) return {};
    const auto first = plain->find('/');
    const auto second = plain->find('/', first + 1);
    if (first == std::string::npos || second == std::string::npos) return {};
    std::int64_t seconds = 0;
    for (char c : std::string_view(*plain).substr(second + 1)) {
        if (c < '0' || c > '9' || seconds > 1'000'000'000'000) return {};
        seconds = seconds * 10 + (c - '0');
    }
    return Link{CalloutId{plain->substr(0, first)},
                PersonId{plain->substr(first + 1, second - first - 1)},
                Instant{std::chrono::seconds(seconds)}};
}

}  // namespace noroshi::respond::callout
