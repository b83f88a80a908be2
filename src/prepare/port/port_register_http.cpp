#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/http/route.h"
#include "kernel/i18n/line.h"
#include "kernel/journal/record.h"
#include "prepare/council/council_view.h"
#include "prepare/port/port.h"
#include "prepare/port/port_register.h"
#include "prepare/port/port_self_check.h"
#include "prepare/port/port_view.h"

namespace noroshi::prepare::port {

using edge::http::Done;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Request;
using edge::http::Routes;
using journal::Recorder;

namespace {

constexpr std::string_view base = "/api/prepare/port";

struct Registered {
    std::string id;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(Registered, (), (id, version))

struct WithdrawBody {
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(WithdrawBody, (), (reason))

struct AnswerBody {
    OrganisationId organisation;
    SelfCheckQuestion question = SelfCheckQuestion::ship_facility_security;
    SelfCheckAnswer answer = SelfCheckAnswer::unknown;
};
BOOST_DESCRIBE_STRUCT(AnswerBody, (), (organisation, question, answer))

const Visibility everybody{Tlp::green, {}, {}};

std::string stream_of(const FacilityId& id) { return "prepare/port/facilities/" + id.text; }
std::string stream_of(const SystemId& id) { return "prepare/port/systems/" + id.text; }

template <class To, class From>
To as(const From& f)
    requires requires { f.facility_kind; }
{
    return {f.facility,      f.facility_kind,     f.name,  f.name_en, f.code, f.terminals,
            f.length_metres, f.depth_centimetres, f.lanes, f.note};
}
template <class To, class From>
To as(const From& f)
    requires requires { f.remote_access; }
{
    return {f.system,
            f.name,
            f.name_en,
            f.owner,
            f.vendor,
            f.vendor_name,
            f.remote_access,
            f.remote_access_note,
            f.functions,
            f.service_level,
            f.recovery_target_minutes,
            f.terminals,
            f.facilities,
            f.depends_on,
            f.without};
}

// ---- facilities ----------------------------------------------------------------------------

Result<Done<Registered>> add_facility(Port& port, const FacilityDraft& draft, Recorder& recorder) {
    const FacilityId id{recorder.random().identifier()};
    TRY_LET(const auto fact, register_facility(port.known(), port.state(), id, draft));
    journal::record(recorder, {stream_of(id), everybody, {}, {}, {}}, fact);
    return edge::http::created(Registered{id.text, 1}, std::string(base) + "/facilities/" + id.text,
                               1);
}

Result<Done<Registered>> change_facility(Port& port, const Request& request,
                                         const FacilityDraft& draft, Recorder& recorder) {
    const auto id = request.id<FacilityTag>("facility");
    if (port.known().find(id) == nullptr)
        return fail(ErrorKind::not_found, "prepare.port.unknown_facility");
    TRY_LET(const auto version, request.if_match());
    TRY_LET(const auto fact, register_facility(port.known(), port.state(), id, draft));
    journal::record(recorder, {stream_of(id), everybody, {}, {}, version},
                    as<FacilityChanged>(fact));
    const auto now = recorder.version_of(stream_of(id));
    return Done<Registered>{{id.text, now}, 200, now, {}, {}};
}

Result<std::string> reason_of(const WithdrawBody& body) {
    return i18n::line(body.reason, 500, "/reason");
}

Result<Done<Registered>> withdraw_facility(Port& port, const Request& request,
                                           const WithdrawBody& body, Recorder& recorder) {
    const auto id = request.id<FacilityTag>("facility");
    if (port.known().find(id) == nullptr)
        return fail(ErrorKind::not_found, "prepare.port.unknown_facility");
    TRY_LET(auto reason, reason_of(body));
    journal::record(recorder, {stream_of(id), everybody, {}, {}, {}},
                    FacilityWithdrawn{id, std::move(reason)});
    return Done<Registered>{{id.text, 0}, 200, {}, {}, {}};
}

// ---- systems -------------------------------------------------------------------------------

Result<const Register::System*> visible_system(const Port& port, const Request& request) {
    const auto* found = port.known().find(request.id<SystemTag>("system"));
    if (found == nullptr || !may_see(request.principal->viewer, *found->visibility))
        return fail(ErrorKind::not_found, "prepare.port.unknown_system");
    return found;
}

Result<Done<Registered>> add_system(Port& port, const Request& request, const SystemDraft& draft,
                                    Recorder& recorder) {
    const SystemId id{recorder.random().identifier()};
    const auto& council = port.council().state();
    TRY_LET(const auto fact,
            register_system(port.known(), port.state(), council, *request.principal, id, draft));
    journal::record(recorder, {stream_of(id), visibility_of(council, fact), {}, {}, {}}, fact);
    return edge::http::created(Registered{id.text, 1}, std::string(base) + "/systems/" + id.text,
                               1);
}

Result<Done<Registered>> change_system(Port& port, const Request& request, const SystemDraft& draft,
                                       Recorder& recorder) {
    TRY_LET(const auto* known, visible_system(port, request));
    if (!may_change_systems_of(*request.principal, known->body.owner))
        return fail(ErrorKind::forbidden, "prepare.port.not_your_system");
    TRY_LET(const auto version, request.if_match());
    const auto& council = port.council().state();
    const auto id = known->body.system;
    TRY_LET(const auto fact,
            register_system(port.known(), port.state(), council, *request.principal, id, draft));
    journal::record(recorder, {stream_of(id), visibility_of(council, fact), {}, {}, version},
                    as<SystemChanged>(fact));
    const auto now = known->version + 1;
    return Done<Registered>{{id.text, now}, 200, now, {}, {}};
}

Result<Done<Registered>> withdraw_system(Port& port, const Request& request,
                                         const WithdrawBody& body, Recorder& recorder) {
    TRY_LET(const auto* known, visible_system(port, request));
    if (!may_change_systems_of(*request.principal, known->body.owner))
        return fail(ErrorKind::forbidden, "prepare.port.not_your_system");
    TRY_LET(auto reason, reason_of(body));
    const auto id = known->body.system;
    journal::record(recorder, {stream_of(id), *known->visibility, {}, {}, {}},
                    SystemWithdrawn{id, std::move(reason)});
    return Done<Registered>{{id.text, 0}, 200, {}, {}, {}};
}

Reach reach(const Port& port, const Request& request) {
    std::vector<SystemId> failing;
    std::vector<OrganisationId> vendors;
    for (const auto& [name, value] : request.query) {
        if (name == "system") failing.push_back(SystemId{value});
        if (name == "vendor") vendors.push_back(OrganisationId{value});
    }
    return port.published().reach(*request.principal, port.view(), failing, vendors,
                                  request.language);
}

Result<Nothing> answer_self_check(Port& port, const Request& request, const AnswerBody& body,
                                  Recorder& recorder) {
    const auto& council = port.council().state();
    if (council.find(body.organisation) == nullptr)
        return invalid("prepare.port.unknown_operator", "/organisation");
    if (!may_change_systems_of(*request.principal, body.organisation))
        return fail(ErrorKind::forbidden, "prepare.port.not_your_system", {}, "/organisation");
    SystemRegistered of;
    of.owner = body.organisation;
    journal::record(recorder,
                    {"prepare/port/self_check/" + body.organisation.text,
                     visibility_of(council, of),
                     {},
                     {},
                     {}},
                    SelfCheckAnswered{body.organisation, body.question, body.answer});
    return Nothing{};
}

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_register_routes(Routes& routes, Port& port) {
    const auto administrator = [](std::string name) {
        return by_roles("prepare.port." + std::move(name), {Role::administrator});
    };
    const auto owner = [](std::string name) {
        return by_roles("prepare.port." + std::move(name),
                        {Role::administrator, Role::security_person});
    };
    const auto reader = signed_in("prepare.port.see_port");
    const std::string facilities = std::string(base) + "/facilities";
    const std::string systems = std::string(base) + "/systems";

    routes.query<FacilityList>(facilities, reader, "Berths, gates, roads and fairways",
                               [&port](const Request&) -> Result<FacilityList> {
                                   return port.published().facility_list();
                               });
    routes
        .command<FacilityDraft, Registered>(
            Method::post, facilities, administrator("register_facility"),
            "Register a berth, gate, road or fairway",
            [&port](const Request&, const FacilityDraft& in, Recorder& recorder) {
                return add_facility(port, in, recorder);
            })
        .success_status = 201;
    routes.command<FacilityDraft, Registered>(
        Method::put, facilities + "/{facility}", administrator("change_facility"),
        "Replace what is known of it (If-Match)",
        [&port](const Request& r, const FacilityDraft& in, Recorder& recorder) {
            return change_facility(port, r, in, recorder);
        });
    routes.command<WithdrawBody, Registered>(
        Method::post, facilities + "/{facility}/withdraw", administrator("withdraw_facility"),
        "Take it out of the register, with the reason",
        [&port](const Request& r, const WithdrawBody& in, Recorder& recorder) {
            return withdraw_facility(port, r, in, recorder);
        });

    routes.query<SystemList>(systems, reader,
                             "Critical systems that the reader may see, and how many more",
                             [&port](const Request& r) -> Result<SystemList> {
                                 return port.published().system_list(*r.principal);
                             });
    routes.query<SystemItem>(
        systems + "/{system}", reader, "One critical system",
        [&port](const Request& r) -> Result<Done<SystemItem>> {
            auto item = port.published().system(*r.principal, r.id<SystemTag>("system"));
            if (!item) return fail(ErrorKind::not_found, "prepare.port.unknown_system");
            const auto version = item->version;
            return Done<SystemItem>{std::move(*item), 200, version, {}, {}};
        });
    routes
        .command<SystemDraft, Registered>(
            Method::post, systems, owner("register_system"), "Register a critical system",
            [&port](const Request& r, const SystemDraft& in, Recorder& recorder) {
                return add_system(port, r, in, recorder);
            })
        .success_status = 201;
    routes.command<SystemDraft, Registered>(
        Method::put, systems + "/{system}", owner("change_system"),
        "Replace what is known of it (If-Match)",
        [&port](const Request& r, const SystemDraft& in, Recorder& recorder) {
            return change_system(port, r, in, recorder);
        });
    routes.command<WithdrawBody, Registered>(
        Method::post, systems + "/{system}/withdraw", owner("withdraw_system"),
        "Take it out of the register, with the reason",
        [&port](const Request& r, const WithdrawBody& in, Recorder& recorder) {
            return withdraw_system(port, r, in, recorder);
        });
    routes
        .query<Reach>(std::string(base) + "/reach", reader,
                      "Whom failing systems (?system=) or a vendor (?vendor=) reach",
                      [&port](const Request& r) -> Result<Reach> { return reach(port, r); })
        .parameters = {"system", "vendor"};
    routes.query<SelfCheck>(std::string(base) + "/self_check", reader,
                            "Which parts of the guideline apply to whom, and why",
                            [&port](const Request& r) -> Result<SelfCheck> {
                                auto check = port.published().self_check(
                                    *r.principal, port.council().view(), r.language);
                                add_users_of_tos(check, port.published(), port.view(),
                                                 port.council().view(), r.language);
                                return check;
                            });
    routes.command<AnswerBody, Nothing>(
        Method::post, std::string(base) + "/self_check", owner("answer_self_check"),
        "Answer a question of the self-check for one's own organisation",
        [&port](const Request& r, const AnswerBody& in, Recorder& recorder) {
            return answer_self_check(port, r, in, recorder);
        });
    return routes;
}

}  // namespace noroshi::prepare::port
