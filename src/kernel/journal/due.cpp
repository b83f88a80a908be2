#include "kernel/journal/due.h"

#include <date/tz.h>

namespace noroshi::journal {

Instant kept_until(Instant entered, int years, std::string_view zone) {
    const auto* place = is_zone(zone) ? date::locate_zone(std::string(zone)) : nullptr;
    const auto local = place != nullptr ? place->to_local(entered)
                                        : date::local_time<Span>{entered.time_since_epoch()};
    const date::year_month_day day{date::floor<date::days>(local)};
    const int ends_in = int{day.year()} + (unsigned{day.month()} >= 4 ? 1 : 0);
    const date::local_days first{date::year{ends_in + years} / 4 / 1};
    if (place == nullptr) return Instant{Span{first.time_since_epoch()}};
    return std::chrono::time_point_cast<Span>(place->to_sys(first, date::choose::earliest));
}

}  // namespace noroshi::journal
