// Alternative ports.

#include "edge/http/route.h"
#include "respond/notices/notices.h"
#include "respond/notices/notices_alternatives.h"

namespace noroshi::respond::notices {

using edge::http::Done;
using edge::http::Method;
using edge::http::Request;
using edge::http::Routes;
using journal::Recorder;

namespace {

struct KeptPartner {
    PartnerId id;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(KeptPartner, (), (id, version))
struct KeptDiversion {
    DiversionId id;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(KeptDiversion, (), (id, version))

Done<KeptPartner> kept(const PartnerId& id, const Recorder& recorder) {
    const auto version = recorder.version_of(Alternatives::stream_of(id));
    return {{id, version}, 200, version, {}, {}};
}

// A step of one request that only records what was decided.
template <class In, class F>
auto step(Notices& room, F decide) {
    return [&room, decide](const Request& request, const In& in,
                           Recorder& recorder) -> Result<Done<KeptDiversion>> {
        const auto id = request.id<DiversionTag>("diversion");
        TRY_LET(const auto version, request.if_match());
        TRY(room.keep(recorder, decide(room.ground(recorder), room.alternatives().state(), id, in,
                                       *request.principal, version)));
        const auto now = recorder.version_of(Alternatives::stream_of(id));
        return Done<KeptDiversion>{{id, now}, 200, now, {}, {}};
    };
}

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_alternative_routes(Routes& routes, Notices& room) {
    const std::string base = "/api/respond/notices";
    const auto keeps = by_roles("respond.notices.keep_desk", {Role::administrator, Role::leader});
    const auto coordinates =
        by_roles("respond.notices.coordinate",
                 {Role::duty_officer, Role::leader, Role::clerk, Role::liaison, Role::member});

    routes.query<PartnerItems>(
        base + "/partners", coordinates, "Alternative ports: agreements, contacts, conditions",
        [&room](const Request& request) {
            return room.alternatives().partners(*request.principal, room.journal().clock().now());
        });
    routes
        .command<PartnerRequest, KeptPartner>(
            Method::post, base + "/partners", keeps, "Register an alternative port",
            [&room](const Request& request, const PartnerRequest& in,
                    Recorder& recorder) -> Result<Done<KeptPartner>> {
                TRY_LET(auto id,
                        room.alternatives().keep(recorder, {}, in, *request.principal, {}));
                const std::string location = "/api/respond/notices/partners/" + id.text;
                return edge::http::created(KeptPartner{std::move(id), 1}, location, 1);
            })
        .success_status = 201;
    routes.command<PartnerRequest, KeptPartner>(
        Method::put, base + "/partners/{partner}", keeps,
        "Change, review or retire an alternative port (If-Match)",
        [&room](const Request& request, const PartnerRequest& in,
                Recorder& recorder) -> Result<Done<KeptPartner>> {
            const auto id = request.id<PartnerTag>("partner");
            TRY_LET(const auto version, request.if_match());
            TRY(room.alternatives().keep(recorder, id, in, *request.principal, version));
            return kept(id, recorder);
        });
    routes
        .query<DiversionItems>(
            base + "/diversions", coordinates,
            "Calls asked of alternative ports; what is waited for first",
            [&room](const Request& request) {
                return room.alternatives().diversions(
                    *request.principal,
                    IncidentId{std::string(request.parameter("incident").value_or(""))});
            })
        .parameters = {"incident"};
    routes
        .command<DiversionRequest, KeptDiversion>(
            Method::post, base + "/diversions", coordinates,
            "Ask an alternative port to take calls",
            [&room](const Request& request, const DiversionRequest& in,
                    Recorder& recorder) -> Result<Done<KeptDiversion>> {
                TRY_LET(auto id, room.alternatives().request(recorder, room.ground(recorder), in,
                                                             *request.principal));
                const std::string location = "/api/respond/notices/diversions/" + id.text;
                return edge::http::created(KeptDiversion{std::move(id), 1}, location, 1);
            })
        .success_status = 201;
    const std::string one = base + "/diversions/{diversion}";
    routes.command<OfferRequest, KeptDiversion>(Method::post, one + "/offer", coordinates,
                                                "Write down what the port offers (If-Match)",
                                                step<OfferRequest>(room, take_offer));
    routes.command<AgreeRequest, KeptDiversion>(Method::post, one + "/agree", coordinates,
                                                "Agree on calls that were offered (If-Match)",
                                                step<AgreeRequest>(room, agree_calls));
    routes.command<EndRequest, KeptDiversion>(
        Method::post, one + "/end", coordinates,
        "End a request: declined, withdrawn or done (If-Match)",
        step<EndRequest>(room, end_diversion));
    return routes;
}

}  // namespace noroshi::respond::notices
