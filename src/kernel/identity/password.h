#pragma once
// Passwords: Argon2id (RFC 9106) with the parameters OWASP recommends, 19 MiB and two passes. The
// text is normalised (NFKC), so that a password typed in full width is the same password.
//
// Stored as "argon2id$<KiB>$<passes>$<salt>$<hash>" (base64url), so that the cost can be raised
// and old passwords still be checked.

#include <cstddef>
#include <string>
#include <string_view>

#include "kernel/random/random.h"
#include "kernel/result.h"

namespace noroshi {

struct PasswordCost {
    std::size_t kibibytes = 19 * 1024;
    unsigned passes = 2;
};

// Takes tens of milliseconds and `cost.kibibytes` of memory: never on the journal's thread.
std::string hash_password(std::string_view password, const PasswordCost& cost, Random& random);
bool is_password(std::string_view password, std::string_view record);

// At least ten characters, at most 256 bytes, not mostly one character, not the login, and not made
// of what is tried first: common words, walks over the keyboard, runs, years and the login, put together.
// Errors: invalid kernel.identity.{password_short, password_long, password_plain} at `pointer`.
Result<> check_new_password(std::string_view password, std::string_view login,
                            std::string_view pointer);

}  // namespace noroshi
