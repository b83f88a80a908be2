#pragma once
// What the files of Credentials share: where facts about access lie, how secrets are named. For
// kernel/identity's own .cpp files.

#include <string>
#include <string_view>

#include "kernel/crypto/hash.h"
#include "kernel/journal/journal.h"

namespace noroshi::access {

inline std::string digest_of(std::string_view secret) { return to_hex(sha256(secret)); }

// Nobody else sees when a person comes and goes.
inline journal::Place place_of(const PersonId& person) {
    return {
        "kernel/identity/people/" + person.text, Visibility{Tlp::red, {}, {person}}, {}, {}, {}};
}

}  // namespace noroshi::access
