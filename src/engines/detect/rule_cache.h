#pragma once
// Rules as they were read, in bytes, so that thousands of YAML files need not be read at every start. The
// bytes belong to one content: `rules_digest` names it, and what was packed under another digest, by
// another version of this program, or was damaged since, is not taken; then the YAML is read.
//
// Format: "noroshi rules 1\n", the digest (16 bytes), a checksum of the rest (8 bytes, little-endian), the
// rest. It is of one program's build and no document: nobody else reads it.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/detect/detector.h"

namespace noroshi::engines::detect {

using RulesDigest = std::array<std::uint8_t, 16>;
// Of every byte that the reading depends on: names, texts, values of placeholders, and `program`, which
// tells one build from another. Not for proof against an adversary: who may write the cache may
// write the rules.
RulesDigest rules_digest(const std::vector<RuleSource>& sources, const Placeholders& placeholders,
                         std::string_view program);

std::string pack_rules(const RuleFiles& files, const RulesDigest& digest);
// Nothing: of another digest, or damaged. Hostile bytes are survived.
std::optional<RuleFiles> unpack_rules(std::string_view bytes, const RulesDigest& digest);
std::uint64_t rules_checksum(std::string_view rest);  // exposed for the fuzzer

}  // namespace noroshi::engines::detect
