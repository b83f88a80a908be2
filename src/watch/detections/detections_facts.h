#pragma once
// What the detections room writes. What was read out of a member's lines (hosts, addresses, names)
// is sealed under a key of that member's sharing: withdrawing the agreement deletes the key, and
// with it what the journal still held of the lines. The lines themselves are only referred to.
//
// Streams: watch/detections/sources/<source>, watch/detections/cases/<case>,
// watch/detections/suppressions/<suppression>, watch/detections/members/<organisation>.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "kernel/crypto/keyring.h"
#include "kernel/identity/id.h"
#include "kernel/journal/retention.h"
#include "kernel/time/time.h"
#include "watch/logs/logs_facts.h"

namespace noroshi::watch::detections {

using logs::SourceId;
using CaseId = Id<struct DetectionCaseTag>;
using SuppressionId = Id<struct SuppressionTag>;

enum class DetectionKind { sigma, correlation, indicator, behaviour };
BOOST_DESCRIBE_ENUM(DetectionKind, sigma, correlation, indicator, behaviour)

enum class Level { informational, low, medium, high, critical };
BOOST_DESCRIBE_ENUM(Level, informational, low, medium, high, critical)

// What the people concerned made of it.
enum class Verdict { open, harmless, confirmed };
BOOST_DESCRIBE_ENUM(Verdict, open, harmless, confirmed)

// Up to here the lines of a source have been looked through; in the same commit as what was found
// in them, so a restart neither loses nor doubles a detection.
struct LinesExamined {
    static constexpr std::string_view kind = "watch.detections.lines_examined";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    SourceId source;
    OrganisationId member;
    std::uint64_t until_line = 0;  // the first that has not been looked at
    std::uint64_t parsed = 0;
    std::map<std::string, std::uint64_t> unparsed;  // by reason
    std::uint64_t suppressed = 0;                   // detections that nobody is told of
    std::string rules;                              // digest of rules and indicators, hex
};
BOOST_DESCRIBE_STRUCT(LinesExamined, (),
                      (source, member, until_line, parsed, unparsed, suppressed, rules))

// The archive was searched once more, because there were new indicators.
struct LookedBack {
    static constexpr std::string_view kind = "watch.detections.looked_back";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    SourceId source;
    OrganisationId member;
    std::string indicators;  // digest, hex
    std::uint64_t until_line = 0;
};
BOOST_DESCRIBE_STRUCT(LookedBack, (), (source, member, indicators, until_line))

struct LineAt {
    SourceId source;
    std::uint64_t line = 0;  // from 0, as in the archive
};
BOOST_DESCRIBE_STRUCT(LineAt, (), (source, line))

struct SeenField {
    std::string name;
    Personal value;
};
BOOST_DESCRIBE_STRUCT(SeenField, (), (name, value))

// What the rule says of itself, so that the explanation outlives the rule.
struct About {
    std::string description;
    std::string description_ja;
    std::vector<std::string> false_positives;
    std::vector<std::string> false_positives_ja;
    std::vector<std::string> tactics;  // "lateral_movement" (MITRE ATT&CK), as the rule is tagged
    std::vector<std::string> techniques;  // "t1110.003"
};
BOOST_DESCRIBE_STRUCT(About, (),
                      (description, description_ja, false_positives, false_positives_ja, tactics,
                       techniques))

// Matches of one rule about one entity in one stretch of lines.
struct Detected {
    static constexpr std::string_view kind = "watch.detections.detected";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    CaseId of_case;  // a new one opens a case
    OrganisationId member;
    DetectionKind detection_kind = DetectionKind::sigma;
    std::string rule;  // id, else name or title; of an indicator its type, of a behaviour its name
    std::string title;
    std::string title_ja;  // empty if the rule has none
    Level level = Level::medium;
    std::string family;         // what is grouped: technique, indicator, behaviour
    Personal entity;            // whom it is about: host, account, indicator
    std::vector<LineAt> lines;  // the first twenty
    std::uint64_t count = 0;
    std::optional<Instant> first_at;  // event times
    std::optional<Instant> last_at;
    std::vector<SeenField> seen;  // of the first match
    std::optional<About> about;   // when the rule is new in its case
    bool looked_back = false;     // found in old lines by a new indicator
};
BOOST_DESCRIBE_STRUCT(Detected, (),
                      (of_case, member, detection_kind, rule, title, title_ja, level, family,
                       entity, lines, count, first_at, last_at, seen, about, looked_back))

// The affected member is told at once, and asked to say that it was read.
struct CaseTold {
    static constexpr std::string_view kind = "watch.detections.case_told";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    CaseId of_case;
    std::vector<PersonId> people;
    Instant answer_by;
};
BOOST_DESCRIBE_STRUCT(CaseTold, (), (of_case, people, answer_by))

enum class SeenBy { link, signed_in };
BOOST_DESCRIBE_ENUM(SeenBy, link, signed_in)

struct CaseSeen {
    static constexpr std::string_view kind = "watch.detections.case_seen";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    CaseId of_case;
    PersonId person;
    SeenBy by = SeenBy::signed_in;
};
BOOST_DESCRIBE_STRUCT(CaseSeen, (), (of_case, person, by))

// The deadline passed and nobody had read it: told to those the agreement names, and to the member's
// other people.
struct SilenceTold {
    static constexpr std::string_view kind = "watch.detections.silence_told";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    CaseId of_case;
    std::vector<PersonId> people;
};
BOOST_DESCRIBE_STRUCT(SilenceTold, (), (of_case, people))

struct CaseTriaged {
    static constexpr std::string_view kind = "watch.detections.case_triaged";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    CaseId of_case;
    Verdict verdict = Verdict::open;
    Personal reason;  // sealed like what it speaks of
};
BOOST_DESCRIBE_STRUCT(CaseTriaged, (), (of_case, verdict, reason))

// One rule at one member, about everything or one entity, until then. Its owner is who made it.
struct Suppressed {
    static constexpr std::string_view kind = "watch.detections.suppressed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    SuppressionId suppression;
    OrganisationId member;
    std::string rule;
    std::string title;
    std::optional<Personal> entity;
    Instant until;
    std::string reason;
    PersonId owner;
};
BOOST_DESCRIBE_STRUCT(Suppressed, (),
                      (suppression, member, rule, title, entity, until, reason, owner))

struct SuppressionEnded {
    static constexpr std::string_view kind = "watch.detections.suppression_ended";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    SuppressionId suppression;
};
BOOST_DESCRIBE_STRUCT(SuppressionEnded, (), (suppression))

// After a withdrawal: the key is gone, and with it whatever had been read out of the member's lines.
struct MemberForgotten {
    static constexpr std::string_view kind = "watch.detections.member_forgotten";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    OrganisationId member;
};
BOOST_DESCRIBE_STRUCT(MemberForgotten, (), (member))

// Whose key seals what was read out of a member's lines.
inline PersonId sharing_of(const OrganisationId& member) {
    return PersonId{"sharing-" + member.text};
}

}  // namespace noroshi::watch::detections
