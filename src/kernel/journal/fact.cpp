#include "kernel/journal/fact.h"

#include <charconv>

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
    out += '}';
    return out;
}

namespace {
struct EncodedVisibility {
    Tlp tlp = Tlp::red;
    std::vector<OrganisationId> organisations;
    std::vector<PersonId> people;
};
BOOST_DESCRIBE_STRUCT(EncodedVisibility, (), (tlp, organisations, people))

void add_field(std::string& out, std::string_view bytes) {
    char length[24];
    auto end = std::to_chars(length, length + sizeof length, bytes.size()).ptr;
    out.append(length, end);
    out += ':';
    out += bytes;
    out += '\n';
}
void add_number(std::string& out, std::uint64_t number) {
    char digits[24];
    auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    add_field(out, std::string_view(digits, end));
}
void add_time(std::string& out, Instant at) {
    char digits[24];
    auto end = std::to_chars(digits, digits + sizeof digits, at.time_since_epoch().count()).ptr;
    add_field(out, std::string_view(digits, end));
}

void append_canonical(std::string& out, const Fact& fact) {
    out += "noroshi fact 1\n";
    add_number(out, fact.sequence);
    add_field(out, fact.stream);
    add_number(out, fact.stream_version);
    add_field(out, fact.kind);
    add_number(out, fact.schema);
    add_field(out, fact.body);
    add_field(out, fact.actor);
    add_time(out, fact.event_time);
    add_time(out, fact.entry_time);
    add_field(out, fact.exercise);
    add_field(out, fact.visibility);
    char hex[64];
    constexpr char digits[] = "0123456789abcdef";
    for (std::size_t i = 0; i < 32; ++i) {
        hex[2 * i] = digits[fact.previous[i] >> 4];
        hex[2 * i + 1] = digits[fact.previous[i] & 15];
    }
    add_field(out, std::string_view(hex, 64));
}
}  // namespace

Result<Visibility> decode_visibility(std::string_view text) {
    auto read = json::from_text<EncodedVisibility>(text);
    if (!read) {
        auto error = std::move(read).error();
        error.kind = ErrorKind::corrupt;
        return std::unexpected(std::move(error));
    }
    return Visibility{read->tlp, std::move(read->organisations), std::move(read->people)};
}

std::string canonical_bytes(const Fact& fact) {
    std::string out;
    out.reserve(256 + fact.body.size() + fact.visibility.size());
    append_canonical(out, fact);
    return out;
}

Hash hash_of(const Fact& fact) {
    thread_local std::string bytes;
    thread_local Sha256Stream stream;
    bytes.clear();
    append_canonical(bytes, fact);
    stream.add(bytes);
    return stream.finish();
}

}  // namespace noroshi::journal
