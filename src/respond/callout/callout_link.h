#pragma once
// The link in a call-out's mail: whoever holds it may answer for one person to one call-out, until
// it expires, and nothing else. It is sealed under the installation's key, so it can neither be
// guessed nor turned into one for somebody else; it needs no sign-in.

#include <optional>
#include <string>
#include <string_view>

#include "kernel/crypto/keyring.h"
#include "kernel/identity/id.h"
#include "kernel/random/random.h"
#include "kernel/time/time.h"

namespace noroshi::respond::callout {

struct Link {
    CalloutId callout;
    PersonId person;
    Instant expires;  // real time, also in an exercise
};

// What stands after /l/ in the address: letters, digits, - and _.
std::string seal_link(const Link& link, const Key& installation_key, Random& random);
// Nothing if it is not one of ours, or was tampered with. Whether it has expired, the caller asks.
std::optional<Link> open_link(std::string_view sealed, const Key& installation_key);

}  // namespace noroshi::respond::callout
