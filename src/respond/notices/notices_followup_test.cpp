// The long run.

#include <gtest/gtest.h>

#include "respond/notices/notices_followup.h"
#include "respond/notices/notices_scene.h"

namespace noroshi::respond::notices {
namespace {

using namespace std::chrono_literals;

class LongRunTest : public Scene {
protected:
    template <class F>
    auto by(const PersonId& who, F act) {
        return desk.run([&](auto& r) { return act(notices->long_run(), r, as(who)); }, who.text);
    }
    FollowUps list() { return *notices->long_run().list(as(duty)); }
    LineMessageRequest letter() const {
        return {{{"ja", {"復旧のお知らせ", "通常どおり荷役しています。"}},
                 {"en", {"The port works again", "Cargo is handled as usual."}}}};
    }
    PersonId line_person(std::string name, Language language) {
        const auto line = organise(council::OrganisationKind::shipping_line, name + "汽船");
        return *desk.run([&](auto& recorder) {
            return council->register_person(recorder, {.name = name, .language = language},
                                            {{line, Role::member}});
        });
    }
};

// Half a year later nobody would know which lines have not come back.
TEST_F(LongRunTest, lost_calls_stand_until_they_come_back) {
    const auto lose = [&](std::string name, Instant at) {
        return by(duty, [&](auto& room, auto& r, const auto& who) {
            LostCallRequest request;
            request.loss = Loss::service;
            request.line = "東西汽船";
            request.name = std::move(name);
            request.went_to = "となり港";
            request.lost_at = at;
            return room.note(r, request, who);
        });
    };
    const auto now = desk.clock().now();
    const auto old = *lose("欧州航路", now - 48h);
    const auto fresh = *lose("北米航路", now - 1h);
    EXPECT_EQ(lose("x", now + 1h).error().pointer, "/lost_at");
    EXPECT_EQ(list().lost.at(0).id, fresh);
    EXPECT_EQ(list().calls_lost, 2U);
    const auto back = [&](const LostCallId& id, std::optional<Instant> at) {
        return by(leader, [&](auto& room, auto& r, const auto& who) {
            return room.returned(r, id, {at, "8月から再開"}, who, {});
        });
    };
    EXPECT_EQ(back(fresh, now - 2h).error().pointer, "/returned_at");
    EXPECT_TRUE(back(fresh, {}));
    EXPECT_EQ(back(fresh, {}).error().key, "respond.notices.returned_already");
    desk.reopen();
    EXPECT_EQ(list().lost.at(0).id, old) << "what is still lost stands first";
    EXPECT_EQ(list().calls_lost, 1U);
    EXPECT_EQ(list().calls_returned, 1U);
}

// With the incident closed, what was promised to the lines would be forgotten.
TEST_F(LongRunTest, what_is_to_be_done_goes_on_by_date_and_keeps_its_reasons) {
    const auto now = desk.clock().now();
    const auto add = [&](std::string text, std::optional<Instant> due) {
        return by(duty, [&](auto& room, auto& r, const auto& who) {
            return room.add(r, {std::move(text), leader, due, {}}, who);
        });
    };
    const auto late = *add("船社を訪ねる", now + 24h * 30);
    const auto soon = *add("荷主へ説明する", now + 24h);
    EXPECT_EQ(list().followups.at(0).id, soon);
    EXPECT_TRUE(by(duty, [&](auto& room, auto& r, const auto& who) {
        return room.postpone(r, soon, {now + 24h * 60, "先方の都合"}, who, 1);
    }));
    EXPECT_EQ(list().followups.at(0).id, late);
    EXPECT_EQ(list().followups.at(1).postponed, 1U);
    EXPECT_EQ(by(duty, [&](auto& room, auto& r,
                           const auto& who) { return room.done(r, late, {" "}, who, {}); })
                  .error()
                  .pointer,
              "/result");
    EXPECT_TRUE(by(leader, [&](auto& room, auto& r, const auto& who) {
        return room.done(r, late, {"3社を訪ねた"}, who, {});
    }));
    EXPECT_EQ(list().open, 1U);
    EXPECT_EQ(list().followups.at(0).id, soon);
    EXPECT_FALSE(notices->long_run().list(as(north_person)));
}

// One person alone would write to every line in the port's name, and twice.
TEST_F(LongRunTest, lines_are_written_to_by_two_people_and_once) {
    const auto id = *by(duty, [&](auto& room, auto& r, const auto& who) {
        return room.draft(r, {}, letter(), who, {});
    });
    const auto send = [&](const PersonId& who, Version version) {
        return by(who, [&](auto& room, auto& r, const auto& principal) {
            return room.send(r, id, principal, version);
        });
    };
    EXPECT_EQ(send(duty, 1).error().key, "respond.notices.own_draft");
    EXPECT_EQ(send(leader, 1).error().key, "respond.notices.nobody_to_tell");
    const auto person = line_person("東西", Language::en);
    line_person("南北", Language::ja);  // has no address
    EXPECT_TRUE(desk.run([&](auto& r) {
        return contacts->change_contact(r, person, {.email = "desk@line.example"}, {});
    }));
    EXPECT_EQ(send(leader, {}).error().key, "respond.notices.version_missing");
    EXPECT_EQ(send(leader, 7).error().kind, ErrorKind::conflict);
    EXPECT_TRUE(send(leader, 1));
    EXPECT_EQ(send(admin, 2).error().key, "respond.notices.sent_already");
    const auto sent = list().messages.at(0);
    EXPECT_EQ(sent.people, 1U);
    EXPECT_EQ(sent.lines.size(), 1U);
    EXPECT_EQ(sent.unreached.size(), 1U) << "who was not reached is named";
    EXPECT_EQ(desk.journal().outbox_counts().waiting, 1U);
    auto without_english = letter();
    without_english.texts.erase("en");
    EXPECT_EQ(by(duty, [&](auto& room, auto& r,
                           const auto& who) { return room.draft(r, {}, without_english, who, {}); })
                  .error()
                  .pointer,
              "/texts/en");
}

}  // namespace
}  // namespace noroshi::respond::notices
