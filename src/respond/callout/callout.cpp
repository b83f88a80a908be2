#include "respond/callout/callout.h"

#include <algorithm>
#include <charconv>

#include "kernel/journal/listen.h"

namespace noroshi::respond::callout {

using incident::length_of;

namespace {

constexpr std::string_view stream_prefix = "respond/callout/";

template <class Body>
Decided<Body> decided(const CalloutId& id, const State::Callout& callout, Instant now, Body body) {
    return {journal::Place{stream_of(id), *callout.visibility, callout.world, now, {}},
            std::move(body)};
}

Result<> check_length(std::string_view text, std::size_t limit, std::string key,
                      std::string pointer) {
    if (length_of(text) > limit)
        return invalid(std::move(key), std::move(pointer), {{"limit", std::to_string(limit)}});
    return {};
}

template <class One>
bool is_among(const std::vector<One>& all, const One& one) {
    return std::ranges::find(all, one) != all.end();
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

// ---- names ---------------------------------------------------------------------------------

std::string stream_of(const CalloutId& id) { return std::string(stream_prefix) + id.text; }

std::optional<CalloutId> callout_of_stream(std::string_view stream) {
    if (!stream.starts_with(stream_prefix)) return {};
    return CalloutId{std::string(stream.substr(stream_prefix.size()))};
}

std::string topic_of(const CalloutId& id) { return "respond.callout/" + id.text; }

std::string write_key(const MessageKey& key) {
    return key.callout.text + "/" + key.person.text + "/email/" + std::to_string(key.round);
}

std::optional<MessageKey> read_key(std::string_view text) {
    constexpr std::string_view channel = "/email/";
    const auto first = text.find('/');
    if (first == std::string_view::npos) return {};
    const auto second = text.find(channel, first + 1);
    if (second == std::string_view::npos) return {};
    MessageKey key{CalloutId{std::string(text.substr(0, first))},
                   PersonId{std::string(text.substr(first + 1, second - first - 1))}};
    const auto round = text.substr(second + channel.size());
    const auto read = std::from_chars(round.data(), round.data() + round.size(), key.round);
    if (read.ec != std::errc{} || read.ptr != round.data() + round.size()) return {};
    return key;
}

// ---- the pending side ----------------------------------------------------------------------

bool State::Callout::reminder_is_due(Instant now) const {
    return rounds < reminders && unanswered > 0 && last_round_at + remind_after <= now;
}

Instant State::Callout::next_due() const {
    if (rounds < reminders && unanswered > 0)
        return std::min(expires_at, last_round_at + remind_after);
    return expires_at;
}

State::Callout* State::at(const journal::Envelope& at) {
    const auto id = callout_of_stream(at.stream);
    if (!id) return nullptr;
    const auto found = callouts_.find(*id);
    return found == callouts_.end() ? nullptr : &found->second;
}

const State::Callout* State::find(const CalloutId& id) const {
    const auto found = callouts_.find(id);
    return found == callouts_.end() ? nullptr : &found->second;
}

void State::listen(journal::Listeners& pending) {
    using journal::Envelope;
    using journal::World;
    pending.on_reset([this] { *this = State{}; });
    journal::listen_any<CalloutRaised>(
        pending, [this](const World& world, const CalloutRaised& fact, const Envelope& at) {
            const auto id = callout_of_stream(at.stream);
            if (!id) return;
            Callout& callout = callouts_[*id];
            callout.incident = fact.incident;
            callout.world = world;
            callout.visibility = at.visibility;
            callout.raised_by = PersonId{std::string(at.actor)};
            callout.organisation = fact.organisation;
            callout.subject = fact.subject.value_or("");
            callout.text = fact.text;
            callout.raised_at = callout.last_round_at = at.event_time;
            callout.expires_at = fact.expires_at;
            callout.remind_after = fact.remind_after_seconds;
            callout.reminders = fact.reminders;
            for (const auto& one : fact.addressees)
                callout.people[one.person] = {one.organisation, false};
            callout.unanswered = callout.people.size();
            open_.insert(*id);
        });
    journal::listen_any<AnswerGiven>(
        pending, [this](const World&, const AnswerGiven& fact, const Envelope& envelope) {
            Callout* callout = at(envelope);
            if (callout == nullptr) return;
            const auto person = callout->people.find(fact.person);
            if (person == callout->people.end() || person->second.answered) return;
            person->second.answered = true;
            --callout->unanswered;
        });
    journal::listen_any<ReminderSent>(
        pending, [this](const World&, const ReminderSent& fact, const Envelope& envelope) {
            Callout* callout = at(envelope);
            if (callout == nullptr) return;
            callout->rounds = fact.round;
            callout->last_round_at = envelope.event_time;
        });
    journal::listen_any<CalloutResolved>(
        pending, [this](const World&, const CalloutResolved&, const Envelope& envelope) {
            Callout* callout = at(envelope);
            if (callout == nullptr) return;
            callout->open = false;
            callout->text.clear();
            callout->subject.clear();
            open_.erase(*callout_of_stream(envelope.stream));
        });
    // A call-out is seen by those who see its incident, from then on.
    journal::listen_any<incident::VisibilityChanged>(
        pending,
        [this](const World&, const incident::VisibilityChanged&, const Envelope& envelope) {
            const auto incident = incident::incident_of_stream(envelope.stream);
            if (!incident) return;
            for (auto& [id, callout] : callouts_)
                if (callout.incident == *incident) callout.visibility = envelope.visibility;
        });
}

// ---- decisions -----------------------------------------------------------------------------

const std::vector<Role>& roles_that_raise() {
    static const std::vector<Role> roles{Role::duty_officer, Role::leader, Role::clerk,
                                         Role::security_person};
    return roles;
}

const std::vector<Role>& roles_that_answer_on_behalf() {
    static const std::vector<Role> roles{Role::duty_officer, Role::leader, Role::clerk,
                                         Role::liaison};
    return roles;
}

Result<Decided<CalloutRaised>> raise(const CalloutId& id, const RaiseRequest& request,
                                     const Principal& by, const About& about,
                                     std::span<const Reachable> people,
                                     const std::function<bool(const OrganisationId&)>& knows) {
    if (is_blank(request.text)) return invalid("respond.callout.text_missing", "/text");
    TRY(check_length(request.text, text_limit, "respond.callout.text_too_long", "/text"));
    TRY(check_length(request.subject.value_or(""), subject_limit,
                     "respond.callout.subject_too_long", "/subject"));
    if (request.remind_after_minutes < 1 || request.remind_after_minutes > 1440)
        return invalid("respond.callout.remind_after_out_of_range", "/remind_after_minutes");
    if (request.reminders < 0 || request.reminders > 10)
        return invalid("respond.callout.reminders_out_of_range", "/reminders");
    if (request.organisations.empty() && request.roles.empty() && request.people.empty())
        return invalid("respond.callout.nobody_named", "/organisations");
    for (std::size_t i = 0; i < request.organisations.size(); ++i)
        if (!knows(request.organisations[i]))
            return invalid("respond.callout.unknown_organisation",
                           "/organisations/" + std::to_string(i));
    if (!about.open) return fail(ErrorKind::conflict, "respond.callout.incident_closed");
    if (about.exercise_ended) return fail(ErrorKind::conflict, "respond.callout.exercise_ended");

    CalloutRaised raised;
    raised.incident = request.incident;
    raised.organisation = by.organisation;
    if (request.subject && !is_blank(*request.subject)) raised.subject = request.subject;
    raised.text = request.text;
    raised.remind_after_seconds = std::chrono::minutes(request.remind_after_minutes);
    raised.reminders = request.reminders;
    raised.expires_at = about.now + lifetime;

    std::unordered_map<PersonId, const Reachable*> known;
    for (const auto& person : people) known.emplace(person.person, &person);
    std::set<PersonId> called;
    auto call = [&](const Reachable& person, const RoleIn& role) {
        if (called.insert(person.person).second)
            raised.addressees.push_back({person.person, role.organisation, role.role, person.gap});
    };
    auto is_wanted = [&](Role role) {
        return request.roles.empty() ? role != Role::observer : is_among(request.roles, role);
    };
    for (std::size_t i = 0; i < request.people.size(); ++i) {
        const auto found = known.find(request.people[i]);
        if (found == known.end())
            return invalid("respond.callout.unknown_person", "/people/" + std::to_string(i));
        const auto& roles = found->second->roles;
        call(*found->second, roles.empty() ? RoleIn{{}, Role::observer} : roles.front());
    }
    if (!request.organisations.empty() || !request.roles.empty()) {
        std::set<OrganisationId> reached;
        for (const auto& person : people)
            for (const auto& role : person.roles) {
                if (!is_wanted(role.role)) continue;
                if (!request.organisations.empty() &&
                    !is_among(request.organisations, role.organisation))
                    continue;
                reached.insert(role.organisation);
                call(person, role);
            }
        for (const auto& organisation : request.organisations)
            if (reached.insert(organisation).second)
                raised.empty_organisations.push_back(organisation);
    }
    if (raised.addressees.empty()) return invalid("respond.callout.nobody_found", "/organisations");
    if (raised.addressees.size() > people_limit)
        return invalid("respond.callout.too_many", "/organisations",
                       {{"limit", std::to_string(people_limit)}});
    return Decided<CalloutRaised>{
        journal::Place{stream_of(id), *about.visibility, about.world, about.now, {}},
        std::move(raised)};
}

namespace {

Result<Decided<AnswerGiven>> answer_for(const State::Callout& callout, const CalloutId& id,
                                        const PersonId& person, Way way,
                                        const AnswerRequest& request, Instant now) {
    if (!callout.open) return fail(ErrorKind::conflict, "respond.callout.over");
    AnswerGiven given;
    given.incident = callout.incident;
    given.person = person;
    given.answer = request.answer;
    given.way = way;
    if (request.answer != AnswerKind::cannot) given.coming_at = request.coming_at;
    const std::string substitute = request.substitute.value_or("");
    const std::string note = request.note.value_or("");
    TRY(check_length(substitute, substitute_limit, "respond.callout.substitute_too_long",
                     "/substitute"));
    TRY(check_length(note, note_limit, "respond.callout.note_too_long", "/note"));
    if (request.answer == AnswerKind::substitute) {
        if (is_blank(substitute))
            return invalid("respond.callout.substitute_missing", "/substitute");
        given.substitute = Personal{person, substitute};
    }
    if (!is_blank(note)) given.note = Personal{person, note};
    return decided(id, callout, now, std::move(given));
}

}  // namespace

Result<Decided<AnswerGiven>> answer(const State& state, const CalloutId& id,
                                    const AnswerRequest& request, const Principal& by,
                                    Instant now) {
    const auto* callout = state.find(id);
    const PersonId person = request.person.value_or(by.person);
    const bool oneself = person == by.person;
    const bool sees = callout != nullptr && may_see(by.viewer, *callout->visibility);
    // Whoever was called may answer, even if the incident is not for their eyes.
    if (callout == nullptr || (!sees && !(oneself && callout->people.contains(person))))
        return fail(ErrorKind::not_found, "respond.callout.unknown");
    if (!oneself && !incident::has_any(by, roles_that_answer_on_behalf()))
        return fail(ErrorKind::forbidden, "respond.callout.on_behalf_not_permitted");
    if (!callout->people.contains(person))
        return fail(ErrorKind::not_found, "respond.callout.not_addressed", {}, "/person");
    return answer_for(*callout, id, person, oneself ? Way::signed_in : Way::on_behalf, request,
                      now);
}

Result<Decided<AnswerGiven>> answer_by_link(const State& state, const Link& link,
                                            const AnswerRequest& request, Instant now) {
    const auto* callout = state.find(link.callout);
    if (callout == nullptr || !callout->people.contains(link.person))
        return fail(ErrorKind::not_found, "respond.callout.link_invalid");
    return answer_for(*callout, link.callout, link.person, Way::link, request, now);
}

Result<Decided<CalloutResolved>> resolve(const State& state, const CalloutId& id,
                                         const Principal& by, Instant now) {
    const auto* callout = state.find(id);
    if (callout == nullptr || !may_see(by.viewer, *callout->visibility))
        return fail(ErrorKind::not_found, "respond.callout.unknown");
    if (!callout->open) return fail(ErrorKind::conflict, "respond.callout.over");
    return decided(id, *callout, now, CalloutResolved{callout->incident, Ending::resolved});
}

}  // namespace noroshi::respond::callout
