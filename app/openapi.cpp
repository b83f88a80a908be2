// noroshi-openapi: prints the OpenAPI document of all rooms. The web client's types are generated
// from it, so it is a program of its own, linked without the web client.

#include <cstdio>

#include "app/rooms.h"
#include "edge/cli/demo.h"
#include "edge/http/server.h"
#include "kernel/store/store.h"
#include "prepare/council/council.h"
#include "prepare/council/council_view.h"

int main() {
    using namespace noroshi;
    auto store = store::open_sqlite({":memory:", {}});
    if (!store) {
        std::fprintf(stderr, "%s\n", describe(store.error()).c_str());
        return exit_code_of(store.error().kind);
    }
    const RealClock clock;
    SystemRandom random;
    journal::Journal journal(**store, clock, random, {});
    app::Rooms rooms(journal, {});
    edge::http::Routes routes;
    rooms.add_routes(routes);
    edge::cli::add_demo_routes(routes, rooms.council.view(), nullptr);  // a demo answers these too
    std::puts(edge::http::openapi(routes, NOROSHI_VERSION).c_str());
    return 0;
}
