#include "prepare/council/council_view.h"

#include <algorithm>
#include <map>
#include <set>

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

SeerItems View::seers(const Principal& reader, const Visibility& visibility,
                      Language language) const {
    SeerItems out;
    out.everyone = may_see(Viewer{}, visibility);
    std::map<OrganisationId, std::uint64_t> counted;
    for (const auto* person : people()) {
        if (!may_see(viewer_of(person->id), visibility)) continue;
        std::set<OrganisationId> of;
        for (const auto& role : person->roles) of.insert(role.organisation);
        for (const auto& organisation : of) ++counted[organisation];
    }
    for (const auto* one : organisations()) {
        // An organisation without people yet would see it as soon as somebody joins.
        Viewer anybody{{}, {one->id}, one->serves, one->member, visibility.investigators};
        const auto found = counted.find(one->id);
        if (found == counted.end() && (visibility.investigators || !may_see(anybody, visibility)))
            continue;
        out.organisations.push_back({one->id, one->name, one->name_en, one->kind,
                                     found == counted.end() ? 0 : found->second});
    }
    for (const auto& id : visibility.people) {
        const auto* person = find(id);
        if (person == nullptr || person->erased) continue;
        if (may_know(reader, *person))
            out.people.push_back({id, name_of(id, language)});
        else
            ++out.hidden;
    }
    return out;
}

EmergencyItems View::list_emergencies(const Principal& reader, Language language) const {
    EmergencyItems out;
    for (const auto* one : emergencies()) {
        if (std::ranges::find(reader.viewer.organisations, one->organisation) ==
            reader.viewer.organisations.end())
            continue;
        EmergencyItem item{one->id,           one->person,   name_of(one->person, language),
                           one->organisation, one->role,     one->hours,
                           one->reason,       one->asked_at, {},
                           one->until,        one->ended_at};
        if (!one->granted_by.empty())
            item.granted_by = SeerName{one->granted_by, name_of(one->granted_by, language)};
        out.items.push_back(std::move(item));
    }
    return out;
}

ArrangedItems View::list_arranged(Language language) const {
    ArrangedItems out;
    for (const auto* one : arranged())
        out.items.push_back({one->id, one->person, name_of(one->person, language), one->at,
                             one->gives, one->takes, one->leaves});
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
