#pragma once
// Who is on duty, and who is called when nobody answers. Guideline 3.1.2.
//
// An organisation has a list (posts in the order in which people are called, each from a first to a
// last day) and rotations. At any instant:
//
//   scheduled   of each rotation that covers the instant, the member whose turn it is. A turn begins
//               at `handover` and lasts `turn_days`; what belongs to the night before the handover
//               belongs to the turn of the day before. Whoever left the post by a transfer is
//               replaced by the successor from that day's turn on.
//   substituted a substitution replaces the scheduled person, the latest one that fits; one for
//               neither a rotation nor a person stands beside.
//   away        somebody scheduled who is absent is never the answer: the next member of the rotation
//               who is there stands in, else the list; the schedule is flagged until a substitution
//               is made.
//   nobody      where no rotation covers, the first of the list who is there answers: principals in
//               order, then deputies. With rotations, outside office hours, that is a flagged gap.
//
// The history of a rotation stays: an instant is answered by the version in force then (the first
// version also for what was before it). Pure; State gives the data.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "prepare/contacts/contacts_calendar.h"
#include "prepare/contacts/contacts_facts.h"

namespace noroshi::prepare::contacts {

struct Rotation {
    std::string id;
    OrganisationId organisation;
    std::string name;
    std::vector<PersonId> members;
    DutyHours hours = DutyHours::always;
    int turn_days = 7;
    Minutes handover{};
    Minutes office_from{};
    Minutes office_until{};
    Day starts_on;
    std::optional<Day> ends_on;
    Instant since = Instant::min();  // this version
    Instant until = Instant::max();  // of it
};

struct Substitution {
    std::string id;
    PersonId person;
    std::optional<std::string> rotation;
    std::optional<PersonId> instead_of;
    Instant from;
    Instant until;
};

struct Absence {
    std::string id;
    PersonId person;
    Instant from;
    Instant until;
    AbsenceReason reason = AbsenceReason::leave;
};

struct Transferred {
    Day on;
    Move move;
};

// What one organisation's duty depends on.
struct DutyData {
    std::vector<Post> posts{};
    std::vector<Rotation> rotations{};  // all versions, in the order in which they were set
    std::vector<Substitution> substitutions{};
    std::vector<Absence> absences{};  // of the people above
    std::vector<Transferred> transfers{};
};

enum class OnDutyBy { rotation, substitution, next_member, list };
BOOST_DESCRIBE_ENUM(OnDutyBy, rotation, substitution, next_member, list)

struct Stand {
    PersonId person;
    OnDutyBy by = OnDutyBy::rotation;
    std::string rotation;                // empty: of none
    std::optional<PersonId> instead_of;  // who was scheduled, if it is somebody else
    bool scheduled_away = false;         // instead_of is away, and nobody has arranged for it
    friend bool operator==(const Stand&, const Stand&) = default;
};

struct DutySegment {
    Instant from;
    Instant until;
    std::vector<Stand> stands;  // in the order in which to call; empty: nobody at all
    bool gap = false;           // there are rotations, and none covers this night or holiday
};

// In [from, until), merged where nothing changes, without holes. At most 400 days.
std::vector<DutySegment> duty_segments(const DutyData& data, const Calendar& calendar, Instant from,
                                       Instant until);
// At one instant; from and until are both `at`.
DutySegment duty_at(const DutyData& data, const Calendar& calendar, Instant at);

struct OnDuty {
    DutySegment now;
    std::optional<DutySegment> next;  // when the people change, within 35 days
};
OnDuty on_duty(const DutyData& data, const Calendar& calendar, Instant at);

// The order in which an organisation's people are called: who is on duty, then principals, then
// deputies. Who is away stands last, marked, and is still there: better one on leave than nobody.
struct CallLine {
    PersonId person;
    bool on_duty = false;
    bool away = false;
    std::optional<Standing> standing;  // nothing: in a rotation only
    friend bool operator==(const CallLine&, const CallLine&) = default;
};
std::vector<CallLine> call_order(const DutyData& data, const Calendar& calendar, Instant at);

bool is_in_force(const Post& post, Day day);
bool is_away(const DutyData& data, const PersonId& person, Instant at);
bool is_office_time(const Calendar& calendar, Instant at, Minutes from, Minutes until);

}  // namespace noroshi::prepare::contacts
