#include "respond/incident/incident_clocks.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

#include "kernel/json/json.h"
#include "respond/incident/incident_checks.h"

namespace noroshi::respond::incident {

namespace {

bool applies(const Clock& clock, const Board& board) {
    if (!board.world.is_live() && !clock.in_drills) return false;
    return clock.effects.empty() || std::ranges::any_of(clock.effects, [&](Effect effect) {
               return std::ranges::find(board.effects, effect) != board.effects.end();
           });
}

Instant start_of(const Clock& clock, const Board& board) {
    switch (clock.from) {
    case ClockStart::began: return board.began_at;
    case ClockStart::opened:
    case ClockStart::leaked:
        // In an exercise entry times are real, and its clock is another.
        return board.world.is_live() ? board.opened_at : board.began_at;
    case ClockStart::detected: break;
    }
    std::optional<Instant> first;
    for (const auto& history : board.milestones) {
        if (history.milestone != Milestone::detected) continue;
        for (const auto& said : history.said)
            if (said.state == MilestoneState::reached && (!first || said.time < *first))
                first = said.time;
    }
    return first.value_or(board.began_at);
}

std::string in_language(const std::string& ja, const std::string& en, Language language) {
    return language == Language::en && !en.empty() ? en : ja;
}

}  // namespace

std::vector<Told> told(const Board& board, const council::State& council) {
    std::vector<Told> first(audience_names.size());
    for (const Number number : board.sent) {
        const More& more = *board.more_of(number);
        if (more.corrected_by != 0) continue;
        const Instant at = board.line(number).event_time;
        for (std::size_t i = 0; i < first.size(); ++i)
            if ((more.audiences >> i & 1U) != 0 && (!first[i].at || at < *first[i].at))
                first[i] = {at, number};
    }
    for (const auto& reached : board.reached) {
        const auto* organisation = council.find(reached.organisation);
        if (organisation == nullptr) continue;
        const auto audience = audience_of(json::name_of(organisation->kind));
        if (!audience) continue;
        auto& one = first[static_cast<std::size_t>(*audience)];
        if (!one.at || reached.at < *one.at) one = {reached.at, 0};
    }
    return first;
}

std::vector<OrganisationId> who_of(const Clock& clock, const Board& board,
                                   const council::State& council, const port::State& port) {
    std::vector<OrganisationId> all;
    for (const auto kind : clock.who) {
        if (kind != council::OrganisationKind::terminal_operator) {
            for (const auto* one : council.organisations_of(kind)) add_once(all, one->id);
            continue;
        }
        // Only the operators that it concerns.
        for (const auto& terminal : board.terminals)
            if (const auto* known = port.find(terminal)) add_once(all, known->operator_);
        if (const auto* of = council.find(board.on_behalf_of); of != nullptr && of->kind == kind)
            add_once(all, board.on_behalf_of);
    }
    return all;
}

const Clock* find_clock(const std::vector<Clock>& clocks, std::string_view id) {
    const auto found = std::ranges::find(clocks, id, &Clock::id);
    return found == clocks.end() ? nullptr : &*found;
}

std::vector<ClockItem> clocks_of(const std::vector<Clock>& clocks, const Board& board,
                                 const Case& of, const council::State& council,
                                 const port::State& port, Instant now, Language language) {
    const auto first_told = told(board, council);
    // Reports that were sent, by the kind of their receiver.
    std::vector<Told> reported(audience_names.size());
    for (const auto& report : of.reports)
        for (const auto& sent : report.sent) {
            const auto* to = council.find(sent.to);
            const auto audience =
                to == nullptr ? std::optional<Audience>{} : audience_of(json::name_of(to->kind));
            if (!audience) continue;
            auto& one = reported[static_cast<std::size_t>(*audience)];
            if (!one.at || sent.said.at < *one.at) one = {sent.said.at, report.body.up_to};
        }

    std::vector<ClockItem> items;
    std::map<std::string, std::optional<Instant>> met_at;  // by clock: when all of its were met
    // A clock that waits for another is asked after it, in whatever order they are written.
    std::vector<const Clock*> order;
    for (const auto& clock : clocks)
        if (applies(clock, board) && clock.after.empty()) order.push_back(&clock);
    for (bool more = true; more;) {
        more = false;
        for (const auto& clock : clocks) {
            if (clock.after.empty() || !applies(clock, board) ||
                std::ranges::find(order, &clock) != order.end())
                continue;
            if (std::ranges::none_of(order,
                                     [&](const Clock* one) { return one->id == clock.after; }))
                continue;
            order.push_back(&clock);
            more = true;
        }
    }
    for (const Clock* clock : order) {
        std::optional<Instant> start = start_of(*clock, board);
        if (!clock->after.empty()) start = met_at[clock->after];
        std::optional<Instant> latest;
        bool all_met = true;
        for (const auto& who : who_of(*clock, board, council, port)) {
            ClockItem item;
            item.clock = clock->id;
            item.who = who;
            for (const Audience audience : clock->to) {
                item.to.emplace_back(name_of(audience));
                item.to_labels.push_back(i18n::text(
                    language, "respond.incident.audience." + std::string(name_of(audience))));
            }
            item.what = in_language(clock->what, clock->what_en, language);
            item.basis = in_language(clock->basis, clock->basis_en, language);
            item.by_hand = clock->by_hand;
            item.starts_at = start;
            if (start) item.due_at = *start + clock->within;

            const auto said = of.clocks.find(clock_key(clock->id, who));
            if (said != of.clocks.end()) {
                item.met_at = said->second.said.at;
                if (!said->second.note.empty()) item.note = said->second.note;
                if (said->second.entry != 0) item.entry = said->second.entry;
                item.state = said->second.waived ? ClockState::waived : ClockState::met;
            } else if (start && !clock->by_hand && !clock->to.empty()) {
                // Met when the last of those it is owed to was told.
                std::optional<Instant> last;
                Number entry = 0;
                bool every = true;
                for (const Audience audience : clock->to) {
                    const auto& one =
                        (clock->by_report ? reported
                                          : first_told)[static_cast<std::size_t>(audience)];
                    every = every && one.at.has_value();
                    if (one.at && (!last || *one.at > *last)) {
                        last = one.at;
                        entry = one.entry;
                    }
                }
                // A clock that runs after another is met by what was told since.
                if (every && (clock->after.empty() || *last > *start)) {
                    item.met_at = last;
                    if (entry != 0) item.entry = entry;
                    item.state = ClockState::met;
                }
            }
            if (item.state == ClockState::met && item.due_at && *item.met_at > *item.due_at)
                item.state = ClockState::met_late;
            if (item.state == ClockState::waiting && item.due_at) {
                item.state = now > *item.due_at ? ClockState::overdue : ClockState::running;
                item.minutes_left =
                    std::chrono::floor<std::chrono::minutes>(*item.due_at - now).count();
            }
            const bool ended = item.met_at.has_value();
            all_met = all_met && ended;
            if (ended && (!latest || *item.met_at > *latest)) latest = item.met_at;
            items.push_back(std::move(item));
        }
        if (all_met && latest) met_at[clock->id] = latest;
    }
    const auto rank = [](const ClockItem& item) {
        switch (item.state) {
        case ClockState::overdue:
        case ClockState::running: return 0;
        case ClockState::waiting: return 1;
        default: return 2;
        }
    };
    std::ranges::sort(items, {}, [&](const ClockItem& item) {
        return std::tuple(rank(item), item.due_at.value_or(Instant::max()), item.clock,
                          item.who.text);
    });
    return items;
}

// ---- decisions -----------------------------------------------------------------------------

namespace {

struct Found {
    const State::Card* card;
    Instant now;
};

Result<Found> find(const Inquiry& inquiry, const std::vector<Clock>& clocks, const IncidentId& id,
                   const std::string& clock, const OrganisationId& who) {
    TRY_LET(const State::Card* card, find_to_write(inquiry.asked, id));
    if (find_clock(clocks, clock) == nullptr)
        return fail(ErrorKind::not_found, "respond.incident.clock_unknown", {{"clock", clock}});
    if (inquiry.asked.council.find(who) == nullptr)
        return invalid("respond.incident.organisation_unknown", "/who",
                       {{"organisation", who.text}});
    // One's own duty, or the port manager for everybody.
    if (who != inquiry.asked.by.organisation &&
        !may_write_on_behalf(inquiry.asked.by, card->world) &&
        !may_lead(inquiry, inquiry.asked.by.person, card->world))
        return fail(ErrorKind::forbidden, "respond.incident.not_on_behalf", {}, "/who");
    return Found{card, inquiry.asked.state.now_in(card->world, inquiry.asked.now)};
}

}  // namespace

Result<Decided<ClockMet>> meet(const Inquiry& inquiry, const std::vector<Clock>& clocks,
                               const IncidentId& id, const std::string& clock,
                               const ClockMetRequest& request) {
    TRY_LET(const auto found, find(inquiry, clocks, id, clock, request.who));
    TRY(check_optional(request.note, note_limit, "/note"));
    if (request.entry) TRY(check_number(inquiry.asked, *found.card, *request.entry, "/entry"));
    TRY_LET(const Instant at, check_event_time(request.event_time, found.now));
    return Decided<ClockMet>{place_of(*found.card, id, at),
                             {clock, request.who, given(request.note), request.entry}};
}

Result<Decided<ClockWaived>> waive(const Inquiry& inquiry, const std::vector<Clock>& clocks,
                                   const IncidentId& id, const std::string& clock,
                                   const ClockWaivedRequest& request) {
    TRY_LET(const auto found, find(inquiry, clocks, id, clock, request.who));
    if (is_blank(request.reason)) return invalid("respond.incident.reason_missing", "/reason");
    TRY(check_length(request.reason, note_limit, "/reason"));
    return Decided<ClockWaived>{place_of(*found.card, id, found.now),
                                {clock, request.who, request.reason}};
}

Result<Decided<ClockRestarted>> restart(const Inquiry& inquiry, const std::vector<Clock>& clocks,
                                        const IncidentId& id, const std::string& clock,
                                        const ClockRestartedRequest& request) {
    TRY_LET(const auto found, find(inquiry, clocks, id, clock, request.who));
    const Case* of = inquiry.cases.find(id);
    if (of == nullptr || !of->clocks.contains(clock_key(clock, request.who)))
        return fail(ErrorKind::conflict, "respond.incident.clock_runs");
    return Decided<ClockRestarted>{place_of(*found.card, id, found.now), {clock, request.who}};
}

std::optional<Span> read_span(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number == 0 || number > 1'000'000) return {};
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (unit == "min") return std::chrono::minutes(number);
    if (unit == "h") return std::chrono::hours(number);
    if (unit == "d" && number <= 3'650) return std::chrono::days(number);
    return {};
}

}  // namespace noroshi::respond::incident
