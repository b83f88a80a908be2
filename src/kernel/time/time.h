#pragma once
// Time is a parameter. Instants are microseconds UTC; nothing outside this folder reads the wall
// clock (tools/tidy.py sees to it). Event time (when it happened) and entry time (when it was
// written) are different things and both are Instants.

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <boost/describe/enum.hpp>

#include "kernel/result.h"

namespace noroshi {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;
using Span = std::chrono::microseconds;

class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;  // thread-safe
};

// Time that neither runs backwards nor stands still: a step forward of the system's clock is
// followed at once; after a step back, time goes on at half its pace until the system's clock has
// caught up, so that an alarm that is due does not wait for hours.
class SlewedTime {
public:
    // `system` is what the system's clock shows; `steady` is of a clock that only runs.
    Instant at(Instant system, Span steady);
    // From now on it shows at least this.
    void not_before(Instant at);

private:
    struct Slew {
        Instant from;
        Span since;
    };
    Instant shown_ = Instant::min();
    std::optional<Slew> slew_;
};

// The machine's clock, made so.
class RealClock final : public Clock {
public:
    Instant now() const override;
    // A journal may have been written while the system's clock was ahead; whoever opens it says how
    // far it reaches, and time goes on from there.
    void not_before(Instant at);

private:
    mutable std::mutex guard_;
    mutable SlewedTime time_;
};

// For tests, stories and the storm: moves only when told.
class PretendClock final : public Clock {
public:
    explicit PretendClock(Instant start) : now_(start.time_since_epoch().count()) {}
    Instant now() const override { return Instant{Span{now_.load()}}; }
    void advance(Span by) { now_ += by.count(); }
    void set(Instant to) { now_ = to.time_since_epoch().count(); }

private:
    std::atomic<Span::rep> now_;
};

// RFC 3339 with a mandatory offset ("2026-07-04T06:30:00+09:00", "…Z", years 0000 to 9999 in UTC).
// Up to nine digits of a fraction are read, what is below a microsecond is dropped. A leap second
// (23:59:60 UTC at the end of a month) is the first second of the next minute.
// Errors: invalid kernel.time.malformed {text}.
Result<Instant> parse_rfc3339(std::string_view text);
// "2026-07-03T21:30:00Z", with a fraction (three or six digits) only when there is one.
std::string format_rfc3339(Instant at);

enum class Language { ja, en };
BOOST_DESCRIBE_ENUM(Language, ja, en)

// Is this a zone of the machine's IANA database? Configuration asks; the functions below show
// UTC, and say so, where it is not.
bool is_zone(std::string_view zone);
// In a zone of the IANA database, as people read it:
//   ja 2026年7月4日（土）06:30   en Sat 4 July 2026 06:30
std::string format_for_people(Instant at, std::string_view zone, Language language);
// 06:30:15 / 06:30, for a line of the chronology.
std::string format_clock(Instant at, std::string_view zone);
// RFC 5322 date for mail: "Sat, 04 Jul 2026 06:30:00 +0900".
std::string format_rfc5322(Instant at, std::string_view zone);

}  // namespace noroshi
