#pragma once
// リスク兆候の検知. What the engine finds in members' lines becomes detections, grouped so that a day
// gives a handful of cases: the same family of rules about the same entity within a day. The
// affected member is told at once and asked to say that it was read; who stays silent is told on
// to those whom the agreement names. People decide whether a case is harmless, and what they decide
// tunes what they are told next.
//
// Only the member and those whom its agreement lets look (watch/logs) learn anything at all, numbers
// included. State serves as the pending and as the published side; decisions are pure. The engine
// itself runs in app/watching.h, which hands over Examinations.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/identity/principal.h"
#include "kernel/journal/journal.h"
#include "kernel/result.h"
#include "prepare/contacts/contacts.h"
#include "prepare/council/council.h"
#include "watch/detections/detections_facts.h"
#include "watch/logs/logs.h"

namespace noroshi::watch::detections {

namespace council = prepare::council;
namespace contacts = prepare::contacts;

// A case takes up what comes within this time after its last detection.
inline constexpr auto grouping_window = std::chrono::hours{24};
inline constexpr std::size_t lines_of_a_detection = 20;
inline constexpr std::size_t lines_of_a_case = 60;
inline constexpr auto longest_suppression = std::chrono::days{90};
// So many verdicts "harmless" in a row raise by one the level from which a rule is told of.
inline constexpr int harmless_for_a_step = 3;

// What the engine found, before it is known to which case it belongs and whether anybody wants it.
struct Finding {
    DetectionKind kind = DetectionKind::sigma;
    std::string rule;
    std::string title;
    std::string title_ja;
    Level level = Level::medium;
    std::string family;
    std::string entity;
    std::vector<LineAt> lines;
    std::uint64_t count = 0;
    std::optional<Instant> first_at;
    std::optional<Instant> last_at;
    std::vector<std::pair<std::string, std::string>> seen;
    About about;
};

// Lines of one source that have been looked through.
struct Examination {
    SourceId source;
    std::uint64_t from_line = 0;   // must be where the last one ended
    std::uint64_t until_line = 0;  // the same: nothing but findings (of behaviour)
    std::uint64_t parsed = 0;
    std::map<std::string, std::uint64_t> unparsed;
    std::string rules;
    std::vector<Finding> findings;
};

struct LookBack {
    SourceId source;
    std::string indicators;
    std::uint64_t until_line = 0;
    std::vector<Finding> findings;
};

struct RuleInCase {
    std::string rule;
    std::string title;
    std::string title_ja;
    DetectionKind kind = DetectionKind::sigma;
    Level level = Level::medium;
    std::uint64_t count = 0;
    About about;
    std::vector<std::pair<std::string, std::string>> seen;
};

struct Case {
    CaseId id;
    OrganisationId member;
    std::string family;
    std::string entity;
    bool forgotten = false;  // the member withdrew: what was read out of its lines is gone
    Level level = Level::informational;
    std::vector<RuleInCase> rules;  // in the order in which they joined
    std::vector<LineAt> lines;      // the first sixty
    std::uint64_t count = 0;
    std::optional<Instant> first_at;
    std::optional<Instant> last_at;
    Instant opened_at;
    Instant last_found_at;
    bool looked_back = false;
    std::optional<CaseTold> told;
    Instant told_at;
    std::optional<CaseSeen> read;
    Instant read_at;
    bool silence_told = false;
    Verdict verdict = Verdict::open;
    std::string reason;
    PersonId triaged_by;
    Instant triaged_at;
    Level triaged_level = Level::informational;
    std::uint64_t version = 0;

    // When it will have been silent for too long; nothing if it was read, judged, or said already.
    std::optional<Instant> silence_due() const;
};

struct Suppression {
    Suppressed made;
    std::string entity;  // empty: all
    Instant since;
    bool ended = false;
    std::uint64_t hits = 0;

    bool holds(const OrganisationId& member, std::string_view rule, std::string_view entity,
               Instant now) const;
};

struct Progress {
    OrganisationId member;
    std::uint64_t until_line = 0;
    std::uint64_t parsed = 0;
    std::map<std::string, std::uint64_t> unparsed;
    std::uint64_t suppressed = 0;
    std::string rules;
    Instant examined_at;
    std::string looked_back;  // digest of the indicators of the last look-back
};

class State {
public:
    void attach(journal::Listeners& side);

    const Case* find(const CaseId& id) const;
    const Suppression* find(const SuppressionId& id) const;
    const std::map<CaseId, Case>& cases() const { return cases_; }
    const std::map<SuppressionId, Suppression>& suppressions() const { return suppressions_; }
    const std::map<SourceId, Progress>& progress() const { return progress_; }
    std::uint64_t position(const SourceId& source) const;
    // The case that a finding joins now, if any.
    const Case* joins(const OrganisationId& member, const std::string& family,
                      const std::string& entity, Instant now) const;
    bool knows(const OrganisationId& member, const std::string& family,
               const std::string& entity) const;
    // Verdicts "harmless" about this rule in a row, up to now.
    int harmless_in_a_row(const OrganisationId& member, const std::string& rule) const;
    // The level from which the member wants to be told of this rule.
    Level told_from(const OrganisationId& member, const std::string& rule) const;
    const std::set<OrganisationId>& to_forget() const { return to_forget_; }
    const std::set<CaseId>& unanswered() const { return unanswered_; }

private:
    using Group = std::tuple<OrganisationId, std::string, std::string>;
    void take(const Detected& detected, const journal::Envelope& at);
    void forget(const OrganisationId& member);

    std::map<CaseId, Case> cases_;
    std::map<Group, CaseId> latest_;
    std::map<SuppressionId, Suppression> suppressions_;
    std::map<SourceId, Progress> progress_;
    std::map<std::pair<OrganisationId, std::string>, int> harmless_;
    std::set<OrganisationId> to_forget_;
    std::set<CaseId> unanswered_;
};

// ---- requests and decisions ----------------------------------------------------------------

struct TriageDraft {
    Verdict verdict = Verdict::open;
    std::optional<std::string> reason;  // needed for harmless
};
BOOST_DESCRIBE_STRUCT(TriageDraft, (), (verdict, reason))

struct SuppressionDraft {
    static constexpr std::array<std::string_view, 1> defaulted{"whole_rule"};
    CaseId of_case;
    std::string rule;         // one of the case's
    bool whole_rule = false;  // not only about this entity
    Instant until;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(SuppressionDraft, (), (of_case, rule, whole_rule, until, reason))

std::vector<Role> roles_that_triage();

// What an examination comes to: facts, in this order. Errors: not_found watch.logs.unknown_source;
// conflict watch.logs.no_agreement, watch.detections.examined_already {position}.
struct Outcome {
    std::optional<LinesExamined> examined;
    std::optional<LookedBack> looked_back;
    std::vector<Detected> detections;
    std::vector<CaseId> to_tell;
};
Result<Outcome> examine(const State& state, const logs::State& logs, const Examination& done,
                        Instant now, Random& random);
Result<Outcome> look_back(const State& state, const logs::State& logs, const LookBack& done,
                          Instant now, Random& random);
// Errors: invalid watch.detections.reason_needed, kernel.i18n.*.
Result<CaseTriaged> triage(const Case& of, const TriageDraft& draft);
// Errors: invalid watch.detections.{unknown_rule, until_past, until_too_late}, kernel.i18n.*.
Result<Suppressed> suppress(const Case& of, const Principal& by, SuppressionId id,
                            const SuppressionDraft& draft, Instant now);
// How long the member has to say that it read of it.
Span answer_within(Level level);

// ---- the room ------------------------------------------------------------------------------

struct DetectionsOptions {
    std::string mail_domain = "localhost";
    std::string zone = "Asia/Tokyo";
};

// What stands behind the link in the mail.
struct Link {
    CaseId of_case;
    PersonId person;
    Instant expires;
};
std::string seal_link(const Link& link, const Key& installation_key, Random& random);
std::optional<Link> open_link(std::string_view sealed, const Key& installation_key);

class Detections {
public:
    // Before Journal::start().
    Detections(journal::Journal& journal, const council::Council& council,
               const contacts::Contacts& contacts, const logs::Logs& logs,
               DetectionsOptions options);

    const State& state() const { return pending_; }   // journal's thread only
    const State& view() const { return published_; }  // under Journal::read
    const council::Council& council() const { return council_; }
    const logs::Logs& logs() const { return logs_; }
    const Key& installation_key() const { return journal_.installation_key(); }
    Instant now() const { return journal_.clock().now(); }
    const std::string& zone() const { return options_.zone; }
    void set_public_url(std::string url) { public_url_ = std::move(url); }

    Result<> examine(journal::Recorder& recorder, const Examination& done);
    Result<> look_back(journal::Recorder& recorder, const LookBack& done);
    Result<> triage(journal::Recorder& recorder, const Principal& by, const CaseId& id,
                    const TriageDraft& draft);
    Result<> say_seen(journal::Recorder& recorder, const Principal& by, const CaseId& id);
    // Errors: not_found watch.detections.link_invalid.
    Result<> say_seen_by_link(journal::Recorder& recorder, std::string_view link);
    Result<SuppressionId> suppress(journal::Recorder& recorder, const Principal& by,
                                   const SuppressionDraft& draft);
    Result<> end_suppression(journal::Recorder& recorder, const Principal& by,
                             const SuppressionId& id);

    static std::string stream_of(const CaseId& id);
    static std::string stream_of_source(const SourceId& id);
    static std::string stream_of_member(const OrganisationId& id);
    static std::string stream_of(const SuppressionId& id);

private:
    Result<const Case*> find_for(const Principal& by, const CaseId& id) const;
    Visibility visibility_of(const OrganisationId& member) const;
    journal::Place place(std::string stream, const OrganisationId& member) const;
    void record(journal::Recorder& recorder, const OrganisationId& member, const Outcome& outcome);
    void tell(journal::Recorder& recorder, const OrganisationId& member, const Detected& detected);
    bool mail(journal::Recorder& recorder, const PersonId& person, const CaseId& id,
              std::string_view occasion, std::string_view subject, std::string_view text,
              Arguments arguments);
    std::optional<Instant> next_due() const;
    Result<> fire(journal::Recorder& recorder);

    journal::Journal& journal_;
    const council::Council& council_;
    const contacts::Contacts& contacts_;
    const logs::Logs& logs_;
    DetectionsOptions options_;
    std::string public_url_;
    State pending_;
    State published_;
};

}  // namespace noroshi::watch::detections
