#include <zstd.h>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/serialize.hpp>

#include "edge/archive/intake.h"
#include "edge/http/route.h"
#include "edge/reception/reception.h"
#include "prepare/council/council_view.h"
#include "watch/logs/logs.h"
#include "watch/logs/logs_view.h"

namespace noroshi::watch::logs {

using edge::http::Done;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Reply;
using edge::http::Request;
using edge::http::Route;
using edge::http::Routes;
using journal::Recorder;

namespace {

constexpr std::string_view base = "/api/watch/logs";
constexpr std::size_t body_limit = 8U << 20;
constexpr std::size_t lines_limit = 32U << 20;  // after decompression

struct Kept {
    OrganisationId member;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(Kept, (), (member, version))

struct SourceKept {
    SourceId id;
    std::uint64_t next_line = 0;
};
BOOST_DESCRIBE_STRUCT(SourceKept, (), (id, next_line))

struct Received {
    std::uint64_t next_line = 0;
};
BOOST_DESCRIBE_STRUCT(Received, (), (next_line))

struct Withdrawal {
    std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(Withdrawal, (), (reason))

// ---- what comes in at the centre itself ------------------------------------------------------

struct ListenerNow {
    std::string name;
    std::string way;
    std::string address;
    std::uint64_t received = 0;
    std::uint64_t nobodys = 0;
    std::uint64_t dropped = 0;
    std::uint64_t dropped_by_kernel = 0;
    std::uint64_t turned_away = 0;
    std::uint64_t connections = 0;
};
BOOST_DESCRIBE_STRUCT(ListenerNow, (),
                      (name, way, address, received, nobodys, dropped, dropped_by_kernel,
                       turned_away, connections))
struct SourceReceiving {
    SourceId id;
    std::string name;
    std::string member_name;
    LogKind log_kind = LogKind::other;
    bool may_be_received_here = false;  // nobody else has numbered its lines
    std::vector<SenderNamed> senders;
    std::uint64_t received = 0;
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
    std::uint64_t dropped = 0;
    std::uint64_t waiting = 0;
    std::uint64_t files = 0;
    std::uint64_t files_refused = 0;
};
BOOST_DESCRIBE_STRUCT(SourceReceiving, (),
                      (id, name, member_name, log_kind, may_be_received_here, senders, received,
                       accepted, refused, dropped, waiting, files, files_refused))
struct StrangerNow {
    std::string listener;
    std::string address;
    std::string certificate_sha256;
    std::uint64_t count = 0;
    Instant last_at;
};
BOOST_DESCRIBE_STRUCT(StrangerNow, (), (listener, address, certificate_sha256, count, last_at))
struct ReceptionNow {
    std::optional<Instant> since;  // the counts; none: nothing is received here
    std::vector<ListenerNow> listeners;
    std::vector<SourceReceiving> sources;
    std::vector<StrangerNow> strangers;  // the most frequent first
    std::uint64_t waiting_bytes = 0;
    std::optional<std::string> trouble;  // why nothing can be kept at the moment
};
BOOST_DESCRIBE_STRUCT(ReceptionNow, (),
                      (since, listeners, sources, strangers, waiting_bytes, trouble))

ReceptionNow reception_now(const Logs& room, const edge::reception::Reception* reception,
                           Language language) {
    ReceptionNow now;
    std::map<std::string, edge::reception::SourceCounts> counted;
    if (reception != nullptr) {
        auto counts = reception->counts();
        now.since = counts.since;
        now.waiting_bytes = counts.waiting_bytes;
        if (counts.trouble) now.trouble = i18n::text(language, *counts.trouble);
        for (const auto& one : counts.listeners)
            now.listeners.push_back({one.name, std::string(edge::reception::name_of(one.way)),
                                     one.address, one.received, one.nobodys, one.dropped,
                                     one.dropped_earlier, one.turned_away, one.connections});
        for (auto& one : counts.strangers)
            now.strangers.push_back(
                {one.listener, printable(one.address), one.certificate, one.count, one.last_at});
        for (auto& one : counts.sources) counted.emplace(one.source, one);
    }
    const auto& council = room.council().view();
    for (const auto& [id, source] : room.view().sources()) {
        if (source.retired || room.view().agreement_of(source.member) == nullptr) continue;
        const auto& one = counted[id.text];
        now.sources.push_back({id, source.name, council.name_of(source.member, language),
                               source.kind, source.is_received_here || source.next_line == 0,
                               source.senders, one.received, one.accepted, one.refused, one.dropped,
                               one.waiting, one.files, one.files_refused});
    }
    std::ranges::sort(now.sources, [](const SourceReceiving& a, const SourceReceiving& b) {
        return std::tie(a.member_name, a.name) < std::tie(b.member_name, b.name);
    });
    return now;
}

OrganisationId member_in(const Request& request) { return request.id<OrganisationTag>("member"); }
SourceId source_in(const Request& request) { return request.id<SourceTag>("source"); }

// The lines of a body: plain, or zstd frames (Content-Type: application/zstd).
Result<std::string> lines_of(const Request& request) {
    std::string lines;
    if (request.header("content-type").value_or("").starts_with("application/zstd")) {
        const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                           &ZSTD_freeDCtx);
        ZSTD_inBuffer in{request.body.data(), request.body.size(), 0};
        std::vector<char> piece(ZSTD_DStreamOutSize());
        std::size_t state = 1;
        while (in.pos < in.size) {
            ZSTD_outBuffer out{piece.data(), piece.size(), 0};
            state = ZSTD_decompressStream(context.get(), &out, &in);
            if (ZSTD_isError(state) != 0) return invalid("watch.logs.not_zstd", "");
            lines.append(piece.data(), out.pos);
            if (lines.size() > lines_limit)
                return invalid("watch.logs.too_large", "",
                               {{"most", std::to_string(lines_limit >> 20)}});
        }
        if (state != 0) return invalid("watch.logs.not_zstd", "");
    } else {
        lines = request.body;
    }
    if (lines.empty()) return invalid("watch.logs.no_lines", "");
    if (!lines.ends_with('\n')) lines.push_back('\n');
    return lines;
}

Route receive_route(Logs& room, edge::archive::Intake* intake, journal::Journal& journal) {
    Route route;
    route.method = Method::post;
    route.path = std::string(base) + "/sources/{source}/lines";
    route.permission = by_roles("watch.logs.send", roles_that_share());
    route.summary =
        "Hand in lines, the first of which is number ?first=; answers the number expected "
        "next. ?missing=1: the lines before are lost";
    route.body_limit = body_limit;
    route.parameters = {"first", "missing"};
    route.request_type = "text/plain";
    route.answer_schema = boost::json::serialize(json::schema<Received>());
    route.later = [&room, intake, &journal](std::shared_ptr<const Request> request,
                                            Route::Answered answered) {
        if (intake == nullptr)
            return answered(fail(ErrorKind::unavailable, "watch.logs.no_archive"));
        const auto source = source_in(*request);
        const auto first = request->number("first", 0, 0, std::uint64_t{1} << 53);
        if (!first) return answered(std::unexpected(first.error()));
        if (!request->parameter("first"))
            return answered(fail(ErrorKind::invalid, "watch.logs.no_first"));
        const auto allowed =
            journal.read([&] { return may_send(room.view(), *request->principal, source); });
        if (!allowed) return answered(std::unexpected(allowed.error()));
        auto lines = lines_of(*request);
        if (!lines) return answered(std::unexpected(std::move(lines).error()));
        const bool after_a_gap = request->parameter("missing") == "1";
        edge::archive::Batch batch;
        batch.source = source.text;
        batch.first_line = *first;
        batch.after_a_gap = after_a_gap;
        batch.lines = std::move(*lines);
        batch.actor = request->principal->person.text;
        batch.record = [&room, request, after_a_gap](
                           Recorder& recorder, const edge::archive::BlockHead& head) -> Result<> {
            return room.receive(recorder, *request->principal,
                                {SourceId{head.source}, head.first_line, head.lines, head.raw_bytes,
                                 head.sha256, head.earliest, head.latest, after_a_gap});
        };
        const auto answer = std::make_shared<Route::Answered>(std::move(answered));
        batch.done = [answer](Result<std::uint64_t> next) {
            if (!next) return (*answer)(std::unexpected(next.error()));
            (*answer)(Reply{200, {}, "application/json", json::to_text(Received{*next}), nullptr});
        };
        if (auto taken = intake->submit(std::move(batch)); !taken)
            (*answer)(std::unexpected(taken.error()));
    };
    return route;
}

Route search_route(Logs& room, edge::archive::Intake* intake, journal::Journal& journal) {
    Route route;
    route.path = std::string(base) + "/search";
    route.permission = by_roles("watch.logs.search", roles_that_watch());
    route.summary =
        "Lines that hold every word of ?q=, the latest first; only of members whose "
        "agreement lets the reader look";
    route.parameters = {"q", "from", "to", "member", "source", "kind", "limit"};
    route.answer_schema = boost::json::serialize(json::schema<FoundLines>());
    route.reads_by_itself = true;
    route.query = [&room, intake, &journal](const Request& request) -> Result<Reply> {
        if (intake == nullptr) return fail(ErrorKind::unavailable, "watch.logs.no_archive");
        TRY_LET(auto asked, parse_search(request.parameter("q").value_or("")));
        for (const auto& [name, into] :
             {std::pair{"member", &asked.member}, {"source", &asked.source}, {"kind", &asked.kind}})
            if (const auto value = request.parameter(name)) *into = *value;
        for (const auto& [name, into] : {std::pair{"from", &asked.from}, {"to", &asked.to}})
            if (const auto value = request.parameter(name)) {
                TRY_LET(*into, parse_rfc3339(*value));
            }
        TRY_LET(const auto limit, request.number("limit", 200, 1, 5000));
        std::map<std::string, SourceName> names;
        edge::archive::Query query;
        query.terms = asked.terms;
        query.from = asked.from;
        query.to = asked.to;
        query.limit = limit;
        journal.read([&] {
            for (auto& [id, name] : searchable(room.view(), room.council().view(),
                                               request.principal.get(), request.language, asked)) {
                query.sources.insert(id);
                names.emplace(id, std::move(name));
            }
            return 0;
        });
        TRY_LET(const auto found, intake->archive().search(query));
        FoundLines answer;
        answer.more = found.more;
        answer.blocks_read = found.blocks_read;
        answer.blocks_passed_over = found.blocks_passed_over;
        answer.lines_read = found.lines_read;
        for (const auto& line : found.lines)
            answer.items.push_back({SourceId{line.source}, names[line.source].source,
                                    names[line.source].member, line.number, line.time,
                                    printable(line.text)});
        return Reply{200, {}, "application/json", json::to_text(answer), nullptr};
    };
    return route;
}

}  // namespace

// Registered by app/rooms.cpp. Without an archive (noroshi-openapi, stories) lines are refused.
Routes& add_routes(Routes& routes, Logs& room, journal::Journal& journal,
                   edge::archive::Intake* intake, const edge::reception::Reception* reception) {
    const std::string agreements = std::string(base) + "/agreements";
    const std::string sources = std::string(base) + "/sources";
    const auto agreeing = by_roles("watch.logs.agree", roles_that_agree());
    const auto watching = by_roles("watch.logs.see", roles_that_watch());
    const auto sharing = by_roles("watch.logs.share", roles_that_share());

    routes.query<AgreementList>(
        agreements, watching, "Agreements to share logs that the reader may know of",
        [&room](const Request& r) -> Result<AgreementList> {
            return list_agreements(room.view(), room.council().view(), *r.principal, r.language);
        });
    routes.command<AgreementDraft, Kept>(
        Method::put, agreements + "/{member}", agreeing,
        "Record what a member agreed to share (the signed paper rules)",
        [&room](const Request& r, const AgreementDraft& in, Recorder& recorder) -> Result<Kept> {
            TRY(room.agree(recorder, member_in(r), in));
            return Kept{member_in(r), recorder.version_of(Logs::stream_of_agreement(member_in(r)))};
        });
    routes.command<Withdrawal, Kept>(
        Method::post, agreements + "/{member}/withdraw", sharing,
        "End the sharing and delete every line of the member",
        [&room](const Request& r, const Withdrawal& in, Recorder& recorder) -> Result<Kept> {
            TRY(room.withdraw(recorder, *r.principal, member_in(r), in.reason.value_or("")));
            return Kept{member_in(r), recorder.version_of(Logs::stream_of_agreement(member_in(r)))};
        });
    routes.query<SourceList>(sources, watching, "Sources of lines that the reader may know of",
                             [&room](const Request& r) -> Result<SourceList> {
                                 return list_sources(room.view(), room.council().view(),
                                                     *r.principal, r.language);
                             });
    routes.query<SourceItem>(sources + "/{source}", watching,
                             "One source, and which line is expected next",
                             [&room](const Request& r) {
                                 return one_source(room.view(), room.council().view(), *r.principal,
                                                   r.language, source_in(r));
                             });
    routes
        .command<SourceDraft, SourceKept>(
            Method::post, sources, sharing, "Register a source within an agreement",
            [&room](const Request& r, const SourceDraft& in,
                    Recorder& recorder) -> Result<Done<SourceKept>> {
                TRY_LET(const auto id, room.register_source(recorder, *r.principal, in));
                return edge::http::created(SourceKept{id, 0},
                                           std::string(base) + "/sources/" + id.text);
            })
        .success_status = 201;
    routes.command<Nothing, SourceKept>(
        Method::post, sources + "/{source}/retire", sharing, "Take no more lines of this source",
        [&room](const Request& r, const Nothing&, Recorder& recorder) -> Result<SourceKept> {
            TRY(room.retire(recorder, *r.principal, source_in(r)));
            return SourceKept{source_in(r), room.state().find(source_in(r))->next_line};
        });
    const auto receiving = by_roles("watch.logs.receive", {Role::administrator});
    routes.query<ReceptionNow>(std::string(base) + "/reception", receiving,
                               "What comes in at the port's own listeners: whose it is, what was "
                               "dropped, and who is unknown",
                               [&room, reception](const Request& r) -> Result<ReceptionNow> {
                                   if (!keeps_the_port(*r.principal, room.council().view()))
                                       return fail(ErrorKind::forbidden, "watch.logs.not_the_port");
                                   return reception_now(room, reception, r.language);
                               });
    routes.command<SendersDraft, SourceKept>(
        Method::put, sources + "/{source}/senders", receiving,
        "Say which addresses, certificates or folder send the lines of a source to the centre "
        "itself",
        [&room](const Request& r, const SendersDraft& in,
                Recorder& recorder) -> Result<SourceKept> {
            TRY(room.set_senders(recorder, *r.principal, source_in(r), in));
            return SourceKept{source_in(r), room.state().find(source_in(r))->next_line};
        });
    routes.add(receive_route(room, intake, journal));
    routes.add(search_route(room, intake, journal));
    return routes;
}

}  // namespace noroshi::watch::logs
