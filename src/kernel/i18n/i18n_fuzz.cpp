// Headers and search words come from outside; arguments of messages too (a file's name, a login).
// None of them may crash, and an argument may never be read as a placeholder of its own.

#include <cstdint>

#include <unicode/utf8.h>

#include "kernel/i18n/embedded.h"
#include "kernel/i18n/i18n.h"

namespace noroshi::i18n {

namespace {

bool is_utf8(std::string_view text) {
    const auto size = static_cast<std::int32_t>(text.size());
    for (std::int32_t at = 0; at < size;) {
        UChar32 c = 0;
        U8_NEXT(text.data(), at, size, c);
        if (c < 0) return false;
    }
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view outside(reinterpret_cast<const char*>(bytes), size);

    const auto language = language_of(outside);
    ASSERT(language == Language::ja || language == Language::en);
    if (const auto code = parse_language(outside)) ASSERT(code_of(*code) == outside);

    // Search compares folded with folded: folding twice must change nothing.
    const auto folded = fold(outside);
    if (is_utf8(outside)) ASSERT(is_utf8(folded) && fold(folded) == folded);

    // The argument stands in the message as it was given, once; nothing in it is filled again.
    const Arguments arguments{{"text", std::string(outside)}, {"evil", "filled twice"}};
    const auto told = text(Language::ja, "kernel.time.malformed", arguments);
    ASSERT(told.find(outside) != std::string::npos);
    ASSERT(outside.find("filled twice") != std::string_view::npos ||
           told.find("filled twice") == std::string::npos);
    // A key that does not exist is shown as it is.
    if (!outside.starts_with("kernel.") && outside.find('.') == std::string_view::npos)
        ASSERT(text(Language::en, outside) == outside);
    return 0;
}

}  // namespace noroshi::i18n
