// noroshi: the one program. `serve` and `demo` hold a data directory; the other verbs ask whoever
// holds it over its control socket, or open it themselves.

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "app/bundle.h"
#include "app/programs.h"
#include "app/serving.h"
#include "app/verbs.h"
#include "edge/cli/control.h"
#include "edge/cli/data_dir.h"
#include "edge/cli/doctor.h"
#include "edge/cli/replay.h"
#include "edge/document/integrity.h"
#include "kernel/i18n/i18n.h"
#include "kernel/json/json.h"

namespace noroshi::app {
namespace {

// The reader's language at a terminal.
Language terminal_language() {
    for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0')
            return std::string_view(value).starts_with("ja") ? Language::ja : Language::en;
    return Language::en;
}

int complain(const Error& error) {
    std::fflush(stdout);
    fmt::print(stderr, "noroshi: {}\n", i18n::text(terminal_language(), error));
    return exit_code_of(error.kind);
}

// Through the server that holds the directory, else by opening it here.
template <class In, class Out>
Result<Out> ask(const std::string& dir, const std::string& config_file, const char* name,
                const In& request, Result<Out> (*verb)(Installation&, const In&)) {
    if (!edge::cli::is_data_dir(dir))
        return fail(ErrorKind::not_found, "edge.cli.not_noroshi", {{"dir", dir}});
    auto answer = edge::cli::call(dir, name, json::to_text(request));
    if (answer) return json::from_text<Out>(*answer);
    if (answer.error().key != edge::cli::nobody_answers) return std::unexpected(answer.error());
    TRY_LET(auto options, options_of(dir, config_file));
    TRY_LET(auto installation, Installation::open(std::move(options)));
    return verb(*installation, request);
}

Arguments arguments_of(const Reached& reached) {
    return {{"facts", std::to_string(reached.facts)}, {"head", reached.head}};
}

int run(int argc, char** argv) {
    if (argc > 1)
        if (const auto* program = find_program(argv[1])) {
            const std::vector<std::string> rest(argv + 2, argv + argc);
            return program->run(rest, terminal_language());
        }
    CLI::App cli{"Noroshi: a port's common system for cyber incidents"};
    std::string more;
    for (const auto& program : programs())
        more += fmt::format("  {:<10} {}\n", program.name, program.summary);
    if (!more.empty()) cli.footer("With arguments of their own:\n" + more);
    cli.set_version_flag("--version", std::string("noroshi ") + NOROSHI_VERSION);
    cli.require_subcommand(1);

    std::string dir;
    std::string config_file;
    auto with_dir = [&](CLI::App* verb) {
        verb->add_option("--data", dir, "data directory")->required();
        verb->add_option("--config", config_file, "configuration (default: DIR/config.toml)");
        return verb;
    };

    std::vector<std::string> listen;
    std::string public_listen;
    bool no_browser = false;
    auto* serve_verb = with_dir(cli.add_subcommand("serve", "run the server"));
    serve_verb->add_option("--listen", listen, "ADDR:PORT (port 0: a free one)");
    auto* demo_verb =
        with_dir(cli.add_subcommand("demo", "run the fictional port to try things out"));
    demo_verb->add_option("--listen", listen, "ADDR:PORT (port 0: a free one)");
    for (auto* verb : {serve_verb, demo_verb})
        verb->add_option("--public", public_listen,
                         "ADDR:PORT of the public page (default: a free port)");
    demo_verb->add_flag("--no-browser", no_browser, "do not open a browser");

    auto* token = cli.add_subcommand("token", "bearer tokens for programs")->require_subcommand(1);
    TokenCreate token_request;
    auto* token_create = with_dir(token->add_subcommand("create", "make one and print it"));
    token_create->add_option("--login", token_request.login, "whose token")->required();
    token_create->add_option("--scope", token_request.scope,
                             "prefix of permissions, e.g. respond.incident (repeatable)");
    token_create->add_option("--note", token_request.note, "what it is for");
    token_create->add_option("--days", token_request.lifetime_days, "lifetime in days");

    auto* user = cli.add_subcommand("user", "people who sign in")->require_subcommand(1);
    UserAdd user_request;
    auto* user_add = with_dir(user->add_subcommand("add", "add a person, print a first password"));
    user_add->add_option("--login", user_request.login, "login")->required();
    user_add->add_option("--name", user_request.name, "name as shown to others");
    user_add->add_option("--organisation", user_request.organisation, "its name")->required();
    user_add->add_option("--kind", user_request.organisation_kind,
                         "kind of the organisation, if it is new (port_manager)");
    user_add->add_option("--role", user_request.roles, "role (repeatable)");

    UserNamed named;
    auto* user_disable = with_dir(user->add_subcommand(
        "disable", "withdraw a person's access: password, factors, tokens and sessions"));
    user_disable->add_option("--login", named.login, "whose")->required();
    auto* user_reset = with_dir(
        user->add_subcommand("reset", "remove a person's second factors, print a new password"));
    user_reset->add_option("--login", named.login, "whose")->required();

    auto* verify_verb = cli.add_subcommand("verify", "check the chain of facts, or a sheet");
    verify_verb->add_option("--data", dir, "data directory");
    verify_verb->add_option("--config", config_file, "configuration (default: DIR/config.toml)");
    std::string sheet;
    std::string sheet_key;
    std::string anchor;
    verify_verb->add_option("--anchor", anchor,
                            "a signed digest kept by somebody, to compare with the journal");
    verify_verb->add_option("--sheet", sheet,
                            "an export with its integrity sheet: the .zip, or sheet.txt");
    verify_verb->add_option("--key", sheet_key,
                            "the installation's public key (PEM), as known from elsewhere");
    PathArgument path;
    auto* backup_verb = with_dir(cli.add_subcommand("backup", "write everything into one file"));
    backup_verb->add_option("file", path.path, "file to write")->required();
    auto* export_verb = with_dir(cli.add_subcommand("export", "write everything in open formats"));
    ExportArguments to_export;
    export_verb->add_option("directory", to_export.path, "directory (or .tar) to make")->required();
    export_verb->add_flag("--person-keys", to_export.person_keys,
                          "with the persons' keys: whoever has the export can read their data");
    auto* bundle = cli.add_subcommand("bundle", "what two servers wrote while they were cut off")
                       ->require_subcommand(1);
    BundleExport bundle_out;
    auto* bundle_export = with_dir(bundle->add_subcommand("export", "write it into one file"));
    bundle_export->add_option("file", bundle_out.path, "file to write")->required();
    bundle_export->add_option("--after", bundle_out.after,
                              "number of the last fact that the other server has");
    BundleImport bundle_in;
    auto* bundle_import = with_dir(bundle->add_subcommand("import", "take over what is new here"));
    bundle_import->add_option("file", bundle_in.path, "bundle of the other server")->required();

    bool as_json = false;
    auto* doctor_verb =
        with_dir(cli.add_subcommand("doctor", "say what is wrong here, and how to mend it"));
    doctor_verb->add_flag("--json", as_json, "for programs");
    std::string erasures;
    auto* restore_verb = with_dir(cli.add_subcommand("restore", "bring a backup back"));
    restore_verb->add_option("file", path.path, "backup file")->required();
    restore_verb->add_option("--erasures", erasures,
                             "erasures.log of the lost installation, to apply again");

    edge::cli::ReplayOptions replay_options;
    auto* replay_verb = cli.add_subcommand("replay", "play a course of events as an exercise");
    replay_verb->add_option("scenario", replay_options.scenario, "YAML file")->required();
    replay_verb->add_option("--server", replay_options.server, "URL of the server")->required();
    replay_verb->add_option("--token", replay_options.token, "bearer token")->required();
    replay_verb->add_option("--speed", replay_options.speed,
                            "times as fast as it was; 0: as fast as possible");
    replay_verb->add_option("--exercise", replay_options.exercise,
                            "go on with the replay that began this exercise and was stopped");

    auto* logs = cli.add_subcommand("logs", "lines of members' logs")->require_subcommand(1);
    LogsSearch logs_request;
    bool logs_json = false;
    auto* logs_search = with_dir(logs->add_subcommand("search", "print lines, the latest first"));
    logs_search
        ->add_option("query", logs_request.query,
                     "words, \"phrases\", member: source: kind: from: to:")
        ->required();
    logs_search->add_option("--limit", logs_request.limit, "at most so many lines");
    logs_search->add_flag("--json", logs_json, "one JSON object instead of lines");

    CLI11_PARSE(cli, argc, argv);

    if (serve_verb->parsed() || demo_verb->parsed()) {
        const auto mode = demo_verb->parsed() ? Mode::demo : Mode::serve;
        auto served =
            serve(mode, dir, config_file, listen, public_listen, terminal_language(), !no_browser);
        return served ? 0 : complain(served.error());
    }
    if (token_create->parsed()) {
        auto made = ask(dir, config_file, "token.create", token_request, create_token);
        if (!made) return complain(made.error());
        fmt::print("{}\n", made->token);
        return 0;
    }
    if (user_add->parsed()) {
        auto made = ask(dir, config_file, "user.add", user_request, add_user);
        if (!made) return complain(made.error());
        fmt::print("{}\n", made->password);
        return 0;
    }
    if (user_disable->parsed()) {
        auto done = ask(dir, config_file, "user.disable", named, disable_user);
        if (!done) return complain(done.error());
        say(terminal_language(), "edge.cli.user_disabled", {{"login", named.login}});
        return 0;
    }
    if (user_reset->parsed()) {
        auto made = ask(dir, config_file, "user.reset", named, reset_user);
        if (!made) return complain(made.error());
        fmt::print("{}\n", made->password);
        return 0;
    }
    if (verify_verb->parsed() && !sheet.empty()) {
        const auto checked = edge::document::check_file(sheet, sheet_key);
        if (!checked) return complain(checked.error());
        for (const auto& [name, value] : checked->says) fmt::print("{}: {}\n", name, value);
        for (const auto& name : checked->files) fmt::print("ok  {}\n", name);
        say(terminal_language(),
            sheet_key.empty() ? "edge.document.integrity.good_by_its_key"
                              : "edge.document.integrity.good",
            {{"fingerprint", checked->fingerprint}});
        return 0;
    }
    if (verify_verb->parsed() && dir.empty())
        return complain({ErrorKind::invalid, "edge.document.integrity.nothing_to_verify", {}, {}});
    if (verify_verb->parsed() && !anchor.empty()) {
        std::ifstream file(anchor, std::ios::binary);
        if (!file)
            return complain(
                {ErrorKind::not_found, "edge.document.integrity.no_file", {{"name", anchor}}, {}});
        AnchorArgument argument{std::string(std::istreambuf_iterator<char>(file), {})};
        // A mail holds more below its five lines.
        if (const auto end = argument.text.find("\nsignature: "); end != std::string::npos)
            argument.text.resize(end + 1);
        auto reached = ask(dir, config_file, "verify.anchor", argument, verify_anchor);
        if (!reached) return complain(reached.error());
        say(terminal_language(), "edge.cli.verified", arguments_of(*reached));
        return 0;
    }
    if (verify_verb->parsed()) {
        auto reached = ask(dir, config_file, "verify", edge::http::Nothing{}, verify);
        if (!reached) return complain(reached.error());
        say(terminal_language(), "edge.cli.verified", arguments_of(*reached));
        return 0;
    }
    if (backup_verb->parsed() || export_verb->parsed()) {
        // The server's folder is another.
        auto& where = backup_verb->parsed() ? path.path : to_export.path;
        where = std::filesystem::absolute(where).string();
        auto reached = backup_verb->parsed()
                           ? ask(dir, config_file, "backup", path, back_up)
                           : ask(dir, config_file, "export", to_export, export_all);
        if (!reached) return complain(reached.error());
        auto arguments = arguments_of(*reached);
        arguments.emplace_back("file", where);
        arguments.emplace_back("dir", where);
        say(terminal_language(), backup_verb->parsed() ? "edge.cli.backed_up" : "edge.cli.exported",
            arguments);
        return 0;
    }
    if (bundle_export->parsed()) {
        bundle_out.path = std::filesystem::absolute(bundle_out.path).string();
        auto made = ask(dir, config_file, "bundle.export", bundle_out, export_bundle);
        if (!made) return complain(made.error());
        say(terminal_language(), "edge.cli.bundle.exported",
            {{"facts", std::to_string(made->facts)},
             {"after", std::to_string(made->after)},
             {"file", bundle_out.path},
             {"sha256", made->sha256}});
        return 0;
    }
    if (bundle_import->parsed()) {
        bundle_in.path = std::filesystem::absolute(bundle_in.path).string();
        auto taken = ask(dir, config_file, "bundle.import", bundle_in, import_bundle);
        if (!taken) return complain(taken.error());
        say(terminal_language(), "edge.cli.bundle.imported",
            {{"facts", std::to_string(taken->facts)},
             {"adopted", std::to_string(taken->adopted)},
             {"known", std::to_string(taken->known)},
             {"renumbered", std::to_string(taken->renumbered)}});
        return 0;
    }
    if (doctor_verb->parsed()) {
        const RealClock clock;
        const auto language = terminal_language();
        auto seen = edge::cli::examine(dir, config_file, language, clock);
        if (!seen) return complain(seen.error());
        if (as_json) {
            fmt::print("{}\n", json::to_text(*seen));
        } else {
            for (const auto& one : seen->findings) {
                fmt::print("[{}] {}\n",
                           one.health == edge::cli::Health::sound     ? "ok"
                           : one.health == edge::cli::Health::warning ? "!!"
                                                                      : "XX",
                           one.said);
                if (!one.mend.empty())
                    fmt::print("{}\n",
                               i18n::text(language, "edge.cli.doctor.mend", {{"mend", one.mend}}));
            }
            fmt::print("{}\n", i18n::text(language, seen->health == edge::cli::Health::sound
                                                        ? "edge.cli.doctor.sound"
                                                    : seen->health == edge::cli::Health::warning
                                                        ? "edge.cli.doctor.warnings"
                                                        : "edge.cli.doctor.broken"));
        }
        return seen->health == edge::cli::Health::broken ? exit_code_of(ErrorKind::corrupt) : 0;
    }
    if (restore_verb->parsed()) {
        auto head = restore(dir, config_file, path.path, erasures);
        if (!head) return complain(head.error());
        say(terminal_language(), "edge.cli.restored",
            {{"dir", dir}, {"facts", std::to_string(head->facts)}});
        return 0;
    }
    if (logs_search->parsed()) {
        auto found = ask(dir, config_file, "logs.search", logs_request, search_logs);
        if (!found) return complain(found.error());
        if (logs_json) {
            fmt::print("{}\n", json::to_text(*found));
            return 0;
        }
        for (const auto& line : found->items)
            fmt::print("{} {}/{}:{} {}\n", format_rfc3339(line.time), line.member_name,
                       line.source_name, line.number, line.text);
        return 0;
    }
    if (replay_verb->parsed()) {
        replay_options.language = terminal_language();
        auto played = edge::cli::replay(replay_options);
        return played ? 0 : complain(played.error());
    }
    return 0;
}

}  // namespace
}  // namespace noroshi::app

int main(int argc, char** argv) { return noroshi::app::run(argc, argv); }
