#include "kernel/journal/anchor_witness.h"

#include <algorithm>

#include "kernel/journal/anchor_facts.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"

namespace noroshi::journal {

void AnchorWitness::State::attach(Listeners& side) {
    side.on_reset([this] {
        sent.clear();
        receipts.clear();
        came.clear();
    });
    listen_live<AnchorSigned>(side, [this](Live<AnchorSigned> fact) {
        if (const auto anchor = read_anchor(fact.body.text))
            sent[anchor->sequence] = fact.body.sent_to;
    });
    listen_live<AnchorAcknowledged>(side, [this](Live<AnchorAcknowledged> fact) {
        receipts[fact.body.sequence].push_back(
            {PersonId{std::string(fact.at.actor)}, fact.at.entry_time});
    });
    listen_live<AnchorReceived>(side, [this](Live<AnchorReceived> fact) {
        auto anchor = read_anchor(fact.body.text);
        if (!anchor) return;
        const auto doubt = doubt_of(fact.body.from, *anchor);
        came.push_back({fact.body.from, fact.body.text, std::move(*anchor), doubt});
    });
}

AnchorDoubt AnchorWitness::State::doubt_of(const std::string& from, const Anchor& anchor) const {
    auto doubt = AnchorDoubt::none;
    for (const auto& known : came) {
        if (known.anchor.key != anchor.key) {
            if (known.from == from && doubt == AnchorDoubt::none) doubt = AnchorDoubt::other_key;
            continue;
        }
        if (known.anchor.sequence == anchor.sequence && known.anchor.head != anchor.head)
            return AnchorDoubt::forked;
        const bool later = anchor.at > known.anchor.at;
        const bool further = anchor.sequence > known.anchor.sequence;
        if (anchor.at != known.anchor.at && anchor.sequence != known.anchor.sequence &&
            later != further)
            doubt = AnchorDoubt::older;
    }
    return doubt;
}

AnchorWitness::AnchorWitness(Journal& journal, const Anchors& anchors)
    : journal_(journal), anchors_(anchors) {
    pending_.attach(journal.pending());
    published_.attach(journal.published());
}

std::vector<AnchorWitness::Receipt> AnchorWitness::receipts(std::uint64_t sequence) const {
    const auto found = published_.receipts.find(sequence);
    return found == published_.receipts.end() ? std::vector<Receipt>{} : found->second;
}

AnchorDoubt AnchorWitness::doubt(std::string_view text) const {
    const auto found = std::ranges::find(published_.came, text, &Came::text);
    return found == published_.came.end() ? AnchorDoubt::none : found->doubt;
}

Result<> AnchorWitness::acknowledge(Recorder& recorder, const PersonId& by,
                                    std::uint64_t sequence) const {
    const auto sent = pending_.sent.find(sequence);
    if (sent == pending_.sent.end())
        return fail(ErrorKind::not_found, "kernel.journal.anchor_unknown");
    if (std::ranges::find(sent->second, by) == sent->second.end())
        return fail(ErrorKind::forbidden, "kernel.journal.anchor_not_sent");
    if (const auto known = pending_.receipts.find(sequence);
        known != pending_.receipts.end() &&
        std::ranges::find(known->second, by, &Receipt::person) != known->second.end())
        return {};
    record(recorder, {"kernel/journal/anchors", Visibility{Tlp::green, {}, {}}, {}, {}, {}},
           AnchorAcknowledged{sequence});
    return {};
}

Result<AnchorDoubt> AnchorWitness::consider(const std::string& from, std::string_view text,
                                            std::string_view signature,
                                            std::string_view pem) const {
    TRY_LET(const auto anchor, check_anchor(text, signature, pem));
    if (const auto known = std::ranges::find(pending_.came, text, &Came::text);
        known != pending_.came.end())
        return known->doubt;
    // One of ours that comes back: the journal itself is asked.
    if (anchor.key == fingerprint_of(anchors_.key().public_key())) {
        TRY_LET(const auto reader, journal_.store().reader());
        TRY(compare_anchor(*reader, anchor));
    }
    return pending_.doubt_of(from, anchor);
}

}  // namespace noroshi::journal
