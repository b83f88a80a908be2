// A bundle is lines of JSON: a head, facts in sequence, the keys of people and the files that these
// facts name, and a last line with the SHA-256 of all lines before and a MAC of it under the
// installation's key, which both servers have. So it cannot be changed on the way by anybody who
// does not hold the whole port anyway.
//
// Importing: facts of the shared past are the same here, hash and all. Whatever comes after is
// appended here as a new fact, with its stream, kind, body, actor, event time, exercise and
// visibility; a FactsAdopted before it says which hash it had there. What was adopted there from
// here (or from a third server) is recognised by that, too.
//
// Numbers that count within one server would be given twice: 第2報 here and 第2報 there. The adopted
// ones get the next numbers here, and what refers to them is rewritten with them (decision 0014): the
// tables below say what counts where, and who refers to it.

#include "app/bundle.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include <boost/json.hpp>

#include "edge/cli/data_dir.h"
#include "kernel/crypto/hash.h"
#include "kernel/journal/bundle_facts.h"
#include "kernel/journal/record.h"
#include "kernel/json/json.h"
#include "kernel/store/files.h"
#include "prepare/council/council_facts.h"

namespace noroshi::app {

namespace bj = boost::json;
using journal::Fact;
using journal::FactsAdopted;

namespace {

constexpr std::string_view format = "noroshi bundle 1";
constexpr std::string_view person_key_kind = "person_key";
constexpr std::string_view mac_purpose = "noroshi bundle 1\n";
constexpr std::size_t most_in_command = 200;
constexpr std::size_t longest_line = 48 * 1024 * 1024;  // a file of 25 MiB in Base64

struct Head {
    std::string format;
    std::string installation;  // which key seals it: a digest of that key
    std::uint64_t after = 0;
    std::string previous;  // hash of fact `after`, zeros for 0
    std::uint64_t head = 0;
    std::string head_hash;
    Instant written_at;
};
BOOST_DESCRIBE_STRUCT(Head, (),
                      (format, installation, after, previous, head, head_hash, written_at))
struct FactLine {
    std::uint64_t sequence = 0;
    std::string stream;
    std::uint64_t stream_version = 0;
    std::string kind;
    std::uint32_t schema = 1;
    std::string body;
    std::string actor;
    std::int64_t event_time = 0;  // microseconds
    std::int64_t entry_time = 0;
    std::string exercise;
    std::string visibility;
    std::string hash;
};
BOOST_DESCRIBE_STRUCT(FactLine, (),
                      (sequence, stream, stream_version, kind, schema, body, actor, event_time,
                       entry_time, exercise, visibility, hash))
struct KeyLine {
    PersonId person;
    std::string sealed;  // as it lies in the secrets, base64url
};
BOOST_DESCRIBE_STRUCT(KeyLine, (), (person, sealed))
struct BlobLine {
    std::string sha256;
    std::string bytes;  // base64url
};
BOOST_DESCRIBE_STRUCT(BlobLine, (), (sha256, bytes))
struct Line {
    std::optional<Head> head;
    std::optional<FactLine> fact;
    std::optional<KeyLine> person_key;
    std::optional<BlobLine> blob;
    std::optional<std::string> sha256;
    std::optional<std::string> mac;
};
BOOST_DESCRIBE_STRUCT(Line, (), (head, fact, person_key, blob, sha256, mac))

std::string_view bytes_of(const Key& key) {
    return {reinterpret_cast<const char*>(key.data()), key.size()};
}
std::string installation_of(const Key& key) {
    return to_hex(sha256("noroshi installation\n" + std::string(bytes_of(key))));
}
std::string mac_of(const Key& key, const std::string& sha256_hex) {
    return to_hex(hmac_sha256(bytes_of(key), std::string(mac_purpose) + sha256_hex));
}

FactLine line_of(const Fact& fact) {
    return {fact.sequence,
            fact.stream,
            fact.stream_version,
            fact.kind,
            fact.schema,
            fact.body,
            fact.actor,
            fact.event_time.time_since_epoch().count(),
            fact.entry_time.time_since_epoch().count(),
            fact.exercise,
            fact.visibility,
            journal::hex_of(fact.hash)};
}
Result<Fact> fact_of(const FactLine& line, const journal::Hash& previous) {
    Fact fact;
    fact.sequence = line.sequence;
    fact.stream = line.stream;
    fact.stream_version = line.stream_version;
    fact.kind = line.kind;
    fact.schema = line.schema;
    fact.body = line.body;
    fact.actor = line.actor;
    fact.event_time = Instant{Span{line.event_time}};
    fact.entry_time = Instant{Span{line.entry_time}};
    fact.exercise = line.exercise;
    fact.visibility = line.visibility;
    fact.previous = previous;
    TRY_LET(fact.hash, journal::parse_hash(line.hash));
    return fact;
}

// Of whom sealed values stand in a body: {"of":"<person>","sealed":…}.
void find_people(const bj::value& value, std::set<std::string>& people) {
    if (const auto* object = value.if_object()) {
        const auto* of = object->if_contains("of");
        if (of != nullptr && of->is_string() && object->contains("sealed"))
            people.insert(std::string(of->get_string()));
        for (const auto& member : *object) find_people(member.value(), people);
    } else if (const auto* array = value.if_array()) {
        for (const auto& item : *array) find_people(item, people);
    }
}

// Words of 64 hex digits: what may name a blob.
void find_digests(std::string_view text, std::set<std::string>& digests) {
    std::size_t run = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        const char c = i < text.size() ? text[i] : '"';
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) {
            ++run;
            continue;
        }
        if (run == 64) digests.emplace(text.substr(i - 64, 64));
        run = 0;
    }
}

class Writing {
public:
    explicit Writing(const std::string& path) : out_(path, std::ios::binary) {}
    void line(const Line& line) { raw(json::to_text(line)); }
    void raw(std::string text) {
        text += '\n';
        hash_.add(text);
        out_ << text;
    }
    std::string digest() { return to_hex(hash_.finish()); }
    bool close() {
        out_.close();
        return static_cast<bool>(out_);
    }

private:
    std::ofstream out_;
    Sha256Stream hash_;
};

std::unexpected<Error> damaged(std::uint64_t line) {
    return fail(ErrorKind::corrupt, "edge.cli.bundle.damaged", {{"line", std::to_string(line)}});
}

}  // namespace

// ---- export --------------------------------------------------------------------------------

Result<BundleExported> export_bundle(Installation& installation, const BundleExport& request) {
    if (std::filesystem::exists(request.path))
        return fail(ErrorKind::conflict, "edge.cli.backup.exists", {{"path", request.path}});
    TRY_LET(auto reader, installation.store().reader());
    TRY(reader->hold());
    TRY_LET(const auto head, reader->head());
    BundleExported out;
    out.after = std::min(request.after, head.sequence);
    if (request.after == 0)
        if (auto restored = reader->setting("restored_at"); restored && *restored)
            out.after = std::min<std::uint64_t>(
                head.sequence, static_cast<std::uint64_t>(std::atoll((*restored)->c_str())));

    const auto& key = installation.journal().installation_key();
    Head written{std::string(format),       installation_of(key), out.after,
                 std::string(64, '0'),      head.sequence,        journal::hex_of(head.hash),
                 installation.clock().now()};
    if (out.after > 0)
        TRY(reader->facts(out.after, [&](const Fact& fact) {
            written.previous = journal::hex_of(fact.hash);
            return false;
        }));

    const std::string unfinished = request.path + ".unfinished";
    TRY(store::create_private(unfinished));
    Writing writing(unfinished);
    Line line;
    line.head = written;
    writing.line(line);
    std::set<std::string> people;
    std::set<std::string> digests;
    TRY(reader->facts(out.after + 1, [&](const Fact& fact) {
        Line one;
        one.fact = line_of(fact);
        writing.line(one);
        ++out.facts;
        if (fact.kind == FactsAdopted::kind) return true;
        find_digests(fact.body, digests);
        if (fact.body.contains("\"sealed\""))
            if (auto value = json::parse(fact.body)) find_people(*value, people);
        return true;
    }));
    TRY(reader->each_secret(person_key_kind, [&](const store::Secret& secret) {
        if (!people.contains(secret.id)) return true;
        Line one;
        one.person_key = KeyLine{PersonId{secret.id}, to_base64url(secret.bytes)};
        writing.line(one);
        return true;
    }));
    for (const auto& digest : digests) {
        TRY_LET(const auto bytes, reader->blob(digest));
        if (!bytes) continue;
        Line one;
        one.blob = BlobLine{digest, to_base64url(*bytes)};
        writing.line(one);
        ++out.blobs;
    }
    reader->release();
    out.sha256 = writing.digest();
    Line last;
    last.sha256 = out.sha256;
    last.mac = mac_of(key, out.sha256);
    writing.line(last);
    if (!writing.close())
        return fail(ErrorKind::unavailable, "edge.cli.no_access",
                    {{"path", unfinished}, {"reason", "write"}});
    TRY(store::sync_path(unfinished));
    TRY(store::rename_durably(unfinished, request.path));
    return out;
}

// ---- import --------------------------------------------------------------------------------

namespace {

struct Read {
    Head head;
    std::vector<FactLine> facts;
    std::vector<KeyLine> keys;
    std::vector<BlobLine> blobs;
    std::string sha256;
};

// All of it, checked, before anything is taken over.
Result<Read> read_bundle(const std::string& path, const Key& key) {
    if (!std::filesystem::is_regular_file(path))
        return fail(ErrorKind::not_found, "kernel.store.no_file", {{"path", path}});
    std::ifstream in(path, std::ios::binary);
    Read out;
    Sha256Stream hash;
    std::uint64_t number = 0;
    bool ended = false;
    journal::Hash previous{};
    for (std::string text; std::getline(in, text);) {
        ++number;
        if (ended || text.size() > longest_line) return damaged(number);
        auto line = json::from_text<Line>(text);
        if (number == 1) {
            if (!line || !line->head || line->head->format != format)
                return fail(ErrorKind::corrupt, "edge.cli.bundle.not_a_bundle", {{"path", path}});
            out.head = std::move(*line->head);
            if (out.head.installation != installation_of(key))
                return fail(ErrorKind::conflict, "edge.cli.bundle.another_installation");
            TRY_LET(previous, journal::parse_hash(out.head.previous));
        }
        if (!line) return damaged(number);
        if (line->sha256) {
            out.sha256 = to_hex(hash.finish());
            if (*line->sha256 != out.sha256 || !line->mac ||
                !equal_in_constant_time(*line->mac, mac_of(key, out.sha256)))
                return damaged(number);
            ended = true;
            continue;
        }
        hash.add(text);
        hash.add("\n");
        if (line->fact) {
            TRY_LET(const auto fact, fact_of(*line->fact, previous));
            if (fact.sequence != out.head.after + out.facts.size() + 1 ||
                journal::hash_of(fact) != fact.hash)
                return damaged(number);
            previous = fact.hash;
            out.facts.push_back(std::move(*line->fact));
        } else if (line->person_key) {
            out.keys.push_back(std::move(*line->person_key));
        } else if (line->blob) {
            out.blobs.push_back(std::move(*line->blob));
        }
    }
    if (!ended || out.head.after + out.facts.size() != out.head.head ||
        journal::hex_of(previous) != out.head.head_hash)
        return damaged(number);
    return out;
}

// What counts 1, 2, 3 …, and within what.
enum class Within { record, world, organisation, incident };
struct Counted {
    std::string_view kind;  // the fact that gives the number, in its field "number"
    std::string_view series;
    Within within;
};
constexpr Counted counted[] = {
    {"respond.incident.incident_opened", "incident", Within::world},
    {"respond.incident.entry_added", "entry", Within::record},
    {"respond.incident.hypothesis_proposed", "hypothesis", Within::record},
    {"respond.incident.evidence_taken", "evidence", Within::record},
    {"respond.incident.report_issued", "report", Within::record},
    {"respond.incident.observation_made", "observation", Within::world},
    {"respond.sweep.sweep_started", "sweep", Within::incident},
    {"respond.notices.inquiry_logged", "inquiry", Within::world},
    {"prepare.council.approval_asked", "approval", Within::organisation},
};
// Who names such a number of the same record, in which field. `about` names it as "report/2".
struct Referring {
    std::string_view kind;
    std::string_view field;
    std::string_view series;
};
constexpr Referring referring[] = {
    {"respond.incident.entry_added", "corrects", "entry"},
    {"respond.incident.entry_added", "confirms", "entry"},
    {"respond.incident.entry_added", "completes", "entry"},
    {"respond.incident.entry_added", "reopens", "entry"},
    {"respond.incident.milestone_set", "entry", "entry"},
    {"respond.incident.advice_received", "entry", "entry"},
    {"respond.incident.clock_met", "entry", "entry"},
    {"respond.incident.hypothesis_weighed", "entry", "entry"},
    {"respond.incident.hypothesis_weighed", "hypothesis", "hypothesis"},
    {"respond.incident.hypothesis_weighed", "evidence", "evidence"},
    {"respond.incident.hypothesis_judged", "hypothesis", "hypothesis"},
    {"respond.incident.cause_concluded", "hypothesis", "hypothesis"},
    {"respond.incident.evidence_handed_over", "number", "evidence"},
    {"respond.incident.evidence_sealed", "number", "evidence"},
    {"respond.incident.evidence_checked", "number", "evidence"},
    {"respond.incident.report_issued", "up_to", "entry"},
    {"respond.incident.report_sent", "report", "report"},
    {"respond.incident.letter_undelivered", "about", "report"},
};

const Counted* counted_in(std::string_view kind) {
    const auto found = std::ranges::find(counted, kind, &Counted::kind);
    return found == std::end(counted) ? nullptr : found;
}

// Where a number is the only one of its kind: the series, and what it counts within.
std::string scope_of(const Counted& what, const std::string& stream, const std::string& exercise,
                     const bj::value& body) {
    const auto text = [&](const char* name) {
        const auto* object = body.if_object();
        const auto* found = object ? object->if_contains(name) : nullptr;
        return found != nullptr && found->is_string() ? std::string(found->get_string())
                                                      : std::string{};
    };
    std::string within;
    switch (what.within) {
    case Within::record: within = stream; break;
    case Within::world: within = exercise; break;
    case Within::organisation: within = text("organisation"); break;
    case Within::incident: within = text("incident"); break;
    }
    return std::string(what.series) + "\n" + within;
}

// What is here: hashes, where they came from, and which numbers were given.
struct Here {
    std::unordered_set<std::string> hashes;     // own, and of adopted facts those they came with
    std::map<std::string, std::uint64_t> next;  // by scope
    std::unordered_map<std::string, std::uint64_t> number;  // by the hash it came with
    std::set<std::string> erased;
    std::vector<std::string> following;  // origins of the facts that come next
    std::size_t next_origin = 0;
};

std::uint64_t number_in(const bj::value& body, std::string_view name) {
    const auto* object = body.if_object();
    const auto* found =
        object ? object->if_contains(bj::string_view(name.data(), name.size())) : nullptr;
    return found != nullptr && found->is_number() ? found->to_number<std::uint64_t>() : 0;
}

void look(Here& here, const Fact& fact) {
    here.hashes.insert(journal::hex_of(fact.hash));
    if (fact.kind == FactsAdopted::kind) {
        FactsAdopted body;
        if (!json::read_fact(fact.body, body, nullptr)) return;
        here.hashes.insert(body.origins.begin(), body.origins.end());
        here.following = std::move(body.origins);
        here.next_origin = 0;
        return;
    }
    std::string origin;
    if (here.next_origin < here.following.size()) origin = here.following[here.next_origin++];
    if (const auto* what = counted_in(fact.kind)) {
        auto body = json::parse(fact.body);
        if (!body) return;
        auto& next = here.next[scope_of(*what, fact.stream, fact.exercise, *body)];
        next = std::max(next, number_in(*body, "number") + 1);
        here.number[origin.empty() ? journal::hex_of(fact.hash) : origin] =
            number_in(*body, "number");
    } else if (fact.kind == prepare::council::PersonErased::kind) {
        if (auto body = json::parse(fact.body); body && body->is_object())
            if (const auto* person = body->get_object().if_contains("person");
                person != nullptr && person->is_string())
                here.erased.insert(std::string(person->get_string()));
    }
}

// Gives numbers that are free here.
class Renumbering {
public:
    explicit Renumbering(Here& here) : here_(here) {}
    std::uint64_t changed() const { return changed_; }

    // Here already, perhaps under another number: what comes now may refer to it.
    void remember(const FactLine& fact, const std::string& origin) {
        const auto* what = counted_in(fact.kind);
        if (what == nullptr) return;
        const auto found = here_.number.find(origin);
        const auto body = json::parse(fact.body);
        if (found != here_.number.end() && body)
            given_[key_of(what->series, fact, number_in(*body, "number"))] = found->second;
    }

    std::string body_of(const FactLine& fact) {
        const auto* what = counted_in(fact.kind);
        const bool refers = std::ranges::find(referring, std::string_view(fact.kind),
                                              &Referring::kind) != std::end(referring);
        if (what == nullptr && !refers) return fact.body;
        auto body = json::parse(fact.body);
        if (!body || !body->is_object()) return fact.body;
        auto& object = body->get_object();
        bool touched = false;
        // References first: a report's number is its own, its `up_to` an entry's.
        for (const auto& one : referring)
            if (one.kind == fact.kind) touched = refer(object, one, fact) || touched;
        if (what != nullptr) {
            const auto there = number_in(*body, "number");
            auto& next = here_.next[scope_of(*what, fact.stream, fact.exercise, *body)];
            const auto number = std::max<std::uint64_t>(next, 1);
            if (number != there) {
                object["number"] = number;
                ++changed_;
                touched = true;
            }
            next = number + 1;
            given_[key_of(what->series, fact, there)] = number;
        }
        return touched ? bj::serialize(*body) : fact.body;
    }

private:
    // Series, record, number there.
    using Given = std::tuple<std::string, std::string, std::uint64_t>;
    static Given key_of(std::string_view series, const FactLine& fact, std::uint64_t number) {
        return {std::string(series), fact.stream, number};
    }
    bool refer(bj::object& object, const Referring& one, const FactLine& fact) {
        auto* field = object.if_contains(bj::string_view(one.field.data(), one.field.size()));
        if (field == nullptr) return false;
        if (field->is_string()) {
            const std::string prefix = std::string(one.series) + "/";
            const std::string text(field->get_string());
            if (!text.starts_with(prefix)) return false;
            const auto found = given_.find(
                key_of(one.series, fact,
                       static_cast<std::uint64_t>(std::atoll(text.c_str() + prefix.size()))));
            if (found == given_.end()) return false;
            *field = prefix + std::to_string(found->second);
            return true;
        }
        if (!field->is_number()) return false;
        const auto found = given_.find(key_of(one.series, fact, field->to_number<std::uint64_t>()));
        if (found == given_.end() || found->second == field->to_number<std::uint64_t>())
            return false;
        *field = found->second;
        return true;
    }

    Here& here_;
    std::map<Given, std::uint64_t> given_;
    std::uint64_t changed_ = 0;
};

Result<> adopt_keys(Installation& installation, const Read& bundle, const Here& here,
                    BundleImported& out) {
    auto& journal = installation.journal();
    journal::Command command;
    command.actor = "system";
    command.decide = [&](journal::Recorder& recorder) -> Result<journal::Answer> {
        for (const auto& line : bundle.keys) {
            if (here.erased.contains(line.person.text)) {
                ++out.erased;
                continue;
            }
            if (journal.keyring().has(line.person)) continue;
            const auto sealed = from_base64url(line.sealed);
            const auto plain =
                sealed ? open_with(journal.installation_key(), *sealed,
                                   std::string(person_key_kind) + "\n" + line.person.text)
                       : std::nullopt;
            if (!plain || plain->size() != sizeof(Key)) continue;
            recorder.put_secret(std::string(person_key_kind), line.person.text, *plain);
            Key key{};
            std::ranges::copy(*plain, key.begin());
            journal.keyring().add(line.person, key);
        }
        for (const auto& line : bundle.blobs) {
            auto bytes = from_base64url(line.bytes);
            if (!bytes || to_hex(sha256(*bytes)) != line.sha256)
                return fail(ErrorKind::corrupt, "edge.cli.bundle.damaged", {{"line", line.sha256}});
            recorder.store_blob(std::move(*bytes));
        }
        return journal::Answer{};
    };
    TRY(installation.perform(std::move(command)));
    return {};
}

}  // namespace

Result<BundleImported> import_bundle(Installation& installation, const BundleImport& request) {
    const auto& key = installation.journal().installation_key();
    TRY_LET(const auto bundle, read_bundle(request.path, key));
    Here here;
    bool shared = bundle.head.after == 0;
    TRY_LET(auto reader, installation.store().reader());
    TRY(reader->facts(1, [&](const Fact& fact) {
        if (fact.sequence == bundle.head.after)
            shared = journal::hex_of(fact.hash) == bundle.head.previous;
        look(here, fact);
        return true;
    }));
    // A bundle that begins with the first fact shares a past when that first fact is the same.
    if (bundle.head.after == 0 && !bundle.facts.empty() && !here.hashes.empty())
        shared = here.hashes.contains(bundle.facts.front().hash);
    if (!shared) return fail(ErrorKind::conflict, "edge.cli.bundle.no_common_past");

    BundleImported out;
    out.facts = bundle.facts.size();
    // What they adopted has, after the FactsAdopted, the hashes of where it was first written.
    std::vector<const FactLine*> fresh;
    std::vector<std::string> origins;
    std::vector<std::string> following;
    std::size_t next_origin = 0;
    Renumbering renumbering(here);
    for (const auto& fact : bundle.facts) {
        if (fact.kind == FactsAdopted::kind) {
            FactsAdopted body;
            TRY(json::read_fact(fact.body, body, nullptr));
            following = std::move(body.origins);
            next_origin = 0;
            ++out.known;
            continue;
        }
        const auto origin = next_origin < following.size() ? following[next_origin++] : fact.hash;
        if (here.hashes.contains(origin) || here.hashes.contains(fact.hash)) {
            ++out.known;
            renumbering.remember(fact, origin);
            continue;
        }
        fresh.push_back(&fact);
        origins.push_back(origin);
    }
    for (const auto& line : bundle.blobs) {
        TRY_LET(const auto known, reader->blob(line.sha256));
        if (!known) ++out.blobs;
    }
    if (fresh.empty()) return out;
    TRY(adopt_keys(installation, bundle, here, out));

    for (std::size_t from = 0; from < fresh.size();) {
        std::size_t to = from;
        while (to < fresh.size() && to - from < most_in_command &&
               fresh[to]->actor == fresh[from]->actor)
            ++to;
        journal::Command command;
        command.actor = fresh[from]->actor;
        command.decide = [&](journal::Recorder& recorder) -> Result<journal::Answer> {
            FactsAdopted adopted{bundle.sha256, {}, {}};
            for (std::size_t i = from; i < to; ++i) {
                adopted.origins.push_back(origins[i]);
                adopted.entered_at.push_back(Instant{Span{fresh[i]->entry_time}});
            }
            journal::record(recorder,
                            {"kernel/journal/bundles", Visibility{Tlp::red, {}, {}}, {}, {}, {}},
                            adopted);
            for (std::size_t i = from; i < to; ++i) {
                const auto& fact = *fresh[i];
                TRY_LET(auto visibility, journal::decode_visibility(fact.visibility));
                const journal::Place place{fact.stream,
                                           std::move(visibility),
                                           journal::World{ExerciseId{fact.exercise}},
                                           Instant{Span{fact.event_time}},
                                           {}};
                recorder.record_encoded(place, fact.kind, fact.schema, renumbering.body_of(fact));
                if (fact.kind == prepare::council::PersonErased::kind)
                    if (auto body = json::from_text<prepare::council::PersonErased>(fact.body))
                        recorder.erase_person_key(body->person);
            }
            return journal::Answer{};
        };
        TRY(installation.perform(std::move(command)));
        out.adopted += to - from;
        from = to;
    }
    out.renumbered = renumbering.changed();
    return out;
}

}  // namespace noroshi::app
