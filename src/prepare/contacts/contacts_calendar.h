#pragma once
// The port's calendar: its time zone, its holidays and its office hours, between instants (UTC) and
// days and times of day as people in the port have them. Immutable; any thread.
//
// Where a zone skips an hour, a time inside the gap is the end of the gap; where it repeats one, the
// first of the two.

#include <chrono>
#include <string>
#include <string_view>

#include "kernel/time/time.h"
#include "prepare/contacts/contacts_holidays.h"

namespace noroshi::prepare::contacts {

using Minutes = std::chrono::minutes;  // after midnight

class Calendar {
public:
    // An unknown zone is UTC (is_zone asks beforehand).
    explicit Calendar(std::string zone = "Asia/Tokyo", Holidays holidays = Holidays{});

    Day day_of(Instant at) const;
    Minutes time_of(Instant at) const;
    Instant at(Day day, Minutes time = Minutes{0}) const;  // `time` may be beyond one day
    bool is_day_off(Day day) const { return contacts::is_day_off(holidays_, day); }
    const Holidays& holidays() const { return holidays_; }
    const std::string& zone() const { return zone_; }

private:
    std::string zone_;
    Holidays holidays_;
};

// "08:30" to "23:59"; "24:00" too. Nothing for anything else.
std::optional<Minutes> parse_time(std::string_view text);
std::string format_time(Minutes time);

}  // namespace noroshi::prepare::contacts
