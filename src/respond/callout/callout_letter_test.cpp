#include "respond/callout/callout_letter.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "respond/callout/callout_page.h"

namespace noroshi::respond::callout {
namespace {

Letter letter() {
    Letter l;
    l.tlp = Tlp::amber_strict;
    l.text = "TOSが停止しました。\n県庁3階に参集してください。";
    l.incident_title = "コンテナターミナルシステムの停止";
    l.to_name = "佐藤";
    l.to_organisation = "第一ターミナル";
    l.from_name = "当直A";
    l.from_organisation = "灯浜港港湾管理者";
    l.raised_at = *parse_rfc3339("2026-07-04T06:45:00+09:00");
    l.answer_until = *parse_rfc3339("2026-07-05T06:45:00+09:00");
    l.link = "https://port.example/l/abc";
    l.reminders = 3;
    l.remind_after = std::chrono::minutes(10);
    return l;
}

TEST(Letter, SaysWhatItIsInTheSubject) {
    // Wrong: at 03:00 nobody opens a mail called "Notification".
    EXPECT_EQ(write(letter()).subject,
              "【緊急】[TLP:AMBER+STRICT] コンテナターミナルシステムの停止");
    Letter reminder = letter();
    reminder.round = 2;
    EXPECT_EQ(write(reminder).subject,
              "【緊急・再送2】[TLP:AMBER+STRICT] コンテナターミナルシステムの停止");
}

TEST(Letter, ADrillSaysSoAtBothEnds) {
    // Wrong: somebody drives to the port at night for an exercise, or takes an alarm for one.
    Letter drill = letter();
    drill.drill = true;
    for (const Language language : {Language::ja, Language::en}) {
        drill.language = language;
        const Written written = write(drill);
        EXPECT_TRUE(written.subject.starts_with("【訓練】")) << written.subject;
        EXPECT_TRUE(written.text.starts_with("【訓練】")) << written.text;
        EXPECT_NE(written.text.rfind("【訓練】"), 0U);
        EXPECT_GT(written.text.rfind("【訓練】"), written.text.find(drill.link));
        drill.drill = false;
        EXPECT_FALSE(write(drill).text.contains("訓練"));
        EXPECT_FALSE(write(drill).subject.contains("訓練"));
        drill.drill = true;
    }
}

TEST(Letter, CarriesTheLabelInSubjectAndText) {
    // Wrong: what is for two organisations is forwarded to the press (TLP 2.0: label in both).
    for (const Language language : {Language::ja, Language::en}) {
        Letter l = letter();
        l.language = language;
        const Written written = write(l);
        EXPECT_TRUE(written.subject.contains("TLP:AMBER+STRICT"));
        EXPECT_TRUE(written.text.contains("TLP:AMBER+STRICT"));
        EXPECT_TRUE(written.html.contains("TLP:AMBER+STRICT"));
    }
}

TEST(Letter, WhoeverMayNotSeeTheIncidentIsNotToldItsTitle) {
    // Wrong: a call-out gives away what the incident's visibility protects.
    Letter l = letter();
    l.incident_title = "";
    const Written written = write(l);
    EXPECT_FALSE(written.subject.contains("コンテナ"));
    EXPECT_TRUE(written.subject.contains("一斉連絡"));
}

TEST(Letter, TheLinkStandsAloneOnItsLine) {
    // Wrong: a mail program takes the full stop after the link for a part of it.
    const Written written = write(letter());
    EXPECT_TRUE(written.text.contains("\nhttps://port.example/l/abc\n")) << written.text;
    EXPECT_TRUE(written.html.contains("<a href=\"https://port.example/l/abc\""));
}

TEST(Letter, WhatTheCallerWroteCannotBecomeMarkup) {
    // Wrong: a pasted "<" hides the rest of the alarm, or a link leads to somebody else's page.
    Letter l = letter();
    l.text = "<a href=\"https://evil.example\">ここ</a> & \"x\"";
    const std::string html = write(l).html;
    EXPECT_FALSE(html.contains("<a href=\"https://evil"));
    EXPECT_TRUE(html.contains("&lt;a href=&quot;https://evil.example&quot;&gt;"));
}

TEST(Letter, NoPlaceholderIsLeftUnfilled) {
    // Wrong: the mail begins with "Dear {name}".
    for (const Language language : {Language::ja, Language::en})
        for (int round : {0, 1, 3}) {
            Letter l = letter();
            l.language = language;
            l.round = round;
            l.drill = true;
            const Written written = write(l);
            for (const auto& text : {written.subject, written.text, written.html}) {
                EXPECT_EQ(text.find('{'), std::string::npos) << text;
                EXPECT_FALSE(text.contains("respond.callout.")) << text;
            }
        }
}

AnswerPage page() {
    AnswerPage p;
    p.label = "TLP:AMBER";
    p.heading = "システムの停止";
    p.text = "参集してください。";
    p.person_name = "佐藤";
    p.person_organisation = "第一ターミナル";
    p.from_organisation = "灯浜港港湾管理者";
    p.raised_at = *parse_rfc3339("2026-07-04T06:45:00+09:00");
    p.answer_until = *parse_rfc3339("2026-07-05T06:45:00+09:00");
    return p;
}

TEST(AnswerPage, AsksAndShowsTheAnswerSoFar) {
    // Wrong: nobody knows whether the answer given half asleep was received.
    AnswerPage p = page();
    EXPECT_TRUE(page_of(p).contains("まだ回答していません"));
    for (std::string_view answer : {"coming", "cannot", "substitute"})
        EXPECT_TRUE(page_of(p).contains("value=\"" + std::string(answer) + "\""));
    p.answer = AnswerSoFar{AnswerKind::coming, p.raised_at, "", "車で向かう",
                           *parse_rfc3339("2026-07-04T06:50:00+09:00")};
    p.saved = true;
    const std::string html = page_of(p);
    EXPECT_TRUE(html.contains("回答を受け付けました"));
    EXPECT_TRUE(html.contains("車で向かう"));
}

TEST(AnswerPage, PressingEnterInAFieldAnswersNothing) {
    // Wrong: somebody types the substitute's name, presses enter, and has said "coming".
    const std::string html = page_of(page());
    const auto form = html.find("<form");
    ASSERT_NE(form, std::string::npos);
    const auto first = html.find("<button", form);
    EXPECT_EQ(html.substr(first, html.find('>', first) - first),
              "<button type=\"submit\" disabled hidden");
}

TEST(AnswerPage, IsOverWhenTheCalloutIsOver) {
    // Wrong: an answer is typed that nobody takes.
    AnswerPage p = page();
    p.ending = Ending::expired;
    EXPECT_FALSE(page_of(p).contains("<form"));
    EXPECT_TRUE(page_of(p).contains("電話"));
}

TEST(AnswerPage, HasNoScriptAndNoInlineStyle) {
    // Wrong: the page stays blank in the isolated browser of a municipality.
    AnswerPage p = page();
    p.drill = true;
    p.heading = "<script>alert(1)</script>";
    p.problem = "<b>";
    const std::string html = page_of(p) + bad_link_page(Language::ja);
    EXPECT_FALSE(html.contains("<script"));
    EXPECT_FALSE(html.contains(" style="));
    EXPECT_FALSE(html.contains("<style"));
    EXPECT_TRUE(html.contains("【訓練】"));
    EXPECT_TRUE(page_of(p).contains("<title>【訓練】"));
}

TEST(Letter, APushSaysNoMoreThanAnSmsAndBringsItsAnswers) {
    // Wrong: whoever finds the telephone reads everything, or nobody can answer from the notification.
    Letter l = letter();
    for (int i = 0; i < 100; ++i) l.text += "詳細は非公開です。";
    l.drill = true;
    const auto push = boost::json::parse(write_push(l, "c1")).as_object();
    const std::string body(push.at("body").as_string());
    EXPECT_TRUE(write_sms(l).contains(body)) << body;
    EXPECT_TRUE(std::string_view(push.at("title").as_string()).starts_with("【訓練】"));
    EXPECT_EQ(push.at("url").as_string(), l.link);
    EXPECT_EQ(push.at("tag").as_string(), "c1") << "a reminder takes the place of the call";
    EXPECT_EQ(push.at("actions").at(0).at("action").as_string(), "coming");
    EXPECT_EQ(push.at("actions").at(1).at("action").as_string(), "cannot");
    EXPECT_LT(boost::json::serialize(push).size(), 3'993U) << "one record of RFC 8291";
}

TEST(Letter, AChatIsToldToOneWithALinkAndToARoomWithout) {
    // Wrong: the room sees a link by which anybody answers for somebody.
    const auto one = write_chat(letter());
    EXPECT_TRUE(one.ask.ends_with("\nhttps://port.example/l/abc"));
    Letter room = letter();
    room.link = {};
    const auto told = write_chat(room);
    EXPECT_FALSE((told.title + told.text + told.ask).contains("http"));
    EXPECT_TRUE(told.title.contains("TLP:AMBER+STRICT"));
    EXPECT_TRUE(told.text.contains("灯浜港港湾管理者"));
}

TEST(Letter, ACallSaysWhatWasPressed) {
    // Wrong: after pressing a key there is silence, and it is pressed again and again.
    const auto said = write_taken(Language::ja);
    EXPECT_TRUE(said.starts_with("1番"));
    EXPECT_EQ(std::ranges::count(said, '\n'), 3);
}

}  // namespace
}  // namespace noroshi::respond::callout
