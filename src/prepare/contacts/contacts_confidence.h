#pragma once
// How far a contact can be trusted, and when its person is asked. Guideline 3.1.2: a list that was
// right last year calls people who have moved on.
//
//   confidence = base × 0.5^(days / 360) × 0.6^seasons × 0.5^bounces × 0.6^missed
//
//   base     1 if the person confirmed or wrote it themselves, 0.8 if somebody else did, 0 if there is
//            nothing
//   days     since then, with their fraction
//   seasons  transfer seasons begun since then: 1 April and 1 July, 00:00 in the port's zone
//   bounces  messages refused for good since then, at most 3 count
//   missed   drills since then in which the person was called and gave no answer, at most 3 count
//
// The numbers are a judgement, not a measurement: chosen so that a transfer season, a bounce or a
// missed drill each takes an entry confirmed yesterday below the limit of 0.6, and a quiet year to
// one half. Whoever falls below is asked by mail at 09:00 on the next day on which offices are open,
// again 14 and 28 days later, then no more: somebody has to call.
//
// Pure. A restart finds the same due times, because they follow from facts.

#include <optional>

#include "prepare/contacts/contacts_calendar.h"

namespace noroshi::prepare::contacts {

inline constexpr double confidence_limit = 0.6;
inline constexpr int most_asks = 3;
inline constexpr std::chrono::days between_asks{14};

// What is known of one person's contact since it was last written or confirmed.
struct Confirmation {
    std::optional<Instant> since{};  // nothing: nothing was ever written
    bool by_person = false;
    int bounces = 0;
    int missed = 0;
    std::optional<Instant> worsened_at{};  // the last of them
    int asked = 0;
    std::optional<Instant> asked_at{};
};

double confidence(const Confirmation& known, const Calendar& calendar, Instant at);
// When it falls below the limit: `since` at the earliest; nothing where nothing was written.
std::optional<Instant> falls_below(const Confirmation& known, const Calendar& calendar);
// When the person is to be asked next; nothing after the last time.
std::optional<Instant> next_ask(const Confirmation& known, const Calendar& calendar);
// 09:00 on this day or the next on which offices are open.
Instant next_morning(const Calendar& calendar, Instant at);

}  // namespace noroshi::prepare::contacts
