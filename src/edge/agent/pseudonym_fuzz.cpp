// Lines and networks of strangers; replacing twice must not bring an own address back.

#include "edge/agent/pseudonym.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace noroshi::edge::agent;
    static const auto networks =
        std::vector<Network>{*parse_network("10.0.0.0/8"), *parse_network("2001:db8::/32")};
    Pseudonyms pseudonyms(PseudonymKey{9, 8, 7}, {networks, {".example"}, {"corp\\"}});
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    [[maybe_unused]] const auto network = parse_network(text.substr(0, 64));
    const auto replaced = pseudonyms.replace(text);
    [[maybe_unused]] const auto address = pseudonyms.reveal_address(text.substr(0, 64));
    if (replaced.size() > size * 40 + 64) __builtin_trap();
    return 0;
}
