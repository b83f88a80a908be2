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

}  // namespace
}  // namespace noroshi::story
