#pragma once
// A folder into which files of lines are put; each is taken exactly once and removed when its lines are
// durable. Plain text, gzip or zstd. One file at a time: it is renamed to ".taking-<number of its
// first line>-<name>" before it is read, so that after a crash the lines that the archive already has
// are passed over. A name that starts with '.' or ends in .part, .tmp or .filepart is left alone, as is
// a file that was written to less than `quiet` ago. What is no text or is damaged stays, renamed to
// ".refused-<name>". Links and folders are not followed. Not thread-safe.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::edge::reception {

inline constexpr std::size_t longest_dropped_line = 256 * 1024;

struct DropCounts {
    std::uint64_t files = 0;    // taken whole
    std::uint64_t refused = 0;  // renamed: no text, or damaged
};

class Drop {
public:
    Drop(std::string folder, std::chrono::seconds quiet);
    ~Drop();

    // Appends whole lines to `into`, about `budget` bytes at most; the lines added. `next_line` is the
    // number that the first of them will get. At the end of a file nothing more is read until
    // confirm() has said that the lines are durable. Errors: unavailable kernel.store.io_failed.
    Result<std::uint64_t> read(std::uint64_t next_line, Instant now, std::string& into,
                               std::size_t budget);
    // The archive and the journal have every line before this one.
    void confirm(std::uint64_t next_line);
    // The current file was read to its end: what was read of it should not wait for more.
    bool at_end() const;
    const DropCounts& counts() const { return counts_; }

private:
    struct Taking;
    Result<bool> begin(std::uint64_t next_line, Instant now);
    void finish();

    std::string folder_;
    std::chrono::seconds quiet_;
    std::unique_ptr<Taking> taking_;
    DropCounts counts_;
};

}  // namespace noroshi::edge::reception
