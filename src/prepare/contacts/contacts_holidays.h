#pragma once
// The holidays of Japan, computed from the law, without a clock and without a table. Guideline 3.1.2
// 休日・夜間: on a holiday other people answer than on a weekday.
//
// Source: 国民の祝日に関する法律 (Act No. 178 of 1948) with its amendments:
//   from 1966-06-25  the days of the foundation, of the aged and of sports (1967-02-11 the first)
//   from 1973-04-12  substitute holiday: the Monday after a holiday on a Sunday
//   from 1985-12-27  a day between two holidays is one (not a Sunday); since 2007 also between
//                    those that stand for others
//   from 1996, 2000, 2003  the day of the sea; days that moved to a Monday
//   from 2007        the substitute is the next day that is no holiday
//   from 2016        the mountain's day;  2020 and 2021  days moved for the Olympics
//   2019             no birthday of the emperor; 1 May and 22 October by a law of their own
//   1959, 1989, 1990, 1993  one day each by a law of its own
// Equinoxes: 新こよみ便利帳 (海上保安庁水路部), floor(a + 0.242194 (y - 1980)) - (y - b) div 4; holds
// for 1900 to 2150. The day of an equinox is in the end announced each February for the year to come;
// that is why a published list goes before what is computed (Holidays).

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/enum.hpp>

namespace noroshi::prepare::contacts {

using Day = std::chrono::sys_days;  // a day of the port's calendar, not an instant

enum class Holiday {
    new_year,
    coming_of_age,
    foundation,
    emperors_birthday,
    spring_equinox,
    greenery,
    showa,
    constitution,
    childrens,
    marine,
    mountain,
    aged,
    autumn_equinox,
    health_sports,  // 体育の日, until 2019
    sports,
    culture,
    labour_thanksgiving,
    substitute,  // 振替休日
    between,     // 国民の休日
    wedding,     // 1959, 1993
    funeral,     // 1989
    enthronement,
    accession,  // 1 May 2019
    other       // only a published list knows it
};
BOOST_DESCRIBE_ENUM(Holiday, new_year, coming_of_age, foundation, emperors_birthday, spring_equinox,
                    greenery, showa, constitution, childrens, marine, mountain, aged,
                    autumn_equinox, health_sports, sports, culture, labour_thanksgiving, substitute,
                    between, wedding, funeral, enthronement, accession, other)

struct HolidayOn {
    Day day;
    Holiday what = Holiday::other;
    std::string name{};  // as published, where `what` is other
    friend bool operator==(const HolidayOn&, const HolidayOn&) = default;
};

// Of one year, 1948 to 2150 (nothing else has any), in order.
std::vector<HolidayOn> holidays_by_law(int year);

class Holidays {
public:
    // `published`: lines "2026-01-01,元日"; lines that begin with # and malformed ones are passed
    // over. For the years from its first to its last it decides alone which days are holidays;
    // before and after, the law does.
    explicit Holidays(std::string_view published = {});

    std::optional<HolidayOn> on(Day day) const;
    std::vector<HolidayOn> in(int year) const;
    int published_from() const { return from_; }  // 0: nothing is published
    int published_until() const { return until_; }

private:
    int from_ = 0;
    int until_ = 0;
    std::map<Day, std::string> published_;
};

// Offices are closed: Saturday, Sunday, a holiday, and 29 December to 3 January (Act No. 91 of 1988
// on the holidays of administrative organs, article 1; local governments' ordinances follow it).
bool is_year_end(Day day);
bool is_day_off(const Holidays& holidays, Day day);

// "2026-04-01", a day that exists, of the years 1900 to 2150; else nothing.
std::optional<Day> parse_day(std::string_view text);
std::string format_day(Day day);

}  // namespace noroshi::prepare::contacts
