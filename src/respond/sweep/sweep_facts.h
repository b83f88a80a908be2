#pragma once
// What the sweep room writes. Guideline 3.3.1: the same short questions to all other operators, and
// liaisons to where no answer comes from.
//
// Streams: respond/sweep/sweeps/<id>, respond/sweep/orders/<id>. Who acted, when, who may see it and
// whether it is a drill stand in the fact's envelope.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "kernel/courier.h"
#include "kernel/crypto/keyring.h"
#include "kernel/identity/id.h"
#include "kernel/journal/retention.h"
#include "kernel/time/time.h"

namespace noroshi::respond::sweep {

using SweepId = Id<struct SweepTag>;
using OrderId = Id<struct LiaisonOrderTag>;

enum class SiteKind { container, ferry, roro, bulk, private_berth, office, system };
BOOST_DESCRIBE_ENUM(SiteKind, container, ferry, roro, bulk, private_berth, office, system)

// Where is asked. A system that others depend on is a site of its own.
struct Site {
    std::string site;  // its identifier within the sweep: a terminal's id, or "x1"
    std::optional<OrganisationId> organisation;  // who answers; none: asked by telephone only
    std::optional<TerminalId> terminal;
    SiteKind kind = SiteKind::container;
    std::string name;

    OrganisationId answering() const { return organisation.value_or(OrganisationId{}); }
};
BOOST_DESCRIBE_STRUCT(Site, (), (site, organisation, terminal, kind, name))

enum class QuestionKind { yes_no, indicators };
BOOST_DESCRIBE_ENUM(QuestionKind, yes_no, indicators)

struct Question {
    static constexpr std::array<std::string_view, 2> defaulted{"needed", "of_systems"};
    std::string question;  // "q1"
    QuestionKind kind = QuestionKind::yes_no;
    std::string text;
    std::string text_en;
    bool needed = false;                  // the port cannot decide without it: stands first
    bool of_systems = false;              // asked of systems, not of sites
    std::vector<std::string> indicators;  // addresses, names, digests: "do you see these?"
};
BOOST_DESCRIBE_STRUCT(Question, (), (question, kind, text, text_en, needed, of_systems, indicators))

struct SweepStarted {
    static constexpr std::string_view kind = "respond.sweep.sweep_started";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    IncidentId incident;
    int number = 1;               // within the incident
    OrganisationId organisation;  // for which whoever asks speaks
    std::string text;             // why we ask
    std::vector<Site> sites;
    std::vector<Question> questions;
    std::optional<SweepId> previous;  // what it is compared with
    Instant deadline;                 // in the time of its world, as all here
    Span remind_after_seconds{};
    int reminders = 0;
};
BOOST_DESCRIBE_STRUCT(SweepStarted, (),
                      (incident, number, organisation, text, sites, questions, previous, deadline,
                       remind_after_seconds, reminders))

// Three states: not checked yet is an answer, and not a no.
enum class Value { yes, no, not_checked };
BOOST_DESCRIBE_ENUM(Value, yes, no, not_checked)

enum class Way { link, signed_in, sms, telephone, liaison };
BOOST_DESCRIBE_ENUM(Way, link, signed_in, sms, telephone, liaison)

struct Given {
    std::string question;
    Value value = Value::not_checked;
    std::vector<std::string> seen;  // of the indicators asked for
};
BOOST_DESCRIBE_STRUCT(Given, (), (question, value, seen))

// Answers of one site, some or all; the last one of each question counts, all are kept.
struct SiteAnswered {
    static constexpr std::string_view kind = "respond.sweep.site_answered";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    IncidentId incident;
    std::string site;
    Way way = Way::link;
    PersonId person;  // who answered, or took it down
    std::vector<Given> answers;
    std::optional<Personal> told_by;  // who said so, when somebody else took it down
    std::optional<Personal> note;
};
BOOST_DESCRIBE_STRUCT(SiteAnswered, (), (incident, site, way, person, answers, told_by, note))

struct SweepReminded {
    static constexpr std::string_view kind = "respond.sweep.sweep_reminded";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    int round = 1;
    std::vector<std::string> sites;
};
BOOST_DESCRIBE_STRUCT(SweepReminded, (), (incident, round, sites))

// The deadline has passed without an answer from these: assume the worst and send somebody.
struct SilenceNoted {
    static constexpr std::string_view kind = "respond.sweep.silence_noted";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    IncidentId incident;
    std::vector<std::string> sites;
};
BOOST_DESCRIBE_STRUCT(SilenceNoted, (), (incident, sites))

struct QuestionsDelivered {
    static constexpr std::string_view kind = "respond.sweep.questions_delivered";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    PersonId person;
    Channel channel = Channel::email;
    int round = 0;
    bool delivered = true;  // false: refused, or given up
    std::string gateway;
    std::string detail;
};
BOOST_DESCRIBE_STRUCT(QuestionsDelivered, (),
                      (incident, person, channel, round, delivered, gateway, detail))

struct SweepClosed {
    static constexpr std::string_view kind = "respond.sweep.sweep_closed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    IncidentId incident;
};
BOOST_DESCRIBE_STRUCT(SweepClosed, (), (incident))

// ---- liaison -------------------------------------------------------------------------------

struct LiaisonOrdered {
    static constexpr std::string_view kind = "respond.sweep.liaison_ordered";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    IncidentId incident;
    PersonId person;
    OrganisationId organisation;  // for which whoever orders speaks
    std::optional<SweepId> sweep;
    std::optional<std::string> site;
    std::string where;
    std::optional<Instant> until;
    std::vector<std::string> bring;
    std::string task;
    Span report_every_seconds{};     // 0: as things happen
    std::optional<PersonId> relief;  // who takes over
};
BOOST_DESCRIBE_STRUCT(LiaisonOrdered, (),
                      (incident, person, organisation, sweep, site, where, until, bring, task,
                       report_every_seconds, relief))

enum class ReportKind { accepted, declined, departed, arrived, report, relieved, ended };
BOOST_DESCRIBE_ENUM(ReportKind, accepted, declined, departed, arrived, report, relieved, ended)

// Event time: when it happened, on the field page's clock; it may arrive much later.
struct LiaisonReported {
    static constexpr std::string_view kind = "respond.sweep.liaison_reported";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    IncidentId incident;
    ReportKind report = ReportKind::report;
    PersonId person;
    std::optional<Personal> text;
    std::vector<std::string> photos;  // attachments of the incident: SHA-256 in hex
};
BOOST_DESCRIBE_STRUCT(LiaisonReported, (), (incident, report, person, text, photos))

struct LiaisonOrderWithdrawn {
    static constexpr std::string_view kind = "respond.sweep.liaison_order_withdrawn";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    IncidentId incident;
};
BOOST_DESCRIBE_STRUCT(LiaisonOrderWithdrawn, (), (incident))

}  // namespace noroshi::respond::sweep
