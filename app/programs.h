#pragma once
// The verbs that rooms bring along. Each is declared where it is joined, as the route tables are.

#include <span>
#include <string_view>

#include "edge/cli/program.h"

namespace noroshi::app {

std::span<const edge::cli::Program> programs();
// Null: no such verb.
const edge::cli::Program* find_program(std::string_view name);

}  // namespace noroshi::app
