#include "prepare/contacts/contacts_duty.h"

#include <algorithm>
#include <map>

namespace noroshi::prepare::contacts {

namespace {

using std::chrono::days;

constexpr days horizon{400};

bool covers(const Rotation& rotation, const Calendar& calendar, Instant at) {
    if (rotation.hours == DutyHours::always) return true;
    const bool office = is_office_time(calendar, at, rotation.office_from, rotation.office_until);
    return office == (rotation.hours == DutyHours::office_hours);
}

// The day on which the turn began that the instant belongs to.
Day shift_day(const Rotation& rotation, const Calendar& calendar, Instant at) {
    const auto day = calendar.day_of(at);
    return calendar.time_of(at) >= rotation.handover ? day : day - days{1};
}

PersonId after_transfers(const DutyData& data, const OrganisationId& organisation, PersonId person,
                         Day day) {
    // In the order of their days; whoever succeeded may have left again.
    for (const auto& transfer : data.transfers)
        if (transfer.on <= day && transfer.move.organisation == organisation &&
            transfer.move.leaves == person)
            person = transfer.move.successor;
    return person;
}

struct Turn {
    std::vector<PersonId> members;  // from whose turn it is
};

std::optional<Turn> turn_at(const DutyData& data, const Rotation& rotation,
                            const Calendar& calendar, Instant at) {
    if (at < rotation.since || at >= rotation.until || rotation.members.empty() ||
        !covers(rotation, calendar, at))
        return {};
    const auto day = shift_day(rotation, calendar, at);
    if (day < rotation.starts_on || (rotation.ends_on && day > *rotation.ends_on)) return {};
    const auto turns = (day - rotation.starts_on).count() / rotation.turn_days;
    const auto size = rotation.members.size();
    Turn turn;
    for (std::size_t i = 0; i < size; ++i)
        turn.members.push_back(
            after_transfers(data, rotation.organisation,
                            rotation.members[(static_cast<std::size_t>(turns) + i) % size], day));
    return turn;
}

// In force that day, principals before deputies.
std::vector<const Post*> posts_on(const DutyData& data, Day day) {
    std::vector<const Post*> out;
    for (const auto standing : {Standing::principal, Standing::deputy})
        for (const auto& post : data.posts)
            if (post.standing == standing && is_in_force(post, day)) out.push_back(&post);
    return out;
}

std::optional<PersonId> first_there(const DutyData& data, Day day, Instant at) {
    for (const auto* post : posts_on(data, day))
        if (!is_away(data, post->person, at)) return post->person;
    return {};
}

const Substitution* substitution_for(const DutyData& data, const Rotation& rotation,
                                     const PersonId& scheduled, Instant at) {
    const Substitution* latest = nullptr;
    for (const auto& one : data.substitutions) {
        if (at < one.from || at >= one.until) continue;
        if (!one.rotation && !one.instead_of) continue;
        if (one.rotation && *one.rotation != rotation.id) continue;
        if (one.instead_of && *one.instead_of != scheduled) continue;
        latest = &one;
    }
    return latest;
}

void add(std::vector<Stand>& stands, Stand stand) {
    if (std::ranges::find(stands, stand.person, &Stand::person) == stands.end())
        stands.push_back(std::move(stand));
}

std::optional<Stand> stand_of(const DutyData& data, const Rotation& rotation, const Turn& turn,
                              Day day, Instant at) {
    const auto& scheduled = turn.members.front();
    Stand stand{scheduled, OnDutyBy::rotation, rotation.id, {}, false};
    if (const auto* substitution = substitution_for(data, rotation, scheduled, at)) {
        stand.person = substitution->person;
        stand.by = OnDutyBy::substitution;
        if (stand.person != scheduled) stand.instead_of = scheduled;
    }
    if (!is_away(data, stand.person, at)) return stand;
    stand.instead_of = stand.person;
    stand.scheduled_away = true;
    for (const auto& member : turn.members)
        if (!is_away(data, member, at)) {
            stand.person = member;
            stand.by = OnDutyBy::next_member;
            return stand;
        }
    const auto listed = first_there(data, day, at);
    if (!listed) return {};
    stand.person = *listed;
    stand.by = OnDutyBy::list;
    return stand;
}

// Every instant in (from, until) at which the answer may change.
std::vector<Instant> edges(const DutyData& data, const Calendar& calendar, Instant from,
                           Instant until) {
    std::vector<Instant> out;
    const auto put = [&](Instant at) {
        if (at > from && at < until) out.push_back(at);
    };
    for (const auto& rotation : data.rotations) {
        put(rotation.since);
        put(rotation.until);
    }
    for (const auto& one : data.substitutions) {
        put(one.from);
        put(one.until);
    }
    for (const auto& one : data.absences) {
        put(one.from);
        put(one.until);
    }
    std::vector<Minutes> times{Minutes{0}};
    for (const auto& rotation : data.rotations) {
        if (rotation.until <= from || rotation.since >= until) continue;
        times.insert(times.end(), {rotation.handover, rotation.office_from, rotation.office_until});
    }
    std::ranges::sort(times);
    times.erase(std::ranges::unique(times).begin(), times.end());
    for (auto day = calendar.day_of(from); day <= calendar.day_of(until); day += days{1})
        for (const auto time : times) put(calendar.at(day, time));
    std::ranges::sort(out);
    out.erase(std::ranges::unique(out).begin(), out.end());
    return out;
}

}  // namespace

bool is_in_force(const Post& post, Day day) {
    const auto text = format_day(day);  // days as text sort as days
    return (!post.from || *post.from <= text) && (!post.until || text <= *post.until);
}

bool is_away(const DutyData& data, const PersonId& person, Instant at) {
    return std::ranges::any_of(data.absences, [&](const Absence& one) {
        return one.person == person && one.from <= at && at < one.until;
    });
}

bool is_office_time(const Calendar& calendar, Instant at, Minutes from, Minutes until) {
    if (calendar.is_day_off(calendar.day_of(at))) return false;
    const auto time = calendar.time_of(at);
    return from <= time && time < until;
}

DutySegment duty_at(const DutyData& data, const Calendar& calendar, Instant at) {
    DutySegment out{at, at, {}, false};
    const auto day = calendar.day_of(at);
    bool covered = false;
    for (const auto& rotation : data.rotations) {
        const auto turn = turn_at(data, rotation, calendar, at);
        if (!turn) continue;
        covered = true;
        if (auto stand = stand_of(data, rotation, *turn, day, at)) add(out.stands, *stand);
    }
    for (const auto& one : data.substitutions)
        if (one.from <= at && at < one.until && !one.rotation && !one.instead_of &&
            !is_away(data, one.person, at)) {
            covered = true;
            add(out.stands, {one.person, OnDutyBy::substitution, {}, {}, false});
        }
    // In office hours an office is staffed, and many plan their nights only.
    if (!covered && !data.rotations.empty()) {
        const auto& hours = data.rotations.front();
        out.gap = !is_office_time(calendar, at, hours.office_from, hours.office_until);
    }
    if (out.stands.empty())
        if (const auto listed = first_there(data, day, at))
            out.stands.push_back({*listed, OnDutyBy::list, {}, {}, false});
    return out;
}

std::vector<DutySegment> duty_segments(const DutyData& data, const Calendar& calendar, Instant from,
                                       Instant until) {
    until = std::min(until, from + horizon);
    std::vector<DutySegment> out;
    if (until <= from) return out;
    auto starts = edges(data, calendar, from, until);
    starts.insert(starts.begin(), from);
    for (const auto at : starts) {
        auto segment = duty_at(data, calendar, at);
        if (!out.empty() && out.back().stands == segment.stands && out.back().gap == segment.gap)
            continue;
        if (!out.empty()) out.back().until = at;
        out.push_back(std::move(segment));
    }
    out.back().until = until;
    return out;
}

OnDuty on_duty(const DutyData& data, const Calendar& calendar, Instant at) {
    const auto people = [](const DutySegment& segment) {
        std::vector<PersonId> ids;
        for (const auto& stand : segment.stands) ids.push_back(stand.person);
        return ids;
    };
    OnDuty out;
    out.now = duty_at(data, calendar, at);
    // A week is enough in most places; only if nothing changes in it is more looked at.
    for (const auto span : {days{8}, days{35}}) {
        const auto before = duty_segments(data, calendar, at - span, at);
        out.now.from = at - span;
        for (auto one = before.rbegin(); one != before.rend(); ++one) {
            if (people(*one) != people(out.now)) break;
            out.now.from = one->from;
        }
        const auto after = duty_segments(data, calendar, at, at + span);
        out.now.until = after.back().until;
        for (const auto& one : after)
            if (people(one) != people(out.now)) {
                out.now.until = one.from;
                out.next = one;
                break;
            }
        if (out.next) {
            const auto rest = duty_segments(data, calendar, out.next->from, out.next->from + span);
            out.next->until = rest.back().until;
            for (const auto& one : rest)
                if (people(one) != people(*out.next)) {
                    out.next->until = one.from;
                    break;
                }
            break;
        }
    }
    return out;
}

std::vector<CallLine> call_order(const DutyData& data, const Calendar& calendar, Instant at) {
    const auto posts = posts_on(data, calendar.day_of(at));
    std::vector<CallLine> out;
    std::vector<CallLine> away;
    const auto put = [&](const PersonId& person, bool on_duty) {
        if (std::ranges::find(out, person, &CallLine::person) != out.end() ||
            std::ranges::find(away, person, &CallLine::person) != away.end())
            return;
        CallLine line{person, on_duty, is_away(data, person, at), {}};
        const auto post = std::ranges::find(posts, person, [](const Post* p) { return p->person; });
        if (post != posts.end()) line.standing = (*post)->standing;
        (line.away ? away : out).push_back(std::move(line));
    };
    const auto duty = duty_at(data, calendar, at);
    for (const auto& stand : duty.stands)
        put(stand.person, stand.by != OnDutyBy::list || stand.scheduled_away);
    for (const auto* post : posts) put(post->person, false);
    out.insert(out.end(), away.begin(), away.end());
    return out;
}

}  // namespace noroshi::prepare::contacts
