#include "app/installation.h"

#include <unistd.h>

#include <filesystem>

#include <gtest/gtest.h>

#include "app/serving.h"
#include "app/verbs.h"
#include "edge/cli/data_dir.h"
#include "prepare/council/council.h"
#include "prepare/council/council_view.h"

namespace noroshi::app {
namespace {

class InstallationTest : public testing::Test {
protected:
    void SetUp() override {
        std::string name = std::filesystem::temp_directory_path() / "noroshi-test-XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    std::unique_ptr<Installation> open(const std::string& name) {
        auto opened = Installation::open({folder_ + "/" + name, {}, false});
        EXPECT_TRUE(opened) << describe(opened.error());
        return std::move(*opened);
    }
    static UserAdd user(std::string login, std::vector<std::string> roles) {
        return {std::move(login), "当直 一", "北港管理組合", "port_manager", std::move(roles)};
    }
    std::string folder_;
};

// Whoever was erased would be back after a restore: by name on every page, and signed in.
TEST_F(InstallationTest, a_restore_erases_again_and_ends_what_was_issued) {
    std::string token;
    PersonId person;
    std::filesystem::create_directories(folder_ + "/lost");
    {
        auto port = open("lost");
        ASSERT_TRUE(add_user(*port, user("boss", {"administrator"})));
        auto added = add_user(*port, user("mori", {"duty_officer"}));
        ASSERT_TRUE(added) << describe(added.error());
        person.text = added->person;
        auto issued = create_token(*port, {.login = "mori", .scope = {}, .note = {}});
        ASSERT_TRUE(issued);
        token = issued->token;
        ASSERT_TRUE(back_up(*port, {folder_ + "/backup"}));
        journal::Command erase;
        erase.actor = "system";
        erase.decide = [&](journal::Recorder& recorder) -> Result<journal::Answer> {
            TRY(port->rooms().council.erase_person(recorder, person));
            port->rooms().credentials.forget(recorder, person);
            return journal::Answer{};
        };
        ASSERT_TRUE(port->perform(std::move(erase)));
    }
    const auto list = edge::cli::erasures_path(folder_ + "/lost");
    const auto restored = restore(folder_ + "/new", "", folder_ + "/backup", list);
    ASSERT_TRUE(restored) << describe(restored.error());
    for (int i = 0; i < 2; ++i) {
        auto port = open("new");
        const auto* found = port->rooms().council.view().find(person);
        ASSERT_NE(found, nullptr);
        EXPECT_TRUE(found->erased);
        EXPECT_TRUE(port->rooms().credentials.tokens_of(person).empty());
        EXPECT_FALSE(port->rooms().credentials.authenticate("Bearer " + token, ""));
        const auto head = port->journal().head();
        EXPECT_GT(head.sequence, restored->facts);
        EXPECT_EQ(journal::verify_chain(port->store())->hash, head.hash);
        if (i == 1) EXPECT_EQ(port->report().facts, head.sequence) << "once is enough";
    }
}

// A misspelt scope would be found out when the program is needed.
TEST_F(InstallationTest, a_token_reaches_permissions_that_exist) {
    std::filesystem::create_directories(folder_ + "/port");
    auto port = open("port");
    ASSERT_TRUE(add_user(*port, user("mori", {"duty_officer"})));
    const auto issue = [&](std::string scope) {
        return create_token(*port, {.login = "mori", .scope = {std::move(scope)}, .note = {}});
    };
    for (const char* scope : {"respond.incident", "respond", "metrics", "edge.http.events"})
        EXPECT_TRUE(issue(scope)) << scope;
    for (const char* scope : {"respond.incidents", "respond.inc", "metric"}) {
        const auto refused = issue(scope);
        ASSERT_FALSE(refused) << scope;
        EXPECT_EQ(refused.error().key, "kernel.identity.token_scope");
    }
}

}  // namespace
}  // namespace noroshi::app
