// Guideline 3.1.2 休日・夜間を問わない連絡体制: the list that is right in the night it is needed.

#include "tests/stories/story.h"

namespace noroshi::story {
namespace {

std::string at(const json::value& value, std::string_view name) {
    const auto* found = value.as_object().if_contains(name);
    if (found == nullptr) return "absent";
    return found->is_string() ? std::string(found->get_string()) : json::serialize(*found);
}

std::string lists(Port& port, std::string_view organisation) {
    return "/api/prepare/contacts/lists/" + port.organisation(organisation);
}
std::string duty(Port& port, std::string_view organisation) {
    return "/api/prepare/contacts/duty/" + port.organisation(organisation);
}
json::object post(Port& port, std::string_view login, std::string standing) {
    return {{"person", port.person(login)},
            {"department", "システム課"},
            {"title", ""},
            {"standing", std::move(standing)}};
}
void put_list(Port& port, std::string_view organisation, json::array posts) {
    const auto put =
        port.as("adm").put(lists(port, organisation), {{"posts", std::move(posts)}}, 0);
    EXPECT_EQ(put.status, 200) << put.text;
}

// Saturday night: the first is on leave, and nobody has arranged for it.
STORY("whoever is on leave is never the one who is called at night") {
    auto port = Port::with("two_terminals");
    put_list(port, "north", {post(port, "n.kato", "principal"), post(port, "n.ono", "deputy")});
    const auto rotation =
        port.as("n.kato").post(duty(port, "north") + "/rotations",
                               {{"name", "夜間・休日"},
                                {"members", {port.person("n.kato"), port.person("n.ono")}},
                                {"hours", "off_hours"},
                                {"turn_days", 7},
                                {"starts_on", "2026-06-29"}});
    EXPECT_EQ(rotation.status, 201) << rotation.text;
    const auto now = [&] {
        const auto answer = port.as("k.mori").get("/api/prepare/contacts/duty?organisation=" +
                                                  port.organisation("north"));
        return at(answer.body.at("items").at(0).at("now").at("stands").at(0), "person");
    };
    EXPECT_EQ(now(), port.person("n.kato"));
    const auto away = port.as("n.kato").post(
        "/api/prepare/contacts/absences/" + port.person("n.kato"),
        {{"from", "2026-07-04T00:00:00+09:00"}, {"until", "2026-07-06T00:00:00+09:00"}});
    EXPECT_EQ(away.status, 201) << away.text;
    EXPECT_EQ(now(), port.person("n.ono"));
    const auto problems = port.as("k.mori").get("/api/prepare/contacts/problems");
    bool flagged = false;
    for (const auto& one : problems.body.at("items").as_array())
        flagged = flagged || at(one, "kind") == "away_on_duty";
    EXPECT_TRUE(flagged) << problems.text;
    port.restart();
    EXPECT_EQ(now(), port.person("n.ono"));
    port.fast_forward(42h);
    EXPECT_EQ(now(), port.person("n.kato")) << "back on Monday at midnight";
}

// 4 July to 1 April: the port was not told that anybody moved.
STORY("in the transfer season everybody on a list is asked, and the answer is one tap") {
    auto port = Port::with("two_terminals");
    put_list(port, "north", {post(port, "n.kato", "principal"), post(port, "n.ono", "deputy")});
    port.fast_forward(24h * 140);
    port.expect_no_message();
    const auto confirm = [&](const char* login) {
        const auto done = port.as(login).post(
            "/api/prepare/contacts/" + port.person(login) + "/confirmation", json::object{});
        EXPECT_EQ(done.status, 200) << done.text;
    };
    for (const auto* login : {"n.kato", "n.ono"}) confirm(login);
    port.fast_forward(24h * 131);  // 1 April 2027, 06:30
    port.expect_no_message();
    port.fast_forward(2h + 30min);
    port.expect_mail("n.ono").says("連絡先のご確認");
    const auto mail = port.expect_mail("n.kato").says("連絡先のご確認").is_no_drill();
    const auto& text = mail.message().text;
    const auto found = text.find("/c/");
    const auto path = text.substr(found, text.find('\n', found) - found);
    EXPECT_EQ(port.ask({}, "GET", path, {}, {}).status, 200);
    EXPECT_EQ(port.ask({}, "POST", path, "ok=1", {}).status, 303);
    const auto page = port.ask({}, "GET", path + "?done=1", {}, {});
    EXPECT_NE(page.text.find("確認しました"), std::string::npos) << page.text;
    // Only who has not answered is asked again, two weeks later.
    port.fast_forward(24h * 14);
    port.expect_mail("n.ono").says("再送");
    port.expect_no_message();
}

}  // namespace
}  // namespace noroshi::story
