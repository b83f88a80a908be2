// Hostile log lines, and hostile segment files: nothing but an error may come of them.

#include <unistd.h>
#include <cstdlib>
#include <string>

#include "edge/archive/line_time.h"
#include "edge/archive/segment.h"
#include "kernel/store/files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace noroshi;
    using namespace noroshi::edge::archive;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    time_of_line(bytes, Instant{}, std::chrono::minutes{540});
    static const std::string path = [] {
        char name[] = "/tmp/noroshi-fuzz-XXXXXX";
        const int file = ::mkstemp(name);
        if (file < 0) std::abort();
        ::close(file);
        return std::string(name);
    }();
    std::string text(bytes);
    if (!text.ends_with('\n')) text += '\n';
    BlockHead head;
    head.source = "s";
    // Half of the inputs are files, the other half lines that must come back.
    const bool is_file = size > 0 && (data[0] & 1) != 0;
    if (!store::replace_file(path, is_file ? text : encode_block(head, text), 0600)) return 0;
    std::uint64_t sound = 0;
    const auto blocks = read_blocks(path, sound);
    if (!blocks) return 0;
    for (const auto& block : *blocks) {
        const auto lines = read_lines(path, block);
        if (!is_file && (!lines || *lines != text)) std::abort();
    }
    return 0;
}
