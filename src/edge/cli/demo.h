#pragma once
// `noroshi demo`: a fictional port that already has a past. Everything in it went through the same
// commands as at any other port: the seeding calls the route tables as the people concerned, at
// pretended times, and carries the messages to the handsets in between.

#include <atomic>
#include <string>

#include "edge/courier/handset_courier.h"
#include "edge/http/route.h"
#include "kernel/identity/credentials.h"
#include "kernel/identity/principal.h"
#include "kernel/journal/journal.h"
#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::edge::cli {

// The machine's clock, but for the time of seeding, when it shows the past.
class DemoClock final : public Clock {
public:
    Instant now() const override {
        const auto shown = shown_.load();
        return shown == 0 ? real_.now() : Instant{Span{shown}};
    }
    void show(Instant at) { shown_ = at.time_since_epoch().count(); }
    void show_real_time() { shown_ = 0; }
    void not_before(Instant at) { real_.not_before(at); }

private:
    RealClock real_;
    std::atomic<Span::rep> shown_{0};  // 0: real time
};

// What seeding needs of an installation whose journal has started and whose threads do not run yet.
struct DemoGround {
    const http::Routes& routes;
    journal::Journal& journal;
    Credentials& credentials;
    const Directory& directory;  // the published council
    DemoClock& clock;            // the journal's
    courier::HandsetCourier& handsets;
};

// Does nothing in a directory that was seeded before; one whose seeding was interrupted is seeded
// on, each call under its own Idempotency-Key at the time it had, so nothing is there twice.
// Errors: those of demo_port.h; edge.cli.demo.refused {file, line, reason}.
Result<> seed_demo(const DemoGround& ground);

// GET /api/demo/people (who can be signed in as) and /api/demo/handsets. `handsets`: null when the
// demo sends real mail.
http::Routes& add_demo_routes(http::Routes& routes, const Directory& directory,
                              const courier::HandsetCourier* handsets);

}  // namespace noroshi::edge::cli
