// Datagrams and captures of strangers: whatever they say about lengths, only their own bytes are read.

#include "engines/detect/netflow.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace noroshi::engines::detect;
    static const FieldNames names;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    FlowDecoder decoder(names);
    Event event(names);
    std::uint64_t flows = 0;
    const auto each = [&](Event& flow) { flows += flow.values().size() < 2000 ? 1 : 0; };
    if (is_capture(bytes)) {
        [[maybe_unused]] const bool whole =
            datagrams_of(bytes, [&](std::string_view datagram, std::uint64_t sender) {
                decoder.datagram(datagram, sender, event, each);
            });
    } else {
        for (std::size_t at = 0; at < bytes.size();)
            at += decoder.datagram(bytes.substr(at), 0, event, each);
    }
    decoder.forget_held();
    if (decoder.counts().flows < flows) __builtin_trap();
    return 0;
}
