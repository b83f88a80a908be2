#pragma once
// The only door to randomness: system randomness in production, seeded in a storm or a story, so
// that keys, nonces and identifiers repeat with the seed. Implementations are thread-safe.

#include <array>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>

namespace noroshi {

class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::byte> bytes) = 0;

    std::uint64_t number();                    // uniform over 64 bits
    std::uint64_t below(std::uint64_t bound);  // uniform over [0, bound), bound > 0
    // 26 characters of Crockford base32 over 130 random bits, lower case: an identifier that
    // cannot be guessed and reads well on the telephone (no i, l, o, u).
    std::string identifier();
    std::string hex(std::size_t bytes);
    std::string base64url(std::size_t bytes);  // unpadded; for tokens and links
};

class SystemRandom final : public Random {
public:
    void fill(std::span<std::byte> bytes) override;
};

// ChaCha20 keystream of the seed: reproducible on every machine.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed);
    void fill(std::span<std::byte> bytes) override;

private:
    std::mutex guard_;
    std::array<unsigned char, 32> key_{};
    std::uint64_t block_ = 0;
    std::array<std::byte, 64> buffer_{};
    std::size_t used_ = 64;
};

}  // namespace noroshi
