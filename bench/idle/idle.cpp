// How much memory a port takes that nobody uses at the moment: `noroshi demo` with its finished
// incident and drill, after its pages were looked at once. README.md says what is counted.

#include <fstream>

#include "bench/load.h"

namespace noroshi::bench {
namespace {

double resident_mib(pid_t process) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    constexpr std::string_view field = "VmRSS:";
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(field)) return std::stod(line.substr(field.size())) / 1024;
    return 0;
}

int run() {
    const Port port("build/bench/idle", "demo");
    for (const auto* path : {"/", "/api/openapi.json", "/api/demo/people", "/api/demo/handsets"})
        ASSERT(
            answer_to(port.number(),
                      fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                                  path))
                .starts_with("HTTP/1.1 200"));
    const double mib = resident_mib(port.process());
    fmt::print("the demo port, idle: {:.0f} MB (claim: below 100)\n{}\n", mib * 1.048576,
               mib * 1.048576 < 100 ? "reached" : "NOT REACHED");
    return mib * 1.048576 < 100 ? 0 : 1;
}

}  // namespace
}  // namespace noroshi::bench

int main() { return noroshi::bench::run(); }
