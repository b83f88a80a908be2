#include "prepare/council/council_view.h"

#include <algorithm>

namespace noroshi::prepare::council {

namespace {

OrganisationItem item_of(const Organisation& of) {
    return {of.id,     of.kind,   of.name,    of.name_en, of.kana,
            of.member, of.serves, of.contact, of.version};
}

bool may_know(const Principal& reader, const Person& person) {
    if (reader.viewer.member || reader.person == person.id || reader.has(Role::administrator))
        return true;
    return std::ranges::any_of(person.roles, [&](const RoleIn& role) {
        return std::ranges::find(reader.viewer.organisations, role.organisation) !=
               reader.viewer.organisations.end();
    });
}

}  // namespace

OrganisationItems View::list_organisations() const {
    OrganisationItems out;
    for (const auto* one : organisations()) out.items.push_back(item_of(*one));
    return out;
}

std::optional<OrganisationItem> View::organisation(const OrganisationId& id) const {
    const auto* found = find(id);
    if (found == nullptr) return {};
    return item_of(*found);
}

PersonItems View::list_people(const Principal& reader, Language language) const {
    PersonItems out;
    for (const auto* one : people()) {
        if (auto item = person(reader, one->id, language))
            out.items.push_back(std::move(*item));
        else
            ++out.hidden;
    }
    return out;
}

std::optional<PersonItem> View::person(const Principal& reader, const PersonId& id,
                                       Language language) const {
    const auto* found = find(id);
    if (found == nullptr || !may_know(reader, *found)) return {};
    PersonItem item{found->id,
                    name_of(id, language),
                    found->kana,
                    {},
                    found->language,
                    found->roles,
                    found->version,
                    found->erased,
                    !found->login.empty()};
    const bool sees_login = reader.person == id || reader.has(Role::administrator);
    if (sees_login && !found->login.empty()) item.login = found->login;
    return item;
}

}  // namespace noroshi::prepare::council
