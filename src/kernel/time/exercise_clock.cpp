#include "kernel/time/exercise_clock.h"

#include <algorithm>
#include <cmath>

namespace noroshi {

namespace {

// Where a leg would run out of the calendar it stops: nothing overflows, whatever the speed.
constexpr Instant latest{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}};

}  // namespace

ExerciseTime ExerciseTime::starting(Instant real, Instant shown, double speed) {
    ExerciseTime time;
    time.legs_.push_back({real, shown, speed});
    return time;
}

void ExerciseTime::change(Instant real, double speed) {
    // The system clock may have been set back between two runs of the server; exercise time goes on
    // from where it stood.
    if (!legs_.empty()) real = std::max(real, legs_.back().real);
    legs_.push_back({real, at(real), speed});
}

Instant ExerciseTime::at(Instant real) const {
    if (legs_.empty()) return real;
    // The last leg that has begun; before the first, its beginning.
    auto leg = legs_.begin();
    while (leg + 1 != legs_.end() && (leg + 1)->real <= real) ++leg;
    if (real <= leg->real) return leg->shown;
    const double run = std::floor(static_cast<double>((real - leg->real).count()) * leg->speed);
    const double room = static_cast<double>((latest - leg->shown).count());
    if (run >= room) return std::max(latest, leg->shown);
    return leg->shown + Span{static_cast<Span::rep>(run)};
}

std::optional<Instant> ExerciseTime::real_time_of(Instant shown) const {
    if (legs_.empty()) return shown;
    if (shown > latest) return {};
    for (auto leg = legs_.begin(); leg != legs_.end(); ++leg) {
        if (shown <= leg->shown) return leg->real;
        if (leg->speed <= 0) continue;
        const double wait =
            std::ceil(static_cast<double>((shown - leg->shown).count()) / leg->speed);
        if (wait >= static_cast<double>((latest - leg->real).count())) continue;
        Instant real = leg->real + Span{static_cast<Span::rep>(wait)};
        // Division and multiplication round on their own; whoever waits for this instant must
        // find `shown` reached, or would ask again for ever.
        while (at(real) < shown && (leg + 1 == legs_.end() || real < (leg + 1)->real)) ++real;
        if (leg + 1 == legs_.end() || real < (leg + 1)->real) return real;
    }
    return {};
}

double ExerciseTime::speed() const { return legs_.empty() ? 1.0 : legs_.back().speed; }

}  // namespace noroshi
