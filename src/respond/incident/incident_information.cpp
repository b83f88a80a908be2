// What is asked and what is answered: more information about the incident or a line of it, and the advice
// of experts. Both are lines of the chronology first, so that print, search, closing and the list of
// open tasks know them without being told; the facts here say what those lines are.

#include "respond/incident/incident_case.h"
#include "respond/incident/incident_checks.h"
#include "respond/incident/incident_report.h"

namespace noroshi::respond::incident {

namespace {

// A line, or what it was corrected to in the end.
Number latest_of(const State::Card& card, Number number) {
    for (auto newer = card.corrected_by.find(number); newer != card.corrected_by.end();
         newer = card.corrected_by.find(number))
        number = newer->second;
    return number;
}

std::string clipped(std::string name) {
    return length_of(name) <= name_limit ? std::move(name) : std::string();
}

// Who advises: by name, else by organisation.
Result<std::string> check_adviser(const Inquiry& inquiry, const AdviceRequest& request) {
    std::string adviser = given(request.adviser).value_or("");
    if (request.adviser_organisation) {
        if (inquiry.asked.council.find(*request.adviser_organisation) == nullptr)
            return invalid("respond.incident.organisation_unknown", "/adviser_organisation",
                           {{"organisation", request.adviser_organisation->text}});
        if (adviser.empty())
            adviser = inquiry.asked.council.name_of(*request.adviser_organisation, Language::ja);
    }
    if (adviser.empty()) return invalid("respond.incident.adviser_missing", "/adviser");
    TRY(check_length(adviser, name_limit, "/adviser"));
    return adviser;
}

enum class Direction { to_expert, from_expert };

template <class Body>
Result<Lined<Body>> advice(const Inquiry& inquiry, const IncidentId& id,
                           const AdviceRequest& request, Direction direction) {
    TRY_LET(const State::Card* card, find_to_write(inquiry.asked, id));
    if (request.entry.has_value() == given(request.content).has_value())
        return invalid("respond.incident.entry_or_words", "/content");
    TRY_LET(auto adviser, check_adviser(inquiry, request));
    const Instant now = inquiry.asked.state.now_in(card->world, inquiry.asked.now);
    Lined<Body> out{{}, {place_of(*card, id, now), {0, adviser, request.adviser_organisation}}};
    if (request.entry) {
        TRY(check_number(inquiry.asked, *card, *request.entry, "/entry"));
        out.fact.body.entry = *request.entry;
        if (const auto* own = inquiry.asked.state.own_visibility(*card, *request.entry))
            out.fact.place.visibility = *own;
        return out;
    }
    EntryRequest line;
    line.content = *request.content;
    line.medium = request.medium;
    line.event_time = request.event_time;
    if (direction == Direction::to_expert) {
        line.kind = EntryKind::request;
        line.receiver = adviser;
        line.due = request.due;
        if (request.adviser_organisation)
            line.receiver_organisations = {*request.adviser_organisation};
    } else {
        if (request.due) return invalid("respond.incident.due_without_task", "/due");
        line.sender = adviser;
    }
    TRY_LET(auto decided, add_entry(inquiry.asked, id, line));
    out.fact.body.entry = decided.body.number;
    out.line = std::move(decided);
    return out;
}

}  // namespace

Result<Lined<AdviceReceived>> receive_advice(const Inquiry& inquiry, const IncidentId& id,
                                             const AdviceRequest& request) {
    return advice<AdviceReceived>(inquiry, id, request, Direction::from_expert);
}

Result<Lined<AdviceAsked>> ask_advice(const Inquiry& inquiry, const IncidentId& id,
                                      const AdviceRequest& request) {
    return advice<AdviceAsked>(inquiry, id, request, Direction::to_expert);
}

Result<Lined<InformationAsked>> ask_information(const Inquiry& inquiry, const IncidentId& id,
                                                const InformationRequest& request) {
    TRY_LET(const State::Card* card, find_to_write(inquiry.asked, id));
    if (is_blank(request.question))
        return invalid("respond.incident.question_missing", "/question");
    TRY(check_length(request.question, note_limit, "/question"));
    const Visibility* seen_by = card->visibility.get();
    if (request.about) {
        TRY(check_number(inquiry.asked, *card, *request.about, "/about"));
        if (const auto newer = card->corrected_by.find(*request.about);
            newer != card->corrected_by.end())
            return fail(ErrorKind::conflict, "respond.incident.entry_corrected",
                        {{"number", std::to_string(*request.about)},
                         {"by", std::to_string(newer->second)}});
        if (const auto* own = inquiry.asked.state.own_visibility(*card, *request.about))
            seen_by = own;
    }
    if (request.asked && request.asked_organisation)
        return invalid("respond.incident.one_asked", "/asked_organisation");
    const auto& council = inquiry.asked.council;
    EntryRequest line;
    line.kind = EntryKind::request;
    line.content = request.question;
    line.due = request.due;
    if (request.asked) {
        // The person stands in the fact by id alone and can be erased; the line names the organisation.
        const auto* person = council.find(*request.asked);
        if (person == nullptr || person->erased)
            return invalid("respond.incident.person_unknown", "/asked",
                           {{"person", request.asked->text}});
        if (!may_see(council.viewer_of(person->id), *seen_by))
            return invalid("respond.incident.cannot_see", "/asked");
        if (!person->roles.empty())
            line.receiver =
                clipped(council.name_of(person->roles.front().organisation, Language::ja));
    } else if (request.asked_organisation) {
        if (council.find(*request.asked_organisation) == nullptr)
            return invalid("respond.incident.organisation_unknown", "/asked_organisation",
                           {{"organisation", request.asked_organisation->text}});
        const auto name = council.name_of(*request.asked_organisation, Language::ja);
        if (!may_see(viewer_of(council, *request.asked_organisation), *seen_by))
            return invalid("respond.incident.cannot_see_organisation", "/asked_organisation",
                           {{"organisation", name}});
        line.receiver = clipped(name);
        line.receiver_organisations = {*request.asked_organisation};
    } else {
        return invalid("respond.incident.nobody_asked", "/asked");
    }
    const Instant now = inquiry.asked.state.now_in(card->world, inquiry.asked.now);
    if (request.due && *request.due < now)
        return invalid("respond.incident.due_passed", "/due",
                       {{"time", format_rfc3339(*request.due)}});
    TRY_LET(auto decided, add_entry(inquiry.asked, id, line));
    // What is asked about a narrow line is as narrow.
    if (seen_by != card->visibility.get()) {
        decided.place.visibility = *seen_by;
        decided.body.narrowed = true;
    }
    InformationAsked body{decided.body.number, request.about, request.asked,
                          request.asked ? std::nullopt : request.asked_organisation};
    Decided<InformationAsked> fact{decided.place, std::move(body)};
    return Lined<InformationAsked>{std::move(decided), std::move(fact)};
}

bool may_answer(const Principal& by, const Case::Question& question, const journal::World& world) {
    return question.asked == by.person || question.said.by == by.person ||
           may_write_on_behalf(by, world) || std::ranges::any_of(by.roles, [&](const RoleIn& held) {
               return held.organisation == question.asked_organisation;
           });
}

Result<Decided<EntryAdded>> answer_information(const Inquiry& inquiry, const IncidentId& id,
                                               Number question,
                                               const AnswerInformationRequest& request) {
    TRY_LET(const State::Card* card, find_to_write(inquiry.asked, id));
    const Case* of = inquiry.cases.find(id);
    ASSERT(of != nullptr);
    const auto found = std::ranges::find_if(of->questions, [&](const Case::Question& one) {
        return latest_of(*card, one.entry) == latest_of(*card, question);
    });
    if (found == of->questions.end())
        return fail(ErrorKind::not_found, "respond.incident.question_unknown",
                    {{"number", std::to_string(question)}});
    TRY(check_number(inquiry.asked, *card, question, ""));
    if (!may_answer(inquiry.asked.by, *found, card->world))
        return fail(ErrorKind::forbidden, "respond.incident.asked_of_another");
    if (is_blank(request.answer)) return invalid("respond.incident.content_missing", "/answer");
    TRY(check_length(request.answer, content_limit, "/answer"));
    RemarkRequest remark;
    remark.content = request.answer;
    remark.event_time = request.event_time;
    remark.on_behalf_of = request.on_behalf_of;
    TRY_LET(auto decided, complete(inquiry.asked, id, latest_of(*card, question), remark, {}));
    decided.body.sender = clipped(inquiry.asked.council.name_of(
        request.on_behalf_of.value_or(inquiry.asked.by.organisation), Language::ja));
    return decided;
}

}  // namespace noroshi::respond::incident
