#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/http/route.h"
#include "edge/http/session_cookies.h"
#include "kernel/i18n/html.h"
#include "kernel/i18n/i18n.h"
#include "kernel/identity/credentials.h"
#include "prepare/council/council_view.h"
#include "respond/guests/guests.h"

namespace noroshi::respond::guests {

using edge::http::Method;
using edge::http::Nothing;
using edge::http::Reply;
using edge::http::Request;
using edge::http::Route;
using edge::http::Routes;
using journal::Recorder;

namespace {

using namespace std::string_view_literals;

struct InviteBody {
    static constexpr auto defaulted = std::array{"language"sv, "may_write"sv};
    IncidentId incident;
    std::string name;
    std::string affiliation;
    std::optional<std::string> email;
    Language language = Language::ja;
    Instant until;
    bool may_write = false;
};
BOOST_DESCRIBE_STRUCT(InviteBody, (),
                      (incident, name, affiliation, email, language, until, may_write))
struct InvitedBody {
    PersonId person;
    std::string link;
    Instant until;
};
BOOST_DESCRIBE_STRUCT(InvitedBody, (), (person, link, until))

using Shared = std::shared_ptr<const Request>;

// The answer holds the link, which nobody may get a second time.
void invite(Guests& guests, journal::Journal& journal, const Shared& request,
            const InviteBody& body, Route::Answered answered) {
    auto made = std::make_shared<Invited>();
    journal::Command command;
    command.actor = request->principal->person.text;
    command.decide = [&guests, made, request, body](Recorder& recorder) -> Result<journal::Answer> {
        TRY_LET(
            *made,
            guests.invite(recorder, *request->principal,
                          {body.incident,
                           {body.name, body.affiliation, body.language, body.until, body.may_write},
                           body.email.value_or("")}));
        return journal::Answer{};
    };
    command.done = [made, answered = std::move(answered)](Result<journal::Answer> kept) {
        if (!kept) return answered(std::unexpected(std::move(kept).error()));
        answered(Reply{201,
                       {},
                       "application/json",
                       json::to_text(InvitedBody{made->person, made->link, made->until}),
                       nullptr});
    };
    journal.submit(std::move(command));
}

// Without scripts. Looking at it opens nothing: mail programs look, too.
Reply page(const Guests& guests, const journal::Journal& journal, const Request& request) {
    const auto guest = guests.guest_of(request.capture("link"), journal.clock().now());
    const auto& council = guests.council().view();
    auto language = request.language;
    if (guest)
        if (const auto* person = council.find(guest->person)) language = person->language;
    const auto say = [&](std::string_view key, const Arguments& arguments = {}) {
        return i18n::escape_html(
            i18n::text(language, "respond.guests." + std::string(key), arguments));
    };
    std::string body = "<h1>" + say("page_title") + "</h1>\n";
    if (!guest) {
        body += "<p>" + say("page_over") + "</p>\n";
    } else {
        body += "<p>" +
                say("page_text",
                    {{"name", council.name_of(guest->person, language)},
                     {"organisation", council.name_of(guest->host, language)},
                     {"until", format_for_people(guest->until, guests.options().zone, language)}}) +
                "</p>\n<form method=\"post\" action=\"?\"><button type=\"submit\">" +
                say("page_enter") + "</button></form>\n";
    }
    Reply reply;
    reply.status = guest ? 200 : 404;
    reply.content_type = "text/html; charset=utf-8";
    reply.body = "<!doctype html>\n<html lang=\"" + std::string(i18n::code_of(language)) +
                 "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                 "content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" "
                 "content=\"noindex\"><meta name=\"color-scheme\" content=\"light dark\"><title>" +
                 say("page_title") +
                 "</title><link rel=\"stylesheet\" href=\"/l/answer.css\"></head>\n<body><main>\n" +
                 body + "</main></body></html>\n";
    return reply;
}

void enter(Guests& guests, Credentials& credentials, journal::Journal& journal,
           const Shared& request, Route::Answered answered) {
    auto as = std::make_shared<SignedInAs>();
    auto incident = std::make_shared<IncidentId>();
    journal::Command command;
    command.actor = "system";
    command.decide = [&guests, &credentials, as, incident,
                      request](Recorder& recorder) -> Result<journal::Answer> {
        const auto guest = guests.guest_of(request->capture("link"), recorder.now());
        if (!guest) return fail(ErrorKind::not_found, "respond.guests.link_over");
        *incident = guest->incident;
        *as = credentials.admit_guest(recorder, guest->person,
                                      std::string(request->header("user-agent").value_or("")),
                                      guest->until);
        return journal::Answer{};
    };
    command.done = [&credentials, as, incident,
                    answered = std::move(answered)](Result<journal::Answer> kept) {
        if (!kept) return answered(std::unexpected(std::move(kept).error()));
        auto headers = edge::http::cookies_of(credentials, *as);
        headers.emplace_back("Location", "/respond/incident/" + incident->text);
        answered(Reply{303, std::move(headers), "text/html; charset=utf-8", "", nullptr});
    };
    journal.submit(std::move(command));
}

}  // namespace

Routes& add_routes(Routes& routes, Guests& guests, Credentials& credentials,
                   journal::Journal& journal) {
    const std::string base = "/api/respond/guests/invitations";
    const auto host = [](std::string name) {
        return by_roles("respond.guests." + std::move(name),
                        {Role::duty_officer, Role::leader, Role::security_person});
    };
    const auto by_link = anyone("respond.guests.enter_by_link");

    routes
        .query<GuestItems>(
            base, host("see_guests"), "Guests of an incident",
            [&guests](const Request& request) {
                return guests.list(
                    *request.principal,
                    IncidentId{std::string(request.parameter("incident").value_or(""))},
                    request.language);
            })
        .parameters = {"incident"};
    routes
        .later<InviteBody, InvitedBody>(
            Method::post, base, host("invite"),
            "Invite somebody into one incident; the link is shown once",
            [&guests, &journal](const Shared& request, const InviteBody& body,
                                Route::Answered answered) {
                invite(guests, journal, request, body, std::move(answered));
            })
        .success_status = 201;
    routes.command<Nothing, Nothing>(
        Method::del, base + "/{person}", host("dismiss"), "Dismiss a guest, at once",
        [&guests, &credentials](const Request& request, const Nothing&,
                                Recorder& recorder) -> Result<Nothing> {
            const auto person = request.id<PersonTag>("person");
            TRY(guests.dismiss(recorder, *request.principal, person));
            credentials.forget(recorder, person, SessionEnd::withdrawn);
            return Nothing{};
        });
    auto& shown =
        routes.query<Reply>("/g/{link}", by_link, "The page behind an invitation, without scripts",
                            [&guests, &journal](const Request& request) -> Result<Reply> {
                                return page(guests, journal, request);
                            });
    shown.answer_type = "text/html";
    auto& entered = routes.later<Nothing, Reply>(
        Method::post, "/g/{link}", by_link, "Enter as the invited guest: sets the cookies",
        [&guests, &credentials, &journal](const Shared& request, const Nothing&,
                                          Route::Answered answered) {
            enter(guests, credentials, journal, request, std::move(answered));
        });
    entered.answer_type = "text/html";
    entered.success_status = 303;
    return routes;
}

}  // namespace noroshi::respond::guests
