#pragma once
// What the journal itself writes: that facts of another server were taken over. Two servers that
// were cut off from each other, the second restored from a backup of the first, share a past; what
// each wrote afterwards is brought together by a bundle (docs/formats/bundle.md).
//
// Stream: kernel/journal/bundles. The fact stands directly before the facts it speaks of, in the
// same commit and under the same actor, so that either all of them are there or none.

#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "kernel/journal/retention.h"
#include "kernel/time/time.h"

namespace noroshi::journal {

struct FactsAdopted {
    static constexpr std::string_view kind = "kernel.journal.facts_adopted";
    static constexpr int schema = 1;
    static constexpr auto record_class = RecordClass::incident;

    std::string bundle;                // SHA-256 of the bundle's file
    std::vector<std::string> origins;  // hashes that the facts had where they were written
    std::vector<Instant> entered_at;   // when they were entered there
};
BOOST_DESCRIBE_STRUCT(FactsAdopted, (), (bundle, origins, entered_at))

}  // namespace noroshi::journal
