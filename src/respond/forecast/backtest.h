#pragma once
// The forecast tried on an incident whose end is known, by the protocol of docs/backtest.md: replays
// as of several moments with only what was known then, scored against what came of it and beside
// simple baselines. The result is reported whatever it is.

#include <string>

#include <boost/json/value.hpp>

#include "respond/forecast/forecast.h"

namespace noroshi::respond::forecast {

// Priors that may know the event: later than its start, or not marked pre_event. A run with any is
// not scored.
std::vector<std::string> later_facts(const PortModel& port, const Incident& incident);

// Continuous ranked probability score of `samples` for `value`, both on the scale log(1 + x): lower
// is better; of one sample it is the distance.
double log_crps(std::vector<double> samples, double value);

// SHA-256 of everything a forecast reads: priors, port, incident without its outcomes, and the
// version of the model.
std::string frozen_hash(const boost::json::value& port_file, const boost::json::value& defaults,
                        const boost::json::value& incident_file);

// Errors: invalid respond.forecast.nothing_to_score (no outcomes or no as_of); those of forecast_of.
Result<boost::json::object> backtest_of(const PortModel& port, const Incident& incident,
                                        const ForecastOptions& options, const std::string& hash);

}  // namespace noroshi::respond::forecast
