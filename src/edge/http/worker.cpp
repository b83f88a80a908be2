#include "edge/http/worker.h"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

namespace noroshi::edge::http {

namespace {

using namespace std::chrono_literals;

std::string plain_address(asio::ip::address address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    return address.to_string();
}

// Said without a parser, a coroutine or a handshake: this connection is one too many.
void turn_away(int descriptor, std::string_view line) {
    std::string text = "HTTP/1.1 ";
    text += line;
    text +=
        "\r\nConnection: close\r\nRetry-After: 5\r\nContent-Type: application/problem+json\r\n"
        "Content-Length: 2\r\n\r\n{}";
    [[maybe_unused]] const auto sent =
        ::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(descriptor, SHUT_WR);
}

}  // namespace

Doorkeeper::Verdict Doorkeeper::enter(const std::string& address) {
    if (metrics_.connections.fetch_add(1) >= static_cast<std::int64_t>(options_.connections)) {
        --metrics_.connections;
        ++metrics_.refused_full;
        return Verdict::full;
    }
    std::lock_guard lock(guard_);
    auto& count = by_address_[address];
    if (count >= options_.connections_per_address) {
        --metrics_.connections;
        ++metrics_.refused_address;
        return Verdict::too_many_from_address;
    }
    ++count;
    return Verdict::welcome;
}

void Doorkeeper::leave(const std::string& address) {
    --metrics_.connections;
    std::lock_guard lock(guard_);
    const auto found = by_address_.find(address);
    if (found != by_address_.end() && --found->second == 0) by_address_.erase(found);
}

Worker::Worker(const ServerOptions& options, Handling& handling, EventHub& hub, AccessLog& log,
               Doorkeeper& doorkeeper, unsigned index, std::string_view id_prefix)
    : doorkeeper_(doorkeeper),
      bench_(std::make_unique<Bench>(options, handling, hub, log, index,
                                     fmt::format("{}-{}-", id_prefix, index))) {
    bench_->mailbox = std::make_shared<Mailbox>(context_);
    hub.add_outlet([mailbox = bench_->mailbox, bench = bench_.get()](Wires wires) {
        mailbox->put([bench, wires = std::move(wires)] {
            for (Connection* connection : bench->connections)
                if (connection->events_) connection->events_->deliver(*wires);
        });
    });
    const auto shortest =
        std::min({options.header_timeout, options.body_timeout, options.idle_timeout,
                  options.write_timeout, options.heartbeat, options.reauthenticate});
    tick_ = std::clamp(shortest / 4, 5ms, 250ms);
}

Worker::~Worker() {
    cut();
    if (thread_.joinable()) thread_.join();
    bench_->mailbox->close();
    bench_->write_log_lines();
}

Result<std::uint16_t> Worker::listen(const std::string& address, std::uint16_t port, Share share,
                                     std::shared_ptr<TlsContext> tls) {
    TRY_LET(auto acceptor, listen_on(context_, address, port, share));
    // Inherited by what is accepted: answers leave at once, dead peers are noticed.
    const int on = 1;
    ::setsockopt(acceptor.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    const auto bound = acceptor.local_endpoint();
    listeners_.push_back(std::make_unique<Listener>(
        Listener{std::move(acceptor), std::move(tls), bound.address().is_loopback()}));
    return bound.port();
}

void Worker::start() {
    for (auto& listener : listeners_)
        asio::co_spawn(context_, accept_from(*listener), asio::detached);
    sweep();
    thread_ = std::thread([this] { context_.run(); });
}

asio::awaitable<void> Worker::accept_from(Listener& listener) {
    using asio::ip::tcp;
    while (listener.acceptor.is_open()) {
        co_await listener.acceptor.async_wait(tcp::acceptor::wait_read,
                                              asio::as_tuple(asio::deferred));
        for (int i = 0; i < 64 && listener.acceptor.is_open(); ++i) {
            tcp::endpoint from;
            auto length = static_cast<socklen_t>(from.capacity());
            const int descriptor = ::accept4(listener.acceptor.native_handle(), from.data(),
                                             &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (descriptor >= 0) {
                from.resize(length);
                welcome(listener, descriptor, from);
                continue;
            }
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                // Wait for others to end instead of spinning on a socket that stays readable.
                pause_.expires_after(100ms);
                co_await pause_.async_wait(asio::as_tuple(asio::deferred));
            }
            break;
        }
    }
}

void Worker::welcome(Listener& listener, int descriptor, const asio::ip::tcp::endpoint& from) {
    Peer peer;
    peer.address = plain_address(from.address());
    peer.secure = listener.tls != nullptr;
    peer.loopback = listener.loopback && from.address().is_loopback();
    const auto verdict = doorkeeper_.enter(peer.address);
    if (verdict != Doorkeeper::Verdict::welcome) {
        if (!listener.tls)
            turn_away(descriptor, verdict == Doorkeeper::Verdict::full ? "503 Service Unavailable"
                                                                       : "429 Too Many Requests");
        ::close(descriptor);
        return;
    }
    Socket socket(context_);
    boost::system::error_code error;
    socket.assign(from.protocol(), descriptor, error);
    if (error) ::close(descriptor);
    auto stream = error          ? nullptr
                  : listener.tls ? tls_stream(std::move(socket), listener.tls)
                                 : plain_stream(std::move(socket));
    if (!stream) return doorkeeper_.leave(peer.address);
    auto gone = [this, address = peer.address] { doorkeeper_.leave(address); };
    auto connection =
        std::make_shared<Connection>(*bench_, std::move(stream), std::move(peer), std::move(gone));
    asio::co_spawn(context_, connection->run(), asio::detached);
}

void Worker::sweep() {
    sweeper_.expires_after(tick_);
    sweeper_.async_wait([this](boost::system::error_code error) {
        // Cancelling comes too late for a handler that is already on its way.
        if (error || over_) return;
        const auto now = Connection::Clock::now();
        // A connection may end, and leave the list, while it is looked at.
        auto& all = bench_->connections;
        for (auto at = all.begin(); at != all.end();) (*at++)->look_at_the_clock(now);
        bench_->write_log_lines();
        sweep();
    });
}

void Worker::wind_down() {
    asio::post(context_, [this] {
        bench_->stopping = true;
        boost::system::error_code ignored;
        for (auto& listener : listeners_) listener->acceptor.close(ignored);
        auto& all = bench_->connections;
        for (auto at = all.begin(); at != all.end();) (*at++)->wind_down();
    });
}

void Worker::cut() {
    asio::post(context_, [this] {
        over_ = true;
        bench_->stopping = true;
        boost::system::error_code ignored;
        for (auto& listener : listeners_) listener->acceptor.close(ignored);
        sweeper_.cancel();
        pause_.cancel();
        auto& all = bench_->connections;
        for (auto at = all.begin(); at != all.end();) (*at++)->cut();
    });
}

}  // namespace noroshi::edge::http
