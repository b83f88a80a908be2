// The inquiry desk.

#include <gtest/gtest.h>

#include "respond/notices/notices_inquiries.h"
#include "respond/notices/notices_scene.h"

namespace noroshi::respond::notices {
namespace {

using namespace std::chrono_literals;

class InquiriesTest : public Scene {
protected:
    Result<InquiryId> log(const PersonId& by, const InquiryRequest& request) {
        return desk.run([&](auto& r) { return notices->inquiries().log(r, request, as(by)); },
                        by.text);
    }
    Result<> answer(const InquiryId& id, std::string text,
                    std::optional<StandingAnswerId> standing = {}, Version version = {}) {
        return desk.run(
            [&](auto& r) {
                return notices->inquiries().answer(r, id, {text, standing}, as(duty), version);
            },
            duty.text);
    }
    InquiryItems list() { return *notices->inquiries().list(as(duty)); }
};

// The reporter whose deadline is in ten minutes would wait behind last week's thanks.
TEST_F(InquiriesTest, open_questions_stand_on_top_the_most_urgent_first) {
    const auto now = desk.clock().now();
    const auto late = *log(
        duty,
        {Asker::press, InquiryKind::question, "記者 090-0000-0000", "原因は何か", {}, now + 8h});
    const auto soon =
        *log(duty, {Asker::press, InquiryKind::question, "放送局", "再開はいつか", {}, now + 1h});
    const auto done = *log(duty, {Asker::haulier, InquiryKind::complaint, "", "列が長い", {}, {}});
    EXPECT_EQ(list().items[0].id, done) << "no deadline: due when asked";
    EXPECT_TRUE(answer(done, "ご迷惑をおかけしています。"));
    const auto items = list();
    EXPECT_EQ(items.open, 2U);
    EXPECT_EQ(items.items[0].id, soon);
    EXPECT_EQ(items.items[1].id, late);
    EXPECT_EQ(items.items[2].id, done);
    EXPECT_EQ(items.items[2].answered_by, "当直");
}

// Two people at the desk would tell two stories.
TEST_F(InquiriesTest, standing_answers_are_counted_and_changed_in_versions) {
    const auto keep = [&](std::optional<StandingAnswerId> id, std::string text, Version version) {
        return desk.run([&](auto& r) {
            return notices->inquiries().keep(r, id, {"再開はいつか", text, "", false}, as(leader),
                                             version);
        });
    };
    const auto id = *keep({}, "未定です。", {});
    EXPECT_EQ(keep(id, "夕方の見込みです。", 7).error().kind, ErrorKind::conflict);
    EXPECT_TRUE(keep(id, "夕方の見込みです。", 1));
    const auto asked = *log(duty, {Asker::press, InquiryKind::question, "", "再開は", {}, {}});
    EXPECT_EQ(answer(asked, "x", StandingAnswerId{"?"}).error().pointer, "/standing");
    EXPECT_TRUE(answer(asked, "夕方の見込みです。", id));
    EXPECT_EQ(list().standing.at(0).given, 1U);
    EXPECT_EQ(list().standing.at(0).answer, "夕方の見込みです。");
}

// An operator would read what the press asked about its neighbour.
TEST_F(InquiriesTest, the_log_is_the_port_managers) {
    EXPECT_EQ(log(north_person, {Asker::press, InquiryKind::question, "", "?", {}, {}}).error().key,
              "respond.notices.not_port_manager");
    EXPECT_FALSE(notices->inquiries().list(as(officer)));
    EXPECT_EQ(log(duty, {Asker::press, InquiryKind::question, "", " ", {}, {}}).error().pointer,
              "/text");
}

// A caller's number would stay for ever.
TEST_F(InquiriesTest, who_asked_can_be_erased_and_the_question_stays) {
    const auto id =
        *log(duty,
             {Asker::resident, InquiryKind::complaint, "港区の住民 090-0000-0000", "騒音", {}, {}});
    EXPECT_TRUE(desk.run([&](auto& r) { return notices->inquiries().erase(r, id, as(duty)); }));
    EXPECT_EQ(list().items[0].from, "");
    desk.reopen();
    EXPECT_EQ(list().items[0].from, "");
    EXPECT_EQ(list().items[0].text, "騒音");
    EXPECT_TRUE(journal::verify_chain(desk.store()));
}

}  // namespace
}  // namespace noroshi::respond::notices
