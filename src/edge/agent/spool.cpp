#include "edge/agent/spool.h"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/json/json.h"
#include "kernel/store/files.h"

namespace noroshi::edge::agent {

namespace {

namespace fs = std::filesystem;

struct Position {
    std::string input;
    std::string at;
};
BOOST_DESCRIBE_STRUCT(Position, (), (input, at))

struct Head {
    std::uint64_t first_line = 0;
    std::uint64_t lines = 0;
    std::vector<Position> positions;
};
BOOST_DESCRIBE_STRUCT(Head, (), (first_line, lines, positions))

Result<Head> head_of(const std::string& path, std::string_view bytes) {
    const auto end = bytes.find('\n');
    auto head = json::from_text<Head>(bytes.substr(0, end));
    if (end == std::string_view::npos || !head ||
        static_cast<std::uint64_t>(std::ranges::count(bytes.substr(end + 1), '\n')) != head->lines)
        return fail(ErrorKind::corrupt, "edge.agent.spool_broken", {{"path", path}});
    return std::move(*head);
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(std::string folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        return fail(ErrorKind::unavailable, "kernel.store.io_failed",
                    {{"detail", folder + ": " + error.message()}});
    auto spool = std::unique_ptr<Spool>(new Spool(folder));
    std::vector<std::string> paths;
    for (const auto& file : fs::directory_iterator(folder, error))
        if (file.path().extension() == ".chunk") paths.push_back(file.path().string());
    std::ranges::sort(paths);
    for (const auto& path : paths) {
        TRY_LET(const auto bytes, store::read_file(path));
        TRY_LET(const auto head, head_of(path, bytes));
        spool->entries_.push_back({path, head.first_line, head.lines, bytes.size()});
        spool->positions_.clear();
        for (const auto& position : head.positions) spool->positions_[position.input] = position.at;
        spool->next_ = head.first_line + head.lines;
        spool->serial_ = std::stoull(fs::path(path).stem().string()) + 1;
        spool->is_new_ = false;
    }
    return spool;
}

Result<> Spool::add(std::string_view lines, const Positions& positions) {
    Head head;
    {
        std::lock_guard lock(guard_);
        head.first_line = next_;
    }
    head.lines = static_cast<std::uint64_t>(std::ranges::count(lines, '\n'));
    for (const auto& [input, at] : positions) head.positions.push_back({input, at});
    const std::string path = fmt::format("{}/{:020}.chunk", folder_, serial_);
    const std::string bytes = json::to_text(head) + "\n" + std::string(lines);
    TRY(store::replace_file(path, bytes, 0600));
    std::lock_guard lock(guard_);
    entries_.push_back({path, head.first_line, head.lines, bytes.size()});
    next_ = head.first_line + head.lines;
    ++serial_;
    positions_ = positions;
    is_new_ = false;
    return {};
}

Result<std::optional<Chunk>> Spool::oldest(std::uint64_t from) const {
    Entry entry;
    {
        std::lock_guard lock(guard_);
        const auto found = std::ranges::find_if(
            entries_, [&](const Entry& one) { return one.first_line + one.lines > from; });
        if (found == entries_.end()) return std::nullopt;
        entry = *found;
    }
    TRY_LET(auto bytes, store::read_file(entry.path));
    TRY(head_of(entry.path, bytes));
    bytes.erase(0, bytes.find('\n') + 1);
    return Chunk{entry.first_line, entry.lines, std::move(bytes)};
}

Result<> Spool::confirm(std::uint64_t next) {
    for (;;) {
        std::string path;
        {
            std::lock_guard lock(guard_);
            if (entries_.size() <= 1 || entries_.front().first_line + entries_.front().lines > next)
                return {};
            path = entries_.front().path;
            entries_.pop_front();
        }
        std::error_code error;
        fs::remove(path, error);  // if it stays, it is confirmed again
    }
}

std::uint64_t Spool::next_line() const {
    std::lock_guard lock(guard_);
    return next_;
}

std::uint64_t Spool::bytes() const {
    std::lock_guard lock(guard_);
    std::uint64_t sum = 0;
    for (const auto& entry : entries_) sum += entry.bytes;
    return sum;
}

}  // namespace noroshi::edge::agent
