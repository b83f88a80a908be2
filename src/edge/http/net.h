#pragma once
// Sockets: a Stream is one accepted connection, plain or TLS, that never blocks; what to wait for is
// said in its answer, and the waiting is done with Asio. OpenSSL works on the socket itself rather
// than through Asio's pair of buffers: 35 kB less per idle connection, one copy less per byte, and
// an event can be written to it at once, without a coroutine of its own (events.h).
//
// A stream belongs to one io_context and is used on its thread only.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <sys/uio.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "kernel/result.h"

namespace noroshi::edge::http {

namespace asio = boost::asio;
using Socket = asio::ip::tcp::socket;

class Stream {
public:
    enum class Then {
        again,     // moved some bytes
        readable,  // nothing now: wait until it is readable
        writable,
        ended  // closed by the peer, reset, or a protocol error
    };
    struct Moved {
        Then then = Then::again;
        std::size_t bytes = 0;
    };

    explicit Stream(Socket socket) : socket_(std::move(socket)) {}
    virtual ~Stream() = default;

    virtual Moved handshake() { return {}; }
    virtual Moved read(std::span<char> into) = 0;
    // What was not taken must be offered again, unchanged, perhaps with more after it.
    virtual Moved write(std::span<const iovec> pieces) = 0;
    // Bytes may be had without waiting for the socket.
    virtual bool holds_bytes() const { return false; }
    // Says goodbye (TLS) and closes the sending side; reading still works.
    virtual void end_sending();

    // co_await these; they end early when the socket is cancelled.
    auto readable() {
        return socket_.async_wait(Socket::wait_read, asio::as_tuple(asio::deferred));
    }
    auto writable() {
        return socket_.async_wait(Socket::wait_write, asio::as_tuple(asio::deferred));
    }
    Socket& socket() { return socket_; }

protected:
    Socket socket_;
};

// Certificate and key of a listener, shared by its connections.
class TlsContext {
public:
    // PEM files; TLS 1.2 or later, HTTP/1.1. Errors: invalid edge.http.certificate {file, reason}.
    static Result<std::shared_ptr<TlsContext>> load(const std::string& certificate,
                                                    const std::string& key);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

private:
    TlsContext() = default;
    friend std::unique_ptr<Stream> tls_stream(Socket, std::shared_ptr<TlsContext>);
    void* context_ = nullptr;  // SSL_CTX
};

std::unique_ptr<Stream> plain_stream(Socket socket);
std::unique_ptr<Stream> tls_stream(Socket socket, std::shared_ptr<TlsContext> context);

// A listening socket that shares its port with those of the other threads of this process, but not
// with another process. Port 0: a free one.
// Errors: unavailable edge.http.cannot_listen {address, reason}.
enum class Share { first, joins };
Result<asio::ip::tcp::acceptor> listen_on(asio::io_context& context, const std::string& address,
                                          std::uint16_t port, Share share);

}  // namespace noroshi::edge::http
