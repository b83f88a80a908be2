// What strangers send over TCP, in whatever pieces: nothing is lost or doubled but ends of lines, and
// the pieces do not matter to what comes out.

#include <algorithm>

#include "edge/reception/framing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace noroshi::edge::reception;
    constexpr std::size_t longest = 64;
    if (size < 2) return 0;
    const std::size_t step = 1 + data[0];
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    std::string buffer(text), whole;
    auto counted = take_messages(buffer, whole, true, longest);
    if (!buffer.empty()) __builtin_trap();
    if (counted != static_cast<std::size_t>(std::ranges::count(whole, '\n'))) __builtin_trap();
    std::string lines;
    for (std::size_t at = 0; at < text.size(); at += step) {
        buffer += text.substr(at, step);
        take_messages(buffer, lines, false, longest);
        if (buffer.size() > longest + step + 8) __builtin_trap();
    }
    take_messages(buffer, lines, true, longest);
    if (!buffer.empty() || lines != whole) __builtin_trap();
    return 0;
}
