#pragma once
// Links in this room's mails: whoever holds one may confirm one person's contact, or confirm for one
// organisation that it has received one edition, until the link expires; nothing else, and without
// signing in. Sealed under the installation's key, so that none can be guessed or altered.

#include <optional>
#include <string>
#include <string_view>

#include "kernel/crypto/keyring.h"
#include "kernel/identity/id.h"
#include "kernel/random/random.h"
#include "kernel/time/time.h"

namespace noroshi::prepare::contacts {

struct Link {
    PersonId person;  // for whom it was written
    // Of an edition's receipt; nothing: of the person's own contact.
    std::optional<int> edition{};
    OrganisationId organisation{};
    Instant expires{};
};

// What stands after /c/ in the address: letters, digits, - and _.
std::string seal_link(const Link& link, const Key& installation_key, Random& random);
// Nothing if it is not one of ours. Whether it has expired, the caller asks.
std::optional<Link> open_link(std::string_view sealed, const Key& installation_key);

}  // namespace noroshi::prepare::contacts
