#include "kernel/store/sqlite_connection.h"

#include <algorithm>
#include <tuple>

#include <sqlite3.h>

namespace noroshi::store::sql {

namespace {

class SqliteRow final : public Row {
public:
    explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
    std::int64_t integer(int column) const override {
        return sqlite3_column_int64(statement_, column);
    }
    std::string_view bytes(int column) const override {
        const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
        const int size = sqlite3_column_bytes(statement_, column);
        return data == nullptr ? std::string_view{} : std::string_view(data, size);
    }

private:
    sqlite3_stmt* statement_;
};

std::unexpected<Error> failure_of(int code, const char* detail) {
    const auto as = [&](ErrorKind kind, const char* key) {
        return fail(kind, key, {{"detail", detail == nullptr ? "" : detail}});
    };
    switch (code) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_ROWID: return as(ErrorKind::conflict, "kernel.store.taken");
    case SQLITE_IOERR_DATA:
    case SQLITE_IOERR_CORRUPTFS: return as(ErrorKind::corrupt, "kernel.store.corrupt");
    default: break;
    }
    switch (code & 0xff) {
    case SQLITE_FULL: return as(ErrorKind::unavailable, "kernel.store.disk_full");
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return as(ErrorKind::unavailable, "kernel.store.busy");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_NOLFS:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM: return as(ErrorKind::unavailable, "kernel.store.io_failed");
    default: return as(ErrorKind::corrupt, "kernel.store.corrupt");
    }
}

// In SQLite "$1" is a name, numbered by first appearance; "?1" is the number itself.
std::string with_numbered_parameters(std::string_view sql) {
    std::string text(sql);
    std::ranges::replace(text, '$', '?');
    return text;
}

}  // namespace

std::unexpected<Error> SqliteConnection::failure(int code) const {
    return failure_of(code, sqlite3_errmsg(database_));
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path,
                                                                 const std::string& vfs,
                                                                 Access access) {
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    switch (access) {
    case Access::create: flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE; break;
    case Access::read_write: flags |= SQLITE_OPEN_READWRITE; break;
    case Access::read_only: flags |= SQLITE_OPEN_READONLY; break;
    }
    sqlite3* database = nullptr;
    const int code =
        sqlite3_open_v2(path.c_str(), &database, flags, vfs.empty() ? nullptr : vfs.c_str());
    if (code != SQLITE_OK) {
        auto error = failure_of(code, database ? sqlite3_errmsg(database) : sqlite3_errstr(code));
        sqlite3_close(database);
        return error;
    }
    sqlite3_busy_timeout(database, 5000);
    return std::unique_ptr<SqliteConnection>(new SqliteConnection(database));
}

SqliteConnection::~SqliteConnection() {
    for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    // Nothing is lost if this fails: what was committed lies in the log file.
    sqlite3_close(database_);
}

Result<> SqliteConnection::script(const std::string& sql) {
    const int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return failure(code);
    return {};
}

Result<sqlite3_stmt*> SqliteConnection::prepare(std::string_view sql) {
    if (const auto found = statements_.find(sql); found != statements_.end()) return found->second;
    const auto text = with_numbered_parameters(sql);
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(database_, text.c_str(), static_cast<int>(text.size() + 1),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return failure(code);
    statements_.emplace(sql, statement);
    return statement;
}

namespace {

int bind(sqlite3_stmt* statement, std::span<const Value> values) {
    int index = 0;
    for (const Value& value : values) {
        ++index;
        // A null pointer would bind NULL, which an empty text is not.
        const char* data = value.content.data() == nullptr ? "" : value.content.data();
        int code = SQLITE_OK;
        switch (value.type) {
        case Value::Type::null: code = sqlite3_bind_null(statement, index); break;
        case Value::Type::integer: code = sqlite3_bind_int64(statement, index, value.number); break;
        case Value::Type::text:
            code = sqlite3_bind_text64(statement, index, data, value.content.size(), SQLITE_STATIC,
                                       SQLITE_UTF8);
            break;
        case Value::Type::bytes:
            code = sqlite3_bind_blob64(statement, index, data, value.content.size(), SQLITE_STATIC);
            break;
        }
        if (code != SQLITE_OK) return code;
    }
    return SQLITE_OK;
}

}  // namespace

Result<> SqliteConnection::rows(std::string_view sql, std::span<const Value> values,
                                const RowSink& sink) {
    TRY_LET(sqlite3_stmt * statement, prepare(sql));
    // A statement that is not reset would hold its snapshot, and with it the log file's length.
    const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_reset)> reset(statement, &sqlite3_reset);
    if (const int code = bind(statement, values); code != SQLITE_OK) return failure(code);
    const SqliteRow row(statement);
    while (true) {
        const int code = sqlite3_step(statement);
        if (code == SQLITE_DONE) return {};
        if (code != SQLITE_ROW) return failure(code);
        if (!sink(row)) return {};
    }
}

Result<> SqliteConnection::execute(std::string_view sql, std::span<const Value> values,
                                   Expect expect) {
    TRY(rows(sql, values, [](const Row&) { return true; }));
    if (expect == Expect::one_row && sqlite3_changes(database_) != 1)
        return fail(ErrorKind::conflict, "kernel.store.taken", {{"detail", std::string(sql)}});
    return {};
}

Result<> SqliteConnection::begin(Isolation isolation) {
    sent_ = {};
    if (isolation == Isolation::append) return execute("begin immediate", {}, Expect::anything);
    TRY(execute("begin", {}, Expect::anything));
    // The snapshot is taken by the first read.
    return rows("select count(*) from sqlite_schema", {}, [](const Row&) { return true; });
}

void SqliteConnection::send(std::string_view sql, std::span<const Value> values, Expect expect) {
    if (sent_) sent_ = execute(sql, values, expect);
}

Result<> SqliteConnection::settle() { return std::exchange(sent_, {}); }

Result<> SqliteConnection::commit() {
    auto done = execute("commit", {}, Expect::anything);
    const int code = sqlite3_extended_errcode(database_);
    // A write that failed left the commit's last frame incomplete, and its checksum wrong; only a
    // failed sync leaves a complete one behind.
    in_doubt_ = !done && (code & 0xff) == SQLITE_IOERR && code != SQLITE_IOERR_WRITE;
    return done;
}

void SqliteConnection::rollback() {
    sent_ = {};
    // SQLite ends the transaction by itself after some errors.
    if (sqlite3_get_autocommit(database_) == 0)
        std::ignore = execute("rollback", {}, Expect::anything);
}

}  // namespace noroshi::store::sql
