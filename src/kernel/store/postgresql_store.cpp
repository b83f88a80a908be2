// Several nodes, one database: readers anywhere, one appender.
//
// Who appends. The appender's session holds an advisory lock; a second one is refused. A lock alone
// does not stop an appender whose session died without its noticing and who reconnects after
// somebody else has led for a while. So the row `appender` carries an epoch, raised by whoever
// opens the store, and every transaction first updates that row where the epoch is still ours: a
// former appender changes no row, and nothing of what it brings is stored. The same update keeps
// two transactions from running at the same time.
//
// What became of a commit. If the connection ends while COMMIT is on its way, the batch may be
// stored or not. The row also counts commits, in the same transaction. So we connect again, make
// sure that the old session has ended (it holds the lock; if the server has not noticed yet that
// the connection is dead, we end it ourselves), and read the counter: that is the answer. Only if
// the server stays away is it kernel.store.in_doubt.
//
// A batch is two round trips: one pipeline of statements, and COMMIT.

#include <chrono>
#include <thread>

#include "kernel/crypto/hash.h"
#include "kernel/journal/journal.h"
#include "kernel/store/disposal.h"
#include "kernel/store/kept_requests.h"
#include "kernel/store/postgresql_connection.h"
#include "kernel/store/sqlite_store.h"
#include "kernel/store/tables.h"

namespace noroshi::store {

namespace {

using sql::PostgresqlConnection;

// The key of the advisory lock: 64 bits of the schema's hash, as the two halves of pg_locks.
struct LockKey {
    std::int32_t high = 0;
    std::int32_t low = 0;
};
LockKey lock_key_of(const std::string& schema) {
    const auto hash = sha256("noroshi appender " + schema);
    const auto half = [&](std::size_t at) {
        std::uint32_t number = 0;
        for (std::size_t i = at; i < at + 4; ++i) number = (number << 8) | hash[i];
        return static_cast<std::int32_t>(number);
    };
    return {half(0), half(4)};
}

class PostgresqlStore final : public Tables<Store> {
public:
    PostgresqlStore(const std::string& target, const std::string& schema)
        : target_(target), schema_(schema), lock_key_(lock_key_of(schema)),
          connection_(target, schema, [this](PostgresqlConnection&) { return greet(); }) {}

    Result<> open() {
        TRY(connection_.connect());
        return check_loaded(connection_);
    }

    Result<> commit(const Batch& batch) override {
        if (batch.empty()) return {};
        TRY(requests_.check(connection_, batch));
        auto done = transact(
            [&]() -> Result<> {
                TRY(check_batch(head_, batch));
                send_batch(connection_, batch, requests_.next());
                return {};
            },
            [&] {
                head_ = head_after(head_, batch);
                requests_.add(batch);
            });
        if (!done) requests_.read_again();
        return done;
    }
    Result<> put_setting(std::string_view name, std::string_view value) override {
        return transact(
            [&]() -> Result<> {
                send_setting(connection_, name, value);
                return {};
            },
            [] {});
    }
    Result<std::optional<Request>> request(std::string_view key) override {
        return requests_.find(connection_, key);
    }
    Result<> forget_requests(Instant before) override {
        TRY_LET(const auto first_kept, requests_.first_since(connection_, before));
        return transact(
            [&]() -> Result<> {
                send_forget_requests(connection_, first_kept);
                return {};
            },
            [&] { requests_.forget(first_kept); });
    }
    Result<std::unique_ptr<Reader>> reader() override {
        TRY_LET(auto connection, open_reader());
        return std::make_unique<TableReader>(std::move(connection));
    }
    Result<> copy_to(const std::string& path) override {
        TRY_LET(auto connection, open_reader());
        TableReader from(std::move(connection));
        TRY_LET(auto copy, create_copy(path));
        return write_copy(path, [&]() -> Result<> {
            TRY(copy_all(from, *copy));
            copy.reset();
            return {};
        });
    }
    std::string_view engine() const override { return "postgresql"; }

    // disposal.h. Not through transact(): how much was emptied is known statement by statement.
    Result<CarriedOut> carry_out(const Disposals& decided) {
        CarriedOut out;
        TRY(connection_.begin(sql::Isolation::append));
        connection_.send("update appender set commits = commits + 1 where epoch = $1",
                         {sql::integer(epoch_)}, sql::Expect::one_row);
        auto done = connection_.settle();
        const auto count = [&](std::string_view sql, sql::Value value, std::uint64_t& number) {
            if (done)
                done = connection_.rows(sql, {value}, [&](const sql::Row&) {
                    ++number;
                    return true;
                });
        };
        for (const auto sequence : decided.sequences)
            count("update facts set body = '' where sequence = $1 and body <> '' returning 1",
                  sql::integer(sequence), out.facts);
        for (const auto& blob : decided.blobs)
            count("delete from blobs where sha256 = $1 returning 1", sql::text(blob), out.blobs);
        if (done) done = connection_.commit();
        if (!done) {
            connection_.rollback();
            return std::unexpected(std::move(done).error());
        }
        ++commits_;
        // An update leaves the former row in the file until the table is written anew.
        TRY(connection_.script("vacuum full facts"));
        TRY(connection_.script("vacuum full blobs"));
        return out;
    }

private:
    sql::Connection& connection() override { return connection_; }

    Result<std::unique_ptr<PostgresqlConnection>> open_reader() const {
        auto connection = std::make_unique<PostgresqlConnection>(
            target_, schema_, [](PostgresqlConnection& opened) {
                return opened.script("set default_transaction_read_only to on");
            });
        TRY(connection->connect());
        return connection;
    }

    // ---- a session of ours ---------------------------------------------------------------------

    Result<> greet() {
        auto locked = lock();
        if (!locked && locked.error().kind == ErrorKind::unavailable && epoch_ != 0) {
            TRY(end_former_session());
            locked = lock();
        }
        if (!locked) {
            if (locked.error().key == "kernel.store.busy") return in_use();
            return locked;
        }
        if (epoch_ == 0)
            TRY(take_over());
        else
            TRY(resume());
        TRY_LET(head_, read_head(connection_));
        return {};
    }

    // A server takes a moment to notice that a killed process is gone.
    Result<> lock() {
        TRY(connection_.script("set lock_timeout to '2s'"));
        const auto key = std::to_string(lock_key_.high) + ", " + std::to_string(lock_key_.low);
        TRY(connection_.script("select pg_advisory_lock(" + key + ")"));
        return connection_.script("set lock_timeout to 0");
    }

    // Our own session of before, still alive for the server: the holder of the lock, and the one
    // that we wrote down, with our epoch.
    Result<> end_former_session() {
        const auto unsigned_text = [](std::int32_t half) {
            return std::to_string(static_cast<std::uint32_t>(half));
        };
        return connection_.script(
            "select pg_terminate_backend(held.pid, 5000) from pg_locks held, appender "
            "where held.locktype = 'advisory' and held.granted and held.classid = " +
            unsigned_text(lock_key_.high) + " and held.objid = " + unsigned_text(lock_key_.low) +
            " and held.objsubid = 2 and held.pid = appender.session and appender.epoch = " +
            std::to_string(epoch_));
    }

    Result<> take_over() {
        const auto schema = connection_.quoted(schema_);
        TRY(connection_.script("create schema if not exists " + schema));
        bool created = false;
        TRY(connection_.rows(
            "select 1 from pg_tables where schemaname = $1 and tablename = 'appender'",
            {sql::text(schema_)}, [&](const sql::Row&) { return created = true; }));
        if (!created) {
            TRY(connection_.script(
                "begin;" + create_tables(Dialect::postgresql) +
                "create table appender (one boolean primary key default true check (one), "
                "schema_number bigint not null, epoch bigint not null, session bigint not null, "
                "commits bigint not null);"
                "insert into appender values (true, " +
                std::to_string(schema_number) + ", 0, 0, 0); commit"));
        }
        std::int64_t number = 0;
        TRY(connection_.rows("select schema_number from appender", {}, [&](const sql::Row& row) {
            number = row.integer(0);
            return true;
        }));
        if (number > schema_number)
            return fail(ErrorKind::invalid, "kernel.store.newer_schema",
                        {{"number", std::to_string(number)}});
        if (number < schema_number)
            TRY(connection_.script("begin;" + migrate_from_1(Dialect::postgresql) +
                                   "update appender set schema_number = " +
                                   std::to_string(schema_number) + "; commit"));
        return connection_.rows(
            "update appender set epoch = epoch + 1, "
            "session = pg_backend_pid() returning epoch, commits",
            {}, [&](const sql::Row& row) {
                epoch_ = row.integer(0);
                commits_ = row.integer(1);
                return true;
            });
    }

    Result<> resume() {
        bool ours = false;
        TRY(
            connection_.rows("update appender set session = pg_backend_pid() where epoch = $1 "
                             "returning commits",
                             {sql::integer(epoch_)}, [&](const sql::Row& row) {
                                 commits_ = row.integer(0);
                                 return ours = true;
                             }));
        if (!ours) return in_use();
        return {};
    }

    std::unexpected<Error> in_use() const {
        return fail(ErrorKind::conflict, "kernel.store.in_use", {{"path", schema_}});
    }

    // ---- a transaction -------------------------------------------------------------------------

    Result<> transact(const std::function<Result<>()>& fill,
                      const std::function<void()>& committed) {
        TRY(connection_.connect());
        auto done = attempt(fill);
        // A connection found dead before COMMIT was sent has stored nothing: once more, at once.
        if (!done && done.error().key == "kernel.store.connection_lost" &&
            !connection_.in_doubt()) {
            TRY(connection_.connect());
            done = attempt(fill);
        }
        if (!done && connection_.in_doubt())
            done = find_out(commits_ + 1, done.error());
        else if (done)
            ++commits_;
        if (done) committed();
        return done;
    }

    Result<> attempt(const std::function<Result<>()>& fill) {
        TRY(connection_.begin(sql::Isolation::append));
        connection_.send("update appender set commits = commits + 1 where epoch = $1",
                         {sql::integer(epoch_)}, sql::Expect::one_row);
        auto done = fill();
        if (const auto sent = connection_.settle(); done && !sent) done = sent;
        if (done) return connection_.commit();
        connection_.rollback();
        return done;
    }

    // `number`: what the counter shows if the batch is stored.
    Result<> find_out(std::int64_t number, const Error& lost) {
        constexpr int attempts = 100;
        for (int i = 0; i < attempts; ++i) {
            const auto connected = connection_.connect();  // reads the counter anew
            if (connected) {
                if (commits_ == number) return {};
                return std::unexpected(lost);
            }
            if (connected.error().kind != ErrorKind::unavailable) return connected;
            constexpr auto pause = std::chrono::milliseconds(100);
            std::this_thread::sleep_for(pause);  // tidy: allow sleep: the server has to come back
        }
        return fail(ErrorKind::unavailable, "kernel.store.in_doubt", lost.arguments);
    }

    std::string target_;
    std::string schema_;
    LockKey lock_key_;
    std::int64_t epoch_ = 0;  // ours; 0 before the first connection
    std::int64_t commits_ = 0;
    Head head_;
    KeptRequests requests_;
    PostgresqlConnection connection_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_postgresql(const std::string& connection,
                                               const std::string& schema) {
    auto store = std::make_unique<PostgresqlStore>(connection, schema);
    TRY(store->open());
    return store;
}

Result<std::unique_ptr<Reader>> open_postgresql_read_only(const std::string& connection,
                                                          const std::string& schema) {
    auto reader = std::make_unique<PostgresqlConnection>(
        connection, schema, [](PostgresqlConnection& opened) {
            return opened.script("set default_transaction_read_only to on");
        });
    TRY(reader->connect());
    return std::make_unique<TableReader>(std::move(reader));
}

Result<CarriedOut> carry_out_disposals_in_postgresql(const std::string& connection,
                                                     const std::string& schema) {
    PostgresqlStore store(connection, schema);
    TRY(store.open());
    TRY_LET(const auto reader, store.reader());
    TRY_LET(const auto decided, decided_disposals(*reader));
    TRY_LET(const auto out, store.carry_out(decided));
    TRY_LET(const auto after, store.reader());
    TRY(journal::verify_chain(*after));
    return out;
}

}  // namespace noroshi::store
