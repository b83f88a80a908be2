#include "watch/detections/detections_page.h"

#include "kernel/i18n/html.h"
#include "kernel/i18n/i18n.h"

namespace noroshi::watch::detections {

namespace {

std::string say(Language language, std::string_view key, const Arguments& words = {}) {
    return i18n::escape_html(
        i18n::text(language, "watch.detections.page." + std::string(key), words));
}

std::string frame(Language language, const std::string& body) {
    const std::string title = say(language, "title");
    return "<!doctype html>\n<html lang=\"" + std::string(i18n::code_of(language)) +
           "\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<meta name=\"robots\" content=\"noindex\">\n"
           "<meta name=\"color-scheme\" content=\"light dark\">\n<title>" +
           title + "</title>\n<link rel=\"stylesheet\" href=\"" + style_path +
           "\">\n</head>\n<body>\n<main>\n" + body + "</main>\n</body>\n</html>\n";
}

}  // namespace

std::string page_of(const SeenPage& page) {
    const auto language = page.language;
    const auto at = [&](Instant instant) {
        return format_for_people(instant, page.zone, language);
    };
    std::string body = "<p class=\"label\">TLP:AMBER+STRICT</p>\n<h1>" + say(language, "title") +
                       "</h1>\n<p>" +
                       say(language, "about", {{"member", page.member}, {"level", page.level}}) +
                       "</p>\n<p>" + say(language, "told", {{"at", at(page.told_at)}}) + "</p>\n";
    if (page.read_at)
        body += "<p class=\"done\" role=\"status\">" +
                say(language, "read", {{"at", at(*page.read_at)}}) + "</p>\n";
    else
        body += "<p>" + say(language, "until", {{"at", at(page.answer_by)}}) +
                "</p>\n<form method=\"post\" action=\"?\">\n<button type=\"submit\">" +
                say(language, "button") + "</button>\n</form>\n";
    return frame(language, body + "<p><a href=\"" + i18n::escape_html(page.details) + "\">" +
                               say(language, "details") + "</a></p>\n");
}

std::string bad_link_page(Language language) {
    return frame(language, "<h1>" + say(language, "title") + "</h1>\n<p>" +
                               say(language, "bad_link") + "</p>\n");
}

std::string style_sheet() {
    return R"css(:root { color-scheme: light dark; --text: #1a1a1a; --ground: #ffffff; --act: #115a36; --on: #ffffff; --link: #0017c1 }
@media (prefers-color-scheme: dark) { :root { --text: #f2f2f2; --ground: #121212; --act: #2cac6e; --on: #121212; --link: #9db7f9 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--text);
  font: 17px/1.7 "Noto Sans JP", "Noto Sans CJK JP", "Hiragino Sans", sans-serif }
main { max-width: 36rem; margin: 0 auto; padding: 16px; overflow-wrap: anywhere }
h1 { font-size: 1.4rem; line-height: 1.5 }
.label { text-align: right; font-family: monospace; font-weight: bold }
.done { border: 2px solid var(--act); border-radius: 8px; padding: 12px; font-weight: bold }
a { color: var(--link); display: inline-block; padding: 12px 0 }
button { display: block; width: 100%; min-height: 64px; margin: 16px 0; font: inherit; font-size: 1.25rem; font-weight: bold;
  background: var(--act); color: var(--on); border: 2px solid var(--act); border-radius: 8px; cursor: pointer }
:focus-visible { outline: 4px solid var(--text); outline-offset: 2px; box-shadow: 0 0 0 2px #ffd43d }
)css";
}

}  // namespace noroshi::watch::detections
