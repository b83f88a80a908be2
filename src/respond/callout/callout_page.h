#pragma once
// The page behind the link in a call-out's mail: HTML without scripts, for a phone in one hand at
// 03:00. It shows what was asked and the answer so far; answering is a POST of its form, never the
// opening of the page, because mail scanners open links. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "kernel/result.h"
#include "kernel/time/time.h"
#include "respond/callout/callout_facts.h"

namespace noroshi::respond::callout {

struct AnswerSoFar {
    AnswerKind answer = AnswerKind::coming;
    std::optional<Instant> coming_at;
    std::string substitute;
    std::string note;
    Instant answered_at;
};

struct AnswerPage {
    Language language = Language::ja;
    std::string zone = "Asia/Tokyo";
    bool drill = false;
    std::string label;  // "TLP:AMBER"
    std::string heading;
    std::string incident_title;  // empty: not for this person
    std::string text;
    std::string person_name;
    std::string person_organisation;
    std::string from_organisation;
    Instant raised_at;
    Instant answer_until;
    std::optional<Ending> ending;  // over
    std::optional<AnswerSoFar> answer;
    bool saved = false;   // came back from the form
    std::string problem;  // why the form was not taken, as people read it
};
std::string page_of(const AnswerPage& page);
std::string bad_link_page(Language language);

// Served beside the page, because the content security policy allows no inline styles.
std::string_view style_sheet();
inline constexpr std::string_view style_path = "/l/answer.css";

}  // namespace noroshi::respond::callout
