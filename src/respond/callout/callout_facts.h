#pragma once
// What the callout room writes. All facts of one call-out lie in the stream
// "respond/callout/<id>"; who acted, when, who may see it and whether it is a drill stand in the
// fact's envelope. Event times inside an exercise are read off the exercise's clock. Addresses are
// in the outbox only, never here.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "kernel/crypto/keyring.h"
#include "kernel/identity/id.h"
#include "kernel/identity/principal.h"
#include "kernel/journal/retention.h"
#include "kernel/time/time.h"

namespace noroshi::respond::callout {

// Why somebody who was called cannot be reached, said at once and never silently.
enum class Gap {
    no_person,   // the organisation has nobody in the roles that were called
    no_address,  // no mail address in the contact list
    no_channel,  // the person does not want to be reached by e-mail
    refused,     // the address was refused by its server
    gave_up      // it could not be delivered in time
};
BOOST_DESCRIBE_ENUM(Gap, no_person, no_address, no_channel, refused, gave_up)

enum class AnswerKind { coming, cannot, substitute };
BOOST_DESCRIBE_ENUM(AnswerKind, coming, cannot, substitute)

enum class Way {
    link,       // by the link in the message, without signing in
    signed_in,  // by themselves
    on_behalf   // taken down by somebody else: by telephone, at the desk
};
BOOST_DESCRIBE_ENUM(Way, link, signed_in, on_behalf)

enum class Ending { resolved, expired, exercise_ended };
BOOST_DESCRIBE_ENUM(Ending, resolved, expired, exercise_ended)

// A person who was called: once, whatever roles they hold.
struct Addressed {
    PersonId person;
    OrganisationId organisation;  // for which they were called
    Role role = Role::member;     // for which they were called
    std::optional<Gap> gap;       // known when it was raised
};
BOOST_DESCRIBE_STRUCT(Addressed, (), (person, organisation, role, gap))

struct CalloutRaised {
    static constexpr std::string_view kind = "respond.callout.callout_raised";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    OrganisationId organisation;         // for which the caller spoke
    std::optional<std::string> subject;  // absent: what the catalogue says
    std::string text;
    std::vector<Addressed> addressees;
    std::vector<OrganisationId> empty_organisations;  // called, but nobody there has the role
    Span remind_after_seconds{};
    int reminders = 0;
    Instant expires_at;  // in the time of its world
};
BOOST_DESCRIBE_STRUCT(CalloutRaised, (),
                      (incident, organisation, subject, text, addressees, empty_organisations,
                       remind_after_seconds, reminders, expires_at))

// A transmission that did not succeed and will be tried again. `in_doubt`: the gateway may have it.
struct MessageTried {
    static constexpr std::string_view kind = "respond.callout.message_tried";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    PersonId person;
    int round = 0;  // 0: the call itself; n: the n-th reminder
    int attempt = 1;
    bool in_doubt = false;
    std::string gateway;
    std::string detail;
};
BOOST_DESCRIBE_STRUCT(MessageTried, (),
                      (incident, person, round, attempt, in_doubt, gateway, detail))

// The gateway took responsibility.
struct MessageDelivered {
    static constexpr std::string_view kind = "respond.callout.message_delivered";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    PersonId person;
    int round = 0;
    int attempt = 1;
    std::string gateway;
};
BOOST_DESCRIBE_STRUCT(MessageDelivered, (), (incident, person, round, attempt, gateway))

// It will not be tried again: refused or given up.
struct MessageFailed {
    static constexpr std::string_view kind = "respond.callout.message_failed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    PersonId person;
    int round = 0;
    int attempt = 1;
    Gap gap = Gap::refused;
    std::string gateway;
    std::string detail;
};
BOOST_DESCRIBE_STRUCT(MessageFailed, (), (incident, person, round, attempt, gap, gateway, detail))

// Answers may be changed: the last one counts, all are kept.
struct AnswerGiven {
    static constexpr std::string_view kind = "respond.callout.answer_given";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    PersonId person;
    AnswerKind answer = AnswerKind::coming;
    Way way = Way::link;
    std::optional<Instant> coming_at;
    std::optional<Personal> substitute;  // who comes instead
    std::optional<Personal> note;
};
BOOST_DESCRIBE_STRUCT(AnswerGiven, (), (incident, person, answer, way, coming_at, substitute, note))

struct ReminderSent {
    static constexpr std::string_view kind = "respond.callout.reminder_sent";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    int round = 1;
    std::vector<PersonId> people;  // who had not answered and has an address
};
BOOST_DESCRIBE_STRUCT(ReminderSent, (), (incident, round, people))

struct CalloutResolved {
    static constexpr std::string_view kind = "respond.callout.callout_resolved";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    Ending ending = Ending::resolved;
};
BOOST_DESCRIBE_STRUCT(CalloutResolved, (), (incident, ending))

}  // namespace noroshi::respond::callout
