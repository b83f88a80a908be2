#pragma once
// Every room of this installation, in the order in which they may call each other. The one explicit
// list: a room that is not here does not exist.

#include <optional>
#include <string>
#include <vector>

#include "edge/archive/intake.h"
#include "edge/http/route.h"
#include "kernel/identity/credentials.h"
#include "kernel/journal/anchor.h"
#include "kernel/journal/journal.h"
#include "learn/records/records.h"
#include "practise/drills/drills.h"
#include "prepare/contacts/contacts.h"
#include "prepare/council/council.h"
#include "prepare/council/council_approval.h"
#include "prepare/council/council_view.h"
#include "prepare/port/port.h"
#include "respond/callout/callout.h"
#include "respond/callout/callout_heartbeat.h"
#include "respond/forecast/forecast_room.h"
#include "respond/guests/guests.h"
#include "respond/incident/incident.h"
#include "respond/incident/incident_clocks.h"
#include "respond/notices/notices.h"
#include "respond/sweep/sweep.h"
#include "watch/detections/detections.h"
#include "watch/logs/logs.h"
#include "watch/warnings/warnings.h"

namespace noroshi::app {

struct RoomOptions {
    std::string zone = "Asia/Tokyo";
    std::string mail_domain = "localhost";  // of Message-IDs
    std::string mail_from = "noroshi@localhost";
    bool demo = false;
    CredentialRules credentials;
    std::optional<std::vector<respond::incident::Clock>> clocks;  // absent: those inside the binary
};

// Where notices about somebody's own account go: the contact list's mail address.
class Addresses final : public AddressBook {
public:
    explicit Addresses(const prepare::contacts::Contacts& contacts) : contacts_(contacts) {}
    std::optional<std::string> mail_of(const PersonId& person) const override {
        return contacts_.state().address_of(person, Channel::email);
    }

private:
    const prepare::contacts::Contacts& contacts_;
};

// data/procedures/clocks.yaml, as it travels inside the binary.
std::vector<respond::incident::Clock> embedded_clocks();

class Rooms {
public:
    // Before Journal::start().
    Rooms(journal::Journal& journal, const RoomOptions& options);

    // intake: where members' log lines go; none: they are refused.
    void add_routes(edge::http::Routes& routes, edge::archive::Intake* intake = nullptr);
    // Of the public listener: nothing else answers there.
    void add_public_routes(edge::http::Routes& routes);

    prepare::council::Council council;
    prepare::council::Approvals approvals;
    Credentials credentials;
    prepare::port::Port port;
    prepare::contacts::Contacts contacts;
    watch::logs::Logs logs;
    watch::detections::Detections detections;
    watch::warnings::Warnings warnings;
    respond::incident::Incident incident;
    respond::callout::Callout callout;
    respond::callout::Heartbeat heartbeat;
    respond::guests::Guests guests;
    respond::sweep::Sweep sweep;
    respond::forecast::Forecasts forecast;
    respond::notices::Notices notices;
    practise::drills::Drills drills;
    journal::Anchors anchors;
    learn::records::Records records;

private:
    journal::Journal& journal_;
    RoomOptions options_;
    Addresses addresses_{contacts};
};

}  // namespace noroshi::app
