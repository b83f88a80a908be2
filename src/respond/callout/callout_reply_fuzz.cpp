// Whatever somebody types: it is an answer within its limits, or none.
#include <cstdint>

#include "kernel/result.h"
#include "respond/callout/callout_reply.h"

using namespace noroshi;
using namespace noroshi::respond::callout;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto reply = read_reply(text);
    for (const char c : bare_number(text)) ASSERT(c >= '0' && c <= '9');
    if (!reply) return 0;
    ASSERT(reply->code.size() < 3);
    if (const auto* within = std::get_if<std::chrono::minutes>(&reply->arrival))
        ASSERT(within->count() >= 0 && within->count() <= 1440);
    if (const auto* at = std::get_if<ClockTime>(&reply->arrival))
        ASSERT(at->hour < 24 && at->minute < 60);
    return 0;
}
