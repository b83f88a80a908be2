#include "kernel/store/kept_requests.h"

#include <unordered_set>

#include "kernel/store/tables.h"

namespace noroshi::store {

namespace {
std::size_t hash_of(std::string_view key) { return std::hash<std::string_view>{}(key); }
}  // namespace

Result<> KeptRequests::catch_up(sql::Connection& connection) {
    if (is_current_) return {};
    // At first everything; later what a commit left behind that was reported as failed.
    TRY(read_request_keys(connection, next_, [&](std::int64_t number, std::string_view key) {
        numbers_.emplace(hash_of(key), number);
        next_ = number + 1;
        return true;
    }));
    is_current_ = true;
    return {};
}

Result<std::optional<Request>> KeptRequests::find(sql::Connection& connection,
                                                  std::string_view key) {
    TRY(catch_up(connection));
    const auto [first, last] = numbers_.equal_range(hash_of(key));
    for (auto at = first; at != last; ++at) {
        TRY_LET(auto found, read_request(connection, at->second));
        if (found && found->key == key) return found;
    }
    return std::nullopt;
}

Result<> KeptRequests::check(sql::Connection& connection, const Batch& batch) {
    TRY(catch_up(connection));
    const auto taken = [](std::string_view key) {
        return fail(ErrorKind::conflict, "kernel.store.taken", {{"detail", std::string(key)}});
    };
    std::unordered_set<std::string_view> seen;
    for (const auto& request : batch.requests) {
        TRY_LET(const auto kept, find(connection, request.key));
        if (kept || !seen.insert(request.key).second) return taken(request.key);
    }
    return {};
}

void KeptRequests::add(const Batch& batch) {
    for (const auto& request : batch.requests) numbers_.emplace(hash_of(request.key), next_++);
}

Result<std::int64_t> KeptRequests::first_since(sql::Connection& connection, Instant before) {
    TRY(catch_up(connection));
    TRY_LET(const auto first, read_first_request_since(connection, before));
    return first.value_or(next_);
}

void KeptRequests::forget(std::int64_t first_kept) {
    std::erase_if(numbers_, [&](const auto& entry) { return entry.second < first_kept; });
}

}  // namespace noroshi::store
