#pragma once
// 長期のフォロー: what goes on after the port works again. Calls that were lost and came back, in
// "respond/notices/lost_calls/<id>"; things to follow up, in "respond/notices/followups/<id>"; messages
// to shipping lines, in "respond/notices/line_messages/<id>". Live by nature: an exercise loses no ship
// and writes to no line. None of it ends with the incident.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "respond/notices/notices_facts.h"

namespace noroshi::respond::notices {

struct LostCallTag;
using LostCallId = Id<LostCallTag>;
struct FollowUpTag;
using FollowUpId = Id<FollowUpTag>;
struct LineMessageTag;
using LineMessageId = Id<LineMessageTag>;

// A single call that was omitted, or a service that calls elsewhere since.
enum class Loss { call, service };
BOOST_DESCRIBE_ENUM(Loss, call, service)

struct LostCallNoted {
    static constexpr std::string_view kind = "respond.notices.lost_call_noted";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    Loss loss = Loss::call;
    std::string line;
    std::string name;                         // of the ship, or of the service
    std::string went_to;                      // the port that has it now; may be unknown
    std::optional<std::uint32_t> containers;  // of the call, or of a call of the service
    Instant lost_at;
    std::string reason;  // as the line gave it
    std::optional<IncidentId> incident;
};
BOOST_DESCRIBE_STRUCT(LostCallNoted, (),
                      (loss, line, name, went_to, containers, lost_at, reason, incident))

struct LostCallReturned {
    static constexpr std::string_view kind = "respond.notices.lost_call_returned";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    Instant returned_at;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(LostCallReturned, (), (returned_at, text))

struct FollowUpAdded {
    static constexpr std::string_view kind = "respond.notices.followup_added";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string text;
    std::optional<PersonId> person;  // who sees to it
    std::optional<Instant> due;
    std::optional<IncidentId> incident;
};
BOOST_DESCRIBE_STRUCT(FollowUpAdded, (), (text, person, due, incident))

struct FollowUpPostponed {
    static constexpr std::string_view kind = "respond.notices.followup_postponed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    Instant due;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(FollowUpPostponed, (), (due, reason))

struct FollowUpDone {
    static constexpr std::string_view kind = "respond.notices.followup_done";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string result;
};
BOOST_DESCRIBE_STRUCT(FollowUpDone, (), (result))

struct LineMessageDrafted {
    static constexpr std::string_view kind = "respond.notices.line_message_drafted";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::map<std::string, Words> texts;  // by language tag; "ja" and "en" are needed
};
BOOST_DESCRIBE_STRUCT(LineMessageDrafted, (), (texts))

struct LineMessageReturned {
    static constexpr std::string_view kind = "respond.notices.line_message_returned";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string reason;
};
BOOST_DESCRIBE_STRUCT(LineMessageReturned, (), (reason))

// Approved by a second person (the actor) and handed to the outbox, one mail a person.
struct LineMessageSent {
    static constexpr std::string_view kind = "respond.notices.line_message_sent";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    std::vector<PersonId> authors;
    std::vector<OrganisationId> lines;      // that were reached
    std::vector<OrganisationId> unreached;  // nobody there has a mail address
    std::uint32_t people = 0;
};
BOOST_DESCRIBE_STRUCT(LineMessageSent, (), (authors, lines, unreached, people))

}  // namespace noroshi::respond::notices
