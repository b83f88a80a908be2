#pragma once
// The published council. It is folded the same way as the pending one, hence a State that can also
// answer. Read it under Journal::read.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "prepare/council/council.h"

namespace noroshi::prepare::council {

struct OrganisationItem {
    OrganisationId id;
    OrganisationKind kind = OrganisationKind::other;
    std::string name;
    std::string name_en;
    std::string kana;
    bool member = false;
    std::vector<OrganisationId> serves;
    std::string contact;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(OrganisationItem, (),
                      (id, kind, name, name_en, kana, member, serves, contact, version))

struct PersonItem {
    PersonId id;
    std::string name;
    std::string kana;
    std::optional<std::string> login;  // shown to the person and to administrators only
    Language language = Language::ja;
    std::vector<RoleIn> roles;
    std::uint64_t version = 0;
    bool erased = false;
    bool signs_in = false;  // else whatever they say is entered on their behalf
};
BOOST_DESCRIBE_STRUCT(PersonItem, (),
                      (id, name, kana, login, language, roles, version, erased, signs_in))

struct OrganisationItems {
    std::vector<OrganisationItem> items;
    std::size_t hidden = 0;
};
BOOST_DESCRIBE_STRUCT(OrganisationItems, (), (items, hidden))
struct PersonItems {
    std::vector<PersonItem> items;
    std::size_t hidden = 0;  // people the reader may not see
};
BOOST_DESCRIBE_STRUCT(PersonItems, (), (items, hidden))

// Who would see a record, said before it is saved.
struct SeerItem {
    OrganisationId id;
    std::string name;
    std::string name_en;
    OrganisationKind kind = OrganisationKind::other;
    std::uint64_t people = 0;  // of it who would see it
};
BOOST_DESCRIBE_STRUCT(SeerItem, (), (id, name, name_en, kind, people))
struct SeerName {
    PersonId id;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(SeerName, (), (id, name))
struct SeerItems {
    bool everyone = false;  // also without signing in
    std::vector<SeerItem> organisations;
    std::vector<SeerName> people;  // named one by one
    std::uint64_t hidden = 0;      // named ones whose names the asker may not know
};
BOOST_DESCRIBE_STRUCT(SeerItems, (), (everyone, organisations, people, hidden))

struct EmergencyItem {
    std::string id;
    PersonId person;
    std::string name;
    OrganisationId organisation;
    Role role = Role::duty_officer;
    std::uint32_t hours = 0;
    std::string reason;
    Instant asked_at;
    std::optional<SeerName> granted_by;
    std::optional<Instant> until;
    std::optional<Instant> ended_at;
};
BOOST_DESCRIBE_STRUCT(EmergencyItem, (),
                      (id, person, name, organisation, role, hours, reason, asked_at, granted_by,
                       until, ended_at))
struct EmergencyItems {
    std::vector<EmergencyItem> items;
};
BOOST_DESCRIBE_STRUCT(EmergencyItems, (), (items))

struct ArrangedItem {
    std::string id;
    PersonId person;
    std::string name;
    Instant at;
    std::vector<RoleIn> gives;
    std::vector<RoleIn> takes;
    bool leaves = false;
};
BOOST_DESCRIBE_STRUCT(ArrangedItem, (), (id, person, name, at, gives, takes, leaves))
struct ArrangedItems {
    std::vector<ArrangedItem> items;
};
BOOST_DESCRIBE_STRUCT(ArrangedItems, (), (items))

// Organisations are known to everybody who is signed in: whoever writes must be able to name the
// readers. People are known to the port's community and within their own organisations.
class View final : public State {
public:
    OrganisationItems list_organisations() const;
    std::optional<OrganisationItem> organisation(const OrganisationId& id) const;
    PersonItems list_people(const Principal& reader, Language language) const;
    SeerItems seers(const Principal& reader, const Visibility& visibility, Language language) const;
    // Those of the reader's organisations.
    EmergencyItems list_emergencies(const Principal& reader, Language language) const;
    ArrangedItems list_arranged(Language language) const;
    // Nothing if there is no such person or the reader may not know of them.
    std::optional<PersonItem> person(const Principal& reader, const PersonId& id,
                                     Language language) const;
};

}  // namespace noroshi::prepare::council
