#include "prepare/council/council.h"

#include <memory>

#include <gtest/gtest.h>

#include "edge/http/asking_for_tests.h"
#include "kernel/identity/credentials.h"
#include "kernel/journal/journal_for_tests.h"
#include "prepare/council/council_view.h"

namespace noroshi::prepare::council {
edge::http::Routes& add_routes(edge::http::Routes& routes, Council& council,
                               Credentials& credentials, journal::Journal& journal);

namespace {

using edge::http::Method;

constexpr auto port_manager = OrganisationKind::port_manager;
constexpr auto terminal_operator = OrganisationKind::terminal_operator;

class CouncilTest : public testing::Test {
protected:
    OrganisationId organise(const OrganisationDraft& draft) {
        auto id = desk_.run(
            [&](auto& recorder) { return council_->register_organisation(recorder, draft); });
        EXPECT_TRUE(id) << describe(id.error());
        return id.value_or(OrganisationId{});
    }
    PersonId hire(const PersonDraft& draft, const std::vector<RoleIn>& roles = {}) {
        auto id = desk_.run(
            [&](auto& recorder) { return council_->register_person(recorder, draft, roles); });
        EXPECT_TRUE(id) << describe(id.error());
        return id.value_or(PersonId{});
    }
    std::string refused(const Result<>& result) const {
        return result ? "nothing was refused" : result.error().key;
    }
    const View& view() const { return council_->view(); }

    std::unique_ptr<Council> council_;
    std::unique_ptr<Credentials> credentials_;
    journal::JournalByHand desk_{[this](journal::Journal& journal) {
                                     council_ = std::make_unique<Council>(journal);
                                     CredentialRules rules;
                                     rules.hashing_threads = 0;
                                     rules.password_cost = {64, 1};
                                     credentials_ = std::make_unique<Credentials>(
                                         journal, council_->view(), rules);
                                 },
                                 [this] {
                                     credentials_.reset();
                                     council_.reset();
                                 }};
};

// A vendor would not see the AMBER records of the terminal it serves, or see the whole port's.
TEST_F(CouncilTest, a_viewer_is_built_from_roles) {
    const auto manager = organise({.kind = port_manager, .name = "名港管理組合"});
    const auto terminal = organise({.kind = terminal_operator, .name = "北埠頭"});
    const auto vendor = organise({.kind = OrganisationKind::vendor,
                                  .name = "港湾システム",
                                  .member = false,
                                  .serves = {terminal}});
    const auto mori = hire({.name = "森 一", .login = "k.mori"},
                           {{terminal, Role::security_person}, {terminal, Role::member}});
    const auto ueda = hire({.name = "上田 二"}, {{vendor, Role::member}});
    const auto kato = hire({.name = "加藤 三"});
    EXPECT_TRUE(view().viewer_of(mori).member);
    EXPECT_EQ(view().viewer_of(mori).organisations, std::vector{terminal});
    EXPECT_FALSE(view().viewer_of(ueda).member);
    EXPECT_EQ(view().viewer_of(ueda).serves, std::vector{terminal});
    EXPECT_TRUE(view().viewer_of(kato).organisations.empty());
    EXPECT_TRUE(may_see(view().viewer_of(ueda), {Tlp::amber, {terminal}, {}}));
    EXPECT_FALSE(may_see(view().viewer_of(ueda), {Tlp::amber, {manager}, {}}));

    const auto principal = view().find_person(mori);
    ASSERT_TRUE(principal);
    EXPECT_EQ(principal->organisation, terminal);
    EXPECT_TRUE(principal->has(Role::security_person));
    EXPECT_EQ(view().people_with(terminal, Role::member).size(), 1U);
    EXPECT_EQ(view().organisations_of(port_manager).size(), 1U);
    EXPECT_EQ(view().find_organisation(terminal)->kind, "terminal_operator");
}

// Two people would share a login, and one would act in the other's name.
TEST_F(CouncilTest, a_login_belongs_to_one_person_however_it_is_typed) {
    const auto mori = hire({.name = "森 一", .login = "Duty"});
    hire({.name = "森 一"});  // a namesake is no conflict
    EXPECT_EQ(view().find_login("ｄｕｔｙ"), mori);
    EXPECT_EQ(view().find_login(" DUTY "), mori);
    EXPECT_FALSE(view().find_login(""));
    for (const std::string login : {"duty", "ＤＵＴＹ", "dUtY "}) {
        const auto taken =
            register_person(council_->state(), {"x"}, {.name = "佐藤", .login = login});
        ASSERT_FALSE(taken) << login;
        EXPECT_EQ(taken.error().key, "prepare.council.login_taken");
        EXPECT_EQ(taken.error().kind, ErrorKind::conflict);
        EXPECT_EQ(taken.error().pointer, "/login");
    }
    for (const auto& login :
         std::vector<std::string>{"du ty", "-duty", "当直", "a/b", std::string(65, 'a')}) {
        const auto bad =
            register_person(council_->state(), {"x"}, {.name = "佐藤", .login = login});
        ASSERT_FALSE(bad) << login;
        EXPECT_EQ(bad.error().key, "prepare.council.bad_login");
    }
    // The login is free again when its holder gives it up.
    ASSERT_TRUE(desk_.run([&](auto& recorder) {
        return council_->change_person(recorder, mori, {.name = "森 一", .login = "k.mori"});
    }));
    EXPECT_FALSE(view().find_login("duty"));
    EXPECT_TRUE(hire({.name = "佐藤", .login = "duty"}) == *view().find_login("duty"));
}

// Readers are named by organisation before saving: two of one name would mislead.
TEST_F(CouncilTest, organisations_are_checked) {
    const auto terminal = organise({.kind = terminal_operator, .name = "北埠頭(株)"});
    const auto key = [&](OrganisationDraft draft) {
        const auto result = register_organisation(council_->state(), {"x"}, draft);
        return result ? std::string{} : result.error().key + " " + result.error().pointer;
    };
    EXPECT_EQ(key({.name = "北埠頭㈱"}), "prepare.council.name_taken /name");
    EXPECT_EQ(key({.name = " "}), "kernel.i18n.empty /name");
    EXPECT_EQ(key({.name = "a\nb"}), "kernel.i18n.not_a_line /name");
    EXPECT_EQ(key({.name = "南埠頭", .serves = {terminal, {"unknown"}}}),
              "prepare.council.unknown_organisation /serves/1");
    EXPECT_EQ(key({.name = "南埠頭", .serves = {{"x"}}}),
              "prepare.council.serves_itself /serves/0");
    EXPECT_EQ(key({.name = "南埠頭", .serves = {terminal, terminal}}), "");
    EXPECT_TRUE(change_organisation(council_->state(), terminal, {.name = "北埠頭(株)"}))
        << "its own name is not taken";
    EXPECT_EQ(change_organisation(council_->state(), {"x"}, {.name = "a"}).error().kind,
              ErrorKind::not_found);
}

// Two secretaries at once would overwrite each other's change.
TEST_F(CouncilTest, a_change_made_on_an_old_version_is_refused) {
    const auto mori = hire({.name = "森 一"});
    EXPECT_EQ(view().find(mori)->version, 1U);
    const auto change = [&](std::string name, std::uint64_t version) {
        return desk_.run([&](auto& recorder) {
            return council_->change_person(recorder, mori, {.name = name}, version);
        });
    };
    EXPECT_TRUE(change("森 はじめ", 1));
    EXPECT_EQ(refused(change("守 一", 1)), "kernel.journal.conflict");
    EXPECT_EQ(view().find(mori)->name, "森 はじめ");
    EXPECT_EQ(view().find(mori)->version, 2U);
}

// With the last administrator gone nobody could ever be given a role again.
TEST_F(CouncilTest, there_is_always_an_administrator_who_can_sign_in) {
    const auto manager = organise({.kind = port_manager, .name = "名港管理組合"});
    const auto terminal = organise({.kind = terminal_operator, .name = "北埠頭"});
    const auto admin = hire({.name = "管理 太郎", .login = "admin"},
                            {{manager, Role::administrator}, {terminal, Role::administrator}});
    const auto deaf = hire({.name = "管理 花子"}, {{manager, Role::administrator}});
    const auto take = [&](const PersonId& person, const OrganisationId& organisation) {
        return desk_.run([&](auto& recorder) {
            return council_->take_role(recorder, person, {organisation, Role::administrator});
        });
    };
    const auto erase = [&](const PersonId& person) {
        return desk_.run([&](auto& recorder) { return council_->erase_person(recorder, person); });
    };
    EXPECT_TRUE(take(admin, terminal));
    EXPECT_EQ(refused(take(admin, manager)), "prepare.council.last_administrator")
        << "the other one cannot sign in";
    EXPECT_EQ(refused(erase(admin)), "prepare.council.last_administrator");
    EXPECT_EQ(refused(desk_.run([&](auto& recorder) {
                  return council_->change_person(recorder, admin, {.name = "管理 太郎"});
              })),
              "prepare.council.last_administrator");
    ASSERT_TRUE(desk_.run([&](auto& recorder) {
        return council_->change_person(recorder, deaf, {.name = "管理 花子", .login = "hanako"});
    }));
    EXPECT_TRUE(erase(admin));
    EXPECT_EQ(refused(take(deaf, manager)), "prepare.council.last_administrator");
}

// A person who asked to be forgotten would still be readable in the journal, or the chain broken.
TEST_F(CouncilTest, an_erased_person_is_gone_and_stays_gone) {
    const auto terminal = organise({.kind = terminal_operator, .name = "北埠頭"});
    const auto mori = hire({.name = "森 一", .kana = "もり はじめ", .login = "k.mori"},
                           {{terminal, Role::member}});
    ASSERT_TRUE(desk_.run([&](auto& recorder) { return council_->erase_person(recorder, mori); }));
    for (int round = 0; round < 2; ++round) {
        const auto* person = view().find(mori);
        ASSERT_NE(person, nullptr);
        EXPECT_TRUE(person->erased);
        EXPECT_TRUE(person->name.empty() && person->kana.empty() && person->login.empty());
        EXPECT_EQ(view().name_of(mori, Language::ja), "（消去済み）");
        EXPECT_EQ(view().name_of(mori, Language::en), "(erased)");
        EXPECT_FALSE(view().find_login("k.mori"));
        EXPECT_FALSE(view().find_person(mori));
        EXPECT_TRUE(view().people_of(terminal).empty());
        EXPECT_TRUE(view().viewer_of(mori).organisations.empty());
        EXPECT_EQ(refused(desk_.run([&](auto& recorder) {
                      return council_->change_person(recorder, mori, {.name = "森 一"});
                  })),
                  "prepare.council.person_erased");
        EXPECT_TRUE(desk_.run([&](auto& recorder) {
            return council_->erase_person(recorder, mori);
        })) << "once more is no failure";
        desk_.reopen();
    }
    EXPECT_TRUE(journal::verify_chain(desk_.store()));
    ASSERT_TRUE(desk_.store().facts(1, [&](const journal::Fact& fact) {
        EXPECT_EQ(fact.body.find("森"), std::string::npos);
        EXPECT_EQ(fact.body.find("k.mori"), std::string::npos);
        return true;
    }));
    EXPECT_TRUE(hire({.name = "森 二", .login = "k.mori"}) == *view().find_login("k.mori"));
}

// After a restart people would have other roles than before.
TEST_F(CouncilTest, is_the_same_after_a_restart) {
    const auto manager = organise({.kind = port_manager,
                                   .name = "名港管理組合",
                                   .name_en = "Meiko Port Authority",
                                   .contact = "危機管理課"});
    const auto mori =
        hire({.name = "森 一", .kana = "もり はじめ", .login = "duty", .language = Language::en},
             {{manager, Role::duty_officer}, {manager, Role::leader}});
    ASSERT_TRUE(desk_.run([&](auto& recorder) {
        return council_->take_role(recorder, mori, {manager, Role::leader});
    }));
    ASSERT_TRUE(desk_.run([&](auto& recorder) -> Result<> {
        credentials_->choose_language(recorder, mori, Language::ja);
        return {};
    }));
    const auto shown = [&] {
        return json::to_text(view().list_organisations()) +
               json::to_text(*view().person(*view().find_person(mori), mori, Language::ja));
    };
    const auto before = shown();
    EXPECT_NE(before.find("\"language\":\"ja\""), std::string::npos);
    EXPECT_NE(before.find("duty_officer"), std::string::npos);
    EXPECT_EQ(before.find("leader"), std::string::npos);
    desk_.reopen();
    EXPECT_EQ(shown(), before);
    EXPECT_EQ(view().name_of(manager, Language::en), "Meiko Port Authority");
}

class CouncilHttpTest : public CouncilTest {
protected:
    void SetUp() override {
        manager_ = organise({.kind = port_manager, .name = "名港管理組合"});
        outside_ = organise({.kind = OrganisationKind::vendor, .name = "保守", .member = false});
        admin_ = hire({.name = "管理 太郎", .login = "admin"}, {{manager_, Role::administrator}});
        officer_ = hire({.name = "当直 花子", .login = "duty"}, {{manager_, Role::duty_officer}});
        stranger_ = hire({.name = "外部 三郎", .login = "guest"}, {{outside_, Role::member}});
        add_routes(routes_, *council_, *credentials_, desk_.journal());
        asking_ = std::make_unique<edge::http::Asking>(
            routes_, desk_.journal(),
            [this](std::string_view authorization,
                   std::string_view) -> Result<std::shared_ptr<const Principal>> {
                const auto found =
                    council_->view().find_person(PersonId{std::string(authorization)});
                if (!found) return std::shared_ptr<const Principal>{};
                return std::make_shared<const Principal>(*found);
            },
            [this] { desk_.work(); });
    }
    void TearDown() override { asking_.reset(); }
    edge::http::Asking::Answer ask(const PersonId& who, Method method, std::string path,
                                   std::string body = {}, edge::http::Headers more = {}) {
        more.emplace_back("authorization", who.text);
        return asking_->ask(method, "/api/prepare/council" + std::move(path), std::move(body),
                            std::move(more));
    }

    OrganisationId manager_, outside_;
    PersonId admin_, officer_, stranger_;
    edge::http::Routes routes_;
    std::unique_ptr<edge::http::Asking> asking_;
};

// The secretary could not enter a new member, or anybody could.
TEST_F(CouncilHttpTest, organisations_are_kept_by_administrators) {
    const std::string body = R"({"kind":"police","name":"愛知県警察","member":true})";
    EXPECT_EQ(ask(officer_, Method::post, "/organisations", body).status, 403);
    EXPECT_EQ(ask({}, Method::post, "/organisations", body).status, 401);
    const auto made = ask(admin_, Method::post, "/organisations", body);
    ASSERT_EQ(made.status, 201) << made.text;
    const std::string id(made.json.at("id").as_string());
    EXPECT_EQ(made.header("Location"), "/api/prepare/council/organisations/" + id);
    EXPECT_EQ(made.header("ETag"), "\"1\"");

    const auto shown = ask(stranger_, Method::get, "/organisations/" + id);
    ASSERT_EQ(shown.status, 200);
    EXPECT_EQ(shown.json.at("kind").as_string(), "police");
    EXPECT_EQ(shown.json.at("name").as_string(), "愛知県警察");
    const std::string changed = R"({"kind":"police","name":"愛知県警","name_en":"Aichi Police"})";
    const auto put =
        ask(admin_, Method::put, "/organisations/" + id, changed, {{"if-match", "\"1\""}});
    ASSERT_EQ(put.status, 200) << put.text;
    EXPECT_EQ(put.header("ETag"), "\"2\"");
    const auto stale =
        ask(admin_, Method::put, "/organisations/" + id, changed, {{"if-match", "\"1\""}});
    EXPECT_EQ(stale.status, 409);
    EXPECT_EQ(stale.key(), "kernel.journal.conflict");
    EXPECT_EQ(ask(officer_, Method::get, "/organisations").json.at("items").as_array().size(), 3U);
    EXPECT_EQ(ask(admin_, Method::get, "/organisations/none").status, 404);
    EXPECT_EQ(
        ask(admin_, Method::post, "/organisations", R"({"kind":"pirates","name":"x"})").status,
        400);
}

// A vendor's staff would read the names of everybody in the port.
TEST_F(CouncilHttpTest, people_are_known_within_the_community) {
    const auto seen_by = [&](const PersonId& who) {
        const auto list = ask(who, Method::get, "/people");
        EXPECT_EQ(list.status, 200);
        return std::pair(list.json.at("items").as_array().size(),
                         list.json.at("hidden").to_number<std::size_t>());
    };
    EXPECT_EQ(seen_by(officer_), std::pair(3UZ, 0UZ));
    EXPECT_EQ(seen_by(stranger_), std::pair(1UZ, 2UZ));
    EXPECT_EQ(ask(stranger_, Method::get, "/people/" + officer_.text).status, 404);
    const auto of_officer = [&](const PersonId& who) {
        return ask(who, Method::get, "/people/" + officer_.text).json.as_object();
    };
    EXPECT_TRUE(of_officer(admin_).contains("login"));
    EXPECT_TRUE(of_officer(officer_).contains("login"));
    ask(admin_, Method::post, "/people/" + stranger_.text + "/roles",
        R"({"organisation":")" + manager_.text + R"(","role":"observer"})");
    EXPECT_FALSE(of_officer(stranger_).contains("login"));
}

// The person who takes over on 1 April could not be entered with their roles.
TEST_F(CouncilHttpTest, people_and_roles_come_and_go) {
    const auto made = ask(admin_, Method::post, "/people",
                          R"({"name":"新任 四郎","login":"shiro","roles":[{"organisation":")" +
                              manager_.text + R"(","role":"clerk"}]})");
    ASSERT_EQ(made.status, 201) << made.text;
    const PersonId id{std::string(made.json.at("id").as_string())};
    const auto path = "/people/" + id.text;
    EXPECT_TRUE(view().find_person(id)->has(Role::clerk));
    const std::string role = R"({"organisation":")" + manager_.text + R"(","role":"liaison"})";
    EXPECT_EQ(ask(admin_, Method::post, path + "/roles", role).status, 200);
    EXPECT_EQ(ask(admin_, Method::post, path + "/roles", role).status, 200) << "once more";
    EXPECT_EQ(view().find(id)->roles.size(), 2U);
    EXPECT_EQ(
        ask(admin_, Method::post, path + "/roles", R"({"organisation":"none","role":"liaison"})")
            .status,
        400);
    const auto taken = path + "/roles/" + manager_.text;
    EXPECT_EQ(ask(admin_, Method::del, taken + "/liaison").status, 200);
    EXPECT_EQ(ask(admin_, Method::del, taken + "/liaison").status, 404);
    EXPECT_EQ(ask(admin_, Method::del, taken + "/pirate").status, 404);
    EXPECT_EQ(ask(officer_, Method::post, path + "/roles", role).status, 403);
    const auto twice = ask(admin_, Method::post, "/people", R"({"name":"同名","login":"SHIRO"})");
    EXPECT_EQ(twice.status, 409);
    EXPECT_EQ(twice.key(), "prepare.council.login_taken");
    EXPECT_EQ(
        ask(admin_, Method::put, path, R"({"name":"新任 四郎","login":"shiro","age":3})").status,
        400)
        << "what nobody knows is refused";
}

// Somebody erased could still sign in from the tablet at home.
TEST_F(CouncilHttpTest, erasing_takes_the_credentials_too) {
    Result<> given;
    credentials_->give_password("system", officer_, "correct horse",
                                [&](Result<> done) { given = std::move(done); });
    desk_.work();
    ASSERT_TRUE(given);
    ASSERT_TRUE(credentials_->has_password(officer_));
    EXPECT_EQ(ask(officer_, Method::post, "/people/" + officer_.text + "/erase").status, 403);
    EXPECT_EQ(ask(admin_, Method::post, "/people/" + officer_.text + "/erase").status, 200);
    EXPECT_FALSE(credentials_->has_password(officer_));
    const auto shown = ask(admin_, Method::get, "/people/" + officer_.text);
    ASSERT_EQ(shown.status, 200);
    EXPECT_TRUE(shown.json.at("erased").as_bool());
    EXPECT_EQ(shown.json.at("name").as_string(), "（消去済み）");
    const auto last = ask(admin_, Method::post, "/people/" + admin_.text + "/erase");
    EXPECT_EQ(last.status, 409);
    EXPECT_EQ(last.key(), "prepare.council.last_administrator");
}

}  // namespace
}  // namespace noroshi::prepare::council
