#pragma once
// External anchors: what is exchanged with other members so that nobody, the port manager included,
// can rewrite the journal unseen. Stream "kernel/journal/anchors".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/identity/id.h"
#include "kernel/journal/retention.h"

namespace noroshi::journal {

// To whom the daily digest goes, all of them as it now stands. Nobody: none is sent.
struct AnchorWitnessesChosen {
    static constexpr std::string_view kind = "kernel.journal.anchor_witnesses_chosen";
    static constexpr int schema = 1;
    static constexpr auto record_class = RecordClass::access;

    std::vector<PersonId> people;
};
BOOST_DESCRIBE_STRUCT(AnchorWitnessesChosen, (), (people))

struct AnchorSigned {
    static constexpr std::string_view kind = "kernel.journal.anchor_signed";
    static constexpr int schema = 1;
    static constexpr auto record_class = RecordClass::access;

    std::string text;       // docs/formats/anchor.md
    std::string signature;  // hex
    std::vector<PersonId> sent_to;
};
BOOST_DESCRIBE_STRUCT(AnchorSigned, (), (text, signature, sent_to))

// Another installation's digest, kept for it.
struct AnchorReceived {
    static constexpr std::string_view kind = "kernel.journal.anchor_received";
    static constexpr int schema = 1;
    static constexpr auto record_class = RecordClass::access;

    std::string from;  // whose, in free words
    std::string text;
    std::string signature;  // hex
    std::string key;        // PEM
};
BOOST_DESCRIBE_STRUCT(AnchorReceived, (), (from, text, signature, key))

// A witness says that this digest lies with them: the actor.
struct AnchorAcknowledged {
    static constexpr std::string_view kind = "kernel.journal.anchor_acknowledged";
    static constexpr int schema = 1;
    static constexpr auto record_class = RecordClass::access;

    std::uint64_t sequence = 0;  // of the digest
};
BOOST_DESCRIBE_STRUCT(AnchorAcknowledged, (), (sequence))

}  // namespace noroshi::journal
