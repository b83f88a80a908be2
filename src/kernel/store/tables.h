#pragma once
// The tables of a store, their statements, and what they hold: the same SQL for both engines.
// The two stores differ only in how they connect, commit and copy.

#include "kernel/store/sql.h"
#include "kernel/store/store.h"

namespace noroshi::store {

// Of the tables. 2: requests are ordered by a number (kept_requests.h).
constexpr int schema_number = 2;

enum class Dialect { sqlite, postgresql };
std::string create_tables(Dialect dialect);
// Statements from schema 1 to 2, inside a transaction.
std::string migrate_from_1(Dialect dialect);
// A setting that is not empty while copy_all() fills the store.
constexpr std::string_view loading_mark = "kernel.store.loading";
// Errors: corrupt kernel.store.half_loaded.
Result<> check_loaded(sql::Connection& connection);

// ---- reading -----------------------------------------------------------------------------------

Result<Head> read_head(sql::Connection& connection);
Result<> read_facts(sql::Connection& connection, std::uint64_t from, const FactSink& sink);
// By its key: looks through all of them. A Store knows the number (kept_requests.h).
Result<std::optional<Request>> read_request(sql::Connection& connection, std::string_view key);
Result<std::optional<Request>> read_request(sql::Connection& connection, std::int64_t number);
// From number `from`, ascending.
Result<> read_request_keys(
    sql::Connection& connection, std::int64_t from,
    const std::function<bool(std::int64_t number, std::string_view key)>& sink);
Result<std::optional<std::int64_t>> read_first_request_since(sql::Connection& connection,
                                                             Instant before);
Result<std::optional<std::string>> read_blob(sql::Connection& connection, std::string_view sha256);
Result<> read_blobs(sql::Connection& connection, const std::function<bool(const Blob&)>& sink);
Result<> read_secrets(sql::Connection& connection, std::string_view kind,
                      const std::function<bool(const Secret&)>& sink);
Result<> read_outbox(sql::Connection& connection,
                     const std::function<bool(const OutboxRow&)>& sink);
Result<std::optional<std::string>> read_setting(sql::Connection& connection, std::string_view name);
Result<> read_requests(sql::Connection& connection,
                       const std::function<bool(const Request&)>& sink);
Result<> read_settings(
    sql::Connection& connection,
    const std::function<bool(std::string_view name, std::string_view value)>& sink);

// UTF-8 as PostgreSQL takes it: well-formed, no surrogates, no NUL.
bool is_text(std::string_view text);

// ---- writing, inside a transaction -------------------------------------------------------------

// That the batch continues `head` without a gap and holds nothing an engine would refuse.
Result<> check_batch(const Head& head, const Batch& batch);
Head head_after(const Head& head, const Batch& batch);
// `first_request`: the number of the first of batch.requests.
void send_batch(sql::Connection& connection, const Batch& batch, std::int64_t first_request);
void send_setting(sql::Connection& connection, std::string_view name, std::string_view value);
void send_forget_requests(sql::Connection& connection, std::int64_t first_kept);

// Implements the reading half of Reader or Store over connection().
template <class Base>
class Tables : public Base {
public:
    Result<Head> head() override { return read_head(connection()); }
    Result<> facts(std::uint64_t from, const FactSink& sink) override {
        return read_facts(connection(), from, sink);
    }
    Result<std::optional<Request>> request(std::string_view key) override {
        return read_request(connection(), key);
    }
    Result<std::optional<std::string>> blob(std::string_view sha256) override {
        return read_blob(connection(), sha256);
    }
    Result<> each_blob(const std::function<bool(const Blob&)>& sink) override {
        return read_blobs(connection(), sink);
    }
    Result<> each_secret(std::string_view kind,
                         const std::function<bool(const Secret&)>& sink) override {
        return read_secrets(connection(), kind, sink);
    }
    Result<> each_outbox(const std::function<bool(const OutboxRow&)>& sink) override {
        return read_outbox(connection(), sink);
    }
    Result<std::optional<std::string>> setting(std::string_view name) override {
        return read_setting(connection(), name);
    }
    Result<> each_request(const std::function<bool(const Request&)>& sink) override {
        return read_requests(connection(), sink);
    }
    Result<> each_setting(
        const std::function<bool(std::string_view, std::string_view)>& sink) override {
        return read_settings(connection(), sink);
    }
    Result<> hold() override { return connection().begin(sql::Isolation::snapshot); }
    void release() override { connection().rollback(); }

protected:
    virtual sql::Connection& connection() = 0;
};

class TableReader final : public Tables<Reader> {
public:
    explicit TableReader(std::unique_ptr<sql::Connection> connection)
        : connection_(std::move(connection)) {}

private:
    sql::Connection& connection() override { return *connection_; }
    std::unique_ptr<sql::Connection> connection_;
};

}  // namespace noroshi::store
