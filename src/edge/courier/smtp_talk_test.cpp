#include "edge/courier/smtp_talk.h"

#include <gtest/gtest.h>

namespace noroshi::edge::courier {
namespace {

enum class Until { connect, greeting, sender, recipient, data, text, given };

SmtpTalk talk(Until until) {
    SmtpTalk t;
    if (until == Until::connect) return t;
    t.heard("220 mx.example ESMTP\r\n");
    if (until == Until::greeting) return t;
    t.said("EHLO akarihama.example\r\n");
    t.heard("250-mx.example\r\n");
    t.heard("250 SMTPUTF8\r\n");
    t.said("MAIL FROM:<noroshi@akarihama.example>\r\n");
    if (until == Until::sender) return t;
    t.heard("250 2.1.0 ok\r\n");
    t.said("RCPT TO:<duty@terminal-1.example>\r\n");
    if (until == Until::recipient) return t;
    t.heard("250 2.1.5 ok\r\n");
    t.said("DATA\r\n");
    if (until == Until::data) return t;
    t.heard("354 go ahead\r\n");
    t.text_begun();
    if (until == Until::text) return t;
    t.text_given();
    return t;
}
Outcome after(Until until, std::string_view reply = {}) {
    SmtpTalk t = talk(until);
    if (!reply.empty()) t.heard(reply);
    return t.end(false, "relay", "broken").outcome;
}

TEST(SmtpTalk, OnlyABreakAfterTheTextLeavesDoubt) {
    // Wrong: an alarm that went out is counted as lost and sent twice, or the other way round.
    for (Until until : {Until::connect, Until::greeting, Until::sender, Until::recipient,
                        Until::data, Until::text})
        EXPECT_EQ(after(until), Outcome::failed) << static_cast<int>(until);
    EXPECT_EQ(after(Until::given), Outcome::unknown);
}

TEST(SmtpTalk, ARefusedAddressIsNotTriedAgain) {
    // Wrong: an address that left the company is tried every minute for a day, and the board says
    // "waiting" where it should say "not reachable".
    EXPECT_EQ(after(Until::recipient, "550 5.1.1 no such user\r\n"), Outcome::refused);
    EXPECT_EQ(after(Until::data, "554 5.7.1 refused\r\n"), Outcome::refused);
    EXPECT_EQ(after(Until::given, "552 5.3.4 too big\r\n"), Outcome::refused);
}

TEST(SmtpTalk, ARelayInTroubleIsNotTheAddressesFault) {
    // Wrong: our own relay's wrong password makes the whole port "not reachable" for good.
    EXPECT_EQ(after(Until::greeting, "554 5.3.2 no service here\r\n"), Outcome::failed);
    EXPECT_EQ(after(Until::sender, "550 5.7.1 sender not allowed\r\n"), Outcome::failed);
    EXPECT_EQ(after(Until::recipient, "450 4.2.0 greylisted\r\n"), Outcome::failed);
    EXPECT_EQ(after(Until::recipient, "421 4.3.2 closing\r\n"), Outcome::failed);
    EXPECT_EQ(after(Until::given, "451 4.3.0 try later\r\n"), Outcome::failed);
}

TEST(SmtpTalk, AnAcceptedTextIsDeliveredWhateverComesAfter) {
    // Wrong: a server that hangs up rudely after "250" makes us send the alarm again.
    SmtpTalk t = talk(Until::given);
    t.heard("250 2.0.0 queued as 4711\r\n");
    t.said("QUIT\r\n");
    t.heard("421 4.4.2 bye\r\n");
    EXPECT_EQ(t.end(false, "relay", "broken").outcome, Outcome::delivered);
}

TEST(SmtpTalk, WhatIsSaidInPartingChangesNothing) {
    // Wrong: the polite "221 bye" after a refusal makes the refusal look like a relay in trouble.
    SmtpTalk t = talk(Until::recipient);
    t.heard("550 5.1.1 no such user\r\n");
    t.said("QUIT\r\n");
    t.heard("221 bye\r\n");
    EXPECT_EQ(t.end(false, "relay", "broken").outcome, Outcome::refused);
}

TEST(SmtpTalk, TheDetailKeepsTheNumbersAndNotTheWords) {
    // Wrong: a person's address stands in the journal for ever because a server repeated it.
    SmtpTalk t = talk(Until::recipient);
    t.heard("550-5.1.1 <duty@terminal-1.example> unknown\r\n");
    t.heard("550 5.1.1 <duty@terminal-1.example> unknown\r\n");
    EXPECT_EQ(t.end(false, "relay", "x").detail, "550 5.1.1");
}

TEST(SmtpTalk, AReplyIsReadStrictly) {
    // Wrong: a line of text that merely begins with digits is taken for the server's verdict.
    EXPECT_EQ(read_reply("250 ok").code, 250);
    EXPECT_TRUE(read_reply("250").last);
    EXPECT_FALSE(read_reply("250-more").last);
    for (std::string_view bad : {"", "25", "2500 ok", "abc ok", "999 x", "199 x", "25x ok"})
        EXPECT_EQ(read_reply(bad).code, 0) << bad;
    EXPECT_EQ(read_reply("550 5.1.12345 x").enhanced, "");
    EXPECT_EQ(read_reply("550 5.1.1").enhanced, "5.1.1");
}

}  // namespace
}  // namespace noroshi::edge::courier
