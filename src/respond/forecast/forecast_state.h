#pragma once
// What the forecast room knows of every incident: what was seen, what was announced, what terminals
// can do, which forecasts were asked for. Folded on both sides: pending (journal's thread only) and
// published (under Journal::read). It listens to the incident room for terminals and milestones, and
// to the notices for what hauliers were told.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/journal/fact.h"
#include "kernel/journal/listeners.h"
#include "respond/forecast/forecast_facts.h"
#include "respond/incident/incident_facts.h"

namespace noroshi::respond::forecast {

struct SeenThing {
    ObservationReported body;
    Instant at;
    Instant entered_at;
    PersonId by;
    bool withdrawn = false;
};

struct Capability {
    CapabilityTold body;
    Instant from;
    Instant told_at;
};

// A promise, or that it holds no longer, or that it is so.
struct Said {
    TerminalId terminal;
    incident::Milestone milestone = incident::Milestone::gate_open;
    incident::MilestoneState state = incident::MilestoneState::announced;
    Instant time;
    Instant said_at;
    bool to_public = false;
};

struct ForecastRun {
    ForecastAsked body;
    Instant as_of;
    Instant asked_at;
    PersonId by;
    std::vector<ForecastComputed> computed;  // first, refined
    std::optional<std::string> failed;
    bool is_done() const {
        return failed || (!computed.empty() && computed.back().refinement == Refinement::refined);
    }
};

// One incident as far as the forecast cares.
struct Course {
    IncidentId incident;
    journal::World world;
    std::string title;
    Instant began_at;
    std::vector<TerminalId> terminals;  // none: all
    std::vector<Said> said;
    std::vector<SeenThing> seen;  // number n at n - 1
    std::vector<Capability> capabilities;
    std::vector<ForecastRun> forecasts;  // number n at n - 1
};

class State {
public:
    void attach(journal::Listeners& side);

    const Course* find(const IncidentId& incident) const;
    // The forecast and its course.
    std::pair<const Course*, const ForecastRun*> find(const ForecastId& forecast) const;
    const std::optional<TrafficDescribed>& traffic() const { return traffic_; }
    // Asked for, neither computed nor failed; the oldest first.
    std::vector<ForecastId> unfinished() const;
    const std::map<IncidentId, Course>& courses() const { return courses_; }

private:
    Course& course_of(const IncidentId& incident, const journal::World& world);

    std::map<IncidentId, Course> courses_;
    std::unordered_map<ForecastId, std::pair<IncidentId, std::size_t>> forecasts_;
    std::unordered_map<std::string, IncidentId> incident_of_notice_;  // by stream
    std::optional<TrafficDescribed> traffic_;
};

std::string stream_of(const IncidentId& incident);  // "respond/forecast/<id>"

}  // namespace noroshi::respond::forecast
