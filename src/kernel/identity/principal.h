#pragma once
// Who is asking. The council room owns the facts about people and roles and answers through
// Directory; the kernel owns credentials.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "kernel/identity/visibility.h"
#include "kernel/time/time.h"

namespace noroshi {

// Roles that a person holds in an organisation. A permission names the roles that carry it.
enum class Role {
    administrator,    // keeps the installation: organisations, people, configuration
    duty_officer,     // 当直: opens incidents, calls out
    leader,           // 対策本部: decides, approves
    clerk,            // 記録員: writes the chronology
    security_person,  // 情報セキュリティ担当者 of an operator
    liaison,          // リエゾン
    member,           // takes part, reads and writes what concerns the organisation
    observer,         // reads only
    investigator      // 捜査・調査担当: also reads what is kept for investigators
};
BOOST_DESCRIBE_ENUM(Role, administrator, duty_officer, leader, clerk, security_person, liaison,
                    member, observer, investigator)

struct RoleIn {
    OrganisationId organisation;
    Role role;
    friend bool operator==(const RoleIn&, const RoleIn&) = default;
};
BOOST_DESCRIBE_STRUCT(RoleIn, (), (organisation, role))

struct Principal {
    PersonId person;
    std::string login;
    std::string name;  // as shown to others
    std::vector<RoleIn> roles;
    OrganisationId organisation;  // the one this person speaks for (first role)
    Viewer viewer;
    Language language = Language::ja;
    // Prefixes of permissions that a token is confined to ("respond.incident"); empty = no limit.
    std::vector<std::string> scope;
    // Of a guest: the one incident; nothing else is answered. Empty: no guest.
    std::string guest_of;

    bool has(Role role) const {
        return std::ranges::any_of(roles, [&](const RoleIn& r) { return r.role == role; });
    }
};

// A permission stands beside its route: its name and the roles that carry it. `anyone` needs no
// sign-in; `signed_in` any person; otherwise one of the roles, in any organisation.
struct Permission {
    enum class Who { anyone, signed_in, roles };
    std::string name;  // "respond.incident.open_incident"
    Who who = Who::roles;
    std::vector<Role> roles;
};
Permission anyone(std::string name);
Permission signed_in(std::string name);
Permission by_roles(std::string name, std::vector<Role> roles);
// Errors: forbidden kernel.identity.not_permitted {permission}.
Result<> check(const Permission& permission, const Principal& principal);

// What the edge shows of an organisation without knowing the council.
struct OrganisationName {
    OrganisationId id;
    std::string name;
    std::string name_en;
    std::string kind;  // "terminal_operator"
};
BOOST_DESCRIBE_STRUCT(OrganisationName, (), (id, name, name_en, kind))

// Implemented by prepare/council; called under the published view's lock or on the core thread.
class Directory {
public:
    virtual ~Directory() = default;
    virtual std::optional<Principal> find_person(const PersonId& person) const = 0;
    virtual std::optional<PersonId> find_login(std::string_view login) const = 0;
    virtual std::optional<OrganisationName> find_organisation(const OrganisationId&) const {
        return {};
    }
};

}  // namespace noroshi
