// The scheme, its holes and its diagram. The table of routes stands last; contacts_http.cpp joins it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/document/diagram.h"
#include "edge/document/pdf.h"
#include "edge/http/route.h"
#include "kernel/i18n/i18n.h"
#include "prepare/contacts/contacts_scheme_view.h"
#include "prepare/contacts/contacts_view.h"
#include "prepare/council/council_view.h"

namespace noroshi::prepare::contacts {

using edge::http::Done;
using edge::http::Method;
using edge::http::Reply;
using edge::http::Request;
using edge::http::Route;
using edge::http::Routes;
using journal::Recorder;

namespace {

namespace document = edge::document;

constexpr std::string_view base = "/api/prepare/contacts/scheme";
constexpr double a3_height_mm = 252;  // inside the margins of a lying A3, below the running head

struct SchemeBody {
    std::vector<Flow> flows;
};
BOOST_DESCRIBE_STRUCT(SchemeBody, (), (flows))
struct SchemeKept {
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(SchemeKept, (), (version))

Reading reading(const Contacts& contacts, const Request& request) {
    return {*request.principal, request.language, contacts.now()};
}

Result<Done<SchemeItem>> show_scheme(const Contacts& contacts, const Request& request) {
    if (!request.principal->viewer.member)
        return fail(ErrorKind::forbidden, "prepare.contacts.scheme_hidden");
    auto item = scheme_item(contacts.view(), contacts.council().view(), reading(contacts, request));
    const auto version = item.version;
    return Done<SchemeItem>{std::move(item), 200, version, {}, {}};
}

Result<Done<SchemeKept>> change_scheme(Contacts& contacts, const Request& request,
                                       const SchemeBody& body, Recorder& recorder) {
    if (!may_change_scheme(contacts.council().state(), *request.principal))
        return fail(ErrorKind::forbidden, "prepare.contacts.scheme_not_yours");
    TRY_LET(const auto version, request.if_match());
    TRY(contacts.change_scheme(recorder, body.flows, version));
    const auto now = recorder.version_of(scheme_stream);
    return Done<SchemeKept>{{now}, 200, now, {}, {}};
}

document::DiagramTone tone_of(SchemePicture::Mark mark) {
    switch (mark) {
    case SchemePicture::Mark::plain: return document::DiagramTone::plain;
    case SchemePicture::Mark::start: return document::DiagramTone::start;
    case SchemePicture::Mark::warned: return document::DiagramTone::warned;
    case SchemePicture::Mark::broken: return document::DiagramTone::broken;
    }
    return document::DiagramTone::plain;
}

document::Diagram diagram_of(SchemePicture picture) {
    document::Diagram out{.title = std::move(picture.title),
                          .description = std::move(picture.description)};
    for (auto& box : picture.boxes) {
        document::DiagramBox to{std::move(box.id), std::move(box.title), {}, tone_of(box.mark)};
        for (auto& line : box.lines)
            to.lines.push_back({std::move(line.text), line.faint ? document::DiagramTone::faint
                                                                 : document::DiagramTone::plain});
        out.boxes.push_back(std::move(to));
    }
    for (auto& arrow : picture.arrows)
        out.arrows.push_back({std::move(arrow.from), std::move(arrow.to), std::move(arrow.label),
                              tone_of(arrow.mark), false});
    return out;
}

Result<document::PlacedDiagram> placed(const Contacts& contacts, const Request& request) {
    if (!request.principal->viewer.member)
        return fail(ErrorKind::forbidden, "prepare.contacts.scheme_hidden");
    TRY_LET(auto picture, contacts.journal().read([&] {
        return scheme_picture(contacts.view(), contacts.council().view(), contacts.view().flows(),
                              reading(contacts, request), request.parameter("flow").value_or(""));
    }));
    return document::lay_out(diagram_of(std::move(picture)));
}

Result<Reply> diagram_svg(const Contacts& contacts, const Request& request) {
    TRY_LET(const auto diagram, placed(contacts, request));
    Reply reply;
    reply.content_type = "image/svg+xml; charset=utf-8";
    reply.headers = {{"Cache-Control", "private, no-store"}};
    reply.body = document::write_svg(diagram);
    return reply;
}

Result<Reply> diagram_pdf(const Contacts& contacts, const Request& request) {
    TRY_LET(const auto diagram, placed(contacts, request));
    const auto at = format_for_people(contacts.now(), contacts.options().zone, request.language);
    const document::PageSetup setup{
        .paper = document::Paper::a3_landscape,
        .title = diagram.title,
        .label = std::string(label_of(Tlp::amber_strict)),
        .footer = i18n::text(request.language, "prepare.contacts.printed_at",
                             {{"at", at}, {"name", request.principal->name}}),
        .made_at = contacts.now()};
    TRY_LET(auto pdf,
            document::print(
                setup, {document::Drawing{.height_mm = a3_height_mm,
                                          .draw = [&](cairo_t* cairo, double width, double height) {
                                              document::draw_diagram(diagram, cairo, width, height);
                                          }}}));
    Reply reply;
    reply.content_type = "application/pdf";
    reply.headers = {{"Content-Disposition", "inline; filename=\"contact-diagram.pdf\""},
                     {"Cache-Control", "private, no-store"}};
    reply.body = std::move(pdf.bytes);
    return reply;
}

}  // namespace

// Joined by contacts_http.cpp.
Routes& add_scheme_routes(Routes& routes, Contacts& contacts) {
    const std::string root(base);
    const auto see = signed_in("prepare.contacts.see_scheme");
    routes.query<SchemeItem>(
        root, see, "Who tells whom what, and the holes in it",
        [&contacts](const Request& request) { return show_scheme(contacts, request); });
    routes.command<SchemeBody, SchemeKept>(
        Method::put, root, signed_in("prepare.contacts.change_scheme"),
        "Replace the contact scheme (If-Match)",
        [&contacts](const Request& request, const SchemeBody& body, Recorder& recorder) {
            return change_scheme(contacts, request, body, recorder);
        });
    auto& svg = routes.query<Reply>(
        root + "/diagram.svg", see, "The contact diagram, of one flow (?flow=) or of all",
        [&contacts](const Request& request) { return diagram_svg(contacts, request); });
    svg.answer_type = "image/svg+xml";
    svg.reads_by_itself = true;
    svg.parameters = {"flow"};
    auto& pdf = routes.query<Reply>(
        root + "/diagram.pdf", see, "The same on A3",
        [&contacts](const Request& request) { return diagram_pdf(contacts, request); });
    pdf.answer_type = "application/pdf";
    pdf.reads_by_itself = true;
    pdf.parameters = {"flow"};
    return routes;
}

}  // namespace noroshi::prepare::contacts
