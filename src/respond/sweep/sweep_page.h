#pragma once
// The page behind the link in a sweep's message: HTML without scripts, for a phone in one hand. One
// form a site, three choices a question; what was answered before stands chosen. Opening it answers
// nothing. And what its form sends back: bytes from outside. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/result.h"
#include "kernel/time/time.h"
#include "respond/sweep/sweep.h"

namespace noroshi::respond::sweep {

struct QuestionPage {
    struct Question {
        std::string question;
        std::string text;
        bool needed = false;
        std::vector<std::string> indicators;
        std::optional<Value> value;
        std::vector<std::string> seen;
    };
    struct Site {
        std::string site;
        std::string name;
        std::vector<Question> questions;
        std::string note;
        std::optional<Instant> answered_at;
    };
    Language language = Language::ja;
    std::string zone = "Asia/Tokyo";
    bool drill = false;
    std::string label;
    std::string from_organisation;
    std::string text;
    Instant deadline;
    bool over = false;
    std::string saved;    // the site whose answer was just taken
    std::string problem;  // as people read it
    std::vector<Site> sites;
};
std::string page_of(const QuestionPage& page);
std::string bad_link_page(Language language);
std::string style_sheet();
inline constexpr std::string_view style_path = "/q/sweep.css";

// application/x-www-form-urlencoded: site, note, q.<question> = yes|no|not_checked, seen.<question> =
// an indicator, again and again. Unknown fields are left alone. Errors: invalid
// respond.sweep.form_malformed.
Result<AnswersRequest> read_form(std::string_view body);

}  // namespace noroshi::respond::sweep
