#pragma once
// One-time codes of an authenticator app. HOTP: RFC 4226; TOTP: RFC 6238; Base32: RFC 4648, section
// 6; the address an app reads: the "Key Uri Format" (otpauth://totp/…) that all of them understand.
//
// A code is good for one step of 30 seconds, and for the step before and after, because clocks of
// telephones run fast or slow. A code of a step that was used, or of an earlier one, is refused, so
// that one read over the shoulder is worth nothing (RFC 6238, section 5.2).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/time/time.h"

namespace noroshi {

enum class TotpHash { sha1, sha256, sha512 };

struct TotpRules {
    std::chrono::seconds step{30};
    unsigned digits = 6;
    unsigned skew = 1;               // steps to either side
    TotpHash hash = TotpHash::sha1;  // what every app can do; its weakness does not matter for HMAC
};

// Of one counter, with leading zeros. `secret`: raw bytes.
std::string hotp(std::string_view secret, std::uint64_t counter, unsigned digits, TotpHash hash);
std::uint64_t totp_step(Instant at, const TotpRules& rules = {});
// The step that the code belongs to, if it is one that may be used: within the skew, and later than
// `last_used`. Spaces within the code are what people type, and are left out.
std::optional<std::uint64_t> check_totp(std::string_view secret, std::string_view code, Instant now,
                                        std::uint64_t last_used, const TotpRules& rules = {});

std::string to_base32(std::string_view bytes);  // upper case, unpadded
// otpauth://totp/<issuer>:<account>?secret=…&issuer=…&algorithm=SHA1&digits=6&period=30
std::string totp_address(std::string_view secret, std::string_view issuer, std::string_view account,
                         const TotpRules& rules = {});

}  // namespace noroshi
