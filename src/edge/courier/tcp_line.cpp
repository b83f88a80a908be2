#include "edge/courier/tcp_line.h"

#include <cerrno>
#include <memory>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace noroshi::edge::courier {

namespace {

// What is ready, or 0 when the time is over.
short wait_for(int socket, short what, std::chrono::milliseconds patience) {
    pollfd one{socket, what, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(patience.count()));
    return ready > 0 ? one.revents : short{0};
}

}  // namespace

bool TcpLine::connect(const std::string& host, std::uint16_t port,
                      std::chrono::milliseconds patience) {
    close();
    addrinfo wish{};
    wish.ai_socktype = SOCK_STREAM;
    wish.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wish, &found) != 0) return false;
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, ::freeaddrinfo);
    for (const addrinfo* one = found; one != nullptr && socket_ < 0; one = one->ai_next) {
        const int socket = ::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (socket < 0) continue;
        bool connected = ::connect(socket, one->ai_addr, one->ai_addrlen) == 0;
        if (!connected && errno == EINPROGRESS && wait_for(socket, POLLOUT, patience) != 0) {
            int error = 0;
            socklen_t size = sizeof error;
            connected =
                ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
        }
        if (connected)
            take(socket);
        else
            ::close(socket);
    }
    return socket_ >= 0;
}

void TcpLine::take(int socket) {
    close();
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
    socket_ = socket;
}

bool TcpLine::write(std::string_view bytes, std::chrono::milliseconds patience) {
    while (!bytes.empty()) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (wait_for(socket_, POLLOUT, patience) == 0) return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool TcpLine::read(std::string& into, std::chrono::milliseconds patience) {
    if (wait_for(socket_, POLLIN, patience) == 0) return true;
    char bytes[16 * 1024];
    const auto got = ::recv(socket_, bytes, sizeof bytes, 0);
    if (got > 0) into.append(bytes, static_cast<std::size_t>(got));
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

void TcpLine::shut() {
    if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

void TcpLine::close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
}

}  // namespace noroshi::edge::courier
