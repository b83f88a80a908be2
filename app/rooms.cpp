#include "app/rooms.h"

#include <cstdio>

#include "kernel/embedded_data.h"

// The route tables. Nobody includes an *_http file, so its table is declared where it is joined.
namespace noroshi {
using edge::http::Routes;
namespace edge::http {
Routes& add_identity_routes(Routes& routes, Credentials& credentials, journal::Journal& journal,
                            const Directory& directory, const std::string& zone, bool demo);
}
namespace edge::http {
Routes& add_anchor_routes(Routes& routes, journal::Anchors& anchors);
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
Routes& add_routes(Routes& routes, Contacts& contacts, Credentials& credentials);
}
namespace watch::logs {
Routes& add_routes(Routes& routes, Logs& room, journal::Journal& journal,
                   edge::archive::Intake* intake);
}
namespace watch::detections {
Routes& add_routes(Routes& routes, Detections& room, journal::Journal& journal,
                   edge::archive::Intake* intake);
}
namespace watch::warnings {
Routes& add_routes(Routes& routes, Warnings& room);
}
namespace respond::incident {
Routes& add_routes(Routes& routes, Incident& room, journal::Journal& journal);
Routes& add_case_routes(Routes& routes, Incident& room);
Routes& add_report_routes(Routes& routes, Incident& room, journal::Journal& journal);
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
Routes& add_routes(Routes& routes, Notices& room);
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

Rooms::Rooms(journal::Journal& journal, const RoomOptions& options)
    : council(journal), approvals(journal, council),
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
      records(journal, council, incident, options.zone), journal_(journal), options_(options) {
    credentials.tell_through(addresses_);
    council.tell_through({&addresses_, options.zone, options.mail_domain});
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

void Rooms::add_routes(edge::http::Routes& routes, edge::archive::Intake* intake) {
    edge::http::add_identity_routes(routes, credentials, journal_, council.view(), options_.zone,
                                    options_.demo);
    prepare::council::add_routes(routes, council, credentials, journal_);
    prepare::council::add_approval_routes(routes, approvals, journal_, options_.zone);
    prepare::port::add_routes(routes, port, options_.zone);
    prepare::port::add_register_routes(routes, port);
    prepare::contacts::add_routes(routes, contacts, credentials);
    watch::logs::add_routes(routes, logs, journal_, intake);
    watch::detections::add_routes(routes, detections, journal_, intake);
    watch::warnings::add_routes(routes, warnings);
    respond::incident::add_routes(routes, incident, journal_);
    respond::incident::add_case_routes(routes, incident);
    respond::incident::add_report_routes(routes, incident, journal_);
    respond::incident::add_export_routes(routes, incident, journal_);
    respond::incident::add_plain_routes(routes, incident, journal_);
    respond::callout::add_routes(routes, callout);
    respond::callout::add_heartbeat_routes(routes, heartbeat);
    respond::sweep::add_routes(routes, sweep);
    respond::forecast::add_routes(routes, forecast, journal_);
    respond::notices::add_routes(routes, notices);
    respond::notices::add_inquiry_routes(routes, notices);
    respond::notices::add_provider_routes(routes, notices);
    respond::notices::add_alternative_routes(routes, notices);
    respond::notices::add_followup_routes(routes, notices);
    respond::guests::add_routes(routes, guests, credentials, journal_);
    practise::drills::add_routes(routes, drills);
    learn::records::add_routes(routes, records, journal_);
    edge::http::add_anchor_routes(routes, anchors);
}

void Rooms::add_public_routes(edge::http::Routes& routes) {
    respond::notices::add_public_routes(routes, notices);
}

}  // namespace noroshi::app
