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

// The page would say "as of 06:30" at noon, because nobody asked the police about the road again.
STORY("an office is asked before the promised edition and reports by link") {
    auto port = Port::with("two_terminals");
    const auto made =
        port.as("a.sato").post("/api/respond/notices/providers",
                               {{"provider", "traffic_police"},
                                {"name", "県警察 交通管制"},
                                {"organisation", port.organisation("police")},
                                {"tells", {"roads"}},
                                {"roads", {{{"name", "臨港道路"}, {"name_en", "Harbour road"}}}},
                                {"people", {port.person("p.tani")}}});
    ASSERT_EQ(made.status, 201) << made.text;
    const auto id = id_of(port.as("k.mori").post(
        notices, words("ゲート停止", {{"next_update_at", "2026-07-04T08:30:00+09:00"}})));
    EXPECT_EQ(approve(port, "a.sato", id, 1).status, 200);
    port.fast_forward(1h + 35min);
    port.expect_no_message();
    port.fast_forward(10min);  // 08:15
    const auto mail = port.expect_mail("p.tani");
    mail.says("県警察 交通管制").is_no_drill();
    const auto& text = mail.message().text;
    const auto from = text.find("/r/");
    ASSERT_NE(from, std::string::npos);
    const auto link = text.substr(from, text.find('\n', from) - from);
    EXPECT_EQ(port.ask("", "GET", link, {}, {}).status, 200);
    EXPECT_TRUE(port.ask("", "GET", link, {}, {}).text.contains("臨港道路"));
    EXPECT_EQ(port.ask("", "GET", link.substr(0, link.size() - 4), {}, {}).status, 404);
    const auto reported = port.ask(
        "", "POST", link,
        "road.0.name=%E8%87%A8%E6%B8%AF%E9%81%93%E8%B7%AF&road.0.traffic=queue&road.0.queue=2400"
        "&ago=0&next=60",
        {{"content-type", "application/x-www-form-urlencoded"}});
    EXPECT_EQ(reported.status, 303) << reported.text;
    EXPECT_TRUE(reported.location.ends_with("?saved=yes")) << reported.location;
    EXPECT_FALSE(port.public_page("/status.json").contains("2400"));
    const auto list = port.as("k.mori").get("/api/respond/notices/providers");
    const auto& item = list.body.at("items").at(0);
    EXPECT_EQ(item.at("reports").at(0).at("way").as_string(), "link");
    const auto taken =
        port.ask("k.mori", "POST", std::string(notices) + "/" + id + "/take",
                 json::serialize(json::object{{"provider", item.at("id")}, {"number", 1}}),
                 {{"if-match", "\"2\""}});
    EXPECT_EQ(taken.status, 200) << taken.text;
    EXPECT_FALSE(port.public_page("/status.json").contains("2400"));
    EXPECT_EQ(approve(port, "k.mori", id, 3).key, "respond.notices.own_draft");
    EXPECT_EQ(approve(port, "a.sato", id, 3).status, 200);
    EXPECT_TRUE(port.public_page("/ja.html").contains("2400m"));
    EXPECT_TRUE(port.public_page("/status.json").contains("2026-07-03T23:15:00Z"))
        << "as of when it was seen";
    port.fast_forward(3h);
    port.expect_no_message();
}

// A ship would lie off the port because each side thought that the other had the word; and half a year
// later nobody would know which service has not come back.
STORY("calls go to another port, and what is lost is followed until it comes back") {
    auto port = Port::with("two_terminals");
    const std::string base = "/api/respond/notices/";
    const auto incident = port.as("k.mori").open_incident("TOSの停止");
    const auto partner = id_of(port.as("a.sato").post(
        base + "partners",
        {{"name", "となり港"}, {"contacts", {{{"office", "運営課"}, {"phone", "052-000-0009"}}}}}));
    EXPECT_EQ(port.as("n.kato").get(base + "partners").status, 403) << "not the operators' affair";
    const auto diversion = id_of(port.as("k.mori").post(
        base + "diversions", {{"incident", incident.id},
                              {"partner", partner},
                              {"calls", {{{"vessel", "AKEBONO MARU"}}, {{"vessel", "HATO STAR"}}}},
                              {"answer_by", "2026-07-04T09:00:00+09:00"}}));
    const auto waits = [&] {
        return std::string(port.as("k.mori")
                               .get(base + "diversions?incident=" + incident.id)
                               .body.at("items")
                               .at(0)
                               .at("waits_for")
                               .as_string());
    };
    EXPECT_EQ(waits(), "partner");
    const auto step = [&](std::string what, json::value body, int version) {
        return port.ask("k.mori", "POST", base + "diversions/" + diversion + "/" + what,
                        json::serialize(body),
                        {{"if-match", "\"" + std::to_string(version) + "\""}});
    };
    EXPECT_EQ(step("offer", {{"offers", {{{"call", 1}, {"conditions", "夜間のみ"}}}}}, 1).status,
              200);
    EXPECT_EQ(waits(), "us");
    EXPECT_EQ(step("agree", {{"calls", {1}}}, 1).status, 409) << "what was read is not what stands";
    EXPECT_EQ(step("agree", {{"calls", {1}}, {"text", "船社も同意"}}, 2).status, 200);
    EXPECT_EQ(waits(), "nobody");

    const auto lost = id_of(port.as("k.mori").post(
        base + "lost_calls",
        {{"line", "東西汽船"}, {"name", "HATO STAR"}, {"went_to", "となり港"}}));
    port.as("k.mori").close(incident);
    port.fast_forward(30 * 24h);
    port.restart();
    EXPECT_EQ(port.as("a.sato").get(base + "followups").body.at("calls_lost").to_number<int>(), 1)
        << "it does not end with the incident";
    EXPECT_EQ(port.as("a.sato")
                  .post(base + "lost_calls/" + lost + "/returned", {{"text", "再開"}})
                  .status,
              200);
    EXPECT_EQ(port.as("a.sato").get(base + "followups").body.at("calls_returned").to_number<int>(),
              1);
}

}  // namespace
}  // namespace noroshi::story
