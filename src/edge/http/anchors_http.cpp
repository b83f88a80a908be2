// External anchors over HTTP: our signed digest for whoever asks, the daily ones, and those of others.

#include <algorithm>

#include "edge/http/route.h"
#include "kernel/journal/anchor.h"
#include "kernel/journal/anchor_witness.h"

namespace noroshi::edge::http {

namespace {

struct ReceiptItem {
    PersonId person;
    std::optional<Instant> at;  // absent: sent there, and not confirmed yet
};
BOOST_DESCRIBE_STRUCT(ReceiptItem, (), (person, at))

struct AnchorItem {
    std::string text;       // these bytes are signed
    std::string signature;  // hex
    std::string key;        // PEM
    std::string from;       // empty: this installation
    Instant at;
    std::size_t sent_to = 0;
    std::uint64_t sequence = 0;
    std::vector<ReceiptItem> receipts;  // of those it was sent to
    bool can_confirm = false;           // it was sent to the reader, who has not confirmed it
    journal::AnchorDoubt doubt = journal::AnchorDoubt::none;
};
BOOST_DESCRIBE_STRUCT(AnchorItem, (),
                      (text, signature, key, from, at, sent_to, sequence, receipts, can_confirm,
                       doubt))

struct AnchorList {
    std::vector<AnchorItem> items;     // our daily ones, the latest first
    std::vector<AnchorItem> received;  // others'
    std::vector<PersonId> witnesses;
};
BOOST_DESCRIBE_STRUCT(AnchorList, (), (items, received, witnesses))

struct ReceivedItem {
    journal::AnchorDoubt doubt = journal::AnchorDoubt::none;
};
BOOST_DESCRIBE_STRUCT(ReceivedItem, (), (doubt))

struct KeyItem {
    std::string key;  // PEM
    std::string fingerprint;
};
BOOST_DESCRIBE_STRUCT(KeyItem, (), (key, fingerprint))

struct WitnessesBody {
    std::vector<PersonId> people;
};
BOOST_DESCRIBE_STRUCT(WitnessesBody, (), (people))

struct ReceivedBody {
    std::string from;
    std::string text;
    std::string signature;
    std::string key;
};
BOOST_DESCRIBE_STRUCT(ReceivedBody, (), (from, text, signature, key))

AnchorItem item_of(const journal::Anchors::Kept& kept, const journal::AnchorWitness& witness,
                   const PersonId& reader) {
    const auto anchor = journal::read_anchor(kept.text);
    AnchorItem item{kept.text,
                    kept.signature,
                    kept.key,
                    kept.from,
                    kept.at,
                    kept.sent_to.size(),
                    anchor ? anchor->sequence : 0,
                    {},
                    false,
                    kept.from.empty() ? journal::AnchorDoubt::none : witness.doubt(kept.text)};
    const auto receipts = witness.receipts(item.sequence);
    for (const auto& person : kept.sent_to) {
        const auto found =
            std::ranges::find(receipts, person, &journal::AnchorWitness::Receipt::person);
        ReceiptItem receipt{person, {}};
        if (found != receipts.end()) receipt.at = found->at;
        item.can_confirm = item.can_confirm || (person == reader && !receipt.at);
        item.receipts.push_back(std::move(receipt));
    }
    return item;
}

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_anchor_routes(Routes& routes, journal::Anchors& anchors,
                          const journal::AnchorWitness& witness) {
    const std::string base = "/api/journal";
    const auto reader = signed_in("journal.see_anchors");
    routes.query<KeyItem>(base + "/key", anyone("journal.see_key"),
                          "The public key by which this installation signs",
                          [&](const Request&) -> Result<KeyItem> {
                              return KeyItem{to_pem(anchors.key().public_key()),
                                             fingerprint_of(anchors.key().public_key())};
                          });
    routes.query<AnchorItem>(base + "/anchor", reader, "The journal's head as it is now, signed",
                             [&anchors, &witness](const Request& request) -> Result<AnchorItem> {
                                 return item_of(anchors.sign_now(), witness,
                                                request.principal->person);
                             });
    routes.query<AnchorList>(
        base + "/anchors", reader, "The daily digests, those of others, and to whom ours go",
        [&anchors, &witness](const Request& request) -> Result<AnchorList> {
            const auto& reader = request.principal->person;
            AnchorList list;
            for (auto one = anchors.own().rbegin(); one != anchors.own().rend(); ++one)
                list.items.push_back(item_of(*one, witness, reader));
            for (auto one = anchors.received().rbegin(); one != anchors.received().rend(); ++one)
                list.received.push_back(item_of(*one, witness, reader));
            list.witnesses = anchors.witnesses();
            return list;
        });
    routes.command<WitnessesBody, Nothing>(
        Method::put, base + "/anchors/witnesses",
        by_roles("journal.choose_witnesses", {Role::administrator}),
        "Choose to whom the daily digest goes; nobody: none is sent",
        [&](const Request&, const WitnessesBody& in,
            journal::Recorder& recorder) -> Result<Nothing> {
            TRY(anchors.choose_witnesses(recorder, in.people));
            return Nothing{};
        });
    routes.command<Nothing, Nothing>(
        Method::post, base + "/anchors/{sequence}/receipt", signed_in("journal.confirm_anchor"),
        "Confirm, as one of those it was sent to, that this digest is kept",
        [&witness](const Request& request, const Nothing&,
                   journal::Recorder& recorder) -> Result<Nothing> {
            TRY_LET(const auto sequence,
                    request.counted("sequence", "kernel.journal.anchor_unknown"));
            TRY(witness.acknowledge(recorder, request.principal->person, sequence));
            return Nothing{};
        });
    routes.command<ReceivedBody, ReceivedItem>(
        Method::post, base + "/anchors/received",
        by_roles("journal.receive_anchor",
                 {Role::administrator, Role::security_person, Role::duty_officer}),
        "Keep another installation's digest for it, and say if it contradicts the ones before",
        [&anchors, &witness](const Request&, const ReceivedBody& in,
                             journal::Recorder& recorder) -> Result<ReceivedItem> {
            TRY_LET(const auto doubt, witness.consider(in.from, in.text, in.signature, in.key));
            TRY(anchors.receive(recorder, in.from, in.text, in.signature, in.key));
            return ReceivedItem{doubt};
        });
    return routes;
}

}  // namespace noroshi::edge::http
