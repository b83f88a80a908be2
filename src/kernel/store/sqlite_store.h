#pragma once
// What the two stores share of SQLite: PostgreSQL's copies are SQLite files too.

#include <functional>
#include <memory>
#include <string>

#include "kernel/store/store.h"

namespace noroshi::store {

// A new file to be filled once by copy_all() and then synced by the caller: no log, no locks.
Result<std::unique_ptr<Store>> create_copy(const std::string& path);
// Calls `write`, then makes the file durable; a file written by half is removed.
Result<> write_copy(const std::string& path, const std::function<Result<>()>& write);

}  // namespace noroshi::store
