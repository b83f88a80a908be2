// Guideline 3.1.3 (who decides, delegation): approvals as a public office keeps them – 専決, 代決, 後閲 –
// and nothing that needs one is carried out without it.

#include "tests/stories/story.h"

namespace noroshi::story {
namespace {

constexpr const char* all = "/api/prepare/council/approvals";

std::string at(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    if (found == nullptr) return "absent";
    return found->is_string() ? std::string(found->get_string()) : json::serialize(*found);
}
// 係長 (k.mori, in whose place c.abe), 課長 (a.sato, in whose place k.mori), 管理者 (vacant).
void give_a_form(Port& port, const json::array& decided_in = {}) {
    const auto box = [&](std::string name, json::value holder, json::array deputies) {
        json::object out{{"name", name}, {"name_en", ""}, {"deputies", std::move(deputies)}};
        if (!holder.is_null()) out["holder"] = std::move(holder);
        return out;
    };
    const json::array boxes{
        box("係長", json::value(port.person("k.mori")), {port.person("c.abe")}),
        box("課長", json::value(port.person("a.sato")), {port.person("k.mori")}),
        box("管理者", nullptr, {port.person("a.sato")})};
    const auto set =
        port.as("a.sato").put("/api/prepare/council/approval-forms/" + port.organisation("port"),
                              {{"boxes", boxes}, {"decided_in", decided_in}}, 0);
    EXPECT_EQ(set.status, 200) << set.text;
}
std::string draft(Port& port, std::string login, json::object more = {}) {
    json::object body{{"title", "再開時刻の発表について"}, {"text", "次のとおり発表してよいか。"}};
    for (auto& [name, value] : more) body[name] = value;
    const auto made = port.as(std::move(login)).post(all, body);
    EXPECT_EQ(made.status, 201) << made.text;
    return made.status == 201 ? at(made.body.get_object(), "id") : "none";
}
json::object sheet(Port& port, const std::string& id) {
    const auto answer = port.as("k.mori").get(std::string(all) + "/" + id);
    EXPECT_EQ(answer.status, 200) << answer.text;
    return answer.body.is_object() ? answer.body.get_object() : json::object{};
}
Answer stamp(Port& port, std::string login, const std::string& id, json::object body = {}) {
    return port.as(std::move(login)).post(std::string(all) + "/" + id + "/stamp", body);
}
std::size_t waiting(Port& port, std::string login) {
    const auto answer = port.as(std::move(login)).get(std::string(all) + "?waiting=me");
    return answer.body.at("items").as_array().size();
}
json::object step(Port& port, const std::string& id, std::size_t box) {
    return sheet(port, id).at("steps").as_array().at(box).as_object();
}

STORY("a sheet goes through the boxes to the one that decides, and the drafter is not that one") {
    auto port = Port::with("two_terminals");
    EXPECT_EQ(port.as("c.ito").post(all, {{"title", "件名"}}).status, 409) << "no form yet";
    give_a_form(port, {json::object{{"subject", "notice"}, {"box", 1}}});
    const auto id = draft(port, "c.ito", {{"subject", "notice"}});
    EXPECT_EQ(waiting(port, "k.mori"), 1U);
    EXPECT_EQ(waiting(port, "a.sato"), 0U) << "not their turn";
    EXPECT_EQ(stamp(port, "c.oka", id).status, 403);
    EXPECT_EQ(stamp(port, "k.mori", id, {{"box", 0}}).status, 200);
    EXPECT_EQ(waiting(port, "a.sato"), 1U);
    EXPECT_EQ(stamp(port, "a.sato", id).status, 200);
    const auto done = sheet(port, id);
    EXPECT_EQ(at(done, "state"), "decided");
    EXPECT_EQ(at(done, "delegated"), "true") << "専決: 管理者 is not asked";
    EXPECT_EQ(at(done.at("steps").as_array().at(2).as_object(), "above"), "true");
    EXPECT_EQ(stamp(port, "a.sato", id).status, 409) << "once";

    const auto own = draft(port, "a.sato", {{"subject", "notice"}});
    EXPECT_EQ(stamp(port, "k.mori", own, {{"box", 0}}).status, 200);
    EXPECT_EQ(stamp(port, "a.sato", own).key, "prepare.council.approval_two_people");
    EXPECT_EQ(stamp(port, "k.mori", own, {{"absence", "起案者が課長のため"}}).status, 200);
}

STORY("a deputy decides in the place of somebody absent, who sees it afterwards") {
    auto port = Port::with("two_terminals");
    give_a_form(port, {json::object{{"subject", "notice"}, {"box", 1}}});
    const auto id = draft(port, "c.ito", {{"subject", "notice"}});
    // The duty officer stamps their own box, then, at 03:00, the chief's.
    EXPECT_EQ(stamp(port, "k.mori", id, {{"box", 0}}).status, 200);
    const auto silent = stamp(port, "k.mori", id);
    EXPECT_EQ(silent.key, "prepare.council.approval_why_deputy");
    EXPECT_EQ(silent.pointer, "/absence");
    EXPECT_EQ(stamp(port, "k.mori", id, {{"absence", "課長は機内"}}).status, 200);
    EXPECT_EQ(at(sheet(port, id), "state"), "decided");
    EXPECT_EQ(at(step(port, id, 1), "as_deputy"), "true");
    EXPECT_EQ(at(step(port, id, 1), "owes_review"), "true");
    port.restart();
    EXPECT_EQ(waiting(port, "a.sato"), 1U) << "後閲 waits for the chief";
    const auto review = std::string(all) + "/" + id + "/review";
    EXPECT_EQ(port.as("c.ito").post(review, {{"box", 1}}).status, 403);
    EXPECT_EQ(port.as("a.sato").post(review, {{"box", 1}, {"remark", "了承"}}).status, 200);
    EXPECT_EQ(port.as("a.sato").post(review, {{"box", 1}}).status, 409);
    EXPECT_EQ(waiting(port, "a.sato"), 0U);
    EXPECT_EQ(at(step(port, id, 1), "review_remark"), "了承");
}

STORY("what cannot wait passes over a box, or is done first, and both are seen afterwards") {
    auto port = Port::with("two_terminals");
    give_a_form(port, {json::object{{"subject", "notice"}, {"box", 1}}});
    const auto id = draft(port, "c.ito", {{"subject", "notice"}});
    EXPECT_EQ(stamp(port, "a.sato", id).key, "prepare.council.approval_not_yet");
    EXPECT_EQ(stamp(port, "a.sato", id, {{"absence", "06:30の発表に間に合わせるため"}}).status,
              200);
    EXPECT_EQ(at(step(port, id, 0), "passed_over"), "true");
    EXPECT_EQ(waiting(port, "k.mori"), 1U);
    EXPECT_EQ(stamp(port, "k.mori", id, {{"box", 0}}).status, 409);
    EXPECT_EQ(port.as("k.mori").post(std::string(all) + "/" + id + "/review", {{"box", 0}}).status,
              200);

    EXPECT_EQ(port.as("c.ito")
                  .post(all, {{"title", "件名"}, {"done_at", "2026-07-04T05:00:00+09:00"}})
                  .pointer,
              "/urgency")
        << "why it could not wait";
    EXPECT_EQ(port.as("c.ito")
                  .post(all, {{"title", "件名"},
                              {"done_at", "2026-07-05T05:00:00+09:00"},
                              {"urgency", "急ぎ"}})
                  .pointer,
              "/done_at");
    const auto after = draft(
        port, "c.ito",
        {{"done_at", "2026-07-04T05:00:00+09:00"}, {"urgency", "安全のため直ちにゲートを閉めた"}});
    EXPECT_EQ(at(sheet(port, after), "urgency"), "安全のため直ちにゲートを閉めた");
}

STORY("a sheet is given back with a reason, or withdrawn, and is nobody else's to read") {
    auto port = Port::with("two_terminals");
    give_a_form(port);
    const auto id = draft(port, "c.ito");
    const auto give_back = std::string(all) + "/" + id + "/return";
    EXPECT_EQ(port.as("a.sato").post(give_back, {{"reason", ""}}).status, 400);
    EXPECT_EQ(port.as("a.sato").post(give_back, {{"reason", "時刻の根拠を添えること"}}).status,
              200);
    EXPECT_EQ(at(sheet(port, id), "state"), "returned");
    EXPECT_EQ(stamp(port, "k.mori", id).status, 409);
    const auto second = draft(port, "c.ito");
    EXPECT_EQ(port.as("k.mori").post(std::string(all) + "/" + second + "/withdraw", {}).status,
              403);
    EXPECT_EQ(
        port.as("c.ito").post(std::string(all) + "/" + second + "/withdraw", json::object{}).status,
        200);
    EXPECT_EQ(at(sheet(port, second), "number"), "2") << "numbered one after the other";
    EXPECT_EQ(port.as("n.kato").get(std::string(all) + "/" + id).status, 404);
    EXPECT_EQ(port.as("n.kato")
                  .get("/api/prepare/council/approval-forms/" + port.organisation("port"))
                  .status,
              403);
    EXPECT_EQ(port.as("s.hara")
                  .put("/api/prepare/council/approval-forms/" + port.organisation("port"),
                       {{"boxes", json::array{}}}, 0)
                  .status,
              403);
    const auto pdf = port.as("k.mori").get(std::string(all) + "/" + id + "/sheet.pdf");
    EXPECT_EQ(pdf.status, 200);
    EXPECT_TRUE(pdf.text.starts_with("%PDF"));
}

STORY("a disclosure is not closed before it is approved, where the office's form says so") {
    auto port = Port::with("two_terminals");
    give_a_form(port, {json::object{{"subject", "disclosure"}, {"box", 1}}});
    const auto taken = port.as("a.sato").post("/api/learn/records/disclosures",
                                              {{"reference", "令8-1"},
                                               {"subject", "事案の記録"},
                                               {"received_at", "2026-07-03T09:00:00+09:00"},
                                               {"due", "2026-07-18T17:00:00+09:00"}});
    ASSERT_EQ(taken.status, 201) << taken.text;
    const auto id = at(taken.body.get_object(), "id");
    const auto close = "/api/learn/records/disclosures/" + id + "/close";
    EXPECT_EQ(port.as("a.sato").post(close, json::object{}).key, "prepare.council.approval_needed");
    const auto about = draft(port, "c.ito", {{"subject", "disclosure"}, {"record", id}});
    EXPECT_EQ(stamp(port, "k.mori", about, {{"box", 0}}).status, 200);
    EXPECT_EQ(port.as("a.sato").post(close, json::object{}).status, 409) << "not decided yet";
    EXPECT_EQ(stamp(port, "a.sato", about).status, 200);
    EXPECT_EQ(port.as("a.sato").post(close, json::object{}).status, 200);
}

json::object need(Port& port, std::string login, std::string_view subject, std::string record) {
    const auto answer =
        port.as(std::move(login))
            .get("/api/prepare/council/approval-needs?subject=" + std::string(subject) +
                 "&record=" + record);
    EXPECT_EQ(answer.status, 200) << answer.text;
    return answer.body.is_object() ? answer.body.get_object() : json::object{};
}
Answer with_version(Port& port, const char* login, const std::string& target, int version,
                    json::object body = {}) {
    return port.ask(login, "POST", target, json::serialize(body),
                    {{"if-match", "\"" + std::to_string(version) + "\""}});
}

// The port's word went out at night under one clerk's name, and in the morning nobody had decided it.
STORY("a notice is published when its text is approved, or at once with the reason on the file") {
    auto port = Port::with("two_terminals");
    const std::string notices = "/api/respond/notices/notices";
    const auto text = [](std::string title) {
        return json::object{
            {"texts", {{"ja", {{"title", title}, {"body", "搬出入を止めています。"}}}}}};
    };
    const auto record_of = [&](const std::string& notice) {
        return at(port.as("k.mori").get(notices + "/" + notice + "/approval").body.get_object(),
                  "record");
    };
    const auto before = port.as("k.mori").post(notices, text("決裁欄のないうちは今までどおり"));
    const auto first = at(before.body.get_object(), "id");
    EXPECT_EQ(with_version(port, "a.sato", notices + "/" + first + "/approve", 1).status, 200);

    give_a_form(port, {json::object{{"subject", "notice"}, {"box", 0}}});
    const auto id =
        at(port.as("c.ito").post(notices, text("ゲートの停止")).body.get_object(), "id");
    const auto publish = notices + "/" + id + "/approve";
    const auto refused = with_version(port, "a.sato", publish, 1);
    EXPECT_EQ(refused.key, "prepare.council.approval_needed_or_urgent");
    EXPECT_EQ(refused.pointer, "/urgency");
    const auto sheet_of_first_text =
        draft(port, "c.ito", {{"subject", "notice"}, {"record", record_of(id)}});
    EXPECT_EQ(at(need(port, "a.sato", "notice", record_of(id)), "state"), "waiting");
    EXPECT_EQ(stamp(port, "k.mori", sheet_of_first_text).status, 200);
    EXPECT_EQ(at(need(port, "a.sato", "notice", record_of(id)), "goes_ahead"), "true");
    // What was decided is that text: another one is another decision.
    const auto again = port.as("c.ito").put(notices + "/" + id + "/draft", text("終日停止"), 1);
    EXPECT_EQ(again.status, 200) << again.text;
    EXPECT_EQ(with_version(port, "a.sato", publish, 2).key,
              "prepare.council.approval_needed_or_urgent");
    EXPECT_EQ(at(need(port, "a.sato", "notice", record_of(id)), "goes_ahead"), "false");

    const auto record = record_of(id);
    EXPECT_EQ(
        with_version(port, "a.sato", publish, 2, {{"urgency", "06:30までに知らせるため"}}).status,
        200);
    EXPECT_TRUE(port.public_page("/ja.html").contains("終日停止"));
    port.restart();
    const auto after = need(port, "k.mori", "notice", record);
    EXPECT_EQ(at(after, "state"), "waiting") << "it still has to be decided";
    const auto afterwards = sheet(port, at(after, "sheet"));
    EXPECT_EQ(at(afterwards, "urgency"), "06:30までに知らせるため");
    EXPECT_NE(at(afterwards, "done_at"), "absent");
    EXPECT_EQ(waiting(port, "k.mori"), 1U);
    EXPECT_EQ(stamp(port, "k.mori", at(after, "sheet")).status, 200);
    EXPECT_EQ(at(sheet(port, at(after, "sheet")), "state"), "decided");
}

STORY("a report version leaves the board when it is approved, and a telephone call is a fact") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    json::array items;
    for (int i = 0; i < 6; ++i) items.push_back(json::object{});
    items[1] = json::object{{"text", "ゲートが開かない"}};
    const auto reports = "/api/respond/incident/incidents/" + incident.id + "/reports";
    EXPECT_EQ(port.as("k.mori").post(reports, {{"items", items}}).status, 201);
    give_a_form(port, {json::object{{"subject", "report"}, {"box", 1}}});
    const json::array police{port.organisation("police")};
    const auto refused = port.as("k.mori").post(reports + "/1/send", {{"organisations", police}});
    EXPECT_EQ(refused.key, "prepare.council.approval_needed_or_urgent");
    port.expect_no_message();
    EXPECT_EQ(port.as("k.mori").numbers(incident).size(), 0U) << "nothing was sent, nothing stands";

    const auto record = "report/" + incident.id + "/1";
    const auto by_telephone = port.as("k.mori").post(
        reports + "/1/send", {{"organisations", police}, {"medium", "電話"}});
    EXPECT_EQ(by_telephone.status, 201) << by_telephone.text;
    const auto drafted = need(port, "k.mori", "report", record);
    const auto told = sheet(port, at(drafted, "sheet"));
    EXPECT_NE(at(told, "urgency").find("電話"), std::string::npos);
    EXPECT_NE(at(told, "text").find("ゲートが開かない"), std::string::npos)
        << "whoever decides reads what was said";
    // k.mori drafted it by telephoning, and a.sato, whose box decides, reads it.
    EXPECT_EQ(stamp(port, "a.sato", at(drafted, "sheet"), {{"absence", "当直の通報のため"}}).status,
              200);
    EXPECT_EQ(port.as("k.mori").post(reports + "/1/send", {{"organisations", police}}).status, 201);
    port.expect_mail("p.tani").says("第1報");
}

STORY("an edition of the contact scheme is issued when it is approved") {
    auto port = Port::with("two_terminals");
    give_a_form(port, {json::object{{"subject", "edition"}, {"box", 1}}});
    const std::string editions = "/api/prepare/contacts/editions";
    const auto made = port.as("adm").post(editions, {{"title", "令和8年度 第1版"}});
    ASSERT_EQ(made.status, 201) << made.text;
    const auto one = editions + "/" + at(made.body.get_object(), "number");
    const auto another = port.as("a.sato").post(one + "/approve", json::object{});
    ASSERT_EQ(another.status, 200) << another.text;
    EXPECT_EQ(port.as("a.sato").post(one + "/issue", json::object{}).key,
              "prepare.council.approval_needed_or_urgent");
    const auto id = draft(port, "c.ito", {{"subject", "edition"}, {"record", "edition/1"}});
    EXPECT_EQ(stamp(port, "k.mori", id, {{"box", 0}}).status, 200);
    EXPECT_EQ(stamp(port, "a.sato", id).status, 200);
    EXPECT_EQ(port.as("a.sato").post(one + "/issue", json::object{}).status, 200);
}

}  // namespace
}  // namespace noroshi::story
