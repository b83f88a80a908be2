#include "engines/detect/moment.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace noroshi::engines::detect {

// Howard Hinnant's days_from_civil, from the description of the algorithm: years begin in March, so
// that the leap day is the last; 400 years have 146,097 days.
std::int64_t days_from_civil(int year, int month, int day) {
    const std::int64_t y = month <= 2 ? year - 1 : year;
    const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
    const std::int64_t year_of_era = y - era * 400;
    const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const std::int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

namespace {

struct Scanner {
    std::string_view text;
    std::size_t at = 0;

    bool eat(char c) {
        if (at >= text.size() || text[at] != c) return false;
        ++at;
        return true;
    }
    std::optional<int> number(std::size_t digits) {
        if (at + digits > text.size()) return std::nullopt;
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            const char c = text[at + i];
            if (c < '0' || c > '9') return std::nullopt;
            value = value * 10 + (c - '0');
        }
        at += digits;
        return value;
    }
    bool digit() const { return at < text.size() && text[at] >= '0' && text[at] <= '9'; }
};

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// After hh:mm:ss: fraction, offset, nothing else.
bool read_rest(Scanner& in, Written& out) {
    if (in.eat('.') || in.eat(',')) {
        int scale = 100000;
        if (!in.digit()) return false;
        while (in.digit()) {
            out.microsecond += (in.text[in.at] - '0') * scale;
            scale /= 10;
            ++in.at;
        }
    }
    in.eat(' ');
    if (in.eat('Z') || in.eat('z')) return in.at == in.text.size();
    if (in.text.substr(in.at) == "UTC" || in.text.substr(in.at) == "GMT") return true;
    int sign = 0;
    if (in.eat('+'))
        sign = 1;
    else if (in.eat('-'))
        sign = -1;
    if (sign != 0) {
        const auto hours = in.number(2);
        in.eat(':');
        const auto minutes = in.number(2);
        if (!hours || *hours > 23 || (minutes && *minutes > 59)) return false;
        out.offset_minutes = sign * (*hours * 60 + minutes.value_or(0));
    }
    return in.at == in.text.size();
}

bool read_clock(Scanner& in, Written& out) {
    const auto hour = in.number(2);
    if (!hour || !in.eat(':')) return false;
    const auto minute = in.number(2);
    if (!minute) return false;
    out.hour = *hour;
    out.minute = *minute;
    if (in.eat(':')) {
        const auto second = in.number(2);
        if (!second) return false;
        out.second = *second;
    }
    return out.hour < 24 && out.minute < 60 && out.second < 61;
}

bool is_date(const Written& w) {
    constexpr std::array<int, 12> days = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (w.month < 1 || w.month > 12 || w.day < 1 ||
        w.day > days[static_cast<std::size_t>(w.month - 1)])
        return false;
    const bool leap = w.year % 4 == 0 && (w.year % 100 != 0 || w.year % 400 == 0);
    return w.month != 2 || w.day < 29 || leap;
}

Micros from_number(std::string_view text) {
    // By magnitude: today is 1.8e9 s; 1e11 s is the year 5138.
    const auto point = text.find('.');
    std::int64_t whole = 0;
    const auto head = text.substr(0, point);
    const bool negative = head.starts_with('-');
    const auto end = std::from_chars(head.data(), head.data() + head.size(), whole);
    if (end.ec != std::errc() || end.ptr != head.data() + head.size() || head == "-") {
        double value = 0;  // 1.6e9
        const auto real = std::from_chars(text.data(), text.data() + text.size(), value);
        if (real.ec != std::errc() || real.ptr != text.data() + text.size() ||
            !(value > -1e11 && value < 1e11))
            return no_time;
        return static_cast<Micros>(value * 1e6);
    }
    const std::int64_t size = negative ? -whole : whole;
    if (size < 0) return no_time;
    std::int64_t scale = 1000000;
    if (size >= 100000000000000000)
        return whole / 1000;  // ns
    else if (size >= 100000000000000)
        return whole;  // µs
    else if (size >= 100000000000)
        scale = 1000;  // ms
    Micros moment = whole * scale;
    if (point != std::string_view::npos) {
        std::int64_t fraction = 0;
        std::int64_t unit = scale;
        for (const char c : text.substr(point + 1)) {
            if (c < '0' || c > '9') return no_time;
            unit /= 10;
            fraction += (c - '0') * unit;
        }
        moment += negative ? -fraction : fraction;
    }
    return moment;
}

}  // namespace

std::optional<Written> parse_written(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    if (text.size() < 4) return std::nullopt;
    Scanner in{text};
    Written out;
    // 24/Nov/2026:08:00:00 +0900
    if (text.size() >= 20 && text[2] == '/' && text[6] == '/') {
        const auto day = in.number(2);
        for (std::size_t i = 0; i < months.size(); ++i)
            if (text.substr(3, 3) == months[i]) out.month = static_cast<int>(i) + 1;
        in.at = 7;
        const auto year = in.number(4);
        if (!day || !year || !in.eat(':') || !read_clock(in, out)) return std::nullopt;
        out.day = *day;
        out.year = *year;
        if (!is_date(out) || !read_rest(in, out)) return std::nullopt;
        return out;
    }
    if (const auto year = in.number(4)) {
        const char separator = in.at < text.size() ? text[in.at] : ' ';
        if (separator == '-' || separator == '/') {
            ++in.at;
            const auto month = in.number(2);
            if (!month || !in.eat(separator)) return std::nullopt;
            const auto day = in.number(2);
            if (!day) return std::nullopt;
            out.year = *year;
            out.month = *month;
            out.day = *day;
            if (!is_date(out)) return std::nullopt;
            if (in.at == text.size()) return out;
            if (!in.eat('T') && !in.eat('t') && !in.eat(' ')) return std::nullopt;
            if (!read_clock(in, out) || !read_rest(in, out)) return std::nullopt;
            return out;
        }
    }
    if (text.starts_with("/Date(")) {
        text.remove_prefix(6);
        text = text.substr(0, text.find(')'));
    }
    const Micros moment = from_number(text);
    if (moment == no_time) return std::nullopt;
    return written_of(moment);
}

Micros moment_of(const Written& w) {
    return ((days_from_civil(w.year, w.month, w.day) * 24 + w.hour) * 60 + w.minute -
            w.offset_minutes) *
               60000000LL +
           w.second * 1000000LL + w.microsecond;
}

Micros parse_moment(std::string_view text) {
    const auto written = parse_written(text);
    return written ? moment_of(*written) : no_time;
}

Written written_of(Micros moment) {
    constexpr std::int64_t day_length = 86400LL * 1000000;
    std::int64_t days = moment / day_length;
    std::int64_t rest = moment % day_length;
    if (rest < 0) {
        rest += day_length;
        --days;
    }
    const std::int64_t shifted = days + 719468;
    const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    const std::int64_t day_of_era = shifted - era * 146097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const std::int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month_of_year = (5 * day_of_year + 2) / 153;
    Written out;
    out.day = static_cast<int>(day_of_year - (153 * month_of_year + 2) / 5 + 1);
    out.month = static_cast<int>(month_of_year < 10 ? month_of_year + 3 : month_of_year - 9);
    out.year = static_cast<int>(year_of_era + era * 400 + (out.month <= 2 ? 1 : 0));
    out.hour = static_cast<int>(rest / 3600000000LL);
    out.minute = static_cast<int>(rest / 60000000 % 60);
    out.second = static_cast<int>(rest / 1000000 % 60);
    out.microsecond = static_cast<int>(rest % 1000000);
    return out;
}

int iso_week(const Written& w) {
    // ISO 8601: week 1 holds the year's first Thursday.
    const std::int64_t days = days_from_civil(w.year, w.month, w.day);
    const std::int64_t weekday = ((days + 3) % 7 + 7) % 7;  // Monday 0; 1970-01-01 was a Thursday
    const std::int64_t thursday = days - weekday + 3;
    const Written of = written_of(thursday * 86400LL * 1000000);
    return static_cast<int>((thursday - days_from_civil(of.year, 1, 1)) / 7 + 1);
}

std::string text_of_moment(Micros moment) {
    const Written w = written_of(moment);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", w.year, w.month, w.day, w.hour,
                       w.minute, w.second, w.microsecond);
}

}  // namespace noroshi::engines::detect
