#include "kernel/i18n/i18n.h"

#include <gtest/gtest.h>

#include "kernel/i18n/embedded.h"
#include "kernel/i18n/html.h"
#include "kernel/i18n/line.h"

namespace noroshi::i18n {
namespace {

// A clerk would read "kernel.time.malformed" instead of a sentence.
TEST(Messages, are_filled_in_both_languages) {
    const Error error{ErrorKind::invalid, "kernel.time.malformed", {{"text", "6時半"}}, ""};
    EXPECT_EQ(text(Language::ja, error),
              "「6時半」は日時として読み取れません。時差を付けて 2026-07-04T06:30:00+09:00 "
              "のように入力してください。");
    EXPECT_TRUE(text(Language::en, error).starts_with("“6時半” is not a date and time."));
}

// A message nobody wrote would be an empty line on the board.
TEST(Messages, an_unknown_key_is_shown_as_it_is) {
    EXPECT_EQ(text(Language::ja, "respond.incident.no_such_key"), "respond.incident.no_such_key");
}

// A title that looks like a placeholder would be replaced by somebody else's words.
TEST(Messages, arguments_are_not_filled_twice) {
    EXPECT_EQ(text(Language::en, "kernel.json.missing", {{"field", "{field}"}}),
              "The field “{field}” is missing.");
    EXPECT_EQ(text(Language::en, "kernel.json.missing"), "The field “{field}” is missing.");
}

// A room's catalogue would have been left out of the program.
TEST(Messages, every_room_speaks_both_languages) {
    std::size_t ja = 0;
    std::size_t en = 0;
    for (const auto& catalogue : embedded_catalogues()) ++(catalogue.language == "ja" ? ja : en);
    EXPECT_GT(ja, 5U);
    EXPECT_EQ(ja, en);
}

// A foreign ship's agent would be answered in Japanese, or the port's own people in English.
TEST(Languages, are_chosen_as_the_browser_asks) {
    EXPECT_EQ(language_of(""), Language::ja);
    EXPECT_EQ(language_of("en-GB,en;q=0.9"), Language::en);
    EXPECT_EQ(language_of("ja,en-US;q=0.9,en;q=0.8"), Language::ja);
    EXPECT_EQ(language_of("en;q=0.5, ja;q=0.8"), Language::ja);
    EXPECT_EQ(language_of("de, en;q=0.3"), Language::en);
    EXPECT_EQ(language_of("de, *;q=0.3"), Language::ja);
    EXPECT_EQ(language_of("EN"), Language::en);
    EXPECT_EQ(language_of("en;q=0, fr"), Language::ja);
    EXPECT_EQ(language_of("en;q=abc"), Language::ja);
    EXPECT_EQ(language_of("english"), Language::ja);
    EXPECT_EQ(language_of(",;,;q="), Language::ja);
    EXPECT_EQ(parse_language("en"), Language::en);
    EXPECT_FALSE(parse_language("EN"));
}

// Somebody who types on a Japanese keyboard could not sign in, and a search would find nothing.
TEST(Folding, ignores_width_and_case) {
    EXPECT_EQ(fold("DUTY"), "duty");
    EXPECT_EQ(fold("Ｄｕｔｙ１"), "duty1");
    EXPECT_EQ(fold("ｹｲｻﾂ"), "ケイサツ");
    EXPECT_EQ(fold("ガ"), fold("ｶﾞ"));
    EXPECT_EQ(fold("警察"), "警察");
    EXPECT_EQ(fold("㈱名港"), "(株)名港");
    EXPECT_EQ(fold(""), "");
    EXPECT_EQ(fold(fold("Ｅ－Ｍａｉｌ　№５")), fold("Ｅ－Ｍａｉｌ　№５"));
}

// A broken byte from a broken client would stop the server.
TEST(Folding, takes_any_bytes) {
    EXPECT_FALSE(fold("\xff\xfe abc").empty());
    EXPECT_FALSE(fold(std::string("A\0B\xe3\x81", 5)).empty());
}

// A name could hide a line break and forge the next line of a printed list.
TEST(Html, holds_text_and_never_markup) {
    // Wrong: what somebody wrote into a form runs as a script in the duty officer's browser.
    EXPECT_EQ(i18n::escape_html("<a href=\"x\" onclick='y'>&amp;</a>"),
              "&lt;a href=&quot;x&quot; onclick=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;");
    EXPECT_EQ(i18n::escape_html("第一埠頭\n停止"), "第一埠頭\n停止");
}

TEST(Line, is_one_line_of_text) {
    EXPECT_EQ(line("　 北埠頭 ", 10, "/name"), "北埠頭");
    EXPECT_EQ(line("𠮷野家", 3, "/name"), "𠮷野家");
    EXPECT_EQ(line("  ", 10, "/name", Empty::allowed), "");
    const auto refused = [](std::string_view text, std::size_t most) {
        return line(text, most, "/name").error();
    };
    EXPECT_EQ(refused(" 　", 10).key, "kernel.i18n.empty");
    EXPECT_EQ(refused("北埠頭", 2).key, "kernel.i18n.too_long");
    EXPECT_EQ(refused(std::string(1000, 'a'), 20).key, "kernel.i18n.too_long");
    EXPECT_EQ(refused("北\n埠頭", 10).key, "kernel.i18n.not_a_line");
    EXPECT_EQ(refused(std::string_view("a\0b", 3), 10).key, "kernel.i18n.not_a_line");
    EXPECT_EQ(refused("a\u202Eb", 10).key, "kernel.i18n.not_a_line");
    EXPECT_EQ(refused("a\u2028b", 10).key, "kernel.i18n.not_a_line");
    EXPECT_EQ(refused("\xff", 10).key, "kernel.i18n.not_a_line");
    EXPECT_EQ(refused("北\n埠頭", 10).pointer, "/name");
}

// A password typed in full width would be another password.
TEST(Line, plain_keeps_case) { EXPECT_EQ(plain("Ａｂｃ－１２３"), "Abc-123"); }

}  // namespace
}  // namespace noroshi::i18n
