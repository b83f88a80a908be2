// The review compares what happened with what was promised and with what is known to have happened
// elsewhere. Guideline 3.2.1: an exercise is measured; in Nagoya the police were told after two and
// a half hours, the hauliers in writing after twelve, the public after twenty-nine and a half.
//
// An audience counts as told by the earliest entry sent *to* it (by event time), or by a call-out
// that reached somebody there. An entry about the police does not tell the police. A corrected entry
// does not count: what took its place does.

#include <algorithm>
#include <chrono>

#include "kernel/i18n/i18n.h"
#include "kernel/json/json.h"
#include "respond/incident/incident_view.h"

namespace noroshi::respond::incident {

namespace {

std::int64_t minutes_between(Instant from, Instant to) {
    return std::chrono::floor<std::chrono::minutes>(to - from).count();
}

}  // namespace

Result<Review> View::review(const Principal& reader, const IncidentId& id,
                            Language language) const {
    const Board* board = boards_.find(id.text);
    if (board == nullptr || !may_see(reader.viewer, *board->visibility))
        return fail(ErrorKind::not_found, "respond.incident.unknown");
    const auto sees = [&](Number number) {
        return may_see(reader.viewer, boards_.visibility_of(*board, board->line(number)));
    };
    Review review;
    review.incident = id;
    review.event_time = board->began_at;
    review.hidden = static_cast<std::size_t>(
        std::ranges::count_if(board->narrow, [&](Number number) { return !sees(number); }));

    std::array<Number, audience_names.size()> first{};
    for (const Number number : board->sent) {
        const More& more = *board->more_of(number);
        if (more.corrected_by != 0 || !sees(number)) continue;
        for (std::size_t i = 0; i < first.size(); ++i) {
            if ((more.audiences >> i & 1U) == 0) continue;
            if (first[i] == 0 || board->line(number).event_time < board->line(first[i]).event_time)
                first[i] = number;
        }
    }
    const auto& reference = boards_.find(board->world)->reference;
    if (reference) review.reference_source = reference->source;
    for (std::size_t i = 0; i < first.size(); ++i) {
        CommunicationItem item;
        item.audience = audience_names[i];
        item.label = i18n::text(language, "respond.incident.audience." + item.audience);
        if (first[i] != 0) {
            item.first_at = board->line(first[i]).event_time;
            item.entry = first[i];
        }
        for (const auto& reached : board->reached) {
            const auto* organisation = council_.find(reached.organisation);
            if (organisation == nullptr || json::name_of(organisation->kind) != item.audience ||
                (item.first_at && *item.first_at <= reached.at))
                continue;
            item.first_at = reached.at;
            item.entry.reset();
            item.callout = reached.callout;
        }
        if (item.first_at) item.minutes = minutes_between(board->began_at, *item.first_at);
        if (reference) {
            const auto found = std::ranges::find(reference->times, item.audience,
                                                 &practise::drills::ReferenceTime::audience);
            if (found != reference->times.end()) {
                item.has_reference = true;
                item.reference_minutes = found->minutes;
                item.reference_note = found->note;
            }
        }
        review.communication.push_back(std::move(item));
    }

    for (const auto& history : board->milestones) {
        PromiseItem promise{history.terminal, history.milestone, {}, {}};
        if (history.said.back().state == MilestoneState::reached)
            promise.reached_at = history.said.back().time;
        for (const auto& said : history.said) {
            if (said.state != MilestoneState::announced) continue;
            PromisedItem promised{said.time, said.event_time, {}};
            if (promise.reached_at)
                promised.late_minutes = minutes_between(said.time, *promise.reached_at);
            promise.promised.push_back(promised);
        }
        review.promises.push_back(std::move(promise));
    }
    return review;
}

}  // namespace noroshi::respond::incident
