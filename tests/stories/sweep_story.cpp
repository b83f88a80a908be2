// Guideline 3.3.1: one operator is hit; are the others? Whoever says nothing is assumed to be.

#include <algorithm>

#include "tests/stories/story.h"

namespace noroshi::story {
namespace {

constexpr auto sweeps = "/api/respond/sweep/sweeps";

std::string at(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    if (found == nullptr) return "absent";
    return found->is_string() ? std::string(found->get_string()) : json::serialize(*found);
}

std::string sweep(Port& port, const Incident& incident, json::object more = {}) {
    json::object request{{"incident", incident.id}};
    for (const auto& pair : more) request[pair.key()] = pair.value();
    const auto answer = port.as("k.mori").post(sweeps, request);
    EXPECT_EQ(answer.status, 201) << answer.text;
    return answer.status == 201 ? std::string(answer.body.as_object().at("id").as_string()) : "";
}
json::object board(Port& port, const std::string& id, std::string login = "k.mori") {
    const auto answer = port.as(login).get(std::string(sweeps) + "/" + id);
    EXPECT_EQ(answer.status, 200) << answer.text;
    return answer.body.is_object() ? answer.body.as_object() : json::object{};
}
json::object site(Port& port, const std::string& sweep, std::string_view name) {
    for (const auto& one : board(port, sweep).at("sites").as_array())
        if (at(one.as_object(), "name") == name) return one.as_object();
    ADD_FAILURE() << "not asked: " << name;
    return {};
}
std::string value(const json::object& site, std::string_view question) {
    for (const auto& one : site.at("answers").as_array())
        if (at(one.as_object(), "question") == question) return at(one.as_object(), "value");
    return "not asked";
}
// What stands after /q/ in a message.
std::string link_of(const Mail& mail) {
    const auto& text = mail.message().text;
    const auto from = text.find("/q/") + 3;
    return text.substr(from, text.find_first_of(" \r\n", from) - from);
}
json::array answers(std::initializer_list<std::pair<std::string_view, std::string_view>> all) {
    json::array out;
    for (const auto& [question, value] : all)
        out.push_back(json::object{{"question", question}, {"value", value}});
    return out;
}

// Osaka's practice: あり / なし / 未確認, and no answer means: assume the worst, send somebody.
STORY("all others are asked, and silence leads to a proposed liaison") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident(
        "TOSの停止", {{"terminals", json::array{port.terminal("north")}}});
    const auto id = sweep(port, incident, {{"reminders", 1}});
    // South's people and the vendor are asked; North, which is hit, is not.
    const auto mail = port.expect_mail("s.hara");
    mail.says("【状況確認】").says("南ふ頭").says("荷役・ゲート・船舶");
    port.expect_mail("v.ueno");
    port.expect_no_message();
    for (const auto* name : {"NACCS（輸出入・港湾関連情報処理システム）", "サイバーポート",
                             "CONPAS（新・港湾情報システム）"})
        EXPECT_EQ(at(site(port, id, name), "state"), "unanswered");
    port.fast_forward(10min);
    port.expect_mail("s.hara").says("再送1");
    port.expect_mail("v.ueno");
    port.fast_forward(20min);
    port.expect_no_message();
    EXPECT_EQ(at(site(port, id, "南ふ頭"), "state"), "silent");
    EXPECT_EQ(at(site(port, id, "南ふ頭"), "proposes_liaison"), "true");
    // The proposal is a person's to decide; once somebody is sent, it is gone.
    const auto order =
        port.as("k.mori").post("/api/respond/sweep/orders", {{"incident", incident.id},
                                                             {"person", port.person("l.mori")},
                                                             {"where", "南ふ頭 管理棟"},
                                                             {"task", "状況の確認"},
                                                             {"bring", json::array{"衛星電話"}},
                                                             {"sweep", id},
                                                             {"site", port.terminal("south")}});
    EXPECT_EQ(order.status, 201) << order.text;
    port.expect_mail("l.mori").says("南ふ頭 管理棟").says("衛星電話");
    EXPECT_EQ(at(site(port, id, "南ふ頭"), "proposes_liaison"), "false");
}

STORY("a site answers by link, and whoever has answered everything is left in peace") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident(
        "TOSの停止", {{"terminals", json::array{port.terminal("north")}},
                      {"visibility",
                       {{"tlp", "TLP:AMBER+STRICT"},
                        {"organisations", json::array{port.organisation("port")}},
                        {"people", json::array{}}}}});
    const auto id = sweep(port, incident);
    const auto mail = port.expect_mail("s.hara");
    port.expect_mail("v.ueno");
    // South may not see the incident, and reads the questions all the same.
    EXPECT_EQ(port.as("s.hara").get(std::string(sweeps) + "/" + id).status, 404);
    const auto before = port.sequence();
    const auto page = port.ask({}, "GET", "/q/" + link_of(mail), {}, {});
    EXPECT_EQ(page.status, 200);
    EXPECT_NE(page.text.find("南ふ頭"), std::string::npos);
    EXPECT_EQ(page.text.find("TOSの停止"), std::string::npos);
    EXPECT_EQ(port.sequence(), before);
    const auto press = [&](const std::string& form) {
        return port.ask({}, "POST", "/q/" + link_of(mail), form,
                        {{"content-type", "application/x-www-form-urlencoded"}});
    };
    const auto south = port.terminal("south");
    const auto taken = press("site=" + south + "&q.same=no&q.effect=not_checked&note=");
    EXPECT_EQ(taken.status, 303);
    EXPECT_EQ(taken.location, "/q/" + link_of(mail) + "?saved=" + south);
    EXPECT_EQ(at(site(port, id, "南ふ頭"), "state"), "partly");
    EXPECT_EQ(value(site(port, id, "南ふ頭"), "effect"), "not_checked");
    press("site=" + south + "&q.effect=yes&q.feared=no&note=%E3%82%B2%E3%83%BC%E3%83%88");
    EXPECT_EQ(at(site(port, id, "南ふ頭"), "state"), "answered");
    EXPECT_EQ(at(site(port, id, "南ふ頭"), "alarming"), "true");
    EXPECT_EQ(at(site(port, id, "南ふ頭"), "note"), "ゲート");
    port.fast_forward(7min);
    EXPECT_EQ(at(site(port, id, "南ふ頭"), "age_minutes"), "7");
    port.fast_forward(13min);
    port.expect_mail("v.ueno");
    port.expect_mail("v.ueno");
    port.expect_no_message();
    EXPECT_EQ(press("site=" + port.terminal("north") + "&q.same=no").location,
              "/q/" + link_of(mail));
}

STORY("answers come by SMS digits, by telephone and by a liaison on behalf") {
    auto port = Port::with("two_terminals");
    port.give_mobile("s.hara", "+819011112222", {"sms"});
    const auto incident = port.as("k.mori").open_incident("TOSの停止");
    const auto id = sweep(port, incident, {{"reminders", 0}});
    port.expect_sms("s.hara").says("S 213");
    port.expect_mail("n.kato");
    port.expect_mail("v.ueno");
    port.reply("09011112222", "Ｓ　２１３");
    EXPECT_EQ(value(site(port, id, "南ふ頭"), "same"), "no");
    EXPECT_EQ(value(site(port, id, "南ふ頭"), "effect"), "yes");
    EXPECT_EQ(value(site(port, id, "南ふ頭"), "feared"), "not_checked");
    const auto answer = [&](std::string login, json::object body) {
        return port.as(login).post(std::string(sweeps) + "/" + id + "/answers", body);
    };
    const auto north = port.terminal("north");
    EXPECT_EQ(
        answer("c.abe",
               {{"site", north}, {"answers", answers({{"same", "yes"}})}, {"told_by", "運用担当"}})
            .status,
        200);
    EXPECT_EQ(at(site(port, id, "北ふ頭"), "told_by"), "運用担当");
    EXPECT_EQ(answer("l.mori", {{"site", north}, {"answers", answers({{"effect", "yes"}})}}).status,
              200);
    EXPECT_EQ(value(site(port, id, "北ふ頭"), "same"), "yes");
    EXPECT_EQ(value(site(port, id, "北ふ頭"), "effect"), "yes");
    // Nobody answers for a competitor.
    EXPECT_EQ(answer("s.hara", {{"site", north}, {"answers", answers({{"same", "no"}})}}).key,
              "respond.sweep.on_behalf_not_permitted");
    EXPECT_EQ(
        answer("c.abe", {{"site", north}, {"answers", answers({{"nonsense", "no"}})}}).pointer,
        "/answers/0/question");
}

STORY("the next sweep shows what has changed, and asks for indicators") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("TOSの停止");
    const json::array sites{json::object{{"terminal", port.terminal("south")}}};
    const json::array questions{
        json::object{{"text", "同じですか"}},
        json::object{{"text", "次の通信がありますか"},
                     {"kind", "indicators"},
                     {"needed", true},
                     {"indicators", json::array{"198.51.100.7", "bad.example"}}}};
    const json::object request{{"sites", sites}, {"questions", questions}, {"reminders", 0}};
    const auto first = sweep(port, incident, request);
    const auto mail = port.expect_mail("s.hara");
    const auto by_link = [&](const Mail& from, json::array all) {
        return port.ask({}, "POST", "/api/respond/sweep/link/" + link_of(from),
                        json::serialize(json::object{{"site", port.terminal("south")},
                                                     {"answers", std::move(all)}}),
                        {{"content-type", "application/json"}});
    };
    EXPECT_EQ(by_link(mail, answers({{"q1", "no"}, {"q2", "no"}})).status, 200);
    const auto second = sweep(port, incident, request);
    const auto again = port.expect_mail("s.hara");
    json::array seen = answers({{"q1", "no"}, {"q2", "yes"}});
    seen[1].as_object()["seen"] = json::array{"bad.example"};
    EXPECT_EQ(by_link(again, seen).status, 200);
    const auto south = site(port, second, "南ふ頭");
    // The needed question stands first, with what it was before.
    const auto& answer = south.at("answers").as_array()[0].as_object();
    EXPECT_EQ(at(answer, "question"), "q2");
    EXPECT_EQ(at(answer, "before"), "no");
    EXPECT_EQ(at(answer, "changed"), "true");
    EXPECT_EQ(at(answer, "seen"), R"(["bad.example"])");
    EXPECT_EQ(value(site(port, first, "南ふ頭"), "q2"), "no");
}

STORY("a liaison's reports stand where they happened, however late they arrive") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("TOSの停止");
    const auto ordered =
        port.as("k.mori").post("/api/respond/sweep/orders", {{"incident", incident.id},
                                                             {"person", port.person("l.mori")},
                                                             {"where", "南ふ頭"},
                                                             {"task", ""},
                                                             {"report_every_minutes", 30},
                                                             {"relief", port.person("c.abe")}});
    ASSERT_EQ(ordered.status, 201) << ordered.text;
    port.expect_mail("l.mori").says("リエゾン派遣");
    // Whoever relieves knows it beforehand, and whom.
    port.expect_mail("c.abe").says("交代要員").says("森 蓮");
    const std::string path =
        "/api/respond/sweep/orders/" + std::string(ordered.body.as_object().at("id").as_string());
    const auto began = port.now();
    const auto report = [&](std::string login, json::object body, std::string key = {}) {
        return port.as(login).post(path + "/reports", body, key);
    };
    EXPECT_EQ(report("l.mori", {{"report", "accepted"}}).status, 200);
    port.fast_forward(31min);
    EXPECT_EQ(at(port.as("k.mori").get(path).body.as_object(), "overdue"), "true");
    EXPECT_EQ(report("l.mori", {{"text", "ゲート前に列"}}).status, 200);
    // Written at 06:40 without a network, sent now; sent twice by the phone, kept once.
    const json::object late{
        {"report", "arrived"}, {"text", "到着"}, {"event_time", format_rfc3339(began + 10min)}};
    EXPECT_EQ(report("l.mori", late, "k1").status, 200);
    EXPECT_TRUE(report("l.mori", late, "k1").replayed);
    const auto order = port.as("k.mori").get(path).body.as_object();
    EXPECT_EQ(at(order, "state"), "there");
    EXPECT_EQ(at(order, "overdue"), "false");
    const auto& reports = order.at("reports").as_array();
    ASSERT_EQ(reports.size(), 3U);
    EXPECT_EQ(at(reports[1].as_object(), "text"), "到着");
    EXPECT_EQ(report("s.hara", {{"text", "x"}}).key, "respond.sweep.not_your_order");
    EXPECT_EQ(report("c.abe", {{"report", "relieved"}}).status, 200);
    EXPECT_EQ(at(port.as("k.mori").get(path).body.as_object(), "person"), port.person("c.abe"));
    // 指示 exists only within one organisation.
    EXPECT_EQ(port.as("k.mori")
                  .post("/api/respond/sweep/orders", {{"incident", incident.id},
                                                      {"person", port.person("s.hara")},
                                                      {"where", "北"},
                                                      {"task", ""}})
                  .key,
              "respond.sweep.not_of_your_organisation");
    EXPECT_EQ(port.as("k.mori")
                  .post("/api/respond/sweep/orders", {{"incident", incident.id},
                                                      {"person", port.person("l.mori")},
                                                      {"where", "北"},
                                                      {"task", ""},
                                                      {"relief", port.person("s.hara")}})
                  .pointer,
              "/relief");
    // Nobody was named who could relieve now.
    EXPECT_EQ(report("c.abe", {{"report", "relieved"}}).key, "respond.sweep.no_relief");
}

STORY("a sweep ends with its incident, and nobody is asked for an answer any more") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("TOSの停止");
    const auto id =
        sweep(port, incident,
              {{"sites", json::array{json::object{{"terminal", port.terminal("south")}}}}});
    port.expect_mail("s.hara");
    port.as("k.mori").close(incident);
    port.fast_forward(24h);
    port.expect_no_message();
    EXPECT_EQ(at(board(port, id), "open"), "false");
}

STORY("a sweep in an exercise is a drill, and ends with it") {
    auto port = Port::with("two_terminals");
    const auto exercise = port.as("k.mori").start_exercise("情報伝達訓練", port.now(), 1);
    const auto incident = port.as("k.mori").open_incident("訓練の停止", {{"exercise", exercise}});
    const auto id =
        sweep(port, incident,
              {{"sites", json::array{json::object{{"terminal", port.terminal("south")}}}}});
    port.expect_mail("s.hara").is_a_drill().says("これは訓練です");
    port.as("k.mori").end_exercise(exercise);
    port.fast_forward(24h);
    port.expect_no_message();
    EXPECT_EQ(at(board(port, id), "open"), "false");
}

}  // namespace
}  // namespace noroshi::story
