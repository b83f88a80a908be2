// How soon one entry is on 500 open boards, held against a bare loop that writes the same bytes to
// as many sockets. README.md says what is compared and why.

#include <poll.h>

#include <cerrno>

#include "bench/load.h"

namespace noroshi::bench {
namespace {

constexpr std::size_t board_count = 500;
constexpr int entries = 200;
constexpr int rounds = 3;

// Boards that wait for one thing to appear on all of them.
class Boards {
public:
    explicit Boards(std::vector<int> sockets)
        : sockets_(std::move(sockets)), seen_(sockets_.size()) {
        events_ = epoll_create1(EPOLL_CLOEXEC);
        for (std::size_t i = 0; i < sockets_.size(); ++i) {
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.u64 = i;
            ASSERT(epoll_ctl(events_, EPOLL_CTL_ADD, sockets_[i], &event) == 0);
        }
    }
    ~Boards() {
        for (const int fd : sockets_) close(fd);
        close(events_);
    }
    Boards(const Boards&) = delete;
    Boards& operator=(const Boards&) = delete;

    // Seconds from `start` until each board has the mark, and what came before it.
    void wait_for(std::string_view mark, SteadyClock::time_point start, std::vector<double>& into) {
        std::size_t open = sockets_.size();
        for (auto& text : seen_) text.clear();
        std::vector<epoll_event> ready(sockets_.size());
        while (open > 0) {
            const int most =
                epoll_wait(events_, ready.data(), static_cast<int>(ready.size()), 10'000);
            ASSERT(most > 0);
            for (int e = 0; e < most; ++e) {
                const auto i = ready[static_cast<std::size_t>(e)].data.u64;
                char bytes[16384];
                const auto got = read(sockets_[i], bytes, sizeof bytes);
                ASSERT(got > 0);
                std::string& text = seen_[i];
                const bool had = text.contains(mark) && text.ends_with("\n\n");
                text.append(bytes, static_cast<std::size_t>(got));
                // An event ends with an empty line; a chunk with one more line.
                const auto at = text.find(mark);
                if (had || at == std::string::npos || text.find("\n\n", at) == std::string::npos)
                    continue;
                into.push_back(seconds_since(start));
                --open;
            }
        }
    }
    const std::string& seen() const { return seen_.front(); }

private:
    std::vector<int> sockets_;
    std::vector<std::string> seen_;
    int events_ = -1;
};

struct Latency {
    double middle = 0;
    double late = 0;  // 99 of 100 boards had it by then
};
Latency latency_of(const std::vector<double>& all) {
    return {percentile(all, 0.5) * 1e3, percentile(all, 0.99) * 1e3};
}

// ---- the port ------------------------------------------------------------------------------

class Ours {
public:
    Ours(const std::string& dir)
        : port_(dir, 8), boards_(open_boards()), writer_(connect_to(port_.number())) {}
    ~Ours() { close(writer_); }

    Latency measure() {
        std::vector<double> all;
        for (int i = 0; i < entries; ++i) {
            const auto number = 1'000'000 + ++sent_;
            const auto request = entry_request(port_, port_.writers()[0], number);
            const auto start = SteadyClock::now();
            ASSERT(write(writer_, request.data(), request.size()) ==
                   static_cast<ssize_t>(request.size()));
            boards_.wait_for(std::to_string(number), start, all);
            std::string answer;
            while (answer_length(answer) == 0) {
                char bytes[16384];
                const auto got = read(writer_, bytes, sizeof bytes);
                ASSERT(got > 0);
                answer.append(bytes, static_cast<std::size_t>(got));
            }
            ASSERT(answer.starts_with("HTTP/1.1 201"));
        }
        return latency_of(all);
    }
    // What one board got for one entry.
    const std::string& event() const { return boards_.seen(); }

private:
    std::vector<int> open_boards() {
        std::vector<int> sockets;
        for (std::size_t i = 0; i < board_count; ++i) {
            const int fd = connect_to(port_.number());
            const auto request = fmt::format(
                "GET /api/events?topic=respond/incident/{} HTTP/1.1\r\nHost: localhost\r\n"
                "Accept: text/event-stream\r\nAuthorization: Bearer {}\r\n\r\n",
                port_.incident(), port_.writers()[i % port_.writers().size()].token);
            ASSERT(write(fd, request.data(), request.size()) ==
                   static_cast<ssize_t>(request.size()));
            std::string head;
            while (!head.contains("\r\n\r\n")) {
                char byte = 0;
                ASSERT(read(fd, &byte, 1) == 1);
                head += byte;
            }
            ASSERT(head.starts_with("HTTP/1.1 200"));
            sockets.push_back(fd);
        }
        return sockets;
    }

    Port port_;
    Boards boards_;
    int writer_;
    std::uint64_t sent_ = 0;
};

// ---- a bare loop ---------------------------------------------------------------------------

// A process that reads a request and writes the same bytes to as many sockets, one after the other.
class Bare {
public:
    explicit Bare(std::string event) : event_(std::move(event)) {
        const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT(bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
        ASSERT(listen(listener, 1024) == 0);
        socklen_t size = sizeof at;
        ASSERT(getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size) == 0);
        process_ = fork();
        ASSERT(process_ >= 0);
        if (process_ == 0) {
            loop(listener);
            _exit(0);
        }
        close(listener);
        writer_ = connect_to(ntohs(at.sin_port));
        std::vector<int> sockets;
        for (std::size_t i = 0; i < board_count; ++i)
            sockets.push_back(connect_to(ntohs(at.sin_port)));
        boards_ = std::make_unique<Boards>(std::move(sockets));
    }
    ~Bare() {
        close(writer_);
        int status = 0;
        waitpid(process_, &status, 0);
    }
    Bare(const Bare&) = delete;
    Bare& operator=(const Bare&) = delete;

    Latency measure(const std::string& request) {
        std::vector<double> all;
        for (int i = 0; i < entries; ++i) {
            const auto start = SteadyClock::now();
            ASSERT(write(writer_, request.data(), request.size()) ==
                   static_cast<ssize_t>(request.size()));
            boards_->wait_for("data: ", start, all);
        }
        return latency_of(all);
    }

private:
    void loop(int listener) const {
        const auto take = [&] {
            const int fd = accept(listener, nullptr, nullptr);
            const int on = 1;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            return fd;
        };
        const int asker = take();
        std::vector<int> sockets;
        while (sockets.size() < board_count) sockets.push_back(take());
        char bytes[16384];
        while (read(asker, bytes, sizeof bytes) > 0)
            for (const int fd : sockets)
                ASSERT(write(fd, event_.data(), event_.size()) ==
                       static_cast<ssize_t>(event_.size()));
    }

    std::string event_;
    pid_t process_ = 0;
    int writer_ = -1;
    std::unique_ptr<Boards> boards_;
};

int run(const std::string& dir) {
    std::filesystem::create_directories(dir);
    Ours ours(dir + "/port");
    ours.measure();  // warm, and shows what an event looks like
    const std::string event = ours.event();
    Bare bare(event);
    const std::string request(700, 'x');
    bare.measure(request);
    fmt::print("{} boards, {} entries a round, {} bytes each; data directory in {}\n", board_count,
               entries, event.size(), dir);
    std::vector<double> ratios;
    for (int round = 0; round < rounds; ++round) {
        const auto plain = bare.measure(request);
        const auto port = ours.measure();
        ratios.push_back(port.late / plain.late);
        fmt::print(
            "  round {}: bare {:.2f} ms (99 of 100: {:.2f}), entry to boards {:.2f} ms (99 of "
            "100: {:.2f}): {:.2f} ×\n",
            round + 1, plain.middle, plain.late, port.middle, port.late, ratios.back());
        std::fflush(stdout);
    }
    const double ratio = percentile(ratios, 0.5);
    fmt::print("{:.2f} × a bare loop (claim: at most 3)\n{}\n", ratio,
               ratio <= 3 ? "reached" : "NOT REACHED");
    return ratio <= 3 ? 0 : 1;
}

}  // namespace
}  // namespace noroshi::bench

int main(int count, char** arguments) {
    // In memory: the way to the boards is measured, not the disk (bench/append does that).
    return noroshi::bench::run(count > 1 ? arguments[1] : "/dev/shm/noroshi-bench-fanout");
}
