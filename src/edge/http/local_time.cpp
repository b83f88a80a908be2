#include "edge/http/local_time.h"

#include <algorithm>
#include <array>

namespace noroshi::edge::http {

Error in_local_time(Error error, Language language, std::string_view zone) {
    constexpr std::array<std::string_view, 6> moments = {"time", "from", "until",
                                                         "due",  "at",   "last"};
    for (auto& [name, value] : error.arguments) {
        if (std::ranges::find(moments, name) == moments.end()) continue;
        if (const auto at = parse_rfc3339(value); at && format_rfc3339(*at) == value)
            value = format_for_people(*at, zone, language);
    }
    return error;
}

}  // namespace noroshi::edge::http
