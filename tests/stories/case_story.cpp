// Guideline 3.1.3, 3.3.1, 3.3.3: who is in charge, what the cause may be, what was taken as evidence, and
// what is still open; observations that may become an incident.

#include <algorithm>

#include "tests/stories/story.h"

namespace noroshi::story {
namespace {

std::string at(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    if (found == nullptr) return "absent";
    return found->is_string() ? std::string(found->get_string()) : json::serialize(*found);
}

std::string path(const Incident& incident, std::string_view rest) {
    return "/api/respond/incident/incidents/" + incident.id + "/" + std::string(rest);
}

json::object read(const Person& person, const Incident& incident, std::string_view what) {
    const auto answer = person.get(path(incident, what));
    EXPECT_EQ(answer.status, 200) << answer.text;
    return answer.body.is_object() ? answer.body.get_object() : json::object{};
}

void must(const Answer& answer, int status = 201) {
    EXPECT_EQ(answer.status, status) << answer.text;
}

std::string in_charge(Port& port, const Incident& incident) {
    return at(read(port.as("p.tani"), incident, "command").at("in_charge").get_object(), "person");
}

// Guideline 3.1.3: no incident is ever without a person in charge.
STORY("an unaccepted handover reaches the chair") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    must(port.as("k.mori").post(path(incident, "command/offer"), {{"to", port.person("a.sato")}}));
    port.expect_mail("a.sato").about("ゲート停止").says("指揮の引継ぎ").is_no_drill();
    port.fast_forward(14min);
    port.expect_no_message();
    EXPECT_EQ(in_charge(port, incident), port.person("k.mori")) << "an offer changes nothing";
    port.restart();
    port.fast_forward(2min);
    // There is no other leader and no other duty officer here, so nobody else can be told; but the
    // board says that it lapsed, and who is in charge has not changed.
    const auto command = read(port.as("p.tani"), incident, "command");
    EXPECT_EQ(at(command.at("offer").get_object(), "lapsed"), "true");
    EXPECT_EQ(in_charge(port, incident), port.person("k.mori"));
    must(port.as("a.sato").post(path(incident, "command/accept"), json::object{}));
    EXPECT_EQ(in_charge(port, incident), port.person("a.sato")) << "late is better than never";
}

STORY("the chair is told once when a clerk's incident changes hands and nobody answers") {
    auto port = Port::with("two_terminals");
    // Opened by an operator: n.kato is in charge until the port manager takes it.
    const auto incident = port.as("n.kato").open_incident("TOSの画面が出ない");
    EXPECT_EQ(
        at(read(port.as("k.mori"), incident, "command").at("in_charge").get_object(), "person"),
        port.person("n.kato"));
    must(port.as("n.kato").post(path(incident, "command/offer"), {{"to", port.person("k.mori")}}));
    port.expect_mail("k.mori").says("指揮の引継ぎ");
    port.fast_forward(16min);
    port.expect_mail("a.sato").about("TOSの画面が出ない").says("応答がありません");
    port.fast_forward(3h);
    port.expect_no_message();
}

STORY("command is taken by who may lead, and by nobody else") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    EXPECT_EQ(port.as("n.kato").post(path(incident, "command/take"), json::object{}).status, 403);
    const auto to_operator =
        port.as("k.mori").post(path(incident, "command/offer"), {{"to", port.person("n.kato")}});
    EXPECT_EQ(to_operator.status, 400);
    EXPECT_EQ(to_operator.pointer, "/to");
    must(port.as("a.sato").post(path(incident, "command/take"), {{"reason", "当直が不在"}}));
    EXPECT_EQ(in_charge(port, incident), port.person("a.sato"));
    EXPECT_EQ(port.as("a.sato").post(path(incident, "command/take"), json::object{}).status, 409);
    EXPECT_EQ(read(port.as("p.tani"), incident, "command").at("history").get_array().size(), 2U);
}

STORY("an accepted handover in a drill runs on the drill's clock and is stamped") {
    auto port = Port::with("two_terminals");
    const auto exercise =
        port.as("k.mori").start_exercise("訓練", *parse_rfc3339("2026-09-01T09:00:00+09:00"), 10);
    const auto incident =
        port.as("k.mori").open_incident("ゲート停止の想定", {{"exercise", exercise}});
    must(port.as("k.mori").post(path(incident, "command/offer"), {{"to", port.person("a.sato")}}));
    port.expect_mail("a.sato").is_a_drill();
    port.fast_forward(2min);  // twenty of the drill's
    EXPECT_EQ(at(read(port.as("k.mori"), incident, "command").at("offer").get_object(), "lapsed"),
              "true");
}

// Guideline 3.3.3: several hypotheses, and an honest end.
STORY("the cause may stay undetermined, and that is an end") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto line = port.as("c.abe").write(incident, "VPN装置に見慣れない接続があった");
    must(port.as("k.mori").post(path(incident, "hypotheses"),
                                {{"statement", "VPN装置から侵入された"}}));
    must(port.as("e.noda").post(path(incident, "hypotheses"), {{"statement", "機器の故障"}}));
    must(port.as("e.noda").post(
        path(incident, "hypotheses/1/evidence"),
        {{"weight", "supports"}, {"statement", "深夜の接続"}, {"entry", line}}));
    must(
        port.as("n.kato").post(path(incident, "hypotheses/1/evidence"),
                               {{"weight", "contradicts"}, {"statement", "その時刻は保守作業中"}}));
    EXPECT_EQ(port.as("k.mori")
                  .post(path(incident, "hypotheses/1/judge"), {{"standing", "refuted"}})
                  .pointer,
              "/reason")
        << "a hypothesis is not dropped without a reason";
    must(port.as("k.mori").post(path(incident, "hypotheses/1/judge"),
                                {{"standing", "undetermined"}, {"reason", "記録が消えている"}}));
    must(port.as("k.mori").post(path(incident, "cause"), {{"conclusion", "undetermined"},
                                                          {"reason", "記録が残っていない"}}));
    const auto cause = read(port.as("p.tani"), incident, "cause");
    EXPECT_EQ(at(cause, "conclusion"), "undetermined");
    const auto& first = cause.at("hypotheses").get_array()[0].get_object();
    EXPECT_EQ(at(first, "supports"), "1");
    EXPECT_EQ(at(first, "contradicts"), "1");
    EXPECT_EQ(at(first, "standing"), "undetermined");
    EXPECT_EQ(cause.at("hypotheses").get_array().size(), 2U);
}

// Guideline 3.3.3: evidence that nobody can tell the way of is no evidence.
STORY("evidence keeps its chain of custody and says when it is not what it was") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const std::string hash(64, 'a');
    must(port.as("n.kato").post(path(incident, "evidence"),
                                {{"description", "受付サーバーのディスクの写し"},
                                 {"sha256", hash},
                                 {"size", 500'000'000'000},
                                 {"place", "北ふ頭 電算室"},
                                 {"taken_by", "保守会社の技術者"},
                                 {"event_time", "2026-07-04T06:10:00+09:00"}}));
    must(port.as("n.kato").post(
        path(incident, "evidence/1/seal"),
        {{"seal", "封印0012"}, {"event_time", "2026-07-04T06:15:00+09:00"}}));
    EXPECT_EQ(port.as("n.kato")
                  .post(path(incident, "evidence/1/handover"),
                        {{"to", "県警察"}, {"event_time", "2026-07-04T06:00:00+09:00"}})
                  .pointer,
              "/event_time")
        << "it is not handed over before it was sealed";
    must(port.as("n.kato").post(path(incident, "evidence/1/handover"),
                                {{"to", "県警察 サイバー担当"},
                                 {"to_organisation", port.organisation("police")},
                                 {"seal_intact", true}}));
    must(port.as("p.tani").post(path(incident, "evidence/1/check"),
                                {{"sha256", std::string(64, 'b')}}));
    const auto list = read(port.as("k.mori"), incident, "evidence");
    const auto& item = list.at("items").get_array()[0].get_object();
    EXPECT_EQ(at(item, "held_by"), "県警察 サイバー担当");
    EXPECT_EQ(at(item, "seal"), "封印0012");
    EXPECT_EQ(at(item, "damaged"), "true");
    std::vector<std::string> steps;
    for (const auto& step : item.at("steps").get_array())
        steps.push_back(at(step.get_object(), "what"));
    EXPECT_EQ(steps, (std::vector<std::string>{"taken", "sealed", "handed_over", "checked"}));
    EXPECT_EQ(port.as("n.kato")
                  .post(path(incident, "evidence"), {{"description", "写し"}, {"sha256", "xyz"}})
                  .pointer,
              "/sha256");
}

STORY("it is told which lines are an expert's first advice, and how long it took") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident(
        "ゲート停止", {{"event_time", "2026-07-04T06:00:00+09:00"}});
    EXPECT_FALSE(read(port.as("k.mori"), incident, "situation").contains("first_advice"));
    port.fast_forward(40min);
    const auto told = port.as("c.abe").write(incident, "研究所から電話。ネットワークを切り離すこと",
                                             {{"event_time", "2026-07-04T07:00:00+09:00"}});
    must(port.as("k.mori").post(
        path(incident, "advice"),
        {{"entry", told}, {"adviser_organisation", port.organisation("expert")}}));
    const auto advice =
        read(port.as("k.mori"), incident, "situation").at("first_advice").get_object();
    EXPECT_EQ(at(advice, "minutes"), "60");
    EXPECT_EQ(at(advice, "entry"), std::to_string(told));
    // Written by the expert, about an earlier time: that one was first.
    port.as("e.noda").write(incident, "6:30に口頭で助言した",
                            {{"event_time", "2026-07-04T06:30:00+09:00"}});
    EXPECT_EQ(at(read(port.as("k.mori"), incident, "situation").at("first_advice").get_object(),
                 "minutes"),
              "30");
}

// Guideline 3.3.3: nobody gets evidence into the hands without knowing it.
STORY("evidence that is offered stays where it is until it is accepted") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    must(port.as("n.kato").post(path(incident, "evidence"), {{"description", "通信記録の写し"}}));
    const auto item = [&](const std::string& person) {
        return read(port.as(person), incident, "evidence").at("items").get_array()[0].get_object();
    };
    const std::string before = at(item("k.mori"), "held_by");
    must(port.as("n.kato").post(path(incident, "evidence/1/handover"),
                                {{"to_person", port.person("p.tani")}, {"note", "手渡し"}}));
    port.expect_mail("p.tani").about("ゲート停止").says("受領");
    EXPECT_EQ(at(item("k.mori"), "held_by"), before);
    EXPECT_EQ(at(item("p.tani"), "can_accept"), "true");
    EXPECT_EQ(at(item("n.kato"), "can_accept"), "false");
    EXPECT_EQ(port.as("k.mori").post(path(incident, "evidence/1/accept"), json::object{}).status,
              403);
    EXPECT_EQ(
        port.as("n.kato").post(path(incident, "evidence/1/handover"), {{"to", "別の人"}}).status,
        409)
        << "it is not offered to two";
    port.restart();
    must(port.as("p.tani").post(path(incident, "evidence/1/decline"), {{"note", "現物が違う"}}));
    EXPECT_EQ(at(item("k.mori"), "held_by"), before);
    must(port.as("n.kato").post(path(incident, "evidence/1/handover"),
                                {{"to_person", port.person("p.tani")}}));
    port.expect_mail("p.tani").says("受領");
    must(port.as("p.tani").post(path(incident, "evidence/1/accept"), json::object{}));
    const auto taken = item("k.mori");
    const auto& last = taken.at("steps").get_array().back().get_object();
    EXPECT_EQ(at(taken, "held_by"), at(last.at("author").get_object(), "name"));
    EXPECT_NE(at(taken, "held_by"), before);
    EXPECT_EQ(port.as("p.tani").post(path(incident, "evidence/1/accept"), json::object{}).status,
              409);
    std::vector<std::string> steps;
    for (const auto& step : item("k.mori").at("steps").get_array())
        steps.push_back(at(step.get_object(), "what"));
    EXPECT_EQ(steps,
              (std::vector<std::string>{"taken", "offered", "declined", "offered", "accepted"}));
}

STORY("an expert is asked, advises, and it is told how long both took") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident(
        "ゲート停止", {{"event_time", "2026-07-04T06:00:00+09:00"}});
    port.fast_forward(60min);
    must(port.as("k.mori").post(path(incident, "advice/asked"),
                                {{"content", "電源を切ってよいか"},
                                 {"adviser_organisation", port.organisation("expert")},
                                 {"event_time", "2026-07-04T06:40:00+09:00"}}));
    EXPECT_EQ(read(port.as("k.mori"), incident, "open").at("items").get_array().size(), 1U)
        << "what was asked is an open request";
    must(port.as("k.mori").post(path(incident, "advice"),
                                {{"content", "切らずにネットワークから外すこと"},
                                 {"adviser", "研究所 当番"},
                                 {"adviser_organisation", port.organisation("expert")},
                                 {"medium", "電話"},
                                 {"event_time", "2026-07-04T07:05:00+09:00"}}));
    const auto advice = read(port.as("p.tani"), incident, "advice");
    EXPECT_EQ(at(advice, "asked_minutes"), "40");
    EXPECT_EQ(at(advice, "first_minutes"), "65");
    EXPECT_EQ(at(advice, "asked_to_first_minutes"), "25");
    EXPECT_EQ(advice.at("items").get_array().size(), 2U);
    EXPECT_EQ(
        port.as("k.mori")
            .post(path(incident, "advice"), {{"content", "x"}, {"entry", 1}, {"adviser", "研究所"}})
            .pointer,
        "/content");
    EXPECT_EQ(port.as("k.mori").post(path(incident, "advice"), {{"content", "x"}}).pointer,
              "/adviser");
}

// Guideline 3.3.1: what is not known is asked of somebody, and does not sink.
STORY("a line needs more information until whoever was asked has answered") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto line = port.as("c.abe").write(incident, "画面に英文が出ている");
    const auto entry = [&](const std::string& person) {
        return port.as(person)
            .get(path(incident, "entries?after=" + std::to_string(line - 1) + "&limit=1"))
            .body.get_object()
            .at("items")
            .get_array()[0]
            .get_object();
    };
    EXPECT_EQ(at(entry("k.mori"), "needs_information"), "false");
    EXPECT_EQ(port.as("k.mori").post(path(incident, "questions"), {{"question", "台数は"}}).pointer,
              "/asked");
    EXPECT_EQ(port.as("k.mori")
                  .post(path(incident, "questions"),
                        {{"question", "台数は"}, {"about", 99}, {"asked", port.person("n.kato")}})
                  .pointer,
              "/about");
    must(port.as("k.mori").post(path(incident, "questions"),
                                {{"question", "何台か。文面は。"},
                                 {"about", line},
                                 {"asked", port.person("n.kato")},
                                 {"due", "2026-07-04T08:00:00+09:00"}}));
    port.expect_mail("n.kato").about("ゲート停止").says("何台か").says("画面に英文");
    EXPECT_EQ(at(entry("p.tani"), "needs_information"), "true");
    const auto card = port.as("k.mori").get("/api/respond/incident/incidents/" + incident.id);
    EXPECT_EQ(at(card.body.get_object(), "questions"), "1");
    const auto question = [&](const std::string& person) {
        return read(port.as(person), incident, "questions").at("items").get_array()[0].get_object();
    };
    EXPECT_EQ(at(question("n.kato"), "asked_of_reader"), "true");
    EXPECT_EQ(at(question("s.hara"), "asked_of_reader"), "false");
    const std::string number = at(question("n.kato"), "entry");
    port.restart();
    EXPECT_EQ(port.as("n.kato")
                  .post(path(incident, "questions/" + number + "/answer"), {{"answer", "  "}})
                  .pointer,
              "/answer");
    EXPECT_EQ(port.as("n.kato")
                  .post(path(incident, "questions/" + std::to_string(line) + "/answer"),
                        {{"answer", "2台"}})
                  .status,
              404)
        << "that line asks nothing";
    EXPECT_EQ(port.as("s.hara")
                  .post(path(incident, "questions/" + number + "/answer"), {{"answer", "知らない"}})
                  .status,
              403)
        << "nobody else speaks for who was asked";
    must(port.as("n.kato").post(path(incident, "questions/" + number + "/answer"),
                                {{"answer", "2台。復号の方法が書かれている"}}));
    EXPECT_EQ(at(entry("k.mori"), "needs_information"), "false");
    EXPECT_EQ(at(question("k.mori"), "open"), "false");
    EXPECT_EQ(at(question("k.mori"), "answer"), "2台。復号の方法が書かれている");
    EXPECT_EQ(port.as("c.abe")
                  .post(path(incident, "questions/" + number + "/answer"), {{"answer", "3台"}})
                  .status,
              409)
        << "it is answered once";
}

STORY("a question about a narrow line is as narrow, and asks nobody who may not read it") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto line = port.as("k.mori").write(
        incident, "捜査に関わる話",
        {{"visibility", {{"tlp", "TLP:AMBER"}, {"organisations", {port.organisation("police")}}}}});
    EXPECT_EQ(port.as("k.mori")
                  .post(path(incident, "questions"),
                        {{"question", "詳しく"}, {"about", line}, {"asked", port.person("n.kato")}})
                  .pointer,
              "/asked");
    must(port.as("k.mori").post(path(incident, "questions"),
                                {{"question", "詳しく"},
                                 {"about", line},
                                 {"asked_organisation", port.organisation("police")}}));
    port.expect_mail("p.tani").says("詳しく");
    const auto of_north = read(port.as("n.kato"), incident, "questions");
    EXPECT_EQ(of_north.at("items").get_array().size(), 0U);
    EXPECT_EQ(at(of_north, "hidden"), "1");
    EXPECT_EQ(read(port.as("p.tani"), incident, "questions").at("items").get_array().size(), 1U);
}

STORY("a report under way is not called back when command is accepted") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    must(port.as("k.mori").post(path(incident, "command/offer"), {{"to", port.person("a.sato")}}));
    port.expect_mail("a.sato");
    json::array items;
    for (int i = 0; i < 6; ++i) items.push_back(json::object{});
    must(port.as("k.mori").post(path(incident, "reports"), {{"items", items}}));
    port.mail_will("p.tani", Outcome::failed);
    must(port.as("k.mori").post(path(incident, "reports/1/send"),
                                {{"organisations", {port.organisation("police")}}}));
    port.expect_no_message("p.tani");
    must(port.as("a.sato").post(path(incident, "command/accept"), json::object{}));
    port.fast_forward(30min);
    port.expect_mail("p.tani").says("第1報");
}

// What an operator tells voluntarily and on condition is known to be so from the first moment.
STORY("what is handed in voluntarily says so, and its correction too") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto line = port.as("n.kato").write(incident, "保守会社の名前", {{"voluntary", true}});
    const auto other = port.as("n.kato").write(incident, "ふつうの記録");
    const auto corrected =
        port.as("c.abe").write(incident, "保守会社の名前（訂正）", {{"corrects", line}});
    const auto marked = [&](std::int64_t number) {
        return at(
            port.as("p.tani")
                .get(path(incident, "entries?after=" + std::to_string(number - 1) + "&limit=1"))
                .body.get_object()
                .at("items")
                .get_array()[0]
                .get_object(),
            "voluntary");
    };
    EXPECT_EQ(marked(line), "true");
    EXPECT_EQ(marked(other), "false");
    EXPECT_EQ(marked(corrected), "true");
    const auto marks = port.as("k.mori").get("/api/learn/records/marks?incident=" + incident.id);
    ASSERT_EQ(marks.status, 200) << marks.text;
    EXPECT_EQ(marks.body.get_object().at("items").get_array().size(), 2U);
    EXPECT_NE(port.as("k.mori").get(path(incident, "chronology.csv")).text.find("任意提供"),
              std::string::npos);
}

STORY("a recurrence points to what happened before, both ways, and only to who may see both") {
    auto port = Port::with("two_terminals");
    const auto first = port.as("n.kato").open_incident("一度目の停止");  // not told to South
    const auto second = port.as("k.mori").open_incident("二度目の停止");
    must(port.as("k.mori").post(path(second, "links"),
                                {{"other", first.id}, {"relation", "recurrence"}}));
    const auto back = read(port.as("n.kato"), first, "links").at("items").get_array();
    ASSERT_EQ(back.size(), 1U);
    EXPECT_EQ(at(back[0].get_object(), "later"), "true");
    EXPECT_EQ(port.as("k.mori")
                  .post(path(first, "links"), {{"other", second.id}, {"relation", "recurrence"}})
                  .status,
              409)
        << "of two incidents one came first";
    const auto of_south = read(port.as("s.hara"), second, "links");
    EXPECT_EQ(of_south.at("items").get_array().size(), 0U);
    EXPECT_EQ(at(of_south, "hidden"), "1");
}

STORY("terminals go through seven stages, and may go back") {
    auto port = Port::with("two_terminals");
    const auto incident =
        port.as("k.mori").open_incident("TOS停止", {{"terminals", {port.terminal("north")}}});
    const auto stage = [&] {
        return read(port.as("p.tani"), incident, "situation")
            .at("stages")
            .get_array()[0]
            .get_object();
    };
    EXPECT_EQ(at(stage(), "next"), "detected");
    for (const auto* name : {"detected", "contained", "system_back", "safety_confirmed"})
        port.as("k.mori").set_milestone(incident, "north", name, "reached", port.now());
    EXPECT_EQ(at(stage(), "reached"), "safety_confirmed");
    EXPECT_EQ(at(stage(), "safety_unfounded"), "true") << "by whom, on what evidence?";
    must(port.as("k.mori").post(path(incident, "milestones"), {{"terminal", port.terminal("north")},
                                                               {"milestone", "safety_confirmed"},
                                                               {"state", "reached"},
                                                               {"time", format_rfc3339(port.now())},
                                                               {"confirmed_by", "研究所 解析担当"},
                                                               {"evidence", "全端末の検査結果"}}));
    EXPECT_EQ(at(stage(), "safety_unfounded"), "false");
    EXPECT_EQ(at(stage(), "next"), "data_reconciled");
    port.as("k.mori").set_milestone(incident, "north", "data_reconciled", "announced",
                                    port.now() + 1h);
    port.fast_forward(1min);
    port.as("k.mori").set_milestone(incident, "north", "data_reconciled", "announced",
                                    port.now() + 3h);
    EXPECT_EQ(at(stage(), "slips"), "1");
    port.fast_forward(4h);
    EXPECT_EQ(at(stage(), "overdue"), "true");
    port.as("k.mori").set_milestone(incident, "north", "gate_open", "announced",
                                    port.now() + 10min);
    port.fast_forward(11min);
    const auto promises = stage().at("promises").get_array();
    ASSERT_EQ(promises.size(), 2U);
    EXPECT_EQ(at(promises[1].get_object(), "milestone"), "gate_open");
    EXPECT_EQ(at(promises[1].get_object(), "overdue"), "true") << "it need not be the next one";
    port.as("k.mori").set_milestone(incident, "north", "safety_confirmed", "withdrawn", port.now());
    EXPECT_EQ(at(stage(), "reached"), "system_back");
    EXPECT_EQ(at(stage(), "went_back"), "true");
}

STORY("closing lists what is open, and the record says what was left so") {
    auto port = Port::with("two_terminals");
    const auto incident =
        port.as("k.mori").open_incident("ゲート停止", {{"terminals", {port.terminal("north")}}});
    port.as("k.mori").write(incident, "誘導員を置くこと", {{"kind", "order"}});
    port.as("c.abe").write(incident, "列は2km");
    std::vector<std::string> what;
    for (const auto& item : read(port.as("k.mori"), incident, "closing").at("items").get_array())
        what.push_back(at(item.get_object(), "what"));
    for (const auto* kind : {"task", "unconfirmed", "milestone", "cause", "report", "clock"})
        EXPECT_NE(std::ranges::find(what, kind), what.end()) << kind;
    const auto closed = port.as("k.mori").post(path(incident, "close"), {{"reason", "応急終了"}});
    EXPECT_EQ(closed.status, 200) << closed.text;
    EXPECT_GE(closed.body.get_object().at("left_open").get_array().size(), 6U);
}

// Guideline 3.3.1: what is noticed below an incident is the first sign of one.
STORY("an observation asks somebody, is answered, and becomes an incident") {
    auto port = Port::with("two_terminals");
    const auto made = port.as("n.ono").post(
        "/api/respond/incident/observations",
        {{"content", "ゲートの画面が時々止まる"}, {"terminals", {port.terminal("north")}}});
    must(made);
    const std::string id = at(made.body.get_object(), "id");
    const std::string one = "/api/respond/incident/observations/" + id;
    EXPECT_EQ(port.as("s.hara").get(one).status, 404) << "an operator's rival is not told";
    must(port.as("k.mori").post(one + "/question", {{"question", "いつからですか。何台ですか。"},
                                                    {"asked", port.person("n.kato")},
                                                    {"due", "2026-07-04T08:00:00+09:00"}}),
         200);
    port.expect_mail("n.kato").says("いつからですか").says("気づき");
    auto now = port.as("n.kato").get(one).body.get_object();
    EXPECT_EQ(at(now, "state"), "needs_information");
    EXPECT_EQ(at(now, "asked_of_reader"), "true");
    must(port.as("n.kato").post(one + "/answer", {{"answer", "6時から、2台"}}), 200);
    EXPECT_EQ(at(port.as("k.mori").get(one).body.get_object(), "state"), "answered");
    const json::object open{{"open", {{"title", "ゲート受付の停止"}, {"effects", {"freight"}}}}};
    const auto raised = port.as("k.mori").post(one + "/raise", open);
    must(raised, 200);
    const Incident incident{at(raised.body.get_object(), "incident"), "ゲート受付の停止", 1, 1};
    EXPECT_EQ(port.as("k.mori").post(one + "/raise", open).status, 409) << "no second incident";
    EXPECT_EQ(port.as("k.mori").live_titles().size(), 1U);
    // It is told as narrowly as the observation was, and remembers its words.
    EXPECT_TRUE(port.as("s.hara").live_titles().empty());
    const auto item = port.as("n.kato").get("/api/respond/incident/incidents/" + incident.id);
    EXPECT_EQ(at(item.body.get_object(), "summary"), "ゲートの画面が時々止まる");
    EXPECT_EQ(at(port.as("n.ono").get(one).body.get_object(), "incident"), incident.id);
}

STORY("an observation is settled with a reason, and can be taken up again") {
    auto port = Port::with("two_terminals");
    const auto made =
        port.as("k.mori").post("/api/respond/incident/observations", {{"content", "不審なメール"}});
    must(made);
    const std::string one =
        "/api/respond/incident/observations/" + at(made.body.get_object(), "id");
    EXPECT_EQ(port.as("k.mori").post(one + "/settle", json::object{}).pointer, "/reason");
    must(port.as("k.mori").post(one + "/settle", {{"reason", "取引先に確認、正規のメール"}}), 200);
    EXPECT_EQ(port.as("k.mori")
                  .post(one + "/question", {{"question", "？"}, {"asked", port.person("a.sato")}})
                  .status,
              409);
    must(port.as("k.mori").post(one + "/reopen", {{"reason", "同じものが届いた"}}), 200);
    EXPECT_EQ(at(port.as("k.mori").get(one).body.get_object(), "state"), "fresh");
}

// ---- reports and their clocks ------------------------------------------------------------------

json::object report(std::string content, json::object more = {}) {
    json::array items;
    for (int i = 0; i < 6; ++i) items.push_back(json::object{});
    items[1] = json::object{{"text", content}};
    json::object out{{"items", items}};
    for (const auto& [name, value] : more) out[name] = value;
    return out;
}

STORY("a report is a version with six items, each of which may be unknown yet") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto draft = read(port.as("k.mori"), incident, "reports/draft");
    EXPECT_EQ(draft.at("items").get_array().size(), 6U);
    EXPECT_NE(at(draft.at("items").get_array()[4].get_object(), "minimum"), "absent");
    EXPECT_EQ(port.as("k.mori").post(path(incident, "reports"), {{"items", json::array{}}}).pointer,
              "/items");
    must(port.as("k.mori").post(path(incident, "reports"), report("ゲートが開かない")));
    EXPECT_EQ(port.as("k.mori").post(path(incident, "reports"), report("x", {{"after", 0}})).status,
              409)
        << "another was issued meanwhile";
    must(port.as("k.mori").post(path(incident, "reports"),
                                report("原因は停電", {{"after", 1}, {"report_kind", "final"}})));
    const auto first = read(port.as("p.tani"), incident, "reports/1");
    EXPECT_EQ(at(first.at("items").get_array()[1].get_object(), "text"), "ゲートが開かない")
        << "never changed";
    EXPECT_EQ(at(first.at("items").get_array()[0].get_object(), "unknown"), "true");
    EXPECT_EQ(at(read(port.as("p.tani"), incident, "reports/2"), "heading"), "第2報（最終報）");
}

STORY("each receiver gets the version that is his, and what is withheld is said to be") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    auto body = report("VPN装置の脆弱性");
    body.at("items").get_array()[1].get_object()["readers"] =
        json::object{{"tlp", "TLP:AMBER+STRICT"},
                     {"organisations", {port.organisation("port"), port.organisation("police")}},
                     {"people", json::array{}}};
    body.at("items").get_array()[4] = json::object{{"text", "沖待ち3隻"}};
    must(port.as("k.mori").post(path(incident, "reports"), body));
    must(port.as("k.mori").post(
        path(incident, "reports/1/send"),
        {{"organisations", {port.organisation("police"), port.organisation("hauliers")}}}));
    port.expect_mail("p.tani").says("第1報").says("VPN装置の脆弱性").says("TLP:AMBER+STRICT");
    port.expect_mail("h.seki").says("沖待ち3隻").does_not_say("VPN").says("共有していません");
    // Sending again sends nothing again.
    must(port.as("k.mori").post(path(incident, "reports/1/send"),
                                {{"organisations", {port.organisation("police")}}}));
    port.expect_no_message();
    EXPECT_EQ(port.as("h.seki").get(path(incident, "reports/1?as=html")).text.find("VPN"),
              std::string::npos);
    EXPECT_EQ(port.as("h.seki")
                  .get(path(incident, "reports/1?as=html&for=" + port.organisation("police")))
                  .text.find("VPN"),
              std::string::npos)
        << "nobody reads by way of another";
    const auto sms = port.as("h.seki").get(path(incident, "reports/1?as=sms")).text;
    EXPECT_EQ(sms.find("VPN"), std::string::npos);
    EXPECT_NE(sms.find("TLP:GREEN"), std::string::npos);
    EXPECT_TRUE(
        port.as("p.tani").get(path(incident, "reports/1?as=pdf")).text.starts_with("%PDF-"));
    EXPECT_TRUE(port.as("p.tani").get(path(incident, "reports/1?as=xlsx")).text.starts_with("PK"));
    // It stands in the chronology, and the review knows that the police were told.
    EXPECT_EQ(port.as("k.mori").numbers(incident).size(), 2U);
}

STORY("a report goes only to who may see the incident") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("n.kato").open_incident("TOSの画面が出ない");
    must(port.as("n.kato").post(path(incident, "reports"), report("画面が出ない")));
    const auto refused = port.as("k.mori").post(path(incident, "reports/1/send"),
                                                {{"organisations", {port.organisation("police")}}});
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.key, "respond.incident.recipient_not_reader");
    port.expect_no_message();
    EXPECT_TRUE(port.as("k.mori").numbers(incident).empty()) << "nothing was recorded";
}

STORY("the clocks say who must report what to whom, and the next due stands on top") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident(
        "ゲート停止", {{"event_time", "2026-07-04T06:00:00+09:00"}});
    const auto clocks = [&] {
        return read(port.as("k.mori"), incident, "clocks").at("items").get_array();
    };
    const auto of = [&](std::string_view id) {
        for (const auto& item : clocks())
            if (at(item.get_object(), "clock") == id) return item.get_object();
        return json::object{};
    };
    EXPECT_EQ(at(clocks()[0].get_object(), "clock"), "council");
    EXPECT_EQ(at(of("police"), "state"), "running");
    EXPECT_EQ(at(of("police"), "due_at"), "2026-07-03T22:00:00Z");
    EXPECT_TRUE(of("facility_security").empty()) << "the security plan is not affected";
    port.as("c.abe").write(incident, "警察に電話",
                           {{"receiver_organisations", {port.organisation("police")}}});
    EXPECT_EQ(at(of("police"), "state"), "met");
    port.fast_forward(3h);
    EXPECT_EQ(at(of("council"), "state"), "overdue");
    port.as("c.abe").write(incident, "各社に連絡",
                           {{"audiences", {"terminal_operator", "harbour_transport_association"}}});
    EXPECT_EQ(at(of("council"), "state"), "met_late");
    must(
        port.as("k.mori").post(path(incident, "clocks/public/waive"),
                               {{"who", port.organisation("port")}, {"reason", "利用に影響なし"}}));
    EXPECT_EQ(at(of("public"), "state"), "waived");
    must(port.as("k.mori").post(path(incident, "clocks/public/restart"),
                                {{"who", port.organisation("port")}}));
    EXPECT_EQ(at(of("public"), "state"), "overdue");
    EXPECT_EQ(at(of("ministry_follow_up"), "state"), "waiting") << "it waits for the first report";
    EXPECT_EQ(port.as("h.seki")
                  .post(path(incident, "clocks/public/met"), {{"who", port.organisation("port")}})
                  .status,
              403);
}

// Guideline 1.2: one vendor at two terminals is one way in.
STORY("a failing system shows whom else it and its vendor reach") {
    auto port = Port::with("two_terminals");
    const auto add = [&](const char* who, json::object body) {
        const auto answer = port.as(who).post("/api/prepare/port/systems", body);
        EXPECT_EQ(answer.status, 201) << answer.text;
        return at(answer.body.get_object(), "id");
    };
    const auto tos = add("n.kato", {{"name", "北ふ頭TOS"},
                                    {"owner", port.organisation("north")},
                                    {"vendor", port.organisation("vendor")},
                                    {"remote_access", "always"},
                                    {"functions", {"gate", "yard_operation"}},
                                    {"terminals", {port.terminal("north")}}});
    const auto gate = add("n.kato", {{"name", "北ふ頭ゲート受付"},
                                     {"owner", port.organisation("north")},
                                     {"depends_on", {tos}},
                                     {"terminals", {port.terminal("north")}}});
    const auto other = add("s.hara", {{"name", "南ふ頭TOS"},
                                      {"owner", port.organisation("south")},
                                      {"vendor", port.organisation("vendor")},
                                      {"functions", {"gate"}},
                                      {"terminals", {port.terminal("south")}}});
    EXPECT_EQ(port.as("s.hara").get("/api/prepare/port/systems/" + tos).status, 404)
        << "weak points are not told to a rival";
    EXPECT_EQ(port.as("s.hara")
                  .post("/api/prepare/port/systems",
                        {{"name", "x"}, {"owner", port.organisation("north")}})
                  .status,
              403);
    const auto incident = port.as("k.mori").open_incident("TOS停止");
    must(port.as("k.mori").put(path(incident, "systems"), {{"systems", {tos}}}, 1));
    const auto reach = read(port.as("k.mori"), incident, "reach");
    std::vector<std::string> how;
    for (const auto& item : reach.at("systems").get_array())
        how.push_back(at(item.get_object(), "how") + " " + at(item.get_object(), "name"));
    EXPECT_EQ(how, (std::vector<std::string>{"failing 北ふ頭TOS", "depends 北ふ頭ゲート受付",
                                             "vendor 南ふ頭TOS"}));
    EXPECT_EQ(reach.at("terminals_by_vendor").get_array().size(), 1U);
    // South learns nothing of North's systems from the board, but that something is hidden.
    const auto of_south = read(port.as("s.hara"), incident, "reach");
    EXPECT_EQ(of_south.at("systems").get_array().size(), 0U) << json::serialize(of_south);
    EXPECT_EQ(at(of_south, "hidden"), "2");
    const auto check = port.as("k.mori").get("/api/prepare/port/self_check");
    EXPECT_EQ(check.status, 200) << check.text;
    const auto applies = [&](const std::string& organisation, const std::string& part) {
        for (const auto& item : check.body.get_object().at("items").get_array())
            if (at(item.get_object(), "organisation") == port.organisation(organisation))
                for (const auto& one : item.get_object().at("parts").get_array())
                    if (at(one.get_object(), "part") == part)
                        return at(one.get_object(), "applies");
        return std::string("absent");
    };
    EXPECT_EQ(applies("north", "operator"), "yes");
    EXPECT_EQ(applies("police", "operator"), "no");
    EXPECT_EQ(applies("police", "facility_security"), "no") << "nothing is open about the police";
    EXPECT_EQ(applies("hauliers", "facility_security"), "unknown");
}


// Somebody would read the guideline's part for operators who has nothing to operate, and the one who
// operates the TOS would not.
STORY("who only works with another's TOS is told whose part it is, and what is left to do") {
    auto port = Port::with("two_terminals");
    const std::string systems = "/api/prepare/port/systems";
    must(port.as("adm").post(systems,
                             {{"name", "共同TOS"},
                              {"owner", port.organisation("north")},
                              {"functions", {"cargo_handling"}},
                              {"terminals", {port.terminal("north"), port.terminal("south")}}}));
    const auto part = [&](const std::string& login, const std::string& organisation,
                          const std::string& name) {
        const auto check = port.as(login).get("/api/prepare/port/self_check");
        for (const auto& item : check.body.get_object().at("items").get_array())
            if (at(item.get_object(), "organisation") == port.organisation(organisation))
                for (const auto& one : item.get_object().at("parts").get_array())
                    if (at(one.get_object(), "part") == name) return one.get_object();
        return json::object{};
    };
    EXPECT_EQ(at(part("n.kato", "north", "operator"), "applies"), "yes");
    EXPECT_EQ(at(part("n.kato", "north", "tos_user"), "applies"), "absent");
    const auto south = part("s.hara", "south", "operator");
    EXPECT_EQ(at(south, "applies"), "no");
    EXPECT_NE(at(south, "reason").find("北ふ頭ターミナル"), std::string::npos)
        << at(south, "reason");
    EXPECT_EQ(at(south, "question"), "operates_for_others");
    const auto user = part("s.hara", "south", "tos_user");
    EXPECT_EQ(at(user, "applies"), "yes");
    EXPECT_NE(at(user, "name").find("1.1"), std::string::npos) << "which articles";
    EXPECT_NE(at(user, "reason").find("北ふ頭ターミナル"), std::string::npos);
    must(port.as("s.hara").post("/api/prepare/port/self_check",
                                {{"organisation", port.organisation("south")},
                                 {"question", "operates_for_others"},
                                 {"answer", "yes"}}),
         200);
    const auto operates = part("k.mori", "south", "operator");
    EXPECT_EQ(at(operates, "applies"), "yes");
    EXPECT_NE(at(operates, "reason").find("北ふ頭ターミナル"), std::string::npos);
}

// Whoever was shut out at night would think that the incident had gone; whoever was let in, that it
// had always been shared.
STORY("a change of who sees an incident stands in its chronology, and who is left out is told") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("n.kato").open_incident("TOSの画面が出ない");
    const auto share = [&](const std::string& login, std::uint64_t version, json::object body) {
        return port.as(login).put("/api/respond/incident/incidents/" + incident.id + "/visibility",
                                  body, version);
    };
    const auto last = [&](const std::string& login) {
        const auto entries = port.as(login).entries(incident);
        return entries.empty() ? std::string("none") : at(entries.back().get_object(), "content");
    };
    EXPECT_EQ(port.as("s.hara").get("/api/respond/incident/incidents/" + incident.id).status, 404);
    must(share("k.mori", 1,
               {{"tlp", "TLP:AMBER"},
                {"organisations",
                 {port.organisation("port"), port.organisation("north"), port.organisation("south"),
                  port.organisation("police")}},
                {"people", json::array{}},
                {"reason", "同じ保守業者のため"}}),
         200);
    for (const std::string login : {"n.kato", "k.mori", "s.hara", "p.tani"}) {
        EXPECT_NE(last(login).find("新たに見る機関："), std::string::npos) << login;
        EXPECT_NE(last(login).find("南ふ頭ターミナル"), std::string::npos) << login;
        EXPECT_NE(last(login).find("理由：同じ保守業者のため"), std::string::npos) << login;
    }
    // The same readers again, with a reason, is no change.
    const auto lines = port.as("k.mori").numbers(incident).size();
    port.fast_forward(1h);
    must(
        share(
            "k.mori", 2,
            {{"tlp", "TLP:AMBER"},
             {"organisations",
              {port.organisation("port"), port.organisation("north"), port.organisation("police")}},
             {"people", json::array{}}}),
        200);
    EXPECT_EQ(port.as("k.mori").numbers(incident).size(), lines + 1);
    EXPECT_NE(last("p.tani").find("見られなくなる機関：南ふ頭ターミナル"), std::string::npos)
        << last("p.tani");
    port.restart();
    const auto shut = port.as("s.hara").get("/api/respond/incident/incidents/" + incident.id);
    EXPECT_EQ(shut.status, 403);
    EXPECT_EQ(shut.key, "respond.incident.no_longer_shared");
    EXPECT_EQ(port.as("s.hara").get(path(incident, "entries")).key,
              "respond.incident.no_longer_shared");
    EXPECT_EQ(port.as("h.seki").get("/api/respond/incident/incidents/" + incident.id).status, 404)
        << "who never saw it learns nothing";
}

STORY("what was asked and what experts said stands in the report and the print") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    must(port.as("k.mori").post(path(incident, "questions"),
                                {{"question", "何台か"}, {"asked", port.person("n.kato")}}));
    port.expect_mail("n.kato").says("何台か");
    must(port.as("k.mori").post(path(incident, "advice"), {{"content", "電源を切らずに隔離を"},
                                                           {"adviser", "情報安全研究所"}}));
    must(port.as("k.mori").post(path(incident, "reports"), report("ゲートが開かない")));
    const auto of = [&](std::uint64_t number) {
        return port.as("p.tani")
            .get(path(incident, "reports/" + std::to_string(number) + "?as=text"))
            .text;
    };
    EXPECT_NE(of(1).find("何台か"), std::string::npos) << of(1);
    EXPECT_NE(of(1).find("（未回答）"), std::string::npos);
    EXPECT_NE(of(1).find("電源を切らずに隔離を"), std::string::npos);
    const auto questions = read(port.as("n.kato"), incident, "questions").at("items").get_array();
    must(port.as("n.kato").post(
        path(incident, "questions/" + at(questions[0].get_object(), "entry") + "/answer"),
        {{"answer", "2台"}}));
    EXPECT_NE(of(1).find("（未回答）"), std::string::npos) << "a version is never changed";
    must(port.as("k.mori").post(path(incident, "reports"), report("原因調査中", {{"after", 1}})));
    EXPECT_NE(of(2).find("回答：2台"), std::string::npos) << of(2);
    // What is narrower than the receiver stays out of it.
    must(port.as("k.mori").post(
        path(incident, "entries"),
        {{"content", "捜査の助言"},
         {"visibility",
          {{"tlp", "TLP:AMBER"}, {"organisations", {port.organisation("police")}}}}}));
    const auto narrow = port.as("k.mori").numbers(incident).back();
    must(
        port.as("k.mori").post(path(incident, "advice"), {{"entry", narrow}, {"adviser", "県警"}}));
    must(port.as("k.mori").post(path(incident, "reports"), report("続報", {{"after", 2}})));
    EXPECT_NE(of(3).find("捜査の助言"), std::string::npos);
    const auto of_others = port.as("h.seki").get(path(incident, "reports/3?as=text")).text;
    EXPECT_EQ(of_others.find("捜査の助言"), std::string::npos) << of_others;
    EXPECT_TRUE(port.as("p.tani").get(path(incident, "chronology.pdf")).text.starts_with("%PDF-"));
}

}  // namespace
}  // namespace noroshi::story
