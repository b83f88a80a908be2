#include <optional>
#include <string>
#include <utility>

#include "edge/http/route.h"
#include "prepare/council/council_view.h"
#include "watch/warnings/warnings.h"
#include "watch/warnings/warnings_view.h"

namespace noroshi::watch::warnings {

using edge::http::Done;
using edge::http::Method;
using edge::http::Request;
using edge::http::Routes;
using journal::Recorder;

namespace {

constexpr std::string_view base = "/api/watch/warnings";

struct Kept {
    std::string id;
};
BOOST_DESCRIBE_STRUCT(Kept, (), (id))

struct Release {
    OrganisationId member;
    bool approved = false;
};
BOOST_DESCRIBE_STRUCT(Release, (), (member, approved))

struct Dismissal {
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(Dismissal, (), (reason))

WarningId warning_in(const Request& request) { return request.id<WarningTag>("warning"); }

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_routes(Routes& routes, Warnings& room) {
    const std::string warnings = std::string(base) + "/warnings";
    const std::string sightings = std::string(base) + "/sightings";
    const std::string one = warnings + "/{warning}";
    const auto reading = signed_in("watch.warnings.see");
    const auto reporting = by_roles("watch.warnings.report", roles_that_report());
    const auto moderating = by_roles("watch.warnings.moderate", roles_that_moderate());

    routes.query<SightingList>(sightings, reporting, "What one's own organisation has reported",
                               [&room](const Request& r) -> Result<SightingList> {
                                   return list_sightings(room.view(), room.council().view(),
                                                         *r.principal, r.language);
                               });
    routes
        .command<SightingDraft, Kept>(
            Method::post, sightings, reporting,
            "Report a risk sign; the same at a second member becomes a warning that names nobody",
            [&room](const Request& r, const SightingDraft& in,
                    Recorder& recorder) -> Result<Done<Kept>> {
                TRY_LET(const auto id, room.report(recorder, *r.principal, in));
                return edge::http::created(Kept{id.text},
                                           std::string(base) + "/sightings/" + id.text);
            })
        .success_status = 201;
    routes.query<WarningList>(warnings, reading, "Early warnings, as far as one may know of them",
                              [&room](const Request& r) -> Result<WarningList> {
                                  return list_warnings(room.view(), room.council().view(),
                                                       *r.principal, r.language);
                              });
    routes.query<WarningItem>(one, reading, "One early warning", [&room](const Request& r) {
        return one_warning(room.view(), room.council().view(), *r.principal, r.language,
                           warning_in(r));
    });
    routes.command<Release, Kept>(
        Method::post, one + "/release", reporting,
        "The provider's word on releasing the sign itself",
        [&room](const Request& r, const Release& in, Recorder& recorder) -> Result<Kept> {
            TRY(room.answer_release(recorder, *r.principal, warning_in(r), in.member, in.approved));
            return Kept{warning_in(r).text};
        });
    routes.command<IssueDraft, Kept>(
        Method::post, one + "/issue", moderating, "Warn everybody, or warn again",
        [&room](const Request& r, const IssueDraft& in, Recorder& recorder) -> Result<Kept> {
            TRY(room.issue(recorder, *r.principal, warning_in(r), in));
            return Kept{warning_in(r).text};
        });
    routes.command<Dismissal, Kept>(
        Method::post, one + "/dismiss", moderating, "Do not warn, with the reason",
        [&room](const Request& r, const Dismissal& in, Recorder& recorder) -> Result<Kept> {
            TRY(room.dismiss(recorder, *r.principal, warning_in(r), in.reason));
            return Kept{warning_in(r).text};
        });
    routes.command<AnswerDraft, Kept>(
        Method::post, one + "/answer", reporting,
        "Receipt, whether it is seen here, and the counter-measure; may be changed",
        [&room](const Request& r, const AnswerDraft& in, Recorder& recorder) -> Result<Kept> {
            TRY(room.answer(recorder, *r.principal, warning_in(r), in));
            return Kept{warning_in(r).text};
        });
    return routes;
}

}  // namespace noroshi::watch::warnings
