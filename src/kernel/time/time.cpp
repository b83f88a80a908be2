#include "kernel/time/time.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <iterator>
#include <optional>
#include <string>

#include <date/tz.h>
#include <fmt/format.h>

namespace noroshi {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Four digits are all that RFC 3339 has for a year.
constexpr std::chrono::sys_days first_day{std::chrono::year{0} / 1 / 1};
constexpr std::chrono::sys_days day_after_last{std::chrono::year{10'000} / 1 / 1};

// Reads from the left; a step that does not fit leaves `ok` false for good.
class Scan {
public:
    explicit Scan(std::string_view text) : rest_(text) {}

    int digits(std::size_t count) {
        if (rest_.size() < count) return refuse();
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (rest_[i] < '0' || rest_[i] > '9') return refuse();
            value = value * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(count);
        return value;
    }
    // Any of `allowed`, which is returned.
    char one_of(std::string_view allowed) {
        if (rest_.empty() || !allowed.contains(rest_.front())) return static_cast<char>(refuse());
        const char found = rest_.front();
        rest_.remove_prefix(1);
        return found;
    }
    bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
    bool next_is_digit() const {
        return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
    }
    bool ok() const { return ok_; }
    bool at_end() const { return rest_.empty(); }

private:
    int refuse() {
        ok_ = false;
        rest_ = {};
        return 0;
    }
    std::string_view rest_;
    bool ok_ = true;
};

std::optional<Instant> scan_rfc3339(std::string_view text) {
    Scan scan(text);
    const int year = scan.digits(4);
    scan.one_of("-");
    const int month = scan.digits(2);
    scan.one_of("-");
    const int day = scan.digits(2);
    scan.one_of("Tt");
    const int hour = scan.digits(2);
    scan.one_of(":");
    const int minute = scan.digits(2);
    scan.one_of(":");
    const int second = scan.digits(2);
    Span fraction{0};
    if (scan.next_is('.')) {
        scan.one_of(".");
        int count = 0;
        Span unit{100'000};
        for (; scan.next_is_digit() && count < 9; ++count, unit /= 10)
            fraction += unit * scan.digits(1);
        if (count == 0) return {};
    }
    const char sign = scan.one_of("Zz+-");
    minutes offset{0};
    if (sign == '+' || sign == '-') {
        const int offset_hour = scan.digits(2);
        scan.one_of(":");
        const int offset_minute = scan.digits(2);
        if (offset_hour > 23 || offset_minute > 59) return {};
        offset = hours{offset_hour} + minutes{offset_minute};
        if (sign == '-') offset = -offset;
    }
    if (!scan.ok() || !scan.at_end()) return {};

    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return {};
    const Instant at = std::chrono::sys_days{date} + hours{hour} + minutes{minute} +
                       seconds{second} + fraction - offset;
    if (second == 60) {
        // A leap second ends a month, in UTC; no other minute has 61 seconds. An Instant has no
        // place of its own for it: it is the first second of the new month, as in POSIX.
        const auto whole = std::chrono::floor<seconds>(at);
        const auto midnight = std::chrono::floor<days>(at);
        const std::chrono::year_month_day new_month{midnight};
        if (whole != midnight || new_month.day() != std::chrono::day{1}) return {};
    }
    if (at < first_day || at >= day_after_last) return {};
    return at;
}

struct ZoneTime {
    std::chrono::year_month_day date;
    std::chrono::weekday weekday;
    std::chrono::hh_mm_ss<Span> clock;
    minutes offset;
    std::string_view remark;  // " UTC" where the zone is unknown
};

// Throws if there is none of that name. The database is read once, by whoever asks first; the guard
// is ours, because the library's own is not seen by the thread sanitizer.
const date::time_zone* find_zone(std::string_view zone) {
    static const date::tzdb& read = date::get_tzdb();
    static_cast<void>(read);
    return date::locate_zone(std::string(zone));
}

ZoneTime in_zone(Instant at, std::string_view zone) {
    seconds offset{0};
    std::string_view remark;
    try {
        offset = find_zone(zone)->get_info(at).offset;
    } catch (const std::exception&) {
        // Said so rather than shown as if it were local time.
        remark = " UTC";
    }
    const Instant shifted = at + offset;
    const auto day = std::chrono::floor<days>(shifted);
    return {std::chrono::year_month_day{day}, std::chrono::weekday{day},
            std::chrono::hh_mm_ss<Span>{shifted - day}, std::chrono::duration_cast<minutes>(offset),
            remark};
}

constexpr std::string_view weekdays_ja[] = {"日", "月", "火", "水", "木", "金", "土"};
constexpr std::string_view weekdays_en[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::string_view months_en[] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};

}  // namespace

Instant SlewedTime::at(Instant system, Span steady) {
    if (!slew_ && system < shown_) slew_ = {shown_, steady};
    if (!slew_) return shown_ = system;
    const Instant slewed = slew_->from + (steady - slew_->since) / 2;
    if (system >= slewed) slew_.reset();
    return shown_ = std::max({shown_, slewed, system});
}

void SlewedTime::not_before(Instant at) {
    if (at <= shown_) return;
    shown_ = at;
    slew_.reset();
}

Instant RealClock::now() const {
    const std::lock_guard lock(guard_);
    return time_.at(
        std::chrono::time_point_cast<Span>(std::chrono::system_clock::now()),
        std::chrono::duration_cast<Span>(std::chrono::steady_clock::now().time_since_epoch()));
}

void RealClock::not_before(Instant at) {
    const std::lock_guard lock(guard_);
    time_.not_before(at);
}

Result<Instant> parse_rfc3339(std::string_view text) {
    if (auto at = scan_rfc3339(text)) return *at;
    return fail(ErrorKind::invalid, "kernel.time.malformed", {{"text", std::string(text)}});
}

// By hand: a board of a thousand lines holds thousands of these.
std::string format_rfc3339(Instant at) {
    const auto day = std::chrono::floor<days>(at);
    const std::chrono::year_month_day date{day};
    const auto year = static_cast<int>(date.year());
    auto rest = static_cast<std::uint64_t>((at - day).count());
    std::array<char, 40> text{};
    char* to = text.data();
    const auto digits = [&](std::uint64_t number, int count) {
        for (int i = count - 1; i >= 0; --i, number /= 10)
            to[i] = static_cast<char>('0' + number % 10);
        to += count;
    };
    if (year < 0 || year > 9999)
        to = fmt::format_to(to, "{:04}", year);
    else
        digits(static_cast<std::uint64_t>(year), 4);
    *to++ = '-';
    digits(static_cast<unsigned>(date.month()), 2);
    *to++ = '-';
    digits(static_cast<unsigned>(date.day()), 2);
    *to++ = 'T';
    const auto fraction = rest % 1'000'000;
    rest /= 1'000'000;
    digits(rest / 3600, 2);
    *to++ = ':';
    digits(rest / 60 % 60, 2);
    *to++ = ':';
    digits(rest % 60, 2);
    // Three or six digits: not every reader takes another number of them.
    if (fraction != 0) *to++ = '.';
    if (fraction % 1000 != 0)
        digits(fraction, 6);
    else if (fraction != 0)
        digits(fraction / 1000, 3);
    *to++ = 'Z';
    return {text.data(), to};
}

bool is_zone(std::string_view zone) {
    try {
        return find_zone(zone) != nullptr;
    } catch (const std::exception&) {
        return false;
    }
}

std::string format_for_people(Instant at, std::string_view zone, Language language) {
    const auto local = in_zone(at, zone);
    const int year = static_cast<int>(local.date.year());
    const auto month = static_cast<unsigned>(local.date.month());
    const auto day = static_cast<unsigned>(local.date.day());
    const auto weekday = local.weekday.c_encoding();
    const auto hour = local.clock.hours().count();
    const auto minute = local.clock.minutes().count();
    if (language == Language::ja)
        return fmt::format("{}年{}月{}日（{}）{:02}:{:02}{}", year, month, day,
                           weekdays_ja[weekday], hour, minute, local.remark);
    return fmt::format("{} {} {} {} {:02}:{:02}{}", weekdays_en[weekday], day, months_en[month - 1],
                       year, hour, minute, local.remark);
}

std::string format_clock(Instant at, std::string_view zone) {
    const auto local = in_zone(at, zone);
    const auto second = local.clock.seconds().count();
    auto out =
        fmt::format("{:02}:{:02}", local.clock.hours().count(), local.clock.minutes().count());
    if (second != 0) fmt::format_to(std::back_inserter(out), ":{:02}", second);
    out += local.remark;
    return out;
}

std::string format_rfc5322(Instant at, std::string_view zone) {
    const auto local = in_zone(at, zone);
    const auto offset = std::chrono::abs(local.offset).count();
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} {}{:02}{:02}",
                       weekdays_en[local.weekday.c_encoding()],
                       static_cast<unsigned>(local.date.day()),
                       months_en[static_cast<unsigned>(local.date.month()) - 1].substr(0, 3),
                       static_cast<int>(local.date.year()), local.clock.hours().count(),
                       local.clock.minutes().count(), local.clock.seconds().count(),
                       local.offset < minutes{0} ? '-' : '+', offset / 60, offset % 60);
}

}  // namespace noroshi
