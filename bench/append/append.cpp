// Entries a second through HTTP, each durable before it is answered, held against a bare SQLite
// loop on the same disk in the same run. README.md says what is compared and why.

#include <cerrno>

#include <sqlite3.h>

#include "bench/load.h"

namespace noroshi::bench {
namespace {

constexpr std::size_t writer_count = 64;
constexpr int rounds = 3;
constexpr double round_seconds = 5;

// One row, one commit, synchronous=FULL, nothing else.
double bare_rows_per_second(const std::string& dir) {
    const std::string path = dir + "/bare.db";
    std::filesystem::remove(path);
    sqlite3* database = nullptr;
    ASSERT(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
    ASSERT(sqlite3_exec(database,
                        "pragma journal_mode=wal; pragma synchronous=full;"
                        "create table rows(id integer primary key, body text)",
                        nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    ASSERT(sqlite3_prepare_v2(database, "insert into rows(body) values(?1)", -1, &statement,
                              nullptr) == SQLITE_OK);
    const std::string body(650, 'x');  // as long as what a fact is hashed over
    const auto start = SteadyClock::now();
    std::uint64_t count = 0;
    while (seconds_since(start) < round_seconds) {
        sqlite3_bind_text(statement, 1, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
        ASSERT(sqlite3_step(statement) == SQLITE_DONE);
        sqlite3_reset(statement);
        ++count;
    }
    const double rate = static_cast<double>(count) / seconds_since(start);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return rate;
}

struct Connection {
    int fd = -1;
    std::string request;
    std::size_t written = 0;
    std::string answer;
    SteadyClock::time_point asked;
};

// Every writer sends the next entry when the last is answered. One thread, kept-open connections.
class Load {
public:
    explicit Load(const Port& port) : port_(port), connections_(port.writers().size()) {
        events_ = epoll_create1(EPOLL_CLOEXEC);
        for (std::size_t i = 0; i < connections_.size(); ++i) {
            connections_[i].fd = connect_to(port.number());
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.u64 = i;
            ASSERT(epoll_ctl(events_, EPOLL_CTL_ADD, connections_[i].fd, &event) == 0);
        }
    }
    ~Load() {
        for (const auto& connection : connections_) close(connection.fd);
        close(events_);
    }

    double entries_per_second() {
        for (std::size_t i = 0; i < connections_.size(); ++i) send(i);
        const auto start = SteadyClock::now();
        std::uint64_t count = 0;
        std::size_t open = connections_.size();
        double took = 0;
        std::vector<epoll_event> ready(connections_.size());
        while (open > 0) {
            const int most = epoll_wait(events_, ready.data(), static_cast<int>(ready.size()), -1);
            for (int e = 0; e < most; ++e) {
                const auto i = ready[static_cast<std::size_t>(e)].data.u64;
                if (!receive(connections_[i])) continue;
                latencies_.push_back(seconds_since(connections_[i].asked));
                ++count;
                if (took == 0 && seconds_since(start) < round_seconds)
                    send(i);
                else
                    --open;
            }
            if (took == 0 && open < connections_.size()) took = seconds_since(start);
        }
        // What was under way at the end counts, and so does the time it took.
        return static_cast<double>(count) / seconds_since(start);
    }
    const std::vector<double>& latencies() const { return latencies_; }

private:
    void send(std::size_t i) {
        Connection& connection = connections_[i];
        connection.request = entry_request(port_, port_.writers()[i], ++sent_);
        connection.asked = SteadyClock::now();
        // A request is smaller than a socket's buffer, so it goes at once.
        ASSERT(write(connection.fd, connection.request.data(), connection.request.size()) ==
               static_cast<ssize_t>(connection.request.size()));
    }
    bool receive(Connection& connection) {
        char bytes[16384];
        const auto got = read(connection.fd, bytes, sizeof bytes);
        ASSERT(got > 0);
        connection.answer.append(bytes, static_cast<std::size_t>(got));
        if (answer_length(connection.answer) == 0) return false;
        if (!connection.answer.starts_with("HTTP/1.1 201"))
            fmt::print(stderr, "{}\n", connection.answer);
        ASSERT(connection.answer.starts_with("HTTP/1.1 201"));
        connection.answer.clear();
        return true;
    }

    const Port& port_;
    std::vector<Connection> connections_;
    int events_ = -1;
    std::uint64_t sent_ = 0;
    std::vector<double> latencies_;
};

int run() {
    const std::string dir = "build/bench/append";
    std::filesystem::create_directories(dir);
    std::vector<double> bare, ours;
    std::vector<double> latencies;
    {
        const Port port(dir + "/port", writer_count);
        Load load(port);
        for (int round = 0; round < rounds; ++round) {
            bare.push_back(bare_rows_per_second(dir));
            ours.push_back(load.entries_per_second());
            fmt::print("  round {}: bare {:.0f} rows/s, {} writers {:.0f} entries/s\n", round + 1,
                       bare.back(), writer_count, ours.back());
            std::fflush(stdout);
        }
        latencies = load.latencies();
    }
    // Each round has its neighbour on the same disk at the same time; the middle ratio counts.
    std::vector<double> ratios;
    for (std::size_t i = 0; i < bare.size(); ++i) ratios.push_back(ours[i] / bare[i]);
    const double ratio = percentile(ratios, 0.5);
    const bool is_reached = ratio >= 4;
    fmt::print(
        "{:.1f} × a bare loop (claim: at least 4); answered within {:.1f} ms (median), {:.1f} ms "
        "(99 of 100)\n{}\n",
        ratio, percentile(latencies, 0.5) * 1e3, percentile(latencies, 0.99) * 1e3,
        is_reached ? "reached" : "NOT REACHED");
    return is_reached ? 0 : 1;
}

}  // namespace
}  // namespace noroshi::bench

int main() { return noroshi::bench::run(); }
