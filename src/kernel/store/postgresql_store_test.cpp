// What is particular to PostgreSQL: a server that goes away, at the worst moment too.

#include <array>
#include <atomic>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "kernel/random/random.h"
#include "kernel/store/postgres_for_tests.h"
#include "kernel/store/postgresql_connection.h"
#include "kernel/store/store_for_tests.h"

namespace noroshi::store {
namespace {

using namespace std::string_literals;

// Stands between client and server, and breaks the connection around a COMMIT when told to.
class Proxy {
public:
    enum class Break { never, before_commit, after_commit };

    explicit Proxy(int server_port) : server_port_(server_port) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        auto address = loopback(0);
        ASSERT(::bind(listener_, as_address(address), sizeof address) == 0);
        ASSERT(::listen(listener_, 8) == 0);
        socklen_t size = sizeof address;
        ASSERT(::getsockname(listener_, as_address(address), &size) == 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~Proxy() {
        stopping_ = true;
        thread_.join();
        ::close(listener_);
    }
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    int port() const { return port_; }
    // Applies to the next COMMIT, once.
    void break_next(Break at) { break_ = at; }
    // Lets nobody through while closed.
    void close_gate(bool closed) { closed_ = closed; }

private:
    static sockaddr_in loopback(int port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }
    static sockaddr* as_address(sockaddr_in& address) {
        return reinterpret_cast<sockaddr*>(&address);
    }

    void serve() {
        while (!stopping_) {
            pollfd waiting{listener_, POLLIN, 0};
            if (::poll(&waiting, 1, 20) <= 0) continue;
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            carriers_.emplace_back([this, client] {
                auto address = loopback(server_port_);
                const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
                if (!closed_ && ::connect(server, as_address(address), sizeof address) == 0)
                    carry(client, server);
                ::close(client);
                ::close(server);
            });
        }
        for (auto& carrier : carriers_) carrier.join();
    }

    void carry(int client, int server) {
        std::array<char, 65536> buffer;
        bool cut_at_answer = false;
        while (!stopping_ && !closed_) {
            std::array<pollfd, 2> ends{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
            if (::poll(ends.data(), 2, 20) <= 0) continue;
            for (const auto& [from, to] : {std::pair(0, server), std::pair(1, client)}) {
                if (ends[from].revents == 0) continue;
                const auto count = ::read(ends[from].fd, buffer.data(), buffer.size());
                if (count <= 0) return;
                const std::string_view bytes(buffer.data(), count);
                if (from == 0 && break_ != Break::never &&
                    bytes.find("commit\0"s) != std::string_view::npos && bytes[0] == 'Q') {
                    if (break_.exchange(Break::never) == Break::before_commit) return;
                    cut_at_answer = true;
                }
                if (from == 1 && cut_at_answer) return;
                if (::write(to, bytes.data(), bytes.size()) != count) return;
            }
        }
    }

    int server_port_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<Break> break_ = Break::never;
    std::atomic<bool> closed_ = false;
    std::atomic<bool> stopping_ = false;
    std::vector<std::thread> carriers_;  // of serve()
    std::thread thread_;
};

class PostgresqlStore : public testing::Test {
protected:
    void SetUp() override {
        server_ = postgres_for_tests();
        ASSERT_FALSE(server_.empty()) << "PostgreSQL 15 is needed: tools/with_postgres.sh";
        const auto at = server_.find("port=");
        ASSERT_NE(at, std::string::npos);
        proxy_.emplace(std::stoi(server_.substr(at + 5)));
        auto opened = open();
        ASSERT_TRUE(opened) << describe(opened.error());
        store_ = std::move(*opened);
        ASSERT_TRUE(append(3));
    }
    void TearDown() override {
        store_.reset();
        server_does("set client_min_messages to error; drop schema " + schema_ + " cascade");
    }
    Result<std::unique_ptr<Store>> open() {
        return open_postgresql("host=127.0.0.1 port=" + std::to_string(proxy_->port()) +
                                   " user=noroshi dbname=postgres",
                               schema_);
    }
    void server_does(const std::string& sql) {
        sql::PostgresqlConnection connection(server_, schema_, {});
        const auto done = connection.script(sql);
        EXPECT_TRUE(done) << describe(done.error());
    }
    Result<> append(std::size_t count) {
        return store_->commit({.facts = facts_after(head_of_store(), count)});
    }
    Head head_of_store() {
        const auto head = store_->head();
        EXPECT_TRUE(head) << describe(head.error());
        return head.value_or(Head{});
    }
    void end_all_sessions() {
        server_does("select pg_terminate_backend(session::int, 5000) from appender");
    }
    std::string server_;
    std::string schema_ = "test_" + SystemRandom().identifier();
    std::optional<Proxy> proxy_;
    std::unique_ptr<Store> store_;
};

// If this failed, an entry that is in the journal would be reported as lost, and written again.
TEST_F(PostgresqlStore, SaysStoredWhenTheAnswerToCommitIsLost) {
    const auto before = head_of_store();
    const auto facts = facts_after(before, 2);
    proxy_->break_next(Proxy::Break::after_commit);
    const auto done = store_->commit({.facts = facts});
    EXPECT_TRUE(done) << describe(done.error());
    EXPECT_EQ(head_of_store().sequence, 5U);

    // A batch without facts too: a message taken from the outbox must not be taken twice.
    proxy_->break_next(Proxy::Break::after_commit);
    EXPECT_TRUE(store_->commit({.secrets = {{"k", "1", "x"}}}));
    proxy_->break_next(Proxy::Break::after_commit);
    EXPECT_TRUE(store_->put_setting("s", "1"));
    EXPECT_EQ(*store_->setting("s"), "1");
    EXPECT_TRUE(append(1));
}

// If this failed, an entry would be reported as written that is nowhere.
TEST_F(PostgresqlStore, SaysNotStoredWhenCommitDidNotArrive) {
    proxy_->break_next(Proxy::Break::before_commit);
    const auto done = append(2);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().key, "kernel.store.connection_lost");
    EXPECT_EQ(head_of_store().sequence, 3U);
    EXPECT_TRUE(append(2));
    EXPECT_EQ(head_of_store().sequence, 5U);
}

// If this failed, a restart of the database server would need a restart of the port's board.
TEST_F(PostgresqlStore, GoesOnAfterTheServerWasAway) {
    auto reader = store_->reader();
    ASSERT_TRUE(reader);
    const auto facts = facts_after(head_of_store(), 1);
    proxy_->close_gate(true);
    const auto done = store_->commit({.facts = facts});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::unavailable) << describe(done.error());
    EXPECT_FALSE((*reader)->head());
    proxy_->close_gate(false);
    EXPECT_TRUE(store_->commit({.facts = facts}));
    EXPECT_EQ((*reader)->head()->sequence, 4U);

    // Sessions ended by the server are noticed and replaced without anybody's being told.
    end_all_sessions();
    EXPECT_TRUE(append(1));
    end_all_sessions();
    EXPECT_EQ(head_of_store().sequence, 5U);
    EXPECT_EQ(all_facts(*store_)->size(), 5U);
}

// If this failed, two halves of a divided network would each write their own journal.
TEST_F(PostgresqlStore, KeepsAFormerAppenderFromAppending) {
    end_all_sessions();
    proxy_->close_gate(true);  // the former appender does not hear of it
    {
        auto second = open_postgresql(server_, schema_);
        ASSERT_TRUE(second) << describe(second.error());
        ASSERT_TRUE((*second)->commit({.facts = facts_after(*(*second)->head(), 1)}));
        proxy_->close_gate(false);
        const auto refused = store_->commit({.secrets = {{"k", "1", "former"}}});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().key, "kernel.store.in_use") << describe(refused.error());
    }
    // Nor after the second has gone: what the former knows is out of date.
    const auto refused = store_->commit({.secrets = {{"k", "1", "former"}}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().key, "kernel.store.in_use");

    store_.reset();
    auto again = open();
    ASSERT_TRUE(again) << describe(again.error());
    store_ = std::move(*again);
    EXPECT_EQ(head_of_store().sequence, 4U);
    EXPECT_TRUE(append(1));
}

// If this failed, a full disk of the server would be a dead end, or would leave half a batch.
TEST_F(PostgresqlStore, IsUsableAfterAFullDisk) {
    server_does(
        "create function full_disk() returns trigger language plpgsql as "
        "$$begin raise exception 'could not extend file' using errcode = '53100'; end$$; "
        "create trigger full_disk before insert on requests for each row "
        "execute function full_disk()");
    Batch batch{.facts = facts_after(head_of_store(), 2),
                .requests = {{.key = "k", .fingerprint = "f", .answer = "a"}},
                .blobs = {{"aa", "never prepared, for it was skipped"}}};
    for (int i = 0; i < 2; ++i) {
        const auto done = store_->commit(batch);
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().key, "kernel.store.disk_full") << describe(done.error());
        EXPECT_EQ(head_of_store().sequence, 3U);
    }
    server_does("drop trigger full_disk on requests");
    EXPECT_TRUE(store_->commit(batch));
    EXPECT_EQ(head_of_store().sequence, 5U);
    EXPECT_TRUE(*store_->blob("aa"));
}

// If this failed, a new version would not open the port's journal, or give a second answer.
TEST_F(PostgresqlStore, BringsTheTablesOfSchema1UpToDate) {
    ASSERT_TRUE(
        store_->commit({.requests = {{.key = "a", .answer = "1", .at = Instant{Span{1}}},
                                     {.key = "b", .answer = "2", .at = Instant{Span{2}}}}}));
    store_.reset();
    server_does(
        "alter table requests drop column number; alter table requests add primary key (key); "
        "update appender set schema_number = 1");
    auto again = open();
    ASSERT_TRUE(again) << describe(again.error());
    store_ = std::move(*again);
    EXPECT_EQ((*store_->request("b"))->answer, "2");
    ASSERT_TRUE(store_->commit({.requests = {{.key = "c", .answer = "3"}}}));
    EXPECT_EQ((*store_->request("a"))->answer, "1");
}

// If this failed, whoever gives a wrong address would wait or be told nothing.
TEST_F(PostgresqlStore, SaysWhyItDoesNotOpen) {
    const auto nowhere = open_postgresql("host=127.0.0.1 port=1 user=noroshi dbname=postgres", "x");
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().key, "kernel.store.connection_lost");
    const auto unknown = open_postgresql(server_ + " dbname=no_such_database", "x");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().kind, ErrorKind::unavailable);
    EXPECT_NE(unknown.error().arguments.at(0).second.find("no_such_database"), std::string::npos);
}

}  // namespace
}  // namespace noroshi::store
