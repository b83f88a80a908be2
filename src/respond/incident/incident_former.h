#pragma once
// Who saw an incident before it was narrowed. They know that it is there: asked for it, they are told
// that it is no longer shared with them, and since when, rather than that there is nothing.
//
// Folded from what is published; read it under Journal::read.

#include <string>
#include <unordered_map>
#include <vector>

#include "kernel/journal/journal.h"
#include "respond/incident/incident_facts.h"

namespace noroshi::respond::incident {

class FormerReaders {
public:
    void attach(journal::Listeners& published);

    // For an answer that is respond.incident.unknown: forbidden respond.incident.no_longer_shared
    // {time} to a former reader, else the same.
    Error why(Error unknown, const IncidentId& id, const Viewer& viewer) const;

private:
    struct Earlier {
        std::shared_ptr<const Visibility> visibility;
        Instant until;
    };
    struct Incident {
        std::shared_ptr<const Visibility> now;
        std::vector<Earlier> earlier;
    };
    std::unordered_map<std::string, Incident> incidents_;  // by stream
};

}  // namespace noroshi::respond::incident
