#pragma once
// The message catalogues that travel inside the binary: every *.ja.json and *.en.json under src/.
//
// The table is written at build time (cmake/embed.cmake) and is the same in every program. It is
// constant: any thread may read it at any time, and the views stay valid for the life of the
// program.

#include <span>
#include <string_view>

namespace noroshi::i18n {

struct EmbeddedCatalogue {
    std::string_view room;      // the prefix of its keys: "respond.incident", "edge.http"
    std::string_view language;  // "ja" or "en"
    std::string_view json;      // one object: key → text
};

// Sorted by path, hence by room, then language.
std::span<const EmbeddedCatalogue> embedded_catalogues();

}  // namespace noroshi::i18n
