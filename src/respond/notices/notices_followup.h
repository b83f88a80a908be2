#pragma once
// The long run (guideline 3.3.2): which calls were lost and which came back, what is still to be done,
// and what the shipping lines are told. The list does not end with the incident. A message to the lines
// is drafted by one person and sent by another, as everything that leaves the port; whoever wrote any
// part of it cannot send it. Seen by the port manager's people only.

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/journal/journal.h"
#include "kernel/result.h"
#include "respond/notices/notices.h"
#include "respond/notices/notices_followup_facts.h"

namespace noroshi::respond::notices {

struct LostCallRequest {
    static constexpr std::array<std::string_view, 3> defaulted{"loss", "went_to", "reason"};
    Loss loss = Loss::call;
    std::string line;
    std::string name;
    std::string went_to;
    std::optional<std::uint32_t> containers;
    std::optional<Instant> lost_at;  // now, if not given
    std::string reason;
    std::optional<IncidentId> incident;
};
BOOST_DESCRIBE_STRUCT(LostCallRequest, (),
                      (loss, line, name, went_to, containers, lost_at, reason, incident))
struct ReturnedRequest {
    static constexpr std::array<std::string_view, 1> defaulted{"text"};
    std::optional<Instant> returned_at;  // now, if not given
    std::string text;
};
BOOST_DESCRIBE_STRUCT(ReturnedRequest, (), (returned_at, text))
struct FollowUpRequest {
    std::string text;
    std::optional<PersonId> person;
    std::optional<Instant> due;
    std::optional<IncidentId> incident;
};
BOOST_DESCRIBE_STRUCT(FollowUpRequest, (), (text, person, due, incident))
struct PostponeRequest {
    Instant due;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(PostponeRequest, (), (due, reason))
struct DoneRequest {
    std::string result;
};
BOOST_DESCRIBE_STRUCT(DoneRequest, (), (result))
struct LineMessageRequest {
    std::map<std::string, Words> texts;
};
BOOST_DESCRIBE_STRUCT(LineMessageRequest, (), (texts))

// ---- what is read --------------------------------------------------------------------------

struct LostCallItem {
    LostCallId id;
    std::uint64_t version = 0;
    LostCallNoted noted;
    std::optional<Instant> returned_at;
    std::string returned_text;
};
BOOST_DESCRIBE_STRUCT(LostCallItem, (), (id, version, noted, returned_at, returned_text))
struct FollowUpItem {
    FollowUpId id;
    std::uint64_t version = 0;
    std::string text;
    std::optional<PersonId> person;
    std::optional<Instant> due;
    std::uint32_t postponed = 0;  // how often
    std::string postponed_reason;
    std::optional<IncidentId> incident;
    Instant added_at;
    std::string added_by;
    std::optional<Instant> done_at;
    std::string result;
};
BOOST_DESCRIBE_STRUCT(FollowUpItem, (),
                      (id, version, text, person, due, postponed, postponed_reason, incident,
                       added_at, added_by, done_at, result))
struct LineMessageItem {
    LineMessageId id;
    std::uint64_t version = 0;
    std::map<std::string, Words> texts;
    std::vector<std::string> authors;
    bool mine = false;  // the reader wrote a part
    std::string returned;
    std::optional<Instant> sent_at;
    std::string sent_by;
    std::uint32_t people = 0;
    std::vector<OrganisationId> lines;
    std::vector<OrganisationId> unreached;
};
BOOST_DESCRIBE_STRUCT(LineMessageItem, (),
                      (id, version, texts, authors, mine, returned, sent_at, sent_by, people, lines,
                       unreached))
struct FollowUps {
    std::vector<FollowUpItem> followups;    // open ones by due date, then what was done last
    std::vector<LostCallItem> lost;         // those still lost first, newest on top
    std::vector<LineMessageItem> messages;  // drafts first
    std::uint32_t open = 0;
    std::uint32_t calls_lost = 0;  // calls and services that are still lost
    std::uint32_t calls_returned = 0;
};
BOOST_DESCRIBE_STRUCT(FollowUps, (), (followups, lost, messages, open, calls_lost, calls_returned))

// ---- state ---------------------------------------------------------------------------------

class FollowUpState {
public:
    struct LostCall {
        LostCallNoted noted;
        std::optional<LostCallReturned> returned;
        std::uint64_t version = 0;
    };
    struct FollowUp {
        FollowUpAdded added;
        Instant added_at;
        PersonId added_by;
        std::optional<Instant> due;
        std::uint32_t postponed = 0;
        std::string reason;
        std::optional<FollowUpDone> done;
        Instant done_at;
        std::uint64_t version = 0;
    };
    struct LineMessage {
        std::map<std::string, Words> texts;
        std::vector<PersonId> authors;
        std::string returned;
        std::optional<LineMessageSent> sent;
        Instant sent_at;
        PersonId sent_by;
        std::uint64_t version = 0;
    };
    void attach(journal::Listeners& side);

    std::map<LostCallId, LostCall> lost;
    std::map<FollowUpId, FollowUp> followups;
    std::map<LineMessageId, LineMessage> messages;
};

class LongRun {
public:
    // Before Journal::start(); the others must outlive it.
    LongRun(journal::Journal& journal, const council::Council& council, const port::Port& port,
            const prepare::contacts::Contacts& contacts, std::string mail_domain);

    // Under Journal::read. Errors: forbidden respond.notices.not_port_manager.
    Result<FollowUps> list(const Principal& reader) const;

    // Inside a command. Errors: invalid with pointer; forbidden respond.notices.{not_port_manager,
    // own_draft}; not_found respond.notices.{unknown_lost_call, unknown_followup, unknown_message};
    // conflict respond.notices.{returned_already, done_already, sent_already, nobody_to_tell}.
    Result<LostCallId> note(journal::Recorder& recorder, const LostCallRequest& request,
                            const Principal& by);
    Result<> returned(journal::Recorder& recorder, const LostCallId& id,
                      const ReturnedRequest& request, const Principal& by, Version version);
    Result<FollowUpId> add(journal::Recorder& recorder, const FollowUpRequest& request,
                           const Principal& by);
    Result<> postpone(journal::Recorder& recorder, const FollowUpId& id,
                      const PostponeRequest& request, const Principal& by, Version version);
    Result<> done(journal::Recorder& recorder, const FollowUpId& id, const DoneRequest& request,
                  const Principal& by, Version version);
    Result<LineMessageId> draft(journal::Recorder& recorder, const std::optional<LineMessageId>& id,
                                const LineMessageRequest& request, const Principal& by,
                                Version version);
    Result<> send_back(journal::Recorder& recorder, const LineMessageId& id,
                       const ReasonRequest& request, const Principal& by, Version version);
    // To everybody with a mail address in an organisation that is a shipping line. The version that was
    // read is needed.
    Result<> send(journal::Recorder& recorder, const LineMessageId& id, const Principal& by,
                  Version version);

    static std::string stream_of(const LostCallId& id);
    static std::string stream_of(const FollowUpId& id);
    static std::string stream_of(const LineMessageId& id);

private:
    Result<> check(const Principal& by) const;
    journal::Place place(std::string stream, Version version) const;

    const council::Council& council_;
    const port::Port& port_;
    const prepare::contacts::Contacts& contacts_;
    std::string mail_domain_;
    FollowUpState pending_;
    FollowUpState published_;
};

}  // namespace noroshi::respond::notices
