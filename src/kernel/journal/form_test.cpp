#include "kernel/journal/form.h"

#include <gtest/gtest.h>

#include "kernel/journal/journal_for_tests.h"

namespace noroshi::journal {
namespace {

Message message_with(const std::vector<std::string>& blanks) {
    Message message;
    write_by_form(message, "f", blanks);
    return message;
}

// If this failed, a letter would greet the wrong person or carry another person's link.
TEST(Form, EachBlankIsFilledWhereItStands) {
    const Form form{"To " + blank(0), blank(0) + ": open " + blank(1) + "\n" + blank(1),
                    "<p>" + blank(0) + "</p>"};
    Message message = message_with({"R&D <desk>", "https://port.example/l/x"});
    EXPECT_EQ(form_name_in(message), "f");
    fill_in(message, form);
    EXPECT_EQ(message.subject, "To R&D <desk>");
    EXPECT_EQ(message.text, "R&D <desk>: open https://port.example/l/x\nhttps://port.example/l/x");
    EXPECT_EQ(message.html, "<p>R&amp;D &lt;desk&gt;</p>");
    EXPECT_FALSE(is_by_form(message));
}

// What somebody writes may hold any character, and must not read what is another blank's.
TEST(Form, WordsOfPeopleFillNoBlank) {
    const Form form{"", without_blanks("see " + blank(1)) + blank(0), "<br>"};
    Message message = message_with({"x" + blank(1), "secret"});
    fill_in(message, form);
    EXPECT_EQ(message.text, "see  bx b");
    EXPECT_EQ(message.html, "<br>");
}

TEST(Form, ABlankThatNothingFillsIsLeftOut) {
    Message message = message_with({"a"});
    fill_in(message, {"", "1" + blank(0) + "2" + blank(7) + "3\x1a", ""});
    EXPECT_EQ(message.text, "1a23");
}

TEST(Form, OtherWordsAreLeftAsTheyAre) {
    Message message;
    message.subject = "s";
    message.text = "as it is " + blank(0);
    EXPECT_EQ(form_name_in(message), "");
    fill_in(message, {"other", "other", "other"});
    EXPECT_EQ(message.subject, "s");
    EXPECT_EQ(message.text, "as it is " + blank(0));
}

// A port's journal in which two people are told the same.
class KeptForm : public testing::Test {
protected:
    void ask(const std::string& person, const std::string& name) {
        const auto asked = journal_.run([&](Recorder& recorder) -> Result<std::string> {
            const auto form = keep_form(recorder, topic_, dear_);
            Dispatch dispatch;
            dispatch.topic = topic_;
            dispatch.person = PersonId{person};
            dispatch.message.key = "c1/" + person + "/email/0";
            dispatch.message.to = person + "@port.example";
            write_by_form(dispatch.message, form, {name});
            dispatch.not_before = recorder.now();
            dispatch.expires = recorder.now() + std::chrono::hours(1);
            recorder.send(std::move(dispatch));
            return form;
        });
        ASSERT_TRUE(asked);
    }
    std::vector<Claim> claim() {
        std::vector<Claim> claims;
        journal_.journal().claim(10, [&](Result<std::vector<Claim>> got) {
            if (got) claims = std::move(*got);
        });
        journal_.work();
        return claims;
    }
    void settle(const Claim& claim, Outcome outcome) {
        journal_.journal().settle(claim.key, Delivery{outcome, "relay", ""}, {});
        journal_.work();
    }
    std::size_t stored() {
        std::size_t all = 0;
        EXPECT_TRUE(journal_.store().each_secret(form_kind, [&](const store::Secret& secret) {
            EXPECT_EQ(secret.bytes.find("Dear"), std::string::npos) << "it lies there in clear";
            ++all;
            return true;
        }));
        return all;
    }
    JournalByHand journal_{[](Journal&) {}, [] {}};
    const std::string topic_ = "respond.callout/c1";
    const Form dear_{"s", "Dear " + blank(0), "<p>" + blank(0) + "</p>"};
};

// A call-out to ten thousand would be lost, or be nameless, after a restart.
TEST_F(KeptForm, IsThereOnceForAllAndAfterARestart) {
    ask("a", "A");
    ask("b", "B & C");
    EXPECT_EQ(stored(), 1U);
    journal_.reopen();
    const auto claims = claim();
    ASSERT_EQ(claims.size(), 2U);
    EXPECT_EQ(claims[0].message.text, "Dear A");
    EXPECT_EQ(claims[1].message.text, "Dear B & C");
    EXPECT_EQ(claims[1].message.html, "<p>B &amp; C</p>");
}

// The text of an alarm would lie in the database for ever; or be gone while somebody still waits.
TEST_F(KeptForm, GoesWhenNoMessageIsLeftToBeWrittenFromIt) {
    ask("a", "A");
    const auto first = claim();
    ASSERT_EQ(first.size(), 1U);
    journal_.clock().advance(std::chrono::hours(2));
    ask("b", "B");  // a batch in which forms are looked through
    EXPECT_EQ(stored(), 1U);
    settle(first[0], Outcome::delivered);
    const auto second = claim();
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].message.text, "Dear B");
    journal_.clock().advance(std::chrono::hours(2));
    settle(second[0], Outcome::delivered);
    EXPECT_EQ(stored(), 1U) << "it was unfinished when the batch was made";
    journal_.clock().advance(std::chrono::hours(2));
    ask("c", "C");
    EXPECT_EQ(stored(), 1U) << "asked for again in the same batch";
    const auto third = claim();
    ASSERT_EQ(third.size(), 1U);
    EXPECT_EQ(third[0].message.text, "Dear C");
    settle(third[0], Outcome::refused);
    journal_.clock().advance(std::chrono::hours(2));
    const auto other = journal_.run([&](Recorder& recorder) -> Result<int> {
        recorder.put_secret("other", "x", "y");
        return 1;
    });
    ASSERT_TRUE(other);
    EXPECT_EQ(stored(), 0U);
}

}  // namespace
}  // namespace noroshi::journal
