#pragma once
// What the council writes: organisations of the port, people, and the roles people have in
// organisations. A change carries the whole record as it then stands. Names, readings and logins
// are personal and sealed; an erased person stays as an identifier without them.
//
// Streams: prepare/council/organisations/<id>, prepare/council/people/<id>; guests/<person>,
// emergencies/<id> and changes/<id> beside them.

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

// Somebody from outside is let into one incident, on the word of a host organisation. They have no
// role and no login; they come by a link (respond/guests).
struct GuestInvited {
    static constexpr std::string_view kind = "prepare.council.guest_invited";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    PersonId person;
    IncidentId incident;
    OrganisationId host;
    Instant until;
    bool may_write = false;
};
BOOST_DESCRIBE_STRUCT(GuestInvited, (), (person, incident, host, until, may_write))

struct GuestDismissed {
    static constexpr std::string_view kind = "prepare.council.guest_dismissed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    PersonId person;
};
BOOST_DESCRIBE_STRUCT(GuestDismissed, (), (person))

// Guideline 3.1.3, delegation: at night nobody with the role may be reached. Two people of the
// organisation together give one of them the role for some hours; everybody concerned is told.
struct EmergencyAsked {
    static constexpr std::string_view kind = "prepare.council.emergency_asked";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    std::string emergency;
    PersonId person;
    OrganisationId organisation;
    Role role = Role::duty_officer;
    std::uint32_t hours = 4;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(EmergencyAsked, (), (emergency, person, organisation, role, hours, reason))

struct EmergencyGranted {
    static constexpr std::string_view kind = "prepare.council.emergency_granted";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    std::string emergency;
    PersonId by;
    Instant until;
};
BOOST_DESCRIBE_STRUCT(EmergencyGranted, (), (emergency, by, until))

struct EmergencyEnded {
    static constexpr std::string_view kind = "prepare.council.emergency_ended";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    std::string emergency;
};
BOOST_DESCRIBE_STRUCT(EmergencyEnded, (), (emergency))

// The first of April: what will change about a person, and when. Successor and predecessor overlap
// when the one's begins before the other's.
struct ChangeArranged {
    static constexpr std::string_view kind = "prepare.council.change_arranged";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    std::string change;
    PersonId person;
    Instant at;
    std::vector<RoleIn> gives;
    std::vector<RoleIn> takes;
    bool leaves = false;  // all roles, and the access
};
BOOST_DESCRIBE_STRUCT(ChangeArranged, (), (change, person, at, gives, takes, leaves))

struct ChangeMade {
    static constexpr std::string_view kind = "prepare.council.change_made";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    std::string change;
};
BOOST_DESCRIBE_STRUCT(ChangeMade, (), (change))

struct ChangeCancelled {
    static constexpr std::string_view kind = "prepare.council.change_cancelled";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    std::string change;
};
BOOST_DESCRIBE_STRUCT(ChangeCancelled, (), (change))

}  // namespace noroshi::prepare::council
