#pragma once
// What the incident room writes beside the chronology, in the same stream "respond/incident/<id>":
// who is in charge, what the cause may be, evidence in custody, what the incident is linked with,
// which systems it is about, reports and their clocks. And, in the stream
// "respond/incident/observations/<id>", what was noticed and may become an incident.
//
// Numbers count from 1 within one incident and one noun. Times of an exercise are the exercise's.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "kernel/identity/id.h"
#include "kernel/journal/retention.h"
#include "kernel/time/time.h"
#include "prepare/port/port_facts.h"
#include "respond/incident/incident_facts.h"

namespace noroshi::respond::incident {

// ---- command -------------------------------------------------------------------------------
// Whoever opens an incident is in charge until somebody else is.

struct CommandTaken {  // by the actor, without being asked
    static constexpr std::string_view kind = "respond.incident.command_taken";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    OrganisationId organisation;
    std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(CommandTaken, (), (organisation, reason))

struct HandoverOffered {
    static constexpr std::string_view kind = "respond.incident.handover_offered";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    PersonId to;
    std::optional<std::string> note;
    Instant lapses_at;
};
BOOST_DESCRIBE_STRUCT(HandoverOffered, (), (to, note, lapses_at))

struct HandoverAccepted {
    static constexpr std::string_view kind = "respond.incident.handover_accepted";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    OrganisationId organisation;
};
BOOST_DESCRIBE_STRUCT(HandoverAccepted, (), (organisation))

struct HandoverDeclined {
    static constexpr std::string_view kind = "respond.incident.handover_declined";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(HandoverDeclined, (), (reason))

struct HandoverWithdrawn {
    static constexpr std::string_view kind = "respond.incident.handover_withdrawn";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(HandoverWithdrawn, (), (reason))

// Nobody accepted in time. The offer stands, and these people were told.
struct HandoverLapsed {
    static constexpr std::string_view kind = "respond.incident.handover_lapsed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::vector<PersonId> told;
};
BOOST_DESCRIBE_STRUCT(HandoverLapsed, (), (told))

// ---- the cause -----------------------------------------------------------------------------

struct HypothesisProposed {
    static constexpr std::string_view kind = "respond.incident.hypothesis_proposed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::uint32_t number = 0;
    std::string statement;
    OrganisationId organisation;
    std::optional<OrganisationId> on_behalf_of;
};
BOOST_DESCRIBE_STRUCT(HypothesisProposed, (), (number, statement, organisation, on_behalf_of))

enum class Weight { supports, contradicts, unclear };
BOOST_DESCRIBE_ENUM(Weight, supports, contradicts, unclear)

// Something that speaks for or against a hypothesis.
struct HypothesisWeighed {
    static constexpr std::string_view kind = "respond.incident.hypothesis_weighed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::uint32_t hypothesis = 0;
    Weight weight = Weight::supports;
    std::string statement;
    OrganisationId organisation;
    std::optional<OrganisationId> on_behalf_of;
    std::optional<Number> entry;            // of the chronology, in which it stands
    std::optional<std::uint32_t> evidence;  // in custody
};
BOOST_DESCRIBE_STRUCT(HypothesisWeighed, (),
                      (hypothesis, weight, statement, organisation, on_behalf_of, entry, evidence))

enum class HypothesisStanding {
    open,
    likely,
    confirmed,
    refuted,
    undetermined  // it cannot be found out: an honest end
};
BOOST_DESCRIBE_ENUM(HypothesisStanding, open, likely, confirmed, refuted, undetermined)

struct HypothesisJudged {
    static constexpr std::string_view kind = "respond.incident.hypothesis_judged";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::uint32_t hypothesis = 0;
    HypothesisStanding standing = HypothesisStanding::open;
    std::optional<std::string> reason;
    OrganisationId organisation;
};
BOOST_DESCRIBE_STRUCT(HypothesisJudged, (), (hypothesis, standing, reason, organisation))

enum class Conclusion { open, determined, undetermined };
BOOST_DESCRIBE_ENUM(Conclusion, open, determined, undetermined)

// How the search for the cause of the whole incident ended; `open` takes the end back.
struct CauseConcluded {
    static constexpr std::string_view kind = "respond.incident.cause_concluded";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    Conclusion conclusion = Conclusion::open;
    std::optional<std::uint32_t> hypothesis;
    std::string reason;
    OrganisationId organisation;
};
BOOST_DESCRIBE_STRUCT(CauseConcluded, (), (conclusion, hypothesis, reason, organisation))

// ---- evidence in custody -------------------------------------------------------------------

struct EvidenceTaken {
    static constexpr std::string_view kind = "respond.incident.evidence_taken";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::uint32_t number = 0;
    std::string description;
    std::optional<std::string> sha256;      // hex, of its bytes, as taken
    std::optional<std::uint64_t> size;      // bytes
    std::optional<std::string> attachment;  // SHA-256 of a file that was handed in: the same
    std::string taken_by;  // by name: whoever took it need not sign in; empty: the author
    std::optional<std::string> place;
    std::string held_by;  // empty: the author
    std::optional<OrganisationId> held_by_organisation;
    std::optional<std::string> seal;  // the number on it
    OrganisationId organisation;
    std::optional<OrganisationId> on_behalf_of;
};
BOOST_DESCRIBE_STRUCT(EvidenceTaken, (),
                      (number, description, sha256, size, attachment, taken_by, place, held_by,
                       held_by_organisation, seal, organisation, on_behalf_of))

struct EvidenceHandedOver {
    static constexpr std::string_view kind = "respond.incident.evidence_handed_over";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::uint32_t number = 0;
    std::string from;
    std::string to;
    std::optional<OrganisationId> to_organisation;
    std::optional<bool> seal_intact;  // absent: there was none, or nobody looked
    std::optional<std::string> note;
    OrganisationId organisation;
    // Somebody who signs in: it is offered, and stays where it is until that person accepts it.
    std::optional<PersonId> to_person{};
};
BOOST_DESCRIBE_STRUCT(EvidenceHandedOver, (),
                      (number, from, to, to_organisation, seal_intact, note, organisation,
                       to_person))

// The answer to an offered hand-over: by the one it was offered to, or taken back.
struct EvidenceReceived {
    static constexpr std::string_view kind = "respond.incident.evidence_received";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::uint32_t number = 0;
    bool accepted = false;
    std::optional<bool> seal_intact;
    std::optional<std::string> note;
    OrganisationId organisation;
};
BOOST_DESCRIBE_STRUCT(EvidenceReceived, (), (number, accepted, seal_intact, note, organisation))

struct EvidenceSealed {
    static constexpr std::string_view kind = "respond.incident.evidence_sealed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::uint32_t number = 0;
    std::string seal;
    std::string sealed_by;
    std::optional<std::string> note;
    OrganisationId organisation;
};
BOOST_DESCRIBE_STRUCT(EvidenceSealed, (), (number, seal, sealed_by, note, organisation))

// Somebody computed its hash again.
struct EvidenceChecked {
    static constexpr std::string_view kind = "respond.incident.evidence_checked";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::uint32_t number = 0;
    std::string sha256;
    bool matches = false;
    std::string checked_by;
    OrganisationId organisation;
};
BOOST_DESCRIBE_STRUCT(EvidenceChecked, (), (number, sha256, matches, checked_by, organisation))

// ---- links, advice, systems ----------------------------------------------------------------

enum class Relation { recurrence, same_cause, related };
BOOST_DESCRIBE_ENUM(Relation, recurrence, same_cause, related)

// This incident is a recurrence of (has the same cause as, has to do with) another, earlier one.
struct IncidentLinked {
    static constexpr std::string_view kind = "respond.incident.incident_linked";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    IncidentId other;
    Relation relation = Relation::recurrence;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(IncidentLinked, (), (other, relation, note))

struct IncidentUnlinked {
    static constexpr std::string_view kind = "respond.incident.incident_unlinked";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    IncidentId other;
    std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(IncidentUnlinked, (), (other, reason))

// A line of the chronology is what an expert advised (by telephone, say, written down by another).
struct AdviceReceived {
    static constexpr std::string_view kind = "respond.incident.advice_received";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    Number entry = 0;
    std::string adviser;
    std::optional<OrganisationId> adviser_organisation;
};
BOOST_DESCRIBE_STRUCT(AdviceReceived, (), (entry, adviser, adviser_organisation))

// A line of the chronology asks an expert for advice.
struct AdviceAsked {
    static constexpr std::string_view kind = "respond.incident.advice_asked";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    Number entry = 0;
    std::string adviser;
    std::optional<OrganisationId> adviser_organisation;
};
BOOST_DESCRIBE_STRUCT(AdviceAsked, (), (entry, adviser, adviser_organisation))

// It needs more information: a line of the chronology, which is a request, asks somebody about another
// line or about the incident. It is open until that request is done.
struct InformationAsked {
    static constexpr std::string_view kind = "respond.incident.information_asked";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    Number entry = 0;             // in which the question stands
    std::optional<Number> about;  // absent: the incident
    std::optional<PersonId> asked;
    std::optional<OrganisationId> asked_organisation;
};
BOOST_DESCRIBE_STRUCT(InformationAsked, (), (entry, about, asked, asked_organisation))

// The systems of the port's register that the incident is about, all of them as it now stands.
struct SystemsNamed {
    static constexpr std::string_view kind = "respond.incident.systems_named";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::vector<prepare::port::SystemId> systems;
};
BOOST_DESCRIBE_STRUCT(SystemsNamed, (), (systems))

// ---- reports -------------------------------------------------------------------------------

struct ItemReaders {
    Tlp tlp = Tlp::amber;
    std::vector<OrganisationId> organisations;
    std::vector<PersonId> people;
    std::optional<bool> investigators{};
    friend bool operator==(const ItemReaders&, const ItemReaders&) = default;
    Visibility visibility() const {
        return {tlp, organisations, people, investigators.value_or(false)};
    }
};
BOOST_DESCRIBE_STRUCT(ItemReaders, (), (tlp, organisations, people, investigators))

// One of the six items of a report. Unknown yet is an answer.
struct ReportItem {
    std::optional<std::string> text;     // absent: unknown yet
    std::optional<ItemReaders> readers;  // absent: whoever may read the report
    friend bool operator==(const ReportItem&, const ReportItem&) = default;
};
BOOST_DESCRIBE_STRUCT(ReportItem, (), (text, readers))

enum class ReportKind { first, follow_up, final };
BOOST_DESCRIBE_ENUM(ReportKind, first, follow_up, final)

enum class FormKind { ddos, ransomware };
BOOST_DESCRIBE_ENUM(FormKind, ddos, ransomware)

enum class YesNo { unknown, yes, no };
BOOST_DESCRIBE_ENUM(YesNo, unknown, yes, no)

// What the common forms for DDoS and ransomware ask beside the six items. Absent: unknown yet.
struct ReportForm {
    static constexpr std::array<std::string_view, 3> defaulted{"service_level_deviation",
                                                               "ransom_note", "personal_data"};
    FormKind form = FormKind::ransomware;
    std::optional<Instant> occurred_at;
    std::optional<Instant> detected_at;
    std::optional<std::string> impact;
    std::optional<std::string> first_measures;
    std::optional<std::string> contact;
    YesNo service_level_deviation = YesNo::unknown;
    YesNo ransom_note = YesNo::unknown;
    std::optional<std::string> file_extension;
    std::optional<std::string> ransomware_kind;
    std::optional<std::string> intrusion;  // way of
    std::optional<std::string> indicators;
    std::optional<std::string> attack_target;  // DDoS: addresses and services
    std::optional<std::string> attack_volume;  // DDoS: in free words
    YesNo personal_data = YesNo::unknown;
    std::optional<std::uint64_t> persons;  // whose data
    friend bool operator==(const ReportForm&, const ReportForm&) = default;
};
BOOST_DESCRIBE_STRUCT(ReportForm, (),
                      (form, occurred_at, detected_at, impact, first_measures, contact,
                       service_level_deviation, ransom_note, file_extension, ransomware_kind,
                       intrusion, indicators, attack_target, attack_volume, personal_data, persons))

// 第1報, 第2報 …: a version, never changed. What is wrong in it is put right by the next one.
struct ReportIssued {
    static constexpr std::string_view kind = "respond.incident.report_issued";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::uint32_t number = 0;
    ReportKind report_kind = ReportKind::first;
    std::vector<ReportItem> items;  // six, ① to ⑥
    std::optional<ReportForm> form;
    Number up_to = 0;  // the last line of the chronology then
    OrganisationId organisation;
    std::optional<OrganisationId> on_behalf_of;
};
BOOST_DESCRIBE_STRUCT(ReportIssued, (),
                      (number, report_kind, items, form, up_to, organisation, on_behalf_of))

struct ReportSent {
    static constexpr std::string_view kind = "respond.incident.report_sent";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::uint32_t report = 0;
    OrganisationId to;
    std::vector<PersonId> people;       // by mail; none: by `medium`
    std::optional<std::string> medium;  // telephone, FAX …, as somebody did it
};
BOOST_DESCRIBE_STRUCT(ReportSent, (), (report, to, people, medium))

// A mail about this incident did not arrive and will not be tried again.
struct LetterUndelivered {
    static constexpr std::string_view kind = "respond.incident.letter_undelivered";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    PersonId person;
    std::string about;     // "report/2", "handover", "question"
    bool refused = false;  // else: given up after many tries
    std::string gateway;
};
BOOST_DESCRIBE_STRUCT(LetterUndelivered, (), (person, about, refused, gateway))

// ---- clocks of reports (data/procedures/clocks.yaml) ---------------------------------------

struct ClockMet {
    static constexpr std::string_view kind = "respond.incident.clock_met";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string clock;  // its id in the configuration
    OrganisationId who;
    std::optional<std::string> note;
    std::optional<Number> entry;
};
BOOST_DESCRIBE_STRUCT(ClockMet, (), (clock, who, note, entry))

// It does not apply here, and why; a clock wrongly put away is brought back.
struct ClockWaived {
    static constexpr std::string_view kind = "respond.incident.clock_waived";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string clock;
    OrganisationId who;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(ClockWaived, (), (clock, who, reason))

struct ClockRestarted {
    static constexpr std::string_view kind = "respond.incident.clock_restarted";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string clock;
    OrganisationId who;
};
BOOST_DESCRIBE_STRUCT(ClockRestarted, (), (clock, who))

// ---- observations --------------------------------------------------------------------------

using ObservationId = Id<struct ObservationTag>;

// 気づき: somebody noticed something. Event time: when.
struct ObservationMade {
    static constexpr std::string_view kind = "respond.incident.observation_made";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::uint32_t number = 0;  // among the live ones, and within each exercise
    std::string content;
    OrganisationId organisation;
    std::optional<OrganisationId> on_behalf_of;
    std::optional<std::string> source;
    std::optional<std::vector<TerminalId>> terminals;
};
BOOST_DESCRIBE_STRUCT(ObservationMade, (),
                      (number, content, organisation, on_behalf_of, source, terminals))

// It needs more information; this person or organisation was asked.
struct ObservationQuestioned {
    static constexpr std::string_view kind = "respond.incident.observation_questioned";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string question;
    std::optional<PersonId> asked;
    std::optional<OrganisationId> asked_organisation;
    std::optional<Instant> due;
};
BOOST_DESCRIBE_STRUCT(ObservationQuestioned, (), (question, asked, asked_organisation, due))

struct ObservationAnswered {
    static constexpr std::string_view kind = "respond.incident.observation_answered";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string answer;
    OrganisationId organisation;
    std::optional<OrganisationId> on_behalf_of;
};
BOOST_DESCRIBE_STRUCT(ObservationAnswered, (), (answer, organisation, on_behalf_of))

// It became this incident, or belongs to it.
struct ObservationRaised {
    static constexpr std::string_view kind = "respond.incident.observation_raised";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    IncidentId incident;
};
BOOST_DESCRIBE_STRUCT(ObservationRaised, (), (incident))

// Looked at; no incident. Somebody may take it up again.
struct ObservationSettled {
    static constexpr std::string_view kind = "respond.incident.observation_settled";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string reason;
};
BOOST_DESCRIBE_STRUCT(ObservationSettled, (), (reason))

struct ObservationReopened {
    static constexpr std::string_view kind = "respond.incident.observation_reopened";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(ObservationReopened, (), (reason))

}  // namespace noroshi::respond::incident
