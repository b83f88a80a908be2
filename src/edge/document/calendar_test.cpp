#include "edge/document/calendar.h"

#include <memory>

#include <gtest/gtest.h>
#include <libical/ical.h>

#include "kernel/i18n/line.h"

namespace noroshi::edge::document {
namespace {

Instant at(std::string_view text) { return parse_rfc3339(text).value(); }

// Whoever subscribes on a phone would see nothing, or broken characters.
TEST(Calendar, is_read_by_another_program_as_it_was_meant) {
    CalendarFile file{.name = "灯浜港の当直", .product = "-//Noroshi//test//JA", .events = {}};
    file.events.push_back(
        {.uid = "a@port",
         .from = at("2026-07-04T08:30:00+09:00"),
         .until = at("2026-07-05T08:30:00+09:00"),
         .summary = "当直：第一ターミナル システム課、代行あり; とても長い名前の部署なので行は"
                    "必ず折り返され、文字の途中で切ると壊れる",
         .description = "一行目\n二行目\\,",
         .organizer = "a@port.example",
         .attendees = {"b@port.example"}});
    const auto text = write_calendar(file, at("2026-07-01T00:00:00Z"));
    EXPECT_EQ(text, write_calendar(file, at("2026-07-01T00:00:00Z")));
    for (std::size_t from = 0; from < text.size();) {
        const auto end = text.find("\r\n", from);
        ASSERT_NE(end, std::string::npos);
        const auto line = std::string_view(text).substr(from, end - from);
        EXPECT_LE(line.size(), 75U);
        EXPECT_TRUE(i18n::length(line)) << "cut in the middle of a character: " << line;
        from = end + 2;
    }
    const std::unique_ptr<icalcomponent, decltype(&icalcomponent_free)> read(
        icalparser_parse_string(text.c_str()), &icalcomponent_free);
    ASSERT_TRUE(read);
    EXPECT_EQ(icalcomponent_count_errors(read.get()), 0);
    auto* event = icalcomponent_get_first_component(read.get(), ICAL_VEVENT_COMPONENT);
    ASSERT_NE(event, nullptr);
    EXPECT_EQ(icalcomponent_get_summary(event), file.events[0].summary);
    EXPECT_EQ(icalcomponent_get_description(event), file.events[0].description);
    EXPECT_EQ(icaltime_as_timet(icalcomponent_get_dtstart(event)), 1'783'121'400);
    EXPECT_TRUE(icaltime_is_utc(icalcomponent_get_dtend(event)));
    EXPECT_TRUE(text.contains("X-WR-CALNAME:灯浜港の当直"));
}

TEST(Calendar, nothing_in_an_event_adds_a_line) {
    CalendarFile file{.name = "a\r\nX-BAD:1", .product = "p\r\nX-BAD:1", .events = {}};
    file.events.push_back({.uid = "u\r\nX-BAD:1",
                           .from = at("2026-07-04T08:30:00Z"),
                           .until = at("2026-07-04T09:30:00Z"),
                           .summary = "s\r\nX-BAD:1",
                           .organizer = "x@y\r\nX-BAD:1"});
    EXPECT_FALSE(write_calendar(file, at("2026-07-01T00:00:00Z")).contains("\nX-BAD"));
    EXPECT_TRUE(write_calendar({.name = "", .product = "p"}, at("2026-07-01T00:00:00Z"))
                    .starts_with("BEGIN:VCALENDAR\r\n"));
}

}  // namespace
}  // namespace noroshi::edge::document
