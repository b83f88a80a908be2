#pragma once
// What the agent has read and the centre has not yet confirmed, on disk. One folder per source, one file
// per chunk: its first line says (in JSON) which line number comes first and how far the inputs
// were read when the chunk was complete; then the lines. A chunk appears by a rename, so lines and
// positions are one: a crash neither loses nor doubles a line. Confirmed chunks are deleted; the newest
// one stays, because its positions count.
//
// One thread writes (add), one reads (oldest, confirm). Errors: unavailable kernel.store.*.

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/result.h"

namespace noroshi::edge::agent {

// How far each input was read: a file "<device>:<inode>" → bytes; journald → its cursor.
using Positions = std::map<std::string, std::string>;

struct Chunk {
    std::uint64_t first_line = 0;
    std::uint64_t lines = 0;
    std::string text;  // each line ends in '\n'
};

class Spool {
public:
    // `next_line` is what the centre expects, if the folder is new (the spool was lost).
    static Result<std::unique_ptr<Spool>> open(std::string folder);

    const Positions& positions() const { return positions_; }
    bool is_new() const { return is_new_; }
    // For a spool that was lost: numbering goes on where the centre stands.
    void begin_at(std::uint64_t line) { next_ = line; }

    // Durable on return. `lines` may be empty (only positions moved).
    Result<> add(std::string_view lines, const Positions& positions);
    // The chunk that holds line `from`, or the first one behind it.
    Result<std::optional<Chunk>> oldest(std::uint64_t from) const;
    // The centre has every line before `next`.
    Result<> confirm(std::uint64_t next);

    std::uint64_t next_line() const;
    std::uint64_t bytes() const;  // waiting

private:
    struct Entry {
        std::string path;
        std::uint64_t first_line = 0, lines = 0, bytes = 0;
    };
    explicit Spool(std::string folder) : folder_(std::move(folder)) {}

    std::string folder_;
    mutable std::mutex guard_;
    std::deque<Entry> entries_;
    Positions positions_;
    std::uint64_t next_ = 0;
    std::uint64_t serial_ = 0;
    bool is_new_ = true;
};

}  // namespace noroshi::edge::agent
