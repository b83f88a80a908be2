#include "edge/courier/rest.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace noroshi::edge::courier {

bool Rest::is_wanted(const std::string& service) const {
    std::lock_guard lock(guard_);
    const auto found = until_.find(service);
    return found != until_.end() && clock_.now() < found->second;
}

void Rest::hear(const std::string& service, const HttpAnswer& answer) {
    if (answer.status != 429 && answer.status != 503) return;
    std::optional<std::chrono::seconds> asked;
    for (const auto& [name, value] : answer.headers) {
        if (name != "retry-after") continue;
        std::uint32_t seconds = 0;
        const auto [end, error] =
            std::from_chars(value.data(), value.data() + value.size(), seconds);
        // Also "1.5", as some say it; a date is not understood, and is a short rest.
        if (error == std::errc{}) asked = std::chrono::seconds(seconds);
        if (error == std::errc::result_out_of_range) asked = longest;
    }
    if (!asked && answer.status == 429) asked = unsaid;
    if (!asked) return;
    std::lock_guard lock(guard_);
    until_[service] =
        clock_.now() + std::min<std::chrono::seconds>(*asked, std::chrono::seconds(longest));
}

}  // namespace noroshi::edge::courier
