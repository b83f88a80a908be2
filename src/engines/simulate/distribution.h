#pragma once
// Durations and whole numbers that chance decides. A Distribution is made by one of the functions
// below, which refuse what is none, and sampled from a Stream. All but gamma and hyperexponential
// grow with their random numbers, so that what-ifs on shared streams stay close to each other.

#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engines/simulate/stream.h"
#include "kernel/result.h"

namespace noroshi::simulate {

class Distribution {
public:
    enum class Kind : std::uint8_t {
        exponential,
        deterministic,
        erlang,
        uniform,
        lognormal,
        gamma,
        hyperexponential,
        empirical,
        geometric
    };

    // Errors, all invalid: engines.simulate.{not_positive, negative, out_of_range} with the pointer
    // of the parameter ("/mean").
    static Result<Distribution> exponential(double mean);
    static Result<Distribution> deterministic(double value);
    static Result<Distribution> erlang(double k, double mean);  // k: a whole number from 1
    static Result<Distribution> uniform(double low, double high);
    static Result<Distribution> lognormal(double mean, double cv);
    static Result<Distribution> gamma(double mean, double cv);
    // Two phases with balanced means (p1/rate1 = p2/rate2); cv at least 1.
    static Result<Distribution> hyperexponential(double mean, double cv);
    static Result<Distribution> empirical(std::vector<double> values);
    // 1, 2, 3 …: for sizes of batches.
    static Result<Distribution> geometric(double mean);

    double sample(Stream& stream) const {
        if (kind_ == Kind::exponential) [[likely]]
            return a_ * -std::log(stream.unit());
        return sample_other(stream);
    }
    double mean() const { return mean_; }
    double variance() const { return variance_; }
    Kind kind() const { return kind_; }

private:
    Distribution(Kind kind, double a, double b, double mean, double variance)
        : kind_(kind), a_(a), b_(b), mean_(mean), variance_(variance) {}
    double sample_other(Stream& stream) const;

    Kind kind_;
    double a_;
    double b_;
    double c_ = 0;
    double mean_;
    double variance_;
    std::vector<double> values_;
};

// The point below which a standard normal variable lies with probability p (0 < p < 1). Relative
// error below 1e-15: M. J. Wichura, Algorithm AS 241, Applied Statistics 37 (1988).
double normal_quantile(double p);
// Two-sided 95 % point of Student's t.
double student_95(std::uint64_t degrees_of_freedom);

}  // namespace noroshi::simulate
