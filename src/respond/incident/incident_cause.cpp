// The cause: several hypotheses side by side, what speaks for and against each, and an end that may
// be "undetermined". Links, advice and systems, which lead to it, are decided here too.

#include <algorithm>

#include "respond/incident/incident_case.h"
#include "respond/incident/incident_checks.h"

namespace noroshi::respond::incident {

namespace {

struct Found {
    const State::Card* card;
    const Case* of;
    Instant now;
};

Result<Found> find(const Inquiry& inquiry, const IncidentId& id) {
    TRY_LET(const State::Card* card, find_to_write(inquiry.asked, id));
    const Case* of = inquiry.cases.find(id);
    ASSERT(of != nullptr);
    return Found{card, of, inquiry.asked.state.now_in(card->world, inquiry.asked.now)};
}

Result<> check_statement(const std::string& text, const std::string& pointer) {
    if (is_blank(text)) return invalid("respond.incident.statement_missing", pointer);
    return check_length(text, statement_limit, pointer);
}

Result<> check_hypothesis(const Case& of, std::uint32_t number, const std::string& pointer) {
    if (number >= 1 && number <= of.hypotheses.size()) return {};
    Arguments arguments{{"number", std::to_string(number)}};
    if (pointer.empty())
        return fail(ErrorKind::not_found, "respond.incident.hypothesis_unknown", arguments);
    return invalid("respond.incident.hypothesis_unknown", pointer, arguments);
}

}  // namespace

Result<Decided<HypothesisProposed>> propose(const Inquiry& inquiry, const IncidentId& id,
                                            const HypothesisRequest& request) {
    TRY_LET(const auto found, find(inquiry, id));
    TRY(check_statement(request.statement, "/statement"));
    TRY(check_on_behalf_of(inquiry.asked, request.on_behalf_of, found.card->world));
    if (found.of->hypotheses.size() >= hypotheses_limit)
        return invalid("respond.incident.too_many", "/statement",
                       {{"limit", std::to_string(hypotheses_limit)}});
    return Decided<HypothesisProposed>{
        place_of(*found.card, id, found.now),
        {static_cast<std::uint32_t>(found.of->hypotheses.size()) + 1, request.statement,
         inquiry.asked.by.organisation, other_than_own(inquiry.asked.by, request.on_behalf_of)}};
}

Result<Decided<HypothesisWeighed>> weigh(const Inquiry& inquiry, const IncidentId& id,
                                         std::uint32_t hypothesis, const WeighRequest& request) {
    TRY_LET(const auto found, find(inquiry, id));
    TRY(check_hypothesis(*found.of, hypothesis, ""));
    TRY(check_statement(request.statement, "/statement"));
    TRY(check_on_behalf_of(inquiry.asked, request.on_behalf_of, found.card->world));
    Decided<HypothesisWeighed> out{place_of(*found.card, id, found.now), {}};
    if (request.entry) {
        TRY(check_number(inquiry.asked, *found.card, *request.entry, "/entry"));
        // What rests on a narrow line is as narrow, which the case cannot keep: it is everybody's.
        if (inquiry.asked.state.own_visibility(*found.card, *request.entry) != nullptr)
            return invalid("respond.incident.entry_is_narrow", "/entry",
                           {{"number", std::to_string(*request.entry)}});
    }
    if (request.evidence &&
        (*request.evidence == 0 || *request.evidence > found.of->evidence.size()))
        return invalid("respond.incident.evidence_unknown", "/evidence",
                       {{"number", std::to_string(*request.evidence)}});
    out.body = {hypothesis,
                request.weight,
                request.statement,
                inquiry.asked.by.organisation,
                other_than_own(inquiry.asked.by, request.on_behalf_of),
                request.entry,
                request.evidence};
    return out;
}

Result<Decided<HypothesisJudged>> judge(const Inquiry& inquiry, const IncidentId& id,
                                        std::uint32_t hypothesis, const JudgeRequest& request) {
    TRY_LET(const auto found, find(inquiry, id));
    TRY(check_hypothesis(*found.of, hypothesis, ""));
    TRY(check_optional(request.reason, statement_limit, "/reason"));
    const bool ends = request.standing == HypothesisStanding::confirmed ||
                      request.standing == HypothesisStanding::refuted ||
                      request.standing == HypothesisStanding::undetermined;
    if (ends && !given(request.reason))
        return invalid("respond.incident.reason_missing", "/reason");
    return Decided<HypothesisJudged>{
        place_of(*found.card, id, found.now),
        {hypothesis, request.standing, given(request.reason), inquiry.asked.by.organisation}};
}

Result<Decided<CauseConcluded>> conclude(const Inquiry& inquiry, const IncidentId& id,
                                         const ConcludeRequest& request) {
    TRY_LET(const auto found, find(inquiry, id));
    if (is_blank(request.reason)) return invalid("respond.incident.reason_missing", "/reason");
    TRY(check_length(request.reason, statement_limit, "/reason"));
    if (request.hypothesis) {
        TRY(check_hypothesis(*found.of, *request.hypothesis, "/hypothesis"));
        if (request.conclusion != Conclusion::determined)
            return invalid("respond.incident.hypothesis_without_cause", "/hypothesis");
    }
    return Decided<CauseConcluded>{
        place_of(*found.card, id, found.now),
        {request.conclusion, request.hypothesis, request.reason, inquiry.asked.by.organisation}};
}

Result<Decided<IncidentLinked>> link(const Inquiry& inquiry, const IncidentId& id,
                                     const LinkRequest& request) {
    TRY_LET(const auto found, find(inquiry, id));
    const auto* other = inquiry.asked.state.find(request.other);
    if (other == nullptr || !may_see(inquiry.asked.by.viewer, *other->visibility))
        return invalid("respond.incident.unknown", "/other");
    if (request.other == id) return invalid("respond.incident.linked_with_itself", "/other");
    // A drill may look back on what really happened, never the other way round.
    if (found.card->world.is_live() && !other->world.is_live())
        return invalid("respond.incident.linked_with_a_drill", "/other");
    // Of two incidents one is the recurrence of the other.
    if (const Case* back = inquiry.cases.find(request.other);
        request.relation == Relation::recurrence && back != nullptr)
        if (const auto link = back->links.find(id);
            link != back->links.end() && link->second.relation == Relation::recurrence)
            return fail(ErrorKind::conflict, "respond.incident.recurrence_of_each_other");
    TRY(check_optional(request.note, note_limit, "/note"));
    return Decided<IncidentLinked>{place_of(*found.card, id, found.now),
                                   {request.other, request.relation, given(request.note)}};
}

Result<Decided<IncidentUnlinked>> unlink(const Inquiry& inquiry, const IncidentId& id,
                                         const IncidentId& other, const ReasonRequest& request) {
    TRY_LET(const auto found, find(inquiry, id));
    const auto* card = inquiry.asked.state.find(other);
    if (!found.of->links.contains(other) || card == nullptr ||
        !may_see(inquiry.asked.by.viewer, *card->visibility))
        return fail(ErrorKind::conflict, "respond.incident.not_linked");
    TRY(check_optional(request.reason, note_limit, "/reason"));
    return Decided<IncidentUnlinked>{place_of(*found.card, id, found.now),
                                     {other, given(request.reason)}};
}

Result<Decided<SystemsNamed>> name_systems(const Inquiry& inquiry, const IncidentId& id,
                                           const SystemsRequest& request) {
    TRY_LET(const auto found, find(inquiry, id));
    if (request.systems.size() > parties_limit)
        return invalid("respond.incident.too_many", "/systems",
                       {{"limit", std::to_string(parties_limit)}});
    std::vector<prepare::port::SystemId> systems;
    // Named by others and hidden from this person: they stay.
    for (const auto& known : found.of->systems) {
        const auto* system = inquiry.systems.find(known);
        if (system != nullptr && !may_see(inquiry.asked.by.viewer, *system->visibility))
            systems.push_back(known);
    }
    for (std::size_t i = 0; i < request.systems.size(); ++i) {
        const auto* system = inquiry.systems.find(request.systems[i]);
        if (system == nullptr || !may_see(inquiry.asked.by.viewer, *system->visibility))
            return invalid("respond.incident.system_unknown", "/systems/" + std::to_string(i));
        if (std::ranges::find(systems, request.systems[i]) == systems.end())
            systems.push_back(request.systems[i]);
    }
    return Decided<SystemsNamed>{place_of(*found.card, id, found.now), {std::move(systems)}};
}

}  // namespace noroshi::respond::incident
