#include "edge/http/handling.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <exception>
#include <thread>

#include <spdlog/spdlog.h>

#include "edge/http/events.h"
#include "edge/http/local_time.h"
#include "edge/http/plain.h"
#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"

namespace noroshi::edge::http {

namespace {

constexpr std::size_t most_aside = 256;   // queries waiting for a thread
constexpr std::size_t most_polled = 500;  // events in one answer
constexpr auto health_is_news_for = std::chrono::seconds(1);

Refusal in_local_time(Refusal refused, Language language, std::string_view zone) {
    refused.error = http::in_local_time(std::move(refused.error), language, zone);
    return refused;
}

Reply failure(const std::exception& error, std::string_view pattern, Language language,
              std::string_view request_id) {
    // Our own bug, or memory gone: said once, loudly, without what the request contained.
    spdlog::error("{} failed, request {}: {}", pattern, request_id, error.what());
    return problem(refusal(500, "edge.http.failed"), language, request_id);
}

// A page without scripts shows people what is wrong; all else is told to programs.
Reply told(Refusal said, const Exchange& exchange, std::string_view zone) {
    const Request& request = *exchange.request;
    const auto refused = in_local_time(std::move(said), request.language, zone);
    if (exchange.route != nullptr && exchange.route->is_a_page() &&
        request.path.starts_with("/plain/") && request.method == Method::get)
        return plain::turned_away(refused, request);
    return problem(refused, request.language, exchange.request_id);
}

Reply reply_of(Result<Reply> result, Language language, std::string_view request_id,
               std::string_view zone) {
    if (result) return std::move(*result);
    return problem(in_local_time(refusal_of(std::move(result).error()), language, zone), language,
                   request_id);
}

Reply reply_of(Result<journal::Answer> answer, Language language, std::string_view request_id,
               std::string_view zone) {
    if (!answer)
        return problem(in_local_time(refusal_of(std::move(answer).error()), language, zone),
                       language, request_id);
    Reply reply;
    reply.status = answer->status;
    reply.headers = std::move(answer->headers);
    reply.body = std::move(answer->body);
    if (answer->replayed) reply.headers.emplace_back("Idempotency-Replayed", "true");
    return reply;
}

std::string_view cookie(std::string_view cookies, std::string_view name) {
    while (!cookies.empty()) {
        while (cookies.starts_with(' ')) cookies.remove_prefix(1);
        const auto end = std::min(cookies.find(';'), cookies.size());
        const auto pair = cookies.substr(0, end);
        cookies.remove_prefix(std::min(end + 1, cookies.size()));
        if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
            return pair.substr(name.size() + 1);
    }
    return {};
}

std::string_view host_of_url(std::string_view url) {
    const auto start = url.find("://");
    if (start == std::string_view::npos) return {};
    url.remove_prefix(start + 3);
    return url.substr(0, url.find('/'));
}

bool is_local_name(std::string_view host) {
    if (host.starts_with("[::1]")) return true;
    const auto name = host.substr(0, host.find(':'));
    return name == "localhost" || name.starts_with("127.");
}

bool visible_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

Refusal not_signed_in() {
    return refusal(401, "edge.http.not_signed_in", {},
                   {{"WWW-Authenticate", "Bearer realm=\"noroshi\""}});
}

Route described(std::string path, std::string permission, std::string summary) {
    Route route;
    route.path = std::move(path);
    route.permission = anyone(std::move(permission));
    route.summary = std::move(summary);
    route.query = [](const Request&) -> Result<Reply> { return Reply{}; };
    return route;
}

}  // namespace

void add_own_routes(Routes& routes, std::shared_ptr<const std::string> document) {
    auto health = described("/healthz", "edge.http.health",
                            "Whether commands can be carried out; 503 when they cannot");
    health.answer_schema =
        R"({"type":"object","properties":{"status":{"type":"string","enum":["ok"]},)"
        R"("sequence":{"type":"integer"}},"required":["status","sequence"]})";
    routes.add(std::move(health));

    auto metrics = described("/metrics", "edge.http.metrics",
                             "Prometheus metrics; from loopback, or with a token of scope metrics");
    metrics.answer_type = "text/plain";
    routes.add(std::move(metrics));

    auto events = described("/api/events", "edge.http.events",
                            "Published changes as server-sent events, resumed by Last-Event-ID or "
                            "after; with poll=1 or Accept: application/json as a list");
    events.permission = signed_in("edge.http.events");
    events.parameters = {"after", "topic", "poll"};
    events.answer_type = "text/event-stream";
    routes.add(std::move(events));

    auto api = described("/api/openapi.json", "edge.http.openapi", "This document");
    api.query = [document = std::move(document)](const Request&) -> Result<Reply> {
        Reply reply;
        reply.shared_body = document;
        return reply;
    };
    routes.add(std::move(api));
}

// ---- a thread aside ------------------------------------------------------------------------

struct Handling::Aside {
    std::mutex guard;
    std::condition_variable_any wake;
    std::deque<std::function<void()>> queue;
    std::vector<std::jthread> threads;

    Aside() {
        for (int i = 0; i < 2; ++i)
            threads.emplace_back([this](const std::stop_token& stop) {
                std::unique_lock lock(guard);
                while (wake.wait(lock, stop, [this] { return !queue.empty(); })) {
                    auto work = std::move(queue.front());
                    queue.pop_front();
                    lock.unlock();
                    work();
                    lock.lock();
                }
            });
    }
    bool take(std::function<void()> work) {
        std::lock_guard lock(guard);
        if (queue.size() >= most_aside) return false;
        queue.push_back(std::move(work));
        wake.notify_one();
        return true;
    }
};

// Whether commands are carried out, asked of the journal at most once a second.
struct Handling::Health {
    std::mutex guard;
    std::chrono::steady_clock::time_point asked_at{};
    bool known = false;
    bool asking = false;
    bool well = false;
    std::vector<std::function<void(bool)>> waiting;
};

Handling::Handling(const ServerOptions& options, const Routes& routes, journal::Journal& journal,
                   Authenticate authenticate)
    : options_(options), journal_(journal), authenticate_(std::move(authenticate)), own_([&] {
          Routes own;
          if (options.face == Face::inward)
              add_own_routes(own,
                             std::make_shared<const std::string>(openapi(routes, NOROSHI_VERSION)));
          return own;
      }()),
      router_([&] {
          std::vector<const Route*> all;
          for (const auto& route : routes.all()) all.push_back(&route);
          for (const auto& route : own_.all()) all.push_back(&route);
          return all;
      }()),
      files_(options.web_root), aside_(std::make_unique<Aside>()),
      health_state_(std::make_shared<Health>()) {
    for (const auto* route : router_.routes())
        measured_.push_back({std::string(name_of(route->method)), route->path});
    measured_.push_back({"GET", "(file)"});
    measured_.push_back({"-", "(none)"});
    metrics_ = std::make_unique<Metrics>(measured_, std::max(options.threads, 1u));
    for (const auto& route : own_.all()) {
        if (route.path == "/api/events") events_ = &route;
        if (route.path == "/healthz") health_ = &route;
        if (route.path == "/metrics") metrics_route_ = &route;
    }
}

Handling::~Handling() = default;

void Handling::stop() { aside_.reset(); }

Reply Handling::refuse(const Refusal& refused, const Request* request,
                       std::string_view request_id) const {
    const auto language = request == nullptr ? Language::ja : request->language;
    return problem(refused, language, request_id);
}

// ---- admission -----------------------------------------------------------------------------

std::optional<Reply> Handling::admit(Exchange& exchange) {
    Request& request = *exchange.request;
    exchange.row = no_row();
    request.remote = exchange.peer->address;
    request.host = exchange.head->host;
    request.language = i18n::language_of(request.header("accept-language").value_or(""));

    auto target = parse_target(exchange.head->target);
    if (!target)
        return refuse(refusal_of(std::move(target).error()), &request, exchange.request_id);
    request.path = std::move(target->path);
    request.query = std::move(target->query);

    const auto refused = admit_route(exchange, *target);
    if (refused) return told(*refused, exchange, options_.zone);
    if (exchange.head->method == "OPTIONS") {
        Reply reply;
        reply.status = 204;
        reply.headers.emplace_back("Allow", router_.allowed(target->segments) + ", OPTIONS");
        return reply;
    }
    if (exchange.kind == Exchange::Kind::health) return recent_health(exchange.request_id);
    return {};
}

std::optional<Refusal> Handling::admit_route(Exchange& exchange, const Target& target) {
    Request& request = *exchange.request;
    auto match = router_.find(request.method, target.segments);
    const bool is_options = exchange.head->method == "OPTIONS";
    if (options_.face == Face::outward) exchange.surface = Surface::open;

    if (match.route == nullptr) {
        if (match.path_exists && is_options) return {};
        if (match.path_exists) {
            auto allowed = router_.allowed(target.segments);
            return refusal(405, "edge.http.method_not_allowed", {{"allow", allowed}},
                           {{"Allow", allowed}});
        }
        const bool is_api = !target.segments.empty() && target.segments.front() == "api";
        if (options_.face == Face::inward && !is_api && request.method == Method::get &&
            !is_options) {
            exchange.file = files_.find(
                request.path, accepts_gzip(request.header("accept-encoding").value_or("")));
            if (exchange.file) {
                exchange.kind = Exchange::Kind::file;
                exchange.row = file_row();
                exchange.surface = Surface::page;
                return {};
            }
        }
        return refusal(404, "edge.http.no_such_path");
    }
    if (is_options) return {};

    const Route& route = *match.route;
    exchange.route = &route;
    exchange.row = match.index;
    exchange.body_limit = route.body_limit;
    // A page written by a room: a browser has to be allowed to style it and to send its form.
    if (options_.face == Face::inward && route.is_a_page()) exchange.surface = Surface::page;
    request.captures = std::move(match.captures);
    exchange.authorization = request.header("authorization").value_or("");
    exchange.session_cookie = cookie(request.header("cookie").value_or(""), "noroshi_session");

    if (&route == events_)
        exchange.kind = Exchange::Kind::events;
    else if (&route == health_)
        exchange.kind = Exchange::Kind::health;
    else if (route.command)
        exchange.kind = Exchange::Kind::command;
    else if (route.later)
        exchange.kind = Exchange::Kind::later;
    else
        exchange.kind = route.reads_by_itself ? Exchange::Kind::aside : Exchange::Kind::query;

    if (exchange.head->content_length.value_or(0) > exchange.body_limit)
        return refusal(413, "edge.http.body_too_large");
    // The simple and frequent case, a query without a body, asks while it holds the views anyway.
    if (exchange.kind == Exchange::Kind::query && !exchange.head->has_body()) return {};

    if (auto refused = journal_.read([&] { return check_caller(exchange); })) return refused;
    if (request.method != Method::get) {
        if (auto refused = check_origin(exchange)) return refused;
        if (auto refused = check_body_type(exchange)) return refused;
        const auto key = request.header("idempotency-key");
        if (key && (key->empty() || key->size() > 200 || !visible_ascii(*key)))
            return refusal(400, "edge.http.idempotency_key");
    }
    return {};
}

// Runs under Journal::read.
std::optional<Refusal> Handling::check_caller(Exchange& exchange) {
    exchange.checked = true;
    Request& request = *exchange.request;
    const Permission& permission = exchange.route->permission;
    std::optional<Refusal> wrong;
    if (!exchange.authorization.empty() || !exchange.session_cookie.empty()) {
        auto known = authenticate_(exchange.authorization, exchange.session_cookie);
        if (known) {
            request.principal = std::move(*known);
            // A program says per request what it wants; a browser sends its own default, and the
            // person has chosen.
            const bool asks = !exchange.authorization.empty() && request.header("accept-language");
            if (request.principal && !asks) request.language = request.principal->language;
        } else {
            wrong = not_signed_in();
            wrong->error = std::move(known).error();
        }
    }
    if (exchange.route == metrics_route_) {
        const bool from_here = exchange.peer->loopback && is_local_name(exchange.head->host);
        const bool in_scope =
            request.principal && std::ranges::count(request.principal->scope, "metrics") > 0;
        if (from_here || in_scope) return {};
        return request.principal ? refusal(403, "edge.http.metrics_scope")
                                 : wrong.value_or(not_signed_in());
    }
    // A stale cookie must not keep anybody from signing in again.
    if (permission.who == Permission::Who::anyone) return {};
    if (!request.principal) return wrong.value_or(not_signed_in());
    // Two windows of one browser share its cookie: what the one of them was written in may mean
    // somebody else than who has signed in since, in the other. Nothing is kept under a wrong name.
    if (const auto meant = request.header("noroshi-person");
        meant && *meant != request.principal->person.text)
        return refusal(409, "edge.http.other_person", {{"name", request.principal->name}});
    if (auto permitted = check(permission, *request.principal); !permitted)
        return refusal_of(std::move(permitted).error());
    if (const auto& guest_of = request.principal->guest_of; !guest_of.empty()) {
        // A guest is let into one incident. Whatever route comes later is closed to guests, unless
        // it is of that incident, or about nobody but the guest.
        constexpr std::string_view own[] = {"identity.see_oneself", "identity.sign_out",
                                            "identity.choose_language"};
        const bool about_oneself = std::ranges::count(own, permission.name) > 0;
        const bool of_the_incident = request.capture("incident") == guest_of;
        if (!about_oneself && !of_the_incident && exchange.route != events_)
            return refusal(403, "kernel.identity.not_for_guests");
    }
    return {};
}

// A browser sends our cookie along with what another site makes it send; SameSite=Strict already
// stops that, this is the second lock. Programs with a token, and those that are no browser, name
// no origin.
std::optional<Refusal> Handling::check_origin(const Exchange& exchange) const {
    if (!exchange.authorization.empty()) return {};
    const Request& request = *exchange.request;
    const auto foreign = [] { return refusal(403, "edge.http.foreign_origin"); };
    if (const auto site = request.header("sec-fetch-site")) {
        if (*site == "same-origin" || *site == "none") return {};
        return foreign();
    }
    const auto origin = request.header("origin");
    if (!origin) return {};
    // A form on a page that sends no referrer names no origin either; such a page (an answer link)
    // needs no session.
    if (*origin == "null") {
        if (exchange.session_cookie.empty() ||
            exchange.route->permission.who == Permission::Who::anyone)
            return {};
        return foreign();
    }
    const auto host = host_of_url(*origin);
    if (host == exchange.head->host || host == host_of_url(options_.public_url)) return {};
    return foreign();
}

std::optional<Refusal> Handling::check_body_type(const Exchange& exchange) const {
    if (exchange.route->request_schema.empty() || !exchange.head->has_body()) return {};
    const auto type = exchange.request->header("content-type");
    if (!type) return {};
    auto essence = type->substr(0, type->find(';'));
    while (essence.ends_with(' ')) essence.remove_suffix(1);
    std::string lower(essence);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (lower == "application/json" ||
        (lower.starts_with("application/") && lower.ends_with("+json")))
        return {};
    // What curl and others say unless told otherwise. A form of another site cannot carry a bearer
    // token, so there the type guards nothing.
    if (lower == "application/x-www-form-urlencoded" && !exchange.authorization.empty()) return {};
    return refusal(
        415, "edge.http.media_type",
        {{"type", is_utf8(*type) ? std::string(*type) : "?"}, {"expected", "application/json"}});
}

// ---- answers -------------------------------------------------------------------------------

Reply Handling::answer_query(Exchange& exchange) {
    const Request& request = *exchange.request;
    if (exchange.route == metrics_route_) {
        if (auto refused = exchange.checked ? std::nullopt
                                            : journal_.read([&] { return check_caller(exchange); }))
            return problem(*refused, request.language, exchange.request_id);
        return metrics_reply(request);
    }
    try {
        return journal_.read([&]() -> Reply {
            if (!exchange.checked)
                if (auto refused = check_caller(exchange))
                    return told(*refused, exchange, options_.zone);
            auto reply = exchange.route->query(request);
            if (!reply) return told(refusal_of(std::move(reply).error()), exchange, options_.zone);
            return std::move(*reply);
        });
    } catch (const std::exception& error) {
        return failure(error, exchange.route->path, request.language, exchange.request_id);
    }
}

Reply Handling::metrics_reply(const Request&) const {
    Reply reply;
    reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
    reply.body = metrics_->text(journal_);
    return reply;
}

void Handling::answer_later(Exchange& exchange, std::function<void(Reply)> done) {
    const auto request = exchange.request;
    const auto language = request->language;
    const std::string id(exchange.request_id);
    const Route* route = exchange.route;
    if (exchange.kind == Exchange::Kind::health) return ask_health(id, std::move(done));
    try {
        if (exchange.kind == Exchange::Kind::command) return submit(exchange, std::move(done));
        if (exchange.kind == Exchange::Kind::later)
            return route->later(request, [this, done, language, id](Result<Reply> result) {
                done(reply_of(std::move(result), language, id, options_.zone));
            });
    } catch (const std::exception& error) {
        return done(failure(error, route->path, language, id));
    }
    const bool taken = aside_ && aside_->take([this, route, request, language, id, done] {
        try {
            done(reply_of(route->query(*request), language, id, options_.zone));
        } catch (const std::exception& error) {
            done(failure(error, route->path, language, id));
        }
    });
    if (!taken)
        done(problem(refusal(503, "edge.http.busy", {}, {{"Retry-After", "1"}}), language, id));
}

void Handling::submit(Exchange& exchange, std::function<void(Reply)> done) {
    const Request& request = *exchange.request;
    const auto language = request.language;
    std::string id(exchange.request_id);
    auto decide = exchange.route->command(exchange.request);
    if (!decide)
        return done(
            problem(in_local_time(refusal_of(std::move(decide).error()), language, options_.zone),
                    language, id));

    journal::Command command;
    if (request.principal) command.actor = request.principal->person.text;
    if (const auto key = request.header("idempotency-key")) {
        // Without a person (an answer by link) the path, which holds the link, tells them apart.
        const std::string who =
            request.principal ? "person\n" + command.actor : "path\n" + request.path;
        command.idempotency_key = to_hex(sha256(who + "\n" + std::string(*key)));
        Sha256Stream fingerprint;
        fingerprint.add(exchange.head->method);
        fingerprint.add("\n");
        fingerprint.add(exchange.head->target);
        fingerprint.add("\n");
        fingerprint.add(request.body);
        command.fingerprint = to_hex(fingerprint.finish());
    }
    command.decide = std::move(*decide);
    command.done = [done = std::move(done), language, id = std::move(id),
                    zone = options_.zone](Result<journal::Answer> answer) {
        done(reply_of(std::move(answer), language, id, zone));
    };
    journal_.submit(std::move(command));
}

namespace {
Reply health_reply(bool well, const journal::Journal& journal, std::string_view request_id) {
    if (!well)
        return problem(refusal(503, "edge.http.not_committing", {}, {{"Retry-After", "1"}}),
                       Language::en, request_id);
    Reply reply;
    reply.body =
        "{\"status\":\"ok\",\"sequence\":" + std::to_string(journal.published_sequence()) + "}";
    return reply;
}
}  // namespace

std::optional<Reply> Handling::recent_health(std::string_view request_id) const {
    std::lock_guard lock(health_state_->guard);
    if (!health_state_->known ||
        std::chrono::steady_clock::now() - health_state_->asked_at >= health_is_news_for)
        return {};
    return health_reply(health_state_->well, journal_, request_id);
}

void Handling::ask_health(std::string_view request_id, std::function<void(Reply)> done) {
    auto finish = [&journal = journal_, id = std::string(request_id),
                   done = std::move(done)](bool well) { done(health_reply(well, journal, id)); };
    std::unique_lock lock(health_state_->guard);
    health_state_->waiting.push_back(std::move(finish));
    if (health_state_->asking) return;
    health_state_->asking = true;
    lock.unlock();
    // A command that decides nothing: it is answered when the journal works, and refused while the
    // store does not take what is written.
    journal::Command command;
    command.actor = "system";
    command.decide = [](journal::Recorder&) -> Result<journal::Answer> {
        return journal::Answer{};
    };
    command.done = [state = health_state_](Result<journal::Answer> answer) {
        std::unique_lock held(state->guard);
        state->known = true;
        state->asking = false;
        state->well = answer.has_value();
        state->asked_at = std::chrono::steady_clock::now();
        const auto waiting = std::exchange(state->waiting, {});
        held.unlock();
        for (const auto& tell : waiting) tell(answer.has_value());
    };
    journal_.submit(std::move(command));
}

// ---- events --------------------------------------------------------------------------------

Handling::Watcher Handling::authenticate_watcher(std::string_view authorization,
                                                 std::string_view session_cookie) {
    return journal_.read([&]() -> Watcher {
        auto known = authenticate_(authorization, session_cookie);
        if (!known || !*known) return {nullptr, not_signed_in()};
        if (auto permitted = check(events_->permission, **known); !permitted)
            return {nullptr, refusal_of(std::move(permitted).error())};
        return {std::move(*known), {}};
    });
}

Reply Handling::answer_poll(Exchange& exchange) {
    const Request& request = *exchange.request;
    const auto head = journal_.published_sequence();
    const auto after = request.number("after", head, 0, std::numeric_limits<std::uint64_t>::max());
    if (!after) return problem(refusal_of(after.error()), request.language, exchange.request_id);
    std::vector<std::string> asked;
    for (const auto& [name, value] : request.query)
        if (name == "topic") asked.push_back(value);
    if (const auto& guest_of = request.principal->guest_of; !guest_of.empty())
        asked = {"respond/incident/" + guest_of};
    const Topics topics(std::move(asked));

    std::string body = "{\"items\":[";
    std::uint64_t next = head;
    const auto events = *after <= head ? journal_.events_after(*after) : std::nullopt;
    std::size_t items = 0;
    if (events) {
        next = *after;
        for (const auto& event : *events) {
            if (items == most_polled) break;
            next = event.sequence;
            if (!topics.cover(event.topic) ||
                !may_see(request.principal->viewer, *event.visibility))
                continue;
            if (items++ > 0) body += ',';
            body += json_of(event, Form::polled);
        }
        // Facts without an event need not be asked about again.
        if (items < most_polled) next = std::max(next, head);
    }
    body += "],\"next\":" + std::to_string(next);
    if (!events) body += ",\"reset\":true";
    body += '}';
    Reply reply;
    reply.body = std::move(body);
    return reply;
}

}  // namespace noroshi::edge::http
