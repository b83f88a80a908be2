#include "engines/detect/fold.h"

#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace noroshi::engines::detect {

char* Arena::take_more(std::size_t bytes) {
    while (used_ < blocks_.size() && blocks_[used_].size < bytes) ++used_;
    if (used_ == blocks_.size()) {
        const std::size_t size = std::max<std::size_t>(bytes, std::size_t{64} << 10);
        blocks_.push_back({std::make_unique<char[]>(size), size});
    }
    at_ = blocks_[used_].bytes.get();
    left_ = blocks_[used_].size;
    ++used_;
    char* at = at_;
    at_ += bytes;
    left_ -= bytes;
    return at;
}

std::string_view Arena::keep(std::string_view text) {
    if (text.empty()) return std::string_view("");
    char* at = take(text.size());
    std::memcpy(at, text.data(), text.size());
    return {at, text.size()};
}

void Arena::clear() {
    if (blocks_.empty()) return;
    // One event of a megabyte must not hold a megabyte for the rest of the year.
    if (blocks_.size() > 16) blocks_.resize(1);
    used_ = 1;
    at_ = blocks_[0].bytes.get();
    left_ = blocks_[0].size;
}

char32_t fold_code_point(char32_t c) {
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 32;
    if (c >= 0x100 && c <= 0x137) return c | 1;
    if (c >= 0x139 && c <= 0x148) return c % 2 == 1 ? c + 1 : c;
    if (c >= 0x14A && c <= 0x177) return c | 1;
    if (c == 0x178) return 0xFF;
    if (c >= 0x179 && c <= 0x17E) return c % 2 == 1 ? c + 1 : c;
    if (c == 0x386) return 0x3AC;
    if (c >= 0x388 && c <= 0x38A) return c + 37;
    if (c == 0x38C) return 0x3CC;
    if (c == 0x38E || c == 0x38F) return c + 63;
    if (c >= 0x391 && c <= 0x3AB && c != 0x3A2) return c + 32;
    if (c == 0x3C2) return 0x3C3;
    if (c >= 0x400 && c <= 0x40F) return c + 80;
    if (c >= 0x410 && c <= 0x42F) return c + 32;
    if (c >= 0x460 && c <= 0x481) return c | 1;
    if (c >= 0x48A && c <= 0x4BF) return c | 1;
    if (c >= 0xFF21 && c <= 0xFF3A) return c + 32;
    return c;
}

char32_t next_code_point(std::string_view text, std::size_t& at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(at);
    std::size_t length = 1;
    char32_t value = first;
    if (first >= 0xC2 && first <= 0xDF)
        length = 2, value = first & 0x1FU;
    else if (first >= 0xE0 && first <= 0xEF)
        length = 3, value = first & 0x0FU;
    else if (first >= 0xF0 && first <= 0xF4)
        length = 4, value = first & 0x07U;
    if (length > 1) {
        if (at + length > text.size()) length = 1;
        for (std::size_t i = 1; i < length; ++i) {
            if ((byte(at + i) & 0xC0U) != 0x80U) {
                length = 1;
                break;
            }
            value = (value << 6) | (byte(at + i) & 0x3FU);
        }
        if (length == 1) value = first;
    }
    at += length;
    return value;
}

void append_utf8(std::string& out, char32_t c) {
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0 | (c >> 6));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0 | (c >> 12));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | (c >> 18));
        out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    }
}

namespace {

// Sixteen bytes at a time where the machine can; capital letters are what lies between 'A' and 'Z'.
struct Seen {
    bool upper = false;
    bool high = false;
};
Seen look_at(std::string_view text) {
    const char* in = text.data();
    std::size_t i = 0;
    Seen seen;
#if defined(__SSE2__)
    const __m128i below = _mm_set1_epi8('A' - 1);
    const __m128i above = _mm_set1_epi8('Z' + 1);
    __m128i upper = _mm_setzero_si128();
    __m128i all = _mm_setzero_si128();
    for (; i + 16 <= text.size(); i += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i));
        upper = _mm_or_si128(
            upper, _mm_and_si128(_mm_cmpgt_epi8(bytes, below), _mm_cmpgt_epi8(above, bytes)));
        all = _mm_or_si128(all, bytes);
    }
    seen.upper = _mm_movemask_epi8(upper) != 0;
    seen.high = _mm_movemask_epi8(all) != 0;
#endif
    for (; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(in[i]);
        seen.upper = seen.upper || static_cast<unsigned char>(byte - 'A') < 26;
        seen.high = seen.high || byte >= 0x80;
    }
    return seen;
}

char low(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return static_cast<char>(
        byte + (static_cast<unsigned char>(static_cast<unsigned char>(byte - 'A') < 26) << 5));
}

void low_ascii(const char* in, std::size_t size, char* out) {
    std::size_t i = 0;
#if defined(__SSE2__)
    const __m128i below = _mm_set1_epi8('A' - 1);
    const __m128i above = _mm_set1_epi8('Z' + 1);
    const __m128i bit = _mm_set1_epi8(0x20);
    for (; i + 16 <= size; i += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i));
        const __m128i upper =
            _mm_and_si128(_mm_cmpgt_epi8(bytes, below), _mm_cmpgt_epi8(above, bytes));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i),
                         _mm_or_si128(bytes, _mm_and_si128(upper, bit)));
    }
#endif
    for (; i < size; ++i) out[i] = low(in[i]);
}

}  // namespace

// Folding keeps the length of each code point, so it can be done in place: the table of
// fold_code_point pairs letters of one block.
void fold_into(std::string_view text, char* out) {
    low_ascii(text.data(), text.size(), out);
    for (std::size_t at = 0; at < text.size();) {
        if (static_cast<unsigned char>(text[at]) < 0x80) {
            // Skip to the next byte that is not ASCII, eight at a time.
            std::uint64_t word = 0;
            while (at + 8 <= text.size()) {
                std::memcpy(&word, text.data() + at, 8);
                if ((word & 0x8080808080808080ULL) != 0) break;
                at += 8;
            }
            while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
            continue;
        }
        const std::size_t from = at;
        const char32_t c = next_code_point(text, at);
        const char32_t lower = fold_code_point(c);
        if (lower == c || at - from == 1) continue;
        if (at - from == 2) {
            out[from] = static_cast<char>(0xC0 | (lower >> 6));
            out[from + 1] = static_cast<char>(0x80 | (lower & 0x3F));
        } else if (at - from == 3) {
            out[from] = static_cast<char>(0xE0 | (lower >> 12));
            out[from + 1] = static_cast<char>(0x80 | ((lower >> 6) & 0x3F));
            out[from + 2] = static_cast<char>(0x80 | (lower & 0x3F));
        }
    }
}

std::string folded(std::string_view text) {
    std::string out(text.size(), '\0');
    fold_into(text, out.data());
    return out;
}

std::string_view fold(std::string_view text, Arena& arena) {
    const Seen seen = look_at(text);
    if (!seen.upper && !seen.high) return text;
    char* const out = arena.take(text.size());
    if (seen.high)
        fold_into(text, out);
    else
        low_ascii(text.data(), text.size(), out);
    return {out, text.size()};
}

std::uint64_t hash_of(std::string_view text) {
    constexpr std::uint64_t k = 0x9E3779B97F4A7C15ULL;
    std::uint64_t h = text.size() * k;
    const char* p = text.data();
    std::size_t n = text.size();
    const auto mix = [&h](std::uint64_t x) {
        const auto product = static_cast<unsigned __int128>(h ^ x) * 0xD6E8FEB86659FD93ULL;
        h = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    };
    while (n > 8) {
        std::uint64_t x;
        std::memcpy(&x, p, 8);
        mix(x + k);
        p += 8;
        n -= 8;
    }
    // What is left in loads of fixed sizes that overlap: a copy of n bytes would be a call.
    std::uint64_t x = 0;
    if (text.size() >= 8) {
        std::memcpy(&x, p + n - 8, 8);
    } else if (n >= 4) {
        std::uint32_t front = 0;
        std::uint32_t back = 0;
        std::memcpy(&front, p, 4);
        std::memcpy(&back, p + n - 4, 4);
        x = static_cast<std::uint64_t>(back) << 32 | front;
    } else if (n > 0) {
        x = static_cast<std::uint64_t>(static_cast<unsigned char>(p[0])) |
            static_cast<std::uint64_t>(static_cast<unsigned char>(p[n / 2])) << 8 |
            static_cast<std::uint64_t>(static_cast<unsigned char>(p[n - 1])) << 16;
    }
    if (n > 0) mix(x + k * n);
    return h ^ (h >> 29);
}

}  // namespace noroshi::engines::detect
