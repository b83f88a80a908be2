#pragma once
// The inner loops of prefilter.h.

#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#include <tmmintrin.h>
#endif

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
        const std::uint32_t bit = mixed >> grams.shift;
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
inline void FieldPrefilter::verify(std::string_view text, std::size_t at, std::uint32_t buckets,
                                   Hit& hit) const {
    for (; buckets != 0; buckets &= buckets - 1) {
        for (const std::uint32_t number : few_.buckets[std::countr_zero(buckets)]) {
            const Literal& literal = literals_[number];
            if (text.size() - at >= literal.text.size() &&
                std::memcmp(text.data() + at, literal.text.data(), literal.text.size()) == 0)
                hit(lists_[literal.list]);
        }
    }
}

// In each of sixteen places: the buckets whose three bytes could begin there.
#if defined(__SSE2__)
struct FewTables {
    __m128i low[3];
    __m128i high[3];
};
__attribute__((target("ssse3"))) inline __m128i few_at(const FewTables& tables, const char* at) {
    const __m128i nibble = _mm_set1_epi8(0x0F);
    __m128i found = _mm_set1_epi8(-1);
    for (int i = 0; i < 3; ++i) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
        found = _mm_and_si128(
            found,
            _mm_and_si128(
                _mm_shuffle_epi8(tables.low[i], _mm_and_si128(bytes, nibble)),
                _mm_shuffle_epi8(tables.high[i], _mm_and_si128(_mm_srli_epi16(bytes, 4), nibble))));
    }
    return found;
}
// Begins a run over `size` bytes of which 18 beyond any place looked at can be read; answers the
// first place from `at` on where something may begin, and which buckets; `size` if nowhere.
__attribute__((target("ssse3"))) inline std::size_t next_few(const FewTables& tables,
                                                             const char* text, std::size_t at,
                                                             std::size_t size,
                                                             std::uint64_t (&buckets)[2]) {
    const __m128i zero = _mm_setzero_si128();
    for (; at < size; at += 16) {
        const __m128i found = few_at(tables, text + at);
        if (_mm_movemask_epi8(_mm_cmpeq_epi8(found, zero)) == 0xFFFF) continue;
        std::memcpy(buckets, &found, 16);
        return at;
    }
    return size;
}
#endif

template <class Hit>
inline void FieldPrefilter::scan_few(std::string_view text, Hit& hit) const {
#if defined(__SSE2__)
    FewTables tables;
    for (int i = 0; i < 3; ++i) {
        std::memcpy(&tables.low[i], few_.low[i], 16);
        std::memcpy(&tables.high[i], few_.high[i], 16);
    }
    std::uint64_t buckets[2];
    const auto look = [&](const char* from, std::size_t size, std::size_t origin) {
        for (std::size_t at = 0; (at = next_few(tables, from, at, size, buckets)) < size; at += 16)
            for (std::size_t half = 0; half < 2; ++half)
                for (std::uint64_t left = buckets[half]; left != 0;) {
                    const auto byte = static_cast<std::size_t>(std::countr_zero(left)) / 8;
                    const std::size_t place = origin + at + half * 8 + byte;
                    if (place < text.size())
                        verify(text, place, static_cast<std::uint32_t>(left >> (byte * 8) & 0xFF),
                               hit);
                    left &= ~(0xFFULL << (byte * 8));
                }
    };
    // Whole steps while eighteen bytes can be read, then what is left from a copy.
    const std::size_t whole = text.size() < 18 ? 0 : (text.size() - 2) / 16 * 16;
    const char* const first = text.data();
    look(first, whole, 0);
    if (whole < text.size()) {
        char rest[64] = {};
        std::memcpy(rest, first + whole, text.size() - whole);
        look(rest, text.size() - whole, whole);
    }
#else
    (void)text;
    (void)hit;
#endif
}

template <class Hit>
inline void FieldPrefilter::scan_anchored(std::string_view text, Hit& hit) const {
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
    const char* const first = text.data();
    if (!front_sizes_.empty() && !text.empty()) anchored(front_, front_sizes_, first, 1);
    if (!back_sizes_.empty() && !text.empty())
        anchored(back_, back_sizes_, first + text.size() - 1, -1);
    if (!ends_.empty() && text.size() >= end_size) {
        std::uint64_t key = 0;
        std::memcpy(&key, text.data() + text.size() - end_size, end_size);
        const std::size_t mask = ends_.size() - 1;
        for (std::size_t slot = key * 0x9E3779B97F4A7C15ULL >> 40 & mask; ends_[slot].to != 0;
             slot = (slot + 1) & mask) {
            if (ends_[slot].key != key) continue;
            for (std::uint32_t i = ends_[slot].from; i < ends_[slot].to; ++i) {
                const Literal& literal = literals_[end_literals_[i]];
                if (text.ends_with(literal.text)) hit(lists_[literal.list]);
            }
            break;
        }
    }
}

template <class Hit>
inline void FieldPrefilter::scan_anywhere(std::string_view text, Hit& hit) const {
    if (few_.used && text.size() >= 3) scan_few(text, hit);
    scan_grams<4>(four_, text, hit);
    scan_grams<3>(three_, text, hit);
    scan_grams<2>(two_, text, hit);
    if (!single_.empty())
        for (const char c : text)
            if (const auto list = single_[static_cast<unsigned char>(c)]) hit(lists_[list - 1]);
}

}  // namespace noroshi::engines::detect
