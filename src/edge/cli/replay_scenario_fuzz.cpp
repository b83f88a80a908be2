// Whatever somebody hands over as a scenario or a port: it is read or refused with a reason, and
// what is read keeps its promises.
#include <cstdint>

#include "edge/cli/demo_port.h"
#include "edge/cli/replay_scenario.h"

using namespace noroshi;
using namespace noroshi::edge::cli;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    if (const auto scenario = parse_scenario(input, "x.yaml")) {
        Instant last = scenario->starts_at;
        for (const auto& step : scenario->steps) {
            ASSERT(step.at >= last);
            last = step.at;
            if (step.entry) ASSERT(step.entry->confirmed || step.entry->content.contains("未確認"));
            for (const auto& one : step.milestones)
                ASSERT(one.terminal < scenario->terminals.size());
        }
    } else {
        ASSERT(!scenario.error().key.empty());
    }
    if (const auto port = parse_demo_port(input, "x.yaml"))
        for (const auto& call : port->calls) ASSERT(port->find_person(call.person) != nullptr);
    return 0;
}
