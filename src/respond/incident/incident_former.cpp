#include "respond/incident/incident_former.h"

#include <ranges>

#include "kernel/journal/listen.h"
#include "respond/incident/incident_state.h"

namespace noroshi::respond::incident {

void FormerReaders::attach(journal::Listeners& published) {
    using journal::Envelope;
    using journal::World;
    journal::listen_any<IncidentOpened>(
        published, [this](const World&, const IncidentOpened&, const Envelope& at) {
            incidents_[std::string(at.stream)].now = at.visibility;
        });
    journal::listen_any<VisibilityChanged>(
        published, [this](const World&, const VisibilityChanged&, const Envelope& at) {
            auto& incident = incidents_[std::string(at.stream)];
            if (incident.now != nullptr) incident.earlier.push_back({incident.now, at.entry_time});
            incident.now = at.visibility;
        });
    published.on_reset([this] { incidents_.clear(); });
}

Error FormerReaders::why(Error unknown, const IncidentId& id, const Viewer& viewer) const {
    if (unknown.key != "respond.incident.unknown") return unknown;
    const auto found = incidents_.find(stream_of(id));
    if (found == incidents_.end()) return unknown;
    for (const auto& before : found->second.earlier | std::views::reverse)
        if (may_see(viewer, *before.visibility))
            return Error{ErrorKind::forbidden,
                         "respond.incident.no_longer_shared",
                         {{"time", format_rfc3339(before.until)}},
                         {}};
    return unknown;
}

}  // namespace noroshi::respond::incident
