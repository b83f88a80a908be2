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

// Organisations are known to everybody who is signed in: whoever writes must be able to name the
// readers. People are known to the port's community and within their own organisations.
class View final : public State {
public:
    OrganisationItems list_organisations() const;
    std::optional<OrganisationItem> organisation(const OrganisationId& id) const;
    PersonItems list_people(const Principal& reader, Language language) const;
    // Nothing if there is no such person or the reader may not know of them.
    std::optional<PersonItem> person(const Principal& reader, const PersonId& id,
                                     Language language) const;
};

}  // namespace noroshi::prepare::council
