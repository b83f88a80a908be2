#pragma once
// What comes of signed digests after they were sent (anchor.h): who of the witnesses confirmed that
// ours lies with them, and whether those of others contradict the ones that came before.
//
// Folded on both sides like a room's state.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/enum.hpp>

#include "kernel/journal/anchor.h"

namespace noroshi::journal {

// What is wrong with a digest that came. It is kept all the same: it is the proof.
enum class AnchorDoubt {
    none,
    older,     // signed later, but of an earlier fact: a part of that journal is gone
    forked,    // the same fact with another hash: it was rewritten
    other_key  // from the same place under another key
};
BOOST_DESCRIBE_ENUM(AnchorDoubt, none, older, forked, other_key)

class AnchorWitness {
public:
    struct Receipt {
        PersonId person;
        Instant at;
    };

    // Before Journal::start(); both must outlive it.
    AnchorWitness(Journal& journal, const Anchors& anchors);

    // Under Journal::read. Of our digest of this fact; of a digest of others, by its text.
    std::vector<Receipt> receipts(std::uint64_t sequence) const;
    AnchorDoubt doubt(std::string_view text) const;

    // Inside a command. That a witness keeps our digest of this fact; a second time is no news.
    // Errors: not_found kernel.journal.anchor_unknown; forbidden kernel.journal.anchor_not_sent.
    Result<> acknowledge(Recorder& recorder, const PersonId& by, std::uint64_t sequence) const;
    // Before it is received: how it stands to those that came before from there. One that merely
    // comes late is in order. Errors: those of check_anchor() (forged); corrupt
    // kernel.journal.anchor_differs when it is one of ours and this journal does not hold its fact.
    Result<AnchorDoubt> consider(const std::string& from, std::string_view text,
                                 std::string_view signature, std::string_view pem) const;

private:
    struct Came {
        std::string from;
        std::string text;
        Anchor anchor;
        AnchorDoubt doubt = AnchorDoubt::none;
    };
    struct State {
        std::map<std::uint64_t, std::vector<PersonId>> sent;
        std::map<std::uint64_t, std::vector<Receipt>> receipts;
        std::vector<Came> came;

        void attach(Listeners& side);
        AnchorDoubt doubt_of(const std::string& from, const Anchor& anchor) const;
    };

    Journal& journal_;
    const Anchors& anchors_;
    State pending_;
    State published_;
};

}  // namespace noroshi::journal
