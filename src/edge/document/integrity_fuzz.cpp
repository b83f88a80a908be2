// A bundle comes from outside: `noroshi verify --sheet` must survive any bytes.
#include <cstddef>
#include <cstdint>

#include "edge/document/integrity.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace noroshi::edge::document;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto files = read_bundle(bytes, 1U << 20)) (void)check_bundle(*files);
    (void)check_bundle({{"sheet.txt", std::string(bytes)}, {"sheet.sig", std::string(64, 'x')}});
    return 0;
}
