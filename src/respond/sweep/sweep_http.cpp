#include <algorithm>
#include <array>

#include "edge/http/route.h"
#include "kernel/i18n/i18n.h"
#include "respond/sweep/sweep.h"
#include "respond/sweep/sweep_page.h"
#include "respond/sweep/sweep_view.h"

namespace noroshi::respond::sweep {

using edge::http::Done;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Reply;
using edge::http::Request;
using edge::http::Route;
using edge::http::Routes;

namespace {

View::Now clock_of(const Sweep& room) {
    return [&room](const journal::World& world) { return room.published_now_in(world); };
}

// ---- for people who are signed in ----------------------------------------------------------

struct Begun {
    SweepId id;
};
BOOST_DESCRIBE_STRUCT(Begun, (), (id))
struct Ordered {
    OrderId id;
};
BOOST_DESCRIBE_STRUCT(Ordered, (), (id))
struct Taken {
    SweepId sweep;
    std::string site;
};
BOOST_DESCRIBE_STRUCT(Taken, (), (sweep, site))

struct Proposal {
    std::vector<Site> sites;
    std::vector<Question> questions;
};
BOOST_DESCRIBE_STRUCT(Proposal, (), (sites, questions))

Result<Done<Begun>> start(Sweep& room, const Request& request, const StartRequest& in,
                          journal::Recorder& recorder) {
    TRY_LET(auto id, room.start(recorder, in, *request.principal));
    const std::string location = "/api/respond/sweep/sweeps/" + id.text;
    return edge::http::created(Begun{std::move(id)}, location);
}

Result<SweepItems> list(const Sweep& room, const Request& request) {
    return room.view().list(IncidentId{std::string(request.parameter("incident").value_or(""))},
                            *request.principal, request.language, clock_of(room));
}

Result<SweepItem> one(const Sweep& room, const Request& request) {
    auto item = room.view().item(request.id<SweepTag>("sweep"), *request.principal,
                                 request.language, clock_of(room));
    if (!item) return fail(ErrorKind::not_found, "respond.sweep.unknown");
    return std::move(*item);
}

Result<Taken> answer(Sweep& room, const Request& request, const AnswersRequest& in,
                     journal::Recorder& recorder) {
    const auto id = request.id<SweepTag>("sweep");
    TRY(room.answer(recorder, id, in, *request.principal));
    return Taken{id, in.site};
}

Result<Begun> close(Sweep& room, const Request& request, journal::Recorder& recorder) {
    const auto id = request.id<SweepTag>("sweep");
    TRY(room.close(recorder, id, *request.principal));
    return Begun{id};
}

Result<Done<Ordered>> order(Sweep& room, const Request& request, const OrderRequest& in,
                            journal::Recorder& recorder) {
    TRY_LET(auto id, room.order(recorder, in, *request.principal));
    const std::string location = "/api/respond/sweep/orders/" + id.text;
    return edge::http::created(Ordered{std::move(id)}, location);
}

Result<OrderItem> one_order(const Sweep& room, const Request& request) {
    auto item = room.view().order(request.id<LiaisonOrderTag>("order"), *request.principal,
                                  request.language, clock_of(room));
    if (!item) return fail(ErrorKind::not_found, "respond.sweep.unknown_order");
    return std::move(*item);
}

// ---- for whoever holds a link --------------------------------------------------------------

edge::http::Headers page_headers() {
    return {{"Cache-Control", "no-store"}, {"X-Robots-Tag", "noindex"}};
}
Reply html(int status, std::string body) {
    return Reply{status, page_headers(), "text/html; charset=utf-8", std::move(body), nullptr};
}

constexpr std::array<std::string_view, 5> problems{"nothing_said", "form_malformed", "over",
                                                   "too_long", "link_expired"};

Result<Reply> page(const Sweep& room, const Request& request) {
    const auto link = open_link(request.capture("link"), room.installation_key());
    const auto* sweep = link ? room.view().find(link->sweep) : nullptr;
    if (sweep == nullptr) return html(404, bad_link_page(request.language));
    const Language language = room.language_of(link->person);
    const auto sites = room.sites_of(link->sweep, link->person);
    if (sites.empty()) return html(404, bad_link_page(language));
    QuestionPage out;
    out.language = language;
    out.zone = room.zone();
    out.drill = !sweep->world.is_live();
    out.label = label_of(sweep->visibility->tlp);
    out.from_organisation = room.organisation_name(sweep->started.organisation, language);
    out.text = sweep->started.text;
    out.deadline = sweep->started.deadline;
    out.over = !sweep->open || link->expires <= room.now();
    out.saved = request.parameter("saved").value_or("");
    State::Sweep asks;
    asks.questions = sweep->started.questions;
    for (const auto& site : sweep->started.sites) {
        if (std::ranges::find(sites, site.site) == sites.end()) continue;
        const auto& asked = sweep->sites.at(site.site);
        QuestionPage::Site shown{site.site, site.name, {}, {}, {}};
        for (const auto* question : asks.questions_of(site)) {
            QuestionPage::Question one{
                question->question,
                language == Language::en ? question->text_en : question->text,
                question->needed,
                question->indicators,
                {},
                {}};
            if (const auto kept = asked.answers.find(question->question);
                kept != asked.answers.end()) {
                one.value = kept->second.given.value;
                one.seen = kept->second.given.seen;
            }
            shown.questions.push_back(std::move(one));
        }
        if (asked.last) {
            shown.answered_at = asked.last_at;
            if (asked.last->note && !asked.last->note->erased) shown.note = asked.last->note->text;
        }
        out.sites.push_back(std::move(shown));
    }
    const auto problem = request.parameter("problem");
    if (problem && std::ranges::find(problems, *problem) != problems.end())
        out.problem = i18n::text(language, "respond.sweep." + std::string(*problem),
                                 {{"limit", std::to_string(note_limit)}});
    return html(200, page_of(out));
}

Result<journal::Answer> take_form(Sweep& room, const Request& request,
                                  journal::Recorder& recorder) {
    std::string site;
    const auto taken = [&]() -> Result<> {
        const auto link = open_link(request.capture("link"), room.installation_key());
        if (!link) return fail(ErrorKind::not_found, "respond.sweep.link_invalid");
        TRY_LET(const auto form, read_form(request.body));
        site = form.site;
        return room.answer_by_link(recorder, *link, form);
    }();
    std::string question = "?saved=" + site;
    if (!taken) {
        const std::string& key = taken.error().key;
        const auto name = std::string_view(key).substr(key.rfind('.') + 1);
        question = std::ranges::find(problems, name) != problems.end()
                       ? "?problem=" + std::string(name)
                       : "";
    }
    return journal::Answer{303,
                           {{"Location", "/q/" + std::string(request.capture("link")) + question},
                            {"Cache-Control", "no-store"}},
                           "{}"};
}

struct LinkSweep {
    SweepId sweep;
    std::vector<std::string> sites;
};
BOOST_DESCRIBE_STRUCT(LinkSweep, (), (sweep, sites))

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_routes(Routes& routes, Sweep& room) {
    const auto asks = by_roles("respond.sweep.ask", roles_that_ask());
    const auto reads = signed_in("respond.sweep.read");
    const auto by_link = anyone("respond.sweep.answer_by_link");
    constexpr std::size_t form_limit = 64 * 1024;

    routes.command<StartRequest, Begun>(
        Method::post, "/api/respond/sweep/sweeps", asks,
        "Ask the same short questions of all other operators, with a deadline",
        [&room](const Request& request, const StartRequest& in, journal::Recorder& recorder) {
            return start(room, request, in, recorder);
        });
    routes
        .command<Nothing, Proposal>(
            Method::get, "/api/respond/sweep/proposal", asks,
            "Who would be asked what about an incident",
            [&room](const Request& request, const Nothing&,
                    journal::Recorder&) -> Result<Proposal> {
                return Proposal{room.proposal(IncidentId{
                                    std::string(request.parameter("incident").value_or(""))}),
                                Sweep::default_questions()};
            })
        .parameters = {"incident"};
    routes
        .query<SweepItems>("/api/respond/sweep/sweeps", reads,
                           "Sweeps of an incident, newest first",
                           [&room](const Request& request) { return list(room, request); })
        .parameters = {"incident"};
    routes.query<SweepItem>("/api/respond/sweep/sweeps/{sweep}", reads,
                            "What each site has answered, how old that is, and what has changed",
                            [&room](const Request& request) { return one(room, request); });
    routes.command<AnswersRequest, Taken>(
        Method::post, "/api/respond/sweep/sweeps/{sweep}/answers",
        signed_in("respond.sweep.answer"), "Answer for one's own site, or take down what was heard",
        [&room](const Request& request, const AnswersRequest& in, journal::Recorder& recorder) {
            return answer(room, request, in, recorder);
        });
    routes.command<Nothing, Begun>(
        Method::post, "/api/respond/sweep/sweeps/{sweep}/close", asks, "End a sweep",
        [&room](const Request& request, const Nothing&, journal::Recorder& recorder) {
            return close(room, request, recorder);
        });

    routes.command<OrderRequest, Ordered>(
        Method::post, "/api/respond/sweep/orders", asks, "Send a liaison",
        [&room](const Request& request, const OrderRequest& in, journal::Recorder& recorder) {
            return order(room, request, in, recorder);
        });
    routes
        .query<OrderItems>(
            "/api/respond/sweep/orders", reads,
            "Liaison orders of an incident; without one, the reader's own",
            [&room](const Request& request) -> Result<OrderItems> {
                return room.view().orders(
                    IncidentId{std::string(request.parameter("incident").value_or(""))},
                    *request.principal, request.language, clock_of(room));
            })
        .parameters = {"incident"};
    routes.query<OrderItem>("/api/respond/sweep/orders/{order}", reads,
                            "One liaison order with its reports",
                            [&room](const Request& request) { return one_order(room, request); });
    routes.command<ReportRequest, Ordered>(
        Method::post, "/api/respond/sweep/orders/{order}/reports",
        signed_in("respond.sweep.report"), "Report from the place, also later than it happened",
        [&room](const Request& request, const ReportRequest& in,
                journal::Recorder& recorder) -> Result<Ordered> {
            const auto id = request.id<LiaisonOrderTag>("order");
            TRY(room.report(recorder, id, in, *request.principal));
            return Ordered{id};
        });
    routes.command<Nothing, Ordered>(Method::post, "/api/respond/sweep/orders/{order}/withdraw",
                                     asks, "Call a liaison back",
                                     [&room](const Request& request, const Nothing&,
                                             journal::Recorder& recorder) -> Result<Ordered> {
                                         const auto id = request.id<LiaisonOrderTag>("order");
                                         TRY(room.withdraw(recorder, id, *request.principal));
                                         return Ordered{id};
                                     });

    routes
        .command<AnswersRequest, Taken>(
            Method::post, "/api/respond/sweep/link/{link}", by_link, "Answer a sweep by link",
            [&room](const Request& request, const AnswersRequest& in,
                    journal::Recorder& recorder) -> Result<Taken> {
                const auto link = open_link(request.capture("link"), room.installation_key());
                if (!link) return fail(ErrorKind::not_found, "respond.sweep.link_invalid");
                TRY(room.answer_by_link(recorder, *link, in));
                return Taken{link->sweep, in.site};
            })
        .body_limit = form_limit;
    routes.query<LinkSweep>(
        "/api/respond/sweep/link/{link}", by_link, "Which sites the holder of a link answers for",
        [&room](const Request& request) -> Result<LinkSweep> {
            const auto link = open_link(request.capture("link"), room.installation_key());
            if (!link) return fail(ErrorKind::not_found, "respond.sweep.link_invalid");
            return LinkSweep{link->sweep, room.sites_of(link->sweep, link->person)};
        });
    auto& page_route =
        routes.query<Reply>("/q/{link}", by_link, "The questions, on a page without scripts",
                            [&room](const Request& request) { return page(room, request); });
    page_route.answer_type = "text/html";
    auto& style_route = routes.query<Reply>(std::string(style_path), by_link, "Its style sheet",
                                            [](const Request&) -> Result<Reply> {
                                                return Reply{200,
                                                             {{"Cache-Control", "max-age=3600"}},
                                                             "text/css; charset=utf-8",
                                                             style_sheet(),
                                                             nullptr};
                                            });
    style_route.answer_type = "text/css";
    Route form;
    form.method = Method::post;
    form.path = "/q/{link}";
    form.permission = by_link;
    form.summary = "The questions' form";
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

}  // namespace noroshi::respond::sweep
