#pragma once
// Every room of this installation, in the order in which they may call each other. The one explicit
// list: a room that is not here does not exist.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/identity/credentials.h"
#include "respond/incident/incident_clocks.h"

namespace noroshi {
namespace journal {
class Anchors;
class Journal;
}  // namespace journal
namespace edge::archive {
class Intake;
}
namespace edge::http {
class Routes;
}
namespace edge::reception {
class Reception;
}
namespace prepare::council {
class Approvals;
class Council;
}  // namespace prepare::council
namespace prepare::port {
class Port;
}
namespace prepare::contacts {
class Contacts;
}
namespace watch::logs {
class Logs;
}
namespace watch::detections {
class Detections;
}
namespace watch::warnings {
class Warnings;
}
namespace respond::incident {
class Incident;
}
namespace respond::callout {
class Callout;
class Heartbeat;
}  // namespace respond::callout
namespace respond::guests {
class Guests;
}
namespace respond::sweep {
class Sweep;
}
namespace respond::forecast {
class Forecasts;
}
namespace respond::notices {
class Notices;
}
namespace practise::drills {
class Drills;
}
namespace learn::records {
class Records;
}
}  // namespace noroshi

namespace noroshi::app {

struct RoomOptions {
    std::string zone = "Asia/Tokyo";
    std::string mail_domain = "localhost";  // of Message-IDs
    std::string mail_from = "noroshi@localhost";
    bool demo = false;
    CredentialRules credentials;
    std::optional<std::vector<respond::incident::Clock>> clocks;  // absent: those inside the binary
};

// data/procedures/clocks.yaml, as it travels inside the binary.
std::vector<respond::incident::Clock> embedded_clocks();

// Whoever uses a room includes that room's header: so a change to one room does not compile the
// users of the others again.
class Rooms {
    struct All;
    std::unique_ptr<All> all_;

public:
    // Before Journal::start().
    Rooms(journal::Journal& journal, const RoomOptions& options);
    ~Rooms();
    Rooms(const Rooms&) = delete;
    Rooms& operator=(const Rooms&) = delete;

    // intake: where members' log lines go; none: they are refused. reception: the centre's own way in.
    void add_routes(edge::http::Routes& routes, edge::archive::Intake* intake = nullptr,
                    const edge::reception::Reception* reception = nullptr);
    // Of the public listener: nothing else answers there.
    void add_public_routes(edge::http::Routes& routes);

    prepare::council::Council& council;
    prepare::council::Approvals& approvals;
    Credentials& credentials;
    prepare::port::Port& port;
    prepare::contacts::Contacts& contacts;
    watch::logs::Logs& logs;
    watch::detections::Detections& detections;
    watch::warnings::Warnings& warnings;
    respond::incident::Incident& incident;
    respond::callout::Callout& callout;
    respond::callout::Heartbeat& heartbeat;
    respond::guests::Guests& guests;
    respond::sweep::Sweep& sweep;
    respond::forecast::Forecasts& forecast;
    respond::notices::Notices& notices;
    practise::drills::Drills& drills;
    journal::Anchors& anchors;
    learn::records::Records& records;
};

}  // namespace noroshi::app
