#pragma once
// Personal data in facts is sealed under a key per person. Deleting the key erases the person; the
// facts keep their bytes and the chain still verifies. Reading a sealed value whose key is gone
// gives Personal{of, "", erased}.
//
// Sealed form in a fact's body: {"of":"<person>","sealed":"<base64url(nonce ‖ ciphertext)>"},
// XChaCha20-Poly1305 (libsodium), associated data = the person's id. docs/formats/sealing.md.
//
// Thread-safe. Keys are created by the caller (journal::Recorder) so that they become durable in
// the same commit as the fact that needs them.

#include <array>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "kernel/identity/id.h"
#include "kernel/random/random.h"

namespace noroshi {

struct Personal {
    PersonId of;
    std::string text;
    bool erased = false;
    friend bool operator==(const Personal&, const Personal&) = default;
};

using Key = std::array<unsigned char, 32>;

class Keyring {
public:
    void add(const PersonId& person, const Key& key);
    void remove(const PersonId& person);
    bool has(const PersonId& person) const;
    std::optional<Key> key_of(const PersonId& person) const;

    // The person's key must be present.
    std::string seal(const PersonId& person, std::string_view plain, Random& random) const;
    // Nothing if the key is gone or the text was tampered with.
    std::optional<std::string> open(const PersonId& person, std::string_view sealed) const;

private:
    mutable std::shared_mutex guard_;
    std::unordered_map<PersonId, Key> keys_;
};

// Symmetric sealing for secrets at rest and single-purpose links, under the installation's key:
// raw bytes, nonce ‖ ciphertext ‖ tag. A link carries them through to_base64url.
std::string seal_with(const Key& key, std::string_view plain, std::string_view associated,
                      Random& random);
std::optional<std::string> open_with(const Key& key, std::string_view sealed,
                                     std::string_view associated);

}  // namespace noroshi
