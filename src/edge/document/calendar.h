#pragma once
// Calendars as other programs read them: iCalendar (RFC 5545), written by libical. Times are UTC, so
// no zone has to be understood at the other end; lines are folded at 75 octets without cutting a
// character in two. The same events give the same bytes. Any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/time/time.h"

namespace noroshi::edge::document {

struct CalendarEvent {
    std::string uid;  // the same for the same event for ever: a program then changes, not adds
    Instant from;
    Instant until;  // not part of it; whole seconds
    std::string summary;
    std::string description{};
    std::string location{};
    int sequence = 0;  // counts changes of this event
    bool cancelled = false;
    bool busy = true;
    // A meeting: who invites whom (mail addresses). Empty: nobody is asked.
    std::string organizer{};
    std::vector<std::string> attendees{};
};

enum class CalendarMethod {
    publish,  // a feed: read it
    request,  // an invitation: answer it
    cancel    // of a meeting
};

struct CalendarFile {
    std::string name;     // shown by calendar programs
    std::string product;  // "-//Noroshi//prepare.contacts//JA"
    CalendarMethod method = CalendarMethod::publish;
    std::vector<CalendarEvent> events{};
};

// `written`: DTSTAMP of every event.
std::string write_calendar(const CalendarFile& calendar, Instant written);

}  // namespace noroshi::edge::document
