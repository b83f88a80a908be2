// Shared terminals of a duty room: /api/identity/terminal.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/http/route.h"
#include "edge/http/session_cookies.h"
#include "kernel/identity/credentials.h"

namespace noroshi::edge::http {

using journal::Recorder;

namespace {

using namespace std::string_view_literals;

constexpr std::chrono::days terminal_lasts{400};  // the longest a browser keeps a cookie

struct ShareBody {
    static constexpr auto defaulted = std::array{"idle_minutes"sv};
    std::string name;
    std::uint32_t idle_minutes = 10;
};
BOOST_DESCRIBE_STRUCT(ShareBody, (), (name, idle_minutes))
struct SharedBody {
    std::string id;
};
BOOST_DESCRIBE_STRUCT(SharedBody, (), (id))
struct TakeOverBody {
    PersonId person;
    std::string pin;
};
BOOST_DESCRIBE_STRUCT(TakeOverBody, (), (person, pin))
struct PinBody {
    std::string pin;
};
BOOST_DESCRIBE_STRUCT(PinBody, (), (pin))
struct SignedInBody {
    PersonId person;
    Instant expires_at;
};
BOOST_DESCRIBE_STRUCT(SignedInBody, (), (person, expires_at))
struct PresentItem {
    PersonId person;
    std::string name;
    std::string login;
    Instant until;
    bool has_pin = false;
    bool current = false;
};
BOOST_DESCRIBE_STRUCT(PresentItem, (), (person, name, login, until, has_pin, current))
struct TerminalBody {
    bool shared = false;
    std::string name;
    std::uint32_t idle_minutes = 0;
    std::vector<PresentItem> people;
};
BOOST_DESCRIBE_STRUCT(TerminalBody, (), (shared, name, idle_minutes, people))
struct TerminalItem {
    std::string id;
    std::string name;
    std::uint32_t idle_minutes = 0;
    Instant shared_at;
};
BOOST_DESCRIBE_STRUCT(TerminalItem, (), (id, name, idle_minutes, shared_at))
struct TerminalItems {
    std::vector<TerminalItem> items;
};
BOOST_DESCRIBE_STRUCT(TerminalItems, (), (items))

using Shared = std::shared_ptr<const Request>;

// Also asked by a locked screen: the terminal's cookie is what lets it know who may take over.
Result<TerminalBody> show_terminal(const Credentials& credentials, const Directory& directory,
                                   const Request& request) {
    const auto terminal = credentials.terminal_of(cookie_of(request, terminal_cookie));
    if (!terminal) return TerminalBody{};
    TerminalBody out{true, terminal->name, static_cast<std::uint32_t>(terminal->idle.count()), {}};
    for (const auto& one : terminal->people) {
        const auto person = directory.find_person(one.person);
        if (!person) continue;
        out.people.push_back({one.person, person->name, person->login, one.until, one.has_pin,
                              request.principal && one.person == request.principal->person});
    }
    return out;
}

// The answer sets cookies that nobody may get a second time.
void share(Credentials& credentials, journal::Journal& journal, const Shared& request,
           const ShareBody& body, Route::Answered answered) {
    auto made = std::make_shared<Credentials::Shared>();
    journal::Command command;
    command.actor = request->principal->person.text;
    command.decide = [&credentials, made, request,
                      body](Recorder& recorder) -> Result<journal::Answer> {
        TRY_LET(*made, credentials.share_terminal(
                           recorder, *request->principal, cookie_of(*request, session_cookie),
                           body.name, std::chrono::minutes{body.idle_minutes},
                           std::string(request->header("user-agent").value_or(""))));
        return journal::Answer{};
    };
    command.done = [&credentials, made,
                    answered = std::move(answered)](Result<journal::Answer> kept) {
        if (!kept) return answered(std::unexpected(std::move(kept).error()));
        auto headers = cookies_of(credentials, made->as);
        headers.push_back(set_cookie(terminal_cookie, made->secret, "/", terminal_lasts));
        answered(Reply{201, std::move(headers), "application/json",
                       json::to_text(SharedBody{made->id}), nullptr});
    };
    journal.submit(std::move(command));
}

void take_over(Credentials& credentials, const Shared& request, TakeOverBody body,
               Route::Answered answered) {
    credentials.take_over(
        {std::string(cookie_of(*request, terminal_cookie)), std::move(body.person),
         std::move(body.pin), std::string(request->header("user-agent").value_or(""))},
        [&credentials, answered = std::move(answered)](Result<SignedInAs> as) {
            if (!as) return answered(std::unexpected(std::move(as).error()));
            answered(signed_in_reply(credentials, *as));
        });
}

Reply nothing() { return Reply{200, {}, "application/json", "{}", nullptr}; }

void set_pin(Credentials& credentials, const Shared& request, PinBody body,
             Route::Answered answered) {
    credentials.set_pin(*request->principal, std::string(cookie_of(*request, terminal_cookie)),
                        std::string(cookie_of(*request, session_cookie)), std::move(body.pin),
                        [answered = std::move(answered)](Result<> done) {
                            if (!done) return answered(std::unexpected(std::move(done).error()));
                            answered(nothing());
                        });
}

Result<Done<Nothing>> signed_out() {
    return Done<Nothing>{{}, 200, {}, {}, {set_cookie(session_cookie, "", "/", {})}};
}

}  // namespace

Routes& add_terminal_routes(Routes& routes, Credentials& credentials, journal::Journal& journal,
                            const Directory& directory) {
    const std::string base = "/api/identity";
    const auto own = [](std::string name) { return signed_in("identity." + std::move(name)); };
    const auto keeper = [](std::string name) {
        return by_roles("identity." + std::move(name), {Role::administrator, Role::duty_officer});
    };

    const auto here = [](std::string name) { return anyone("identity." + std::move(name)); };

    routes.query<TerminalBody>(
        base + "/terminal", here("see_terminal"),
        "Whether this browser is a shared terminal, and who is present there",
        [&credentials, &directory](const Request& request) {
            return show_terminal(credentials, directory, request);
        });
    routes
        .later<ShareBody, SharedBody>(
            Method::post, base + "/terminal", keeper("share_terminal"),
            "Make this browser a shared terminal: sets a cookie; its session becomes the first",
            [&credentials, &journal](const Shared& request, const ShareBody& body,
                                     Route::Answered answered) {
                share(credentials, journal, request, body, std::move(answered));
            })
        .success_status = 201;
    routes
        .later<TakeOverBody, SignedInBody>(
            Method::post, base + "/terminal/take-over", here("take_over_terminal"),
            "Go on as somebody who is present at this terminal, by their PIN",
            [&credentials](const Shared& request, TakeOverBody body, Route::Answered answered) {
                take_over(credentials, request, std::move(body), std::move(answered));
            })
        .success_status = 201;
    routes.later<PinBody, Nothing>(
        Method::put, base + "/terminal/pin", own("use_terminal"),
        "Choose one's PIN at this terminal, for this shift",
        [&credentials](const Shared& request, PinBody body, Route::Answered answered) {
            set_pin(credentials, request, std::move(body), std::move(answered));
        });
    routes.later<Nothing, Nothing>(
        Method::post, base + "/terminal/touch", own("use_terminal"),
        "Somebody has touched the terminal: its idle time begins anew",
        [&credentials, &journal](const Shared& request, const Nothing&, Route::Answered answered) {
            const auto touched = journal.read([&] {
                return credentials.touch_terminal(cookie_of(*request, terminal_cookie),
                                                  cookie_of(*request, session_cookie));
            });
            if (!touched) return answered(std::unexpected(touched.error()));
            answered(nothing());
        });
    routes.command<Nothing, Nothing>(
        Method::post, base + "/terminal/lock", own("use_terminal"),
        "Lock this terminal's screen; whoever is present takes over again",
        [&credentials](const Request& request, const Nothing&,
                       Recorder& recorder) -> Result<Done<Nothing>> {
            TRY(credentials.lock_terminal(recorder, cookie_of(request, terminal_cookie)));
            return signed_out();
        });
    routes.command<Nothing, Nothing>(
        Method::post, base + "/terminal/clear", own("use_terminal"),
        "End the shift at this terminal: everybody has to sign in again",
        [&credentials](const Request& request, const Nothing&,
                       Recorder& recorder) -> Result<Done<Nothing>> {
            TRY(credentials.clear_terminal(recorder, cookie_of(request, terminal_cookie)));
            return signed_out();
        });
    routes.command<Nothing, Nothing>(
        Method::del, base + "/terminal/people/{person}", own("use_terminal"),
        "Somebody present has gone home without leaving: they have to sign in again",
        [&credentials](const Request& request, const Nothing&,
                       Recorder& recorder) -> Result<Nothing> {
            TRY(credentials.remove_from_terminal(recorder, cookie_of(request, terminal_cookie),
                                                 cookie_of(request, session_cookie),
                                                 request.id<PersonTag>("person")));
            return Nothing{};
        });
    routes.query<TerminalItems>(
        base + "/terminals", keeper("see_terminals"), "All shared terminals",
        [&credentials](const Request&) -> Result<TerminalItems> {
            TerminalItems out;
            for (auto& one : credentials.terminals())
                out.items.push_back({std::move(one.id), std::move(one.name),
                                     static_cast<std::uint32_t>(one.idle.count()), one.shared_at});
            return out;
        });
    routes.command<Nothing, Nothing>(
        Method::del, base + "/terminals/{terminal}", keeper("retire_terminal"),
        "A terminal is shared no longer; its sessions end",
        [&credentials](const Request& request, const Nothing&,
                       Recorder& recorder) -> Result<Nothing> {
            TRY(credentials.retire_terminal(recorder, request.capture("terminal")));
            return Nothing{};
        });
    return routes;
}

}  // namespace noroshi::edge::http
