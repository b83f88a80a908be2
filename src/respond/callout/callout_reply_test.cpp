#include "respond/callout/callout_reply.h"

#include <gtest/gtest.h>

namespace noroshi::respond::callout {
namespace {

using std::chrono::minutes;

std::string seen(std::string_view text) {
    const auto reply = read_reply(text);
    if (!reply) return "-";
    std::string out(reply->answer == AnswerKind::coming   ? "coming"
                    : reply->answer == AnswerKind::cannot ? "cannot"
                                                          : "substitute");
    if (!reply->code.empty()) out += " code " + reply->code;
    if (const auto* within = std::get_if<minutes>(&reply->arrival))
        out += " in " + std::to_string(within->count());
    if (const auto* at = std::get_if<ClockTime>(&reply->arrival))
        out += " at " + std::to_string(at->hour) + ":" + std::to_string(at->minute);
    if (!reply->substitute.empty()) out += " by " + reply->substitute;
    if (!reply->note.empty()) out += " note " + reply->note;
    return out;
}

TEST(ShortReply, WhatPeopleTypeIsUnderstood) {
    // Wrong: somebody answers and is called again because of a full-width digit.
    EXPECT_EQ(seen("1"), "coming");
    EXPECT_EQ(seen("１"), "coming");
    EXPECT_EQ(seen(" 1\r\n"), "coming");
    EXPECT_EQ(seen("1a"), "coming code a");
    EXPECT_EQ(seen("A1"), "coming code a");
    EXPECT_EQ(seen("2 b"), "cannot code b");
    EXPECT_EQ(seen("1 04:10"), "coming at 4:10");
    EXPECT_EQ(seen("1　０４：１０"), "coming at 4:10");
    EXPECT_EQ(seen("1 0410"), "coming at 4:10");
    EXPECT_EQ(seen("1a 4時10分"), "coming code a at 4:10");
    EXPECT_EQ(seen("1 4時半着"), "coming at 4:30");
    EXPECT_EQ(seen("1 30分"), "coming in 30");
    EXPECT_EQ(seen("1+45"), "coming in 45");
    EXPECT_EQ(seen("1 1時間30分後"), "coming in 90");
    EXPECT_EQ(seen("参集可 5時"), "coming at 5:0");
    EXPECT_EQ(seen("参集不可"), "cannot");
    EXPECT_EQ(seen("ﾊｲ"), "-") << "half-width kana folds to katakana, which is no word of ours";
    EXPECT_EQ(seen("No"), "cannot");
    EXPECT_EQ(seen("OK 10:00"), "coming at 10:0");
    EXPECT_EQ(seen("3 山本が行きます"), "substitute by 山本が行きます");
    EXPECT_EQ(seen("代理 山本"), "substitute by 山本");
    EXPECT_EQ(seen("2 出張中です"), "cannot note 出張中です");
    // The code behind a word: read as a note, it would answer every call-out that waits.
    EXPECT_EQ(seen("参集可 a"), "coming code a");
    EXPECT_EQ(seen("はいｂ"), "coming code b");
    EXPECT_EQ(seen("No ab"), "cannot code ab");
    EXPECT_EQ(seen("No bus"), "cannot note bus");
    EXPECT_EQ(seen("代理 a"), "substitute code a");
    EXPECT_EQ(seen("代理 Ko"), "substitute by ko");
}

TEST(ShortReply, WhatIsNoAnswerIsNotTakenForOne) {
    // Wrong: an out-of-office text counts as an answer.
    for (const auto* text :
         {"", "   ", "4", "12", "0", "100", "nobody is here", "okay then?",
          "ただいま電話に出ることができません", "3時に会議", "1時間後に連絡します"})
        EXPECT_EQ(seen(text), "-") << text;
}

TEST(ShortReply, TheClockMeansTheNextTimeItShowsSo) {
    // Wrong: "04:10", typed at 23:50, is yesterday.
    const Instant now = *parse_rfc3339("2026-07-04T23:50:30+09:00");
    EXPECT_EQ(next_at({4, 10}, now, "Asia/Tokyo"), *parse_rfc3339("2026-07-05T04:10:00+09:00"));
    EXPECT_EQ(next_at({23, 51}, now, "Asia/Tokyo"), *parse_rfc3339("2026-07-04T23:51:00+09:00"));
}

TEST(ShortReply, NumbersAreComparedWhateverTheirForm) {
    // Wrong: a reply from 090… is not known to be +81 90…'s.
    EXPECT_EQ(bare_number("+81 90-1234-5678"), "819012345678");
    EXPECT_EQ(bare_number("09012345678"), "819012345678");
    EXPECT_EQ(bare_number("819012345678"), "819012345678");
    EXPECT_EQ(bare_number("00819012345678"), "819012345678");
}

}  // namespace
}  // namespace noroshi::respond::callout
