#pragma once
// Reads CBOR (RFC 8949) as authenticators write it (CTAP2 canonical form): numbers, byte and text
// strings, arrays, maps, true, false and null, all of definite length. Tags, floats and indefinite
// lengths are refused. For bytes from outside: at most eight levels deep and 1,024 items.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace noroshi::cbor {

struct Value {
    enum class Kind { number, bytes, text, array, map, boolean, null };
    Kind kind = Kind::null;
    std::int64_t number = 0;   // also of a boolean
    std::string bytes;         // of bytes and text
    std::vector<Value> keys;   // of a map, as they came
    std::vector<Value> items;  // of an array; of a map, beside its keys

    // Null when this is no map or has no such key.
    const Value* find(std::string_view key) const;
    const Value* find(std::int64_t key) const;
};

// The first item of `input`, which then begins behind it. Nothing: it is not such CBOR.
std::optional<Value> read(std::string_view& input);

}  // namespace noroshi::cbor
