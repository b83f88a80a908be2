#pragma once
// Reading the chain from its first fact to its head.

#include <functional>
#include <string>
#include <unordered_map>

#include "kernel/journal/fact.h"
#include "kernel/journal/listeners.h"
#include "kernel/result.h"
#include "kernel/store/store.h"

namespace noroshi::journal {

// Follows the chain fact by fact, from the first. Errors: corrupt kernel.journal.chain_broken
// {sequence, reason} for a fact that is missing, out of order or changed; nothing follows after it.
class ChainCheck {
public:
    Result<> follow(const Fact& fact);
    const store::Head& head() const { return head_; }

private:
    store::Head head_;
    std::unordered_map<std::string, std::uint64_t, TextHash, std::equal_to<>> versions_;
    std::string last_stream_;
    std::uint64_t* last_version_ = nullptr;
};

// Reads and hashes on a second thread while `fold` takes, on the calling one, the facts that have
// been found sound. Returns the head; errors are the reader's, the chain's or the fold's.
Result<store::Head> fold_verified(store::Reader& reader,
                                  const std::function<Result<>(const Fact&)>& fold);

}  // namespace noroshi::journal
