#include "engines/simulate/particle_filter.h"

#include <gtest/gtest.h>

#include <array>
#include <numbers>

namespace noroshi::simulate {
namespace {

// M/M/4 as nobody would simulate it twice: next event by the total rate.
struct Gate {
    int number = 0;
    Stream stream;

    void advance(double duration) {
        for (;;) {
            const double rate = 3.6 + std::min(number, 4);
            duration += std::log(stream.unit()) / rate;
            if (duration < 0) return;
            number += stream.unit() * rate < 3.6 ? 1 : -1;
        }
    }
};

double log_normal_density(double x, double mean, double sd) {
    const double z = (x - mean) / sd;
    return -z * z / 2 - std::log(sd * std::sqrt(2 * std::numbers::pi));
}

TEST(ParticleFilter, AgreesWithBayesRule) {
    // Three counts of a queue correct the forecast by exactly as much as they should: posterior
    // means and likelihood by uniformisation (exact_test, shared/design/forecast-model.md).
    constexpr std::size_t count = 20'000;
    constexpr int runs = 12;
    std::array<double, 4> mean{};
    std::array<double, 4> squares{};
    for (int run = 0; run < runs; ++run) {
        const auto seed = static_cast<std::uint64_t>(run + 1);
        std::vector<Gate> gates(count);
        for (std::size_t i = 0; i < count; ++i) gates[i].stream = Stream(seed, 1, i);
        ParticleFilter filter(std::move(gates), seed);
        std::array<double, 4> found{};
        std::size_t at = 0;
        for (const auto& [seen, sd] : {std::pair{12.0, 2.0}, {20.0, 3.0}, {15.0, 2.0}}) {
            for (auto& gate : filter.particles()) gate.advance(10);
            filter.observe(
                [&](const Gate& gate) { return log_normal_density(seen, gate.number, sd); });
            found[at] = filter.mean([](const Gate& gate) { return gate.number; });
            ++at;
            filter.resample_below(
                0.5, [&](Gate& gate, std::size_t i) { gate.stream = Stream(seed, 1 + at, i); });
        }
        found[3] = filter.log_likelihood();
        for (std::size_t i = 0; i < 4; ++i) {
            const double delta = found[i] - mean[i];
            mean[i] += delta / (run + 1);
            squares[i] += delta * (found[i] - mean[i]);
        }
    }
    const std::array<double, 4> exact{11.15852076, 18.64970493, 14.97551455, -10.7190417311};
    for (std::size_t i = 0; i < 4; ++i) {
        const double sd = std::sqrt(squares[i] / (runs - 1) / runs);
        EXPECT_NEAR(mean[i], exact[i], 4 * sd) << i;
        EXPECT_LT(sd, 0.03) << i;
    }
}

TEST(ParticleFilter, ResamplesInProportion) {
    // Copies that were never seen must die out, and no more than the weights say.
    ParticleFilter<int> filter({0, 1, 2, 3}, 5);
    filter.observe([](int i) { return i == 2 ? 0.0 : i == 3 ? std::log(1.0 / 3) : -1e9; });
    EXPECT_NEAR(filter.effective_size(), 1.6, 1e-9);
    EXPECT_TRUE(filter.resample_below(0.5, [](int&, std::size_t) {}));
    EXPECT_EQ(filter.particles(), (std::vector<int>{2, 2, 2, 3}));
    EXPECT_FALSE(filter.resample_below(0.5, [](int&, std::size_t) {}));
    // What no particle can explain leaves them as they are.
    EXPECT_EQ(filter.observe([](int) { return -std::numeric_limits<double>::infinity(); }),
              -std::numeric_limits<double>::infinity());
    EXPECT_NEAR(filter.effective_size(), 4, 1e-9);
}

}  // namespace
}  // namespace noroshi::simulate
