#include "respond/sweep/sweep_page.h"

#include <algorithm>

#include "kernel/i18n/html.h"
#include "kernel/i18n/i18n.h"
#include "respond/callout/callout_letter.h"
#include "respond/callout/callout_page.h"

namespace noroshi::respond::sweep {

namespace {

using i18n::escape_html;

std::string say(Language language, std::string_view key, const Arguments& arguments = {}) {
    return escape_html(i18n::text(language, "respond.sweep." + std::string(key), arguments));
}

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

std::string question_of(const QuestionPage::Question& question, const std::string& site,
                        Language language) {
    const std::string name = "q." + question.question;
    std::string out =
        "<fieldset><legend>" + escape_html(question.text) +
        (question.needed ? " <strong>" + say(language, "page.needed") + "</strong>" : "") +
        "</legend>\n<div class=\"choices\">\n";
    for (const auto& [value, key] : {std::pair(Value::yes, "yes"), std::pair(Value::no, "no"),
                                     std::pair(Value::not_checked, "not_checked")}) {
        const std::string id = site + "." + question.question + "." + key;
        out += "<div><input type=\"radio\" name=\"" + escape_html(name) + "\" id=\"" +
               escape_html(id) + "\" value=\"" + key + "\"" +
               (question.value == value ? " checked" : "") + "><label for=\"" + escape_html(id) +
               "\">" + say(language, std::string("value.") + key) + "</label></div>\n";
    }
    out += "</div>\n";
    int number = 0;
    for (const auto& one : question.indicators) {
        const std::string id = site + "." + question.question + ".i" + std::to_string(++number);
        const bool seen = std::ranges::find(question.seen, one) != question.seen.end();
        out += "<div class=\"seen\"><input type=\"checkbox\" name=\"seen." +
               escape_html(question.question) + "\" id=\"" + escape_html(id) + "\" value=\"" +
               escape_html(one) + "\"" + (seen ? " checked" : "") + "><label for=\"" +
               escape_html(id) + "\">" + escape_html(one) + "</label></div>\n";
    }
    return out + "</fieldset>\n";
}

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] == '%') {
            if (i + 2 >= text.size()) return {};
            const int high = digit_of(text[i + 1]);
            const int low = digit_of(text[i + 2]);
            if (high < 0 || low < 0) return {};
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

}  // namespace

std::string page_of(const QuestionPage& page) {
    const Language language = page.language;
    std::string body;
    if (page.drill) body += "<p class=\"drill\">" + say(language, "drill_line") + "</p>\n";
    body += "<p class=\"label\">" + escape_html(page.label) + "</p>\n<h1>" +
            say(language, "page.title") + "</h1>\n<p>" +
            say(language, "page.from", {{"organisation", page.from_organisation}}) + "</p>\n<p>" +
            say(language, "page.until",
                {{"at", format_for_people(page.deadline, page.zone, language)}}) +
            "</p>\n";
    if (!page.text.empty()) body += "<div class=\"text\">" + escape_html(page.text) + "</div>\n";
    if (!page.problem.empty())
        body += "<div class=\"problem\" role=\"alert\"><h2>" + say(language, "page.problem") +
                "</h2><p>" + escape_html(page.problem) + "</p></div>\n";
    if (page.over) body += "<p class=\"over\">" + say(language, "page.over") + "</p>\n";
    for (const auto& site : page.sites) {
        body += "<section>\n<h2>" + escape_html(site.name) + "</h2>\n";
        if (site.answered_at)
            body += "<p class=\"" + std::string(page.saved == site.site ? "saved" : "so-far") +
                    "\"" + (page.saved == site.site ? " role=\"status\"" : "") + ">" +
                    say(language, "page.answered_at",
                        {{"at", format_for_people(*site.answered_at, page.zone, language)}}) +
                    "</p>\n";
        if (!page.over) {
            body +=
                "<form method=\"post\" action=\"?\" accept-charset=\"utf-8\">\n"
                "<input type=\"hidden\" name=\"site\" value=\"" +
                escape_html(site.site) + "\">\n";
            for (const auto& question : site.questions)
                body += question_of(question, site.site, language);
            const std::string id = site.site + ".note";
            body += "<label for=\"" + escape_html(id) + "\">" + say(language, "page.note") +
                    "</label>\n<textarea id=\"" + escape_html(id) +
                    "\" name=\"note\" rows=\"2\" maxlength=\"2000\">\n" + escape_html(site.note) +
                    "</textarea>\n<button type=\"submit\" class=\"coming\">" +
                    say(language, "page.send") + "</button>\n</form>\n";
        }
        body += "</section>\n";
    }
    if (page.drill) body += "<p class=\"drill\">" + say(language, "drill_line") + "</p>\n";
    return frame(language, say(language, "page.title"), body);
}

std::string bad_link_page(Language language) {
    const std::string title = say(language, "page.bad_link_title");
    return frame(language, title,
                 "<h1>" + title + "</h1>\n<p>" + say(language, "page.bad_link") + "</p>\n");
}

std::string style_sheet() {
    return std::string(callout::style_sheet()) +
           R"css(fieldset { border: 0; padding: 0; margin: 24px 0 }
legend { font-weight: bold; padding: 0 0 8px }
legend strong { display: inline-block; border: 2px solid var(--no); color: var(--no); border-radius: 8px;
  padding: 0 8px; font-size: 0.9rem }
.choices { display: grid; grid-template-columns: repeat(3, 1fr); gap: 8px }
.choices input { position: absolute; opacity: 0; width: 1px; min-height: 1px }
.choices label { margin: 0; min-height: 56px; display: grid; place-items: center; text-align: center;
  border: 2px solid var(--line); border-radius: 8px; cursor: pointer; line-height: 1.3 }
.choices input:checked + label { background: var(--other); border-color: var(--other); color: var(--on) }
.choices input:focus-visible + label { outline: 4px solid var(--text); outline-offset: 2px;
  box-shadow: 0 0 0 2px #ffd43d }
.seen { display: flex; align-items: center; gap: 12px }
.seen input { width: 24px; min-height: 24px; flex: none }
.seen label { margin: 4px 0; font-family: monospace; font-weight: normal }
)css";
}

Result<AnswersRequest> read_form(std::string_view body) {
    auto malformed = [] { return invalid("respond.sweep.form_malformed", ""); };
    AnswersRequest request;
    std::map<std::string, Given> given;
    std::size_t fields = 0;
    for (std::size_t at = 0; at <= body.size();) {
        const auto end = std::min(body.find('&', at), body.size());
        const auto pair = body.substr(at, end - at);
        at = end + 1;
        if (pair.empty()) continue;
        if (++fields > 2'000) return malformed();
        const auto equals = std::min(pair.find('='), pair.size());
        const auto name = decoded(pair.substr(0, equals));
        const auto value =
            decoded(equals < pair.size() ? pair.substr(equals + 1) : std::string_view{});
        if (!name || !value) return malformed();
        if (*name == "site") {
            request.site = *value;
        } else if (*name == "note") {
            const auto from = value->find_first_not_of(" \t\r\n");
            const auto last = value->find_last_not_of(" \t\r\n");
            if (from != std::string::npos) request.note = value->substr(from, last - from + 1);
        } else if (name->starts_with("q.")) {
            auto& one = given[name->substr(2)];
            if (*value == "yes")
                one.value = Value::yes;
            else if (*value == "no")
                one.value = Value::no;
            else if (*value == "not_checked")
                one.value = Value::not_checked;
            else
                return malformed();
            one.question = name->substr(2);
        } else if (name->starts_with("seen.")) {
            given[name->substr(5)].seen.push_back(*value);
        }
    }
    for (auto& [question, one] : given) {
        // A tick beside an indicator says yes.
        if (!one.seen.empty()) one.value = Value::yes;
        one.question = question;
        request.answers.push_back(std::move(one));
    }
    return request;
}

}  // namespace noroshi::respond::sweep
