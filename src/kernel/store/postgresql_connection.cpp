#include "kernel/store/postgresql_connection.h"

#include <array>
#include <tuple>
#include <vector>

#include <libpq-fe.h>

namespace noroshi::store::sql {

namespace {

struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
};
using Answer = std::unique_ptr<PGresult, Clear>;

std::int64_t big_endian(const char* bytes, int size) {
    std::uint64_t number = 0;
    for (int i = 0; i < size; ++i) number = (number << 8) | static_cast<unsigned char>(bytes[i]);
    return static_cast<std::int64_t>(number);
}

class PostgresqlRow final : public Row {
public:
    explicit PostgresqlRow(const PGresult* result) : result_(result) {}
    void move_to(int row) { row_ = row; }
    std::int64_t integer(int column) const override {
        const char* value = PQgetvalue(result_, row_, column);
        // Every integer of ours is 64 bits wide, so no sign is to be extended.
        return big_endian(value, PQgetlength(result_, row_, column));
    }
    std::string_view bytes(int column) const override {
        return {PQgetvalue(result_, row_, column),
                static_cast<std::size_t>(PQgetlength(result_, row_, column))};
    }

private:
    const PGresult* result_;
    int row_ = 0;
};

// Parameters as libpq takes them. Points into the values.
class Parameters {
public:
    explicit Parameters(std::span<const Value> values) : count_(static_cast<int>(values.size())) {
        ASSERT(values.size() <= most);
        for (std::size_t i = 0; i < values.size(); ++i) {
            const Value& value = values[i];
            formats_[i] = 1;
            if (value.type == Value::Type::null) continue;
            if (value.type == Value::Type::integer) {
                for (std::size_t k = 0; k < 8; ++k)
                    numbers_[i][k] =
                        static_cast<char>(static_cast<std::uint64_t>(value.number) >> (56 - 8 * k));
                pointers_[i] = numbers_[i].data();
                lengths_[i] = 8;
            } else {
                // A null pointer would mean NULL, which an empty text is not.
                pointers_[i] = value.content.data() == nullptr ? "" : value.content.data();
                lengths_[i] = static_cast<int>(value.content.size());
            }
        }
    }
    int count() const { return count_; }
    const char* const* pointers() const { return pointers_.data(); }
    const int* lengths() const { return lengths_.data(); }
    const int* formats() const { return formats_.data(); }

private:
    static constexpr std::size_t most = 16;
    int count_;
    std::array<const char*, most> pointers_{};
    std::array<int, most> lengths_{};
    std::array<int, most> formats_{};
    std::array<std::array<char, 8>, most> numbers_{};
};

bool is_good(const PGresult* result) {
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK: return true;
    default: return false;
    }
}

std::unexpected<Error> failure_of(std::string_view state, std::string detail, bool connected) {
    while (!detail.empty() && detail.back() == '\n') detail.pop_back();
    const auto as = [&](ErrorKind kind, const char* key) {
        return fail(kind, key, {{"detail", detail}});
    };
    const auto group = state.substr(0, 2);
    // PostgreSQL, appendix A: error codes.
    if (state == "23505") return as(ErrorKind::conflict, "kernel.store.taken");
    if (state == "53100") return as(ErrorKind::unavailable, "kernel.store.disk_full");
    if (!connected || group == "08" || state.starts_with("57P") || state == "53300")
        return as(ErrorKind::unavailable, "kernel.store.connection_lost");
    if (group == "55" || group == "40" || state == "57014")
        return as(ErrorKind::unavailable, "kernel.store.busy");
    if (group == "53" || group == "58" || group == "25" || state == "42501")
        return as(ErrorKind::unavailable, "kernel.store.io_failed");
    return as(ErrorKind::corrupt, "kernel.store.corrupt");
}

std::unexpected<Error> connection_lost(const char* detail) {
    return fail(ErrorKind::unavailable, "kernel.store.connection_lost", {{"detail", detail}});
}

}  // namespace

PostgresqlConnection::PostgresqlConnection(std::string target, std::string schema, Greet greet)
    : target_(std::move(target)), schema_(std::move(schema)), greet_(std::move(greet)) {}

PostgresqlConnection::~PostgresqlConnection() { disconnect(); }

void PostgresqlConnection::disconnect() {
    PQfinish(connection_);
    connection_ = nullptr;
    in_transaction_ = false;
    prepared_.clear();
    sent_.clear();
}

bool PostgresqlConnection::is_connected() const {
    return connection_ != nullptr && PQstatus(connection_) == CONNECTION_OK;
}

std::unexpected<Error> PostgresqlConnection::failure(const PGresult* result) const {
    const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char* message = result == nullptr ? nullptr : PQresultErrorMessage(result);
    if (message == nullptr || *message == '\0') message = PQerrorMessage(connection_);
    return failure_of(state == nullptr ? "" : state, message, is_connected());
}

Result<> PostgresqlConnection::connect() {
    if (is_connected()) return {};
    if (greeting_) return connection_lost("while connecting");
    disconnect();
    // A later word counts more: whoever runs the server may say otherwise in the target. A server
    // that went away without a word is noticed within half a minute.
    const std::array<const char*, 9> keywords = {
        "connect_timeout",     "tcp_user_timeout", "keepalives_idle",
        "keepalives_interval", "keepalives_count", "fallback_application_name",
        "client_encoding",     "dbname",           nullptr};
    const std::array<const char*, 9> values = {"5",    "20000",         "10",   "5", "3", "noroshi",
                                               "UTF8", target_.c_str(), nullptr};
    connection_ = PQconnectdbParams(keywords.data(), values.data(), 1);
    if (!is_connected()) {
        auto error = failure(nullptr);
        disconnect();
        return error;
    }
    PQsetNoticeProcessor(connection_, [](void*, const char*) {}, nullptr);
    auto done = ask(("set search_path to " + quoted(schema_) +
                     "; set synchronous_commit to on; set standard_conforming_strings to on")
                        .c_str());
    if (done && greet_) {
        greeting_ = true;
        done = greet_(*this);
        greeting_ = false;
    }
    if (!done) disconnect();
    return done;
}

std::string PostgresqlConnection::quoted(std::string_view identifier) const {
    char* escaped = PQescapeIdentifier(connection_, identifier.data(), identifier.size());
    ASSERT(escaped != nullptr);
    std::string text = escaped;
    PQfreemem(escaped);
    return text;
}

Result<> PostgresqlConnection::ask(const char* sql) {
    const Answer answer(PQexec(connection_, sql));
    if (!is_good(answer.get())) return failure(answer.get());
    return {};
}

Result<> PostgresqlConnection::script(const std::string& sql) {
    TRY(connect());
    return ask(sql.c_str());
}

Result<std::string> PostgresqlConnection::prepare(std::string_view sql) {
    if (const auto found = prepared_.find(sql); found != prepared_.end()) return found->second;
    const std::string text(sql);
    auto name = "s" + std::to_string(++names_);
    const Answer answer(PQprepare(connection_, name.c_str(), text.c_str(), 0, nullptr));
    if (!is_good(answer.get())) return failure(answer.get());
    prepared_.emplace(text, name);
    return name;
}

Result<> PostgresqlConnection::rows(std::string_view sql, std::span<const Value> values,
                                    const RowSink& sink) {
    ASSERT(connection_ == nullptr || PQpipelineStatus(connection_) == PQ_PIPELINE_OFF);
    const Parameters parameters(values);
    const auto attempt = [&]() -> Result<Answer> {
        TRY(connect());
        TRY_LET(const auto name, prepare(sql));
        Answer answer(PQexecPrepared(connection_, name.c_str(), parameters.count(),
                                     parameters.pointers(), parameters.lengths(),
                                     parameters.formats(), 1));
        if (!is_good(answer.get())) return failure(answer.get());
        return answer;
    };
    const bool may_repeat = !in_transaction_;
    auto answer = attempt();
    // The first question after a restart of the server finds the old connection dead.
    if (!answer && may_repeat && !is_connected()) answer = attempt();
    if (!answer) return std::unexpected(std::move(answer).error());
    PostgresqlRow row(answer->get());
    for (int i = 0; i < PQntuples(answer->get()); ++i) {
        row.move_to(i);
        if (!sink(row)) break;
    }
    return {};
}

Result<> PostgresqlConnection::stream(std::string_view sql, std::span<const Value> values,
                                      int portion, const RowSink& sink) {
    ASSERT(connection_ == nullptr || PQpipelineStatus(connection_) == PQ_PIPELINE_OFF);
    const bool of_its_own = !in_transaction_;
    if (of_its_own) TRY(begin(Isolation::snapshot));
    const Parameters parameters(values);
    const auto declare = "declare portions no scroll cursor for " + std::string(sql);
    const Answer declared(PQexecParams(connection_, declare.c_str(), parameters.count(), nullptr,
                                       parameters.pointers(), parameters.lengths(),
                                       parameters.formats(), 1));
    Result<> done;
    if (!is_good(declared.get())) done = failure(declared.get());
    if (done) done = read_portions(portion, sink);
    if (of_its_own)
        rollback();
    else if (done)
        done = ask("close portions");
    return done;
}

// While one portion is read, the server prepares the next.
Result<> PostgresqlConnection::read_portions(int portion, const RowSink& sink) {
    const auto fetch = "fetch forward " + std::to_string(portion) + " from portions";
    const auto ask_for_more = [&]() -> Result<> {
        if (PQsendQueryParams(connection_, fetch.c_str(), 0, nullptr, nullptr, nullptr, nullptr,
                              1) != 1)
            return failure(nullptr);
        return {};
    };
    const auto receive = [&]() -> Result<Answer> {
        Answer answer(PQgetResult(connection_));
        if (!is_good(answer.get())) {
            auto error = failure(answer.get());
            while (Answer(PQgetResult(connection_))) {}
            return error;
        }
        ASSERT(!Answer(PQgetResult(connection_)));
        return answer;
    };
    TRY(ask_for_more());
    while (true) {
        TRY_LET(const Answer answer, receive());
        const int count = PQntuples(answer.get());
        const bool more = count == portion;
        if (more) TRY(ask_for_more());
        PostgresqlRow row(answer.get());
        for (int i = 0; i < count; ++i) {
            row.move_to(i);
            if (sink(row)) continue;
            if (more) TRY(receive());
            return {};
        }
        if (!more) return {};
    }
}

Result<> PostgresqlConnection::begin(Isolation isolation) {
    TRY(connect());
    sending_ = {};
    sent_.clear();
    if (isolation == Isolation::append) {
        ASSERT(PQenterPipelineMode(connection_) == 1);
        in_transaction_ = true;
        send("begin", std::span<const Value>{}, Expect::anything);
        return {};
    }
    // The snapshot is taken by the first statement.
    constexpr auto ask_for_snapshot = "begin isolation level repeatable read read only; select 1";
    auto done = ask(ask_for_snapshot);
    if (!done && !is_connected()) {  // as in rows()
        done = connect();
        if (done) done = ask(ask_for_snapshot);
    }
    in_transaction_ = done.has_value();
    return done;
}

void PostgresqlConnection::send(std::string_view sql, std::span<const Value> values,
                                Expect expect) {
    ASSERT(PQpipelineStatus(connection_) == PQ_PIPELINE_ON);
    if (!sending_) return;
    auto known = prepared_.find(sql);
    if (known == prepared_.end()) {
        known = prepared_.emplace(sql, "s" + std::to_string(++names_)).first;
        if (PQsendPrepare(connection_, known->second.c_str(), known->first.c_str(), 0, nullptr) !=
            1) {
            sending_ = failure(nullptr);
            return;
        }
        sent_.push_back({known->first, Expect::anything});
    }
    const Parameters parameters(values);
    if (PQsendQueryPrepared(connection_, known->second.c_str(), parameters.count(),
                            parameters.pointers(), parameters.lengths(), parameters.formats(),
                            1) != 1) {
        sending_ = failure(nullptr);
        return;
    }
    sent_.push_back({"", expect});
}

Result<> PostgresqlConnection::settle() {
    auto done = std::exchange(sending_, {});
    auto sent = std::exchange(sent_, {});
    if (!is_connected()) return done ? connection_lost("in a transaction") : done;
    if (PQpipelineSync(connection_) != 1) return done ? failure(nullptr) : done;
    for (const Sent& one : sent) {
        const Answer answer(PQgetResult(connection_));
        if (!is_good(answer.get())) {
            // What follows the first failure was skipped by the server, preparing included.
            if (!one.prepares.empty()) prepared_.erase(one.prepares);
            if (done) done = failure(answer.get());
        } else if (done && one.expect == Expect::one_row &&
                   std::string_view(PQcmdTuples(answer.get())) != "1") {
            done = fail(ErrorKind::conflict, "kernel.store.taken", {{"detail", "not one row"}});
        }
        if (answer) {
            while (Answer(PQgetResult(connection_))) {}
        }
    }
    const Answer synced(PQgetResult(connection_));
    if (PQresultStatus(synced.get()) != PGRES_PIPELINE_SYNC) {
        disconnect();
        return done ? connection_lost("in a transaction") : done;
    }
    ASSERT(PQexitPipelineMode(connection_) == 1);
    return done;
}

Result<> PostgresqlConnection::commit() {
    in_doubt_ = false;
    const Answer answer(PQexec(connection_, "commit"));
    in_transaction_ = false;
    if (PQresultStatus(answer.get()) == PGRES_COMMAND_OK) {
        if (std::string_view(PQcmdStatus(answer.get())) == "COMMIT") return {};
        return fail(ErrorKind::conflict, "kernel.store.taken", {{"detail", "rolled back"}});
    }
    // An ERROR is the server's word that nothing was committed. Anything that ends the connection
    // may have come after the commit.
    in_doubt_ = !is_connected();
    return failure(answer.get());
}

void PostgresqlConnection::rollback() {
    if (connection_ != nullptr && PQpipelineStatus(connection_) != PQ_PIPELINE_OFF)
        std::ignore = settle();
    if (is_connected() && PQtransactionStatus(connection_) != PQTRANS_IDLE)
        std::ignore = ask("rollback");
    in_transaction_ = false;
    if (connection_ != nullptr && !is_connected()) disconnect();
}

}  // namespace noroshi::store::sql
