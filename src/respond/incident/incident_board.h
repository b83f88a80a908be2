#pragma once
// The published boards as they lie in memory. A port may write a million lines, so a line is 48
// bytes beside its text, which is kept in large blocks; what few lines have (corrections,
// attachments, deadlines) lies apart. Folded from facts by Boards, read by incident_view.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/identity/visibility.h"
#include "kernel/journal/fact.h"
#include "kernel/journal/listeners.h"
#include "kernel/time/time.h"
#include "practise/drills/drills_facts.h"
#include "respond/incident/incident_facts.h"
#include "respond/incident/incident_search.h"

namespace noroshi::respond::incident {

// Text that stays until everything is folded anew. Blocks grow up to 256 KiB.
class TextStore {
public:
    // The pieces one after the other.
    const char* put(std::initializer_list<std::string_view> pieces);
    std::size_t bytes() const { return bytes_; }

private:
    std::vector<std::unique_ptr<char[]>> blocks_;
    char* free_ = nullptr;
    std::size_t left_ = 0;
    std::size_t next_block_ = 4096;
    std::size_t bytes_ = 0;
};

struct Line {
    const char* text = nullptr;  // sender, receiver, medium, content
    Instant event_time;
    Instant entry_time;
    std::uint32_t content_size = 0;
    std::uint16_t sender_size = 0;
    std::uint16_t receiver_size = 0;
    std::uint16_t medium_size = 0;
    std::uint8_t entry_kind = 0;
    bool confirmed = false;
    std::uint32_t author = 0;      // index into Boards::authors
    std::uint32_t visibility = 0;  // index into Boards::visibilities; 0: the incident's
    std::uint32_t more = 0;        // index into Board::more, plus one; 0: none

    EntryKind kind() const { return static_cast<EntryKind>(entry_kind); }
    bool is_task() const { return kind() == EntryKind::order || kind() == EntryKind::request; }
    std::string_view sender() const { return {text, sender_size}; }
    std::string_view receiver() const { return {text + sender_size, receiver_size}; }
    std::string_view medium() const { return {text + sender_size + receiver_size, medium_size}; }
    std::string_view content() const {
        return {text + sender_size + receiver_size + medium_size, content_size};
    }
};
static_assert(sizeof(Line) == 48);

// Numbers are 0 where there is none.
struct More {
    Number corrects = 0;
    Number corrected_by = 0;
    Number confirms = 0;
    Number confirmed_by = 0;
    Number completes = 0;
    Number done_by = 0;
    Number reopens = 0;
    std::uint16_t audiences = 0;  // bits by Audience
    std::optional<Instant> due;
    OrganisationId on_behalf_of;
    std::vector<OrganisationId> receiver_organisations;
    std::vector<Attachment> attachments;
    bool voluntary = false;  // handed in so, and not for disclosure
};

struct Author {
    PersonId person;
    OrganisationId organisation;
};

struct Board {
    IncidentId id;
    journal::World world;
    std::uint32_t number = 0;
    std::uint32_t version = 0;
    bool open = true;
    std::string title;
    std::vector<Effect> effects;
    std::string cause, summary, source;  // empty: not said
    std::vector<TerminalId> terminals;
    Instant began_at;
    Instant opened_at;
    std::optional<Instant> closed_at;
    std::uint32_t author = 0;
    OrganisationId on_behalf_of;
    std::shared_ptr<const Visibility> visibility;

    std::deque<Line> lines;  // of entry n at n - 1
    std::deque<More> more;
    std::vector<Number> narrow;      // entries with a visibility of their own, ascending
    std::vector<Number> open_tasks;  // orders and requests neither done nor corrected, ascending
    std::vector<Number> sent;        // entries that reach an audience, ascending
    std::vector<Number> decisions;   // not corrected, ascending
    std::vector<Number>
        unconfirmed;  // facts and rumours neither confirmed nor corrected, ascending
    // Requests that ask somebody for more information about a line, or (0) about the incident.
    struct Question {
        Number entry = 0;
        Number about = 0;
    };
    std::vector<Question> questions;  // answered ones too, ascending
    std::vector<Number> voluntary;    // ascending
    // The earliest line of each organisation, by event time; on whose behalf counts as whose.
    struct FirstWord {
        OrganisationId organisation;
        Number number = 0;
        Instant at;
    };
    std::vector<FirstWord> first_words;

    struct File {
        Attachment attachment;
        PersonId uploaded_by;
        std::vector<Number> entries;  // that refer to it
    };
    std::vector<File> files;

    // Everything ever said about one milestone of one terminal, by event time.
    struct MilestoneSaid {
        MilestoneState state = MilestoneState::announced;
        Instant time;
        Instant event_time;
        Instant entry_time;
        std::uint32_t author = 0;
        OrganisationId on_behalf_of;
        std::string note;
        Number entry = 0;
        std::string confirmed_by, evidence;
    };
    struct MilestoneHistory {
        TerminalId terminal;
        Milestone milestone = Milestone::detected;
        std::vector<MilestoneSaid> said;
    };
    std::vector<MilestoneHistory> milestones;  // terminals as they first came up, then in order

    // Organisations that a call-out about this incident has reached, and when it first did.
    struct Reached {
        OrganisationId organisation;
        CalloutId callout;
        Instant at;
    };
    std::vector<Reached> reached;

    Number last_number() const { return static_cast<Number>(lines.size()); }
    const Line& line(Number entry) const { return lines[entry - 1]; }
    // Null if the entry has none.
    const More* more_of(Number entry) const;
    More& make_more(Number entry);
    bool is_open_task(Number entry) const;
    // Somebody was asked about this line (0: the incident) and has not answered yet.
    bool needs_information(Number about) const;
};

// All boards of one world: the live ones, or those of one exercise.
struct BoardsOfWorld {
    std::deque<Board> boards;  // in the order of opening
    TextStore texts;
    // An exercise as far as it concerns the boards.
    std::optional<practise::drills::Reference> reference;

    // Every entry in the order of entering, for search.
    struct Place {
        std::uint32_t board;
        Number number;
    };
    std::deque<Place> places;

    // The index follows when somebody searches; a start does not wait for it.
    struct Index {
        std::mutex guard;
        PairIndex pairs;
        std::size_t indexed = 0;  // places below are in
    };
    std::unique_ptr<Index> index = std::make_unique<Index>();
    // Takes up to `most` more entries into the index; its guard must be held.
    void index_more(std::size_t most) const;
};

// What search compares: folded content, sender, receiver and medium.
std::string searched_text(const Line& line);

class Boards {
public:
    void attach(journal::Listeners& published);

    const Board* find(std::string_view incident) const;
    const BoardsOfWorld* find(const journal::World& world) const;
    const std::map<journal::World, BoardsOfWorld>& worlds() const { return worlds_; }
    const Author& author(std::uint32_t index) const { return authors_[index]; }
    const Visibility& visibility(std::uint32_t index) const { return *visibilities_[index]; }
    std::size_t visibility_count() const { return visibilities_.size(); }
    // Of an entry: its own, or the incident's.
    const Visibility& visibility_of(const Board& board, const Line& line) const {
        return line.visibility == 0 ? *board.visibility : visibility(line.visibility);
    }

private:
    Board* board_of(const journal::Envelope& at);
    std::uint32_t author_of(std::string_view person, const OrganisationId& organisation);
    void add(Board& board, const EntryAdded& body, const journal::Envelope& at);
    void set(Board& board, const MilestoneSet& body, const journal::Envelope& at);
    void attach_to_callouts(journal::Listeners& published);
    void reach(const PersonId& person, const journal::Envelope& at);

    std::map<journal::World, BoardsOfWorld> worlds_;
    struct Found {
        Board* board;
        BoardsOfWorld* world;
        std::uint32_t index;  // of the board in its world
    };
    std::unordered_map<std::string, Found, journal::TextHash, std::equal_to<>> by_id_;
    std::string last_stream_;
    Found last_{};
    struct Called {
        Board* board;
        CalloutId callout;
        std::map<PersonId, OrganisationId> people;
    };
    std::unordered_map<std::string, Called, journal::TextHash, std::equal_to<>>
        called_;  // by stream
    std::deque<Author> authors_;
    std::unordered_map<std::string, std::uint32_t> author_index_;
    std::uint32_t last_author_ = 0;
    std::vector<std::shared_ptr<const Visibility>> visibilities_{nullptr};
    std::unordered_map<const Visibility*, std::uint32_t> visibility_index_;
};

}  // namespace noroshi::respond::incident
