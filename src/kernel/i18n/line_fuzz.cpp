// A field of a form takes what people paste. Whatever is kept is one line of UTF-8 with no control
// characters, and the same again when it is read again.

#include <cstdint>
#include <string_view>

#include "kernel/i18n/line.h"

namespace noroshi::i18n {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view outside(reinterpret_cast<const char*>(bytes), size);
    if (const auto kept = line(outside, 40, "/name", Empty::allowed)) {
        for (const char c : *kept) ASSERT(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
        ASSERT(length(*kept).value_or(1000) <= 40);
        ASSERT(line(*kept, 40, "/name", Empty::allowed) == *kept);
    }
    ASSERT(trimmed(trimmed(outside)) == trimmed(outside));
    ASSERT(plain(plain(outside)) == plain(outside));
    return 0;
}

}  // namespace noroshi::i18n
