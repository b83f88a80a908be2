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
    // A fact without a body was disposed of: its hash is taken as it stands, for the fact after it
    // and a record of disposal vouch for it (disposal_facts.h).
    Result<> follow(const Fact& fact);
    // At the end: that every missing body is named in a record of disposal, with its hash.
    Result<> finish() const;
    const store::Head& head() const { return head_; }

private:
    Result<> hear_of_disposal(const Fact& fact);

    store::Head head_;
    std::unordered_map<std::uint64_t, Hash> emptied_;
    std::unordered_map<std::uint64_t, std::string> disposed_;  // hash in hex
    std::unordered_map<std::string, std::uint64_t, TextHash, std::equal_to<>> versions_;
    std::string last_stream_;
    std::uint64_t* last_version_ = nullptr;
};

// Reads and hashes on a second thread while `fold` takes, on the calling one, the facts that have
// been found sound. Returns the head; errors are the reader's, the chain's or the fold's.
Result<store::Head> fold_verified(store::Reader& reader,
                                  const std::function<Result<>(const Fact&)>& fold);

}  // namespace noroshi::journal
