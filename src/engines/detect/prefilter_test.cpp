// A rule that is passed over although it would match is an intruder nobody sees: what the prefilter
// and the literals of regular expressions leave out must never be a match.

#include "engines/detect/prefilter.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <set>

#include "engines/detect/regex_literals.h"

namespace noroshi::engines::detect {
namespace {

using Literals = std::vector<std::string>;

TEST(RegexLiterals, name_what_every_match_must_hold) {
    EXPECT_EQ(required_literals("In-(Expression|Item)"), (Literals{"expression", "item"}));
    EXPECT_EQ(required_literals(R"(\\Temp\\[a-z]{8}\.exe$)"), (Literals{R"(\temp\)"}));
    EXPECT_EQ(required_literals("abc?def+ghi*jk"), (Literals{"def"}));
    EXPECT_EQ(required_literals("(?i)powershell"), (Literals{"power"}));  // s may be a long s
    EXPECT_EQ(required_literals("one|two|three"), (Literals{"one", "two", "three"}));
    EXPECT_EQ(required_literals("(?:longer){2,3}x"), (Literals{"longer"}));
}

TEST(RegexLiterals, name_nothing_where_nothing_is_certain) {
    for (const char* pattern : {"", "a.b", "(abc)?", "(abc){0,2}", "abc|d", "[abc]def?", ".*",
                                "\\x41bcdef", "\\Qabc.def\\E", "(?i)kks", "abc|"})
        EXPECT_TRUE(required_literals(pattern).empty()) << pattern;
}

TEST(RegexLiterals, agree_with_re2) {
    const Literals patterns = {
        "Invoke-(Expression|Item)", "(?i)cmd(\\.exe)? /[ck] .+whoami", "a{2,}bcd",
        "x(yz+w|vut)?abc",          "[\\]abc]foo(?P<n>bar)",           "abc|(?i)DEF"};
    const Literals texts = {"INVOKE-EXPRESSION",
                            "Invoke-Item x",
                            "cmd /c  WHOAMI",
                            "CMD.EXE /k a whoami",
                            "aaabcd",
                            "xabc",
                            "xyzzwabc",
                            "]foobar",
                            "dEf",
                            "abc",
                            "cmd /c who"};
    for (const auto& pattern : patterns) {
        const auto literals = required_literals(pattern);
        for (const auto& text : texts) {
            if (!RE2::PartialMatch(text, pattern) || literals.empty()) continue;
            bool found = false;
            for (const auto& literal : literals)
                found = found || folded(text).find(literal) != std::string::npos;
            EXPECT_TRUE(found) << pattern << " in " << text;
        }
    }
}

// Few literals and many, short texts and long ones, at every place: what is in the text is hit.
TEST(Prefilter, misses_nothing) {
    std::uint64_t state = 7;
    const auto dice = [&](std::uint64_t bound) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return (state >> 33) % bound;
    };
    const auto word = [&](std::size_t size) {
        std::string out;
        while (out.size() < size) out += static_cast<char>('a' + dice(4));
        return out;
    };
    using Place = Trigger::Place;
    for (const std::size_t count : {1U, 5U, 40U, 300U}) {
        FieldPrefilter prefilter;
        std::vector<Trigger> triggers;
        for (std::uint32_t i = 0; i < count; ++i) {
            const auto place = static_cast<Place>(dice(4));
            triggers.push_back({1, place, word(1 + dice(20))});
            prefilter.add(triggers.back(), i);
        }
        prefilter.finish();
        for (int round = 0; round < 300; ++round) {
            std::string text = word(dice(70));
            if (dice(2) == 0) {
                const auto& literal = triggers[dice(count)].literal;
                text.insert(dice(text.size() + 1), literal);
            }
            std::set<std::uint32_t> hit;
            prefilter.scan(text, [&](const std::vector<std::uint32_t>& rules) {
                hit.insert(rules.begin(), rules.end());
            });
            for (std::uint32_t i = 0; i < count; ++i) {
                const auto& [field, place, literal] = triggers[i];
                const bool is = place == Place::whole   ? text == literal
                                : place == Place::front ? text.starts_with(literal)
                                : place == Place::back  ? text.ends_with(literal)
                                                        : text.find(literal) != std::string::npos;
                EXPECT_TRUE(!is || hit.contains(i)) << literal << " in " << text;
            }
        }
    }
}

TEST(Fold, keeps_the_length_and_what_is_no_text) {
    EXPECT_EQ(folded("ABC Ä Ж Ｚ É"), "abc ä ж ｚ é");
    EXPECT_EQ(folded("A\xC4\xFF\x80Z"), "a\xC4\xFF\x80z");
    std::string long_text;
    for (int i = 0; i < 40; ++i) long_text += "Windows®日本";
    EXPECT_EQ(folded(long_text).size(), long_text.size());
    EXPECT_EQ(folded(long_text).substr(0, 7), "windows");
}

}  // namespace
}  // namespace noroshi::engines::detect
