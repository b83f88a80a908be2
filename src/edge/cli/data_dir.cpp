#include "edge/cli/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "kernel/crypto/hash.h"

namespace noroshi::edge::cli {

namespace {

std::unexpected<Error> no_access(const std::string& path) {
    return fail(ErrorKind::unavailable, "edge.cli.no_access",
                {{"path", path}, {"reason", std::strerror(errno)}});
}

// A new name in a directory is durable only when the directory is.
void sync_folder_of(const std::string& path) {
    const auto folder = std::filesystem::path(path).parent_path().string();
    const int file = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY);
    if (file < 0) return;
    ::fsync(file);
    ::close(file);
}

Result<> write_durably(const std::string& path, std::string_view text, int flags) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
    if (file < 0) return no_access(path);
    const bool written =
        ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(file) == 0;
    Result<> result;
    if (!written) result = no_access(path);
    ::close(file);
    sync_folder_of(path);
    return result;
}

}  // namespace

DataDirLock::~DataDirLock() {
    if (file_ >= 0) ::close(file_);
}

Result<DataDirLock> lock_data_dir(const std::string& dir) {
    std::error_code error;
    if (std::filesystem::create_directories(dir, error))
        std::filesystem::permissions(dir, std::filesystem::perms::owner_all, error);
    const std::string path = dir + "/lock";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return no_access(path);
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        const bool held = errno == EWOULDBLOCK;
        auto refused = no_access(path);
        ::close(file);
        if (held) return fail(ErrorKind::conflict, "edge.cli.in_use", {{"dir", dir}});
        return refused;
    }
    return DataDirLock(file);
}

bool is_data_dir(const std::string& dir) { return std::filesystem::exists(key_path(dir)); }

std::string database_path(const std::string& dir) { return dir + "/noroshi.db"; }
std::string key_path(const std::string& dir) { return dir + "/installation.key"; }
std::string erasures_path(const std::string& dir) { return dir + "/erasures.log"; }

Result<Key> read_key(const std::string& path) {
    std::ifstream file(path);
    if (!file) return no_access(path);
    std::string text;
    std::getline(file, text);
    const auto bytes = from_hex(text);
    if (!bytes || bytes->size() != sizeof(Key))
        return fail(ErrorKind::corrupt, "edge.cli.bad_key", {{"path", path}});
    Key key{};
    std::memcpy(key.data(), bytes->data(), key.size());
    return key;
}

Result<> write_key(const std::string& path, const Key& key) {
    const std::string fresh = path + ".new";
    TRY(write_durably(fresh, to_hex(key) + "\n", O_TRUNC));
    if (std::rename(fresh.c_str(), path.c_str()) != 0) return no_access(path);
    sync_folder_of(path);
    return {};
}

Result<Key> installation_key(const std::string& dir, Random& random) {
    const std::string path = key_path(dir);
    if (std::filesystem::exists(path)) return read_key(path);
    Key key{};
    random.fill(std::as_writable_bytes(std::span(key)));
    TRY(write_key(path, key));
    return key;
}

Result<> append_erasure(const std::string& dir, const PersonId& person, Instant at) {
    return write_durably(erasures_path(dir), format_rfc3339(at) + " " + person.text + "\n",
                         O_APPEND);
}

Result<std::vector<Erasure>> read_erasures(const std::string& path) {
    std::vector<Erasure> erasures;
    std::ifstream file(path);
    if (!file) {
        if (!std::filesystem::exists(path)) return erasures;
        return no_access(path);
    }
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::size_t from = 0;
    for (int line = 1; from < text.size(); ++line) {
        const auto end = text.find('\n', from);
        if (end == std::string::npos) break;  // torn: the erasure was never acknowledged
        const auto words = text.substr(from, end - from);
        from = end + 1;
        const auto space = words.find(' ');
        auto at = parse_rfc3339(words.substr(0, space));
        if (space == std::string::npos || !at)
            return fail(ErrorKind::corrupt, "edge.cli.bad_erasures",
                        {{"path", path}, {"line", std::to_string(line)}});
        erasures.push_back({PersonId{words.substr(space + 1)}, *at});
    }
    return erasures;
}

}  // namespace noroshi::edge::cli
