#include "respond/incident/incident_view.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

#include "kernel/journal/listen.h"
#include "practise/drills/drills_facts.h"

namespace noroshi::respond::incident {

using journal::World;

namespace {

// A question takes so many entries into the index and reads the rest as they are, so that the views
// are not held still for long. The search routes have taken the rest in before they ask.
constexpr std::size_t indexed_per_question = 5'000;

std::optional<std::string> if_any(std::string_view text) {
    if (text.empty()) return {};
    return std::string(text);
}
std::optional<Number> if_any(Number number) {
    if (number == 0) return {};
    return number;
}
template <class Tag>
std::optional<Id<Tag>> if_any(const Id<Tag>& id) {
    if (id.empty()) return {};
    return id;
}

Readers readers_of(const Visibility& visibility) {
    return {visibility.tlp, visibility.organisations, visibility.people,
            visibility.investigators ? std::optional(true) : std::nullopt};
}

std::int64_t minutes_between(Instant from, Instant to) {
    return std::chrono::floor<std::chrono::minutes>(to - from).count();
}

std::vector<std::string> audiences_in(std::uint16_t bits) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < audience_names.size(); ++i)
        if ((bits >> i & 1U) != 0) names.emplace_back(audience_names[i]);
    return names;
}

std::string cause_or_unknown(std::string_view cause) {
    return cause.empty() ? "unknown" : std::string(cause);
}

}  // namespace

// Who reads, and which of the visibilities met so far that person sees.
class View::Sight {
public:
    Sight(const Principal& reader, const Boards& boards)
        : viewer_(reader.viewer), boards_(boards), seen_(boards.visibility_count(), unknown) {}

    bool sees(const Board& board) const { return may_see(viewer_, *board.visibility); }
    // Of an incident that the reader sees.
    bool sees(const Line& line) const {
        if (line.visibility == 0) return true;
        char& seen = seen_[line.visibility];
        if (seen == unknown) seen = may_see(viewer_, boards_.visibility(line.visibility)) ? 1 : 0;
        return seen == 1;
    }
    bool sees(const Board& board, Number number) const { return sees(board.line(number)); }
    // How many entries in [from, to] the reader does not see.
    std::size_t hidden_in(const Board& board, Number from, Number to) const {
        const auto begin = std::ranges::lower_bound(board.narrow, from);
        const auto end = std::ranges::upper_bound(board.narrow, to);
        if (begin >= end) return 0;
        return static_cast<std::size_t>(
            std::count_if(begin, end, [&](Number number) { return !sees(board, number); }));
    }
    std::size_t hidden_in(const Board& board) const {
        return hidden_in(board, 1, board.last_number());
    }
    const Viewer& viewer() const { return viewer_; }

private:
    static constexpr char unknown = 2;
    const Viewer& viewer_;
    const Boards& boards_;
    mutable std::vector<char> seen_;
};

// ---- one thing as it is answered -----------------------------------------------------------

AuthorItem View::author_item(std::uint32_t author, Language language) const {
    const Author& of = boards_.author(author);
    return {of.person, council_.name_of(of.person, language), of.organisation};
}

EntryItem View::item_of(const Board& board, Number number, Language language) const {
    const Line& line = board.line(number);
    EntryItem item;
    item.number = number;
    item.event_time = line.event_time;
    item.entry_time = line.entry_time;
    item.kind = line.kind();
    item.confirmed = line.confirmed;
    item.sender = if_any(line.sender());
    item.receiver = if_any(line.receiver());
    item.medium = if_any(line.medium());
    item.content = line.content();
    item.author = author_item(line.author, language);
    item.visibility = readers_of(boards_.visibility_of(board, line));
    if (const More* more = board.more_of(number)) {
        item.confirmed = line.confirmed || more->confirmed_by != 0;
        item.confirmed_by = if_any(more->confirmed_by);
        item.on_behalf_of = if_any(more->on_behalf_of);
        item.corrects = if_any(more->corrects);
        item.corrected_by = if_any(more->corrected_by);
        item.confirms = if_any(more->confirms);
        item.completes = if_any(more->completes);
        item.reopens = if_any(more->reopens);
        item.done_by = if_any(more->done_by);
        item.due = more->due;
        item.attachments = more->attachments;
        item.receiver_organisations = more->receiver_organisations;
        item.audiences = audiences_in(more->audiences);
        item.voluntary = more->voluntary;
    }
    item.needs_information = !board.questions.empty() && board.needs_information(number);
    return item;
}

EntryItem View::item_of(const EntryAdded& body, const PersonId& author, Instant event_time,
                        Instant entry_time, const Visibility& visibility, Language language) const {
    EntryItem item;
    item.number = body.number;
    item.event_time = event_time;
    item.entry_time = entry_time;
    item.kind = body.entry_kind.value_or(EntryKind::fact);
    item.confirmed = body.confirmed.value_or(false);
    item.sender = body.sender;
    item.receiver = body.receiver;
    item.medium = body.medium;
    item.content = body.content;
    item.author = {author, council_.name_of(author, language), body.organisation};
    item.on_behalf_of = body.on_behalf_of;
    item.corrects = body.corrects;
    item.confirms = body.confirms;
    item.completes = body.completes;
    item.reopens = body.reopens;
    item.due = body.due;
    if (body.attachments) item.attachments = *body.attachments;
    if (body.receiver_organisations) item.receiver_organisations = *body.receiver_organisations;
    if (body.audiences) item.audiences = *body.audiences;
    item.visibility = readers_of(visibility);
    item.voluntary = body.voluntary.value_or(false);
    return item;
}

MilestoneItem View::item_of(const Board::MilestoneHistory& history, Language language) const {
    MilestoneItem item;
    item.terminal = history.terminal;
    item.milestone = history.milestone;
    for (const auto& said : history.said) {
        const auto author = author_item(said.author, language);
        const auto on_behalf_of = if_any(said.on_behalf_of);
        const auto note = if_any(std::string_view(said.note));
        item.history.push_back({said.state, said.time, said.event_time, said.entry_time, author,
                                on_behalf_of, note, if_any(said.entry),
                                if_any(std::string_view(said.confirmed_by)),
                                if_any(std::string_view(said.evidence))});
        if (said.state != MilestoneState::announced) continue;
        AnnouncedItem announced{said.time,          said.event_time,
                                said.entry_time,    author,
                                on_behalf_of,       note,
                                if_any(said.entry), {}};
        if (!item.announced.empty())
            announced.slipped_minutes =
                minutes_between(item.announced.back().promised_at, said.time);
        item.announced.push_back(std::move(announced));
    }
    // What was said last holds: a milestone may be reached, lost and promised again.
    const auto& last = history.said.back();
    item.state = last.state;
    if (last.state != MilestoneState::withdrawn) item.at = last.time;
    if (last.state == MilestoneState::reached) item.reached_at = last.time;
    item.unfounded = item.milestone == Milestone::safety_confirmed &&
                     last.state == MilestoneState::reached &&
                     (last.confirmed_by.empty() || last.evidence.empty());
    if (item.at && !item.announced.empty())
        item.slipped_minutes = minutes_between(item.announced.front().promised_at, *item.at);
    return item;
}

IncidentItem View::card_of(const Board& board, Language language) const {
    IncidentItem item;
    item.id = board.id;
    item.number = board.number;
    item.title = board.title;
    item.state = board.open ? Standing::open : Standing::closed;
    item.event_time = board.began_at;
    item.opened_at = board.opened_at;
    item.closed_at = board.closed_at;
    item.effects = board.effects;
    item.exercise = if_any(board.world.exercise);
    item.visibility = readers_of(*board.visibility);
    item.version = board.version;
    item.author = author_item(board.author, language);
    item.on_behalf_of = if_any(board.on_behalf_of);
    item.cause = cause_or_unknown(board.cause);
    item.summary = if_any(std::string_view(board.summary));
    item.source = if_any(std::string_view(board.source));
    item.terminals = board.terminals;
    return item;
}

IncidentItem View::item_of(const IncidentOpened& body, const IncidentId& id, const PersonId& author,
                           Instant event_time, Instant entry_time, const World& world,
                           const Visibility& visibility, Language language) const {
    IncidentItem item;
    item.id = id;
    item.number = body.number;
    item.title = body.title;
    item.event_time = event_time;
    item.opened_at = entry_time;
    item.effects = body.effects;
    item.exercise = if_any(world.exercise);
    item.visibility = readers_of(visibility);
    item.version = 1;
    item.author = {author, council_.name_of(author, language), body.organisation};
    item.on_behalf_of = body.on_behalf_of;
    item.cause = body.cause.value_or("unknown");
    item.summary = body.summary;
    item.source = body.source;
    if (body.terminals) item.terminals = *body.terminals;
    return item;
}

IncidentItem View::item_of(const Board& board, const Sight& sight, Language language) const {
    IncidentItem item = card_of(board, language);
    const std::size_t hidden = sight.hidden_in(board);
    item.hidden = hidden;
    item.entries = board.lines.size() - hidden;
    item.open_orders = static_cast<std::uint64_t>(std::ranges::count_if(
        board.open_tasks, [&](Number number) { return sight.sees(board, number); }));
    item.questions = static_cast<std::uint64_t>(
        std::ranges::count_if(board.questions, [&](const Board::Question& one) {
            return board.is_open_task(one.entry) && sight.sees(board, one.entry);
        }));
    item.last_number = board.last_number();
    for (Number number = board.last_number(); number > 0; --number) {
        if (!sight.sees(board, number)) continue;
        item.last_entry_at = board.line(number).entry_time;
        break;
    }
    return item;
}

std::optional<IncidentItem> View::for_everybody(const IncidentId& id) const {
    const Board* board = boards_.find(id.text);
    if (board == nullptr) return {};
    return card_of(*board, Language::ja);
}

std::optional<MilestoneItem> View::milestone(const IncidentId& id, const TerminalId& terminal,
                                             Milestone milestone, Language language) const {
    const Board* board = boards_.find(id.text);
    if (board == nullptr) return {};
    const auto found = std::ranges::find_if(board->milestones, [&](const auto& history) {
        return history.terminal == terminal && history.milestone == milestone;
    });
    if (found == board->milestones.end()) return {};
    return item_of(*found, language);
}

// ---- questions -----------------------------------------------------------------------------

Result<const Board*> View::visible(const Sight& sight, const IncidentId& id) const {
    const Board* board = boards_.find(id.text);
    if (board == nullptr || !sight.sees(*board))
        return fail(ErrorKind::not_found, "respond.incident.unknown");
    return board;
}

void View::attach(journal::Listeners& published) {
    boards_.attach(published);
    journal::listen_drill<practise::drills::ExerciseEnded>(
        published, [this](const journal::Drill<practise::drills::ExerciseEnded>& fact) {
            over_.insert(fact.exercise());
        });
    published.on_reset([this] { over_.clear(); });
}

IncidentList View::list(const Principal& reader, const World& world, std::optional<Standing> only,
                        Language language) const {
    const Sight sight(reader, boards_);
    IncidentList list;
    const BoardsOfWorld* of_world = boards_.find(world);
    if (of_world == nullptr) return list;
    for (const Standing standing : {Standing::open, Standing::closed}) {
        if (only && *only != standing) continue;
        for (auto board = of_world->boards.rbegin(); board != of_world->boards.rend(); ++board) {
            if (board->open != (standing == Standing::open)) continue;
            if (sight.sees(*board))
                list.items.push_back(item_of(*board, sight, language));
            else
                ++list.hidden;
        }
    }
    return list;
}

Result<IncidentItem> View::one(const Principal& reader, const IncidentId& id,
                               Language language) const {
    const Sight sight(reader, boards_);
    TRY_LET(const Board* board, visible(sight, id));
    IncidentItem item = item_of(*board, sight, language);
    item.milestones.emplace();
    for (const auto& history : board->milestones)
        item.milestones->push_back(item_of(history, language));
    const bool takes_part = takes_part_in(reader, board->world);
    // After an exercise only mistakes are put right.
    const bool goes_on = takes_part && !over_.contains(board->world.exercise);
    item.can =
        Can{goes_on && has_any(reader, roles_that_write()),
            goes_on && may_write_on_behalf(reader, board->world),
            takes_part && has_any(reader, roles_that_correct_intake()),
            goes_on && board->open && has_any(reader, roles_that_close()),
            goes_on && !board->open && has_any(reader, roles_that_close()),
            takes_part && may_share(council_, reader, boards_.author(board->author).organisation)};
    return item;
}

Result<EntryPage> View::entries(const Principal& reader, const IncidentId& id,
                                const EntryFilter& filter, Language language) const {
    const Sight sight(reader, boards_);
    TRY_LET(const Board* board, visible(sight, id));
    const auto is_wanted = [&](Number number) {
        const Line& line = board->line(number);
        const More* more = board->more_of(number);
        if (!sight.sees(line)) return false;
        if (filter.kind && line.kind() != *filter.kind) return false;
        if (filter.open_only && !board->is_open_task(number)) return false;
        if (filter.confirmed) {
            const bool confirmed = line.confirmed || (more != nullptr && more->confirmed_by != 0);
            if (confirmed != *filter.confirmed) return false;
        }
        if (filter.organisation.empty()) return true;
        if (boards_.author(line.author).organisation == filter.organisation) return true;
        return more != nullptr &&
               (more->on_behalf_of == filter.organisation ||
                std::ranges::find(more->receiver_organisations, filter.organisation) !=
                    more->receiver_organisations.end());
    };

    EntryPage page;
    page.next = std::max(filter.after, board->last_number());
    const auto take = [&](Number number) {  // false: the page is full
        if (!is_wanted(number)) return true;
        page.items.push_back(item_of(*board, number, language));
        if (page.items.size() < filter.limit) return true;
        page.next = number;
        return false;
    };
    const auto words = words_of(filter.words);
    if (words.empty()) {
        for (Number number = filter.after + 1; number <= board->last_number(); ++number)
            if (!take(number)) break;
    } else {
        const auto found = matches(*board, sight, words);
        for (auto at = std::ranges::upper_bound(found, filter.after); at != found.end(); ++at)
            if (!take(*at)) break;
    }
    page.hidden = sight.hidden_in(*board, filter.after + 1, page.next);
    return page;
}

Result<EntryPage> View::open_tasks(const Principal& reader, const IncidentId& id,
                                   Language language) const {
    const Sight sight(reader, boards_);
    TRY_LET(const Board* board, visible(sight, id));
    EntryPage page;
    page.next = board->last_number();
    for (const Number number : board->open_tasks) {
        if (sight.sees(*board, number))
            page.items.push_back(item_of(*board, number, language));
        else
            ++page.hidden;
    }
    std::ranges::sort(page.items, {}, [](const EntryItem& item) {
        return std::pair(item.due.value_or(Instant::max()), item.number);
    });
    return page;
}

Result<std::vector<EntryItem>> View::voluntary(const Principal& reader, const IncidentId& id,
                                               Language language) const {
    const Sight sight(reader, boards_);
    TRY_LET(const Board* board, visible(sight, id));
    std::vector<EntryItem> items;
    for (const Number number : board->voluntary)
        if (sight.sees(*board, number)) items.push_back(item_of(*board, number, language));
    return items;
}

Result<Milestones> View::milestones(const Principal& reader, const IncidentId& id,
                                    Language language) const {
    const Sight sight(reader, boards_);
    TRY_LET(const Board* board, visible(sight, id));
    Milestones out;
    for (const auto& history : board->milestones) out.items.push_back(item_of(history, language));
    return out;
}

Result<Attachment> View::attachment(const Principal& reader, const IncidentId& id,
                                    std::string_view sha256) const {
    const Sight sight(reader, boards_);
    TRY_LET(const Board* board, visible(sight, id));
    for (const auto& file : board->files) {
        if (file.attachment.sha256 != sha256) continue;
        if (file.uploaded_by == reader.person) return file.attachment;
        for (const Number number : file.entries) {
            if (!sight.sees(*board, number)) continue;
            // Under the name that this entry gave it: two people may have uploaded the same bytes.
            const auto& named = board->more_of(number)->attachments;
            return *std::ranges::find(named, sha256, &Attachment::sha256);
        }
    }
    return fail(ErrorKind::not_found, "respond.incident.attachment_not_found");
}

Readers View::default_readers(const Principal& reader, const World& world) const {
    return readers_of(default_visibility(council_, reader, {}, world));
}

// ---- search --------------------------------------------------------------------------------

// Entries of one board that have all words and are seen, ascending.
std::vector<Number> View::matches(const Board& board, const Sight& sight,
                                  std::span<const std::string> words) const {
    const BoardsOfWorld& world = *boards_.find(board.world);
    std::vector<Number> found;
    const auto verify = [&](Number number) {
        const Line& line = board.line(number);
        if (sight.sees(line) && contains_all(searched_text(line), words)) found.push_back(number);
    };
    std::unique_lock lock(world.index->guard);
    world.index_more(indexed_per_question);
    if (world.index->indexed == world.places.size()) {
        const auto candidates = world.index->pairs.candidates(words);
        lock.unlock();
        for (const auto place : candidates)
            if (&world.boards[world.places[place].board] == &board)
                verify(world.places[place].number);
    } else {
        lock.unlock();
        for (Number number = 1; number <= board.last_number(); ++number) verify(number);
    }
    return found;
}

SearchResult View::search(const Principal& reader, const World& world, std::string_view question,
                          std::size_t limit, Language language) const {
    const Sight sight(reader, boards_);
    SearchResult result;
    const auto words = words_of(question);
    const BoardsOfWorld* of_world = boards_.find(world);
    if (words.empty() || of_world == nullptr) return result;

    std::vector<char> seen;
    for (const Board& board : of_world->boards) {
        seen.push_back(sight.sees(board) ? 1 : 0);
        if (seen.back() == 0 || result.incidents.size() == limit) continue;
        const auto text = fold_for_search(board.title + "\n" + board.summary + "\n" + board.cause);
        if (contains_all(text, words)) result.incidents.push_back(item_of(board, sight, language));
    }
    const auto verify = [&](const BoardsOfWorld::Place& place) {  // false: enough
        const Board& board = of_world->boards[place.board];
        const Line& line = board.line(place.number);
        if (seen[place.board] == 0 || !sight.sees(line)) return true;
        if (!contains_all(searched_text(line), words)) return true;
        if (result.items.size() == limit) {
            result.more = true;
            return false;
        }
        result.items.push_back(item_of(board, place.number, language));
        result.items.back().incident = board.id;
        return true;
    };
    std::unique_lock lock(of_world->index->guard);
    of_world->index_more(indexed_per_question);
    const std::size_t indexed = of_world->index->indexed;
    const auto candidates = of_world->index->pairs.candidates(words);
    lock.unlock();
    for (std::size_t place = of_world->places.size(); place > indexed; --place)
        if (!verify(of_world->places[place - 1])) return result;
    for (auto place = candidates.rbegin(); place != candidates.rend(); ++place)
        if (!verify(of_world->places[*place])) return result;
    return result;
}

Result<SearchResult> View::search(const Principal& reader, const IncidentId& id,
                                  std::string_view question, std::size_t limit,
                                  Language language) const {
    const Sight sight(reader, boards_);
    TRY_LET(const Board* board, visible(sight, id));
    SearchResult result;
    const auto words = words_of(question);
    if (words.empty()) return result;
    auto found = matches(*board, sight, words);
    std::ranges::reverse(found);
    result.more = found.size() > limit;
    found.resize(std::min(found.size(), limit));
    for (const Number number : found) {
        result.items.push_back(item_of(*board, number, language));
        result.items.back().incident = board->id;
    }
    return result;
}

std::size_t View::index_more(std::size_t most) const {
    std::size_t left = 0;
    for (const auto& [world, boards] : boards_.worlds()) {
        const std::lock_guard lock(boards.index->guard);
        const std::size_t before = boards.index->indexed;
        boards.index_more(most);
        most -= boards.index->indexed - before;
        left += boards.places.size() - boards.index->indexed;
    }
    return left;
}

}  // namespace noroshi::respond::incident
