// Times arrive from every client, and a time that is read wrongly puts a line at the wrong place of
// the chronology. What is read must be told again as the same instant, in the four digits of a year.

#include <cstdint>

#include "kernel/time/time.h"

namespace noroshi {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto at = parse_rfc3339(text);
    if (!at) {
        ASSERT(at.error().kind == ErrorKind::invalid);
        ASSERT(at.error().key == "kernel.time.malformed");
        return 0;
    }
    const auto told = format_rfc3339(*at);
    const auto again = parse_rfc3339(told);
    ASSERT(again && *again == *at);
    ASSERT(format_rfc3339(*again) == told);
    ASSERT(!format_for_people(*at, "Asia/Tokyo", Language::ja).empty());
    ASSERT(!format_rfc5322(*at, "Asia/Tokyo").empty());
    ASSERT(format_clock(*at, "Asia/Tokyo").size() >= 5);
    return 0;
}

}  // namespace noroshi
