#pragma once
// A file system in memory for SQLite (a VFS, sqlite.org/vfs.html) that fails and forgets like a bad
// disk, from a seed. The storm and the crash tests run the real SQLite over it.
//
//   What was written but not synced is at the mercy of crash(): of every such write each sector may
//   survive, vanish, or be cut in the middle; so may the size of a file, its creation and deletion.
//   A sync makes the content of its file durable; names become durable as with SQLite's unix VFS,
//   when a log or journal is synced for the first time, or a file is deleted with a directory sync.
//   A sync that fails is as bad as on Linux: some of what was written became durable, the rest
//   never will unless it is written again, however often one syncs.
//
// Time comes from the Clock, randomness from the Random, nothing sleeps: the same seed gives the
// same run (provided that one thread uses it). Shared memory for WAL is kept here as well, so any
// number of connections of this process work, with normal locking. It claims what an ordinary disk
// claims (powersafe overwrite), and nothing more.

#include <cstdint>
#include <memory>
#include <string>

#include "kernel/random/random.h"
#include "kernel/time/time.h"

namespace noroshi::store {

struct Faults {
    double write_error = 0;            // probability of SQLITE_IOERR_WRITE per write
    double full = 0;                   // probability of SQLITE_FULL per write
    double sync_error = 0;             // probability of SQLITE_IOERR_FSYNC per sync
    double sync_lie = 0;               // probability that a sync says yes and does nothing
    std::uint64_t quota = UINT64_MAX;  // bytes of all files together; beyond it SQLITE_FULL
};

class FaultyVfs {
public:
    // Registers a VFS called `name` for SqliteOptions::vfs. `sector` is 512 or 4096.
    FaultyVfs(std::string name, const Clock& clock, Random& random, std::size_t sector = 512);
    // All connections must be closed.
    ~FaultyVfs();
    FaultyVfs(const FaultyVfs&) = delete;
    FaultyVfs& operator=(const FaultyVfs&) = delete;

    const std::string& name() const;
    void set_faults(const Faults& faults);

    // The machine stops. Files become what is durable and a random part of the rest. Connections
    // that are open are dead: everything fails on them, and they change nothing any more. All must
    // be destroyed before the first is opened again.
    void crash();
    // Crashes by itself at the given number of steps from now (1: the next); a step is a write, a
    // sync, a truncation or a deletion. 0: not any more.
    void crash_in(std::uint64_t steps);
    // Whether it crashed since this was last asked.
    bool has_crashed();

    std::uint64_t steps() const;  // since the beginning
    std::uint64_t bytes() const;  // of all files
    bool exists(const std::string& path) const;

    struct Disk;

private:
    std::unique_ptr<Disk> disk_;
};

}  // namespace noroshi::store
