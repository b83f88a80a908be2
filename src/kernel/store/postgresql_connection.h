#pragma once
// sql::Connection over libpq: binary parameters and results, prepared statements, the statements
// of a transaction in one pipeline. Connects when first used, and again after the server was away.

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "kernel/store/sql.h"

struct pg_conn;
struct pg_result;

namespace noroshi::store::sql {

class PostgresqlConnection final : public Connection {
public:
    // Called on every new connection before anything else; may use it.
    using Greet = std::function<Result<>(PostgresqlConnection&)>;
    PostgresqlConnection(std::string target, std::string schema, Greet greet);
    ~PostgresqlConnection() override;
    PostgresqlConnection(const PostgresqlConnection&) = delete;
    PostgresqlConnection& operator=(const PostgresqlConnection&) = delete;

    // Connects if it is not connected.
    Result<> connect();
    void disconnect();

    using Connection::rows;
    using Connection::send;
    using Connection::stream;
    Result<> script(const std::string& sql) override;
    Result<> rows(std::string_view sql, std::span<const Value> values,
                  const RowSink& sink) override;
    Result<> stream(std::string_view sql, std::span<const Value> values, int portion,
                    const RowSink& sink) override;
    Result<> begin(Isolation isolation) override;
    void send(std::string_view sql, std::span<const Value> values, Expect expect) override;
    Result<> settle() override;
    Result<> commit() override;
    void rollback() override;

    // After a failed commit(): the connection ended before the server said what became of it.
    bool in_doubt() const { return in_doubt_; }
    std::string quoted(std::string_view identifier) const;

private:
    struct Sent {
        std::string prepares;  // the statement that this prepares, or empty
        Expect expect;
    };
    bool is_connected() const;
    Result<std::string> prepare(std::string_view sql);
    Result<> ask(const char* sql);
    Result<> read_portions(int portion, const RowSink& sink);
    std::unexpected<Error> failure(const pg_result* result) const;

    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    std::string target_;
    std::string schema_;
    Greet greet_;
    pg_conn* connection_ = nullptr;
    bool greeting_ = false;
    bool in_transaction_ = false;
    bool in_doubt_ = false;
    std::unordered_map<std::string, std::string, Hash, std::equal_to<>> prepared_;  // text, name
    int names_ = 0;
    std::deque<Sent> sent_;
    Result<> sending_;
};

}  // namespace noroshi::store::sql
