// Signing in and out, one's own sessions, tokens, password and language: /api/identity. The kernel
// knows no edge, so the routes of kernel/identity stand here.

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/http/route.h"
#include "edge/http/session_cookies.h"
#include "kernel/identity/credentials.h"

namespace noroshi::edge::http {

Routes& add_factor_routes(Routes& routes, Credentials& credentials, journal::Journal& journal);
Routes& add_plain_routes(Routes& routes, Credentials& credentials, journal::Journal& journal);
Routes& add_terminal_routes(Routes& routes, Credentials& credentials, journal::Journal& journal,
                            const Directory& directory);

using journal::Recorder;

namespace {

using namespace std::string_view_literals;

struct SignInBody {
    std::string login;
    std::string password;
    std::optional<std::string> code;  // where a second factor is needed
};
BOOST_DESCRIBE_STRUCT(SignInBody, (), (login, password, code))

struct SignedInBody {  // as signed_in_reply() writes it; for the description
    PersonId person;
    Instant expires_at;
};
BOOST_DESCRIBE_STRUCT(SignedInBody, (), (person, expires_at))

struct Me {
    PersonId person;
    std::string name;
    std::string login;
    Language language = Language::ja;
    std::optional<OrganisationName> organisation;
    std::vector<RoleIn> roles;
    std::vector<std::string> permissions;
    std::string zone;
    bool demo = false;
    std::optional<std::string> guest_of;  // the one incident
};
BOOST_DESCRIBE_STRUCT(Me, (),
                      (person, name, login, language, organisation, roles, permissions, zone, demo,
                       guest_of))

struct SessionItem {
    std::string id;
    Instant created_at;
    Instant expires_at;
    Instant last_used_at;
    std::string agent;
    bool current = false;
    bool second_factor = false;
    bool shared_terminal = false;
};
BOOST_DESCRIBE_STRUCT(SessionItem, (),
                      (id, created_at, expires_at, last_used_at, agent, current, second_factor,
                       shared_terminal))
struct SessionItems {
    std::vector<SessionItem> items;
};
BOOST_DESCRIBE_STRUCT(SessionItems, (), (items))

struct PasswordBody {
    std::string old;
    std::string new_;
};
BOOST_DESCRIBE_STRUCT(PasswordBody, (), (old, new_))
struct NewPasswordBody {
    std::string new_;
};
BOOST_DESCRIBE_STRUCT(NewPasswordBody, (), (new_))

struct LanguageBody {
    Language language = Language::ja;
};
BOOST_DESCRIBE_STRUCT(LanguageBody, (), (language))

struct TokenBody {
    static constexpr auto defaulted = std::array{"note"sv, "lifetime_days"sv};
    std::vector<std::string> scope;
    std::string note;
    std::uint32_t lifetime_days = 365;
};
BOOST_DESCRIBE_STRUCT(TokenBody, (), (scope, note, lifetime_days))
struct IssuedBody {
    std::string id;
    std::string token;
    Instant expires_at;
};
BOOST_DESCRIBE_STRUCT(IssuedBody, (), (id, token, expires_at))
struct TokenItem {
    std::string id;
    std::vector<std::string> scope;
    std::string note;
    Instant created_at;
    Instant expires_at;
    std::optional<Instant> last_used_at;
};
BOOST_DESCRIBE_STRUCT(TokenItem, (), (id, scope, note, created_at, expires_at, last_used_at))
struct TokenItems {
    std::vector<TokenItem> items;
};
BOOST_DESCRIBE_STRUCT(TokenItems, (), (items))

void sign_in(Credentials& credentials, const Request& request, SignInBody body,
             Route::Answered answered) {
    SignIn wanted{std::move(body.login),
                  std::move(body.password),
                  request.remote,
                  std::string(cookie_of(request, device_cookie)),
                  std::string(request.header("user-agent").value_or("")),
                  body.code.value_or(""),
                  std::string(cookie_of(request, terminal_cookie))};
    credentials.sign_in(std::move(wanted),
                        [&credentials, answered = std::move(answered)](Result<SignedInAs> as) {
                            if (!as) return answered(std::unexpected(std::move(as).error()));
                            answered(signed_in_reply(credentials, *as));
                        });
}

Result<Done<Nothing>> sign_out(Credentials& credentials, const Request& request,
                               Recorder& recorder) {
    const auto& person = request.principal->person;
    // A program has no session; signing out twice is no failure either.
    if (const auto id = credentials.session_id(cookie_of(request, session_cookie)))
        TRY(credentials.end_session(recorder, person, *id, SessionEnd::signed_out));
    return Done<Nothing>{{}, 200, {}, {}, {set_cookie(session_cookie, "", "/", {})}};
}

Result<Me> show_oneself(const Routes& routes, const Directory& directory, const Request& request,
                        const std::string& zone, bool demo) {
    const auto& principal = *request.principal;
    Me me{principal.person,
          principal.name,
          principal.login,
          principal.language,
          directory.find_organisation(principal.organisation),
          principal.roles,
          {},
          zone,
          demo,
          {}};
    if (!principal.guest_of.empty()) me.guest_of = principal.guest_of;
    for (const auto& route : routes.all())
        if (check(route.permission, principal)) me.permissions.push_back(route.permission.name);
    std::ranges::sort(me.permissions);
    const auto rest = std::ranges::unique(me.permissions);
    me.permissions.erase(rest.begin(), rest.end());
    return me;
}

Result<SessionItems> list_sessions(const Credentials& credentials, const Request& request) {
    SessionItems out;
    for (auto& one :
         credentials.sessions_of(request.principal->person, cookie_of(request, session_cookie)))
        out.items.push_back({std::move(one.session.id), one.session.created_at,
                             one.session.expires_at, one.last_used_at, std::move(one.session.agent),
                             one.current, one.session.second_factor,
                             !one.session.terminal.empty()});
    return out;
}

Result<Nothing> end_session(Credentials& credentials, const Request& request, Recorder& recorder) {
    TRY(credentials.end_session(recorder, request.principal->person, request.capture("session"),
                                SessionEnd::ended_elsewhere));
    return Nothing{};
}

Reply nothing() { return Reply{200, {}, "application/json", "{}", nullptr}; }

void answer_nothing(const Route::Answered& answered, Result<> done) {
    if (done)
        answered(nothing());
    else
        answered(std::unexpected(std::move(done).error()));
}

void change_password(Credentials& credentials, const Request& request, PasswordBody body,
                     Route::Answered answered) {
    credentials.change_password(
        *request.principal, request.remote, std::string(cookie_of(request, session_cookie)),
        std::move(body.old), std::move(body.new_), [answered = std::move(answered)](Result<> done) {
            answer_nothing(answered, std::move(done));
        });
}

void give_password(Credentials& credentials, const Request& request, NewPasswordBody body,
                   Route::Answered answered) {
    credentials.give_password(request.principal->person.text, request.id<PersonTag>("person"),
                              std::move(body.new_),
                              [answered = std::move(answered)](Result<> done) {
                                  answer_nothing(answered, std::move(done));
                              });
}

Result<Nothing> choose_language(Credentials& credentials, const Request& request,
                                const LanguageBody& body, Recorder& recorder) {
    if (request.principal->language != body.language)
        credentials.choose_language(recorder, request.principal->person, body.language);
    return Nothing{};
}

// Not a plain command: its answer holds the secret and must not be kept under an Idempotency-Key.
void issue_token(Credentials& credentials, journal::Journal& journal,
                 const std::shared_ptr<const Principal>& principal, TokenBody body,
                 Route::Answered answered) {
    auto issued = std::make_shared<IssuedToken>();
    journal::Command command;
    command.actor = principal->person.text;
    command.decide = [&credentials, issued, principal,
                      body = std::move(body)](Recorder& recorder) -> Result<journal::Answer> {
        TRY_LET(*issued,
                credentials.issue_token(recorder, principal->person, body.scope, body.note,
                                        std::chrono::days{body.lifetime_days}, principal->scope));
        return journal::Answer{};
    };
    command.done = [issued, answered = std::move(answered)](Result<journal::Answer> kept) {
        if (!kept) return answered(std::unexpected(std::move(kept).error()));
        answered(Reply{201,
                       {{"Location", "/api/identity/tokens/" + issued->id}},
                       "application/json",
                       json::to_text(IssuedBody{issued->id, issued->secret, issued->expires_at}),
                       nullptr});
    };
    journal.submit(std::move(command));
}

Result<TokenItems> list_tokens(const Credentials& credentials, const Request& request) {
    TokenItems out;
    for (auto& one : credentials.tokens_of(request.principal->person))
        out.items.push_back({std::move(one.token.id), std::move(one.token.scope),
                             std::move(one.token.note), one.token.created_at, one.token.expires_at,
                             one.last_used_at});
    return out;
}

Result<Nothing> revoke_token(Credentials& credentials, const Request& request, Recorder& recorder) {
    TRY(credentials.revoke_token(recorder, request.principal->person, request.capture("token")));
    return Nothing{};
}

}  // namespace

// Registered by app/rooms.cpp. `routes` must outlive the server: /me asks it for all permissions.
Routes& add_identity_routes(Routes& routes, Credentials& credentials, journal::Journal& journal,
                            const Directory& directory, const std::string& zone, bool demo) {
    const std::string base = "/api/identity";
    const auto own = [](std::string name) { return signed_in("identity." + std::move(name)); };
    using Shared = std::shared_ptr<const Request>;

    routes
        .later<SignInBody, SignedInBody>(
            Method::post, base + "/session", anyone("identity.sign_in"),
            "Sign in: sets the cookies",
            [&credentials](const Shared& request, SignInBody body, Route::Answered answered) {
                sign_in(credentials, *request, std::move(body), std::move(answered));
            })
        .success_status = 201;
    routes.command<Nothing, Nothing>(
        Method::del, base + "/session", own("sign_out"), "Sign out of this session",
        [&credentials](const Request& request, const Nothing&, Recorder& recorder) {
            return sign_out(credentials, request, recorder);
        });
    routes.query<Me>(base + "/me", own("see_oneself"), "Who is signed in, and what they may do",
                     [&routes, &directory, zone, demo](const Request& request) {
                         return show_oneself(routes, directory, request, zone, demo);
                     });
    routes.query<SessionItems>(
        base + "/sessions", own("see_sessions"), "One's own open sessions",
        [&credentials](const Request& request) { return list_sessions(credentials, request); });
    routes.command<Nothing, Nothing>(
        Method::del, base + "/sessions/{session}", own("end_session"),
        "End one of one's own sessions",
        [&credentials](const Request& request, const Nothing&, Recorder& recorder) {
            return end_session(credentials, request, recorder);
        });
    routes.later<PasswordBody, Nothing>(
        Method::post, base + "/password", own("change_password"),
        "Change one's own password; other sessions end",
        [&credentials](const Shared& request, PasswordBody body, Route::Answered answered) {
            change_password(credentials, *request, std::move(body), std::move(answered));
        });
    routes.later<NewPasswordBody, Nothing>(
        Method::put, base + "/people/{person}/password",
        by_roles("identity.give_password", {Role::administrator}),
        "Give a person a password; their sessions end",
        [&credentials](const Shared& request, NewPasswordBody body, Route::Answered answered) {
            give_password(credentials, *request, std::move(body), std::move(answered));
        });
    routes.command<LanguageBody, Nothing>(
        Method::put, base + "/language", own("choose_language"), "Choose one's own language",
        [&credentials](const Request& request, const LanguageBody& body, Recorder& recorder) {
            return choose_language(credentials, request, body, recorder);
        });
    routes
        .later<TokenBody, IssuedBody>(
            Method::post, base + "/tokens", own("issue_token"),
            "Issue a token for a program; its secret is shown once",
            [&credentials, &journal](const Shared& request, TokenBody body,
                                     Route::Answered answered) {
                issue_token(credentials, journal, request->principal, std::move(body),
                            std::move(answered));
            })
        .success_status = 201;
    routes.query<TokenItems>(
        base + "/tokens", own("see_tokens"), "One's own tokens",
        [&credentials](const Request& request) { return list_tokens(credentials, request); });
    routes.command<Nothing, Nothing>(
        Method::del, base + "/tokens/{token}", own("revoke_token"),
        "Revoke one of one's own tokens",
        [&credentials](const Request& request, const Nothing&, Recorder& recorder) {
            return revoke_token(credentials, request, recorder);
        });
    add_factor_routes(routes, credentials, journal);
    add_plain_routes(routes, credentials, journal);
    return add_terminal_routes(routes, credentials, journal, directory);
}

}  // namespace noroshi::edge::http
