#include "respond/incident/incident_search.h"

#include <algorithm>

#include "kernel/i18n/i18n.h"
#include "kernel/result.h"

namespace noroshi::respond::incident {

namespace {

// The next character of UTF-8 text; `text` must not be empty. Broken bytes are taken one by one:
// they reach us only if something before us let them through, and then must not crash a search.
char32_t take(std::string_view& text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    const std::size_t length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (length == 1 || first < 0xC0 || text.size() < length) {
        text.remove_prefix(1);
        return first;
    }
    char32_t character = first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) {
            text.remove_prefix(1);
            return first;
        }
        character = (character << 6U) | (byte(i) & 0x3FU);
    }
    text.remove_prefix(length);
    return character;
}

void put(std::string& out, char32_t character) {
    ASSERT(character >= 0x800 && character < 0x10000);  // kana only
    out += static_cast<char>(0xE0 | (character >> 12U));
    out += static_cast<char>(0x80 | ((character >> 6U) & 0x3FU));
    out += static_cast<char>(0x80 | (character & 0x3FU));
}

bool is_space(char32_t character) { return character <= 0x20; }
bool is_katakana(char32_t character) { return character >= 0x30A1 && character <= 0x30F6; }
constexpr char32_t katakana_to_hiragana = 0x60;

// Characters that NFKC and case folding leave alone and that compose with nothing: hiragana, full
// width katakana, 、。「」『』 and the unified ideographs.
bool is_inert(char32_t character) {
    return (character >= 0x4E00 && character <= 0x9FFF) ||
           (character >= 0x3041 && character <= 0x3096) ||
           (character >= 0x30A1 && character <= 0x30FA) || character == 0x30FC ||
           character == 0x3001 || character == 0x3002 ||
           (character >= 0x300C && character <= 0x300F);
}

// Nearly every line of a chronology is plain: ASCII, kana and ideographs. Folding it here, without
// a general normaliser, takes a tenth of the time. False: the text has something else in it.
bool fold_plain(std::string_view text, std::string& out) {
    out.reserve(text.size());
    while (!text.empty()) {
        const char first = text.front();
        if (static_cast<signed char>(first) >= 0) {
            out += first >= 'A' && first <= 'Z' ? static_cast<char>(first - 'A' + 'a') : first;
            text.remove_prefix(1);
            continue;
        }
        const std::string_view before = text;
        const char32_t character = take(text);
        if (is_katakana(character))
            put(out, character - katakana_to_hiragana);
        else if (is_inert(character))
            out += before.substr(0, before.size() - text.size());
        else
            return false;
    }
    return true;
}

std::string to_hiragana(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::string_view before = text;
        const char32_t character = take(text);
        if (is_katakana(character))
            put(out, character - katakana_to_hiragana);
        else
            out += before.substr(0, before.size() - text.size());
    }
    return out;
}

constexpr std::uint64_t pair_of(char32_t first, char32_t second) {
    return (static_cast<std::uint64_t>(first) << 32U) | second;
}

// Calls `tell` with every pair of neighbouring characters; one that stands alone between spaces is
// paired with nothing (0), so that it can be found too.
template <class F>
void each_pair(std::string_view text, F tell) {
    char32_t before = 0;
    bool alone = false;  // `before` has had no neighbour yet
    while (!text.empty()) {
        const char32_t character = take(text);
        if (is_space(character)) {
            if (alone) tell(pair_of(before, 0));
            before = 0;
            alone = false;
        } else if (before == 0) {
            before = character;
            alone = true;
        } else {
            tell(pair_of(before, character));
            before = character;
            alone = false;
        }
    }
    if (alone) tell(pair_of(before, 0));
}

// Keeps of `ids` what is also in `list`, both ascending.
void keep_common(std::vector<std::uint32_t>& ids, std::string_view differences) {
    std::size_t kept = 0;
    std::size_t at = 0;
    std::uint32_t id_plus_one = 0;
    std::size_t read = 0;
    while (at < ids.size() && read < differences.size()) {
        std::uint32_t difference = 0;
        unsigned shift = 0;
        unsigned char byte = 0;
        do {
            byte = static_cast<unsigned char>(differences[read++]);
            difference |= static_cast<std::uint32_t>(byte & 0x7FU) << shift;
            shift += 7;
        } while (byte >= 0x80);
        id_plus_one += difference;
        const std::uint32_t id = id_plus_one - 1;
        while (at < ids.size() && ids[at] < id) ++at;
        if (at < ids.size() && ids[at] == id) ids[kept++] = ids[at++];
    }
    ids.resize(kept);
}

}  // namespace

std::string fold_for_search(std::string_view text) {
    std::string out;
    if (fold_plain(text, out)) return out;
    return to_hiragana(i18n::fold(text));
}

std::vector<std::string> words_of(std::string_view question, std::size_t most) {
    const std::string folded = fold_for_search(question);
    std::vector<std::string> words;
    std::string word;
    for (std::size_t i = 0; i <= folded.size(); ++i) {
        const bool inside = i < folded.size() && !is_space(static_cast<unsigned char>(folded[i]));
        if (inside) {
            word += folded[i];
        } else if (!word.empty()) {
            if (words.size() < most) words.push_back(std::move(word));
            word.clear();
        }
    }
    return words;
}

bool contains_all(std::string_view folded, std::span<const std::string> words) {
    return std::ranges::all_of(words, [&](const std::string& word) {
        return folded.find(word) != std::string_view::npos;
    });
}

void PairIndex::add(std::uint32_t id, std::string_view folded) {
    each_pair(folded, [&](std::uint64_t pair) {
        List& list = lists_[pair];
        if (list.last == id + 1) return;
        ASSERT(list.last < id + 1);
        std::uint32_t difference = id + 1 - list.last;
        while (difference >= 0x80) {
            list.differences += static_cast<char>(difference | 0x80U);
            difference >>= 7U;
        }
        list.differences += static_cast<char>(difference);
        list.last = id + 1;
        ++list.count;
    });
}

std::vector<std::uint32_t> PairIndex::ids_of(const List& list) {
    std::vector<std::uint32_t> ids;
    ids.reserve(list.count);
    std::uint32_t id_plus_one = 0;
    std::uint32_t difference = 0;
    unsigned shift = 0;
    for (const char c : list.differences) {
        const auto byte = static_cast<unsigned char>(c);
        difference |= static_cast<std::uint32_t>(byte & 0x7FU) << shift;
        shift += 7;
        if (byte >= 0x80) continue;
        id_plus_one += difference;
        ids.push_back(id_plus_one - 1);
        difference = 0;
        shift = 0;
    }
    return ids;
}

std::vector<std::uint32_t> PairIndex::with_character(char32_t character) const {
    std::vector<std::uint32_t> ids;
    for (const auto& [pair, list] : lists_) {
        if (static_cast<char32_t>(pair >> 32U) != character &&
            static_cast<char32_t>(pair & 0xFFFF'FFFFU) != character)
            continue;
        const auto more = ids_of(list);
        ids.insert(ids.end(), more.begin(), more.end());
    }
    std::ranges::sort(ids);
    const auto twice = std::ranges::unique(ids);
    ids.erase(twice.begin(), twice.end());
    return ids;
}

std::vector<std::uint32_t> PairIndex::candidates(std::span<const std::string> words) const {
    ASSERT(!words.empty());
    std::vector<const List*> lists;
    std::vector<char32_t> single;
    bool missing = false;
    for (const auto& word : words) {
        each_pair(word, [&](std::uint64_t pair) {
            if ((pair & 0xFFFF'FFFFU) == 0) {
                single.push_back(static_cast<char32_t>(pair >> 32U));
                return;
            }
            const auto found = lists_.find(pair);
            if (found == lists_.end())
                missing = true;
            else
                lists.push_back(&found->second);
        });
    }
    if (missing || (lists.empty() && single.empty())) return {};
    // The shortest list first: the others can only shorten it.
    std::ranges::sort(lists, {}, [](const List* list) { return list->count; });
    std::vector<std::uint32_t> ids;
    auto next_single = single.begin();
    if (!lists.empty())
        ids = ids_of(*lists.front());
    else
        ids = with_character(*next_single++);
    for (std::size_t i = 1; i < lists.size() && !ids.empty(); ++i)
        keep_common(ids, lists[i]->differences);
    // Beside a longer word a single character is left to the verification: it is in most documents.
    if (lists.empty()) {
        for (; next_single != single.end() && !ids.empty(); ++next_single) {
            std::vector<std::uint32_t> both;
            std::ranges::set_intersection(ids, with_character(*next_single),
                                          std::back_inserter(both));
            ids = std::move(both);
        }
    }
    return ids;
}

std::size_t PairIndex::bytes() const {
    constexpr std::size_t small = 15;  // what a std::string holds without allocating
    std::size_t bytes = lists_.bucket_count() * sizeof(void*);
    for (const auto& [pair, list] : lists_) {
        bytes += sizeof(pair) + sizeof(list) + 2 * sizeof(void*);
        if (list.differences.capacity() > small) bytes += list.differences.capacity() + 16;
    }
    return bytes;
}

}  // namespace noroshi::respond::incident
