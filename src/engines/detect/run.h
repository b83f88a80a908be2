#pragma once
// Input to findings: blocks are read in order, worked on by several threads, and put back into
// order; matches are sorted by event time within the reorder bound, correlated and told. The result
// does not depend on the number of threads nor on the size of blocks.
//
// Order: an event's place is its own time, but never before (the latest time seen in its source
// minus `reorder`); ties go by source and line. An event without a time stands with the one before
// it. A single source is told while it is read; several are told together when all have been read,
// so that it does not matter how their lines were dealt out to files. Only matches are kept for
// that, not events.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engines/detect/behaviour.h"
#include "engines/detect/detector.h"
#include "engines/detect/found.h"
#include "engines/detect/indicator.h"
#include "engines/detect/input.h"
#include "engines/detect/reader.h"

namespace noroshi::engines::detect {

struct RunOptions {
    ReadOptions read;
    Micros reorder = 3600LL * 1000000;
    unsigned threads = 1;  // 1 if there is somebody to look at behaviour
    const Indicators* indicators = nullptr;
    Behaviour* behaviour = nullptr;   // its findings come last
    BeaconFinder* beacons = nullptr;  // takes every event
};

struct Summary {
    std::uint64_t lines = 0;  // that held something
    std::uint64_t bytes = 0;  // decompressed
    std::uint64_t parsed = 0;
    std::map<std::string, std::uint64_t, std::less<>> unparsed;  // by reason
    std::uint64_t found = 0;
    std::vector<std::string> trouble;  // sources that broke off
};

Summary run(const Detector& detector, std::vector<Source> sources, const RunOptions& options,
            const std::function<void(const Found&)>& tell);

}  // namespace noroshi::engines::detect
