#include "app/programs.h"

#include <array>

// Nobody includes an *_cli file, so its verb is declared where it is joined:
//   namespace respond::forecast { int simulate(std::span<const std::string>, Language); }
namespace noroshi {
namespace learn::records {
int run(std::span<const std::string>, Language);
}
namespace respond::forecast {
int forecast_verb(std::span<const std::string>, Language);
int simulate_verb(std::span<const std::string>, Language);
}  // namespace respond::forecast
namespace watch::detections {
int detect(std::span<const std::string>, Language);
}
}  // namespace noroshi

namespace noroshi::app {

namespace {
// {name, summary, run}, in alphabetical order.
constexpr std::array all{
    edge::cli::Program{"detect", "logs through rules, indicators and behaviour",
                       watch::detections::detect},
    edge::cli::Program{"forecast", "the queue and the ships of an incident",
                       respond::forecast::forecast_verb},
    edge::cli::Program{"records", "what is kept, until when, and what may go", learn::records::run},
    edge::cli::Program{"simulate", "a network of queues, by events",
                       respond::forecast::simulate_verb},
};
}  // namespace

std::span<const edge::cli::Program> programs() { return all; }

const edge::cli::Program* find_program(std::string_view name) {
    for (const auto& program : all)
        if (program.name == name) return &program;
    return nullptr;
}

}  // namespace noroshi::app
