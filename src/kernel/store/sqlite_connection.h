#pragma once
// sql::Connection over SQLite 3.40.

#include <memory>
#include <string>
#include <unordered_map>

#include "kernel/store/sql.h"

struct sqlite3;
struct sqlite3_stmt;

namespace noroshi::store::sql {

class SqliteConnection final : public Connection {
public:
    enum class Access { create, read_write, read_only };
    static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path,
                                                          const std::string& vfs, Access access);
    ~SqliteConnection() override;
    SqliteConnection(const SqliteConnection&) = delete;
    SqliteConnection& operator=(const SqliteConnection&) = delete;

    using Connection::rows;
    using Connection::send;
    using Connection::stream;
    Result<> script(const std::string& sql) override;
    Result<> rows(std::string_view sql, std::span<const Value> values,
                  const RowSink& sink) override;
    Result<> stream(std::string_view sql, std::span<const Value> values, int /*portion*/,
                    const RowSink& sink) override {
        return rows(sql, values, sink);
    }
    Result<> begin(Isolation isolation) override;
    void send(std::string_view sql, std::span<const Value> values, Expect expect) override;
    Result<> settle() override;
    Result<> commit() override;
    void rollback() override;

    // After a failed commit(): whether what it wrote may yet turn up after a crash, because it
    // reached the log file but was not made durable (the sync failed, not the write).
    bool in_doubt() const { return in_doubt_; }

private:
    explicit SqliteConnection(sqlite3* database) : database_(database) {}
    Result<sqlite3_stmt*> prepare(std::string_view sql);
    Result<> execute(std::string_view sql, std::span<const Value> values, Expect expect);
    std::unexpected<Error> failure(int code) const;

    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    sqlite3* database_;
    std::unordered_map<std::string, sqlite3_stmt*, Hash, std::equal_to<>> statements_;
    Result<> sent_;
    bool in_doubt_ = false;
};

}  // namespace noroshi::store::sql
