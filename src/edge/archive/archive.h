#pragma once
// All archived log lines of an installation: DIR/logs/<source>/<first line, 20 digits>.zst. Lines of a
// source are numbered from 0 without a gap; whoever sends them says which number comes first, so a
// repetition is noticed and a gap is refused. Thread-safe.
//
// Errors: conflict edge.archive.gap {expected}; corrupt edge.archive.broken {path, offset};
// unavailable kernel.store.{io_failed, disk_full} {detail}.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "edge/archive/segment.h"
#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::edge::archive {

struct ArchiveOptions {
    std::chrono::minutes zone{9 * 60};        // of lines that say no offset
    std::uint64_t segment_bytes = 64U << 20;  // a new file beyond this size, and every day
};

struct Query {
    // Every term must occur in the line, upper and lower case alike (ASCII). None: every line.
    std::vector<std::string> terms;
    std::set<std::string> sources;  // only these; empty: none
    std::optional<Instant> from;
    std::optional<Instant> to;  // exclusive
    std::size_t limit = 200;
};

struct Line {
    std::string source;
    std::uint64_t number = 0;
    Instant time;  // as it says, else when it was received
    std::string text;
};

struct Found {
    std::vector<Line> lines;  // the latest first
    bool more = false;        // the limit was reached
    std::uint64_t blocks_read = 0;
    std::uint64_t blocks_passed_over = 0;  // by time or by the filter
    std::uint64_t lines_read = 0;
};

struct Removed {
    std::uint64_t segments = 0;
    std::uint64_t lines = 0;
};

class Archive {
public:
    static Result<std::unique_ptr<Archive>> open(std::string root, ArchiveOptions options = {});

    // What the journal knows of a source: lines from `next` on were never acknowledged and are cut
    // off. Call once per source before append().
    Result<> settle(const std::string& source, std::uint64_t next);
    // Takes back what was appended from this line on, because the journal refused it.
    Result<> take_back(const std::string& source, std::uint64_t from);
    // The lines before this one are nowhere any more: numbering goes on from it.
    Result<> skip_to(const std::string& source, std::uint64_t line);
    // Appends lines first_line, first_line + 1, …; durable on return. `lines` ends in '\n'. Lines
    // that are there already are passed over; nothing new gives no block. Errors: conflict
    // edge.archive.gap {expected}.
    Result<std::optional<BlockHead>> append(const std::string& source, std::uint64_t first_line,
                                            std::string_view lines, Instant received);
    std::uint64_t next_line(const std::string& source) const;

    Result<Found> search(const Query& query) const;
    // The block that holds this line or, if it is gone, the next there is, from that line on; for
    // whoever reads a source in order. Nothing: there are no lines from here on yet.
    struct Piece {
        std::uint64_t first_line = 0;
        std::uint64_t lines = 0;
        std::string text;  // each line ends in '\n'
        Instant received;
    };
    Result<std::optional<Piece>> read_from(const std::string& source, std::uint64_t line) const;
    // When that block was received, without reading it.
    std::optional<Instant> received_from(const std::string& source, std::uint64_t line) const;
    // The first line of a source that was received at this instant or later; else the next line.
    std::uint64_t first_since(const std::string& source, Instant received) const;
    // One line without its end; nothing if it is gone.
    Result<std::optional<std::string>> line(const std::string& source, std::uint64_t line) const;
    // Segments whose every line was received before this.
    Result<Removed> expire(const std::string& source, Instant before);
    Result<Removed> remove(const std::string& source);

private:
    struct Segment {
        std::string path;
        std::vector<Block> blocks;
        std::uint64_t size = 0;
    };
    struct Source {
        mutable std::shared_mutex guard;
        std::vector<Segment> segments;  // in order of lines
        std::uint64_t next = 0;
    };

    Archive(std::string root, ArchiveOptions options);
    std::shared_ptr<Source> find(const std::string& source) const;
    struct Where {
        std::string path;
        Block block;
    };
    std::optional<Where> block_from(const std::string& source, std::uint64_t line) const;
    Result<std::shared_ptr<Source>> ready(const std::string& source);
    Result<> load(const std::string& folder, Source& source) const;
    Result<> cut(Source& source, std::uint64_t next);

    std::string root_;
    ArchiveOptions options_;
    mutable std::mutex guard_;
    std::map<std::string, std::shared_ptr<Source>> sources_;
};

}  // namespace noroshi::edge::archive
