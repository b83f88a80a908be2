#include "edge/archive/archive.h"

#include <fmt/format.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <ranges>

#include <fcntl.h>
#include <unistd.h>

#include "edge/archive/line_time.h"
#include "kernel/store/files.h"

namespace noroshi::edge::archive {

namespace {

namespace fs = std::filesystem;

std::unexpected<Error> failed(const std::string& path) {
    const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    return fail(ErrorKind::unavailable, full ? "kernel.store.disk_full" : "kernel.store.io_failed",
                {{"detail", path + ": " + std::strerror(errno)}});
}

// Writes at `offset`, which is the end of what is sound: what a failed write left is overwritten.
Result<> write_at(const std::string& path, std::uint64_t offset, std::string_view bytes) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return failed(path);
    std::size_t done = 0;
    Result<> result;
    while (done < bytes.size()) {
        const auto put = ::pwrite(file, bytes.data() + done, bytes.size() - done,
                                  static_cast<off_t>(offset + done));
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) {
            result = failed(path);
            break;
        }
        done += static_cast<std::size_t>(put);
    }
    if (result && ::fdatasync(file) != 0) result = failed(path);
    if (!result) [[maybe_unused]]
        const int cut = ::ftruncate(file, static_cast<off_t>(offset));
    ::close(file);
    return result;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string lowered(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), lower);
    return out;
}

bool holds(std::string_view line, const std::vector<std::string>& lowered_terms) {
    return std::ranges::all_of(lowered_terms, [&](const std::string& term) {
        return std::search(line.begin(), line.end(), term.begin(), term.end(),
                           [](char a, char b) { return lower(a) == b; }) != line.end();
    });
}

bool is_plain_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

std::string name_of_segment(std::uint64_t first_line) {
    return fmt::format("{:020}.zst", first_line);
}

}  // namespace

Archive::Archive(std::string root, ArchiveOptions options)
    : root_(std::move(root)), options_(options) {}

Result<std::unique_ptr<Archive>> Archive::open(std::string root, ArchiveOptions options) {
    std::error_code error;
    fs::create_directories(root, error);
    if (error)
        return fail(ErrorKind::unavailable, "kernel.store.io_failed",
                    {{"detail", root + ": " + error.message()}});
    auto archive = std::unique_ptr<Archive>(new Archive(std::move(root), options));
    for (const auto& folder : fs::directory_iterator(archive->root_, error)) {
        if (!folder.is_directory()) continue;
        auto source = std::make_shared<Source>();
        TRY(archive->load(folder.path().string(), *source));
        archive->sources_.emplace(folder.path().filename().string(), std::move(source));
    }
    return archive;
}

Result<> Archive::load(const std::string& folder, Source& source) const {
    std::vector<std::string> paths;
    std::error_code error;
    for (const auto& file : fs::directory_iterator(folder, error))
        if (file.path().extension() == ".zst") paths.push_back(file.path().string());
    std::ranges::sort(paths);
    for (const auto& path : paths) {
        Segment segment;
        segment.path = path;
        TRY_LET(segment.blocks, read_blocks(path, segment.size));
        if (segment.blocks.empty()) continue;
        source.next = segment.blocks.back().head.first_line + segment.blocks.back().head.lines;
        source.segments.push_back(std::move(segment));
    }
    return {};
}

std::shared_ptr<Archive::Source> Archive::find(const std::string& source) const {
    std::lock_guard lock(guard_);
    const auto found = sources_.find(source);
    return found == sources_.end() ? nullptr : found->second;
}

Result<std::shared_ptr<Archive::Source>> Archive::ready(const std::string& source) {
    if (!is_plain_name(source))
        return fail(ErrorKind::invalid, "edge.archive.source_name", {{"source", source}});
    std::lock_guard lock(guard_);
    auto& held = sources_[source];
    if (!held) {
        const std::string folder = root_ + "/" + source;
        std::error_code error;
        fs::create_directories(folder, error);
        if (error) {
            sources_.erase(source);
            return fail(ErrorKind::unavailable, "kernel.store.io_failed",
                        {{"detail", folder + ": " + error.message()}});
        }
        TRY(store::sync_path(root_));
        held = std::make_shared<Source>();
    }
    return held;
}

Result<> Archive::cut(Source& source, std::uint64_t next) {
    while (!source.segments.empty() && source.next > next) {
        Segment& segment = source.segments.back();
        const Block last = segment.blocks.back();
        if (last.head.first_line < next) break;  // before it, or acknowledged in part: cannot be
        segment.blocks.pop_back();
        segment.size = last.offset;
        source.next = last.head.first_line;
        if (segment.blocks.empty()) {
            std::error_code error;
            fs::remove(segment.path, error);
            source.segments.pop_back();
        } else if (::truncate(segment.path.c_str(), static_cast<off_t>(segment.size)) != 0) {
            return failed(segment.path);
        }
    }
    return {};
}

Result<> Archive::settle(const std::string& name, std::uint64_t next) {
    TRY_LET(const auto source, ready(name));
    std::unique_lock lock(source->guard);
    TRY(cut(*source, next));
    // Lines may have been removed (retention) that the journal still counts.
    source->next = std::max(source->next, next);
    return {};
}

Result<> Archive::take_back(const std::string& name, std::uint64_t from) {
    const auto source = find(name);
    if (!source) return {};
    std::unique_lock lock(source->guard);
    return cut(*source, from);
}

Result<> Archive::skip_to(const std::string& name, std::uint64_t line) {
    TRY_LET(const auto source, ready(name));
    std::unique_lock lock(source->guard);
    source->next = std::max(source->next, line);
    return {};
}

std::uint64_t Archive::next_line(const std::string& name) const {
    const auto source = find(name);
    if (!source) return 0;
    std::shared_lock lock(source->guard);
    return source->next;
}

Result<std::optional<BlockHead>> Archive::append(const std::string& name, std::uint64_t first_line,
                                                 std::string_view lines, Instant received) {
    TRY_LET(const auto source, ready(name));
    std::unique_lock lock(source->guard);
    if (first_line > source->next)
        return fail(ErrorKind::conflict, "edge.archive.gap",
                    {{"expected", std::to_string(source->next)}});
    for (; first_line < source->next && !lines.empty(); ++first_line)
        lines.remove_prefix(std::min(lines.find('\n'), lines.size() - 1) + 1);
    if (lines.empty()) return std::nullopt;

    BlockHead head;
    head.source = name;
    head.first_line = first_line;
    head.received = received;
    std::optional<Instant> earliest, latest;
    for (auto rest = lines; !rest.empty();) {
        const auto end = rest.find('\n');
        const auto at =
            time_of_line(rest.substr(0, end), received, options_.zone).value_or(received);
        earliest = std::min(earliest.value_or(at), at);
        latest = std::max(latest.value_or(at), at);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    head.earliest = *earliest;
    head.latest = *latest;
    const auto bytes = encode_block(head, lines);

    using std::chrono::days;
    const bool fresh =
        source->segments.empty() || source->segments.back().size >= options_.segment_bytes ||
        floor<days>(source->segments.back().blocks.front().head.received) != floor<days>(received);
    Segment opened;
    if (fresh) {
        opened.path = root_ + "/" + name + "/" + name_of_segment(first_line);
        TRY(write_at(opened.path, 0, bytes));
        TRY(store::sync_path(root_ + "/" + name));
    } else {
        TRY(write_at(source->segments.back().path, source->segments.back().size, bytes));
    }
    if (fresh) source->segments.push_back(std::move(opened));
    Segment& segment = source->segments.back();
    const auto described = bytes.size() - head.frame_bytes;
    const auto line_end = bytes.find('\n', 8) + 1;
    segment.blocks.push_back({head, segment.size, segment.size + line_end,
                              static_cast<std::uint32_t>(described - line_end)});
    segment.size += bytes.size();
    source->next = first_line + head.lines;
    return head;
}

Result<Found> Archive::search(const Query& query) const {
    std::vector<std::string> terms;
    for (const auto& term : query.terms) terms.push_back(lowered(term));
    struct Candidate {
        std::string path;
        Block block;
    };
    std::vector<Candidate> candidates;
    Found found;
    for (const auto& name : query.sources) {
        const auto source = find(name);
        if (!source) continue;
        std::shared_lock lock(source->guard);
        for (const auto& segment : source->segments)
            for (const auto& block : segment.blocks) {
                if ((query.from && block.head.latest < *query.from) ||
                    (query.to && block.head.earliest >= *query.to))
                    ++found.blocks_passed_over;
                else
                    candidates.push_back({segment.path, block});
            }
    }
    std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) {
        return std::tie(b.block.head.latest, b.block.head.source, b.block.head.first_line) <
               std::tie(a.block.head.latest, a.block.head.source, a.block.head.first_line);
    });
    const auto later = [](const Line& a, const Line& b) {
        return std::tie(b.time, a.source, b.number) < std::tie(a.time, b.source, a.number);
    };
    for (const auto& [path, block] : candidates) {
        // Blocks come by their latest line: once enough is found that is later, we are done.
        if (found.lines.size() >= query.limit && block.head.latest < found.lines.back().time) {
            found.more = true;
            break;
        }
        auto bloom = read_bloom(path, block);
        if (!bloom && bloom.error().kind == ErrorKind::not_found) continue;  // removed meanwhile
        if (!bloom) return std::unexpected(bloom.error());
        if (!std::ranges::all_of(terms, [&](const auto& term) { return may_hold(*bloom, term); })) {
            ++found.blocks_passed_over;
            continue;
        }
        auto lines = read_lines(path, block);
        if (!lines && lines.error().kind == ErrorKind::not_found) continue;
        if (!lines) return std::unexpected(lines.error());
        ++found.blocks_read;
        std::uint64_t number = block.head.first_line;
        for (std::string_view rest = *lines; !rest.empty(); ++number) {
            const auto end = std::min(rest.find('\n'), rest.size());
            const auto text = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            ++found.lines_read;
            if (!holds(text, terms)) continue;
            const auto at = time_of_line(text, block.head.received, options_.zone)
                                .value_or(block.head.received);
            if ((query.from && at < *query.from) || (query.to && at >= *query.to)) continue;
            found.lines.push_back({block.head.source, number, at, std::string(text)});
        }
        std::ranges::sort(found.lines, later);
        if (found.lines.size() > query.limit) {
            found.lines.resize(query.limit);
            found.more = true;
        }
    }
    return found;
}

std::optional<Archive::Where> Archive::block_from(const std::string& name,
                                                  std::uint64_t line) const {
    const auto source = find(name);
    if (!source) return {};
    std::shared_lock lock(source->guard);
    const auto ends_before = [&](const Block& block) {
        return block.head.first_line + block.head.lines <= line;
    };
    for (const auto& segment : source->segments) {
        if (segment.blocks.empty() || ends_before(segment.blocks.back())) continue;
        return Where{segment.path, *std::ranges::partition_point(segment.blocks, ends_before)};
    }
    return {};
}

Result<std::optional<Archive::Piece>> Archive::read_from(const std::string& name,
                                                         std::uint64_t line) const {
    // A segment may go while we look at it (retention): then the next one is asked for.
    constexpr int plenty = 1000;
    for (int i = 0; i < plenty; ++i) {
        const auto where = block_from(name, line);
        if (!where) return std::nullopt;
        auto lines = read_lines(where->path, where->block);
        if (!lines && lines.error().kind == ErrorKind::not_found) continue;
        if (!lines) return std::unexpected(lines.error());
        const auto& head = where->block.head;
        Piece piece{head.first_line, head.lines, std::move(*lines), head.received};
        std::size_t at = 0;
        for (; piece.first_line < line; ++piece.first_line, --piece.lines)
            at = piece.text.find('\n', at) + 1;
        piece.text.erase(0, at);
        return piece;
    }
    return std::nullopt;
}

std::optional<Instant> Archive::received_from(const std::string& name, std::uint64_t line) const {
    const auto where = block_from(name, line);
    return where ? std::optional(where->block.head.received) : std::nullopt;
}

std::uint64_t Archive::first_since(const std::string& name, Instant received) const {
    const auto source = find(name);
    if (!source) return 0;
    std::shared_lock lock(source->guard);
    for (const auto& segment : source->segments)
        for (const auto& block : segment.blocks)
            if (block.head.received >= received) return block.head.first_line;
    return source->next;
}

Result<std::optional<std::string>> Archive::line(const std::string& name,
                                                 std::uint64_t line) const {
    TRY_LET(auto piece, read_from(name, line));
    if (!piece || piece->first_line != line) return std::nullopt;
    piece->text.resize(piece->text.find('\n'));
    return std::move(piece->text);
}

Result<Removed> Archive::expire(const std::string& name, Instant before) {
    Removed removed;
    const auto source = find(name);
    if (!source) return removed;
    std::unique_lock lock(source->guard);
    while (!source->segments.empty()) {
        const auto& segment = source->segments.front();
        const auto newest = std::ranges::max(
            segment.blocks, {}, [](const Block& block) { return block.head.received; });
        if (newest.head.received >= before) break;
        std::error_code error;
        if (!fs::remove(segment.path, error) && error)
            return fail(ErrorKind::unavailable, "kernel.store.io_failed",
                        {{"detail", segment.path + ": " + error.message()}});
        ++removed.segments;
        for (const auto& block : segment.blocks) removed.lines += block.head.lines;
        source->segments.erase(source->segments.begin());
    }
    return removed;
}

Result<Removed> Archive::remove(const std::string& name) { return expire(name, Instant::max()); }

}  // namespace noroshi::edge::archive
