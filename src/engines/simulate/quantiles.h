#pragma once
// Quantiles of many non-negative values in little memory: a histogram whose bins have a relative
// width of 1/512, interpolated inside a bin. Counts are whole numbers, so merging does not depend
// on order. Pages of one octave are made when first needed.

#include <array>
#include <bit>
#include <cstdint>
#include <memory>

namespace noroshi::simulate {

class Quantiles {
public:
    void add(double value) {
        ++count_;
        if (value < least_) least_ = value;
        if (value > most_) most_ = value;
        const auto bits = std::bit_cast<std::uint64_t>(value);
        const int octave = static_cast<int>(bits >> 52U) - first_exponent;
        if (octave < 0) [[unlikely]] {
            ++tiny_;
            return;
        }
        auto* page = pages_[octave < octaves ? octave : octaves - 1].get();
        if (page == nullptr) [[unlikely]]
            page = make_page(octave < octaves ? octave : octaves - 1);
        ++(*page)[bits >> (52U - page_bits) & ((1U << page_bits) - 1)];
    }

    void merge(const Quantiles& other);
    std::uint64_t count() const { return count_; }
    // The value below which a share p lies; 0 if there is none.
    double at(double p) const;

private:
    static constexpr unsigned page_bits = 9;
    static constexpr int octaves = 96;  // 2^-40 … 2^56
    static constexpr int first_exponent = 1023 - 40;
    using Page = std::array<std::uint64_t, 1U << page_bits>;
    Page* make_page(int octave);

    std::array<std::unique_ptr<Page>, octaves> pages_;
    std::uint64_t count_ = 0;
    std::uint64_t tiny_ = 0;  // below 2^-40: counted as zero
    double least_ = 1e300;
    double most_ = 0;
};

}  // namespace noroshi::simulate
