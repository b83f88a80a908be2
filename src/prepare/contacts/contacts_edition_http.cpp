// Editions, confirmations, and the pages behind the links of this room's mails. The table of routes
// stands last; contacts_http.cpp joins it.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/enum_to_string.hpp>

#include "edge/http/route.h"
#include "kernel/i18n/html.h"
#include "kernel/i18n/i18n.h"
#include "prepare/contacts/contacts_link.h"
#include "prepare/contacts/contacts_lists_view.h"
#include "prepare/contacts/contacts_scheme_view.h"
#include "prepare/contacts/contacts_view.h"
#include "prepare/council/council_approval_gate.h"
#include "prepare/council/council_view.h"

namespace noroshi::prepare::contacts {

using edge::http::Done;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Reply;
using edge::http::Request;
using edge::http::Route;
using edge::http::Routes;
using journal::Recorder;

namespace {

constexpr std::string_view base = "/api/prepare/contacts";

struct ChangeItem {
    ChangeKind kind = ChangeKind::post_changed;
    std::optional<OrganisationId> organisation;
    std::optional<PersonId> person;
    std::string flow;
    std::string field;
    std::string before;
    std::string after;
    bool hidden = false;  // what changed, but not from what to what
    std::string text;
};
BOOST_DESCRIBE_STRUCT(ChangeItem, (),
                      (kind, organisation, person, flow, field, before, after, hidden, text))
struct ReceiptItem {
    OrganisationId organisation;
    std::string name;
    std::optional<Instant> at;
    std::string person_name;
    std::optional<ConfirmedBy> by;
    bool own = false;  // the reader may confirm for it
};
BOOST_DESCRIBE_STRUCT(ReceiptItem, (), (organisation, name, at, person_name, by, own))
struct EditionItem {
    int number = 0;
    std::string title;
    std::string note;
    EditionState state = EditionState::proposed;
    std::string proposed_by;
    Instant proposed_at;
    std::string decided_by;
    std::optional<Instant> decided_at;
    std::string reason;
    std::string issued_by;
    std::optional<Instant> issued_at;
    std::size_t received = 0;
    std::size_t to_confirm = 0;
    std::vector<ReceiptItem> receipts;
    std::vector<ChangeItem> changes;  // since the edition issued before it
    bool may_approve = false;
    std::string approval_record;
};
BOOST_DESCRIBE_STRUCT(EditionItem, (),
                      (number, title, note, state, proposed_by, proposed_at, decided_by, decided_at,
                       reason, issued_by, issued_at, received, to_confirm, receipts, changes,
                       may_approve, approval_record))
// What would be the next edition.
struct DraftItem {
    std::string digest;
    std::optional<int> since;  // the edition it is compared with
    std::vector<ChangeItem> changes;
    std::size_t holes = 0;     // in the scheme
    std::size_t problems = 0;  // of lists and duty
};
BOOST_DESCRIBE_STRUCT(DraftItem, (), (digest, since, changes, holes, problems))
struct EditionItems {
    std::vector<EditionItem> items;  // newest first
    DraftItem draft;
    bool may_propose = false;
};
BOOST_DESCRIBE_STRUCT(EditionItems, (), (items, draft, may_propose))
struct ChangeItems {
    int from = 0;
    int to = 0;  // 0: as it stands now
    std::vector<ChangeItem> items;
};
BOOST_DESCRIBE_STRUCT(ChangeItems, (), (from, to, items))

struct ProposeBody {
    std::string title;
    std::optional<std::string> note;
    std::optional<std::string> digest;
};
BOOST_DESCRIBE_STRUCT(ProposeBody, (), (title, note, digest))
// What a sheet for approval is about: an edition's content stands since it was proposed.
std::string approval_record(int edition) { return "edition/" + std::to_string(edition); }

// Why it is issued before it was approved.
struct Urgency {
    std::optional<std::string> urgency;
};
BOOST_DESCRIBE_STRUCT(Urgency, (), (urgency))
struct RejectBody {
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(RejectBody, (), (reason))
struct ReceiptBody {
    OrganisationId organisation;
};
BOOST_DESCRIBE_STRUCT(ReceiptBody, (), (organisation))
struct Numbered {
    int number = 0;
};
BOOST_DESCRIBE_STRUCT(Numbered, (), (number))
struct Confirmed {
    PersonId person;
};
BOOST_DESCRIBE_STRUCT(Confirmed, (), (person))

std::string say(Language language, std::string_view key, const Arguments& arguments = {}) {
    return i18n::text(language, "prepare.contacts." + std::string(key), arguments);
}
template <class Enum>
std::string word(Enum value) {
    return boost::describe::enum_to_string(value, "");
}

// ---- differences ---------------------------------------------------------------------------

ChangeItem change_item(const Change& change, const EditionContent& before,
                       const EditionContent& after, const council::State& council,
                       const Reading& reading) {
    const auto language = reading.language;
    ChangeItem item;
    item.kind = change.kind;
    if (!change.organisation.empty()) item.organisation = change.organisation;
    item.person = change.person;
    item.flow = change.flow;
    item.field = change.field;
    item.before = change.before;
    item.after = change.after;
    if (change.kind == ChangeKind::contact_changed && change.person) {
        const auto* person = council.find(*change.person);
        item.hidden = person == nullptr || !may_see(reading.reader, *person, council);
        if (item.hidden) item.before = item.after = "";
    }
    const bool phone = change.field.ends_with("phone") || change.field == "mobile";
    const auto shown = [&](const std::string& value) {
        if (item.hidden) return say(language, "value_hidden");
        if (value.empty()) return say(language, "value_none");
        if (change.field == "standing") {
            const auto words = say(language, "import_standing_" + value);
            return words.substr(0, words.find('|'));
        }
        return phone ? readable(value) : value;
    };
    auto flow_name = change.flow;
    for (const auto* content : {&before, &after})
        for (const auto& flow : content->flows)
            if (flow.flow == change.flow) flow_name = flow.name;
    item.text = say(language, "change_" + word(change.kind),
                    {{"organisation", council.name_of(change.organisation, language)},
                     {"name", change.person ? council.name_of(*change.person, language) : ""},
                     {"other", council.name_of(change.other, language)},
                     {"flow", flow_name},
                     {"field", change.field.empty() ? "" : say(language, "field_" + change.field)},
                     {"before", shown(change.before)},
                     {"after", shown(change.after)}});
    return item;
}

std::vector<ChangeItem> change_items(const EditionContent& before, const EditionContent& after,
                                     const council::State& council, const Reading& reading) {
    std::vector<ChangeItem> out;
    for (const auto& one : changes_between(before, after))
        out.push_back(change_item(one, before, after, council, reading));
    return out;
}

// ---- editions ------------------------------------------------------------------------------

const EditionContent& issued_before(const State& state, int number) {
    static const EditionContent none;
    const EditionContent* out = &none;
    for (const auto& edition : state.editions())
        if (edition.number < number && edition.state == EditionState::issued)
            out = edition.content.get();
    return *out;
}

EditionItem edition_item(const Edition& edition, const State& state, const council::State& council,
                         const Reading& reading) {
    const auto name = [&](const PersonId& person) {
        return council.name_of(person, reading.language);
    };
    EditionItem item;
    item.number = edition.number;
    item.title = edition.title;
    item.note = edition.note;
    item.state = edition.state;
    item.proposed_by = name(edition.proposed_by);
    item.proposed_at = edition.proposed_at;
    item.decided_by = name(edition.decided_by);
    item.decided_at = edition.decided_at;
    item.reason = edition.reason;
    item.issued_by = name(edition.issued_by);
    item.issued_at = edition.issued_at;
    item.received = edition.receipts.size();
    item.to_confirm = edition.to_confirm.size();
    for (const auto& organisation : edition.to_confirm) {
        ReceiptItem receipt{
            organisation, council.name_of(organisation, reading.language), {}, {}, {}, false};
        if (const auto found = edition.receipts.find(organisation);
            found != edition.receipts.end()) {
            receipt.at = found->second.at;
            receipt.person_name = name(found->second.person);
            receipt.by = found->second.by;
        }
        receipt.own = std::ranges::find(reading.reader.viewer.organisations, organisation) !=
                      reading.reader.viewer.organisations.end();
        item.receipts.push_back(std::move(receipt));
    }
    item.changes =
        change_items(issued_before(state, edition.number), *edition.content, council, reading);
    item.approval_record = approval_record(edition.number);
    item.may_approve = may_change_scheme(council, reading.reader) &&
                       edition.state == EditionState::proposed &&
                       edition.proposed_by != reading.reader.person;
    return item;
}

Reading reading(const Contacts& contacts, const Request& request) {
    return {*request.principal, request.language, contacts.now()};
}

Result<> member(const Request& request) {
    if (request.principal->viewer.member) return {};
    return fail(ErrorKind::forbidden, "prepare.contacts.scheme_hidden");
}

Result<EditionItems> show_editions(const Contacts& contacts, const Request& request) {
    TRY(member(request));
    const auto& state = contacts.view();
    const auto& council = contacts.council().view();
    const auto read = reading(contacts, request);
    EditionItems out;
    for (const auto& edition : state.editions())
        out.items.insert(out.items.begin(), edition_item(edition, state, council, read));
    const auto content = state.content();
    out.draft.digest = digest_of(content);
    static const EditionContent none;
    const auto* last = state.edition_in_force();
    if (last != nullptr) out.draft.since = last->number;
    out.draft.changes =
        change_items(last == nullptr ? none : *last->content, content, council, read);
    out.draft.holes = scheme_item(state, council, read).holes.size();
    out.draft.problems = all_problems(state, council, read).items.size();
    out.may_propose = may_change_scheme(council, *request.principal);
    return out;
}

// Where the port manager's form lists editions, one has to be approved (決裁) before it is issued, or
// to be unable to wait. What else is wrong with it, issue_edition() says.
Result<> ask_for_approval(const Contacts& contacts, council::Approvals* approvals, int number,
                          const Request& request, Recorder& recorder) {
    const Principal& by = *request.principal;
    const auto& council = contacts.council().state();
    const auto* edition = contacts.state().find_edition(number);
    Urgency why;
    if (!request.body.empty()) {
        TRY_LET(why, json::from_text<Urgency>(request.body));
    }
    if (approvals == nullptr || edition == nullptr || edition->state != EditionState::approved ||
        !may_change_scheme(council, by))
        return {};
    return council::check_or_draft(*approvals, recorder, by,
                                   {council::speaks_for_port(council, by),
                                    council::ApprovalSubject::edition,
                                    approval_record(number),
                                    edition->title,
                                    edition->note,
                                    {},
                                    why.urgency.value_or("")});
}

Result<int> number_in(const Request& request) {
    int number = 0;
    for (const char c : request.capture("number")) {
        if (c < '0' || c > '9' || number > 1'000'000)
            return fail(ErrorKind::not_found, "prepare.contacts.unknown_edition");
        number = number * 10 + (c - '0');
    }
    return number;
}

Result<ChangeItems> show_changes(const Contacts& contacts, const Request& request) {
    TRY(member(request));
    TRY_LET(const auto to, number_in(request));
    TRY_LET(const auto from, request.number("from", 0, 0, 1'000'000));
    const auto& state = contacts.view();
    const auto* after = state.find_edition(to);
    const auto* before = state.find_edition(static_cast<int>(from));
    if (after == nullptr || (from != 0 && before == nullptr))
        return fail(ErrorKind::not_found, "prepare.contacts.unknown_edition");
    return ChangeItems{
        static_cast<int>(from), to,
        change_items(before == nullptr ? issued_before(state, to) : *before->content,
                     *after->content, contacts.council().view(), reading(contacts, request))};
}

Result<Numbered> confirm_receipt(Contacts& contacts, const Request& request,
                                 const ReceiptBody& body, Recorder& recorder) {
    TRY_LET(const auto number, number_in(request));
    const auto& own = request.principal->viewer.organisations;
    // Their own, or as told by telephone to whoever keeps the scheme.
    const bool is_own = std::ranges::find(own, body.organisation) != own.end();
    if (!is_own && !may_change_scheme(contacts.council().state(), *request.principal))
        return fail(ErrorKind::forbidden, "prepare.contacts.not_your_organisation");
    TRY(contacts.receive_edition(recorder, number, body.organisation, request.principal->person,
                                 is_own ? ConfirmedBy::signed_in : ConfirmedBy::on_behalf));
    return Numbered{number};
}

Result<Confirmed> confirm_contact(Contacts& contacts, const Request& request, Recorder& recorder) {
    const auto id = request.id<PersonTag>("person");
    if (const auto* person = contacts.council().state().find(id))
        TRY(may_change(*request.principal, *person));
    TRY(contacts.confirm(
        recorder, id,
        request.principal->person == id ? ConfirmedBy::signed_in : ConfirmedBy::on_behalf));
    return Confirmed{id};
}

// ---- the pages behind the links ------------------------------------------------------------

Reply page(int status, Language language, const std::string& title, const std::string& body) {
    Reply reply;
    reply.status = status;
    reply.content_type = "text/html; charset=utf-8";
    reply.headers = {{"Cache-Control", "no-store"}, {"X-Robots-Tag", "noindex"}};
    reply.body = "<!doctype html>\n<html lang=\"" + std::string(i18n::code_of(language)) +
                 "\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
                 "content=\"width=device-width, initial-scale=1\">\n<title>" +
                 i18n::escape_html(title) +
                 "</title>\n<link rel=\"stylesheet\" href=\"/c/page.css\">\n</head>\n<body>\n"
                 "<main>\n<h1>" +
                 i18n::escape_html(title) + "</h1>\n" + body + "</main>\n</body>\n</html>\n";
    return reply;
}
Reply bad_link(Language language) {
    return page(404, language, say(language, "page_bad_title"),
                "<p>" + i18n::escape_html(say(language, "page_bad")) + "</p>\n");
}

std::string button(Language language, std::string_view key) {
    return "<form method=\"post\" action=\"?\"><button type=\"submit\">" +
           i18n::escape_html(say(language, key)) + "</button></form>\n";
}

Result<Reply> show_page(const Contacts& contacts, const Request& request) {
    const auto link = open_link(request.capture("link"), contacts.installation_key());
    if (!link || link->expires <= contacts.now()) return bad_link(request.language);
    const auto& council = contacts.council().view();
    const auto* person = council.find(link->person);
    if (person == nullptr || person->erased) return bad_link(request.language);
    const auto language = person->language;
    const bool done = request.parameter("done").has_value();
    const auto status = [&](std::string_view key) {
        return "<p class=\"done\" role=\"status\">" + i18n::escape_html(say(language, key)) +
               "</p>\n";
    };
    std::string body;
    if (link->edition) {
        const auto* edition = contacts.view().find_edition(*link->edition);
        if (edition == nullptr || edition->state != EditionState::issued)
            return bad_link(request.language);
        const Arguments arguments{{"number", std::to_string(edition->number)},
                                  {"title", edition->title},
                                  {"organisation", council.name_of(link->organisation, language)}};
        body += "<p>" + i18n::escape_html(say(language, "page_receipt_lead", arguments)) + "</p>\n";
        const auto changes =
            changes_between(issued_before(contacts.view(), edition->number), *edition->content);
        body += "<p>" +
                i18n::escape_html(say(language, "page_receipt_changes",
                                      {{"n", std::to_string(changes.size())}})) +
                "</p>\n";
        body += done || edition->receipts.contains(link->organisation)
                    ? status("page_receipt_done")
                    : button(language, "page_receipt_button");
        return page(200, language, say(language, "page_receipt_title", arguments), body);
    }
    const auto* contact = contacts.view().find(link->person);
    if (contact == nullptr) return bad_link(request.language);
    body += "<p>" +
            i18n::escape_html(say(language, "page_confirm_lead", {{"name", person->name}})) +
            "</p>\n<dl>\n";
    const auto line = [&](std::string_view key, const std::string& value) {
        body += "<dt>" + i18n::escape_html(say(language, key)) + "</dt><dd>" +
                i18n::escape_html(value.empty() ? say(language, "mail_none") : value) + "</dd>\n";
    };
    line("page_email", contact->email);
    line("page_mobile", readable(contact->mobile));
    line("page_weekday_phone", readable(contact->weekday_phone));
    line("page_night_phone", readable(contact->night_phone));
    body += "</dl>\n";
    body += done ? status("page_confirm_done") : button(language, "page_confirm_button");
    body += "<p>" + i18n::escape_html(say(language, "page_confirm_wrong")) + "</p>\n";
    return page(200, language, say(language, "page_confirm_title"), body);
}

// Opening a link does nothing, because mail scanners open links: only the button confirms.
Result<journal::Answer> take_form(Contacts& contacts, const Request& request, Recorder& recorder) {
    const auto back = [&](std::string_view question) {
        return journal::Answer{
            303,
            {{"Location", "/c/" + std::string(request.capture("link")) + std::string(question)},
             {"Cache-Control", "no-store"}},
            "{}"};
    };
    const auto link = open_link(request.capture("link"), contacts.installation_key());
    if (!link || link->expires <= recorder.now()) return back("");
    const auto* person = contacts.council().state().find(link->person);
    if (person == nullptr || person->erased) return back("");
    const auto taken = link->edition
                           ? contacts.receive_edition(recorder, *link->edition, link->organisation,
                                                      link->person, ConfirmedBy::link)
                           : contacts.confirm(recorder, link->person, ConfirmedBy::link);
    return back(taken ? "?done=1" : "");
}

constexpr std::string_view style =
    R"css(:root { color-scheme: light dark; --text: #1a1a1a; --ground: #fff; --line: #949494; --act: #0017c1; --on: #fff; --done: #115a36 }
@media (prefers-color-scheme: dark) { :root { --text: #f2f2f2; --ground: #121212; --line: #767676; --act: #7096f8; --on: #121212; --done: #2cac6e } }
body { margin: 0; background: var(--ground); color: var(--text); font: 17px/1.7 "Noto Sans JP", "Noto Sans CJK JP", sans-serif }
main { max-width: 36rem; margin: 0 auto; padding: 16px; overflow-wrap: anywhere }
h1 { font-size: 1.4rem; line-height: 1.5 }
dl { border-top: 1px solid var(--line) } dt { padding-top: 8px; font-size: .9rem } dd { margin: 0; padding-bottom: 8px; border-bottom: 1px solid var(--line); font-weight: 700 }
button { font: inherit; font-weight: 700; min-height: 56px; width: 100%; border: 0; border-radius: 8px; background: var(--act); color: var(--on); cursor: pointer }
button:focus-visible { outline: 4px solid #000; outline-offset: 2px; box-shadow: 0 0 0 6px #ffd43d }
.done { border-left: 6px solid var(--done); padding-left: 12px; font-weight: 700 }
)css";

}  // namespace

// Joined by contacts_http.cpp.
Routes& add_edition_routes(Routes& routes, Contacts& contacts, council::Approvals* approvals) {
    const std::string root = std::string(base) + "/editions";
    const auto see = signed_in("prepare.contacts.see_editions");
    const auto decide = signed_in("prepare.contacts.issue_edition");
    routes.query<EditionItems>(
        root, see, "Editions of the contact scheme, and what would be the next one",
        [&contacts](const Request& request) { return show_editions(contacts, request); });
    routes
        .query<ChangeItems>(
            root + "/{number}/changes", see, "What is different from another edition (?from=)",
            [&contacts](const Request& request) { return show_changes(contacts, request); })
        .parameters = {"from"};
    routes
        .command<ProposeBody, Numbered>(
            Method::post, root, decide, "Propose the content as it stands as the next edition",
            [&contacts](const Request& request, const ProposeBody& body,
                        Recorder& recorder) -> Result<Done<Numbered>> {
                TRY_LET(
                    const auto number,
                    contacts.propose_edition(
                        recorder, {body.title, body.note.value_or(""), body.digest.value_or("")},
                        *request.principal));
                return Done<Numbered>{{number}, 201, {}, {}, {}};
            })
        .success_status = 201;
    routes.command<Nothing, Numbered>(
        Method::post, root + "/{number}/approve", decide, "Approve a proposed edition",
        [&contacts](const Request& request, const Nothing&,
                    Recorder& recorder) -> Result<Numbered> {
            TRY_LET(const auto number, number_in(request));
            TRY(contacts.approve_edition(recorder, number, *request.principal));
            return Numbered{number};
        });
    routes.command<RejectBody, Numbered>(
        Method::post, root + "/{number}/reject", decide, "Send a proposed edition back",
        [&contacts](const Request& request, const RejectBody& body,
                    Recorder& recorder) -> Result<Numbered> {
            TRY_LET(const auto number, number_in(request));
            TRY(contacts.reject_edition(recorder, number, body.reason, *request.principal));
            return Numbered{number};
        });
    // The body may be left out.
    routes
        .command<Nothing, Numbered>(
            Method::post, root + "/{number}/issue", decide,
            "Issue an approved edition and ask each organisation to confirm its receipt",
            [&contacts, approvals](const Request& request, const Nothing&,
                                   Recorder& recorder) -> Result<Numbered> {
                TRY_LET(const auto number, number_in(request));
                TRY(ask_for_approval(contacts, approvals, number, request, recorder));
                TRY(contacts.issue_edition(recorder, number, *request.principal));
                return Numbered{number};
            })
        .request_schema = boost::json::serialize(json::schema<Urgency>());
    routes.command<ReceiptBody, Numbered>(
        Method::post, root + "/{number}/receipts", signed_in("prepare.contacts.confirm_receipt"),
        "Confirm for an organisation that it has received an edition",
        [&contacts](const Request& request, const ReceiptBody& body, Recorder& recorder) {
            return confirm_receipt(contacts, request, body, recorder);
        });
    routes.command<Nothing, Confirmed>(
        Method::post, std::string(base) + "/{person}/confirmation",
        signed_in("prepare.contacts.confirm_contact"), "Confirm that a contact is right",
        [&contacts](const Request& request, const Nothing&, Recorder& recorder) {
            return confirm_contact(contacts, request, recorder);
        });

    const auto by_link = anyone("prepare.contacts.confirm_by_link");
    routes
        .query<Reply>("/c/{link}", by_link, "The page behind a link in a mail, without scripts",
                      [&contacts](const Request& request) { return show_page(contacts, request); })
        .answer_type = "text/html";
    routes
        .query<Reply>("/c/page.css", by_link, "Its style sheet",
                      [](const Request&) -> Result<Reply> {
                          return Reply{200,
                                       {{"Cache-Control", "max-age=3600"}},
                                       "text/css; charset=utf-8",
                                       std::string(style),
                                       nullptr};
                      })
        .answer_type = "text/css";
    Route form;
    form.method = Method::post;
    form.path = "/c/{link}";
    form.permission = by_link;
    form.summary = "The page's form";
    form.answer_type = "text/html";
    form.body_limit = 16 * 1024;
    form.success_status = 303;
    form.command = [&contacts](std::shared_ptr<const Request> request) -> Result<Route::Decide> {
        return Route::Decide{[&contacts, request = std::move(request)](Recorder& recorder) {
            return take_form(contacts, *request, recorder);
        }};
    };
    routes.add(std::move(form));
    return routes;
}

}  // namespace noroshi::prepare::contacts
