// Guideline 3.3.3: experts from outside, in one incident and for as long as their host wants.

#include "tests/stories/story.h"

namespace noroshi::story {
namespace {

// Another terminal would send away whom the port manager had asked for help.
STORY("a guest is sent away by whoever let them in, and by nobody else") {
    auto port = Port::with("two_terminals");
    const auto incident = port.as("k.mori").open_incident("ゲート停止");
    const auto invited = port.as("k.mori").post("/api/respond/guests/invitations",
                                                {{"incident", incident.id},
                                                 {"name", "解析担当"},
                                                 {"affiliation", "解析社"},
                                                 {"until", "2026-07-06T06:30:00+09:00"},
                                                 {"may_write", true}});
    ASSERT_EQ(invited.status, 201) << invited.text;
    const std::string guest(invited.body.at("person").as_string());
    const auto dismiss = [&](std::string login) {
        return port.ask(login, "DELETE", "/api/respond/guests/invitations/" + guest, {}, {}).key;
    };
    EXPECT_EQ(port.as("n.kato").get("/api/respond/incident/incidents/" + incident.id).status, 200);
    EXPECT_EQ(dismiss("n.kato"), "respond.guests.not_yours");
    EXPECT_EQ(dismiss("k.mori"), "");
    EXPECT_EQ(dismiss("k.mori"), "prepare.council.unknown_guest");
}

}  // namespace
}  // namespace noroshi::story
