#include "kernel/crypto/keyring.h"

#include <mutex>

#include <sodium.h>

#include "kernel/crypto/hash.h"
#include "kernel/result.h"

namespace noroshi {

namespace {

constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(sizeof(Key) == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

const unsigned char* as_bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* as_bytes(char* text) { return reinterpret_cast<unsigned char*>(text); }

// Picks the fastest code for this machine; the ciphers work without it, more slowly.
void make_ready() {
    static const bool ready = sodium_init() >= 0;
    ASSERT(ready);
}

}  // namespace

std::string seal_with(const Key& key, std::string_view plain, std::string_view associated,
                      Random& random) {
    make_ready();
    // 192 random bits: two nonces never meet, whoever else seals under this key.
    std::string sealed(nonce_size + plain.size() + tag_size, '\0');
    random.fill(std::as_writable_bytes(std::span(sealed).first(nonce_size)));
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        as_bytes(sealed.data() + nonce_size), nullptr, as_bytes(plain), plain.size(),
        as_bytes(associated), associated.size(), nullptr, as_bytes(sealed.data()), key.data());
    return sealed;
}

std::optional<std::string> open_with(const Key& key, std::string_view sealed,
                                     std::string_view associated) {
    make_ready();
    if (sealed.size() < nonce_size + tag_size) return std::nullopt;
    std::string plain(sealed.size() - nonce_size - tag_size, '\0');
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            as_bytes(plain.data()), nullptr, nullptr, as_bytes(sealed) + nonce_size,
            sealed.size() - nonce_size, as_bytes(associated), associated.size(), as_bytes(sealed),
            key.data()) != 0)
        return std::nullopt;
    return plain;
}

void Keyring::add(const PersonId& person, const Key& key) {
    std::unique_lock lock(guard_);
    keys_.insert_or_assign(person, key);
}

void Keyring::remove(const PersonId& person) {
    std::unique_lock lock(guard_);
    const auto found = keys_.find(person);
    if (found == keys_.end()) return;
    sodium_memzero(found->second.data(), found->second.size());
    keys_.erase(found);
}

bool Keyring::has(const PersonId& person) const {
    std::shared_lock lock(guard_);
    return keys_.contains(person);
}

std::optional<Key> Keyring::key_of(const PersonId& person) const {
    std::shared_lock lock(guard_);
    const auto found = keys_.find(person);
    if (found == keys_.end()) return std::nullopt;
    return found->second;
}

std::string Keyring::seal(const PersonId& person, std::string_view plain, Random& random) const {
    const auto key = key_of(person);
    ASSERT(key.has_value());
    return to_base64url(seal_with(*key, plain, person.text, random));
}

std::optional<std::string> Keyring::open(const PersonId& person, std::string_view sealed) const {
    const auto key = key_of(person);
    if (!key) return std::nullopt;
    const auto bytes = from_base64url(sealed);
    if (!bytes) return std::nullopt;
    return open_with(*key, *bytes, person.text);
}

}  // namespace noroshi
