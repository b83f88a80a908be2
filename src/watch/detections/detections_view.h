#pragma once
// Cases as they are answered: only to the member concerned and those whom its agreement lets look; to
// others there is neither a case nor a number. Each explains itself: what was seen, why it matters,
// what to check, what would make it harmless – in the rule's own words and those of its kind.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/i18n/i18n.h"
#include "watch/detections/detections.h"

namespace noroshi::watch::detections {

struct FieldItem {
    std::string name;
    std::string value;
};
BOOST_DESCRIBE_STRUCT(FieldItem, (), (name, value))

struct RuleItem {
    std::string rule;
    std::string title;
    DetectionKind kind = DetectionKind::sigma;
    Level level = Level::medium;
    std::uint64_t count = 0;
    std::string description;      // the rule's own words, in the reader's language if it has them
    std::vector<FieldItem> seen;  // of the first match
    std::vector<std::string> techniques;
    bool quiet = false;  // called harmless so often here that its level is not told of
};
BOOST_DESCRIBE_STRUCT(RuleItem, (),
                      (rule, title, kind, level, count, description, seen, techniques, quiet))

struct Explanation {
    std::vector<std::string> seen;
    std::vector<std::string> why;
    std::vector<std::string> check;
    std::vector<std::string> harmless;
};
BOOST_DESCRIBE_STRUCT(Explanation, (), (seen, why, check, harmless))

struct TellingItem {
    Instant told_at;
    Instant answer_by;
    std::uint64_t people = 0;
    std::optional<Instant> read_at;
    std::string read_by;
    bool silence_told = false;
};
BOOST_DESCRIBE_STRUCT(TellingItem, (), (told_at, answer_by, people, read_at, read_by, silence_told))

struct CaseItem {
    CaseId id;
    OrganisationId member;
    std::string member_name;
    std::string title;
    std::string entity;
    Level level = Level::medium;
    Verdict verdict = Verdict::open;
    std::string reason;
    std::string triaged_by;
    std::optional<Instant> triaged_at;
    std::uint64_t count = 0;
    std::optional<Instant> first_at;
    std::optional<Instant> last_at;
    Instant opened_at;
    Instant last_found_at;
    bool looked_back = false;
    bool forgotten = false;
    bool mine = false;  // the reader speaks for the member
    std::optional<TellingItem> telling;
    std::vector<RuleItem> rules;
    std::optional<Explanation> explanation;  // of one case, not in lists
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(CaseItem, (),
                      (id, member, member_name, title, entity, level, verdict, reason, triaged_by,
                       triaged_at, count, first_at, last_at, opened_at, last_found_at, looked_back,
                       forgotten, mine, telling, rules, explanation, version))
struct CaseList {
    std::vector<CaseItem> items;  // open ones first, the worst on top; then the latest
    std::uint64_t open = 0;
    std::uint64_t harmless = 0;
    std::uint64_t confirmed = 0;
    bool more = false;
};
BOOST_DESCRIBE_STRUCT(CaseList, (), (items, open, harmless, confirmed, more))

struct LineItem {
    SourceId source;
    std::string source_name;
    std::uint64_t number = 0;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(LineItem, (), (source, source_name, number, text))
struct LineItems {
    std::vector<LineItem> items;
    std::uint64_t gone = 0;  // expired by the agreement's period, or not to be read
};
BOOST_DESCRIBE_STRUCT(LineItems, (), (items, gone))

struct SuppressionItem {
    SuppressionId id;
    OrganisationId member;
    std::string member_name;
    std::string rule;
    std::string title;
    std::optional<std::string> entity;  // absent: whatever it is about
    Instant since;
    Instant until;
    std::string reason;
    std::string owner;
    bool active = false;
};
BOOST_DESCRIBE_STRUCT(SuppressionItem, (),
                      (id, member, member_name, rule, title, entity, since, until, reason, owner,
                       active))
struct SuppressionList {
    std::vector<SuppressionItem> items;  // active ones first, then the latest
};
BOOST_DESCRIBE_STRUCT(SuppressionList, (), (items))

struct ReasonCount {
    std::string reason;  // as people read it
    std::uint64_t lines = 0;
};
BOOST_DESCRIBE_STRUCT(ReasonCount, (), (reason, lines))
struct ProgressItem {
    SourceId source;
    std::string source_name;
    std::string member_name;
    std::uint64_t received = 0;  // number of the line expected next
    std::uint64_t examined = 0;
    std::uint64_t parsed = 0;
    std::vector<ReasonCount> unparsed;  // the most first
    std::uint64_t suppressed = 0;
    std::optional<Instant> examined_at;
};
BOOST_DESCRIBE_STRUCT(ProgressItem, (),
                      (source, source_name, member_name, received, examined, parsed, unparsed,
                       suppressed, examined_at))
struct ProgressList {
    std::vector<ProgressItem> items;  // by member and name
};
BOOST_DESCRIBE_STRUCT(ProgressList, (), (items))

struct Asking {
    const State& state;
    const logs::State& logs;
    const council::State& council;
    const Principal& reader;
    Language language = Language::ja;
    Instant now;
};
CaseList list_cases(const Asking& asking, std::optional<Verdict> verdict, std::size_t most);
// Errors: not_found watch.detections.unknown_case, also if it may not be seen.
Result<CaseItem> one_case(const Asking& asking, const CaseId& id);
SuppressionList list_suppressions(const Asking& asking);
ProgressList list_progress(const Asking& asking);

// What a rule is called in this language.
std::string title_of(const RuleInCase& rule, Language language);
Explanation explain(const Case& one, Language language);

}  // namespace noroshi::watch::detections
