#include "prepare/contacts/contacts_confidence.h"

#include <algorithm>
#include <cmath>

namespace noroshi::prepare::contacts {

namespace {

using std::chrono::days;

constexpr double half_life_days = 360;
constexpr double per_season = 0.6;
constexpr double per_bounce = 0.5;
constexpr double per_missed = 0.6;
constexpr int most_counted = 3;
constexpr Minutes morning{9 * 60};

// The next 1 April or 1 July, 00:00, after `at`.
Instant next_season(const Calendar& calendar, Instant at) {
    const auto year = std::chrono::year_month_day(calendar.day_of(at)).year();
    for (int more = 0;; ++more)
        for (const auto month : {std::chrono::April, std::chrono::July}) {
            const auto start =
                calendar.at(std::chrono::sys_days((year + std::chrono::years{more}) / month / 1));
            if (start > at) return start;
        }
}

// Without age and seasons.
double start_of(const Confirmation& known) {
    return (known.by_person ? 1.0 : 0.8) *
           std::pow(per_bounce, std::min(known.bounces, most_counted)) *
           std::pow(per_missed, std::min(known.missed, most_counted));
}

double days_between(Instant from, Instant until) {
    return std::chrono::duration<double, std::ratio<86'400>>(until - from).count();
}

}  // namespace

double confidence(const Confirmation& known, const Calendar& calendar, Instant at) {
    if (!known.since) return 0;
    double out = start_of(known) *
                 std::pow(0.5, std::max(0.0, days_between(*known.since, at)) / half_life_days);
    // After fifty seasons nothing is left to count.
    auto season = next_season(calendar, *known.since);
    for (int i = 0; i < 50 && season <= at; ++i, season = next_season(calendar, season))
        out *= per_season;
    return out;
}

std::optional<Instant> falls_below(const Confirmation& known, const Calendar& calendar) {
    if (!known.since) return {};
    double start = start_of(known);
    auto from = *known.since;
    for (;;) {
        const double now = start * std::pow(0.5, days_between(*known.since, from) / half_life_days);
        auto below = from;
        if (now >= confidence_limit) {
            const double left = half_life_days * std::log2(start / confidence_limit);
            below = *known.since +
                    std::chrono::duration_cast<Span>(
                        std::chrono::duration<double, std::ratio<86'400>>(left)) +
                    Span{1};
            const auto season = next_season(calendar, from);
            if (below > season) {
                from = season;
                start *= per_season;
                continue;
            }
        }
        // A bounce makes it fall when it happens, not before.
        return known.worsened_at ? std::max(below, std::min(*known.worsened_at, Instant::max()))
                                 : below;
    }
}

Instant next_morning(const Calendar& calendar, Instant at) {
    auto day = calendar.day_of(at);
    if (calendar.at(day, morning) < at) day += days{1};
    while (calendar.is_day_off(day)) day += days{1};
    return calendar.at(day, morning);
}

std::optional<Instant> next_ask(const Confirmation& known, const Calendar& calendar) {
    if (known.asked >= most_asks) return {};
    const auto below = falls_below(known, calendar);
    if (!below) return {};
    auto due = *below;
    if (known.asked > 0 && known.asked_at)
        due = std::max(due, calendar.at(calendar.day_of(*known.asked_at) + between_asks));
    return next_morning(calendar, due);
}

}  // namespace noroshi::prepare::contacts
