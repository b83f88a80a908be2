#pragma once
// The few things that must be right about files: a lock that dies with its process, and writing
// so that a power cut leaves either the old content or the new.
//
// Errors: unavailable kernel.store.io_failed {detail}, kernel.store.disk_full {detail}.

#include <string>
#include <string_view>
#include <utility>

#include "kernel/result.h"

namespace noroshi::store {

// An exclusive lock on a file, which is created if there is none and left where it is.
class FileLock {
public:
    // Errors: conflict kernel.store.in_use {path}.
    static Result<FileLock> take(const std::string& path);
    FileLock() = default;
    ~FileLock();
    FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    FileLock& operator=(FileLock&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }

private:
    explicit FileLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

// Makes the content of a file, or the names in a directory, survive a power cut.
Result<> sync_path(const std::string& path);
std::string directory_of(const std::string& path);
// An empty file that only its owner reads, if there is no file yet.
Result<> create_private(const std::string& path);
// Writes beside `path` and renames over it. `mode` as in chmod.
Result<> replace_file(const std::string& path, std::string_view bytes, unsigned mode);
// Renames a file that was synced already.
Result<> rename_durably(const std::string& from, const std::string& to);
// Adds to the end; durable on return.
Result<> append_durably(const std::string& path, std::string_view bytes, unsigned mode);
// Errors: not_found kernel.store.no_file {path}.
Result<std::string> read_file(const std::string& path);

}  // namespace noroshi::store
