#include "respond/callout/callout_letter.h"

#include <algorithm>

#include <boost/json.hpp>

#include "kernel/i18n/html.h"
#include "kernel/i18n/i18n.h"

namespace noroshi::respond::callout {

namespace {

using i18n::escape_html;

std::string say(Language language, std::string_view key, const Arguments& arguments = {}) {
    return i18n::text(language, "respond.callout." + std::string(key), arguments);
}

// One paragraph per blank line, one line per line; addresses are not made into links, so that only
// ours can be clicked.
std::string paragraphs(std::string_view text) {
    std::string out = "<p>";
    for (std::size_t at = 0; at < text.size();) {
        auto end = text.find('\n', at);
        if (end == std::string_view::npos) end = text.size();
        out += escape_html(text.substr(at, end - at));
        at = end + 1;
        if (at < text.size() && text[at] == '\n') {
            out += "</p>\n<p>";
            while (at < text.size() && text[at] == '\n') ++at;
        } else if (at < text.size()) {
            out += "<br>\n";
        }
    }
    return out + "</p>\n";
}

// Colours and sizes of the Digital Agency's design system; the button is a link, so that it works in
// every mail program.
std::string button(const Letter& letter) {
    return "<p><a href=\"" + escape_html(letter.link) +
           "\" style=\"display:inline-block;padding:16px 24px;border-radius:8px;"
           "background:#0017C1;color:#ffffff;font-weight:bold;text-decoration:none\">" +
           escape_html(say(letter.language, "mail.button")) + "</a></p>\n";
}

}  // namespace

std::string heading_of(const Letter& letter) {
    if (!letter.subject.empty()) return letter.subject;
    if (!letter.incident_title.empty()) return letter.incident_title;
    return say(letter.language, "mail.subject_without_title");
}

Written write(const Letter& letter) {
    const Language language = letter.language;
    const std::string label(label_of(letter.tlp));
    const std::string stamp = letter.drill ? say(language, "mail.drill_stamp") : "";
    const std::string heading = heading_of(letter);

    Written written;
    written.subject =
        stamp + say(language, letter.round == 0 ? "mail.subject" : "mail.subject_reminder",
                    {{"label", label}, {"heading", heading}, {"n", std::to_string(letter.round)}});

    std::string before = label + "\n\n";
    if (letter.drill) before = say(language, "mail.drill_begins") + "\n" + before;
    before += say(language, "mail.greeting",
                  {{"name", letter.to_name}, {"organisation", letter.to_organisation}}) +
              "\n\n";
    before +=
        say(language, letter.round == 0 ? "mail.opening" : "mail.opening_reminder",
            {{"organisation", letter.from_organisation}, {"n", std::to_string(letter.round)}}) +
        "\n\n";
    before += say(language, "mail.heading", {{"heading", heading}}) + "\n";
    before += say(language, "mail.raised_at",
                  {{"at", format_for_people(letter.raised_at, letter.zone, language)}}) +
              "\n";
    const std::string ask = say(language, "mail.ask");
    std::string how = say(language, "mail.how") + "\n";
    how += say(language, "mail.until",
               {{"at", format_for_people(letter.answer_until, letter.zone, language)}}) +
           "\n";
    if (letter.round < letter.reminders)
        how += say(language, "mail.reminded_again",
                   {{"minutes", std::to_string(letter.remind_after.count())},
                    {"times", std::to_string(letter.reminders - letter.round)}}) +
               "\n";
    std::string after =
        say(language, "mail.from",
            {{"name", letter.from_name}, {"organisation", letter.from_organisation}}) +
        "\n" + say(language, "mail.automatic") + "\n\n" + label + "\n";
    if (letter.drill) after += say(language, "mail.drill_ends") + "\n";

    const std::string rule = "----------------------------------------\n";
    written.text = before + "\n" + rule + letter.text + (letter.text.ends_with('\n') ? "" : "\n") +
                   rule + "\n" + ask + "\n" + letter.link + "\n\n" + how + "\n" + after;

    written.html = "<!doctype html>\n<html lang=\"" + std::string(i18n::code_of(language)) +
                   "\"><body style=\"font-family:sans-serif;font-size:16px;line-height:1.7\">\n" +
                   paragraphs(before) + "<hr>\n" + paragraphs(letter.text) + "<hr>\n" +
                   button(letter) + paragraphs(how) + paragraphs(after) + "</body></html>\n";
    return written;
}

namespace {

// The first `most` characters, marked when something is missing; never half a character.
std::string shortened(std::string_view text, std::size_t most) {
    std::size_t characters = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80 && characters++ == most)
            return std::string(text.substr(0, i)) + "…";
    return std::string(text);
}

}  // namespace

std::string write_sms(const Letter& letter) {
    const Language language = letter.language;
    std::string out = letter.drill ? say(language, "mail.drill_stamp") : "";
    out += say(language, letter.round == 0 ? "sms.opening" : "sms.opening_reminder",
               {{"label", std::string(label_of(letter.tlp))},
                {"heading", shortened(heading_of(letter), 60)},
                {"organisation", letter.from_organisation},
                {"n", std::to_string(letter.round)}}) +
           "\n" + shortened(letter.text, sms_text_limit) + "\n" +
           say(language, "sms.how", {{"code", letter.code}}) + "\n" + letter.link;
    if (letter.drill) out += "\n" + say(language, "mail.drill_stamp");
    return out;
}

namespace {

Tlp strictest(const std::vector<Letter>& letters) {
    return std::ranges::max(letters, {}, &Letter::tlp).tlp;
}

}  // namespace

Written write_all(const std::vector<Letter>& letters) {
    const Letter& first = letters.front();
    const Language language = first.language;
    const std::string label(label_of(strictest(letters)));
    const Arguments count{{"label", label}, {"n", std::to_string(letters.size())}};
    const std::string rule = "----------------------------------------\n";

    Written written;
    written.subject = (first.drill ? say(language, "mail.drill_stamp") : "") +
                      say(language, "bundle.subject", count);
    std::string before = label + "\n\n";
    if (first.drill) before = say(language, "mail.drill_begins") + "\n" + before;
    before += say(language, "mail.greeting",
                  {{"name", first.to_name}, {"organisation", first.to_organisation}}) +
              "\n\n" + say(language, "bundle.opening", count) + "\n";
    std::string after =
        say(language, "mail.how") + "\n" + say(language, "mail.automatic") + "\n\n" + label + "\n";
    if (first.drill) after += say(language, "mail.drill_ends") + "\n";

    written.text = before + "\n";
    written.html = "<!doctype html>\n<html lang=\"" + std::string(i18n::code_of(language)) +
                   "\"><body style=\"font-family:sans-serif;font-size:16px;line-height:1.7\">\n" +
                   paragraphs(before);
    for (std::size_t i = 0; i < letters.size(); ++i) {
        const Letter& one = letters[i];
        const std::string head =
            say(language, one.round == 0 ? "bundle.item" : "bundle.item_reminder",
                {{"k", std::to_string(i + 1)},
                 {"n", std::to_string(letters.size())},
                 {"round", std::to_string(one.round)},
                 {"heading", heading_of(one)}}) +
            "\n" +
            say(language, "bundle.from",
                {{"organisation", one.from_organisation},
                 {"name", one.from_name},
                 {"label", std::string(label_of(one.tlp))},
                 {"at", format_for_people(one.raised_at, one.zone, language)}}) +
            "\n";
        const std::string until =
            say(language, "mail.until",
                {{"at", format_for_people(one.answer_until, one.zone, language)}}) +
            "\n";
        written.text += rule + head + "\n" + one.text + (one.text.ends_with('\n') ? "" : "\n") +
                        "\n" + say(language, "mail.ask") + "\n" + one.link + "\n" + until + "\n";
        written.html +=
            "<hr>\n" + paragraphs(head) + paragraphs(one.text) + button(one) + paragraphs(until);
    }
    written.text += rule + "\n" + after;
    written.html += "<hr>\n" + paragraphs(after) + "</body></html>\n";
    return written;
}

std::string write_sms_of(const std::vector<Letter>& letters) {
    const Letter& first = letters.front();
    const Language language = first.language;
    std::string out = first.drill ? say(language, "mail.drill_stamp") : "";
    out += say(language, "bundle.sms",
               {{"label", std::string(label_of(strictest(letters)))},
                {"organisation", first.from_organisation},
                {"n", std::to_string(letters.size())}}) +
           "\n";
    for (const auto& one : letters)
        out += say(language, one.round == 0 ? "bundle.sms_item" : "bundle.sms_item_reminder",
                   {{"code", one.code},
                    {"round", std::to_string(one.round)},
                    {"heading", shortened(heading_of(one), 40)}}) +
               "\n" + shortened(one.text, sms_of_many_limit) + "\n" + one.link + "\n";
    out += say(language, "bundle.sms_how",
               {{"code", first.code}, {"n", std::to_string(letters.size())}});
    if (first.drill) out += "\n" + say(language, "mail.drill_stamp");
    return out;
}

std::string write_sms_help(Language language, const std::vector<std::string>& codes) {
    std::string all;
    for (const auto& code : codes) all += (all.empty() ? "" : " ") + code;
    return say(language, codes.size() > 1 ? "sms.help_codes" : "sms.help", {{"codes", all}});
}

std::string write_speech(const Letter& letter) {
    const Language language = letter.language;
    std::string out;
    auto add = [&](std::string_view key, const Arguments& arguments = {}) {
        out += say(language, key, arguments) + "\n";
    };
    if (letter.drill) add("voice.drill");
    add(letter.round == 0 ? "voice.opening" : "voice.opening_reminder",
        {{"organisation", letter.from_organisation}});
    add("voice.heading", {{"heading", shortened(heading_of(letter), 100)}});
    out += shortened(letter.text, speech_text_limit);
    if (!out.ends_with('\n')) out += '\n';
    if (letter.drill) add("voice.drill");
    add("voice.choice");
    return out;
}

std::string write_taken(Language language) {
    std::string out;
    for (const char* digit : {"1", "2", "3"})
        out += say(language, "voice.taken", {{"n", digit}}) + "\n";
    return out;
}

ChatWords write_chat(const Letter& letter) {
    const Language language = letter.language;
    ChatWords words;
    words.title = (letter.drill ? say(language, "mail.drill_stamp") : "") +
                  say(language, letter.round == 0 ? "mail.subject" : "mail.subject_reminder",
                      {{"label", std::string(label_of(letter.tlp))},
                       {"heading", heading_of(letter)},
                       {"n", std::to_string(letter.round)}});
    words.text = letter.text + "\n\n" +
                 say(language, "chat.from",
                     {{"organisation", letter.from_organisation},
                      {"at", format_for_people(letter.raised_at, letter.zone, language)}});
    if (letter.drill) words.text += "\n" + say(language, "mail.drill_ends");
    words.ask = letter.link.empty() ? say(language, "chat.room")
                                    : say(language, "mail.ask") + "\n" + letter.link;
    return words;
}

std::string write_push(const Letter& letter, std::string_view tag) {
    const Language language = letter.language;
    boost::json::object out;
    out["title"] = (letter.drill ? say(language, "mail.drill_stamp") : std::string()) +
                   say(language, letter.round == 0 ? "mail.subject" : "mail.subject_reminder",
                       {{"label", std::string(label_of(letter.tlp))},
                        {"heading", shortened(heading_of(letter), 100)},
                        {"n", std::to_string(letter.round)}});
    out["body"] = shortened(letter.text, sms_text_limit);
    out["url"] = letter.link;
    out["tag"] = tag;
    // The service worker has no catalogue: what it shows after an answer comes with the call.
    out["actions"] = boost::json::array{
        boost::json::object{{"action", "coming"}, {"title", say(language, "answer.coming")}},
        boost::json::object{{"action", "cannot"}, {"title", say(language, "answer.cannot")}}};
    out["answered"] = say(language, "push.answered");
    out["not_answered"] = say(language, "push.not_answered");
    return boost::json::serialize(out);
}

}  // namespace noroshi::respond::callout
