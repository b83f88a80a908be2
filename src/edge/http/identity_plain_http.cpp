// Signing in and out without scripts: /plain/sign-in, /plain/sign-out, and what every plain page needs.

#include <memory>
#include <string>
#include <string_view>

#include "edge/http/plain.h"
#include "edge/http/route.h"
#include "edge/http/session_cookies.h"
#include "kernel/i18n/html.h"
#include "kernel/i18n/i18n.h"
#include "kernel/identity/credentials.h"

namespace noroshi::edge::http {

namespace {

using i18n::escape_html;
using Shared = std::shared_ptr<const Request>;

constexpr std::string_view board = "/plain/respond/incident";

std::string say(Language language, std::string_view key, const Arguments& arguments = {}) {
    return escape_html(i18n::text(language, "edge.http.plain_" + std::string(key), arguments));
}

Language language_in(const Request& request) {
    const auto asked = request.parameter("lang").value_or("");
    if (asked == "en") return Language::en;
    if (asked == "ja") return Language::ja;
    return request.language;
}

// Only to a plain page of our own: a link must not lead elsewhere after the password was typed.
std::string next_of(std::string_view asked) {
    const bool ours = asked.starts_with("/plain/") && asked.size() < 500 &&
                      !asked.starts_with("/plain/sign") &&
                      asked.find_first_of("\\\r\n\t") == std::string_view::npos;
    return std::string(ours ? asked : board);
}

struct SignInPage {
    Language language = Language::ja;
    std::string login;
    std::string next;
    std::string problem;
    int status = 200;
};

Reply sign_in_page(const SignInPage& shown) {
    const auto language = shown.language;
    const bool ja = language == Language::ja;
    std::string body =
        "<h1>" + say(language, "sign_in") + "</h1>\n<p>" + say(language, "sign_in_hint") + "</p>\n";
    if (!shown.problem.empty())
        body += "<p class=\"problem\" role=\"alert\">" + escape_html(shown.problem) + "</p>\n";
    const auto hidden = [&](std::string_view name, std::string_view value) {
        return "<input type=\"hidden\" name=\"" + std::string(name) + "\" value=\"" +
               escape_html(value) + "\">\n";
    };
    body += "<form method=\"post\" action=\"/plain/sign-in\" accept-charset=\"utf-8\">\n" +
            hidden("next", shown.next) + hidden("lang", i18n::code_of(language)) +
            "<label for=\"login\">" + say(language, "login") +
            "</label>\n<input id=\"login\" name=\"login\" autocomplete=\"username\" "
            "autocapitalize=\"none\" required value=\"" +
            escape_html(shown.login) + "\">\n<label for=\"password\">" + say(language, "password") +
            "</label>\n<input id=\"password\" name=\"password\" type=\"password\" "
            "autocomplete=\"current-password\" required>\n<label for=\"code\">" +
            say(language, "code") +
            "</label>\n<input id=\"code\" name=\"code\" autocomplete=\"one-time-code\" "
            "autocapitalize=\"none\" aria-describedby=\"code-hint\">\n<p class=\"soft\" "
            "id=\"code-hint\">" +
            say(language, "code_hint") +
            "</p>\n<div class=\"steps\"><button type=\"submit\" class=\"main\">" +
            say(language, "sign_in") +
            "</button></div>\n</form>\n<p><a href=\"?lang=" + (ja ? "en" : "ja") +
            "&amp;next=" + escape_html(shown.next) + "\" lang=\"" + (ja ? "en" : "ja") + "\">" +
            (ja ? "English" : "日本語") + "</a></p>\n";
    plain::Page page;
    page.language = language;
    page.title = i18n::text(language, "edge.http.plain_sign_in");
    page.body = std::move(body);
    page.status = shown.status;
    return plain::page(page);
}

void sign_in(Credentials& credentials, const Shared& request, Route::Answered answered) {
    auto form = plain::read_form(request->body);
    if (!form) return answered(plain::turned_away(refusal_of(std::move(form).error()), *request));
    SignInPage again;
    again.language = plain::field(*form, "lang") == "en" ? Language::en : Language::ja;
    again.login = plain::field(*form, "login");
    again.next = next_of(plain::field(*form, "next"));
    SignIn wanted{again.login,
                  std::string(plain::field(*form, "password")),
                  request->remote,
                  std::string(cookie_of(*request, device_cookie)),
                  std::string(request->header("user-agent").value_or("")),
                  std::string(plain::field(*form, "code")),
                  std::string(cookie_of(*request, terminal_cookie))};
    credentials.sign_in(std::move(wanted),
                        [&credentials, again = std::move(again),
                         answered = std::move(answered)](Result<SignedInAs> as) mutable {
                            if (!as) {
                                again.problem = i18n::text(again.language, as.error());
                                auto refused = refusal_of(std::move(as).error());
                                again.status = refused.status;
                                auto reply = sign_in_page(again);
                                for (auto& one : refused.headers)
                                    reply.headers.push_back(std::move(one));
                                return answered(std::move(reply));
                            }
                            auto reply = plain::go_to(again.next);
                            for (auto& one : cookies_of(credentials, *as))
                                reply.headers.push_back(std::move(one));
                            answered(std::move(reply));
                        });
}

void sign_out(Credentials& credentials, journal::Journal& journal, const Shared& request,
              Route::Answered answered) {
    const std::string session(cookie_of(*request, session_cookie));
    const auto form = plain::read_form(request->body);
    auto out = plain::go_to("/plain/sign-in");
    if (!request->principal || !form ||
        !plain::is_form_token(journal.installation_key(), plain::field(*form, "token"), session,
                              journal.clock().now()))
        return answered(std::move(out));
    out.headers.push_back(set_cookie(session_cookie, "", "/", {}));
    journal::Command command;
    command.actor = request->principal->person.text;
    command.decide = [&credentials, request,
                      session](journal::Recorder& recorder) -> Result<journal::Answer> {
        if (const auto id = credentials.session_id(session))
            TRY(credentials.end_session(recorder, request->principal->person, *id,
                                        SessionEnd::signed_out));
        return journal::Answer{};
    };
    command.done = [out = std::move(out),
                    answered = std::move(answered)](Result<journal::Answer> kept) mutable {
        if (!kept) return answered(std::unexpected(std::move(kept).error()));
        answered(std::move(out));
    };
    journal.submit(std::move(command));
}

}  // namespace

Routes& add_plain_routes(Routes& routes, Credentials& credentials, journal::Journal& journal) {
    constexpr std::size_t form_limit = 16 * 1024;
    const auto reads = anyone("identity.see_plain_page");
    const auto a_page = [](Route& route) -> Route& {
        route.answer_type = "text/html";
        return route;
    };
    a_page(routes.query<Reply>(std::string(plain::home), reads, "The way in without scripts",
                               [](const Request& request) -> Result<Reply> {
                                   if (!request.principal) return plain::go_to("/plain/sign-in");
                                   const auto& only = request.principal->guest_of;
                                   return plain::go_to(std::string(board) +
                                                       (only.empty() ? "" : "/" + only));
                               }));
    routes
        .query<Reply>(std::string(plain::style_path), reads, "How the plain pages look",
                      [](const Request&) -> Result<Reply> {
                          return Reply{200,
                                       {{"Cache-Control", "max-age=3600"}},
                                       "text/css; charset=utf-8",
                                       std::string(plain::style_sheet()),
                                       nullptr};
                      })
        .answer_type = "text/css";
    a_page(routes.query<Reply>("/plain/sign-in", reads, "Signing in without scripts",
                               [](const Request& request) -> Result<Reply> {
                                   SignInPage shown;
                                   shown.language = language_in(request);
                                   shown.next = next_of(request.parameter("next").value_or(""));
                                   return sign_in_page(shown);
                               }));
    auto& entering = a_page(routes.later<Nothing, Reply>(
        Method::post, "/plain/sign-in", anyone("identity.sign_in"),
        "Sign in by a form: sets the cookies",
        [&credentials](const Shared& request, const Nothing&, Route::Answered answered) {
            sign_in(credentials, request, std::move(answered));
        }));
    auto& leaving = a_page(routes.later<Nothing, Reply>(
        Method::post, "/plain/sign-out", anyone("identity.see_plain_page"), "Sign out by a form",
        [&credentials, &journal](const Shared& request, const Nothing&, Route::Answered answered) {
            sign_out(credentials, journal, request, std::move(answered));
        }));
    for (auto* route : {&entering, &leaving}) {
        route->body_limit = form_limit;
        route->request_type = "application/x-www-form-urlencoded";
        route->success_status = 303;
    }
    return routes;
}

}  // namespace noroshi::edge::http
