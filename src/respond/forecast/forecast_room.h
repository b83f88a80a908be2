#pragma once
// Guideline 2.2.1: how long the queue, how late the ships, until when. The room keeps what was seen,
// what terminals can do, and every forecast with all that it was computed from; the computing is done
// elsewhere (app/forecaster.h), because it takes seconds and rooms start no threads.
//
// Everything about an incident is seen by who sees the incident. State: pending and published sides.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/json/value.hpp>

#include "kernel/identity/principal.h"
#include "kernel/journal/journal.h"
#include "prepare/council/council.h"
#include "prepare/port/port.h"
#include "respond/forecast/forecast_state.h"
#include "respond/incident/incident.h"

namespace noroshi::respond::forecast {

struct ForecastResult;  // forecast_result.h
struct Preview;
struct Work;

// ---- requests ------------------------------------------------------------------------------

struct ObservationRequest {
    SeenKind seen = SeenKind::queue_metres;
    std::optional<std::string> place;
    double value = 0;
    std::optional<double> sd;  // absent: a fifth of it, and at least what cannot be told apart
    std::optional<Instant> event_time;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(ObservationRequest, (), (seen, place, value, sd, event_time, note))

struct WithdrawRequest {
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(WithdrawRequest, (), (reason))

struct CapabilityRequest {
    TerminalId terminal;
    Part part = Part::gate;
    Mode mode = Mode::down;
    std::optional<double> share;
    std::optional<Instant> event_time;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(CapabilityRequest, (), (terminal, part, mode, share, event_time, note))

struct ForecastRequest {
    std::vector<MeasureAsked> measures;
    std::optional<std::uint64_t> runs;  // 1000
    std::optional<std::uint64_t> seed;  // 1
    std::optional<std::uint32_t> days;  // from now on; 7
};
BOOST_DESCRIBE_STRUCT(ForecastRequest, (), (measures, runs, seed, days))

struct TrafficRequest {
    static constexpr std::array<std::string_view, 1> defaulted{"alternatives"};
    double teu_per_year = 0;
    std::optional<double> calls_per_day;
    std::string source;
    std::string date;
    std::vector<TerminalTraffic> terminals;
    std::optional<std::uint32_t> pilots;
    std::optional<std::uint32_t> tugs;
    std::vector<AlternativeTraffic> alternatives;
};
BOOST_DESCRIBE_STRUCT(TrafficRequest, (),
                      (teu_per_year, calls_per_day, source, date, terminals, pilots, tugs,
                       alternatives))

// Roles that carry the permissions. Who reads and writes an incident is the incident's matter.
const std::vector<Role>& roles_that_ask();
const std::vector<Role>& roles_that_describe();

// ---- decisions -----------------------------------------------------------------------------
// Errors: invalid respond.forecast.{value, place, time, share, runs, days, measure, source, date,
// traffic_shares} with the field's pointer; not_found respond.forecast.unknown_observation; conflict
// respond.forecast.withdrawn_already.

Result<ObservationReported> report(const Course& course, const prepare::port::State& port,
                                   const prepare::port::Register& known,
                                   const ObservationRequest& request, Instant at, Instant now);
Result<ObservationWithdrawn> withdraw(const Course& course, std::uint32_t number,
                                      const WithdrawRequest& request);
Result<CapabilityTold> tell(const prepare::port::State& port, const CapabilityRequest& request,
                            Instant at, Instant now);
Result<TrafficDescribed> describe_traffic(const prepare::port::State& port,
                                          const TrafficRequest& request);

// ---- the room ------------------------------------------------------------------------------

struct ForecastsOptions {
    std::string zone = "Asia/Tokyo";
};

class Forecasts {
public:
    // Before Journal::start(); the others must outlive it.
    Forecasts(journal::Journal& journal, const prepare::council::Council& council,
              const prepare::port::Port& port, const incident::Incident& incident,
              ForecastsOptions options = {});

    const State& state() const { return pending_; }   // journal's thread only
    const State& view() const { return published_; }  // under Journal::read
    const prepare::council::Council& council() const { return council_; }
    const prepare::port::Port& port() const { return port_; }
    const incident::Incident& incident() const { return incident_; }
    const ForecastsOptions& options() const { return options_; }

    // data/ports/forecast-defaults.yaml as JSON; before anything is asked.
    void set_defaults(boost::json::value defaults) { defaults_ = std::move(defaults); }
    const boost::json::value& defaults() const { return defaults_; }

    // Inside a command. Errors also: not_found respond.incident.unknown; conflict
    // respond.forecast.{closed, in_progress, no_terminals}.
    Result<std::uint32_t> report(journal::Recorder& recorder, const Principal& by,
                                 const IncidentId& incident, const ObservationRequest& request);
    Result<> withdraw(journal::Recorder& recorder, const Principal& by, const IncidentId& incident,
                      std::uint32_t number, const WithdrawRequest& request);
    Result<> tell(journal::Recorder& recorder, const Principal& by, const IncidentId& incident,
                  const CapabilityRequest& request);
    // With the fluid preview.
    Result<std::pair<ForecastId, Preview>> ask(journal::Recorder& recorder, const Principal& by,
                                               const IncidentId& incident,
                                               const ForecastRequest& request);
    Result<> describe_traffic(journal::Recorder& recorder, const TrafficRequest& request);

    // What a forecast is computed from. Under Journal::read for the first, from any thread for the
    // second. Errors: corrupt respond.forecast.inputs_gone.
    struct Job {
        ForecastId forecast;
        IncidentId incident;
        std::string inputs;  // the blob's name
        ForecastAsked asked;
        Instant as_of;
        bool has_first = false;
    };
    std::optional<Job> next_job() const;  // the oldest unfinished
    Result<Work> work_of(const Job& job) const;
    // Inside commands, by whoever computed.
    Result<> keep(journal::Recorder& recorder, const Job& job, Refinement refinement,
                  const ForecastResult& result);
    Result<> give_up(journal::Recorder& recorder, const Job& job, const std::string& reason);
    // Told on the journal's thread after a forecast was asked for; must not block.
    void on_asked(std::function<void()> told) { told_ = std::move(told); }

    // What observations are held against: the latest forecast of each incident. Thread-safe.
    void remember(const IncidentId& incident, const ForecastId& forecast,
                  std::shared_ptr<const ForecastResult> result);

    static constexpr std::string_view traffic_stream = "respond/forecast/port";

private:
    struct Found {
        const incident::State::Card* card;
        const Course* course;
        Instant now;  // in the incident's world
    };
    Result<Found> find(const journal::Recorder& recorder, const Principal& by,
                       const IncidentId& incident) const;

    journal::Journal& journal_;
    const prepare::council::Council& council_;
    const prepare::port::Port& port_;
    const incident::Incident& incident_;
    ForecastsOptions options_;
    boost::json::value defaults_;
    State pending_;
    State published_;
    std::function<void()> told_;
    mutable std::mutex latest_guard_;
    std::map<IncidentId, std::pair<ForecastId, std::shared_ptr<const ForecastResult>>> latest_;
};

// How many days a forecast covers, from the day the incident began, to look `ahead` from `as_of`.
std::uint32_t days_to(Instant began_at, Instant as_of, std::uint32_t ahead);

}  // namespace noroshi::respond::forecast
