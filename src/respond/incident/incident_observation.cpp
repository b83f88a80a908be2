// Observations: below an incident, and the first sign of one. An operator's observation is told to
// the port manager alone unless it says otherwise, as an incident's is.

#include <algorithm>

#include "respond/incident/incident_case.h"
#include "respond/incident/incident_checks.h"

namespace noroshi::respond::incident {

using journal::Place;

namespace {

struct Found {
    const Observation* one;
    Place place;
};

Result<Found> find(const Inquiry& inquiry, const ObservationId& id) {
    const auto* one = inquiry.cases.find(id);
    if (one == nullptr || !may_see(inquiry.asked.by.viewer, *one->visibility))
        return fail(ErrorKind::not_found, "respond.incident.observation_unknown");
    TRY(check_takes_part(inquiry.asked.by, one->world));
    return Found{one, Place{stream_of(id),
                            *one->visibility,
                            one->world,
                            inquiry.asked.state.now_in(one->world, inquiry.asked.now),
                            {}}};
}

Result<> check_under_way(const Observation& one) {
    if (one.state == Observation::State::raised)
        return fail(ErrorKind::conflict, "respond.incident.observation_raised_already");
    if (one.state == Observation::State::settled)
        return fail(ErrorKind::conflict, "respond.incident.observation_settled_already");
    return {};
}

}  // namespace

Result<Decided<ObservationMade>> observe(const Inquiry& inquiry, const ObservationId& id,
                                         const ObserveRequest& request) {
    const auto& asked = inquiry.asked;
    const journal::World world{request.exercise.value_or(ExerciseId{})};
    if (!world.is_live()) {
        const auto* exercise = asked.state.find_exercise(world.exercise);
        if (exercise == nullptr || !may_see(asked.by.viewer, *exercise->visibility))
            return invalid("respond.incident.exercise_unknown", "/exercise");
        if (exercise->ended) return fail(ErrorKind::conflict, "respond.incident.exercise_ended");
    }
    TRY(check_takes_part(asked.by, world));
    if (is_blank(request.content)) return invalid("respond.incident.content_missing", "/content");
    TRY(check_length(request.content, content_limit, "/content"));
    TRY(check_optional(request.source, name_limit, "/source"));
    TRY_LET(auto terminals, check_terminals(asked, request.terminals));
    TRY(check_on_behalf_of(asked, request.on_behalf_of, world));
    TRY_LET(const Instant at,
            check_event_time(request.event_time, asked.state.now_in(world, asked.now)));
    const auto on_behalf_of = other_than_own(asked.by, request.on_behalf_of);
    Visibility visibility = default_visibility(asked.council, asked.by, on_behalf_of, world);
    if (request.visibility) {
        TRY_LET(visibility,
                check_visibility(asked, *request.visibility, on_behalf_of, "/visibility"));
    }
    ObservationMade body;
    body.number = inquiry.cases.next_observation_number(world);
    body.content = request.content;
    body.organisation = asked.by.organisation;
    body.on_behalf_of = on_behalf_of;
    body.source = given(request.source);
    body.terminals = given(std::move(terminals));
    return Decided<ObservationMade>{Place{stream_of(id), std::move(visibility), world, at, {}},
                                    std::move(body)};
}

Result<Decided<ObservationQuestioned>> question(const Inquiry& inquiry, const ObservationId& id,
                                                const QuestionRequest& request) {
    TRY_LET(auto found, find(inquiry, id));
    TRY(check_under_way(*found.one));
    if (is_blank(request.question))
        return invalid("respond.incident.question_missing", "/question");
    TRY(check_length(request.question, note_limit, "/question"));
    const auto& council = inquiry.asked.council;
    if (request.asked) {
        if (!council.find_person(*request.asked))
            return invalid("respond.incident.person_unknown", "/asked",
                           {{"person", request.asked->text}});
        if (!may_see(council.viewer_of(*request.asked), *found.one->visibility))
            return invalid("respond.incident.cannot_see", "/asked");
    } else if (request.asked_organisation) {
        if (council.find(*request.asked_organisation) == nullptr)
            return invalid("respond.incident.organisation_unknown", "/asked_organisation",
                           {{"organisation", request.asked_organisation->text}});
    } else {
        return invalid("respond.incident.nobody_asked", "/asked");
    }
    if (request.due && *request.due < *found.place.event_time)
        return invalid("respond.incident.due_passed", "/due",
                       {{"time", format_rfc3339(*request.due)}});
    return Decided<ObservationQuestioned>{
        std::move(found.place),
        {request.question, request.asked, request.asked_organisation, request.due}};
}

Result<Decided<ObservationAnswered>> answer(const Inquiry& inquiry, const ObservationId& id,
                                            const AnswerObservationRequest& request) {
    TRY_LET(auto found, find(inquiry, id));
    TRY(check_under_way(*found.one));
    if (is_blank(request.answer)) return invalid("respond.incident.content_missing", "/answer");
    TRY(check_length(request.answer, content_limit, "/answer"));
    TRY(check_on_behalf_of(inquiry.asked, request.on_behalf_of, found.one->world));
    return Decided<ObservationAnswered>{std::move(found.place),
                                        {request.answer, inquiry.asked.by.organisation,
                                         other_than_own(inquiry.asked.by, request.on_behalf_of)}};
}

Result<Decided<ObservationRaised>> raise(const Inquiry& inquiry, const ObservationId& id,
                                         const IncidentId& incident) {
    TRY_LET(auto found, find(inquiry, id));
    if (found.one->state == Observation::State::raised)
        return fail(ErrorKind::conflict, "respond.incident.observation_raised_already");
    return Decided<ObservationRaised>{std::move(found.place), {incident}};
}

Result<Decided<ObservationSettled>> settle(const Inquiry& inquiry, const ObservationId& id,
                                           const ReasonRequest& request) {
    TRY_LET(auto found, find(inquiry, id));
    TRY(check_under_way(*found.one));
    if (!given(request.reason)) return invalid("respond.incident.reason_missing", "/reason");
    TRY(check_length(*request.reason, note_limit, "/reason"));
    return Decided<ObservationSettled>{std::move(found.place), {*request.reason}};
}

Result<Decided<ObservationReopened>> reopen(const Inquiry& inquiry, const ObservationId& id,
                                            const ReasonRequest& request) {
    TRY_LET(auto found, find(inquiry, id));
    if (found.one->state != Observation::State::settled)
        return fail(ErrorKind::conflict, "respond.incident.observation_not_settled");
    TRY(check_optional(request.reason, note_limit, "/reason"));
    return Decided<ObservationReopened>{std::move(found.place), {given(request.reason)}};
}

}  // namespace noroshi::respond::incident
