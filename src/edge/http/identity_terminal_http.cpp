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
struct HandOverBody {
    PersonId person;
};
BOOST_DESCRIBE_STRUCT(HandOverBody, (), (person))
struct SignedInBody {
    PersonId person;
    Instant expires_at;
};
BOOST_DESCRIBE_STRUCT(SignedInBody, (), (person, expires_at))
struct PresentItem {
    PersonId person;
    std::string name;
    Instant until;
    bool current = false;
};
BOOST_DESCRIBE_STRUCT(PresentItem, (), (person, name, until, current))
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

Result<TerminalBody> show_terminal(const Credentials& credentials, const Directory& directory,
                                   const journal::Journal& journal, const Request& request) {
    const auto* terminal = credentials.terminal_of(cookie_of(request, terminal_cookie));
    if (terminal == nullptr) return TerminalBody{};
    TerminalBody out{true, terminal->name, static_cast<std::uint32_t>(terminal->idle.count()), {}};
    const Instant now = journal.clock().now();
    for (const auto& one : terminal->people) {
        const auto person = directory.find_person(one.person);
        if (!person || one.until <= now) continue;
        out.people.push_back(
            {one.person, person->name, one.until, one.person == request.principal->person});
    }
    return out;
}

// The answer sets a cookie that nobody may get a second time.
void share(Credentials& credentials, journal::Journal& journal, const Shared& request,
           const ShareBody& body, Route::Answered answered) {
    auto made = std::make_shared<Credentials::Shared>();
    journal::Command command;
    command.actor = request->principal->person.text;
    command.decide = [&credentials, made, body](Recorder& recorder) -> Result<journal::Answer> {
        TRY_LET(*made, credentials.share_terminal(recorder, body.name,
                                                  std::chrono::minutes{body.idle_minutes}));
        return journal::Answer{};
    };
    command.done = [made, answered = std::move(answered)](Result<journal::Answer> kept) {
        if (!kept) return answered(std::unexpected(std::move(kept).error()));
        answered(Reply{201,
                       {set_cookie(terminal_cookie, made->secret, "/api/identity", terminal_lasts)},
                       "application/json",
                       json::to_text(SharedBody{made->id}),
                       nullptr});
    };
    journal.submit(std::move(command));
}

void hand_over(Credentials& credentials, journal::Journal& journal, const Shared& request,
               const HandOverBody& body, Route::Answered answered) {
    auto as = std::make_shared<SignedInAs>();
    journal::Command command;
    command.actor = request->principal->person.text;
    command.decide = [&credentials, as, request,
                      body](Recorder& recorder) -> Result<journal::Answer> {
        TRY_LET(*as,
                credentials.hand_over(recorder, cookie_of(*request, terminal_cookie),
                                      cookie_of(*request, session_cookie), body.person,
                                      std::string(request->header("user-agent").value_or(""))));
        return journal::Answer{};
    };
    command.done = [&credentials, as,
                    answered = std::move(answered)](Result<journal::Answer> kept) {
        if (!kept) return answered(std::unexpected(std::move(kept).error()));
        answered(signed_in_reply(credentials, *as));
    };
    journal.submit(std::move(command));
}

}  // namespace

Routes& add_terminal_routes(Routes& routes, Credentials& credentials, journal::Journal& journal,
                            const Directory& directory) {
    const std::string base = "/api/identity";
    const auto own = [](std::string name) { return signed_in("identity." + std::move(name)); };
    const auto keeper = [](std::string name) {
        return by_roles("identity." + std::move(name), {Role::administrator, Role::duty_officer});
    };

    routes.query<TerminalBody>(base + "/terminal", own("see_terminal"),
                               "Whether this browser is a shared terminal",
                               [&credentials, &directory, &journal](const Request& request) {
                                   return show_terminal(credentials, directory, journal, request);
                               });
    routes
        .later<ShareBody, SharedBody>(
            Method::post, base + "/terminal", keeper("share_terminal"),
            "Make this browser a shared terminal: sets a cookie; then everybody signs in anew",
            [&credentials, &journal](const Shared& request, const ShareBody& body,
                                     Route::Answered answered) {
                share(credentials, journal, request, body, std::move(answered));
            })
        .success_status = 201;
    routes
        .later<HandOverBody, SignedInBody>(
            Method::post, base + "/terminal/hand-over", own("hand_over_terminal"),
            "Go on as somebody who has signed in at this terminal",
            [&credentials, &journal](const Shared& request, const HandOverBody& body,
                                     Route::Answered answered) {
                hand_over(credentials, journal, request, body, std::move(answered));
            })
        .success_status = 201;
    routes.command<Nothing, Nothing>(
        Method::post, base + "/terminal/lock", own("hand_over_terminal"),
        "Lock this terminal: everybody has to sign in again",
        [&credentials](const Request& request, const Nothing&,
                       Recorder& recorder) -> Result<Done<Nothing>> {
            TRY(credentials.lock_terminal(recorder, cookie_of(request, terminal_cookie)));
            return Done<Nothing>{{}, 200, {}, {}, {set_cookie(session_cookie, "", "/", {})}};
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
