#pragma once
// What tells one build of this program from another, for what a build keeps on disk for itself only
// (rules as they were read): version, size and time of the executable. Of no use to anybody else.

#include <string>

namespace noroshi::edge::cli {

std::string build_mark();

}  // namespace noroshi::edge::cli
