// Reports over HTTP: written, sent, and given out as mail text, SMS digest, HTML, print and Excel.

#include <string>
#include <string_view>
#include <utility>

#include "edge/document/pdf.h"
#include "edge/document/sheet.h"
#include "edge/http/route.h"
#include "kernel/i18n/i18n.h"
#include "kernel/i18n/line.h"
#include "kernel/journal/record.h"
#include "prepare/council/council_approval_gate.h"
#include "prepare/council/council_view.h"
#include "respond/incident/incident.h"
#include "respond/incident/incident_attachment.h"
#include "respond/incident/incident_case_view.h"
#include "respond/incident/incident_letter.h"
#include "respond/incident/incident_report.h"

namespace noroshi::respond::incident {

using edge::http::Done;
using edge::http::Method;
using edge::http::Reply;
using edge::http::Request;
using edge::http::Route;
using edge::http::Routes;
using journal::Recorder;

namespace {

namespace document = edge::document;

constexpr std::string_view base = "/api/respond/incident/incidents";
constexpr std::string_view topic_prefix = "respond.incident/";

struct Issued {
    std::uint32_t number = 0;
    ReportKind report_kind = ReportKind::first;
    Instant issued_at;
};
BOOST_DESCRIBE_STRUCT(Issued, (), (number, report_kind, issued_at))

struct SentTo {
    OrganisationId organisation;
    std::size_t people = 0;
    bool again = false;  // it had been sent there before; a mail is never sent twice
};
BOOST_DESCRIBE_STRUCT(SentTo, (), (organisation, people, again))

struct SentReport {
    std::vector<SentTo> sent;
    Number entry = 0;  // of the chronology, in which it stands
};
BOOST_DESCRIBE_STRUCT(SentReport, (), (sent, entry))

IncidentId incident_in(const Request& request) { return request.id<IncidentTag>("incident"); }

Result<Done<Issued>> issue(Incident& room, const Request& request, const ReportRequest& asked,
                           Recorder& recorder) {
    const auto id = incident_in(request);
    TRY_LET(const auto decided,
            issue_report(room.inquiry(recorder, *request.principal), id, asked));
    journal::record(recorder, decided.place, decided.body);
    return edge::http::created(
        Issued{decided.body.number, decided.body.report_kind, *decided.place.event_time},
        std::string(base) + "/" + id.text + "/reports/" + std::to_string(decided.body.number));
}

// Who of an organisation gets it: everybody there but observers who has an address.
std::vector<PersonId> people_of(const council::State& council, const OrganisationId& organisation,
                                const Visibility& visibility) {
    std::vector<PersonId> people;
    for (const auto* person : council.people_of(organisation)) {
        const bool takes_part = std::ranges::any_of(person->roles, [&](const RoleIn& role) {
            return role.organisation == organisation && role.role != Role::observer;
        });
        if (takes_part && may_see(council.viewer_of(person->id), visibility))
            people.push_back(person->id);
    }
    return people;
}

// At most so many characters, an ellipsis included.
std::string shortened(std::string_view text, std::size_t most) {
    std::size_t characters = 0;
    std::size_t cut = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
        if (++characters == most) cut = i;
        if (characters > most) return std::string(text.substr(0, cut)) + "…";
    }
    return std::string(text);
}

// A version may be read by all who see the incident; what leaves the board by mail is approved
// first. What somebody already said by telephone is a fact: its sheet comes afterwards.
Result<> ask_for_approval(const Incident& room, council::Approvals& approvals, Recorder& recorder,
                          const Principal& by, const IncidentId& id, const State::Card& card,
                          const ReportGround& told, const Case::Report& report,
                          const SendReportRequest& asked, bool by_hand) {
    if (!card.world.is_live()) return {};
    const auto printed =
        print_report(told, report, by.viewer, {}, room.council().view(), room.zone(), by.language);
    std::string text;
    for (const auto& item : printed.items) {
        // Six items in full may be longer than a sheet; the version itself is named on it.
        constexpr std::size_t most = 800;
        text += item.name + "\n" + shortened(item.text, most) + "\n\n";
    }
    auto urgency = asked.urgency.value_or("");
    if (by_hand && i18n::trimmed(urgency).empty())
        urgency = i18n::text(by.language, "respond.incident.report.told_already",
                             {{"medium", *asked.medium}});
    return council::check_or_draft(approvals, recorder, by,
                                   {by.organisation,
                                    council::ApprovalSubject::report,
                                    approval_record(id, report.body.number),
                                    shortened(printed.heading + "　" + printed.incident_title, 190),
                                    std::move(text),
                                    {},
                                    std::move(urgency)});
}

Result<Done<SentReport>> send(Incident& room, council::Approvals& approvals, const Request& request,
                              const SendReportRequest& asked, Recorder& recorder) {
    const auto id = incident_in(request);
    const Principal& by = *request.principal;
    TRY_LET(const auto number, request.counted("number", "respond.incident.report_unknown"));
    const auto inquiry = room.inquiry(recorder, by);
    TRY_LET(const State::Card* card, find_visible(inquiry.asked, id));
    const Case& of = *room.cases().find(id);
    if (number > of.reports.size())
        return fail(ErrorKind::not_found, "respond.incident.report_unknown",
                    {{"number", std::to_string(number)}});
    const auto& report = of.reports[number - 1];
    const auto& council = room.council().state();
    if (asked.organisations.empty())
        return invalid("respond.incident.nobody_to_send", "/organisations");
    const bool by_hand = asked.medium && !asked.medium->empty();
    const Board* board = room.view().boards().find(id.text);
    if (board == nullptr) return fail(ErrorKind::not_found, "respond.incident.unknown");

    const ReportGround told{room.view().boards(), *board, of};
    SentReport out;
    std::vector<ReportSent> facts;
    std::string names;
    EntryRequest entry;
    for (std::size_t i = 0; i < asked.organisations.size(); ++i) {
        const auto& organisation = asked.organisations[i];
        const std::string pointer = "/organisations/" + std::to_string(i);
        const auto* known = council.find(organisation);
        if (known == nullptr)
            return invalid("respond.incident.organisation_unknown", pointer,
                           {{"organisation", organisation.text}});
        if (std::ranges::find(facts, organisation, &ReportSent::to) != facts.end()) continue;
        const std::string name = council.name_of(organisation, request.language);
        if (!may_see(viewer_of(council, organisation), *card->visibility))
            return invalid("respond.incident.recipient_not_reader", pointer,
                           {{"organisation", name}});
        ReportSent fact{number, organisation, {}, asked.medium};
        const bool again =
            std::ranges::find(report.sent, organisation, &Case::Sent::to) != report.sent.end();
        if (!by_hand) {
            for (const auto& person : people_of(council, organisation, *card->visibility)) {
                const auto* reader = council.find(person);
                // Each reads what is his to read: narrower items may name people.
                const auto printed =
                    print_report(told, report, council.viewer_of(person),
                                 council.name_of(organisation, reader->language),
                                 room.council().view(), room.zone(), reader->language);
                Letter letter;
                letter.drill = !card->world.is_live();
                letter.subject = report_subject(printed);
                letter.text = report_text(printed, room.zone(), reader->language);
                letter.html = report_html(printed, room.zone(), reader->language);
                letter.sms = report_sms(printed, reader->language);
                if (room.write_to(recorder, std::string(topic_prefix) + id.text, person,
                                  "report/" + std::to_string(number), "1", letter))
                    fact.people.push_back(person);
            }
            if (fact.people.empty())
                return invalid("respond.incident.recipient_unreachable", pointer,
                               {{"organisation", name}});
        }
        if (!names.empty()) names += request.language == Language::ja ? "、" : ", ";
        names += name;
        out.sent.push_back({organisation, fact.people.size(), again});
        entry.receiver_organisations.push_back(organisation);
        facts.push_back(std::move(fact));
    }

    // It stands in the chronology, by which clocks and review know who was told.
    const auto heading = print_report(told, report, by.viewer, {}, room.council().view(),
                                      room.zone(), request.language)
                             .heading;
    entry.content = i18n::text(request.language, "respond.incident.report.sent_entry",
                               {{"heading", heading}, {"names", names}});
    TRY(ask_for_approval(room, approvals, recorder, by, id, *card, told, report, asked, by_hand));
    entry.medium = by_hand ? asked.medium
                           : i18n::text(request.language, "respond.incident.report.medium_mail");
    entry.sender = council.name_of(by.organisation, request.language);
    entry.receiver = names.size() <= name_limit ? names : std::string();
    entry.confirmed = true;
    entry.event_time = asked.event_time;
    TRY_LET(const auto line, add_entry(inquiry.asked, id, entry));
    for (const auto& fact : facts)
        journal::record(
            recorder,
            {line.place.stream, *card->visibility, card->world, line.place.event_time, {}}, fact);
    journal::record(recorder, line.place, line.body);
    out.entry = line.body.number;
    return edge::http::created(
        std::move(out), std::string(base) + "/" + id.text + "/reports/" + std::to_string(number));
}

// ---- as what -------------------------------------------------------------------------------

Result<std::string> pdf_of(const PrintedReport& report, const std::string& zone, Instant now,
                           Language language, document::Paper paper) {
    document::PageSetup setup;
    setup.paper = paper;
    setup.title = report.heading + "　" + report.incident_title;
    setup.label = report.label;
    setup.stamp = report.stamp;
    setup.footer = report.from + "　" + format_for_people(now, zone, language);
    setup.made_at = now;
    std::vector<document::Block> blocks;
    blocks.push_back(document::Heading{report.heading + "　" + report.incident_title});
    blocks.push_back(document::Paragraph{i18n::text(
        language, "respond.incident.report.text.issued",
        {{"time", format_for_people(report.issued_at, zone, language)}, {"from", report.from}})});
    if (!report.to.empty())
        blocks.push_back(document::Paragraph{
            i18n::text(language, "respond.incident.report.text.to", {{"to", report.to}})});
    document::Table items;
    items.columns = {{"", 1.1}, {"", 3}};
    items.head = false;
    items.size_pt = 10.5;
    items.least_row_mm = 16;
    for (const auto& item : report.items)
        items.rows.push_back(
            {{item.name, item.text},
             item.unknown || item.withheld ? document::Tone::faint : document::Tone::plain});
    blocks.push_back(std::move(items));
    if (report.form) {
        blocks.push_back(document::Heading{report.form_name, 2});
        document::Table fields;
        fields.columns = {{"", 1.1}, {"", 3}};
        fields.head = false;
        fields.size_pt = 10;
        for (const auto& field : report.fields) fields.rows.push_back({{field.name, field.text}});
        blocks.push_back(std::move(fields));
    }
    const auto section = [&](std::string_view key, const std::vector<PrintedField>& fields) {
        if (fields.empty()) return;
        blocks.push_back(document::Heading{
            i18n::text(language, "respond.incident.report." + std::string(key)), 2});
        document::Table table;
        table.columns = {{"", 1.1}, {"", 3}};
        table.head = false;
        table.size_pt = 10;
        for (const auto& field : fields) table.rows.push_back({{field.name, field.text}});
        blocks.push_back(std::move(table));
    };
    section("questions", report.questions);
    section("advice", report.advice);
    if (report.withheld > 0)
        blocks.push_back(
            document::Paragraph{i18n::text(language, "respond.incident.report.text.withheld",
                                           {{"count", std::to_string(report.withheld)}})});
    TRY_LET(auto pdf, document::print(setup, blocks));
    return std::move(pdf.bytes);
}

Result<std::string> xlsx_of(const PrintedReport& report, const std::string& zone, Instant now,
                            Language language) {
    document::Sheet sheet;
    sheet.name = report.heading;
    sheet.columns = {{report.stamp + report.incident_title, 34}, {report.heading, 90}};
    sheet.above = report.stamp + report.label;
    sheet.below = report.from + " " + format_for_people(now, zone, language);
    const auto row = [&](std::string name, std::string text) {
        sheet.rows.push_back({std::move(name), std::move(text)});
    };
    row(report.label, i18n::text(language, "respond.incident.report.text.issued",
                                 {{"time", format_for_people(report.issued_at, zone, language)},
                                  {"from", report.from}}));
    if (!report.to.empty())
        row("", i18n::text(language, "respond.incident.report.text.to", {{"to", report.to}}));
    for (const auto& item : report.items) row(item.name, item.text);
    if (report.form) {
        row(report.form_name, "");
        for (const auto& field : report.fields) row(field.name, field.text);
    }
    const auto section = [&](std::string_view key, const std::vector<PrintedField>& fields) {
        if (fields.empty()) return;
        row(i18n::text(language, "respond.incident.report." + std::string(key)), "");
        for (const auto& field : fields) row(field.name, field.text);
    };
    section("questions", report.questions);
    section("advice", report.advice);
    return document::write_xlsx({sheet}, now);
}

Result<Reply> give_out(const Incident& room, journal::Journal& journal, const Request& request) {
    TRY_LET(const auto number, request.counted("number", "respond.incident.report_unknown"));
    const OrganisationId as{std::string(request.parameter("for").value_or(""))};
    const auto format = request.parameter("as").value_or("json");
    // The reading holds the views still; the printing, which takes longer, does not.
    TRY_LET(const auto report, journal.read([&] {
        return room.case_view().report(*request.principal, incident_in(request), number, as,
                                       request.language);
    }));
    const std::string& zone = room.zone();
    const Language language = request.language;
    Reply reply;
    reply.headers = {{"Cache-Control", "private, no-store"}};
    std::string name =
        "report-" + std::to_string(report.incident_number) + "-" + std::to_string(report.number);
    if (format == "json") {
        reply.body = json::to_text(report);
        return reply;
    }
    if (format == "mail" || format == "text") {
        reply.content_type = "text/plain; charset=utf-8";
        reply.body = report_subject(report) + "\n\n" + report_text(report, zone, language);
        return reply;
    }
    if (format == "sms") {
        reply.content_type = "text/plain; charset=utf-8";
        reply.body = report_sms(report, language);
        return reply;
    }
    if (format == "html") {
        reply.content_type = "text/html; charset=utf-8";
        reply.body = report_html(report, zone, language);
        name += ".html";
    } else if (format == "pdf") {
        reply.content_type = "application/pdf";
        TRY_LET(reply.body,
                pdf_of(report, zone, room.now(), language,
                       request.parameter("paper").value_or("a4") == "a3" ? document::Paper::a3
                                                                         : document::Paper::a4));
        name += ".pdf";
    } else if (format == "xlsx") {
        reply.content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        TRY_LET(reply.body, xlsx_of(report, zone, room.now(), language));
        name += ".xlsx";
    } else {
        return fail(ErrorKind::invalid, "edge.http.parameter",
                    {{"name", "as"}, {"value", std::string(format)}});
    }
    reply.headers.emplace_back("Content-Disposition", content_disposition(name));
    return reply;
}

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_report_routes(Routes& routes, Incident& room, journal::Journal& journal,
                          council::Approvals& approvals) {
    const CaseView& view = room.case_view();
    const auto reader = by_roles("respond.incident.read_incidents", roles_that_read());
    const std::string all = std::string(base) + "/{incident}/reports";

    routes.query<ReportList>(all, reader, "Reports in six items, the latest first",
                             [&view](const Request& r) {
                                 return view.reports(*r.principal, incident_in(r), r.language);
                             });
    routes.query<ReportDraft>(
        all + "/draft", reader, "What to write the next report upon, with guidance per item",
        [&view](const Request& r) { return view.draft(*r.principal, incident_in(r), r.language); });
    routes
        .command<ReportRequest, Issued>(
            Method::post, all, by_roles("respond.incident.issue_report", roles_that_report()),
            "Issue the next version; each item may be unknown yet",
            [&room](const Request& r, const ReportRequest& in, Recorder& recorder) {
                return issue(room, r, in, recorder);
            })
        .success_status = 201;
    routes
        .command<SendReportRequest, SentReport>(
            Method::post, all + "/{number}/send",
            by_roles("respond.incident.send_report", roles_that_report()),
            "Send it by mail, each receiver his own version, or record how somebody told them",
            [&room, &approvals](const Request& r, const SendReportRequest& in, Recorder& recorder) {
                return send(room, approvals, r, in, recorder);
            })
        .success_status = 201;
    auto& one = routes.query<PrintedReport>(
        all + "/{number}", reader,
        "One report, for oneself or as an organisation gets it (?for=), as json, mail, sms, html, "
        "pdf or xlsx (?as=)",
        [&room, &journal](const Request& r) -> Result<Reply> {
            return give_out(room, journal, r);
        });
    one.parameters = {"for", "as", "paper"};
    one.reads_by_itself = true;
    return routes;
}

}  // namespace noroshi::respond::incident
