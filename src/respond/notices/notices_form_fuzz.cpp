// What anybody may send to the public listener: forms, links and addresses.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernel/i18n/line.h"
#include "respond/notices/notices.h"
#include "respond/notices/notices_form.h"
#include "respond/notices/notices_providers.h"
#include "respond/notices/notices_site.h"
#include "respond/notices/notices_subscribers.h"

using namespace noroshi;
using namespace noroshi::respond::notices;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (const auto form = Form::read(input)) {
        ASSERT(form->size() <= Form::most_fields);
        const auto email = form->field("email");
        ASSERT(i18n::length(email).has_value());
        if (is_address(email)) {
            // What is taken for an address cannot carry a second header or recipient.
            ASSERT(email.find_first_of("\r\n,;<> ") == std::string_view::npos);
            ASSERT(email.size() <= 254);
        }
        const auto shown = escaped(email);
        ASSERT(shown.find_first_of("<>\"'") == std::string::npos);
    }
    if (const auto report = read_report_form(input, Instant{})) {
        ASSERT(report->roads.size() <= known_roads_limit);
        for (const auto& road : report->roads)
            ASSERT(!road.name.empty() && road.queue_metres.value_or(0) <= 999'999);
    }
    const Key key{};
    ASSERT(!open_asked(input, key) || input.size() > 16);
    ASSERT(!open_subscriber(input, key) || input.size() > 16);
    ASSERT(!open_report_link(input, key) || input.size() > 16);
    (void)is_language_tag(input);
    return 0;
}
