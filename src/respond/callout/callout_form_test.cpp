#include "respond/callout/callout_form.h"

#include <gtest/gtest.h>

namespace noroshi::respond::callout {
namespace {

TEST(AnswerForm, IsReadAsABrowserSendsIt) {
    // Wrong: 代理 arrives as gibberish and the wrong person is expected at the gate.
    const auto form = read_form(
        "arrival=30&answer=substitute&substitute=+%E9%98%BF%E9%83%A8%0D%0A&note=%E8%BB%8A%0D%0A%E3%"
        "81%A7");
    ASSERT_TRUE(form);
    EXPECT_EQ(form->answer, AnswerKind::substitute);
    EXPECT_EQ(form->arrival, std::chrono::minutes(30));
    EXPECT_EQ(form->substitute, "阿部");
    EXPECT_EQ(form->note, "車\nで");
}

TEST(AnswerForm, WithoutAButtonThereIsNoAnswer) {
    // Wrong: a half-sent form counts as "coming".
    for (std::string_view bad : {"", "answer=", "answer=maybe", "note=x", "answer=coming&note=%ff",
                                 "answer=%zz", "answer=coming&answer=x"})
        EXPECT_FALSE(read_form(bad)) << bad;
    for (std::string_view bad : {"answer=coming&arrival=x", "answer=coming&arrival=-5",
                                 "answer=coming&arrival=1441", "answer=coming&arrival=5x"}) {
        const auto form = read_form(bad);
        ASSERT_FALSE(form) << bad;
        EXPECT_EQ(form.error().key, "respond.callout.arrival_malformed");
    }
    EXPECT_TRUE(read_form("answer=cannot&arrival=&substitute=&note=&unknown=1"));
}

}  // namespace
}  // namespace noroshi::respond::callout
