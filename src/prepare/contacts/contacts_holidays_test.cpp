#include "prepare/contacts/contacts_holidays.h"

#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

#include <gtest/gtest.h>

#include "edge/document/sheet.h"
#include "kernel/embedded_data.h"

namespace noroshi::prepare::contacts {
namespace {

Day day(std::string_view text) { return parse_day(text).value(); }

std::string published() {
    for (const auto& file : embedded_data())
        if (file.path == "calendars/japan.csv") return std::string(file.bytes);
    return {};
}

// As the Cabinet Office calls them.
std::string name_of(const HolidayOn& holiday) {
    static const std::map<Holiday, std::string> names{
        {Holiday::new_year, "元日"},
        {Holiday::coming_of_age, "成人の日"},
        {Holiday::foundation, "建国記念の日"},
        {Holiday::emperors_birthday, "天皇誕生日"},
        {Holiday::spring_equinox, "春分の日"},
        {Holiday::greenery, "みどりの日"},
        {Holiday::showa, "昭和の日"},
        {Holiday::constitution, "憲法記念日"},
        {Holiday::childrens, "こどもの日"},
        {Holiday::marine, "海の日"},
        {Holiday::mountain, "山の日"},
        {Holiday::aged, "敬老の日"},
        {Holiday::autumn_equinox, "秋分の日"},
        {Holiday::health_sports, "体育の日"},
        {Holiday::sports, "スポーツの日"},
        {Holiday::culture, "文化の日"},
        {Holiday::labour_thanksgiving, "勤労感謝の日"},
        {Holiday::substitute, "休日"},
        {Holiday::between, "休日"},
        {Holiday::wedding, "結婚の儀"},
        {Holiday::funeral, "大喪の礼"},
        {Holiday::enthronement, "即位礼正殿の儀"},
        {Holiday::accession, "休日（祝日扱い）"},
    };
    return names.at(holiday.what);
}

void agrees(const std::map<Day, std::string>& list) {
    ASSERT_GT(list.size(), 1'000U);
    std::map<Day, std::string> law;
    for (int year = 1955; year <= 2027; ++year)
        for (const auto& one : holidays_by_law(year)) law.emplace(one.day, name_of(one));
    for (const auto& [at, name] : list) {
        const auto found = law.find(at);
        ASSERT_NE(found, law.end()) << format_day(at) << " " << name;
        if (format_day(at) == "2019-10-22")
            EXPECT_EQ(name, "休日（祝日扱い）");
        else
            EXPECT_EQ(name.substr(0, found->second.size()), found->second) << format_day(at);
    }
    for (const auto& [at, name] : law) EXPECT_TRUE(list.contains(at)) << format_day(at) << name;
}

// Somebody would be called on a holiday at the office's number.
TEST(Holidays, the_law_gives_what_is_published) {
    std::map<Day, std::string> list;
    const auto sheet = edge::document::read_csv(published());
    for (const auto& row : sheet->rows)
        if (parse_day(row.cells[0].text)) list.emplace(day(row.cells[0].text), row.cells[1].text);
    agrees(list);
}

// The list that travels with us would have been copied wrongly.
TEST(Holidays, the_law_gives_what_the_cabinet_office_publishes) {
    std::ifstream in("../shared/data/japan/syukujitsu.csv", std::ios::binary);
    if (!in) {
        std::cout << "skipped: no external data\n";
        return;
    }
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const auto sheet = edge::document::read_csv(bytes);  // CP932
    ASSERT_TRUE(sheet);
    std::map<Day, std::string> list;
    for (const auto& row : sheet->rows) {
        std::string text;
        for (const auto& part : {row.cells[0].text}) text = part;
        const auto first = text.find('/');
        if (first == std::string::npos) continue;
        const auto second = text.find('/', first + 1);
        const auto two = [](std::string digits) {
            return digits.size() == 1 ? "0" + digits : digits;
        };
        list.emplace(day(text.substr(0, 4) + "-" + two(text.substr(5, second - 5)) + "-" +
                         two(text.substr(second + 1))),
                     row.cells[1].text);
    }
    agrees(list);
    const Holidays ours(published());
    for (int year = 1955; year <= 2027; ++year)
        for (const auto& one : ours.in(year)) EXPECT_TRUE(list.contains(one.day));
    EXPECT_EQ(ours.published_from(), 1955);
    EXPECT_EQ(ours.published_until(), 2027);
}

// From 2028 on nobody has published anything, and nights would be planned by guess.
TEST(Holidays, after_the_list_the_law_decides) {
    const Holidays ours(published());
    const auto is = [&](std::string_view text) { return ours.on(day(text)).has_value(); };
    EXPECT_TRUE(is("2028-03-20")) << "equinox";
    EXPECT_TRUE(is("2030-08-12")) << "substitute of a Sunday";
    EXPECT_TRUE(is("2032-09-21")) << "between two holidays";
    EXPECT_FALSE(is("2028-03-21"));
    EXPECT_EQ(ours.on(day("2032-09-21"))->what, Holiday::between);
    EXPECT_EQ(holidays_by_law(2092).at(4).day, day("2092-03-19")) << "the spring equinox goes on";
    EXPECT_TRUE(holidays_by_law(1947).empty());
    EXPECT_EQ(holidays_by_law(1948).size(), 3U);
}

// A day that the government adds by a law of its own would be a working day here.
TEST(Holidays, the_published_list_wins) {
    const Holidays ours(
        "# comment\n2026-01-01,元日\n2026-06-03,臨時の休日\nrubbish\n2026-13-01,x\n");
    EXPECT_EQ(ours.on(day("2026-06-03"))->name, "臨時の休日");
    EXPECT_EQ(ours.on(day("2026-06-03"))->what, Holiday::other);
    EXPECT_FALSE(ours.on(day("2026-05-03"))) << "the list says it is none";
    EXPECT_TRUE(ours.on(day("2027-05-03"))) << "the law again";
}

TEST(Holidays, offices_are_closed_at_the_turn_of_the_year) {
    const Holidays ours(published());
    for (const auto* const off : {"2026-12-29", "2026-12-31", "2027-01-01", "2027-01-03",
                                  "2026-07-04", "2026-07-05", "2026-07-20", "2026-09-22"})
        EXPECT_TRUE(is_day_off(ours, day(off))) << off;
    for (const auto* const on : {"2026-12-28", "2027-01-04", "2026-07-06", "2026-07-21"})
        EXPECT_FALSE(is_day_off(ours, day(on))) << on;
}

TEST(Days, are_read_strictly) {
    EXPECT_TRUE(parse_day("2028-02-29"));
    for (const auto* const bad : {"2027-02-29", "2026-4-01", "2026-04-31", "2026/04/01", "", "abc",
                                  "2026-00-10", "2026-01-00", "+026-01-01", "2026-01-1 "})
        EXPECT_FALSE(parse_day(bad)) << bad;
    EXPECT_EQ(format_day(day("2026-04-01")), "2026-04-01");
}

}  // namespace
}  // namespace noroshi::prepare::contacts
