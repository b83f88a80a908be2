#include "prepare/contacts/contacts_problems.h"

#include <algorithm>
#include <map>
#include <set>

namespace noroshi::prepare::contacts {

namespace {

bool has_no_address(const Contact* contact) {
    return contact == nullptr || (contact->email.empty() && contact->mobile.empty() &&
                                  contact->weekday_phone.empty() && contact->night_phone.empty());
}

void check_people(std::vector<Problem>& out, const State& state, const council::State& council,
                  const OrganisationId& organisation, const std::vector<CallLine>& lines,
                  Instant now) {
    std::map<std::string, PersonId> mobiles;
    for (const auto& line : lines) {
        const auto* person = council.find(line.person);
        const bool has_role =
            person != nullptr && std::ranges::find(person->roles, organisation,
                                                   &RoleIn::organisation) != person->roles.end();
        if (!has_role) out.push_back({ProblemKind::left, organisation, line.person});
        const auto* contact = state.find(line.person);
        if (has_no_address(contact)) {
            out.push_back({ProblemKind::no_address, organisation, line.person});
            continue;
        }
        const auto known = state.confirmation(line.person);
        if (confidence(known, state.calendar(), now) < confidence_limit)
            out.push_back({known.asked >= most_asks ? ProblemKind::not_confirmed
                                                    : ProblemKind::low_confidence,
                           organisation, line.person});
        if (line.standing == Standing::principal && contact->mobile.empty() &&
            contact->night_phone.empty())
            out.push_back({ProblemKind::no_night_number, organisation, line.person});
        if (contact->mobile.empty()) continue;
        const auto [other, first] = mobiles.emplace(contact->mobile, line.person);
        if (!first)
            out.push_back({ProblemKind::shared_mobile, organisation, line.person, other->second});
    }
}

void check_duty(std::vector<Problem>& out, const State& state, const OrganisationId& organisation,
                Instant now, std::chrono::days ahead) {
    // One person away over several turns is one problem per stretch, whatever else changes in it.
    std::map<PersonId, Problem> away;
    const auto put = [&](Problem problem) { out.push_back(std::move(problem)); };
    for (const auto& segment : state.duty(organisation, now, now + ahead)) {
        if (segment.stands.empty())
            put({ProblemKind::all_away, organisation, {}, {}, segment.from, segment.until});
        else if (segment.gap)
            put({ProblemKind::duty_gap,
                 organisation,
                 {},
                 segment.stands.front().person,
                 segment.from,
                 segment.until});
        std::set<PersonId> seen;
        for (const auto& stand : segment.stands) {
            if (!stand.scheduled_away) continue;
            seen.insert(*stand.instead_of);
            const auto [open, is_new] =
                away.emplace(*stand.instead_of,
                             Problem{ProblemKind::away_on_duty, organisation, stand.instead_of,
                                     stand.person, segment.from, segment.until});
            if (!is_new) open->second.until = segment.until;
        }
        for (auto one = away.begin(); one != away.end();) {
            if (seen.contains(one->first)) {
                ++one;
                continue;
            }
            put(one->second);
            one = away.erase(one);
        }
    }
    for (const auto& [person, problem] : away) put(problem);
}

}  // namespace

std::vector<Problem> problems_of(const State& state, const council::State& council,
                                 const OrganisationId& organisation, Instant now,
                                 std::chrono::days ahead) {
    std::vector<Problem> out;
    const auto lines = state.call_order(organisation, now);
    const auto count = [&](Standing standing) {
        return std::ranges::count(lines, std::optional(standing), &CallLine::standing);
    };
    if (count(Standing::principal) + count(Standing::deputy) == 0)
        out.push_back({ProblemKind::nobody, organisation});
    else if (count(Standing::principal) == 0)
        out.push_back({ProblemKind::no_principal, organisation});
    else if (count(Standing::deputy) == 0)
        out.push_back({ProblemKind::no_deputy, organisation});
    check_people(out, state, council, organisation, lines, now);
    if (!lines.empty()) check_duty(out, state, organisation, now, ahead);
    std::ranges::sort(out, {}, [](const Problem& one) {
        return std::tuple(one.kind, one.from, one.person, one.other, one.until);
    });
    return out;
}

}  // namespace noroshi::prepare::contacts
