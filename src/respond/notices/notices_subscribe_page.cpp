// The pages of a subscription: ask, confirm, end. No script; a button does what a link must not,
// because mail programs open links to look at them.

#include <fmt/format.h>

#include "kernel/i18n/i18n.h"
#include "respond/notices/notices_site.h"

namespace noroshi::respond::notices {

namespace {

std::string said(Language language, std::string_view key, const Arguments& arguments = {}) {
    return escaped(i18n::text(language, "respond.notices." + std::string(key), arguments));
}

std::string frame(const Picture& picture, Language language, const std::string& title,
                  const std::string& body) {
    const std::string code(i18n::code_of(language));
    const std::string port =
        language == Language::en && !picture.port_en.empty() ? picture.port_en : picture.port;
    const std::string site = said(language, "page.title", {{"port", port}});
    return "<!doctype html>\n<html lang=\"" + code +
           "\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<meta name=\"color-scheme\" content=\"light dark\">\n"
           "<meta name=\"robots\" content=\"noindex\">\n<title>" +
           title + " – " + site + "</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n" +
           "</head>\n<body>\n<header><p class=\"site\"><a href=\"/" + code + ".html\">" + site +
           "</a></p></header>\n<main>\n<h1>" + title + "</h1>\n" + body +
           "</main>\n</body>\n</html>\n";
}

}  // namespace

std::string subscribe_page(const Picture& picture, Language language, const SubscribePage& page) {
    std::string body;
    if (!page.done.empty())
        body += "<p class=\"done\" role=\"status\">" + said(language, "subscribe." + page.done) +
                "</p>\n";
    if (!page.problem.empty())
        body += "<p class=\"problem\" role=\"alert\">" +
                said(language, "subscribe." + page.problem) + "</p>\n";
    const auto button = [&](std::string_view action, std::string_view key) {
        body += fmt::format(
            "<form method=\"post\" action=\"{}\"><button type=\"submit\">{}</button></form>\n",
            escaped(action), said(language, key));
    };
    switch (page.step) {
    case SubscribePage::Step::ask: {
        body += "<p>" + said(language, "subscribe.what") + "</p>\n";
        body +=
            "<form method=\"post\" action=\"/subscribe\" accept-charset=\"utf-8\">\n<label "
            "for=\"email\">" +
            said(language, "subscribe.email") +
            "</label>\n<input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"email\" "
            "required maxlength=\"254\">\n<label for=\"language\">" +
            said(language, "page.languages") +
            "</label>\n<select id=\"language\" name=\"language\">\n";
        for (const auto* code : {"ja", "en"})
            body += fmt::format("<option value=\"{0}\" lang=\"{0}\"{1}>{2}</option>\n", code,
                                i18n::code_of(language) == code ? " selected" : "",
                                said(language, std::string("language.") + code));
        body += "</select>\n<button type=\"submit\">" + said(language, "subscribe.send") +
                "</button>\n</form>\n<p class=\"small\">" + said(language, "subscribe.privacy") +
                "</p>\n";
        return frame(picture, language, said(language, "subscribe.title"), body);
    }
    case SubscribePage::Step::confirm:
        body += "<p>" + said(language, "subscribe.confirm_ask", {{"email", page.email}}) + "</p>\n";
        button("/confirm/" + page.link, "subscribe.confirm_button");
        return frame(picture, language, said(language, "subscribe.confirm_title"), body);
    case SubscribePage::Step::leave:
        body += "<p>" + said(language, "subscribe.leave_ask") + "</p>\n";
        button("/unsubscribe/" + page.link + "/now", "subscribe.leave_button");
        return frame(picture, language, said(language, "subscribe.leave_title"), body);
    case SubscribePage::Step::nothing: break;
    }
    return frame(picture, language, said(language, "subscribe.title"), body);
}

}  // namespace noroshi::respond::notices
