#include "edge/http/plain.h"

#include <algorithm>
#include <charconv>

#include "edge/http/target.h"
#include "kernel/crypto/hash.h"
#include "kernel/i18n/html.h"
#include "kernel/i18n/i18n.h"

namespace noroshi::edge::http::plain {

namespace {

constexpr std::string_view purpose = "plain form";
constexpr std::chrono::hours token_good{24};
constexpr std::size_t most_fields = 100;
constexpr int seconds_until_again = 30;

std::string say(Language language, std::string_view key, const Arguments& arguments = {}) {
    return i18n::escape_html(
        i18n::text(language, "edge.http.plain_" + std::string(key), arguments));
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            std::string_view("-._~/").contains(c)) {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

}  // namespace

Result<Headers> read_form(std::string_view body) {
    Headers form;
    while (!body.empty()) {
        const auto end = std::min(body.find('&'), body.size());
        const auto pair = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        if (pair.empty()) continue;
        const auto equals = std::min(pair.find('='), pair.size());
        auto name = percent_decoded(pair.substr(0, equals), Plus::is_space);
        const auto value =
            percent_decoded(pair.substr(std::min(equals + 1, pair.size())), Plus::is_space);
        if (!name || !value || !is_utf8(*name) || !is_utf8(*value) || form.size() == most_fields)
            return invalid("edge.http.plain_form", "");
        std::string text;
        text.reserve(value->size());
        for (const char c : *value) {
            if (c == '\r') continue;
            const auto byte = static_cast<unsigned char>(c);
            text += (byte < 0x20 && c != '\n') || byte == 0x7f ? ' ' : c;
        }
        form.emplace_back(std::move(*name), std::move(text));
    }
    return form;
}

std::string_view field(const Headers& form, std::string_view name) {
    for (const auto& [key, value] : form)
        if (key == name) return value;
    return {};
}

std::string form_token(const Key& key, std::string_view session, Instant now, Random& random) {
    const auto until =
        std::chrono::floor<std::chrono::seconds>(now + token_good).time_since_epoch();
    return to_base64url(seal_with(
        key, std::to_string(until.count()) + "/" + to_hex(sha256(session)), purpose, random));
}

bool is_form_token(const Key& key, std::string_view token, std::string_view session, Instant now) {
    if (token.size() > 500 || session.empty()) return false;
    const auto sealed = from_base64url(token);
    const auto text = sealed ? open_with(key, *sealed, purpose) : std::nullopt;
    if (!text) return false;
    std::int64_t seconds = 0;
    const auto* const end = text->data() + text->size();
    const auto [last, error] = std::from_chars(text->data(), end, seconds);
    return error == std::errc{} && last != end && *last == '/' &&
           std::string_view(last + 1, end) == to_hex(sha256(session)) &&
           now < Instant{std::chrono::seconds{seconds}};
}

Reply page(const Page& page) {
    const auto language = page.language;
    std::string out = "<!doctype html>\n<html lang=\"" + std::string(i18n::code_of(language)) +
                      "\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
                      "content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" "
                      "content=\"noindex\">\n<meta name=\"color-scheme\" content=\"light dark\">\n";
    if (!page.again.empty())
        out += "<meta http-equiv=\"refresh\" content=\"" + std::to_string(seconds_until_again) +
               ";url=" + i18n::escape_html(page.again) + "\">\n";
    out += "<title>" + i18n::escape_html(page.title) + " – " + say(language, "name") +
           "</title>\n<link rel=\"stylesheet\" href=\"" + std::string(style_path) +
           "\">\n</head>\n<body>\n<header><nav><a href=\"" + std::string(home) + "\">" +
           say(language, "name") + "</a>";
    if (page.who)
        out += " <span>" + i18n::escape_html(page.who->name) +
               "</span> <form method=\"post\" action=\"/plain/sign-out\"><input type=\"hidden\" "
               "name=\"token\" value=\"" +
               i18n::escape_html(page.sign_out_token) + "\"><button type=\"submit\">" +
               say(language, "sign_out") + "</button></form>";
    out += "</nav></header>\n<main>\n" + page.body + "</main>\n</body>\n</html>\n";
    Reply reply;
    reply.status = page.status;
    reply.headers = {{"Cache-Control", "no-store"}};
    reply.content_type = "text/html; charset=utf-8";
    reply.body = std::move(out);
    return reply;
}

Reply go_to(std::string location) {
    return Reply{303,
                 {{"Location", std::move(location)}, {"Cache-Control", "no-store"}},
                 "text/html; charset=utf-8",
                 "",
                 nullptr};
}

Reply turned_away(const Refusal& refused, const Request& request) {
    if (refused.status == 401) return go_to("/plain/sign-in?next=" + percent_encoded(request.path));
    Page told;
    told.language = request.language;
    told.title = i18n::text(request.language, "edge.http.status_" + std::to_string(refused.status));
    told.body =
        "<h1>" + i18n::escape_html(told.title) + "</h1>\n<p class=\"problem\" role=\"alert\">" +
        i18n::escape_html(i18n::text(request.language, refused.error)) + "</p>\n<p><a href=\"" +
        std::string(home) + "\">" + say(request.language, "home") + "</a></p>\n";
    told.status = refused.status;
    auto reply = page(told);
    for (const auto& one : refused.headers) reply.headers.push_back(one);
    return reply;
}

// Colours, sizes and the focus ring of the Digital Agency's design system.
std::string_view style_sheet() {
    return R"css(:root { color-scheme: light dark; --text: #1a1a1a; --ground: #ffffff; --soft: #f2f2f2;
  --line: #767676; --good: #115a36; --bad: #a50f00; --accent: #0017c1; --on: #ffffff; --drill: #ffc700 }
@media (prefers-color-scheme: dark) { :root { --text: #f2f2f2; --ground: #121212; --soft: #262626;
  --line: #949494; --good: #2cac6e; --bad: #ff7b5c; --accent: #9db7f9; --on: #121212 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--text);
  font: 16px/1.7 "Noto Sans JP", "Noto Sans CJK JP", "Hiragino Sans", sans-serif }
header { border-bottom: 1px solid var(--line) }
header nav { max-width: 52rem; margin: 0 auto; padding: 4px 16px; display: flex; flex-wrap: wrap;
  align-items: center; gap: 0 16px }
header nav > a { font-weight: bold; margin-right: auto; min-height: 44px; display: flex; align-items: center }
main { max-width: 52rem; margin: 0 auto; padding: 16px; overflow-wrap: anywhere }
h1 { font-size: 1.4rem; line-height: 1.5; margin: 8px 0 }
h2 { font-size: 1.1rem; line-height: 1.5; margin: 24px 0 8px }
a { color: var(--accent) }
a.button, button { display: inline-flex; align-items: center; min-height: 44px; padding: 0 20px; font: inherit;
  font-weight: bold; color: var(--accent); background: var(--ground); border: 2px solid var(--accent);
  border-radius: 8px; text-decoration: none; cursor: pointer }
button.main { color: var(--on); background: var(--accent) }
.drill { background: var(--drill); color: #1a1a1a; font-weight: bold; text-align: center; padding: 8px;
  border: 2px solid #1a1a1a }
.label { font-family: monospace; font-weight: bold }
.soft { color: var(--text); font-size: 0.9375rem }
.saved { border: 2px solid var(--good); padding: 12px; border-radius: 8px; font-weight: bold }
.problem { border: 2px solid var(--bad); padding: 12px; border-radius: 8px }
.seers { background: var(--soft); padding: 12px 16px; border-radius: 8px }
ul.plain, ol.lines { list-style: none; padding: 0; margin: 0 }
ul.plain > li, ol.lines > li { border-top: 1px solid var(--line); padding: 10px 0 }
ol.lines p { margin: 4px 0; white-space: pre-wrap }
ol.lines .gone { text-decoration: line-through }
.new { background: var(--drill); color: #1a1a1a; font-weight: bold; padding: 0 6px; border-radius: 4px }
.kind { border: 1px solid var(--line); border-radius: 4px; padding: 0 6px; margin-right: 6px }
label, legend { font-weight: bold; padding: 0 }
label { display: block; margin: 16px 0 4px }
fieldset { border: 0; padding: 0; margin: 16px 0 }
fieldset label, label.check { display: inline-flex; align-items: center; min-height: 44px; gap: 8px;
  margin: 0 20px 0 0; font-weight: normal }
input, select, textarea { width: 100%; min-height: 48px; font: inherit; padding: 8px 12px; color: inherit;
  background: var(--ground); border: 1px solid var(--line); border-radius: 8px }
input[type=radio], input[type=checkbox] { width: 24px; min-height: 24px; height: 24px }
textarea { min-height: 10rem }
.steps { display: flex; flex-wrap: wrap; gap: 12px; margin: 16px 0 }
:focus-visible { outline: 4px solid #000000; outline-offset: 2px; box-shadow: 0 0 0 2px #ffd43d }
@media (prefers-color-scheme: dark) { :focus-visible { outline-color: #ffffff } }
)css";
}

}  // namespace noroshi::edge::http::plain
