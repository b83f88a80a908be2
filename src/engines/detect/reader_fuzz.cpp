// Lines of strangers, in every format that is told by its own look: whatever they say, reading ends with
// an event whose texts lie in the line or the arena, or with a reason.

#include "engines/detect/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace noroshi::engines::detect;
    static const Detector detector({});
    static const Source source;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    Reader reader(detector, {});
    reader.begin(source, nullptr);
    Event event(detector.fields());
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
        if (reader.read(bytes.substr(at, end - at), event).empty() && event_json(event).empty())
            __builtin_trap();
        at = end + 1;
    }
    return 0;
}
