#pragma once
// The published boards, as they are answered. Everything is answered to somebody: what that person
// may not see is left out and counted in `hidden`; an incident that may not be seen is not found.
// Read under Journal::read.

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/identity/principal.h"
#include "kernel/result.h"
#include "respond/incident/incident.h"
#include "respond/incident/incident_board.h"

namespace noroshi::respond::incident {

// ---- answers -------------------------------------------------------------------------------

struct AuthorItem {
    PersonId person;
    std::string name;
    OrganisationId organisation;
};
BOOST_DESCRIBE_STRUCT(AuthorItem, (), (person, name, organisation))

struct EntryItem {
    Number number = 0;
    Instant event_time;
    Instant entry_time;
    EntryKind kind = EntryKind::fact;
    bool confirmed = false;  // at once, or by the entry confirmed_by
    std::optional<Number> confirmed_by;
    std::optional<std::string> sender;
    std::optional<std::string> receiver;
    std::optional<std::string> medium;
    std::string content;
    AuthorItem author;
    std::optional<OrganisationId> on_behalf_of;
    std::optional<Number> corrects;
    std::optional<Number> corrected_by;
    std::optional<Number> confirms;
    std::optional<Number> completes;
    std::optional<Number> reopens;
    std::optional<Number> done_by;
    std::optional<Instant> due;
    std::vector<Attachment> attachments;
    std::vector<OrganisationId> receiver_organisations;
    std::vector<std::string> audiences;
    Readers visibility;
    bool voluntary = false;              // 任意提供・非公開条件
    bool needs_information = false;      // somebody was asked about it and has not answered yet
    std::optional<IncidentId> incident;  // in search results only
};
BOOST_DESCRIBE_STRUCT(EntryItem, (),
                      (number, event_time, entry_time, kind, confirmed, confirmed_by, sender,
                       receiver, medium, content, author, on_behalf_of, corrects, corrected_by,
                       confirms, completes, reopens, done_by, due, attachments,
                       receiver_organisations, audiences, visibility, voluntary, needs_information,
                       incident))

struct EntryPage {
    std::vector<EntryItem> items;
    std::size_t hidden = 0;  // entries of this stretch that the reader may not see
    Number next = 0;         // ask on with after=next
};
BOOST_DESCRIBE_STRUCT(EntryPage, (), (items, hidden, next))

// One announcement of a time.
struct AnnouncedItem {
    Instant promised_at;
    Instant announced_at;
    Instant entered_at;
    AuthorItem author;
    std::optional<OrganisationId> on_behalf_of;
    std::optional<std::string> note;
    std::optional<Number> entry_number;
    std::optional<std::int64_t> slipped_minutes;  // against the announcement before
};
BOOST_DESCRIBE_STRUCT(AnnouncedItem, (),
                      (promised_at, announced_at, entered_at, author, on_behalf_of, note,
                       entry_number, slipped_minutes))

// One line of the complete history: announced, reached or withdrawn.
struct SaidItem {
    MilestoneState state = MilestoneState::announced;
    Instant time;
    Instant said_at;
    Instant entered_at;
    AuthorItem author;
    std::optional<OrganisationId> on_behalf_of;
    std::optional<std::string> note;
    std::optional<Number> entry_number;
    std::optional<std::string> confirmed_by;
    std::optional<std::string> evidence;
};
BOOST_DESCRIBE_STRUCT(SaidItem, (),
                      (state, time, said_at, entered_at, author, on_behalf_of, note, entry_number,
                       confirmed_by, evidence))

struct MilestoneItem {
    TerminalId terminal;
    Milestone milestone = Milestone::detected;
    MilestoneState state = MilestoneState::announced;  // what was said last
    std::optional<Instant> at;                         // the time that holds: promised or reached
    std::vector<AnnouncedItem> announced;
    std::optional<Instant> reached_at;
    std::optional<std::int64_t> slipped_minutes;  // of `at`, against the first announcement
    std::vector<SaidItem> history;
    // Safety is said to be confirmed, but not by whom and on what evidence.
    bool unfounded = false;
};
BOOST_DESCRIBE_STRUCT(MilestoneItem, (),
                      (terminal, milestone, state, at, announced, reached_at, slipped_minutes,
                       history, unfounded))

struct Milestones {
    std::vector<MilestoneItem> items;
};
BOOST_DESCRIBE_STRUCT(Milestones, (), (items))

enum class Standing { open, closed };
BOOST_DESCRIBE_ENUM(Standing, open, closed)

// What the reader may do with this incident.
struct Can {
    bool write = false;
    bool write_on_behalf = false;
    bool correct_intake = false;
    bool close = false;
    bool reopen = false;
    bool change_visibility = false;
};
BOOST_DESCRIBE_STRUCT(Can, (),
                      (write, write_on_behalf, correct_intake, close, reopen, change_visibility))

// In an event, which goes to many readers, what differs between them is absent: counts,
// milestones, `can`. In a list, milestones and `can` are.
struct IncidentItem {
    IncidentId id;
    std::uint32_t number = 0;
    std::string title;
    Standing state = Standing::open;
    Instant event_time;
    Instant opened_at;
    std::optional<Instant> closed_at;
    std::vector<Effect> effects;
    std::optional<ExerciseId> exercise;
    Readers visibility;
    std::uint64_t version = 0;
    AuthorItem author;
    std::optional<OrganisationId> on_behalf_of;
    std::string cause;  // "unknown" until somebody says
    std::optional<std::string> summary;
    std::optional<std::string> source;
    std::vector<TerminalId> terminals;
    std::optional<std::uint64_t> entries;      // that the reader sees
    std::optional<std::uint64_t> hidden;       // that the reader does not
    std::optional<std::uint64_t> open_orders;  // orders and requests not done
    std::optional<std::uint64_t> questions;    // of those, what somebody was asked
    std::optional<Number> last_number;
    std::optional<Instant> last_entry_at;
    std::optional<std::vector<MilestoneItem>> milestones;
    std::optional<Can> can;
};
BOOST_DESCRIBE_STRUCT(IncidentItem, (),
                      (id, number, title, state, event_time, opened_at, closed_at, effects,
                       exercise, visibility, version, author, on_behalf_of, cause, summary, source,
                       terminals, entries, hidden, open_orders, questions, last_number,
                       last_entry_at, milestones, can))

struct IncidentList {
    std::vector<IncidentItem> items;  // open ones first, then the latest first
    std::size_t hidden = 0;
};
BOOST_DESCRIBE_STRUCT(IncidentList, (), (items, hidden))

struct SearchResult {
    std::vector<EntryItem> items;         // the latest entered first
    std::vector<IncidentItem> incidents;  // whose title, summary or cause has all words
    bool more = false;                    // there is more than was asked for
};
BOOST_DESCRIBE_STRUCT(SearchResult, (), (items, incidents, more))

// When each audience was first told, and how that compares.
struct CommunicationItem {
    std::string audience;
    std::string label;  // in the reader's language
    std::optional<Instant> first_at;
    std::optional<std::int64_t> minutes;  // after the incident began
    std::optional<Number> entry;          // by which, or
    std::optional<CalloutId> callout;     // by which
    bool has_reference = false;           // the exercise has a reference for this audience
    std::optional<std::int64_t> reference_minutes;  // absent: never
    std::optional<std::string> reference_note;
};
BOOST_DESCRIBE_STRUCT(CommunicationItem, (),
                      (audience, label, first_at, minutes, entry, callout, has_reference,
                       reference_minutes, reference_note))

struct PromisedItem {
    Instant promised_at;
    Instant announced_at;
    std::optional<std::int64_t> late_minutes;  // of the milestone when it was reached; < 0: early
};
BOOST_DESCRIBE_STRUCT(PromisedItem, (), (promised_at, announced_at, late_minutes))

struct PromiseItem {
    TerminalId terminal;
    Milestone milestone = Milestone::detected;
    std::vector<PromisedItem> promised;
    std::optional<Instant> reached_at;
};
BOOST_DESCRIBE_STRUCT(PromiseItem, (), (terminal, milestone, promised, reached_at))

struct Review {
    IncidentId incident;
    Instant event_time;
    std::optional<std::string> reference_source;
    std::vector<CommunicationItem> communication;
    std::vector<PromiseItem> promises;
    std::size_t hidden = 0;  // entries left out because the reader may not see them
};
BOOST_DESCRIBE_STRUCT(Review, (),
                      (incident, event_time, reference_source, communication, promises, hidden))

// ---- questions -----------------------------------------------------------------------------

struct EntryFilter {
    Number after = 0;
    std::size_t limit = 200;
    std::string words;  // as typed
    std::optional<EntryKind> kind;
    bool open_only = false;  // orders and requests not done
    std::optional<bool> confirmed;
    OrganisationId organisation;  // wrote it, for whom it was written, or that it was sent to
};

class View {
public:
    // `council` must be the published one and outlive this.
    explicit View(const council::State& council) : council_(council) {}
    void attach(journal::Listeners& published);

    IncidentList list(const Principal& reader, const journal::World& world,
                      std::optional<Standing> only, Language language) const;
    // Errors of all that name an incident: not_found respond.incident.unknown.
    Result<IncidentItem> one(const Principal& reader, const IncidentId& id,
                             Language language) const;
    Result<EntryPage> entries(const Principal& reader, const IncidentId& id,
                              const EntryFilter& filter, Language language) const;
    // Orders and requests not done, those due first on top, then as they came.
    Result<EntryPage> open_tasks(const Principal& reader, const IncidentId& id,
                                 Language language) const;
    Result<Milestones> milestones(const Principal& reader, const IncidentId& id,
                                  Language language) const;
    Result<Review> review(const Principal& reader, const IncidentId& id, Language language) const;
    // If the reader may have it: who uploaded it, and whoever sees an entry that names it.
    // Errors: not_found respond.incident.attachment_not_found.
    Result<Attachment> attachment(const Principal& reader, const IncidentId& id,
                                  std::string_view sha256) const;
    // Lines that the reader sees and that were handed in voluntarily, ascending.
    Result<std::vector<EntryItem>> voluntary(const Principal& reader, const IncidentId& id,
                                             Language language) const;
    // In all visible incidents of a world.
    SearchResult search(const Principal& reader, const journal::World& world,
                        std::string_view question, std::size_t limit, Language language) const;
    Result<SearchResult> search(const Principal& reader, const IncidentId& id,
                                std::string_view question, std::size_t limit,
                                Language language) const;

    // Who would see an incident that this person opens and says nothing about.
    Readers default_readers(const Principal& reader, const journal::World& world) const;

    // One line as it stands, whoever asks; the caller has seen to that.
    EntryItem entry(const Board& board, Number number, Language language) const {
        return item_of(board, number, language);
    }
    // For events, and for answers that are given before the fact is published.
    EntryItem item_of(const EntryAdded& body, const PersonId& author, Instant event_time,
                      Instant entry_time, const Visibility& visibility, Language language) const;
    IncidentItem item_of(const IncidentOpened& body, const IncidentId& id, const PersonId& author,
                         Instant event_time, Instant entry_time, const journal::World& world,
                         const Visibility& visibility, Language language) const;
    // As it stands now, without what differs between readers.
    std::optional<IncidentItem> for_everybody(const IncidentId& id) const;
    std::optional<MilestoneItem> milestone(const IncidentId& id, const TerminalId& terminal,
                                           Milestone milestone, Language language) const;

    // Takes up to `most` entries into the search index; how many are left. Search does so by
    // itself, a little at a time; whoever has nothing else to do may help. Thread-safe under read.
    std::size_t index_more(std::size_t most) const;
    const Boards& boards() const { return boards_; }

private:
    class Sight;
    AuthorItem author_item(std::uint32_t author, Language language) const;
    EntryItem item_of(const Board& board, Number number, Language language) const;
    MilestoneItem item_of(const Board::MilestoneHistory& history, Language language) const;
    IncidentItem card_of(const Board& board, Language language) const;
    IncidentItem item_of(const Board& board, const Sight& sight, Language language) const;
    Result<const Board*> visible(const Sight& sight, const IncidentId& id) const;
    std::vector<Number> matches(const Board& board, const Sight& sight,
                                std::span<const std::string> words) const;

    const council::State& council_;
    Boards boards_;
    std::set<ExerciseId> over_;
};

}  // namespace noroshi::respond::incident
