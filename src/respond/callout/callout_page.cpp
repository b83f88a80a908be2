#include "respond/callout/callout_page.h"


#include <boost/describe/enum_to_string.hpp>

#include "kernel/i18n/html.h"
#include "kernel/i18n/i18n.h"
#include "respond/callout/callout_letter.h"

namespace noroshi::respond::callout {

namespace {

using i18n::escape_html;

std::string say(Language language, std::string_view key, const Arguments& arguments = {}) {
    return escape_html(i18n::text(language, "respond.callout." + std::string(key), arguments));
}

std::string_view name_of(AnswerKind answer) { return boost::describe::enum_to_string(answer, ""); }

std::string frame(Language language, const std::string& title, const std::string& body) {
    return "<!doctype html>\n<html lang=\"" + std::string(i18n::code_of(language)) +
           "\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<meta name=\"robots\" content=\"noindex\">\n"
           "<meta name=\"color-scheme\" content=\"light dark\">\n"
           "<title>" +
           title + "</title>\n<link rel=\"stylesheet\" href=\"" + std::string(style_path) +
           "\">\n</head>\n<body>\n<main>\n" + body + "</main>\n</body>\n</html>\n";
}

std::string answer_section(const AnswerPage& page) {
    const Language language = page.language;
    std::string out = "<section class=\"so-far\" aria-labelledby=\"so-far\">\n<h2 id=\"so-far\">" +
                      say(language, "page.your_answer") + "</h2>\n";
    if (!page.answer) return out + "<p>" + say(language, "page.no_answer") + "</p>\n</section>\n";
    const auto& answer = *page.answer;
    out += "<p class=\"given\">" + say(language, "answer." + std::string(name_of(answer.answer))) +
           "</p>\n";
    auto line = [&](const std::string& text) { out += "<p>" + text + "</p>\n"; };
    if (answer.coming_at)
        line(say(language, "page.arrival_at",
                 {{"at", format_for_people(*answer.coming_at, page.zone, language)}}));
    if (!answer.substitute.empty())
        line(say(language, "page.substitute_is", {{"name", answer.substitute}}));
    if (!answer.note.empty()) line(say(language, "page.note_is", {{"note", answer.note}}));
    line(say(language, "page.answered_at",
             {{"at", format_for_people(answer.answered_at, page.zone, language)}}));
    if (!page.ending) line(say(language, "page.may_change"));
    return out + "</section>\n";
}

std::string form(const AnswerPage& page) {
    const Language language = page.language;
    // Enter in a text field presses a form's first button. That one is disabled, so that nobody
    // says "coming" by typing a name.
    std::string out =
        "<form method=\"post\" action=\"?\" accept-charset=\"utf-8\">\n"
        "<button type=\"submit\" disabled hidden></button>\n<h2>" +
        say(language, "page.question") + "</h2>\n";
    auto button = [&](AnswerKind answer) {
        const std::string name(name_of(answer));
        out += "<button type=\"submit\" name=\"answer\" value=\"" + name + "\" class=\"" + name +
               "\">" + say(language, "answer." + name) + "</button>\n";
    };
    out += "<label for=\"arrival\">" + say(language, "page.arrival") +
           "</label>\n<select id=\"arrival\" name=\"arrival\">\n<option value=\"\">" +
           say(language, "page.arrival_unknown") + "</option>\n";
    for (int minutes : {15, 30, 45, 60, 90, 120, 180, 360}) {
        const bool hours = minutes >= 60 && minutes % 60 == 0 && minutes != 60;
        out += "<option value=\"" + std::to_string(minutes) + "\">" +
               say(language, hours ? "page.arrival_hours" : "page.arrival_minutes",
                   {{"n", std::to_string(hours ? minutes / 60 : minutes)}}) +
               "</option>\n";
    }
    out += "</select>\n";
    out += "<label for=\"note\">" + say(language, "page.note") +
           "</label>\n<textarea id=\"note\" name=\"note\" rows=\"1\" maxlength=\"1000\">\n" +
           (page.answer ? escape_html(page.answer->note) : "") + "</textarea>\n";
    button(AnswerKind::coming);
    button(AnswerKind::cannot);
    out += "<label for=\"substitute\">" + say(language, "page.substitute") +
           "</label>\n<input id=\"substitute\" name=\"substitute\" maxlength=\"200\" "
           "autocomplete=\"off\"" +
           (page.answer ? " value=\"" + escape_html(page.answer->substitute) + "\"" : "") + ">\n";
    button(AnswerKind::substitute);
    out += "<p>" +
           say(language, "page.until",
               {{"at", format_for_people(page.answer_until, page.zone, language)}}) +
           "</p>\n</form>\n";
    return out;
}

std::string lines(std::string_view text) {
    std::string out = escape_html(text);
    for (std::size_t at = 0; (at = out.find('\n', at)) != std::string::npos; at += 5)
        out.replace(at, 1, "<br>\n");
    return out;
}

}  // namespace

std::string page_of(const AnswerPage& page) {
    const Language language = page.language;
    std::string body;
    if (page.drill) body += "<p class=\"drill\">" + say(language, "page.drill") + "</p>\n";
    body += "<p class=\"label\">" + escape_html(page.label) + "</p>\n";
    if (page.saved && page.answer)
        body += "<p class=\"saved\" role=\"status\">" + say(language, "page.saved") + "</p>\n";
    if (!page.problem.empty())
        body += "<div class=\"problem\" role=\"alert\"><h2>" + say(language, "page.problem") +
                "</h2><p>" + escape_html(page.problem) + "</p></div>\n";
    body += "<h1>" + escape_html(page.heading) + "</h1>\n";
    if (!page.incident_title.empty() && page.incident_title != page.heading)
        body += "<p>" + escape_html(page.incident_title) + "</p>\n";
    body += "<p>" +
            say(language, "page.to",
                {{"name", page.person_name}, {"organisation", page.person_organisation}}) +
            "</p>\n<p class=\"from\">" +
            say(language, "page.from",
                {{"organisation", page.from_organisation},
                 {"at", format_for_people(page.raised_at, page.zone, language)}}) +
            "</p>\n<div class=\"text\">" + lines(page.text) + "</div>\n" + answer_section(page);
    if (page.ending)
        body += "<p class=\"over\">" +
                say(language, *page.ending == Ending::expired ? "page.over_expired" : "page.over") +
                "</p>\n";
    else
        body += form(page);
    if (page.drill) body += "<p class=\"drill\">" + say(language, "page.drill") + "</p>\n";
    const std::string stamp = page.drill ? say(language, "mail.drill_stamp") : "";
    return frame(language, stamp + say(language, "page.title"), body);
}

std::string bad_link_page(Language language) {
    const std::string title = say(language, "page.bad_link_title");
    return frame(language, title,
                 "<h1>" + title + "</h1>\n<p>" + say(language, "page.bad_link") + "</p>\n");
}

// Colours, sizes and the focus ring of the Digital Agency's design system.
std::string_view style_sheet() {
    return R"css(:root { color-scheme: light dark; --text: #1a1a1a; --ground: #ffffff; --soft: #f2f2f2;
  --line: #949494; --yes: #115a36; --no: #a50f00; --other: #0017c1; --on: #ffffff; --drill: #ffc700 }
@media (prefers-color-scheme: dark) { :root { --text: #f2f2f2; --ground: #121212; --soft: #262626;
  --line: #767676; --yes: #2cac6e; --no: #ff7b5c; --other: #7096f8; --on: #121212 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--text);
  font: 17px/1.7 "Noto Sans JP", "Noto Sans CJK JP", "Hiragino Sans", sans-serif }
main { max-width: 36rem; margin: 0 auto; padding: 16px; overflow-wrap: anywhere }
h1 { font-size: 1.4rem; line-height: 1.5; margin: 8px 0 }
h2 { font-size: 1.1rem; line-height: 1.5; margin: 0 0 8px }
p { margin: 8px 0 }
.drill { background: var(--drill); color: #1a1a1a; font-weight: bold; text-align: center; padding: 8px;
  border: 2px solid #1a1a1a }
.label { text-align: right; font-family: monospace; font-size: 1rem; font-weight: bold }
.from { color: inherit }
.text { border-left: 4px solid var(--line); padding: 4px 0 4px 16px; margin: 16px 0 }
.so-far { background: var(--soft); padding: 16px; border-radius: 8px; margin: 16px 0 }
.given { font-size: 1.4rem; font-weight: bold; margin: 0 }
.saved { border: 2px solid var(--yes); padding: 12px; border-radius: 8px; font-weight: bold }
.problem { border: 2px solid var(--no); padding: 12px; border-radius: 8px }
.over { font-weight: bold }
label { display: block; font-weight: bold; margin: 24px 0 4px }
input, select, textarea { width: 100%; min-height: 48px; font: inherit; padding: 8px 12px; color: inherit;
  background: var(--ground); border: 1px solid var(--line); border-radius: 8px }
button { display: block; width: 100%; min-height: 64px; margin: 12px 0; font: inherit; font-size: 1.25rem;
  font-weight: bold; border: 2px solid; border-radius: 8px; cursor: pointer }
button[hidden] { display: none }
.coming { background: var(--yes); border-color: var(--yes); color: var(--on) }
.cannot { background: var(--ground); border-color: var(--no); color: var(--no) }
.substitute { background: var(--ground); border-color: var(--other); color: var(--other) }
:focus-visible { outline: 4px solid #000000; outline-offset: 2px; box-shadow: 0 0 0 2px #ffd43d }
@media (prefers-color-scheme: dark) { :focus-visible { outline-color: #ffffff } }
)css";
}

}  // namespace noroshi::respond::callout
