#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/cli/content.h"
#include "edge/cli/schema.h"
#include "edge/http/route.h"
#include "kernel/embedded_data.h"
#include "respond/forecast/forecast_result.h"
#include "respond/forecast/forecast_view.h"
#include "respond/incident/incident_board.h"
#include "respond/incident/incident_view.h"

namespace noroshi::respond::forecast {

using edge::http::Done;
using edge::http::Method;
using edge::http::Reply;
using edge::http::Request;
using edge::http::Route;
using edge::http::Routes;
using journal::Recorder;

namespace {

constexpr std::string_view base = "/api/respond/forecast";

struct Reported {
    std::uint32_t number = 0;
};
BOOST_DESCRIBE_STRUCT(Reported, (), (number))
struct Withdrawn {
    std::uint32_t number = 0;
};
BOOST_DESCRIBE_STRUCT(Withdrawn, (), (number))
struct Told {
    TerminalId terminal;
};
BOOST_DESCRIBE_STRUCT(Told, (), (terminal))
struct Started {
    ForecastId forecast;
    Preview preview;
};
BOOST_DESCRIBE_STRUCT(Started, (), (forecast, preview))
struct TrafficAnswer {
    bool told = false;
    std::optional<double> teu_per_year;
    std::optional<double> calls_per_day;
    std::optional<std::string> source;
    std::optional<std::string> date;
    std::vector<TerminalTraffic> terminals;
    std::optional<std::uint32_t> pilots;
    std::optional<std::uint32_t> tugs;
    std::vector<AlternativeTraffic> alternatives;
    bool can_describe = false;
};
BOOST_DESCRIBE_STRUCT(TrafficAnswer, (),
                      (told, teu_per_year, calls_per_day, source, date, terminals, pilots, tugs,
                       alternatives, can_describe))

IncidentId incident_in(const Request& request) { return request.id<IncidentTag>("incident"); }
ForecastId forecast_in(const Request& request) { return request.id<ForecastTag>("forecast"); }

// Errors: not_found respond.incident.unknown.
Result<> visible(const Forecasts& room, const Request& request, const IncidentId& incident) {
    const auto seen = room.incident().view().one(*request.principal, incident, request.language);
    if (!seen) return std::unexpected(seen.error());
    return {};
}

Result<Overview> overview(const Forecasts& room, const Request& request) {
    const auto id = incident_in(request);
    TRY_LET(const auto incident,
            room.incident().view().one(*request.principal, id, request.language));
    const auto* course = room.view().find(id);
    if (course == nullptr) return fail(ErrorKind::not_found, "respond.incident.unknown");
    const auto& by = *request.principal;
    const bool takes_part = incident::takes_part_in(by, course->world);
    const auto may = [&](std::string_view name, const std::vector<Role>& roles) {
        return takes_part && check(by_roles(std::string(name), roles), by).has_value();
    };
    return overview_of(room, *course, incident.state == incident::Standing::open,
                       may("respond.forecast.ask", roles_that_ask()),
                       may("respond.forecast.report", incident::roles_that_write()),
                       request.language);
}

// The kept bytes of a forecast: its result, or what it was computed from. Read from the store
// without holding the views still.
Route kept_route(const Forecasts& room, journal::Journal& journal, std::string path,
                 std::string summary, bool inputs) {
    Route route;
    route.path = std::move(path);
    route.permission = by_roles("respond.forecast.read", incident::roles_that_read());
    route.summary = std::move(summary);
    route.reads_by_itself = true;
    if (!inputs) route.answer_schema = boost::json::serialize(json::schema<ForecastResult>());
    route.query = [&room, &journal, inputs](const Request& request) -> Result<Reply> {
        TRY_LET(const std::string name, journal.read([&]() -> Result<std::string> {
            const auto unknown = fail(ErrorKind::not_found, "respond.forecast.unknown");
            const auto [course, run] = room.view().find(forecast_in(request));
            if (run == nullptr || !visible(room, request, course->incident)) return unknown;
            if (inputs) return run->body.inputs;
            if (run->computed.empty())
                return fail(ErrorKind::not_found, "respond.forecast.not_yet");
            return run->computed.back().result;
        }));
        TRY_LET(const auto reader, journal.store().reader());
        TRY_LET(auto bytes, reader->blob(name));
        if (!bytes)
            return fail(ErrorKind::corrupt, "respond.forecast.inputs_gone", {{"blob", name}});
        // What a result is may change while it is refined; what it is named by never does.
        return Reply{200,
                     {{"ETag", "\"" + name + "\""}, {"Cache-Control", "private, no-cache"}},
                     "application/json",
                     std::move(*bytes),
                     nullptr};
    };
    return route;
}

TrafficAnswer traffic(const Forecasts& room, const Request& request) {
    TrafficAnswer out;
    out.can_describe = check(by_roles("respond.forecast.describe_traffic", roles_that_describe()),
                             *request.principal)
                           .has_value();
    const auto& told = room.view().traffic();
    if (!told) return out;
    out.told = true;
    out.teu_per_year = told->teu_per_year;
    out.calls_per_day = told->calls_per_day;
    out.source = told->source;
    out.date = told->date;
    out.terminals = told->terminals;
    out.pilots = told->pilots;
    out.tugs = told->tugs;
    out.alternatives = told->alternatives;
    return out;
}

boost::json::value embedded_defaults() {
    constexpr std::string_view path = "ports/forecast-defaults.yaml";
    for (const auto& file : embedded_data()) {
        if (file.path != path) continue;
        const auto content = edge::cli::Content::parse(file.bytes, "data/" + std::string(path));
        ASSERT(content);
        auto conforming = edge::cli::conforming(*content, "port-model");
        ASSERT(conforming);
        return std::move(*conforming);
    }
    ASSERT(false);
    return {};
}

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_routes(Routes& routes, Forecasts& room, journal::Journal& journal) {
    room.set_defaults(embedded_defaults());
    const auto incidents = std::string(base) + "/incidents/{incident}";
    const auto forecasts = std::string(base) + "/forecasts/{forecast}";
    const auto reading = by_roles("respond.forecast.read", incident::roles_that_read());
    const auto asking = by_roles("respond.forecast.ask", roles_that_ask());
    const auto reporting = by_roles("respond.forecast.report", incident::roles_that_write());

    routes.query<Overview>(incidents, reading,
                           "What was seen, what terminals can do, and the forecasts of an incident",
                           [&room](const Request& r) { return overview(room, r); });
    routes
        .command<ForecastRequest, Started>(
            Method::post, incidents + "/forecasts", asking,
            "Ask for a forecast as of now; answers with the fluid preview, bands follow",
            [&room](const Request& r, const ForecastRequest& in,
                    Recorder& recorder) -> Result<Done<Started>> {
                TRY_LET(auto made, room.ask(recorder, *r.principal, incident_in(r), in));
                return edge::http::created(Started{made.first, std::move(made.second)},
                                           std::string(base) + "/forecasts/" + made.first.text);
            })
        .success_status = 201;
    routes
        .command<ObservationRequest, Reported>(
            Method::post, incidents + "/observations", reporting,
            "Report what was seen: tail of the queue, wait of a truck, ships at anchor, boxes "
            "moved",
            [&room](const Request& r, const ObservationRequest& in,
                    Recorder& recorder) -> Result<Done<Reported>> {
                TRY_LET(const auto number, room.report(recorder, *r.principal, incident_in(r), in));
                Done<Reported> done{{number}, 201, {}, {}, {}};
                return done;
            })
        .success_status = 201;
    routes.command<WithdrawRequest, Withdrawn>(
        Method::post, incidents + "/observations/{number}/withdraw", reporting,
        "It was wrong: forecasts no longer use it",
        [&room](const Request& r, const WithdrawRequest& in,
                Recorder& recorder) -> Result<Withdrawn> {
            const auto number = static_cast<std::uint32_t>(
                std::strtoul(std::string(r.capture("number")).c_str(), nullptr, 10));
            TRY(room.withdraw(recorder, *r.principal, incident_in(r), number, in));
            return Withdrawn{number};
        });
    routes
        .command<CapabilityRequest, Told>(
            Method::post, incidents + "/capabilities", reporting,
            "Tell what a terminal can do from a time on: gate, yard, ships",
            [&room](const Request& r, const CapabilityRequest& in,
                    Recorder& recorder) -> Result<Done<Told>> {
                TRY(room.tell(recorder, *r.principal, incident_in(r), in));
                Done<Told> done{{in.terminal}, 201, {}, {}, {}};
                return done;
            })
        .success_status = 201;
    routes.add(kept_route(room, journal, forecasts,
                          "The bands of a forecast, as kept: first ones, then refined", false));
    routes.add(kept_route(room, journal, forecasts + "/inputs",
                          "What a forecast was computed from: {port, incident, defaults, gaps}",
                          true));
    routes.query<TrackRecord>(
        std::string(base) + "/record", reading,
        "How forecasts fared against what was then seen, over the incidents the reader sees",
        [&room](const Request& r) -> Result<TrackRecord> {
            return track_record_of(room.view(), [&](const Course& course) {
                return visible(room, r, course.incident).has_value();
            });
        });
    routes.query<TrafficAnswer>(
        std::string(base) + "/traffic", reading, "The port's traffic, as told in peace time",
        [&room](const Request& r) -> Result<TrafficAnswer> { return traffic(room, r); });
    routes.command<TrafficRequest, TrafficAnswer>(
        Method::put, std::string(base) + "/traffic",
        by_roles("respond.forecast.describe_traffic", roles_that_describe()),
        "Tell the port's traffic: boxes a year, shares of terminals, yards, gates, pilots and "
        "tugs, "
        "ports ships may go to instead",
        [&room](const Request&, const TrafficRequest& in,
                Recorder& recorder) -> Result<TrafficAnswer> {
            TRY(room.describe_traffic(recorder, in));
            return TrafficAnswer{
                true,         in.teu_per_year, in.calls_per_day, in.source,       in.date,
                in.terminals, in.pilots,       in.tugs,          in.alternatives, true};
        });
    return routes;
}

}  // namespace noroshi::respond::forecast
