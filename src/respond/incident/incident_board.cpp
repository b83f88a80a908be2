#include "respond/incident/incident_board.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "kernel/journal/listen.h"
#include "respond/callout/callout_facts.h"
#include "respond/incident/incident_case_facts.h"

namespace noroshi::respond::incident {

using journal::Drill;
using journal::Envelope;
using journal::World;

namespace {

constexpr std::string_view stream_prefix = "respond/incident/";
constexpr std::string_view callout_prefix = "respond/callout/";

void insert_ascending(std::vector<Number>& numbers, Number number) {
    const auto at = std::ranges::lower_bound(numbers, number);
    if (at == numbers.end() || *at != number) numbers.insert(at, number);
}
void erase_ascending(std::vector<Number>& numbers, Number number) {
    const auto at = std::ranges::lower_bound(numbers, number);
    if (at != numbers.end() && *at == number) numbers.erase(at);
}

std::uint16_t bits_of(const std::vector<std::string>& audiences) {
    std::uint16_t bits = 0;
    for (const auto& name : audiences)
        if (const auto audience = audience_of(name))
            bits = static_cast<std::uint16_t>(bits | (1U << static_cast<unsigned>(*audience)));
    return bits;
}

// Whether the fact has anything that few have.
bool has_more(const EntryAdded& body) {
    return body.corrects || body.confirms || body.completes || body.reopens || body.due ||
           body.on_behalf_of || body.receiver_organisations || body.audiences || body.attachments ||
           body.voluntary;
}

// A line that replaces another takes over what that one said about a third, and what others said
// about it: State does the same for decisions.
void take_over(Board& board, Number old, Number replacement) {
    board.make_more(old).corrected_by = replacement;
    erase_ascending(board.open_tasks, old);
    erase_ascending(board.decisions, old);
    erase_ascending(board.unconfirmed, old);
    for (auto& question : board.questions) {
        if (question.entry == old) question.entry = replacement;
        if (question.about == old) question.about = replacement;
    }
    const More before = *board.more_of(old);
    if (before.done_by != 0) {
        board.make_more(replacement).done_by = before.done_by;
        board.make_more(before.done_by).completes = replacement;
    }
    if (before.completes != 0) {
        board.make_more(replacement).completes = before.completes;
        More& task = board.make_more(before.completes);
        if (task.done_by == old) task.done_by = replacement;
    }
    if (before.confirms != 0) {
        board.make_more(replacement).confirms = before.confirms;
        More& confirmed = board.make_more(before.confirms);
        if (confirmed.confirmed_by == old) confirmed.confirmed_by = replacement;
    }
}

}  // namespace

const char* TextStore::put(std::initializer_list<std::string_view> pieces) {
    constexpr std::size_t largest_block = 256 * 1024;
    std::size_t size = 0;
    for (const auto piece : pieces) size += piece.size();
    char* begin = free_;
    if (size <= left_) {
        free_ += size;
        left_ -= size;
    } else {
        // A text as long as a block has one of its own, so that the present one is filled up.
        const std::size_t block = std::max(next_block_, size);
        blocks_.push_back(std::make_unique_for_overwrite<char[]>(block));
        bytes_ += block;
        begin = blocks_.back().get();
        if (block - size > left_) {
            free_ = begin + size;
            left_ = block - size;
        }
        next_block_ = std::min(next_block_ * 2, largest_block);
    }
    char* at = begin;
    for (const auto piece : pieces) at = std::ranges::copy(piece, at).out;
    return begin;
}

const More* Board::more_of(Number entry) const {
    const auto at = line(entry).more;
    return at == 0 ? nullptr : &more[at - 1];
}

More& Board::make_more(Number entry) {
    Line& of = lines[entry - 1];
    if (of.more == 0) {
        more.emplace_back();
        of.more = static_cast<std::uint32_t>(more.size());
    }
    return more[of.more - 1];
}

bool Board::is_open_task(Number entry) const {
    if (!line(entry).is_task()) return false;
    const More* rest = more_of(entry);
    return rest == nullptr || (rest->corrected_by == 0 && rest->done_by == 0);
}

bool Board::needs_information(Number about) const {
    return std::ranges::any_of(questions, [&](const Question& one) {
        return one.about == about && is_open_task(one.entry);
    });
}

void BoardsOfWorld::index_more(std::size_t most) const {
    for (; most > 0 && index->indexed < places.size(); --most, ++index->indexed) {
        const Place& place = places[index->indexed];
        index->pairs.add(static_cast<std::uint32_t>(index->indexed),
                         searched_text(boards[place.board].line(place.number)));
    }
}

std::string searched_text(const Line& line) {
    // A line break cannot be part of a word, so no word reaches over two fields.
    std::string text;
    text.reserve(line.content_size + line.sender_size + line.receiver_size + line.medium_size + 3U);
    text += line.content();
    for (const auto field : {line.sender(), line.receiver(), line.medium()}) {
        text += '\n';
        text += field;
    }
    return fold_for_search(text);
}

const Board* Boards::find(std::string_view incident) const {
    const auto found = by_id_.find(incident);
    return found == by_id_.end() ? nullptr : found->second.board;
}

const BoardsOfWorld* Boards::find(const World& world) const {
    const auto found = worlds_.find(world);
    return found == worlds_.end() ? nullptr : &found->second;
}

Board* Boards::board_of(const Envelope& at) {
    if (last_.board != nullptr && at.stream == last_stream_) return last_.board;
    if (!at.stream.starts_with(stream_prefix)) return nullptr;
    const auto found = by_id_.find(at.stream.substr(stream_prefix.size()));
    if (found == by_id_.end()) return nullptr;
    last_ = found->second;
    last_stream_ = at.stream;
    return last_.board;
}

std::uint32_t Boards::author_of(std::string_view person, const OrganisationId& organisation) {
    // Lines of one author come in a row.
    if (last_author_ < authors_.size() && authors_[last_author_].person.text == person &&
        authors_[last_author_].organisation == organisation)
        return last_author_;
    std::string key(person);
    key += '\n';
    key += organisation.text;
    const auto [found, fresh] =
        author_index_.try_emplace(std::move(key), static_cast<std::uint32_t>(authors_.size()));
    if (fresh) authors_.push_back({PersonId{std::string(person)}, organisation});
    last_author_ = found->second;
    return last_author_;
}

void Boards::add(Board& board, const EntryAdded& body, const Envelope& at) {
    if (body.number != board.last_number() + 1) return;
    const auto sender = std::string_view(body.sender ? *body.sender : std::string_view{});
    const auto receiver = std::string_view(body.receiver ? *body.receiver : std::string_view{});
    const auto medium = std::string_view(body.medium ? *body.medium : std::string_view{});
    Line& line = board.lines.emplace_back();
    line.text = last_.world->texts.put({sender, receiver, medium, body.content});
    line.event_time = at.event_time;
    line.entry_time = at.entry_time;
    line.content_size = static_cast<std::uint32_t>(body.content.size());
    line.sender_size = static_cast<std::uint16_t>(sender.size());
    line.receiver_size = static_cast<std::uint16_t>(receiver.size());
    line.medium_size = static_cast<std::uint16_t>(medium.size());
    line.entry_kind = static_cast<std::uint8_t>(body.entry_kind.value_or(EntryKind::fact));
    line.confirmed = body.confirmed.value_or(false);
    line.author = author_of(at.actor, body.organisation);
    last_.world->places.push_back({last_.index, body.number});

    if (body.narrowed.value_or(false)) {
        const auto [found, fresh] = visibility_index_.try_emplace(
            at.visibility.get(), static_cast<std::uint32_t>(visibilities_.size()));
        if (fresh) visibilities_.push_back(at.visibility);
        line.visibility = found->second;
        board.narrow.push_back(body.number);
    }
    if (line.is_task()) board.open_tasks.push_back(body.number);
    if (line.kind() == EntryKind::decision) board.decisions.push_back(body.number);
    if (!line.confirmed && !body.completes && !body.reopens &&
        (line.kind() == EntryKind::fact || line.kind() == EntryKind::rumour))
        board.unconfirmed.push_back(body.number);
    const OrganisationId& speaker = body.on_behalf_of ? *body.on_behalf_of : body.organisation;
    const auto word =
        std::ranges::find(board.first_words, speaker, &Board::FirstWord::organisation);
    if (word == board.first_words.end())
        board.first_words.push_back({speaker, body.number, at.event_time});
    else if (at.event_time < word->at)
        *word = {speaker, body.number, at.event_time};
    if (!has_more(body)) return;

    More& more = board.make_more(body.number);
    more.corrects = body.corrects.value_or(0);
    more.confirms = body.confirms.value_or(0);
    more.completes = body.completes.value_or(0);
    more.reopens = body.reopens.value_or(0);
    more.due = body.due;
    if (body.on_behalf_of) more.on_behalf_of = *body.on_behalf_of;
    more.voluntary = body.voluntary.value_or(false);
    if (more.voluntary) board.voluntary.push_back(body.number);
    if (body.receiver_organisations) more.receiver_organisations = *body.receiver_organisations;
    if (body.audiences) more.audiences = bits_of(*body.audiences);
    if (more.audiences != 0) board.sent.push_back(body.number);
    if (body.attachments) {
        more.attachments = *body.attachments;
        for (const auto& attachment : *body.attachments)
            for (auto& file : board.files)
                if (file.attachment.sha256 == attachment.sha256)
                    file.entries.push_back(body.number);
    }
    const auto earlier = [&](const std::optional<Number>& number) {
        return number && *number >= 1 && *number < body.number;
    };
    if (earlier(body.confirms)) {
        board.make_more(*body.confirms).confirmed_by = body.number;
        erase_ascending(board.unconfirmed, *body.confirms);
    }
    if (earlier(body.completes)) {
        board.make_more(*body.completes).done_by = body.number;
        erase_ascending(board.open_tasks, *body.completes);
    }
    if (earlier(body.reopens)) {
        More& task = board.make_more(*body.reopens);
        if (task.done_by != 0) board.make_more(task.done_by).completes = 0;
        task.done_by = 0;
        if (board.is_open_task(*body.reopens)) insert_ascending(board.open_tasks, *body.reopens);
    }
    if (earlier(body.corrects)) {
        take_over(board, *body.corrects, body.number);
        if (!board.is_open_task(body.number)) erase_ascending(board.open_tasks, body.number);
    }
}

void Boards::set(Board& board, const MilestoneSet& body, const Envelope& at) {
    auto history = std::ranges::find_if(board.milestones, [&](const Board::MilestoneHistory& h) {
        return h.terminal == body.terminal && h.milestone == body.milestone;
    });
    if (history == board.milestones.end()) {
        // Behind the last of this terminal that comes before it in order.
        auto place = board.milestones.end();
        for (auto h = board.milestones.begin(); h != board.milestones.end(); ++h) {
            if (h->terminal != body.terminal) continue;
            place = h->milestone < body.milestone ? h + 1 : h;
            if (place == h) break;
        }
        history = board.milestones.insert(place, {body.terminal, body.milestone, {}});
    }
    const auto later = std::ranges::upper_bound(history->said, at.event_time, {},
                                                &Board::MilestoneSaid::event_time);
    history->said.insert(later, {body.state, body.time, at.event_time, at.entry_time,
                                 author_of(at.actor, body.organisation),
                                 body.on_behalf_of.value_or(OrganisationId{}),
                                 body.note.value_or(""), body.entry.value_or(0),
                                 body.confirmed_by.value_or(""), body.evidence.value_or("")});
}

// The call-out room comes later and may not be asked; what reached whom is heard from its facts.
void Boards::attach_to_callouts(journal::Listeners& published) {
    journal::listen_any<callout::CalloutRaised>(
        published, [this](const World&, const callout::CalloutRaised& body, const Envelope& at) {
            const auto found = by_id_.find(body.incident.text);
            if (found == by_id_.end() || !at.stream.starts_with(callout_prefix)) return;
            Called& called = called_[std::string(at.stream)];
            called.board = found->second.board;
            called.callout = CalloutId{std::string(at.stream.substr(callout_prefix.size()))};
            for (const auto& one : body.addressees) called.people[one.person] = one.organisation;
        });
    journal::listen_any<callout::MessageDelivered>(
        published, [this](const World&, const callout::MessageDelivered& body, const Envelope& at) {
            reach(body.person, at);
        });
    journal::listen_any<callout::AnswerGiven>(
        published, [this](const World&, const callout::AnswerGiven& body, const Envelope& at) {
            reach(body.person, at);
        });
}

void Boards::reach(const PersonId& person, const Envelope& at) {
    const auto called = called_.find(at.stream);
    if (called == called_.end()) return;
    const auto of = called->second.people.find(person);
    if (of == called->second.people.end()) return;
    auto& reached = called->second.board->reached;
    const auto known = std::ranges::find(reached, of->second, &Board::Reached::organisation);
    if (known == reached.end())
        reached.push_back({of->second, called->second.callout, at.event_time});
    else if (at.event_time < known->at)
        *known = {of->second, called->second.callout, at.event_time};
}

void Boards::attach(journal::Listeners& published) {
    published.on_reset([this] { *this = Boards{}; });
    attach_to_callouts(published);

    journal::listen_any<IncidentOpened>(
        published, [this](const World& world, const IncidentOpened& body, const Envelope& at) {
            if (!at.stream.starts_with(stream_prefix)) return;
            BoardsOfWorld& of_world = worlds_[world];
            Board& board = of_world.boards.emplace_back();
            board.id = IncidentId{std::string(at.stream.substr(stream_prefix.size()))};
            board.world = world;
            board.number = body.number;
            board.version = 1;
            board.title = body.title;
            board.effects = body.effects;
            board.cause = body.cause.value_or("");
            board.summary = body.summary.value_or("");
            board.source = body.source.value_or("");
            if (body.terminals) board.terminals = *body.terminals;
            board.began_at = at.event_time;
            board.opened_at = at.entry_time;
            board.author = author_of(at.actor, body.organisation);
            board.on_behalf_of = body.on_behalf_of.value_or(OrganisationId{});
            board.visibility = at.visibility;
            by_id_.insert_or_assign(
                board.id.text,
                Found{&board, &of_world, static_cast<std::uint32_t>(of_world.boards.size() - 1)});
            last_ = {};
        });
    journal::listen_any<IntakeCorrected>(
        published, [this](const World&, const IntakeCorrected& body, const Envelope& at) {
            Board* board = board_of(at);
            if (board == nullptr) return;
            ++board->version;
            board->title = body.title;
            board->effects = body.effects;
            board->cause = body.cause.value_or("");
            board->summary = body.summary.value_or("");
            board->source = body.source.value_or("");
            board->terminals = body.terminals.value_or(std::vector<TerminalId>{});
            if (body.began_at) board->began_at = *body.began_at;
        });
    journal::listen_any<VisibilityChanged>(
        published, [this](const World&, const VisibilityChanged&, const Envelope& at) {
            Board* board = board_of(at);
            if (board == nullptr) return;
            ++board->version;
            board->visibility = at.visibility;
        });
    journal::listen_any<IncidentClosed>(
        published, [this](const World&, const IncidentClosed&, const Envelope& at) {
            Board* board = board_of(at);
            if (board == nullptr) return;
            ++board->version;
            board->open = false;
            board->closed_at = at.entry_time;
        });
    journal::listen_any<IncidentReopened>(
        published, [this](const World&, const IncidentReopened&, const Envelope& at) {
            Board* board = board_of(at);
            if (board == nullptr) return;
            ++board->version;
            board->open = true;
            board->closed_at.reset();
        });
    journal::listen_any<InformationAsked>(
        published, [this](const World&, const InformationAsked& body, const Envelope& at) {
            if (Board* board = board_of(at))
                board->questions.push_back({body.entry, body.about.value_or(0)});
        });
    journal::listen_any<EntryAdded>(
        published, [this](const World&, const EntryAdded& body, const Envelope& at) {
            if (Board* board = board_of(at)) add(*board, body, at);
        });
    journal::listen_any<MilestoneSet>(
        published, [this](const World&, const MilestoneSet& body, const Envelope& at) {
            if (Board* board = board_of(at)) set(*board, body, at);
        });
    journal::listen_any<AttachmentAdded>(
        published, [this](const World&, const AttachmentAdded& body, const Envelope& at) {
            if (Board* board = board_of(at))
                board->files.push_back({body.attachment, PersonId{std::string(at.actor)}, {}});
        });
    journal::listen_drill<practise::drills::ExerciseStarted>(
        published, [this](const Drill<practise::drills::ExerciseStarted>& fact) {
            worlds_[World{fact.exercise()}].reference = fact.body.reference;
        });
}

}  // namespace noroshi::respond::incident
