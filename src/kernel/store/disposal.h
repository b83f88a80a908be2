#pragma once
// Carrying out disposals that were decided: the bodies of the facts that a
// kernel.journal.records_disposed names are emptied, the files that only they named are deleted,
// and what lay on those pages of the database is overwritten. It follows from the facts, so it may
// be cut short and done again, and is done again after a restore of an older backup.

#include <cstdint>
#include <string>

#include "kernel/result.h"

namespace noroshi::store {

struct CarriedOut {
    std::uint64_t facts = 0;  // emptied now
    std::uint64_t blobs = 0;  // deleted now
};
// SQLite only, while nobody else has the file open. The chain is verified before and after.
// Errors: those of the chain and the store.
Result<CarriedOut> carry_out_disposals(const std::string& path);

}  // namespace noroshi::store
