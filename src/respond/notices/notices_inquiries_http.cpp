// The inquiry desk.

#include "edge/http/route.h"
#include "respond/notices/notices.h"
#include "respond/notices/notices_inquiries.h"

namespace noroshi::respond::notices {

using edge::http::Done;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Request;
using edge::http::Routes;
using journal::Recorder;

namespace {

struct KeptInquiry {
    InquiryId id;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(KeptInquiry, (), (id, version))
struct KeptStanding {
    StandingAnswerId id;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(KeptStanding, (), (id, version))

const std::string base_of_inquiries = "/api/respond/notices/inquiries/";
const std::string base_of_standing = "/api/respond/notices/standing/";

Done<KeptInquiry> kept(const InquiryId& id, const Recorder& recorder) {
    const auto version = recorder.version_of(Inquiries::stream_of(id));
    return {{id, version}, 200, version, {}, {}};
}
Done<KeptStanding> kept(const StandingAnswerId& id, const Recorder& recorder) {
    const auto version = recorder.version_of(Inquiries::stream_of(id));
    return {{id, version}, 200, version, {}, {}};
}

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_inquiry_routes(Routes& routes, Notices& room) {
    const std::string base = "/api/respond/notices";
    const auto answers = by_roles("respond.notices.answer_inquiries",
                                  {Role::administrator, Role::duty_officer, Role::leader,
                                   Role::clerk, Role::liaison, Role::member});
    routes.query<InquiryItems>(
        base + "/inquiries", answers, "Inquiries, open ones first, and the standing answers",
        [&room](const Request& request) { return room.inquiries().list(*request.principal); });
    routes
        .command<InquiryRequest, KeptInquiry>(
            Method::post, base + "/inquiries", answers, "Log a question or complaint",
            [&room](const Request& request, const InquiryRequest& in,
                    Recorder& recorder) -> Result<Done<KeptInquiry>> {
                TRY_LET(const auto id, room.inquiries().log(recorder, in, *request.principal));
                return edge::http::created(KeptInquiry{id, 1}, base_of_inquiries + id.text, 1);
            })
        .success_status = 201;
    routes.command<InquiryAnswerRequest, KeptInquiry>(
        Method::post, base + "/inquiries/{inquiry}/answer", answers, "Write down what was answered",
        [&room](const Request& request, const InquiryAnswerRequest& in,
                Recorder& recorder) -> Result<Done<KeptInquiry>> {
            const auto id = request.id<InquiryTag>("inquiry");
            TRY_LET(const auto version, request.if_match());
            TRY(room.inquiries().answer(recorder, id, in, *request.principal, version));
            return kept(id, recorder);
        });
    routes.command<Nothing, KeptInquiry>(
        Method::post, base + "/inquiries/{inquiry}/erase", answers, "Erase who asked",
        [&room](const Request& request, const Nothing&,
                Recorder& recorder) -> Result<Done<KeptInquiry>> {
            const auto id = request.id<InquiryTag>("inquiry");
            TRY(room.inquiries().erase(recorder, id, *request.principal));
            return kept(id, recorder);
        });
    routes
        .command<StandingAnswerRequest, KeptStanding>(
            Method::post, base + "/standing", answers, "Keep a standing answer",
            [&room](const Request& request, const StandingAnswerRequest& in,
                    Recorder& recorder) -> Result<Done<KeptStanding>> {
                TRY_LET(const auto id,
                        room.inquiries().keep(recorder, {}, in, *request.principal, {}));
                return edge::http::created(KeptStanding{id, 1}, base_of_standing + id.text, 1);
            })
        .success_status = 201;
    routes.command<StandingAnswerRequest, KeptStanding>(
        Method::put, base + "/standing/{standing}", answers,
        "Change or retire a standing answer (If-Match)",
        [&room](const Request& request, const StandingAnswerRequest& in,
                Recorder& recorder) -> Result<Done<KeptStanding>> {
            TRY_LET(const auto version, request.if_match());
            TRY_LET(const auto id,
                    room.inquiries().keep(recorder, request.id<StandingAnswerTag>("standing"), in,
                                          *request.principal, version));
            return kept(id, recorder);
        });
    return routes;
}

}  // namespace noroshi::respond::notices
