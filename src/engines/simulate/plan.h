#pragma once
// A network laid out for running: names have become numbers. Made by Network::create, read by the
// event loop (run.h) and by the recursion (max_plus.h); never changed while running.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "engines/simulate/network.h"

namespace noroshi::simulate {

inline constexpr std::uint32_t nowhere = 0xFFFFFFFFU;  // "exit", or no customer

// Where to, by cumulative share; one target needs no random number.
struct Route {
    std::vector<double> up_to;
    std::vector<std::uint32_t> target;

    std::uint32_t pick(Stream& stream) const {
        if (target.size() == 1) return target[0];
        const double u = stream.unit();
        std::size_t at = 0;
        while (at + 1 < target.size() && u >= up_to[at]) ++at;
        return target[at];
    }
};

struct PlannedSource {
    std::uint32_t class_index = 0;
    Route route;
    std::uint64_t interarrival_process = 0;
    std::uint64_t batch_process = 0;
    std::uint64_t route_process = 0;
    // Of a rate: {from, rate, arrivals expected before `from`}.
    struct Piece {
        double from, rate, before;
    };
    std::vector<Piece> pieces;
    double expected_in_all = std::numeric_limits<double>::infinity();
};

struct PlannedPlace {
    bool is_link = false;
    bool scheduled = false;                                        // servers change
    std::int64_t room = std::numeric_limits<std::int64_t>::max();  // a link: storage
    WhenFull when_full = WhenFull::block;
    std::uint32_t levels = 1;                  // of priority
    std::vector<Route> route;                  // per class
    std::vector<const Distribution*> service;  // per class; a link: travel
    const Distribution* patience = nullptr;
    std::uint64_t service_process = 0;
    std::uint64_t route_process = 0;
    std::uint64_t patience_process = 0;
};

class Plan {
public:
    NetworkDescription description;
    std::vector<std::string> classes;
    std::vector<std::uint64_t> class_entity;
    std::vector<PlannedSource> sources;
    std::vector<PlannedPlace> places;  // stations, then links
    std::size_t stations = 0;
    bool cyclic_blocking = false;  // customers may wait for each other's places in a circle
    bool has_patience = false;

    const std::string& id_of(std::size_t place) const {
        return place < stations ? description.stations[place].id
                                : description.links[place - stations].id;
    }
};

// The next arrival of a Poisson process with this rate, by inversion: `spent` is what of the
// expected number lies behind, and grows. Infinity: none any more.
double next_of_rate(const PlannedSource& source, double& spent, std::size_t& piece, Stream& stream);

}  // namespace noroshi::simulate
