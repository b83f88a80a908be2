#pragma once
// Passkeys: what a browser's navigator.credentials gives back, checked. W3C "Web Authentication:
// An API for accessing Public Key Credentials, Level 2" (2021), sections 7.1 (registering) and 7.2
// (signing in). One algorithm, ES256 (COSE -7: ECDSA over P-256 with SHA-256), which every
// authenticator of today offers. Attestation is not asked for: which make a key is, a port need
// not know.
//
// A passkey is used with user verification (fingerprint, face, PIN of the device), so it stands for
// two factors by itself.
//
// Errors: invalid kernel.identity.passkey_malformed {part}; forbidden
// kernel.identity.passkey_{challenge, origin, site, not_verified, signature, counter}.

#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/result.h"

namespace noroshi::webauthn {

struct Expected {
    std::string challenge;  // as we gave it: base64url
    std::string origin;     // "https://port.example:8443"
    std::string site;       // the relying party's id: "port.example"
};

// Section 6.1.
struct AuthenticatorData {
    std::string site_hash;  // SHA-256 of the relying party's id, 32 bytes
    std::uint8_t flags = 0;
    std::uint32_t counter = 0;
    std::string credential;  // id, when one was made
    std::string public_key;  // of it: uncompressed point of P-256, 65 bytes
    bool user_present() const { return (flags & 0x01) != 0; }
    bool user_verified() const { return (flags & 0x04) != 0; }
};
Result<AuthenticatorData> read_authenticator_data(std::string_view bytes);

// All bytes raw, not base64url.
Result<AuthenticatorData> read_attestation(std::string_view client_data,
                                           std::string_view attestation, const Expected& expected);

// Gives the new counter. `counter`: the one seen last.
Result<std::uint32_t> check_assertion(std::string_view public_key, std::uint32_t counter,
                                      std::string_view client_data,
                                      std::string_view authenticator_data,
                                      std::string_view signature, const Expected& expected);

}  // namespace noroshi::webauthn
