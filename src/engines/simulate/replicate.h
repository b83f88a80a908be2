#pragma once
// Work that falls apart into independent replications, spread over threads. Which thread does which
// replication is chance, so whatever is kept must be kept per replication, or be a sum that does
// not depend on order (whole numbers).

#include <cstdint>
#include <functional>

namespace noroshi::simulate {

// Zero means as many as the machine has.
unsigned threads_for(unsigned wished, std::uint64_t replications);

// Calls work(worker, replication) once for each replication in [0, replications), worker in
// [0, threads). Returns when all are done. `work` must not let anything escape.
void replicate(std::uint64_t replications, unsigned threads,
               const std::function<void(unsigned, std::uint64_t)>& work);

}  // namespace noroshi::simulate
