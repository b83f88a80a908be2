#pragma once
// Follows log files as they grow, are rotated or are cut short. A file is known by device, inode and
// a digest of its first bytes, so a new file on an old inode is read from its start and a renamed one
// where we stopped, also after a restart. A file that is made and renamed while nobody looks is met
// only if a pattern has its new name. Only whole lines are taken; what has no end yet waits. Not
// thread-safe.

#include <string>
#include <vector>

#include "edge/agent/spool.h"

namespace noroshi::edge::agent {

class Tail {
public:
    // Patterns as in the shell ("/var/log/zeek/*.log").
    explicit Tail(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}

    // Appends whole lines to `lines`, at most about `budget` bytes, and moves `positions`.
    void read(std::string& lines, Positions& positions, std::size_t budget) const;

private:
    std::vector<std::string> patterns_;
};

// Cuts lines longer than this into pieces, so that no line is lost and none fills the memory.
inline constexpr std::size_t longest_line = 256 * 1024;

}  // namespace noroshi::edge::agent
