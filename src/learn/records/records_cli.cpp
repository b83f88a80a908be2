#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "edge/cli/config.h"
#include "edge/cli/data_dir.h"
#include "edge/cli/program.h"
#include "kernel/i18n/i18n.h"
#include "kernel/json/json.h"
#include "kernel/store/disposal.h"
#include "kernel/store/store.h"
#include "learn/records/records_due.h"

namespace noroshi::learn::records {

namespace {

struct Answer {
    Instant at;
    std::string zone;
    std::vector<RecordItem> items;
};
BOOST_DESCRIBE_STRUCT(Answer, (), (at, zone, items))

Result<edge::cli::Config> config_of(const std::string& dir, const std::string& file) {
    const auto beside = dir + "/config.toml";
    if (!file.empty()) return edge::cli::read_config(file);
    if (std::filesystem::exists(beside)) return edge::cli::read_config(beside);
    return edge::cli::Config{};
}

Result<> due(const std::string& dir, const std::string& config_file, const std::string& at,
             bool all, bool as_json, Language language) {
    if (!edge::cli::is_data_dir(dir))
        return fail(ErrorKind::not_found, "edge.cli.not_noroshi", {{"dir", dir}});
    TRY_LET(const auto config, config_of(dir, config_file));
    Answer answer{RealClock{}.now(), config.zone, {}};
    if (!at.empty()) {
        // A day is its beginning in the port's zone; +09:00 is not everybody's, so a full time.
        TRY_LET(answer.at, parse_rfc3339(at.size() == 10 ? at + "T00:00:00Z" : at));
    }
    std::unique_ptr<store::Reader> reader;
    if (config.store.empty()) {
        TRY_LET(reader, store::open_sqlite_read_only(edge::cli::database_path(dir)));
    } else {
        TRY_LET(reader, store::open_postgresql_read_only(config.store));
    }
    TRY_LET(answer.items, take_stock(*reader, config.zone, answer.at));
    if (!all) std::erase_if(answer.items, [](const RecordItem& item) { return !item.due; });
    if (as_json) {
        std::puts(json::to_text(answer).c_str());
        return {};
    }
    // A period ends at midnight here, which is the day before in UTC.
    const auto day = [&](Instant at) {
        constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
        const auto mail = format_rfc5322(at, config.zone);  // "Sat, 04 Jul 2026 06:30:00 +0900"
        const auto month = months.find(std::string_view(mail).substr(8, 3)) / 3 + 1;
        return mail.substr(12, 4) + (month < 10 ? "-0" : "-") + std::to_string(month) + "-" +
               mail.substr(5, 2);
    };
    for (const auto& item : answer.items)
        std::printf(
            "%s  %-10s  %8llu  %s%s\n", day(item.kept_until).c_str(), item.record_class.c_str(),
            static_cast<unsigned long long>(item.facts), item.record.c_str(),
            item.hold
                ? ("  " + i18n::text(language, "learn.records.cli_held", {{"reason", *item.hold}}))
                      .c_str()
                : "");
    std::printf("%s\n", i18n::text(language, "learn.records.cli_count",
                                   {{"n", std::to_string(answer.items.size())}})
                            .c_str());
    return {};
}

Result<> dispose(const std::string& dir, const std::string& config_file, Language language) {
    if (!edge::cli::is_data_dir(dir))
        return fail(ErrorKind::not_found, "edge.cli.not_noroshi", {{"dir", dir}});
    TRY_LET(const auto config, config_of(dir, config_file));
    // Nobody may read what is being emptied: the server has to stand still.
    TRY_LET(const auto lock, edge::cli::lock_data_dir(dir));
    TRY_LET(const auto done, config.store.empty()
                                 ? store::carry_out_disposals(edge::cli::database_path(dir))
                                 : store::carry_out_disposals_in_postgresql(config.store));
    std::printf("%s\n", i18n::text(language, "learn.records.cli_disposed",
                                   {{"facts", std::to_string(done.facts)},
                                    {"blobs", std::to_string(done.blobs)}})
                            .c_str());
    return {};
}

}  // namespace

int run(std::span<const std::string> arguments, Language language) {
    CLI::App cli{"Records: what is kept, and until when", "noroshi records"};
    cli.require_subcommand(1);
    std::string dir;
    std::string config_file;
    std::string at;
    bool all = false;
    bool as_json = false;
    auto* due_verb = cli.add_subcommand("due", "records whose period of retention is over");
    due_verb->add_option("--data", dir, "data directory")->required();
    due_verb->add_option("--config", config_file, "configuration (default: DIR/config.toml)");
    due_verb->add_option("--at", at, "as of this time (RFC 3339; now)");
    due_verb->add_flag("--all", all, "those that are not due, too");
    due_verb->add_flag("--json", as_json, "for programs");
    auto* dispose_verb = cli.add_subcommand(
        "dispose", "carry out what was approved; the server must not be running");
    dispose_verb->add_option("--data", dir, "data directory")->required();
    dispose_verb->add_option("--config", config_file, "configuration (default: DIR/config.toml)");
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    try {
        cli.parse(std::move(reversed));
    } catch (const CLI::ParseError& error) {
        return cli.exit(error);
    }
    const auto done = due_verb->parsed() ? due(dir, config_file, at, all, as_json, language)
                                         : dispose(dir, config_file, language);
    if (done) return 0;
    std::fprintf(stderr, "noroshi: %s\n", i18n::text(language, done.error()).c_str());
    return exit_code_of(done.error().kind);
}

}  // namespace noroshi::learn::records
