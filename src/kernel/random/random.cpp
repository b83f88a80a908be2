#include "kernel/random/random.h"

#include <cstring>

#include <sodium.h>

#include "kernel/crypto/hash.h"
#include "kernel/result.h"

namespace noroshi {

namespace {

std::string bytes_from(Random& random, std::size_t count) {
    std::string bytes(count, '\0');
    random.fill(std::as_writable_bytes(std::span(bytes)));
    return bytes;
}

}  // namespace

std::uint64_t Random::number() {
    std::array<std::byte, 8> bytes;
    fill(bytes);
    // Assembled by hand: a seed gives the same numbers on a machine of either byte order.
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
    ASSERT(bound > 0);
    // 2^64 mod bound: numbers under it would make the small remainders more likely.
    const std::uint64_t uneven = (0 - bound) % bound;
    while (true) {
        const std::uint64_t value = number();
        if (value >= uneven) return value % bound;
    }
}

std::string Random::identifier() {
    constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    std::string text = bytes_from(*this, 26);
    for (char& letter : text) letter = alphabet[static_cast<unsigned char>(letter) % 32];
    return text;
}

std::string Random::hex(std::size_t bytes) {
    const std::string raw = bytes_from(*this, bytes);
    return to_hex(std::span(reinterpret_cast<const std::uint8_t*>(raw.data()), raw.size()));
}

std::string Random::base64url(std::size_t bytes) { return to_base64url(bytes_from(*this, bytes)); }

void SystemRandom::fill(std::span<std::byte> bytes) {
    static const bool ready = sodium_init() >= 0;
    ASSERT(ready);
    randombytes_buf(bytes.data(), bytes.size());
}

SeededRandom::SeededRandom(std::uint64_t seed) {
    for (std::size_t i = 0; i < 8; ++i) key_[i] = static_cast<unsigned char>(seed >> (8 * i));
}

void SeededRandom::fill(std::span<std::byte> bytes) {
    constexpr std::array<unsigned char, crypto_stream_chacha20_NONCEBYTES> nonce{};
    std::lock_guard lock(guard_);
    while (!bytes.empty()) {
        if (used_ == buffer_.size()) {
            buffer_.fill(std::byte{0});
            auto* block = reinterpret_cast<unsigned char*>(buffer_.data());
            crypto_stream_chacha20_xor_ic(block, block, buffer_.size(), nonce.data(), block_++,
                                          key_.data());
            used_ = 0;
        }
        const std::size_t count = std::min(bytes.size(), buffer_.size() - used_);
        std::memcpy(bytes.data(), buffer_.data() + used_, count);
        used_ += count;
        bytes = bytes.subspan(count);
    }
}

}  // namespace noroshi
