// The chronology as people take it away: printed (A3, A4), CSV, JSON, and all of it with an integrity sheet
// for the police (docs/formats/sheet.md). What the reader may not see is left out and counted.
//
// The views are held still only while the lines are copied; printing 20,000 of them takes seconds and
// is done outside.

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "edge/document/integrity.h"
#include "edge/document/pdf.h"
#include "edge/document/sheet.h"
#include "edge/http/route.h"
#include "kernel/i18n/i18n.h"
#include "prepare/council/council_view.h"
#include "prepare/port/port_view.h"
#include "respond/incident/incident.h"
#include "respond/incident/incident_attachment.h"
#include "respond/incident/incident_case_view.h"
#include "respond/incident/incident_view.h"

namespace noroshi::respond::incident {

using edge::http::Reply;
using edge::http::Request;
using edge::http::Routes;

namespace {

namespace document = edge::document;

constexpr std::string_view base = "/api/respond/incident/incidents";

// A fact of the journal, by which a line of the export is found again there.
struct FactItem {
    std::uint64_t sequence = 0;
    std::string kind;
    std::string hash;
    std::optional<Number> entry;
};
BOOST_DESCRIBE_STRUCT(FactItem, (), (sequence, kind, hash, entry))

struct Export {
    std::string format = "noroshi chronology 1";
    IncidentItem incident;
    Instant exported_at;
    AuthorItem exported_by;
    std::string zone;
    std::vector<EntryItem> entries;
    std::size_t hidden = 0;
    CommandItem command;
    CauseItem cause;
    std::vector<EvidenceItem> evidence;
    std::vector<AdviceLine> advice;
    std::vector<QuestionItem> questions;
    std::vector<LinkItem> links;
    std::vector<ClockItem> clocks;
    std::vector<PrintedReport> reports;
    std::vector<FactItem> facts;  // of this incident, that the reader may see
    std::uint64_t head_sequence = 0;
    std::string head_hash;
};
BOOST_DESCRIBE_STRUCT(Export, (),
                      (format, incident, exported_at, exported_by, zone, entries, hidden, command,
                       cause, evidence, advice, questions, links, clocks, reports, facts,
                       head_sequence, head_hash))

IncidentId incident_in(const Request& request) { return request.id<IncidentTag>("incident"); }

// Everything the reader sees of it, of one moment.
Result<Export> copy(const Incident& room, const journal::Journal& journal, const Request& request) {
    const Principal& reader = *request.principal;
    const auto id = incident_in(request);
    const Language language = request.language;
    return journal.read([&]() -> Result<Export> {
        const CaseView& view = room.case_view();
        Export out;
        TRY_LET(out.incident, room.view().one(reader, id, language));
        out.incident.can.reset();
        out.exported_at = room.now();
        out.exported_by = {reader.person, reader.name, reader.organisation};
        out.zone = room.zone();
        EntryFilter filter;
        filter.limit = static_cast<std::size_t>(-1);
        TRY_LET(auto page, room.view().entries(reader, id, filter, language));
        out.entries = std::move(page.items);
        out.hidden = page.hidden;
        TRY_LET(out.command, view.command(reader, id, language));
        out.command.candidates.clear();
        TRY_LET(out.cause, view.cause(reader, id, language));
        TRY_LET(auto evidence, view.evidence(reader, id, language));
        out.evidence = std::move(evidence.items);
        for (auto& one : out.evidence) one.can_accept = one.can_withdraw = false;
        TRY_LET(auto advice, view.advice(reader, id, language));
        out.advice = std::move(advice.items);
        TRY_LET(auto questions, view.questions(reader, id, language));
        out.questions = std::move(questions.items);
        TRY_LET(auto links, view.links(reader, id, language));
        out.links = std::move(links.items);
        TRY_LET(out.clocks, view.clocks(reader, id, room.now(), language));
        TRY_LET(const auto reports, view.reports(reader, id, language));
        for (auto report = reports.items.rbegin(); report != reports.items.rend(); ++report) {
            TRY_LET(auto printed, view.report(reader, id, report->number, {}, language));
            out.reports.push_back(std::move(printed));
        }
        const auto head = journal.head();
        out.head_sequence = head.sequence;
        out.head_hash = journal::hex_of(head.hash);
        return out;
    });
}

// The hashes of the facts, read from the store: views do not keep them.
Result<> add_facts(Export& out, journal::Journal& journal, const Principal& reader) {
    const std::string stream = stream_of(out.incident.id);
    TRY_LET(const auto from, journal.store().reader());
    std::map<std::string, bool> seen;  // by the visibility's text
    return from->facts(1, [&](const journal::Fact& fact) {
        if (fact.sequence > out.head_sequence) return false;
        if (fact.stream != stream) return true;
        const auto [known, fresh] = seen.try_emplace(fact.visibility, false);
        if (fresh) {
            const auto visibility = journal::decode_visibility(fact.visibility);
            known->second = visibility && may_see(reader.viewer, *visibility);
        }
        if (!known->second) return true;
        FactItem item{fact.sequence, fact.kind, journal::hex_of(fact.hash), {}};
        if (fact.kind == EntryAdded::kind)
            if (const auto body = json::parse(fact.body); body && body->is_object())
                if (const auto* number = body->get_object().if_contains("number");
                    number != nullptr && number->is_int64())
                    item.entry = static_cast<Number>(number->get_int64());
        out.facts.push_back(std::move(item));
        return true;
    });
}

// ---- words of a line -----------------------------------------------------------------------

class Words {
public:
    Words(const Incident& room, const Export& of, Language language)
        : room_(room), of_(of), language_(language) {}

    std::string say(std::string_view key, const Arguments& arguments = {}) const {
        return i18n::text(language_, "respond.incident.print." + std::string(key), arguments);
    }
    std::string time(Instant at) const { return format_for_people(at, of_.zone, language_); }
    // Short, for a column: the day only once would be nicer, but a line must stand by itself.
    std::string kind(EntryKind kind) const {
        return say("kind." + std::string(json::name_of(kind)));
    }
    std::string organisation(const OrganisationId& id) const {
        return room_.council().view().name_of(id, language_);
    }
    std::string joined(const std::vector<OrganisationId>& ids) const {
        std::string out;
        for (const auto& id : ids) {
            if (!out.empty()) out += language_ == Language::ja ? "、" : ", ";
            out += organisation(id);
        }
        return out;
    }
    // What other lines say about this one.
    std::string state(const EntryItem& entry) const {
        const auto number = [](Number n) { return Arguments{{"number", std::to_string(n)}}; };
        std::string out;
        const auto add = [&](std::string text) { out += (out.empty() ? "" : "\n") + text; };
        if (entry.corrected_by) add(say("corrected_by", number(*entry.corrected_by)));
        if (entry.corrects) add(say("corrects", number(*entry.corrects)));
        if (entry.done_by) add(say("done_by", number(*entry.done_by)));
        if (entry.completes) add(say("completes", number(*entry.completes)));
        if (entry.confirmed_by) add(say("confirmed_by", number(*entry.confirmed_by)));
        if (entry.due && !entry.done_by) add(say("due", {{"time", time(*entry.due)}}));
        if (out.empty()) add(say(entry.confirmed ? "confirmed" : "unconfirmed"));
        return out;
    }
    std::string author(const EntryItem& entry) const {
        std::string out = entry.author.name;
        if (entry.on_behalf_of)
            out += say("on_behalf_of", {{"organisation", organisation(*entry.on_behalf_of)}});
        return out;
    }

private:
    const Incident& room_;
    const Export& of_;
    Language language_;
};

// "7/4 06:30:15", in the port's zone: the formats for people are too wide for a column of 20,000 lines.
std::string short_time(Instant at, const std::string& zone) {
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const std::string mail = format_rfc5322(at, zone);  // "Sat, 04 Jul 2026 06:30:15 +0900"
    if (mail.size() < 25) return mail;
    const auto month = months.find(std::string_view(mail).substr(8, 3)) / 3 + 1;
    const std::string_view day = std::string_view(mail).substr(mail[5] == '0' ? 6 : 5);
    return std::to_string(month) + "/" + std::string(day.substr(0, day.find(' '))) + " " +
           mail.substr(17, 8);
}

Result<std::string> pdf_of(const Incident& room, const Export& of, Language language,
                           document::Paper paper) {
    const Words words(room, of, language);
    document::PageSetup setup;
    setup.paper = paper;
    setup.margin_mm = 12;
    setup.title = words.say(
        "title", {{"number", std::to_string(of.incident.number)}, {"title", of.incident.title}});
    setup.label = label_of(of.incident.visibility.tlp);
    if (of.incident.exercise) setup.stamp = i18n::text(language, "respond.incident.drill_stamp");
    setup.footer =
        words.say("footer", {{"time", words.time(of.exported_at)}, {"name", of.exported_by.name}});
    setup.made_at = of.exported_at;

    const bool wide =
        paper == document::Paper::a3_landscape || paper == document::Paper::a4_landscape;
    std::vector<document::Block> blocks;
    blocks.push_back(document::Heading{of.incident.title});
    document::Table about;
    about.columns = {{"", 1}, {"", 5}};
    about.head = false;
    about.size_pt = 9.5;
    const auto row = [&](std::string_view key, std::string text) {
        if (!text.empty()) about.rows.push_back({{words.say(key), std::move(text)}});
    };
    row("began", words.time(of.incident.event_time));
    if (of.incident.closed_at) row("closed", words.time(*of.incident.closed_at));
    row("in_charge", of.command.in_charge.name);
    std::string effects;
    for (const Effect effect : of.incident.effects)
        effects += (effects.empty()            ? ""
                    : language == Language::ja ? "、"
                                               : ", ") +
                   i18n::text(language, "respond.incident.report.effect." +
                                            std::string(json::name_of(effect)));
    row("effects", effects);
    row("summary", of.incident.summary.value_or(""));
    row("cause", of.incident.cause == "unknown" ? words.say("unknown") : of.incident.cause);
    row("readers", words.joined(of.incident.visibility.organisations));
    row("entries", words.say("count", {{"count", std::to_string(of.entries.size())},
                                       {"hidden", std::to_string(of.hidden)}}));
    blocks.push_back(std::move(about));

    if (of.incident.milestones && !of.incident.milestones->empty()) {
        blocks.push_back(document::Heading{words.say("milestones"), 2});
        document::Table table;
        table.columns = {{words.say("terminal"), 2},  {words.say("milestone"), 1.6},
                         {words.say("state"), 1.2},   {words.say("time"), 2.4},
                         {words.say("said_at"), 2.4}, {words.say("note"), 4}};
        table.size_pt = 8.5;
        // Upright there is no room for the year in two columns.
        const auto told = [&](Instant at) {
            return wide ? words.time(at) : short_time(at, of.zone);
        };
        for (const auto& milestone : *of.incident.milestones)
            for (const auto& said : milestone.history) {
                std::string note = said.note.value_or("");
                if (said.confirmed_by)
                    note += (note.empty() ? "" : "\n") +
                            words.say("confirmed_on", {{"name", *said.confirmed_by},
                                                       {"evidence", said.evidence.value_or("")}});
                table.rows.push_back(
                    {{room.case_view().port_name(milestone.terminal, language),
                      i18n::text(language, "respond.incident.milestone." +
                                               std::string(json::name_of(milestone.milestone))),
                      words.say("said." + std::string(json::name_of(said.state))), told(said.time),
                      told(said.said_at), std::move(note)},
                     said.state == MilestoneState::withdrawn ? document::Tone::faint
                                                             : document::Tone::plain});
            }
        blocks.push_back(std::move(table));
    }

    if (!of.evidence.empty()) {
        blocks.push_back(document::Heading{words.say("evidence"), 2});
        document::Table table;
        table.columns = {{words.say("number"), 0.8, document::Align::right},
                         {words.say("description"), 4},
                         {words.say("held_by"), 2.6},
                         {words.say("seal"), 1.4},
                         {"SHA-256", 5}};
        table.size_pt = 8.5;
        for (const auto& item : of.evidence) {
            std::string holder = item.held_by;
            if (item.offered_to)
                holder += "\n" + words.say("offered_to", {{"name", item.offered_to->name}});
            table.rows.push_back({{std::to_string(item.number), item.description, std::move(holder),
                                   item.seal.value_or(""), item.sha256.value_or("")},
                                  item.damaged ? document::Tone::strong : document::Tone::plain});
        }
        blocks.push_back(std::move(table));
    }
    // What was asked and is open comes before what was answered: the reader of the print may know.
    if (!of.questions.empty()) {
        blocks.push_back(document::Heading{words.say("questions"), 2});
        document::Table table;
        table.columns = {{words.say("number"), 0.8, document::Align::right},
                         {words.say("asked_at"), 2.2},
                         {words.say("asked"), 2.4},
                         {words.say("question"), 5},
                         {words.say("answer"), 5}};
        table.size_pt = 8.5;
        for (const auto& item : of.questions) {
            std::string asked = item.asked ? item.asked->name
                                : item.asked_organisation
                                    ? words.organisation(*item.asked_organisation)
                                    : "";
            if (item.open && item.due)
                asked += "\n" + words.say("due", {{"time", short_time(*item.due, of.zone)}});
            std::string answer = item.answer.value_or("");
            if (item.answered_by)
                answer = "#" + std::to_string(*item.answered_by) + " " + answer;
            else if (item.open)
                answer = words.say("not_answered");
            std::string question = item.question;
            if (item.about) question = "#" + std::to_string(*item.about) + " " + question;
            table.rows.push_back({{std::to_string(item.entry), short_time(item.at, of.zone),
                                   std::move(asked), std::move(question), std::move(answer)},
                                  item.open ? document::Tone::strong : document::Tone::plain});
        }
        blocks.push_back(std::move(table));
    }
    if (!of.advice.empty()) {
        blocks.push_back(document::Heading{words.say("advice"), 2});
        document::Table table;
        table.columns = {{words.say("number"), 0.8, document::Align::right},
                         {words.say("time"), 2.2},
                         {words.say("adviser"), 2.4},
                         {words.say("kind"), 1.4},
                         {words.say("content"), 8.6}};
        table.size_pt = 8.5;
        for (const auto& item : of.advice)
            table.rows.push_back(
                {{std::to_string(item.entry), short_time(item.at, of.zone), item.adviser,
                  words.say(item.what == "received" ? "advice_received"
                            : item.open             ? "advice_waited_for"
                                                    : "advice_asked"),
                  item.content}});
        blocks.push_back(std::move(table));
    }
    blocks.push_back(document::Heading{words.say("chronology"), 2});
    document::Table table;
    table.size_pt = wide ? 8.5 : 8;
    table.columns = {{words.say("number"), wide ? 0.9 : 1.1, document::Align::right},
                     {words.say("event_time"), wide ? 2.1 : 2.5},
                     {words.say("sender"), 2.6},
                     {words.say("receiver"), 2.6},
                     {words.say("content"), wide ? 12.0 : 8.0},
                     {words.say("kind"), 1.1},
                     {words.say("state"), wide ? 2.2 : 2.0}};
    if (wide) {
        table.columns.insert(table.columns.begin() + 2, {words.say("entry_time"), 2.1});
        table.columns.insert(table.columns.begin() + 5, {words.say("medium"), 1.5});
        table.columns.push_back({words.say("author"), 2.2});
    }
    table.rows.reserve(of.entries.size());
    for (const auto& entry : of.entries) {
        document::Row line;
        line.tone = entry.corrected_by                  ? document::Tone::struck
                    : entry.kind == EntryKind::decision ? document::Tone::strong
                                                        : document::Tone::plain;
        line.cells = {std::to_string(entry.number), short_time(entry.event_time, of.zone)};
        if (wide) line.cells.push_back(short_time(entry.entry_time, of.zone));
        line.cells.push_back(entry.sender.value_or(""));
        line.cells.push_back(entry.receiver.value_or(
            entry.receiver_organisations.empty() ? ""
                                                 : words.joined(entry.receiver_organisations)));
        if (wide) line.cells.push_back(entry.medium.value_or(""));
        std::string content = entry.content;
        // A line that is narrower than the page says so itself.
        if (entry.visibility.tlp != of.incident.visibility.tlp)
            content = "[" + std::string(label_of(entry.visibility.tlp)) + "] " + content;
        if (entry.voluntary) content = words.say("voluntary") + content;
        for (const auto& attachment : entry.attachments)
            content += "\n" + words.say("attached", {{"name", attachment.name},
                                                     {"sha256", attachment.sha256.substr(0, 16)}});
        line.cells.push_back(std::move(content));
        line.cells.push_back(words.kind(entry.kind));
        line.cells.push_back(words.state(entry));
        if (wide) line.cells.push_back(words.author(entry));
        table.rows.push_back(std::move(line));
    }
    blocks.push_back(std::move(table));
    if (of.hidden > 0)
        blocks.push_back(
            document::Paragraph{words.say("hidden", {{"hidden", std::to_string(of.hidden)}})});
    TRY_LET(auto pdf, document::print(setup, blocks));
    return std::move(pdf.bytes);
}

document::Sheet table_of(const Incident& room, const Export& of, Language language) {
    const Words words(room, of, language);
    document::Sheet sheet;
    sheet.name = words.say("chronology");
    sheet.above = label_of(of.incident.visibility.tlp);
    sheet.below = of.incident.title;
    sheet.paper = document::SheetPaper::a3_landscape;
    for (const auto& [key, width] :
         std::initializer_list<std::pair<std::string_view, double>>{{"number", 6},
                                                                    {"event_time", 22},
                                                                    {"entry_time", 22},
                                                                    {"sender", 20},
                                                                    {"receiver", 20},
                                                                    {"medium", 12},
                                                                    {"kind", 8},
                                                                    {"content", 60},
                                                                    {"state", 20},
                                                                    {"author", 20},
                                                                    {"organisation", 20},
                                                                    {"attachments", 30},
                                                                    {"voluntary_column", 14},
                                                                    {"label", 18},
                                                                    {"drill", 8}})
        sheet.columns.push_back({words.say(key), width});
    for (const auto& entry : of.entries) {
        std::string attachments;
        for (const auto& one : entry.attachments)
            attachments += (attachments.empty() ? "" : " ") + one.name + " sha256:" + one.sha256;
        sheet.rows.push_back(
            {std::int64_t{entry.number}, format_rfc3339(entry.event_time),
             format_rfc3339(entry.entry_time), entry.sender.value_or(""),
             entry.receiver.value_or(words.joined(entry.receiver_organisations)),
             entry.medium.value_or(""), words.kind(entry.kind), entry.content, words.state(entry),
             words.author(entry), words.organisation(entry.author.organisation),
             std::move(attachments), entry.voluntary ? words.say("voluntary") : std::string(),
             std::string(label_of(entry.visibility.tlp)),
             std::string(of.incident.exercise ? i18n::text(language, "respond.incident.drill_stamp")
                                              : "")});
    }
    return sheet;
}

document::Paper paper_in(const Request& request) {
    const auto paper = request.parameter("paper").value_or("a3");
    return paper == "a4" ? document::Paper::a4 : document::Paper::a3_landscape;
}

Result<> check_paper(const Request& request) {
    const auto paper = request.parameter("paper").value_or("a3");
    if (paper == "a3" || paper == "a4") return {};
    return fail(ErrorKind::invalid, "edge.http.parameter",
                {{"name", "paper"}, {"value", std::string(paper)}});
}

Result<Reply> give(const Incident& room, journal::Journal& journal, const Request& request,
                   std::string_view as) {
    TRY(check_paper(request));
    TRY_LET(auto of, copy(room, journal, request));
    const Language language = request.language;
    Reply reply;
    reply.headers = {{"Cache-Control", "private, no-store"}};
    std::string name = "chronology-" + std::to_string(of.incident.number);
    if (as == "pdf") {
        TRY_LET(reply.body, pdf_of(room, of, language, paper_in(request)));
        reply.content_type = "application/pdf";
        name += ".pdf";
    } else if (as == "csv") {
        reply.body = document::write_csv(table_of(room, of, language));
        reply.content_type = "text/csv; charset=utf-8";
        name += ".csv";
    } else if (as == "xlsx") {
        TRY_LET(reply.body, document::write_xlsx({table_of(room, of, language)}, of.exported_at));
        reply.content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        name += ".xlsx";
    } else {
        TRY(add_facts(of, journal, *request.principal));
        if (as == "json") {
            reply.body = json::to_text(of);
            name += ".json";
        } else {
            const SigningKey key(journal.installation_key());
            std::vector<document::File> files;
            TRY_LET(auto pdf, pdf_of(room, of, language, paper_in(request)));
            files.push_back({"chronology.csv", document::write_csv(table_of(room, of, language))});
            files.push_back({"chronology.json", json::to_text(of)});
            files.push_back({"chronology.pdf", std::move(pdf)});
            TRY_LET(reply.body, document::write_bundle(
                                    {{"incident", of.incident.id.text},
                                     {"number", std::to_string(of.incident.number)},
                                     {"title", of.incident.title},
                                     {"tlp", std::string(label_of(of.incident.visibility.tlp))},
                                     {"drill", of.incident.exercise ? "yes" : "no"},
                                     {"entries", std::to_string(of.entries.size())},
                                     {"hidden", std::to_string(of.hidden)},
                                     {"exported_at", format_rfc3339(of.exported_at)},
                                     {"exported_by", of.exported_by.person.text},
                                     {"head_sequence", std::to_string(of.head_sequence)},
                                     {"head_hash", of.head_hash},
                                     {"key", fingerprint_of(key.public_key())}},
                                    std::move(files), key, of.exported_at));
            reply.content_type = "application/zip";
            name += ".zip";
        }
    }
    reply.headers.emplace_back("Content-Disposition", content_disposition(name));
    return reply;
}

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_export_routes(Routes& routes, Incident& room, journal::Journal& journal) {
    const auto reader = by_roles("respond.incident.read_incidents", roles_that_read());
    const std::string one = std::string(base) + "/{incident}";
    const auto as = [&](std::string path, std::string type, std::string summary,
                        std::string_view format) {
        edge::http::Route route;
        route.path = one + std::move(path);
        route.permission = reader;
        route.summary = std::move(summary);
        route.answer_type = std::move(type);
        route.reads_by_itself = true;
        route.parameters = {"paper"};
        route.query = [&room, &journal, format](const Request& r) {
            return give(room, journal, r, format);
        };
        routes.add(std::move(route));
    };
    as("/chronology.pdf", "application/pdf", "The chronology, printed (?paper=a3 or a4)", "pdf");
    as("/chronology.csv", "text/csv", "The chronology as CSV", "csv");
    as("/chronology.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
       "The chronology as an Excel workbook", "xlsx");
    as("/chronology.json", "application/json",
       "The incident with its chronology and case, and the hashes of its facts", "json");
    as("/export", "application/zip",
       "CSV, JSON and PDF with a signed integrity sheet (docs/formats/sheet.md)", "zip");
    return routes;
}

}  // namespace noroshi::respond::incident
