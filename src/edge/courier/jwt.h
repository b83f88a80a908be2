#pragma once
// A signed claim as OAuth wants it of a program (RFC 7523, RFC 7515, RS256). Pure.

#include <optional>
#include <string>
#include <string_view>

#include "kernel/time/time.h"

namespace noroshi::edge::courier {

// Whether this is a private RSA key in PEM (PKCS #1 or #8) of at least 2,048 bits.
bool is_rsa_key(std::string_view pem);

// {"iss","sub","iat","exp"}. Nothing if the key cannot sign.
std::optional<std::string> signed_claim(std::string_view pem, std::string_view issuer,
                                        std::string_view subject, Instant now, Instant expires);

}  // namespace noroshi::edge::courier
