// Import and export. The table of routes stands last; contacts_http.cpp joins it.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/enum_to_string.hpp>

#include "edge/document/pdf.h"
#include "edge/document/sheet.h"
#include "edge/document/vcard.h"
#include "edge/http/route.h"
#include "kernel/i18n/i18n.h"
#include "kernel/i18n/line.h"
#include "prepare/contacts/contacts_import.h"
#include "prepare/contacts/contacts_lists_view.h"
#include "prepare/contacts/contacts_view.h"
#include "prepare/council/council_view.h"

namespace noroshi::prepare::contacts {

using edge::http::Method;
using edge::http::Nothing;
using edge::http::Reply;
using edge::http::Request;
using edge::http::Route;
using edge::http::Routes;
using journal::Recorder;

namespace {

namespace document = edge::document;

constexpr std::string_view base = "/api/prepare/contacts";
constexpr std::size_t import_limit = 10U << 20;

struct DifferenceItem {
    ImportField field = ImportField::name;
    std::string label;
    std::string before;
    std::string after;
};
BOOST_DESCRIBE_STRUCT(DifferenceItem, (), (field, label, before, after))
struct ImportedRow {
    ImportAction action = ImportAction::same;
    std::string sheet;
    std::size_t row = 0;
    OrganisationId organisation;
    std::string organisation_name;
    std::string name;
    Standing standing = Standing::principal;
    std::vector<DifferenceItem> differences;
};
BOOST_DESCRIBE_STRUCT(ImportedRow, (),
                      (action, sheet, row, organisation, organisation_name, name, standing,
                       differences))
struct RefusedRow {
    std::string file;
    std::string sheet;
    std::size_t row = 0;
    std::string column;
    std::string value;
    std::string key;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(RefusedRow, (), (file, sheet, row, column, value, key, text))
struct Imported {
    bool done = false;  // false: only looked at
    std::size_t added = 0;
    std::size_t changed = 0;
    std::size_t same = 0;
    std::size_t refused = 0;
    std::size_t lists = 0;  // whose order or posts change
    std::vector<ImportedRow> rows;
    std::vector<RefusedRow> problems;
    std::vector<std::string> ignored_columns;
};
BOOST_DESCRIBE_STRUCT(Imported, (),
                      (done, added, changed, same, refused, lists, rows, problems, ignored_columns))

std::string say(Language language, std::string_view key, const Arguments& arguments = {}) {
    return i18n::text(language, "prepare.contacts." + std::string(key), arguments);
}
template <class Enum>
std::string word(Enum value) {
    return boost::describe::enum_to_string(value, "");
}
// The first of the words that mean a heading or a value.
std::string heading(Language language, std::string_view key) {
    auto text = say(language, key);
    return text.substr(0, text.find('|'));
}

// ---- reading -------------------------------------------------------------------------------

void take(ImportRows& into, ImportRows more) {
    std::ranges::move(more.rows, std::back_inserter(into.rows));
    std::ranges::move(more.problems, std::back_inserter(into.problems));
    for (auto& one : more.ignored)
        if (std::ranges::find(into.ignored, one) == into.ignored.end())
            into.ignored.push_back(std::move(one));
}

ImportRow row_of(const document::VCard& card, const std::string& file) {
    ImportRow row{file, "", card.line, {}};
    const auto put = [&](ImportField field, const std::string& text) {
        if (!text.empty()) row.cells.emplace(field, ImportCell{text, "", false});
    };
    put(ImportField::name, card.name);
    put(ImportField::kana, card.kana);
    put(ImportField::organisation, card.organisation);
    put(ImportField::department, card.department);
    put(ImportField::title, card.title);
    if (!card.emails.empty()) put(ImportField::email, card.emails.front());
    for (const auto& phone : card.phones) {
        if (phone.fax) continue;
        // The first of each kind; one that says nothing of itself is an office's.
        put(phone.mobile ? ImportField::mobile
            : phone.home ? ImportField::night_phone
                         : ImportField::weekday_phone,
            phone.number);
    }
    put(ImportField::language, card.language.substr(0, 2));
    return row;
}

bool is_cards(std::string_view name, std::string_view bytes) {
    if (name.ends_with(".vcf") || name.ends_with(".VCF")) return true;
    const auto start = bytes.substr(0, 200);
    return start.contains("BEGIN:VCARD") || start.contains("begin:vcard");
}

Result<ImportRows> rows_in(const std::string& name, std::string_view bytes) {
    ImportRows out;
    if (is_cards(name, bytes)) {
        TRY_LET(const auto cards, document::read_vcards(bytes));
        for (const auto& card : cards.cards) out.rows.push_back(row_of(card, name));
        for (const auto line : cards.broken)
            out.problems.push_back(
                {name, "", line, "", "",
                 Error{ErrorKind::invalid, "prepare.contacts.import_card_broken", {}, {}}});
        return out;
    }
    TRY_LET(const auto sheets, document::read_sheets(bytes));
    for (const auto& sheet : sheets) {
        if (sheet.hidden) continue;  // what nobody sees in Excel, nobody means
        std::vector<TableRow> table;
        for (const auto& row : sheet.rows) {
            TableRow to{row.number, {}};
            for (const auto& cell : row.cells)
                to.cells.push_back({cell.text, cell.kind == document::CellKind::number});
            table.push_back(std::move(to));
        }
        take(out, rows_of_table(name, sheet.name, table));
    }
    return out;
}

Imported told(const ImportPlan& plan, const council::State& council, Language language) {
    Imported out;
    out.added = plan.count(ImportAction::add);
    out.changed = plan.count(ImportAction::change);
    out.same = plan.count(ImportAction::same);
    out.refused = plan.problems.size();
    out.lists = plan.lists.size();
    out.ignored_columns = plan.ignored;
    for (const auto& row : plan.rows) {
        ImportedRow item{row.action,
                         row.sheet,
                         row.row,
                         row.organisation,
                         council.name_of(row.organisation, language),
                         row.name,
                         row.post.standing,
                         {}};
        for (const auto& one : row.differences)
            item.differences.push_back({one.field,
                                        heading(language, "import_header_" + word(one.field)),
                                        one.before, one.after});
        out.rows.push_back(std::move(item));
    }
    for (const auto& one : plan.problems) {
        // Where it is, in words: file, sheet, row, column.
        auto place = one.file;
        if (!one.sheet.empty()) place += say(language, "import_at_sheet", {{"sheet", one.sheet}});
        if (one.row > 0)
            place += say(language, "import_at_row", {{"row", std::to_string(one.row)}});
        if (!one.column.empty())
            place += say(language, "import_at_column", {{"column", one.column}});
        out.problems.push_back(
            {one.file, one.sheet, one.row, one.column, one.value, one.error.key,
             say(language, "import_problem",
                 {{"place", place}, {"what", i18n::text(language, one.error)}})});
    }
    return out;
}

Result<journal::Answer> take_over(Contacts& contacts, const Request& request,
                                  const ImportRows& rows, Recorder& recorder) {
    const auto plan =
        plan_import(contacts.council().state(), contacts.state(), rows,
                    {*request.principal, contacts.state().calendar().day_of(recorder.now())});
    auto answer = told(plan, contacts.council().state(), request.language);
    if (request.parameter("dry_run").value_or("yes") == "no") {
        TRY(contacts.take_over(recorder, plan));
        answer.done = true;
    }
    return journal::Answer{200, {}, json::to_text(answer)};
}

Route import_route(Contacts& contacts) {
    Route route;
    route.method = Method::post;
    route.path = std::string(base) + "/imports";
    route.permission = signed_in("prepare.contacts.import_contacts");
    route.summary =
        "Take over a contact list: CSV, Excel or vCard as the raw body (?name=); it is only looked "
        "at, unless dry_run=no";
    route.body_limit = import_limit;
    route.parameters = {"name", "dry_run"};
    route.request_type = "application/octet-stream";
    route.answer_schema = boost::json::serialize(json::schema<Imported>());
    route.command = [&contacts](std::shared_ptr<const Request> request) -> Result<Route::Decide> {
        const auto dry_run = request->parameter("dry_run").value_or("yes");
        if (dry_run != "yes" && dry_run != "no")
            return fail(ErrorKind::invalid, "edge.http.parameter",
                        {{"name", "dry_run"}, {"value", std::string(dry_run)}});
        TRY_LET(const auto name,
                i18n::line(request->parameter("name").value_or(""), 200, "", i18n::Empty::allowed));
        // Before the journal's thread is asked: a large workbook takes a while.
        TRY_LET(auto rows, rows_in(name, request->body));
        return Route::Decide{
            [&contacts, request = std::move(request), rows = std::move(rows)](Recorder& recorder) {
                return take_over(contacts, *request, rows, recorder);
            }};
    };
    return route;
}

// ---- writing -------------------------------------------------------------------------------

constexpr std::array columns{
    std::pair{ImportField::organisation, 26.0}, std::pair{ImportField::department, 18.0},
    std::pair{ImportField::title, 12.0},        std::pair{ImportField::name, 24.0},
    std::pair{ImportField::kana, 20.0},         std::pair{ImportField::standing, 9.0},
    std::pair{ImportField::order, 6.0},         std::pair{ImportField::email, 32.0},
    std::pair{ImportField::mobile, 16.0},       std::pair{ImportField::weekday_phone, 16.0},
    std::pair{ImportField::night_phone, 16.0},  std::pair{ImportField::language, 8.0},
    std::pair{ImportField::channels, 18.0},     std::pair{ImportField::id, 30.0}};

std::string cell_of(ImportField field, const ListItem& list, const PostItem& post,
                    std::size_t order, const council::State& council, Language language) {
    switch (field) {
    case ImportField::id: return post.person.text;
    case ImportField::organisation: return list.name;
    case ImportField::department: return post.department;
    case ImportField::title: return post.title;
    case ImportField::name: return post.name;
    case ImportField::kana: {
        const auto* person = council.find(post.person);
        return person == nullptr ? "" : person->kana;
    }
    case ImportField::standing: return heading(language, "import_standing_" + word(post.standing));
    case ImportField::order: return std::to_string(order);
    case ImportField::email: return post.email;
    case ImportField::mobile: return readable(post.mobile);
    case ImportField::weekday_phone: return readable(post.weekday_phone);
    case ImportField::night_phone: return readable(post.night_phone);
    case ImportField::language: return heading(language, "import_language_" + word(post.language));
    case ImportField::channels: {
        std::string out;
        for (const auto channel : post.channels)
            out += (out.empty() ? "" : ",") + heading(language, "import_channel_" + word(channel));
        return out;
    }
    }
    return {};
}

struct Exported {
    document::Sheet sheet;
    std::size_t hidden = 0;  // people whose numbers are kept back
};
// As the reader may see it. What is kept back is empty, so that it changes nothing when the file
// comes back.
Exported exported(const Contacts& contacts, const Request& request) {
    const auto language = request.language;
    const auto& council = contacts.council().view();
    const Reading reading{*request.principal, language, contacts.now()};
    Exported out;
    out.sheet.name = say(language, "export_title");
    out.sheet.above = std::string(label_of(Tlp::amber_strict));
    out.sheet.below =
        say(language, "printed_at",
            {{"at", format_for_people(reading.now, contacts.options().zone, language)},
             {"name", request.principal->name}});
    out.sheet.paper = document::SheetPaper::a3_landscape;
    for (const auto& [field, width] : columns)
        out.sheet.columns.push_back({heading(language, "import_header_" + word(field)), width});
    for (const auto& list : all_lists(contacts.view(), council, reading).items) {
        std::size_t order = 0;
        for (const auto& post : list.posts) {
            if (!post.in_force) continue;
            ++order;
            if (post.numbers_hidden) ++out.hidden;
            std::vector<document::Cell> row;
            for (const auto& [field, width] : columns)
                row.emplace_back(cell_of(field, list, post, order, council, language));
            out.sheet.rows.push_back(std::move(row));
        }
    }
    return out;
}

Reply file(std::string bytes, std::string type, std::string_view name) {
    Reply reply;
    reply.content_type = std::move(type);
    reply.headers = {{"Content-Disposition", "attachment; filename=\"" + std::string(name) + "\""},
                     {"Cache-Control", "private, no-store"}};
    reply.body = std::move(bytes);
    return reply;
}

Result<Reply> export_csv(const Contacts& contacts, const Request& request) {
    const auto table = contacts.journal().read([&] { return exported(contacts, request); });
    return file(document::write_csv(table.sheet), "text/csv; charset=utf-8", "contacts.csv");
}

Result<Reply> export_xlsx(const Contacts& contacts, const Request& request) {
    const auto table = contacts.journal().read([&] { return exported(contacts, request); });
    TRY_LET(auto bytes, document::write_xlsx({table.sheet}, contacts.now()));
    return file(std::move(bytes),
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                "contacts.xlsx");
}

Result<Reply> export_pdf(const Contacts& contacts, const Request& request) {
    const auto table = contacts.journal().read([&] { return exported(contacts, request); });
    document::Table printed{.size_pt = 8};
    // Without the identifier, which is for the file that comes back.
    for (std::size_t i = 0; i + 1 < table.sheet.columns.size(); ++i)
        printed.columns.push_back({table.sheet.columns[i].title, table.sheet.columns[i].width});
    for (const auto& row : table.sheet.rows) {
        document::Row to;
        for (std::size_t i = 0; i + 1 < row.size(); ++i)
            to.cells.push_back(std::get<std::string>(row[i]));
        printed.rows.push_back(std::move(to));
    }
    std::vector<document::Block> blocks{std::move(printed)};
    if (table.hidden > 0)
        blocks.emplace_back(document::Paragraph{
            say(request.language, "export_hidden", {{"n", std::to_string(table.hidden)}})});
    TRY_LET(auto pdf, document::print({.paper = document::Paper::a3_landscape,
                                       .title = table.sheet.name,
                                       .label = table.sheet.above,
                                       .footer = table.sheet.below,
                                       .made_at = contacts.now()},
                                      blocks));
    return file(std::move(pdf.bytes), "application/pdf", "contacts.pdf");
}

}  // namespace

// Joined by contacts_http.cpp.
Routes& add_import_routes(Routes& routes, Contacts& contacts) {
    routes.add(import_route(contacts));
    const auto see = signed_in("prepare.contacts.export_contacts");
    const auto add = [&](std::string_view name, std::string_view type, std::string_view summary,
                         auto handler) {
        auto& route = routes.query<Reply>(
            std::string(base) + std::string(name), see, std::string(summary),
            [&contacts, handler](const Request& request) { return handler(contacts, request); });
        route.answer_type = type;
        route.reads_by_itself = true;
    };
    add("/export.csv", "text/csv", "The contact list as CSV", export_csv);
    add("/export.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "The contact list as an Excel workbook", export_xlsx);
    add("/export.pdf", "application/pdf", "The contact list as PDF", export_pdf);
    return routes;
}

}  // namespace noroshi::prepare::contacts
