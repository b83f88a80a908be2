#include <algorithm>
#include <array>

#include "edge/courier/sms_text.h"
#include "edge/http/route.h"
#include "edge/http/target.h"
#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "respond/callout/callout.h"
#include "respond/callout/callout_form.h"
#include "respond/callout/callout_page.h"
#include "respond/callout/callout_view.h"

namespace noroshi::respond::callout {

using edge::http::Done;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Reply;
using edge::http::Request;
using edge::http::Route;
using edge::http::Routes;

namespace {

// ---- for people who are signed in ----------------------------------------------------------

struct AddresseeSummary {
    PersonId person;
    std::string name;
    OrganisationId organisation;
    AddresseeState state = AddresseeState::waiting;
};
BOOST_DESCRIBE_STRUCT(AddresseeSummary, (), (person, name, organisation, state))

struct RaisedAnswer {
    CalloutId id;
    std::vector<AddresseeSummary> addressees;
    std::vector<UnreachableItem> unreachable;
};
BOOST_DESCRIBE_STRUCT(RaisedAnswer, (), (id, addressees, unreachable))

struct Accepted {
    CalloutId callout;
    PersonId person;
};
BOOST_DESCRIBE_STRUCT(Accepted, (), (callout, person))

struct Ended {
    CalloutId callout;
};
BOOST_DESCRIBE_STRUCT(Ended, (), (callout))

Result<Done<RaisedAnswer>> raise(Callout& room, const Request& request, const RaiseRequest& in,
                                 journal::Recorder& recorder) {
    TRY_LET(const auto raised, room.raise(recorder, in, *request.principal));
    // Who is called is known now, before anything is published or sent.
    RaisedAnswer out{raised.id, {}, {}};
    const auto& view = room.view();
    for (const auto& organisation : raised.fact.empty_organisations)
        out.unreachable.push_back(
            {organisation, {}, view.name_of(organisation, request.language), Gap::no_person});
    for (const auto& one : raised.fact.addressees) {
        const std::string name = view.name_of(one.person, request.language);
        out.addressees.push_back({one.person, name, one.organisation,
                                  one.gap ? AddresseeState::failed : AddresseeState::waiting});
        if (!one.gap) continue;
        std::optional<OrganisationId> organisation;
        if (!one.organisation.empty()) organisation = one.organisation;
        out.unreachable.push_back({organisation, one.person, name, *one.gap});
    }
    return edge::http::created(std::move(out), "/api/respond/callout/callouts/" + raised.id.text);
}

// What raising would do: who is called when and over what, and who cannot be reached, before anybody
// is.
struct Prepared {
    struct One {
        PersonId person;
        std::string name;
        std::optional<OrganisationId> organisation;
        std::string organisation_name;
        Role role = Role::member;
        std::vector<Channel> channels;
        std::optional<Gap> gap;
    };
    std::vector<One> addressees;  // of the first wave
    std::vector<UnreachableItem> unreachable;
    std::vector<WaveItem> waves;
    std::vector<QuorumItem> quorum;
};
BOOST_DESCRIBE_STRUCT(Prepared::One, (),
                      (person, name, organisation, organisation_name, role, channels, gap))
BOOST_DESCRIBE_STRUCT(Prepared, (), (addressees, unreachable, waves, quorum))

Result<Prepared> prepare(const Callout& room, const Request& request, const RaiseRequest& in,
                         const journal::Recorder& recorder) {
    TRY_LET(const auto raising, room.prepare(in, *request.principal, recorder.now()));
    const auto& view = room.view();
    Prepared out;
    std::unordered_map<PersonId, const CallRoute*> routes;
    for (const auto& route : raising.planned.routes) routes.emplace(route.person, &route);
    for (const auto& organisation : raising.raised.body.empty_organisations)
        out.unreachable.push_back(
            {organisation, {}, view.name_of(organisation, request.language), Gap::no_person});
    for (const auto& one : raising.raised.body.addressees) {
        Prepared::One shown;
        shown.person = one.person;
        shown.name = view.name_of(one.person, request.language);
        if (!one.organisation.empty()) shown.organisation = one.organisation;
        shown.organisation_name = view.name_of(one.organisation, request.language);
        shown.role = one.role;
        if (const auto route = routes.find(one.person); route != routes.end())
            shown.channels = route->second->channels;
        shown.gap = one.gap;
        if (one.gap)
            out.unreachable.push_back({shown.organisation, shown.person, shown.name, *one.gap});
        out.addressees.push_back(std::move(shown));
    }
    int number = 0;
    for (const auto& wave : raising.planned.waves) {
        WaveItem shown;
        shown.number = ++number;
        shown.roles = wave.roles;
        shown.after_minutes =
            static_cast<int>(std::chrono::floor<std::chrono::minutes>(wave.after_seconds).count());
        for (const auto& one : wave.organisations)
            shown.names.push_back(view.name_of(one, request.language));
        for (const auto& one : wave.people)
            shown.names.push_back(view.name_of(one, request.language));
        out.waves.push_back(std::move(shown));
    }
    for (const auto& organisation : raising.planned.quorum_organisations)
        out.quorum.push_back({organisation, view.name_of(organisation, request.language), 0,
                              raising.planned.at_least, false});
    return out;
}

Result<ReachReport> report(const Callout& room, const Request& request) {
    auto report =
        room.view().report(request.id<CalloutTag>("callout"), *request.principal, request.language);
    if (!report) return fail(ErrorKind::not_found, "respond.callout.unknown");
    return std::move(*report);
}

// ---- for gateways --------------------------------------------------------------------------

// A gateway proves itself by the token in its URL. It is answered with an empty text: some send
// whatever they are answered to the telephone.
Result<> check_gateway(const Callout& room, const Request& request) {
    const auto& token = room.options().inbound_token;
    if (token.empty() || !equal_in_constant_time(request.parameter("token").value_or(""), token))
        return fail(ErrorKind::forbidden, "respond.callout.inbound_refused");
    return {};
}

Result<Nothing> take_words(Callout& room, const Request& request, journal::Recorder& recorder) {
    TRY(check_gateway(room, request));
    const auto from = request.parameter("from");
    const auto text = request.parameter("text");
    if (!from || !text)
        return invalid("respond.callout.inbound_incomplete", from ? "/text" : "/from");
    room.take_words(recorder, std::string(*from), *text);
    return Nothing{};
}

// The words as the body, in the charset its type names: so Kannel brings them (post-url), whose
// get-url writes Japanese as bare UTF-16, which no address may hold.
Result<std::string> words_of(const Request& request) {
    std::string type(request.header("content-type").value_or(""));
    std::ranges::transform(type, type.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    const bool is_wide = type.contains("utf-16be") || type.contains("ucs-2");
    constexpr std::uint8_t ucs2 = 8;
    std::string words =
        is_wide ? edge::courier::read_sms(request.body, ucs2, false).text : request.body;
    if (!edge::http::is_utf8(words))
        return invalid("respond.callout.inbound_charset", "", {{"type", "UTF-8, UTF-16BE"}});
    return words;
}

Result<> take_posted_words(Callout& room, const Request& request, journal::Recorder& recorder) {
    TRY(check_gateway(room, request));
    const auto from = request.parameter("from");
    if (!from) return invalid("respond.callout.inbound_incomplete", "/from");
    TRY_LET(const auto words, words_of(request));
    room.take_words(recorder, std::string(*from), words);
    return {};
}

// `status` as Kannel counts: 1 arrived, 2 and 16 did not, others say nothing yet.
Result<Nothing> take_receipt(Callout& room, const Request& request, journal::Recorder& recorder) {
    TRY(check_gateway(room, request));
    TRY_LET(const auto status, request.number("status", 0, 0, 1'000));
    if (status == 1 || status == 2 || status == 16)
        room.take_receipt(recorder, std::string(request.parameter("gateway").value_or("")),
                          std::string(request.parameter("reference").value_or("")), status == 1,
                          "status " + std::to_string(status));
    return Nothing{};
}

Result<CalloutItems> list(const Callout& room, const Request& request) {
    const IncidentId incident{std::string(request.parameter("incident").value_or(""))};
    return room.view().list(incident, *request.principal, request.language);
}

Result<CalloutItem> one(const Callout& room, const Request& request) {
    auto item =
        room.view().item(request.id<CalloutTag>("callout"), *request.principal, request.language);
    if (!item) return fail(ErrorKind::not_found, "respond.callout.unknown");
    return std::move(*item);
}

Result<Accepted> answer(Callout& room, const Request& request, const AnswerRequest& in,
                        journal::Recorder& recorder) {
    const auto id = request.id<CalloutTag>("callout");
    TRY_LET(auto person, room.answer(recorder, id, in, *request.principal));
    return Accepted{id, std::move(person)};
}

Result<Ended> resolve(Callout& room, const Request& request, journal::Recorder& recorder) {
    const auto id = request.id<CalloutTag>("callout");
    TRY(room.resolve(recorder, id, *request.principal));
    return Ended{id};
}

// ---- for whoever holds a link --------------------------------------------------------------

struct LinkAnswer {
    CalloutId callout;
    std::optional<std::string> incident_title;
    std::optional<std::string> subject;
    std::string heading;
    std::string text;
    std::string label;
    bool drill = false;
    std::string name;
    std::string organisation;
    std::string from_organisation;
    Instant raised_at;
    Instant answer_until;
    CalloutState state = CalloutState::open;
    std::optional<Ending> ending;
    std::optional<AnswerKind> answer;
    std::optional<Instant> coming_at;
    std::optional<std::string> substitute;
    std::optional<std::string> note;
    std::optional<Instant> answered_at;
};
BOOST_DESCRIBE_STRUCT(LinkAnswer, (),
                      (callout, incident_title, subject, heading, text, label, drill, name,
                       organisation, from_organisation, raised_at, answer_until, state, ending,
                       answer, coming_at, substitute, note, answered_at))

struct ByLink {
    AnswerKind answer = AnswerKind::coming;
    std::optional<Instant> coming_at;
    std::optional<std::string> substitute;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(ByLink, (), (answer, coming_at, substitute, note))

Result<Link> link_of(const Callout& room, const Request& request) {
    auto link = open_link(request.capture("link"), room.installation_key());
    if (!link) return fail(ErrorKind::not_found, "respond.callout.link_invalid");
    return std::move(*link);
}

// What the holder of a link is shown; `language` is the person's own.
Result<LinkAnswer> shown(const Callout& room, const Link& link, Instant now, Language language) {
    const auto* callout = room.view().find(link.callout);
    const auto* who = callout == nullptr ? nullptr : callout->find(link.person);
    if (who == nullptr) return fail(ErrorKind::not_found, "respond.callout.link_invalid");
    LinkAnswer out;
    Letter letter;
    letter.language = language;
    letter.subject = callout->raised.subject.value_or("");
    letter.incident_title =
        room.title_for(link.person, callout->raised.incident, *callout->visibility);
    out.callout = link.callout;
    if (!letter.incident_title.empty()) out.incident_title = letter.incident_title;
    out.subject = callout->raised.subject;
    out.heading = heading_of(letter);
    out.text = callout->raised.text;
    out.label = label_of(callout->visibility->tlp);
    out.drill = !callout->world.is_live();
    out.name = room.view().name_of(link.person, language);
    out.organisation = room.view().name_of(who->who.organisation, language);
    out.from_organisation = room.view().name_of(callout->raised.organisation, language);
    out.raised_at = callout->raised_at;
    out.answer_until = callout->raised.expires_at;
    if (callout->ending || link.expires <= now) {
        out.state = CalloutState::resolved;
        out.ending = callout->ending.value_or(Ending::expired);
    }
    if (who->answer) {
        out.answer = who->answer->answer;
        out.coming_at = who->answer->coming_at;
        if (who->answer->substitute) out.substitute = who->answer->substitute->text;
        if (who->answer->note) out.note = who->answer->note->text;
        out.answered_at = who->answered_at;
    }
    return out;
}

Result<LinkAnswer> read_link(const Callout& room, const Request& request) {
    TRY_LET(const auto link, link_of(room, request));
    return shown(room, link, room.now(), room.language_of(link.person));
}

Result<Accepted> answer_link(Callout& room, const Request& request, const ByLink& in,
                             journal::Recorder& recorder) {
    TRY_LET(const auto link, link_of(room, request));
    TRY(room.answer_by_link(recorder, link, {{}, in.answer, in.coming_at, in.substitute, in.note}));
    return Accepted{link.callout, link.person};
}

// The page and its form. Whatever is wrong is said on the page, not as problem+json: somebody is
// holding a phone at 03:00.

// What a browser may do with a page, the edge says (Route::answer_type).
edge::http::Headers page_headers() {
    return {{"Cache-Control", "no-store"}, {"X-Robots-Tag", "noindex"}};
}

Reply html(int status, std::string body) {
    return Reply{status, page_headers(), "text/html; charset=utf-8", std::move(body), nullptr};
}

// Problems travel to the page by name, so that no text of others can be put on it.
constexpr std::array<std::string_view, 7> problems{"answer_missing",     "arrival_malformed",
                                                   "substitute_missing", "substitute_too_long",
                                                   "note_too_long",      "over",
                                                   "link_expired"};

Result<Reply> page(const Callout& room, const Request& request) {
    const auto link = open_link(request.capture("link"), room.installation_key());
    if (!link) return html(404, bad_link_page(request.language));
    const Language language = room.language_of(link->person);
    auto data = shown(room, *link, room.now(), language);
    if (!data) return html(404, bad_link_page(request.language));

    AnswerPage out;
    out.language = language;
    out.zone = room.options().zone;
    out.drill = data->drill;
    out.label = data->label;
    out.heading = data->heading;
    out.incident_title = data->incident_title.value_or("");
    out.text = data->text;
    out.person_name = data->name;
    out.person_organisation = data->organisation;
    out.from_organisation = data->from_organisation;
    out.raised_at = data->raised_at;
    out.answer_until = data->answer_until;
    out.ending = data->ending;
    if (data->answer)
        out.answer = AnswerSoFar{*data->answer, data->coming_at, data->substitute.value_or(""),
                                 data->note.value_or(""), *data->answered_at};
    out.saved = request.parameter("saved").has_value();
    const auto problem = request.parameter("problem");
    if (problem && std::ranges::find(problems, *problem) != problems.end())
        out.problem =
            i18n::text(language, "respond.callout." + std::string(*problem),
                       {{"limit", *problem == "note_too_long" ? std::to_string(note_limit)
                                                              : std::to_string(substitute_limit)}});
    return html(200, page_of(out));
}

Result<journal::Answer> take_form(Callout& room, const Request& request,
                                  journal::Recorder& recorder) {
    auto back = [&](std::string_view question) {
        return journal::Answer{
            303,
            {{"Location", "/l/" + std::string(request.capture("link")) + std::string(question)},
             {"Cache-Control", "no-store"}},
            "{}"};
    };
    auto taken = [&]() -> Result<> {
        TRY_LET(const auto link, link_of(room, request));
        TRY_LET(const auto form, read_form(request.body));
        AnswerRequest in;
        in.answer = form.answer;
        if (form.arrival) in.coming_at = room.now_of(link.callout, recorder.now()) + *form.arrival;
        in.substitute = form.substitute;
        in.note = form.note;
        return room.answer_by_link(recorder, link, in);
    }();
    if (taken) return back("?saved=1");
    const std::string& key = taken.error().key;
    const auto name = std::string_view(key).substr(key.rfind('.') + 1);
    if (std::ranges::find(problems, name) != problems.end())
        return back("?problem=" + std::string(name));
    return back("");  // the page says what is wrong with the link
}

}  // namespace

// The printed sheets stand beside.
Routes& add_sheet_routes(Routes& routes, Callout& room);

// Registered by app/rooms.cpp.
Routes& add_routes(Routes& routes, Callout& room) {
    const auto raises = by_roles("respond.callout.raise", roles_that_raise());
    const auto reads = signed_in("respond.callout.read");
    const auto answers = signed_in("respond.callout.answer");
    const auto by_link = anyone("respond.callout.answer_by_link");
    constexpr std::size_t form_limit = 16 * 1024;

    routes.command<RaiseRequest, RaisedAnswer>(
        Method::post, "/api/respond/callout/callouts", raises,
        "Call out organisations, roles and people by e-mail",
        [&room](const Request& request, const RaiseRequest& in, journal::Recorder& recorder) {
            return raise(room, request, in, recorder);
        });
    routes.command<RaiseRequest, Prepared>(
        Method::post, "/api/respond/callout/prepare",
        by_roles("respond.callout.prepare", roles_that_raise()),
        "Who would be called, over what, and who cannot be reached; calls nobody",
        [&room](const Request& request, const RaiseRequest& in, journal::Recorder& recorder) {
            return prepare(room, request, in, recorder);
        });
    routes.query<ReachReport>("/api/respond/callout/callouts/{callout}/reach", reads,
                              "Reach rate by tier, organisation and wave, with causes",
                              [&room](const Request& request) { return report(room, request); });
    const auto by_gateway = anyone("respond.callout.inbound");
    routes
        .command<Nothing, Nothing>(
            Method::get, "/api/respond/callout/inbound/sms", by_gateway,
            "A short reply, brought by a gateway that knows the token",
            [&room](const Request& request, const Nothing&, journal::Recorder& recorder) {
                return take_words(room, request, recorder);
            })
        .parameters = {"token", "from", "text"};
    Route posted;
    posted.method = Method::post;
    posted.path = "/api/respond/callout/inbound/sms";
    posted.permission = by_gateway;
    posted.summary =
        "The same, with the words as the body: UTF-8, or UTF-16BE as Content-Type says";
    posted.request_type = "text/plain";
    posted.body_limit = 16 * 1024;
    posted.parameters = {"token", "from"};
    posted.command = [&room](std::shared_ptr<const Request> request) -> Result<Route::Decide> {
        return Route::Decide{[&room, request = std::move(request)](
                                 journal::Recorder& recorder) -> Result<journal::Answer> {
            TRY(take_posted_words(room, *request, recorder));
            return journal::Answer{200, {}, "{}"};
        }};
    };
    routes.add(std::move(posted));
    routes
        .command<Nothing, Nothing>(
            Method::get, "/api/respond/callout/inbound/receipt", by_gateway,
            "What became of a message, told by a gateway",
            [&room](const Request& request, const Nothing&, journal::Recorder& recorder) {
                return take_receipt(room, request, recorder);
            })
        .parameters = {"token", "gateway", "reference", "status"};
    routes
        .query<CalloutItems>("/api/respond/callout/callouts", reads,
                             "Call-outs of an incident, newest first",
                             [&room](const Request& request) { return list(room, request); })
        .parameters = {"incident"};
    routes.query<CalloutItem>("/api/respond/callout/callouts/{callout}", reads,
                              "Who was called and who has answered",
                              [&room](const Request& request) { return one(room, request); });
    routes.command<AnswerRequest, Accepted>(
        Method::post, "/api/respond/callout/callouts/{callout}/answers", answers,
        "Answer for oneself, or take down somebody's answer",
        [&room](const Request& request, const AnswerRequest& in, journal::Recorder& recorder) {
            return answer(room, request, in, recorder);
        });
    routes.command<Nothing, Ended>(
        Method::post, "/api/respond/callout/callouts/{callout}/resolve",
        by_roles("respond.callout.resolve", roles_that_raise()), "End a call-out",
        [&room](const Request& request, const Nothing&, journal::Recorder& recorder) {
            return resolve(room, request, recorder);
        });

    add_sheet_routes(routes, room);

    routes.query<LinkAnswer>("/api/respond/callout/link/{link}", by_link,
                             "What the holder of an answer link is asked",
                             [&room](const Request& request) { return read_link(room, request); });
    routes
        .command<ByLink, Accepted>(
            Method::post, "/api/respond/callout/link/{link}", by_link, "Answer by link",
            [&room](const Request& request, const ByLink& in, journal::Recorder& recorder) {
                return answer_link(room, request, in, recorder);
            })
        .body_limit = form_limit;

    auto& page_route =
        routes.query<Reply>("/l/{link}", by_link, "The answer page, without scripts",
                            [&room](const Request& request) { return page(room, request); });
    page_route.answer_type = "text/html";
    auto& style_route = routes.query<Reply>(std::string(style_path), by_link, "Its style sheet",
                                            [](const Request&) -> Result<Reply> {
                                                return Reply{200,
                                                             {{"Cache-Control", "max-age=3600"}},
                                                             "text/css; charset=utf-8",
                                                             std::string(style_sheet()),
                                                             nullptr};
                                            });
    style_route.answer_type = "text/css";
    Route form;
    form.method = Method::post;
    form.path = "/l/{link}";
    form.permission = by_link;
    form.summary = "The answer page's form";
    form.answer_type = "text/html";
    form.body_limit = form_limit;
    form.success_status = 303;
    form.command = [&room](std::shared_ptr<const Request> request) -> Result<Route::Decide> {
        return Route::Decide{[&room, request = std::move(request)](journal::Recorder& recorder) {
            return take_form(room, *request, recorder);
        }};
    };
    routes.add(std::move(form));
    return routes;
}

}  // namespace noroshi::respond::callout
