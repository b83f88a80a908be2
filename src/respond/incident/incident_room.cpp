#include "kernel/journal/record.h"
#include "prepare/council/council_view.h"
#include "respond/incident/incident.h"
#include "respond/incident/incident_view.h"

namespace noroshi::respond::incident {

using journal::Envelope;
using journal::World;

namespace {

// What an open board is told. One rendering goes to everybody, so names that depend on the reader's
// language are given as in Japanese.
constexpr Language told_in = Language::ja;

template <class Item>
std::optional<std::string> told(const std::optional<Item>& item) {
    if (!item) return {};
    return json::to_text(*item);
}

template <class Body>
void tell_card(journal::Journal& journal, const View& view, std::string type) {
    journal.add_event(
        Body::kind,
        [&view](const void*, const Envelope& at) -> std::optional<std::string> {
            const auto id = incident_of_stream(at.stream);
            return id ? told(view.for_everybody(*id)) : std::nullopt;
        },
        std::move(type));
}

void tell_events(journal::Journal& journal, const View& view) {
    tell_card<IncidentOpened>(journal, view, std::string(IncidentOpened::kind));
    for (const auto tell : {tell_card<IntakeCorrected>, tell_card<VisibilityChanged>,
                            tell_card<IncidentClosed>, tell_card<IncidentReopened>})
        tell(journal, view, "respond.incident.incident_changed");
    journal::event<EntryAdded>(
        journal,
        [&view](const World&, const EntryAdded& body,
                const Envelope& at) -> std::optional<std::string> {
            return json::to_text(view.item_of(body, PersonId{std::string(at.actor)}, at.event_time,
                                              at.entry_time, *at.visibility, told_in));
        });
    journal::event<MilestoneSet>(
        journal,
        [&view](const World&, const MilestoneSet& body,
                const Envelope& at) -> std::optional<std::string> {
            const auto id = incident_of_stream(at.stream);
            if (!id) return {};
            return told(view.milestone(*id, body.terminal, body.milestone, told_in));
        });
}

}  // namespace

Incident::Incident(journal::Journal& journal, const council::Council& council,
                   const port::Port& port)
    : view_(std::make_unique<View>(council.view())), council_(council), port_(port) {
    state_.attach(journal.pending());
    view_->attach(journal.published());
    tell_events(journal, *view_);
}

Incident::~Incident() = default;

Asked Incident::asked(const journal::Recorder& recorder, const Principal& by) const {
    return {state_, council_.state(), port_.state(), by, recorder.now()};
}

Result<Incident::Opened> Incident::open(journal::Recorder& recorder, const Principal& by,
                                        const OpenRequest& request) {
    IncidentId id{recorder.random().identifier()};
    TRY_LET(auto decided, open_incident(asked(recorder, by), id, request));
    journal::record(recorder, decided.place, decided.body);
    return Opened{std::move(id), std::move(decided)};
}

Result<Decided<EntryAdded>> Incident::add_entry(journal::Recorder& recorder, const Principal& by,
                                                const IncidentId& id, const EntryRequest& request) {
    TRY_LET(auto decided, incident::add_entry(asked(recorder, by), id, request));
    journal::record(recorder, decided.place, decided.body);
    return decided;
}

}  // namespace noroshi::respond::incident
