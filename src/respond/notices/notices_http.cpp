// For the port's people. What the public asks stands in notices_public_http.cpp.

#include <algorithm>

#include "edge/http/route.h"
#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "prepare/council/council_approval_gate.h"
#include "respond/notices/notices.h"
#include "respond/notices/notices_alternatives.h"
#include "respond/notices/notices_providers.h"
#include "respond/notices/notices_public.h"
#include "respond/notices/notices_subscribers.h"
#include "respond/notices/notices_view.h"

namespace noroshi::respond::notices {

using edge::http::Done;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Request;
using edge::http::Routes;
using journal::Recorder;

namespace {

struct Kept {
    NoticeId id;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(Kept, (), (id, version))
struct Approved {
    NoticeId id;
    std::uint32_t edition = 0;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(Approved, (), (id, edition, version))
// What approval-needs and a sheet name it by; empty in an exercise, which asks for none.
struct ApprovalRecord {
    std::string record;
};
BOOST_DESCRIBE_STRUCT(ApprovalRecord, (), (record))
// Why it goes out before it was approved.
struct Urgency {
    std::optional<std::string> urgency;
};
BOOST_DESCRIBE_STRUCT(Urgency, (), (urgency))
struct Address {
    std::string email;
};
BOOST_DESCRIBE_STRUCT(Address, (), (email))
struct Erased {
    bool erased = true;
};
BOOST_DESCRIBE_STRUCT(Erased, (), (erased))
struct KeptDesk {
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(KeptDesk, (), (version))

Done<Kept> kept(const NoticeId& id, const Recorder& recorder) {
    const auto version = recorder.version_of(stream_of(id));
    return {{id, version}, 200, version, {}, {}};
}

Result<Done<NoticeItem>> one(const Notices& room, const Request& request) {
    auto item = room.view().item(request.id<NoticeTag>("notice"), *request.principal);
    if (!item) return fail(ErrorKind::not_found, "respond.notices.unknown");
    const auto version = item->version;
    return Done<NoticeItem>{std::move(*item), 200, version, {}, {}};
}

Result<Done<Kept>> draft(Notices& room, const Request& request, const DraftRequest& in,
                         Recorder& recorder) {
    TRY_LET(const auto id, room.draft(recorder, in, *request.principal));
    return edge::http::created(Kept{id, 1}, "/api/respond/notices/notices/" + id.text, 1);
}

Result<Done<Kept>> draft_again(Notices& room, const Request& request, const DraftRequest& in,
                               Recorder& recorder) {
    const auto id = request.id<NoticeTag>("notice");
    TRY_LET(const auto version, request.if_match());
    TRY(room.draft_again(recorder, id, in, *request.principal, version));
    return kept(id, recorder);
}

// What a sheet for approval is about: this text of this notice, and no other.
std::string approval_record(const NoticeId& id, const Content& content) {
    constexpr std::size_t digits = 12;
    return "notice/" + id.text + "/" + to_hex(sha256(json::to_text(content))).substr(0, digits);
}

Result<ApprovalRecord> show_approval(const Notices& room, const Request& request) {
    const auto id = request.id<NoticeTag>("notice");
    const auto item = room.view().item(id, *request.principal);
    if (!item || !item->draft) return fail(ErrorKind::not_found, "respond.notices.no_draft");
    return ApprovalRecord{item->drill ? "" : approval_record(id, item->draft->content)};
}

// Where the port manager's form lists notices, the text has to be approved (決裁) before it is
// published, or to be unable to wait. Exercises ask for nothing.
Result<Done<Approved>> approve(Notices& room, council::Approvals& approvals, const Request& request,
                               Recorder& recorder) {
    const auto id = request.id<NoticeTag>("notice");
    const Principal& by = *request.principal;
    TRY_LET(const auto version, request.if_match());
    Urgency why;
    if (!request.body.empty()) {
        TRY_LET(why, json::from_text<Urgency>(request.body));
    }
    // Whatever else is wrong is said first.
    TRY_LET(const auto decided, notices::approve(room.ground(recorder), id, by, version));
    if (decided.place.world.is_live()) {
        const Content& content = decided.body.content;
        const auto ja = content.texts.find("ja");
        const Words words = ja == content.texts.end() ? Words{} : ja->second;
        TRY(council::check_or_draft(approvals, recorder, by,
                                    {council::speaks_for_port(room.council().state(), by),
                                     council::ApprovalSubject::notice,
                                     approval_record(id, content),
                                     words.title,
                                     words.body,
                                     {},
                                     why.urgency.value_or("")}));
    }
    TRY_LET(const auto edition, room.approve(recorder, id, by, version));
    const auto now = recorder.version_of(stream_of(id));
    return Done<Approved>{{id, edition, now}, 200, now, {}, {}};
}

Result<Done<KeptDesk>> kept_desk(const Recorder& recorder) {
    const auto version = recorder.version_of(desk_stream);
    return Done<KeptDesk>{{version}, 200, version, {}, {}};
}

// A command about one notice that only records what was decided.
template <class In, class F>
auto about(Notices& room, F decide) {
    return [&room, decide](const Request& request, const In& in,
                           Recorder& recorder) -> Result<Done<Kept>> {
        const auto id = request.id<NoticeTag>("notice");
        TRY_LET(const auto version, request.if_match());
        TRY(room.keep(recorder,
                      decide(room.ground(recorder), id, in, *request.principal, version)));
        return kept(id, recorder);
    };
}

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_routes(Routes& routes, Notices& room, council::Approvals& approvals) {
    const std::string base = "/api/respond/notices";
    const std::string notice = base + "/notices/{notice}";
    const auto reads = signed_in("respond.notices.read");
    const auto drafts = by_roles("respond.notices.draft", roles_that_draft());
    const auto approves = by_roles("respond.notices.approve", roles_that_approve());
    const auto agrees =
        by_roles("respond.notices.agree", {Role::security_person, Role::leader, Role::member});
    const auto holds = by_roles("respond.notices.hold", roles_that_hold());
    const auto keeps = by_roles("respond.notices.keep_desk", {Role::administrator, Role::leader});

    routes.query<NoticeItems>(base + "/notices", reads, "Notices, drafts first",
                              [&room](const Request& request) -> Result<NoticeItems> {
                                  return room.view().list(*request.principal);
                              });
    routes.query<NoticeItem>(notice, reads, "One notice with its draft and its editions",
                             [&room](const Request& request) { return one(room, request); });
    routes
        .command<DraftRequest, Kept>(
            Method::post, base + "/notices", drafts, "Draft a notice",
            [&room](const Request& request, const DraftRequest& in, Recorder& recorder) {
                return draft(room, request, in, recorder);
            })
        .success_status = 201;
    routes.command<DraftRequest, Kept>(
        Method::put, notice + "/draft", drafts, "Write the next draft of a notice (If-Match)",
        [&room](const Request& request, const DraftRequest& in, Recorder& recorder) {
            return draft_again(room, request, in, recorder);
        });
    routes.query<ApprovalRecord>(
        notice + "/approval", reads, "What a sheet for the approval of the draft is about",
        [&room](const Request& request) { return show_approval(room, request); });
    // The body may be left out.
    routes
        .command<Nothing, Approved>(
            Method::post, notice + "/approve", approves,
            "Publish a draft that somebody else wrote (If-Match: the version that was read)",
            [&room, &approvals](const Request& request, const Nothing&, Recorder& recorder) {
                return approve(room, approvals, request, recorder);
            })
        .request_schema = boost::json::serialize(json::schema<Urgency>());
    routes.command<ReasonRequest, Kept>(
        Method::post, notice + "/return", approves, "Send a draft back, with the reason",
        about<ReasonRequest>(
            room, [](const Ground& ground, const NoticeId& id, const ReasonRequest& in,
                     const Principal& by,
                     Version version) { return send_back(ground, id, in, by, version); }));
    routes.command<Nothing, Kept>(
        Method::post, notice + "/agree", agrees,
        "Agree, as the operator, to what a draft says of its terminals (If-Match)",
        about<Nothing>(
            room, [](const Ground& ground, const NoticeId& id, const Nothing&, const Principal& by,
                     Version version) { return agree(ground, id, by, version); }));
    routes.command<ReasonRequest, Kept>(
        Method::post, notice + "/hold", holds, "Hold a notice back: consult the police first",
        about<ReasonRequest>(
            room, [](const Ground& ground, const NoticeId& id, const ReasonRequest& in,
                     const Principal& by, Version) { return place_hold(ground, id, in, by); }));
    routes.command<LiftRequest, Kept>(
        Method::post, notice + "/lift", approves, "Lift the hold, saying who was consulted",
        about<LiftRequest>(
            room, [](const Ground& ground, const NoticeId& id, const LiftRequest& in,
                     const Principal& by, Version) { return lift_hold(ground, id, in, by); }));

    routes.query<DeskItem>(
        base + "/desk", reads,
        "Spokespersons, inquiry desk, division of roles, and what is missing",
        [&room](const Request& request) -> Result<Done<DeskItem>> {
            auto item = room.view().desk_item(request.language);
            const Instant now = room.journal().clock().now();
            std::ranges::move(room.alternatives().readiness(now, request.language),
                              std::back_inserter(item.readiness));
            if (!room.providers().any())
                item.readiness.push_back(
                    {"no_provider", Severity::warning,
                     i18n::text(request.language, "respond.notices.readiness.no_provider")});
            item.public_url = room.public_view().options().public_url;
            const auto version = item.version;
            return Done<DeskItem>{std::move(item), 200, version, {}, {}};
        });
    routes.command<SpokespersonsRequest, KeptDesk>(
        Method::put, base + "/desk/spokespersons", keeps, "Name the spokespersons, in order",
        [&room](const Request& request, const SpokespersonsRequest& in,
                Recorder& recorder) -> Result<Done<KeptDesk>> {
            TRY_LET(const auto version, request.if_match());
            TRY(room.keep(recorder, name_spokespersons(room.ground(recorder), in, version)));
            return kept_desk(recorder);
        });
    routes.command<DeskRequest, KeptDesk>(Method::put, base + "/desk", keeps,
                                          "Say where the inquiry desk is reached",
                                          [&room](const Request& request, const DeskRequest& in,
                                                  Recorder& recorder) -> Result<Done<KeptDesk>> {
                                              TRY_LET(const auto version, request.if_match());
                                              TRY(room.keep(recorder, open_desk(in, version)));
                                              return kept_desk(recorder);
                                          });
    routes.command<DivisionRequest, KeptDesk>(
        Method::put, base + "/terminals/{terminal}/division", keeps,
        "Divide the roles: on which topics the operator has to agree first",
        [&room](const Request& request, const DivisionRequest& in,
                Recorder& recorder) -> Result<Done<KeptDesk>> {
            TRY(room.keep(recorder, divide_roles(room.ground(recorder),
                                                 request.id<TerminalTag>("terminal"), in)));
            return kept_desk(recorder);
        });
    routes.command<Address, Erased>(
        Method::post, base + "/subscribers/erase", keeps,
        "End a subscription and erase its address, for somebody who asks the desk",
        [&room](const Request&, const Address& in, Recorder& recorder) -> Result<Erased> {
            TRY(room.subscribers().erase(recorder, in.email));
            return Erased{};
        });
    return routes;
}

}  // namespace noroshi::respond::notices
