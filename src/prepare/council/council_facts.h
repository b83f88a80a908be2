#pragma once
// What the council writes: organisations of the port, people, and the roles people have in
// organisations. A change carries the whole record as it then stands. Names, readings and logins
// are personal and sealed; an erased person stays as an identifier without them.
//
// Streams: prepare/council/organisations/<id>, prepare/council/people/<id>.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "kernel/crypto/keyring.h"
#include "kernel/identity/id.h"
#include "kernel/identity/principal.h"
#include "kernel/journal/retention.h"
#include "kernel/time/time.h"

namespace noroshi::prepare::council {

// Guideline 3.1.1: the bodies that sit in a port's council.
enum class OrganisationKind {
    port_manager,
    terminal_operator,
    harbour_transport_association,
    police,
    coast_guard,
    ministry,
    jpcert,
    security_expert,
    shipping_line,
    haulier,
    shipper,
    vendor,
    other
};
BOOST_DESCRIBE_ENUM(OrganisationKind, port_manager, terminal_operator,
                    harbour_transport_association, police, coast_guard, ministry, jpcert,
                    security_expert, shipping_line, haulier, shipper, vendor, other)

struct OrganisationRegistered {
    static constexpr std::string_view kind = "prepare.council.organisation_registered";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    OrganisationId organisation;
    OrganisationKind organisation_kind = OrganisationKind::other;
    std::string name;
    std::string name_en;
    std::string kana;
    bool member = false;                 // of the port's community
    std::vector<OrganisationId> serves;  // whose systems it maintains, for instance
    std::string contact;                 // department or desk, in free words; no person
};
BOOST_DESCRIBE_STRUCT(OrganisationRegistered, (),
                      (organisation, organisation_kind, name, name_en, kana, member, serves,
                       contact))

struct OrganisationChanged {
    static constexpr std::string_view kind = "prepare.council.organisation_changed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    OrganisationId organisation;
    OrganisationKind organisation_kind = OrganisationKind::other;
    std::string name;
    std::string name_en;
    std::string kana;
    bool member = false;
    std::vector<OrganisationId> serves;
    std::string contact;
};
BOOST_DESCRIBE_STRUCT(OrganisationChanged, (),
                      (organisation, organisation_kind, name, name_en, kana, member, serves,
                       contact))

struct PersonRegistered {
    static constexpr std::string_view kind = "prepare.council.person_registered";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    PersonId person;
    Personal name;
    Personal kana;
    std::optional<Personal> login;  // nobody signs in without one
    Language language = Language::ja;
};
BOOST_DESCRIBE_STRUCT(PersonRegistered, (), (person, name, kana, login, language))

struct PersonChanged {
    static constexpr std::string_view kind = "prepare.council.person_changed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    PersonId person;
    Personal name;
    Personal kana;
    std::optional<Personal> login;
    Language language = Language::ja;
};
BOOST_DESCRIBE_STRUCT(PersonChanged, (), (person, name, kana, login, language))

struct RoleGiven {
    static constexpr std::string_view kind = "prepare.council.role_given";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    PersonId person;
    OrganisationId organisation;
    Role role = Role::observer;
};
BOOST_DESCRIBE_STRUCT(RoleGiven, (), (person, organisation, role))

struct RoleTaken {
    static constexpr std::string_view kind = "prepare.council.role_taken";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    PersonId person;
    OrganisationId organisation;
    Role role = Role::observer;
};
BOOST_DESCRIBE_STRUCT(RoleTaken, (), (person, organisation, role))

// The person's key is deleted in the same commit.
struct PersonErased {
    static constexpr std::string_view kind = "prepare.council.person_erased";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    PersonId person;
};
BOOST_DESCRIBE_STRUCT(PersonErased, (), (person))

}  // namespace noroshi::prepare::council
