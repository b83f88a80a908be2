#pragma once
// One file of archived log lines. Each block is a zstd skippable frame (RFC 8878 §3.1.2, magic
// 0x184D2A50) that describes it, followed by an ordinary zstd frame with the lines, so that
// `zstd -dc` reads the whole file and knows nothing of us. The format: docs/formats/log-archive.md.
//
// Errors: corrupt edge.archive.broken {path, offset}; unavailable kernel.store.*.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::edge::archive {

// The description, one line of JSON at the start of the skippable frame.
struct BlockHead {
    int format = 1;
    std::string source;
    std::uint64_t first_line = 0;   // number of its first line within the source, from 0
    std::uint64_t lines = 0;        // each ends in '\n'
    std::uint64_t raw_bytes = 0;    // of the lines, before compression
    std::uint64_t frame_bytes = 0;  // of the zstd frame
    Instant received;
    Instant earliest;  // as the lines say (line_time.h); `received` where they say nothing
    Instant latest;
    std::string sha256;  // of the lines, hex
};
BOOST_DESCRIBE_STRUCT(BlockHead, (),
                      (format, source, first_line, lines, raw_bytes, frame_bytes, received,
                       earliest, latest, sha256))

struct Block {
    BlockHead head;
    std::uint64_t offset = 0;        // of the skippable frame in the file
    std::uint64_t bloom_offset = 0;  // of the filter, which ends where the zstd frame begins
    std::uint32_t bloom_bytes = 0;
    std::uint64_t end() const { return bloom_offset + bloom_bytes + head.frame_bytes; }
};

// What is written for some lines; fills in what the head does not yet say (sizes, digest). `lines`
// is not empty and ends in '\n'.
std::string encode_block(BlockHead& head, std::string_view lines);

// Walks over the descriptions only. `sound_until` is where the last whole block ends: a write that
// was cut off lies behind it. Errors: not_found kernel.store.no_file.
Result<std::vector<Block>> read_blocks(const std::string& path, std::uint64_t& sound_until);

// The lines, checked against their digest.
Result<std::string> read_lines(const std::string& path, const Block& block);

// A Bloom filter over the trigrams of the lines (bytes, ASCII letters in lower case): false means
// that no line holds the term. Terms under three bytes are always "may".
std::string bloom_of(std::string_view lines);
bool may_hold(std::string_view bloom, std::string_view term);
Result<std::string> read_bloom(const std::string& path, const Block& block);

}  // namespace noroshi::edge::archive
