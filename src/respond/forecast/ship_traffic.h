#pragma once
// Ships on their way through a port: anchorage, berth, pilot, tugs, fairway, work at the quay, and out again.
// Whoever asks first is served first, at each terminal's berths and at the harbour master's alike, so
// that no more is needed than the calls in order of time: a small run of events of its own.
//
// Hours throughout. Pure; no chance in here.

#include <cstddef>
#include <functional>
#include <vector>

namespace noroshi::respond::forecast {

struct ShipCall {
    double arrives = 0;  // at the anchorage
    double work_h = 0;   // at the quay, at the usual pace
    double moves = 0;
    std::size_t terminal = 0;
    int tugs = 0;          // for each of its two moves
    bool one_way = false;  // so large that it meets nobody in the fairway
    bool gone = false;     // left out the port
};

// What ships share. A count of 0: as many as anybody asks for.
struct Marine {
    int pilots = 0;
    int tugs = 0;
    double move_h = 0;     // anchorage to quay, or quay to open sea: the berth is taken
    double pilot_h = 0;    // a pilot is bound from the beginning of a move, the way back included
    double tug_h = 0;      // tugs likewise
    double fairway_h = 0;  // in the fairway, from the beginning of a move
    double gap_h = 0;      // between two ships the same way
};

struct ShipStay {
    double begins = 0;  // to move in: until then it waits
    double berthed = 0;
    double leaves = 0;  // the berth is free
};

// One stay for each call; those of `gone` ones are empty. `calls` in order of `arrives`, `berths` per
// terminal, at least 1. `work_done(terminal, begins, hours)` says when work is done that takes `hours` at the
// usual pace.
std::vector<ShipStay> stays_of(const std::vector<ShipCall>& calls, const std::vector<int>& berths,
                               const Marine& marine,
                               const std::function<double(std::size_t, double, double)>& work_done);

}  // namespace noroshi::respond::forecast
