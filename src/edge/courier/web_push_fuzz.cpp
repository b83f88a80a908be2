// A subscription comes from a browser, an encrypted text from anybody who knows the endpoint.

#include <cstdint>
#include <string_view>

#include "edge/courier/push_courier.h"

namespace noroshi::edge::courier {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view outside(reinterpret_cast<const char*>(bytes), size);
    static const P256Key own = push_key_of(Key{1});
    if (const auto devices = read_push_devices(outside))
        for (const auto& one : *devices) {
            ASSERT(one.secret.size() == 16 && one.point.size() == 65);
            ASSERT(origin_of(one.endpoint)->text.size() <= one.endpoint.size());
            ASSERT(encrypt_push(one, "text", "0123456789abcdef", own).has_value());
        }
    if (const auto plain = decrypt_push(outside, own, "0123456789abcdef"))
        ASSERT(plain->size() <= size);
    [[maybe_unused]] const bool known = is_push_service(usual_push_services(), outside);
    return 0;
}

}  // namespace noroshi::edge::courier
