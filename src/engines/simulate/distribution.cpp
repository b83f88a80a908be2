#include "engines/simulate/distribution.h"

#include <algorithm>
#include <array>
#include <limits>

namespace noroshi::simulate {

namespace {

Result<> positive(double value, const char* pointer) {
    if (!(value > 0) || !std::isfinite(value))
        return invalid("engines.simulate.not_positive", pointer);
    return {};
}

Result<> not_negative(double value, const char* pointer) {
    if (!(value >= 0) || !std::isfinite(value))
        return invalid("engines.simulate.negative", pointer);
    return {};
}

double ratio(const std::array<double, 8>& above, const std::array<double, 8>& below, double r) {
    double top = 0;
    double bottom = 0;
    for (std::size_t i = 8; i-- > 0;) {
        top = top * r + above[i];
        bottom = bottom * r + below[i];
    }
    return top / bottom;
}

// Sum of `count` exponentials of mean 1: one logarithm for 16 of them (each factor is at least
// 2^-53, so the product does not underflow).
double erlang_of(Stream& stream, unsigned count) {
    double sum = 0;
    while (count > 0) {
        double product = 1;
        for (unsigned i = std::min(count, 16U); i > 0; --i, --count) product *= stream.unit();
        sum -= std::log(product);
    }
    return sum;
}

// Marsaglia and Tsang, "A simple method for generating gamma variables" (2000); shape at least 1.
double gamma_of(Stream& stream, double shape) {
    const double d = shape - 1.0 / 3.0;
    const double c = 1.0 / std::sqrt(9.0 * d);
    for (;;) {
        const double x = normal_quantile(stream.unit());
        const double root = 1.0 + c * x;
        const double u = stream.unit();
        if (root <= 0) continue;
        const double v = root * root * root;
        if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
    }
}

}  // namespace

double normal_quantile(double p) {
    static constexpr std::array<double, 8> a{3.3871328727963666080e0, 1.3314166789178437745e2,
                                             1.9715909503065514427e3, 1.3731693765509461125e4,
                                             4.5921953931549871457e4, 6.7265770927008700853e4,
                                             3.3430575583588128105e4, 2.5090809287301226727e3};
    static constexpr std::array<double, 8> b{1.0,
                                             4.2313330701600911252e1,
                                             6.8718700749205790830e2,
                                             5.3941960214247511077e3,
                                             2.1213794301586595867e4,
                                             3.9307895800092710610e4,
                                             2.8729085735721942674e4,
                                             5.2264952788528545610e3};
    static constexpr std::array<double, 8> c{1.42343711074968357734e0,  4.63033784615654529590e0,
                                             5.76949722146069140550e0,  3.64784832476320460504e0,
                                             1.27045825245236838258e0,  2.41780725177450611770e-1,
                                             2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static constexpr std::array<double, 8> d{1.0,
                                             2.05319162663775882187e0,
                                             1.67638483018380384940e0,
                                             6.89767334985100004550e-1,
                                             1.48103976427480074590e-1,
                                             1.51986665636164571966e-2,
                                             5.47593808499534494600e-4,
                                             1.05075007164441684324e-9};
    static constexpr std::array<double, 8> e{6.65790464350110377720e0,  5.46378491116411436990e0,
                                             1.78482653991729133580e0,  2.96560571828504891230e-1,
                                             2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                             2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static constexpr std::array<double, 8> f{1.0,
                                             5.99832206555887937690e-1,
                                             1.36929880922735805310e-1,
                                             1.48753612908506148525e-2,
                                             7.86869131145613259100e-4,
                                             1.84631831751005468180e-5,
                                             1.42151175831644588870e-7,
                                             2.04426310338993978564e-15};
    const double q = p - 0.5;
    if (std::abs(q) <= 0.425) return q * ratio(a, b, 0.180625 - q * q);
    const double r = std::sqrt(-std::log(q < 0 ? p : 1 - p));
    const double x = r <= 5 ? ratio(c, d, r - 1.6) : ratio(e, f, r - 5);
    return q < 0 ? -x : x;
}

double student_95(std::uint64_t degrees_of_freedom) {
    // Few degrees from a table; from 13 on the expansion of Cornish and Fisher in 1/degrees is
    // right to four digits.
    static constexpr std::array<double, 12> few{
        12.706204736, 4.302652730, 3.182446305, 2.776445105, 2.570581836, 2.446911851,
        2.364624252,  2.306004135, 2.262157163, 2.228138852, 2.200985160, 2.178812830};
    if (degrees_of_freedom == 0) return std::numeric_limits<double>::infinity();
    if (degrees_of_freedom <= few.size()) return few[degrees_of_freedom - 1];
    const double n = static_cast<double>(degrees_of_freedom);
    const double z = 1.959963984540054;
    const double z2 = z * z;
    return z * (1 + (z2 + 1) / (4 * n) + ((5 * z2 + 16) * z2 + 3) / (96 * n * n) +
                (((3 * z2 + 19) * z2 + 17) * z2 - 15) / (384 * n * n * n));
}

Result<Distribution> Distribution::exponential(double mean) {
    TRY(positive(mean, "/mean"));
    return Distribution(Kind::exponential, mean, 0, mean, mean * mean);
}

Result<Distribution> Distribution::deterministic(double value) {
    TRY(not_negative(value, "/value"));
    return Distribution(Kind::deterministic, value, 0, value, 0);
}

Result<Distribution> Distribution::erlang(double k, double mean) {
    TRY(positive(mean, "/mean"));
    if (!(k >= 1) || k > 10'000 || k != std::floor(k))
        return invalid("engines.simulate.out_of_range", "/k", {{"least", "1"}, {"most", "10000"}});
    return Distribution(Kind::erlang, mean / k, k, mean, mean * mean / k);
}

Result<Distribution> Distribution::uniform(double low, double high) {
    TRY(not_negative(low, "/low"));
    TRY(not_negative(high, "/high"));
    if (high < low) return invalid("engines.simulate.order", "/high");
    const double width = high - low;
    return Distribution(Kind::uniform, low, width, low + width / 2, width * width / 12);
}

Result<Distribution> Distribution::lognormal(double mean, double cv) {
    TRY(positive(mean, "/mean"));
    TRY(not_negative(cv, "/cv"));
    const double variance = std::log1p(cv * cv);
    return Distribution(Kind::lognormal, std::log(mean) - variance / 2, std::sqrt(variance), mean,
                        mean * mean * cv * cv);
}

Result<Distribution> Distribution::gamma(double mean, double cv) {
    TRY(positive(mean, "/mean"));
    TRY(positive(cv, "/cv"));
    const double shape = 1 / (cv * cv);
    return Distribution(Kind::gamma, mean / shape, shape, mean, mean * mean * cv * cv);
}

Result<Distribution> Distribution::hyperexponential(double mean, double cv) {
    TRY(positive(mean, "/mean"));
    if (!(cv >= 1) || !std::isfinite(cv))
        return invalid("engines.simulate.out_of_range", "/cv", {{"least", "1"}, {"most", "∞"}});
    const double squared = cv * cv;
    const double p = (1 + std::sqrt((squared - 1) / (squared + 1))) / 2;
    Distribution made(Kind::hyperexponential, mean / (2 * p), mean / (2 * (1 - p)), mean,
                      mean * mean * squared);
    made.c_ = p;
    return made;
}

Result<Distribution> Distribution::empirical(std::vector<double> values) {
    if (values.empty()) return invalid("engines.simulate.empty", "/values");
    double mean = 0;
    for (const double value : values) {
        TRY(not_negative(value, "/values"));
        mean += value / static_cast<double>(values.size());
    }
    double variance = 0;
    for (const double value : values)
        variance += (value - mean) * (value - mean) / static_cast<double>(values.size());
    std::ranges::sort(values);  // so that a larger random number is a larger value
    Distribution made(Kind::empirical, static_cast<double>(values.size()), 0, mean, variance);
    made.values_ = std::move(values);
    return made;
}

Result<Distribution> Distribution::geometric(double mean) {
    if (!(mean >= 1) || !std::isfinite(mean))
        return invalid("engines.simulate.out_of_range", "/mean", {{"least", "1"}, {"most", "∞"}});
    return Distribution(Kind::geometric, mean > 1 ? 1 / std::log1p(-1 / mean) : 0, 0, mean,
                        mean * (mean - 1));
}

double Distribution::sample_other(Stream& stream) const {
    switch (kind_) {
    case Kind::exponential: return a_ * -std::log(stream.unit());
    case Kind::deterministic: return a_;
    case Kind::erlang: return a_ * erlang_of(stream, static_cast<unsigned>(b_));
    case Kind::uniform: return a_ + b_ * stream.unit();
    case Kind::lognormal: return std::exp(a_ + b_ * normal_quantile(stream.unit()));
    case Kind::gamma:
        if (b_ >= 1) return a_ * gamma_of(stream, b_);
        {
            // A gamma of shape + 1 times U^(1/shape).
            const double u = stream.unit();
            return a_ * gamma_of(stream, b_ + 1) * std::pow(u, 1 / b_);
        }
    case Kind::hyperexponential: {
        const bool first = stream.unit() < c_;
        return (first ? a_ : b_) * -std::log(stream.unit());
    }
    case Kind::empirical: return values_[static_cast<std::size_t>(stream.unit() * a_)];
    case Kind::geometric: return 1 + std::floor(std::log(stream.unit()) * a_);
    }
    return 0;
}

}  // namespace noroshi::simulate
