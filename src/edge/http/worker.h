#pragma once
// One io thread: its io_context, its listening sockets, its connections and the sweep that looks at
// their deadlines.

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "edge/http/connection.h"

namespace noroshi::edge::http {

// Counts connections, all together and by address. Thread-safe.
class Doorkeeper {
public:
    Doorkeeper(const ServerOptions& options, Metrics& metrics)
        : options_(options), metrics_(metrics) {}
    enum class Verdict { welcome, full, too_many_from_address };
    Verdict enter(const std::string& address);
    void leave(const std::string& address);

private:
    const ServerOptions& options_;
    Metrics& metrics_;
    std::mutex guard_;
    std::unordered_map<std::string, std::size_t> by_address_;
};

class Worker {
public:
    Worker(const ServerOptions& options, Handling& handling, EventHub& hub, AccessLog& log,
           Doorkeeper& doorkeeper, unsigned index, std::string_view id_prefix);
    ~Worker();

    // Before start(). `tls` null: plain. Returns the port. Errors: as listen_on().
    Result<std::uint16_t> listen(const std::string& address, std::uint16_t port, Share share,
                                 std::shared_ptr<TlsContext> tls);
    void start();
    // Thread-safe. No new connections; idle ones end, the others after their answer.
    void wind_down();
    // Thread-safe. Ends everything; the thread is joined by the destructor.
    void cut();

private:
    struct Listener {
        asio::ip::tcp::acceptor acceptor;
        std::shared_ptr<TlsContext> tls;
        bool loopback;
    };
    asio::awaitable<void> accept_from(Listener& listener);
    void welcome(Listener& listener, int descriptor, const asio::ip::tcp::endpoint& from);
    void sweep();

    Doorkeeper& doorkeeper_;
    std::unique_ptr<Bench> bench_;  // outlives the coroutines in context_
    asio::io_context context_{1};
    std::vector<std::unique_ptr<Listener>> listeners_;
    asio::steady_timer sweeper_{context_};
    asio::steady_timer pause_{context_};
    std::chrono::milliseconds tick_;
    bool over_ = false;
    std::thread thread_;
};

}  // namespace noroshi::edge::http
