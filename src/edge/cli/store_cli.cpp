// A backup is the SQLite file that Store::copy_to() makes, with one more table, `backup`, holding
// the manifest, the installation's key and the configuration. A restore into PostgreSQL reads that
// file through the same Reader as any store and loads it with copy_all().
//
// A restore into SQLite copies the file's pages as they are, and then takes out what does not belong
// there: row by row it took several times as long as a plain copy, and a port that waits for its
// journal waits for that. Nothing is trusted for it: the pages, the chain and every digest are
// checked while they are being copied, on threads of their own (all they share is the file, which
// they read), and the file gets its name only when all of it was found sound and lies on the disk.
// Each fact is read once for both its place in the chain and its table's digest: three passes over
// the facts were half of a restore. The chain is not followed once more in the file that was made;
// the server does that before it serves anything from it (journal::fold_verified).

#include "edge/cli/store_cli.h"

#include <filesystem>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include <unistd.h>

#include "edge/cli/data_dir.h"
#include "kernel/crypto/hash.h"
#include "kernel/journal/chain.h"
#include "kernel/journal/journal.h"
#include "kernel/json/json.h"
#include "kernel/store/files.h"
#include "kernel/store/sqlite_connection.h"
#include "kernel/store/sqlite_store.h"

namespace noroshi::edge::cli {

namespace {

using store::sql::SqliteConnection;

constexpr std::string_view backup_format = "noroshi backup 1";
constexpr std::string_view manifest_name = "manifest";
constexpr std::string_view key_name = "installation.key";
constexpr std::string_view config_name = "config.toml";

std::unexpected<Error> damaged(std::string detail) {
    return fail(ErrorKind::corrupt, "edge.cli.backup.damaged", {{"detail", std::move(detail)}});
}

// A table's content as one hash: each field as "<length>:<bytes>", row after row. Small fields are
// gathered: handing them over one by one costs more than hashing them.
class Digest {
public:
    void field(std::string_view bytes) {
        gathered_ += std::to_string(bytes.size());
        gathered_ += ':';
        gathered_ += bytes;
        constexpr std::size_t enough = 16 * 1024;
        if (gathered_.size() >= enough) hand_over();
    }
    void field(std::uint64_t number) { field(std::to_string(number)); }
    void field(Instant at) { field(std::to_string(at.time_since_epoch().count())); }
    void end_of_row() { ++rows_; }
    TableDigest finish() {
        hand_over();
        return {rows_, to_hex(hash_.finish())};
    }

private:
    void hand_over() {
        hash_.add(gathered_);
        gathered_.clear();
    }

    Sha256Stream hash_;
    std::string gathered_;
    std::uint64_t rows_ = 0;
};

// What lies in a SQLite file, found sound: the head its chain leads to, and every table's digest.
struct Content {
    store::Head head;
    std::map<std::string, TableDigest> tables;
};

struct Facts {
    store::Head head;
    TableDigest digest;
};

Result<Facts> follow_facts(const std::string& path) {
    TRY_LET(const auto reader, store::open_sqlite_read_only(path));
    journal::ChainCheck chain;
    Digest digest;
    Result<> sound;
    TRY(reader->facts(1, [&](const journal::Fact& fact) {
        sound = chain.follow(fact);
        if (!sound) return false;
        digest.field(journal::hex_of(fact.hash));
        digest.end_of_row();
        return true;
    }));
    TRY(sound);
    TRY(chain.finish());
    return Facts{chain.head(), digest.finish()};
}

// The bytes are hashed where SQLite has them: an attachment may be large.
Result<TableDigest> digest_of_blobs(const std::string& path) {
    TRY_LET(const auto file, SqliteConnection::open(path, "", SqliteConnection::Access::read_only));
    Digest digest;
    std::string false_name;
    TRY(file->rows("select sha256, bytes from blobs order by sha256", {},
                   [&](const store::sql::Row& row) {
                       const auto name = row.bytes(0);
                       digest.field(name);
                       digest.end_of_row();
                       if (to_hex(sha256(row.bytes(1))) == name) return true;
                       false_name = row.bytes(0);
                       return false;
                   }));
    if (!false_name.empty()) return damaged("blob " + false_name);
    return digest.finish();
}

Result<TableDigest> digest_of_secrets(store::Reader& reader) {
    Digest secrets;
    TRY(reader.each_secret("", [&](const store::Secret& secret) {
        secrets.field(secret.kind);
        secrets.field(secret.id);
        secrets.field(secret.bytes);
        secrets.end_of_row();
        return true;
    }));
    return secrets.finish();
}

Result<TableDigest> digest_of_outbox(store::Reader& reader) {
    Digest outbox;
    TRY(reader.each_outbox([&](const store::OutboxRow& row) {
        outbox.field(row.key);
        outbox.field(row.topic);
        outbox.field(row.person);
        outbox.field(row.message);
        outbox.field(static_cast<std::uint64_t>(row.state));
        outbox.field(static_cast<std::uint64_t>(row.attempts));
        outbox.field(static_cast<std::uint64_t>(row.in_doubt));
        outbox.field(row.next_try);
        outbox.field(row.expires);
        outbox.field(row.last_outcome);
        outbox.field(row.asked_by);
        outbox.end_of_row();
        return true;
    }));
    return outbox.finish();
}

Result<Content> read_content(const std::string& path) {
    // On the calling thread everything but the facts.
    Content content;
    Result<Facts> facts;
    {
        const std::jthread following([&] { facts = follow_facts(path); });
        TRY_LET(content.tables["blobs"], digest_of_blobs(path));
        TRY_LET(const auto reader, store::open_sqlite_read_only(path));
        TRY_LET(content.tables["secrets"], digest_of_secrets(*reader));
        TRY_LET(content.tables["outbox"], digest_of_outbox(*reader));
    }
    TRY(facts);
    content.head = facts->head;
    content.tables["facts"] = facts->digest;
    return content;
}

// ---- the table `backup` ------------------------------------------------------------------------

Result<> write_extras(const std::string& path,
                      const std::vector<std::pair<std::string_view, std::string>>& extras) {
    TRY_LET(const auto file,
            SqliteConnection::open(path, "", SqliteConnection::Access::read_write));
    TRY(file->script("pragma synchronous = full"));
    TRY(file->begin(store::sql::Isolation::append));
    TRY(file->script("create table backup (name text primary key, value blob not null) strict"));
    for (const auto& [name, value] : extras)
        file->send("insert into backup (name, value) values ($1, $2)",
                   {store::sql::text(name), store::sql::bytes(value)});
    TRY(file->settle());
    return file->commit();
}

Result<std::optional<std::string>> read_extra(SqliteConnection& file, std::string_view name) {
    std::optional<std::string> value;
    TRY(file.rows("select value from backup where name = $1", {store::sql::text(name)},
                  [&](const store::sql::Row& row) {
                      value = row.bytes(0);
                      return true;
                  }));
    return value;
}

Result<std::unique_ptr<SqliteConnection>> open_backup(const std::string& path) {
    if (!std::filesystem::is_regular_file(path))
        return fail(ErrorKind::not_found, "kernel.store.no_file", {{"path", path}});
    TRY_LET(auto file, SqliteConnection::open(path, "", SqliteConnection::Access::read_only));
    bool has_table = false;
    const auto looked =
        file->rows("select 1 from sqlite_schema where name = 'backup' and type = 'table'", {},
                   [&](const store::sql::Row&) { return has_table = true; });
    if (!looked || !has_table)
        return fail(ErrorKind::corrupt, "edge.cli.backup.not_a_backup", {{"path", path}});
    return file;
}

Result<Manifest> read_manifest(SqliteConnection& file, const std::string& path) {
    TRY_LET(const auto text, read_extra(file, manifest_name));
    auto manifest = json::from_text<Manifest>(text.value_or(""));
    if (!manifest || manifest->format != backup_format)
        return fail(ErrorKind::corrupt, "edge.cli.backup.not_a_backup", {{"path", path}});
    return manifest;
}

}  // namespace

// ---- backup ------------------------------------------------------------------------------------

namespace {

Result<store::Head> write_backup(store::Store& from, const std::string& dir,
                                 const std::string& path, const Clock& clock) {
    TRY(from.copy_to(path));
    Manifest manifest{.format = std::string(backup_format),
                      .version = NOROSHI_VERSION,
                      .engine = std::string(from.engine()),
                      .written_at = clock.now(),
                      .facts = 0,
                      .head = {},
                      .tables = {}};
    store::Head head;
    {
        TRY_LET(auto content, read_content(path));
        head = content.head;
        manifest.tables = std::move(content.tables);
    }
    manifest.facts = head.sequence;
    manifest.head = journal::hex_of(head.hash);
    std::vector<std::pair<std::string_view, std::string>> extras = {
        {manifest_name, json::to_text(manifest)}};
    TRY_LET(auto key, store::read_file(key_path(dir)));
    extras.emplace_back(key_name, std::move(key));
    if (auto config = store::read_file(dir + "/config.toml"))
        extras.emplace_back(config_name, std::move(*config));
    TRY(write_extras(path, extras));
    TRY(store::sync_path(path));
    TRY(verify_backup(path));
    return head;
}

}  // namespace

Result<store::Head> back_up(store::Store& store, const std::string& dir, const std::string& path,
                            const Clock& clock) {
    if (std::filesystem::exists(path))
        return fail(ErrorKind::conflict, "edge.cli.backup.exists", {{"path", path}});
    const std::string unfinished = path + ".unfinished";
    std::error_code ignored;
    std::filesystem::remove(unfinished, ignored);
    auto written = write_backup(store, dir, unfinished, clock);
    if (written)
        if (auto named = store::rename_durably(unfinished, path); !named)
            written = std::unexpected(named.error());
    if (!written) std::filesystem::remove(unfinished, ignored);
    return written;
}

namespace {

Result<> check_pages(const std::string& path) {
    TRY_LET(const auto file, open_backup(path));
    std::string found;
    TRY(file->rows("pragma integrity_check(1)", {}, [&](const store::sql::Row& row) {
        found = row.bytes(0);
        return true;
    }));
    if (found != "ok") return damaged(found);
    return {};
}

Result<> check_content(const std::string& path, const Manifest& manifest) {
    TRY_LET(const auto content, read_content(path));
    for (const auto& [name, digest] : content.tables) {
        const auto said = manifest.tables.find(name);
        if (said == manifest.tables.end() || said->second.rows != digest.rows ||
            said->second.sha256 != digest.sha256)
            return fail(ErrorKind::corrupt, "edge.cli.backup.differs", {{"table", name}});
    }
    if (content.head.sequence != manifest.facts ||
        journal::hex_of(content.head.hash) != manifest.head)
        return fail(ErrorKind::corrupt, "edge.cli.backup.differs", {{"table", "facts"}});
    return {};
}

}  // namespace

Result<Manifest> verify_backup(const std::string& path) {
    Manifest manifest;
    {
        TRY_LET(const auto file, open_backup(path));
        TRY_LET(manifest, read_manifest(*file, path));
    }
    Result<> pages;
    Result<> content;
    {
        const std::jthread first([&] { pages = check_pages(path); });
        content = check_content(path, manifest);
    }
    TRY(content);
    TRY(pages);
    return manifest;
}

// ---- restore -----------------------------------------------------------------------------------

namespace {

// A backup as it may be restored: without what belongs to people who were erased since.
class WithoutErased final : public store::Reader {
public:
    WithoutErased(store::Reader& from, std::set<std::string> erased)
        : from_(from), erased_(std::move(erased)) {}

    Result<store::Head> head() override { return from_.head(); }
    Result<> facts(std::uint64_t from, const store::FactSink& sink) override {
        return from_.facts(from, sink);
    }
    Result<std::optional<store::Request>> request(std::string_view key) override {
        return from_.request(key);
    }
    Result<std::optional<std::string>> blob(std::string_view sha256) override {
        return from_.blob(sha256);
    }
    Result<> each_blob(const std::function<bool(const store::Blob&)>& sink) override {
        return from_.each_blob(sink);
    }
    Result<> each_secret(std::string_view kind,
                         const std::function<bool(const store::Secret&)>& sink) override {
        // The key, and what else is kept under the person's name: the password.
        return from_.each_secret(kind, [&](const store::Secret& secret) {
            return erased_.contains(secret.id) || sink(secret);
        });
    }
    Result<> each_outbox(const std::function<bool(const store::OutboxRow&)>& sink) override {
        // The row stays, so that its key is not sent a second time; name, address and text go.
        return from_.each_outbox([&](const store::OutboxRow& row) {
            if (!erased_.contains(row.person)) return sink(row);
            auto kept = row;
            kept.message.clear();
            if (row.state == store::OutboxState::waiting ||
                row.state == store::OutboxState::sending)
                kept.state = store::OutboxState::cancelled;
            return sink(kept);
        });
    }
    Result<std::optional<std::string>> setting(std::string_view name) override {
        return from_.setting(name);
    }
    Result<> each_request(const std::function<bool(const store::Request&)>& sink) override {
        return from_.each_request(sink);
    }
    Result<> each_setting(
        const std::function<bool(std::string_view, std::string_view)>& sink) override {
        return from_.each_setting(sink);
    }
    Result<> hold() override { return from_.hold(); }
    void release() override { from_.release(); }

private:
    store::Reader& from_;
    std::set<std::string> erased_;
};

std::unexpected<Error> not_empty(const std::string& path) {
    return fail(ErrorKind::conflict, "edge.cli.backup.target_not_empty", {{"path", path}});
}

// The people to leave out. Those of the file given become part of the directory's own list, so
// that the next restore knows them too.
Result<std::set<std::string>> take_over_erasures(const std::string& dir, const std::string& given) {
    std::set<std::string> erased;
    TRY_LET(const auto own, read_erasures(erasures_path(dir)));
    for (const auto& erasure : own) erased.insert(erasure.person.text);
    if (given.empty()) return erased;
    if (!std::filesystem::exists(given))
        return fail(ErrorKind::not_found, "kernel.store.no_file", {{"path", given}});
    TRY_LET(const auto more, read_erasures(given));
    for (const auto& erasure : more)
        if (erased.insert(erasure.person.text).second)
            TRY(append_erasure(dir, erasure.person, erasure.at));
    return erased;
}

// A copy of the file's pages, begun while the file is still being checked: beside the directory,
// which nobody has a right to touch before. Where that is not possible, it is made later.
class Pages {
public:
    Pages(const std::string& backup, const std::string& dir)
        : backup_(backup), path_(dir + "." + std::to_string(::getpid()) + ".unfinished") {
        if (store::create_private(path_))
            copying_ = std::jthread([this] { copied_ = copy(path_); });
        else
            path_.clear();
    }
    ~Pages() {
        if (copying_.joinable()) copying_.join();
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove(path_, ignored);
    }
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;

    // The database of the directory, without what was only the backup's and without the erased.
    Result<> become(const std::string& database, const std::set<std::string>& erased) {
        if (copying_.joinable()) copying_.join();
        if (path_.empty()) {
            path_ = database + ".unfinished";
            TRY(store::create_private(path_));
            copied_ = copy(path_);
        }
        TRY(copied_);
        TRY(take_out(erased));
        TRY(store::sync_path(path_));
        TRY(store::rename_durably(path_, database));
        path_.clear();
        return {};
    }

private:
    Result<> copy(const std::string& to) const {
        std::error_code error;
        std::filesystem::copy_file(backup_, to, std::filesystem::copy_options::overwrite_existing,
                                   error);
        if (!error)
            std::filesystem::permissions(
                to, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
                error);
        if (error)
            return fail(ErrorKind::unavailable,
                        error == std::errc::no_space_on_device ? "kernel.store.disk_full"
                                                               : "kernel.store.io_failed",
                        {{"detail", to + ": " + error.message()}});
        // To the disk while the checks are still reading.
        return store::sync_path(to);
    }
    // The same as WithoutErased leaves out. Overwritten, not only forgotten: the key was there.
    Result<> take_out(const std::set<std::string>& erased) const {
        TRY_LET(const auto file,
                SqliteConnection::open(path_, "", SqliteConnection::Access::read_write));
        TRY(file->script("pragma secure_delete = on; pragma synchronous = off"));
        TRY(file->begin(store::sql::Isolation::append));
        TRY(file->script("drop table backup"));
        for (const auto& person : erased) {
            file->send("delete from secrets where id = $1", {store::sql::text(person)});
            file->send(
                "update outbox set message = $1, state = case when state in ('waiting', "
                "'sending') then 'cancelled' else state end where person = $2",
                {store::sql::bytes(""), store::sql::text(person)});
        }
        TRY(file->settle());
        TRY(file->commit());
        // One file again, without a log beside it.
        return file->script("pragma wal_checkpoint(truncate); pragma journal_mode = delete");
    }

    std::string backup_;
    std::string path_;
    Result<> copied_;
    std::jthread copying_;
};

}  // namespace

Result<store::Head> restore(const std::string& dir, const std::string& postgresql,
                            const std::string& backup, const std::string& erasures) {
    std::optional<Pages> pages;
    if (postgresql.empty() && std::filesystem::is_regular_file(backup)) pages.emplace(backup, dir);
    TRY_LET(const auto manifest, verify_backup(backup));
    TRY_LET(const auto file, open_backup(backup));
    TRY_LET(const auto key_text, read_extra(*file, key_name));
    if (!key_text) return damaged(std::string(key_name));
    TRY_LET(const auto config, read_extra(*file, config_name));

    TRY_LET(const auto lock, lock_data_dir(dir));
    if (std::filesystem::exists(database_path(dir))) return not_empty(database_path(dir));
    if (is_data_dir(dir)) {
        // A restore that was cut short left its own key; any other belongs to another journal.
        TRY_LET(const auto present, store::read_file(key_path(dir)));
        if (present != *key_text) return not_empty(key_path(dir));
    }
    TRY_LET(auto erased, take_over_erasures(dir, erasures));

    // The key first and the database last: what has a database has its key.
    TRY(store::replace_file(key_path(dir), *key_text, 0600));
    TRY(read_key(key_path(dir)));
    if (const auto path = dir + "/config.toml"; config && !std::filesystem::exists(path))
        TRY(store::replace_file(path, *config, 0600));
    if (pages) {
        TRY(pages->become(database_path(dir), erased));
    } else {
        TRY_LET(const auto reader, store::open_sqlite_read_only(backup));
        WithoutErased from(*reader, std::move(erased));
        TRY_LET(const auto into, store::open_postgresql(postgresql));
        TRY(store::copy_all(from, *into));
    }
    // Up to here this installation shares its past with the one that was backed up (bundle.md).
    if (postgresql.empty()) {
        TRY_LET(const auto store, store::open_sqlite({database_path(dir), {}}));
        TRY(store->put_setting("restored_at", std::to_string(manifest.facts)));
    }

    // Row by row into PostgreSQL, what arrived is read again; pages were checked as they are.
    store::Head head;
    if (postgresql.empty()) {
        TRY_LET(const auto restored, store::open_sqlite_read_only(database_path(dir)));
        TRY_LET(head, restored->head());
    } else {
        TRY_LET(const auto restored, store::open_postgresql(postgresql));
        TRY_LET(head, journal::verify_chain(*restored));
    }
    if (head.sequence != manifest.facts || journal::hex_of(head.hash) != manifest.head)
        return fail(ErrorKind::corrupt, "edge.cli.backup.differs", {{"table", "facts"}});
    return head;
}

}  // namespace noroshi::edge::cli
