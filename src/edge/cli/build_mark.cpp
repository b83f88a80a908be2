#include "edge/cli/build_mark.h"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

namespace noroshi::edge::cli {

std::string build_mark() {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    const auto size = std::filesystem::file_size(self, error);
    const auto written = std::filesystem::last_write_time(self, error);
    return fmt::format("{} {} {}", NOROSHI_VERSION, size, written.time_since_epoch().count());
}

}  // namespace noroshi::edge::cli
