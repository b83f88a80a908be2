// 送信票: a call-out on paper, for whom no channel reaches and a FAX stands in the office. Large type, boxes to
// tick, a number to call back and the short code; what is entered afterwards is who sent it and when.

#include <optional>
#include <string>
#include <vector>

#include "edge/document/pdf.h"
#include "edge/http/route.h"
#include "kernel/i18n/i18n.h"
#include "prepare/contacts/contacts.h"
#include "prepare/contacts/contacts_lists_view.h"
#include "prepare/contacts/contacts_view.h"
#include "respond/callout/callout.h"
#include "respond/callout/callout_letter.h"
#include "respond/callout/callout_view.h"

namespace noroshi::respond::callout {

using edge::http::Method;
using edge::http::Reply;
using edge::http::Request;
using edge::http::Routes;
namespace document = edge::document;

namespace {

constexpr std::size_t sheets_limit = 200;

std::string say(Language language, std::string_view key, const Arguments& arguments = {}) {
    return i18n::text(language, "respond.callout.sheet." + std::string(key), arguments);
}

struct Sheet {
    Letter letter;
    std::string call_back;  // telephone number; may be empty
};

// `people` empty: everybody whom no channel reaches and who has not answered.
Result<std::vector<Sheet>> sheets_of(const Callout& room, const Request& request,
                                     const std::optional<PersonId>& person) {
    const auto* callout = room.view().find(request.id<CalloutTag>("callout"));
    if (callout == nullptr || !may_see(request.principal->viewer, *callout->visibility))
        return fail(ErrorKind::not_found, "respond.callout.unknown");
    if (person && callout->find(*person) == nullptr)
        return fail(ErrorKind::not_found, "respond.callout.not_addressed");
    // The desk of whoever calls: staffed when the sheet comes back.
    const prepare::contacts::State& contacts = room.contacts().view();
    const auto desk = contacts.list(callout->raised.organisation);
    std::vector<Sheet> sheets;
    for (const auto& one : callout->addressees) {
        if (person ? one.who.person != *person : one.state() != AddresseeState::failed) continue;
        const Language language = room.language_of(one.who.person);
        Letter letter;
        letter.language = language;
        letter.zone = room.options().zone;
        letter.drill = !callout->world.is_live();
        letter.tlp = callout->visibility->tlp;
        letter.subject = callout->raised.subject.value_or("");
        letter.text = callout->raised.text;
        for (const auto& text : callout->planned.texts)
            if (text.language == language) {
                letter.subject = text.subject.value_or("");
                letter.text = text.text;
            }
        letter.incident_title =
            room.title_for(one.who.person, callout->raised.incident, *callout->visibility);
        letter.to_name = room.view().name_of(one.who.person, language);
        letter.to_organisation = room.view().name_of(one.who.organisation, language);
        letter.from_name = room.view().name_of(callout->raised_by, language);
        letter.from_organisation = room.view().name_of(callout->raised.organisation, language);
        letter.raised_at = callout->raised_at;
        letter.answer_until = callout->raised.expires_at;
        letter.code = callout->planned.code;
        const auto& number = desk.night_phone.empty() ? desk.weekday_phone : desk.night_phone;
        sheets.push_back({std::move(letter),
                          number.empty() ? std::string() : prepare::contacts::readable(number)});
        if (sheets.size() == sheets_limit) break;
    }
    if (sheets.empty()) return fail(ErrorKind::not_found, "respond.callout.no_sheets");
    return sheets;
}

void add_sheet(std::vector<document::Block>& blocks, const Sheet& sheet) {
    const Letter& letter = sheet.letter;
    const Language language = letter.language;
    blocks.emplace_back(document::Heading{say(language, "title"), 1});
    document::Table head{.columns = {{"", 1}, {"", 3}}, .size_pt = 12, .head = false};
    auto line = [&](std::string_view key, std::string value) {
        head.rows.push_back({{say(language, key), std::move(value)}});
    };
    line("to", say(language, "to_name",
                   {{"name", letter.to_name}, {"organisation", letter.to_organisation}}));
    line("from", letter.from_organisation + "  " + letter.from_name);
    line("at", format_for_people(letter.raised_at, letter.zone, language));
    line("until", format_for_people(letter.answer_until, letter.zone, language));
    if (!sheet.call_back.empty()) line("call_back", sheet.call_back);
    blocks.emplace_back(std::move(head));
    blocks.emplace_back(document::Space{6});
    blocks.emplace_back(document::Paragraph{heading_of(letter), 20, true});
    blocks.emplace_back(document::Space{2});
    blocks.emplace_back(document::Paragraph{letter.text, 15});
    blocks.emplace_back(document::Space{8});
    blocks.emplace_back(document::Paragraph{say(language, "please"), 13, true});
    // Boxes large enough for a thick pen on what a FAX leaves of them.
    document::Table answers{.columns = {{say(language, "tick"), 1, document::Align::centre},
                                        {say(language, "answer"), 7}},
                            .size_pt = 16,
                            .least_row_mm = 14};
    for (const char* one : {"coming", "cannot", "substitute"})
        answers.rows.push_back({{"□", say(language, one)}});
    blocks.emplace_back(std::move(answers));
    document::Table signature{
        .columns = {{"", 1}, {"", 3}}, .size_pt = 12, .least_row_mm = 12, .head = false};
    signature.rows.push_back({{say(language, "signature"), ""}});
    blocks.emplace_back(std::move(signature));
    blocks.emplace_back(document::Space{4});
    blocks.emplace_back(
        document::Paragraph{say(language, sheet.call_back.empty() ? "back_without_number" : "back",
                                {{"number", sheet.call_back}, {"code", letter.code}}),
                            13});
}

Result<Reply> print(const Callout& room, const Request& request,
                    const std::optional<PersonId>& person) {
    TRY_LET(const auto sheets,
            room.journal().read([&] { return sheets_of(room, request, person); }));
    std::vector<document::Block> blocks;
    for (const auto& sheet : sheets) {
        if (!blocks.empty()) blocks.emplace_back(document::PageBreak{});
        add_sheet(blocks, sheet);
    }
    const auto& first = sheets.front().letter;
    document::PageSetup setup;
    setup.title = say(first.language, "running");
    setup.label = label_of(first.tlp);
    if (first.drill) setup.stamp = i18n::text(first.language, "respond.callout.mail.drill_stamp");
    setup.footer = say(first.language, "printed",
                       {{"at", format_for_people(room.now(), first.zone, first.language)}});
    setup.made_at = room.now();
    TRY_LET(auto pdf, document::print(setup, blocks));
    Reply reply;
    reply.content_type = "application/pdf";
    reply.headers = {{"Cache-Control", "private, no-store"},
                     {"Content-Disposition", "inline; filename=\"callout-sheets.pdf\""}};
    reply.body = std::move(pdf.bytes);
    return reply;
}

struct SheetKept {
    CalloutId callout;
    PersonId person;
};
BOOST_DESCRIBE_STRUCT(SheetKept, (), (callout, person))

}  // namespace

// Called by add_routes in callout_http.cpp.
Routes& add_sheet_routes(Routes& routes, Callout& room) {
    const std::string base = "/api/respond/callout/callouts/{callout}/sheets";
    // A sheet says nothing that the board does not, hence whoever sees the board may print it.
    const auto prints = signed_in("respond.callout.read");
    auto& all =
        routes.query<Reply>(base, prints, "FAX sheets (PDF) for everybody whom no channel reaches",
                            [&room](const Request& request) { return print(room, request, {}); });
    all.answer_type = "application/pdf";
    all.reads_by_itself = true;
    auto& one =
        routes.query<Reply>(base + "/{person}", prints, "The FAX sheet (PDF) for one person",
                            [&room](const Request& request) {
                                return print(room, request, request.id<PersonTag>("person"));
                            });
    one.answer_type = "application/pdf";
    one.reads_by_itself = true;
    routes.command<SheetRequest, SheetKept>(
        Method::post, base + "/{person}",
        by_roles("respond.callout.send_sheet", roles_that_answer_on_behalf()),
        "A sheet was sent by hand: when, and by whom",
        [&room](const Request& request, const SheetRequest& in,
                journal::Recorder& recorder) -> Result<SheetKept> {
            const auto callout = request.id<CalloutTag>("callout");
            const auto person = request.id<PersonTag>("person");
            TRY(room.send_sheet(recorder, callout, person, in, *request.principal));
            return SheetKept{callout, person};
        });
    return routes;
}

}  // namespace noroshi::respond::callout
