#include "respond/forecast/forecast_room.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "kernel/crypto/hash.h"
#include "kernel/i18n/line.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"
#include "kernel/json/json.h"
#include "respond/forecast/forecast_inputs.h"
#include "respond/forecast/forecast_result.h"
#include "respond/incident/incident_checks.h"

namespace noroshi::respond::forecast {

namespace bj = boost::json;
namespace port = prepare::port;
using prepare::port::FacilityKind;

namespace {

constexpr std::size_t note_limit = 500;
constexpr std::size_t measures_limit = 12;
constexpr std::uint64_t runs_limit = 5000;
constexpr std::uint32_t days_limit = 14;   // ahead
constexpr std::uint32_t whole_limit = 62;  // from the day it began

Result<std::optional<std::string>> note_of(const std::optional<std::string>& note) {
    if (!note || i18n::trimmed(*note).empty()) return std::optional<std::string>{};
    TRY_LET(auto kept, i18n::line(*note, note_limit, "/note"));
    return std::optional<std::string>{std::move(kept)};
}

Result<> check_seen_at(const Course& course, Instant at, Instant now) {
    if (at > now + std::chrono::minutes(10) || at < course.began_at)
        return invalid("respond.forecast.seen_at", "/event_time");
    return {};
}

// What cannot be told apart by eye.
double least_sd(SeenKind seen) {
    switch (seen) {
    case SeenKind::queue_metres: return 100;
    case SeenKind::wait_hours: return 0.25;
    case SeenKind::ships_waiting: return 0.5;
    case SeenKind::boxes_moved: return 50;
    }
    return 1;
}

double most_of(SeenKind seen) {
    switch (seen) {
    case SeenKind::queue_metres: return 100'000;
    case SeenKind::wait_hours: return 240;
    case SeenKind::ships_waiting: return 1'000;
    case SeenKind::boxes_moved: return 200'000;
    }
    return 0;
}

bool is_hour(std::string_view text) {
    return text.size() == 5 && text[2] == ':' &&
           text.find_first_not_of("0123456789:") == text.npos &&
           (text[0] - '0') * 10 + (text[1] - '0') <= 24 && text[3] <= '5';
}

struct Changed {
    IncidentId incident;
};
BOOST_DESCRIBE_STRUCT(Changed, (), (incident))

template <class Body>
void tell_of(journal::Journal& journal) {
    journal.add_event(
        Body::kind,
        [](const void*, const journal::Envelope& at) -> std::optional<std::string> {
            const auto stream = at.stream;
            return json::to_text(
                Changed{IncidentId{std::string(stream.substr(stream.rfind('/') + 1))}});
        },
        "respond.forecast.forecast_changed");
}

}  // namespace

const std::vector<Role>& roles_that_ask() { return incident::roles_that_open(); }
const std::vector<Role>& roles_that_describe() {
    static const std::vector<Role> roles{Role::administrator, Role::leader};
    return roles;
}

// ---- decisions -----------------------------------------------------------------------------

Result<ObservationReported> report(const Course& course, const port::State& port,
                                   const port::Register& known, const ObservationRequest& request,
                                   Instant at, Instant now) {
    if (!std::isfinite(request.value) || request.value < 0 || request.value > most_of(request.seen))
        return invalid("respond.forecast.value", "/value",
                       {{"most", fmt::format("{}", most_of(request.seen))}});
    TRY(check_seen_at(course, at, now));
    ObservationReported out;
    out.number = static_cast<std::uint32_t>(course.seen.size()) + 1;
    out.seen = request.seen;
    const auto place = request.place.value_or("");
    if (request.seen == SeenKind::wait_hours) {
        if (port.find(TerminalId{place}) == nullptr)
            return invalid("respond.forecast.place", "/place");
        out.place = place;
    } else if (request.seen == SeenKind::queue_metres) {
        const auto* road = known.find(port::FacilityId{place});
        const bool registered = road != nullptr && road->body.facility_kind == FacilityKind::road &&
                                !road->body.terminals.empty();
        const bool inferred =
            place.starts_with("road-") && port.find(TerminalId{place.substr(5)}) != nullptr;
        if (!registered && !inferred) return invalid("respond.forecast.place", "/place");
        out.place = place;
    }
    out.value = request.value;
    out.sd = std::max(least_sd(request.seen), request.sd.value_or(0.2 * request.value));
    if (!std::isfinite(out.sd) || request.sd.value_or(0) < 0 || out.sd > 10 * most_of(request.seen))
        return invalid("respond.forecast.value", "/sd",
                       {{"most", fmt::format("{}", most_of(request.seen))}});
    TRY_LET(out.note, note_of(request.note));
    return out;
}

Result<ObservationWithdrawn> withdraw(const Course& course, std::uint32_t number,
                                      const WithdrawRequest& request) {
    if (number < 1 || number > course.seen.size())
        return fail(ErrorKind::not_found, "respond.forecast.unknown_observation");
    if (course.seen[number - 1].withdrawn)
        return fail(ErrorKind::conflict, "respond.forecast.withdrawn_already");
    TRY_LET(auto reason, i18n::line(request.reason, note_limit, "/reason"));
    return ObservationWithdrawn{number, std::move(reason)};
}

Result<CapabilityTold> tell(const port::State& port, const CapabilityRequest& request, Instant at,
                            Instant now) {
    if (port.find(request.terminal) == nullptr)
        return invalid("respond.forecast.place", "/terminal");
    if (at > now + std::chrono::minutes(10))
        return invalid("respond.forecast.seen_at", "/event_time");
    if (request.share &&
        (!std::isfinite(*request.share) || *request.share < 0 || *request.share > 1))
        return invalid("respond.forecast.share", "/share");
    CapabilityTold out{request.terminal, request.part, request.mode, {}, {}, {}};
    if (request.mode == Mode::manual) out.share = request.share.value_or(0.35);
    TRY_LET(out.note, note_of(request.note));
    return out;
}

Result<TrafficDescribed> describe_traffic(const port::State& port, const TrafficRequest& request) {
    const auto outside = [](double value, double low, double high) {
        return !std::isfinite(value) || value < low || value > high;
    };
    if (outside(request.teu_per_year, 100, 1e8))
        return invalid("respond.forecast.value", "/teu_per_year", {{"most", "100000000"}});
    if (request.calls_per_day && outside(*request.calls_per_day, 0.01, 1000))
        return invalid("respond.forecast.value", "/calls_per_day", {{"most", "1000"}});
    for (const auto& [field, count] :
         {std::pair{"/pilots", &request.pilots}, {"/tugs", &request.tugs}})
        if (*count && (**count < 1 || **count > 1000))
            return invalid("respond.forecast.value", field, {{"most", "1000"}});
    if (request.alternatives.size() > 32)
        return invalid("respond.forecast.too_many_alternatives", "/alternatives", {{"most", "32"}});
    TrafficDescribed out;
    out.teu_per_year = request.teu_per_year;
    out.calls_per_day = request.calls_per_day;
    out.terminals = request.terminals;
    out.pilots = request.pilots;
    out.tugs = request.tugs;
    out.alternatives = request.alternatives;
    for (std::size_t i = 0; i < out.alternatives.size(); ++i) {
        auto& one = out.alternatives[i];
        const auto here = "/alternatives/" + std::to_string(i);
        TRY_LET(one.name, i18n::line(one.name, 100, here + "/name"));
        if (!one.name_en.empty()) {
            TRY_LET(one.name_en, i18n::line(one.name_en, 100, here + "/name_en"));
        }
        for (std::size_t k = 0; k < i; ++k)
            if (out.alternatives[k].name == one.name)
                return invalid("respond.forecast.twice", here + "/name", {{"name", one.name}});
        if (outside(one.boxes_a_day, 0, 1e6))
            return invalid("respond.forecast.value", here + "/boxes_a_day", {{"most", "1000000"}});
        if (one.after_hours && outside(*one.after_hours, 0, 720))
            return invalid("respond.forecast.value", here + "/after_hours", {{"most", "720"}});
    }
    TRY_LET(out.source, i18n::line(request.source, 200, "/source"));
    TRY_LET(out.date, i18n::line(request.date, 10, "/date"));
    if (out.date.size() < 4 || out.date.find_first_not_of("0123456789-") != std::string::npos)
        return invalid("respond.forecast.date", "/date");
    for (std::size_t i = 0; i < out.terminals.size(); ++i) {
        const auto& one = out.terminals[i];
        const auto here = "/terminals/" + std::to_string(i);
        if (port.find(one.terminal) == nullptr)
            return invalid("respond.forecast.place", here + "/terminal");
        for (std::size_t k = 0; k < i; ++k)
            if (out.terminals[k].terminal == one.terminal)
                return invalid("respond.forecast.twice", here + "/terminal",
                               {{"name", one.terminal.text}});
        if (outside(one.share, 0, 1)) return invalid("respond.forecast.share", here + "/share");
        for (const auto& [field, hour] :
             {std::pair{"gate_opens", &one.gate_opens}, {"gate_closes", &one.gate_closes}})
            if (*hour && !is_hour(**hour))
                return invalid("respond.forecast.hour", here + "/" + field, {{"text", **hour}});
        if (one.gate_opens.value_or("08:30") >= one.gate_closes.value_or("16:30"))
            return invalid("respond.forecast.order", here + "/gate_closes");
        if (one.gate_lanes && (*one.gate_lanes < 1 || *one.gate_lanes > 200))
            return invalid("respond.forecast.value", here + "/gate_lanes", {{"most", "200"}});
        if (one.yard_square_metres && *one.yard_square_metres > 100'000'000)
            return invalid("respond.forecast.value", here + "/yard_square_metres",
                           {{"most", "100000000"}});
    }
    return out;
}

std::uint32_t days_to(Instant began_at, Instant as_of, std::uint32_t ahead) {
    const auto gone =
        std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::days>(as_of - began_at).count());
    return static_cast<std::uint32_t>(std::min<std::int64_t>(gone + ahead + 1, 400));
}

// ---- the room ------------------------------------------------------------------------------

Forecasts::Forecasts(journal::Journal& journal, const prepare::council::Council& council,
                     const port::Port& port, const incident::Incident& incident,
                     ForecastsOptions options)
    : journal_(journal), council_(council), port_(port), incident_(incident),
      options_(std::move(options)) {
    pending_.attach(journal.pending());
    published_.attach(journal.published());
    journal::listen_any<ForecastAsked>(
        journal.published(),
        [this](const journal::World&, const ForecastAsked&, const journal::Envelope&) {
            if (told_) told_();
        });
    tell_of<ObservationReported>(journal);
    tell_of<ObservationWithdrawn>(journal);
    tell_of<CapabilityTold>(journal);
    tell_of<ForecastAsked>(journal);
    tell_of<ForecastComputed>(journal);
    tell_of<ForecastFailed>(journal);
}

Result<Forecasts::Found> Forecasts::find(const journal::Recorder& recorder, const Principal& by,
                                         const IncidentId& id) const {
    const auto asked = incident_.asked(recorder, by);
    TRY_LET(const auto* card, incident::find_to_write(asked, id));
    const auto* course = pending_.find(id);
    if (course == nullptr) return fail(ErrorKind::not_found, "respond.incident.unknown");
    if (!card->open) return fail(ErrorKind::conflict, "respond.forecast.closed");
    return Found{card, course, asked.state.now_in(card->world, asked.now)};
}

Result<std::uint32_t> Forecasts::report(journal::Recorder& recorder, const Principal& by,
                                        const IncidentId& id, const ObservationRequest& request) {
    TRY_LET(const auto found, find(recorder, by, id));
    const auto at = request.event_time.value_or(found.now);
    TRY_LET(auto made,
            forecast::report(*found.course, port_.state(), port_.known(), request, at, found.now));
    made.organisation = by.organisation;
    {
        std::lock_guard lock(latest_guard_);
        if (const auto latest = latest_.find(id); latest != latest_.end())
            made.expected = expected_of(*latest->second.second, latest->second.first, made.seen,
                                        made.place, at);
    }
    journal::record(recorder, {stream_of(id), *found.card->visibility, found.card->world, at, {}},
                    made);
    return made.number;
}

Result<> Forecasts::withdraw(journal::Recorder& recorder, const Principal& by, const IncidentId& id,
                             std::uint32_t number, const WithdrawRequest& request) {
    TRY_LET(const auto found, find(recorder, by, id));
    TRY_LET(const auto made, forecast::withdraw(*found.course, number, request));
    journal::record(
        recorder, {stream_of(id), *found.card->visibility, found.card->world, found.now, {}}, made);
    return {};
}

Result<> Forecasts::tell(journal::Recorder& recorder, const Principal& by, const IncidentId& id,
                         const CapabilityRequest& request) {
    TRY_LET(const auto found, find(recorder, by, id));
    const auto at = request.event_time.value_or(found.now);
    TRY_LET(auto made, forecast::tell(port_.state(), request, at, found.now));
    made.organisation = by.organisation;
    journal::record(recorder, {stream_of(id), *found.card->visibility, found.card->world, at, {}},
                    made);
    return {};
}

namespace {

Result<> check_measures(const port::State& port, const std::vector<MeasureAsked>& measures) {
    if (measures.size() > measures_limit)
        return invalid("respond.forecast.too_many_measures", "/measures",
                       {{"most", std::to_string(measures_limit)}});
    for (std::size_t i = 0; i < measures.size(); ++i) {
        const auto& one = measures[i];
        const auto here = "/measures/" + std::to_string(i);
        const double most =
            one.kind == MeasureType::manual_lanes || one.kind == MeasureType::diversion ? 1
            : one.kind == MeasureType::longer_hours                                     ? 12
            : one.kind == MeasureType::restart_order                                    ? 48
                                                                                        : 10'000;
        const bool needed = one.kind != MeasureType::do_not_come &&
                            one.kind != MeasureType::restart_order &&
                            one.kind != MeasureType::urgent_first;
        if (!std::isfinite(one.amount) || one.amount < 0 || one.amount > most ||
            (needed && one.amount == 0))
            return invalid("respond.forecast.value", here + "/amount",
                           {{"most", fmt::format("{}", most)}});
        for (std::size_t k = 0; k < one.terminals.size(); ++k)
            if (port.find(one.terminals[k]) == nullptr)
                return invalid("respond.forecast.place", here + "/terminals/" + std::to_string(k));
    }
    return {};
}

}  // namespace

Result<std::pair<ForecastId, Preview>> Forecasts::ask(journal::Recorder& recorder,
                                                      const Principal& by, const IncidentId& id,
                                                      const ForecastRequest& request) {
    TRY_LET(const auto found, find(recorder, by, id));
    const auto runs = request.runs.value_or(1000);
    const auto ahead = request.days.value_or(7);
    if (runs < 50 || runs > runs_limit)
        return invalid("respond.forecast.runs", "/runs", {{"most", std::to_string(runs_limit)}});
    if (ahead < 1 || ahead > days_limit)
        return invalid("respond.forecast.days", "/days", {{"most", std::to_string(days_limit)}});
    TRY(check_measures(port_.state(), request.measures));
    const auto& course = *found.course;
    if (!course.forecasts.empty() && !course.forecasts.back().is_done())
        return fail(ErrorKind::conflict, "respond.forecast.in_progress");
    const auto as_of = std::max(found.now, course.began_at);
    const auto days = days_to(course.began_at, as_of, ahead);
    if (days > whole_limit) return fail(ErrorKind::conflict, "respond.forecast.too_long_ago");
    TRY_LET(auto inputs, inputs_of(port_.state(), port_.known(), pending_.traffic(), course,
                                   request.measures, options_.zone, as_of));
    Work work;
    work.port_file = std::move(inputs.port);
    work.incident_file = std::move(inputs.incident);
    work.defaults = defaults_;
    work.gaps = std::move(inputs.gaps);
    work.as_of = as_of;
    work.replications = runs;
    work.seed = request.seed.value_or(1);
    work.days = days;
    TRY_LET(auto shown, preview(work));

    ForecastAsked made;
    made.forecast = ForecastId{recorder.random().identifier()};
    made.number = static_cast<std::uint32_t>(course.forecasts.size()) + 1;
    bj::array gaps;
    for (const auto& one : work.gaps) gaps.push_back(bj::string(one));
    made.inputs = recorder.store_blob(bj::serialize(bj::object{{"port", work.port_file},
                                                               {"incident", work.incident_file},
                                                               {"defaults", work.defaults},
                                                               {"gaps", std::move(gaps)}}));
    made.replications = runs;
    made.seed = work.seed;
    made.days = days;
    made.organisation = by.organisation;
    journal::record(recorder,
                    {stream_of(id), *found.card->visibility, found.card->world, as_of, {}}, made);
    return std::pair{made.forecast, std::move(shown)};
}

Result<> Forecasts::describe_traffic(journal::Recorder& recorder, const TrafficRequest& request) {
    TRY_LET(const auto made, forecast::describe_traffic(port_.state(), request));
    // Every member of the port may know how much traffic there is; it is in the yearbook.
    journal::record(
        recorder, {std::string(traffic_stream), Visibility{Tlp::green, {}, {}}, {}, {}, {}}, made);
    return {};
}

std::optional<Forecasts::Job> Forecasts::next_job() const {
    const auto open = published_.unfinished();
    if (open.empty()) return {};
    const auto [course, run] = published_.find(open.front());
    return Job{run->body.forecast, course->incident, run->body.inputs,
               run->body,          run->as_of,       !run->computed.empty()};
}

Result<Work> Forecasts::work_of(const Job& job) const {
    const auto gone = [&] {
        return fail(ErrorKind::corrupt, "respond.forecast.inputs_gone", {{"blob", job.inputs}});
    };
    TRY_LET(const auto reader, journal_.store().reader());
    TRY_LET(const auto bytes, reader->blob(job.inputs));
    if (!bytes) return gone();
    boost::system::error_code failed;
    const auto blob = bj::parse(*bytes, failed);
    if (failed || !blob.is_object()) return gone();
    const auto& object = blob.as_object();
    Work work;
    for (const auto& [name, into] : {std::pair{"port", &work.port_file},
                                     {"incident", &work.incident_file},
                                     {"defaults", &work.defaults}}) {
        if (!object.contains(name)) return gone();
        *into = object.at(name);
    }
    if (const auto* gaps = object.if_contains("gaps"))
        for (const auto& one : gaps->as_array()) work.gaps.emplace_back(one.as_string());
    work.as_of = job.as_of;
    work.replications = job.asked.replications;
    work.seed = job.asked.seed;
    work.days = job.asked.days;
    return work;
}

Result<> Forecasts::keep(journal::Recorder& recorder, const Job& job, Refinement refinement,
                         const ForecastResult& result) {
    const auto [course, run] = pending_.find(job.forecast);
    const auto* card = incident_.state().find(job.incident);
    if (run == nullptr || card == nullptr || run->is_done()) return {};
    if (refinement == Refinement::first && !run->computed.empty()) return {};
    ForecastComputed made;
    made.forecast = job.forecast;
    made.refinement = refinement;
    made.model = result.model;
    made.frozen = result.frozen;
    made.result = recorder.store_blob(json::to_text(result));
    made.runs = result.runs;
    for (const auto& terminal : result.terminals)
        if (terminal.stricken)
            made.gates.push_back({TerminalId{terminal.id}, terminal.gate_opens.probability,
                                  terminal.gate_opens.p10, terminal.gate_opens.p50,
                                  terminal.gate_opens.p90});
    journal::record(recorder,
                    {stream_of(job.incident),
                     *card->visibility,
                     card->world,
                     incident_.state().now_in(card->world, recorder.now()),
                     {}},
                    made);
    return {};
}

Result<> Forecasts::give_up(journal::Recorder& recorder, const Job& job,
                            const std::string& reason) {
    const auto [course, run] = pending_.find(job.forecast);
    const auto* card = incident_.state().find(job.incident);
    if (run == nullptr || card == nullptr || run->is_done()) return {};
    journal::record(recorder,
                    {stream_of(job.incident),
                     *card->visibility,
                     card->world,
                     incident_.state().now_in(card->world, recorder.now()),
                     {}},
                    ForecastFailed{job.forecast, reason});
    return {};
}

void Forecasts::remember(const IncidentId& incident, const ForecastId& forecast,
                         std::shared_ptr<const ForecastResult> result) {
    std::lock_guard lock(latest_guard_);
    latest_.insert_or_assign(incident, std::pair{forecast, std::move(result)});
}

}  // namespace noroshi::respond::forecast
