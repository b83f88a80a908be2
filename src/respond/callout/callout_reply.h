#pragma once
// A short reply, as somebody types it on a telephone at 03:00: bytes from outside. Guideline 3.1.2:
// whoever has only a telephone must be able to answer.
//
//   reply   = digit [code] [rest]            in either order: "1a" or "a1"
//   digit   = 1 coming · 2 cannot · 3 somebody else comes; also 参集可, 可, はい, yes, ok · 不可,
//             いいえ, no · 代理
//   code    = the letters of the call-out, when there are several
//   rest    = after 1: when, "04:10", "4時10分", "0410", "30分", "+30", "1時間"; after 3: who
//
// Full-width characters, half-width kana and capitals are read as their plain forms.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "respond/callout/callout_facts.h"

namespace noroshi::respond::callout {

struct ClockTime {
    int hour = 0;
    int minute = 0;
    friend bool operator==(const ClockTime&, const ClockTime&) = default;
};

struct ShortReply {
    AnswerKind answer = AnswerKind::coming;
    std::string code;  // "a", or empty
    std::variant<std::monostate, std::chrono::minutes, ClockTime> arrival;
    std::string substitute;
    std::string note;  // what was said beside it
};
// Nothing if it is no answer.
std::optional<ShortReply> read_reply(std::string_view text);

// The first instant after `now` at which the clock in the zone shows this time; at most a day on.
std::optional<Instant> next_at(const ClockTime& time, Instant now, std::string_view zone);

// What two telephone numbers are compared by: digits, with the country's prefix.
std::string bare_number(std::string_view number, std::string_view country = "81");

}  // namespace noroshi::respond::callout
