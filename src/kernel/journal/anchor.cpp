#include "kernel/journal/anchor.h"

#include <charconv>

#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "kernel/journal/anchor_facts.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"

namespace noroshi::journal {

namespace {

constexpr std::string_view stream = "kernel/journal/anchors";
constexpr std::string_view first_line = "noroshi anchor 1";
constexpr auto between = std::chrono::hours(24);
constexpr std::size_t most_kept = 10'000;
constexpr std::size_t longest_from = 200;

Place place() { return {std::string(stream), Visibility{Tlp::green, {}, {}}, {}, {}, {}}; }

std::unexpected<Error> malformed() {
    return fail(ErrorKind::invalid, "kernel.journal.anchor_malformed");
}

}  // namespace

std::string write_anchor(const Anchor& anchor) {
    std::string out(first_line);
    out += "\nsequence: " + std::to_string(anchor.sequence);
    out += "\nhead: " + hex_of(anchor.head);
    out += "\nat: " + format_rfc3339(anchor.at);
    out += "\nkey: " + anchor.key + "\n";
    return out;
}

Result<Anchor> read_anchor(std::string_view text) {
    std::vector<std::string_view> values;
    constexpr std::string_view names[] = {"sequence: ", "head: ", "at: ", "key: "};
    if (!text.starts_with(first_line)) return malformed();
    text.remove_prefix(first_line.size());
    for (const auto name : names) {
        if (!text.starts_with("\n")) return malformed();
        text.remove_prefix(1);
        if (!text.starts_with(name)) return malformed();
        text.remove_prefix(name.size());
        const auto end = text.find('\n');
        if (end == std::string_view::npos) return malformed();
        values.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    if (text != "\n") return malformed();
    Anchor anchor;
    const auto number = values[0];
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), anchor.sequence);
    if (error != std::errc{} || end != number.data() + number.size()) return malformed();
    const auto head = parse_hash(values[1]);
    const auto at = parse_rfc3339(values[2]);
    if (!head || !at || values[3].size() != 64 || !from_hex(values[3])) return malformed();
    anchor.head = *head;
    anchor.at = *at;
    anchor.key = values[3];
    return anchor;
}

Result<Anchor> check_anchor(std::string_view text, std::string_view signature,
                            std::string_view pem) {
    TRY_LET(auto anchor, read_anchor(text));
    const auto key = from_pem(pem);
    const auto bytes = from_hex(signature);
    if (!key || !bytes || fingerprint_of(*key) != anchor.key || !is_signed(*key, text, *bytes))
        return fail(ErrorKind::invalid, "kernel.journal.anchor_not_signed");
    return anchor;
}

Result<> compare_anchor(store::Reader& reader, const Anchor& anchor) {
    const auto differs = [&] {
        return fail(
            ErrorKind::corrupt, "kernel.journal.anchor_differs",
            {{"sequence", std::to_string(anchor.sequence)}, {"time", format_rfc3339(anchor.at)}});
    };
    if (anchor.sequence == 0) return {};
    bool same = false;
    TRY(reader.facts(anchor.sequence, [&](const Fact& fact) {
        same = fact.sequence == anchor.sequence && fact.hash == anchor.head;
        return false;
    }));
    if (!same) return differs();
    return {};
}

struct Anchors::State {
    std::vector<PersonId> witnesses;
    std::vector<Kept> own, received;
    Instant since;  // when the witnesses were chosen

    void attach(Listeners& side, const SigningKey& key) {
        side.on_reset([this] {
            witnesses.clear();
            own.clear();
            received.clear();
        });
        listen_live<AnchorWitnessesChosen>(side, [this](Live<AnchorWitnessesChosen> fact) {
            witnesses = fact.body.people;
            since = fact.at.entry_time;
        });
        const std::string pem = to_pem(key.public_key());
        listen_live<AnchorSigned>(side, [this, pem](Live<AnchorSigned> fact) {
            own.push_back({fact.body.text,
                           fact.body.signature,
                           pem,
                           {},
                           fact.at.entry_time,
                           fact.body.sent_to});
        });
        listen_live<AnchorReceived>(side, [this](Live<AnchorReceived> fact) {
            received.push_back({fact.body.text,
                                fact.body.signature,
                                fact.body.key,
                                fact.body.from,
                                fact.at.entry_time,
                                {}});
        });
    }
};

Anchors::Anchors(Journal& journal, Options options)
    : journal_(journal), options_(std::move(options)), key_(journal.installation_key()),
      pending_(std::make_unique<State>()), published_(std::make_unique<State>()) {
    pending_->attach(journal.pending(), key_);
    published_->attach(journal.published(), key_);
    journal.add_timer(
        {[this] { return next_due(); }, [this](Recorder& recorder) { return fire(recorder); }});
}

Anchors::~Anchors() = default;

const std::vector<Anchors::Kept>& Anchors::own() const { return published_->own; }
const std::vector<Anchors::Kept>& Anchors::received() const { return published_->received; }
const std::vector<PersonId>& Anchors::witnesses() const { return published_->witnesses; }

Anchors::Kept Anchors::sign_now() const {
    const auto head = journal_.head();
    const Instant now = journal_.clock().now();
    Kept kept;
    kept.text = write_anchor({head.sequence, head.hash, now, fingerprint_of(key_.public_key())});
    const std::string signature = key_.sign(kept.text);
    kept.signature =
        to_hex({reinterpret_cast<const std::uint8_t*>(signature.data()), signature.size()});
    kept.key = to_pem(key_.public_key());
    kept.at = now;
    return kept;
}

std::optional<Instant> Anchors::next_due() const {
    if (pending_->witnesses.empty()) return {};
    return (pending_->own.empty() ? pending_->since : pending_->own.back().at) + between;
}

Result<> Anchors::fire(Recorder& recorder) {
    if (const auto due = next_due(); !due || *due > recorder.now()) return {};
    const Kept kept = sign_now();
    AnchorSigned fact{kept.text, kept.signature, {}};
    for (const auto& person : pending_->witnesses) {
        const auto address =
            options_.address_of ? options_.address_of(person) : std::optional<std::string>{};
        if (!address) continue;
        const Language language =
            options_.language_of ? options_.language_of(person) : Language::ja;
        Dispatch dispatch;
        dispatch.topic = "kernel.journal/anchors";
        dispatch.person = person;
        dispatch.not_before = recorder.now();
        dispatch.expires = recorder.now() + between;
        Message& message = dispatch.message;
        message.key = "kernel.journal/anchors/" + person.text + "/" + format_rfc3339(kept.at);
        message.to = *address;
        message.message_id =
            "<" + to_hex(sha256(message.key)).substr(0, 32) + "@" + options_.mail_domain + ">";
        message.subject =
            i18n::text(language, "kernel.journal.anchor_mail_subject",
                       {{"time", format_for_people(kept.at, options_.zone, language)}});
        message.text = i18n::text(language, "kernel.journal.anchor_mail") + "\n\n" + kept.text +
                       "signature: " + kept.signature + "\n\n" + kept.key;
        recorder.send(std::move(dispatch));
        fact.sent_to.push_back(person);
    }
    record(recorder, place(), fact);
    return {};
}

Result<> Anchors::choose_witnesses(Recorder& recorder, const std::vector<PersonId>& people) {
    AnchorWitnessesChosen fact;
    for (std::size_t i = 0; i < people.size(); ++i) {
        if (options_.address_of && !options_.address_of(people[i]))
            return invalid("kernel.journal.anchor_no_address", "/people/" + std::to_string(i));
        if (std::ranges::find(fact.people, people[i]) == fact.people.end())
            fact.people.push_back(people[i]);
    }
    record(recorder, place(), fact);
    return {};
}

Result<> Anchors::receive(Recorder& recorder, std::string from, std::string text,
                          std::string signature, std::string pem) {
    if (from.empty() || from.size() > longest_from)
        return invalid("kernel.journal.anchor_malformed", "/from");
    TRY(check_anchor(text, signature, pem));
    for (const auto& known : pending_->received)
        if (known.text == text && known.signature == signature) return {};  // it is kept already
    if (pending_->received.size() >= most_kept)
        return fail(ErrorKind::conflict, "kernel.journal.anchor_too_many");
    record(recorder, place(),
           AnchorReceived{std::move(from), std::move(text), std::move(signature), std::move(pem)});
    return {};
}

}  // namespace noroshi::journal
