// Whatever stands in a link or in a sealed value comes from outside: nothing but what we sealed
// opens, and one text stands for one sequence of bytes.

#include <cstddef>
#include <cstdint>

#include "kernel/crypto/hash.h"
#include "kernel/crypto/keyring.h"
#include "kernel/result.h"

namespace noroshi {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto bytes = from_base64url(text)) ASSERT(to_base64url(*bytes) == text);
    if (const auto bytes = from_hex(text)) ASSERT(bytes->size() * 2 == size);

    static Keyring keyring;  // neither copied nor moved
    if (!keyring.has(PersonId{"p1"})) keyring.add(PersonId{"p1"}, Key{1});
    ASSERT(!keyring.open(PersonId{"p1"}, text));
    ASSERT(!keyring.open(PersonId{"p2"}, text));
    ASSERT(!open_with(Key{2}, text, "link"));

    SeededRandom random(size);
    const auto sealed = seal_with(Key{1}, text, "link", random);
    ASSERT(open_with(Key{1}, sealed, "link") == text);
    return 0;
}

}  // namespace noroshi
