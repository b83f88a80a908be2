#pragma once
// Counter-based random streams (Philox4x64-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers:
// as easy as 1, 2, 3", SC11). A stream is *named*, not split off: (seed, process, replication,
// entity) is its name, and its n-th number is a pure function of name and n. So two runs that differ
// in a measure give the same truck the same journey, whatever else happened before, and any thread
// may draw any replication.
//
// Values, cheap to make; one thread per object.

#include <array>
#include <cstdint>
#include <string_view>

namespace noroshi::simulate {

// 256 random bits for a 256-bit counter under a 128-bit key.
constexpr std::array<std::uint64_t, 4> philox(std::array<std::uint64_t, 4> counter,
                                              std::array<std::uint64_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
        __extension__ using Wide = unsigned __int128;
        const Wide a = static_cast<Wide>(0xD2E7470EE14C6C93U) * counter[0];
        const Wide b = static_cast<Wide>(0xCA5A826395121157U) * counter[2];
        counter = {static_cast<std::uint64_t>(b >> 64U) ^ counter[1] ^ key[0],
                   static_cast<std::uint64_t>(b),
                   static_cast<std::uint64_t>(a >> 64U) ^ counter[3] ^ key[1],
                   static_cast<std::uint64_t>(a)};
        key[0] += 0x9E3779B97F4A7C15U;
        key[1] += 0xBB67AE8584CAA73BU;
    }
    return counter;
}

// The number of a process called so (FNV-1a): adding a station does not rename the others.
constexpr std::uint64_t process_named(std::string_view name) {
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    return hash;
}

// Strictly between 0 and 1, in steps of 2^-52.
constexpr double unit_of(std::uint64_t bits) {
    return (static_cast<double>(bits >> 12U) + 0.5) * 0x1p-52;
}

class Stream {
public:
    Stream() = default;
    Stream(std::uint64_t seed, std::uint64_t process, std::uint64_t replication,
           std::uint64_t entity = 0)
        : key_{seed, process}, replication_(replication), entity_(entity) {}

    std::uint64_t bits() {
        if (used_ == buffer_.size()) [[unlikely]]
            refill();
        return buffer_[used_++];
    }
    double unit() { return unit_of(bits()); }

private:
    void refill() {
        // Two blocks at once: their multiplications overlap.
        const auto first = philox({block_, entity_, replication_, 0}, key_);
        const auto second = philox({block_ + 1, entity_, replication_, 0}, key_);
        block_ += 2;
        for (std::size_t i = 0; i < 4; ++i) {
            buffer_[i] = first[i];
            buffer_[i + 4] = second[i];
        }
        used_ = 0;
    }

    std::array<std::uint64_t, 2> key_{};
    std::uint64_t replication_ = 0;
    std::uint64_t entity_ = 0;
    std::uint64_t block_ = 0;
    std::array<std::uint64_t, 8> buffer_{};
    std::size_t used_ = 8;
};

}  // namespace noroshi::simulate
