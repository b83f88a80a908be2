#include "edge/http/server.h"

#include <algorithm>
#include <csignal>
#include <thread>

#include <sys/resource.h>

#include "edge/http/worker.h"

namespace noroshi::edge::http {

namespace {

using namespace std::chrono_literals;

// Connections need descriptors; the soft limit of 1024 is from another time.
void raise_descriptor_limit(std::size_t connections) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    const rlim_t wanted = connections + 512;
    if (limit.rlim_cur >= wanted) return;
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::string address_text(const Listen& listen, std::uint16_t port) {
    const std::string host =
        listen.address.contains(':') ? "[" + listen.address + "]" : listen.address;
    return (listen.tls_certificate.empty() ? "http://" : "https://") + host + ":" +
           std::to_string(port);
}

}  // namespace

struct Server::Impl {
    Impl(ServerOptions given, const Routes& routes, journal::Journal& journal,
         Authenticate authenticate)
        : options(std::move(given)), hub(options.face == Face::inward ? &journal : nullptr),
          handling(options, routes, journal, std::move(authenticate)),
          doorkeeper(options, handling.metrics()) {}

    ServerOptions options;
    EventHub hub;
    Handling handling;
    Doorkeeper doorkeeper;
    std::unique_ptr<AccessLog> log;
    std::vector<std::unique_ptr<Worker>> workers;
    std::vector<std::string> addresses;
    std::mutex stopping;
};

Server::Server(ServerOptions options, const Routes& routes, journal::Journal& journal,
               Authenticate authenticate) {
    options.threads = std::max(options.threads, 1u);
    impl_ = std::make_unique<Impl>(std::move(options), routes, journal, std::move(authenticate));
}

Server::~Server() { stop(); }

Result<> Server::bind() {
    Impl& impl = *impl_;
    raise_descriptor_limit(impl.options.connections);
    // OpenSSL writes to sockets without MSG_NOSIGNAL.
    std::signal(SIGPIPE, SIG_IGN);
    TRY_LET(impl.log, AccessLog::open(impl.options.access_log));
    const std::string prefix = impl.handling.journal().random().hex(4);
    std::vector<std::unique_ptr<Worker>> workers;
    for (unsigned i = 0; i < impl.options.threads; ++i)
        workers.push_back(std::make_unique<Worker>(impl.options, impl.handling, impl.hub, *impl.log,
                                                   impl.doorkeeper, i, prefix));
    std::vector<std::string> addresses;
    for (const auto& listen : impl.options.listen) {
        std::shared_ptr<TlsContext> tls;
        if (!listen.tls_certificate.empty()) {
            TRY_LET(tls, TlsContext::load(listen.tls_certificate, listen.tls_key));
        }
        std::uint16_t port = listen.port;
        for (auto& worker : workers) {
            const auto share = worker == workers.front() ? Share::first : Share::joins;
            TRY_LET(port, worker->listen(listen.address, port, share, tls));
        }
        addresses.push_back(address_text(listen, port));
    }
    impl.addresses = std::move(addresses);
    impl.workers = std::move(workers);
    return {};
}

Result<> Server::start() {
    if (impl_->workers.empty()) TRY(bind());
    for (auto& worker : impl_->workers) worker->start();
    return {};
}

std::vector<std::string> Server::addresses() const { return impl_->addresses; }

void Server::stop() {
    std::lock_guard lock(impl_->stopping);
    if (impl_->workers.empty()) return;
    for (auto& worker : impl_->workers) worker->wind_down();
    for (auto left = 5000ms; left > 0ms && impl_->handling.metrics().connections > 0; left -= 5ms)
        std::this_thread::sleep_for(5ms);
    impl_->hub.close();
    for (auto& worker : impl_->workers) worker->cut();
    impl_->workers.clear();
    impl_->handling.stop();
}

}  // namespace noroshi::edge::http
