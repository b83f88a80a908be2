// The public page: plain words and numbers, readable without script on any phone, and by a screen
// reader. What is not known is said to be unknown; what is late is said to be late.

#include <algorithm>

#include <fmt/format.h>
#include <boost/describe/enum_to_string.hpp>

#include "kernel/i18n/i18n.h"
#include "respond/notices/notices_site.h"

namespace noroshi::respond::notices {

namespace {

constexpr std::size_t most_ended = 20;

class Writer {
public:
    Writer(const Picture& picture, const SiteOptions& options, Instant now, std::string language)
        : picture_(picture), options_(options), now_(now), tag_(std::move(language)),
          chrome_(tag_ == "ja" ? Language::ja : Language::en) {}

    std::string page() {
        const std::string title =
            said("page.title", {{"port", name(picture_.port, picture_.port_en)}});
        const auto next = next_update_of(picture_);
        out_ = "<!doctype html>\n<html lang=\"" + escaped(tag_) +
               "\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"color-scheme\" content=\"light dark\">\n";
        out_ += "<title>" + headline() + " – " + title + "</title>\n";
        meta("description", headline());
        if (const auto at = as_of(picture_)) meta("as-of", cap_time(*at, options_.zone));
        if (next) meta("next-update", cap_time(*next, options_.zone));
        if (next) meta("next-update-overdue", *next < now_ ? "yes" : "no");
        if (options_.copied_at) meta("copied-at", cap_time(*options_.copied_at, options_.zone));
        out_ += "<link rel=\"stylesheet\" href=\"style.css\">\n";
        for (const auto& language : languages_of(picture_))
            out_ += fmt::format("<link rel=\"alternate\" hreflang=\"{0}\" href=\"{0}.html\">\n",
                                escaped(language));
        out_ +=
            "<link rel=\"alternate\" type=\"application/atom+xml\" href=\"feed.atom\">\n"
            "<link rel=\"alternate\" type=\"application/cap+xml\" href=\"alerts.cap\">\n"
            "<link rel=\"alternate\" type=\"application/json\" href=\"status.json\">\n"
            "</head>\n<body" +
            chrome_mark() + ">\n";
        header(title);
        out_ += "<main>\n";
        summary(next);
        const auto current = picture_.current();
        if (!current.empty()) {
            terminals();
            roads();
            ships();
            section("notices", "page.notices");
            for (const auto* notice : current) article(*notice);
            out_ += "</section>\n";
        }
        promises();
        ended();
        desk();
        follow();
        out_ += "</main>\n";
        footer();
        out_ += "</body>\n</html>\n";
        return std::move(out_);
    }

private:
    // ---- words ----

    std::string said(std::string_view key, const Arguments& arguments = {}) const {
        return escaped(i18n::text(chrome_, "respond.notices." + std::string(key), arguments));
    }
    template <class E>
    std::string word(std::string_view group, E value) const {
        return said(std::string(group) + "." + boost::describe::enum_to_string(value, "unknown"));
    }
    std::string name(const std::string& ja, const std::string& en) const {
        return chrome_ == Language::en && !en.empty() ? en : ja;
    }
    std::string time(Instant at) const {
        return "<time datetime=\"" + cap_time(at, options_.zone) + "\">" +
               escaped(format_for_people(at, options_.zone, chrome_)) + "</time>";
    }
    // A sentence about a moment, with the moment readable by programs too.
    std::string timed(std::string_view key, Instant at) const {
        const std::string mark = "\x01";
        std::string text =
            i18n::text(chrome_, "respond.notices." + std::string(key), {{"at", mark}});
        const auto found = text.find(mark);
        if (found == std::string::npos) return escaped(text);
        return escaped(text.substr(0, found)) + time(at) + escaped(text.substr(found + 1));
    }
    std::string span(Span length) const {
        using namespace std::chrono;
        const auto minutes = duration_cast<std::chrono::minutes>(length).count();
        if (minutes < 60) return said("page.minutes", {{"n", std::to_string(minutes)}});
        if (minutes < 48 * 60)
            return said("page.hours",
                        {{"h", std::to_string(minutes / 60)}, {"m", std::to_string(minutes % 60)}});
        return said("page.days", {{"d", std::to_string(minutes / 1440)},
                                  {"h", std::to_string(minutes / 60 % 24)}});
    }
    std::string countdown(Instant to) const {
        // A copy is read later than it was made: how long it still was then would be wrong by now.
        if (to >= now_ && options_.copied_at) return {};
        if (to >= now_) return said("page.still", {{"span", span(to - now_)}});
        return "<strong class=\"overdue\">" + said("page.overdue", {{"span", span(now_ - to)}}) +
               "</strong>";
    }
    // The chrome is Japanese or English; where the page's language is another, that is said.
    std::string chrome_mark() const { return tag_ == "ja" || tag_ == "en" ? "" : " lang=\"en\""; }
    std::string headline() const {
        const auto current = picture_.current();
        if (current.empty()) return said("page.none");
        if (current.size() > 1)
            return said("page.several", {{"n", std::to_string(current.size())}});
        const auto& content = current.front()->latest().content;
        return said(
            "feed.entry",
            {{"phase", i18n::text(chrome_, "respond.notices.phase." + phase_name(content.phase))},
             {"title", reading_of(content, tag_).words->title}});
    }
    static std::string phase_name(Phase phase) {
        return boost::describe::enum_to_string(phase, "");
    }

    // ---- parts ----

    void meta(std::string_view what, std::string_view content) {
        out_ += fmt::format("<meta name=\"{}\" content=\"{}\">\n", what, content);
    }
    void section(std::string_view id, std::string_view heading) {
        out_ += fmt::format("<section aria-labelledby=\"{0}\">\n<h2 id=\"{0}\">{1}</h2>\n", id,
                            said(heading));
    }
    std::string language_name(const std::string& tag) const {
        std::string key = "respond.notices.language.";
        for (const char c : tag)
            key += c == '-' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        std::string text = i18n::text(chrome_, key);
        return escaped(text == key ? tag : text);
    }

    void header(const std::string& title) {
        out_ += "<header>\n<p class=\"site\">" + title + "</p>\n<nav aria-label=\"" +
                said("page.languages") + "\"><ul>\n";
        for (const auto& language : languages_of(picture_)) {
            const bool here = language == tag_;
            out_ += fmt::format(
                "<li><a href=\"{0}.html\" hreflang=\"{0}\" lang=\"{0}\"{1}>{2}</a></li>\n",
                escaped(language), here ? " aria-current=\"page\"" : "", language_name(language));
        }
        out_ += "</ul></nav>\n</header>\n";
    }

    void summary(const std::optional<Instant>& next) {
        const auto current = picture_.current();
        out_ += fmt::format("<div class=\"summary {}\">\n<h1>{}</h1>\n",
                            current.empty() ? "quiet" : "disrupted", headline());
        if (const auto at = as_of(picture_)) out_ += "<p>" + timed("page.as_of", *at) + "</p>\n";
        if (next)
            out_ += "<p class=\"next\">" + timed("page.next_update", *next) + " " +
                    countdown(*next) + "</p>\n";
        else if (!current.empty())
            out_ += "<p class=\"next\">" + said("page.no_next_update") + "</p>\n";
        if (current.empty()) out_ += "<p>" + said("page.none_means") + "</p>\n";
        if (options_.copied_at) {
            out_ += "<p class=\"copy\">" + timed("page.copied_at", *options_.copied_at) + " ";
            if (!options_.public_url.empty())
                out_ += "<a href=\"" + escaped(options_.public_url) + "/\">" +
                        said("page.original") + "</a>";
            out_ += "</p>\n";
        } else {
            out_ += "<p class=\"small\">" +
                    timed("page.shown_at", std::chrono::floor<std::chrono::minutes>(now_)) +
                    "</p>\n";
        }
        out_ += "</div>\n";
    }

    void item(std::string_view label, const std::string& value) {
        out_ += "<div><dt>" + said(label) + "</dt><dd>" + value + "</dd></div>\n";
    }
    std::string no_data() const {
        return "<span class=\"none\">" + said("page.no_data") + "</span>";
    }

    void terminals() {
        if (picture_.terminals.empty()) return;
        section("terminals", "page.terminals");
        out_ += "<ul class=\"cards\">\n";
        for (const auto& terminal : picture_.terminals) {
            const auto [line, notice] = line_of(picture_, terminal.id);
            const auto service = line == nullptr ? Service::unknown : line->service;
            out_ += fmt::format(
                "<li class=\"card {}\">\n<h3>{}{}</h3>\n<p class=\"state\">{}</p>\n",
                boost::describe::enum_to_string(service, ""),
                terminal.code.empty() ? "" : escaped(terminal.code) + " ",
                escaped(name(terminal.name, terminal.name_en)),
                service == Service::unknown ? said("page.no_data") : word("service", service));
            if (line != nullptr) {
                out_ += "<dl>\n";
                item("page.gate",
                     line->gate == Gate::unknown ? no_data() : word("gate", line->gate));
                item("page.wait_label",
                     line->wait_minutes
                         ? said("page.minutes", {{"n", std::to_string(*line->wait_minutes)}})
                         : no_data());
                item("page.queue_label",
                     line->queue_metres
                         ? said("page.metres", {{"n", std::to_string(*line->queue_metres)}})
                         : no_data());
                if (service != Service::normal)
                    item("page.restart_label", line->restart_at ? time(*line->restart_at) + " " +
                                                                      countdown(*line->restart_at)
                                                                : said("page.restart_unknown"));
                out_ += "</dl>\n<p class=\"small\">" + timed("page.as_of", line->as_of) + "</p>\n";
            }
            out_ += "</li>\n";
        }
        out_ += "</ul>\n</section>\n";
    }

    void roads() {
        section("roads", "page.roads");
        const auto all = roads_of(picture_);
        if (all.empty()) out_ += "<p>" + no_data() + "</p>\n";
        if (!all.empty()) out_ += "<ul class=\"cards\">\n";
        for (const auto* road : all) {
            out_ += fmt::format(
                "<li class=\"card {}\">\n<h3>{}</h3>\n<p class=\"state\">{}</p>\n<dl>\n",
                boost::describe::enum_to_string(road->traffic, ""),
                escaped(name(road->name, road->name_en)),
                road->traffic == Traffic::unknown ? said("page.no_data")
                                                  : word("traffic", road->traffic));
            item("page.queue_label",
                 road->queue_metres
                     ? said("page.metres", {{"n", std::to_string(*road->queue_metres)}})
                     : no_data());
            item("page.delay_label",
                 road->delay_minutes
                     ? said("page.minutes", {{"n", std::to_string(*road->delay_minutes)}})
                     : no_data());
            out_ +=
                "</dl>\n<p class=\"small\">" + timed("page.as_of", road->as_of) + "</p>\n</li>\n";
        }
        if (!all.empty()) out_ += "</ul>\n";
        out_ += "</section>\n";
    }

    void ships() {
        section("ships", "page.ships");
        const auto* line = ships_of(picture_);
        if (line == nullptr) {
            out_ += "<p>" + no_data() + "</p>\n</section>\n";
            return;
        }
        const auto count = [&](std::string_view label, std::string_view unit,
                               const std::optional<std::uint32_t>& n) {
            item(label, n ? said(unit, {{"n", std::to_string(*n)}}) : no_data());
        };
        out_ += "<dl class=\"numbers\">\n";
        item("page.fairway_label",
             line->fairway == Fairway::unknown ? no_data() : word("fairway", line->fairway));
        count("page.waiting_label", "page.ships_n", line->waiting);
        count("page.delayed_label", "page.ships_n", line->delayed);
        count("page.omitted_label", "page.ships_n", line->omitted);
        count("page.containers_label", "page.boxes_n", line->containers);
        out_ +=
            "</dl>\n<p class=\"small\">" + timed("page.as_of", line->as_of) + "</p>\n</section>\n";
    }

    void text_of(const Content& content, int level) {
        const auto reading = reading_of(content, tag_);
        if (reading.language != tag_)
            out_ += "<p class=\"untranslated\">" +
                    said("page.untranslated", {{"language", plain_language(tag_)},
                                               {"shown", plain_language(reading.language)}}) +
                    "</p>\n";
        out_ += fmt::format("<div lang=\"{}\">\n", escaped(reading.language));
        if (level > 0)
            out_ += fmt::format("<h{0}>{1}</h{0}>\n", level, escaped(reading.words->title));
        out_ += "<p>" + lines(reading.words->body) + "</p>\n</div>\n";
    }
    // What corrects an edition stands beside it; what it corrects is said where it is corrected.
    const PublicEdition* correction_of(const PublicNotice& notice, std::uint32_t edition) const {
        const PublicEdition* newest = nullptr;
        for (const auto& one : notice.editions)
            if (one.content.correction && one.content.correction->edition == edition) newest = &one;
        return newest;
    }
    void correction_text(const Correction& correction) {
        // As for the text itself: in this language, else English, else Japanese.
        auto found = correction.texts.find(tag_);
        if (found == correction.texts.end() && tag_ != "ja") found = correction.texts.find("en");
        if (found == correction.texts.end()) found = correction.texts.find("ja");
        if (found == correction.texts.end()) return;
        out_ += "<p lang=\"" + escaped(found->first) + "\">" + lines(found->second) + "</p>\n";
    }
    void corrected_by(const PublicNotice& notice, std::uint32_t edition) {
        const auto* by = correction_of(notice, edition);
        if (by == nullptr) return;
        out_ += "<div class=\"correction\">\n<p><strong>" +
                said("page.corrected", {{"n", std::to_string(by->number)}}) + "</strong> " +
                time(by->published_at) + "</p>\n";
        correction_text(*by->content.correction);
        out_ += "</div>\n";
    }
    void corrects(const Content& content) {
        if (!content.correction) return;
        out_ += "<div class=\"correction\">\n<p><strong>" +
                said("page.corrects", {{"n", std::to_string(content.correction->edition)}}) +
                "</strong></p>\n";
        correction_text(*content.correction);
        out_ += "</div>\n";
    }
    void safety(const Content& content) {
        if (!content.safety) return;
        const auto& one = *content.safety;
        out_ += "<div class=\"safety\">\n<p><strong>" + said("page.safety") + "</strong> " +
                time(one.declared_at) + "</p>\n<dl>\n";
        item("page.safety_by", escaped(name(one.by, one.by_en)));
        item("page.safety_evidence", lines(name(one.evidence, one.evidence_en)));
        out_ += "</dl>\n</div>\n";
    }
    static std::string lines(const std::string& text) {
        std::string body = escaped(text);
        for (std::size_t at = 0; (at = body.find('\n', at)) != std::string::npos; at += 4)
            body.replace(at, 1, "<br>");
        return body;
    }
    std::string plain_language(const std::string& tag) const {
        std::string key = "respond.notices.language.";
        for (const char c : tag)
            key += c == '-' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        std::string text = i18n::text(chrome_, key);
        return text == key ? tag : text;
    }

    void article(const PublicNotice& notice) {
        const auto& latest = notice.latest();
        out_ += fmt::format("<article id=\"notice-{}\">\n<p class=\"phase {}\">{}</p>\n",
                            escaped(notice.id.text), phase_name(latest.content.phase),
                            word("phase", latest.content.phase));
        text_of(latest.content, 3);
        corrects(latest.content);
        safety(latest.content);
        out_ += "<p class=\"small\">" +
                said("page.edition", {{"n", std::to_string(latest.number)}}) + " " +
                timed("page.published_at", latest.published_at) + "</p>\n";
        if (latest.content.next_update_at)
            out_ += "<p>" + timed("page.next_update", *latest.content.next_update_at) + " " +
                    countdown(*latest.content.next_update_at) + "</p>\n";
        earlier(notice);
        out_ += "</article>\n";
    }

    void earlier(const PublicNotice& notice) {
        if (notice.editions.size() < 2) return;
        out_ += "<details>\n<summary>" +
                said("page.earlier", {{"n", std::to_string(notice.editions.size() - 1)}}) +
                "</summary>\n<ol reversed>\n";
        for (auto edition = notice.editions.rbegin() + 1; edition != notice.editions.rend();
             ++edition) {
            out_ += "<li>\n<p class=\"small\">" +
                    said("page.edition", {{"n", std::to_string(edition->number)}}) + " " +
                    timed("page.published_at", edition->published_at) + " " +
                    word("phase", edition->content.phase) + "</p>\n";
            const auto reading = reading_of(edition->content, tag_);
            out_ += "<p class=\"was\" lang=\"" + escaped(reading.language) + "\">" +
                    escaped(reading.words->title) + "</p>\n";
            text_of(edition->content, 0);
            corrects(edition->content);
            corrected_by(notice, edition->number);
            safety(edition->content);
            out_ += "</li>\n";
        }
        out_ += "</ol>\n</details>\n";
    }

    void promises() {
        if (picture_.promises.empty()) return;
        section("promises", "page.promises");
        out_ +=
            "<p class=\"small\">" + said("page.promises_mean") + "</p>\n<ol class=\"ledger\">\n";
        for (auto one = picture_.promises.rbegin(); one != picture_.promises.rend(); ++one) {
            const auto* terminal = picture_.find(one->terminal);
            const std::string who =
                terminal == nullptr ? "" : escaped(name(terminal->name, terminal->name_en));
            out_ += "<li class=\"" + std::string(boost::describe::enum_to_string(one->state, "")) +
                    "\"><span class=\"who\">" + who + "</span> <span class=\"what\">" +
                    timed("page.promised_for", one->promised_for) +
                    "</span> <span class=\"small\">" +
                    timed("page.announced_at", one->announced_at) + "</span> <strong>" +
                    word("promise", one->state) + "</strong>";
            if (one->ended_at)
                out_ += " <span class=\"small\">" + time(*one->ended_at) + "</span>";
            else if (one->promised_for < now_)
                out_ += " " + countdown(one->promised_for);
            out_ += "</li>\n";
        }
        out_ += "</ol>\n</section>\n";
    }

    void ended() {
        const auto all = picture_.ended();
        if (all.empty()) return;
        section("ended", "page.ended");
        for (std::size_t i = 0; i < std::min(all.size(), most_ended); ++i) {
            const auto& notice = *all[i];
            const auto reading = reading_of(notice.latest().content, tag_);
            out_ += "<details id=\"notice-" + escaped(notice.id.text) + "\">\n<summary lang=\"" +
                    escaped(reading.language) + "\">" + escaped(reading.words->title) +
                    "</summary>\n<p class=\"phase resolved\">" + word("phase", Phase::resolved) +
                    "</p>\n";
            text_of(notice.latest().content, 0);
            corrects(notice.latest().content);
            safety(notice.latest().content);
            out_ += "<p class=\"small\">" +
                    timed("page.published_at", notice.latest().published_at) + "</p>\n";
            earlier(notice);
            out_ += "</details>\n";
        }
        out_ += "</section>\n";
    }

    void desk() {
        section("desk", "page.desk");
        if (!picture_.desk) {
            out_ += "<p>" + no_data() + "</p>\n</section>\n";
            return;
        }
        const auto& desk = *picture_.desk;
        out_ += "<p>" + escaped(name(desk.name, desk.name_en)) + "</p>\n";
        if (!desk.phone.empty()) {
            std::string digits = desk.phone;
            std::erase_if(digits, [](char c) { return c != '+' && (c < '0' || c > '9'); });
            out_ += "<p><a href=\"tel:" + digits + "\">" + escaped(desk.phone) + "</a></p>\n";
        }
        if (!desk.email.empty())
            out_ += "<p><a href=\"mailto:" + escaped(desk.email) + "\">" + escaped(desk.email) +
                    "</a></p>\n";
        if (!desk.hours.empty())
            out_ += "<p>" + escaped(name(desk.hours, desk.hours_en)) + "</p>\n";
        out_ += "</section>\n";
    }

    void follow() {
        section("follow", "page.follow");
        const std::string base = options_.copied_at ? escaped(options_.public_url) + "/" : "";
        out_ += "<ul class=\"links\">\n<li><a href=\"" + base +
                "subscribe?lang=" + std::string(i18n::code_of(chrome_)) + "\">" +
                said("page.subscribe") + "</a></li>\n<li><a href=\"feed.atom\">" +
                said("page.atom") + "</a></li>\n<li><a href=\"alerts.cap\">" + said("page.cap") +
                "</a></li>\n<li><a href=\"status.json\">" + said("page.json") +
                "</a></li>\n</ul>\n</section>\n";
    }

    void footer() { out_ += "<footer><p>" + said("page.footer") + "</p></footer>\n"; }

    const Picture& picture_;
    const SiteOptions& options_;
    Instant now_;
    std::string tag_;
    Language chrome_;
    std::string out_;
};

}  // namespace

std::string page_of(const Picture& picture, const SiteOptions& options, Instant now,
                    const std::string& language) {
    return Writer(picture, options, now, language).page();
}

// Colours of the Digital Agency's design system; state is said by word and by the bar at the left.
std::string_view site_style() {
    return R"css(:root { color-scheme: light dark; --text: #1a1a1a; --ground: #ffffff; --soft: #f2f2f2;
  --line: #949494; --faint: #595959; --link: #0017c1; --bad: #b30000; --fair: #8a5300; --good: #115a36 }
@media (prefers-color-scheme: dark) { :root { --text: #f2f2f2; --ground: #121212; --soft: #262626;
  --line: #767676; --faint: #b3b3b3; --link: #9db7f9; --bad: #ff9d86; --fair: #ffc266; --good: #5fd69a } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--text); overflow-wrap: anywhere;
  font: 17px/1.7 "Noto Sans JP", "Noto Sans CJK JP", "Hiragino Sans", system-ui, sans-serif }
header, main, footer { max-width: 60rem; margin: 0 auto; padding: 0 16px }
header { display: flex; flex-wrap: wrap; gap: 4px 24px; align-items: baseline; padding-top: 12px }
.site { font-weight: bold; margin: 0; flex: 1 1 14rem }
nav ul, .links { list-style: none; display: flex; flex-wrap: wrap; gap: 0 16px; margin: 0; padding: 0 }
nav a, .links a { display: inline-block; min-height: 44px; line-height: 44px }
[aria-current] { font-weight: bold; color: inherit; text-decoration: none }
a { color: var(--link) }
h1 { font-size: 1.5rem; line-height: 1.4; margin: 4px 0 8px }
h2 { font-size: 1.25rem; line-height: 1.5; margin: 32px 0 8px; padding-bottom: 4px; border-bottom: 2px solid var(--line) }
h3 { font-size: 1.05rem; line-height: 1.5; margin: 0 }
p { margin: 8px 0 }
.summary { border-left: 8px solid var(--good); background: var(--soft); padding: 12px 16px; margin-top: 12px }
.summary.disrupted { border-color: var(--bad) }
.summary p { margin: 4px 0 }
.next { font-weight: bold }
.overdue { color: var(--bad) }
.copy { border: 2px solid var(--fair); padding: 8px }
.small { color: var(--faint); font-size: .9375rem }
.none { color: var(--faint) }
.cards { list-style: none; display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 12px; align-items: start; margin: 0; padding: 0 }
.card { border: 1px solid var(--line); border-left: 8px solid var(--line); padding: 12px 16px }
.card.stopped, .card.closed { border-left-color: var(--bad) }
.card.reduced, .card.slow, .card.queue { border-left-color: var(--fair) }
.card.normal, .card.flowing { border-left-color: var(--good) }
.state { font-size: 1.25rem; font-weight: bold; margin: 4px 0 }
.stopped .state, .closed .state { color: var(--bad) }
.reduced .state, .slow .state, .queue .state { color: var(--fair) }
.normal .state, .flowing .state { color: var(--good) }
dl { margin: 8px 0 }
dl div { display: flex; flex-wrap: wrap; gap: 0 12px; margin: 2px 0 }
dt { color: var(--faint); min-width: 7rem }
.numbers dt { min-width: 14rem }
dd { margin: 0; font-weight: bold }
article { border: 1px solid var(--line); padding: 12px 16px; margin: 12px 0 }
.phase { display: inline-block; border: 2px solid; padding: 0 12px; font-weight: bold; margin: 0 0 8px }
.phase.investigating, .phase.restoring { color: var(--bad) }
.phase.observing { color: var(--fair) }
.phase.resolved { color: var(--good) }
.untranslated { border-left: 4px solid var(--fair); padding-left: 12px }
.correction { border-left: 8px solid var(--fair); background: var(--soft); padding: 4px 16px; margin: 8px 0 }
.safety { border-left: 8px solid var(--good); background: var(--soft); padding: 4px 16px; margin: 8px 0 }
summary { min-height: 44px; line-height: 1.5; padding: 10px 0; cursor: pointer; font-weight: bold }
.was { font-weight: bold }
.ledger { padding-left: 1.5rem }
.ledger li { margin: 8px 0 }
.who { font-weight: bold }
.postponed .what, .withdrawn .what, .advanced .what { text-decoration: line-through }
.late strong, .postponed strong, .withdrawn strong { color: var(--bad) }
.kept strong { color: var(--good) }
form { margin: 8px 0 }
label { display: block; font-weight: bold; margin: 16px 0 4px }
input, select, textarea { width: 100%; max-width: 32rem; min-height: 48px; font: inherit; padding: 8px 12px; color: inherit;
  background: var(--ground); border: 1px solid var(--line) }
button { min-height: 48px; margin: 16px 0; padding: 8px 24px; font: inherit; font-weight: bold; border: 2px solid var(--link);
  background: var(--link); color: var(--ground); cursor: pointer }
.problem { border: 2px solid var(--bad); padding: 8px 16px }
.done { border: 2px solid var(--good); padding: 8px 16px }
footer { padding: 24px 16px; color: var(--faint) }
:focus-visible { outline: 4px solid currentColor; outline-offset: 2px; box-shadow: 0 0 0 2px #ffd43d }
@media print { nav, .links { display: none } }
)css";
}

}  // namespace noroshi::respond::notices
