#pragma once
// For tests: a port with a manager, two terminals and people, in which the room is asked as the server
// would ask it. It is 06:30 on Saturday, 4 July 2026.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "edge/http/asking_for_tests.h"
#include "kernel/identity/credentials.h"
#include "kernel/journal/journal_for_tests.h"
#include "prepare/contacts/contacts_view.h"
#include "prepare/council/council_view.h"

namespace noroshi::prepare::contacts {

edge::http::Routes& add_routes(edge::http::Routes& routes, Contacts& contacts,
                               Credentials& credentials);

class ContactsScene : public testing::Test {
protected:
    using Method = edge::http::Method;
    using Answer = edge::http::Asking::Answer;

    void SetUp() override {
        manager_ = organise(council::OrganisationKind::port_manager, "名港管理組合");
        north_ = organise(council::OrganisationKind::terminal_operator, "北埠頭");
        south_ = organise(council::OrganisationKind::terminal_operator, "南埠頭");
        duty_ = hire("duty", {{manager_, Role::duty_officer}});
        admin_ = hire("admin", {{manager_, Role::administrator}});
        leader_ = hire("leader", {{manager_, Role::leader}});
        mori_ = hire("mori", {{north_, Role::security_person}});
        ito_ = hire("ito", {{north_, Role::member}});
        sato_ = hire("sato", {{south_, Role::duty_officer}});
        attach_routes();
    }
    void attach_routes() {
        routes_ = std::make_unique<edge::http::Routes>();
        add_routes(*routes_, *contacts_, *credentials_);
        asking_ = std::make_unique<edge::http::Asking>(
            *routes_, desk_.journal(),
            [this](std::string_view who,
                   std::string_view) -> Result<std::shared_ptr<const Principal>> {
                if (who.empty()) return std::shared_ptr<const Principal>{};
                return std::make_shared<const Principal>(principal(PersonId{std::string(who)}));
            },
            [this] { desk_.work(); });
    }
    void reopen() {
        asking_.reset();
        desk_.reopen();
        attach_routes();
    }
    OrganisationId organise(council::OrganisationKind kind, std::string name) {
        return *desk_.run([&](auto& recorder) {
            return council_->register_organisation(recorder, {.kind = kind, .name = name});
        });
    }
    PersonId hire(std::string name, std::vector<RoleIn> roles) {
        return *desk_.run([&](auto& recorder) {
            return council_->register_person(recorder, {.name = name, .login = name}, roles);
        });
    }
    void reach(const PersonId& person, const ContactDraft& draft) {
        const auto changed = desk_.run(
            [&](auto& recorder) { return contacts_->change_contact(recorder, person, draft); });
        ASSERT_TRUE(changed) << describe(changed.error());
    }
    Principal principal(const PersonId& person) const {
        return *council_->view().find_person(person);
    }
    // `path` below /api/prepare/contacts; an empty person asks without signing in.
    Answer ask(const PersonId& who, Method method, std::string path, std::string body = {},
               edge::http::Headers more = {}) {
        if (!who.text.empty()) more.emplace_back("authorization", who.text);
        return asking_->ask(method, "/api/prepare/contacts" + path, std::move(body),
                            std::move(more));
    }
    static std::string quoted(const std::string& text) { return "\"" + text + "\""; }
    static std::string post(const PersonId& person, std::string_view standing,
                            std::string more = {}) {
        return R"({"person":")" + person.text +
               R"(","department":"システム課","title":"係長","standing":")" +
               std::string(standing) + "\"" + more + "}";
    }

    std::unique_ptr<council::Council> council_;
    std::unique_ptr<Credentials> credentials_;
    std::unique_ptr<Contacts> contacts_;
    journal::JournalByHand desk_{
        [this](journal::Journal& journal) {
            council_ = std::make_unique<council::Council>(journal);
            CredentialRules rules;
            rules.hashing_threads = 0;
            rules.password_cost = {64, 1};
            credentials_ = std::make_unique<Credentials>(journal, council_->view(), rules);
            contacts_ =
                std::make_unique<Contacts>(journal, *council_,
                                           ContactsOptions{.mail_domain = "port.example",
                                                           .public_url = "https://port.example"});
        },
        [this] {
            contacts_.reset();
            credentials_.reset();
            council_.reset();
        }};
    std::unique_ptr<edge::http::Routes> routes_;
    std::unique_ptr<edge::http::Asking> asking_;
    OrganisationId manager_, north_, south_;
    PersonId duty_, admin_, leader_, mori_, ito_, sato_;
};

}  // namespace noroshi::prepare::contacts
