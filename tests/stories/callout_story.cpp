// Guideline 3.1.2 休日・夜間を問わない連絡体制: what a port must be able to rely on when it raises the alarm.

#include <algorithm>

#include "tests/stories/story.h"

namespace noroshi::story {
namespace {

std::string at(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    if (found == nullptr) return "absent";
    return found->is_string() ? std::string(found->get_string()) : json::serialize(*found);
}

// A person's line on the board of a call-out.
json::object line(Port& port, const std::string& callout, std::string_view login) {
    const auto board = port.as("k.mori").callout(callout);
    for (const auto& one : board.at("addressees").as_array())
        if (at(one.as_object(), "person") == port.person(login)) return one.as_object();
    ADD_FAILURE() << login << " was not called";
    return {};
}
std::string state(Port& port, const std::string& callout, std::string_view login) {
    return at(line(port, callout, login), "state");
}

// Saturday morning, half past six: one button, and both people of North know.
STORY("an alarm reaches everybody who was called, once") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto callout =
        port.as("k.mori").call_out(incident, {"north"}, "県庁3階に参集してください。");
    for (const auto* login : {"n.kato", "n.ono"})
        port.expect_mail(login)
            .about("ゲート停止")
            .says("県庁3階に参集してください。")
            .says("【緊急】")
            .says("TLP:GREEN")
            .is_no_drill();
    port.expect_no_message();
    EXPECT_EQ(state(port, callout, "n.kato"), "delivered");
}

STORY("who has not answered is reminded, and who has is left in peace") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto callout =
        port.as("k.mori").call_out(incident, {"north"}, "至急参集", {{"reminders", 2}});
    const auto mail = port.expect_mail("n.kato");
    port.expect_mail("n.ono");
    EXPECT_EQ(port.answer(mail, {{"answer", "coming"}}).status, 200);
    port.fast_forward(9min);
    port.expect_no_message();
    port.fast_forward(1min);
    port.expect_mail("n.ono").says("再送1");
    port.expect_no_message("n.kato");
    port.fast_forward(10min);
    port.expect_mail("n.ono").says("再送2");
    // Two reminders were asked for; a third would be noise.
    port.fast_forward(23h);
    port.expect_no_message();
    EXPECT_EQ(state(port, callout, "n.ono"), "delivered");
    const auto reach = port.as("k.mori").callout(callout).at("reach").as_object();
    EXPECT_EQ(at(reach, "addressed"), "2");
    EXPECT_EQ(at(reach, "answered"), "1");
    EXPECT_EQ(reach.at("rate").to_number<double>(), 0.5);
}

// A mail scanner opens every link it sees.
STORY("opening the link answers nothing") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto callout = port.as("k.mori").call_out(incident, {"police"}, "至急参集");
    const auto mail = port.expect_mail("p.tani");
    const auto before = port.sequence();
    EXPECT_EQ(at(port.open_link(mail).body.as_object(), "text"), "至急参集");
    const auto page = port.ask({}, "GET", "/l/" + mail.link(), {}, {});
    EXPECT_EQ(page.status, 200);
    EXPECT_NE(page.text.find("参集できますか"), std::string::npos);
    EXPECT_EQ(port.sequence(), before);
    EXPECT_EQ(state(port, callout, "p.tani"), "delivered");
}

STORY("a thumb on a telephone is enough to answer, and to change the answer") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto callout = port.as("k.mori").call_out(incident, {"police"}, "至急参集");
    const auto mail = port.expect_mail("p.tani");
    const std::string target = "/l/" + mail.link();
    const auto press = [&](std::string form) {
        return port.ask({}, "POST", target, std::move(form),
                        {{"content-type", "application/x-www-form-urlencoded"}});
    };
    const auto taken = press("answer=coming&arrival=30&substitute=&note=");
    EXPECT_EQ(taken.status, 303);
    EXPECT_EQ(taken.location, target + "?saved=1");
    EXPECT_EQ(at(line(port, callout, "p.tani"), "coming_at"), "2026-07-03T22:00:00Z");
    EXPECT_NE(port.ask({}, "GET", taken.location, {}, {}).text.find("受け付けました"),
              std::string::npos);

    const auto nameless = press("answer=substitute&substitute=+");
    EXPECT_EQ(nameless.location, target + "?problem=substitute_missing");
    EXPECT_EQ(at(line(port, callout, "p.tani"), "answer"), "coming") << "the old answer stands";
    EXPECT_EQ(press("answer=substitute&substitute=%E9%98%BF%E9%83%A8").status, 303);
    EXPECT_EQ(at(line(port, callout, "p.tani"), "answer"), "substitute");
    EXPECT_EQ(at(line(port, callout, "p.tani"), "substitute"), "阿部");
    EXPECT_EQ(at(line(port, callout, "p.tani"), "way"), "link");
}

STORY("a link answers for one person, in one call-out, for a day") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto callout =
        port.as("k.mori").call_out(incident, {"police"}, "至急参集", {{"reminders", 0}});
    const auto mail = port.expect_mail("p.tani");
    auto link = mail.link();
    for (const auto& wrong : {std::string("x"), link + "A", link.substr(0, link.size() - 4)})
        EXPECT_EQ(
            port.ask({}, "POST", "/api/respond/callout/link/" + wrong, R"({"answer":"coming"})", {})
                .status,
            404)
            << wrong;
    EXPECT_EQ(state(port, callout, "p.tani"), "delivered");
    port.fast_forward(24h);
    const auto late = port.answer(mail, {{"answer", "coming"}});
    EXPECT_GE(late.status, 400);
    EXPECT_EQ(at(port.as("k.mori").callout(callout), "ending"), "expired");
    const auto page = port.ask({}, "GET", "/l/" + link, {}, {});
    EXPECT_EQ(page.text.find("<form"), std::string::npos);
    EXPECT_NE(page.text.find("電話"), std::string::npos) << "says what to do instead";
}

STORY("a call-out that is over wakes nobody") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto callout = port.as("k.mori").call_out(incident, {"north", "south"}, "至急参集");
    for (const auto* login : {"n.kato", "n.ono", "s.hara"}) port.expect_mail(login);
    EXPECT_EQ(port.as("k.mori")
                  .post("/api/respond/callout/callouts/" + callout + "/resolve", json::object{})
                  .status,
              200);
    port.fast_forward(48h);
    port.expect_no_message();
    EXPECT_EQ(at(port.as("k.mori").callout(callout), "ending"), "resolved");
}

// Nobody believes that a person was told who could not be.
STORY("who cannot be reached is named at once") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto raised = port.as("k.mori").post(
        "/api/respond/callout/callouts",
        {{"incident", incident.id},
         {"text", "至急参集"},
         {"organisations", {port.organisation("police"), port.organisation("south")}},
         {"roles", {"security_person"}},
         {"reminders", 0}});
    EXPECT_EQ(raised.status, 201) << raised.text;
    const auto& gaps = raised.body.at("unreachable").as_array();
    ASSERT_EQ(gaps.size(), 1U) << raised.text;
    EXPECT_EQ(at(gaps[0].as_object(), "organisation"), port.organisation("police"));
    EXPECT_EQ(at(gaps[0].as_object(), "why"), "no_person");
    port.expect_mail("s.hara");
}

STORY("an address that is refused stands on the board as not reached") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.mail_will("s.hara", Outcome::refused);
    const auto callout =
        port.as("k.mori").call_out(incident, {"south"}, "至急参集", {{"reminders", 1}});
    port.expect_no_message();
    EXPECT_EQ(state(port, callout, "s.hara"), "failed");
    EXPECT_EQ(at(line(port, callout, "s.hara"), "gap"), "refused");
    // The reminder is a new message; it may go through.
    port.fast_forward(10min);
    port.expect_mail("s.hara");
    EXPECT_EQ(state(port, callout, "s.hara"), "delivered");
}

STORY("a relay that is down for a while delays the alarm and does not lose it") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.mail_will("s.hara", Outcome::failed, 3);
    const auto callout =
        port.as("k.mori").call_out(incident, {"south"}, "至急参集", {{"reminders", 0}});
    port.expect_no_message();
    EXPECT_EQ(state(port, callout, "s.hara"), "waiting");
    port.fast_forward(10min);
    port.expect_mail("s.hara");
    port.expect_no_message();
    EXPECT_EQ(at(line(port, callout, "s.hara"), "attempts"), "4");
}

// The mail may have gone out, or not: an alarm prefers a repeat to silence.
STORY("a doubtful transmission is repeated under the same Message-ID") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.mail_will("s.hara", Outcome::unknown);
    const auto callout =
        port.as("k.mori").call_out(incident, {"south"}, "至急参集", {{"reminders", 0}});
    port.expect_no_message();
    EXPECT_EQ(state(port, callout, "s.hara"), "sent");
    port.fast_forward(1min);
    const auto mail = port.expect_mail("s.hara");
    EXPECT_NE(mail.message().message_id.find(callout), std::string::npos);
    EXPECT_NE(mail.message().message_id.find(".0@"), std::string::npos);
    EXPECT_EQ(state(port, callout, "s.hara"), "delivered");
}

STORY("a server that is restarted in the middle of the alarm goes on where it stopped") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto callout =
        port.as("k.mori").call_out(incident, {"north"}, "至急参集", {{"reminders", 1}});
    const auto mail = port.expect_mail("n.kato");
    port.expect_mail("n.ono");
    port.restart();
    port.expect_no_message();
    EXPECT_EQ(port.answer(mail, {{"answer", "cannot"}}).status, 200) << "old links still open";
    port.restart();
    port.fast_forward(10min);
    port.expect_mail("n.ono").says("再送1");
    port.restart();
    port.fast_forward(1h);
    port.expect_no_message();
    EXPECT_EQ(at(line(port, callout, "n.kato"), "answer"), "cannot");
}

// Somebody rings back instead.
STORY("a clerk takes down what was said on the telephone, and only for those who were called") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto callout = port.as("k.mori").call_out(incident, {"south"}, "至急参集");
    port.expect_mail("s.hara");
    const std::string answers = "/api/respond/callout/callouts/" + callout + "/answers";
    EXPECT_EQ(port.as("c.abe")
                  .post(answers, {{"person", port.person("s.hara")},
                                  {"answer", "coming"},
                                  {"note", "電話で聞き取り"}})
                  .status,
              200);
    const auto taken = line(port, callout, "s.hara");
    EXPECT_EQ(at(taken, "way"), "on_behalf");
    EXPECT_NE(at(taken, "answered_by"), "absent");
    EXPECT_EQ(port.as("c.abe")
                  .post(answers, {{"person", port.person("p.tani")}, {"answer", "coming"}})
                  .key,
              "respond.callout.not_addressed");
    EXPECT_EQ(port.as("n.kato")
                  .post(answers, {{"person", port.person("s.hara")}, {"answer", "cannot"}})
                  .key,
              "respond.callout.on_behalf_not_permitted");
    port.fast_forward(1h);
    port.expect_no_message();
}

// Guideline 3.2.1: a drill uses the real channels, and nobody takes it for the real thing.
STORY("a drill's alarm is stamped, and runs on the drill's clock") {
    auto port = Port::with("two_terminals");
    const auto exercise = port.as("k.mori").start_exercise(
        "情報伝達訓練", *parse_rfc3339("2023-07-04T06:30:00+09:00"), 60);
    const auto incident = port.as("k.mori").open_incident("TOS停止", {{"exercise", exercise}});
    const auto callout =
        port.as("k.mori").call_out(incident, {"south"}, "訓練、訓練。至急参集。訓練、訓練。");
    port.expect_mail("s.hara").is_a_drill().says("【訓練】");
    port.fast_forward(9s);
    port.expect_no_message();
    port.fast_forward(1s);  // ten minutes of the exercise
    port.expect_mail("s.hara").is_a_drill();
    // A pause stops the reminders as it stops everything else.
    port.as("k.mori").pace(exercise, 0);
    port.fast_forward(1h);
    port.expect_no_message();
    port.as("k.mori").end_exercise(exercise);
    port.fast_forward(1h);
    port.expect_no_message();
    EXPECT_EQ(at(port.as("k.mori").callout(callout), "ending"), "exercise_ended");
    // And no trace of it among the live ones.
    const auto live = port.as("k.mori").get("/api/respond/callout/callouts");
    EXPECT_TRUE(live.body.at("items").as_array().empty()) << live.text;
}

STORY("an alarm does not give away what a person may not see") {
    auto port = Port::with("two_terminals");
    // In confidence between North and the port manager.
    const auto incident = port.as("n.kato").open_incident("秘密の侵入");
    const auto callout =
        port.as("k.mori").call_out(incident, {"south"}, "至急お電話ください。", {{"reminders", 0}});
    const auto mail = port.expect_mail("s.hara");
    mail.says("至急お電話ください。").does_not_say("秘密の侵入").says("TLP:AMBER");
    EXPECT_EQ(port.open_link(mail).text.find("秘密"), std::string::npos);
    EXPECT_EQ(port.as("p.tani").get("/api/respond/callout/callouts/" + callout).status, 404);
    const auto own = port.as("s.hara").callout(callout);
    EXPECT_EQ(own.at("addressees").as_array().size(), 1U);
    const auto list =
        port.as("p.tani").get("/api/respond/callout/callouts?incident=" + incident.id);
    EXPECT_EQ(at(list.body.as_object(), "hidden"), "1");
}

STORY("who may not raise the alarm cannot") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const json::object request{{"incident", incident.id},
                               {"text", "至急"},
                               {"organisations", {port.organisation("south")}}};
    EXPECT_EQ(port.as("h.seki").post("/api/respond/callout/callouts", request).status, 403);
    port.as("k.mori").close(incident);
    EXPECT_EQ(port.as("k.mori").post("/api/respond/callout/callouts", request).key,
              "respond.callout.incident_closed");
    port.expect_no_message();
}

// A request that is repeated because its answer was lost must not ring twice.
STORY("a call-out sent twice over a bad line rings once") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const json::object request{{"incident", incident.id},
                               {"text", "至急"},
                               {"organisations", {port.organisation("south")}},
                               {"reminders", 0}};
    const auto first = port.as("k.mori").post("/api/respond/callout/callouts", request, "key-1");
    const auto again = port.as("k.mori").post("/api/respond/callout/callouts", request, "key-1");
    EXPECT_EQ(first.text, again.text);
    port.expect_mail("s.hara");
    port.expect_no_message();
}

STORY("an open board sees answers come in") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    port.as("k.mori").call_out(incident, {"south"}, "至急参集");
    const auto mail = port.expect_mail("s.hara");
    const auto before = port.sequence();
    EXPECT_EQ(port.answer(mail, {{"answer", "coming"}}).status, 200);
    const auto events = port.events_after("c.abe", before);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(at(events[0].as_object(), "type"), "respond.callout.callout_changed");
    EXPECT_EQ(at(events[0].as_object(), "topic"), "respond/incident/" + incident.id);
}

}  // namespace
}  // namespace noroshi::story
