#pragma once
// From the port's register and an incident's board to the two files of docs/formats/forecast.md, as
// JSON (which is YAML): what a forecast of the room is computed from is what anybody can run again at
// the command line. Pure.

#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "prepare/port/port.h"
#include "prepare/port/port_register.h"
#include "respond/forecast/forecast_state.h"

namespace noroshi::respond::forecast {

// What had to be inferred because nobody has told; shown beside the forecast. Keys below
// respond.forecast.gap.
struct Inputs {
    boost::json::object port;      // noroshi-port-model/1
    boost::json::object incident;  // noroshi-incident/1
    std::vector<std::string> gaps;
};

// `now`: of the incident's world. Terminals and roads are named by their ids in the register. Errors:
// conflict respond.forecast.no_terminals.
Result<Inputs> inputs_of(const prepare::port::State& port, const prepare::port::Register& known,
                         const std::optional<TrafficDescribed>& traffic, const Course& course,
                         const std::vector<MeasureAsked>& measures, const std::string& zone,
                         Instant now);

// "+09:00": of the zone at that time.
std::string offset_of(const std::string& zone, Instant at);

}  // namespace noroshi::respond::forecast
