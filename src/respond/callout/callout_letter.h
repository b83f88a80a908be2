#pragma once
// The words of a call-out's mail, in the reader's language, from the catalogue. A drill says so at
// the beginning of the subject and at both ends of the text; the TLP label stands in subject and
// text (FIRST, TLP 2.0: labels are never translated). Pure.

#include <optional>
#include <string>

#include "kernel/identity/visibility.h"
#include "kernel/time/time.h"

namespace noroshi::respond::callout {

struct Letter {
    Language language = Language::ja;
    std::string zone = "Asia/Tokyo";
    bool drill = false;
    Tlp tlp = Tlp::green;
    std::string subject;  // as the caller wrote it; empty: the incident's title, else a set phrase
    std::string text;     // as the caller wrote it
    std::string incident_title;  // empty: this person may not see the incident
    std::string to_name;
    std::string to_organisation;
    std::string from_name;
    std::string from_organisation;
    Instant raised_at;
    Instant answer_until;
    std::string link;   // whole URL
    int round = 0;      // 0: the call itself; n: the n-th reminder
    int reminders = 0;  // how many there will be in all
    std::chrono::minutes remind_after{};
};

struct Written {
    std::string subject;
    std::string text;
    std::string html;
};
Written write(const Letter& letter);

// What is called to a person who may not see the incident's title, or if none was written.
std::string heading_of(const Letter& letter);

std::string escape_html(std::string_view text);

}  // namespace noroshi::respond::callout
