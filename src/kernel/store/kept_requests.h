#pragma once
// Where in the table of requests an answer lies, by its Idempotency-Key, in memory.
//
// The table is ordered by a number that only grows, so that answers are added at its end. An index
// over the keys, which are random, touched another page with almost every answer: more than half of
// a commit's CPU, measured with 64 writers. One Store appends, so it can know the places by
// itself: about 60 bytes for each answer of the last seven days, read again when the store opens.
//
// Used by the Store's thread only.

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "kernel/store/sql.h"
#include "kernel/store/store.h"

namespace noroshi::store {

class KeptRequests {
public:
    // The answer kept under the key. Asks the database only if there seems to be one.
    Result<std::optional<Request>> find(sql::Connection& connection, std::string_view key);
    // That no request of the batch is kept already, nor twice in it: conflict kernel.store.taken.
    Result<> check(sql::Connection& connection, const Batch& batch);
    // The number of the next row.
    std::int64_t next() const { return next_; }
    // After a commit: the rows next(), next() + 1 … are those of the batch.
    void add(const Batch& batch);
    // After a commit whose outcome may be other than was said: what is in the table counts.
    void read_again() { is_current_ = false; }

    // The first number whose answer is not older than `before`: those under it go.
    Result<std::int64_t> first_since(sql::Connection& connection, Instant before);
    void forget(std::int64_t first_kept);

private:
    Result<> catch_up(sql::Connection& connection);

    std::unordered_multimap<std::size_t, std::int64_t> numbers_;  // by the hash of the key
    std::int64_t next_ = 1;
    bool is_current_ = false;
};

}  // namespace noroshi::store
