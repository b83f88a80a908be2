#include "edge/cli/data_dir.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "kernel/crypto/hash.h"

namespace noroshi::edge::cli {

namespace {

// In the words of whoever keeps the directory, not of a database.
Error no_access(const std::string& path, const Error& why) {
    for (const auto& [name, value] : why.arguments)
        if (name == "detail")
            return {ErrorKind::unavailable,
                    "edge.cli.no_access",
                    {{"path", path}, {"reason", value}},
                    {}};
    return {ErrorKind::unavailable,
            "edge.cli.no_access",
            {{"path", path}, {"reason", std::strerror(ENOENT)}},
            {}};
}

template <class T>
Result<T> reached(const std::string& path, Result<T> result) {
    if (!result) return std::unexpected(no_access(path, result.error()));
    return result;
}

}  // namespace

Result<DataDirLock> lock_data_dir(const std::string& dir) {
    std::error_code error;
    if (std::filesystem::create_directories(dir, error))
        std::filesystem::permissions(dir, std::filesystem::perms::owner_all, error);
    const std::string path = dir + "/lock";
    auto lock = store::FileLock::take(path);
    if (!lock && lock.error().kind == ErrorKind::conflict)
        return fail(ErrorKind::conflict, "edge.cli.in_use", {{"dir", dir}});
    return reached(path, std::move(lock));
}

bool is_data_dir(const std::string& dir) { return std::filesystem::exists(key_path(dir)); }

std::string database_path(const std::string& dir) { return dir + "/noroshi.db"; }
std::string key_path(const std::string& dir) { return dir + "/installation.key"; }
std::string erasures_path(const std::string& dir) { return dir + "/erasures.log"; }

Result<Key> read_key(const std::string& path) {
    TRY_LET(const auto content, reached(path, store::read_file(path)));
    const auto text = std::string_view(content).substr(0, content.find('\n'));
    const auto bytes = from_hex(text);
    if (!bytes || bytes->size() != sizeof(Key))
        return fail(ErrorKind::corrupt, "edge.cli.bad_key", {{"path", path}});
    Key key{};
    std::memcpy(key.data(), bytes->data(), key.size());
    return key;
}

Result<> write_key(const std::string& path, const Key& key) {
    return reached(path, store::replace_file(path, to_hex(key) + "\n", 0600));
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
    const std::string path = erasures_path(dir);
    return reached(
        path, store::append_durably(path, format_rfc3339(at) + " " + person.text + "\n", 0600));
}

Result<std::vector<Erasure>> read_erasures(const std::string& path) {
    std::vector<Erasure> erasures;
    auto read = store::read_file(path);
    if (!read && read.error().kind == ErrorKind::not_found) return erasures;
    TRY_LET(const auto text, reached(path, std::move(read)));
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
