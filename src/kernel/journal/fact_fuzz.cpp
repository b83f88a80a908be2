// A journal may be handed to us by others (a restore, a move to another store): the texts in it are
// outside bytes. A visibility that is read must encode to one canonical text, or the same record
// would hash differently; and no two facts may share their canonical bytes.

#include <cstdint>

#include "kernel/journal/fact.h"

namespace noroshi::journal {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);

    if (const auto visibility = decode_visibility(text)) {
        const auto encoded = encode_visibility(*visibility);
        const auto again = decode_visibility(encoded);
        ASSERT(again && *again == *visibility);
        ASSERT(encode_visibility(*again) == encoded);
    } else {
        ASSERT(visibility.error().kind == ErrorKind::corrupt);
    }

    if (const auto hash = parse_hash(text)) {
        const auto hex = hex_of(*hash);
        ASSERT(parse_hash(hex) == *hash);
    }

    // The field boundaries are part of what is hashed: moving one byte from a field to the next is
    // another fact.
    Fact fact;
    fact.sequence = 1;
    fact.stream = std::string(text.substr(0, size / 2));
    fact.kind = std::string(text.substr(size / 2));
    Fact other = fact;
    if (!fact.stream.empty()) {
        other.kind.insert(other.kind.begin(), other.stream.back());
        other.stream.pop_back();
        ASSERT(canonical_bytes(other) != canonical_bytes(fact));
        ASSERT(hash_of(other) != hash_of(fact));
    }
    ASSERT(hash_of(fact) == hash_of(fact));
    return 0;
}

}  // namespace noroshi::journal
