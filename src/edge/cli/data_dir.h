#pragma once
// The layout of a data directory, and who owns it:
//
//   noroshi.db         the journal (SQLite; absent when the store is PostgreSQL)
//   installation.key   32 bytes in hex, mode 0600: seals secrets, outbox and links
//   erasures.log       who was erased and when, one line each; a restore applies it again
//   config.toml        optional
//   lock               held (flock) by the process that owns the directory
//   control.sock       where that process answers

#include <string>
#include <vector>

#include "kernel/crypto/keyring.h"
#include "kernel/identity/id.h"
#include "kernel/random/random.h"
#include "kernel/result.h"
#include "kernel/store/files.h"
#include "kernel/time/time.h"

namespace noroshi::edge::cli {

using DataDirLock = store::FileLock;

// Creates the directory (0700) if it is not there. Errors: conflict edge.cli.in_use {dir},
// unavailable edge.cli.no_access {path, reason}.
Result<DataDirLock> lock_data_dir(const std::string& dir);
bool is_data_dir(const std::string& dir);  // has an installation key

std::string database_path(const std::string& dir);
std::string key_path(const std::string& dir);
std::string erasures_path(const std::string& dir);

// The directory's key; made, and durable, the first time. Errors: unavailable edge.cli.no_access,
// corrupt edge.cli.bad_key {path}.
Result<Key> installation_key(const std::string& dir, Random& random);
Result<Key> read_key(const std::string& path);
Result<> write_key(const std::string& path, const Key& key);

struct Erasure {
    PersonId person;
    Instant at;
};
// Durable on return.
Result<> append_erasure(const std::string& dir, const PersonId& person, Instant at);
// A torn last line is left out. Errors: corrupt edge.cli.bad_erasures {path, line}.
Result<std::vector<Erasure>> read_erasures(const std::string& path);

}  // namespace noroshi::edge::cli
