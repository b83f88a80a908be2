#pragma once
// The demo port's members share fictional logs of today (addresses of RFC 5737, no real host): refusals
// at two terminals' VPN from one address, which then got in at one of them, and a tool for remote
// control at a third place. They go through the archive, the engine and the rooms like anybody's.

#include "app/installation.h"
#include "app/watching.h"

namespace noroshi::app {

// Writes them into sources that have no line yet, lets them be looked through, and warns as the
// port's leader. Nothing in a demo that has its lines already.
Result<> write_demo_logs(Installation& installation, Watching& watching);

}  // namespace noroshi::app
