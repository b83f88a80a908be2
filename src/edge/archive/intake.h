#pragma once
// Where batches of lines come in: each is appended to the archive on a thread of its own, then told to
// the journal, and answered when both are durable. What the journal refuses is taken back from the
// archive. Bounded: beyond `limit` waiting bytes a batch is refused, and the sender keeps it.

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "edge/archive/archive.h"
#include "kernel/identity/hashing_pool.h"
#include "kernel/journal/journal.h"

namespace noroshi::edge::archive {

struct Batch {
    std::string source;
    std::uint64_t first_line = 0;
    bool after_a_gap = false;  // the sender no longer has the lines before
    std::string lines;         // ends in '\n'
    std::string actor;
    // Records the batch; on the journal's thread.
    std::function<Result<>(journal::Recorder&, const BlockHead&)> record;
    // The line expected next. On any thread, exactly once.
    std::function<void(Result<std::uint64_t>)> done;
};

class Intake {
public:
    // No thread: batches are appended where they are submitted (tests).
    Intake(Archive& archive, journal::Journal& journal, unsigned threads = 1,
           std::uint64_t limit_bytes = 64U << 20);

    // Errors: unavailable edge.archive.overloaded; then `done` is not called.
    Result<> submit(Batch batch);
    Archive& archive() { return archive_; }

private:
    void take(Batch batch);

    Archive& archive_;
    journal::Journal& journal_;
    std::uint64_t limit_bytes_;
    std::atomic<std::uint64_t> waiting_bytes_{0};
    HashingPool pool_;  // its threads end first
};

}  // namespace noroshi::edge::archive
