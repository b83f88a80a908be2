#include "edge/reception/framing.h"

#include <fmt/format.h>
#include <algorithm>

#include "kernel/crypto/hash.h"

namespace noroshi::edge::reception {

namespace {
constexpr std::size_t longest_count = 8;  // digits and the blank behind them
}

std::size_t add_line(std::string& lines, std::string_view message) {
    while (!message.empty() &&
           (message.back() == '\n' || message.back() == '\r' || message.back() == '\0'))
        message.remove_suffix(1);
    if (message.empty()) return 0;
    const auto from = lines.size();
    lines += message;
    std::ranges::replace_if(
        lines.begin() + static_cast<std::ptrdiff_t>(from), lines.end(),
        [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, ' ');
    lines.push_back('\n');
    return 1;
}

std::size_t take_messages(std::string& buffer, std::string& lines, bool at_end,
                          std::size_t longest) {
    std::size_t from = 0;
    std::size_t added = 0;
    while (from < buffer.size()) {
        const std::string_view rest = std::string_view(buffer).substr(from);
        if (rest.front() >= '1' && rest.front() <= '9') {
            const auto head = rest.substr(0, longest_count);
            const auto blank = head.find(' ');
            bool counted = blank != std::string_view::npos;
            std::size_t length = 0;
            for (std::size_t i = 0; i < (counted ? blank : head.size()); ++i) {
                if (rest[i] < '0' || rest[i] > '9') {
                    counted = false;
                    length = longest + 1;
                    break;
                }
                length = length * 10 + static_cast<std::size_t>(rest[i] - '0');
            }
            // Only digits so far: a length of which the rest is still under way.
            if (!counted && blank == std::string_view::npos && length <= longest &&
                head.size() < longest_count && !at_end)
                break;
            if (counted && length <= longest) {
                if (rest.size() < blank + 1 + length && !at_end) break;
                added += add_line(lines, rest.substr(blank + 1, length));
                from += std::min(blank + 1 + length, rest.size());
                continue;
            }
        }
        const auto end = rest.find('\n');
        if (end == std::string_view::npos || end > longest) {
            if (end == std::string_view::npos && rest.size() < longest && !at_end) break;
            added += add_line(lines, rest.substr(0, longest));
            from += std::min(rest.size(), longest);
            continue;
        }
        added += add_line(lines, rest.substr(0, end));
        from += end + 1;
    }
    buffer.erase(0, from);
    return added;
}

std::string datagram_line(std::string_view exporter, std::string_view datagram) {
    return fmt::format(R"({{"exporter":"{}","datagram":"{}"}})", exporter, to_base64url(datagram));
}

}  // namespace noroshi::edge::reception
