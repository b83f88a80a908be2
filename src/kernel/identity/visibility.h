#pragma once
// Who may see a record. Every fact carries a Visibility: a TLP 2.0 label (FIRST, "Traffic Light
// Protocol 2.0", 2022; labels are never translated) and the organisations and people it names.
//
//   TLP:RED           the named people only
//   TLP:AMBER+STRICT  people of the named organisations
//   TLP:AMBER         the same, and people of organisations that serve one of the named
//                     (their maintenance vendor, for instance: "clients" in TLP's words)
//   TLP:GREEN         everyone who belongs to the port's community
//   TLP:CLEAR         everyone
//
// Named people see it under every label, people of named organisations under every label but RED:
// a GREEN record that names an organisation outside of the community is told to it as well.
//
// A record kept for investigators is narrower still: of those whom its label reaches, only people
// who have the role of an investigator see it, and the people it names.
//
// The author's own organisation is named by whoever makes the record; nobody sees a record merely
// by being an administrator.

#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/enum.hpp>

#include "kernel/identity/id.h"
#include "kernel/result.h"

namespace noroshi {

enum class Tlp { clear, green, amber, amber_strict, red };
BOOST_DESCRIBE_ENUM(Tlp, clear, green, amber, amber_strict, red)

std::string_view label_of(Tlp tlp);             // "TLP:AMBER+STRICT"
Result<Tlp> parse_tlp(std::string_view label);  // the label, or the enumerator's name

struct Visibility {
    Tlp tlp = Tlp::green;
    std::vector<OrganisationId> organisations;  // sorted, unique
    std::vector<PersonId> people;               // sorted, unique
    bool investigators = false;                 // only those among them, and the named people

    friend bool operator==(const Visibility&, const Visibility&) = default;
};

// The part of a person that visibility asks for.
struct Viewer {
    PersonId person;
    std::vector<OrganisationId> organisations;  // those the person has a role in
    std::vector<OrganisationId> serves;         // organisations that those serve
    bool member = false;                        // of the port's community
    bool investigator = false;                  // has that role somewhere
};

bool may_see(const Viewer& viewer, const Visibility& visibility);
// True when everybody who may see `inner` may also see `outer`, whoever they are: an entry must not
// be wider than its incident. Whom a record names is taken to belong to the community, so that an
// AMBER entry fits into a GREEN incident; a reader from outside still has to pass may_see for both.
bool is_within(const Visibility& inner, const Visibility& outer);

}  // namespace noroshi
