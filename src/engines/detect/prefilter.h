#pragma once
// Which rules are worth a look for this event? Of each rule we know a set of literals of which at
// least one must occur in its field (its triggers), and choose the set least likely to occur. All
// triggers of one field are searched for in one pass over its text; only rules whose trigger was
// hit are evaluated, and those exactly. A hit may be wrong, a miss never is.
//
// Why not an automaton over all literals: the 20,289 literals of SigmaHQ's Windows rules make one of
// tens of megabytes that misses the cache at every byte. Here a literal is found by its rarest four
// bytes: one multiplication and one bit of a table of 16 KiB per byte of text.

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
    void scan(std::string_view text, Hit&& hit) const;

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
    };
    struct Adding {
        Trigger trigger;
        std::uint32_t rule;
    };
    struct Literal {
        std::string text;
        std::uint32_t list;
    };

    static constexpr std::uint32_t gram_bits = 17;
    static std::uint32_t spread(std::uint32_t gram) { return gram * 0x9E3779B1U; }
    template <int size>
    static std::uint32_t load(const char* at);
    template <int size, class Hit>
    void scan_grams(const Grams& grams, std::string_view text, Hit& hit) const;
    std::uint32_t list_of(std::uint64_t hash, const std::vector<Exact>& table) const;
    static void insert(std::vector<Exact>& table, std::uint64_t hash, std::uint32_t list);

    std::vector<Adding> adding_;
    std::vector<std::vector<std::uint32_t>> lists_;
    std::vector<Exact> whole_;
    std::vector<Exact> front_;
    std::vector<Exact> back_;
    std::vector<std::uint8_t> front_sizes_;  // ascending, at most max_anchor
    std::vector<std::uint8_t> back_sizes_;
    std::vector<Literal> literals_;
    Grams four_;
    Grams three_;
    Grams two_;
    std::vector<std::uint32_t> single_;  // 256 lists, 0: none
    std::vector<std::uint32_t> present_;
    bool scans_text_ = false;
};

}  // namespace noroshi::engines::detect

#include "engines/detect/prefilter_scan.h"
