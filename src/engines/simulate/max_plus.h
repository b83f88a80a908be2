#pragma once
// The same network without events. Where everybody is served in the order of coming, each customer's
// times follow from those before by maxima and sums:
//
//   begins  = max(enters, when a server is free)         ends = begins + service
//   enters next place = max(ends, when that has a place) and only then is this server free
//
// (J. Kiefer, J. Wolfowitz 1955; S. Krishnamurthy, P. Glasserman on max-plus recursions.) It is the
// cross-check of the event loop: the figures must agree bit for bit, because both add the same
// numbers in the same order. And it is several times faster.
//
// Applies when: one source, one class, no batches; every place is a station fed by one other place
// (a tree); first come first served, unlimited patience, constant servers, `block` when full; a
// station that feeds others has one server (else customers would overtake).

#include "engines/simulate/network.h"

namespace noroshi::simulate {

bool max_plus_applies(const Network& network);

// Needs `customers`; `until` and `at` are not taken. Errors: invalid
// engines.simulate.max_plus_does_not_apply; those of Network::run.
Result<NetworkFigures> run_max_plus(const Network& network, const RunOptions& options);

}  // namespace noroshi::simulate
