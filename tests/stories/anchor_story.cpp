// External anchors: nobody, the port manager included, rewrites the journal unseen.

#include "kernel/crypto/hash.h"
#include "kernel/crypto/signing.h"
#include "kernel/journal/anchor.h"
#include "tests/stories/story.h"

namespace noroshi::story {
namespace {

constexpr const char* anchors = "/api/journal/anchors";

std::string at(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    if (found == nullptr) return "absent";
    return found->is_string() ? std::string(found->get_string()) : json::serialize(*found);
}
json::object list(Port& port, std::string login) {
    const auto answer = port.as(std::move(login)).get(anchors);
    EXPECT_EQ(answer.status, 200) << answer.text;
    return answer.body.is_object() ? answer.body.get_object() : json::object{};
}

// Another port's installation, whose digests come here.
class Elsewhere {
public:
    explicit Elsewhere(unsigned char seed) : key_(secret(seed)) {}
    json::object digest(std::uint64_t sequence, unsigned char head, std::string_view at) const {
        journal::Anchor anchor{sequence, {}, *parse_rfc3339(at), fingerprint_of(key_.public_key())};
        anchor.head.fill(head);
        const auto text = journal::write_anchor(anchor);
        const auto signature = key_.sign(text);
        return {{"from", "となりの港"},
                {"text", text},
                {"signature", to_hex({reinterpret_cast<const std::uint8_t*>(signature.data()),
                                      signature.size()})},
                {"key", to_pem(key_.public_key())}};
    }

private:
    static Key secret(unsigned char seed) {
        Key key;
        key.fill(seed);
        return key;
    }
    SigningKey key_;
};

STORY("the chain's digest goes to the witnesses once a day, and their receipt is kept") {
    auto port = Port::with("two_terminals");
    port.fast_forward(48h);
    port.expect_no_message();  // nobody was chosen
    const auto chosen =
        port.as("adm").put(std::string(anchors) + "/witnesses",
                           {{"people", {port.person("p.tani"), port.person("n.kato")}}}, 0);
    ASSERT_EQ(chosen.status, 200) << chosen.text;
    port.fast_forward(23h);
    port.expect_no_message();
    port.fast_forward(2h);
    port.expect_mail("p.tani").says("noroshi anchor 1").says("BEGIN PUBLIC KEY");
    port.expect_mail("n.kato").says("noroshi anchor 1");
    port.restart();
    port.fast_forward(20h);
    port.expect_no_message();
    const auto first = list(port, "p.tani").at("items").as_array().at(0).as_object();
    EXPECT_EQ(at(first, "can_confirm"), "true");
    const auto receipt = std::string(anchors) + "/" + at(first, "sequence") + "/receipt";
    EXPECT_EQ(port.as("s.hara").post(receipt, json::object{}).status, 403) << "not sent there";
    EXPECT_EQ(port.as("p.tani").post(receipt, json::object{}).status, 200);
    EXPECT_EQ(port.as("p.tani").post(receipt, json::object{}).status, 200) << "no news twice";
    EXPECT_EQ(
        port.as("p.tani").post(std::string(anchors) + "/999999/receipt", json::object{}).status,
        404);
    port.restart();
    const auto kept = list(port, "adm").at("items").as_array().at(0).as_object();
    int confirmed = 0;
    for (const auto& one : kept.at("receipts").as_array())
        if (at(one.as_object(), "at") != "absent") {
            ++confirmed;
            EXPECT_EQ(at(one.as_object(), "person"), port.person("p.tani"));
        }
    EXPECT_EQ(confirmed, 1);
    // The next one, a day after the first.
    port.fast_forward(4h);
    port.expect_mail("p.tani").says("noroshi anchor 1");
    port.expect_mail("n.kato").says("noroshi anchor 1");
    EXPECT_EQ(list(port, "adm").at("items").as_array().size(), 2U);
}

// A neighbour that was rewritten at night would go on being trusted.
STORY("a forged digest is refused, and one that contradicts the ones before is kept and marked") {
    auto port = Port::with("two_terminals");
    const Elsewhere neighbour(1);
    const auto received = std::string(anchors) + "/received";
    const auto doubt = [&](const json::object& digest) {
        const auto answer = port.as("k.mori").post(received, digest);
        EXPECT_EQ(answer.status, 200) << answer.text;
        return answer.status == 200 ? at(answer.body.as_object(), "doubt") : answer.key;
    };
    const auto friday = neighbour.digest(100, 7, "2026-07-03T00:00:00Z");
    EXPECT_EQ(doubt(friday), "none");
    EXPECT_EQ(doubt(neighbour.digest(140, 8, "2026-07-04T00:00:00Z")), "none");
    EXPECT_EQ(doubt(neighbour.digest(80, 6, "2026-07-02T00:00:00Z")), "none") << "late in the mail";
    auto forged = neighbour.digest(150, 9, "2026-07-05T00:00:00Z");
    forged["signature"] = friday.at("signature");
    EXPECT_EQ(port.as("k.mori").post(received, forged).key, "kernel.journal.anchor_not_signed");
    EXPECT_EQ(doubt(neighbour.digest(100, 9, "2026-07-05T00:00:00Z")), "forked");
    EXPECT_EQ(doubt(neighbour.digest(90, 5, "2026-07-06T00:00:00Z")), "older");
    EXPECT_EQ(doubt(Elsewhere(2).digest(10, 1, "2026-07-06T00:00:00Z")), "other_key");
    EXPECT_EQ(port.as("c.abe").post(received, friday).status, 403);
    port.restart();
    EXPECT_EQ(doubt(friday), "none") << "what is kept already says what it said";
    const auto all = list(port, "n.kato").at("received").as_array();
    EXPECT_EQ(all.size(), 6U);
    EXPECT_EQ(at(all.at(0).as_object(), "doubt"), "other_key") << "the latest first";
    EXPECT_EQ(at(all.at(1).as_object(), "doubt"), "older");
    EXPECT_EQ(at(all.at(2).as_object(), "doubt"), "forked");
}

STORY("one of our own digests that comes back is compared with the journal") {
    auto port = Port::with("two_terminals");
    const auto now = port.as("adm").get("/api/journal/anchor").body.as_object();
    json::object ours{{"from", "返却"},
                      {"text", now.at("text")},
                      {"signature", now.at("signature")},
                      {"key", now.at("key")}};
    const auto answer = port.as("adm").post(std::string(anchors) + "/received", ours);
    EXPECT_EQ(answer.status, 200) << answer.text;
    EXPECT_EQ(list(port, "adm").at("received").as_array().size(), 1U);
}

}  // namespace
}  // namespace noroshi::story
