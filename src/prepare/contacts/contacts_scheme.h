#pragma once
// The contact scheme (連絡体制): who tells whom what, as data, and what is wrong with it. Guideline
// 3.1.2. A scheme has flows, one for each kind of information; a flow says where it begins, who must
// be told in the end, and who tells whom by which channel. Pure.
//
// An organisation hears through its people and tells through them: whoever of it is told, it is told,
// and whom it has on its list it tells without a further arrow or hop.

#include <string>
#include <vector>

#include "prepare/contacts/contacts.h"

namespace noroshi::prepare::contacts {

enum class HoleKind {
    begins_nowhere,  // the flow has no beginning
    never_told,      // organisation: must be told, and no way leads there
    nobody_there,    // organisation: on the way, and nobody of it can be reached
    single_point,    // organisation: if it fails, `cut_off` are not told
    single_person,   // organisation, person: it passes on, and only this person could
    loop,            // cut_off: the organisations, in the order in which it goes round
    too_long,        // organisation: told after `hops` hops
    no_channel  // organisation (who tells), cut_off[0] (who is told): no address for any channel
};
BOOST_DESCRIBE_ENUM(HoleKind, begins_nowhere, never_told, nobody_there, single_point, single_person,
                    loop, too_long, no_channel)

struct Hole {
    HoleKind kind = HoleKind::never_told;
    std::string flow;
    OrganisationId organisation{};
    std::optional<PersonId> person{};
    std::vector<OrganisationId> cut_off{};
    int hops = 0;
    friend bool operator==(const Hole&, const Hole&) = default;
};

// Who can be reached at an organisation, and how: what the check needs to know of the lists.
struct Reach {
    OrganisationId organisation;
    struct Person {
        PersonId person;
        std::vector<Channel> channels;  // there is an address for
    };
    std::vector<Person> people;  // in force, with at least one address
};
// Of every organisation that a flow names or that has a list.
std::vector<Reach> reach_of(const State& state, const std::vector<Flow>& flows, Instant now);

// In the order of the flows, then of the kinds, then of the organisations' ids. `listed`: those who
// must be told where a flow names no audience.
std::vector<Hole> holes_of(const std::vector<Flow>& flows, const std::vector<Reach>& reach,
                           const std::vector<OrganisationId>& listed);

// How many hops from where the flow begins, by the shortest way; -1: never told.
struct Told {
    OrganisationId organisation;
    int hops = -1;
};
std::vector<Told> told_in(const Flow& flow, const std::vector<OrganisationId>& listed);

// Errors: invalid with the pointer, prepare.contacts.{bad_flow_id, flow_twice, unknown_organisation,
// unknown_person, not_of_organisation, tells_itself, tells_twice, bad_hops, too_many_tells}.
Result<SchemeChanged> change_scheme(const council::State& council, const std::vector<Flow>& flows);

}  // namespace noroshi::prepare::contacts
