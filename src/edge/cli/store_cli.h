#pragma once
// Taking everything along: backup and restore (one file, exact), export (a folder in open formats).
// Formats: docs/formats/backup.md. All is safe while the server runs: what is read is one moment.
//
// A key deleted to erase a person stays deleted: restore() leaves out the keys, passwords and
// messages of everybody named in erasures.log, the target's own and the one given.

#include <cstdint>
#include <map>
#include <string>

#include <boost/describe.hpp>

#include "kernel/result.h"
#include "kernel/store/store.h"
#include "kernel/time/time.h"

namespace noroshi::edge::cli {

struct TableDigest {
    std::uint64_t rows = 0;
    std::string sha256;
};
BOOST_DESCRIBE_STRUCT(TableDigest, (), (rows, sha256))

// What a backup says of itself.
struct Manifest {
    std::string format;  // "noroshi backup 1"
    std::string version;
    std::string engine;  // that it was taken from
    Instant written_at;
    std::uint64_t facts = 0;
    std::string head;  // hash of the last fact, hex
    std::map<std::string, TableDigest> tables;
};
BOOST_DESCRIBE_STRUCT(Manifest, (), (format, version, engine, written_at, facts, head, tables))

// Writes `path`, checks what was written, and only then gives it its name. Whoever has the file
// has everything, the installation's key included. Errors: conflict edge.cli.backup.exists {path};
// corrupt edge.cli.backup.differs {table} if what was written is not what was read; the store's.
Result<store::Head> back_up(store::Store& store, const std::string& dir, const std::string& path,
                            const Clock& clock);

// Checks a backup without restoring it: SQLite's own check, the chain, every table's digest.
// Errors: corrupt edge.cli.backup.{not_a_backup, damaged, differs}, kernel.journal.chain_broken.
Result<Manifest> verify_backup(const std::string& path);

// Restores into an empty data directory, and into PostgreSQL if `postgresql` is not empty.
// `erasures`: a further erasures.log, or empty. Errors: conflict edge.cli.in_use,
// edge.cli.backup.target_not_empty {path}, kernel.store.not_empty; those of verify_backup().
Result<store::Head> restore(const std::string& dir, const std::string& postgresql,
                            const std::string& backup, const std::string& erasures);

enum class PersonKeys { left_out, included };
// Makes the folder `path`, or a tar archive if its name ends in ".tar". With the keys of the
// persons, what is sealed in the facts can be read by anybody who has the folder. Errors: conflict
// edge.cli.backup.exists {path}.
Result<store::Head> export_all(store::Reader& reader, const std::string& dir,
                               const std::string& path, PersonKeys keys = PersonKeys::left_out);

}  // namespace noroshi::edge::cli
