// Guideline 3.3.2 利用障害の情報発信: what hauliers, lines and the press can rely on.

#include "tests/stories/story.h"

namespace noroshi::story {
namespace {

constexpr const char* notices = "/api/respond/notices/notices";

json::object words(std::string_view title, json::object more = {}) {
    json::object body{{"texts", {{"ja", {{"title", title}, {"body", "搬出入を止めています。"}}}}}};
    for (const auto& pair : more) body[pair.key()] = pair.value();
    return body;
}
std::string id_of(const Answer& answer) {
    EXPECT_EQ(answer.status, 201) << answer.text;
    return answer.status == 201 ? std::string(answer.body.at("id").as_string()) : std::string();
}
Answer approve(Port& port, const char* login, const std::string& id, int version) {
    return port.ask(login, "POST", std::string(notices) + "/" + id + "/approve", {},
                    {{"if-match", "\"" + std::to_string(version) + "\""}});
}

// In 2023 the first public word came after 29 hours. Here it takes two people and two minutes.
STORY("the public is told by a second person, and told again when it was promised") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("TOSの停止");
    const auto id = id_of(port.as("k.mori").post(
        notices,
        words("北ふ頭のTOSが停止",
              {{"incident", incident.id},
               {"phase", "investigating"},
               {"terminals", {{{"terminal", port.terminal("north")}, {"service", "stopped"}}}},
               {"next_update_at", "2026-07-04T08:30:00+09:00"}})));
    EXPECT_EQ(approve(port, "k.mori", id, 1).key, "respond.notices.own_draft");
    EXPECT_FALSE(port.public_page("/ja.html").contains("TOSが停止"));
    EXPECT_EQ(approve(port, "a.sato", id, 1).status, 200);
    EXPECT_TRUE(port.public_page("/ja.html").contains("北ふ頭のTOSが停止"));
    EXPECT_TRUE(port.public_page("/ja.html").contains("あと2時間0分"));
    port.fast_forward(2h + 10min);
    EXPECT_TRUE(port.public_page("/ja.html").contains("予定を10分過ぎています"));
    port.restart();
    EXPECT_TRUE(port.public_page("/ja.html").contains("北ふ頭のTOSが停止"));
}

// The press would report a disaster that was an exercise.
STORY("a notice written in an exercise stays in the exercise") {
    auto port = Port::with("two_terminals");
    const auto exercise = port.as("k.mori").start_exercise("机上訓練", port.now(), 60);
    const auto drill = port.as("k.mori").open_incident("訓練の停止", {{"exercise", exercise}});
    const auto before = port.public_page("/status.json");
    const auto id = id_of(
        port.as("k.mori").post(notices, words("訓練でだけ起きたこと", {{"incident", drill.id}})));
    EXPECT_EQ(approve(port, "a.sato", id, 1).status, 200);
    EXPECT_EQ(port.public_page("/status.json"), before);
    EXPECT_FALSE(port.public_page("/feed.atom").contains("訓練"));
    EXPECT_FALSE(port.public_page("/alerts.cap").contains("訓練"));
}

// A second approval by a nervous hand would publish twice.
STORY("the same approval twice is one edition") {
    auto port = Port::with("two_terminals");
    const auto id = id_of(port.as("k.mori").post(notices, words("ゲート停止")));
    const auto again = [&] {
        return port.ask("a.sato", "POST", std::string(notices) + "/" + id + "/approve", {},
                        {{"if-match", "\"1\""}, {"idempotency-key", "one-tap"}});
    };
    EXPECT_EQ(again().status, 200);
    const auto second = again();
    EXPECT_EQ(second.status, 200);
    EXPECT_TRUE(second.replayed);
    EXPECT_EQ(approve(port, "a.sato", id, 1).status, 409);
    const auto status = json::parse(port.public_page("/status.json"));
    EXPECT_EQ(status.at("notices").at(0).at("editions").as_array().size(), 1U);
}

}  // namespace
}  // namespace noroshi::story
