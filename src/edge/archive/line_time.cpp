#include "edge/archive/line_time.h"

#include <array>
#include <charconv>

namespace noroshi::edge::archive {

namespace {

using namespace std::chrono;

constexpr std::size_t looked_at = 1024;
constexpr Instant earliest{sys_days{year{1990} / 1 / 1}};
constexpr Instant latest{sys_days{year{2200} / 1 / 1}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// `count` digits at `at`, or nothing.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
    if (at + count > text.size()) return {};
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (!is_digit(text[i])) return {};
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

struct OfDay {
    seconds whole{};
    microseconds fraction{};
    std::size_t length = 0;
};

// "06:30:00" and a fraction after '.' or ','.
std::optional<OfDay> time_of_day(std::string_view text, std::size_t at) {
    const auto h = digits(text, at, 2), m = digits(text, at + 3, 2), s = digits(text, at + 6, 2);
    if (!h || !m || !s || text[at + 2] != ':' || text[at + 5] != ':') return {};
    if (*h > 23 || *m > 59 || *s > 60) return {};
    OfDay found{hours{*h} + minutes{*m} + seconds{std::min(*s, 59)}, {}, 8};
    std::size_t i = at + 8;
    if (i + 1 < text.size() && (text[i] == '.' || text[i] == ',') && is_digit(text[i + 1])) {
        std::int64_t unit = 100'000;
        for (++i; i < text.size() && is_digit(text[i]); ++i, unit /= 10)
            found.fraction += microseconds{unit * (text[i] - '0')};
        found.length = i - at;
    }
    return found;
}

std::optional<sys_days> day_of(int y, int m, int d) {
    const year_month_day date{year{y}, month{static_cast<unsigned>(m)},
                              day{static_cast<unsigned>(d)}};
    if (!date.ok()) return {};
    return sys_days{date};
}

// "+09:00", "-0330", "Z"; nothing: the zone of the port.
minutes offset_at(std::string_view text, std::size_t at, minutes zone) {
    if (at >= text.size()) return zone;
    if (text[at] == 'Z' || text[at] == 'z') return minutes{0};
    if (text[at] != '+' && text[at] != '-') return zone;
    const auto h = digits(text, at + 1, 2);
    const bool colon = at + 3 < text.size() && text[at + 3] == ':';
    const auto m = digits(text, at + (colon ? 4 : 3), 2);
    if (!h || !m || *h > 14 || *m > 59) return zone;
    const minutes offset = hours{*h} + minutes{*m};
    return text[at] == '-' ? -offset : offset;
}

// "2026-07-04T06:30:00.123+09:00" or with a blank, wherever it stands.
std::optional<Instant> iso(std::string_view text, minutes zone) {
    for (std::size_t at = text.find('-'); at != std::string_view::npos;
         at = text.find('-', at + 1)) {
        if (at < 4) continue;
        const std::size_t from = at - 4;
        if (from > 0 && is_digit(text[from - 1])) continue;
        const auto y = digits(text, from, 4), m = digits(text, from + 5, 2),
                   d = digits(text, from + 8, 2);
        if (!y || !m || !d || from + 19 > text.size() || text[from + 7] != '-') continue;
        const char between = text[from + 10];
        if (between != 'T' && between != 't' && between != ' ') continue;
        const auto date = day_of(*y, *m, *d);
        const auto time = time_of_day(text, from + 11);
        if (!date || !time) continue;
        const auto offset = offset_at(text, from + 11 + time->length, zone);
        return Instant{*date + time->whole + time->fraction - offset};
    }
    return {};
}

// date=2026-07-04 time=06:30:00, quoted or not.
std::optional<Instant> key_value(std::string_view text, minutes zone) {
    const auto value_of = [&](std::string_view key) -> std::optional<std::size_t> {
        for (auto at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
            if (at > 0 && text[at - 1] != ' ' && text[at - 1] != ',' && text[at - 1] != '>')
                continue;
            at += key.size();
            return at < text.size() && text[at] == '"' ? at + 1 : at;
        }
        return {};
    };
    const auto date_at = value_of("date="), time_at = value_of("time=");
    if (!date_at || !time_at) return {};
    const auto y = digits(text, *date_at, 4), m = digits(text, *date_at + 5, 2),
               d = digits(text, *date_at + 8, 2);
    const auto time = time_of_day(text, *time_at);
    if (!y || !m || !d || !time) return {};
    const auto date = day_of(*y, *m, *d);
    if (!date) return {};
    return Instant{*date + time->whole + time->fraction - zone};
}

std::optional<Instant> epoch_at(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || !(value > 0) || value > 8e9) return {};
    return Instant{microseconds{static_cast<std::int64_t>(value * 1e6)}};
}

std::optional<Instant> epoch(std::string_view text) {
    if (!text.empty() && is_digit(text.front()) && text.find_first_of("\t ,") >= 10 &&
        text.find('.') == 10)
        return epoch_at(text);
    constexpr std::string_view key = "\"ts\":";
    auto at = text.find(key);
    if (at == std::string_view::npos) return {};
    at = text.find_first_not_of(' ', at + key.size());
    return at == std::string_view::npos ? std::nullopt : epoch_at(text.substr(at));
}

// "Jul  4 06:30:00", at the start or after "<34>".
std::optional<Instant> bsd(std::string_view text, Instant received, minutes zone) {
    if (text.starts_with('<')) {
        const auto end = text.substr(0, 6).find('>');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    static constexpr std::array<std::string_view, 12> months{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (text.size() < 15 || text[3] != ' ' || text[6] != ' ') return {};
    for (std::size_t m = 0; m < months.size(); ++m) {
        if (!text.starts_with(months[m])) continue;
        const auto d = text[4] == ' ' ? digits(text, 5, 1) : digits(text, 4, 2);
        const auto time = time_of_day(text, 7);
        if (!d || !time) return {};
        // A line says no year. It is the one that puts it nearest to when it came.
        const int now = static_cast<int>(year_month_day{floor<days>(received + zone)}.year());
        std::optional<Instant> nearest;
        for (int y = now - 1; y <= now + 1; ++y) {
            const auto date = day_of(y, static_cast<int>(m) + 1, *d);
            if (!date) continue;
            const Instant candidate{*date + time->whole + time->fraction - zone};
            if (!nearest || abs(candidate - received) < abs(*nearest - received))
                nearest = candidate;
        }
        return nearest;
    }
    return {};
}

}  // namespace

std::optional<Instant> time_of_line(std::string_view line, Instant received, minutes zone) {
    const auto text = line.substr(0, looked_at);
    auto found = epoch(text);
    if (!found) found = bsd(text, received, zone);
    if (!found) found = key_value(text, zone);
    if (!found) found = iso(text, zone);
    if (!found || *found < earliest || *found > latest) return {};
    return found;
}

}  // namespace noroshi::edge::archive
