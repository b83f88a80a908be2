#pragma once
// Answers about lists, duty and what is wrong with them, as one reader may see them: names and order
// are known to the port's community, a person's own numbers only to whom may_see allows. Where a
// number is kept back the answer says so; the desk's numbers are there for everybody. Pure; read
// under Journal::read.

#include <optional>
#include <string>
#include <vector>

#include "prepare/contacts/contacts.h"
#include "prepare/contacts/contacts_problems.h"

namespace noroshi::prepare::contacts {

// Who reads, when, and in which language.
struct Reading {
    const Principal& reader;
    Language language;
    Instant now;
};

struct ProblemItem {
    ProblemKind kind = ProblemKind::nobody;
    bool urgent = false;  // tonight nobody, or the wrong person, would be reached
    OrganisationId organisation;
    std::string organisation_name;
    std::optional<PersonId> person;
    std::optional<PersonId> other;
    std::optional<Instant> from;
    std::optional<Instant> until;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(ProblemItem, (),
                      (kind, urgent, organisation, organisation_name, person, other, from, until,
                       text))
struct ProblemItems {
    std::vector<ProblemItem> items;
    std::size_t hidden = 0;  // organisations the reader may not see
};
BOOST_DESCRIBE_STRUCT(ProblemItems, (), (items, hidden))

struct PostItem {
    PersonId person;
    std::string name;
    std::string department;
    std::string title;
    Standing standing = Standing::principal;
    std::optional<std::string> from;
    std::optional<std::string> until;
    bool in_force = true;
    bool away = false;
    bool on_duty = false;
    bool numbers_hidden = false;  // there may be some; they are not for this reader
    std::string email;
    std::string mobile;
    std::string weekday_phone;
    std::string night_phone;
    std::vector<Channel> channels;
    Language language = Language::ja;
    int confidence_percent = 0;
    std::optional<Instant> confirmed_at;  // by the person themselves
};
BOOST_DESCRIBE_STRUCT(PostItem, (),
                      (person, name, department, title, standing, from, until, in_force, away,
                       on_duty, numbers_hidden, email, mobile, weekday_phone, night_phone, channels,
                       language, confidence_percent, confirmed_at))

struct ListItem {
    OrganisationId organisation;
    std::string name;
    std::string weekday_phone;
    std::string night_phone;
    std::string email;
    std::vector<PostItem> posts;
    std::vector<ProblemItem> problems;
    bool may_change = false;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(ListItem, (),
                      (organisation, name, weekday_phone, night_phone, email, posts, problems,
                       may_change, version))
struct ListItems {
    std::vector<ListItem> items;
    std::size_t hidden = 0;
};
BOOST_DESCRIBE_STRUCT(ListItems, (), (items, hidden))

struct StandItem {
    PersonId person;
    std::string name;
    OnDutyBy by = OnDutyBy::rotation;
    std::string rotation;  // its name
    std::optional<PersonId> instead_of;
    std::optional<std::string> instead_of_name;
    bool scheduled_away = false;
    std::string phone;  // to call at the time asked about; empty: none, or kept back
    std::string email;
    bool numbers_hidden = false;
};
BOOST_DESCRIBE_STRUCT(StandItem, (),
                      (person, name, by, rotation, instead_of, instead_of_name, scheduled_away,
                       phone, email, numbers_hidden))
struct SegmentItem {
    Instant from;
    Instant until;
    bool gap = false;
    std::vector<StandItem> stands;
};
BOOST_DESCRIBE_STRUCT(SegmentItem, (), (from, until, gap, stands))
struct DutyItem {
    OrganisationId organisation;
    std::string name;
    std::string desk_phone;  // the desk's number at the time asked about
    bool office_hours = false;
    SegmentItem now;
    std::optional<SegmentItem> next;
    bool own = false;  // the reader's
};
BOOST_DESCRIBE_STRUCT(DutyItem, (), (organisation, name, desk_phone, office_hours, now, next, own))
struct DutyItems {
    Instant at;
    std::vector<DutyItem> items;
    std::size_t hidden = 0;
};
BOOST_DESCRIBE_STRUCT(DutyItems, (), (at, items, hidden))

struct DayItem {
    std::string day;
    bool off = false;
    bool year_end = false;
    std::optional<std::string> holiday;  // its name
};
BOOST_DESCRIBE_STRUCT(DayItem, (), (day, off, year_end, holiday))
struct DayItems {
    std::string zone;
    std::vector<DayItem> items;
};
BOOST_DESCRIBE_STRUCT(DayItems, (), (zone, items))

struct RotationItem {
    std::string id;
    std::string name;
    std::vector<PersonId> members;
    DutyHours hours = DutyHours::always;
    int turn_days = 7;
    std::string handover;
    std::string office_from;
    std::string office_until;
    std::string starts_on;
    std::optional<std::string> ends_on;
};
BOOST_DESCRIBE_STRUCT(RotationItem, (),
                      (id, name, members, hours, turn_days, handover, office_from, office_until,
                       starts_on, ends_on))
struct SubstitutionItem {
    std::string id;
    PersonId person;
    std::string name;
    std::optional<std::string> rotation;
    std::optional<PersonId> instead_of;
    std::optional<std::string> instead_of_name;
    Instant from;
    Instant until;
};
BOOST_DESCRIBE_STRUCT(SubstitutionItem, (),
                      (id, person, name, rotation, instead_of, instead_of_name, from, until))
struct AbsenceItem {
    std::string id;
    PersonId person;
    std::string name;
    Instant from;
    Instant until;
    AbsenceReason reason = AbsenceReason::leave;
};
BOOST_DESCRIBE_STRUCT(AbsenceItem, (), (id, person, name, from, until, reason))
struct MemberItem {
    PersonId person;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(MemberItem, (), (person, name))

// One organisation's duty over some days.
struct DutyCalendar {
    OrganisationId organisation;
    std::string name;
    std::string zone;
    std::vector<DayItem> days;
    std::vector<SegmentItem> segments;
    std::vector<RotationItem> rotations;
    std::vector<SubstitutionItem> substitutions;
    std::vector<AbsenceItem> absences;  // of its people; none for a reader from outside
    std::vector<ProblemItem> problems;
    std::vector<MemberItem> people;  // of the organisation, for its forms
    bool may_change = false;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(DutyCalendar, (),
                      (organisation, name, zone, days, segments, rotations, substitutions, absences,
                       problems, people, may_change, version))

bool is_urgent(const Problem& problem, Instant now);
ProblemItem item_of(const Problem& problem, const State& state, const council::State& council,
                    const Reading& reading);
// Of every organisation of the community and every one with a list, as far as the reader may see
// them; urgent ones first.
ProblemItems all_problems(const State& state, const council::State& council,
                          const Reading& reading);

ListItem list_item(const State& state, const council::State& council,
                   const OrganisationId& organisation, const Reading& reading);
ListItems all_lists(const State& state, const council::State& council, const Reading& reading);

// `at` may be any time. Organisations with a list or a rotation, the reader's own first. An empty
// `only` is all of them.
DutyItems who_is_on_duty(const State& state, const council::State& council, const Reading& reading,
                         Instant at, const OrganisationId& only);
// Errors: not_found prepare.contacts.unknown_organisation; forbidden prepare.contacts.list_hidden;
// invalid prepare.contacts.bad_range (from before until, at most 100 days).
Result<DutyCalendar> duty_calendar(const State& state, const council::State& council,
                                   const Reading& reading, const OrganisationId& organisation,
                                   Day from, Day until);
std::vector<DayItem> days_between(const Calendar& calendar, Day from, Day until, Language language);

// 090-1234-5678 for +819012345678: as people here read and dial it.
std::string readable(std::string_view e164);

}  // namespace noroshi::prepare::contacts
