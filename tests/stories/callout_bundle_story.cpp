// Guideline 3.1.2: in a bad night many alarms reach the same person at once. Ten messages are read by
// nobody; one that tells of all of them is, as long as each can still be answered by itself.

#include <string>

#include "tests/stories/story.h"

namespace noroshi::story {
namespace {

std::string state_of(Port& port, const std::string& callout, std::string_view login) {
    const auto board = port.as("k.mori").callout(callout);
    for (const auto& one : board.at("addressees").as_array())
        if (one.as_object().at("person").as_string() == port.person(login))
            return std::string(one.as_object().at("state").as_string());
    return "absent";
}

void answer_for(Port& port, const std::string& callout, std::string_view login) {
    const auto said =
        port.as("k.mori").post("/api/respond/callout/callouts/" + callout + "/answers",
                               json::object{{"person", port.person(login)}, {"answer", "coming"}});
    EXPECT_EQ(said.status / 100, 2) << said.text;
}

json::object once() { return {{"reminders", 0}}; }

// target/goalert's bundles: the first alarm at once, what follows together.
STORY("what follows an alarm within a minute is one message, each answered by its code") {
    auto port = Port::with("two_terminals");
    port.give_mobile("p.tani", "+819012345678", {"sms"});
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto first = port.as("k.mori").call_out(incident, {"police"}, "一つ目です", once());
    port.expect_sms("p.tani").says("一つ目です").says("記号 a");
    const auto second = port.as("k.mori").call_out(incident, {"police"}, "二つ目です", once());
    port.fast_forward(20s);
    const auto third = port.as("k.mori").call_out(incident, {"police"}, "三つ目です", once());
    port.fast_forward(39s);
    port.expect_no_message();
    port.fast_forward(1s);
    port.expect_sms("p.tani")
        .says("2件の一斉連絡")
        .says("■b")
        .says("二つ目です")
        .says("■c")
        .says("三つ目です")
        .does_not_say("一つ目です");
    port.expect_no_message();
    EXPECT_EQ(state_of(port, second, "p.tani"), "delivered");
    EXPECT_EQ(state_of(port, third, "p.tani"), "delivered");
    port.reply("+819012345678", "1c");
    EXPECT_EQ(state_of(port, third, "p.tani"), "answered");
    EXPECT_EQ(state_of(port, second, "p.tani"), "delivered");
    port.reply("+819012345678", "2b");
    EXPECT_EQ(state_of(port, second, "p.tani"), "answered");
    EXPECT_EQ(state_of(port, first, "p.tani"), "delivered");
    port.fast_forward(23h);
    port.expect_no_message();
}

// grafana-cold-storage/oncall#4654: paging after an answer.
STORY("what was answered in between is not told, also after a restart") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.as("k.mori").call_out(incident, {"police"}, "一つ目です", once());
    port.expect_mail("p.tani");
    const auto second = port.as("k.mori").call_out(incident, {"police"}, "二つ目です", once());
    const auto third = port.as("k.mori").call_out(incident, {"police"}, "三つ目です", once());
    answer_for(port, second, "p.tani");
    port.restart();
    port.expect_no_message();
    port.fast_forward(1min);
    const auto mail = port.expect_mail("p.tani").says("三つ目です").does_not_say("二つ目です");
    port.expect_no_message();
    EXPECT_EQ(port.answer(mail, {{"answer", "coming"}}).status, 200);
    EXPECT_EQ(state_of(port, third, "p.tani"), "answered");
    port.fast_forward(23h);
    port.expect_no_message();
}

STORY("a bundle that waits for its relay leaves out what is answered meanwhile") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.as("k.mori").call_out(incident, {"police"}, "一つ目です", once());
    port.expect_mail("p.tani");
    const auto second = port.as("k.mori").call_out(incident, {"police"}, "二つ目です", once());
    const auto third = port.as("k.mori").call_out(incident, {"police"}, "三つ目です", once());
    port.mail_will("p.tani", Outcome::failed, 3);
    port.fast_forward(1min);
    port.expect_no_message();
    answer_for(port, second, "p.tani");
    port.restart();
    port.fast_forward(10min);
    port.expect_mail("p.tani").says("三つ目です").does_not_say("二つ目です");
    port.expect_no_message();
    EXPECT_EQ(state_of(port, third, "p.tani"), "delivered");
    port.fast_forward(23h);
    port.expect_no_message();
}

STORY("a bundle of which everything is answered or over is not sent") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto first = port.as("k.mori").call_out(incident, {"police"}, "一つ目です", once());
    port.expect_mail("p.tani");
    const auto second = port.as("k.mori").call_out(incident, {"police"}, "二つ目です", once());
    const auto third = port.as("k.mori").call_out(incident, {"police"}, "三つ目です", once());
    port.mail_will("p.tani", Outcome::failed, 3);
    port.fast_forward(1min);
    answer_for(port, second, "p.tani");
    EXPECT_EQ(port.as("k.mori")
                      .post("/api/respond/callout/callouts/" + third + "/resolve", json::object{})
                      .status /
                  100,
              2);
    port.fast_forward(23h);
    port.expect_no_message();
    EXPECT_EQ(state_of(port, first, "p.tani"), "delivered");
}

STORY("reminders that fall close together are one mail with all the links") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const json::object twice{{"reminders", 1}, {"remind_after_minutes", 10}};
    port.as("k.mori").call_out(incident, {"police"}, "一つ目です", twice);
    port.expect_mail("p.tani").says("一つ目です");
    port.fast_forward(1min);
    port.as("k.mori").call_out(incident, {"police"}, "二つ目です", twice);
    port.expect_mail("p.tani").says("二つ目です");
    port.fast_forward(9min);
    port.expect_no_message();
    port.fast_forward(2min);
    port.expect_mail("p.tani")
        .says("2件の一斉連絡")
        .says("一つ目です")
        .says("二つ目です")
        .says("再送1回目");
    port.expect_no_message();
    port.fast_forward(23h);
    port.expect_no_message();
}

STORY("a drill and the real thing are never in one message") {
    auto port = Port::with("two_terminals");
    const auto exercise = port.as("k.mori").start_exercise("初動訓練", port.now(), 1.0);
    const auto practised =
        port.as("k.mori").open_incident("【訓練】ゲート停止", {{"exercise", exercise}});
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.as("k.mori").call_out(practised, {"police"}, "訓練の連絡です", once());
    port.expect_mail("p.tani").says("訓練の連絡です");
    port.as("k.mori").call_out(incident, {"police"}, "本物の連絡です", once());
    port.expect_mail("p.tani").says("本物の連絡です").does_not_say("訓練");
    port.expect_no_message();
}

}  // namespace
}  // namespace noroshi::story
