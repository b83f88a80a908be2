// Atom (RFC 4287) and CAP 1.2 (OASIS Standard, 1 July 2010) of what the public is told.

#include <algorithm>

#include <fmt/format.h>
#include <boost/describe/enum_to_string.hpp>

#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "respond/notices/notices_site.h"

namespace noroshi::respond::notices {

namespace {

std::string said(Language language, std::string_view key, const Arguments& arguments = {}) {
    return i18n::text(language, "respond.notices." + std::string(key), arguments);
}
Language chrome_of(std::string_view language) {
    return language.starts_with("ja") ? Language::ja : Language::en;
}
std::string port_name(const Picture& picture, Language language) {
    return language == Language::en && !picture.port_en.empty() ? picture.port_en : picture.port;
}
std::string terminal_name(const Picture& picture, const TerminalId& id, Language language) {
    const auto* terminal = picture.find(id);
    if (terminal == nullptr) return {};
    return language == Language::en && !terminal->name_en.empty() ? terminal->name_en
                                                                  : terminal->name;
}
template <class E>
std::string word_of(Language language, std::string_view group, E value) {
    return said(language,
                std::string(group) + "." + boost::describe::enum_to_string(value, "unknown"));
}

void element(std::string& out, std::string_view name, std::string_view text) {
    out += fmt::format("<{0}>{1}</{0}>\n", name, escaped(text));
}

// Japanese, English, then the others.
std::vector<std::string> languages_in(const Content& content) {
    std::vector<std::string> tags;
    for (const auto* first : {"ja", "en"})
        if (content.texts.contains(first)) tags.emplace_back(first);
    for (const auto& [tag, words] : content.texts)
        if (tag != "ja" && tag != "en") tags.push_back(tag);
    return tags;
}

std::string paragraphs(std::string_view text) {
    std::string out = "<p>" + escaped(text) + "</p>";
    for (std::size_t at = 0; (at = out.find('\n', at)) != std::string::npos; at += 5)
        out.replace(at, 1, "<br/>");
    return out;
}

std::string feed_head(const Picture& picture, const SiteOptions& options, Language language,
                      std::string_view what, std::string_view self,
                      std::optional<Instant> updated) {
    const auto code = std::string(i18n::code_of(language));
    std::string out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"" +
        code + "\">\n";
    element(out, "id", stable_id(options.seed, what));
    element(out, "title", said(language, "feed.title", {{"port", port_name(picture, language)}}));
    element(out, "updated", cap_time(updated.value_or(Instant{}), options.zone));
    out += "<author><name>" + escaped(port_name(picture, language)) + "</name></author>\n";
    out += fmt::format("<link rel=\"self\" type=\"application/atom+xml\" href=\"{}\"/>\n",
                       escaped(options.public_url + std::string(self)));
    out += fmt::format(
        "<link rel=\"alternate\" type=\"text/html\" hreflang=\"{}\" href=\"{}/{}.html\"/>\n", code,
        escaped(options.public_url), code);
    return out;
}

std::optional<Instant> last_of(const std::vector<const PublicNotice*>& notices) {
    std::optional<Instant> last;
    for (const auto* notice : notices)
        if (!last || notice->latest().published_at > *last) last = notice->latest().published_at;
    return last;
}

std::string identifier_of(const PublicNotice& notice, std::uint32_t edition) {
    return fmt::format("noroshi-{}-{}", notice.id.text, edition);
}

// CAP forbids blanks, commas, < and & in a sender.
std::string sender_of(const SiteOptions& options) {
    std::string sender = options.sender;
    std::erase_if(sender, [](char c) {
        return c == ',' || c == '<' || c == '&' || static_cast<unsigned char>(c) <= 0x20;
    });
    return sender.empty() ? "noroshi" : sender;
}

std::string_view severity_of(const Content& content) {
    if (content.phase == Phase::resolved) return "Minor";
    auto worst = Service::unknown;
    for (const auto& line : content.terminals)
        if (line.service > worst) worst = line.service;
    switch (worst) {
    case Service::stopped: return "Severe";
    case Service::reduced: return "Moderate";
    case Service::normal: return "Minor";
    case Service::unknown: return "Unknown";
    }
    return "Unknown";
}

std::string_view urgency_of(Phase phase) {
    switch (phase) {
    case Phase::investigating:
    case Phase::restoring: return "Immediate";
    case Phase::observing: return "Expected";
    case Phase::resolved: return "Past";
    }
    return "Unknown";
}

std::string area_of(const Picture& picture, const Content& content, Language language) {
    std::string area = port_name(picture, language);
    std::string names;
    for (const auto& line : content.terminals) {
        if (!names.empty()) names += said(language, "feed.comma");
        names += terminal_name(picture, line.terminal, language);
    }
    if (!names.empty()) area += said(language, "feed.colon") + names;
    return area.empty() ? "-" : area;
}

}  // namespace

std::string feed_of(const Picture& picture, const SiteOptions& options,
                    const std::string& language) {
    auto all = picture.current();
    const auto ended = picture.ended();
    all.insert(all.end(), ended.begin(), ended.end());
    constexpr std::size_t most = 50;
    if (all.size() > most) all.resize(most);
    const bool every = language.empty();
    const Language chrome = chrome_of(every ? "ja" : language);
    std::string out = feed_head(picture, options, chrome, every ? "feed" : "feed/" + language,
                                every ? "/feed.atom" : "/feed." + language + ".atom", last_of(all));
    for (const auto* notice : all) {
        const auto& latest = notice->latest();
        const auto title = reading_of(latest.content, every ? "ja" : language);
        out += "<entry>\n";
        element(out, "id",
                stable_id(options.seed,
                          (every ? "notice/" : "notice/" + language + "/") + notice->id.text));
        out += "<title xml:lang=\"" + title.language + "\">" +
               escaped(said(chrome, "feed.entry",
                            {{"phase", word_of(chrome, "phase", latest.content.phase)},
                             {"title", title.words->title}})) +
               "</title>\n";
        element(out, "published", cap_time(notice->editions.front().published_at, options.zone));
        element(out, "updated", cap_time(latest.published_at, options.zone));
        out += fmt::format(
            "<link rel=\"alternate\" type=\"text/html\" href=\"{}/{}.html#notice-{}\"/>\n",
            escaped(options.public_url), i18n::code_of(chrome), escaped(notice->id.text));
        out += fmt::format(
            "<link rel=\"related\" type=\"application/cap+xml\" href=\"{}/alerts/{}.cap\"/>\n",
            escaped(options.public_url), escaped(notice->id.text));
        out += fmt::format("<category term=\"{}\"/>\n",
                           boost::describe::enum_to_string(latest.content.phase, ""));
        out += "<content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">\n";
        for (auto edition = notice->editions.rbegin(); edition != notice->editions.rend();
             ++edition) {
            const bool newest = edition == notice->editions.rbegin();
            for (const auto& tag : languages_in(edition->content)) {
                const Words& words = edition->content.texts.at(tag);
                const auto reading = reading_of(edition->content, every ? tag : language);
                if (!every && reading.words != &words) continue;
                const Language speaks = chrome_of(tag);
                out +=
                    "<div xml:lang=\"" + escaped(tag) + "\" lang=\"" + escaped(tag) + "\"><h2>" +
                    escaped(said(
                        speaks, "feed.edition",
                        {{"n", std::to_string(edition->number)},
                         {"title", words.title},
                         {"phase", word_of(speaks, "phase", edition->content.phase)},
                         {"at", format_for_people(edition->published_at, options.zone, speaks)}})) +
                    "</h2>" +
                    paragraphs(newest ? told(picture, edition->content, words, speaks, options.zone)
                                      : words.body) +
                    "</div>\n";
            }
        }
        out += "</div></content>\n</entry>\n";
    }
    return out + "</feed>\n";
}

std::string alert_of(const PublicNotice& notice, const Picture& picture,
                     const SiteOptions& options) {
    const auto& latest = notice.latest();
    const auto& content = latest.content;
    const std::string sender = sender_of(options);
    std::string out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">\n";
    element(out, "identifier", identifier_of(notice, latest.number));
    element(out, "sender", sender);
    element(out, "sent", cap_time(latest.published_at, options.zone));
    element(out, "status", "Actual");
    element(out, "msgType", notice.editions.size() == 1 ? "Alert" : "Update");
    element(out, "scope", "Public");
    if (notice.editions.size() > 1) {
        std::string references;
        for (const auto& edition : notice.editions) {
            if (edition.number == latest.number) continue;
            if (!references.empty()) references += ' ';
            references += sender + "," + identifier_of(notice, edition.number) + "," +
                          cap_time(edition.published_at, options.zone);
        }
        element(out, "references", references);
    }
    for (const auto& tag : languages_in(content)) {
        const Words& words = content.texts.at(tag);
        const Language language = chrome_of(tag);
        out += "<info>\n";
        element(out, "language", tag);
        element(out, "category", "Transport");
        element(out, "category", "Infra");
        element(out, "event", said(language, "cap.event"));
        element(out, "responseType", content.phase == Phase::resolved ? "AllClear" : "Monitor");
        element(out, "urgency", urgency_of(content.phase));
        element(out, "severity", severity_of(content));
        element(out, "certainty", "Observed");
        element(out, "effective", cap_time(latest.published_at, options.zone));
        element(out, "senderName", port_name(picture, language));
        element(
            out, "headline",
            said(language, "feed.entry",
                 {{"phase", word_of(language, "phase", content.phase)}, {"title", words.title}}));
        element(out, "description", told(picture, content, words, language, options.zone));
        if (!options.public_url.empty())
            element(out, "web",
                    options.public_url + "/" + std::string(i18n::code_of(language)) + ".html");
        if (picture.desk) {
            const auto& desk = *picture.desk;
            element(out, "contact",
                    (language == Language::en && !desk.name_en.empty() ? desk.name_en : desk.name) +
                        " " + (desk.phone.empty() ? desk.email : desk.phone));
        }
        // Not as "expires": a promise that was missed does not end the disruption.
        if (content.next_update_at)
            out += "<parameter>\n<valueName>next_update_at</valueName>\n<value>" +
                   cap_time(*content.next_update_at, options.zone) + "</value>\n</parameter>\n";
        out += "<area>\n";
        element(out, "areaDesc", area_of(picture, content, language));
        out += "</area>\n</info>\n";
    }
    return out + "</alert>\n";
}

Alerts alerts_of(const Picture& picture, const SiteOptions& options) {
    const auto current = picture.current();
    if (current.size() == 1)
        return {"application/cap+xml; charset=utf-8", alert_of(*current.front(), picture, options)};
    std::string out =
        feed_head(picture, options, Language::ja, "alerts", "/alerts.cap", last_of(current));
    for (const auto* notice : current) {
        const auto& latest = notice->latest();
        const auto title = reading_of(latest.content, "ja");
        out += "<entry>\n";
        element(out, "id", stable_id(options.seed, "alert/" + notice->id.text));
        element(out, "title", title.words->title);
        element(out, "published", cap_time(notice->editions.front().published_at, options.zone));
        element(out, "updated", cap_time(latest.published_at, options.zone));
        out += fmt::format(
            "<link rel=\"alternate\" type=\"application/cap+xml\" href=\"{}/alerts/{}.cap\"/>\n",
            escaped(options.public_url), escaped(notice->id.text));
        std::string alert = alert_of(*notice, picture, options);
        alert.erase(0, alert.find("<alert"));
        out += "<content type=\"application/cap+xml\">\n" + alert + "</content>\n</entry>\n";
    }
    return {"application/atom+xml; charset=utf-8", out + "</feed>\n"};
}

std::string told(const Picture& picture, const Content& content, const Words& words,
                 Language language, const std::string& zone) {
    std::string out = words.body + "\n";
    for (const auto& line : content.terminals) {
        out += terminal_name(picture, line.terminal, language) + said(language, "feed.colon") +
               word_of(language, "service", line.service) + said(language, "feed.comma") +
               word_of(language, "gate", line.gate);
        if (line.wait_minutes)
            out += said(language, "feed.comma") +
                   said(language, "page.wait", {{"n", std::to_string(*line.wait_minutes)}});
        if (line.queue_metres)
            out += said(language, "feed.comma") +
                   said(language, "page.queue", {{"n", std::to_string(*line.queue_metres)}});
        if (line.restart_at)
            out += said(language, "feed.comma") +
                   said(language, "page.restart_at",
                        {{"at", format_for_people(*line.restart_at, zone, language)}});
        out += "\n";
    }
    for (const auto& line : content.roads) {
        out += (language == Language::en && !line.name_en.empty() ? line.name_en : line.name) +
               said(language, "feed.colon") + word_of(language, "traffic", line.traffic);
        if (line.queue_metres)
            out += said(language, "feed.comma") +
                   said(language, "page.queue", {{"n", std::to_string(*line.queue_metres)}});
        out += "\n";
    }
    if (content.ships) {
        const auto count = [&](std::string_view key, const std::optional<std::uint32_t>& n) {
            if (n) out += said(language, key, {{"n", std::to_string(*n)}}) + "\n";
        };
        if (content.ships->fairway != Fairway::unknown)
            out += said(language, "page.fairway_label") + said(language, "feed.colon") +
                   word_of(language, "fairway", content.ships->fairway) + "\n";
        count("page.ships_waiting", content.ships->waiting);
        count("page.ships_delayed", content.ships->delayed);
        count("page.ships_omitted", content.ships->omitted);
        count("page.containers", content.ships->containers);
    }
    if (content.correction) {
        const auto& texts = content.correction->texts;
        auto found = texts.find(std::string(i18n::code_of(language)));
        if (found == texts.end()) found = texts.find("ja");
        out +=
            said(language, "page.corrects", {{"n", std::to_string(content.correction->edition)}}) +
            "\n" + (found == texts.end() ? std::string() : found->second + "\n");
    }
    if (content.safety) {
        const auto& one = *content.safety;
        const bool en = language == Language::en;
        out += said(language, "page.safety") + said(language, "feed.colon") +
               format_for_people(one.declared_at, zone, language) + "\n" +
               said(language, "page.safety_by") + said(language, "feed.colon") +
               (en && !one.by_en.empty() ? one.by_en : one.by) + "\n" +
               said(language, "page.safety_evidence") + said(language, "feed.colon") +
               (en && !one.evidence_en.empty() ? one.evidence_en : one.evidence) + "\n";
    }
    out += said(language, "page.as_of", {{"at", format_for_people(content.as_of, zone, language)}});
    if (content.next_update_at)
        out += "\n" + said(language, "page.next_update",
                           {{"at", format_for_people(*content.next_update_at, zone, language)}});
    return out;
}

std::string cap_time(Instant at, std::string_view zone) {
    // "Sat, 04 Jul 2026 06:30:00 +0900" knows the offset that held then.
    const std::string mail = format_rfc5322(at, zone);
    const std::string_view offset = std::string_view(mail).substr(mail.size() - 5);
    const int minutes = ((offset[1] - '0') * 10 + (offset[2] - '0')) * 60 + (offset[3] - '0') * 10 +
                        (offset[4] - '0');
    const auto local = std::chrono::floor<std::chrono::seconds>(at) +
                       std::chrono::minutes(offset[0] == '-' ? -minutes : minutes);
    std::string text = format_rfc3339(Instant(local));
    text.pop_back();
    return text +
           fmt::format("{}{:02}:{:02}", minutes == 0 ? '-' : offset[0], minutes / 60, minutes % 60);
}

std::string stable_id(std::string_view seed, std::string_view words) {
    // RFC 9562 version 8: a digest of our own making.
    auto digest = sha256(std::string(seed) + "\n" + std::string(words));
    digest[6] = static_cast<std::uint8_t>((digest[6] & 0x0f) | 0x80);
    digest[8] = static_cast<std::uint8_t>((digest[8] & 0x3f) | 0x80);
    const std::string hex = to_hex(std::span<const std::uint8_t>(digest).first(16));
    return "urn:uuid:" + hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
           hex.substr(16, 4) + "-" + hex.substr(20, 12);
}

}  // namespace noroshi::respond::notices
