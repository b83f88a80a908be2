#include "app/rooms.h"

#include <cstdio>

#include "edge/archive/intake.h"
#include "edge/http/route.h"
#include "kernel/embedded_data.h"
#include "kernel/journal/anchor.h"
#include "kernel/journal/anchor_witness.h"
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
#include "respond/incident/incident_former.h"
#include "respond/notices/notices.h"
#include "respond/sweep/sweep.h"
#include "watch/detections/detections.h"
#include "watch/logs/logs.h"
#include "watch/warnings/warnings.h"

// The route tables. Nobody includes an *_http file, so its table is declared where it is joined.
namespace noroshi {
using edge::http::Routes;
namespace edge::http {
Routes& add_identity_routes(Routes& routes, Credentials& credentials, journal::Journal& journal,
                            const Directory& directory, const std::string& zone, bool demo);
}
namespace edge::http {
Routes& add_anchor_routes(Routes& routes, journal::Anchors& anchors,
                          const journal::AnchorWitness& witness);
}
namespace prepare::council {
Routes& add_routes(Routes& routes, Council& council, Credentials& credentials,
                   journal::Journal& journal);
}
namespace prepare::council {
Routes& add_approval_routes(Routes& routes, Approvals& approvals, journal::Journal& journal,
                            const std::string& zone);
}
namespace prepare::port {
Routes& add_routes(Routes& routes, Port& port, const std::string& zone);
Routes& add_register_routes(Routes& routes, Port& port);
}  // namespace prepare::port
namespace prepare::contacts {
Routes& add_routes(Routes& routes, Contacts& contacts, Credentials& credentials,
                   council::Approvals* approvals);
}
namespace watch::logs {
Routes& add_routes(Routes& routes, Logs& room, journal::Journal& journal,
                   edge::archive::Intake* intake, const edge::reception::Reception* reception);
}
namespace watch::detections {
Routes& add_routes(Routes& routes, Detections& room, journal::Journal& journal,
                   edge::archive::Intake* intake);
}
namespace watch::warnings {
Routes& add_routes(Routes& routes, Warnings& room);
}
namespace respond::incident {
Routes& add_routes(Routes& routes, Incident& room, journal::Journal& journal,
                   const FormerReaders& former);
Routes& add_case_routes(Routes& routes, Incident& room);
Routes& add_report_routes(Routes& routes, Incident& room, journal::Journal& journal,
                          prepare::council::Approvals& approvals);
Routes& add_export_routes(Routes& routes, Incident& room, journal::Journal& journal);
Routes& add_plain_routes(Routes& routes, Incident& room, journal::Journal& journal);
}  // namespace respond::incident
namespace respond::callout {
Routes& add_routes(Routes& routes, Callout& room);
Routes& add_heartbeat_routes(Routes& routes, Heartbeat& heartbeat);
}  // namespace respond::callout
namespace respond::sweep {
Routes& add_routes(Routes& routes, Sweep& room);
}
namespace respond::forecast {
Routes& add_routes(Routes& routes, Forecasts& room, journal::Journal& journal);
}
namespace respond::notices {
Routes& add_routes(Routes& routes, Notices& room, prepare::council::Approvals& approvals);
Routes& add_inquiry_routes(Routes& routes, Notices& room);
Routes& add_provider_routes(Routes& routes, Notices& room);
Routes& add_alternative_routes(Routes& routes, Notices& room);
Routes& add_followup_routes(Routes& routes, Notices& room);
Routes& add_public_routes(Routes& routes, Notices& room);
}  // namespace respond::notices
namespace respond::guests {
Routes& add_routes(Routes& routes, Guests& guests, Credentials& credentials,
                   journal::Journal& journal);
}
namespace learn::records {
Routes& add_routes(Routes& routes, Records& records, journal::Journal& journal);
}
namespace practise::drills {
Routes& add_routes(Routes& routes, Drills& drills);
}
}  // namespace noroshi

namespace noroshi::app {

namespace {
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

prepare::contacts::ContactsOptions contacts_options(const RoomOptions& options) {
    return {.zone = options.zone, .mail_domain = options.mail_domain};
}
respond::callout::CalloutOptions callout_options(const RoomOptions& options) {
    respond::callout::CalloutOptions callout;
    callout.mail_domain = options.mail_domain;
    callout.zone = options.zone;
    return callout;
}
CredentialRules credential_rules(const RoomOptions& options) {
    CredentialRules rules = options.credentials;
    rules.zone = options.zone;
    rules.mail_domain = options.mail_domain;
    return rules;
}
respond::notices::NoticesOptions notices_options(const RoomOptions& options) {
    return {options.zone, options.mail_from, options.mail_domain};
}
respond::incident::IncidentOptions incident_options(const RoomOptions& options) {
    respond::incident::IncidentOptions incident;
    incident.mail_domain = options.mail_domain;
    incident.zone = options.zone;
    incident.clocks = options.clocks ? *options.clocks : embedded_clocks();
    return incident;
}
journal::Anchors::Options anchor_options(const prepare::council::Council& council,
                                         const prepare::contacts::Contacts& contacts,
                                         const RoomOptions& options) {
    journal::Anchors::Options anchors;
    anchors.zone = options.zone;
    anchors.mail_domain = options.mail_domain;
    anchors.address_of = [&contacts](const PersonId& person) {
        return contacts.state().address_of(person, Channel::email);
    };
    anchors.language_of = [&council](const PersonId& person) {
        const auto* known = council.state().find(person);
        return known == nullptr ? Language::ja : known->language;
    };
    return anchors;
}
}  // namespace

std::vector<respond::incident::Clock> embedded_clocks() {
    constexpr std::string_view path = "procedures/clocks.yaml";
    for (const auto& file : embedded_data())
        if (file.path == path) {
            auto clocks = respond::incident::read_clocks(file.bytes, "data/" + std::string(path));
            if (!clocks) std::fprintf(stderr, "noroshi: %s\n", describe(clocks.error()).c_str());
            ASSERT(clocks);
            return std::move(*clocks);
        }
    ASSERT(false);
    return {};
}

struct Rooms::All {
    All(journal::Journal& journal, const RoomOptions& options);

    journal::Journal& journal;
    RoomOptions options;
    prepare::council::Council council;
    prepare::council::Approvals approvals;
    Credentials credentials;
    prepare::port::Port port;
    prepare::contacts::Contacts contacts;
    watch::logs::Logs logs;
    watch::detections::Detections detections;
    watch::warnings::Warnings warnings;
    respond::incident::Incident incident;
    respond::incident::FormerReaders former_readers;
    respond::callout::Callout callout;
    respond::callout::Heartbeat heartbeat;
    respond::guests::Guests guests;
    respond::sweep::Sweep sweep;
    respond::forecast::Forecasts forecast;
    respond::notices::Notices notices;
    practise::drills::Drills drills;
    journal::Anchors anchors;
    journal::AnchorWitness witness;
    learn::records::Records records;
    Addresses addresses{contacts};
};

Rooms::All::All(journal::Journal& journal, const RoomOptions& options)
    : journal(journal), options(options), council(journal), approvals(journal, council),
      credentials(journal, council.view(), credential_rules(options)), port(journal, council),
      contacts(journal, council, contacts_options(options)), logs(journal, council),
      detections(journal, council, contacts, logs, {options.mail_domain, options.zone}),
      warnings(journal, council, contacts, {options.mail_domain, options.zone}),
      incident(journal, council, port, &contacts, incident_options(options)),
      callout(journal, council, contacts, incident, callout_options(options)),
      heartbeat(journal, council, contacts, callout),
      guests(journal, council, incident, {options.zone, options.mail_domain}),
      sweep(journal, council, port, contacts, incident, callout),
      forecast(journal, council, port, incident, {options.zone}),
      notices(journal, council, port, contacts, incident, notices_options(options)),
      drills(journal, council), anchors(journal, anchor_options(council, contacts, options)),
      witness(journal, anchors), records(journal, council, incident, options.zone) {
    former_readers.attach(journal.published());
    credentials.tell_through(addresses);
    council.tell_through({&addresses, options.zone, options.mail_domain});
    council.on_leaving([this](journal::Recorder& recorder, const PersonId& person) {
        credentials.forget(recorder, person, SessionEnd::withdrawn);
    });
    records.ask_for_approval([this](const OrganisationId& organisation,
                                    prepare::council::ApprovalSubject subject,
                                    const std::string& record) {
        return approvals.check(organisation, subject, record);
    });
    council.ask_before_erasing(
        [this](const PersonId& person, Instant now) { return records.check_erasure(person, now); });
}

Rooms::Rooms(journal::Journal& journal, const RoomOptions& options)
    : all_(std::make_unique<All>(journal, options)), council(all_->council),
      approvals(all_->approvals), credentials(all_->credentials), port(all_->port),
      contacts(all_->contacts), logs(all_->logs), detections(all_->detections),
      warnings(all_->warnings), incident(all_->incident), callout(all_->callout),
      heartbeat(all_->heartbeat), guests(all_->guests), sweep(all_->sweep),
      forecast(all_->forecast), notices(all_->notices), drills(all_->drills),
      anchors(all_->anchors), records(all_->records) {}

Rooms::~Rooms() = default;

void Rooms::add_routes(edge::http::Routes& routes, edge::archive::Intake* intake,
                       const edge::reception::Reception* reception) {
    auto& journal = all_->journal;
    const auto& options = all_->options;
    edge::http::add_identity_routes(routes, credentials, journal, council.view(), options.zone,
                                    options.demo);
    prepare::council::add_routes(routes, council, credentials, journal);
    prepare::council::add_approval_routes(routes, approvals, journal, options.zone);
    prepare::port::add_routes(routes, port, options.zone);
    prepare::port::add_register_routes(routes, port);
    prepare::contacts::add_routes(routes, contacts, credentials, &approvals);
    watch::logs::add_routes(routes, logs, journal, intake, reception);
    watch::detections::add_routes(routes, detections, journal, intake);
    watch::warnings::add_routes(routes, warnings);
    respond::incident::add_routes(routes, incident, journal, all_->former_readers);
    respond::incident::add_case_routes(routes, incident);
    respond::incident::add_report_routes(routes, incident, journal, approvals);
    respond::incident::add_export_routes(routes, incident, journal);
    respond::incident::add_plain_routes(routes, incident, journal);
    respond::callout::add_routes(routes, callout);
    respond::callout::add_heartbeat_routes(routes, heartbeat);
    respond::sweep::add_routes(routes, sweep);
    respond::forecast::add_routes(routes, forecast, journal);
    respond::notices::add_routes(routes, notices, approvals);
    respond::notices::add_inquiry_routes(routes, notices);
    respond::notices::add_provider_routes(routes, notices);
    respond::notices::add_alternative_routes(routes, notices);
    respond::notices::add_followup_routes(routes, notices);
    respond::guests::add_routes(routes, guests, credentials, journal);
    practise::drills::add_routes(routes, drills);
    learn::records::add_routes(routes, records, journal);
    edge::http::add_anchor_routes(routes, anchors, all_->witness);
}

void Rooms::add_public_routes(edge::http::Routes& routes) {
    respond::notices::add_public_routes(routes, notices);
}

}  // namespace noroshi::app
