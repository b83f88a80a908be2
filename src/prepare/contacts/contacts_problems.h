#pragma once
// What is wrong with an organisation's list and duty, said as it arises: computed from the state at
// every reading, so that nothing has to be looked for. Guideline 3.1.2; it answers what users of other
// systems suffer from: people on leave who are scheduled, gaps without a fallback, one mobile for
// principal and deputy. Pure.

#include <optional>
#include <string>
#include <vector>

#include "prepare/contacts/contacts.h"

namespace noroshi::prepare::contacts {

enum class ProblemKind {
    nobody,           // no list, or nobody of it in force today
    no_principal,     // deputies only
    no_deputy,        // the whole organisation hangs on its principals
    no_address,       // person: neither mail nor any number
    no_night_number,  // person, a principal: no mobile and no night number
    shared_mobile,    // person and other: one mobile
    left,             // person: on the list or in a rotation without a role in the organisation
    duty_gap,         // from, until: no rotation covers; the list answers
    away_on_duty,     // person, from, until: scheduled though away; other stands in, if anybody
    all_away,         // from, until: nobody at all is there
    low_confidence,   // person: should be confirmed
    not_confirmed     // person: was asked and has not answered
};
BOOST_DESCRIBE_ENUM(ProblemKind, nobody, no_principal, no_deputy, no_address, no_night_number,
                    shared_mobile, left, duty_gap, away_on_duty, all_away, low_confidence,
                    not_confirmed)

struct Problem {
    ProblemKind kind = ProblemKind::nobody;
    OrganisationId organisation;
    std::optional<PersonId> person{};
    std::optional<PersonId> other{};
    std::optional<Instant> from{};
    std::optional<Instant> until{};
    friend bool operator==(const Problem&, const Problem&) = default;
};

// Of the list as it stands at `now`, and of the duty of the `ahead` that follow. In the order of the
// kinds, then of time.
std::vector<Problem> problems_of(const State& state, const council::State& council,
                                 const OrganisationId& organisation, Instant now,
                                 std::chrono::days ahead = std::chrono::days{28});

}  // namespace noroshi::prepare::contacts
