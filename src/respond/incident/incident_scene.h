#pragma once
// A small port for this room's tests, without journal and store: facts are encoded, decoded and
// told to both sides, as the journal does. Two terminals of two operators, a port manager, police,
// hauliers and a vendor who serves the first operator; the people are named after what they do.

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernel/journal/listen.h"
#include "practise/drills/drills_facts.h"
#include "prepare/council/council.h"
#include "prepare/port/port.h"
#include "respond/incident/incident.h"
#include "respond/incident/incident_case_view.h"
#include "respond/incident/incident_view.h"

namespace noroshi::respond::incident {

class Scene {
public:
    Scene() {
        council_pending.attach(pending_);
        council_published.attach(published_);
        port.attach(pending_);
        state.attach(pending_);
        view.attach(published_);
        port_published.attach(published_);
        systems.attach(published_);
        cases.attach(published_);
        using Kind = council::OrganisationKind;
        organisation("manager", Kind::port_manager, true);
        organisation("north", Kind::terminal_operator, true);
        organisation("south", Kind::terminal_operator, true);
        organisation("police", Kind::police, true);
        organisation("hauliers", Kind::haulier, true);
        organisation("vendor", Kind::vendor, false, {"north"});
        organisation("shipper", Kind::shipper, false);
        person("duty", "manager", Role::duty_officer);
        person("leader", "manager", Role::leader);
        person("clerk", "manager", Role::clerk);
        person("admin", "manager", Role::administrator);
        person("observer", "manager", Role::observer);
        person("security", "north", Role::security_person);
        person("worker", "north", Role::member);
        person("rival", "south", Role::security_person);
        person("officer", "police", Role::member);
        person("engineer", "vendor", Role::member);
        person("outsider", "shipper", Role::member);
        tell("prepare/port/terminals/t1", {}, "admin",
             prepare::port::TerminalRegistered{
                 TerminalId{"t1"}, "北ふ頭", "North", OrganisationId{"north"}, {}, {}, {}, {}});
        tell("prepare/port/terminals/t2", {}, "admin",
             prepare::port::TerminalRegistered{
                 TerminalId{"t2"}, "南ふ頭", "South", OrganisationId{"south"}, {}, {}, {}, {}});
    }

    Principal as(const std::string& person) const {
        return *council_pending.find_person(PersonId{person});
    }
    Asked asked(const Principal& by) const { return {state, council_pending, port, by, now}; }

    // Tells a fact to both sides.
    template <class Body>
    void tell(const std::string& stream, const Visibility& visibility, const std::string& actor,
              const Body& body, const journal::World& world = {},
              std::optional<Instant> event_time = {}) {
        journal::declare_kind<Body>(kinds_);
        json::for_each_personal(body, [&](const Personal& p) { keyring_.add(p.of, Key{}); });
        journal::Decoded decoded;
        auto& fact = decoded.fact;
        fact.sequence = ++sequence_;
        fact.stream = stream;
        fact.stream_version = ++versions_[stream];
        fact.kind = Body::kind;
        fact.body = json::write_fact(body, keyring_, random_);
        last_body = fact.body;
        fact.actor = actor;
        fact.event_time = event_time.value_or(now);
        fact.entry_time = now;
        fact.exercise = world.exercise.text;
        fact.visibility = journal::encode_visibility(visibility);
        auto& interned = visibilities_[fact.visibility];
        if (interned == nullptr) interned = std::make_shared<const Visibility>(visibility);
        decoded.visibility = interned;
        auto body_read = (*kinds_.find(Body::kind))(fact.body, Body::schema, &keyring_);
        ASSERT(body_read);
        decoded.body = *body_read;
        pending_.tell(decoded);
        published_.tell(decoded);
    }
    template <class Body>
    void tell(const Decided<Body>& decided, const Principal& by) {
        tell(decided.place.stream, decided.place.visibility, by.person.text, decided.body,
             decided.place.world, decided.place.event_time);
    }

    // What must succeed.
    IncidentId open(const std::string& person, OpenRequest request) {
        const auto by = as(person);
        IncidentId id{"incident" + std::to_string(++opened_)};
        const auto decided = open_incident(asked(by), id, request);
        ASSERT(decided);
        tell(*decided, by);
        return id;
    }
    IncidentId open(const std::string& person, const std::string& title) {
        OpenRequest request;
        request.title = title;
        request.effects = {Effect::freight};
        return open(person, request);
    }
    Number write(const std::string& person, const IncidentId& id, const EntryRequest& request) {
        const auto by = as(person);
        const auto decided = add_entry(asked(by), id, request);
        ASSERT(decided);
        tell(*decided, by);
        return decided->body.number;
    }
    Number write(const std::string& person, const IncidentId& id, const std::string& content) {
        EntryRequest request;
        request.content = content;
        return write(person, id, request);
    }
    template <class Decide>
    Number remark(Decide decide, const std::string& person, const IncidentId& id, Number number) {
        const auto by = as(person);
        const auto decided = decide(asked(by), id, number, RemarkRequest{}, "remark");
        ASSERT(decided);
        tell(*decided, by);
        return decided->body.number;
    }
    ExerciseId start_exercise(const std::string& name, Instant starts_at, double speed = 1) {
        const ExerciseId id{name};
        tell("practise/drills/" + name, Visibility{Tlp::green, {}, {}}, "leader",
             practise::drills::ExerciseStarted{name, speed, starts_at, {}}, {id}, starts_at);
        return id;
    }
    void end_exercise(const ExerciseId& id) {
        tell("practise/drills/" + id.text, Visibility{Tlp::green, {}, {}}, "leader",
             practise::drills::ExerciseEnded{}, {id});
    }

    EntryPage entries(const std::string& person, const IncidentId& id,
                      const EntryFilter& filter = {}) const {
        auto page = view.entries(as(person), id, filter, Language::ja);
        ASSERT(page);
        return std::move(*page);
    }
    std::vector<Number> numbers(const EntryPage& page) const {
        std::vector<Number> numbers;
        numbers.reserve(page.items.size());
        for (const auto& item : page.items) numbers.push_back(item.number);
        return numbers;
    }
    std::vector<Number> open_numbers(const std::string& person, const IncidentId& id) const {
        const auto page = view.open_tasks(as(person), id, Language::ja);
        ASSERT(page);
        return numbers(*page);
    }
    // Folds everything anew, as a start or a failed commit does.
    void reset() {
        pending_.reset();
        published_.reset();
    }

    Instant now = *parse_rfc3339("2026-07-04T06:30:00+09:00");
    std::string last_body;  // of the last fact, as stored

private:
    void organisation(const std::string& id, council::OrganisationKind kind, bool member,
                      const std::vector<std::string>& serves = {}) {
        std::vector<OrganisationId> served;
        served.reserve(serves.size());
        for (const auto& one : serves) served.push_back(OrganisationId{one});
        tell("prepare/council/organisations/" + id, {}, "admin",
             council::OrganisationRegistered{
                 OrganisationId{id}, kind, id, {}, {}, member, served, {}});
    }
    void person(const std::string& id, const std::string& organisation, Role role) {
        const PersonId person{id};
        tell("prepare/council/people/" + id, {}, "admin",
             council::PersonRegistered{person,
                                       Personal{person, id, false},
                                       Personal{person, "", false},
                                       {},
                                       Language::ja});
        tell("prepare/council/people/" + id, {}, "admin",
             council::RoleGiven{person, OrganisationId{organisation}, role});
    }

    journal::Kinds kinds_;
    journal::Listeners pending_{kinds_};
    journal::Listeners published_{kinds_};
    Keyring keyring_;
    SeededRandom random_{1};
    std::uint64_t sequence_ = 0;
    std::map<std::string, std::uint64_t> versions_;
    std::map<std::string, std::shared_ptr<const Visibility>> visibilities_;
    int opened_ = 0;

public:
    council::State council_pending;
    council::State council_published;
    port::State port;
    State state;
    View view{council_published};
    port::State port_published;
    prepare::port::Register systems;
    Cases cases;
    std::vector<Clock> clocks;
    CaseView case_view{view,    cases,  council_published, port_published,
                       systems, clocks, "Asia/Tokyo"};
};

}  // namespace noroshi::respond::incident
