#pragma once
// A web service in the same process, for tests: on a loopback port of its own, answers each request
// as the test says and keeps what it was asked. One connection after the other, closed after each
// answer.

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/courier/tcp_line.h"
#include "kernel/result.h"

namespace noroshi::edge::courier {

class HttpPeer {
public:
    struct Asked {
        std::string method;
        std::string path;
        std::map<std::string, std::string> headers;  // names in lower case
        std::string body;
    };
    struct Says {
        int status = 201;
        std::string headers;  // "Retry-After: 7\r\n"
        std::string body;
    };
    using Answers = std::function<Says(const Asked&)>;  // status 0: hangs up without a word

    explicit HttpPeer(Answers answers) : answers_(std::move(answers)) {
        listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT(::bind(listening_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
        ASSERT(::listen(listening_, 16) == 0);
        socklen_t size = sizeof at;
        ::getsockname(listening_, reinterpret_cast<sockaddr*>(&at), &size);
        port_ = ntohs(at.sin_port);
        accepting_ = std::jthread([this](const std::stop_token& stop) { accept(stop); });
    }
    ~HttpPeer() {
        accepting_.request_stop();
        accepting_.join();
        ::close(listening_);
    }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    std::vector<Asked> asked() const {
        std::lock_guard lock(guard_);
        return asked_;
    }

private:
    void accept(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            pollfd one{listening_, POLLIN, 0};
            if (::poll(&one, 1, 20) <= 0) continue;
            const int socket = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
            if (socket >= 0) talk(socket, stop);
        }
    }

    void talk(int socket, const std::stop_token& stop) {
        TcpLine line;
        line.take(socket);
        std::string bytes;
        std::size_t head = std::string::npos;
        std::size_t length = 0;
        Asked request;
        while (!stop.stop_requested()) {
            if (!line.read(bytes, std::chrono::milliseconds(20))) return;
            if (head == std::string::npos && (head = bytes.find("\r\n\r\n")) != std::string::npos) {
                read_head(request, bytes.substr(0, head + 2));
                if (request.headers.contains("content-length"))
                    length = std::stoul(request.headers["content-length"]);
            }
            if (head != std::string::npos && bytes.size() >= head + 4 + length) break;
        }
        if (head == std::string::npos) return;
        request.body = bytes.substr(head + 4, length);
        const Says says = answers_(request);
        {
            std::lock_guard lock(guard_);
            asked_.push_back(request);
        }
        if (says.status == 0) return;
        [[maybe_unused]] const bool went =
            line.write("HTTP/1.1 " + std::to_string(says.status) + " X\r\n" + says.headers +
                           "Content-Length: " + std::to_string(says.body.size()) +
                           "\r\nConnection: close\r\n\r\n" + says.body,
                       std::chrono::seconds(5));
    }

    static void read_head(Asked& request, const std::string& head) {
        std::size_t at = 0;
        bool first = true;
        for (auto end = head.find("\r\n"); end != std::string::npos; end = head.find("\r\n", at)) {
            const std::string one = head.substr(at, end - at);
            at = end + 2;
            if (first) {
                const auto space = one.find(' ');
                request.method = one.substr(0, space);
                request.path = one.substr(space + 1, one.rfind(' ') - space - 1);
            } else if (const auto colon = one.find(':'); colon != std::string::npos) {
                std::string name = one.substr(0, colon);
                for (auto& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
                request.headers[name] = one.substr(one.find_first_not_of(' ', colon + 1));
            }
            first = false;
        }
    }

    Answers answers_;
    int listening_ = -1;
    std::uint16_t port_ = 0;
    mutable std::mutex guard_;
    std::vector<Asked> asked_;
    std::jthread accepting_;
};

}  // namespace noroshi::edge::courier
