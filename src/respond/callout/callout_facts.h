#pragma once
// What the callout room writes. All facts of one call-out lie in the stream
// "respond/callout/<id>"; who acted, when, who may see it and whether it is a drill stand in the
// fact's envelope. Event times inside an exercise are read off the exercise's clock. Addresses are
// in the outbox only, never here.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "kernel/courier.h"
#include "kernel/crypto/keyring.h"
#include "kernel/identity/id.h"
#include "kernel/identity/principal.h"
#include "kernel/journal/retention.h"
#include "kernel/time/time.h"

namespace noroshi::respond::callout {

// Why somebody who was called cannot be reached, said at once and never silently.
enum class Gap {
    no_person,    // the organisation has nobody in the roles that were called
    no_address,   // no address or number in the contact list
    no_channel,   // none of the channels the person wants has an address
    refused,      // the address was refused by its server
    gave_up,      // it could not be delivered in time
    no_gateway,   // this installation has no gateway for the person's channels
    undelivered,  // the gateway took it and reports that it did not arrive
    no_deputy,    // nobody is left who could be called instead
    not_for_chat  // only a chat is left, and what this is about may not go there (TLP)
};
BOOST_DESCRIBE_ENUM(Gap, no_person, no_address, no_channel, refused, gave_up, no_gateway,
                    undelivered, no_deputy, not_for_chat)

enum class AnswerKind { coming, cannot, substitute };
BOOST_DESCRIBE_ENUM(AnswerKind, coming, cannot, substitute)

enum class Way {
    link,       // by the link in the message, without signing in
    signed_in,  // by themselves
    on_behalf,  // taken down by somebody else: by telephone, at the desk
    sms,        // by a short reply
    voice       // by a digit on the telephone
};
BOOST_DESCRIBE_ENUM(Way, link, signed_in, on_behalf, sms, voice)

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

// What was arranged when the call-out was raised, beyond its first wave; recorded with it.

// The same call in another language.
struct Text {
    Language language = Language::ja;
    std::optional<std::string> subject;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(Text, (), (language, subject, text))

// Called `after_seconds` after the wave before, unless every organisation has its quorum by then.
struct Wave {
    static constexpr std::array<std::string_view, 1> defaulted{"on_duty"};
    std::vector<OrganisationId> organisations;
    std::vector<Role> roles;
    std::vector<PersonId> people;
    bool on_duty = false;  // only those who are on duty, where a duty calendar is kept
    Span after_seconds{};
};
BOOST_DESCRIBE_STRUCT(Wave, (), (organisations, roles, people, on_duty, after_seconds))

// The channels by which a person is called, one after the other: those the person wants, has an
// address for, and this installation has a gateway for.
struct CallRoute {
    PersonId person;
    std::vector<Channel> channels;
};
BOOST_DESCRIBE_STRUCT(CallRoute, (), (person, channels))

struct CalloutPlanned {
    static constexpr std::string_view kind = "respond.callout.callout_planned";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    std::string code;  // what a short reply may name the call-out by: "a"
    std::vector<Text> texts;
    std::vector<CallRoute> routes;  // of the first wave
    std::vector<Wave> waves;        // the further ones
    int at_least = 0;               // people coming from each organisation counted; 0: no quorum
    std::vector<OrganisationId> quorum_organisations;
    Span channel_after_seconds{};  // 0: all channels at once
    Span deputy_after_seconds{};   // without an answer; 0: only after 参集不可
    bool deputies = false;
    // Of the first calls, in the order of the routes, those whose messages were written with this
    // fact; the others follow by `messages_written`. Absent: all.
    std::optional<int> written{};
};
BOOST_DESCRIBE_STRUCT(CalloutPlanned, (),
                      (incident, code, texts, routes, waves, at_least, quorum_organisations,
                       channel_after_seconds, deputy_after_seconds, deputies, written))

// The messages of so many further first calls, in order, were given to the outbox with this fact;
// none was written for whoever had answered by then.
struct MessagesWritten {
    static constexpr std::string_view kind = "respond.callout.messages_written";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    int calls = 0;
};
BOOST_DESCRIBE_STRUCT(MessagesWritten, (), (incident, calls))

// The message of a round to one person over one channel.
struct CallOfRound {
    PersonId person;
    Channel channel = Channel::email;
    int round = 0;
};
BOOST_DESCRIBE_STRUCT(CallOfRound, (), (person, channel, round))

// These people have just been told of another call-out, or soon will be: their messages about this
// one wait a little, so that all go as one.
struct MessagesHeld {
    static constexpr std::string_view kind = "respond.callout.messages_held";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    std::vector<CallOfRound> calls;
    Instant until;
};
BOOST_DESCRIBE_STRUCT(MessagesHeld, (), (incident, calls, until))

struct ReleasedCall {
    PersonId person;
    Channel channel = Channel::email;
    int round = 0;
    std::optional<std::string> bundle{};  // in which it went; absent: by itself
    bool sent = true;                     // false: nobody waits for an answer any more
};
BOOST_DESCRIBE_STRUCT(ReleasedCall, (), (person, channel, round, bundle, sent))

// They wait no longer.
struct MessagesReleased {
    static constexpr std::string_view kind = "respond.callout.messages_released";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    std::vector<ReleasedCall> messages;
};
BOOST_DESCRIBE_STRUCT(MessagesReleased, (), (incident, messages))

enum class Cause { wave, cannot, silent, unreachable };
BOOST_DESCRIBE_ENUM(Cause, wave, cannot, silent, unreachable)

// More people were called: a further wave, or a deputy. With `instead_of` and without addressees:
// nobody is left who could be called.
struct PeopleCalled {
    static constexpr std::string_view kind = "respond.callout.people_called";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    Cause cause = Cause::wave;
    int wave = 0;  // 1: the first of the further waves
    std::optional<PersonId> instead_of;
    std::vector<Addressed> addressees;
    std::vector<CallRoute> routes;
    std::vector<OrganisationId> empty_organisations;
};
BOOST_DESCRIBE_STRUCT(PeopleCalled, (),
                      (incident, cause, wave, instead_of, addressees, routes, empty_organisations))

// A person was called by their next channel as well.
struct ChannelCall {
    PersonId person;
    Channel channel = Channel::email;
};
BOOST_DESCRIBE_STRUCT(ChannelCall, (), (person, channel))
struct ChannelsCalled {
    static constexpr std::string_view kind = "respond.callout.channels_called";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    std::vector<ChannelCall> calls;
};
BOOST_DESCRIBE_STRUCT(ChannelsCalled, (), (incident, calls))

// What the gateway reported later about a message it had taken.
struct MessageReceived {
    static constexpr std::string_view kind = "respond.callout.message_received";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    PersonId person;
    Channel channel = Channel::sms;
    int round = 0;
    bool arrived = false;
    std::string gateway;
    std::string state;  // in the gateway's words: "DELIVRD"
};
BOOST_DESCRIBE_STRUCT(MessageReceived, (),
                      (incident, person, channel, round, arrived, gateway, state))

// In the next three an absent channel is e-mail: so they were written before there were others.

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
    std::optional<Channel> channel{};
};
BOOST_DESCRIBE_STRUCT(MessageTried, (),
                      (incident, person, round, attempt, in_doubt, gateway, detail, channel))

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
    std::optional<Channel> channel{};
    std::optional<std::string> reference{};  // by which the gateway will name it in a receipt
};
BOOST_DESCRIBE_STRUCT(MessageDelivered, (),
                      (incident, person, round, attempt, gateway, channel, reference))

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
    std::optional<Channel> channel{};
};
BOOST_DESCRIBE_STRUCT(MessageFailed, (),
                      (incident, person, round, attempt, gap, gateway, detail, channel))

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
    std::optional<Personal> substitute;  // who comes instead; absent: not named yet (sms, voice)
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

// A printed sheet was sent by hand: by FAX, or taken there.
struct SheetSent {
    static constexpr std::string_view kind = "respond.callout.sheet_sent";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    PersonId person;  // to whom
    PersonId by;      // who sent it
    Instant sent_at;  // in the time of its world
};
BOOST_DESCRIBE_STRUCT(SheetSent, (), (incident, person, by, sent_at))

// A room of a chat was told that there is a call-out, without anybody's link; or could not be.
struct RoomTold {
    static constexpr std::string_view kind = "respond.callout.room_told";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    std::string room;  // by its name in this installation
    bool told = false;
    std::string detail;  // what the service said
};
BOOST_DESCRIBE_STRUCT(RoomTold, (), (incident, room, told, detail))

struct CalloutResolved {
    static constexpr std::string_view kind = "respond.callout.callout_resolved";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    IncidentId incident;
    Ending ending = Ending::resolved;
};
BOOST_DESCRIBE_STRUCT(CalloutResolved, (), (incident, ending))

}  // namespace noroshi::respond::callout
