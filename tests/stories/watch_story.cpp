// The column on the Port of Los Angeles' CRC: a sign at one member is told to that member; the same at
// two becomes a warning to all, and nobody learns at whom.

#include <algorithm>

#include "tests/stories/story.h"

namespace noroshi::story {
namespace {

constexpr auto warnings = "/api/watch/warnings/warnings";
constexpr auto sightings = "/api/watch/warnings/sightings";

json::array items(Port& port, const std::string& login, const std::string& target) {
    const auto answer = port.as(login).get(target);
    EXPECT_EQ(answer.status, 200) << answer.text;
    return answer.status == 200 ? answer.body.as_object().at("items").as_array() : json::array{};
}
void report(Port& port, const std::string& login, const std::string& member, std::string sign) {
    const auto answer = port.as(login).post(sightings, {{"member", port.organisation(member)},
                                                        {"sign_kind", "indicator"},
                                                        {"sign", std::move(sign)},
                                                        {"what", "保守用VPNへの総当たり"}});
    EXPECT_EQ(answer.status, 201) << answer.text;
}
std::string proposal(Port& port) {
    const auto all = items(port, "k.mori", warnings);
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? "" : std::string(all[0].as_object().at("id").as_string());
}
Answer issue(Port& port, const std::string& id, bool release_sign = false) {
    return port.as("k.mori").post(std::string(warnings) + "/" + id + "/issue",
                                  {{"title", "保守用VPNへの攻撃"},
                                   {"what", "同じ接続元から多数の試み"},
                                   {"what_to_do", "多要素認証を確かめてください"},
                                   {"release_sign", release_sign}});
}

// Whoever reports must not be recognised by what others read, nor by who gets which mail.
STORY("the same sign at two terminals warns everybody, and nobody learns at whom") {
    auto port = Port::with("two_terminals");
    report(port, "n.kato", "north", "203.0.113.45");
    port.expect_no_message();
    EXPECT_TRUE(items(port, "k.mori", warnings).empty());
    report(port, "s.hara", "south", "203.0.113[.]45");
    port.expect_mail("n.kato").says("ほかでも見つかりました").does_not_say("南");
    port.expect_mail("s.hara").says("ほかでも見つかりました").does_not_say("北");
    for (const auto* moderator : {"k.mori", "a.sato"}) port.expect_mail(moderator);
    port.expect_no_message();

    const auto id = proposal(port);
    EXPECT_EQ(issue(port, id, true).key, "watch.warnings.not_released");
    EXPECT_EQ(port.as("s.hara")
                  .post(std::string(warnings) + "/" + id + "/release",
                        {{"member", port.organisation("south")}, {"approved", true}})
                  .status,
              200);
    EXPECT_EQ(issue(port, id, true).status, 200);
    // Contributors get the same mail as everybody: who gets none would be known for it.
    for (const auto* person : {"n.kato", "s.hara"})
        port.expect_mail(person).says("早期警報 第1号").does_not_say("ターミナル");
    port.expect_no_message();

    // The attacker: another member who reads every answer and counts.
    const auto seen = port.as("h.seki").get(warnings);
    EXPECT_EQ(seen.status, 200);
    for (const auto* never :
         {"confidential\":{", "contributors", "北", "南", "\"version\":1", "proposed_at"})
        EXPECT_EQ(seen.text.find(never), std::string::npos) << never << " in " << seen.text;
    EXPECT_EQ(port.as("h.seki").get(std::string(warnings) + "/" + id).status, 200);
    const auto own = items(port, "n.kato", warnings);
    EXPECT_EQ(own.at(0).as_object().at("contributed").as_array().size(), 1U);
    // Nor by the events that are streamed while it happens: only the issue itself is anybody's.
    for (const auto& event : port.events_after("h.seki", 0)) {
        const auto text = json::serialize(event);
        EXPECT_EQ(text.find("sighting"), std::string::npos) << text;
        EXPECT_EQ(text.find("release"), std::string::npos) << text;
    }
}

// The number of proposals, their order and their ids must not tell when somebody reported.
STORY("what others see of a warning is the same whoever reported, and in whatever order") {
    std::vector<std::string> views;
    for (const bool north_first : {true, false}) {
        auto port = Port::with("two_terminals");
        if (north_first) report(port, "n.kato", "north", "192.0.2.7");
        report(port, "s.hara", "south", "192.0.2.7");
        if (!north_first) report(port, "n.kato", "north", "192.0.2.7");
        for (const auto* person : {"n.kato", "s.hara", "k.mori", "a.sato"})
            port.expect_mail(person);
        // A proposal that is dismissed leaves no gap in the numbers that others see.
        report(port, "n.kato", "north", "evil.example");
        report(port, "s.hara", "south", "evil.example");
        for (const auto* person : {"n.kato", "s.hara", "k.mori", "a.sato"})
            port.expect_mail(person);
        const auto all = items(port, "k.mori", warnings);
        EXPECT_EQ(all.size(), 2U);
        for (const auto& one : all) {
            const auto& object = one.as_object();
            const std::string id(object.at("id").as_string());
            const auto sign = object.at("confidential").as_object().at("sign").as_string();
            if (sign == "evil.example")
                EXPECT_EQ(port.as("k.mori")
                              .post(std::string(warnings) + "/" + id + "/dismiss",
                                    {{"reason", "訓練の痕跡"}})
                              .status,
                          200);
            else
                EXPECT_EQ(issue(port, id).status, 200);
        }
        for (const auto* person : {"n.kato", "s.hara"}) port.expect_mail(person);
        port.expect_no_message();
        auto seen = items(port, "h.seki", warnings);
        EXPECT_EQ(seen.size(), 1U);
        for (auto& one : seen) one.as_object().erase("id");  // random
        for (auto& one : seen)
            for (auto& edition : one.as_object().at("editions").as_array())
                edition.as_object().erase("issued_at");
        views.push_back(json::serialize(seen));
    }
    EXPECT_EQ(views.at(0), views.at(1));
}

STORY("counter-measures are followed by the moderators alone, and another sighting warns again") {
    auto port = Port::with("two_terminals");
    report(port, "n.kato", "north", "192.0.2.7");
    report(port, "s.hara", "south", "192.0.2.7");
    for (const auto* person : {"n.kato", "s.hara", "k.mori", "a.sato"}) port.expect_mail(person);
    const auto id = proposal(port);
    EXPECT_EQ(issue(port, id).status, 200);
    for (const auto* person : {"n.kato", "s.hara"}) port.expect_mail(person);
    EXPECT_EQ(
        port.as("s.hara")
            .post(std::string(warnings) + "/" + id + "/answer",
                  {{"member", port.organisation("south")}, {"seen", "yes"}, {"measure", "blocked"}})
            .status,
        200);
    EXPECT_NE(port.as("k.mori").get(warnings).text.find("\"blocked\""), std::string::npos);
    for (const auto* other : {"n.kato", "h.seki"})
        EXPECT_EQ(port.as(other).get(warnings).text.find("\"blocked\""), std::string::npos);
    report(port, "n.kato", "north", "192.0.2.7");
    for (const auto* moderator : {"k.mori", "a.sato"})
        port.expect_mail(moderator).says("また見つかりました").does_not_say("北");
    report(port, "n.kato", "north", "192.0.2.7");
    port.expect_no_message();
    EXPECT_TRUE(items(port, "k.mori", warnings)
                    .at(0)
                    .as_object()
                    .at("confidential")
                    .as_object()
                    .at("seen_again")
                    .as_bool());
    EXPECT_EQ(issue(port, id).status, 200);
    for (const auto* person : {"n.kato", "s.hara"}) port.expect_mail(person).says("第2報");
}

}  // namespace
}  // namespace noroshi::story
