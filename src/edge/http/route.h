#pragma once
// Route tables. A room's handlers stand in x_http.cpp, its table last in the file; each row carries
// verb, path, permission and the types of request and answer, from which the edge checks the
// caller, reads the body, and writes OpenAPI. No Asio, no Beast here. For x_http.cpp only.
//
// A query reads published views (it runs under Journal::read). A command decides on the pending
// state, on the journal's thread, and is answered after its facts are durable. Every command may
// carry an Idempotency-Key.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/identity/principal.h"
#include "kernel/journal/journal.h"
#include "kernel/json/json.h"

namespace noroshi::edge::http {

enum class Method { get, post, put, patch, del };
std::string_view name_of(Method method);  // "GET"

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
    Method method = Method::get;
    std::string path;  // decoded, without query
    Headers captures;  // {"incident", "…"} of the path's placeholders
    Headers query;     // decoded, in order
    Headers headers;   // names in lower case
    std::string body;
    std::shared_ptr<const Principal> principal;  // null: not signed in
    Language language = Language::ja;            // of the person, else of Accept-Language
    std::string remote;                          // peer address, for rate limits; never journalled
    std::string host;                            // of the Host header: "port.example:8443"

    // The empty view when absent.
    std::string_view capture(std::string_view name) const;
    std::optional<std::string_view> parameter(std::string_view name) const;
    std::optional<std::string_view> header(std::string_view name) const;
    // A whole number in [low, high], else invalid edge.http.parameter {name, value}.
    Result<std::uint64_t> number(std::string_view name, std::uint64_t otherwise, std::uint64_t low,
                                 std::uint64_t high) const;
    // What counts 1, 2, 3 … in the path, else not_found `unknown` {number}.
    Result<std::uint32_t> counted(std::string_view name, std::string unknown) const;
    template <class Tag>
    Id<Tag> id(std::string_view name) const {
        return Id<Tag>{std::string(capture(name))};
    }
    // Version asked for by If-Match ("\"7\""), if any. Errors: invalid edge.http.if_match.
    Result<std::optional<std::uint64_t>> if_match() const;
};

struct Reply {
    int status = 200;
    Headers headers;  // no CR or LF in values
    std::string content_type = "application/json";
    std::string body;
    std::shared_ptr<const std::string> shared_body;  // instead of body, sent without a copy
};

// What a typed handler gives back besides the body.
template <class Out>
struct Done {
    Out body;
    int status = 200;
    std::optional<std::uint64_t> version;  // becomes the ETag "\"7\""
    std::string location;
    Headers headers;
};
template <class Out>
Done<Out> created(Out body, std::string location, std::optional<std::uint64_t> version = {}) {
    return Done<Out>{std::move(body), 201, version, std::move(location), {}};
}

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

struct Route {
    Method method = Method::get;
    std::string path;  // "/api/respond/incident/incidents/{incident}"
    Permission permission;
    std::string summary;                  // one English line for OpenAPI
    std::size_t body_limit = 256 * 1024;  // bytes
    std::vector<std::string> parameters;  // query parameters, for OpenAPI
    std::string answer_type = "application/json";
    int success_status = 200;
    std::string request_schema;  // JSON, or empty: no body
    std::string request_type;    // of a body that is not JSON, for OpenAPI
    std::string answer_schema;
    // One of the three.
    std::function<Result<Reply>(const Request&)> query;
    // Reads and checks the request off the journal's thread, then gives what to decide.
    using Decide = std::function<Result<journal::Answer>(journal::Recorder&)>;
    std::function<Result<Decide>(std::shared_ptr<const Request>)> command;
    // For work that would hold an io thread (hashing a password): answers when it can, from any
    // thread, exactly once. Runs outside Journal::read; nothing is kept under an Idempotency-Key.
    using Answered = std::function<void(Result<Reply>)>;
    std::function<void(std::shared_ptr<const Request>, Answered)> later;
    // A query that must not hold the views still (large or slow answers): it reads by itself.
    bool reads_by_itself = false;
    // A page or its style: for a browser, not for programs.
    bool is_a_page() const {
        return answer_type.starts_with("text/html") || answer_type.starts_with("text/css");
    }
};

namespace detail {
Headers headers_of(std::optional<std::uint64_t> version, const std::string& location,
                   const Headers& more);
}

class Routes {
public:
    // handler: (const Request&) -> Result<Out> or Result<Done<Out>> or Result<Reply>
    template <class Out, class F>
    Route& query(std::string path, Permission permission, std::string summary, F handler) {
        Route route = row<Nothing, Out>(Method::get, std::move(path), std::move(permission),
                                        std::move(summary));
        route.query = [handler = std::move(handler)](const Request& request) -> Result<Reply> {
            auto out = handler(request);
            if (!out) return std::unexpected(std::move(out).error());
            using Got = std::remove_cvref_t<decltype(*out)>;
            if constexpr (std::is_same_v<Got, Reply>) {
                return std::move(*out);
            } else if constexpr (requires {
                                     out->body;
                                     out->version;
                                 }) {
                return Reply{out->status,
                             detail::headers_of(out->version, out->location, out->headers),
                             "application/json", json::to_text(out->body), nullptr};
            } else {
                return Reply{200, {}, "application/json", json::to_text(*out), nullptr};
            }
        };
        return add(std::move(route));
    }

    // handler: (const Request&, const In&, journal::Recorder&) -> Result<Done<Out>> or Result<Out>
    // In = Nothing: no body is read.
    template <class In, class Out, class F>
    Route& command(Method method, std::string path, Permission permission, std::string summary,
                   F handler) {
        Route route =
            row<In, Out>(method, std::move(path), std::move(permission), std::move(summary));
        route.command = [handler = std::move(handler)](
                            std::shared_ptr<const Request> request) -> Result<Route::Decide> {
            In in{};
            if constexpr (!std::is_same_v<In, Nothing>) {
                TRY_LET(in, json::from_text<In>(request->body));
            }
            return Route::Decide{[handler, request = std::move(request), in = std::move(in)](
                                     journal::Recorder& recorder) -> Result<journal::Answer> {
                auto out = handler(*request, in, recorder);
                if (!out) return std::unexpected(std::move(out).error());
                using Got = std::remove_cvref_t<decltype(*out)>;
                if constexpr (requires {
                                  out->body;
                                  out->version;
                              }) {
                    return journal::Answer{
                        out->status, detail::headers_of(out->version, out->location, out->headers),
                        json::to_text(out->body)};
                } else {
                    static_assert(std::is_same_v<Got, Out>);
                    return journal::Answer{200, {}, json::to_text(*out)};
                }
            }};
        };
        return add(std::move(route));
    }

    // handler: (std::shared_ptr<const Request>, In, Route::Answered) -> void
    template <class In, class Out, class F>
    Route& later(Method method, std::string path, Permission permission, std::string summary,
                 F handler) {
        Route route =
            row<In, Out>(method, std::move(path), std::move(permission), std::move(summary));
        route.later = [handler = std::move(handler)](std::shared_ptr<const Request> request,
                                                     Route::Answered answered) {
            In in{};
            if constexpr (!std::is_same_v<In, Nothing>) {
                auto read = json::from_text<In>(request->body);
                if (!read) return answered(std::unexpected(std::move(read).error()));
                in = std::move(*read);
            }
            handler(std::move(request), std::move(in), std::move(answered));
        };
        return add(std::move(route));
    }

    // Anything else (attachments in and out).
    Route& add(Route route) {
        all_.push_back(std::move(route));
        return all_.back();
    }

    const std::vector<Route>& all() const { return all_; }

private:
    // What every row says. In = Nothing: no body; Out = Reply: no schema of the answer.
    template <class In, class Out>
    static Route row(Method method, std::string path, Permission permission, std::string summary) {
        Route route;
        route.method = method;
        route.path = std::move(path);
        route.permission = std::move(permission);
        route.summary = std::move(summary);
        if constexpr (!std::is_same_v<In, Nothing>)
            route.request_schema = boost::json::serialize(json::schema<In>());
        if constexpr (!std::is_same_v<Out, Reply>)
            route.answer_schema = boost::json::serialize(json::schema<Out>());
        return route;
    }

    std::vector<Route> all_;
};

}  // namespace noroshi::edge::http
