// The page behind a provider's link: HTML without script, for a phone in one hand. One form, big
// choices, what was said before stands chosen. Opening it reports nothing.

#include <algorithm>
#include <charconv>
#include <cstdint>

#include <fmt/format.h>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "respond/notices/notices_form.h"
#include "respond/notices/notices_providers.h"
#include "respond/notices/notices_site.h"

namespace noroshi::respond::notices {

namespace {

constexpr std::string_view link_purpose = "notices_report";
constexpr std::size_t most_terminals = 8;

std::string said(Language language, std::string_view key, const Arguments& arguments = {}) {
    return escaped(i18n::text(language, "respond.notices." + std::string(key), arguments));
}

class Writer {
public:
    explicit Writer(const ReportPage& page) : page_(page) {}

    std::string write() {
        const bool known = page_.provider != nullptr;
        const std::string title = say(known ? "report.title" : "report.bad_link_title");
        std::string body;
        if (page_.drill) body += "<p class=\"problem\">" + say("drill_line") + "</p>\n";
        body += "<h1>" + title + "</h1>\n";
        body += known ? form() : "<p>" + say("report.bad_link") + "</p>\n";
        const std::string code(i18n::code_of(page_.language));
        return "<!doctype html>\n<html lang=\"" + code +
               "\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"robots\" content=\"noindex\">\n"
               "<meta name=\"color-scheme\" content=\"light dark\">\n<title>" +
               title + " – " + escaped(page_.port) + "</title>\n<link rel=\"stylesheet\" href=\"" +
               std::string(report_style_path) + "\">\n</head>\n<body>\n<main>\n" + body +
               "</main>\n</body>\n</html>\n";
    }

private:
    std::string say(std::string_view key, const Arguments& arguments = {}) const {
        return said(page_.language, key, arguments);
    }
    std::string label(const std::string& ja, const std::string& en) const {
        return escaped(page_.language == Language::en && !en.empty() ? en : ja);
    }

    template <class E>
    std::string choices(const std::string& name, std::string_view group, E chosen,
                        const std::string& legend) const {
        std::string out = "<fieldset><legend>" + legend + "</legend>\n<div class=\"choices\">\n";
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto one) {
            const std::string value = one.name;
            const std::string id = name + "." + value;
            out += "<div><input type=\"radio\" name=\"" + name + "\" id=\"" + id + "\" value=\"" +
                   value + "\"" + (one.value == chosen ? " checked" : "") + "><label for=\"" + id +
                   "\">" + say(std::string(group) + "." + value) + "</label></div>\n";
        });
        return out + "</div></fieldset>\n";
    }
    std::string number(const std::string& name, std::string_view key,
                       const std::optional<std::uint32_t>& value) const {
        return "<div><label for=\"" + name + "\">" + say(key) + "</label>\n<input id=\"" + name +
               "\" name=\"" + name +
               "\" type=\"text\" inputmode=\"numeric\" autocomplete=\"off\" maxlength=\"6\"" +
               (value ? " value=\"" + std::to_string(*value) + "\"" : "") + "></div>\n";
    }
    std::string minutes(const std::string& name, std::string_view key,
                        std::initializer_list<int> values, std::string_view none) const {
        std::string out = "<div><label for=\"" + name + "\">" + say(key) +
                          "</label>\n<select id=\"" + name + "\" name=\"" + name +
                          "\">\n<option value=\"0\">" + say(none) + "</option>\n";
        for (const int value : values)
            out += fmt::format(
                "<option value=\"{}\">{}</option>\n", value,
                said(page_.language, name == "ago" ? "report.ago" : "report.in",
                     {{"span", i18n::text(page_.language, "respond.notices.page.minutes",
                                          {{"n", std::to_string(value)}})}}));
        return out + "</select></div>\n";
    }

    std::string form() {
        const auto& kept = page_.provider->kept;
        const auto* last = page_.last == nullptr ? nullptr : &page_.last->said;
        std::string out =
            "<p>" + label(kept.name, kept.name_en) + " → " + escaped(page_.port) + "</p>\n";
        if (page_.saved)
            out += "<p class=\"done\" role=\"status\">" + say("report.saved") + "</p>\n";
        if (!page_.problem.empty())
            out += "<p class=\"problem\" role=\"alert\">" + say(page_.problem) + "</p>\n";
        if (last != nullptr)
            out += "<p class=\"small\">" +
                   say("report.last",
                       {{"at", format_for_people(last->as_of, page_.zone, page_.language)}}) +
                   "</p>\n";
        out += "<form method=\"post\" action=\"?\" accept-charset=\"utf-8\">\n";
        if (page_.provider->tells(Subject::roads))
            for (std::size_t i = 0; i < kept.roads.size(); ++i) road(out, kept.roads[i], i, last);
        if (page_.provider->tells(Subject::terminals))
            for (std::size_t i = 0; i < std::min(page_.terminals.size(), most_terminals); ++i)
                terminal(out, page_.terminals[i], i, last);
        if (page_.provider->tells(Subject::ships)) ships(out, last);
        out += "<div><label for=\"note\">" + say("report.note") +
               "</label>\n<textarea id=\"note\" name=\"note\" rows=\"2\" "
               "maxlength=\"1000\"></textarea></div>\n<div class=\"pair\">\n" +
               minutes("ago", "report.as_of", {10, 30, 60}, "report.now") +
               minutes("next", "report.next", {30, 60, 120, 180}, "report.next_none") +
               "</div>\n<button type=\"submit\">" + say("report.send") +
               "</button>\n</form>\n<p class=\"small\">" + say("report.not_public") + "</p>\n";
        return out;
    }
    void road(std::string& out, const KnownRoad& known, std::size_t i,
              const ProviderReported* last) const {
        const RoadLine* before = nullptr;
        if (last != nullptr)
            for (const auto& line : last->roads)
                if (line.name == known.name) before = &line;
        const std::string at = "road." + std::to_string(i);
        out +=
            "<section>\n<h2>" + label(known.name, known.name_en) +
            "</h2>\n<input type=\"hidden\" name=\"" + at + ".name\" value=\"" +
            escaped(known.name) + "\">\n" +
            choices(at + ".traffic", "traffic",
                    before == nullptr ? Traffic::unknown : before->traffic, say("report.traffic")) +
            "<div class=\"pair\">\n" +
            number(at + ".queue", "report.queue",
                   before == nullptr ? std::nullopt : before->queue_metres) +
            number(at + ".delay", "report.delay",
                   before == nullptr ? std::nullopt : before->delay_minutes) +
            "</div>\n</section>\n";
    }
    void terminal(std::string& out, const std::pair<TerminalId, std::string>& known, std::size_t i,
                  const ProviderReported* last) const {
        const TerminalLine* before = nullptr;
        if (last != nullptr)
            for (const auto& line : last->terminals)
                if (line.terminal == known.first) before = &line;
        const std::string at = "terminal." + std::to_string(i);
        out +=
            "<section>\n<h2>" + escaped(known.second) + "</h2>\n<input type=\"hidden\" name=\"" +
            at + ".id\" value=\"" + escaped(known.first.text) + "\">\n" +
            choices(at + ".service", "service",
                    before == nullptr ? Service::unknown : before->service, say("report.service")) +
            choices(at + ".gate", "gate", before == nullptr ? Gate::unknown : before->gate,
                    say("page.gate")) +
            "<div class=\"pair\">\n" +
            number(at + ".wait", "report.wait",
                   before == nullptr ? std::nullopt : before->wait_minutes) +
            number(at + ".queue", "report.queue",
                   before == nullptr ? std::nullopt : before->queue_metres) +
            "</div>\n</section>\n";
    }
    void ships(std::string& out, const ProviderReported* last) const {
        const ShipsLine before = last != nullptr && last->ships ? *last->ships : ShipsLine{};
        out += "<section>\n<h2>" + say("page.ships") + "</h2>\n" +
               choices("ships.fairway", "fairway", before.fairway, say("page.fairway_label")) +
               "<div class=\"pair\">\n" +
               number("ships.waiting", "report.waiting", before.waiting) +
               number("ships.delayed", "report.delayed", before.delayed) +
               number("ships.omitted", "report.omitted", before.omitted) + "</div>\n</section>\n";
    }

    const ReportPage& page_;
};

Result<std::optional<std::uint32_t>> count_in(const Form& form, const std::string& name) {
    const auto text = form.field(name);
    if (text.empty()) return std::optional<std::uint32_t>{};
    std::uint32_t value = 0;
    const auto* end = text.end();
    const auto [stopped, problem] = std::from_chars(text.begin(), end, value);
    if (problem != std::errc{} || stopped != end || value > 999'999)
        return invalid("respond.notices.not_a_number", "/" + name);
    return std::optional(value);
}

template <class E>
Result<E> choice_in(const Form& form, const std::string& name) {
    const auto text = form.field(name);
    if (text.empty()) return E{};
    E value{};
    if (!boost::describe::enum_from_string(std::string(text).c_str(), value))
        return invalid("respond.notices.form_malformed", "/" + name);
    return value;
}

}  // namespace

std::string report_page(const ReportPage& page) { return Writer(page).write(); }

Result<ReportRequest> read_report_form(std::string_view body, Instant now) {
    TRY_LET(const auto form, Form::read(body));
    ReportRequest request;
    for (std::size_t i = 0; i < known_roads_limit; ++i) {
        const std::string at = "road." + std::to_string(i);
        RoadLine line;
        line.name = form.field(at + ".name");
        if (line.name.empty()) break;
        TRY_LET(line.traffic, choice_in<Traffic>(form, at + ".traffic"));
        TRY_LET(line.queue_metres, count_in(form, at + ".queue"));
        TRY_LET(line.delay_minutes, count_in(form, at + ".delay"));
        if (line.traffic != Traffic::unknown || line.queue_metres || line.delay_minutes)
            request.roads.push_back(std::move(line));
    }
    for (std::size_t i = 0; i < most_terminals; ++i) {
        const std::string at = "terminal." + std::to_string(i);
        TerminalLine line;
        line.terminal = TerminalId{std::string(form.field(at + ".id"))};
        if (line.terminal.empty()) break;
        TRY_LET(line.service, choice_in<Service>(form, at + ".service"));
        TRY_LET(line.gate, choice_in<Gate>(form, at + ".gate"));
        TRY_LET(line.wait_minutes, count_in(form, at + ".wait"));
        TRY_LET(line.queue_metres, count_in(form, at + ".queue"));
        if (line.service != Service::unknown || line.gate != Gate::unknown || line.wait_minutes ||
            line.queue_metres)
            request.terminals.push_back(std::move(line));
    }
    ShipsLine ships;
    TRY_LET(ships.fairway, choice_in<Fairway>(form, "ships.fairway"));
    TRY_LET(ships.waiting, count_in(form, "ships.waiting"));
    TRY_LET(ships.delayed, count_in(form, "ships.delayed"));
    TRY_LET(ships.omitted, count_in(form, "ships.omitted"));
    if (ships.fairway != Fairway::unknown || ships.waiting || ships.delayed || ships.omitted)
        request.ships = ships;
    request.note = form.field("note");
    TRY_LET(const auto ago, count_in(form, "ago"));
    TRY_LET(const auto next, count_in(form, "next"));
    request.as_of = now - std::chrono::minutes(ago.value_or(0));
    if (next && *next > 0) request.next_report_at = now + std::chrono::minutes(*next);
    return request;
}

std::string seal_report_link(const ReportLink& link, const Key& installation_key, Random& random) {
    const std::string plain =
        link.provider.text + "/" + link.person.text + "/" + link.exercise.text + "/" +
        std::to_string(
            std::chrono::floor<std::chrono::seconds>(link.expires).time_since_epoch().count());
    return to_base64url(seal_with(installation_key, plain, link_purpose, random));
}

std::optional<ReportLink> open_report_link(std::string_view sealed, const Key& installation_key) {
    if (sealed.size() > 512) return {};
    const auto bytes = from_base64url(sealed);
    const auto plain = bytes ? open_with(installation_key, *bytes, link_purpose) : std::nullopt;
    if (!plain) return {};
    std::array<std::string_view, 4> parts;
    std::string_view rest = *plain;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto end = i + 1 == parts.size() ? rest.size() : rest.find('/');
        if (end == std::string_view::npos) return {};
        parts[i] = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    std::int64_t seconds = 0;
    const auto* end = parts[3].end();
    const auto [stopped, problem] = std::from_chars(parts[3].begin(), end, seconds);
    if (problem != std::errc{} || stopped != end) return {};
    return ReportLink{ProviderId{std::string(parts[0])}, PersonId{std::string(parts[1])},
                      ExerciseId{std::string(parts[2])}, Instant{std::chrono::seconds(seconds)}};
}

}  // namespace noroshi::respond::notices
