// Whether the alarm works, for the people of the port and for whoever watches this server.

#include "edge/http/route.h"
#include "respond/callout/callout_heartbeat.h"

namespace noroshi::respond::callout {

using edge::http::Request;
using edge::http::Routes;

namespace {

// For anybody: no gateway is named.
struct Alive {
    bool alive = true;
    Instant now;
    std::optional<Instant> last_well_at;
};
BOOST_DESCRIBE_STRUCT(Alive, (), (alive, now, last_well_at))

Result<Alive> alive(const Heartbeat& heartbeat) {
    const auto item = heartbeat.item(heartbeat.now());
    if (!item.alive) return fail(ErrorKind::unavailable, "respond.callout.chain_broken");
    return Alive{true, heartbeat.now(), item.last_well_at};
}

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_heartbeat_routes(Routes& routes, Heartbeat& heartbeat) {
    routes.query<HeartbeatItem>(
        "/api/respond/callout/heartbeat", signed_in("respond.callout.heartbeat"),
        "Whether each gateway took its last test message, and who else is watched",
        [&heartbeat](const Request&) -> Result<HeartbeatItem> {
            return heartbeat.item(heartbeat.now());
        });
    routes.query<Alive>("/api/respond/callout/alive", anyone("respond.callout.alive"),
                        "For a monitoring server: 200 while the alarm works, else 503",
                        [&heartbeat](const Request&) { return alive(heartbeat); });
    return routes;
}

}  // namespace noroshi::respond::callout
