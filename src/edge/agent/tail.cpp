#include "edge/agent/tail.h"

#include <fmt/format.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <set>

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/crypto/hash.h"

namespace noroshi::edge::agent {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t recognised_by = 64;  // bytes
constexpr std::size_t at_once = 256 * 1024;

struct Open {
    explicit Open(const std::string& path)
        : file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) {
        if (file >= 0 && (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode))) {
            ::close(file);
            file = -1;
        }
    }
    Open(const Open&) = delete;
    ~Open() {
        if (file >= 0) ::close(file);
    }
    std::string id() const { return fmt::format("{}:{}", status.st_dev, status.st_ino); }
    std::uint64_t size() const { return static_cast<std::uint64_t>(status.st_size); }
    std::string read(std::uint64_t offset, std::size_t count) const {
        std::string bytes(count, '\0');
        const auto got = ::pread(file, bytes.data(), count, static_cast<off_t>(offset));
        bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
        return bytes;
    }
    int file;
    struct stat status{};
};

// "<offset> <digest of the first bytes> <how many>"
struct Position {
    std::uint64_t offset = 0;
    std::string digest;
    std::size_t count = 0;
};

std::string digest_of(const Open& file, std::size_t count) {
    return to_hex(sha256(file.read(0, count))).substr(0, 16);
}

std::string text_of(const Position& position) {
    return fmt::format("{} {} {}", position.offset, position.digest, position.count);
}

std::optional<Position> parse(std::string_view text) {
    Position position;
    const auto first = text.find(' '), second = text.rfind(' ');
    if (first == std::string_view::npos || first == second) return {};
    const char* end = text.data() + text.size();
    if (std::from_chars(text.data(), end, position.offset).ec != std::errc{}) return {};
    if (std::from_chars(text.data() + second + 1, end, position.count).ec != std::errc{}) return {};
    position.digest = text.substr(first + 1, second - first - 1);
    return position;
}

// Takes whole lines from `position` on. False: the budget is used up.
bool take(const Open& file, Position& position, std::string& lines, std::size_t budget) {
    while (position.offset < file.size()) {
        if (lines.size() >= budget) return false;
        const auto bytes = file.read(position.offset, at_once);
        if (bytes.empty()) return true;
        auto end = bytes.rfind('\n');
        if (end == std::string::npos) {
            if (bytes.size() < longest_line) return true;  // no end yet
            lines.append(bytes, 0, longest_line);
            lines.push_back('\n');
            position.offset += longest_line;
        } else {
            lines.append(bytes, 0, end + 1);
            position.offset += end + 1;
        }
        position.count = std::min<std::size_t>(recognised_by, position.offset);
        position.digest = digest_of(file, position.count);
    }
    return true;
}

std::set<std::string> matches(const std::vector<std::string>& patterns) {
    std::set<std::string> paths;
    for (const auto& pattern : patterns) {
        glob_t found{};
        if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
            for (std::size_t i = 0; i < found.gl_pathc; ++i) paths.insert(found.gl_pathv[i]);
        ::globfree(&found);
    }
    return paths;
}

}  // namespace

void Tail::read(std::string& lines, Positions& positions, std::size_t budget) const {
    const auto paths = matches(patterns_);
    std::set<std::string> present;
    // A file that was rotated away since has the lines that come first.
    std::map<std::string, std::string> elsewhere;
    for (const auto& path : paths) {
        const Open file(path);
        if (file.file >= 0) present.insert(file.id());
    }
    const bool missing = std::ranges::any_of(
        positions, [&](const auto& known) { return !present.contains(known.first); });
    if (missing) {
        std::set<std::string> folders;
        for (const auto& pattern : patterns_) folders.insert(fs::path(pattern).parent_path());
        for (const auto& folder : folders) {
            std::error_code error;
            for (const auto& entry : fs::directory_iterator(folder, error)) {
                const Open file(entry.path().string());
                if (file.file >= 0 && !present.contains(file.id()) && positions.contains(file.id()))
                    elsewhere[file.id()] = entry.path().string();
            }
        }
    }
    const auto follow = [&](const std::string& path) {
        const Open file(path);
        if (file.file < 0) return true;
        Position position;
        if (const auto known = positions.find(file.id()); known != positions.end())
            if (auto read = parse(known->second))
                if (read->offset <= file.size() && digest_of(file, read->count) == read->digest)
                    position = *read;
        const bool all = take(file, position, lines, budget);
        if (position.offset > 0) positions[file.id()] = text_of(position);
        return all;
    };
    for (const auto& [id, path] : elsewhere)
        if (!follow(path)) return;
    for (const auto& path : paths)
        if (!follow(path)) return;
    // Gone, or read to its end under another name: nothing more will come of it.
    std::erase_if(positions, [&](const auto& known) {
        return known.first.find(':') != std::string::npos && !present.contains(known.first) &&
               known.first.find_first_not_of("0123456789:") == std::string::npos;
    });
}

}  // namespace noroshi::edge::agent
