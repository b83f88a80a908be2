// Whatever a form or a telephone sends: answers within their limits, or none.
#include <cstdint>

#include "kernel/result.h"
#include "respond/sweep/sweep_page.h"

using namespace noroshi;
using namespace noroshi::respond::sweep;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    if (const auto digits = read_digits(text)) {
        ASSERT(digits->site >= 1);
        ASSERT(!digits->values.empty() && digits->values.size() <= questions_limit);
    }
    if (const auto form = read_form(text))
        for (const auto& one : form->answers) ASSERT(one.seen.empty() || one.value == Value::yes);
    return 0;
}
