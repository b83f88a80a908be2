#pragma once
// `noroshi serve` and `noroshi demo`: an installation with its server, its couriers and its control
// socket, until a signal asks it to stop.

#include <string>
#include <vector>

#include "app/installation.h"
#include "app/verbs.h"
#include "kernel/result.h"

namespace noroshi::app {

// One line to standard output, at once.
void say(Language language, std::string_view key, const Arguments& arguments);

enum class Mode { serve, demo };

// Configuration from `config_file`, else DIR/config.toml if there is one, else the defaults.
Result<InstallationOptions> options_of(const std::string& dir, const std::string& config_file);

// Prints its addresses before the first request is answered. Returns after SIGTERM or SIGINT.
Result<> serve(Mode mode, const std::string& dir, const std::string& config_file,
               const std::vector<std::string>& listen, const std::string& public_listen,
               Language language, bool open_browser);

// Into a directory without a journal.
Result<Reached> restore(const std::string& dir, const std::string& config_file,
                        const std::string& backup, const std::string& erasures);

}  // namespace noroshi::app
