#include "kernel/store/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace noroshi::store {

namespace {

std::unexpected<Error> io_failed(const std::string& path) {
    const int code = errno;
    const char* key =
        code == ENOSPC || code == EDQUOT ? "kernel.store.disk_full" : "kernel.store.io_failed";
    return fail(ErrorKind::unavailable, key, {{"detail", path + ": " + std::strerror(code)}});
}

struct Descriptor {
    int number = -1;
    explicit Descriptor(int opened) : number(opened) {}
    ~Descriptor() {
        if (number >= 0) ::close(number);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
};

Result<> write_and_sync(const Descriptor& file, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const auto written = ::write(file.number, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return io_failed(path);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(file.number) != 0) return io_failed(path);
    return {};
}

}  // namespace

Result<FileLock> FileLock::take(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return io_failed(path);
    FileLock lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return fail(ErrorKind::conflict, "kernel.store.in_use", {{"path", path}});
        return io_failed(path);
    }
    return lock;
}

FileLock::~FileLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::string directory_of(const std::string& path) {
    const auto parent = std::filesystem::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

Result<> sync_path(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.number < 0 || ::fsync(file.number) != 0) return io_failed(path);
    return {};
}

Result<> rename_durably(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0) return io_failed(to);
    return sync_path(directory_of(to));
}

Result<> create_private(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (file.number < 0) return io_failed(path);
    return {};
}

Result<> replace_file(const std::string& path, std::string_view bytes, unsigned mode) {
    const std::string beside = path + ".new";
    {
        ::unlink(beside.c_str());  // left by a crash; opening it would keep its mode
        const Descriptor file(
            ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
        if (file.number < 0) return io_failed(beside);
        TRY(write_and_sync(file, bytes, beside));
    }
    return rename_durably(beside, path);
}

Result<> append_durably(const std::string& path, std::string_view bytes, unsigned mode) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, mode));
    if (file.number < 0) return io_failed(path);
    TRY(write_and_sync(file, bytes, path));
    return sync_path(directory_of(path));
}

Result<std::string> read_file(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.number < 0) {
        if (errno == ENOENT)
            return fail(ErrorKind::not_found, "kernel.store.no_file", {{"path", path}});
        return io_failed(path);
    }
    std::string content;
    char buffer[65536];
    while (true) {
        const auto count = ::read(file.number, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return io_failed(path);
        if (count == 0) return content;
        content.append(buffer, static_cast<std::size_t>(count));
    }
}

}  // namespace noroshi::store
