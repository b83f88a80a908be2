// Forms as a stranger posts them: what is read is text without control characters, and a token that
// was not sealed here is none.

#include <cstdint>
#include <string_view>

#include "edge/http/plain.h"
#include "edge/http/target.h"
#include "kernel/i18n/html.h"

namespace noroshi::edge::http {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body{reinterpret_cast<const char*>(data), size};
    if (plain::is_form_token(Key{}, body, "session", Instant{})) __builtin_trap();
    const auto form = plain::read_form(body);
    if (!form) return 0;
    for (const auto& [name, value] : *form) {
        if (!is_utf8(name) || !is_utf8(value)) __builtin_trap();
        for (const char c : value)
            if (static_cast<unsigned char>(c) < 0x20 && c != '\n') __builtin_trap();
        if (i18n::escape_html(value).find_first_of("<>\"'") != std::string::npos) __builtin_trap();
    }
    return 0;
}

}  // namespace noroshi::edge::http
