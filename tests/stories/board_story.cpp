// Guideline 3.3.1: what a port must be able to rely on when it keeps the chronology of an incident.

#include <algorithm>
#include <set>

#include "tests/stories/story.h"

namespace noroshi::story {
namespace {

using Numbers = std::vector<std::uint64_t>;
using Titles = std::vector<std::string>;

std::string at(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    if (found == nullptr) return "absent";
    return found->is_string() ? std::string(found->get_string()) : json::serialize(*found);
}

// Guideline 3.3.1: intake by effect. At 06:30 nobody knows why the gates do not open.
STORY("an incident is opened in the dark, without knowing the cause") {
    auto port = Port::with("two_terminals");
    const auto before = port.sequence();
    const auto answer = port.as("k.mori").post("/api/respond/incident/incidents",
                                               {{"title", "北ふ頭のゲートが開かない"},
                                                {"event_time", "2026-07-04T06:25:00+09:00"},
                                                {"effects", {"freight", "ship_movement"}}});
    EXPECT_EQ(answer.status, 201) << answer.text;
    const auto& incident = answer.body.get_object();
    EXPECT_EQ(at(incident, "cause"), "unknown");
    EXPECT_EQ(at(incident, "event_time"), "2026-07-03T21:25:00Z");
    EXPECT_EQ(at(incident, "opened_at"), "2026-07-03T21:30:00Z");
    EXPECT_EQ(answer.etag, "\"1\"");
    // Everybody of the port sees it at once, on open boards too.
    EXPECT_EQ(port.as("p.tani").live_titles(), Titles{"北ふ頭のゲートが開かない"});
    const auto events = port.events_after("h.seki", before);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(at(events[0].get_object(), "type"), "respond.incident.incident_opened");
}

// Guideline 3.3.1: an operator reports in confidence, or it does not report at all.
STORY("an operator's report is read by the port manager and not by its rival") {
    auto port = Port::with("two_terminals");
    const auto before = port.sequence();
    const auto incident = port.as("n.kato").open_incident("TOSの画面が出ない");
    EXPECT_EQ(port.as("k.mori").live_titles(), Titles{"TOSの画面が出ない"});
    EXPECT_EQ(port.as("v.ueno").live_titles(), Titles{"TOSの画面が出ない"}) << "serves North";
    for (const auto* other : {"s.hara", "p.tani", "x.mizu"}) {
        EXPECT_TRUE(port.as(other).live_titles().empty());
        EXPECT_EQ(port.as(other).get("/api/respond/incident/incidents/" + incident.id).status, 404);
        EXPECT_TRUE(port.events_after(other, before).empty());
    }
    const auto list = port.as("s.hara").get("/api/respond/incident/incidents");
    EXPECT_EQ(at(list.body.get_object(), "hidden"), "1") << "what is hidden is said to be hidden";
    // Then the police are brought in, and see what was written before.
    port.as("n.kato").write(incident, "06:30 全端末で画面が出ない");
    const auto shared = port.as("n.kato").put(
        "/api/respond/incident/incidents/" + incident.id + "/visibility",
        {{"tlp", "TLP:AMBER"},
         {"organisations", {port.organisation("port"), port.organisation("police")}}},
        1);
    EXPECT_EQ(shared.status, 200) << shared.text;
    EXPECT_EQ(port.as("p.tani").entries(incident).size(), 2U) << "and that it was shared";
    EXPECT_TRUE(port.as("s.hara").live_titles().empty());
}

// Guideline 3.3.1, chronology: event time and entry time are different things.
STORY("what is written late still says when it happened") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.fast_forward(40min);
    port.as("c.abe").write(incident, "メンテナンス会社へ復旧を依頼",
                           {{"event_time", "2026-07-04T06:45:00+09:00"},
                            {"sender", "北ふ頭ターミナル"},
                            {"receiver", "保守会社"},
                            {"medium", "電話"}});
    const auto entry = port.as("p.tani").entry(incident, 1);
    EXPECT_EQ(at(entry, "event_time"), "2026-07-03T21:45:00Z");
    EXPECT_EQ(at(entry, "entry_time"), "2026-07-03T22:10:00Z");
    EXPECT_EQ(at(entry, "sender"), "北ふ頭ターミナル");
    EXPECT_EQ(at(entry.at("author").get_object(), "name"), "記録 c.abe");
    const auto refused = port.as("c.abe").post(
        "/api/respond/incident/incidents/" + incident.id + "/entries",
        {{"content", "日付の間違い"}, {"event_time", "2026-07-14T06:45:00+09:00"}});
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.pointer, "/event_time");
}

STORY("a line is never changed, and a correction takes its place") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.as("c.abe").write(incident, "列は2.4km");
    port.as("c.ito").correct(incident, 1, "列は4.2km");
    port.as("c.abe").correct(incident, 2, "列は2.4km（再確認）");
    EXPECT_EQ(port.as("p.tani").numbers(incident), (Numbers{1, 2, 3}));
    EXPECT_EQ(at(port.as("p.tani").entry(incident, 1), "content"), "列は2.4km");
    EXPECT_EQ(at(port.as("p.tani").entry(incident, 1), "corrected_by"), "2");
    EXPECT_EQ(at(port.as("p.tani").entry(incident, 2), "corrected_by"), "3");
    EXPECT_EQ(at(port.as("p.tani").entry(incident, 3), "corrected_by"), "absent");
}

STORY("two clerks at the same line both keep what they wrote") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.as("c.abe").write(incident, "本船3隻が沖待ち");
    port.as("c.ito").correct(incident, 1, "本船4隻が沖待ち");
    port.as("c.ueda").correct(incident, 1, "本船5隻が沖待ち");
    EXPECT_EQ(port.as("k.mori").numbers(incident), (Numbers{1, 2, 3}));
}

STORY("orders and requests stay on top until somebody reports them done") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto barrier =
        port.as("k.mori").write(incident, "臨港道路に誘導員を置くこと",
                                {{"kind", "order"}, {"due", "2026-07-04T07:30:00+09:00"}});
    port.as("c.abe").write(incident, "トレーラーの列が伸びている");
    const auto ask =
        port.as("k.mori").write(incident, "交通規制をお願いしたい",
                                {{"kind", "request"},
                                 {"due", "2026-07-04T07:00:00+09:00"},
                                 {"receiver_organisations", {port.organisation("police")}}});
    EXPECT_EQ(port.as("p.tani").open_tasks(incident), (Numbers{ask, barrier})) << "first due first";
    port.as("p.tani").report_done(incident, ask);
    EXPECT_EQ(port.as("k.mori").open_tasks(incident), (Numbers{barrier}));
    const auto again = port.as("c.ito").post("/api/respond/incident/incidents/" + incident.id +
                                                 "/entries/" + std::to_string(ask) + "/done",
                                             json::object{});
    EXPECT_EQ(again.status, 409) << "told who was first, not recorded twice";
    EXPECT_EQ(again.key, "respond.incident.already_done");
}

// 指示 exists within one organisation only; from the port manager to private bodies it is 要請.
STORY("nobody gives orders to another organisation") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto refused =
        port.as("k.mori").post("/api/respond/incident/incidents/" + incident.id + "/entries",
                               {{"content", "ゲートを開けること"},
                                {"kind", "order"},
                                {"receiver_organisations", {port.organisation("north")}}});
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.key, "respond.incident.order_between_organisations");
    EXPECT_TRUE(refused.text.contains("要請")) << "it says what to do instead: " << refused.text;
    port.as("k.mori").write(
        incident, "ゲートを開けてほしい",
        {{"kind", "request"}, {"receiver_organisations", {port.organisation("north")}}});
}

STORY("a rumour is marked as one until it is confirmed") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.as("h.seki").write(incident, "他港も止まっているらしい", {{"kind", "rumour"}});
    EXPECT_EQ(at(port.as("k.mori").entry(incident, 1), "confirmed"), "false");
    port.as("p.tani").confirm(incident, 1);
    EXPECT_EQ(at(port.as("k.mori").entry(incident, 1), "confirmed"), "true");
    EXPECT_EQ(at(port.as("k.mori").entry(incident, 1), "confirmed_by"), "2");
    EXPECT_EQ(at(port.as("k.mori").entry(incident, 1), "kind"), "rumour");
}

// The worst hit report least: a liaison enters on their behalf, and it says so.
STORY("a liaison writes for the stricken terminal, a rival cannot") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.as("l.mori").write(incident, "ヤードは手作業で継続中",
                            {{"on_behalf_of", port.organisation("north")}});
    const auto entry = port.as("p.tani").entry(incident, 1);
    EXPECT_EQ(at(entry, "on_behalf_of"), port.organisation("north"));
    EXPECT_EQ(at(entry.at("author").get_object(), "organisation"), port.organisation("port"));
    const auto refused = port.as("s.hara").post(
        "/api/respond/incident/incidents/" + incident.id + "/entries",
        {{"content", "北ふ頭は全面停止"}, {"on_behalf_of", port.organisation("north")}});
    EXPECT_EQ(refused.status, 403);
}

STORY("what is hidden from a reader is counted, and told to nobody else") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.as("c.abe").write(incident, "皆に見える一行");
    const auto before = port.sequence();
    port.as("k.mori").write(
        incident, "身代金の要求あり",
        {{"visibility",
          {{"tlp", "TLP:AMBER+STRICT"}, {"organisations", {port.organisation("police")}}}}});
    port.as("c.abe").write(incident, "また皆に見える一行");
    EXPECT_EQ(port.as("p.tani").numbers(incident), (Numbers{1, 2, 3}));
    EXPECT_EQ(port.as("s.hara").numbers(incident), (Numbers{1, 3}));
    EXPECT_EQ(port.as("s.hara").hidden(incident), 1U);
    EXPECT_TRUE(port.as("s.hara").found("身代金").empty());
    EXPECT_EQ(port.as("p.tani").found("身代金").size(), 1U);
    EXPECT_EQ(port.events_after("s.hara", before).size(), 1U);
    EXPECT_EQ(port.events_after("p.tani", before).size(), 2U);
    // To correct it is not to publish it.
    port.as("k.mori").correct(incident, 2, "身代金の要求あり（文面は別途）");
    EXPECT_EQ(port.as("s.hara").numbers(incident), (Numbers{1, 3}));
    // And nobody can point at what he does not see.
    const auto guess =
        port.as("s.hara").post("/api/respond/incident/incidents/" + incident.id + "/entries",
                               {{"content", "訂正"}, {"corrects", 2}});
    EXPECT_EQ(guess.status, 400);
    EXPECT_EQ(guess.key, "respond.incident.entry_unknown");
}

STORY("an entry is not shared more widely than its incident") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("n.kato").open_incident("TOSに異常");
    const auto refused =
        port.as("n.kato").post("/api/respond/incident/incidents/" + incident.id + "/entries",
                               {{"content", "詳細"}, {"visibility", {{"tlp", "TLP:GREEN"}}}});
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.pointer, "/visibility");
}

STORY("the chronology finds 警察") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.as("c.abe").write(incident, "県警察本部サイバー課へ通報", {{"medium", "ﾃﾞﾝﾜ"}});
    port.as("c.abe").write(incident, "ゲート前に列");
    EXPECT_EQ(port.as("p.tani").found("警察"), Titles{"県警察本部サイバー課へ通報"});
    EXPECT_EQ(port.as("p.tani").found("でんわ さいばー").size(), 1U);
    EXPECT_EQ(port.as("p.tani").numbers(incident, "q=%E5%88%97"), (Numbers{2})) << "列 alone";
}

// Every message, list and search of a drill stays in the drill.
STORY("a drill is not seen among what is real") {
    auto port = Port::with("two_terminals");
    const auto start = *parse_rfc3339("2023-07-04T06:30:00+09:00");
    const auto exercise = port.as("a.sato").start_exercise("名古屋2023", start, 60);
    const auto drill =
        port.as("k.mori").open_incident("訓練のゲート停止", {{"exercise", exercise}});
    port.as("k.mori").write(drill, "訓練の警察通報");
    const auto live = port.as("k.mori").open_incident("本物のゲート停止");
    EXPECT_EQ(port.as("p.tani").live_titles(), Titles{"本物のゲート停止"});
    EXPECT_EQ(port.as("p.tani").titles_in(exercise), Titles{"訓練のゲート停止"});
    EXPECT_TRUE(port.as("p.tani").found("警察").empty());
    EXPECT_EQ(port.as("p.tani").found("警察", exercise).size(), 1U);
    EXPECT_EQ(live.number, 1U) << "a drill leaves no gap in the numbers of what is real";
}

STORY("an exercise has its own time, and ends") {
    auto port = Port::with("two_terminals");
    const auto start = *parse_rfc3339("2023-07-04T06:30:00+09:00");
    const auto exercise = port.as("a.sato").start_exercise("名古屋2023", start, 600);
    const auto drill = port.as("k.mori").open_incident("ゲート停止", {{"exercise", exercise}});
    port.fast_forward(15s);
    port.as("k.mori").write(drill, "警察に通報");
    EXPECT_EQ(at(port.as("p.tani").entry(drill, 1), "event_time"), "2023-07-04T00:00:00Z");
    EXPECT_EQ(at(port.as("p.tani").entry(drill, 1), "entry_time"), "2026-07-03T21:30:15Z");
    port.as("a.sato").pace(exercise, 0);
    port.fast_forward(1h);
    port.restart();
    port.as("k.mori").write(drill, "休憩中の記録");
    EXPECT_EQ(at(port.as("p.tani").entry(drill, 2), "event_time"), "2023-07-04T00:00:00Z")
        << "paused, and found again after a restart";
    port.as("a.sato").end_exercise(exercise);
    const auto late = port.as("k.mori").post(
        "/api/respond/incident/incidents",
        {{"title", "遅い"}, {"effects", {"freight"}}, {"exercise", exercise}});
    EXPECT_EQ(late.status, 409);
    port.as("k.mori").correct(drill, 1, "県警察に通報");
}

STORY("the facilitator of an exercise plays every organisation") {
    auto port = Port::with("two_terminals");
    const auto exercise = port.as("k.mori").start_exercise("一人訓練", port.now(), 1);
    const auto drill = port.as("k.mori").open_incident("ゲート停止", {{"exercise", exercise}});
    port.as("k.mori").write(drill, "サイバー課が受理",
                            {{"on_behalf_of", port.organisation("police")}});
    port.as("a.sato").write(drill, "列が2km", {{"on_behalf_of", port.organisation("hauliers")}});
}

// In Nagoya the restart was promised for 18:00, 20:00, 08:30 and the afternoon.
STORY("every promised time is kept, and held against what happened") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto start = port.now();
    port.as("k.mori").set_milestone(incident, "north", "gate_open", "announced", start + 12h);
    port.fast_forward(11h);
    port.as("k.mori").set_milestone(incident, "north", "gate_open", "announced", start + 14h);
    port.fast_forward(5h);
    port.as("k.mori").set_milestone(incident, "north", "gate_open", "reached", start + 16h);
    const auto answer =
        port.as("h.seki").get("/api/respond/incident/incidents/" + incident.id + "/milestones");
    const auto item = answer.body.at("items").at(0).get_object();
    EXPECT_EQ(item.at("announced").get_array().size(), 2U);
    EXPECT_EQ(at(item.at("announced").at(1).get_object(), "slipped_minutes"), "120");
    EXPECT_EQ(at(item, "slipped_minutes"), "240");
    const auto review = port.as("h.seki").review(incident);
    const auto& promised = review.at("promises").at(0).at("promised").get_array();
    EXPECT_EQ(at(promised[0].get_object(), "late_minutes"), "240");
    EXPECT_EQ(at(promised[1].get_object(), "late_minutes"), "120");
}

STORY("the review says when each audience was told, beside the true course") {
    auto port = Port::with("two_terminals");
    const auto start = *parse_rfc3339("2023-07-04T06:30:00+09:00");
    const auto exercise = port.as("a.sato").start_exercise(
        "名古屋2023", start, 600,
        {{"reference",
          {{"source", "公表資料"},
           {"times",
            {{{"audience", "police"}, {"minutes", 150}},
             {{"audience", "security_expert"}, {"minutes", nullptr}, {"note", "初動では聞かれず"}},
             {{"audience", "public"}, {"minutes", 1770}}}}}}});
    const auto drill = port.as("k.mori").open_incident("ゲート停止", {{"exercise", exercise}});
    port.as("k.mori").write(drill, "警察にはまだ連絡していない");
    port.fast_forward(2s);
    port.as("k.mori").write(drill, "サイバー課へ電話",
                            {{"receiver_organisations", {port.organisation("police")}}});
    port.fast_forward(1s);
    port.as("k.mori").write(drill, "ウェブサイトで公表", {{"audiences", {"public"}}});
    const auto review = port.as("h.seki").review(drill);
    const auto told = [&](std::string_view audience) {
        for (const auto& item : review.at("communication").get_array())
            if (at(item.get_object(), "audience") == audience) return item.get_object();
        return json::object{};
    };
    EXPECT_EQ(at(told("police"), "minutes"), "20");
    EXPECT_EQ(at(told("police"), "reference_minutes"), "150");
    EXPECT_EQ(at(told("police"), "label"), "警察");
    EXPECT_EQ(at(told("public"), "minutes"), "30");
    EXPECT_EQ(at(told("security_expert"), "first_at"), "absent");
    EXPECT_EQ(at(told("security_expert"), "has_reference"), "true");
    EXPECT_EQ(at(told("security_expert"), "reference_minutes"), "absent") << "never";
}

STORY("a photograph is handed to whoever sees the line that shows it") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const std::string bytes("\x89PNG\r\n\x1a\n\0\xff", 10);
    const auto file = port.as("l.mori").upload(incident, "../現場 写真.png", bytes, "image/png");
    ASSERT_EQ(file.status, 201) << file.text;
    EXPECT_EQ(at(file.body.get_object(), "name"), "現場 写真.png");
    const auto sha256 = at(file.body.get_object(), "sha256");
    EXPECT_EQ(port.as("p.tani").get(file.location).status, 404) << "no line shows it yet";
    port.as("l.mori").write(
        incident, "現場の写真",
        {{"attachments", {sha256}},
         {"visibility",
          {{"tlp", "TLP:AMBER+STRICT"}, {"organisations", {port.organisation("police")}}}}});
    const auto got = port.as("p.tani").get(file.location);
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.text, bytes);
    EXPECT_EQ(port.as("s.hara").get(file.location).status, 404);
    port.restart();
    EXPECT_EQ(port.as("p.tani").get(file.location).text, bytes);
}

STORY("whoever corrects the intake on an old version is told, not overruled") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto path = "/api/respond/incident/incidents/" + incident.id;
    const json::object body{{"title", "全ゲート停止"}, {"effects", {"freight"}}};
    EXPECT_EQ(port.as("a.sato").put(path, body, 1).etag, "\"2\"");
    const auto late = port.as("k.mori").put(path, body, 1);
    EXPECT_EQ(late.status, 409);
    EXPECT_EQ(late.key, "respond.incident.changed_meanwhile");
    EXPECT_EQ(port.as("p.tani").live_titles(), Titles{"全ゲート停止"});
}

STORY("news that comes after the end is still taken") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    EXPECT_EQ(port.as("n.kato")
                  .post("/api/respond/incident/incidents/" + incident.id + "/close", json::object{})
                  .status,
              403);
    port.as("a.sato").close(incident);
    port.as("p.tani").write(incident, "捜査の結果が届いた");
    EXPECT_EQ(at(port.as("k.mori")
                     .get("/api/respond/incident/incidents/" + incident.id)
                     .body.get_object(),
                 "state"),
              "closed");
}

// A request that is sent again because its answer was lost must not be entered twice.
STORY("a line sent twice is written once") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto path = "/api/respond/incident/incidents/" + incident.id + "/entries";
    const json::object body{{"content", "地下道で送った一行"}};
    const auto first = port.as("c.abe").post(path, body, "key-1");
    port.restart();
    const auto second = port.as("c.abe").post(path, body, "key-1");
    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(second.text, first.text);
    EXPECT_EQ(port.as("k.mori").numbers(incident), (Numbers{1}));
    EXPECT_EQ(port.as("c.ito").post(path, body, "key-1").status, 201) << "keys are one's own";
}

// A town's tabletop of 2025: 40 items in 20 minutes; on paper about 30 % were lost.
STORY("forty items in twenty minutes by five clerks: none is lost, none is doubled") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto path = "/api/respond/incident/incidents/" + incident.id + "/entries";
    const std::vector<std::string> clerks{"c.abe", "c.ito", "c.ueda", "c.endo", "c.oka"};
    std::multiset<std::string> written;
    for (int item = 0; item < 40; ++item) {
        const auto& clerk = clerks[static_cast<std::size_t>(item) % clerks.size()];
        const auto content = "状況付与" + std::to_string(item) + "：" + clerk + "が聞き取った内容";
        const auto key = "item-" + std::to_string(item);
        const json::object body{{"content", content},
                                {"event_time", format_rfc3339(port.now() - 20s)},
                                {"sender", "状況付与カード"},
                                {"medium", "電話"}};
        EXPECT_EQ(port.as(clerk).post(path, body, key).status, 201);
        written.insert(content);
        if (item % 7 == 3) {  // the network was cut before the answer came: sent again
            EXPECT_EQ(port.as(clerk).post(path, body, key).status, 201);
        }
        if (item == 19) port.restart();
        port.fast_forward(30s);
    }
    std::multiset<std::string> read;
    Numbers expected;
    for (std::uint64_t number = 1; number <= 40; ++number) expected.push_back(number);
    for (const auto& entry : port.as("p.tani").entries(incident))
        read.insert(at(entry.get_object(), "content"));
    EXPECT_EQ(read, written);
    EXPECT_EQ(port.as("p.tani").numbers(incident), expected);
    EXPECT_TRUE(port.verified_facts());
}

STORY("after a restart the board is what it was") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.as("k.mori").write(incident, "要請", {{"kind", "request"}});
    port.as("c.abe").write(incident, "うわさ", {{"kind", "rumour"}});
    port.as("c.abe").correct(incident, 2, "確かな話");
    port.as("k.mori").set_milestone(incident, "north", "contained", "reached", port.now());
    port.as("p.tani").report_done(incident, 1);
    const auto path = "/api/respond/incident/incidents/" + incident.id;
    const auto card = port.as("k.mori").get(path).text;
    const auto entries = port.as("k.mori").get(path + "/entries").text;
    port.restart();
    EXPECT_EQ(port.as("k.mori").get(path).text, card);
    EXPECT_EQ(port.as("k.mori").get(path + "/entries").text, entries);
}

STORY("an open board is told exactly what it would read") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto before = port.sequence();
    port.as("c.abe").write(incident, "一行",
                           {{"receiver_organisations", {port.organisation("police")}}});
    port.as("k.mori").set_milestone(incident, "north", "gate_open", "announced", port.now() + 2h);
    port.as("a.sato").close(incident);
    const auto events = port.events_after("p.tani", before);
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(at(events[0].get_object(), "type"), "respond.incident.entry_added");
    EXPECT_EQ(events[0].at("data"), json::value(port.as("p.tani").entry(incident, 1)));
    EXPECT_EQ(at(events[0].get_object(), "topic"), "respond/incident/" + incident.id);
    EXPECT_EQ(at(events[1].get_object(), "type"), "respond.incident.milestone_set");
    EXPECT_EQ(events[1].at("data"),
              port.as("p.tani")
                  .get("/api/respond/incident/incidents/" + incident.id + "/milestones")
                  .body.at("items")
                  .at(0));
    EXPECT_EQ(at(events[2].get_object(), "type"), "respond.incident.incident_changed");
    EXPECT_EQ(at(events[2].at("data").get_object(), "state"), "closed");
}

STORY("who is only looking on cannot write, and strangers see nothing") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto path = "/api/respond/incident/incidents/" + incident.id + "/entries";
    EXPECT_EQ(port.ask({}, "GET", path, {}, {}).status, 401);
    EXPECT_EQ(port.as("x.mizu").get(path).status, 404) << "not of the port's community";
    EXPECT_EQ(port.as("adm").post(path, {{"content", "管理者の一行"}}).status, 403);
}

}  // namespace
}  // namespace noroshi::story
