#pragma once
// The HTTP server: HTTP/1.1 over TCP or TLS on Asio, Beast as parser only, a response writer of our
// own. One io thread per core; a slow or hostile client costs a connection's memory until its
// deadline, nothing more. No Asio in this header.
//
// Limits (defaults): 64 KiB of headers, the route's body limit, 10 s to finish the headers, 30 s
// between two reads of a body, 75 s of keep-alive, 10,000 connections (beyond it 503 and close),
// 2,000 from one address.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernel/identity/principal.h"
#include "kernel/journal/journal.h"
#include "kernel/result.h"

namespace noroshi::edge::http {

class Routes;
struct Request;

// Who is asking: from a bearer token or a session cookie. Runs under Journal::read.
// Nothing: no credentials were given. Errors: forbidden (answered 401) when they are wrong.
using Authenticate = std::function<Result<std::shared_ptr<const Principal>>(
    std::string_view authorization, std::string_view session_cookie)>;

struct Listen {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;       // 0: a free one
    std::string tls_certificate;  // PEM files; empty: plain
    std::string tls_key;
};

// To whom the server turns. Outward it knows the routes it is given and nothing else: no client, no
// API of the edge's own, nobody who is signed in; its answers may stand in other people's frames.
enum class Face { inward, outward };

struct ServerOptions {
    std::vector<Listen> listen;
    Face face = Face::inward;
    unsigned threads = 1;
    std::size_t connections = 10'000;
    std::size_t connections_per_address = 2'000;
    std::chrono::milliseconds header_timeout{10'000};
    std::chrono::milliseconds body_timeout{30'000};
    std::chrono::milliseconds idle_timeout{75'000};
    std::chrono::milliseconds write_timeout{30'000};
    std::chrono::milliseconds heartbeat{15'000};  // comment line on open event streams
    std::string web_root;                         // directory served instead of the embedded bundle
    std::string zone = "Asia/Tokyo";
    std::string public_url;           // of links in messages; empty: from the first listener
    bool secure_cookies = false;      // set when a listener has TLS or a proxy terminates it
    std::size_t minimum_rate = 1024;  // bytes/s of a body, after body_timeout
    std::size_t body_memory = 256 * 1024 * 1024;       // bytes of bodies being read, all together
    std::chrono::milliseconds reauthenticate{60'000};  // of open event streams
    // Peers whose X-Forwarded-For and X-Forwarded-Proto are believed (a proxy in front).
    std::vector<std::string> proxies;
    std::string access_log;  // file; "-": standard error; empty: none
};

class Server {
public:
    Server(ServerOptions options, const Routes& routes, journal::Journal& journal,
           Authenticate authenticate);
    ~Server();
    // Takes the addresses; connections wait until start(). Errors: unavailable edge.http.cannot_listen {address, reason}.
    Result<> bind();
    // Begins to serve, binding first if need be.
    Result<> start();
    // As bound, with literal address and real port: "http://127.0.0.1:8080".
    std::vector<std::string> addresses() const;
    // No new connections, open answers are finished (at most 5 s), then closed. Thread-safe.
    void stop();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// OpenAPI 3.1 of the tables, with the edge's own routes.
std::string openapi(const Routes& routes, std::string_view version);

}  // namespace noroshi::edge::http
