#pragma once
// Sockets that lines come in over, for the agent and for the centre: never blocking, closed with their
// owner. Any thread; one at a time per socket.

#include <string>
#include <utility>

#include <sys/socket.h>

#include "kernel/result.h"

namespace noroshi::edge::reception {

class Descriptor {
public:
    explicit Descriptor(int value = -1) : value_(value) {}
    Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    ~Descriptor();
    int get() const { return value_; }
    explicit operator bool() const { return value_ >= 0; }

private:
    int value_;
};

// "192.0.2.1:514", "[::1]:514", ":514" (every address); `type` SOCK_DGRAM or SOCK_STREAM. Datagrams get
// as large a queue as the system allows. Errors: invalid edge.reception.listen {where, reason}.
Result<Descriptor> listen_on(const std::string& where, int type);

std::string address_text(const sockaddr_storage& address, bool with_port);
std::string address_of(const Descriptor& socket);  // where a listener ended up, for port 0

}  // namespace noroshi::edge::reception
