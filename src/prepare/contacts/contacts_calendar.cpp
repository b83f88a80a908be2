#include "prepare/contacts/contacts_calendar.h"

#include <exception>
#include <utility>

#include <date/tz.h>
#include <fmt/format.h>

namespace noroshi::prepare::contacts {

namespace {

// The database is read once, by whoever asks first; the guard is ours, as in kernel/time.
const date::time_zone* find_zone(const std::string& zone) {
    static const date::tzdb& read = date::get_tzdb();
    static_cast<void>(read);
    try {
        return date::locate_zone(zone);
    } catch (const std::exception&) {
        return nullptr;
    }
}

Instant shifted(const std::string& name, Instant at) {
    const auto* zone = find_zone(name);
    if (zone == nullptr) return at;
    return at + zone->get_info(std::chrono::floor<std::chrono::seconds>(at)).offset;
}

}  // namespace

Calendar::Calendar(std::string zone, Holidays holidays)
    : zone_(std::move(zone)), holidays_(std::move(holidays)) {}

Day Calendar::day_of(Instant at) const {
    return std::chrono::floor<std::chrono::days>(shifted(zone_, at));
}

Minutes Calendar::time_of(Instant at) const {
    const auto local = shifted(zone_, at);
    return std::chrono::floor<Minutes>(local - std::chrono::floor<std::chrono::days>(local));
}

Instant Calendar::at(Day day, Minutes time) const {
    const auto local = std::chrono::sys_seconds(day) + time;
    const auto* zone = find_zone(zone_);
    if (zone == nullptr) return local;
    const auto info = zone->get_info(date::local_seconds(local.time_since_epoch()));
    if (info.result == date::local_info::nonexistent) return info.first.end;
    return local - info.first.offset;
}

std::optional<Minutes> parse_time(std::string_view text) {
    const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
    if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4))
        return {};
    const int hour = (text[0] - '0') * 10 + (text[1] - '0');
    const int minute = (text[3] - '0') * 10 + (text[4] - '0');
    if (minute > 59 || hour > 24 || (hour == 24 && minute > 0)) return {};
    return Minutes{hour * 60 + minute};
}

std::string format_time(Minutes time) {
    return fmt::format("{:02}:{:02}", time.count() / 60, time.count() % 60);
}

}  // namespace noroshi::prepare::contacts
