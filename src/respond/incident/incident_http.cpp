#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/http/route.h"
#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "kernel/journal/record.h"
#include "prepare/council/council_view.h"
#include "respond/incident/incident.h"
#include "respond/incident/incident_attachment.h"
#include "respond/incident/incident_case_view.h"
#include "respond/incident/incident_former.h"
#include "respond/incident/incident_view.h"

namespace noroshi::respond::incident {

using edge::http::Done;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Reply;
using edge::http::Request;
using edge::http::Route;
using edge::http::Routes;
using journal::Recorder;
using journal::World;

namespace {

constexpr std::string_view base = "/api/respond/incident/incidents";

// What a change of the card is answered with; the board follows by its event.
struct Kept {
    IncidentId id;
    Standing state = Standing::open;
    std::uint64_t version = 0;
    std::optional<std::vector<std::string>> left_open{};  // what was not done when it was closed
};
BOOST_DESCRIBE_STRUCT(Kept, (), (id, state, version, left_open))

struct MilestoneKept {
    TerminalId terminal;
    Milestone milestone = Milestone::detected;
    MilestoneState state = MilestoneState::announced;
    Instant time;
    Instant said_at;
    Instant entered_at;
    std::optional<std::string> note;
    std::optional<Number> entry_number;
};
BOOST_DESCRIBE_STRUCT(MilestoneKept, (),
                      (terminal, milestone, state, time, said_at, entered_at, note, entry_number))

IncidentId incident_in(const Request& request) { return request.id<IncidentTag>("incident"); }

World world_in(const Request& request) {
    return World{ExerciseId{std::string(request.parameter("exercise").value_or(""))}};
}

std::unexpected<Error> bad_parameter(std::string_view name, std::string_view value) {
    return fail(ErrorKind::invalid, "edge.http.parameter",
                {{"name", std::string(name)}, {"value", std::string(value)}});
}

Result<std::optional<bool>> flag(const Request& request, std::string_view name) {
    const auto text = request.parameter(name);
    if (!text || text->empty()) return std::optional<bool>{};
    if (*text == "1" || *text == "true") return std::optional(true);
    if (*text == "0" || *text == "false") return std::optional(false);
    return bad_parameter(name, *text);
}

template <class Enum>
Result<std::optional<Enum>> choice(const Request& request, std::string_view name) {
    const auto text = request.parameter(name);
    if (!text || text->empty()) return std::optional<Enum>{};
    Enum value{};
    if (!json::from_name(*text, value)) return bad_parameter(name, *text);
    return std::optional(value);
}

// ---- the incident --------------------------------------------------------------------------

Result<IncidentList> list_incidents(const View& view, const Request& request) {
    TRY_LET(const auto only, choice<Standing>(request, "state"));
    return view.list(*request.principal, world_in(request), only, request.language);
}

Result<Done<IncidentItem>> show_incident(const View& view, const FormerReaders& former,
                                         const Request& request) {
    const auto id = incident_in(request);
    auto found = view.one(*request.principal, id, request.language);
    if (!found)
        return std::unexpected(former.why(std::move(found).error(), id, request.principal->viewer));
    auto item = std::move(*found);
    const auto version = item.version;
    return Done<IncidentItem>{std::move(item), 200, version, {}, {}};
}

Result<Done<IncidentItem>> open_incident(Incident& room, const Request& request,
                                         const OpenRequest& asked, Recorder& recorder) {
    const Principal& by = *request.principal;
    TRY_LET(const auto opened, room.open(recorder, by, asked));
    const auto& place = opened.decided.place;
    auto item =
        room.view().item_of(opened.decided.body, opened.id, by.person, *place.event_time,
                            recorder.now(), place.world, place.visibility, request.language);
    return edge::http::created(std::move(item), std::string(base) + "/" + opened.id.text, 1);
}

// Records what was decided about the card and answers with its next version.
template <class Body>
Done<Kept> keep(const Incident& room, const IncidentId& id, Recorder& recorder,
                const Decided<Body>& decided, std::optional<Standing> standing = {}) {
    const auto& card = *room.state().find(id);
    const auto present = card.open ? Standing::open : Standing::closed;
    const std::uint64_t version = card.version + 1U;
    journal::record(recorder, decided.place, decided.body);
    return {{id, standing.value_or(present), version, {}}, 200, version, {}, {}};
}

Result<Done<Kept>> correct_intake(Incident& room, const Request& request,
                                  const IntakeRequest& asked, Recorder& recorder) {
    const auto id = incident_in(request);
    TRY_LET(const auto version, request.if_match());
    TRY_LET(const auto decided,
            correct_intake(room.asked(recorder, *request.principal), id, version, asked));
    return keep(room, id, recorder, decided);
}

std::string names_of(const std::vector<council::SeerItem>& organisations, Language language) {
    std::string names;
    for (const auto& one : organisations) {
        if (!names.empty()) names += language == Language::ja ? "、" : ", ";
        names += language == Language::ja || one.name_en.empty() ? one.name : one.name_en;
    }
    return names;
}

// "TLP:AMBER［港湾局、北ふ頭］". Organisations only: the chronology is not the place for names of people.
std::string readers_in_words(const council::SeerItems& seers, const Visibility& visibility,
                             Language language) {
    std::string names;
    if (seers.everyone) {
        names = i18n::text(language, "respond.incident.visibility_line.everyone");
    } else if (visibility.tlp == Tlp::green && visibility.organisations.empty()) {
        names = i18n::text(language, "respond.incident.visibility_line.members");
    } else {
        names = names_of(seers.organisations, language);
        if (!visibility.people.empty())
            names += i18n::text(language, "respond.incident.visibility_line.people",
                                {{"count", std::to_string(visibility.people.size())}});
    }
    return i18n::text(language, "respond.incident.visibility_line.readers",
                      {{"label", std::string(label_of(visibility.tlp))}, {"names", names}});
}

// What stands in the chronology of a change, for everybody who sees the incident from now on.
std::string change_in_words(const Incident& room, const Principal& by, const Visibility& before,
                            const Visibility& after, const std::optional<std::string>& reason,
                            Language language) {
    const auto& council = room.council().view();
    const auto saw = council.seers(by, before, language);
    const auto see = council.seers(by, after, language);
    const auto without = [&](const council::SeerItems& of, const council::SeerItems& others) {
        std::vector<council::SeerItem> rest;
        if (of.everyone || others.everyone) return std::string();
        for (const auto& one : of.organisations)
            if (std::ranges::find(others.organisations, one.id, &council::SeerItem::id) ==
                others.organisations.end())
                rest.push_back(one);
        return names_of(rest, language);
    };
    std::string text = i18n::text(language, "respond.incident.visibility_line.changed",
                                  {{"before", readers_in_words(saw, before, language)},
                                   {"after", readers_in_words(see, after, language)}});
    if (auto names = without(see, saw); !names.empty())
        text += "\n" + i18n::text(language, "respond.incident.visibility_line.added",
                                  {{"names", std::move(names)}});
    if (auto names = without(saw, see); !names.empty())
        text += "\n" + i18n::text(language, "respond.incident.visibility_line.removed",
                                  {{"names", std::move(names)}});
    if (reason && !reason->empty())
        text += "\n" + i18n::text(language, "respond.incident.visibility_line.reason",
                                  {{"reason", *reason}});
    return text;
}

// Every change of who sees an incident is a line of its chronology. An incident that nobody reads
// differently afterwards gets none.
Result<Done<Kept>> change_visibility(Incident& room, const Request& request,
                                     const ShareRequest& asked, Recorder& recorder) {
    const auto id = incident_in(request);
    const Principal& by = *request.principal;
    TRY_LET(const auto version, request.if_match());
    const auto ground = room.asked(recorder, by);
    TRY_LET(const auto decided, change_visibility(ground, id, version, asked));
    const Visibility before = *room.state().find(id)->visibility;
    const Visibility& after = decided.place.visibility;
    if (before == after) return keep(room, id, recorder, decided);
    EntryRequest entry;
    entry.confirmed = true;
    entry.content = change_in_words(room, by, before, after, asked.reason, request.language);
    TRY_LET(auto line, add_entry(ground, id, entry));
    line.place.visibility = after;
    auto kept = keep(room, id, recorder, decided);
    journal::record(recorder, line.place, line.body);
    return kept;
}

Result<Done<Kept>> close_incident(Incident& room, const Request& request,
                                  const ReasonRequest& asked, Recorder& recorder) {
    const auto id = incident_in(request);
    TRY_LET(auto decided, close(room.asked(recorder, *request.principal), id, asked));
    // What is left open is kept with the end, as whoever closes sees it; a person's name is not.
    TRY_LET(const auto closing,
            room.case_view().closing(*request.principal, id, recorder.now(), request.language));
    std::vector<std::string> left_open;
    for (const auto& item : closing.items)
        if (item.what != "handover") left_open.push_back(item.text);
    if (!left_open.empty()) decided.body.left_open = left_open;
    auto kept = keep(room, id, recorder, decided, Standing::closed);
    kept.body.left_open = std::move(left_open);
    return kept;
}

Result<Done<Kept>> reopen_incident(Incident& room, const Request& request,
                                   const ReasonRequest& asked, Recorder& recorder) {
    const auto id = incident_in(request);
    TRY_LET(const auto decided, reopen(room.asked(recorder, *request.principal), id, asked));
    return keep(room, id, recorder, decided, Standing::open);
}

// ---- the chronology ------------------------------------------------------------------------

Result<EntryPage> list_entries(const View& view, const FormerReaders& former,
                               const Request& request) {
    EntryFilter filter;
    TRY_LET(const auto after, request.number("after", 0, 0, 0xFFFF'FFFE));
    TRY_LET(filter.limit, request.number("limit", 200, 1, 500));
    TRY_LET(filter.kind, choice<EntryKind>(request, "kind"));
    TRY_LET(const auto open, flag(request, "open"));
    TRY_LET(filter.confirmed, flag(request, "confirmed"));
    filter.after = static_cast<Number>(after);
    filter.open_only = open.value_or(false);
    filter.words = request.parameter("q").value_or("");
    filter.organisation.text = request.parameter("organisation").value_or("");
    const auto id = incident_in(request);
    auto page = view.entries(*request.principal, id, filter, request.language);
    if (!page)
        return std::unexpected(former.why(std::move(page).error(), id, request.principal->viewer));
    return page;
}

Result<EntryPage> list_open_tasks(const View& view, const Request& request) {
    return view.open_tasks(*request.principal, incident_in(request), request.language);
}

Done<EntryItem> entered(const Incident& room, const Request& request, const IncidentId& id,
                        const Recorder& recorder, const Decided<EntryAdded>& decided) {
    auto item =
        room.view().item_of(decided.body, request.principal->person, *decided.place.event_time,
                            recorder.now(), decided.place.visibility, request.language);
    std::string location = std::string(base) + "/" + id.text +
                           "/entries?after=" + std::to_string(item.number - 1) + "&limit=1";
    return edge::http::created(std::move(item), std::move(location));
}

Result<Done<EntryItem>> add_entry(Incident& room, const Request& request, const EntryRequest& asked,
                                  Recorder& recorder) {
    const auto id = incident_in(request);
    TRY_LET(const auto decided, room.add_entry(recorder, *request.principal, id, asked));
    return entered(room, request, id, recorder, decided);
}

using Remark = Result<Decided<EntryAdded>> (*)(const Asked&, const IncidentId&, Number,
                                               const RemarkRequest&, std::string_view);

Result<Done<EntryItem>> add_remark(Incident& room, const Request& request,
                                   const RemarkRequest& asked, Recorder& recorder, Remark decide,
                                   std::string_view otherwise) {
    const auto id = incident_in(request);
    TRY_LET(const Number number, request.counted("number", "respond.incident.entry_unknown"));
    TRY_LET(const auto decided,
            decide(room.asked(recorder, *request.principal), id, number, asked,
                   i18n::text(request.language, otherwise, {{"number", std::to_string(number)}})));
    journal::record(recorder, decided.place, decided.body);
    return entered(room, request, id, recorder, decided);
}

// ---- milestones ----------------------------------------------------------------------------

Result<Milestones> list_milestones(const View& view, const Request& request) {
    return view.milestones(*request.principal, incident_in(request), request.language);
}

Result<Done<MilestoneKept>> set_milestone(Incident& room, const Request& request,
                                          const MilestoneRequest& asked, Recorder& recorder) {
    const auto id = incident_in(request);
    TRY_LET(const auto decided, set_milestone(room.asked(recorder, *request.principal), id, asked));
    const MilestoneSet& said = decided.body;
    journal::record(recorder, decided.place, said);
    return edge::http::created(
        MilestoneKept{said.terminal, said.milestone, said.state, said.time,
                      *decided.place.event_time, recorder.now(), said.note, said.entry},
        std::string(base) + "/" + id.text + "/milestones");
}

// ---- attachments ---------------------------------------------------------------------------

Route upload(Incident& room) {
    Route route;
    route.method = Method::post;
    route.path = std::string(base) + "/{incident}/attachments";
    route.permission = by_roles("respond.incident.add_attachment", roles_that_write());
    route.summary = "Hand in a file as the raw body, to be named by an entry (?name=)";
    route.body_limit = attachment_bytes_limit;
    route.parameters = {"name"};
    route.success_status = 201;
    route.answer_schema = boost::json::serialize(json::schema<Attachment>());
    route.command = [&room](std::shared_ptr<const Request> request) -> Result<Route::Decide> {
        Attachment file;
        file.sha256 = to_hex(sha256(request->body));  // before the journal's thread is asked
        file.name = request->parameter("name").value_or("");
        file.size = request->body.size();
        file.media_type = request->header("content-type").value_or("");
        return Route::Decide{[&room, request = std::move(request), file = std::move(file)](
                                 Recorder& recorder) -> Result<journal::Answer> {
            const auto id = incident_in(*request);
            TRY_LET(const auto decided,
                    add_attachment(room.asked(recorder, *request->principal), id, file));
            recorder.store_blob(request->body);
            journal::record(recorder, decided.place, decided.body);
            const Attachment& kept = decided.body.attachment;
            return journal::Answer{
                201,
                {{"Location", std::string(base) + "/" + id.text + "/attachments/" + kept.sha256}},
                json::to_text(kept)};
        }};
    };
    return route;
}

// The bytes are read from the store without holding the views still.
Route download(const View& view, journal::Journal& journal) {
    Route route;
    route.path = std::string(base) + "/{incident}/attachments/{sha256}";
    route.permission = by_roles("respond.incident.read_incidents", roles_that_read());
    route.summary = "A file, if an entry that the reader sees names it";
    route.answer_type = "application/octet-stream";
    route.reads_by_itself = true;
    route.query = [&view, &journal](const Request& request) -> Result<Reply> {
        const auto sha256 = request.capture("sha256");
        TRY_LET(const Attachment file, journal.read([&] {
            return view.attachment(*request.principal, incident_in(request), sha256);
        }));
        TRY_LET(const auto reader, journal.store().reader());
        TRY_LET(auto bytes, reader->blob(file.sha256));
        if (!bytes) return fail(ErrorKind::not_found, "respond.incident.attachment_not_found");
        Reply reply;
        reply.content_type = file.media_type;
        // The edge adds nosniff and a policy that runs nothing, as to every answer.
        reply.headers = {{"Content-Disposition", content_disposition(file.name)},
                         {"Cache-Control", "private, no-store"}};
        reply.body = std::move(*bytes);
        return reply;
    };
    return route;
}

// ---- search and review ---------------------------------------------------------------------

// The first search after a start finds an empty index. It is filled a little at a time, so that
// nobody who writes has to wait; what comes in meanwhile, the search itself reads.
void fill_index(const View& view, const journal::Journal& journal) {
    constexpr std::size_t at_a_time = 5'000;
    while (journal.read([&] { return view.index_more(at_a_time); }) > at_a_time) {}
}

Result<SearchResult> search_everywhere(const View& view, const Request& request) {
    TRY_LET(const auto limit, request.number("limit", 100, 1, 200));
    return view.search(*request.principal, world_in(request), request.parameter("q").value_or(""),
                       limit, request.language);
}

Result<SearchResult> search_in_one(const View& view, const Request& request) {
    TRY_LET(const auto limit, request.number("limit", 100, 1, 200));
    return view.search(*request.principal, incident_in(request),
                       request.parameter("q").value_or(""), limit, request.language);
}

Result<Review> review(const View& view, const Request& request) {
    return view.review(*request.principal, incident_in(request), request.language);
}

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_routes(Routes& routes, Incident& room, journal::Journal& journal,
                   const FormerReaders& former) {
    const View& view = room.view();
    const auto reader = by_roles("respond.incident.read_incidents", roles_that_read());
    const auto writer = [](std::string name) {
        return by_roles("respond.incident." + std::move(name), roles_that_write());
    };
    const std::string all{base};
    const std::string one = all + "/{incident}";

    routes
        .query<IncidentList>(all, reader, "Incidents: the live ones, or those of an exercise",
                             [&view](const Request& r) { return list_incidents(view, r); })
        .parameters = {"exercise", "state"};
    routes
        .command<OpenRequest, IncidentItem>(
            Method::post, all, by_roles("respond.incident.open_incident", roles_that_open()),
            "Open an incident by its effects; the cause may be unknown",
            [&room](const Request& r, const OpenRequest& in, Recorder& recorder) {
                return open_incident(room, r, in, recorder);
            })
        .success_status = 201;
    routes
        .query<Readers>("/api/respond/incident/readers", reader,
                        "Who would see an incident opened by this person, unless said otherwise",
                        [&view](const Request& r) -> Result<Readers> {
                            return view.default_readers(*r.principal, world_in(r));
                        })
        .parameters = {"exercise"};
    routes.query<IncidentItem>(
        one, reader, "One incident, with milestones and what one may do",
        [&view, &former](const Request& r) { return show_incident(view, former, r); });
    routes.command<IntakeRequest, Kept>(
        Method::put, one, by_roles("respond.incident.correct_intake", roles_that_correct_intake()),
        "Correct the intake (If-Match)",
        [&room](const Request& r, const IntakeRequest& in, Recorder& recorder) {
            return correct_intake(room, r, in, recorder);
        });
    routes.command<ShareRequest, Kept>(
        Method::put, one + "/visibility",
        by_roles("respond.incident.change_visibility", roles_that_share()),
        "Change who may see the incident and its entries (If-Match)",
        [&room](const Request& r, const ShareRequest& in, Recorder& recorder) {
            return change_visibility(room, r, in, recorder);
        });
    routes.command<ReasonRequest, Kept>(
        Method::post, one + "/close",
        by_roles("respond.incident.close_incident", roles_that_close()), "Close the incident",
        [&room](const Request& r, const ReasonRequest& in, Recorder& recorder) {
            return close_incident(room, r, in, recorder);
        });
    routes.command<ReasonRequest, Kept>(
        Method::post, one + "/reopen",
        by_roles("respond.incident.reopen_incident", roles_that_close()), "Open it again",
        [&room](const Request& r, const ReasonRequest& in, Recorder& recorder) {
            return reopen_incident(room, r, in, recorder);
        });

    routes
        .query<EntryPage>(
            one + "/entries", reader, "The chronology, by number",
            [&view, &former](const Request& r) { return list_entries(view, former, r); })
        .parameters = {"after", "limit", "q", "kind", "open", "confirmed", "organisation"};
    routes.query<EntryPage>(one + "/open", reader,
                            "Orders and requests not done, the first due on top",
                            [&view](const Request& r) { return list_open_tasks(view, r); });
    routes
        .command<EntryRequest, EntryItem>(
            Method::post, one + "/entries", writer("add_entry"),
            "Add an entry; never a conflict. A correction is an entry that `corrects` another",
            [&room](const Request& r, const EntryRequest& in, Recorder& recorder) {
                return add_entry(room, r, in, recorder);
            })
        .success_status = 201;
    const auto remark = [&](std::string path, std::string permission, std::string summary,
                            Remark decide, std::string otherwise) {
        routes
            .command<RemarkRequest, EntryItem>(
                Method::post, one + "/entries/{number}/" + std::move(path),
                writer(std::move(permission)), std::move(summary),
                [&room, decide, otherwise = std::move(otherwise)](
                    const Request& r, const RemarkRequest& in, Recorder& recorder) {
                    return add_remark(room, r, in, recorder, decide, otherwise);
                })
            .success_status = 201;
    };
    remark("confirm", "confirm_entry", "Confirm an entry by a new one", confirm,
           "respond.incident.remark.confirmed");
    remark("done", "complete_task", "Report an order or request done by a new entry", complete,
           "respond.incident.remark.done");
    remark("reopen", "reopen_task", "Say by a new entry that it is not done after all", reopen_task,
           "respond.incident.remark.reopened");

    routes.add(upload(room));
    routes.add(download(view, journal));

    routes.query<Milestones>(one + "/milestones", reader,
                             "Milestones of the terminals, with every time ever announced",
                             [&view](const Request& r) { return list_milestones(view, r); });
    routes
        .command<MilestoneRequest, MilestoneKept>(
            Method::post, one + "/milestones", writer("set_milestone"),
            "Announce a time for a milestone, say that it is reached, or withdraw",
            [&room](const Request& r, const MilestoneRequest& in, Recorder& recorder) {
                return set_milestone(room, r, in, recorder);
            })
        .success_status = 201;

    const auto search = [&](std::string path, std::string summary, auto ask) -> Route& {
        auto& route = routes.query<SearchResult>(
            std::move(path), reader, std::move(summary), [&view, &journal, ask](const Request& r) {
                fill_index(view, journal);
                return journal.read([&] { return ask(view, r); });
            });
        route.reads_by_itself = true;
        return route;
    };
    search("/api/respond/incident/search", "Entries and incidents that contain all words",
           search_everywhere)
        .parameters = {"q", "exercise", "limit"};
    search(one + "/search", "Entries of one incident that contain all words", search_in_one)
        .parameters = {"q", "limit"};
    routes.query<Review>(one + "/review", reader,
                         "Who was told when, and how the announced times were kept",
                         [&view](const Request& r) { return review(view, r); });
    return routes;
}

}  // namespace noroshi::respond::incident
