#pragma once
// Where a notice about somebody's own account is sent. How people are reached is a room's matter
// (prepare/contacts), which answers through this.

#include <optional>
#include <string>

#include "kernel/identity/id.h"

namespace noroshi {

// Called on the journal's thread.
class AddressBook {
public:
    virtual ~AddressBook() = default;
    virtual std::optional<std::string> mail_of(const PersonId& person) const = 0;
};

}  // namespace noroshi
