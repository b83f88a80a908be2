#pragma once
// From a request to its answer, without sockets: finds the route, asks who it is, checks the
// permission and where the request comes from, runs the query or submits the command, and words
// what is wrong. Thread-safe; one instance for all io threads.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "edge/http/files.h"
#include "edge/http/metrics.h"
#include "edge/http/problem.h"
#include "edge/http/reader.h"
#include "edge/http/response.h"
#include "edge/http/router.h"
#include "edge/http/server.h"
#include "edge/http/target.h"

namespace noroshi::edge::http {

// The other end of a connection.
struct Peer {
    std::string address;
    bool loopback = false;  // the peer, and the listener it came to
    bool secure = false;    // over TLS, here or at a proxy
};

// One request, from its head until its answer.
struct Exchange {
    std::shared_ptr<Request> request;
    const Head* head = nullptr;
    const Peer* peer = nullptr;
    std::string_view request_id;

    // Set by admit().
    enum class Kind { file, query, aside, command, later, health, events };
    Kind kind = Kind::query;
    const Route* route = nullptr;
    std::size_t row = 0;  // in Metrics
    Surface surface = Surface::api;
    std::shared_ptr<const File> file;
    std::uint64_t body_limit = 0;
    bool checked = false;  // who is asking, and whether they may

    // Credentials, looking into request->headers.
    std::string_view authorization;
    std::string_view session_cookie;
};

class Handling {
public:
    Handling(const ServerOptions& options, const Routes& routes, journal::Journal& journal,
             Authenticate authenticate);
    ~Handling();

    // Looks at the head. A Reply is final (a body that follows is not wanted); nothing: read the
    // body, if there is one, of at most `body_limit` bytes, and go on by `kind`.
    std::optional<Reply> admit(Exchange& exchange);

    // Kind::query, Kind::file is written with write_file().
    Reply answer_query(Exchange& exchange);
    // Kind::aside, command, later, health. `done` is called exactly once, from any thread.
    void answer_later(Exchange& exchange, std::function<void(Reply)> done);

    // Who watches an event stream: again each minute. Null reply: still welcome.
    struct Watcher {
        std::shared_ptr<const Principal> principal;
        std::optional<Refusal> refused;
    };
    Watcher authenticate_watcher(std::string_view authorization, std::string_view session_cookie);
    // GET /api/events as polling.
    Reply answer_poll(Exchange& exchange);

    // Problem details for what the reader or the connection refuses.
    Reply refuse(const Refusal& refusal, const Request* request, std::string_view request_id) const;

    Metrics& metrics() { return *metrics_; }
    const MeasuredRoute& measured(std::size_t row) const { return measured_[row]; }
    journal::Journal& journal() { return journal_; }
    std::size_t file_row() const { return measured_.size() - 2; }
    std::size_t no_row() const { return measured_.size() - 1; }
    // No new work is taken aside; what is under way is finished.
    void stop();

private:
    std::optional<Refusal> admit_route(Exchange& exchange, const Target& target);
    std::optional<Refusal> check_caller(Exchange& exchange);  // under Journal::read
    std::optional<Refusal> check_origin(const Exchange& exchange) const;
    std::optional<Refusal> check_body_type(const Exchange& exchange) const;
    void submit(Exchange& exchange, std::function<void(Reply)> done);
    std::optional<Reply> recent_health(std::string_view request_id) const;
    void ask_health(std::string_view request_id, std::function<void(Reply)> done);
    Reply metrics_reply(const Request& request) const;

    struct Aside;  // a thread for queries that read by themselves
    const ServerOptions& options_;
    journal::Journal& journal_;
    Authenticate authenticate_;
    Routes own_;
    Router router_;
    Files files_;
    std::vector<MeasuredRoute> measured_;
    std::unique_ptr<Metrics> metrics_;
    std::unique_ptr<Aside> aside_;
    const Route* events_ = nullptr;
    const Route* health_ = nullptr;
    const Route* metrics_route_ = nullptr;

    struct Health;
    std::shared_ptr<Health> health_state_;
};

// The edge's own rows: /healthz, /metrics, /api/events, /api/openapi.json. `document` may be empty
// (only the description matters).
void add_own_routes(Routes& routes, std::shared_ptr<const std::string> document);

}  // namespace noroshi::edge::http
