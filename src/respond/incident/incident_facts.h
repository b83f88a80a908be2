#pragma once
// What the incident room writes. All facts of one incident lie in the stream
// "respond/incident/<id>". Who wrote, when it happened, when it was entered, who may see it and
// whether it is a drill stand in the fact's envelope; the bodies say the rest, and leave out what
// was not given, because a port writes a million entries and reads them all at every start.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "kernel/identity/id.h"
#include "kernel/identity/visibility.h"
#include "kernel/journal/retention.h"
#include "kernel/time/time.h"

namespace noroshi::respond::incident {

using Number = std::uint32_t;  // of an entry within its incident: 1, 2, 3 … without gaps

// Guideline 3.3.1: what can be said at intake without knowing the cause. The first three are what
// a port facility has to report; the others what a port has to care about.
enum class Effect {
    security_plan,     // the security plan of the facility cannot be carried out
    ship_movement,     // arrival or departure of ships is disturbed
    freight,           // freight throughput is disturbed
    people,            // danger to people or public order
    cargo_data,        // data about cargo is wrong
    information_leak,  // information has left
    other
};
BOOST_DESCRIBE_ENUM(Effect, security_plan, ship_movement, freight, people, cargo_data,
                    information_leak, other)

enum class EntryKind { fact, rumour, order, request, decision };
BOOST_DESCRIBE_ENUM(EntryKind, fact, rumour, order, request, decision)

// Who was told, by kind; what the review measures. In JSON its name (the last one is "public",
// which C++ keeps for itself).
enum class Audience {
    police,
    coast_guard,
    ministry,
    jpcert,
    security_expert,
    haulier,
    shipping_line,
    terminal_operator,
    harbour_transport_association,
    port_manager,
    everyone
};
inline constexpr std::array<std::string_view, 11> audience_names{"police",
                                                                 "coast_guard",
                                                                 "ministry",
                                                                 "jpcert",
                                                                 "security_expert",
                                                                 "haulier",
                                                                 "shipping_line",
                                                                 "terminal_operator",
                                                                 "harbour_transport_association",
                                                                 "port_manager",
                                                                 "public"};
constexpr std::string_view name_of(Audience audience) {
    return audience_names[static_cast<std::size_t>(audience)];
}
constexpr std::optional<Audience> audience_of(std::string_view name) {
    for (std::size_t i = 0; i < audience_names.size(); ++i)
        if (audience_names[i] == name) return static_cast<Audience>(i);
    return {};
}

enum class Milestone {
    detected,
    contained,
    system_back,
    safety_confirmed,
    data_reconciled,
    gate_open,
    normal
};
BOOST_DESCRIBE_ENUM(Milestone, detected, contained, system_back, safety_confirmed, data_reconciled,
                    gate_open, normal)

enum class MilestoneState {
    announced,  // it is promised for `time`
    reached,    // it happened at `time`
    withdrawn   // what was said before no longer holds, from `time` on
};
BOOST_DESCRIBE_ENUM(MilestoneState, announced, reached, withdrawn)

struct Attachment {
    std::string sha256;  // hex; names the blob
    std::string name;    // as people know the file; sanitised
    std::uint64_t size = 0;
    std::string media_type;
    friend bool operator==(const Attachment&, const Attachment&) = default;
};
BOOST_DESCRIBE_STRUCT(Attachment, (), (sha256, name, size, media_type))

// Event time: when it began, as far as known then.
struct IncidentOpened {
    static constexpr std::string_view kind = "respond.incident.incident_opened";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::uint32_t number = 0;  // 1, 2, 3 … among the live ones, and within each exercise
    std::string title;
    std::vector<Effect> effects;
    OrganisationId organisation;  // for which the author spoke
    std::optional<OrganisationId> on_behalf_of;
    std::optional<std::string> cause;  // absent: unknown
    std::optional<std::string> summary;
    std::optional<std::string> source;  // who told us
    std::optional<std::vector<TerminalId>> terminals;
};
BOOST_DESCRIBE_STRUCT(IncidentOpened, (),
                      (number, title, effects, organisation, on_behalf_of, cause, summary, source,
                       terminals))

// The whole intake as it now reads; the earlier one stays in the journal.
struct IntakeCorrected {
    static constexpr std::string_view kind = "respond.incident.intake_corrected";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string title;
    std::vector<Effect> effects;
    std::optional<std::string> cause;
    std::optional<std::string> summary;
    std::optional<std::string> source;
    std::optional<std::vector<TerminalId>> terminals;
    std::optional<Instant> began_at;  // a corrected event time of the incident
};
BOOST_DESCRIBE_STRUCT(IntakeCorrected, (),
                      (title, effects, cause, summary, source, terminals, began_at))

// One line of the chronology. Never changed: a correction is another entry that `corrects` it.
struct EntryAdded {
    static constexpr std::string_view kind = "respond.incident.entry_added";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    Number number = 0;
    std::optional<EntryKind> entry_kind;  // absent: fact
    std::optional<bool> confirmed;        // absent: no
    std::optional<bool> narrowed;  // has a visibility of its own; else the incident's, always
    OrganisationId organisation;   // for which the author spoke
    std::optional<OrganisationId> on_behalf_of;
    std::optional<std::string> sender;
    std::optional<std::string> receiver;
    std::optional<std::string> medium;
    std::string content;
    std::optional<Number> corrects;   // replaces that entry
    std::optional<Number> confirms;   // says that it is true
    std::optional<Number> completes;  // the order or request is done
    std::optional<Number> reopens;    // it was reported done, but is not
    std::optional<Instant> due;       // of an order or request
    std::optional<std::vector<OrganisationId>> receiver_organisations;
    // Those named, and the kinds of the receiver organisations as they were then.
    std::optional<std::vector<std::string>> audiences;
    std::optional<std::vector<Attachment>> attachments;
    // 任意提供・非公開条件: told, and the files with it, voluntarily and not for disclosure.
    std::optional<bool> voluntary{};
};
BOOST_DESCRIBE_STRUCT(EntryAdded, (),
                      (number, entry_kind, confirmed, narrowed, organisation, on_behalf_of, sender,
                       receiver, medium, content, corrects, confirms, completes, reopens, due,
                       receiver_organisations, audiences, attachments, voluntary))

// Event time: when it was announced, or known to be reached.
struct MilestoneSet {
    static constexpr std::string_view kind = "respond.incident.milestone_set";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    TerminalId terminal;
    Milestone milestone = Milestone::detected;
    MilestoneState state = MilestoneState::announced;
    Instant time;
    OrganisationId organisation;
    std::optional<OrganisationId> on_behalf_of;
    std::optional<std::string> note;
    std::optional<Number> entry;  // in which it was told
    // Of safety_confirmed: by whom, and on what.
    std::optional<std::string> confirmed_by{};
    std::optional<std::string> evidence{};
};
BOOST_DESCRIBE_STRUCT(MilestoneSet, (),
                      (terminal, milestone, state, time, organisation, on_behalf_of, note, entry,
                       confirmed_by, evidence))

// A file was handed in. Whoever uploaded it sees it; others see it through the entry that names it.
struct AttachmentAdded {
    static constexpr std::string_view kind = "respond.incident.attachment_added";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    Attachment attachment;
};
BOOST_DESCRIBE_STRUCT(AttachmentAdded, (), (attachment))

// The envelope's visibility is the new one, for the incident and for every entry not narrowed.
struct VisibilityChanged {
    static constexpr std::string_view kind = "respond.incident.visibility_changed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(VisibilityChanged, (), (reason))

struct IncidentClosed {
    static constexpr std::string_view kind = "respond.incident.incident_closed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::optional<std::string> reason;
    // What was open then, one line each as it was shown; no names of people.
    std::optional<std::vector<std::string>> left_open{};
};
BOOST_DESCRIBE_STRUCT(IncidentClosed, (), (reason, left_open))

struct IncidentReopened {
    static constexpr std::string_view kind = "respond.incident.incident_reopened";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(IncidentReopened, (), (reason))

}  // namespace noroshi::respond::incident
