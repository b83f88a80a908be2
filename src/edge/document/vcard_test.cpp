#include "edge/document/vcard.h"

#include <gtest/gtest.h>

namespace noroshi::edge::document {
namespace {

// Whoever hands in the address book of their telephone would have to type it all again.
TEST(VCards, of_each_version_are_read) {
    const auto read = read_vcards(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:山田;太郎;;;\r\nFN:山田 "
        "太郎\r\nX-PHONETIC-LAST-NAME:ﾔﾏﾀﾞ\r\n"
        "X-PHONETIC-FIRST-NAME:ﾀﾛｳ\r\nORG:北埠頭\\, 株式会社;システム課\r\nTITLE:係長\r\n"
        "EMAIL;TYPE=INTERNET,HOME:home@x.example\r\nitem1.EMAIL;TYPE=pref:taro@north\r\n "
        ".example\r\n"
        "TEL;TYPE=WORK,FAX:052-000-0001\r\nTEL;TYPE=CELL:090-0000-0001\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\nVERSION:4.0\nFN:Duty "
        "Manager\nTEL;VALUE=uri;TYPE=\"voice,work\";PREF=1:tel:+81-52-000-0002\n"
        "TEL;TYPE=home:052-000-0003\nLANG:en\nEND:VCARD\n");
    ASSERT_TRUE(read) << describe(read.error());
    ASSERT_EQ(read->cards.size(), 2U);
    const auto& taro = read->cards[0];
    EXPECT_EQ(taro.name, "山田 太郎");
    EXPECT_EQ(taro.kana, "ヤマダ タロウ");
    EXPECT_EQ(taro.organisation, "北埠頭, 株式会社");
    EXPECT_EQ(taro.department, "システム課");
    EXPECT_EQ(taro.title, "係長");
    EXPECT_EQ(taro.emails, (std::vector<std::string>{"taro@north.example", "home@x.example"}));
    ASSERT_EQ(taro.phones.size(), 2U);
    EXPECT_TRUE(taro.phones[0].fax && taro.phones[0].work && taro.phones[1].mobile);
    const auto& duty = read->cards[1];
    EXPECT_EQ(duty.line, 15U);
    EXPECT_EQ(duty.phones[0].number, "+81-52-000-0002");
    EXPECT_TRUE(duty.phones[0].work && duty.phones[1].home);
    EXPECT_EQ(duty.language, "en");
}

TEST(VCards, of_old_japanese_telephones_are_read) {
    // 山田 in Shift_JIS, once coded for mail, once as it is.
    const auto coded = read_vcards(
        "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=8E=52=\r\n="
        "93=63;\r\n"
        "SOUND;X-IRMC-N;CHARSET=SHIFT_JIS:\xD4\xCF\xC0\xDE;;;;\r\nTEL;CELL:09000000001\r\nEND:"
        "VCARD\r\n");
    ASSERT_TRUE(coded) << describe(coded.error());
    EXPECT_EQ(coded->cards.at(0).name, "山田");
    EXPECT_EQ(coded->cards.at(0).kana, "ヤマダ");
    EXPECT_TRUE(coded->cards.at(0).phones.at(0).mobile);
    const auto plain = read_vcards(
        "BEGIN:VCARD\nVERSION:3.0\nFN:\x8E\x52\x93\x63\nORG:\x96\x6B\x95\xB6\nEND:VCARD\n");
    EXPECT_EQ(plain->cards.at(0).name, "山田");
    EXPECT_EQ(plain->cards.at(0).organisation, "北文");
}

TEST(VCards, a_broken_one_is_named_and_the_others_are_kept) {
    const auto read = read_vcards(
        "BEGIN:VCARD\nFN:a\nBEGIN:VCARD\nFN:b\nnonsense\nEND:VCARD\nEND:VCARD\nBEGIN:VCARD\nFN:c");
    ASSERT_TRUE(read);
    ASSERT_EQ(read->cards.size(), 1U);
    EXPECT_EQ(read->cards[0].name, "b");
    EXPECT_EQ(read->broken, (std::vector<std::size_t>{1, 8}));
    EXPECT_EQ(read_vcards("name,mobile\n").error().key, "edge.document.vcard.none");
    EXPECT_EQ(read_vcards(std::string("BEGIN:VCARD\0", 12)).error().key,
              "edge.document.sheet.not_text");
}

}  // namespace
}  // namespace noroshi::edge::document
