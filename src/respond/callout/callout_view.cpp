#include "respond/callout/callout_view.h"

#include <algorithm>

#include "kernel/journal/listen.h"
#include "kernel/json/json.h"
#include "prepare/council/council_facts.h"
#include "prepare/council/council_view.h"
#include "respond/callout/callout.h"

namespace noroshi::respond::callout {

AddresseeState View::Addressee::state() const {
    if (answer) return AddresseeState::answered;
    if (sheet_sent_at) return AddresseeState::delivered;
    bool in_doubt = false;
    for (const auto& [channel, line] : lines) {
        if (line.delivered) return AddresseeState::delivered;
        in_doubt |= line.in_doubt;
    }
    if (gap()) return AddresseeState::failed;
    return in_doubt ? AddresseeState::sent : AddresseeState::waiting;
}

// As long as one way may still lead there, there is no gap.
std::optional<Gap> View::Addressee::gap() const {
    if (sheet_sent_at) return {};
    std::optional<Gap> last = lines.empty() ? who.gap : std::nullopt;
    for (const auto& [channel, line] : lines) {
        if (line.delivered || !line.gap) return {};
        last = line.gap;
    }
    // A channel that was not tried yet may still be.
    for (const auto channel : route)
        if (!lines.contains(channel)) return {};
    return last;
}

namespace {

void count(Reach& reach, const View::Addressee& one, int by) {
    auto add = [by](std::size_t& into) { into += static_cast<std::size_t>(by); };
    const auto state = one.state();
    add(reach.addressed);
    const bool delivered =
        std::ranges::any_of(one.lines, [](const auto& line) { return line.second.delivered; });
    if (delivered || one.answer || one.sheet_sent_at) add(reach.delivered);
    if (one.answer) add(reach.answered);
    if (one.answer && one.answer->answer != AnswerKind::cannot) add(reach.coming);
    if (state == AddresseeState::failed) add(reach.failed);
    reach.rate = reach.addressed == 0
                     ? 0
                     : static_cast<double>(reach.answered) / static_cast<double>(reach.addressed);
}

// Why somebody has not answered, in one word.
std::string cause_of(const View::Addressee& one) {
    if (const auto gap = one.gap()) return std::string(json::name_of(*gap));
    switch (one.state()) {
    case AddresseeState::delivered: return "no_answer";
    case AddresseeState::sent: return "in_doubt";
    default: return "waiting";
    }
}

}  // namespace

const View::Addressee* View::Callout::find(const PersonId& person) const {
    const auto found = places.find(person);
    return found == places.end() ? nullptr : &addressees[found->second];
}

void View::call(Callout& callout, const Addressed& who, Addressee with) {
    if (!callout.places.try_emplace(who.person, callout.addressees.size()).second) return;
    with.who = who;
    count(callout.reach, with, 1);
    callout.addressees.push_back(std::move(with));
}

template <class F>
void View::change(const journal::Envelope& envelope, const PersonId& person, F&& how) {
    Callout* callout = at(envelope);
    if (callout == nullptr) return;
    const auto found = callout->places.find(person);
    if (found == callout->places.end()) return;
    Addressee& one = callout->addressees[found->second];
    count(callout->reach, one, -1);
    how(one);
    count(callout->reach, one, 1);
}

View::Callout* View::at(const journal::Envelope& at) {
    const auto id = callout_of_stream(at.stream);
    if (!id) return nullptr;
    const auto found = callouts_.find(*id);
    if (found == callouts_.end()) return nullptr;
    found->second.version = at.stream_version;
    return &found->second;
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
                addressee.called_at = at.event_time;
                call(callout, one, std::move(addressee));
            }
            callout.empty_organisations = fact.empty_organisations;
            callout.last_wave_at = at.event_time;
            order_.push_back(*id);
            of_incident_[fact.incident].push_back(*id);
        });
    auto set_routes = [this](const Envelope& envelope, const std::vector<CallRoute>& routes) {
        for (const auto& route : routes)
            change(envelope, route.person, [&](Addressee& one) { one.route = route.channels; });
    };
    journal::listen_any<CalloutPlanned>(
        published,
        [this, set_routes](const World&, const CalloutPlanned& fact, const Envelope& at) {
            if (Callout* callout = this->at(at)) callout->planned = fact;
            set_routes(at, fact.routes);
        });
    journal::listen_any<PeopleCalled>(
        published, [this, set_routes](const World&, const PeopleCalled& fact, const Envelope& at) {
            Callout* callout = this->at(at);
            if (callout == nullptr) return;
            if (fact.cause == Cause::wave) {
                callout->waves_opened = static_cast<std::size_t>(fact.wave);
                callout->last_wave_at = at.event_time;
                for (const auto& one : fact.empty_organisations)
                    callout->empty_organisations.push_back(one);
            }
            for (const auto& one : fact.addressees) {
                Addressee addressee;
                addressee.called_at = at.event_time;
                addressee.wave = fact.wave;
                addressee.instead_of = fact.instead_of;
                call(*callout, one, std::move(addressee));
            }
            set_routes(at, fact.routes);
            if (fact.instead_of && fact.addressees.empty())
                change(at, *fact.instead_of,
                       [](Addressee& one) { one.no_deputy = Gap::no_deputy; });
        });
    journal::listen_any<ChannelsCalled>(published, [this](const World&, const ChannelsCalled&,
                                                          const Envelope& at) { this->at(at); });
    journal::listen_any<MessageTried>(
        published, [this](const World&, const MessageTried& fact, const Envelope& at) {
            change(at, fact.person, [&](Addressee& one) {
                Line& line = one.lines[fact.channel.value_or(Channel::email)];
                if (fact.round < line.round) return;
                line.round = fact.round;
                line.attempts = fact.attempt;
                line.in_doubt = line.in_doubt || fact.in_doubt;
                line.gateway = fact.gateway;
                line.problem = fact.gateway + ": " + fact.detail;
            });
        });
    journal::listen_any<MessageDelivered>(
        published, [this](const World&, const MessageDelivered& fact, const Envelope& at) {
            change(at, fact.person, [&](Addressee& one) {
                Line& line = one.lines[fact.channel.value_or(Channel::email)];
                line.delivered = true;
                line.gap.reset();
                line.problem.clear();
                line.gateway = fact.gateway;
                line.attempts = fact.attempt;
                line.round = std::max(line.round, fact.round);
                if (!line.sent_at) line.sent_at = at.event_time;
                if (!one.sent_at) one.sent_at = at.event_time;
            });
        });
    journal::listen_any<MessageFailed>(published, [this](const World&, const MessageFailed& fact,
                                                         const Envelope& at) {
        change(at, fact.person, [&](Addressee& one) {
            Line& line = one.lines[fact.channel.value_or(Channel::email)];
            if (fact.round < line.round) return;
            line.round = fact.round;
            line.attempts = fact.attempt;
            line.problem = fact.gateway.empty() ? fact.detail : fact.gateway + ": " + fact.detail;
            // An address refused to the reminder has gone bad, whatever was delivered before.
            if (fact.gap == Gap::refused) line.delivered = false;
            if (!line.delivered) line.gap = fact.gap;
        });
    });
    journal::listen_any<MessageReceived>(
        published, [this](const World&, const MessageReceived& fact, const Envelope& at) {
            change(at, fact.person, [&](Addressee& one) {
                Line& line = one.lines[fact.channel];
                if (fact.arrived) {
                    line.arrived = true;
                    return;
                }
                if (fact.round < line.round) return;
                line.delivered = false;
                line.gap = Gap::undelivered;
                line.problem = fact.gateway + ": " + fact.state;
            });
        });
    journal::listen_any<AnswerGiven>(
        published, [this](const World&, const AnswerGiven& fact, const Envelope& at) {
            change(at, fact.person, [&](Addressee& one) {
                one.answer = fact;
                one.answered_at = at.event_time;
                one.answered_by = PersonId{std::string(at.actor)};
            });
        });
    journal::listen_any<ReminderSent>(
        published, [this](const World&, const ReminderSent& fact, const Envelope& envelope) {
            Callout* callout = at(envelope);
            if (callout == nullptr) return;
            callout->rounds = fact.round;
            callout->last_round_at = envelope.event_time;
            for (const auto& person : fact.people)
                change(envelope, person, [](Addressee& one) {
                    ++one.reminders;
                    // Somebody without an address at first has got one in the meantime.
                    one.who.gap.reset();
                });
        });
    journal::listen_any<SheetSent>(published,
                                   [this](const World&, const SheetSent& fact, const Envelope& at) {
                                       change(at, fact.person, [&](Addressee& one) {
                                           one.sheet_sent_at = fact.sent_at;
                                           one.sheet_sent_by = fact.by;
                                       });
                                   });
    journal::listen_any<RoomTold>(
        published, [this](const World&, const RoomTold& fact, const Envelope& envelope) {
            Callout* callout = at(envelope);
            if (callout == nullptr) return;
            RoomItem room{fact.room, fact.told, {}};
            if (!fact.told) room.problem = fact.detail;
            callout->rooms.push_back(std::move(room));
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
    item.reach = callout.reach;
    if (!callout.ending && callout.rounds < callout.raised.reminders &&
        item.reach.answered < item.reach.addressed)
        item.next_reminder_at = callout.last_round_at + callout.raised.remind_after_seconds;
    item.version = callout.version;
    if (sees_all)
        for (const auto& organisation : callout.empty_organisations)
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
        shown.state = one.state();
        shown.gap = one.gap();
        if (!shown.gap && !one.answer) shown.gap = one.no_deputy;
        shown.sent_at = one.sent_at;
        shown.reminders = one.reminders;
        shown.wave = one.wave;
        shown.route = one.route;
        shown.called_at = one.called_at;
        shown.sheet_sent_at = one.sheet_sent_at;
        if (one.sheet_sent_at) shown.sheet_sent_by = name_of(one.sheet_sent_by, language);
        if (one.instead_of && sees_all) {
            shown.instead_of = one.instead_of;
            shown.instead_of_name = name_of(*one.instead_of, language);
        }
        for (const auto& [channel, line] : one.lines) {
            shown.attempts = std::max(shown.attempts, line.attempts);
            if (!line.problem.empty()) shown.problem = line.problem;
            ChannelItem way;
            way.channel = channel;
            way.state = line.delivered  ? AddresseeState::delivered
                        : line.gap      ? AddresseeState::failed
                        : line.in_doubt ? AddresseeState::sent
                                        : AddresseeState::waiting;
            way.arrived = line.arrived;
            way.round = line.round;
            way.attempts = line.attempts;
            way.in_doubt = line.in_doubt;
            if (!line.gateway.empty()) way.gateway = line.gateway;
            if (!line.problem.empty()) way.problem = line.problem;
            way.sent_at = line.sent_at;
            shown.channels.push_back(std::move(way));
        }
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
            item.unreachable.push_back({shown.organisation, shown.person, shown.name, *shown.gap});
        item.addressees.push_back(std::move(shown));
    }
    item.code = callout.planned.code;
    if (sees_all) add_waves(item, callout, language);
    if (sees_all) item.rooms = callout.rooms;
    return item;
}

void View::add_waves(CalloutItem& item, const Callout& callout, Language language) const {
    const auto& planned = callout.planned;
    bool every_quorum_met = true;
    for (const auto& organisation : planned.quorum_organisations) {
        QuorumItem quorum{organisation, name_of(organisation, language), 0, planned.at_least,
                          false};
        for (const auto& one : callout.addressees)
            if (one.who.organisation == organisation && one.answer &&
                one.answer->answer != AnswerKind::cannot)
                ++quorum.coming;
        quorum.met = quorum.coming >= quorum.needed;
        every_quorum_met &= quorum.met;
        item.quorum.push_back(std::move(quorum));
    }
    for (std::size_t i = 0; i < planned.waves.size(); ++i) {
        const auto& wave = planned.waves[i];
        WaveItem shown;
        shown.number = static_cast<int>(i) + 1;
        shown.opened = i < callout.waves_opened;
        shown.roles = wave.roles;
        shown.after_minutes =
            static_cast<int>(std::chrono::floor<std::chrono::minutes>(wave.after_seconds).count());
        for (const auto& one : wave.organisations) shown.names.push_back(name_of(one, language));
        for (const auto& one : wave.people) shown.names.push_back(name_of(one, language));
        if (i == callout.waves_opened && !callout.ending && !every_quorum_met)
            shown.due_at = callout.last_wave_at + wave.after_seconds;
        item.waves.push_back(std::move(shown));
    }
}

std::optional<ReachReport> View::report(const CalloutId& id, const Principal& reader,
                                        Language language) const {
    const Callout* callout = find(id);
    if (callout == nullptr || !may_see(reader.viewer, *callout->visibility)) return {};
    ReachReport report;
    report.reach = callout->reach;
    std::map<std::string, ReachPart> tiers;
    std::map<std::string, ReachPart> organisations;
    std::map<int, ReachPart> waves;
    std::vector<Instant> answers;
    for (const auto& one : callout->addressees) {
        const auto* organisation = council_.find(one.who.organisation);
        const std::string kind(organisation == nullptr ? std::string_view("other")
                                                       : json::name_of(organisation->kind));
        auto& tier = tiers[kind];
        tier.of = kind;
        auto& of = organisations[one.who.organisation.text];
        of.of = one.who.organisation.text;
        of.name = name_of(one.who.organisation, language);
        auto& wave = waves[one.wave];
        wave.of = std::to_string(one.wave);
        for (auto* part : {&tier, &of, &wave}) count(part->reach, one, 1);
        if (one.answer) {
            answers.push_back(one.answered_at);
            continue;
        }
        const std::string cause = cause_of(one);
        ++report.causes[cause];
        for (auto* part : {&tier, &of, &wave}) ++part->causes[cause];
    }
    // An organisation in which nobody could be called was not reached either.
    for (const auto& empty : callout->empty_organisations) {
        auto& of = organisations[empty.text];
        of.of = empty.text;
        of.name = name_of(empty, language);
        ++of.causes["no_person"];
        ++report.causes["no_person"];
    }
    for (auto& [kind, part] : tiers) report.tiers.push_back(std::move(part));
    for (auto& [of, part] : organisations) report.organisations.push_back(std::move(part));
    for (auto& [number, part] : waves) report.waves.push_back(std::move(part));
    const std::size_t half = (callout->addressees.size() + 1) / 2;
    if (half > 0 && answers.size() >= half) {
        std::ranges::nth_element(answers, answers.begin() + static_cast<std::ptrdiff_t>(half) - 1);
        report.minutes_to_half = static_cast<int>(
            std::chrono::floor<std::chrono::minutes>(answers[half - 1] - callout->raised_at)
                .count());
    }
    return report;
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
