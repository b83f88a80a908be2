#include "edge/courier/mail.h"

#include <gtest/gtest.h>

#include <openssl/evp.h>

namespace noroshi::edge::courier {
namespace {

Message alarm() {
    Message m;
    m.key = "c/p/email/0";
    m.to = "duty@terminal-1.example";
    m.to_name = "第一ターミナル 当直";
    m.message_id = "<c.p.0@akarihama.example>";
    m.subject =
        "【訓練】【緊急】[TLP:AMBER] コンテナターミナルのシステム停止について（全ターミナルの"
        "情報セキュリティ担当者へ）";
    m.text = "システムが停止しました。\n参集の可否をご回答ください。";
    m.drill = true;
    return m;
}
const Letterhead from{"noroshi@akarihama.example", "灯浜港 サイバー連絡", "Asia/Tokyo"};
Instant at() { return *parse_rfc3339("2026-07-04T06:30:00+09:00"); }

std::vector<std::string> lines_of(const std::string& mail) {
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < mail.size();) {
        const auto end = mail.find("\r\n", begin);
        lines.push_back(mail.substr(begin, end - begin));
        if (end == std::string::npos) break;
        begin = end + 2;
    }
    return lines;
}

std::string unbase64(std::string_view text) {
    std::string out(text.size(), '\0');
    const int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                  reinterpret_cast<const unsigned char*>(text.data()),
                                  static_cast<int>(text.size()));
    EXPECT_GE(n, 0) << text;
    out.resize(static_cast<std::size_t>(n) - (text.ends_with("==")  ? 2
                                              : text.ends_with('=') ? 1
                                                                    : 0));
    return out;
}

// Reads RFC 2047 words the plain way: the reference the writer is held against.
std::string read_words(std::string_view header) {
    std::string out;
    for (std::size_t i = 0; i < header.size();) {
        constexpr std::string_view opening = "=?UTF-8?B?";
        if (header.substr(i).starts_with(opening)) {
            const auto end = header.find("?=", i + opening.size());
            out += unbase64(header.substr(i + opening.size(), end - i - opening.size()));
            i = end + 2;
            if (header.substr(i).starts_with("\r\n ")) i += 3;
        } else {
            out += header[i++];
        }
    }
    return out;
}

TEST(Mail, AJapaneseSubjectArrivesWordForWord) {
    // Wrong: the duty officer's phone shows =?UTF-8?B? or boxes instead of 【緊急】.
    const std::string subject = alarm().subject;
    EXPECT_EQ(read_words(encode_words(subject, 9)), subject);
    EXPECT_EQ(encode_words("DRILL [TLP:GREEN] Systems down", 9), "DRILL [TLP:GREEN] Systems down");
    const std::string pretending = "=?UTF-8?B?44GC?=";
    EXPECT_EQ(read_words(encode_words(pretending, 9)), pretending);
}

TEST(Mail, NoEncodedWordCutsACharacterInTwo) {
    // Wrong: a long subject loses a character at every fold, just where 不可 stands.
    for (std::size_t length = 1; length < 60; ++length) {
        std::string text;
        for (std::size_t i = 0; i < length; ++i)
            text += i % 3 == 0 ? "参" : i % 3 == 1 ? "a" : "🔥";
        const std::string words = encode_words(text, 9);
        EXPECT_EQ(read_words(words), text);
        std::string_view rest = words;
        while (rest.contains("=?UTF-8?B?")) {
            const auto begin = rest.find("=?UTF-8?B?") + 10;
            const auto word = unbase64(rest.substr(begin, rest.find("?=", begin) - begin));
            EXPECT_NE(static_cast<unsigned char>(word[0]) & 0xc0, 0x80) << length;
            rest.remove_prefix(begin);
        }
    }
}

TEST(Mail, NoLineIsTooLongForARelay) {
    // Wrong: a relay cuts or refuses lines longer than the standard allows, and the alarm with it.
    Message m = alarm();
    m.text = std::string(5'000, 'x') + "\n" + m.text;
    m.html = "<p>" + std::string(5'000, 'y') + "</p>";
    for (const auto& line : lines_of(write_mail(m, from, at())))
        EXPECT_LE(line.size(), 78U) << line;
}

TEST(Mail, NothingInTheTextCanBecomeAHeader) {
    // Wrong: whoever writes the subject of a call-out can add a Bcc to it.
    Message m = alarm();
    m.subject = "停止\r\nBcc: press@example.org";
    m.to_name = "x\r\nBcc: press@example.org";
    m.in_reply_to = "<a@b>\r\nBcc: press@example.org";
    const auto lines = lines_of(write_mail(m, from, at()));
    for (const auto& line : lines) EXPECT_FALSE(line.starts_with("Bcc")) << line;
}

TEST(Mail, ADrillIsMarkedForProgramsToo) {
    // Wrong: a drill's mail sets off a real alarm in somebody's mail rule.
    const std::string drill = write_mail(alarm(), from, at());
    EXPECT_TRUE(drill.contains("\r\nX-Noroshi-Drill: yes\r\n"));
    EXPECT_TRUE(drill.contains("\r\nAuto-Submitted: auto-generated\r\n"));
    EXPECT_TRUE(drill.contains("\r\nDate: Sat, 04 Jul 2026 06:30:00 +0900\r\n"));
    EXPECT_TRUE(drill.contains("\r\nMessage-ID: <c.p.0@akarihama.example>\r\n"));
    Message live = alarm();
    live.drill = false;
    EXPECT_TRUE(write_mail(live, from, at()).contains("\r\nX-Noroshi-Drill: no\r\n"));
}

// A mail program would show no way out, and the reader would call it spam.
TEST(Mail, ALetterToASubscriberCanBeEndedWithOneClick) {
    Message m = alarm();
    EXPECT_FALSE(write_mail(m, from, at()).contains("List-Unsubscribe"));
    m.unsubscribe_url = "https://port.example/u/abc\r\nBcc: x@y>";
    const auto mail = write_mail(m, from, at());
    EXPECT_TRUE(mail.contains("\r\nList-Unsubscribe: <https://port.example/u/abcBcc:x@y>\r\n"));
    EXPECT_TRUE(mail.contains("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    EXPECT_FALSE(mail.contains("Importance"));
}

TEST(Mail, TheSameMessageIsTheSameBytes) {
    // Wrong: a mail that was sent again after a broken connection is not recognised as the same.
    Message m = alarm();
    m.html = "<p>a</p>";
    EXPECT_EQ(write_mail(m, from, at()), write_mail(m, from, at()));
}

TEST(Mail, AnAddressIsCheckedBeforeItReachesARelay) {
    // Wrong: an address with a line break in it speaks SMTP to our relay.
    EXPECT_TRUE(is_mail_address("duty@terminal-1.example"));
    EXPECT_TRUE(is_mail_address("当直@港湾.example"));
    for (std::string_view bad : {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b>",
                                 "a@b\r\nRCPT TO:<c@d>", "a@b,c", "\"a\"@b"})
        EXPECT_FALSE(is_mail_address(bad)) << bad;
}

}  // namespace
}  // namespace noroshi::edge::courier
