#pragma once
// Indicators of compromise, millions of them: addresses and networks, domains with everything below
// them, URLs, hashes, e-mail addresses, JA3 and JA4. Read from STIX 2.1 bundles, MISP events and CSV
// or plain lists. Each is kept as 64 bits of hash (two different texts share them once in 10^12
// look-ups of ten million), 12 bytes in all; networks are kept as they are.
//
// Built once, then read by any number of threads.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engines/detect/address.h"
#include "engines/detect/event.h"

namespace noroshi::engines::detect {

struct IndicatorHit {
    std::string_view value;  // what matched, as it stands in the event (or a part of it)
    std::string_view field;
    std::string_view type;     // "address", "domain", "url", "hash", "email", "ja3", "ja4"
    std::uint32_t origin = 0;  // into origins()
};

class Indicators {
public:
    enum class Type : std::uint8_t { address, domain, url, hash, email, ja3, ja4 };
    struct Origin {
        std::string name;  // a list's, a bundle's object's, a MISP event's
        Micros valid_until = INT64_MAX;
    };
    struct Loaded {
        std::size_t added = 0;
        std::size_t skipped =
            0;              // expired on arrival, revoked, of a kind not known, combined by AND
        std::string error;  // empty if the file could be read
    };

    // `name` is the file's. Format by content.
    Loaded load(const std::string& name, std::string_view text);
    // Values that are never told, though some list has them: one a line, of any type.
    void allow(std::string_view text);
    void finish();  // before the first look-up

    bool add(Type type, std::string_view value, std::uint32_t origin);
    std::uint32_t add_origin(Origin origin);
    const std::vector<Origin>& origins() const { return origins_; }
    std::size_t size() const { return count_; }
    std::size_t memory() const;

    // Appends what of the event is an indicator that is valid at its time; each value once.
    void match(const Event& event, std::vector<IndicatorHit>& hits) const;

private:
    struct Slot {
        std::uint32_t hash_low = 0;
        std::uint32_t hash_high = 0;
        std::uint32_t origin = 0;  // 1 + origin
    };
    static std::uint64_t key(Type type, std::string_view value);
    void insert(std::uint64_t hash, std::uint32_t origin);
    std::uint32_t find(std::uint64_t hash) const;  // 1 + origin, 0: none
    void grow();
    bool parse_stix(std::string_view pattern, std::uint32_t origin);
    bool add_guessed(std::string_view value, std::uint32_t origin);

    std::vector<Slot> slots_;
    std::vector<std::uint64_t> bloom_;
    std::size_t count_ = 0;
    std::vector<Origin> origins_;
    struct Net {
        Network network;
        std::uint32_t origin;
    };
    std::vector<Net> networks_;  // by prefix, then address
    std::vector<int> prefixes_;
    std::unordered_map<std::uint64_t, std::uint32_t> network_index_;
    bool has_[7] = {};
    static std::uint64_t network_key(const Address& address, int prefix);
    std::unordered_map<std::uint64_t, bool> allowed_;
};

}  // namespace noroshi::engines::detect
