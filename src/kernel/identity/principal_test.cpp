#include "kernel/identity/principal.h"

#include <gtest/gtest.h>

namespace noroshi {
namespace {

Principal clerk() {
    Principal principal;
    principal.person = {"mori"};
    principal.roles = {{{"port"}, Role::clerk}, {{"terminal-a"}, Role::observer}};
    return principal;
}

// A clerk would call out the whole port, or could not write a line.
TEST(Permissions, are_carried_by_roles) {
    EXPECT_TRUE(
        check(by_roles("respond.incident.add_entry", {Role::clerk, Role::leader}), clerk()));
    const auto refused = check(by_roles("respond.callout.raise", {Role::duty_officer}), clerk());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::forbidden);
    EXPECT_EQ(refused.error().key, "kernel.identity.not_permitted");
    EXPECT_TRUE(check(signed_in("identity.see_oneself"), Principal{}));
    EXPECT_TRUE(check(anyone("healthz"), Principal{}));
    EXPECT_FALSE(check(by_roles("prepare.council.nobody", {}), clerk()));
}

// A token lent to a log shipper would open incidents.
TEST(Permissions, a_token_reaches_no_further_than_its_scope) {
    auto program = clerk();
    program.scope = {"respond.incident", "metrics"};
    const auto may = [&](std::string name) {
        return check(by_roles(std::move(name), {Role::clerk}), program).has_value();
    };
    EXPECT_TRUE(may("respond.incident.add_entry"));
    EXPECT_TRUE(may("respond.incident"));
    EXPECT_TRUE(may("metrics"));
    EXPECT_FALSE(may("respond.incidents.add_entry"));
    EXPECT_FALSE(may("respond"));
    EXPECT_FALSE(may("respond.callout.raise"));
    EXPECT_FALSE(check(signed_in("identity.issue_token"), program));
    EXPECT_TRUE(check(anyone("healthz"), program)) << "what is open needs no scope";
    EXPECT_FALSE(check(by_roles("respond.incident.open_incident", {Role::leader}), program))
        << "a scope gives no role";
}

}  // namespace
}  // namespace noroshi
