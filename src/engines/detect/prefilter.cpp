#include "engines/detect/prefilter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>

namespace noroshi::engines::detect {

bool canonical_number(std::string_view text, char (&out)[32], std::size_t& size) {
    // The usual case first: an integer without a leading zero is spelled so already.
    bool digits = true;
    for (const char c : text) digits = digits && c >= '0' && c <= '9';
    if (digits && text.size() < 16 && (text.size() == 1 || text.front() != '0')) return false;
    double value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size() || !std::isfinite(value))
        return false;
    if (value == 0) value = 0;  // not -0
    const auto written =
        std::abs(value) < 1e15 && value == std::floor(value)
            ? std::to_chars(out, out + sizeof out, static_cast<std::int64_t>(value))
            : std::to_chars(out, out + sizeof out, value);
    size = static_cast<std::size_t>(written.ptr - out);
    return true;
}

namespace {

bool sees_sixteen() {
#if defined(__SSE2__)
    static const bool can = __builtin_cpu_supports("ssse3") != 0;
    return can;
#else
    return false;
#endif
}

}  // namespace

void FieldPrefilter::add(const Trigger& trigger, std::uint32_t rule) {
    adding_.push_back({trigger, rule});
}

void FieldPrefilter::insert(std::vector<Exact>& table, std::uint64_t hash, std::uint32_t list) {
    const std::size_t mask = table.size() - 1;
    std::size_t slot = (hash ^ (hash >> 32)) & mask;
    while (table[slot].list != 0) slot = (slot + 1) & mask;
    table[slot] = {hash, list};
}

void FieldPrefilter::finish() {
    // One list of rules per distinct trigger; a front or back literal is known by its hash only.
    std::map<std::pair<Trigger::Place, std::string>, std::vector<std::uint32_t>> distinct;
    for (const Adding& adding : adding_) {
        if (adding.trigger.place == Trigger::Place::present) {
            present_.push_back(adding.rule);
            continue;
        }
        std::string literal = adding.trigger.literal;
        if (literal.size() > max_anchor) {
            if (adding.trigger.place == Trigger::Place::front) literal.resize(max_anchor);
        }
        auto& rules = distinct[{adding.trigger.place, std::move(literal)}];
        if (rules.empty() || rules.back() != adding.rule) rules.push_back(adding.rule);
    }
    adding_.clear();
    std::array<std::size_t, 4> counts{};
    for (const auto& [key, rules] : distinct) ++counts[static_cast<std::size_t>(key.first)];
    const auto sized = [](std::vector<Exact>& table, std::size_t count) {
        if (count == 0) return;
        std::size_t size = 16;
        while (size < count * 3) size *= 2;
        table.resize(size);
    };
    sized(whole_, counts[0]);
    sized(front_, counts[1]);
    sized(back_, counts[2]);
    scans_text_ = !distinct.empty();

    // Which four bytes of the literals are rare? The literals themselves say.
    std::map<std::uint32_t, std::uint32_t> frequency;
    for (const auto& [key, rules] : distinct)
        if (key.first == Trigger::Place::anywhere)
            for (std::size_t i = 0; i + 4 <= key.second.size(); ++i)
                ++frequency[load<4>(key.second.data() + i)];

    std::map<std::uint64_t, std::vector<std::uint32_t>> by_end;
    std::vector<std::uint32_t> fours;
    std::vector<std::uint32_t> threes;
    std::vector<std::uint32_t> twos;
    const auto add_size = [](std::vector<std::uint8_t>& sizes, std::size_t size) {
        if (std::ranges::find(sizes, size) == sizes.end())
            sizes.push_back(static_cast<std::uint8_t>(size));
    };
    for (const auto& [key, rules] : distinct) {
        const auto& [place, literal] = key;
        lists_.push_back(rules);
        const auto list = static_cast<std::uint32_t>(lists_.size());
        std::uint64_t hash = grown_from;
        switch (place) {
        case Trigger::Place::whole: insert(whole_, hash_of(literal), list); break;
        case Trigger::Place::front:
            for (const char c : literal) hash = grown(hash, c);
            insert(front_, hash, list);
            add_size(front_sizes_, literal.size());
            break;
        case Trigger::Place::back:
            if (literal.size() >= end_size) {
                std::uint64_t last = 0;
                std::memcpy(&last, literal.data() + literal.size() - end_size, end_size);
                by_end[last].push_back(static_cast<std::uint32_t>(literals_.size()));
                literals_.push_back({literal, list - 1});
                break;
            }
            for (auto c = literal.rbegin(); c != literal.rend(); ++c) hash = grown(hash, *c);
            insert(back_, hash, list);
            add_size(back_sizes_, literal.size());
            break;
        case Trigger::Place::anywhere: {
            const auto number = static_cast<std::uint32_t>(literals_.size());
            literals_.push_back({literal, list - 1});
            if (literal.size() >= 4)
                fours.push_back(number);
            else if (literal.size() == 3)
                threes.push_back(number);
            else if (literal.size() == 2)
                twos.push_back(number);
            else {
                single_.resize(256);
                single_[static_cast<unsigned char>(literal.front())] = list;
            }
            break;
        }
        case Trigger::Place::present: break;
        }
    }
    if (!by_end.empty()) {
        std::size_t slots = 16;
        while (slots < by_end.size() * 3) slots *= 2;
        ends_.resize(slots);
        for (const auto& [key, literals] : by_end) {
            std::size_t slot = key * 0x9E3779B97F4A7C15ULL >> 40 & (slots - 1);
            while (ends_[slot].to != 0) slot = (slot + 1) & (slots - 1);
            ends_[slot].key = key;
            ends_[slot].from = static_cast<std::uint32_t>(end_literals_.size());
            end_literals_.insert(end_literals_.end(), literals.begin(), literals.end());
            ends_[slot].to = static_cast<std::uint32_t>(end_literals_.size());
        }
    }
    std::ranges::sort(front_sizes_);
    std::ranges::sort(back_sizes_);

    const auto build_from = [&](Grams& grams, std::size_t size,
                                const std::vector<std::uint32_t>& literals) {
        if (literals.empty()) return;
        std::map<std::uint32_t, std::vector<Grams::Spot>> by_gram;
        for (const std::uint32_t number : literals) {
            const std::string& text = literals_[number].text;
            std::size_t best = 0;
            if (size == 4) {
                std::uint32_t least = UINT32_MAX;
                for (std::size_t i = 0; i + 4 <= text.size(); ++i) {
                    const std::uint32_t seen = frequency[load<4>(text.data() + i)];
                    if (seen < least) {
                        least = seen;
                        best = i;
                    }
                }
            }
            const std::uint32_t gram = size == 4   ? load<4>(text.data() + best)
                                       : size == 3 ? load<3>(text.data())
                                                   : load<2>(text.data());
            by_gram[gram].push_back({number, static_cast<std::uint32_t>(best)});
        }
        std::size_t slots = 16;
        while (slots < by_gram.size() * 2) slots *= 2;
        grams.table.resize(slots);
        grams.mask = static_cast<std::uint32_t>(slots - 1);
        std::uint32_t bits = 10;
        while (bits < 17 && (std::size_t{1} << bits) < by_gram.size() * 32) ++bits;
        grams.shift = 32 - bits;
        grams.bits.resize((std::size_t{1} << bits) / 64);
        for (const auto& [gram, spots] : by_gram) {
            const std::uint32_t mixed = spread(gram);
            const std::uint32_t bit = mixed >> grams.shift;
            grams.bits[bit >> 6] |= 1ULL << (bit & 63);
            std::uint32_t slot = (mixed >> 8) & grams.mask;
            while (grams.table[slot].to != 0) slot = (slot + 1) & grams.mask;
            auto& entry = grams.table[slot];
            entry.gram = gram;
            entry.from = static_cast<std::uint32_t>(grams.spots.size());
            grams.spots.insert(grams.spots.end(), spots.begin(), spots.end());
            entry.to = static_cast<std::uint32_t>(grams.spots.size());
        }
    };
    if (sees_sixteen() && fours.size() + threes.size() <= most_few) {
        fours.insert(fours.end(), threes.begin(), threes.end());
        threes.clear();
        add_few(fours);
        fours.clear();
    }
    build_from(four_, 4, fours);
    build_from(three_, 3, threes);
    build_from(two_, 2, twos);
}

void FieldPrefilter::add_few(const std::vector<std::uint32_t>& literals) {
    if (literals.empty()) return;
    few_.used = true;
    for (std::size_t i = 0; i < literals.size(); ++i) {
        // Literals that begin alike share a bucket, so that one place sets few of them.
        const std::string& text = literals_[literals[i]].text;
        const std::size_t bucket = i * 8 / literals.size();
        few_.buckets[bucket].push_back(literals[i]);
        for (std::size_t k = 0; k < 3; ++k) {
            const auto byte = static_cast<unsigned char>(text[k]);
            few_.low[k][byte & 15] |= static_cast<std::uint8_t>(1U << bucket);
            few_.high[k][byte >> 4] |= static_cast<std::uint8_t>(1U << bucket);
        }
    }
}

}  // namespace noroshi::engines::detect
