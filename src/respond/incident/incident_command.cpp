// Command: whoever opens an incident is in charge until somebody takes it or accepts it. An offer
// changes nothing by itself, so an incident is never without a person in charge.

#include <algorithm>

#include "respond/incident/incident_case.h"
#include "respond/incident/incident_checks.h"

namespace noroshi::respond::incident {

namespace {

struct Leading {
    const State::Card* card;
    const Case* of;
    Instant now;  // in the time of its world
};

Result<Leading> find_to_lead(const Inquiry& inquiry, const IncidentId& id) {
    TRY_LET(const State::Card* card, find_to_write(inquiry.asked, id));
    if (!card->open) return fail(ErrorKind::conflict, "respond.incident.already_closed");
    const Case* of = inquiry.cases.find(id);
    ASSERT(of != nullptr);
    return Leading{card, of, inquiry.asked.state.now_in(card->world, inquiry.asked.now)};
}

Result<> check_offered(const Inquiry& inquiry, const Case& of) {
    if (!of.offer) return fail(ErrorKind::conflict, "respond.incident.nothing_offered");
    if (of.offer->to == inquiry.asked.by.person) return {};
    return fail(ErrorKind::forbidden, "respond.incident.offered_to_another");
}

}  // namespace

bool may_lead(const Inquiry& inquiry, const PersonId& person, const journal::World& world) {
    const auto found = inquiry.asked.council.find_person(person);
    if (!found) return false;
    return std::ranges::any_of(found->roles, [&](const RoleIn& role) {
        if (role.role == Role::administrator) return !world.is_live();
        if (role.role != Role::duty_officer && role.role != Role::leader) return false;
        const auto* organisation = inquiry.asked.council.find(role.organisation);
        return organisation != nullptr &&
               organisation->kind == council::OrganisationKind::port_manager;
    });
}

std::vector<PersonId> chairs(const council::State& council, const PersonId& in_charge,
                             const PersonId& asked) {
    std::vector<PersonId> told;
    for (const Role role : {Role::leader, Role::duty_officer}) {
        for (const auto* manager :
             council.organisations_of(council::OrganisationKind::port_manager))
            for (const auto* person : council.people_with(manager->id, role))
                if (person->id != in_charge && person->id != asked &&
                    std::ranges::find(told, person->id) == told.end())
                    told.push_back(person->id);
        if (!told.empty()) break;
    }
    return told;
}

Result<Decided<CommandTaken>> take_command(const Inquiry& inquiry, const IncidentId& id,
                                           const TakeCommandRequest& request) {
    TRY_LET(const auto leading, find_to_lead(inquiry, id));
    const auto& by = inquiry.asked.by;
    if (!may_lead(inquiry, by.person, leading.card->world))
        return fail(ErrorKind::forbidden, "respond.incident.may_not_lead");
    if (leading.of->in_charge == by.person)
        return fail(ErrorKind::conflict, "respond.incident.in_charge_already");
    TRY(check_optional(request.reason, note_limit, "/reason"));
    return Decided<CommandTaken>{place_of(*leading.card, id, leading.now),
                                 {by.organisation, given(request.reason)}};
}

Result<Decided<HandoverOffered>> hand_over(const Inquiry& inquiry, const IncidentId& id,
                                           const HandOverRequest& request) {
    TRY_LET(const auto leading, find_to_lead(inquiry, id));
    const auto& by = inquiry.asked.by;
    // A leader may also hand over what somebody else is in charge of: that person may be out.
    if (leading.of->in_charge != by.person && !may_lead(inquiry, by.person, leading.card->world))
        return fail(ErrorKind::forbidden, "respond.incident.may_not_lead");
    if (!inquiry.asked.council.find_person(request.to))
        return invalid("respond.incident.person_unknown", "/to", {{"person", request.to.text}});
    if (request.to == leading.of->in_charge)
        return invalid("respond.incident.in_charge_already", "/to");
    if (!may_lead(inquiry, request.to, leading.card->world))
        return invalid("respond.incident.cannot_lead", "/to");
    if (!may_see(inquiry.asked.council.viewer_of(request.to), *leading.card->visibility))
        return invalid("respond.incident.cannot_see", "/to");
    TRY(check_optional(request.note, note_limit, "/note"));
    return Decided<HandoverOffered>{
        place_of(*leading.card, id, leading.now),
        {request.to, given(request.note), leading.now + handover_patience}};
}

Result<Decided<HandoverAccepted>> accept_command(const Inquiry& inquiry, const IncidentId& id) {
    TRY_LET(const auto leading, find_to_lead(inquiry, id));
    TRY(check_offered(inquiry, *leading.of));
    return Decided<HandoverAccepted>{place_of(*leading.card, id, leading.now),
                                     {inquiry.asked.by.organisation}};
}

Result<Decided<HandoverDeclined>> decline_command(const Inquiry& inquiry, const IncidentId& id,
                                                  const ReasonRequest& request) {
    TRY_LET(const auto leading, find_to_lead(inquiry, id));
    TRY(check_offered(inquiry, *leading.of));
    TRY(check_optional(request.reason, note_limit, "/reason"));
    return Decided<HandoverDeclined>{place_of(*leading.card, id, leading.now),
                                     {given(request.reason)}};
}

Result<Decided<HandoverWithdrawn>> withdraw_handover(const Inquiry& inquiry, const IncidentId& id,
                                                     const ReasonRequest& request) {
    TRY_LET(const auto leading, find_to_lead(inquiry, id));
    if (!leading.of->offer) return fail(ErrorKind::conflict, "respond.incident.nothing_offered");
    const auto& by = inquiry.asked.by;
    if (leading.of->offer->from != by.person && leading.of->in_charge != by.person)
        return fail(ErrorKind::forbidden, "respond.incident.may_not_lead");
    TRY(check_optional(request.reason, note_limit, "/reason"));
    return Decided<HandoverWithdrawn>{place_of(*leading.card, id, leading.now),
                                      {given(request.reason)}};
}

}  // namespace noroshi::respond::incident
