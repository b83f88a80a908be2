#pragma once
// What tests of the engine stand on: networks in one line, and the four standard deviations within
// which a simulation has to agree with what mathematics says.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "engines/simulate/network.h"

namespace noroshi::simulate::scene {

inline Distribution exponential(double mean) { return *Distribution::exponential(mean); }

inline Source poisson(const std::string& to, double rate,
                      const std::string& class_name = "default") {
    Source source;
    source.id = "from_" + class_name;
    source.interarrival = exponential(1 / rate);
    source.class_name = class_name;
    source.next = {{to, 1, ""}};
    return source;
}

inline Station station(const std::string& id, double servers, Distribution service,
                       std::vector<Next> next = {}) {
    Station station;
    station.id = id;
    station.servers = {{0, servers}};
    station.service = std::move(service);
    station.next = std::move(next);
    return station;
}

inline Network network(std::vector<Source> sources, std::vector<Station> stations,
                       std::vector<Link> links = {}, std::vector<std::string> classes = {}) {
    auto made = Network::create(
        {std::move(sources), std::move(stations), std::move(links), std::move(classes)});
    EXPECT_TRUE(made) << describe(made.error());
    return std::move(*made);
}

inline NetworkFigures run(const Network& network, RunOptions options) {
    auto figures = network.run(options);
    EXPECT_TRUE(figures) << describe(figures.error());
    return std::move(*figures);
}

using Measure = std::function<double(const NetworkFigures&)>;

inline Measure at(std::size_t station, double Figures::* figure) {
    return [=](const NetworkFigures& figures) { return figures.stations[station].all.*figure; };
}

// Twenty independent runs: their mean lies within four standard deviations of `exact`, and these
// are small enough for the agreement to mean something.
inline void expect_agrees(const Network& network, RunOptions options, double exact,
                          const Measure& measure, double at_most_relative_sd = 0.05) {
    constexpr int runs = 20;
    double mean = 0;
    double squares = 0;
    for (int i = 0; i < runs; ++i) {
        options.seed = 1000 + static_cast<std::uint64_t>(i);
        const double value = measure(run(network, options));
        const double delta = value - mean;
        mean += delta / (i + 1);
        squares += delta * (value - mean);
    }
    const double sd = std::sqrt(squares / (runs - 1) / runs);
    EXPECT_NEAR(mean, exact, 4 * sd);
    EXPECT_LT(sd, at_most_relative_sd * exact);
}

inline RunOptions customers(std::uint64_t count, double warmup = 0) {
    RunOptions options;
    options.customers = count;
    options.warmup = warmup;
    return options;
}

}  // namespace noroshi::simulate::scene
