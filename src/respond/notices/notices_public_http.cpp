// The public listener's routes, and all of them: nothing of the API answers there.

#include <algorithm>
#include <array>
#include <memory>

#include "edge/http/route.h"
#include "kernel/i18n/i18n.h"
#include "kernel/identity/throttle.h"
#include "respond/notices/notices.h"
#include "respond/notices/notices_form.h"
#include "respond/notices/notices_public.h"
#include "respond/notices/notices_site.h"
#include "respond/notices/notices_subscribers.h"

namespace noroshi::respond::notices {

using edge::http::Method;
using edge::http::Reply;
using edge::http::Request;
using edge::http::Route;
using edge::http::Routes;
using Step = SubscribePage::Step;

namespace {

Reply reply_of(const SiteFile& file) {
    Reply reply;
    reply.content_type = file.content_type;
    reply.headers.reserve(3);
    reply.headers.emplace_back("ETag", file.etag);
    reply.headers.emplace_back("Cache-Control", "public, max-age=20");
    reply.shared_body = file.body;
    return reply;
}

Result<Reply> file(const Notices& room, std::string_view path) {
    const auto site = room.public_view().site();
    const auto found = site->find(path);
    if (found == site->end()) return fail(ErrorKind::not_found, "respond.notices.no_such_page");
    return reply_of(found->second);
}

Result<Reply> front(const Notices& room, const Request& request) {
    // In the reader's language when the browser names one; else in Japanese.
    TRY_LET(auto reply, file(room, request.language == Language::en ? "/en.html" : "/ja.html"));
    reply.headers.emplace_back("Vary", "Accept-Language");
    return reply;
}

// ---- subscriptions -------------------------------------------------------------------------

Language language_of(const Request& request) {
    const auto asked = request.parameter("lang");
    const auto named = asked ? i18n::parse_language(*asked) : Result<Language>(request.language);
    return named ? *named : request.language;
}

Reply page(const Notices& room, const Request& request, const SubscribePage& content,
           int status = 200) {
    return Reply{status,
                 {{"Cache-Control", "no-store"}, {"Vary", "Accept-Language"}},
                 "text/html; charset=utf-8",
                 subscribe_page(room.public_view().picture(), language_of(request), content),
                 nullptr};
}

// What is said on the page travels by name, so that nobody can put words there.
constexpr std::array<std::string_view, 3> outcomes{"sent", "confirmed", "left"};
constexpr std::array<std::string_view, 5> problems{
    "address_malformed", "link_invalid", "link_expired", "too_many_attempts", "form_malformed"};
template <std::size_t n>
std::string one_of(const std::array<std::string_view, n>& names,
                   const std::optional<std::string_view>& name) {
    if (!name || std::ranges::find(names, *name) == names.end()) return {};
    return std::string(*name);
}

Reply subscribe(const Notices& room, const Request& request) {
    SubscribePage content;
    content.done = one_of(outcomes, request.parameter("done"));
    content.problem = one_of(problems, request.parameter("problem"));
    if (content.done == "confirmed" || content.done == "left") content.step = Step::nothing;
    return page(room, request, content);
}

Reply confirm_page(const Notices& room, const Request& request) {
    SubscribePage content;
    content.step = Step::confirm;
    content.link = request.capture("link");
    const auto asked = open_asked(content.link, room.installation_key());
    if (!asked) {
        content.step = Step::nothing;
        content.problem = "link_invalid";
        return page(room, request, content, 404);
    }
    content.email = asked->email;
    return page(room, request, content);
}

Reply leave_page(const Notices& room, const Request& request) {
    SubscribePage content;
    content.step = Step::leave;
    content.link = request.capture("link");
    if (open_subscriber(content.link, room.installation_key())) return page(room, request, content);
    content.step = Step::nothing;
    content.problem = "link_invalid";
    return page(room, request, content, 404);
}

journal::Answer back(const Request& request, std::string_view what, std::string_view name) {
    return {303,
            {{"Location", "/subscribe?" + std::string(what) + "=" + std::string(name) +
                              "&lang=" + std::string(i18n::code_of(language_of(request)))},
             {"Cache-Control", "no-store"}},
            "{}"};
}
// The last word of an error's key, if the page has a sentence for it.
Result<journal::Answer> outcome(const Request& request, const Result<>& result,
                                std::string_view done) {
    if (result) return back(request, "done", done);
    const std::string_view key = result.error().key;
    const auto name = one_of(problems, key.substr(key.rfind('.') + 1));
    if (name.empty()) return std::unexpected(result.error());
    return back(request, "problem", name);
}

// A command that a form of the public sends.
Route form(std::string path, Permission permission, std::string summary,
           std::function<Result<journal::Answer>(const Request&, journal::Recorder&)> decide) {
    Route route;
    route.method = Method::post;
    route.path = std::move(path);
    route.permission = std::move(permission);
    route.summary = std::move(summary);
    route.answer_type = "text/html";
    route.body_limit = Form::most_bytes;
    route.request_type = "application/x-www-form-urlencoded";
    route.command = [decide = std::move(decide)](
                        std::shared_ptr<const Request> request) -> Result<Route::Decide> {
        return Route::Decide{[decide, request = std::move(request)](journal::Recorder& recorder) {
            return decide(*request, recorder);
        }};
    };
    return route;
}

}  // namespace

// Registered by app/rooms.cpp, on the public listener.
Routes& add_public_routes(Routes& routes, Notices& room) {
    const auto reads = anyone("respond.notices.public");
    const auto subscribes = anyone("respond.notices.subscribe");
    auto& front_route =
        routes.query<Reply>("/", reads, "The public page, in the reader's language",
                            [&room](const Request& request) { return front(room, request); });
    front_route.answer_type = "text/html";
    routes.query<Reply>("/{page}", reads, "A page, feed.atom, alerts.cap, status.json, style.css",
                        [&room](const Request& request) { return file(room, request.path); });
    routes.query<Reply>("/alerts/{alert}", reads, "The alert of one notice, as CAP 1.2",
                        [&room](const Request& request) { return file(room, request.path); });

    routes.query<Reply>(
        "/subscribe", subscribes, "Ask for letters",
        [&room](const Request& request) -> Result<Reply> { return subscribe(room, request); });
    routes.query<Reply>(
        "/confirm/{link}", subscribes, "Confirm the address",
        [&room](const Request& request) -> Result<Reply> { return confirm_page(room, request); });
    routes.query<Reply>(
        "/unsubscribe/{link}", subscribes, "End the letters",
        [&room](const Request& request) -> Result<Reply> { return leave_page(room, request); });
    // From one address the first few are free; later ones wait, each longer than the one before.
    const auto throttle = std::make_shared<Throttle>(
        Throttle::Limits{10, std::chrono::seconds(5), std::chrono::seconds(600),
                         std::chrono::seconds(3600), 50'000});
    routes.add(form("/subscribe", subscribes, "Ask for letters: sends a link to the address",
                    [&room, throttle](const Request& request,
                                      journal::Recorder& recorder) -> Result<journal::Answer> {
                        if (throttle->attempt(request.remote, recorder.now()))
                            return back(request, "problem", "too_many_attempts");
                        const auto asked = [&]() -> Result<> {
                            TRY_LET(const auto read, Form::read(request.body));
                            const auto named = i18n::parse_language(read.field("language"));
                            return room.subscribers().ask(recorder, read.field("email"),
                                                          named ? *named : request.language);
                        }();
                        return outcome(request, asked, "sent");
                    }));
    routes.add(form("/confirm/{link}", subscribes, "Confirm the address",
                    [&room](const Request& request, journal::Recorder& recorder) {
                        return outcome(
                            request, room.subscribers().confirm(recorder, request.capture("link")),
                            "confirmed");
                    }));
    routes.add(form("/unsubscribe/{link}/now", subscribes, "End the letters, from the page",
                    [&room](const Request& request, journal::Recorder& recorder) {
                        return outcome(request,
                                       room.subscribers().end(recorder, request.capture("link")),
                                       "left");
                    }));
    // RFC 8058: a mail program posts, without a person looking, and follows no redirection.
    auto one_click = form(
        "/unsubscribe/{link}", subscribes, "End the letters with one click (RFC 8058)",
        [&room](const Request& request, journal::Recorder& recorder) -> Result<journal::Answer> {
            TRY(room.subscribers().end(recorder, request.capture("link")));
            return journal::Answer{200, {{"Cache-Control", "no-store"}}, "{}"};
        });
    one_click.answer_type = "application/json";
    routes.add(std::move(one_click));
    return routes;
}

}  // namespace noroshi::respond::notices
