#pragma once
// Times as logs write them. A moment is microseconds since 1970-01-01T00:00:00Z; a text without an
// offset is UTC.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace noroshi::engines::detect {

using Micros = std::int64_t;
inline constexpr Micros no_time = INT64_MIN;

// The parts of a date as it is written, before its offset is applied.
struct Written {
    int year = 0;
    int month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int microsecond = 0;
    int offset_minutes = 0;  // east of Greenwich
};

// RFC 3339 and ISO 8601 (`T` or blank, fractions of any length, offset +09:00, +0900 or none), also
// 2026/11/24, also seconds, milliseconds, microseconds or nanoseconds since 1970 (by magnitude),
// /Date(…)/, 24/Nov/2026:08:00:00 +0900 (web servers).
std::optional<Written> parse_written(std::string_view text);
Micros parse_moment(std::string_view text);  // no_time if it is none of these
Micros moment_of(const Written& written);
Written written_of(Micros moment);
int iso_week(const Written& written);
std::string text_of_moment(Micros moment);  // 2026-11-24T08:00:00.000000Z

// Days since 1970-01-01 in the Gregorian calendar, and back.
std::int64_t days_from_civil(int year, int month, int day);

}  // namespace noroshi::engines::detect
