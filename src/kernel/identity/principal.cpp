#include "kernel/identity/principal.h"

namespace noroshi {

namespace {

// "respond.incident" covers "respond.incident" and "respond.incident.add_entry", but not
// "respond.incidents".
bool covers(std::string_view prefix, std::string_view name) {
    return name.starts_with(prefix) && (name.size() == prefix.size() || name[prefix.size()] == '.');
}

}  // namespace

Permission anyone(std::string name) { return {std::move(name), Permission::Who::anyone, {}}; }

Permission signed_in(std::string name) { return {std::move(name), Permission::Who::signed_in, {}}; }

Permission by_roles(std::string name, std::vector<Role> roles) {
    return {std::move(name), Permission::Who::roles, std::move(roles)};
}

Result<> check(const Permission& permission, const Principal& principal) {
    if (permission.who == Permission::Who::anyone) return {};
    const bool in_scope = principal.scope.empty() ||
                          std::ranges::any_of(principal.scope, [&](const std::string& prefix) {
                              return covers(prefix, permission.name);
                          });
    const bool has_role =
        permission.who == Permission::Who::signed_in ||
        std::ranges::any_of(permission.roles, [&](Role role) { return principal.has(role); });
    if (in_scope && has_role) return {};
    return fail(ErrorKind::forbidden, "kernel.identity.not_permitted",
                {{"permission", permission.name}});
}

}  // namespace noroshi
