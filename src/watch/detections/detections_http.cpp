#include <map>
#include <optional>
#include <string>
#include <utility>

#include "edge/archive/intake.h"
#include "edge/http/route.h"
#include "prepare/council/council_view.h"
#include "watch/detections/detections.h"
#include "watch/detections/detections_page.h"
#include "watch/detections/detections_view.h"
#include "watch/logs/logs_view.h"

namespace noroshi::watch::detections {

using edge::http::Done;
using edge::http::Headers;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Reply;
using edge::http::Request;
using edge::http::Route;
using edge::http::Routes;
using journal::Recorder;

namespace {

constexpr std::string_view base = "/api/watch/detections";

struct Kept {
    CaseId id;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(Kept, (), (id, version))

struct SuppressionKept {
    SuppressionId id;
};
BOOST_DESCRIBE_STRUCT(SuppressionKept, (), (id))

CaseId case_in(const Request& request) { return request.id<DetectionCaseTag>("case"); }

Asking asking(const Detections& room, const Request& request) {
    return {room.view(),        room.logs().view(), room.council().view(),
            *request.principal, request.language,   room.now()};
}

Kept kept(const Request& request, Recorder& recorder) {
    return {case_in(request), recorder.version_of(Detections::stream_of(case_in(request)))};
}

// The lines of a case, as long as the archive has them.
Route lines_route(Detections& room, journal::Journal& journal, edge::archive::Intake* intake) {
    Route route;
    route.path = std::string(base) + "/cases/{case}/lines";
    route.permission = by_roles("watch.detections.see", roles_that_triage());
    route.summary = "The raw lines of a case, the first sixty; none after the agreement's period";
    route.answer_schema = boost::json::serialize(json::schema<LineItems>());
    route.reads_by_itself = true;
    route.query = [&room, &journal, intake](const Request& request) -> Result<Reply> {
        if (intake == nullptr) return fail(ErrorKind::unavailable, "watch.logs.no_archive");
        std::vector<LineAt> wanted;
        std::map<SourceId, std::string> names;
        TRY(journal.read([&]() -> Result<> {
            TRY(one_case(asking(room, request), case_in(request)));
            wanted = room.view().find(case_in(request))->lines;
            for (const auto& [source, line] : wanted)
                if (const auto* known = room.logs().view().find(source))
                    names[source] = known->name;
            return {};
        }));
        LineItems items;
        for (const auto& [source, line] : wanted) {
            TRY_LET(const auto text, intake->archive().line(source.text, line));
            if (text)
                items.items.push_back({source, names[source], line, logs::printable(*text)});
            else
                ++items.gone;
        }
        return Reply{200, {}, "application/json", json::to_text(items), nullptr};
    };
    return route;
}

Headers page_headers() {
    return {{"Cache-Control", "no-store"}, {"Referrer-Policy", "no-referrer"}};
}
Reply html(int status, std::string body) {
    return Reply{status, page_headers(), "text/html; charset=utf-8", std::move(body), nullptr};
}

Reply seen_page(const Detections& room, const Request& request) {
    const auto link = open_link(request.capture("link"), room.installation_key());
    const auto* one = link ? room.view().find(link->of_case) : nullptr;
    const auto* person = link ? room.council().view().find(link->person) : nullptr;
    if (one == nullptr || !one->told || person == nullptr || link->expires <= room.now())
        return html(404, bad_link_page(request.language));
    SeenPage page;
    page.language = person->language;
    page.zone = room.zone();
    page.member = room.council().view().name_of(one->member, page.language);
    page.level = i18n::text(page.language, std::string("watch.detections.level.") +
                                               std::string(json::name_of(one->level)));
    page.told_at = one->told_at;
    page.answer_by = one->told->answer_by;
    if (one->read) page.read_at = one->read_at;
    page.details = "/watch/detections/" + one->id.text;
    return html(200, page_of(page));
}

void add_link_routes(Routes& routes, Detections& room) {
    const auto by_link = anyone("watch.detections.answer_by_link");
    auto& page = routes.query<Reply>(
        "/w/{link}", by_link, "Whether a case was read, on a page without scripts",
        [&room](const Request& request) -> Result<Reply> { return seen_page(room, request); });
    page.answer_type = "text/html";
    auto& style = routes.query<Reply>(style_path, by_link, "Its style sheet",
                                      [](const Request&) -> Result<Reply> {
                                          return Reply{200,
                                                       {{"Cache-Control", "max-age=3600"}},
                                                       "text/css; charset=utf-8",
                                                       style_sheet(),
                                                       nullptr};
                                      });
    style.answer_type = "text/css";
    Route form;
    form.method = Method::post;
    form.path = "/w/{link}";
    form.permission = by_link;
    form.summary = "The page's button: it was read";
    form.answer_type = "text/html";
    form.body_limit = 1024;
    form.success_status = 303;
    form.command = [&room](std::shared_ptr<const Request> request) -> Result<Route::Decide> {
        return Route::Decide{
            [&room, request = std::move(request)](Recorder& recorder) -> Result<journal::Answer> {
                // A link that no longer holds is said so by the page it leads back to.
                (void)room.say_seen_by_link(recorder, request->capture("link"));
                auto headers = page_headers();
                headers.emplace_back("Location", "/w/" + std::string(request->capture("link")));
                return journal::Answer{303, std::move(headers), "{}"};
            }};
    };
    routes.add(std::move(form));
}

}  // namespace

// Registered by app/rooms.cpp. Without an archive (noroshi-openapi, stories) there are no raw lines.
Routes& add_routes(Routes& routes, Detections& room, journal::Journal& journal,
                   edge::archive::Intake* intake) {
    const std::string cases = std::string(base) + "/cases";
    const std::string one = cases + "/{case}";
    const std::string suppressions = std::string(base) + "/suppressions";
    const auto seeing = by_roles("watch.detections.see", roles_that_triage());
    const auto triaging = by_roles("watch.detections.triage", roles_that_triage());

    routes
        .query<CaseList>(
            cases, seeing,
            "Cases of detections that the reader may know of; ?verdict=open|harmless|confirmed",
            [&room](const Request& r) -> Result<CaseList> {
                std::optional<Verdict> verdict;
                if (const auto name = r.parameter("verdict")) {
                    Verdict read{};
                    if (!json::from_name(*name, read))
                        return fail(ErrorKind::invalid, "edge.http.parameter",
                                    {{"name", "verdict"}, {"value", std::string(*name)}});
                    verdict = read;
                }
                TRY_LET(const auto most, r.number("limit", 100, 1, 500));
                return list_cases(asking(room, r), verdict, most);
            })
        .parameters = {"verdict", "limit"};
    routes.query<CaseItem>(
        one, seeing,
        "One case: what was seen, why it matters, what to check, what would make it harmless",
        [&room](const Request& r) { return one_case(asking(room, r), case_in(r)); });
    routes.add(lines_route(room, journal, intake));
    routes.command<TriageDraft, Kept>(
        Method::post, one + "/triage", triaging, "Open, harmless with a reason, or confirmed",
        [&room](const Request& r, const TriageDraft& in, Recorder& recorder) -> Result<Kept> {
            TRY(room.triage(recorder, *r.principal, case_in(r), in));
            return kept(r, recorder);
        });
    routes.command<Nothing, Kept>(
        Method::post, one + "/seen", triaging, "The member says that it was read",
        [&room](const Request& r, const Nothing&, Recorder& recorder) -> Result<Kept> {
            TRY(room.say_seen(recorder, *r.principal, case_in(r)));
            return kept(r, recorder);
        });
    routes.query<SuppressionList>(suppressions, seeing,
                                  "What is not told, why, by whom and until when",
                                  [&room](const Request& r) -> Result<SuppressionList> {
                                      return list_suppressions(asking(room, r));
                                  });
    routes
        .command<SuppressionDraft, SuppressionKept>(
            Method::post, suppressions, triaging,
            "Tell no more of a rule at a member until a day, about one entity or all",
            [&room](const Request& r, const SuppressionDraft& in,
                    Recorder& recorder) -> Result<Done<SuppressionKept>> {
                TRY_LET(const auto id, room.suppress(recorder, *r.principal, in));
                return edge::http::created(SuppressionKept{id},
                                           std::string(base) + "/suppressions/" + id.text);
            })
        .success_status = 201;
    routes.command<Nothing, SuppressionKept>(
        Method::post, suppressions + "/{suppression}/end", triaging, "Tell of it again",
        [&room](const Request& r, const Nothing&, Recorder& recorder) -> Result<SuppressionKept> {
            const auto id = r.id<SuppressionTag>("suppression");
            TRY(room.end_suppression(recorder, *r.principal, id));
            return SuppressionKept{id};
        });
    routes.query<ProgressList>(
        std::string(base) + "/progress", seeing,
        "How far each source has been looked through, and what could not be read, by reason",
        [&room](const Request& r) -> Result<ProgressList> {
            return list_progress(asking(room, r));
        });
    add_link_routes(routes, room);
    return routes;
}

}  // namespace noroshi::watch::detections
