#include "respond/sweep/sweep.h"

#include <gtest/gtest.h>

#include "respond/sweep/sweep_page.h"

namespace noroshi::respond::sweep {
namespace {

std::string digits(std::string_view text) {
    const auto reply = read_digits(text);
    if (!reply) return "-";
    std::string out = std::to_string(reply->site) + ":";
    for (const auto value : reply->values)
        out += value == Value::yes ? 'y' : value == Value::no ? 'n' : '?';
    return out;
}

TEST(SweepDigits, ADigitAQuestionInTheOrderOfTheMessage) {
    // Wrong: a "no" is written against the question before.
    EXPECT_EQ(digits("S 213"), "1:ny?");
    EXPECT_EQ(digits("ｓ２１３"), "1:ny?");
    EXPECT_EQ(digits("s 2 1 3\n"), "1:ny?");
    EXPECT_EQ(digits("S2 111"), "2:yyy");
    EXPECT_EQ(digits("s21"), "1:ny") << "without a blank all digits are answers";
    for (const auto* none : {"", "213", "S", "S 4", "S 2x", "so what", "S 0", "1 04:10"})
        EXPECT_EQ(digits(none), "-") << none;
}

TEST(SweepForm, WhatABrowserSendsIsReadBack) {
    // Wrong: a plus sign in a note turns into a blank, or an indicator is lost.
    const auto form =
        read_form("site=x1&q.same=not_checked&q.q2=no&seen.q2=a%2Bb.example&note=+1%2B1+");
    ASSERT_TRUE(form);
    EXPECT_EQ(form->site, "x1");
    EXPECT_EQ(form->note, "1+1");
    ASSERT_EQ(form->answers.size(), 2U);
    EXPECT_EQ(form->answers[0].question, "q2");
    EXPECT_EQ(form->answers[0].value, Value::yes) << "a tick beside an indicator says yes";
    EXPECT_EQ(form->answers[0].seen, std::vector<std::string>{"a+b.example"});
    for (const auto* bad : {"q.same=perhaps", "site=%zz", "q.same=%"})
        EXPECT_FALSE(read_form(bad)) << bad;
}

TEST(SweepLink, ALinkIsOfOnePersonAndCannotBeChanged) {
    // Wrong: whoever has one link can answer for another site.
    SeededRandom random(1);
    Key key{};
    const Link link{SweepId{"s"}, PersonId{"p"}, Instant{std::chrono::hours(1)}};
    const auto sealed = seal_link(link, key, random);
    const auto open = open_link(sealed, key);
    ASSERT_TRUE(open);
    EXPECT_EQ(open->person.text, "p");
    EXPECT_EQ(open->expires, link.expires);
    auto changed = sealed;
    changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(open_link(changed, key));
    EXPECT_FALSE(open_link("", key));
}

TEST(SweepPage, WhatOthersWroteIsText) {
    // Wrong: a site named by somebody runs a script in the reader's browser.
    QuestionPage page;
    page.sites.push_back({"\"><script>",
                          "<script>x</script>",
                          {{"q", "<b>", true, {"<i>"}, {}, {}}},
                          "</textarea>",
                          {}});
    page.text = "<script>";
    const auto html = page_of(page);
    EXPECT_EQ(html.find("<script"), std::string::npos);
    EXPECT_EQ(html.find("<i>"), std::string::npos);
}

}  // namespace
}  // namespace noroshi::respond::sweep
