// Guideline 3.1.2: an alarm that has broken unnoticed is found out in the night on which it is needed.

#include "tests/stories/story.h"

namespace noroshi::story {
namespace {

using Mood = Port::GatewayMood;

json::object heartbeat(Port& port) {
    const auto answer = port.as("k.mori").get("/api/respond/callout/heartbeat");
    EXPECT_EQ(answer.status, 200) << answer.text;
    return answer.body.as_object();
}
std::string state_of(Port& port, std::string_view gateway) {
    for (const auto& one : heartbeat(port).at("gateways").as_array())
        if (one.at("gateway").as_string() == gateway)
            return std::string(one.at("state").as_string());
    return "absent";
}
// As a monitoring server asks, without signing in.
int alive(Port& port) { return port.ask({}, "GET", "/api/respond/callout/alive", {}, {}).status; }

STORY("every gateway is tested every hour, not only the one that is next") {
    auto port = Port::with("two_terminals");
    port.watch_gateways();
    port.fast_forward(3h + 30min);
    for (const auto* gateway : {"relay1", "relay2", "smsc"}) {
        EXPECT_EQ(port.tests_of(gateway), 4) << gateway;
        EXPECT_EQ(state_of(port, gateway), "well");
    }
    port.restart();
    port.fast_forward(1h);
    EXPECT_EQ(port.tests_of("relay2"), 5);
    EXPECT_EQ(alive(port), 200);
    // Nobody is bothered by what is well.
    port.expect_no_message();
}

STORY("a gateway that breaks is told to the administrator once, over those that work") {
    auto port = Port::with("two_terminals");
    port.give_mobile("adm", "+819011112222", {"sms", "email"});
    port.watch_gateways();
    port.fast_forward(1min);
    port.gateway_is("smsc", Mood::away);
    port.fast_forward(1h);
    // SMS has no other gateway: by mail only.
    port.expect_mail("adm").says("送信経路が不通です").says("smsc").says("SMS");
    port.expect_no_message();
    EXPECT_EQ(state_of(port, "smsc"), "broken");
    EXPECT_EQ(alive(port), 503) << "a whole channel is down: whoever watches from outside hears it";
    port.fast_forward(5h);
    port.expect_no_message();
    port.gateway_is("smsc", Mood::well);
    port.fast_forward(1h);
    port.expect_sms("adm").says("復旧");
    port.expect_mail("adm").says("復旧");
    EXPECT_EQ(alive(port), 200);
    // One relay of two: the channel lives, and the mail goes through the other.
    port.gateway_is("relay2", Mood::away);
    port.fast_forward(1h);
    port.expect_mail("adm").says("relay2");
    port.expect_sms("adm").says("relay2");
    EXPECT_EQ(alive(port), 200);
    EXPECT_EQ(state_of(port, "relay1"), "well");
    EXPECT_EQ(state_of(port, "relay2"), "broken");
    port.expect_no_message();
}

STORY("a gateway of which nothing is heard at all is broken too, also over a restart") {
    auto port = Port::with("two_terminals");
    port.watch_gateways();
    port.gateway_is("relay1", Mood::hangs);
    port.fast_forward(9min);
    port.expect_no_message();
    port.restart();
    port.fast_forward(2min);
    port.expect_mail("adm").says("relay1").says("no outcome");
    port.fast_forward(10h);
    port.expect_no_message();
    EXPECT_EQ(state_of(port, "relay1"), "broken");
    EXPECT_EQ(state_of(port, "relay2"), "well");
}

STORY("after a long stop of the server each gateway is tested once, not for every hour missed") {
    auto port = Port::with("two_terminals");
    port.watch_gateways();
    port.fast_forward(1min);
    port.stop_for(72h);
    port.fast_forward(1min);
    EXPECT_EQ(port.tests_of("smsc"), 2);
    EXPECT_EQ(alive(port), 200);
}

// grafana-cold-storage/oncall#4654: somebody answers, and is paged all the same.
STORY("an answer also stops what is still being tried over another channel") {
    auto port = Port::with("two_terminals");
    port.give_mobile("p.tani", "+819012345678", {"email", "sms"});
    port.mail_will("p.tani", Outcome::failed, 3);
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto callout = port.as("k.mori").call_out(
        incident, {"police"}, "至急参集", {{"channel_after_minutes", 0}, {"reminders", 3}});
    port.expect_sms("p.tani");
    // The mail has failed and waits for its next attempt.
    port.reply("+819012345678", "1");
    port.fast_forward(23h);
    port.expect_no_message();
}

STORY("each chat service and the push of a browser are tested too") {
    auto port = Port::with("two_terminals");
    const auto added = port.as("k.mori").post(
        "/api/prepare/contacts/devices",
        json::object{
            {"name", "当直のPC"},
            {"endpoint", "https://fcm.googleapis.com/fcm/send/duty"},
            {"p256dh",
             "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpk"
             "NtoIAiw4"},
            {"auth", "BTBZMqHH6r4Tts7J_aSIgg"}});
    EXPECT_EQ(added.status / 100, 2) << added.text;
    port.watch_chat_and_push();
    port.fast_forward(2h + 1min);
    for (const auto* gateway : {"works", "board", "push"}) {
        EXPECT_EQ(port.tests_of(gateway), 3) << gateway;
        EXPECT_EQ(state_of(port, gateway), "well") << gateway;
    }
    // One service of two is away: told, and the channel lives.
    port.gateway_is("works", Mood::away);
    port.fast_forward(1h);
    port.expect_mail("adm").says("送信経路が不通です").says("works");
    port.expect_no_message();
    EXPECT_EQ(state_of(port, "board"), "well");
    EXPECT_EQ(alive(port), 200);
    port.gateway_is("push", Mood::away);
    port.fast_forward(1h);
    port.expect_mail("adm").says("push");
    EXPECT_EQ(alive(port), 503);
}

// The laptop of the duty desk was replaced: nobody would be told by it, and nobody would know.
STORY("push without a browser to test it with is told as broken") {
    auto port = Port::with("two_terminals");
    port.watch_chat_and_push();
    port.fast_forward(9min);
    port.expect_no_message();
    port.fast_forward(2min);
    port.expect_mail("adm").says("push").says("no address");
    EXPECT_EQ(state_of(port, "push"), "broken");
}

}  // namespace
}  // namespace noroshi::story
