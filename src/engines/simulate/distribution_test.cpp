#include "engines/simulate/distribution.h"

#include <gtest/gtest.h>

#include "engines/simulate/quantiles.h"

namespace noroshi::simulate {
namespace {

void expect_moments(const Distribution& distribution) {
    Stream stream(7, 1, 0);
    constexpr int count = 400'000;
    double mean = 0;
    double squares = 0;
    double fourth = 0;
    for (int i = 0; i < count; ++i) {
        const double x = distribution.sample(stream);
        ASSERT_GE(x, 0);
        mean += x / count;
        const double d = x - distribution.mean();
        squares += d * d / count;
        fourth += d * d * d * d / count;
    }
    const double sd = std::sqrt(distribution.variance());
    EXPECT_NEAR(mean, distribution.mean(), 4 * sd / std::sqrt(count) + 1e-9);
    EXPECT_NEAR(squares, distribution.variance(),
                4 * std::sqrt(std::max(fourth - squares * squares, 0.0) / count) + 1e-9);
}

TEST(Distribution, MeanAndVarianceAreAsPromised) {
    // A service that is 5 % longer than asked for turns 90 % load into 94.5 %.
    expect_moments(*Distribution::exponential(2));
    expect_moments(*Distribution::deterministic(3));
    expect_moments(*Distribution::erlang(4, 1.75));
    expect_moments(*Distribution::erlang(40, 2));
    expect_moments(*Distribution::uniform(1, 4));
    expect_moments(*Distribution::lognormal(1, 0.6));
    expect_moments(*Distribution::gamma(2, 0.5));
    expect_moments(*Distribution::gamma(2, 1.5));
    expect_moments(*Distribution::gamma(1, 1));
    expect_moments(*Distribution::hyperexponential(1, 2));
    expect_moments(*Distribution::hyperexponential(1, 1));
    expect_moments(*Distribution::empirical({1, 2, 2, 7}));
    expect_moments(*Distribution::geometric(3.5));
    expect_moments(*Distribution::geometric(1));
}

TEST(Distribution, RefusesWhatIsNone) {
    // A negative time would run the simulation backwards.
    EXPECT_EQ(Distribution::exponential(-1).error().pointer, "/mean");
    EXPECT_EQ(Distribution::exponential(0).error().pointer, "/mean");
    EXPECT_EQ(Distribution::erlang(2.5, 1).error().pointer, "/k");
    EXPECT_EQ(Distribution::uniform(3, 2).error().pointer, "/high");
    EXPECT_EQ(Distribution::hyperexponential(1, 0.9).error().pointer, "/cv");
    EXPECT_EQ(Distribution::empirical({}).error().pointer, "/values");
    EXPECT_EQ(Distribution::empirical({1, -1}).error().pointer, "/values");
    EXPECT_FALSE(Distribution::lognormal(std::nan(""), 1));
}

TEST(Distribution, TheNormalQuantile) {
    // Against published points of the normal distribution.
    EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
    EXPECT_NEAR(normal_quantile(0.5), 0, 1e-15);
    EXPECT_NEAR(normal_quantile(0.25), -0.674489750196082, 1e-14);
    EXPECT_NEAR(normal_quantile(1e-20), -9.262340089798408, 1e-12);
    EXPECT_NEAR(student_95(4), 2.776445, 1e-6);
    EXPECT_NEAR(student_95(15), 2.131450, 1e-4);
    EXPECT_NEAR(student_95(1000), 1.962339, 1e-5);
}

TEST(Quantiles, AreWithinTheirPromisedError) {
    // The 95 % wait is what a haulier is told.
    Quantiles one;
    Quantiles other;
    for (int i = 1; i <= 10'000; ++i) (i % 3 == 0 ? one : other).add(i * 0.01);
    one.merge(other);
    EXPECT_NEAR(one.at(0.5), 50, 0.1);
    EXPECT_NEAR(one.at(0.99), 99, 0.2);
    Quantiles same;
    for (int i = 0; i < 5; ++i) same.add(2.5);
    EXPECT_EQ(same.at(0.5), 2.5);
    EXPECT_EQ(same.at(0.99), 2.5);
    Quantiles zeros;
    for (int i = 0; i < 9; ++i) zeros.add(0);
    zeros.add(10);
    EXPECT_EQ(zeros.at(0.5), 0);
    EXPECT_EQ(zeros.at(0.95), 10);
    EXPECT_EQ(Quantiles().at(0.5), 0);
}

}  // namespace
}  // namespace noroshi::simulate
