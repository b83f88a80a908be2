#pragma once
// Mail addresses and telephone numbers as people type them, and as gateways want them. Full-width
// characters are plain ones (NFKC); what cannot be delivered to is refused here rather than at
// three in the morning.

#include <string>
#include <string_view>

#include "kernel/result.h"

namespace noroshi::prepare::contacts {

// RFC 5321 dot-atom address in ASCII, the domain in lower case. At most 254 characters.
// Errors: invalid prepare.contacts.bad_email at `pointer`.
Result<std::string> read_email(std::string_view text, std::string_view pointer);

// E.164 ("+819012345678"). Without a country it is a Japanese number: "090-1234-5678",
// "（052）654-7911", "010 1 212…" dialled from Japan. Whole numbers only, no extensions.
// Errors: invalid prepare.contacts.bad_phone at `pointer`.
Result<std::string> read_phone(std::string_view text, std::string_view pointer);

// The same, for a number that takes SMS: of Japan only 060, 070, 080 and 090.
// Errors: as above, and invalid prepare.contacts.not_a_mobile.
Result<std::string> read_mobile(std::string_view text, std::string_view pointer);

// Where somebody is reached in a chat: "<service>:<user>", the service by the name it has in this
// installation, the user as the service knows them. Never a group: an answer link is one person's.
// Errors: invalid prepare.contacts.bad_chat at `pointer`.
Result<std::string> read_chat(std::string_view text, std::string_view pointer);

}  // namespace noroshi::prepare::contacts
