// Any bytes as a document, a question and a file name: the index loses nothing that is there, and
// a name never leaves its header line.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/i18n/line.h"
#include "kernel/result.h"
#include "respond/incident/incident_attachment.h"
#include "respond/incident/incident_search.h"

namespace noroshi::respond::incident {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::string document = fold_for_search(text);
    PairIndex index;
    index.add(3, "港");
    index.add(7, document);
    const auto found = [&](const std::vector<std::string>& words) {
        return std::ranges::count(index.candidates(words), 7U) == 1;
    };
    // Broken text never gets so far (JSON and addresses are read strictly): it only must not crash.
    const auto half = text.substr(0, size / 2);
    const bool is_text = i18n::length(text) && i18n::length(half);
    for (const auto& word : words_of(document)) ASSERT(found({word}) || !is_text);
    if (const auto words = words_of(half); !words.empty() && contains_all(document, words))
        ASSERT(found(words) || !is_text);

    const auto name = harmless_name(text);
    ASSERT(!name.empty() && harmless_name(name) == name);
    for (const char c : content_disposition(name) + harmless_media_type(text))
        ASSERT(c >= 0x20 && c < 0x7F);
    return 0;
}

}  // namespace noroshi::respond::incident
