// External anchors over HTTP: our signed digest for whoever asks, the daily ones, and those of others.

#include "edge/http/route.h"
#include "kernel/journal/anchor.h"

namespace noroshi::edge::http {

namespace {

struct AnchorItem {
    std::string text;       // these bytes are signed
    std::string signature;  // hex
    std::string key;        // PEM
    std::string from;       // empty: this installation
    Instant at;
    std::size_t sent_to = 0;
};
BOOST_DESCRIBE_STRUCT(AnchorItem, (), (text, signature, key, from, at, sent_to))

struct AnchorList {
    std::vector<AnchorItem> items;     // our daily ones, the latest first
    std::vector<AnchorItem> received;  // others'
    std::vector<PersonId> witnesses;
};
BOOST_DESCRIBE_STRUCT(AnchorList, (), (items, received, witnesses))

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

AnchorItem item_of(const journal::Anchors::Kept& kept) {
    return {kept.text, kept.signature, kept.key, kept.from, kept.at, kept.sent_to.size()};
}

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_anchor_routes(Routes& routes, journal::Anchors& anchors) {
    const std::string base = "/api/journal";
    const auto reader = signed_in("journal.see_anchors");
    routes.query<KeyItem>(base + "/key", anyone("journal.see_key"),
                          "The public key by which this installation signs",
                          [&](const Request&) -> Result<KeyItem> {
                              return KeyItem{to_pem(anchors.key().public_key()),
                                             fingerprint_of(anchors.key().public_key())};
                          });
    routes.query<AnchorItem>(
        base + "/anchor", reader, "The journal's head as it is now, signed",
        [&](const Request&) -> Result<AnchorItem> { return item_of(anchors.sign_now()); });
    routes.query<AnchorList>(
        base + "/anchors", reader, "The daily digests, those of others, and to whom ours go",
        [&](const Request&) -> Result<AnchorList> {
            AnchorList list;
            for (auto one = anchors.own().rbegin(); one != anchors.own().rend(); ++one)
                list.items.push_back(item_of(*one));
            for (const auto& one : anchors.received()) list.received.push_back(item_of(one));
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
    routes.command<ReceivedBody, Nothing>(
        Method::post, base + "/anchors/received",
        by_roles("journal.receive_anchor",
                 {Role::administrator, Role::security_person, Role::duty_officer}),
        "Keep another installation's digest for it",
        [&](const Request&, const ReceivedBody& in,
            journal::Recorder& recorder) -> Result<Nothing> {
            TRY(anchors.receive(recorder, in.from, in.text, in.signature, in.key));
            return Nothing{};
        });
    return routes;
}

}  // namespace noroshi::edge::http
