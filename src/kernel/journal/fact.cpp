#include "kernel/journal/fact.h"

#include <charconv>
#include <concepts>
#include <cstring>

#include "kernel/crypto/hash.h"
#include "kernel/json/json.h"

namespace noroshi::journal {

std::string hex_of(const Hash& hash) { return to_hex(hash); }

Result<Hash> parse_hash(std::string_view hex) {
    auto bytes = from_hex(hex);
    if (!bytes || bytes->size() != 32)
        return fail(ErrorKind::corrupt, "kernel.journal.bad_hash", {{"text", std::string(hex)}});
    Hash hash;
    for (std::size_t i = 0; i < hash.size(); ++i) hash[i] = static_cast<std::uint8_t>((*bytes)[i]);
    return hash;
}

// {"tlp":"TLP:AMBER","organisations":["…"],"people":["…"]}, empty lists left out. Canonical because
// the lists are sorted and unique, so equal visibilities have equal bytes.
std::string encode_visibility(const Visibility& visibility) {
    std::string out = "{\"tlp\":";
    json::write_string(out, label_of(visibility.tlp));
    if (!visibility.organisations.empty()) {
        out += ",\"organisations\":";
        json::write(out, visibility.organisations);
    }
    if (!visibility.people.empty()) {
        out += ",\"people\":";
        json::write(out, visibility.people);
    }
    if (visibility.investigators) out += ",\"investigators\":true";
    out += '}';
    return out;
}

namespace {
struct EncodedVisibility {
    Tlp tlp = Tlp::red;
    std::vector<OrganisationId> organisations;
    std::vector<PersonId> people;
    std::optional<bool> investigators;
};
BOOST_DESCRIBE_STRUCT(EncodedVisibility, (), (tlp, organisations, people, investigators))

// Writes into room that was measured before: a start hashes every fact there is.
class CanonicalWriter {
public:
    explicit CanonicalWriter(char* into) : at_(into) {}
    void text(std::string_view bytes) {
        std::memcpy(at_, bytes.data(), bytes.size());
        at_ += bytes.size();
    }
    void field(std::string_view bytes) {
        at_ = std::to_chars(at_, at_ + number_room, bytes.size()).ptr;
        *at_++ = ':';
        text(bytes);
        *at_++ = '\n';
    }
    template <std::integral Number>
    void number(Number value) {
        char digits[number_room];
        field(std::string_view(digits, std::to_chars(digits, digits + number_room, value).ptr));
    }
    void time(Instant at) { number(at.time_since_epoch().count()); }
    char* end() const { return at_; }

    // Of a number or a length, its sign and its separators.
    static constexpr std::size_t number_room = 24;

private:
    char* at_;
};

constexpr std::string_view first_line = "noroshi fact 1\n";

std::size_t most_canonical_bytes(const Fact& fact) {
    constexpr std::size_t fields = 12;
    constexpr std::size_t numbers = 5;
    constexpr std::size_t hash_in_hex = 64;
    return first_line.size() + 2 * CanonicalWriter::number_room * (fields + numbers) + hash_in_hex +
           fact.stream.size() + fact.kind.size() + fact.body.size() + fact.actor.size() +
           fact.exercise.size() + fact.visibility.size();
}

void write_canonical(std::string& out, const Fact& fact) {
    out.resize_and_overwrite(most_canonical_bytes(fact), [&](char* into, std::size_t) {
        CanonicalWriter writer(into);
        writer.text(first_line);
        writer.number(fact.sequence);
        writer.field(fact.stream);
        writer.number(fact.stream_version);
        writer.field(fact.kind);
        writer.number(fact.schema);
        writer.field(fact.body);
        writer.field(fact.actor);
        writer.time(fact.event_time);
        writer.time(fact.entry_time);
        writer.field(fact.exercise);
        writer.field(fact.visibility);
        char hex[64];
        constexpr char digits[] = "0123456789abcdef";
        for (std::size_t i = 0; i < 32; ++i) {
            hex[2 * i] = digits[fact.previous[i] >> 4];
            hex[2 * i + 1] = digits[fact.previous[i] & 15];
        }
        writer.field(std::string_view(hex, 64));
        return static_cast<std::size_t>(writer.end() - into);
    });
}
}  // namespace

Result<Visibility> decode_visibility(std::string_view text) {
    auto read = json::from_text<EncodedVisibility>(text);
    if (!read) {
        auto error = std::move(read).error();
        error.kind = ErrorKind::corrupt;
        return std::unexpected(std::move(error));
    }
    return Visibility{read->tlp, std::move(read->organisations), std::move(read->people),
                      read->investigators.value_or(false)};
}

std::string canonical_bytes(const Fact& fact) {
    std::string out;
    write_canonical(out, fact);
    return out;
}

Hash hash_of(const Fact& fact) {
    thread_local std::string bytes;
    thread_local Sha256Stream stream;
    write_canonical(bytes, fact);
    stream.add(bytes);
    return stream.finish();
}

}  // namespace noroshi::journal
