// The board without scripts (edge/http/plain.h): which incidents there are, the chronology with the
// newest line on top, and a form that adds a line. For browsers that are kept apart from everything:
// a page that reads itself anew every half minute is all the following there is.
//
// What somebody typed comes back with every refusal, also when the session ended meanwhile: then the
// form stands there with its text, to be sent again after signing in.

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include <boost/describe/enum_to_string.hpp>

#include "edge/http/local_time.h"
#include "edge/http/plain.h"
#include "edge/http/route.h"
#include "edge/http/session_cookies.h"
#include "kernel/crypto/hash.h"
#include "kernel/i18n/html.h"
#include "kernel/i18n/i18n.h"
#include "kernel/i18n/line.h"
#include "prepare/council/council_view.h"
#include "respond/incident/incident.h"
#include "respond/incident/incident_view.h"

namespace noroshi::respond::incident {

namespace plain = edge::http::plain;
using edge::http::Headers;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Reply;
using edge::http::Request;
using edge::http::Route;
using edge::http::Routes;
using i18n::escape_html;

namespace {

constexpr std::string_view base = "/plain/respond/incident";
constexpr Number lines_on_a_page = 50;
constexpr std::size_t form_limit = 512 * 1024;  // 20,000 characters, percent-encoded
using Shared = std::shared_ptr<const Request>;

std::string say(Language language, std::string_view key, const Arguments& arguments = {}) {
    return escape_html(i18n::text(language, "respond.incident." + std::string(key), arguments));
}
std::string kind_name(EntryKind kind, Language language) {
    return say(language,
               "print.kind." + std::string(boost::describe::enum_to_string(kind, "fact")));
}

struct Desk {
    const Incident& room;
    const journal::Journal& journal;
    std::string_view session(const Request& request) const {
        return edge::http::cookie_of(request, edge::http::session_cookie);
    }
    std::string token(const Request& request) const {
        return plain::form_token(journal.installation_key(), session(request), room.now(),
                                 const_cast<journal::Journal&>(journal).random());
    }
    plain::Page page(const Request& request, std::string title, std::string body) const {
        plain::Page out;
        out.language = request.language;
        out.title = std::move(title);
        out.body = std::move(body);
        out.who = request.principal;
        if (out.who) out.sign_out_token = token(request);
        return out;
    }
    std::string at(Instant instant, Language language) const {
        return escape_html(format_for_people(instant, room.zone(), language));
    }
};

// ---- which there are -----------------------------------------------------------------------

std::string incident_line(const Desk& desk, const IncidentItem& item, Language language) {
    return "<li>" +
           std::string(item.exercise
                           ? "<span class=\"new\">" + say(language, "plain_drill") + "</span> "
                           : "") +
           "<a href=\"" + std::string(base) + "/" + escape_html(item.id.text) + "\"><strong>#" +
           std::to_string(item.number) + " " + escape_html(item.title) + "</strong></a><br>\n" +
           say(language, item.state == Standing::open ? "plain_open" : "plain_closed") + " · " +
           desk.at(item.event_time, language) + " · <span class=\"label\">" +
           escape_html(label_of(item.visibility.tlp)) + "</span> · " +
           say(language, "plain_lines", {{"count", std::to_string(item.entries.value_or(0))}}) +
           "</li>\n";
}

Result<Reply> show_all(const Desk& desk, const Request& request) {
    const auto language = request.language;
    const auto& view = desk.room.view();
    const auto list = view.list(*request.principal, {}, {}, language);
    std::string body = "<h1>" + say(language, "plain_incidents") + "</h1>\n<ul class=\"plain\">\n";
    for (const auto& item : list.items) body += incident_line(desk, item, language);
    body += "</ul>\n";
    if (list.items.empty()) body += "<p>" + say(language, "plain_none") + "</p>\n";
    if (list.hidden > 0)
        body += "<p class=\"soft\">" +
                say(language, "plain_hidden", {{"count", std::to_string(list.hidden)}}) + "</p>\n";
    return plain::page(desk.page(request, i18n::text(language, "respond.incident.plain_incidents"),
                                 std::move(body)));
}

// ---- one of them ---------------------------------------------------------------------------

std::string entry_line(const Desk& desk, const EntryItem& entry, Number seen, Language language) {
    const auto& council = desk.room.council().view();
    std::string out = "<li id=\"line-" + std::to_string(entry.number) + "\"><span>#" +
                      std::to_string(entry.number) + " " + desk.at(entry.event_time, language) +
                      "</span> <span class=\"kind\">" + kind_name(entry.kind, language) + "</span>";
    if (seen > 0 && entry.number > seen)
        out += "<span class=\"new\">" + say(language, "plain_new") + "</span> ";
    if (entry.confirmed) out += " " + say(language, "plain_confirmed");
    const auto named = [&](std::string_view key, const std::optional<std::string>& text) {
        if (text && !text->empty())
            out += " · " + say(language, "plain_" + std::string(key)) + " " + escape_html(*text);
    };
    named("sender", entry.sender);
    named("receiver", entry.receiver);
    named("medium", entry.medium);
    const auto points = [&](std::string_view key, const std::optional<Number>& number) {
        if (number)
            out += " · " + say(language, "plain_" + std::string(key),
                               {{"number", std::to_string(*number)}});
    };
    points("corrects", entry.corrects);
    points("corrected_by", entry.corrected_by);
    points("done_by", entry.done_by);
    if (entry.due) out += " · " + say(language, "plain_due") + " " + desk.at(*entry.due, language);
    out += "\n<p" + std::string(entry.corrected_by ? " class=\"gone\"" : "") + ">" +
           escape_html(entry.content) + "</p>\n<span class=\"soft\">" +
           escape_html(entry.author.name) + "（" +
           escape_html(council.name_of(entry.author.organisation, language)) + "）";
    if (entry.on_behalf_of)
        out += " · " + say(language, "plain_on_behalf",
                           {{"organisation", council.name_of(*entry.on_behalf_of, language)}});
    out += " · " + say(language, "plain_entered") + " " + desk.at(entry.entry_time, language) +
           " · <span class=\"label\">" + escape_html(label_of(entry.visibility.tlp)) +
           "</span></span></li>\n";
    return out;
}

std::string heading(const IncidentItem& item, Language language) {
    return std::string(item.exercise
                           ? "<p class=\"drill\">" + say(language, "plain_drill") + "</p>\n"
                           : "") +
           "<h1>#" + std::to_string(item.number) + " " + escape_html(item.title) +
           "</h1>\n<p><span class=\"label\">" + escape_html(label_of(item.visibility.tlp)) +
           "</span> · " +
           say(language, item.state == Standing::open ? "plain_open" : "plain_closed") + "</p>\n";
}

Result<Reply> show_one(const Desk& desk, const Request& request) {
    const auto language = request.language;
    const auto id = request.id<IncidentTag>("incident");
    const auto& view = desk.room.view();
    const std::string here = std::string(base) + "/" + id.text;
    TRY_LET(const auto item, view.one(*request.principal, id, language));
    const Number last = item.last_number.value_or(0);
    TRY_LET(const auto before, request.number("before", std::uint64_t{last} + 1, 1, 0xFFFF'FFFE));
    TRY_LET(const auto seen, request.number("seen", 0, 0, 0xFFFF'FFFE));
    TRY_LET(const auto added, request.number("added", 0, 0, 0xFFFF'FFFE));
    const bool newest = before > last;
    const bool still = request.parameter("still").has_value();
    EntryFilter filter;
    const auto top = static_cast<Number>(before);
    filter.after = top > lines_on_a_page ? top - 1 - lines_on_a_page : 0;
    filter.limit = std::min<std::size_t>(lines_on_a_page, top - 1 - filter.after);
    EntryPage lines;
    if (filter.limit > 0) {
        TRY_LET(lines, view.entries(*request.principal, id, filter, language));
    }
    TRY_LET(const auto tasks, view.open_tasks(*request.principal, id, language));

    std::string body = heading(item, language);
    if (added > 0)
        body += "<p class=\"saved\" role=\"status\">" +
                say(language, "plain_added", {{"number", std::to_string(added)}}) + "</p>\n";
    body += "<div class=\"steps\">";
    if (item.can && item.can->write)
        body += "<a class=\"button\" href=\"" + here + "/write\">" + say(language, "plain_write") +
                "</a>";
    body += "<a class=\"button\" href=\"" + here + "?seen=" + std::to_string(last) + "\">" +
            say(language, "plain_read_again") + "</a>";
    if (newest)
        body += "<a class=\"button\" href=\"" + here + (still ? "" : "?still=1") + "\">" +
                say(language, still ? "plain_follow" : "plain_stop") + "</a>";
    body += "</div>\n";
    if (item.summary && !item.summary->empty())
        body += "<p>" + escape_html(*item.summary) + "</p>\n";
    if (!tasks.items.empty() && newest) {
        body += "<h2>" + say(language, "plain_tasks") + "</h2>\n<ol class=\"lines\">\n";
        for (const auto& task : tasks.items) body += entry_line(desk, task, 0, language);
        body += "</ol>\n";
    }
    body += "<h2>" + say(language, "plain_chronology") + "</h2>\n<ol class=\"lines\">\n";
    // A filtered page gives the first of the stretch; ours is as long as the limit.
    for (auto entry = lines.items.rbegin(); entry != lines.items.rend(); ++entry)
        if (entry->number < top)
            body += entry_line(desk, *entry, static_cast<Number>(seen), language);
    body += "</ol>\n";
    if (item.hidden.value_or(0) > 0)
        body += "<p class=\"soft\">" +
                say(language, "plain_hidden", {{"count", std::to_string(*item.hidden)}}) + "</p>\n";
    if (filter.after > 0)
        body += "<p><a href=\"" + here + "?before=" + std::to_string(filter.after + 1) + "\">" +
                say(language, "plain_older") + "</a></p>\n";
    auto page = desk.page(request, item.title, std::move(body));
    if (newest && !still && item.state == Standing::open)
        page.again = here + "?seen=" + std::to_string(last);
    return plain::page(page);
}

// ---- adding a line -------------------------------------------------------------------------

// "06:30": the latest such time that is not to come. A day back at most, in the port's zone.
Result<std::optional<Instant>> event_time_of(std::string_view typed, Instant now,
                                             const std::string& zone) {
    const std::string text = i18n::plain(i18n::trimmed(typed));
    if (text.empty()) return std::optional<Instant>{};
    const auto minutes_of = [](std::string_view clock) -> int {
        const auto colon = clock.find(':');
        if (colon == std::string_view::npos || colon == 0 || colon > 2 || clock.size() != colon + 3)
            return -1;
        int value[2] = {0, 0};
        for (std::size_t i = 0; i < clock.size(); ++i) {
            if (i == colon) continue;
            if (clock[i] < '0' || clock[i] > '9') return -1;
            int& part = value[i > colon ? 1 : 0];
            part = part * 10 + (clock[i] - '0');
        }
        return value[0] > 23 || value[1] > 59 ? -1 : value[0] * 60 + value[1];
    };
    const int wanted = minutes_of(text);
    if (wanted < 0) return invalid("respond.incident.plain_time", "/event_time");
    const int present = minutes_of(format_clock(now, zone).substr(0, 5));
    const auto back = std::chrono::minutes((present - wanted + 24 * 60) % (24 * 60));
    return std::optional(std::chrono::floor<std::chrono::minutes>(now) - back);
}

struct Filled {
    Headers form;
    std::string problem;
    int status = 200;
};

Result<Reply> write_page(const Desk& desk, const Request& request, const Filled& filled) {
    const auto language = request.language;
    const auto id = request.id<IncidentTag>("incident");
    const std::string here = std::string(base) + "/" + id.text;
    std::string title = i18n::text(language, "respond.incident.plain_write");
    std::string body;
    if (request.principal) {
        auto item = desk.room.view().one(*request.principal, id, language);
        if (!item && filled.form.empty()) return std::unexpected(std::move(item).error());
        if (item) {
            body += heading(*item, language);
            title = item->title + " – " + title;
        }
    }
    body += "<h2>" + say(language, "plain_write") + "</h2>\n";
    if (!filled.problem.empty())
        body += "<p class=\"problem\" role=\"alert\">" + escape_html(filled.problem) + "</p>\n";
    if (!request.principal)
        body += "<p><a href=\"/plain/sign-in\" target=\"_blank\" rel=\"noopener\">" +
                say(language, "plain_sign_in_beside") + "</a></p>\n";
    const auto value = [&](std::string_view name) {
        return escape_html(plain::field(filled.form, name));
    };
    const auto input = [&](std::string_view name, std::string_view more = "") {
        return "<label for=\"" + std::string(name) + "\">" +
               say(language, "plain_" + std::string(name)) + "</label>\n<input id=\"" +
               std::string(name) + "\" name=\"" + std::string(name) + "\" value=\"" + value(name) +
               "\"" + std::string(more) + ">\n";
    };
    std::string kinds;
    const auto chosen = plain::field(filled.form, "kind");
    for (const auto kind : {EntryKind::fact, EntryKind::rumour, EntryKind::order,
                            EntryKind::request, EntryKind::decision}) {
        const std::string name = boost::describe::enum_to_string(kind, "fact");
        const bool is_chosen = chosen.empty() ? kind == EntryKind::fact : chosen == name;
        kinds += "<label><input type=\"radio\" name=\"kind\" value=\"" + name + "\"" +
                 (is_chosen ? " checked" : "") + "> " + kind_name(kind, language) + "</label>\n";
    }
    // Signed out, or signed in as somebody else: the token below is not theirs, and is asked again.
    const auto token = request.principal ? desk.token(request) : std::string{};
    body += "<form method=\"post\" action=\"" + here +
            "/entries\" accept-charset=\"utf-8\">\n<input type=\"hidden\" name=\"token\" value=\"" +
            escape_html(token) + "\">\n<fieldset><legend>" + say(language, "plain_kind") +
            "</legend>\n" + kinds + "</fieldset>\n<label for=\"content\">" +
            say(language, "plain_content") +
            "</label>\n<textarea id=\"content\" name=\"content\" rows=\"6\" required>\n" +
            value("content") + "</textarea>\n" + input("sender") + input("receiver") +
            input("medium") +
            input("event_time", " placeholder=\"06:30\" aria-describedby=\"time-hint\"") +
            "<p class=\"soft\" id=\"time-hint\">" + say(language, "plain_time_hint") +
            "</p>\n<p><label class=\"check\"><input type=\"checkbox\" name=\"confirmed\" "
            "value=\"1\"" +
            (plain::field(filled.form, "confirmed").empty() ? "" : " checked") + "> " +
            say(language, "plain_confirmed") + "</label></p>\n";
    if (request.principal) {
        if (const auto item = desk.room.view().one(*request.principal, id, language)) {
            const auto& council = desk.room.council().view();
            const Visibility readers{item->visibility.tlp, item->visibility.organisations,
                                     item->visibility.people,
                                     item->visibility.investigators.value_or(false)};
            const auto seers = council.seers(*request.principal, readers, language);
            std::string names;
            for (const auto& one : seers.organisations)
                names +=
                    (names.empty() ? "" : "、") +
                    (language == Language::en && !one.name_en.empty() ? one.name_en : one.name);
            for (const auto& one : seers.people) names += (names.empty() ? "" : "、") + one.name;
            if (seers.everyone) names = i18n::text(language, "respond.incident.plain_everyone");
            body += "<p class=\"seers\"><strong>" + say(language, "plain_seers") + "</strong> " +
                    escape_html(names) + " <span class=\"label\">" +
                    escape_html(label_of(item->visibility.tlp)) + "</span></p>\n";
        }
    }
    body += "<div class=\"steps\"><button type=\"submit\" class=\"main\">" +
            say(language, "plain_save") + "</button><a class=\"button\" href=\"" + here + "\">" +
            say(language, "plain_back") + "</a></div>\n</form>\n";
    auto page = desk.page(request, std::move(title), std::move(body));
    page.status = filled.status;
    return plain::page(page);
}

std::optional<std::string> optional_text(const Headers& form, std::string_view name) {
    const auto text = plain::field(form, name);
    if (text.empty()) return {};
    return std::string(text);
}

void add(Incident& room, journal::Journal& journal, const Shared& request,
         Route::Answered answered) {
    const auto id = request->id<IncidentTag>("incident");
    auto filled = std::make_shared<Filled>();
    auto again = [&room, &journal, request, filled](const Error& error) {
        filled->problem = i18n::text(
            request->language, edge::http::in_local_time(error, request->language, room.zone()));
        filled->status = http_status_of(error.kind);
        return journal.read([&] { return write_page({room, journal}, *request, *filled); });
    };
    auto form = plain::read_form(request->body);
    if (!form) return answered(again(std::move(form).error()));
    filled->form = std::move(*form);
    if (!request->principal)
        return answered(again({ErrorKind::forbidden, "kernel.identity.session_over", {}, {}}));
    const Principal& by = *request->principal;
    if (!by.guest_of.empty() && by.guest_of != id.text)
        return answered(fail(ErrorKind::forbidden, "kernel.identity.not_for_guests"));
    if (auto may = check(by_roles("respond.incident.add_entry", roles_that_write()), by); !may)
        return answered(again(std::move(may).error()));
    const Desk desk{room, journal};
    const std::string token(plain::field(filled->form, "token"));
    if (!plain::is_form_token(journal.installation_key(), token, desk.session(*request),
                              room.now()))
        return answered(again({ErrorKind::conflict, "respond.incident.plain_form_old", {}, {}}));
    EntryRequest entry;
    if (!json::from_name(plain::field(filled->form, "kind"), entry.kind))
        entry.kind = EntryKind::fact;
    entry.content = plain::field(filled->form, "content");
    entry.sender = optional_text(filled->form, "sender");
    entry.receiver = optional_text(filled->form, "receiver");
    entry.medium = optional_text(filled->form, "medium");
    entry.confirmed = !plain::field(filled->form, "confirmed").empty();
    const auto when =
        event_time_of(plain::field(filled->form, "event_time"), room.now(), room.zone());
    if (!when) return answered(again(when.error()));
    entry.event_time = *when;

    journal::Command command;
    command.actor = by.person.text;
    // A second click is the first one's answer; the same form with another text is told.
    command.idempotency_key = to_hex(sha256("person\n" + command.actor + "\nplain " + token));
    command.fingerprint = to_hex(sha256(request->path + "\n" + request->body));
    command.decide = [&room, request, id,
                      entry](journal::Recorder& recorder) -> Result<journal::Answer> {
        TRY_LET(const auto decided, room.add_entry(recorder, *request->principal, id, entry));
        return journal::Answer{303, {}, std::to_string(decided.body.number)};
    };
    command.done = [again, id, answered = std::move(answered)](Result<journal::Answer> kept) {
        if (!kept) return answered(again(std::move(kept).error()));
        answered(plain::go_to(std::string(base) + "/" + id.text + "?added=" + kept->body +
                              "#line-" + kept->body));
    };
    journal.submit(std::move(command));
}

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_plain_routes(Routes& routes, Incident& room, journal::Journal& journal) {
    const auto reads = by_roles("respond.incident.read_incidents", roles_that_read());
    const std::string one = std::string(base) + "/{incident}";
    const auto a_page = [](Route& route) { route.answer_type = "text/html"; };
    a_page(routes.query<Reply>(
        std::string(base), reads, "Incidents, as a page without scripts",
        [&room, &journal](const Request& request) { return show_all({room, journal}, request); }));
    auto& shown = routes.query<Reply>(
        one, reads, "One chronology, as a page without scripts",
        [&room, &journal](const Request& request) { return show_one({room, journal}, request); });
    a_page(shown);
    shown.parameters = {"before", "seen", "added", "still"};
    a_page(routes.query<Reply>(one + "/write", reads, "A form that adds a line",
                               [&room, &journal](const Request& request) {
                                   return write_page({room, journal}, request, {});
                               }));
    // Checked by the handler, which gives back what was typed to whoever is not signed in any more.
    auto& added = routes.later<Nothing, Reply>(
        Method::post, one + "/entries", anyone("respond.incident.add_entry_by_form"),
        "Add a line by a form; to be answered with a form again when something is wrong",
        [&room, &journal](const Shared& request, const Nothing&, Route::Answered answered) {
            add(room, journal, request, std::move(answered));
        });
    a_page(added);
    added.body_limit = form_limit;
    added.request_type = "application/x-www-form-urlencoded";
    added.success_status = 303;
    return routes;
}

}  // namespace noroshi::respond::incident
