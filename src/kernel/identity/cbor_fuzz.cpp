#include <cstddef>
#include <cstdint>

#include "kernel/identity/cbor.h"
#include "kernel/identity/webauthn.h"
#include "kernel/result.h"

// What an authenticator, or whoever pretends to be one, sends.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    auto rest = bytes;
    if (const auto value = noroshi::cbor::read(rest)) ASSERT(rest.size() < bytes.size());
    (void)noroshi::webauthn::read_authenticator_data(bytes);
    (void)noroshi::webauthn::read_attestation(
        R"({"type":"webauthn.create","challenge":"c","origin":"https://port.test"})", bytes,
        {"c", "https://port.test", "port.test"});
    return 0;
}
