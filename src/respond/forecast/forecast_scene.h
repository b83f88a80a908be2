#pragma once
// A small port and an incident for tests: two terminals on one road, one beside.

#include <gtest/gtest.h>

#include <string>

#include "edge/cli/content.h"
#include "edge/cli/schema.h"
#include "kernel/embedded_data.h"
#include "respond/forecast/backtest.h"

namespace noroshi::respond::forecast::scene {

inline boost::json::value conforming(const std::string& text, const char* schema) {
    const auto content = edge::cli::Content::parse(text, "scene.yaml");
    EXPECT_TRUE(content);
    auto file = edge::cli::conforming(*content, schema);
    EXPECT_TRUE(file) << describe(file.error());
    return *file;
}

inline std::string embedded(const std::string& path) {
    for (const auto& file : embedded_data())
        if (file.path == path) return std::string(file.bytes);
    ADD_FAILURE() << path;
    return {};
}

inline boost::json::value defaults() {
    return conforming(embedded("ports/forecast-defaults.yaml"), "port-model");
}

inline PortModel small_port(const std::string& parameters = {}) {
    const auto port = port_model_of(conforming(R"(
format: noroshi-port-model/1
id: small
name: 小港
utc_offset: "+09:00"
roads:
- {id: shared, length_m: 3000, lanes: 1, head_of_line: true, points: [{id: crossing, at_m: 1500}]}
- {id: other, length_m: 2000}
terminals:
- {id: a, share: 0.3, quay_cranes: 4, berths: 2, yard_m2: 200000, road: shared}
- {id: b, share: 0.3, quay_cranes: 4, berths: 2, yard_m2: 200000, road: shared}
- {id: c, share: 0.4, quay_cranes: 6, berths: 2, yard_m2: 300000, yard_gear: rtg, road: other}
)" + parameters,
                                               "port-model"),
                                    defaults());
    EXPECT_TRUE(port) << describe(port.error());
    return *port;
}

inline Incident incident(const PortModel& port, const std::string& more = "terminals: [a]\n") {
    const auto made = incident_of(conforming(R"(
format: noroshi-incident/1
id: test
port: small
start: "2024-06-04T06:30:00+09:00"
)" + more,
                                             "incident"),
                                  port);
    EXPECT_TRUE(made) << describe(made.error());
    return *made;
}

inline ForecastOptions options(const Incident& incident, std::uint64_t replications = 40) {
    ForecastOptions options;
    options.as_of = incident.start;
    options.replications = replications;
    options.horizon = 24 * 5;
    return options;
}

inline double middle(const Forecast& forecast, float PortOutcome::* figure) {
    std::vector<double> values;
    for (const auto& run : forecast.runs) values.push_back(run.*figure);
    return quantile(values, 0.5);
}

}  // namespace noroshi::respond::forecast::scene
