#pragma once
// Clocks of reports: who must report what to whom by when. Deadlines differ from port to port and
// change, so they are configuration (data/procedures/clocks.yaml, docs/formats/clocks.md), not code.
// Here they run: pure functions of what is known about an incident.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/i18n/i18n.h"
#include "prepare/council/council.h"
#include "respond/incident/incident_board.h"
#include "respond/incident/incident_case.h"

namespace noroshi::respond::incident {

enum class ClockStart {
    began,     // when the incident began, as far as known
    opened,    // when it was entered here
    detected,  // the first milestone "detected" that was reached; until then: began
    leaked     // when an information leak became an effect of it: opened
};
BOOST_DESCRIBE_ENUM(ClockStart, began, opened, detected, leaked)

struct Clock {
    std::string id;                              // "police_first"
    std::vector<council::OrganisationKind> who;  // who must report
    std::vector<Audience> to;                    // to whom; met when all were told
    std::string what, what_en;
    std::string basis, basis_en;  // the law or the agreement it rests on, as people cite it
    std::vector<Effect> effects;  // any of these; none: every incident
    ClockStart from = ClockStart::began;
    std::string after;  // id of another clock: starts when that one is met
    Span within{};
    bool by_report =
        false;             // only a report that was sent meets it; else any entry or call-out does
    bool by_hand = false;  // only somebody saying so meets it
    bool in_drills = true;
};

enum class ClockState { waiting, running, overdue, met, met_late, waived };
BOOST_DESCRIBE_ENUM(ClockState, waiting, running, overdue, met, met_late, waived)

struct ClockItem {
    std::string clock;
    OrganisationId who;
    std::vector<std::string> to;
    std::vector<std::string> to_labels;  // in the reader's language
    std::string what;
    std::string basis;
    ClockState state = ClockState::waiting;
    std::optional<Instant> starts_at;
    std::optional<Instant> due_at;             // absent while it waits for another clock
    std::optional<std::int64_t> minutes_left;  // < 0: overdue by
    std::optional<Instant> met_at;
    std::optional<std::string> note;
    std::optional<Number> entry;
    bool by_hand = false;
};
BOOST_DESCRIBE_STRUCT(ClockItem, (),
                      (clock, who, to, to_labels, what, basis, state, starts_at, due_at,
                       minutes_left, met_at, note, entry, by_hand))

// When each audience was first told, by an entry or a call-out; by Audience. As known to everybody:
// narrow entries count too, because the duty is done whether or not this reader may see by what.
struct Told {
    std::optional<Instant> at;
    Number entry = 0;
};
std::vector<Told> told(const Board& board, const council::State& council);

// Those due first on top, then those waiting, then those met or waived.
std::vector<ClockItem> clocks_of(const std::vector<Clock>& clocks, const Board& board,
                                 const Case& of, const council::State& council,
                                 const port::State& port, Instant now, Language language);

const Clock* find_clock(const std::vector<Clock>& clocks, std::string_view id);
// The organisations that this clock is about here.
std::vector<OrganisationId> who_of(const Clock& clock, const Board& board,
                                   const council::State& council, const port::State& port);

// ---- requests and decisions ----------------------------------------------------------------

struct ClockMetRequest {
    OrganisationId who;
    std::optional<std::string> note;
    std::optional<Number> entry;
    std::optional<Instant> event_time;
};
BOOST_DESCRIBE_STRUCT(ClockMetRequest, (), (who, note, entry, event_time))

struct ClockWaivedRequest {
    OrganisationId who;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(ClockWaivedRequest, (), (who, reason))

struct ClockRestartedRequest {
    OrganisationId who;
};
BOOST_DESCRIBE_STRUCT(ClockRestartedRequest, (), (who))

// Errors: not_found respond.incident.clock_unknown; invalid respond.incident.*.
Result<Decided<ClockMet>> meet(const Inquiry& inquiry, const std::vector<Clock>& clocks,
                               const IncidentId& id, const std::string& clock,
                               const ClockMetRequest& request);
Result<Decided<ClockWaived>> waive(const Inquiry& inquiry, const std::vector<Clock>& clocks,
                                   const IncidentId& id, const std::string& clock,
                                   const ClockWaivedRequest& request);
Result<Decided<ClockRestarted>> restart(const Inquiry& inquiry, const std::vector<Clock>& clocks,
                                        const IncidentId& id, const std::string& clock,
                                        const ClockRestartedRequest& request);

// Reads clocks.yaml. Defined in incident_clocks_cli.cpp, because content is read at the edge.
// Errors: those of edge/cli/content.h, with file, line and field.
Result<std::vector<Clock>> read_clocks(std::string_view text, std::string file);
// "30min", "24h", "5d" (a day is 24 hours); nothing else.
std::optional<Span> read_span(std::string_view text);

}  // namespace noroshi::respond::incident
