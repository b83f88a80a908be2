// Whatever is sent to an answer link: a form has one of the three answers and text that is UTF-8,
// and no link opens that was not sealed.
#include <cstdint>

#include "edge/http/target.h"
#include "respond/callout/callout_form.h"
#include "respond/callout/callout_link.h"

using namespace noroshi;
using namespace noroshi::respond::callout;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    if (const auto form = read_form(input)) {
        ASSERT(edge::http::is_utf8(form->substitute) && edge::http::is_utf8(form->note));
        ASSERT(!form->arrival || *form->arrival <= std::chrono::minutes(1440));
        ASSERT(form->substitute.find('\r') == std::string::npos);
    }
    ASSERT(!open_link(input, Key{}));
    return 0;
}
