#pragma once
// Content that travels inside the binary: the files of data/ports, data/scenarios and
// data/procedures. Written at build time (cmake/embed.cmake), constant, valid for the life of the
// program, safe from any thread.

#include <span>
#include <string_view>

namespace noroshi {

struct EmbeddedFile {
    std::string_view path;  // from data/: "scenarios/nagoya-2023.yaml"
    std::string_view bytes;
};

// Sorted by path.
std::span<const EmbeddedFile> embedded_data();

}  // namespace noroshi
