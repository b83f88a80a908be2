#include "respond/incident/incident_search.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/i18n/i18n.h"

namespace noroshi::respond::incident {
namespace {

// What a chronology is made of, and what makes folding hard: both kinds of kana, half width with
// sound marks, full-width letters, compatibility forms, an ideograph outside the basic plane.
rc::Gen<std::string> characters() {
    return rc::gen::elementOf(std::vector<std::string>{
        "警", "察", "港", "船", "の", "が", "け", "い", "さ", "つ", "ケ", "イ", "サ", "ツ", "ー",
        "ｹ",  "ｲ",  "ｻ",  "ﾂ",  "ｶ",  "ﾞ",  "ﾟ",  "か", "゙",   "A",  "b",  "Ｂ", "ｂ", "1",  "①",
        "㌔", "ﬁ",  "ß",  "İ",  "𠮷", "髙", "。", "、", "「", " ",  "　", "\n", "-",  "－"});
}

rc::Gen<std::string> texts(int longest) {
    return rc::gen::map(
        rc::gen::resize(longest, rc::gen::container<std::vector<std::string>>(characters())),
        [](const std::vector<std::string>& parts) {
            std::string text;
            for (const auto& part : parts) text += part;
            return text;
        });
}

std::vector<std::uint32_t> found_by_index(const std::vector<std::string>& documents,
                                          const std::string& question) {
    PairIndex index;
    std::vector<std::string> folded;
    for (const auto& document : documents) {
        folded.push_back(fold_for_search(document));
        index.add(static_cast<std::uint32_t>(folded.size() - 1), folded.back());
    }
    const auto words = words_of(question);
    std::vector<std::uint32_t> found;
    if (words.empty()) return found;
    for (const auto id : index.candidates(words))
        if (contains_all(folded[id], words)) found.push_back(id);
    return found;
}

TEST(Search, finds_a_word_of_two_characters) {
    // Nobody would find 警察 in the chronology: the databases' own indexes need three characters.
    const std::vector<std::string> documents{"09:00 県警察本部へ通報", "ゲートは閉鎖中",
                                             "警備と観察"};
    EXPECT_EQ(found_by_index(documents, "警察"), (std::vector<std::uint32_t>{0}));
}

TEST(Search, finds_a_single_character) {
    // A duty officer who searches for 船 would be shown nothing.
    const std::vector<std::string> documents{"本船は滞船中", "船", "ゲート 船 側", "異常なし"};
    EXPECT_EQ(found_by_index(documents, "船"), (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST(Search, does_not_care_about_width_case_and_kana) {
    // What one clerk types in half-width katakana another would search in vain.
    const std::vector<std::string> documents{"ｺﾝﾃﾅﾀｰﾐﾅﾙの TOS が停止"};
    for (const auto* question :
         {"コンテナターミナル", "こんてなたーみなる", "ｔｏｓ", "tos", "Tos"})
        EXPECT_EQ(found_by_index(documents, question).size(), 1U) << question;
}

TEST(Search, wants_all_words_in_any_order) {
    // A search for the police and the gate would bring every line about either.
    const std::vector<std::string> documents{"警察がゲートに到着", "ゲート閉鎖", "警察に通報"};
    EXPECT_EQ(found_by_index(documents, "ゲート　警察"), (std::vector<std::uint32_t>{0}));
    EXPECT_TRUE(found_by_index(documents, " 　").empty());
}

RC_GTEST_PROP(Search, index_finds_what_a_naive_search_finds, ()) {
    // A line would be in the chronology and yet not be found, or be shown without the words.
    const auto documents =
        *rc::gen::resize(30, rc::gen::container<std::vector<std::string>>(texts(20)));
    const auto question = *texts(5);
    const auto words = words_of(question);
    std::vector<std::uint32_t> naive;
    for (std::uint32_t id = 0; id < documents.size(); ++id)
        if (!words.empty() && contains_all(fold_for_search(documents[id]), words))
            naive.push_back(id);
    RC_ASSERT(found_by_index(documents, question) == naive);
}

RC_GTEST_PROP(Search, part_of_a_line_finds_it, ()) {
    // A clerk copies three characters out of a line and the search does not bring it.
    const auto folded = fold_for_search(*texts(30));
    const auto words = words_of(folded);
    RC_PRE(!words.empty());
    for (const auto& word : words) RC_ASSERT(found_by_index({folded}, word).size() == 1U);
}

RC_GTEST_PROP(Search, folding_plain_text_quickly_changes_nothing, ()) {
    // The quick way of folding and the right one would disagree, and a search depend on which was taken.
    const auto text = *texts(20);
    std::string right = i18n::fold(text);
    // The right one, then katakana by hand.
    std::string hiragana;
    for (std::size_t i = 0; i < right.size();) {
        const auto first = static_cast<unsigned char>(right[i]);
        const std::size_t length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
        std::string character = right.substr(i, length);
        i += length;
        if (character >= "ァ" && character <= "ヶ") {
            const auto second = static_cast<unsigned>(static_cast<unsigned char>(character[1]));
            const auto third = static_cast<unsigned>(static_cast<unsigned char>(character[2]));
            const unsigned code = 0x3000U + ((second & 0x3FU) << 6U) + (third & 0x3FU) - 0x60U;
            character[1] = static_cast<char>(0x80U | (code >> 6U & 0x3FU));
            character[2] = static_cast<char>(0x80U | (code & 0x3FU));
        }
        hiragana += character;
    }
    RC_ASSERT(fold_for_search(text) == hiragana);
    RC_ASSERT(fold_for_search(hiragana) == hiragana);
}

TEST(Search, survives_bytes_that_are_not_text) {
    // One broken attachment name would bring the server down.
    for (const std::string text : {"\xE8", "\xF0\x9F", "\x80\x80", "a\xFF-b", "\xC3(", ""}) {
        PairIndex index;
        index.add(0, text);
        EXPECT_LE(index.candidates(std::vector<std::string>{"ab"}).size(), 1U);
    }
}

TEST(Search, stays_small) {
    // A port with a million entries would need more memory for searching than for the entries.
    PairIndex index;
    std::size_t bytes = 0;
    const std::vector<std::string> phrases{
        "飛島ふ頭北のゲートで受付停止", "警察へ第一報を電話で連絡", "TOSの復旧見込みは18時",
        "滞船 3隻、沖待ち 2隻", "トレーラーの列が国道まで伸びる"};
    constexpr std::uint32_t count = 20'000;
    for (std::uint32_t id = 0; id < count; ++id) {
        const auto text = fold_for_search(phrases[id % phrases.size()] + std::to_string(id) +
                                          phrases[(id / 7) % phrases.size()]);
        bytes += text.size();
        index.add(id, text);
    }
    EXPECT_LT(index.bytes(), bytes);
    EXPECT_EQ(
        index.candidates(words_of("警察")).size() + index.candidates(words_of("飛島ふ頭")).size() >
            0,
        true);
}

}  // namespace
}  // namespace noroshi::respond::incident
