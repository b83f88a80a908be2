#include "respond/callout/callout_view.h"

#include <algorithm>

#include "kernel/journal/listen.h"
#include "prepare/council/council_facts.h"
#include "prepare/council/council_view.h"
#include "respond/callout/callout.h"

namespace noroshi::respond::callout {

namespace {

AddresseeState state_of(const View::Addressee& one) {
    if (one.answer) return AddresseeState::answered;
    if (one.delivered) return AddresseeState::delivered;
    if (one.gap) return AddresseeState::failed;
    return one.in_doubt ? AddresseeState::sent : AddresseeState::waiting;
}

}  // namespace

const View::Addressee* View::Callout::find(const PersonId& person) const {
    const auto found = std::ranges::find(
        addressees, person, [](const Addressee& one) -> const auto& { return one.who.person; });
    return found == addressees.end() ? nullptr : &*found;
}

View::Callout* View::at(const journal::Envelope& at) {
    const auto id = callout_of_stream(at.stream);
    if (!id) return nullptr;
    const auto found = callouts_.find(*id);
    if (found == callouts_.end()) return nullptr;
    found->second.version = at.stream_version;
    return &found->second;
}

View::Addressee* View::addressee(const journal::Envelope& envelope, const PersonId& person) {
    Callout* callout = at(envelope);
    if (callout == nullptr) return nullptr;
    return const_cast<Addressee*>(callout->find(person));
}

const View::Callout* View::find(const CalloutId& id) const {
    const auto found = callouts_.find(id);
    return found == callouts_.end() ? nullptr : &found->second;
}

void View::listen(journal::Listeners& published) {
    using journal::Envelope;
    using journal::World;
    published.on_reset([this] {
        callouts_.clear();
        order_.clear();
        of_incident_.clear();
    });
    journal::listen_any<CalloutRaised>(
        published, [this](const World& world, const CalloutRaised& fact, const Envelope& at) {
            const auto id = callout_of_stream(at.stream);
            if (!id) return;
            Callout& callout = callouts_[*id];
            callout.id = *id;
            callout.world = world;
            callout.visibility = at.visibility;
            callout.raised = fact;
            callout.raised_by = PersonId{std::string(at.actor)};
            callout.raised_at = callout.last_round_at = at.event_time;
            callout.version = at.stream_version;
            for (const auto& one : fact.addressees) {
                Addressee addressee;
                addressee.who = one;
                addressee.gap = one.gap;
                callout.addressees.push_back(std::move(addressee));
            }
            order_.push_back(*id);
            of_incident_[fact.incident].push_back(*id);
        });
    journal::listen_any<MessageTried>(
        published, [this](const World&, const MessageTried& fact, const Envelope& at) {
            Addressee* one = addressee(at, fact.person);
            if (one == nullptr || fact.round < one->round) return;
            one->round = fact.round;
            one->attempts = fact.attempt;
            one->in_doubt = one->in_doubt || fact.in_doubt;
            one->problem = fact.gateway + ": " + fact.detail;
        });
    journal::listen_any<MessageDelivered>(
        published, [this](const World&, const MessageDelivered& fact, const Envelope& at) {
            Addressee* one = addressee(at, fact.person);
            if (one == nullptr) return;
            one->delivered = true;
            one->gap.reset();
            one->problem.clear();
            one->attempts = fact.attempt;
            one->round = std::max(one->round, fact.round);
            if (!one->sent_at) one->sent_at = at.event_time;
        });
    journal::listen_any<MessageFailed>(
        published, [this](const World&, const MessageFailed& fact, const Envelope& at) {
            Addressee* one = addressee(at, fact.person);
            if (one == nullptr || fact.round < one->round) return;
            one->round = fact.round;
            one->attempts = fact.attempt;
            one->problem = fact.gateway.empty() ? fact.detail : fact.gateway + ": " + fact.detail;
            // An address refused to the reminder has gone bad, whatever was delivered before.
            if (fact.gap == Gap::refused) one->delivered = false;
            if (!one->delivered) one->gap = fact.gap;
        });
    journal::listen_any<AnswerGiven>(
        published, [this](const World&, const AnswerGiven& fact, const Envelope& at) {
            Addressee* one = addressee(at, fact.person);
            if (one == nullptr) return;
            one->answer = fact;
            one->answered_at = at.event_time;
            one->answered_by = PersonId{std::string(at.actor)};
        });
    journal::listen_any<ReminderSent>(
        published, [this](const World&, const ReminderSent& fact, const Envelope& envelope) {
            Callout* callout = at(envelope);
            if (callout == nullptr) return;
            callout->rounds = fact.round;
            callout->last_round_at = envelope.event_time;
            for (const auto& person : fact.people)
                if (auto* one = const_cast<Addressee*>(callout->find(person))) {
                    ++one->reminders;
                    // Somebody without an address at first has got one in the meantime.
                    if (one->gap == Gap::no_address || one->gap == Gap::no_channel)
                        one->gap.reset();
                }
        });
    journal::listen_any<CalloutResolved>(
        published, [this](const World&, const CalloutResolved& fact, const Envelope& envelope) {
            Callout* callout = at(envelope);
            if (callout == nullptr) return;
            callout->ending = fact.ending;
            callout->ended_at = envelope.event_time;
        });
    // What an erased person wrote is forgotten at once, not at the next start.
    journal::listen_any<prepare::council::PersonErased>(
        published,
        [this](const World&, const prepare::council::PersonErased& fact, const Envelope&) {
            for (auto& [id, callout] : callouts_)
                for (auto& one : callout.addressees) {
                    if (one.who.person != fact.person || !one.answer) continue;
                    for (auto* words : {&one.answer->substitute, &one.answer->note})
                        if (*words) **words = Personal{fact.person, {}, true};
                }
        });
    journal::listen_any<incident::VisibilityChanged>(
        published,
        [this](const World&, const incident::VisibilityChanged&, const Envelope& envelope) {
            const auto incident = incident::incident_of_stream(envelope.stream);
            if (!incident) return;
            if (auto found = of_incident_.find(*incident); found != of_incident_.end())
                for (const auto& id : found->second) callouts_[id].visibility = envelope.visibility;
        });
}

std::string View::name_of(const PersonId& id, Language language) const {
    return council_.name_of(id, language);
}
std::string View::name_of(const OrganisationId& id, Language language) const {
    return council_.name_of(id, language);
}

Reach View::reach_of(const Callout& callout) const {
    Reach reach;
    reach.addressed = callout.addressees.size();
    for (const auto& one : callout.addressees) {
        if (one.delivered || one.answer) ++reach.delivered;
        if (one.answer) ++reach.answered;
        if (one.answer && one.answer->answer != AnswerKind::cannot) ++reach.coming;
        if (state_of(one) == AddresseeState::failed) ++reach.failed;
    }
    if (reach.addressed > 0)
        reach.rate = static_cast<double>(reach.answered) / static_cast<double>(reach.addressed);
    return reach;
}

bool View::is_shown(const Callout& callout, const Principal& reader) const {
    return may_see(reader.viewer, *callout.visibility) || callout.find(reader.person) != nullptr;
}

CalloutItem View::item_of(const Callout& callout, const Principal& reader,
                          Language language) const {
    const bool sees_all = may_see(reader.viewer, *callout.visibility);
    CalloutItem item;
    item.id = callout.id;
    item.incident = callout.raised.incident;
    if (!callout.world.is_live()) item.exercise = callout.world.exercise;
    item.subject = callout.raised.subject;
    item.text = callout.raised.text;
    if (callout.ending) {
        item.state = CalloutState::resolved;
        item.ending = callout.ending;
        item.ended_at = callout.ended_at;
    }
    item.raised_by = {callout.raised_by, name_of(callout.raised_by, language),
                      callout.raised.organisation, name_of(callout.raised.organisation, language)};
    item.raised_at = callout.raised_at;
    item.expires_at = callout.raised.expires_at;
    item.remind_after_minutes = static_cast<int>(
        std::chrono::floor<std::chrono::minutes>(callout.raised.remind_after_seconds).count());
    item.reminders = callout.raised.reminders;
    item.reminders_sent = callout.rounds;
    item.reach = reach_of(callout);
    if (!callout.ending && callout.rounds < callout.raised.reminders &&
        item.reach.answered < item.reach.addressed)
        item.next_reminder_at = callout.last_round_at + callout.raised.remind_after_seconds;
    item.version = callout.version;
    if (sees_all)
        for (const auto& organisation : callout.raised.empty_organisations)
            item.unreachable.push_back(
                {organisation, {}, name_of(organisation, language), Gap::no_person});
    for (const auto& one : callout.addressees) {
        if (!sees_all && one.who.person != reader.person) continue;
        AddresseeItem shown;
        shown.person = one.who.person;
        shown.name = name_of(one.who.person, language);
        if (!one.who.organisation.empty()) shown.organisation = one.who.organisation;
        shown.organisation_name = name_of(one.who.organisation, language);
        shown.role = one.who.role;
        shown.state = state_of(one);
        shown.gap = one.gap;
        shown.sent_at = one.sent_at;
        shown.attempts = one.attempts;
        shown.reminders = one.reminders;
        if (!one.problem.empty()) shown.problem = one.problem;
        if (one.answer) {
            shown.answer = one.answer->answer;
            shown.coming_at = one.answer->coming_at;
            if (one.answer->substitute && !one.answer->substitute->erased)
                shown.substitute = one.answer->substitute->text;
            if (one.answer->note && !one.answer->note->erased) shown.note = one.answer->note->text;
            shown.answered_at = one.answered_at;
            shown.way = one.answer->way;
            if (one.answer->way == Way::on_behalf)
                shown.answered_by = name_of(one.answered_by, language);
        }
        if (shown.state == AddresseeState::failed)
            item.unreachable.push_back({shown.organisation, shown.person, shown.name, *one.gap});
        item.addressees.push_back(std::move(shown));
    }
    return item;
}

std::optional<CalloutItem> View::item(const CalloutId& id, const Principal& reader,
                                      Language language) const {
    const Callout* callout = find(id);
    if (callout == nullptr || !is_shown(*callout, reader)) return {};
    return item_of(*callout, reader, language);
}

CalloutItems View::list(const IncidentId& incident, const Principal& reader,
                        Language language) const {
    CalloutItems items;
    const std::vector<CalloutId>* ids = &order_;
    if (!incident.empty()) {
        const auto found = of_incident_.find(incident);
        if (found == of_incident_.end()) return items;
        ids = &found->second;
    }
    for (auto id = ids->rbegin(); id != ids->rend(); ++id) {
        const Callout& callout = callouts_.at(*id);
        if (incident.empty() && !callout.world.is_live()) continue;
        if (is_shown(callout, reader))
            items.items.push_back(item_of(callout, reader, language));
        else
            ++items.hidden;
    }
    return items;
}

}  // namespace noroshi::respond::callout
