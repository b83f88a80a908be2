#include "engines/simulate/quantiles.h"

#include <algorithm>
#include <cmath>

namespace noroshi::simulate {

Quantiles::Page* Quantiles::make_page(int octave) {
    pages_[octave] = std::make_unique<Page>();
    return pages_[octave].get();
}

void Quantiles::merge(const Quantiles& other) {
    count_ += other.count_;
    tiny_ += other.tiny_;
    least_ = std::min(least_, other.least_);
    most_ = std::max(most_, other.most_);
    for (int octave = 0; octave < octaves; ++octave) {
        if (!other.pages_[octave]) continue;
        auto& page = pages_[octave] ? *pages_[octave] : *make_page(octave);
        for (std::size_t bin = 0; bin < page.size(); ++bin)
            page[bin] += (*other.pages_[octave])[bin];
    }
}

double Quantiles::at(double p) const {
    if (count_ == 0) return 0;
    const double rank = p * static_cast<double>(count_);
    double below = static_cast<double>(tiny_);
    if (rank <= below) return 0;
    for (int octave = 0; octave < octaves; ++octave) {
        if (!pages_[octave]) continue;
        const double start = std::ldexp(1.0, octave - 40);
        for (std::size_t bin = 0; bin < pages_[octave]->size(); ++bin) {
            const auto here = static_cast<double>((*pages_[octave])[bin]);
            if (here > 0 && below + here >= rank) {
                const double width = start / (1U << page_bits);
                const double value =
                    start + width * (static_cast<double>(bin) + (rank - below) / here);
                return std::clamp(value, least_, most_);
            }
            below += here;
        }
    }
    return most_;
}

}  // namespace noroshi::simulate
