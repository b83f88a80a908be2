#pragma once
// Carrying out disposals that were decided: the bodies of the facts that a
// kernel.journal.records_disposed names are emptied, the files that only they named are deleted,
// and what lay on those pages of the database is overwritten. It follows from the facts, so it may
// be cut short and done again, and is done again after a restore of an older backup.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernel/result.h"
#include "kernel/store/store.h"

namespace noroshi::store {

struct CarriedOut {
    std::uint64_t facts = 0;  // emptied now
    std::uint64_t blobs = 0;  // deleted now
};
// SQLite, while nobody else has the file open. The chain is verified before and after.
// Errors: those of the chain and the store.
Result<CarriedOut> carry_out_disposals(const std::string& path);

// PostgreSQL, as the one appender: a server that runs on any node refuses it (conflict
// kernel.store.in_use), and one that was merely asleep finds itself fenced off. The tables are
// written anew, so that nothing of the bodies is left in their files. What stands in the server's own
// write-ahead log and in its backups goes when those are recycled, which is their keeper's matter.
Result<CarriedOut> carry_out_disposals_in_postgresql(const std::string& connection,
                                                     const std::string& schema = "noroshi");

// Beside a running server, without a lock. Errors: unavailable, as open_postgresql.
Result<std::unique_ptr<Reader>> open_postgresql_read_only(const std::string& connection,
                                                          const std::string& schema = "noroshi");

// What was decided, of a journal whose chain holds.
struct Disposals {
    std::vector<std::uint64_t> sequences;
    std::vector<std::string> blobs;  // SHA-256 in hex
};
Result<Disposals> decided_disposals(Reader& reader);

}  // namespace noroshi::store
