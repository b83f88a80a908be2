#include "kernel/journal/chain.h"

#include <array>
#include <atomic>
#include <semaphore>
#include <thread>
#include <utility>

#include "kernel/journal/disposal_facts.h"
#include "kernel/json/json.h"

namespace noroshi::journal {

Result<> ChainCheck::follow(const Fact& fact) {
    const auto broken = [&](std::string reason) {
        return fail(ErrorKind::corrupt, "kernel.journal.chain_broken",
                    {{"sequence", std::to_string(fact.sequence)}, {"reason", std::move(reason)}});
    };
    if (fact.sequence != head_.sequence + 1)
        return broken("sequence " + std::to_string(head_.sequence + 1) + " is missing");
    if (fact.previous != head_.hash) return broken("does not follow the fact before it");
    if (fact.body.empty())
        emptied_.emplace(fact.sequence, fact.hash);
    else if (hash_of(fact) != fact.hash)
        return broken("was changed after it was written");
    else if (fact.kind == RecordsDisposed::kind)
        TRY(hear_of_disposal(fact));
    if (last_version_ == nullptr || last_stream_ != fact.stream) {
        last_version_ = &versions_[fact.stream];
        last_stream_ = fact.stream;
    }
    if (fact.stream_version != ++*last_version_) return broken("stream version out of order");
    head_ = {fact.sequence, fact.hash};
    return {};
}

Result<> ChainCheck::hear_of_disposal(const Fact& fact) {
    RecordsDisposed body;
    TRY(json::read_fact(fact.body, body, nullptr));
    for (std::size_t i = 0; i < body.sequences.size() && i < body.hashes.size(); ++i)
        disposed_.emplace(body.sequences[i], body.hashes[i]);
    return {};
}

Result<> ChainCheck::finish() const {
    for (const auto& [sequence, hash] : emptied_) {
        const auto found = disposed_.find(sequence);
        if (found == disposed_.end() || found->second != hex_of(hash))
            return fail(ErrorKind::corrupt, "kernel.journal.chain_broken",
                        {{"sequence", std::to_string(sequence)},
                         {"reason", "has no body, and no record of disposal names it"}});
    }
    return {};
}

// Reading and hashing a fact costs about as much as decoding and folding it, so two threads share
// the work evenly and the store is read once. Facts travel in blocks whose strings are used again:
// after the first few thousand facts nothing is allocated on the way.
Result<store::Head> fold_verified(store::Reader& reader,
                                  const std::function<Result<>(const Fact&)>& fold) {
    constexpr std::size_t block_count = 4;
    constexpr std::size_t block_size = 512;
    struct Block {
        std::vector<Fact> facts = std::vector<Fact>(block_size);
        std::size_t used = 0;
        bool is_last = false;
    };
    std::array<Block, block_count> blocks;
    std::counting_semaphore<block_count> empty(block_count);
    std::counting_semaphore<block_count> filled(0);
    std::atomic<bool> enough = false;
    ChainCheck chain;
    Result<> read;

    std::thread reading([&] {
        std::size_t turn = 0;
        Block* block = nullptr;
        const auto next_block = [&] {
            empty.acquire();
            block = &blocks[turn++ % block_count];
            block->used = 0;
        };
        next_block();
        Result<> sound;
        read = reader.facts(1, [&](const Fact& fact) {
            sound = chain.follow(fact);
            if (!sound || enough.load(std::memory_order_relaxed)) return false;
            block->facts[block->used++] = fact;
            if (block->used == block_size) {
                filled.release();
                next_block();
            }
            return true;
        });
        if (!sound) read = std::move(sound);
        block->is_last = true;
        filled.release();
    });

    Result<> folded;
    bool at_end = false;
    for (std::size_t turn = 0; !at_end; ++turn) {
        filled.acquire();
        const Block& block = blocks[turn % block_count];
        for (std::size_t i = 0; i < block.used && folded; ++i) folded = fold(block.facts[i]);
        if (!folded) enough = true;
        at_end = block.is_last;
        empty.release();
    }
    reading.join();
    TRY(folded);
    TRY(read);
    TRY(chain.finish());
    return chain.head();
}

}  // namespace noroshi::journal
