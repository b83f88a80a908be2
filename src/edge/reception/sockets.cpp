#include "edge/reception/sockets.h"

#include <fmt/format.h>
#include <cerrno>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <netdb.h>
#include <unistd.h>

namespace noroshi::edge::reception {

Descriptor::~Descriptor() {
    if (value_ >= 0) ::close(value_);
}

Result<Descriptor> listen_on(const std::string& where, int type) {
    const auto colon = where.rfind(':');
    const auto wrong = [&](std::string_view reason) {
        return fail(ErrorKind::invalid, "edge.reception.listen",
                    {{"where", where}, {"reason", std::string(reason)}});
    };
    if (colon == std::string::npos) return wrong("ADDRESS:PORT");
    std::string host = where.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    addrinfo hints{}, *found = nullptr;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = type;
    const int status = ::getaddrinfo(host.empty() ? nullptr : host.c_str(),
                                     where.substr(colon + 1).c_str(), &hints, &found);
    if (status != 0) return wrong(::gai_strerror(status));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> held(found, &::freeaddrinfo);
    Descriptor socket(
        ::socket(found->ai_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, found->ai_protocol));
    if (!socket) return wrong(std::strerror(errno));
    const int on = 1, room = 8 << 20;
    // Not for datagrams: two processes would share the port, and one of them would get nothing.
    if (type == SOCK_STREAM)
        ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    else if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
        ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (::bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0 ||
        (type == SOCK_STREAM && ::listen(socket.get(), 64) != 0))
        return wrong(std::strerror(errno));
    return socket;
}

std::string address_text(const sockaddr_storage& address, bool with_port) {
    char host[INET6_ADDRSTRLEN] = "";
    std::uint16_t port = 0;
    if (address.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
        port = ntohs(v6.sin6_port);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
            ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], host, sizeof host);
        else
            ::inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
    } else {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
        ::inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
        port = ntohs(v4.sin_port);
    }
    if (!with_port) return host;
    const std::string_view text(host);
    return text.contains(':') ? fmt::format("[{}]:{}", text, port)
                              : fmt::format("{}:{}", text, port);
}

std::string address_of(const Descriptor& socket) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
    return address_text(address, true);
}

}  // namespace noroshi::edge::reception
