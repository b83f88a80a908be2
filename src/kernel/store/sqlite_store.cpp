// The default engine: one file, one process, WAL, synchronous=FULL. Readers work beside the
// appender, each with a snapshot of its own.
//
// When a commit fails. SQLite writes a transaction's pages to the end of the log file, the last one
// marked as the commit, and then syncs it. If a write fails, the commit mark is not there or its
// checksum is wrong, and the transaction is gone for certain. If the *sync* fails, SQLite rolls
// back, but the mark lies in the file (or in the kernel's cache of it): after a crash, recovery
// would find it and the batch that was reported as failed would be there. So before failure is
// reported, a small transaction of our own (the fence) is written over the same place in the log.
// When even that cannot be made durable, the answer is kernel.store.in_doubt, the truth, and the
// fence is tried again before anything else is written.

#include <filesystem>
#include <tuple>

#include <sqlite3.h>

#include "kernel/store/files.h"
#include "kernel/store/kept_requests.h"
#include "kernel/store/sqlite_connection.h"
#include "kernel/store/sqlite_store.h"
#include "kernel/store/tables.h"

namespace noroshi::store {

namespace {

using sql::SqliteConnection;

constexpr std::int64_t application_id = 0x4e4f524f;  // "NORO", in the file's header

Result<std::int64_t> number(SqliteConnection& connection, std::string_view query) {
    std::int64_t found = 0;
    TRY(connection.rows(query, {}, [&](const sql::Row& row) {
        found = row.integer(0);
        return true;
    }));
    return found;
}

// Errors: corrupt kernel.store.not_ours, kernel.store.half_loaded; invalid
// kernel.store.newer_schema {number}. Returns the schema's number.
Result<std::int64_t> check_file(SqliteConnection& connection) {
    TRY_LET(const auto application, number(connection, "pragma application_id"));
    TRY_LET(const auto schema, number(connection, "pragma user_version"));
    if (application != application_id) return fail(ErrorKind::corrupt, "kernel.store.not_ours");
    if (schema > schema_number)
        return fail(ErrorKind::invalid, "kernel.store.newer_schema",
                    {{"number", std::to_string(schema)}});
    TRY(check_loaded(connection));
    return schema;
}

// The script and the schema's number in one transaction.
Result<> reach_schema(SqliteConnection& connection, const std::string& script) {
    TRY(connection.begin(sql::Isolation::append));
    auto done =
        connection.script(script + "pragma user_version = " + std::to_string(schema_number));
    if (done) done = connection.commit();
    if (!done) connection.rollback();
    return done;
}

Result<> create_file(SqliteConnection& connection) {
    return reach_schema(connection, create_tables(Dialect::sqlite) + "pragma application_id = " +
                                        std::to_string(application_id) + ";");
}

bool ignore(const sql::Row&) { return true; }

class SqliteStore final : public Tables<Store> {
public:
    SqliteStore(std::unique_ptr<SqliteConnection> connection, SqliteOptions options, FileLock lock)
        : lock_(std::move(lock)), connection_(std::move(connection)), options_(std::move(options)) {
    }

    Result<> commit(const Batch& batch) override {
        if (batch.empty()) return {};
        const auto done = transact([&]() -> Result<> {
            TRY_LET(const auto last, read_head(*connection_));
            TRY(check_batch(last, batch));
            TRY(requests_.check(*connection_, batch));
            send_batch(*connection_, batch, requests_.next());
            return {};
        });
        if (!done) {
            requests_.read_again();
            return done;
        }
        requests_.add(batch);
        if (!batch.deleted_secrets.empty()) empty_log();
        return {};
    }
    Result<> put_setting(std::string_view name, std::string_view value) override {
        return transact([&]() -> Result<> {
            send_setting(*connection_, name, value);
            return {};
        });
    }
    Result<std::optional<Request>> request(std::string_view key) override {
        return requests_.find(*connection_, key);
    }
    Result<> forget_requests(Instant before) override {
        TRY_LET(const auto first_kept, requests_.first_since(*connection_, before));
        TRY(transact([&]() -> Result<> {
            send_forget_requests(*connection_, first_kept);
            return {};
        }));
        requests_.forget(first_kept);
        return {};
    }
    Result<std::unique_ptr<Reader>> reader() override {
        TRY_LET(auto connection, open_reader());
        return std::make_unique<TableReader>(std::move(connection));
    }
    Result<> copy_to(const std::string& path) override {
        // A new file, page by page from what is there: a deleted key does not travel in free
        // pages, as it would in a copy of the file.
        TRY_LET(const auto connection, open_reader());
        if (!options_.vfs.empty())  // that file is on no disk of ours
            return connection->rows("vacuum into $1", {sql::text(path)}, ignore);
        TRY(create_private(path));
        if (!std::filesystem::is_empty(path))
            return fail(ErrorKind::conflict, "kernel.store.not_empty", {{"path", path}});
        return write_copy(
            path, [&] { return connection->rows("vacuum into $1", {sql::text(path)}, ignore); });
    }
    std::string_view engine() const override { return "sqlite"; }

private:
    sql::Connection& connection() override { return *connection_; }

    Result<std::unique_ptr<SqliteConnection>> open_reader() const {
        return SqliteConnection::open(options_.path, options_.vfs,
                                      SqliteConnection::Access::read_only);
    }

    Result<> transact(const std::function<Result<>()>& fill) {
        if (in_doubt_) TRY(put_fence());
        const auto done = attempt(fill);
        if (!done && connection_->in_doubt()) TRY(put_fence());
        return done;
    }

    Result<> attempt(const std::function<Result<>()>& fill) {
        TRY(connection_->begin(sql::Isolation::append));
        auto done = fill();
        if (const auto sent = connection_->settle(); done && !sent) done = sent;
        if (done) done = connection_->commit();
        if (!done) connection_->rollback();
        return done;
    }

    // Erasing a person is deleting a key. The page it lay on is overwritten, but the log still
    // holds the page as it was. Nobody is waited for: if a reader is in the way, the log is
    // overwritten later.
    void empty_log() {
        std::ignore = connection_->script("pragma busy_timeout = 0");
        std::ignore = connection_->script("pragma wal_checkpoint(truncate)");
        std::ignore = connection_->script("pragma busy_timeout = 5000");
    }

    Result<> put_fence() {
        constexpr int attempts = 3;
        constexpr std::string_view fence = "kernel.store.fence";
        in_doubt_ = true;
        Result<> done;
        for (int i = 0; i < attempts; ++i) {
            done = attempt([&]() -> Result<> {
                // Another value than before: SQLite writes no page that stays the same.
                TRY_LET(const auto before, read_setting(*connection_, fence));
                send_setting(*connection_, fence, before == "odd" ? "even" : "odd");
                return {};
            });
            if (done) {
                in_doubt_ = false;
                return {};
            }
        }
        return fail(ErrorKind::unavailable, "kernel.store.in_doubt", done.error().arguments);
    }

    FileLock lock_;  // outlives the connection
    std::unique_ptr<SqliteConnection> connection_;
    SqliteOptions options_;
    KeptRequests requests_;
    bool in_doubt_ = false;
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options) {
    FileLock lock;
    if (options.vfs.empty() && options.path != ":memory:") {  // of that there is no file
        TRY_LET(lock, FileLock::take(options.path + "-lock"));
        TRY(create_private(options.path));  // SQLite gives its log the same mode
    }
    TRY_LET(auto connection,
            SqliteConnection::open(options.path, options.vfs, SqliteConnection::Access::create));
    // Once a page of the log is synced with each commit, checkpoints may be rare: 16 MB of log.
    TRY(
        connection->script("pragma page_size = 8192;"
                           "pragma journal_mode = wal;"
                           "pragma synchronous = full;"
                           "pragma wal_autocheckpoint = 4000;"
                           "pragma journal_size_limit = 67108864;"
                           "pragma secure_delete = on;"
                           "pragma trusted_schema = off;"
                           "pragma temp_store = memory;"
                           "pragma cache_size = -16000"));
    TRY_LET(const auto tables, number(*connection, "select count(*) from sqlite_schema"));
    if (tables == 0) TRY(create_file(*connection));
    TRY_LET(const auto schema, check_file(*connection));
    if (schema < schema_number) TRY(reach_schema(*connection, migrate_from_1(Dialect::sqlite)));
    return std::make_unique<SqliteStore>(std::move(connection), options, std::move(lock));
}

Result<std::unique_ptr<Store>> create_copy(const std::string& path) {
    TRY(create_private(path));
    FileLock lock;
    TRY_LET(auto connection, SqliteConnection::open(path, "", SqliteConnection::Access::create));
    // Nobody reads it before it is whole and synced by the caller.
    TRY(
        connection->script("pragma journal_mode = off;"
                           "pragma synchronous = off;"
                           "pragma cache_size = -64000"));
    TRY_LET(const auto tables, number(*connection, "select count(*) from sqlite_schema"));
    if (tables != 0) return fail(ErrorKind::conflict, "kernel.store.not_empty", {{"path", path}});
    TRY(create_file(*connection));
    return std::make_unique<SqliteStore>(std::move(connection), SqliteOptions{path, ""},
                                         std::move(lock));
}

Result<> write_copy(const std::string& path, const std::function<Result<>()>& write) {
    auto done = write();
    if (done) done = sync_path(path);
    if (done) done = sync_path(directory_of(path));
    std::error_code ignored;
    if (!done) std::filesystem::remove(path, ignored);
    return done;
}

Result<std::unique_ptr<Reader>> open_sqlite_read_only(const std::string& path) {
    TRY_LET(auto connection, SqliteConnection::open(path, "", SqliteConnection::Access::read_only));
    TRY(check_file(*connection));
    return std::make_unique<TableReader>(std::move(connection));
}

}  // namespace noroshi::store
