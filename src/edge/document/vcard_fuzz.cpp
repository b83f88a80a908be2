// Somebody's address book. Whatever the bytes are: UTF-8, within the limits, and no card twice.
#include <cstdint>

#include "edge/document/vcard.h"
#include "kernel/i18n/line.h"

using namespace noroshi;
using namespace noroshi::edge::document;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    const Limits limits{.bytes = 1U << 20, .rows = 100, .columns = 20};
    const auto read = read_vcards(input, limits);
    if (!read) return 0;
    ASSERT(read->cards.size() <= limits.rows);
    std::size_t last = 0;
    for (const auto& card : read->cards) {
        ASSERT(card.line > last);
        last = card.line;
        for (const auto& text :
             {card.name, card.kana, card.organisation, card.department, card.title, card.language})
            ASSERT(i18n::length(text));
        ASSERT(card.emails.size() + card.phones.size() <= limits.columns);
        for (const auto& phone : card.phones) ASSERT(!phone.number.empty());
    }
    return 0;
}
