#pragma once
// Chance, from a seed.

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "kernel/random/random.h"
#include "kernel/time/time.h"

namespace noroshi::storm {

class Dice {
public:
    explicit Dice(std::uint64_t seed) : random_(seed) {}

    std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
    double share() { return static_cast<double>(random_.number() >> 11U) * 0x1p-53; }
    bool chance(double probability) { return share() < probability; }
    template <class T>
    const T& one_of(const std::vector<T>& all) {
        return all[below(all.size())];
    }
    Span between(Span low, Span high) {
        return low + Span{static_cast<Span::rep>(
                         below(static_cast<std::uint64_t>((high - low).count()) + 1))};
    }
    // The wait for something that happens by itself once in `mean`.
    Span wait(Span mean) {
        return Span{
            static_cast<Span::rep>(-std::log(1.0 - share()) * static_cast<double>(mean.count()))};
    }

private:
    SeededRandom random_;
};

}  // namespace noroshi::storm
