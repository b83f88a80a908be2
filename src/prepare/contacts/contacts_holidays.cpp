#include "prepare/contacts/contacts_holidays.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace noroshi::prepare::contacts {

namespace {

using std::chrono::days;
using std::chrono::Monday;
using std::chrono::Sunday;
using std::chrono::weekday;
using std::chrono::year;

Day day_of(int y, unsigned month, unsigned day) {
    return std::chrono::sys_days(year{y} / static_cast<int>(month) / static_cast<int>(day));
}
Day monday_of(int y, unsigned month, unsigned nth) {
    return std::chrono::sys_days(year{y} / std::chrono::month{month} / Monday[nth]);
}

int equinox(int y, double until_1979, double until_2099, double after) {
    const double base = y < 1980 ? until_1979 : y < 2100 ? until_2099 : after;
    const int since = y < 1980 ? 1983 : 1980;
    // The division drops the fraction, before 1983 too.
    return static_cast<int>(std::floor(base + 0.242194 * (y - 1980))) - (y - since) / 4;
}
unsigned spring(int y) { return static_cast<unsigned>(equinox(y, 20.8357, 20.8431, 21.8510)); }
unsigned autumn(int y) { return static_cast<unsigned>(equinox(y, 23.2588, 23.2488, 24.2488)); }

// What the law names, without substitutes and days between.
std::map<Day, Holiday> named(int y) {
    std::map<Day, Holiday> out;
    const auto put = [&](int first, int last, Day day, Holiday what) {
        // The law came into force on 20 July 1948.
        if (y >= first && y <= last && day >= day_of(1948, 7, 20)) out.emplace(day, what);
    };
    constexpr int ever = 9999;
    put(1949, ever, day_of(y, 1, 1), Holiday::new_year);
    put(1949, 1999, day_of(y, 1, 15), Holiday::coming_of_age);
    put(2000, ever, monday_of(y, 1, 2), Holiday::coming_of_age);
    put(1967, ever, day_of(y, 2, 11), Holiday::foundation);
    put(2020, ever, day_of(y, 2, 23), Holiday::emperors_birthday);
    put(1949, ever, day_of(y, 3, spring(y)), Holiday::spring_equinox);
    put(1949, 1988, day_of(y, 4, 29), Holiday::emperors_birthday);
    put(1989, 2006, day_of(y, 4, 29), Holiday::greenery);
    put(2007, ever, day_of(y, 4, 29), Holiday::showa);
    put(1949, ever, day_of(y, 5, 3), Holiday::constitution);
    put(2007, ever, day_of(y, 5, 4), Holiday::greenery);
    put(1949, ever, day_of(y, 5, 5), Holiday::childrens);
    put(1996, 2002, day_of(y, 7, 20), Holiday::marine);
    put(2020, 2020, day_of(y, 7, 23), Holiday::marine);
    put(2021, 2021, day_of(y, 7, 22), Holiday::marine);
    if (y != 2020 && y != 2021) put(2003, ever, monday_of(y, 7, 3), Holiday::marine);
    put(2020, 2020, day_of(y, 8, 10), Holiday::mountain);
    put(2021, 2021, day_of(y, 8, 8), Holiday::mountain);
    if (y != 2020 && y != 2021) put(2016, ever, day_of(y, 8, 11), Holiday::mountain);
    put(1966, 2002, day_of(y, 9, 15), Holiday::aged);
    put(2003, ever, monday_of(y, 9, 3), Holiday::aged);
    put(1948, ever, day_of(y, 9, autumn(y)), Holiday::autumn_equinox);
    put(1966, 1999, day_of(y, 10, 10), Holiday::health_sports);
    put(2000, 2019, monday_of(y, 10, 2), Holiday::health_sports);
    put(2020, 2020, day_of(y, 7, 24), Holiday::sports);
    put(2021, 2021, day_of(y, 7, 23), Holiday::sports);
    put(2022, ever, monday_of(y, 10, 2), Holiday::sports);
    put(1948, ever, day_of(y, 11, 3), Holiday::culture);
    put(1948, ever, day_of(y, 11, 23), Holiday::labour_thanksgiving);
    put(1989, 2018, day_of(y, 12, 23), Holiday::emperors_birthday);

    put(1959, 1959, day_of(1959, 4, 10), Holiday::wedding);
    put(1989, 1989, day_of(1989, 2, 24), Holiday::funeral);
    put(1990, 1990, day_of(1990, 11, 12), Holiday::enthronement);
    put(1993, 1993, day_of(1993, 6, 9), Holiday::wedding);
    put(2019, 2019, day_of(2019, 5, 1), Holiday::accession);
    put(2019, 2019, day_of(2019, 10, 22), Holiday::enthronement);
    return out;
}

std::optional<int> number(std::string_view text) {
    int out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return out;
}

}  // namespace

std::vector<HolidayOn> holidays_by_law(int y) {
    if (y < 1948 || y > 2150) return {};
    const auto law = named(y);
    auto all = law;
    // Article 3 (2): in 1973 the day after, since 2007 the next day that is none.
    for (const auto& [day, what] : law) {
        if (weekday(day) != Sunday || day < day_of(1973, 4, 12)) continue;
        auto next = day + days{1};
        while (y >= 2007 && law.contains(next)) next += days{1};
        if (!law.contains(next)) all.emplace(next, Holiday::substitute);
    }
    // Article 3 (3): between two holidays that the law names.
    for (const auto& [day, what] : law) {
        const auto middle = day + days{1};
        if (middle < day_of(1985, 12, 27) || !law.contains(day + days{2}) || all.contains(middle))
            continue;
        if (y < 2007 && weekday(middle) == Sunday) continue;
        all.emplace(middle, Holiday::between);
    }
    std::vector<HolidayOn> out;
    for (const auto& [day, what] : all) out.push_back({day, what});
    return out;
}

Holidays::Holidays(std::string_view published) {
    while (!published.empty()) {
        const auto end = published.find('\n');
        auto line = published.substr(0, end);
        published.remove_prefix(end == std::string_view::npos ? published.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        const auto comma = line.find(',');
        if (line.starts_with('#') || comma == std::string_view::npos) continue;
        const auto day = parse_day(line.substr(0, comma));
        if (!day) continue;
        published_.emplace(*day, line.substr(comma + 1));
    }
    if (published_.empty()) return;
    const auto year_of = [](Day day) {
        return static_cast<int>(std::chrono::year_month_day(day).year());
    };
    from_ = year_of(published_.begin()->first);
    until_ = year_of(published_.rbegin()->first);
}

std::vector<HolidayOn> Holidays::in(int y) const {
    const auto law = holidays_by_law(y);
    if (published_.empty() || y < from_ || y > until_) return law;
    std::vector<HolidayOn> out;
    for (auto one = published_.lower_bound(day_of(y, 1, 1));
         one != published_.end() && one->first <= day_of(y, 12, 31); ++one) {
        const auto known = std::ranges::find(law, one->first, &HolidayOn::day);
        if (known != law.end())
            out.push_back(*known);
        else
            out.push_back({one->first, Holiday::other, one->second});
    }
    return out;
}

std::optional<HolidayOn> Holidays::on(Day day) const {
    const auto y = static_cast<int>(std::chrono::year_month_day(day).year());
    if (y >= from_ && y <= until_ && !published_.contains(day)) return {};
    const auto all = in(y);
    const auto found = std::ranges::find(all, day, &HolidayOn::day);
    if (found == all.end()) return {};
    return *found;
}

bool is_year_end(Day day) {
    const std::chrono::year_month_day date(day);
    const auto month = static_cast<unsigned>(date.month());
    const auto of_month = static_cast<unsigned>(date.day());
    return (month == 12 && of_month >= 29) || (month == 1 && of_month <= 3);
}

bool is_day_off(const Holidays& holidays, Day day) {
    const weekday of_week(day);
    return of_week == std::chrono::Saturday || of_week == Sunday || is_year_end(day) ||
           holidays.on(day).has_value();
}

std::optional<Day> parse_day(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return {};
    const auto y = number(text.substr(0, 4));
    const auto month = number(text.substr(5, 2));
    const auto day = number(text.substr(8, 2));
    if (!y || !month || !day || *y < 1900 || *y > 2150 || *month < 1 || *day < 1) return {};
    const std::chrono::year_month_day date(year{*y} / *month / *day);
    if (!date.ok()) return {};
    return std::chrono::sys_days(date);
}

std::string format_day(Day day) {
    const std::chrono::year_month_day date(day);
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace noroshi::prepare::contacts
