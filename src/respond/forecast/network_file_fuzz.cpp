// Files of networks as somebody could write them: refused, or a network that runs and ends.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "edge/cli/content.h"
#include "edge/cli/schema.h"
#include "respond/forecast/network_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace noroshi;
    if (size > 4096) return 0;
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto content = edge::cli::Content::parse(text, "fuzz.yaml");
    if (!content) return 0;
    const auto file = edge::cli::conforming(*content, "network");
    if (!file) return 0;
    auto description = respond::forecast::network_of(*file);
    if (!description) return 0;
    const auto network = simulate::Network::create(std::move(*description));
    if (!network) {
        (void)edge::cli::wrong_at(*content, network.error().pointer, network.error().key);
        return 0;
    }
    simulate::RunOptions options;
    options.customers = 20;
    const auto figures = network->run(options);
    if (figures && figures->entered != figures->left + figures->present) __builtin_trap();
    return 0;
}
