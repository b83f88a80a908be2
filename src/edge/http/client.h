#pragma once
// A small blocking HTTP client over libcurl, for `noroshi replay`, the command line and tests: JSON
// with a bearer token, and server-sent events. One connection, kept open between requests; one
// thread at a time. It never repeats a request by itself: whoever sends an Idempotency-Key may.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "edge/http/route.h"
#include "kernel/result.h"

namespace noroshi::edge::http {

struct ClientOptions {
    std::string url;                            // "http://127.0.0.1:8080", without a path
    std::string token;                          // sent as Bearer; empty: none
    std::string language = "ja";                // Accept-Language
    std::string ca_file;                        // empty: the system's
    std::chrono::milliseconds timeout{30'000};  // of one request; event streams have none
};

struct ClientAnswer {
    int status = 0;
    Headers headers;  // names in lower case
    std::string body;
    std::string header(std::string_view name) const;  // empty if absent
};

// What a stream says. A comment or a lone id is not an event.
struct ClientEvent {
    std::string id;
    std::string type;  // "message" if none was named
    std::string data;
};

class Client {
public:
    explicit Client(ClientOptions options);
    ~Client();
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;

    // Whatever the server answers. Errors: unavailable edge.http.cannot_connect {url, reason}.
    Result<ClientAnswer> send(Method method, std::string_view path, std::string_view body = {},
                              const Headers& more = {});
    // The same, but an answer that is not 2xx is an Error of the matching kind:
    // edge.http.server_said {status, detail, key}.
    Result<ClientAnswer> get(std::string_view path);
    Result<ClientAnswer> post(std::string_view path, std::string_view json,
                              const Headers& more = {});

    // Reads a stream until `heard` returns false (then a value) or it breaks (then an Error, and the
    // caller comes back with the last id). `idle` is called about once a second without an event;
    // false ends the reading.
    Result<> watch(std::string_view path, const std::function<bool(const ClientEvent&)>& heard,
                   const std::function<bool()>& idle = {});

    void sign_in_as(std::string token);
    const std::string& url() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Splits an event stream that arrives in pieces.
class EventReader {
public:
    // False as soon as `heard` returns false.
    bool put(std::string_view bytes, const std::function<bool(const ClientEvent&)>& heard);
    const std::string& last_id() const { return last_id_; }

private:
    bool line(std::string_view text, const std::function<bool(const ClientEvent&)>& heard);
    std::string partial_;
    ClientEvent event_;
    bool has_data_ = false;
    std::string last_id_;
};

}  // namespace noroshi::edge::http
