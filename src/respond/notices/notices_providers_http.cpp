// Data providers: for those who are signed in, and for whoever holds a link.

#include <algorithm>
#include <array>

#include "edge/http/route.h"
#include "respond/notices/notices.h"
#include "respond/notices/notices_form.h"
#include "respond/notices/notices_providers.h"
#include "respond/notices/notices_site.h"

namespace noroshi::respond::notices {

using edge::http::Done;
using edge::http::Method;
using edge::http::Reply;
using edge::http::Request;
using edge::http::Route;
using edge::http::Routes;
using journal::Recorder;

namespace {

struct KeptProvider {
    ProviderId id;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(KeptProvider, (), (id, version))
struct TookReport {
    ProviderId provider;
    std::uint32_t number = 0;
};
BOOST_DESCRIBE_STRUCT(TookReport, (), (provider, number))
struct AskedPeople {
    std::uint32_t people = 0;
};
BOOST_DESCRIBE_STRUCT(AskedPeople, (), (people))
struct TakenInto {
    NoticeId id;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(TakenInto, (), (id, version))

constexpr std::array<std::string_view, 7> problems{
    "nothing_reported", "form_malformed", "not_a_number",       "text_too_long",
    "not_text",         "exercise_over",  "report_link_expired"};

Reply html(int status, std::string body) {
    return Reply{status,
                 {{"Cache-Control", "no-store"}, {"X-Robots-Tag", "noindex"}},
                 "text/html; charset=utf-8",
                 std::move(body),
                 nullptr};
}

Reply page(const Notices& room, const Request& request) {
    const auto link = open_report_link(request.capture("link"), room.installation_key());
    if (!link) {
        ReportPage nothing;
        nothing.language = request.language;
        return html(404, report_page(nothing));
    }
    auto page = room.providers().page(*link);
    page.saved = request.parameter("saved").has_value();
    const auto problem = request.parameter("problem");
    if (problem && std::ranges::find(problems, *problem) != problems.end()) page.problem = *problem;
    return html(page.provider == nullptr ? 404 : 200, report_page(page));
}

journal::Answer take_form(Notices& room, const Request& request, Recorder& recorder) {
    const auto taken = [&]() -> Result<> {
        const auto link = open_report_link(request.capture("link"), room.installation_key());
        if (!link) return fail(ErrorKind::not_found, "respond.notices.link_invalid");
        const auto ground = room.ground(recorder);
        const Instant now = room.now_in(journal::World{link->exercise}, recorder.now());
        TRY_LET(auto report, read_report_form(request.body, now));
        return room.providers().report_by_link(recorder, ground, *link, std::move(report));
    }();
    std::string question = "?saved=yes";
    if (!taken) {
        const std::string_view key = taken.error().key;
        const auto name = key.substr(key.rfind('.') + 1);
        question = std::ranges::find(problems, name) != problems.end()
                       ? "?problem=" + std::string(name)
                       : "?problem=form_malformed";
    }
    return {303,
            {{"Location", "/r/" + std::string(request.capture("link")) + question},
             {"Cache-Control", "no-store"}},
            "{}"};
}

constexpr std::string_view report_style = R"css(fieldset { border: 0; padding: 0; margin: 16px 0 }
legend { font-weight: bold; padding: 0 0 8px }
.choices { display: grid; grid-template-columns: repeat(auto-fit, minmax(5.5rem, 1fr)); gap: 8px }
.choices input { position: absolute; opacity: 0; width: 1px; min-height: 1px }
.choices label { margin: 0; min-height: 52px; display: grid; place-items: center; text-align: center;
  border: 2px solid var(--line); cursor: pointer; line-height: 1.3; padding: 4px }
.choices input:checked + label { background: var(--link); border-color: var(--link); color: var(--ground) }
.choices input:focus-visible + label { outline: 4px solid currentColor; outline-offset: 2px;
  box-shadow: 0 0 0 2px #ffd43d }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0 16px }
main { max-width: 32rem; padding-bottom: 32px }
form button { width: 100% }
)css";

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_provider_routes(Routes& routes, Notices& room) {
    const std::string base = "/api/respond/notices";
    const auto reads = signed_in("respond.notices.read");
    const auto keeps = by_roles("respond.notices.keep_desk", {Role::administrator, Role::leader});
    const auto drafts = by_roles("respond.notices.draft", roles_that_draft());
    const auto reports = signed_in("respond.notices.report");
    const auto by_link = anyone("respond.notices.report_by_link");

    routes
        .query<ProviderItems>(
            base + "/providers", reads,
            "Data providers and what they reported, newest first; of an exercise if one is named",
            [&room](const Request& request) -> Result<ProviderItems> {
                return room.providers().list(
                    *request.principal,
                    ExerciseId{std::string(request.parameter("exercise").value_or(""))});
            })
        .parameters = {"exercise"};
    routes
        .command<ProviderRequest, KeptProvider>(
            Method::post, base + "/providers", keeps, "Register a data provider",
            [&room](const Request&, const ProviderRequest& in,
                    Recorder& recorder) -> Result<Done<KeptProvider>> {
                TRY_LET(auto id,
                        room.providers().keep(recorder, room.ground(recorder), {}, in, {}));
                const std::string location = "/api/respond/notices/providers/" + id.text;
                return edge::http::created(KeptProvider{std::move(id), 1}, location, 1);
            })
        .success_status = 201;
    routes.command<ProviderRequest, KeptProvider>(
        Method::put, base + "/providers/{provider}", keeps,
        "Change or retire a data provider (If-Match)",
        [&room](const Request& request, const ProviderRequest& in,
                Recorder& recorder) -> Result<Done<KeptProvider>> {
            const auto id = request.id<ProviderTag>("provider");
            TRY_LET(const auto version, request.if_match());
            TRY(room.providers().keep(recorder, room.ground(recorder), id, in, version));
            const auto now = recorder.version_of(Providers::stream_of(id));
            return Done<KeptProvider>{{id, now}, 200, now, {}, {}};
        });
    routes
        .command<ReportRequest, TookReport>(
            Method::post, base + "/providers/{provider}/reports", reports,
            "Report what one's office knows, or take down what it said by telephone",
            [&room](const Request& request, const ReportRequest& in,
                    Recorder& recorder) -> Result<TookReport> {
                const auto id = request.id<ProviderTag>("provider");
                TRY_LET(const auto number, room.providers().report(recorder, room.ground(recorder),
                                                                   id, in, *request.principal));
                return TookReport{id, number};
            })
        .success_status = 201;
    routes.command<AskRequest, AskedPeople>(
        Method::post, base + "/providers/{provider}/ask", drafts,
        "Ask a data provider now: sends its people a link",
        [&room](const Request& request, const AskRequest& in,
                Recorder& recorder) -> Result<AskedPeople> {
            TRY_LET(const auto people,
                    room.providers().ask(recorder, request.id<ProviderTag>("provider"),
                                         in.exercise.value_or(ExerciseId{}), *request.principal));
            return AskedPeople{people};
        });
    routes.command<TakeRequest, TakenInto>(
        Method::post, base + "/notices/{notice}/take", drafts,
        "Take a provider's report over into the next draft (If-Match)",
        [&room](const Request& request, const TakeRequest& in,
                Recorder& recorder) -> Result<Done<TakenInto>> {
            const auto id = request.id<NoticeTag>("notice");
            TRY_LET(const auto version, request.if_match());
            TRY(room.keep(recorder, take_over(room.ground(recorder), room.providers().state(), id,
                                              in, *request.principal, version)));
            const auto now = recorder.version_of(stream_of(id));
            return Done<TakenInto>{{id, now}, 200, now, {}, {}};
        });

    auto& page_route = routes.query<Reply>(
        "/r/{link}", by_link, "A data provider's form, on a page without scripts",
        [&room](const Request& request) -> Result<Reply> { return page(room, request); });
    page_route.answer_type = "text/html";
    auto& style_route =
        routes.query<Reply>(std::string(report_style_path), by_link, "Its style sheet",
                            [](const Request&) -> Result<Reply> {
                                return Reply{200,
                                             {{"Cache-Control", "max-age=3600"}},
                                             "text/css; charset=utf-8",
                                             std::string(site_style()) + std::string(report_style),
                                             nullptr};
                            });
    style_route.answer_type = "text/css";
    Route form;
    form.method = Method::post;
    form.path = "/r/{link}";
    form.permission = by_link;
    form.summary = "The data provider's form";
    form.answer_type = "text/html";
    form.body_limit = Form::most_bytes;
    form.success_status = 303;
    form.command = [&room](std::shared_ptr<const Request> request) -> Result<Route::Decide> {
        return Route::Decide{
            [&room, request = std::move(request)](Recorder& recorder) -> Result<journal::Answer> {
                return take_form(room, *request, recorder);
            }};
    };
    routes.add(std::move(form));
    return routes;
}

}  // namespace noroshi::respond::notices
