#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "edge/document/pdf.h"
#include "edge/http/route.h"
#include "kernel/i18n/i18n.h"
#include "prepare/council/council_approval.h"
#include "prepare/council/council_approval_gate.h"
#include "prepare/council/council_view.h"

namespace noroshi::prepare::council {

namespace document = edge::document;
using edge::http::Done;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Reply;
using edge::http::Request;
using edge::http::Routes;
using journal::Recorder;

namespace {

using namespace std::string_view_literals;

struct Made {
    std::string id;
};
BOOST_DESCRIBE_STRUCT(Made, (), (id))

struct FormBody {
    std::vector<ApprovalBox> boxes;
    std::vector<DecidedIn> decided_in;
};
BOOST_DESCRIBE_STRUCT(FormBody, (), (boxes, decided_in))
struct AskBody {
    static constexpr auto defaulted = std::array{"subject"sv, "text"sv};
    std::optional<OrganisationId> organisation;  // one's own, if not given
    ApprovalSubject subject = ApprovalSubject::other;
    std::optional<std::string> record;
    std::string title;
    std::string text;
    std::optional<Instant> done_at;
    std::optional<std::string> urgency;
};
BOOST_DESCRIBE_STRUCT(AskBody, (), (organisation, subject, record, title, text, done_at, urgency))
struct StampBody {
    std::optional<std::uint32_t> box;
    std::optional<std::string> absence;
    std::optional<std::string> remark;
};
BOOST_DESCRIBE_STRUCT(StampBody, (), (box, absence, remark))
struct ReviewBody {
    std::uint32_t box = 0;
    std::optional<std::string> remark;
};
BOOST_DESCRIBE_STRUCT(ReviewBody, (), (box, remark))
struct ReturnBody {
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(ReturnBody, (), (reason))

struct DeputyItem {
    PersonId person;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(DeputyItem, (), (person, name))
struct BoxItem {
    std::string name;
    std::string name_en;
    std::optional<PersonId> holder;
    std::string holder_name;
    std::vector<DeputyItem> deputies;
};
BOOST_DESCRIBE_STRUCT(BoxItem, (), (name, name_en, holder, holder_name, deputies))
struct FormItem {
    OrganisationId organisation;
    std::vector<BoxItem> boxes;
    std::vector<DecidedIn> decided_in;
};
BOOST_DESCRIBE_STRUCT(FormItem, (), (organisation, boxes, decided_in))

// Absent sheet: nobody drafted one.
struct NeedItem {
    bool needed = false;
    std::string box;  // that decides
    std::optional<std::string> sheet;
    std::optional<std::uint32_t> number;
    std::optional<ApprovalState> state;
    bool goes_ahead = false;  // nothing is in the way: not needed, decided, or under way afterwards
};
BOOST_DESCRIBE_STRUCT(NeedItem, (), (needed, box, sheet, number, state, goes_ahead))

struct StepItem {
    std::string box;
    std::string holder;
    std::string by;  // who stamped it
    std::optional<Instant> at;
    bool as_deputy = false;
    std::string absence;
    std::string remark;
    bool passed_over = false;
    bool owes_review = false;
    std::optional<Instant> reviewed_at;
    std::string review_remark;
    bool decides = false;
    bool above = false;  // not asked: it is decided further down
    bool may_stamp = false;
    bool may_review = false;
};
BOOST_DESCRIBE_STRUCT(StepItem, (),
                      (box, holder, by, at, as_deputy, absence, remark, passed_over, owes_review,
                       reviewed_at, review_remark, decides, above, may_stamp, may_review))
struct ApprovalItem {
    std::string id;
    OrganisationId organisation;
    std::uint32_t number = 0;
    ApprovalSubject subject = ApprovalSubject::other;
    std::string record;
    std::string title;
    std::string text;
    ApprovalState state = ApprovalState::waiting;
    bool delegated = false;
    std::string drafted_by;
    Instant drafted_at;
    std::optional<Instant> done_at;
    std::string urgency;
    std::optional<Instant> ended_at;
    std::string returned_by;
    std::string reason;
    std::vector<StepItem> steps;
    bool own = false;
    bool waits_for_me = false;
};
BOOST_DESCRIBE_STRUCT(ApprovalItem, (),
                      (id, organisation, number, subject, record, title, text, state, delegated,
                       drafted_by, drafted_at, done_at, urgency, ended_at, returned_by, reason,
                       steps, own, waits_for_me))
struct ApprovalItems {
    std::vector<ApprovalItem> items;
    bool has_form = false;
};
BOOST_DESCRIBE_STRUCT(ApprovalItems, (), (items, has_form))

std::string say(Language language, std::string_view key, const Arguments& arguments = {}) {
    return i18n::text(language, "prepare.council.approval_" + std::string(key), arguments);
}
std::string box_name(const ApprovalBox& box, Language language) {
    return language == Language::en && !box.name_en.empty() ? box.name_en : box.name;
}

FormItem form_item(const ApprovalForm& form, const View& council, Language language) {
    FormItem out{form.organisation, {}, form.decided_in};
    for (const auto& box : form.boxes) {
        BoxItem item{box.name,
                     box.name_en,
                     box.holder,
                     box.holder ? council.name_of(*box.holder, language) : "",
                     {}};
        for (const auto& one : box.deputies)
            item.deputies.push_back({one, council.name_of(one, language)});
        out.boxes.push_back(std::move(item));
    }
    return out;
}

ApprovalItem item_of(const Approval& one, const View& council, const Principal& reader,
                     Language language) {
    const auto name = [&](const PersonId& person) { return council.name_of(person, language); };
    ApprovalItem out{one.id,
                     one.organisation,
                     one.number,
                     one.subject,
                     one.record,
                     one.title,
                     one.text,
                     one.state,
                     one.is_delegated(),
                     name(one.drafted_by),
                     one.drafted_at,
                     one.done_at,
                     one.urgency,
                     one.ended_at,
                     one.returned_by.empty() ? "" : name(one.returned_by),
                     one.reason,
                     {},
                     one.drafted_by == reader.person,
                     one.waits_for(reader.person)};
    const auto stampable = one.stampable_by(reader.person);
    for (std::size_t i = 0; i < one.steps.size(); ++i) {
        const auto& step = one.steps[i];
        StepItem item;
        item.box = box_name(step.box, language);
        if (step.box.holder) item.holder = name(*step.box.holder);
        if (step.stamp) {
            item.by = name(step.stamp->by);
            item.at = step.stamp->at;
            item.as_deputy = step.stamp->as_deputy;
            item.absence = step.stamp->absence;
            item.remark = step.stamp->remark;
        }
        for (std::size_t above = i + 1; above <= one.decides && !step.stamp; ++above)
            item.passed_over = item.passed_over || one.steps[above].stamp.has_value();
        item.owes_review = one.owes_review(i);
        if (step.review) {
            item.reviewed_at = step.review->at;
            item.review_remark = step.review->remark;
        }
        item.decides = i == one.decides;
        item.above = i > one.decides;
        item.may_stamp = stampable == i;
        item.may_review = item.owes_review && step.box.holder == reader.person;
        out.steps.push_back(std::move(item));
    }
    return out;
}

OrganisationId organisation_in(const Request& request) {
    const auto asked = request.parameter("organisation").value_or("");
    return asked.empty() ? request.principal->organisation : OrganisationId{std::string(asked)};
}

Result<ApprovalItems> list(const Approvals& approvals, const Request& request) {
    const auto organisation = organisation_in(request);
    if (!belongs_to(*request.principal, organisation)) return ApprovalItems{};
    const bool only_mine = request.parameter("waiting").value_or("") == "me";
    ApprovalItems out{{}, approvals.view().form_of(organisation) != nullptr};
    for (const auto* one : approvals.view().of(organisation))
        if (!only_mine || one->waits_for(request.principal->person))
            out.items.push_back(
                item_of(*one, approvals.council().view(), *request.principal, request.language));
    return out;
}

Result<const Approval*> visible(const Approvals& approvals, const Request& request) {
    const auto* one = approvals.view().find(std::string(request.capture("approval")));
    if (one == nullptr || !belongs_to(*request.principal, one->organisation))
        return fail(ErrorKind::not_found, "prepare.council.approval_unknown");
    return one;
}

Result<NeedItem> need(const Approvals& approvals, const Request& request) {
    ApprovalSubject subject = ApprovalSubject::other;
    if (!json::from_name(request.parameter("subject").value_or(""), subject))
        return invalid("prepare.council.approval_no_such_subject", "/subject");
    const auto& council = approvals.council();
    // Notices and editions are the port's; the rest is of whoever asks.
    const bool of_the_port =
        subject == ApprovalSubject::notice || subject == ApprovalSubject::edition;
    const auto organisation = of_the_port ? speaks_for_port(council.view(), *request.principal)
                                          : organisation_in(request);
    NeedItem item;
    item.goes_ahead = true;
    if (!belongs_to(*request.principal, organisation)) return item;
    const auto found = need_of(approvals.view(), organisation, subject,
                               std::string(request.parameter("record").value_or("")));
    item.needed = found.box != nullptr;
    item.goes_ahead = found.goes_ahead();
    if (found.box != nullptr) item.box = box_name(*found.box, request.language);
    if (found.sheet != nullptr) {
        item.sheet = found.sheet->id;
        item.number = found.sheet->number;
        item.state = found.sheet->state;
    }
    return item;
}

Result<FormItem> show_form(const Approvals& approvals, const Request& request) {
    const OrganisationId organisation{std::string(request.capture("organisation"))};
    if (!belongs_to(*request.principal, organisation))
        return fail(ErrorKind::forbidden, "prepare.council.approval_not_yours");
    const auto* form = approvals.view().form_of(organisation);
    if (form == nullptr) return FormItem{organisation, {}, {}};
    return form_item(*form, approvals.council().view(), request.language);
}

// ---- the sheet for the file ----------------------------------------------------------------

// Boxes as they hang on a Japanese sheet: who decides left, the drafter right; room for a seal, and
// in it what stands there already.
document::Table boxes_of(const ApprovalItem& item, Language language, const std::string& zone) {
    document::Table table{.size_pt = 9, .least_row_mm = 22};
    document::Row row;
    const auto day = [&](Instant at) { return format_for_people(at, zone, language); };
    for (auto step = item.steps.rbegin(); step != item.steps.rend(); ++step) {
        const std::string mark =
            step->decides && item.delegated ? say(language, "mark_delegated") : "";
        table.columns.push_back({step->box + mark, 1, document::Align::centre});
        std::string in;
        if (step->above) {
            in = "／";
        } else if (step->at) {
            in = (step->as_deputy ? say(language, "mark_deputy") + " " : "") + step->by + "\n" +
                 day(*step->at);
        } else if (step->passed_over) {
            in = say(language, "mark_passed");
        }
        if (step->reviewed_at)
            in += "\n" + say(language, "mark_reviewed") + " " + step->holder + "\n" +
                  day(*step->reviewed_at);
        else if (step->owes_review && !step->passed_over)
            in += "\n" + say(language, "mark_to_review");
        row.cells.push_back(std::move(in));
    }
    table.columns.push_back({say(language, "drafter"), 1, document::Align::centre});
    row.cells.push_back(item.drafted_by + "\n" + day(item.drafted_at));
    table.rows.push_back(std::move(row));
    return table;
}

Result<Reply> print_sheet(const Approvals& approvals, const std::string& zone,
                          const Request& request, const journal::Journal& journal) {
    const auto language = request.language;
    std::string organisation;
    TRY_LET(const auto item, journal.read([&]() -> Result<ApprovalItem> {
        TRY_LET(const auto* one, visible(approvals, request));
        const auto& council = approvals.council().view();
        organisation = council.name_of(one->organisation, language);
        return item_of(*one, council, *request.principal, language);
    }));
    const auto day = [&](Instant at) { return format_for_people(at, zone, language); };
    std::vector<document::Block> blocks;
    blocks.emplace_back(document::Heading{say(language, "sheet"), 1});
    blocks.emplace_back(boxes_of(item, language, zone));
    blocks.emplace_back(document::Space{4});
    document::Table fields{
        .columns = {{"", 1, document::Align::left}, {"", 4, document::Align::left}},
        .size_pt = 10,
        .head = false};
    const auto line = [&](std::string_view key, std::string value) {
        if (!value.empty()) fields.rows.push_back({{say(language, key), std::move(value)}});
    };
    line("field_number", organisation + " " + std::to_string(item.number));
    line("field_title", item.title);
    line("field_subject", say(language, "subject_" + std::string(json::name_of(item.subject))));
    line("field_record", item.record);
    std::string decision = say(language, "state_" + std::string(json::name_of(item.state)));
    for (const auto& step : item.steps)
        if (step.decides)
            decision += "（" + step.box + (item.delegated ? say(language, "mark_delegated") : "") +
                        (step.as_deputy ? "・" + say(language, "by_deputy") : "") + "）";
    if (item.ended_at) decision += " " + day(*item.ended_at);
    line("field_decision", decision);
    if (item.done_at) line("field_done", day(*item.done_at) + "　" + item.urgency);
    line("field_reason", item.reason);
    blocks.emplace_back(std::move(fields));
    blocks.emplace_back(document::Space{4});
    blocks.emplace_back(document::Paragraph{item.text, 10.5});
    document::Table notes{.columns = {{say(language, "note_box"), 1},
                                      {say(language, "note_absence"), 3},
                                      {say(language, "note_remark"), 3}}};
    for (const auto& step : item.steps) {
        const auto remark =
            step.remark + (step.review_remark.empty()
                               ? ""
                               : "\n" + say(language, "mark_reviewed") + "：" + step.review_remark);
        if (!step.absence.empty() || !remark.empty())
            notes.rows.push_back({{step.box, step.absence, remark}});
    }
    if (!notes.rows.empty()) {
        blocks.emplace_back(document::Heading{say(language, "notes"), 3});
        blocks.emplace_back(std::move(notes));
    }
    TRY_LET(auto pdf, document::print({.title = item.title,
                                       .label = std::string(label_of(Tlp::amber_strict)),
                                       .footer = organisation + "　" + day(approvals.now()),
                                       .made_at = approvals.now()},
                                      blocks));
    Reply reply;
    reply.content_type = "application/pdf";
    reply.headers = {{"Content-Disposition",
                      "attachment; filename=\"approval-" + std::to_string(item.number) + ".pdf\""},
                     {"Cache-Control", "private, no-store"}};
    reply.body = std::move(pdf.bytes);
    return reply;
}

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_approval_routes(Routes& routes, Approvals& approvals, journal::Journal& journal,
                            const std::string& zone) {
    const std::string all = "/api/prepare/council/approvals";
    const std::string one = all + "/{approval}";
    const std::string form = "/api/prepare/council/approval-forms/{organisation}";
    const auto sees = signed_in("prepare.council.see_approvals");
    const auto stamps = signed_in("prepare.council.stamp_approval");
    const auto id = [](const Request& request) { return std::string(request.capture("approval")); };

    routes
        .query<ApprovalItems>(
            all, sees, "Approvals of an organisation; waiting=me: for the reader",
            [&approvals](const Request& request) { return list(approvals, request); })
        .parameters = {"organisation", "waiting"};
    routes
        .command<AskBody, Made>(
            Method::post, all, signed_in("prepare.council.ask_approval"),
            "Draft a sheet; with done_at for what could not wait and was done already",
            [&approvals](const Request& request, const AskBody& body,
                         Recorder& recorder) -> Result<Done<Made>> {
                TRY_LET(auto made,
                        approvals.ask(recorder, *request.principal,
                                      {body.organisation.value_or(request.principal->organisation),
                                       body.subject, body.record.value_or(""), body.title,
                                       body.text, body.done_at, body.urgency.value_or("")}));
                return edge::http::created(Made{made}, "/api/prepare/council/approvals/" + made);
            })
        .success_status = 201;
    routes
        .query<NeedItem>("/api/prepare/council/approval-needs", sees,
                         "Whether something has to be approved before it is carried out, and where "
                         "its sheet stands",
                         [&approvals](const Request& request) { return need(approvals, request); })
        .parameters = {"subject", "record", "organisation"};
    routes.query<ApprovalItem>(one, sees, "One sheet, with its boxes",
                               [&approvals](const Request& request) -> Result<ApprovalItem> {
                                   TRY_LET(const auto* found, visible(approvals, request));
                                   return item_of(*found, approvals.council().view(),
                                                  *request.principal, request.language);
                               });
    routes.command<StampBody, Nothing>(
        Method::post, one + "/stamp", stamps,
        "Stamp one's box, or as the deputy of its holder, saying why",
        [&approvals, id](const Request& request, const StampBody& body,
                         Recorder& recorder) -> Result<Nothing> {
            TRY(approvals.stamp(recorder, *request.principal, id(request),
                                {body.box, body.absence.value_or(""), body.remark.value_or("")}));
            return Nothing{};
        });
    routes.command<ReviewBody, Nothing>(
        Method::post, one + "/review", stamps,
        "See afterwards what a deputy stamped, or what could not wait",
        [&approvals, id](const Request& request, const ReviewBody& body,
                         Recorder& recorder) -> Result<Nothing> {
            TRY(approvals.review(recorder, *request.principal, id(request), body.box,
                                 body.remark.value_or("")));
            return Nothing{};
        });
    routes.command<ReturnBody, Nothing>(
        Method::post, one + "/return", stamps, "Give it back to the drafter",
        [&approvals, id](const Request& request, const ReturnBody& body,
                         Recorder& recorder) -> Result<Nothing> {
            TRY(approvals.give_back(recorder, *request.principal, id(request), body.reason));
            return Nothing{};
        });
    routes.command<Nothing, Nothing>(
        Method::post, one + "/withdraw", stamps, "Withdraw one's own draft",
        [&approvals, id](const Request& request, const Nothing&,
                         Recorder& recorder) -> Result<Nothing> {
            TRY(approvals.withdraw(recorder, *request.principal, id(request)));
            return Nothing{};
        });
    auto& print = routes.query<Reply>(one + "/sheet.pdf", sees,
                                      "The sheet for the file, with the usual boxes",
                                      [&approvals, &journal, zone](const Request& request) {
                                          return print_sheet(approvals, zone, request, journal);
                                      });
    print.answer_type = "application/pdf";
    print.reads_by_itself = true;

    routes.query<FormItem>(
        form, sees, "The boxes of an organisation, and what is decided where",
        [&approvals](const Request& request) { return show_form(approvals, request); });
    routes.command<FormBody, Nothing>(
        Method::put, form,
        by_roles("prepare.council.set_approval_form", {Role::administrator, Role::leader}),
        "Set them; sheets under way keep the boxes they began with",
        [&approvals](const Request& request, const FormBody& body,
                     Recorder& recorder) -> Result<Nothing> {
            TRY(approvals.set_form(recorder, *request.principal,
                                   {OrganisationId{std::string(request.capture("organisation"))},
                                    body.boxes, body.decided_in}));
            return Nothing{};
        });
    return routes;
}

}  // namespace noroshi::prepare::council
