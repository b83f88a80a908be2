#pragma once
// Search that finds 警察 in a million entries: which documents contain all of the given words,
// wherever they stand in the text, whatever their width, case or kana.
//
// Japanese does not part its words, and its most wanted words are two characters long, so the index
// is made of pairs: every two neighbouring characters of a document name a list of the documents
// that have them. A word is looked up by intersecting the lists of its pairs; what remains has all
// pairs but perhaps not side by side, so the caller verifies with contains_all(). A word of one
// character is the union of all pairs it takes part in.
//
// Both texts and questions are folded first: NFKC and lower case (kernel/i18n), and katakana to
// hiragana, so that ｹｲｻﾂ, ケイサツ and けいさつ are one.
//
// Memory: about one byte and a half for each pair of a document (ids ascend, so lists are kept as
// differences in variable length); measured by bytes(). Not thread-safe.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace noroshi::respond::incident {

// Text must be UTF-8.
std::string fold_for_search(std::string_view text);
// The words of a question, folded; at most `most` of them. None if it is blank.
std::vector<std::string> words_of(std::string_view question, std::size_t most = 16);
bool contains_all(std::string_view folded, std::span<const std::string> words);

class PairIndex {
public:
    // Ids must be added in ascending order.
    void add(std::uint32_t id, std::string_view folded);
    // All documents that may contain all words, ascending: none is missing, some may be too many.
    // Words as from words_of(), at least one.
    std::vector<std::uint32_t> candidates(std::span<const std::string> words) const;
    // Estimate of the memory held.
    std::size_t bytes() const;
    void clear() { lists_.clear(); }

private:
    struct List {
        std::string differences;
        std::uint32_t last = 0;  // id + 1 of the last document
        std::uint32_t count = 0;
    };
    struct PairHash {
        std::size_t operator()(std::uint64_t pair) const noexcept {
            pair *= 0x9e37'79b9'7f4a'7c15U;
            return pair ^ (pair >> 32U);
        }
    };
    static std::vector<std::uint32_t> ids_of(const List& list);
    std::vector<std::uint32_t> with_character(char32_t character) const;

    std::unordered_map<std::uint64_t, List, PairHash> lists_;
};

}  // namespace noroshi::respond::incident
