#include "edge/courier/sms_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace noroshi::edge::courier {
namespace {

std::string joined(const SmsParts& parts) {
    SmsJoiner joiner;
    std::string text;
    for (const auto& part : parts.parts)
        if (auto whole = joiner.add("p", read_sms(part, parts.alphabet == SmsAlphabet::ucs2 ? 8 : 0,
                                                  parts.parts.size() > 1)))
            text = *whole;
    return text;
}

TEST(SmsText, AShortJapaneseTextIsOneMessageOfUcs2) {
    // Wrong: 70 characters are billed and shown as two messages.
    std::string text;
    for (int i = 0; i < 70; ++i) text += "港";
    const auto parts = split_sms(text, 1);
    ASSERT_EQ(parts.parts.size(), 1U);
    EXPECT_EQ(parts.parts[0].size(), 140U);
    EXPECT_EQ(parts.parts[0].substr(0, 2), "\x6E\x2F");
    EXPECT_EQ(split_sms(text + "。", 1).parts.size(), 2U);
}

TEST(SmsText, ALongTextIsPutTogetherAgainOnTheTelephone) {
    // Wrong: the place to gather stands in a part that the telephone cannot join.
    std::string text = "北ふ頭🚢";
    for (int i = 0; i < 100; ++i) text += "参集してください";
    const auto parts = split_sms(text, 0xAB);
    EXPECT_GT(parts.parts.size(), 10U);
    for (const auto& part : parts.parts) {
        EXPECT_LE(part.size(), 140U);
        EXPECT_EQ(part.substr(0, 4), std::string("\x05\x00\x03\xAB", 4));
    }
    EXPECT_EQ(joined(parts), text);
}

TEST(SmsText, ASurrogatePairIsNeverCutApart) {
    // Wrong: half a character on each of two messages, shown as two boxes.
    std::string text(66, 'x');
    for (int i = 0; i < 40; ++i) text += "🚢";
    EXPECT_EQ(joined(split_sms(text, 3)), text);
}

TEST(SmsText, GsmTextKeepsItsExtensions) {
    // Wrong: a bracket in a link turns into a space.
    std::string text = "see [https://port.example/l/{a}] ~|\\^ 5 € @ _ $";
    EXPECT_EQ(split_sms(text, 1).alphabet, SmsAlphabet::gsm);
    EXPECT_EQ(joined(split_sms(text, 1)), text);
    text += std::string(300, 'a');
    EXPECT_EQ(joined(split_sms(text, 1)), text);
}

TEST(SmsText, WhatIsTooLongEndsVisibly) {
    // Wrong: a text that silently lacks its end is followed as if it were whole.
    std::string text;
    for (int i = 0; i < 5'000; ++i) text += "港";
    const auto parts = split_sms(text, 1);
    EXPECT_LE(parts.parts.size(), sms_parts_limit);
    EXPECT_TRUE(joined(parts).ends_with("…"));
}

TEST(SmsText, PartsOfSeveralSendersDoNotMix) {
    // Wrong: one person's answer is completed by another's.
    SmsJoiner joiner;
    EXPECT_FALSE(joiner.add("a", {"1", 7, 2, 1}));
    EXPECT_FALSE(joiner.add("b", {"x", 7, 2, 2}));
    EXPECT_EQ(joiner.add("a", {"2", 7, 2, 2}), "12");
    EXPECT_EQ(joiner.add("b", {"y", 7, 2, 1}), "yx");
}

RC_GTEST_PROP(SmsTextProperty, WhateverIsReadIsText,
              (std::string bytes, std::uint8_t coding, bool header)) {
    const auto part = read_sms(bytes, coding, header);
    RC_ASSERT(part.number >= 1 && part.number <= part.total);
}

}  // namespace
}  // namespace noroshi::edge::courier
