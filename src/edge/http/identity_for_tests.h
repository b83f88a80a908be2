#pragma once
// For tests only: signing in as the routes do it, with an administrator and a duty officer of a
// port, without sockets.

#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "edge/http/asking_for_tests.h"
#include "edge/http/route.h"
#include "kernel/identity/credentials.h"
#include "kernel/journal/journal_for_tests.h"

namespace noroshi::edge::http {
Routes& add_identity_routes(Routes& routes, Credentials& credentials, journal::Journal& journal,
                            const Directory& directory, const std::string& zone, bool demo);

// An administrator and a duty officer of the port.
class Book final : public Directory {
public:
    std::optional<Principal> find_person(const PersonId& person) const override {
        if (person.text != "admin" && person.text != "mori") return {};
        Principal principal;
        principal.person = person;
        principal.name = person.text == "mori" ? "森 一" : "管理 太郎";
        principal.login = person.text == "mori" ? "duty" : "admin";
        principal.organisation = {"port"};
        principal.roles = {
            {{"port"}, person.text == "mori" ? Role::duty_officer : Role::administrator}};
        return principal;
    }
    std::optional<PersonId> find_login(std::string_view login) const override {
        if (login == "duty") return PersonId{"mori"};
        if (login == "admin") return PersonId{"admin"};
        return {};
    }
    std::optional<OrganisationName> find_organisation(const OrganisationId& id) const override {
        return OrganisationName{id, "名港管理組合", "Meiko Port Authority", "port_manager"};
    }
};

class Mails final : public AddressBook {
public:
    std::optional<std::string> mail_of(const PersonId& person) const override {
        return person.text + "@port.test";
    }
};

class IdentityTest : public testing::Test {
protected:
    void SetUp() override {
        for (const std::string person : {"admin", "mori"}) {
            credentials_->give_password("system", {person}, "correct horse",
                                        [](const Result<>& done) { ASSERT_TRUE(done); });
            desk_.work();
        }
        add_identity_routes(routes_, *credentials_, desk_.journal(), book_, "Asia/Tokyo", true);
        asking_ = std::make_unique<Asking>(
            routes_, desk_.journal(),
            [this](std::string_view authorization, std::string_view session) {
                return credentials_->authenticate(authorization, session);
            },
            [this] { desk_.work(); });
    }
    void TearDown() override { asking_.reset(); }

    using Answer = Asking::Answer;
    // `cookies`: as a browser would send them back.
    Answer ask(Method method, std::string path, std::string body = {}, std::string cookies = {},
               Headers more = {}) {
        if (!cookies.empty()) more.emplace_back("cookie", std::move(cookies));
        return asking_->ask(method, "/api/identity" + std::move(path), std::move(body),
                            std::move(more));
    }
    Answer sign_in(std::string login, std::string password, std::string cookies = {}) {
        return ask(Method::post, "/session",
                   R"({"login":")" + login + R"(","password":")" + password + R"("})",
                   std::move(cookies), {{"user-agent", "Firefox/140"}});
    }
    static std::string cookies_of(const Answer& answer) {
        std::string cookies;
        for (const auto& [name, value] : answer.headers) {
            if (name != "Set-Cookie") continue;
            if (!cookies.empty()) cookies += "; ";
            cookies += value.substr(0, value.find(';'));
        }
        return cookies;
    }

    Book book_;
    Mails mails_;
    std::unique_ptr<Credentials> credentials_;
    journal::JournalByHand desk_{[this](journal::Journal& journal) {
                                     CredentialRules rules;
                                     rules.hashing_threads = 0;
                                     rules.password_cost = {64, 1};
                                     credentials_ =
                                         std::make_unique<Credentials>(journal, book_, rules);
                                     credentials_->tell_through(mails_);
                                 },
                                 [this] { credentials_.reset(); }};
    Routes routes_;
    std::unique_ptr<Asking> asking_;
};

}  // namespace noroshi::edge::http
