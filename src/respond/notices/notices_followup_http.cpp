// The long run: lost calls, follow-ups, messages to shipping lines.

#include "edge/http/route.h"
#include "respond/notices/notices.h"
#include "respond/notices/notices_followup.h"

namespace noroshi::respond::notices {

using edge::http::Done;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Request;
using edge::http::Routes;
using journal::Recorder;

namespace {

struct KeptLostCall {
    LostCallId id;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(KeptLostCall, (), (id, version))
struct KeptFollowUp {
    FollowUpId id;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(KeptFollowUp, (), (id, version))
struct KeptLineMessage {
    LineMessageId id;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(KeptLineMessage, (), (id, version))

template <class Kept, class Id>
Done<Kept> kept(const Id& id, const Recorder& recorder) {
    const auto version = recorder.version_of(LongRun::stream_of(id));
    return {{id, version}, 200, version, {}, {}};
}
template <class Kept, class Id>
Done<Kept> created(const Id& id, std::string_view what) {
    return edge::http::created(Kept{id, 1}, "/api/respond/notices/" + std::string(what) + id.text,
                               1);
}

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_followup_routes(Routes& routes, Notices& room) {
    const std::string base = "/api/respond/notices";
    const auto follows =
        by_roles("respond.notices.follow_up",
                 {Role::duty_officer, Role::leader, Role::clerk, Role::liaison, Role::member});
    const auto approves = by_roles("respond.notices.approve", roles_that_approve());

    routes.query<FollowUps>(
        base + "/followups", follows,
        "What is still to be done, calls lost and come back, messages to shipping lines",
        [&room](const Request& request) { return room.long_run().list(*request.principal); });
    routes
        .command<FollowUpRequest, KeptFollowUp>(
            Method::post, base + "/followups", follows, "Add something to follow up",
            [&room](const Request& request, const FollowUpRequest& in,
                    Recorder& recorder) -> Result<Done<KeptFollowUp>> {
                TRY_LET(const auto id, room.long_run().add(recorder, in, *request.principal));
                return created<KeptFollowUp>(id, "followups/");
            })
        .success_status = 201;
    routes.command<PostponeRequest, KeptFollowUp>(
        Method::post, base + "/followups/{followup}/postpone", follows,
        "Postpone a follow-up, with the reason (If-Match)",
        [&room](const Request& request, const PostponeRequest& in,
                Recorder& recorder) -> Result<Done<KeptFollowUp>> {
            const auto id = request.id<FollowUpTag>("followup");
            TRY_LET(const auto version, request.if_match());
            TRY(room.long_run().postpone(recorder, id, in, *request.principal, version));
            return kept<KeptFollowUp>(id, recorder);
        });
    routes.command<DoneRequest, KeptFollowUp>(
        Method::post, base + "/followups/{followup}/done", follows,
        "Say what became of a follow-up (If-Match)",
        [&room](const Request& request, const DoneRequest& in,
                Recorder& recorder) -> Result<Done<KeptFollowUp>> {
            const auto id = request.id<FollowUpTag>("followup");
            TRY_LET(const auto version, request.if_match());
            TRY(room.long_run().done(recorder, id, in, *request.principal, version));
            return kept<KeptFollowUp>(id, recorder);
        });
    routes
        .command<LostCallRequest, KeptLostCall>(
            Method::post, base + "/lost_calls", follows, "Note a call or a service that was lost",
            [&room](const Request& request, const LostCallRequest& in,
                    Recorder& recorder) -> Result<Done<KeptLostCall>> {
                TRY_LET(const auto id, room.long_run().note(recorder, in, *request.principal));
                return created<KeptLostCall>(id, "lost_calls/");
            })
        .success_status = 201;
    routes.command<ReturnedRequest, KeptLostCall>(
        Method::post, base + "/lost_calls/{call}/returned", follows,
        "Note that a lost call or service has come back (If-Match)",
        [&room](const Request& request, const ReturnedRequest& in,
                Recorder& recorder) -> Result<Done<KeptLostCall>> {
            const auto id = request.id<LostCallTag>("call");
            TRY_LET(const auto version, request.if_match());
            TRY(room.long_run().returned(recorder, id, in, *request.principal, version));
            return kept<KeptLostCall>(id, recorder);
        });
    routes
        .command<LineMessageRequest, KeptLineMessage>(
            Method::post, base + "/line_messages", follows, "Draft a message to shipping lines",
            [&room](const Request& request, const LineMessageRequest& in,
                    Recorder& recorder) -> Result<Done<KeptLineMessage>> {
                TRY_LET(const auto id,
                        room.long_run().draft(recorder, {}, in, *request.principal, {}));
                return created<KeptLineMessage>(id, "line_messages/");
            })
        .success_status = 201;
    routes.command<LineMessageRequest, KeptLineMessage>(
        Method::put, base + "/line_messages/{message}", follows,
        "Write a message to shipping lines anew (If-Match)",
        [&room](const Request& request, const LineMessageRequest& in,
                Recorder& recorder) -> Result<Done<KeptLineMessage>> {
            const auto id = request.id<LineMessageTag>("message");
            TRY_LET(const auto version, request.if_match());
            TRY(room.long_run().draft(recorder, id, in, *request.principal, version));
            return kept<KeptLineMessage>(id, recorder);
        });
    routes.command<ReasonRequest, KeptLineMessage>(
        Method::post, base + "/line_messages/{message}/return", approves,
        "Send a message to shipping lines back, with the reason",
        [&room](const Request& request, const ReasonRequest& in,
                Recorder& recorder) -> Result<Done<KeptLineMessage>> {
            const auto id = request.id<LineMessageTag>("message");
            TRY_LET(const auto version, request.if_match());
            TRY(room.long_run().send_back(recorder, id, in, *request.principal, version));
            return kept<KeptLineMessage>(id, recorder);
        });
    routes.command<Nothing, KeptLineMessage>(
        Method::post, base + "/line_messages/{message}/send", approves,
        "Send a message that somebody else wrote to the shipping lines (If-Match)",
        [&room](const Request& request, const Nothing&,
                Recorder& recorder) -> Result<Done<KeptLineMessage>> {
            const auto id = request.id<LineMessageTag>("message");
            TRY_LET(const auto version, request.if_match());
            TRY(room.long_run().send(recorder, id, *request.principal, version));
            return kept<KeptLineMessage>(id, recorder);
        });
    return routes;
}

}  // namespace noroshi::respond::notices
