#include "engines/simulate/exact.h"

#include <gtest/gtest.h>

#include "engines/simulate/stream.h"

// The values of shared/design/forecast-model.md, "Exact values for tests".

namespace noroshi::simulate {
namespace {

const Schedule gate_day{{7, 60},   {8, 110},  {9, 120},  {10, 110}, {11, 100}, {12, 60},
                        {13, 100}, {14, 110}, {15, 100}, {16, 40},  {17, 0}};

TEST(Philox, GivesThePublishedNumbers) {
    // Known answers of the authors' own test (Random123, kat_vectors): without them a what-if could
    // not be repeated elsewhere.
    const auto zero = philox({0, 0, 0, 0}, {0, 0});
    EXPECT_EQ(zero[0], 0x16554d9eca36314cU);
    EXPECT_EQ(zero[1], 0xdb20fe9d672d0fdcU);
    EXPECT_EQ(zero[2], 0xd7e772cee186176bU);
    EXPECT_EQ(zero[3], 0x7e68b68aec7ba23bU);
    constexpr auto all = ~std::uint64_t{0};
    const auto ones = philox({all, all, all, all}, {all, all});
    EXPECT_EQ(ones[0], 0x87b092c3013fe90bU);
    EXPECT_EQ(ones[1], 0x438c3c67be8d0224U);
    EXPECT_EQ(ones[2], 0x9cc7d7c69cd777b6U);
    EXPECT_EQ(ones[3], 0xa09caebf594f0ba0U);
}

TEST(Exact, ErlangsFormulae) {
    // A wrong number of lanes follows from a wrong probability of waiting.
    EXPECT_NEAR(erlang_b(1, 0.9), .473684210526, 1e-12);
    EXPECT_NEAR(erlang_c(1, 0.9), .9, 1e-12);
    EXPECT_NEAR(erlang_b(4, 3.6), .270685067145, 1e-12);
    EXPECT_NEAR(erlang_c(4, 3.6), .787753264295, 1e-12);
    EXPECT_NEAR(erlang_b(10, 9), .167963226292, 1e-12);
    EXPECT_NEAR(erlang_c(10, 9), .668731524108, 1e-12);
}

TEST(Exact, TheQueueAsItFills) {
    // A stationary formula tells a crisis manager nothing about the first hours.
    ExactQueue queue(1);
    double at = 0;
    for (const auto& [t, number] : {std::pair{1.0, 2.3090071023},
                                    {5.0, 4.9281325894},
                                    {10.0, 6.2400212908},
                                    {50.0, 9.3158676514}}) {
        ASSERT_TRUE(queue.advance(t - at, 3.6, 4));
        EXPECT_NEAR(queue.mean(), number, 1e-8);
        at = t;
    }
    // And in the end: Lq and p0 as the textbook has them.
    ASSERT_TRUE(queue.advance(5'000, 3.6, 4));
    EXPECT_NEAR(queue.mean(), 7.08977937866 + 3.6, 1e-8);
    EXPECT_NEAR(queue.probability(0), .011256190905, 1e-10);
}

TEST(Exact, AGateDay) {
    // The day at a gate, with and without an outage until 15:00.
    ExactQueue normal(20);
    const Schedule lanes{{8.5, 6}, {16.5, 0}};
    ASSERT_TRUE(normal.advance(7, 12, gate_day, lanes));
    EXPECT_NEAR(normal.mean(), 80.069187, 1e-6);
    EXPECT_NEAR(normal.sd(), 30.1414, 1e-4);
    ASSERT_TRUE(normal.advance(12, 13, gate_day, lanes));
    EXPECT_NEAR(normal.mean(), 26.455229, 1e-6);
    EXPECT_NEAR(normal.sd(), 24.7943, 1e-4);

    ExactQueue outage(20);
    const Schedule late{{15, 6}, {19.5, 0}};
    ASSERT_TRUE(outage.advance(7, 15, gate_day, late));
    EXPECT_NEAR(outage.mean(), 770, 1e-8);
    EXPECT_NEAR(outage.sd(), 27.7489, 1e-4);
    ASSERT_TRUE(outage.advance(15, 16.5, gate_day, late));
    EXPECT_NEAR(outage.mean(), 710, 1e-6);
    EXPECT_NEAR(outage.sd(), 32.7109, 1e-4);
}

TEST(Exact, ObservationsCorrectIt) {
    // Three counts of the queue, with their errors: what the particle filter approximates.
    ExactQueue queue(1);
    ASSERT_TRUE(queue.advance(10, 3.6, 4));
    queue.observe(12, 2);
    EXPECT_NEAR(queue.mean(), 11.15852076, 1e-8);
    ASSERT_TRUE(queue.advance(10, 3.6, 4));
    queue.observe(20, 3);
    EXPECT_NEAR(queue.mean(), 18.64970493, 1e-8);
    ASSERT_TRUE(queue.advance(10, 3.6, 4));
    queue.observe(15, 2);
    EXPECT_NEAR(queue.mean(), 14.97551455, 1e-8);
    EXPECT_NEAR(queue.log_likelihood(), -10.7190417311, 1e-8);
}

TEST(Exact, AnOverloadThatDoesNotFitIsAnError) {
    // Probability that silently vanished would make the queue look shorter than it is.
    ExactQueue queue(1, 0, 50);
    const auto done = queue.advance(100, 10, 1);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().key, "engines.simulate.too_many");
}

TEST(Exact, TheFluidOfAnOutage) {
    // Ten hours of 500 vehicles an hour against a closed gate, then 800 an hour.
    const auto queue = fluid_queue(0, 40, 0.25, {{0, 500}}, {{0, 0}, {10, 800}});
    double longest = 0;
    double cleared = 0;
    double delay = 0;
    for (std::size_t i = 1; i < queue.size(); ++i) {
        longest = std::max(longest, queue[i].second);
        if (queue[i].second > 0 || queue[i - 1].second > 0) cleared = queue[i].first;
        delay +=
            (queue[i].first - queue[i - 1].first) * (queue[i].second + queue[i - 1].second) / 2;
    }
    EXPECT_NEAR(longest, 5000, 1e-6);
    EXPECT_NEAR(cleared, 26.6666667, 1e-6);
    // The notes say 66,666.67: the triangle of 5,000 over 26.667 h.
    EXPECT_NEAR(delay, 66666.6667, 1e-2);
}

}  // namespace
}  // namespace noroshi::simulate
