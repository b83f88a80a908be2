// Guideline 3.1.2: somebody of every terminal must be there at three in the morning, whoever is asleep,
// on leave, or without coverage; and whoever has only a telephone must be able to say so.

#include <algorithm>

#include "tests/stories/story.h"

namespace noroshi::story {
namespace {

std::string at(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    if (found == nullptr) return "absent";
    return found->is_string() ? std::string(found->get_string()) : json::serialize(*found);
}
json::object line(Port& port, const std::string& callout, std::string_view login) {
    const auto board = port.as("k.mori").callout(callout);
    for (const auto& one : board.at("addressees").as_array())
        if (at(one.as_object(), "person") == port.person(login)) return one.as_object();
    return {};
}
json::array ids(Port& port, std::initializer_list<std::string_view> names) {
    json::array out;
    for (const auto name : names) out.emplace_back(port.organisation(name));
    return out;
}

// Everbridge and others count answers; a port needs one of each terminal.
STORY("the next wave goes out only to the terminal from which nobody is coming") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto callout = port.as("k.mori").call_out(
        incident, {"north", "south"}, "至急参集",
        {{"roles", json::array{"security_person"}},
         {"reminders", 0},
         {"quorum", {{"at_least", 1}, {"kinds", json::array{"terminal_operator"}}}},
         {"waves", json::array{json::object{{"organisations", ids(port, {"north", "south"})},
                                            {"after_minutes", 5}},
                               json::object{{"people", json::array{port.person("a.sato")}},
                                            {"after_minutes", 5}}}}});
    port.expect_mail("n.kato");
    const auto mail = port.expect_mail("s.hara");
    EXPECT_EQ(port.answer(mail, {{"answer", "coming"}}).status, 200);
    port.fast_forward(4min);
    port.expect_no_message();
    port.fast_forward(1min);
    port.expect_mail("n.ono").says("至急参集");
    port.expect_no_message();
    EXPECT_EQ(at(line(port, callout, "n.ono"), "wave"), "1");
    // Nobody from North: the leader hears of it in the third wave.
    port.fast_forward(5min);
    port.expect_mail("a.sato");
    port.expect_no_message();
    const auto quorum = port.as("k.mori").callout(callout).at("quorum").as_array();
    ASSERT_EQ(quorum.size(), 2U);
    for (const auto& one : quorum)
        EXPECT_EQ(
            at(one.as_object(), "met"),
            at(one.as_object(), "organisation") == port.organisation("south") ? "true" : "false");
}

STORY("a wave that is not needed any more does not go out, also after a restart") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.as("k.mori").call_out(
        incident, {"north"}, "至急参集",
        {{"roles", json::array{"security_person"}},
         {"waves", json::array{json::object{{"organisations", ids(port, {"north"})},
                                            {"after_minutes", 10}}}}});
    const auto mail = port.expect_mail("n.kato");
    port.fast_forward(9min);
    EXPECT_EQ(port.answer(mail, {{"answer", "coming"}}).status, 200);
    port.restart();
    port.fast_forward(23h);
    port.expect_no_message();
}

STORY("whoever cannot come is stood in for by the next in the organisation's order") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto callout = port.as("k.mori").call_out(incident, {"north"}, "至急参集",
                                                    {{"roles", json::array{"security_person"}},
                                                     {"reminders", 0},
                                                     {"deputies", true},
                                                     {"deputy_after_minutes", 15}});
    const auto mail = port.expect_mail("n.kato");
    EXPECT_EQ(port.answer(mail, {{"answer", "cannot"}}).status, 200);
    port.expect_mail("n.ono").says("至急参集");
    EXPECT_EQ(at(line(port, callout, "n.ono"), "instead_of"), port.person("n.kato"));
    // Then nobody is left, and the board says so.
    port.fast_forward(15min);
    port.expect_no_message();
    EXPECT_EQ(at(line(port, callout, "n.ono"), "gap"), "no_deputy");
}

// target/goalert#2102: one channel, one vendor, and the alarm is silent.
STORY("who does not answer by mail is called over the next channel") {
    auto port = Port::with("two_terminals");
    port.give_mobile("p.tani", "+819012345678", {"email", "sms", "voice"});
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto callout = port.as("k.mori").call_out(
        incident, {"police"}, "至急参集", {{"channel_after_minutes", 3}, {"reminders", 0}});
    port.expect_mail("p.tani");
    port.fast_forward(2min);
    port.expect_no_message();
    port.fast_forward(1min);
    port.expect_sms("p.tani").says("至急参集").says("TLP:GREEN").says("1:参集可");
    port.will_press("p.tani", "1");
    port.fast_forward(3min);
    port.expect_call("p.tani").says("こちらは、みなと港湾局です。").says("1、できない場合は2");
    EXPECT_EQ(at(line(port, callout, "p.tani"), "answer"), "coming");
    EXPECT_EQ(at(line(port, callout, "p.tani"), "way"), "voice");
    port.fast_forward(23h);
    port.expect_no_message();
}

// grafana-cold-storage/oncall#934: the next step must not wait for one that cannot succeed.
STORY("an address that is refused brings the next channel forward") {
    auto port = Port::with("two_terminals");
    port.give_mobile("p.tani", "+819012345678");
    port.mail_will("p.tani", Outcome::refused);
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto callout = port.as("k.mori").call_out(
        incident, {"police"}, "至急参集", {{"channel_after_minutes", 30}, {"reminders", 0}});
    port.expect_sms("p.tani");
    EXPECT_EQ(at(line(port, callout, "p.tani"), "state"), "delivered");
}

STORY("a gateway that reports what it lost brings the next channel forward") {
    auto port = Port::with("two_terminals");
    port.give_mobile("p.tani", "+819012345678", {"sms", "email"});
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto callout = port.as("k.mori").call_out(
        incident, {"police"}, "至急参集", {{"channel_after_minutes", 30}, {"reminders", 0}});
    port.expect_sms("p.tani");
    port.report("p.tani", false);
    port.expect_mail("p.tani");
    EXPECT_EQ(at(line(port, callout, "p.tani"), "state"), "delivered");
}

STORY("a short reply says who comes when, and may be changed") {
    auto port = Port::with("two_terminals");
    port.give_mobile("p.tani", "+819012345678", {"sms"});
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto callout = port.as("k.mori").call_out(incident, {"police"}, "至急参集");
    port.expect_sms("p.tani");
    port.reply("09012345678", "１　７時１０分");  // it is 06:30
    EXPECT_EQ(at(line(port, callout, "p.tani"), "answer"), "coming");
    EXPECT_EQ(at(line(port, callout, "p.tani"), "coming_at"), "2026-07-03T22:10:00Z");
    EXPECT_EQ(at(line(port, callout, "p.tani"), "way"), "sms");
    // The gateway repeats it: nothing is written twice.
    const auto before = port.sequence();
    port.reply("819012345678", "1 0710");
    EXPECT_EQ(port.sequence(), before);
    port.reply("+819012345678", "3 副署長");
    EXPECT_EQ(at(line(port, callout, "p.tani"), "answer"), "substitute");
    EXPECT_EQ(at(line(port, callout, "p.tani"), "substitute"), "副署長");
    port.fast_forward(23h);
    port.expect_no_message();
}

STORY("with two alarms a code says which one is meant, and no code means all that wait") {
    auto port = Port::with("two_terminals");
    port.give_mobile("p.tani", "+819012345678", {"sms"});
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto first =
        port.as("k.mori").call_out(incident, {"police"}, "一つ目", {{"reminders", 0}});
    const auto second =
        port.as("k.mori").call_out(incident, {"police"}, "二つ目", {{"reminders", 0}});
    port.expect_sms("p.tani").says("記号 a");
    port.fast_forward(1min);
    port.expect_sms("p.tani").says("記号 b");
    port.reply("+819012345678", "2b");
    EXPECT_EQ(at(line(port, first, "p.tani"), "state"), "delivered");
    EXPECT_EQ(at(line(port, second, "p.tani"), "answer"), "cannot");
    port.reply("+819012345678", "1");
    EXPECT_EQ(at(line(port, first, "p.tani"), "answer"), "coming");
    EXPECT_EQ(at(line(port, second, "p.tani"), "answer"), "cannot");
    // What cannot be read is answered, once, with the codes.
    port.reply("+819012345678", "どれですか");
    port.expect_sms("p.tani").says("a b");
    port.reply("+819012345678", "どれですか");
    port.expect_no_message();
}

STORY("each person is told in their own language") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.as("k.mori").call_out(
        incident, {"expert", "police"}, "至急参集",
        {{"reminders", 0},
         {"texts",
          json::array{json::object{{"language", "en"}, {"text", "Please come at once."}}}}});
    port.expect_mail("e.noda").says("Please come at once.").does_not_say("至急参集");
    port.expect_mail("p.tani").says("至急参集");
}

// grafana-cold-storage/oncall#934: what cannot work is said before the alarm, not after it.
STORY("who cannot be reached is said before the call-out is raised") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto before = port.sequence();
    const auto answer =
        port.as("k.mori").post("/api/respond/callout/prepare",
                               {{"incident", incident.id},
                                {"text", "至急参集"},
                                {"organisations", ids(port, {"north", "police", "vendor"})},
                                {"roles", json::array{"security_person"}}});
    EXPECT_EQ(answer.status, 200) << answer.text;
    EXPECT_EQ(answer.body.as_object().at("addressees").as_array().size(), 1U);
    EXPECT_EQ(answer.body.as_object().at("unreachable").as_array().size(), 2U);
    EXPECT_EQ(port.sequence(), before);
    port.expect_no_message();
}

// grafana-cold-storage/oncall#3111: a months-old alert pages somebody at 05:30.
STORY("an alarm of months ago calls nobody when the server comes back") {
    auto port = Port::with("two_terminals");
    port.give_mobile("p.tani", "+819012345678", {"email", "sms"});
    port.mail_will("p.tani", Outcome::failed, 100);
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto callout = port.as("k.mori").call_out(
        incident, {"police"}, "至急参集",
        {{"channel_after_minutes", 1440},
         {"waves", json::array{json::object{{"organisations", ids(port, {"police", "north"})},
                                            {"after_minutes", 1440}}}}});
    port.stop_for(24h * 90);
    port.restart();
    port.fast_forward(24h);
    port.expect_no_message();
    EXPECT_EQ(at(port.as("k.mori").callout(callout), "ending"), "expired");
}

STORY("a call-out ends with its incident: nobody is called about what is over") {
    auto port = Port::with("two_terminals");
    port.give_mobile("p.tani", "+819012345678", {"email", "sms"});
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto callout =
        port.as("k.mori").call_out(incident, {"police", "north"}, "至急参集",
                                   {{"channel_after_minutes", 5}, {"reminders", 3}});
    port.expect_mail("p.tani");
    port.expect_mail("n.kato");
    port.expect_mail("n.ono");
    port.fast_forward(1min);
    port.as("k.mori").close(incident);
    port.fast_forward(30h);
    port.expect_no_message();
    EXPECT_EQ(at(port.as("k.mori").callout(callout), "state"), "resolved");
}

STORY("the reach rate is told by tier, with the causes") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.mail_will("s.hara", Outcome::refused);
    const auto callout = port.as("k.mori").call_out(incident, {"north", "south", "police"},
                                                    "至急参集", {{"reminders", 0}});
    const auto mail = port.expect_mail("n.kato");
    port.expect_mail("n.ono");
    port.expect_mail("p.tani");
    port.answer(mail, {{"answer", "coming"}});
    const auto answer =
        port.as("k.mori").get("/api/respond/callout/callouts/" + callout + "/reach");
    EXPECT_EQ(answer.status, 200) << answer.text;
    const auto& report = answer.body.as_object();
    EXPECT_EQ(report.at("reach").as_object().at("rate").to_number<double>(), 0.25);
    EXPECT_EQ(at(report.at("causes").as_object(), "refused"), "1");
    EXPECT_EQ(at(report.at("causes").as_object(), "no_answer"), "2");
    for (const auto& tier : report.at("tiers").as_array())
        if (at(tier.as_object(), "of") == "terminal_operator")
            EXPECT_EQ(at(tier.as_object().at("reach").as_object(), "addressed"), "3");
}

STORY("a reply that Kannel brings as UTF-16 counts like any other") {
    auto port = Port::with("two_terminals");
    port.give_mobile("p.tani", "+819012345678", {"sms"});
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto callout = port.as("k.mori").call_out(incident, {"police"}, "至急参集");
    port.expect_sms("p.tani");
    // 参集可 07:10, as Kannel posts it (tests/peers/sms_test.cpp).
    const std::string words("\x53\xC2\x96\xC6\x53\xEF\0 \0\x30\0\x37\0:\0\x31\0\x30", 18);
    const std::string path =
        "/api/respond/callout/inbound/sms?from=%2B819012345678&token=secret%20of%20the%20gateway";
    const std::vector<std::pair<std::string, std::string>> wide{
        {"content-type", "text/plain; charset=\"UTF-16BE\""}};
    EXPECT_EQ(port.ask({}, "POST", path, words, wide).status, 200);
    EXPECT_EQ(at(line(port, callout, "p.tani"), "answer"), "coming");
    EXPECT_EQ(at(line(port, callout, "p.tani"), "coming_at"), "2026-07-03T22:10:00Z");
    EXPECT_EQ(port.ask({}, "POST", path, "2", {{"content-type", "text/plain"}}).status, 200);
    EXPECT_EQ(at(line(port, callout, "p.tani"), "answer"), "cannot");
    // Nobody without the token, and nothing that is no text.
    EXPECT_EQ(
        port.ask({}, "POST", "/api/respond/callout/inbound/sms?from=1&token=x", "1", {}).status,
        403);
    EXPECT_EQ(port.ask({}, "POST", path, "\xFF\xFE", {{"content-type", "text/plain"}}).key,
              "respond.callout.inbound_charset");
}

STORY("a gateway without the token is not heard") {
    auto port = Port::with("two_terminals");
    for (const auto* query : {"", "?token=x&from=1&text=1"})
        EXPECT_EQ(
            port.ask({}, "GET", std::string("/api/respond/callout/inbound/sms") + query, {}, {})
                .key,
            "respond.callout.inbound_refused");
}

}  // namespace
}  // namespace noroshi::story
