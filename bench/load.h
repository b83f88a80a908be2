#pragma once
// What the benches share: a port to put load on (the real binary, in a process of its own, on a
// fresh data directory) and one thread with many kept-open connections to it.

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "app/serving.h"
#include "app/verbs.h"

namespace noroshi::bench {

using SteadyClock = std::chrono::steady_clock;
inline double seconds_since(SteadyClock::time_point start) {
    return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

inline double percentile(std::vector<double> all, double share) {
    if (all.empty()) return 0;
    const auto at =
        std::min(all.size() - 1, static_cast<std::size_t>(share * static_cast<double>(all.size())));
    std::ranges::nth_element(all, all.begin() + static_cast<std::ptrdiff_t>(at));
    return all[at];
}

inline int connect_to(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT(fd >= 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT(connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

// The whole answer to one request, read with patience; for setting the scene.
inline std::string answer_to(std::uint16_t port, const std::string& request) {
    const int fd = connect_to(port);
    ASSERT(write(fd, request.data(), request.size()) == static_cast<ssize_t>(request.size()));
    std::string answer;
    char bytes[16384];
    while (true) {
        const auto got = read(fd, bytes, sizeof bytes);
        if (got <= 0) break;
        answer.append(bytes, static_cast<std::size_t>(got));
    }
    close(fd);
    return answer;
}

struct Writer {
    std::string login;
    std::string token;
};

class Port {
public:
    // `noroshi serve` with people who may write, and an incident.
    Port(const std::string& dir, std::size_t writers) : dir_(dir) {
        std::filesystem::remove_all(dir);
        auto options = app::options_of(dir, "");
        ASSERT(options);
        {
            auto installation = app::Installation::open(std::move(*options));
            ASSERT(installation);
            for (std::size_t i = 0; i < writers; ++i) {
                app::UserAdd user;
                user.login = "writer" + std::to_string(i);
                user.name = "記録 " + std::to_string(i) + "郎";
                user.organisation = "北港管理組合";
                user.organisation_kind = "port_manager";
                user.roles = {"duty_officer", "clerk"};
                ASSERT(app::add_user(**installation, user));
                const auto token = app::create_token(
                    **installation, {.login = user.login, .scope = {}, .note = {}});
                ASSERT(token);
                writers_.push_back({user.login, token->token});
            }
        }
        start("serve");
        incident_ = open_incident();
    }
    // As it comes: "demo".
    Port(const std::string& dir, const std::string& verb) : dir_(dir) {
        std::filesystem::remove_all(dir);
        std::filesystem::create_directories(dir);
        start(verb);
    }
    ~Port() {
        kill(process_, SIGTERM);
        int status = 0;
        waitpid(process_, &status, 0);
        std::filesystem::remove_all(dir_);
    }
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;

    std::uint16_t number() const { return number_; }
    const std::vector<Writer>& writers() const { return writers_; }
    const std::string& incident() const { return incident_; }
    pid_t process() const { return process_; }

private:
    void start(const std::string& verb) {
        int ends[2];
        ASSERT(pipe(ends) == 0);
        process_ = fork();
        ASSERT(process_ >= 0);
        if (process_ == 0) {
            dup2(ends[1], STDOUT_FILENO);
            const int log =
                open((dir_ + "/serve.log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
            dup2(log, STDERR_FILENO);
            const char* binary = std::getenv("NOROSHI_BIN");
            execl(binary != nullptr ? binary : "build/release/noroshi", "noroshi", verb.c_str(),
                  "--data", dir_.c_str(), "--listen", "127.0.0.1:0",
                  verb == "demo" ? "--no-browser" : nullptr, nullptr);
            _exit(127);
        }
        close(ends[1]);
        std::string said;
        char byte = 0;
        constexpr std::string_view address = "http://127.0.0.1:";
        while (read(ends[0], &byte, 1) == 1) {
            said += byte;
            const auto at = said.find(address);
            if (byte != '\n' || at == std::string::npos) continue;
            std::from_chars(said.data() + at + address.size(), said.data() + said.size(), number_);
            break;
        }
        ASSERT(number_ != 0);
        // The rest of what it says is of no interest, but must have somewhere to go.
        while (!answer_to(number_,
                          "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    .starts_with("HTTP/1.1 200")) {}
    }

    std::string open_incident() {
        const std::string body =
            R"({"title":"ゲート停止","event_time":"2026-07-04T06:30:00+09:00","effects":["freight"]})";
        const auto answer = answer_to(
            number_,
            fmt::format("POST /api/respond/incident/incidents HTTP/1.1\r\nHost: localhost\r\n"
                        "Authorization: Bearer {}\r\nContent-Type: application/json\r\n"
                        "Connection: close\r\nContent-Length: {}\r\n\r\n{}",
                        writers_[0].token, body.size(), body));
        ASSERT(answer.starts_with("HTTP/1.1 201"));
        const auto at = answer.find("\"id\":\"") + 6;
        return answer.substr(at, answer.find('"', at) - at);
    }

    std::string dir_;
    pid_t process_ = 0;
    std::uint16_t number_ = 0;
    std::vector<Writer> writers_;
    std::string incident_;
};

// One entry as a clerk writes it, with a key of its own.
inline std::string entry_request(const Port& port, const Writer& writer, std::uint64_t number) {
    const std::string body = fmt::format(
        R"({{"event_time":"2026-07-04T06:30:00+09:00","sender":"第一ターミナル 田中課長",)"
        R"("receiver":"港湾管理者 当直","medium":"電話","kind":"fact","content":"ゲート前の待機車両は約)"
        R"({}台に達し、トレーラーによる搬出入作業は中止している。再開の見込みは午後六時ごろ、ただし未確認。"}})",
        number);
    return fmt::format(
        "POST /api/respond/incident/incidents/{}/entries HTTP/1.1\r\nHost: localhost\r\n"
        "Authorization: Bearer {}\r\nContent-Type: application/json\r\n"
        "Idempotency-Key: {}-{}\r\nContent-Length: {}\r\n\r\n{}",
        port.incident(), writer.token, writer.login, number, body.size(), body);
}

// Length of the first whole answer in the bytes, headers and body; 0 if there is none yet.
inline std::size_t answer_length(std::string_view bytes) {
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return 0;
    constexpr std::string_view name = "Content-Length: ";
    const auto at = bytes.substr(0, end).find(name);
    std::size_t length = 0;
    if (at != std::string_view::npos)
        std::from_chars(bytes.data() + at + name.size(), bytes.data() + end, length);
    return bytes.size() >= end + 4 + length ? end + 4 + length : 0;
}

}  // namespace noroshi::bench
