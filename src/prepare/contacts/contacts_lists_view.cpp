#include "prepare/contacts/contacts_lists_view.h"

#include <algorithm>

#include <boost/describe/enum_to_string.hpp>

#include "kernel/i18n/i18n.h"

namespace noroshi::prepare::contacts {

namespace {

using std::chrono::days;

constexpr Minutes office_from{8 * 60 + 30};
constexpr Minutes office_until{17 * 60 + 15};

template <class Enum>
std::string word(Enum value) {
    return boost::describe::enum_to_string(value, "");
}

bool may_see_person(const council::State& council, const Principal& reader, const PersonId& id) {
    const auto* person = council.find(id);
    return person != nullptr && may_see(reader, *person, council);
}

// The community's organisations, and whoever else has a list or a rotation.
std::vector<const council::Organisation*> organisations(const State& state,
                                                        const council::State& council) {
    std::vector<const council::Organisation*> out;
    for (const auto* one : council.organisations())
        if (one->member || !state.list(one->id).posts.empty() || !state.rotations(one->id).empty())
            out.push_back(one);
    return out;
}

bool is_own(const Principal& reader, const OrganisationId& organisation) {
    return std::ranges::find(reader.viewer.organisations, organisation) !=
           reader.viewer.organisations.end();
}

StandItem stand_item(const Stand& stand, const State& state, const council::State& council,
                     const Reading& reading, const OrganisationId& organisation, Instant at) {
    StandItem item;
    item.person = stand.person;
    item.name = council.name_of(stand.person, reading.language);
    item.by = stand.by;
    if (const auto* rotation = state.find_rotation(organisation, stand.rotation))
        item.rotation = rotation->name;
    item.instead_of = stand.instead_of;
    if (stand.instead_of)
        item.instead_of_name = council.name_of(*stand.instead_of, reading.language);
    item.scheduled_away = stand.scheduled_away;
    item.numbers_hidden = !may_see_person(council, reading.reader, stand.person);
    if (item.numbers_hidden) return item;
    item.phone = state.address_of(stand.person, Channel::voice, at).value_or("");
    item.email = state.address_of(stand.person, Channel::email).value_or("");
    return item;
}

SegmentItem segment_item(const DutySegment& segment, const State& state,
                         const council::State& council, const Reading& reading,
                         const OrganisationId& organisation, Instant at) {
    SegmentItem item{segment.from, segment.until, segment.gap, {}};
    for (const auto& stand : segment.stands)
        item.stands.push_back(stand_item(stand, state, council, reading, organisation, at));
    return item;
}

PostItem post_item(const Post& post, const State& state, const council::State& council,
                   const Reading& reading, const OnDuty& duty) {
    PostItem item;
    item.person = post.person;
    item.name = council.name_of(post.person, reading.language);
    item.department = post.department;
    item.title = post.title;
    item.standing = post.standing;
    item.from = post.from;
    item.until = post.until;
    item.in_force = is_in_force(post, state.calendar().day_of(reading.now));
    item.away = state.is_away(post.person, reading.now);
    item.on_duty = std::ranges::any_of(duty.now.stands, [&](const Stand& stand) {
        return stand.person == post.person && stand.by != OnDutyBy::list;
    });
    if (const auto* person = council.find(post.person)) item.language = person->language;
    const auto known = state.confirmation(post.person);
    item.confidence_percent =
        static_cast<int>(confidence(known, state.calendar(), reading.now) * 100);
    if (known.by_person) item.confirmed_at = known.since;
    item.numbers_hidden = !may_see_person(council, reading.reader, post.person);
    const auto* contact = state.find(post.person);
    if (item.numbers_hidden || contact == nullptr) return item;
    item.email = contact->email;
    item.mobile = contact->mobile;
    item.weekday_phone = contact->weekday_phone;
    item.night_phone = contact->night_phone;
    item.channels = contact->channels;
    return item;
}

bool is_about_list(const Problem& problem) {
    return problem.kind != ProblemKind::duty_gap && problem.kind != ProblemKind::away_on_duty &&
           problem.kind != ProblemKind::all_away;
}

}  // namespace

bool is_urgent(const Problem& problem, Instant now) {
    switch (problem.kind) {
    case ProblemKind::nobody:
    case ProblemKind::all_away: return true;
    case ProblemKind::duty_gap:
    case ProblemKind::away_on_duty: return problem.from && *problem.from <= now + days{2};
    case ProblemKind::no_principal:
    case ProblemKind::no_deputy:
    case ProblemKind::no_address:
    case ProblemKind::no_night_number:
    case ProblemKind::shared_mobile:
    case ProblemKind::left:
    case ProblemKind::low_confidence:
    case ProblemKind::not_confirmed: return false;
    }
    return false;
}

ProblemItem item_of(const Problem& problem, const State& state, const council::State& council,
                    const Reading& reading) {
    ProblemItem item{problem.kind,
                     is_urgent(problem, reading.now),
                     problem.organisation,
                     council.name_of(problem.organisation, reading.language),
                     problem.person,
                     problem.other,
                     problem.from,
                     problem.until,
                     {}};
    const auto name = [&](const std::optional<PersonId>& person) {
        return person ? council.name_of(*person, reading.language) : std::string{};
    };
    const auto time = [&](const std::optional<Instant>& at) {
        return at ? format_for_people(*at, state.calendar().zone(), reading.language)
                  : std::string{};
    };
    // Where nobody else is there either, the sentence does not name a stand-in.
    const bool without = problem.kind == ProblemKind::away_on_duty && !problem.other;
    item.text =
        i18n::text(reading.language,
                   "prepare.contacts.problem_" + word(problem.kind) + (without ? "_without" : ""),
                   {{"organisation", item.organisation_name},
                    {"name", name(problem.person)},
                    {"other", name(problem.other)},
                    {"from", time(problem.from)},
                    {"until", time(problem.until)}});
    return item;
}

ProblemItems all_problems(const State& state, const council::State& council,
                          const Reading& reading) {
    ProblemItems out;
    for (const auto* organisation : organisations(state, council)) {
        if (!may_see_list(reading.reader, organisation->id)) {
            ++out.hidden;
            continue;
        }
        for (const auto& one : problems_of(state, council, organisation->id, reading.now))
            out.items.push_back(item_of(one, state, council, reading));
    }
    std::vector<ProblemItem> sorted;
    for (const bool urgent : {true, false})
        std::ranges::copy_if(out.items, std::back_inserter(sorted),
                             [&](const ProblemItem& one) { return one.urgent == urgent; });
    out.items = std::move(sorted);
    return out;
}

ListItem list_item(const State& state, const council::State& council,
                   const OrganisationId& organisation, const Reading& reading) {
    const auto list = state.list(organisation);
    const auto duty =
        OnDuty{duty_at(state.duty_data(organisation), state.calendar(), reading.now), std::nullopt};
    ListItem item;
    item.organisation = organisation;
    item.name = council.name_of(organisation, reading.language);
    item.weekday_phone = list.weekday_phone;
    item.night_phone = list.night_phone;
    item.email = list.email;
    for (const auto& post : list.posts)
        item.posts.push_back(post_item(post, state, council, reading, duty));
    for (const auto& one : problems_of(state, council, organisation, reading.now))
        if (is_about_list(one)) item.problems.push_back(item_of(one, state, council, reading));
    item.may_change = may_manage(reading.reader, organisation).has_value();
    item.version = list.version;
    return item;
}

ListItems all_lists(const State& state, const council::State& council, const Reading& reading) {
    ListItems out;
    for (const auto* organisation : organisations(state, council)) {
        if (may_see_list(reading.reader, organisation->id))
            out.items.push_back(list_item(state, council, organisation->id, reading));
        else
            ++out.hidden;
    }
    return out;
}

DutyItems who_is_on_duty(const State& state, const council::State& council, const Reading& reading,
                         Instant at, const OrganisationId& only) {
    DutyItems out;
    out.at = at;
    std::vector<DutyItem> others;
    for (const auto* organisation : organisations(state, council)) {
        if (!only.empty() && organisation->id != only) continue;
        if (!may_see_list(reading.reader, organisation->id)) {
            ++out.hidden;
            continue;
        }
        const auto list = state.list(organisation->id);
        DutyItem item;
        item.organisation = organisation->id;
        item.name = council.name_of(organisation->id, reading.language);
        item.office_hours = is_office_time(state.calendar(), at, office_from, office_until);
        item.desk_phone =
            item.office_hours || list.night_phone.empty() ? list.weekday_phone : list.night_phone;
        const auto duty = state.on_duty(organisation->id, at);
        item.now = segment_item(duty.now, state, council, reading, organisation->id, at);
        if (duty.next)
            item.next = segment_item(*duty.next, state, council, reading, organisation->id,
                                     duty.next->from);
        item.own = is_own(reading.reader, organisation->id);
        (item.own ? out.items : others).push_back(std::move(item));
    }
    std::ranges::move(others, std::back_inserter(out.items));
    return out;
}

std::vector<DayItem> days_between(const Calendar& calendar, Day from, Day until,
                                  Language language) {
    std::vector<DayItem> out;
    for (auto day = from; day < until; day += days{1}) {
        DayItem item{format_day(day), calendar.is_day_off(day), is_year_end(day), {}};
        if (const auto holiday = calendar.holidays().on(day))
            item.holiday =
                holiday->what == Holiday::other
                    ? holiday->name
                    : i18n::text(language, "prepare.contacts.holiday_" + word(holiday->what));
        out.push_back(std::move(item));
    }
    return out;
}

Result<DutyCalendar> duty_calendar(const State& state, const council::State& council,
                                   const Reading& reading, const OrganisationId& organisation,
                                   Day from, Day until) {
    if (council.find(organisation) == nullptr)
        return fail(ErrorKind::not_found, "prepare.contacts.unknown_organisation");
    if (!may_see_list(reading.reader, organisation))
        return fail(ErrorKind::forbidden, "prepare.contacts.list_hidden");
    if (until <= from || until - from > days{100})
        return fail(ErrorKind::invalid, "prepare.contacts.bad_range");
    const auto& calendar = state.calendar();
    const auto name = [&](const PersonId& person) {
        return council.name_of(person, reading.language);
    };
    DutyCalendar out;
    out.organisation = organisation;
    out.name = council.name_of(organisation, reading.language);
    out.zone = calendar.zone();
    out.days = days_between(calendar, from, until, reading.language);
    const auto first = calendar.at(from);
    const auto last = calendar.at(until);
    for (const auto& one : state.duty(organisation, first, last))
        out.segments.push_back(segment_item(one, state, council, reading, organisation, one.from));
    for (const auto& one : state.rotations(organisation)) {
        RotationItem item{one.id,
                          one.name,
                          one.members,
                          one.hours,
                          one.turn_days,
                          format_time(one.handover),
                          format_time(one.office_from),
                          format_time(one.office_until),
                          format_day(one.starts_on),
                          {}};
        if (one.ends_on) item.ends_on = format_day(*one.ends_on);
        out.rotations.push_back(std::move(item));
    }
    for (const auto& one : state.substitutions(organisation)) {
        if (one.until <= first || one.from >= last) continue;
        SubstitutionItem item{one.id,         one.person, name(one.person), one.rotation,
                              one.instead_of, {},         one.from,         one.until};
        if (one.instead_of) item.instead_of_name = name(*one.instead_of);
        out.substitutions.push_back(std::move(item));
    }
    const bool own = is_own(reading.reader, organisation);
    for (const auto* person : council.people_of(organisation)) {
        out.people.push_back({person->id, name(person->id)});
        // That somebody is ill or on leave is nobody else's business.
        if (!own && !may_see(reading.reader, *person, council)) continue;
        const auto* absences = state.absences(person->id);
        if (absences == nullptr) continue;
        for (const auto& one : *absences)
            if (one.until > first && one.from < last)
                out.absences.push_back(
                    {one.id, one.person, name(one.person), one.from, one.until, one.reason});
    }
    for (const auto& one : problems_of(state, council, organisation, reading.now))
        out.problems.push_back(item_of(one, state, council, reading));
    out.may_change = may_manage(reading.reader, organisation).has_value();
    out.version = state.duty_version(organisation);
    return out;
}

std::string readable(std::string_view e164) {
    if (!e164.starts_with("+81")) return std::string(e164);
    const auto national = "0" + std::string(e164.substr(3));
    const auto cut = [&](std::size_t first, std::size_t second) {
        return national.substr(0, first) + "-" + national.substr(first, second) + "-" +
               national.substr(first + second);
    };
    if (national.size() == 11) return national.starts_with("0800") ? cut(4, 3) : cut(3, 4);
    if (national.starts_with("0120") || national.starts_with("0570")) return cut(4, 3);
    if (national.starts_with("03") || national.starts_with("06")) return cut(2, 4);
    return cut(3, 3);
}

}  // namespace noroshi::prepare::contacts
