#include "respond/forecast/forecast_state.h"

#include "kernel/journal/listen.h"
#include "respond/notices/notices_facts.h"

namespace noroshi::respond::forecast {

using journal::Envelope;
using journal::World;

namespace {

constexpr std::string_view own = "respond/forecast/";

std::optional<IncidentId> incident_in(std::string_view stream, std::string_view prefix) {
    if (!stream.starts_with(prefix)) return {};
    return IncidentId{std::string(stream.substr(prefix.size()))};
}

}  // namespace

std::string stream_of(const IncidentId& incident) { return std::string(own) + incident.text; }

Course& State::course_of(const IncidentId& incident, const World& world) {
    auto& course = courses_[incident];
    course.incident = incident;
    course.world = world;
    return course;
}

void State::attach(journal::Listeners& side) {
    side.on_reset([this] { *this = State{}; });
    const auto of_incident = [](const Envelope& at) {
        return incident_in(at.stream, "respond/incident/");
    };
    journal::listen_any<incident::IncidentOpened>(
        side, [this, of_incident](const World& world, const incident::IncidentOpened& body,
                                  const Envelope& at) {
            const auto id = of_incident(at);
            if (!id) return;
            auto& course = course_of(*id, world);
            course.title = body.title;
            course.began_at = at.event_time;
            course.terminals = body.terminals.value_or(std::vector<TerminalId>{});
        });
    journal::listen_any<incident::IntakeCorrected>(
        side, [this, of_incident](const World& world, const incident::IntakeCorrected& body,
                                  const Envelope& at) {
            const auto id = of_incident(at);
            if (!id) return;
            auto& course = course_of(*id, world);
            course.title = body.title;
            if (body.began_at) course.began_at = *body.began_at;
            course.terminals = body.terminals.value_or(std::vector<TerminalId>{});
        });
    journal::listen_any<incident::MilestoneSet>(
        side, [this, of_incident](const World& world, const incident::MilestoneSet& body,
                                  const Envelope& at) {
            using incident::Milestone;
            const auto id = of_incident(at);
            if (!id || (body.milestone != Milestone::system_back &&
                        body.milestone != Milestone::gate_open))
                return;
            // In an exercise there is no public page: what the board says counts as told.
            course_of(*id, world)
                .said.push_back({body.terminal, body.milestone, body.state, body.time,
                                 at.event_time, !world.is_live()});
        });
    journal::listen_live<notices::NoticeDrafted>(
        side, [this](journal::Live<notices::NoticeDrafted> fact) {
            if (fact.body.incident)
                incident_of_notice_[std::string(fact.at.stream)] = *fact.body.incident;
        });
    journal::listen_live<notices::NoticePublished>(
        side, [this](journal::Live<notices::NoticePublished> fact) {
            const auto found = incident_of_notice_.find(std::string(fact.at.stream));
            if (found == incident_of_notice_.end()) return;
            for (const auto& line : fact.body.content.terminals)
                if (line.restart_at)
                    course_of(found->second, {})
                        .said.push_back({line.terminal, incident::Milestone::gate_open,
                                         incident::MilestoneState::announced, *line.restart_at,
                                         fact.at.event_time, true});
        });

    journal::listen_any<ObservationReported>(
        side, [this](const World& world, const ObservationReported& body, const Envelope& at) {
            if (const auto id = incident_in(at.stream, own))
                course_of(*id, world)
                    .seen.push_back({body, at.event_time, at.entry_time,
                                     PersonId{std::string(at.actor)}, false});
        });
    journal::listen_any<ObservationWithdrawn>(
        side, [this](const World& world, const ObservationWithdrawn& body, const Envelope& at) {
            const auto id = incident_in(at.stream, own);
            if (!id) return;
            auto& seen = course_of(*id, world).seen;
            if (body.number >= 1 && body.number <= seen.size())
                seen[body.number - 1].withdrawn = true;
        });
    journal::listen_any<CapabilityTold>(
        side, [this](const World& world, const CapabilityTold& body, const Envelope& at) {
            if (const auto id = incident_in(at.stream, own))
                course_of(*id, world).capabilities.push_back({body, at.event_time, at.entry_time});
        });
    journal::listen_any<ForecastAsked>(
        side, [this](const World& world, const ForecastAsked& body, const Envelope& at) {
            const auto id = incident_in(at.stream, own);
            if (!id) return;
            auto& course = course_of(*id, world);
            forecasts_[body.forecast] = {*id, course.forecasts.size()};
            course.forecasts.push_back(
                {body, at.event_time, at.entry_time, PersonId{std::string(at.actor)}, {}, {}});
        });
    const auto with = [this](const ForecastId& id, auto change) {
        const auto found = forecasts_.find(id);
        if (found != forecasts_.end())
            change(courses_[found->second.first].forecasts[found->second.second]);
    };
    journal::listen_any<ForecastComputed>(
        side, [with](const World&, const ForecastComputed& body, const Envelope&) {
            with(body.forecast, [&](ForecastRun& run) { run.computed.push_back(body); });
        });
    journal::listen_any<ForecastFailed>(
        side, [with](const World&, const ForecastFailed& body, const Envelope&) {
            with(body.forecast, [&](ForecastRun& run) { run.failed = body.reason; });
        });
    journal::listen_live<TrafficDescribed>(
        side, [this](journal::Live<TrafficDescribed> fact) { traffic_ = fact.body; });
}

const Course* State::find(const IncidentId& incident) const {
    const auto found = courses_.find(incident);
    return found == courses_.end() ? nullptr : &found->second;
}

std::pair<const Course*, const ForecastRun*> State::find(const ForecastId& forecast) const {
    const auto found = forecasts_.find(forecast);
    if (found == forecasts_.end()) return {nullptr, nullptr};
    const auto& course = courses_.at(found->second.first);
    return {&course, &course.forecasts[found->second.second]};
}

std::vector<ForecastId> State::unfinished() const {
    std::vector<const ForecastRun*> open;
    for (const auto& [id, course] : courses_)
        for (const auto& run : course.forecasts)
            if (!run.is_done()) open.push_back(&run);
    std::ranges::sort(open, {}, &ForecastRun::asked_at);
    std::vector<ForecastId> out;
    for (const auto* run : open) out.push_back(run->body.forecast);
    return out;
}

}  // namespace noroshi::respond::forecast
