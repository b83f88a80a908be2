#pragma once
// The clock of an exercise: a piecewise-linear map from real time, derived from clock facts
// (started, paced, paused, resumed, ended), so that a restart finds the same exercise time again.
// Entry times stay real; event times inside the exercise are read off this clock.

#include <optional>
#include <vector>

#include "kernel/time/time.h"

namespace noroshi {

class ExerciseTime {
public:
    // From real instant `real` on, the exercise stood at `shown` and runs `speed` times as fast.
    // speed 0 is a pause. Changes arrive in order of `real`.
    void change(Instant real, double speed);
    static ExerciseTime starting(Instant real, Instant shown, double speed);

    Instant at(Instant real) const;
    // The real instant at which `shown` will be reached at the present pace; nothing while paused.
    std::optional<Instant> real_time_of(Instant shown) const;
    double speed() const;

private:
    struct Leg {
        Instant real;
        Instant shown;
        double speed;
    };
    std::vector<Leg> legs_;
};

// A Clock showing exercise time; `times` must outlive it and be guarded by the caller.
class ExerciseClock final : public Clock {
public:
    ExerciseClock(const Clock& real, const ExerciseTime& times) : real_(real), times_(times) {}
    Instant now() const override { return times_.at(real_.now()); }

private:
    const Clock& real_;
    const ExerciseTime& times_;
};

}  // namespace noroshi
