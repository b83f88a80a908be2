#pragma once
// What the journal itself must understand of disposal: which facts may stand without their body.
// A disposed fact keeps its place, its hash and everything but its body; so the chain goes on to
// hold, and this fact, further along the same chain, says which hash each of them had. A body that
// is missing without being named here is a broken chain.
//
// Who proposed and who approved it is a room's matter (learn/records). Stream: kernel/journal/disposals.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "kernel/journal/retention.h"

namespace noroshi::journal {

struct RecordsDisposed {
    static constexpr std::string_view kind = "kernel.journal.records_disposed";
    static constexpr int schema = 1;
    static constexpr auto record_class = RecordClass::incident;

    std::string disposal;
    std::vector<std::uint64_t> sequences;
    std::vector<std::string> hashes;  // of these facts, in hex
    std::vector<std::string> blobs;   // that only these facts named, SHA-256 in hex
};
BOOST_DESCRIBE_STRUCT(RecordsDisposed, (), (disposal, sequences, hashes, blobs))

}  // namespace noroshi::journal
