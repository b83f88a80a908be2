#pragma once
// Which rules are worth a look for this event? Of each rule we know a set of literals of which at
// least one must occur in its field (its triggers), and choose the set least likely to occur. All
// triggers of one field are searched for in one pass over its text; only rules whose trigger was
// hit are evaluated, and those exactly. A hit may be wrong, a miss never is.
//
// Why not an automaton over all literals: the 20,289 literals of SigmaHQ's Windows rules make one of
// tens of megabytes that misses the cache at every byte. Here a literal is found by its rarest four
// bytes: one multiplication and one bit of a table of at most 16 KiB per byte of text. Few literals
// are found sixteen bytes of text at a time by the nibbles of their first three bytes (the idea is
// Hyperscan's Teddy).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace noroshi::engines::detect {

struct Trigger {
    enum class Place : std::uint8_t { whole, front, back, anywhere, present };
    std::uint32_t field = 0;  // keyword_field for keywords
    Place place = Place::present;
    std::string literal;  // folded
};

// The triggers of one field, compiled. Texts are folded. `hit(rules)` is called with the numbers of
// the rules of each trigger that occurs, possibly several times.
class FieldPrefilter {
public:
    void add(const Trigger& trigger, std::uint32_t rule);
    void finish();

    bool empty() const { return adding_.empty() && lists_.empty(); }
    bool scans_text() const { return scans_text_; }
    const std::vector<std::uint32_t>& present() const { return present_; }

    template <class Hit>
    void scan(std::string_view text, Hit&& hit) const {
        scan_anchored(text, hit);
        scan_anywhere(text, hit);
    }
    // The two halves of it. What lies anywhere may also be looked for in several texts at once, with
    // a zero byte between them.
    bool has_anchored() const {
        return !whole_.empty() || !front_sizes_.empty() || !back_sizes_.empty() || !ends_.empty();
    }
    template <class Hit>
    void scan_anchored(std::string_view text, Hit& hit) const;
    template <class Hit>
    void scan_anywhere(std::string_view text, Hit& hit) const;

private:
    struct Exact {
        std::uint64_t hash = 0;
        std::uint32_t list = 0;  // 1 + index into lists_
    };
    // Literals found by a run of `size` bytes of theirs.
    struct Grams {
        struct Entry {
            std::uint32_t gram = 0;
            std::uint32_t from = 0;  // range of places_
            std::uint32_t to = 0;
        };
        struct Spot {
            std::uint32_t literal = 0;  // into literals_
            std::uint32_t offset = 0;   // of the gram in it
        };
        std::vector<std::uint64_t> bits;
        std::vector<Entry> table;
        std::vector<Spot> spots;
        std::uint32_t mask = 0;
        std::uint32_t shift = 0;  // 32 - log2(bits)
    };
    // Few literals, by their first three bytes. A bucket is one bit of the tables.
    struct Few {
        std::uint8_t low[3][16] = {};  // by the low nibble of byte 0, 1, 2
        std::uint8_t high[3][16] = {};
        std::vector<std::uint32_t> buckets[8];  // into literals_
        bool used = false;
    };
    struct Adding {
        Trigger trigger;
        std::uint32_t rule;
    };
    struct Literal {
        std::string text;
        std::uint32_t list;
    };

    static constexpr std::size_t end_size = 8;   // bytes of a back literal that are its key
    static constexpr std::size_t most_few = 48;  // literals
    static std::uint32_t spread(std::uint32_t gram) { return gram * 0x9E3779B1U; }
    template <int size>
    static std::uint32_t load(const char* at);
    template <int size, class Hit>
    void scan_grams(const Grams& grams, std::string_view text, Hit& hit) const;
    template <class Hit>
    void verify(std::string_view text, std::size_t at, std::uint32_t buckets, Hit& hit) const;
    template <class Hit>
    void scan_few(std::string_view text, Hit& hit) const;
    void add_few(const std::vector<std::uint32_t>& literals);
    std::uint32_t list_of(std::uint64_t hash, const std::vector<Exact>& table) const;
    static void insert(std::vector<Exact>& table, std::uint64_t hash, std::uint32_t list);

    std::vector<Adding> adding_;
    std::vector<std::vector<std::uint32_t>> lists_;
    std::vector<Exact> whole_;
    std::vector<Exact> front_;
    std::vector<Exact> back_;
    std::vector<std::uint8_t> front_sizes_;  // ascending, at most max_anchor
    std::vector<std::uint8_t> back_sizes_;   // those below end_size
    // Longer back literals, found by their last bytes: sorted by key, ranges of end_literals_.
    struct End {
        std::uint64_t key = 0;
        std::uint32_t from = 0;
        std::uint32_t to = 0;  // 0: empty slot
    };
    std::vector<End> ends_;
    std::vector<std::uint32_t> end_literals_;  // into literals_
    std::vector<Literal> literals_;
    Few few_;
    Grams four_;
    Grams three_;
    Grams two_;
    std::vector<std::uint32_t> single_;  // 256 lists, 0: none
    std::vector<std::uint32_t> present_;
    bool scans_text_ = false;
};

}  // namespace noroshi::engines::detect

#include "engines/detect/prefilter_scan.h"
