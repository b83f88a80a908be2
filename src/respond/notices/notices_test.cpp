// Who may tell the public what, and when.

#include <gtest/gtest.h>

#include "respond/notices/notices_scene.h"

namespace noroshi::respond::notices {
namespace {

using namespace std::chrono_literals;

using NoticesTest = Scene;

// One tired person would tell the public something wrong, and nobody would have read it.
TEST_F(NoticesTest, nobody_approves_what_they_wrote) {
    const auto id = *draft(duty, words());
    EXPECT_EQ(approve(duty, id).error().key, "respond.notices.own_draft");
    EXPECT_EQ(approve(north_person, id).error().key, "respond.notices.unknown");
    EXPECT_FALSE(shown("/ja.html").contains("ゲートの停止"));
    EXPECT_TRUE(approve(leader, id));
    EXPECT_TRUE(shown("/ja.html").contains("ゲートの停止"));
}

// An administrator would be the exception through which everything goes out.
TEST_F(NoticesTest, four_eyes_hold_for_administrators_and_for_every_author) {
    const auto by_duty = *draft(duty, words());
    // The administrator adds a word, and is an author like the first.
    council::Council& rooms = *council;
    EXPECT_TRUE(desk.run(
        [&](auto& r) -> Result<> { return rooms.give_role(r, admin, {manager, Role::clerk}); }));
    EXPECT_TRUE(draft_again(admin, by_duty, words("別の題")));
    EXPECT_EQ(approve(admin, by_duty).error().key, "respond.notices.own_draft");
    EXPECT_EQ(approve(duty, by_duty).error().key, "respond.notices.own_draft");
    EXPECT_TRUE(approve(leader, by_duty));
    // With the next edition the count begins anew.
    EXPECT_TRUE(draft_again(leader, by_duty, words("続報")));
    EXPECT_TRUE(approve(admin, by_duty));
}

// The leader would approve a text that was changed while they read.
TEST_F(NoticesTest, what_is_approved_is_the_version_that_was_read) {
    const auto id = *draft(duty, words());
    EXPECT_EQ(approve(leader, id, {}).error().key, "respond.notices.version_missing");
    EXPECT_TRUE(draft_again(duty, id, words("書き直した題")));
    EXPECT_EQ(approve(leader, id, 1).error().kind, ErrorKind::conflict);
    EXPECT_TRUE(approve(leader, id, 2));
    EXPECT_EQ(approve(leader, id, 3).error().key, "respond.notices.no_draft");
    EXPECT_EQ(draft_again(duty, id, words(), 1).error().kind, ErrorKind::conflict);
}

// One operator would announce another's restart, or the port manager's roads.
TEST_F(NoticesTest, an_operator_writes_about_its_own_terminals_only) {
    EXPECT_EQ(draft(north_person, words()).error().pointer, "/terminals");
    auto request = words();
    request.terminals = {line(north, Service::stopped)};
    EXPECT_TRUE(draft(north_person, request));
    request.terminals.push_back(line(south, Service::stopped));
    EXPECT_EQ(draft(north_person, request).error().key, "respond.notices.not_your_terminal");
    EXPECT_EQ(draft(north_person, request).error().pointer, "/terminals/1/terminal");
    request.terminals.pop_back();
    request.roads = {RoadLine{"臨港道路", "", Traffic::queue, {}, {}, {}}};
    EXPECT_EQ(draft(north_person, request).error().pointer, "/roads");
    // The port manager may; the operator leaves that as it stands and adds its own.
    request.terminals.push_back(line(south, Service::reduced));
    const auto id = *draft(duty, request);
    auto mine = request;
    mine.terminals[0].service = Service::reduced;
    const auto as_drafted = notices->view().find(id)->draft;
    mine.terminals[1] = as_drafted->terminals[1];
    mine.roads = as_drafted->roads;
    EXPECT_TRUE(draft_again(north_person, id, mine));
}

// The port manager would promise a restart of which the operator knows nothing.
TEST_F(NoticesTest, an_operator_agrees_first_where_the_roles_are_divided_so) {
    EXPECT_TRUE(keep(leader, [&](const Ground& ground, const Principal&) {
        return divide_roles(ground, north, {{Topic::restart}});
    }));
    auto request = words();
    request.terminals = {line(north, Service::stopped), line(south, Service::stopped)};
    const auto id = *draft(duty, request);
    EXPECT_TRUE(approve(leader, id)) << "nothing was said of a restart";
    request.terminals[0].restart_at = desk.clock().now() + 6h;
    EXPECT_TRUE(draft_again(duty, id, request));
    EXPECT_EQ(approve(leader, id).error().key, "respond.notices.agreement_missing");
    const auto agree_as = [&](const PersonId& who) {
        return keep(who, [&](const Ground& ground, const Principal& by) {
            return agree(ground, id, by, notices->view().find(id)->version);
        });
    };
    EXPECT_FALSE(agree_as(officer)) << "the police is not the operator";
    EXPECT_TRUE(agree_as(north_person));
    EXPECT_TRUE(approve(leader, id));
    // What the operator wrote itself needs no more; what is changed afterwards does.
    request.terminals[0].restart_at = desk.clock().now() + 9h;
    EXPECT_TRUE(draft_again(duty, id, request));
    EXPECT_TRUE(agree_as(north_person));
    request.terminals[0].restart_at = desk.clock().now() + 12h;
    EXPECT_TRUE(draft_again(duty, id, request));
    EXPECT_EQ(approve(leader, id).error().key, "respond.notices.agreement_missing");
}

// A notice would warn the attacker while the police is still looking.
TEST_F(NoticesTest, a_hold_stands_before_publication) {
    const auto id = *draft(duty, words());
    EXPECT_TRUE(keep(duty, [&](const Ground& ground, const Principal& by) {
        return place_hold(ground, id, {"警察と協議するまで公表しない"}, by);
    }));
    EXPECT_EQ(approve(leader, id).error().key, "respond.notices.on_hold");
    EXPECT_TRUE(draft_again(duty, id, words("書き直し")));
    EXPECT_EQ(approve(leader, id).error().key, "respond.notices.on_hold");
    EXPECT_EQ(keep(leader, [&](const Ground& ground,
                               const Principal& by) { return lift_hold(ground, id, {" "}, by); })
                  .error()
                  .pointer,
              "/consulted");
    EXPECT_TRUE(keep(leader, [&](const Ground& ground, const Principal& by) {
        return lift_hold(ground, id, {"県警察：公表して差し支えない"}, by);
    }));
    EXPECT_TRUE(approve(leader, id));
}

// A mistake in the request would be found by the public.
TEST_F(NoticesTest, what_is_wrong_is_named_with_its_place) {
    const auto refused = [&](auto change) {
        auto request = words();
        change(request);
        const auto made = draft(duty, request);
        return made ? std::string("accepted") : made.error().pointer;
    };
    EXPECT_EQ(refused([](auto& r) { r.texts.clear(); }), "/texts/ja");
    EXPECT_EQ(refused([](auto& r) { r.texts["ja"].body = " \n"; }), "/texts/ja/body");
    EXPECT_EQ(refused([](auto& r) { r.texts["ja"].body = "a\x01"; }), "/texts/ja/body");
    EXPECT_EQ(refused([](auto& r) { r.texts["<b>"] = {"a", "b"}; }), "/texts/<b>");
    EXPECT_EQ(refused([](auto& r) { r.texts["en"] = {"", "b"}; }), "/texts/en/title");
    EXPECT_EQ(refused([&](auto& r) { r.terminals = {line(TerminalId{"?"}, Service::normal)}; }),
              "/terminals/0/terminal");
    EXPECT_EQ(refused([&](auto& r) {
                  r.terminals = {line(north, Service::normal), line(north, Service::stopped)};
              }),
              "/terminals/1/terminal");
    EXPECT_EQ(refused([&](auto& r) { r.next_update_at = desk.clock().now() + 24h * 800; }),
              "/next_update_at");
    for (const auto* tag : {"ja", "en", "zh-Hans", "pt-BR", "fil"})
        EXPECT_TRUE(is_language_tag(tag));
    for (const auto* tag : {"", "j", "english", "en-", "-en", "1a", "en--us", "zh_Hans"})
        EXPECT_FALSE(is_language_tag(tag)) << tag;
}

// The port would find out at the press conference that there is nobody to speak.
TEST_F(NoticesTest, readiness_asks_for_two_spokespersons) {
    const auto errors = [&] {
        std::string keys;
        for (const auto& item : notices->view().desk_item(Language::ja).readiness)
            if (item.severity == Severity::error) keys += item.key + " ";
        return keys;
    };
    EXPECT_EQ(errors(), "two_spokespersons no_desk ");
    const auto name = [&](std::vector<Spokesperson> people) {
        return keep(leader, [&](const Ground& ground, const Principal&) {
            return name_spokespersons(ground, {people}, {});
        });
    };
    EXPECT_TRUE(name({{leader, "03-0000-0000"}}));
    EXPECT_EQ(name({{leader, ""}, {leader, ""}}).error().pointer, "/spokespersons/1/person");
    EXPECT_EQ(errors(), "two_spokespersons no_desk ");
    EXPECT_TRUE(name({{leader, ""}, {duty, ""}}));
    EXPECT_TRUE(keep(leader, [&](const Ground&, const Principal&) {
        return open_desk({"広報", "", "03-0000-0001", "", "", ""}, {});
    }));
    EXPECT_EQ(errors(), "");
    // Whoever is erased speaks no more.
    EXPECT_TRUE(desk.run([&](auto& r) { return council->erase_person(r, duty); }));
    EXPECT_TRUE(errors().starts_with("two_spokespersons"));
}

// The public would read of a disaster that was an exercise.
TEST_F(NoticesTest, a_drill_never_reaches_the_public_page) {
    const ExerciseId exercise{"spring"};
    EXPECT_TRUE(desk.run([&](journal::Recorder& recorder) -> Result<> {
        practise::drills::ExerciseStarted started;
        started.title = "机上訓練";
        started.starts_at = recorder.now();
        journal::record(recorder, {"practise/drills/spring", Visibility{}, {exercise}, {}, {}},
                        started);
        return {};
    }));
    const auto opened = desk.run([&](auto& recorder) {
        incident::OpenRequest request;
        request.title = "訓練の停止";
        request.effects = {incident::Effect::freight};
        request.exercise = exercise;
        return incident->open(recorder, as(duty), request);
    });
    ASSERT_TRUE(opened) << describe(opened.error());
    auto request = words("訓練でしか起きていないこと");
    request.incident = opened->id;
    const auto before = shown("/status.json");
    const auto id = publish(request);
    EXPECT_EQ(notices->view().find(id)->editions.size(), 1U) << "the exercise has it";
    EXPECT_TRUE(notices->view().item(id, as(leader))->drill);
    EXPECT_EQ(shown("/status.json"), before);
    for (const auto* path : {"/ja.html", "/feed.atom", "/alerts.cap"})
        EXPECT_FALSE(shown(path).contains("訓練")) << path;
    desk.reopen();
    notices->set_public_url("https://port.example");
    EXPECT_EQ(shown("/status.json"), before);
    EXPECT_EQ(notices->public_view().publications(), 0U);
}

// A draft would be read by whom it does not concern, before it is true.
TEST_F(NoticesTest, drafts_are_for_those_whom_they_concern) {
    auto request = words();
    request.terminals = {line(north, Service::stopped)};
    const auto id = *draft(duty, request);
    EXPECT_TRUE(notices->view().item(id, as(north_person))->draft);
    EXPECT_FALSE(notices->view().item(id, as(south_person)));
    EXPECT_EQ(notices->view().list(as(south_person)).hidden, 1U);
    EXPECT_TRUE(approve(leader, id));
    const auto published = notices->view().item(id, as(south_person));
    ASSERT_TRUE(published);
    EXPECT_EQ(published->editions.size(), 1U);
}

}  // namespace
}  // namespace noroshi::respond::notices
