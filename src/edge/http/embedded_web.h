#pragma once
// The web client as files inside the binary: what Vite wrote into its output folder.
//
// `noroshi` carries the bundle; every other program (noroshi-openapi, the tests) is linked with an
// empty table, so that the client can be built from what they print. Constant, valid for the life
// of the program, safe from any thread.

#include <span>
#include <string_view>

namespace noroshi::web {

struct EmbeddedFile {
    std::string_view path;  // as in the URL, without the leading slash: "assets/index-4f1a.js"
    std::string_view bytes;
};

// Sorted by path. Empty where no bundle was linked.
std::span<const EmbeddedFile> embedded_files();

}  // namespace noroshi::web
