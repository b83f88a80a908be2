// noroshi-agent: runs at a member, reads its logs and sends them to the port's centre.

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdlib>

#include "edge/agent/agent.h"
#include "kernel/i18n/i18n.h"

namespace {

std::atomic<bool> stop{false};

noroshi::Language terminal_language() {
    for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0')
            return std::string_view(value).starts_with("ja") ? noroshi::Language::ja
                                                             : noroshi::Language::en;
    return noroshi::Language::en;
}

int complain(const noroshi::Error& error) {
    fmt::print(stderr, "noroshi-agent: {}\n", noroshi::i18n::text(terminal_language(), error));
    return noroshi::exit_code_of(error.kind);
}

}  // namespace

int main(int argc, char** argv) {
    using namespace noroshi::edge::agent;
    CLI::App cli{"Noroshi's agent: reads a member's logs and sends them to the port's centre"};
    cli.set_version_flag("--version", std::string("noroshi-agent ") + NOROSHI_VERSION);
    std::string path, token;
    bool once = false;
    cli.add_option("--config", path, "TOML file, see docs/formats/agent.md")->required();
    cli.add_option("--reveal", token, "print what is behind a replaced name or address, and end");
    cli.add_flag("--once", once, "read and send what is there now, and end");
    CLI11_PARSE(cli, argc, argv);

    auto config = read_config(path);
    if (!config) return complain(config.error());
    if (!token.empty()) {
        const auto plain = reveal(*config, token);
        if (!plain) return complain(plain.error());
        fmt::print("{}\n", *plain);
        return 0;
    }
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    for (const int signal : {SIGTERM, SIGINT}) std::signal(signal, [](int) { stop = true; });
    const auto centre = http_centre(*config);
    auto agent = Agent::open(std::move(*config));
    if (!agent) return complain(agent.error());
    if (once) {
        for (;;) {
            const auto before = (*agent)->counts_of_all().read;
            (*agent)->take(std::chrono::milliseconds{200});
            for (;;) {
                const auto sent = (*agent)->send(*centre);
                if (!sent) return complain(sent.error());
                if (!*sent) break;
            }
            if ((*agent)->counts_of_all().read == before) return 0;
        }
    }
    (*agent)->run(*centre, stop, [](const noroshi::Error& error) { complain(error); });
    return 0;
}
