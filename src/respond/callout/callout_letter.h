#pragma once
// The words of a call-out's mail, in the reader's language, from the catalogue. A drill says so at
// the beginning of the subject and at both ends of the text; the TLP label stands in subject and
// text (FIRST, TLP 2.0: labels are never translated). Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
    std::string code;  // what a short reply may name the call-out by
};

struct Written {
    std::string subject;
    std::string text;
    std::string html;
};
Written write(const Letter& letter);

// For a telephone: stamp and label, heading, text, how to answer by a digit, the link. What does not
// fit is cut in the text, never in how to answer.
std::string write_sms(const Letter& letter);
inline constexpr std::size_t sms_text_limit = 300;  // characters of the caller's text
// Several call-outs to one person, in the order in which they were raised; at least two. The label is
// the strictest of theirs.
Written write_all(const std::vector<Letter>& letters);
std::string write_sms_of(const std::vector<Letter>& letters);
inline constexpr std::size_t sms_of_many_limit = 60;  // characters of each text
// What is sent to whoever wrote something that cannot be read as an answer.
std::string write_sms_help(Language language, const std::vector<std::string>& codes);
// What a voice says, sentence by sentence, one a line; it ends with the choice of digits.
std::string write_speech(const Letter& letter);
inline constexpr std::size_t speech_text_limit = 400;
// What it says after 1, 2 and 3, one a line.
std::string write_taken(Language language);
// For a chat: plain text with the link. For a browser: {"title","body","url","tag","actions",…} as
// JSON, no more of the text than an SMS would show: it stands on a locked screen.
struct ChatWords {
    std::string title;
    std::string text;
    std::string ask;  // what is never cut; its last line is the link
};
// With a link to one person; without one to a room, which is told to look at what each was sent.
ChatWords write_chat(const Letter& letter);
std::string write_push(const Letter& letter, std::string_view tag);

// What is called to a person who may not see the incident's title, or if none was written.
std::string heading_of(const Letter& letter);

}  // namespace noroshi::respond::callout
