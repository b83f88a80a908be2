#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "edge/http/route.h"
#include "prepare/port/port.h"
#include "prepare/port/port_view.h"

namespace noroshi::prepare::port {

using edge::http::Done;
using edge::http::Method;
using edge::http::Request;
using edge::http::Routes;
using journal::Recorder;

namespace {

using namespace std::string_view_literals;

struct PortBody {
    static constexpr auto defaulted = std::array{"name_en"sv};
    std::string name;
    std::string name_en;
};
BOOST_DESCRIBE_STRUCT(PortBody, (), (name, name_en))

struct TerminalBody {
    static constexpr auto defaulted = std::array{"name_en"sv, "code"sv, "yard_gear"sv};
    std::string name;
    std::string name_en;
    OrganisationId operator_;
    std::string code;
    std::optional<std::uint32_t> quay_metres;
    std::optional<std::uint32_t> quay_cranes;
    std::string yard_gear;
};
BOOST_DESCRIBE_STRUCT(TerminalBody, (),
                      (name, name_en, operator_, code, quay_metres, quay_cranes, yard_gear))

struct Kept {
    std::string id;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(Kept, (), (id, version))
struct KeptPort {
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(KeptPort, (), (version))

TerminalDraft draft_of(const TerminalBody& body) {
    return {body.name,        body.name_en,     body.operator_, body.code,
            body.quay_metres, body.quay_cranes, body.yard_gear};
}

Done<PortSheet> show_port(const Port& port, std::string_view zone) {
    auto sheet = port.view().sheet(zone);
    const auto version = sheet.version;
    return {std::move(sheet), 200, version, {}, {}};
}

Result<Done<KeptPort>> name_port(Port& port, const Request& request, const PortBody& body,
                                 Recorder& recorder) {
    TRY_LET(const auto version, request.if_match());
    TRY(port.name_port(recorder, body.name, body.name_en, version));
    const auto now = recorder.version_of(Port::stream);
    return Done<KeptPort>{{now}, 200, now, {}, {}};
}

Result<Done<TerminalItem>> show_terminal(const Port& port, const Request& request) {
    auto item = port.view().terminal(request.id<TerminalTag>("terminal"));
    if (!item) return fail(ErrorKind::not_found, "prepare.port.unknown_terminal");
    const auto version = item->version;
    return Done<TerminalItem>{std::move(*item), 200, version, {}, {}};
}

Result<Done<Kept>> register_terminal(Port& port, const TerminalBody& body, Recorder& recorder) {
    TRY_LET(const auto id, port.register_terminal(recorder, draft_of(body)));
    return edge::http::created(Kept{id.text, 1}, "/api/prepare/port/terminals/" + id.text, 1);
}

Result<Done<Kept>> change_terminal(Port& port, const Request& request, const TerminalBody& body,
                                   Recorder& recorder) {
    const auto id = request.id<TerminalTag>("terminal");
    TRY_LET(const auto version, request.if_match());
    TRY(port.change_terminal(recorder, id, draft_of(body), version));
    const auto now = recorder.version_of(Port::stream_of(id));
    return Done<Kept>{{id.text, now}, 200, now, {}, {}};
}

}  // namespace

// Registered by app/rooms.cpp. `zone`: the port's, of the configuration.
Routes& add_routes(Routes& routes, Port& port, const std::string& zone) {
    const auto administrator = [](std::string name) {
        return by_roles("prepare.port." + std::move(name), {Role::administrator});
    };
    const std::string base = "/api/prepare/port";

    routes.query<PortSheet>(
        base, signed_in("prepare.port.see_port"), "The port and its terminals",
        [&port, zone](const Request&) -> Result<Done<PortSheet>> { return show_port(port, zone); });
    routes.command<PortBody, KeptPort>(
        Method::put, base, administrator("name_port"), "Name the port (If-Match)",
        [&port](const Request& request, const PortBody& body, Recorder& recorder) {
            return name_port(port, request, body, recorder);
        });
    routes.query<TerminalItem>(
        base + "/terminals/{terminal}", signed_in("prepare.port.see_port"), "One terminal",
        [&port](const Request& request) { return show_terminal(port, request); });
    routes
        .command<TerminalBody, Kept>(
            Method::post, base + "/terminals", administrator("register_terminal"),
            "Register a terminal",
            [&port](const Request&, const TerminalBody& body, Recorder& recorder) {
                return register_terminal(port, body, recorder);
            })
        .success_status = 201;
    routes.command<TerminalBody, Kept>(
        Method::put, base + "/terminals/{terminal}", administrator("change_terminal"),
        "Replace what is known of a terminal (If-Match)",
        [&port](const Request& request, const TerminalBody& body, Recorder& recorder) {
            return change_terminal(port, request, body, recorder);
        });
    return routes;
}

}  // namespace noroshi::prepare::port
