#pragma once
// A verb of the one binary that needs no data directory of this process: an engine at the command
// line (`noroshi simulate`, `noroshi detect`). A room's x_cli.cpp defines it, app/programs.cpp lists
// it. It reads its own arguments (CLI11, in that one file), writes results to standard output and
// complaints to standard error, and returns the exit code (kernel/result.h, exit_code_of).

#include <span>
#include <string>
#include <string_view>

#include "kernel/i18n/i18n.h"

namespace noroshi::edge::cli {

struct Program {
    std::string_view name;     // the first word: "simulate"
    std::string_view summary;  // one English line for --help
    // arguments: what follows the name. language: the reader's at this terminal.
    int (*run)(std::span<const std::string> arguments, Language language);
};

}  // namespace noroshi::edge::cli
