#pragma once
// The inner loops of prefilter.h.

#include <cstring>

#include "engines/detect/fold.h"
#include "engines/detect/prefilter.h"

namespace noroshi::engines::detect {

inline constexpr std::size_t max_anchor = 64;  // bytes of a front or back literal that are hashed

// Grows by one byte at a time, so that all lengths cost one pass.
inline std::uint64_t grown(std::uint64_t hash, char byte) {
    return (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3ULL;
}
inline constexpr std::uint64_t grown_from = 0xCBF29CE484222325ULL;

// A number in one spelling: what a number and a text that reads as one have in common. Returns
// false if `text` is no decimal number or is spelled so already.
bool canonical_number(std::string_view text, char (&out)[32], std::size_t& size);

inline std::uint32_t FieldPrefilter::list_of(std::uint64_t hash,
                                             const std::vector<Exact>& table) const {
    const std::size_t mask = table.size() - 1;
    for (std::size_t slot = (hash ^ (hash >> 32)) & mask;; slot = (slot + 1) & mask) {
        if (table[slot].list == 0) return 0;
        if (table[slot].hash == hash) return table[slot].list;
    }
}

template <int size>
inline std::uint32_t FieldPrefilter::load(const char* at) {
    if constexpr (size == 4) {
        std::uint32_t gram;
        std::memcpy(&gram, at, 4);
        return gram;
    } else {
        std::uint32_t gram = 0;
        std::memcpy(&gram, at, size);
        return gram;
    }
}

template <int size, class Hit>
inline void FieldPrefilter::scan_grams(const Grams& grams, std::string_view text, Hit& hit) const {
    if (grams.table.empty() || text.size() < size) return;
    const char* const begin = text.data();
    const std::size_t end = text.size() - size;
    for (std::size_t at = 0; at <= end; ++at) {
        const std::uint32_t gram = load<size>(begin + at);
        const std::uint32_t mixed = spread(gram);
        const std::uint32_t bit = mixed >> (32 - gram_bits);
        if ((grams.bits[bit >> 6] >> (bit & 63) & 1) == 0) [[likely]]
            continue;
        for (std::uint32_t slot = (mixed >> 8) & grams.mask;; slot = (slot + 1) & grams.mask) {
            const auto& entry = grams.table[slot];
            if (entry.to == 0) break;
            if (entry.gram != gram) continue;
            for (std::uint32_t i = entry.from; i < entry.to; ++i) {
                const auto& spot = grams.spots[i];
                const Literal& literal = literals_[spot.literal];
                if (at >= spot.offset && at - spot.offset + literal.text.size() <= text.size() &&
                    std::memcmp(begin + at - spot.offset, literal.text.data(),
                                literal.text.size()) == 0)
                    hit(lists_[literal.list]);
            }
            break;
        }
    }
}

template <class Hit>
inline void FieldPrefilter::scan(std::string_view text, Hit&& hit) const {
    if (!whole_.empty()) {
        if (const auto list = list_of(hash_of(text), whole_)) hit(lists_[list - 1]);
        if (!text.empty() && (static_cast<unsigned char>(text.front() - '0') < 10 ||
                              text.front() == '-' || text.front() == '.')) {
            char number[32];
            std::size_t size = 0;
            if (canonical_number(text, number, size))
                if (const auto list = list_of(hash_of({number, size}), whole_))
                    hit(lists_[list - 1]);
        }
    }
    const auto anchored = [&](const std::vector<Exact>& table,
                              const std::vector<std::uint8_t>& sizes, const char* at, int step) {
        std::uint64_t hash = grown_from;
        std::size_t length = 0;
        for (const std::uint8_t size : sizes) {
            if (size > text.size()) return;
            for (; length < size; ++length, at += step) hash = grown(hash, *at);
            if (const auto list = list_of(hash, table)) hit(lists_[list - 1]);
        }
    };
    if (!front_sizes_.empty() && !text.empty()) anchored(front_, front_sizes_, text.data(), 1);
    if (!back_sizes_.empty() && !text.empty())
        anchored(back_, back_sizes_, text.data() + text.size() - 1, -1);
    scan_grams<4>(four_, text, hit);
    scan_grams<3>(three_, text, hit);
    scan_grams<2>(two_, text, hit);
    if (!single_.empty())
        for (const char c : text)
            if (const auto list = single_[static_cast<unsigned char>(c)]) hit(lists_[list - 1]);
}

}  // namespace noroshi::engines::detect
