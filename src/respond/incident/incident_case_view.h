#pragma once
// What leaders see: the situation at a glance, and each noun of the case by itself. Everything is
// answered to somebody, as incident_view.h does. Read under Journal::read.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respond/incident/incident_case.h"
#include "respond/incident/incident_clocks.h"
#include "respond/incident/incident_report.h"
#include "respond/incident/incident_view.h"

namespace noroshi::respond::incident {

// ---- command -------------------------------------------------------------------------------

struct OfferItem {
    AuthorItem to;
    AuthorItem from;
    std::optional<std::string> note;
    Instant offered_at;
    Instant lapses_at;
    bool lapsed = false;
};
BOOST_DESCRIBE_STRUCT(OfferItem, (), (to, from, note, offered_at, lapses_at, lapsed))

struct CommandChangeItem {
    std::string change;            // opened, taken, offered, accepted, declined, withdrawn, lapsed
    std::optional<AuthorItem> by;  // absent: by itself
    std::optional<AuthorItem> to;
    Instant at;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(CommandChangeItem, (), (change, by, to, at, note))

struct CommandItem {
    AuthorItem in_charge;
    Instant since;
    std::optional<OfferItem> offer;
    std::vector<CommandChangeItem> history;
    std::vector<AuthorItem> candidates;  // to whom it can be handed over
    bool can_take = false;
    bool can_hand_over = false;
    bool can_accept = false;
    bool can_withdraw = false;
};
BOOST_DESCRIBE_STRUCT(CommandItem, (),
                      (in_charge, since, offer, history, candidates, can_take, can_hand_over,
                       can_accept, can_withdraw))

// ---- the cause -----------------------------------------------------------------------------

struct WeighedItem {
    Weight weight = Weight::supports;
    std::string statement;
    AuthorItem author;
    std::optional<OrganisationId> on_behalf_of;
    Instant at;
    std::optional<Number> entry;
    std::optional<std::uint32_t> evidence;
};
BOOST_DESCRIBE_STRUCT(WeighedItem, (),
                      (weight, statement, author, on_behalf_of, at, entry, evidence))

struct JudgedItem {
    HypothesisStanding standing = HypothesisStanding::open;
    std::optional<std::string> reason;
    AuthorItem author;
    Instant at;
};
BOOST_DESCRIBE_STRUCT(JudgedItem, (), (standing, reason, author, at))

struct HypothesisItem {
    std::uint32_t number = 0;
    std::string statement;
    HypothesisStanding standing = HypothesisStanding::open;
    AuthorItem author;
    std::optional<OrganisationId> on_behalf_of;
    Instant at;
    std::size_t supports = 0;
    std::size_t contradicts = 0;
    std::vector<WeighedItem> weighed;
    std::vector<JudgedItem> judged;
};
BOOST_DESCRIBE_STRUCT(HypothesisItem, (),
                      (number, statement, standing, author, on_behalf_of, at, supports, contradicts,
                       weighed, judged))

struct ConcludedItem {
    Conclusion conclusion = Conclusion::open;
    std::optional<std::uint32_t> hypothesis;
    std::string reason;
    AuthorItem author;
    Instant at;
};
BOOST_DESCRIBE_STRUCT(ConcludedItem, (), (conclusion, hypothesis, reason, author, at))

struct CauseItem {
    Conclusion conclusion = Conclusion::open;  // as it now stands
    std::vector<HypothesisItem> hypotheses;
    std::vector<ConcludedItem> conclusions;  // the latest last
};
BOOST_DESCRIBE_STRUCT(CauseItem, (), (conclusion, hypotheses, conclusions))

// ---- custody -------------------------------------------------------------------------------

struct CustodyItem {
    std::string what;  // taken, handed_over, sealed, checked, offered, accepted, declined
    Instant at;
    std::optional<std::string> from;
    std::optional<std::string> to;
    std::optional<OrganisationId> to_organisation;
    std::optional<std::string> seal;
    std::optional<std::string> sha256;
    std::optional<bool> intact;
    std::optional<std::string> note;
    AuthorItem author;
};
BOOST_DESCRIBE_STRUCT(CustodyItem, (),
                      (what, at, from, to, to_organisation, seal, sha256, intact, note, author))

struct EvidenceItem {
    std::uint32_t number = 0;
    std::string description;
    std::optional<std::string> sha256;
    std::optional<std::uint64_t> size;
    std::optional<std::string> attachment;
    std::optional<std::string> place;
    std::string held_by;
    std::optional<OrganisationId> held_by_organisation;
    std::optional<std::string> seal;
    bool damaged = false;                  // a seal was found broken or a hash differs
    std::optional<AuthorItem> offered_to;  // who has not accepted it yet
    bool can_accept = false;
    bool can_withdraw = false;
    std::vector<CustodyItem> steps;
};
BOOST_DESCRIBE_STRUCT(EvidenceItem, (),
                      (number, description, sha256, size, attachment, place, held_by,
                       held_by_organisation, seal, damaged, offered_to, can_accept, can_withdraw,
                       steps))

struct EvidenceList {
    std::vector<EvidenceItem> items;
};
BOOST_DESCRIBE_STRUCT(EvidenceList, (), (items))

// ---- links, advice, systems ----------------------------------------------------------------

struct LinkItem {
    IncidentId incident;
    std::uint32_t number = 0;
    std::string title;
    Standing state = Standing::open;
    Instant event_time;
    Relation relation = Relation::recurrence;
    bool later = false;  // the other one points here: it came again
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(LinkItem, (),
                      (incident, number, title, state, event_time, relation, later, note))

struct LinkList {
    std::vector<LinkItem> items;
    std::size_t hidden = 0;
};
BOOST_DESCRIBE_STRUCT(LinkList, (), (items, hidden))

struct AdviceItem {
    Number entry = 0;
    std::string adviser;
    std::optional<OrganisationId> organisation;
    Instant at;
    std::int64_t minutes = 0;  // since the incident began
};
BOOST_DESCRIBE_STRUCT(AdviceItem, (), (entry, adviser, organisation, at, minutes))

// Everything asked of experts and heard from them, as it happened. An expert's first own line counts
// as advice though nobody said so.
struct AdviceLine {
    std::string what;  // asked, received
    Number entry = 0;
    std::string adviser;
    std::optional<OrganisationId> organisation;
    std::string content;
    Instant at;
    std::int64_t minutes = 0;  // since the incident began
    bool open = false;         // asked, and that request is not done
};
BOOST_DESCRIBE_STRUCT(AdviceLine, (),
                      (what, entry, adviser, organisation, content, at, minutes, open))

struct AdviceList {
    std::vector<AdviceLine> items;
    std::optional<AdviceItem> first;            // received
    std::optional<std::int64_t> asked_minutes;  // until somebody was asked
    std::optional<std::int64_t> first_minutes;  // until the first was heard
    std::optional<std::int64_t> asked_to_first_minutes;
};
BOOST_DESCRIBE_STRUCT(AdviceList, (),
                      (items, first, asked_minutes, first_minutes, asked_to_first_minutes))

// Who was asked for more information about what.
struct QuestionItem {
    Number entry = 0;             // in which it stands, and by which it is answered
    std::optional<Number> about;  // absent: the incident
    std::string question;
    AuthorItem author;
    Instant at;
    std::optional<AuthorItem> asked;
    std::optional<OrganisationId> asked_organisation;
    std::optional<Instant> due;
    bool open = true;
    std::optional<Number> answered_by;
    std::optional<std::string> answer;
    bool asked_of_reader = false;
    bool can_answer = false;
};
BOOST_DESCRIBE_STRUCT(QuestionItem, (),
                      (entry, about, question, author, at, asked, asked_organisation, due, open,
                       answered_by, answer, asked_of_reader, can_answer))

struct QuestionList {
    std::vector<QuestionItem> items;  // open ones first, the first due on top
    std::size_t hidden = 0;
};
BOOST_DESCRIBE_STRUCT(QuestionList, (), (items, hidden))

// ---- the situation -------------------------------------------------------------------------

// A time that was announced and is not reached yet: of the next milestone, or of a later one, as a gate's
// opening is promised long before the system is back.
struct StagePromise {
    Milestone milestone = Milestone::detected;
    Instant promised_at;
    std::size_t slips = 0;  // how often it was put off
    bool overdue = false;
};
BOOST_DESCRIBE_STRUCT(StagePromise, (), (milestone, promised_at, slips, overdue))

// How far a terminal is: the furthest milestone that holds, and the next time promised.
struct StageItem {
    TerminalId terminal;
    std::optional<Milestone> reached;
    std::optional<Instant> reached_at;
    std::optional<Milestone> next;       // the first that is not reached
    std::optional<Instant> promised_at;  // of `next`
    std::size_t slips = 0;               // how often a time for `next` was put off
    bool overdue = false;                // the promise has passed
    bool went_back = false;              // something reached was withdrawn
    bool safety_unfounded = false;       // safety is said to be confirmed, but not by whom, on what
    std::vector<StagePromise> promises;  // all that hold, in the order of the milestones
};
BOOST_DESCRIBE_STRUCT(StageItem, (),
                      (terminal, reached, reached_at, next, promised_at, slips, overdue, went_back,
                       safety_unfounded, promises))

struct UndeliveredItem {
    AuthorItem person;
    std::string about;
    bool refused = false;
    Instant at;
};
BOOST_DESCRIBE_STRUCT(UndeliveredItem, (), (person, about, refused, at))

// Everything a leader needs on one screen.
struct Situation {
    IncidentItem incident;
    Instant now;  // by the clock of its world
    CommandItem command;
    std::vector<ClockItem> clocks;  // all; the next due on top
    std::optional<AdviceItem> first_advice;
    std::optional<Instant> advice_asked_at;  // when an expert was first asked
    std::vector<QuestionItem> questions;     // not answered yet
    std::vector<StageItem> stages;
    std::vector<EntryItem> tasks;  // orders and requests not done, the first due on top
    std::size_t tasks_overdue = 0;
    std::vector<EntryItem> decisions;  // the latest ten, the last first
    std::vector<EntryItem> rumours;    // not confirmed, the latest ten
    std::size_t unconfirmed = 0;
    CauseItem cause;
    std::size_t evidence = 0;
    std::size_t evidence_damaged = 0;
    LinkList links;
    std::size_t reports = 0;
    std::optional<ReportSummary> last_report;
    std::vector<prepare::port::SystemId> systems;  // that the reader may see
    prepare::port::Reach reach;
    std::vector<UndeliveredItem> undelivered;
    std::size_t hidden = 0;
};
BOOST_DESCRIBE_STRUCT(Situation, (),
                      (incident, now, command, clocks, first_advice, advice_asked_at, questions,
                       stages, tasks, tasks_overdue, decisions, rumours, unconfirmed, cause,
                       evidence, evidence_damaged, links, reports, last_report, systems, reach,
                       undelivered, hidden))

// What is still open, before somebody closes. A kind without any is absent.
struct OpenItem {
    std::string what;  // task, unconfirmed, milestone, promise, cause, hypothesis, evidence, clock,
                       // handover, safety, observation, report
    std::string text;  // one line, in the reader's language
    std::optional<Number> entry;
    std::optional<std::string> reference;
};
BOOST_DESCRIBE_STRUCT(OpenItem, (), (what, text, entry, reference))

struct Closing {
    std::vector<OpenItem> items;
    std::size_t hidden = 0;  // entries that the reader does not see, open or not
};
BOOST_DESCRIBE_STRUCT(Closing, (), (items, hidden))

// ---- observations --------------------------------------------------------------------------

struct TurnItem {
    std::string what;  // asked, answered, settled, reopened, raised
    std::optional<std::string> text;
    std::optional<AuthorItem> asked;
    std::optional<OrganisationId> asked_organisation;
    std::optional<Instant> due;
    AuthorItem author;
    Instant at;
};
BOOST_DESCRIBE_STRUCT(TurnItem, (), (what, text, asked, asked_organisation, due, author, at))

enum class ObservationState { fresh, needs_information, answered, raised, settled };
BOOST_DESCRIBE_ENUM(ObservationState, fresh, needs_information, answered, raised, settled)

struct ObservationItem {
    ObservationId id;
    std::uint32_t number = 0;
    ObservationState state = ObservationState::fresh;
    std::string content;
    std::optional<std::string> source;
    std::vector<TerminalId> terminals;
    AuthorItem author;
    std::optional<OrganisationId> on_behalf_of;
    Instant event_time;
    Instant entry_time;
    Readers visibility;
    std::optional<ExerciseId> exercise;
    std::optional<IncidentId> incident;  // if the reader may see it
    std::optional<AuthorItem> waiting_for;
    std::optional<OrganisationId> waiting_for_organisation;
    std::optional<Instant> due;
    bool asked_of_reader = false;
    std::vector<TurnItem> turns;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(ObservationItem, (),
                      (id, number, state, content, source, terminals, author, on_behalf_of,
                       event_time, entry_time, visibility, exercise, incident, waiting_for,
                       waiting_for_organisation, due, asked_of_reader, turns, version))

struct ObservationList {
    std::vector<ObservationItem> items;  // under way first, then the latest first
    std::size_t hidden = 0;
};
BOOST_DESCRIBE_STRUCT(ObservationList, (), (items, hidden))

// ---- the view ------------------------------------------------------------------------------

class CaseView {
public:
    CaseView(const View& view, const Cases& cases, const council::State& council,
             const port::State& port, const prepare::port::Register& systems,
             const std::vector<Clock>& clocks, std::string zone)
        : view_(view), cases_(cases), council_(council), port_(port), systems_(systems),
          clocks_(clocks), zone_(std::move(zone)) {}

    Result<Situation> situation(const Principal& reader, const IncidentId& id, Instant now,
                                Language language) const;
    Result<CommandItem> command(const Principal& reader, const IncidentId& id,
                                Language language) const;
    Result<CauseItem> cause(const Principal& reader, const IncidentId& id, Language language) const;
    Result<EvidenceList> evidence(const Principal& reader, const IncidentId& id,
                                  Language language) const;
    Result<LinkList> links(const Principal& reader, const IncidentId& id, Language language) const;
    Result<AdviceList> advice(const Principal& reader, const IncidentId& id,
                              Language language) const;
    Result<QuestionList> questions(const Principal& reader, const IncidentId& id,
                                   Language language) const;
    Result<std::vector<ClockItem>> clocks(const Principal& reader, const IncidentId& id,
                                          Instant now, Language language) const;
    Result<Closing> closing(const Principal& reader, const IncidentId& id, Instant now,
                            Language language) const;
    Result<prepare::port::Reach> reach(const Principal& reader, const IncidentId& id,
                                       Language language) const;

    Result<ReportList> reports(const Principal& reader, const IncidentId& id,
                               Language language) const;
    Result<ReportDraft> draft(const Principal& reader, const IncidentId& id,
                              Language language) const;
    // For the reader, or as that organisation would get it. Errors: not_found
    // respond.incident.report_unknown; invalid respond.incident.recipient_not_reader.
    Result<PrintedReport> report(const Principal& reader, const IncidentId& id,
                                 std::uint32_t number, const OrganisationId& as,
                                 Language language) const;

    ObservationList observations(const Principal& reader, const journal::World& world,
                                 Language language) const;
    Result<ObservationItem> observation(const Principal& reader, const ObservationId& id,
                                        Language language) const;

    const View& view() const { return view_; }
    const Cases& cases() const { return cases_; }
    const std::string& zone() const { return zone_; }
    std::string port_name(const TerminalId& terminal, Language language) const {
        return port_.name_of(terminal, language);
    }

private:
    struct Seen {
        const Board* board;
        const Case* of;
    };
    Result<Seen> find(const Principal& reader, const IncidentId& id) const;
    bool sees(const Principal& reader, const Board& board, Number number) const;
    AuthorItem person(const PersonId& id, const OrganisationId& organisation,
                      Language language) const;
    AuthorItem author(const Case::Said& said, Language language) const;
    CommandItem command_of(const Principal& reader, const Seen& seen, Language language) const;
    CauseItem cause_of(const Seen& seen, Language language) const;
    EvidenceItem item_of(const Principal& reader, std::uint32_t number, const Case::Evidence& of,
                         Language language) const;
    LinkList links_of(const Principal& reader, const Seen& seen) const;
    std::vector<StageItem> stages_of(const Board& board, Instant now) const;
    AdviceList advice_of(const Principal& reader, const Seen& seen, Language language) const;
    QuestionList questions_of(const Principal& reader, const Seen& seen, Language language) const;
    ReportSummary summary_of(const Principal& reader, const Board& board, const Case& of,
                             const Case::Report& report, Language language) const;
    ObservationItem item_of(const Principal& reader, const Observation& of,
                            Language language) const;

    const View& view_;
    const Cases& cases_;
    const council::State& council_;
    const port::State& port_;
    const prepare::port::Register& systems_;
    const std::vector<Clock>& clocks_;
    std::string zone_;
};

}  // namespace noroshi::respond::incident
