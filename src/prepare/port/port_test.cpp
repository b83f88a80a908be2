#include "prepare/port/port.h"

#include <memory>

#include <gtest/gtest.h>

#include "edge/http/asking_for_tests.h"
#include "kernel/journal/journal_for_tests.h"
#include "prepare/council/council_view.h"
#include "prepare/port/port_view.h"

namespace noroshi::prepare::port {
edge::http::Routes& add_routes(edge::http::Routes& routes, Port& port, const std::string& zone);

namespace {

using edge::http::Method;

class PortTest : public testing::Test {
protected:
    void SetUp() override {
        const auto organisation = [&](std::string name) {
            return *desk_.run([&](auto& recorder) {
                return council_->register_organisation(
                    recorder, {.kind = council::OrganisationKind::terminal_operator, .name = name});
            });
        };
        north_ = organisation("北埠頭(株)");
        south_ = organisation("南埠頭(株)");
    }
    Result<TerminalId> open(const TerminalDraft& draft) {
        return desk_.run([&](auto& recorder) { return port_->register_terminal(recorder, draft); });
    }

    std::unique_ptr<council::Council> council_;
    std::unique_ptr<Port> port_;
    journal::JournalByHand desk_{[this](journal::Journal& journal) {
                                     council_ = std::make_unique<council::Council>(journal);
                                     port_ = std::make_unique<Port>(journal, *council_);
                                 },
                                 [this] {
                                     port_.reset();
                                     council_.reset();
                                 }};
    OrganisationId north_, south_;
};

// A milestone "gate open" would be told of the wrong terminal.
TEST_F(PortTest, a_terminal_has_a_name_and_a_code_of_its_own) {
    const auto first =
        open({.name = "北埠頭コンテナターミナル", .operator_ = north_, .code = "NCB"});
    ASSERT_TRUE(first) << describe(first.error());
    const auto key = [&](const TerminalDraft& draft) {
        const auto result = open(draft);
        return result ? std::string{} : result.error().key + " " + result.error().pointer;
    };
    EXPECT_EQ(key({.name = "北埠頭ｺﾝﾃﾅﾀｰﾐﾅﾙ", .operator_ = north_}),
              "prepare.port.name_taken /name");
    EXPECT_EQ(key({.name = "別", .operator_ = north_, .code = "ｎｃｂ"}),
              "prepare.port.code_taken /code");
    EXPECT_EQ(key({.name = "", .operator_ = north_}), "kernel.i18n.empty /name");
    EXPECT_EQ(key({.name = "別", .operator_ = {"none"}}),
              "prepare.port.unknown_operator /operator");
    EXPECT_EQ(key({.name = "別", .operator_ = north_, .quay_metres = 350'000}),
              "kernel.json.out_of_range /quay_metres");
    EXPECT_EQ(key({.name = "別", .operator_ = north_, .quay_cranes = 5'000}),
              "kernel.json.out_of_range /quay_cranes");
    EXPECT_EQ(key({.name = "別", .operator_ = south_, .quay_metres = 350, .quay_cranes = 3}), "");
    EXPECT_EQ(key({.name = "また別", .operator_ = south_}), "") << "codes may be missing twice";
    EXPECT_TRUE(desk_.run([&](auto& recorder) {
        return port_->change_terminal(
            recorder, *first,
            {.name = "北埠頭コンテナターミナル", .operator_ = south_, .code = "NCB"}, 1);
    }));
    EXPECT_EQ(port_->view().operated_by(north_).size(), 0U);
    EXPECT_EQ(port_->view().operated_by(south_).size(), 3U);
}

// After a restart the board would name terminals that nobody knows.
TEST_F(PortTest, is_the_same_after_a_restart) {
    ASSERT_TRUE(desk_.run(
        [&](auto& recorder) { return port_->name_port(recorder, " 名港 ", "Port of Meiko"); }));
    const auto id = open({.name = "北",
                          .name_en = "North",
                          .operator_ = north_,
                          .code = "NCB",
                          .quay_metres = 900,
                          .quay_cranes = 8,
                          .yard_gear = "RTG 22"});
    ASSERT_TRUE(id);
    const auto before = json::to_text(port_->view().sheet("Asia/Tokyo"));
    EXPECT_NE(before.find("\"name\":\"名港\""), std::string::npos);
    desk_.reopen();
    EXPECT_EQ(json::to_text(port_->view().sheet("Asia/Tokyo")), before);
    EXPECT_EQ(port_->view().name_of(*id, Language::en), "North");
    EXPECT_EQ(port_->state().name_of(*id, Language::ja), "北");
    EXPECT_EQ(port_->state().name_of({"none"}, Language::ja), "");
}

// The web client and the forecast would find other names than the contract says.
TEST_F(PortTest, answers_as_the_contract_says) {
    const auto person = [&](std::string name, Role role) {
        return *desk_.run([&](auto& recorder) {
            return council_->register_person(recorder, {.name = name, .login = name},
                                             {{north_, role}});
        });
    };
    const auto admin = person("admin", Role::administrator);
    const auto clerk = person("clerk", Role::clerk);
    edge::http::Routes routes;
    add_routes(routes, *port_, "Asia/Tokyo");
    edge::http::Asking asking(
        routes, desk_.journal(),
        [&](std::string_view who, std::string_view) -> Result<std::shared_ptr<const Principal>> {
            return std::make_shared<const Principal>(
                *council_->view().find_person(PersonId{std::string(who)}));
        },
        [&] { desk_.work(); });
    const auto ask = [&](const PersonId& who, Method method, std::string path,
                         std::string body = {}) {
        return asking.ask(method, "/api/prepare/port" + path, std::move(body),
                          {{"authorization", who.text}});
    };
    EXPECT_EQ(ask(clerk, Method::put, "", R"({"name":"名港"})").status, 403);
    EXPECT_EQ(ask(admin, Method::put, "", R"({"name":"名港"})").status, 200);
    const std::string body = R"({"name":"北","operator":")" + north_.text + R"(","quay_cranes":8})";
    EXPECT_EQ(ask(clerk, Method::post, "/terminals", body).status, 403);
    const auto made = ask(admin, Method::post, "/terminals", body);
    ASSERT_EQ(made.status, 201) << made.text;
    const auto sheet = ask(clerk, Method::get, "").json;
    EXPECT_EQ(sheet.at("name").as_string(), "名港");
    EXPECT_EQ(sheet.at("zone").as_string(), "Asia/Tokyo");
    const auto& terminal = sheet.at("terminals").at(0);
    EXPECT_EQ(terminal.at("id"), made.json.at("id"));
    EXPECT_EQ(terminal.at("operator").as_string(), std::string_view(north_.text));
    EXPECT_EQ(terminal.at("quay_cranes").to_number<int>(), 8);
    EXPECT_FALSE(terminal.as_object().contains("quay_metres"));
    const std::string path = "/terminals/" + std::string(made.json.at("id").as_string());
    EXPECT_EQ(ask(admin, Method::put, path, R"({"name":"北","operator":"none"})").status, 400);
    EXPECT_EQ(ask(admin, Method::put, path, body).header("ETag"), "\"2\"");
    EXPECT_EQ(ask(admin, Method::put, "/terminals/none", body).status, 404);
}

}  // namespace
}  // namespace noroshi::prepare::port
