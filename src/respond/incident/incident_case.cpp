#include "respond/incident/incident_case.h"

#include <algorithm>
#include <utility>

#include "kernel/journal/listen.h"
#include "practise/drills/drills_facts.h"

namespace noroshi::respond::incident {

using journal::Envelope;
using journal::World;

namespace {

constexpr std::string_view observation_prefix = "respond/incident/observations/";

Case::Said said_by(const Envelope& at, const OrganisationId& organisation,
                   const std::optional<OrganisationId>& on_behalf_of = {}) {
    return {PersonId{std::string(at.actor)}, organisation, on_behalf_of.value_or(OrganisationId{}),
            at.event_time};
}

}  // namespace

std::string stream_of(const ObservationId& id) { return std::string(observation_prefix) + id.text; }

std::string clock_key(std::string_view clock, const OrganisationId& who) {
    return std::string(clock) + "/" + who.text;
}

const Observation::Turn* Observation::question() const {
    if (state != State::questioned) return nullptr;
    for (auto turn = turns.rbegin(); turn != turns.rend(); ++turn)
        if (turn->what == Turn::What::asked) return &*turn;
    return nullptr;
}

const Case* Cases::find(const IncidentId& id) const {
    const auto found = cases_.find(id);
    return found == cases_.end() ? nullptr : &found->second;
}

const Observation* Cases::find(const ObservationId& id) const {
    const auto found = observations_.find(id);
    return found == observations_.end() ? nullptr : &found->second;
}

std::vector<const Observation*> Cases::observations(const World& world) const {
    std::vector<const Observation*> all;
    const auto of_world = by_world_.find(world);
    if (of_world == by_world_.end()) return all;
    for (auto id = of_world->second.rbegin(); id != of_world->second.rend(); ++id)
        all.push_back(&observations_.at(*id));
    return all;
}

Instant Cases::now_in(const World& world, Instant now) const {
    const auto found = exercises_.find(world.exercise);
    return world.is_live() || found == exercises_.end() ? now : found->second.at(now);
}

std::uint32_t Cases::next_observation_number(const World& world) const {
    const auto of_world = by_world_.find(world);
    return of_world == by_world_.end() ? 1
                                       : static_cast<std::uint32_t>(of_world->second.size()) + 1;
}

Case* Cases::case_of(const Envelope& at) {
    const auto id = incident_of_stream(at.stream);
    if (!id) return nullptr;
    const auto found = cases_.find(*id);
    return found == cases_.end() ? nullptr : &found->second;
}

Observation* Cases::observation_of(const Envelope& at) {
    if (!at.stream.starts_with(observation_prefix)) return nullptr;
    const auto found =
        observations_.find(ObservationId{std::string(at.stream.substr(observation_prefix.size()))});
    return found == observations_.end() ? nullptr : &found->second;
}

void Cases::attach(journal::Listeners& side) {
    side.on_reset([this] { *this = Cases{}; });

    // Every fact about an incident that is known.
    const auto listen = [&]<class Body>(auto take) {
        journal::listen_any<Body>(side,
                                  [this, take](const World&, const Body& body, const Envelope& at) {
                                      if (Case* of = case_of(at)) take(*of, body, at);
                                  });
    };
    journal::listen_any<IncidentOpened>(
        side, [this](const World& world, const IncidentOpened& body, const Envelope& at) {
            const auto id = incident_of_stream(at.stream);
            if (!id) return;
            Case& of = cases_[*id];
            of = Case{};
            of.world = world;
            of.in_charge = PersonId{std::string(at.actor)};
            of.in_charge_for = body.organisation;
            of.in_charge_since = at.entry_time;
            of.command.push_back({Case::Change::opened, of.in_charge, {}, at.event_time, {}});
        });
    listen.template operator()<IncidentClosed>(
        [this](Case& of, const IncidentClosed&, const Envelope& at) {
            of.open = false;
            waiting_.erase(*incident_of_stream(at.stream));
        });
    listen.template operator()<IncidentReopened>(
        [](Case& of, const IncidentReopened&, const Envelope&) { of.open = true; });

    // ---- command
    const auto change = [](Case& of, Case::Change what, const Envelope& at,
                           const std::optional<std::string>& note = {}) {
        of.command.push_back({what, PersonId{std::string(at.actor)},
                              of.offer ? of.offer->to : PersonId{}, at.event_time,
                              note.value_or("")});
    };
    const auto lead = [](Case& of, const Envelope& at, const OrganisationId& organisation) {
        of.in_charge = PersonId{std::string(at.actor)};
        of.in_charge_for = organisation;
        of.in_charge_since = at.event_time;
    };
    const auto end_offer = [this](Case& of, const Envelope& at) {
        of.offer.reset();
        waiting_.erase(*incident_of_stream(at.stream));
    };
    listen.template operator()<CommandTaken>(
        [=](Case& of, const CommandTaken& body, const Envelope& at) {
            end_offer(of, at);
            lead(of, at, body.organisation);
            change(of, Case::Change::taken, at, body.reason);
        });
    listen.template operator()<HandoverOffered>(
        [=, this](Case& of, const HandoverOffered& body, const Envelope& at) {
            of.offer = Case::Offer{body.to,
                                   PersonId{std::string(at.actor)},
                                   body.note.value_or(""),
                                   at.event_time,
                                   body.lapses_at,
                                   false};
            waiting_[*incident_of_stream(at.stream)] = body.lapses_at;
            change(of, Case::Change::offered, at, body.note);
        });
    listen.template operator()<HandoverAccepted>(
        [=](Case& of, const HandoverAccepted& body, const Envelope& at) {
            change(of, Case::Change::accepted, at);
            lead(of, at, body.organisation);
            end_offer(of, at);
        });
    listen.template operator()<HandoverDeclined>(
        [=](Case& of, const HandoverDeclined& body, const Envelope& at) {
            change(of, Case::Change::declined, at, body.reason);
            end_offer(of, at);
        });
    listen.template operator()<HandoverWithdrawn>(
        [=](Case& of, const HandoverWithdrawn& body, const Envelope& at) {
            change(of, Case::Change::withdrawn, at, body.reason);
            end_offer(of, at);
        });
    listen.template operator()<HandoverLapsed>(
        [=, this](Case& of, const HandoverLapsed&, const Envelope& at) {
            change(of, Case::Change::lapsed, at);
            if (of.offer) of.offer->lapsed = true;
            waiting_.erase(*incident_of_stream(at.stream));
        });

    // ---- the cause
    listen.template operator()<HypothesisProposed>(
        [](Case& of, const HypothesisProposed& body, const Envelope& at) {
            if (body.number != of.hypotheses.size() + 1) return;
            of.hypotheses.push_back(
                {body.statement, said_by(at, body.organisation, body.on_behalf_of), {}, {}});
        });
    listen.template operator()<HypothesisWeighed>(
        [](Case& of, const HypothesisWeighed& body, const Envelope& at) {
            if (body.hypothesis == 0 || body.hypothesis > of.hypotheses.size()) return;
            of.hypotheses[body.hypothesis - 1].weighed.push_back(
                {body.weight, body.statement, said_by(at, body.organisation, body.on_behalf_of),
                 body.entry.value_or(0), body.evidence.value_or(0)});
        });
    listen.template operator()<HypothesisJudged>(
        [](Case& of, const HypothesisJudged& body, const Envelope& at) {
            if (body.hypothesis == 0 || body.hypothesis > of.hypotheses.size()) return;
            of.hypotheses[body.hypothesis - 1].judged.push_back(
                {body.standing, body.reason.value_or(""), said_by(at, body.organisation)});
        });
    listen.template operator()<CauseConcluded>(
        [](Case& of, const CauseConcluded& body, const Envelope& at) {
            of.conclusions.push_back({body.conclusion, body.hypothesis.value_or(0), body.reason,
                                      said_by(at, body.organisation)});
        });

    // ---- custody
    using What = Case::Custody::What;
    listen.template operator()<EvidenceTaken>(
        [](Case& of, const EvidenceTaken& body, const Envelope& at) {
            if (body.number != of.evidence.size() + 1) return;
            auto& item = of.evidence.emplace_back();
            item.body = body;
            item.held_by = body.held_by;
            item.held_by_organisation = body.held_by_organisation.value_or(OrganisationId{});
            item.seal = body.seal.value_or("");
            item.steps.push_back({What::taken,
                                  body.taken_by,
                                  body.held_by,
                                  item.held_by_organisation,
                                  item.seal,
                                  body.place.value_or(""),
                                  body.sha256.value_or(""),
                                  {},
                                  said_by(at, body.organisation, body.on_behalf_of),
                                  {},
                                  {}});
        });
    const auto item_of = [](Case& of, std::uint32_t number) -> Case::Evidence* {
        return number == 0 || number > of.evidence.size() ? nullptr : &of.evidence[number - 1];
    };
    listen.template operator()<EvidenceHandedOver>(
        [=](Case& of, const EvidenceHandedOver& body, const Envelope& at) {
            auto* item = item_of(of, body.number);
            if (item == nullptr) return;
            const PersonId from = item->held_by_person;
            const PersonId to = body.to_person.value_or(PersonId{});
            const auto organisation = body.to_organisation.value_or(OrganisationId{});
            if (to.empty()) {
                item->held_by = body.to;
                item->held_by_person = {};
                item->held_by_organisation = organisation;
            } else {
                item->offered = {to, organisation, PersonId{std::string(at.actor)}};
            }
            item->steps.push_back({to.empty() ? What::handed_over : What::offered,
                                   body.from,
                                   body.to,
                                   organisation,
                                   item->seal,
                                   body.note.value_or(""),
                                   {},
                                   body.seal_intact,
                                   said_by(at, body.organisation),
                                   from,
                                   to});
        });
    listen.template operator()<EvidenceReceived>(
        [=](Case& of, const EvidenceReceived& body, const Envelope& at) {
            auto* item = item_of(of, body.number);
            if (item == nullptr || !item->offered) return;
            const auto offered = *std::exchange(item->offered, {});
            Case::Custody step{body.accepted ? What::accepted : What::declined,
                               item->held_by,
                               {},
                               offered.organisation,
                               item->seal,
                               body.note.value_or(""),
                               {},
                               body.seal_intact,
                               said_by(at, body.organisation),
                               item->held_by_person,
                               offered.to};
            item->steps.push_back(std::move(step));
            if (!body.accepted) return;
            item->held_by.clear();
            item->held_by_person = offered.to;
            item->held_by_organisation = offered.organisation;
        });
    listen.template operator()<EvidenceSealed>(
        [=](Case& of, const EvidenceSealed& body, const Envelope& at) {
            auto* item = item_of(of, body.number);
            if (item == nullptr) return;
            item->seal = body.seal;
            item->steps.push_back({What::sealed,
                                   body.sealed_by,
                                   {},
                                   {},
                                   body.seal,
                                   body.note.value_or(""),
                                   {},
                                   {},
                                   said_by(at, body.organisation),
                                   {},
                                   {}});
        });
    listen.template operator()<EvidenceChecked>(
        [=](Case& of, const EvidenceChecked& body, const Envelope& at) {
            auto* item = item_of(of, body.number);
            if (item == nullptr) return;
            item->steps.push_back({What::checked,
                                   body.checked_by,
                                   {},
                                   {},
                                   item->seal,
                                   {},
                                   body.sha256,
                                   body.matches,
                                   said_by(at, body.organisation),
                                   {},
                                   {}});
        });

    // ---- links, advice, systems
    journal::listen_any<IncidentLinked>(
        side, [this](const World&, const IncidentLinked& body, const Envelope& at) {
            Case* of = case_of(at);
            const auto other = cases_.find(body.other);
            if (of == nullptr || other == cases_.end()) return;
            of->links[body.other] = {body.relation, body.note.value_or(""), said_by(at, {})};
            const IncidentId id = *incident_of_stream(at.stream);
            auto& back = other->second.linked_by;
            if (std::ranges::find(back, id) == back.end()) back.push_back(id);
        });
    journal::listen_any<IncidentUnlinked>(
        side, [this](const World&, const IncidentUnlinked& body, const Envelope& at) {
            Case* of = case_of(at);
            if (of == nullptr) return;
            of->links.erase(body.other);
            if (const auto other = cases_.find(body.other); other != cases_.end())
                std::erase(other->second.linked_by, *incident_of_stream(at.stream));
        });
    listen.template operator()<AdviceReceived>(
        [](Case& of, const AdviceReceived& body, const Envelope& at) {
            of.advice.push_back({body.entry, body.adviser,
                                 body.adviser_organisation.value_or(OrganisationId{}),
                                 said_by(at, {})});
        });
    listen.template operator()<AdviceAsked>(
        [](Case& of, const AdviceAsked& body, const Envelope& at) {
            of.advice_asked.push_back({body.entry, body.adviser,
                                       body.adviser_organisation.value_or(OrganisationId{}),
                                       said_by(at, {})});
        });
    listen.template operator()<InformationAsked>([](Case& of, const InformationAsked& body,
                                                    const Envelope& at) {
        of.questions.push_back({body.entry, body.about.value_or(0), body.asked.value_or(PersonId{}),
                                body.asked_organisation.value_or(OrganisationId{}),
                                said_by(at, {})});
    });
    listen.template operator()<SystemsNamed>(
        [](Case& of, const SystemsNamed& body, const Envelope&) { of.systems = body.systems; });

    // ---- reports and clocks
    listen.template operator()<ReportIssued>(
        [](Case& of, const ReportIssued& body, const Envelope& at) {
            if (body.number != of.reports.size() + 1) return;
            of.reports.push_back(
                {body, said_by(at, body.organisation, body.on_behalf_of), at.entry_time, {}});
        });
    listen.template operator()<ReportSent>(
        [](Case& of, const ReportSent& body, const Envelope& at) {
            if (body.report == 0 || body.report > of.reports.size()) return;
            of.reports[body.report - 1].sent.push_back(
                {body.to, body.people, body.medium.value_or(""), said_by(at, {})});
        });
    listen.template operator()<ClockMet>([](Case& of, const ClockMet& body, const Envelope& at) {
        of.clocks[clock_key(body.clock, body.who)] = {false, body.note.value_or(""),
                                                      body.entry.value_or(0), said_by(at, {})};
    });
    listen.template operator()<ClockWaived>(
        [](Case& of, const ClockWaived& body, const Envelope& at) {
            of.clocks[clock_key(body.clock, body.who)] = {true, body.reason, 0, said_by(at, {})};
        });
    listen.template operator()<ClockRestarted>(
        [](Case& of, const ClockRestarted& body, const Envelope&) {
            of.clocks.erase(clock_key(body.clock, body.who));
        });

    listen.template operator()<LetterUndelivered>(
        [](Case& of, const LetterUndelivered& body, const Envelope& at) {
            of.undelivered.push_back({body.person, body.about, body.refused, at.entry_time});
        });

    // ---- the clocks of exercises
    namespace drills = practise::drills;
    journal::listen_drill<drills::ExerciseStarted>(
        side, [this](const journal::Drill<drills::ExerciseStarted>& fact) {
            exercises_[fact.exercise()] =
                ExerciseTime::starting(fact.at.entry_time, fact.body.starts_at, fact.body.speed);
        });
    journal::listen_drill<drills::ExercisePaced>(
        side, [this](const journal::Drill<drills::ExercisePaced>& fact) {
            if (const auto found = exercises_.find(fact.exercise()); found != exercises_.end())
                found->second.change(fact.at.entry_time, fact.body.speed);
        });
    journal::listen_drill<drills::ExerciseEnded>(
        side, [this](const journal::Drill<drills::ExerciseEnded>& fact) {
            if (const auto found = exercises_.find(fact.exercise()); found != exercises_.end())
                found->second.change(fact.at.entry_time, 0);
        });

    // ---- observations
    journal::listen_any<ObservationMade>(
        side, [this](const World& world, const ObservationMade& body, const Envelope& at) {
            if (!at.stream.starts_with(observation_prefix)) return;
            const ObservationId id{std::string(at.stream.substr(observation_prefix.size()))};
            auto [found, fresh] = observations_.try_emplace(id);
            if (!fresh) return;
            Observation& one = found->second;
            one.id = id;
            one.world = world;
            one.number = body.number;
            one.version = 1;
            one.content = body.content;
            one.source = body.source.value_or("");
            one.terminals = body.terminals.value_or(std::vector<TerminalId>{});
            one.said = said_by(at, body.organisation, body.on_behalf_of);
            one.noticed_at = at.event_time;
            one.entry_time = at.entry_time;
            one.visibility = at.visibility;
            by_world_[world].push_back(id);
        });
    using Turn = Observation::Turn;
    const auto turn = [&]<class Body>(auto take) {
        journal::listen_any<Body>(side,
                                  [this, take](const World&, const Body& body, const Envelope& at) {
                                      Observation* one = observation_of(at);
                                      if (one == nullptr) return;
                                      ++one->version;
                                      take(*one, body, at);
                                  });
    };
    turn.template operator()<ObservationQuestioned>(
        [](Observation& one, const ObservationQuestioned& body, const Envelope& at) {
            one.state = Observation::State::questioned;
            one.turns.push_back({Turn::What::asked, body.question, body.asked.value_or(PersonId{}),
                                 body.asked_organisation.value_or(OrganisationId{}), body.due,
                                 said_by(at, {})});
        });
    turn.template operator()<ObservationAnswered>(
        [](Observation& one, const ObservationAnswered& body, const Envelope& at) {
            if (one.state == Observation::State::questioned)
                one.state = Observation::State::answered;
            one.turns.push_back({Turn::What::answered,
                                 body.answer,
                                 {},
                                 {},
                                 {},
                                 said_by(at, body.organisation, body.on_behalf_of)});
        });
    turn.template operator()<ObservationRaised>(
        [this](Observation& one, const ObservationRaised& body, const Envelope& at) {
            one.state = Observation::State::raised;
            one.incident = body.incident;
            one.turns.push_back({Turn::What::raised, {}, {}, {}, {}, said_by(at, {})});
            if (const auto of = cases_.find(body.incident); of != cases_.end())
                of->second.observations.push_back(one.id);
        });
    turn.template operator()<ObservationSettled>(
        [](Observation& one, const ObservationSettled& body, const Envelope& at) {
            one.state = Observation::State::settled;
            one.turns.push_back({Turn::What::settled, body.reason, {}, {}, {}, said_by(at, {})});
        });
    turn.template operator()<ObservationReopened>(
        [](Observation& one, const ObservationReopened& body, const Envelope& at) {
            one.state = Observation::State::fresh;
            one.turns.push_back(
                {Turn::What::reopened, body.reason.value_or(""), {}, {}, {}, said_by(at, {})});
        });
}

}  // namespace noroshi::respond::incident
