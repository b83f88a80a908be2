// Guideline 3.1.2, 3.3.1: a browser that is kept apart from everything, without scripts, push or a
// stream, is enough to follow an incident and to add to it.

#include "tests/stories/story.h"

namespace noroshi::story {
namespace {

constexpr const char* session = "noroshi_session=of-k.mori";

std::string encoded(std::string_view text) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return out;
}

// A browser with this cookie, as this person.
struct Browser {
    Port& port;
    std::string login;
    std::string cookie = session;

    Answer open(const std::string& target) const {
        return port.ask(login, "GET", target, {}, {{"cookie", cookie}});
    }
    Answer send(const std::string& target,
                const std::vector<std::pair<std::string, std::string>>& fields) const {
        std::string body;
        for (const auto& [name, value] : fields)
            body += (body.empty() ? "" : "&") + name + "=" + encoded(value);
        return port.ask(
            login, "POST", target, body,
            {{"cookie", cookie}, {"content-type", "application/x-www-form-urlencoded"}});
    }
};

std::string board(const Incident& incident, std::string_view rest = "") {
    return "/plain/respond/incident/" + incident.id + std::string(rest);
}
// Of the form that adds a line, not of the one that signs out.
std::string token_of(const Answer& page) {
    const std::string before = "/entries\" accept-charset=\"utf-8\">";
    const auto form = page.text.find(before);
    const auto from = page.text.find("value=\"", form) + 7;
    if (form == std::string::npos) return {};
    return page.text.substr(from, page.text.find('"', from) - from);
}

STORY("a line is read and added without a script, and once") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.as("c.abe").write(incident, "<b>北ゲート</b>で受付ができない", {{"sender", "北"}});
    const Browser browser{port, "k.mori"};

    const auto list = browser.open("/plain/respond/incident");
    EXPECT_EQ(list.status, 200);
    EXPECT_TRUE(list.text.contains("ゲート停止"));
    const auto page = browser.open(board(incident));
    EXPECT_TRUE(page.text.contains("&lt;b&gt;北ゲート&lt;/b&gt;")) << page.text;
    EXPECT_FALSE(page.text.contains("<script"));
    EXPECT_TRUE(page.text.contains("http-equiv=\"refresh\"")) << "it follows by itself";
    EXPECT_FALSE(browser.open(board(incident, "?still=1")).text.contains("http-equiv=\"refresh\""));

    const auto form = browser.open(board(incident, "/write"));
    EXPECT_FALSE(form.text.contains("http-equiv=\"refresh\"")) << "what is typed must stay";
    EXPECT_TRUE(form.text.contains("記録を見るのは")) << "said before it is saved";
    const std::vector<std::pair<std::string, std::string>> fields{
        {"token", token_of(form)},
        {"kind", "order"},
        {"content", "ゲートを閉めること\r\n至急"},
        {"receiver", "記録員"},
        {"event_time", "06:10"},
        {"confirmed", "1"}};
    const auto added = browser.send(board(incident, "/entries"), fields);
    EXPECT_EQ(added.status, 303) << added.text;
    EXPECT_EQ(added.location, board(incident, "?added=2#line-2"));
    EXPECT_EQ(browser.send(board(incident, "/entries"), fields).location, added.location)
        << "a second click";
    EXPECT_EQ(port.as("k.mori").entries(incident).size(), 2U);
    const auto entry = port.as("k.mori").entry(incident, 2);
    EXPECT_EQ(entry.at("content").as_string(), "ゲートを閉めること\n至急");
    EXPECT_EQ(entry.at("kind").as_string(), "order");
    EXPECT_EQ(entry.at("event_time").as_string(), "2026-07-03T21:10:00Z");
    EXPECT_TRUE(entry.at("confirmed").as_bool());
    const auto followed = browser.open(board(incident, "?seen=1"));
    EXPECT_TRUE(followed.text.contains("class=\"new\"")) << "what came since is marked";
}

STORY("what was typed comes back with every refusal") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const Browser browser{port, "k.mori"};
    const auto token = token_of(browser.open(board(incident, "/write")));
    const auto wrong_time = browser.send(
        board(incident, "/entries"),
        {{"token", token}, {"content", "消えては\"困る\"文"}, {"event_time", "6時半"}});
    EXPECT_EQ(wrong_time.status, 400);
    EXPECT_TRUE(wrong_time.text.contains("消えては&quot;困る&quot;文"));
    const auto empty = browser.send(board(incident, "/entries"),
                                    {{"token", token}, {"content", " "}, {"sender", "北"}});
    EXPECT_EQ(empty.status, 400);
    EXPECT_TRUE(empty.text.contains("value=\"北\""));
    // Signed out meanwhile, then in again: the form is sent once more, with its text.
    const auto out = port.ask("", "POST", board(incident, "/entries"),
                              "content=" + encoded("夜の記録"), {{"cookie", session}});
    EXPECT_EQ(out.status, 403);
    EXPECT_TRUE(out.text.contains("夜の記録"));
    EXPECT_FALSE(out.text.contains("ゲート停止")) << "nobody sees an incident without signing in";
    const Browser later{port, "k.mori", "noroshi_session=another"};
    const auto old =
        later.send(board(incident, "/entries"), {{"token", token}, {"content", "夜の記録"}});
    EXPECT_EQ(old.status, 409);
    const auto fresh = token_of(old);
    EXPECT_NE(fresh, token);
    EXPECT_EQ(
        later.send(board(incident, "/entries"), {{"token", fresh}, {"content", "夜の記録"}}).status,
        303);
    EXPECT_EQ(port.as("k.mori").entries(incident).size(), 1U);
}

STORY("another site cannot write, and nobody reads more than on the board") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident(
        "非公開の件", {{"visibility",
                        {{"tlp", "TLP:AMBER+STRICT"},
                         {"organisations", json::array{port.organisation("north")}}}}});
    const Browser stranger{port, "s.hara"};
    EXPECT_EQ(stranger.open(board(incident)).status, 404);
    EXPECT_FALSE(stranger.open("/plain/respond/incident").text.contains("非公開の件"));
    EXPECT_TRUE(stranger.open("/plain/respond/incident").text.contains("表示されないもの"))
        << "hidden things are said to be hidden";
    const Browser own{port, "k.mori"};
    const auto token = token_of(own.open(board(incident, "/write")));
    EXPECT_EQ(
        stranger.send(board(incident, "/entries"), {{"token", token}, {"content", "x"}}).status,
        404)
        << "the label holds whatever the form";
    EXPECT_EQ(own.send(board(incident, "/entries"), {{"content", "x"}}).status, 409)
        << "a form that is not ours";
    EXPECT_EQ(port.ask("k.mori", "POST", board(incident, "/entries"), "content=x",
                       {{"cookie", session}, {"sec-fetch-site", "cross-site"}})
                  .status,
              409)
        << "a bearer token is no cookie, and the form is still not ours";
    EXPECT_EQ(port.as("k.mori").entries(incident).size(), 0U);
    const auto nobody = port.ask("", "GET", board(incident), {}, {});
    EXPECT_EQ(nobody.status, 303);
    EXPECT_EQ(nobody.location, "/plain/sign-in?next=" + board(incident));
}

}  // namespace
}  // namespace noroshi::story
