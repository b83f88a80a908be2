#pragma once
// A fact: one thing that happened, as it is stored and hashed for ever. The byte format is
// specified in docs/formats/journal.md; tests/corpus holds journals that must replay for ever.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/identity/id.h"
#include "kernel/identity/visibility.h"
#include "kernel/time/time.h"

namespace noroshi::journal {

using Hash = std::array<std::uint8_t, 32>;
std::string hex_of(const Hash& hash);
Result<Hash> parse_hash(std::string_view hex);

struct Fact {
    std::uint64_t sequence = 0;        // 1, 2, 3 … without gaps
    std::string stream;                // "respond/incident/<id>": what the fact belongs to
    std::uint64_t stream_version = 0;  // 1, 2, 3 … within the stream
    std::string kind;                  // "respond.incident.entry_added"
    std::uint32_t schema = 1;          // of the body; a changed body is a new schema number
    std::string body;                  // JSON, UTF-8, exactly these bytes are hashed
    std::string actor;                 // PersonId, or "system" for timers
    Instant event_time;                // when it happened
    Instant entry_time;                // when it was appended, real time
    std::string exercise;              // ExerciseId, or empty: live
    std::string visibility;            // JSON of Visibility, canonical (see encode_visibility)
    Hash previous{};                   // hash of fact sequence-1; zeros for the first
    Hash hash{};
};

std::string encode_visibility(const Visibility& visibility);
Result<Visibility> decode_visibility(std::string_view text);

// SHA-256 over the fact's canonical bytes (docs/formats/journal.md): the line "noroshi fact 1\n",
// then each field in the order above up to `previous` as "<length>:<bytes>\n" (numbers in decimal,
// times in microseconds since 1970 UTC, `previous` in lower-case hex).
std::string canonical_bytes(const Fact& fact);
Hash hash_of(const Fact& fact);

// What listeners are told about a fact besides its body.
struct Envelope {
    std::uint64_t sequence = 0;
    std::string_view stream;
    std::uint64_t stream_version = 0;
    std::string_view actor;
    Instant event_time;
    Instant entry_time;
    std::string_view exercise;                     // empty: live
    std::shared_ptr<const Visibility> visibility;  // interned, never null
};

// A decoded fact is either live or part of a drill, by type: a listener that takes only Live<Body>
// cannot be reached by an exercise.
template <class Body>
struct Live {
    const Body& body;
    const Envelope& at;
};
template <class Body>
struct Drill {
    const Body& body;
    const Envelope& at;
    ExerciseId exercise() const { return ExerciseId{std::string(at.exercise)}; }
};

// Live, or one exercise: the key by which rooms keep one view instance per exercise.
struct World {
    ExerciseId exercise;  // empty: live
    bool is_live() const { return exercise.empty(); }
    friend auto operator<=>(const World&, const World&) = default;
    friend bool operator==(const World&, const World&) = default;
};

}  // namespace noroshi::journal
