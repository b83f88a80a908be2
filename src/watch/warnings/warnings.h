#pragma once
// 早期警報. A sign seen at one member is told to that member at once. The same sign at two or more members
// within two weeks becomes a proposal: the moderators see whose it is, the providers say whether the
// sign itself may be released, a moderator writes what to do, and everybody is warned without a word
// on who or how many.
//
// The attacker considered (docs/security.md): another member of the port, curious or hostile, who
// reads every screen, API answer, export and mail addressed to them and compares times and orders.
// Facts about sightings, proposals and answers are visible to their member and the moderators only;
// what everybody sees carries no member, no count and no time but that of the moderator's act. Not
// defended: a moderator who talks, and a member who knows from elsewhere that only one other uses
// the thing attacked.
//
// State serves as the pending and as the published side; decisions are pure.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/identity/principal.h"
#include "kernel/journal/journal.h"
#include "kernel/result.h"
#include "prepare/contacts/contacts.h"
#include "prepare/council/council.h"
#include "watch/warnings/warnings_facts.h"

namespace noroshi::watch::warnings {

namespace council = prepare::council;
namespace contacts = prepare::contacts;

// Detections from this level on, and indicators, count as sightings by themselves.
inline constexpr auto level_of_a_sighting = detections::Level::high;
// What makes detections at two members the same thing: an indicator's value, a family of rules, a
// behaviour with the destination it has outside. Nothing that is the member's own.
std::pair<SignKind, std::string> sign_of(const detections::Detected& detected);

// Sightings of one sign this far apart are the same wave.
inline constexpr auto window = std::chrono::days{14};
inline constexpr std::size_t members_for_a_warning = 2;

struct Sighting {
    SightingId id;
    OrganisationId member;
    SignKind kind = SignKind::indicator;
    std::string sign;
    std::string what;
    Instant seen_at;
    Instant reported_at;
    bool warn_others = true;
    std::optional<detections::CaseId> of_case;
    std::optional<WarningId> warning;
};

enum class Stage { proposed, issued, dismissed };
BOOST_DESCRIBE_ENUM(Stage, proposed, issued, dismissed)

struct Warning {
    WarningId id;
    SignKind kind = SignKind::indicator;
    std::string sign;
    Stage stage = Stage::proposed;
    std::vector<SightingId> sightings;
    std::map<OrganisationId, bool> releases;
    std::vector<WarningIssued> editions;
    std::vector<Instant> issued_at;
    bool seen_again = false;  // since the last edition
    std::string dismissed_because;
    std::map<OrganisationId, WarningAnswered> answers;
    Instant proposed_at;
    std::uint64_t version = 0;
};

// A detection that is to become a sighting.
struct Unreported {
    OrganisationId member;
    SignKind kind = SignKind::rule;
    std::string sign;
    std::string what;
    Instant seen_at;
};

class State {
public:
    void attach(journal::Listeners& side);

    const Sighting* find(const SightingId& id) const;
    const Warning* find(const WarningId& id) const;
    const std::map<SightingId, Sighting>& sightings() const { return sightings_; }
    const std::vector<WarningId>& warnings() const { return order_; }
    std::uint32_t issued() const { return issued_; }
    const std::map<detections::CaseId, Unreported>& unreported() const { return unreported_; }
    std::vector<OrganisationId> contributors(const Warning& warning) const;  // sorted, unique

private:
    void take(const detections::Detected& detected, Instant now);

    std::map<detections::CaseId, Unreported> unreported_;
    std::map<SightingId, Sighting> sightings_;
    std::map<WarningId, Warning> warnings_;
    std::vector<WarningId> order_;
    std::uint32_t issued_ = 0;
};

// ---- requests and decisions ----------------------------------------------------------------

struct SightingDraft {
    static constexpr std::array<std::string_view, 1> defaulted{"warn_others"};
    OrganisationId member;
    SignKind sign_kind = SignKind::indicator;
    std::string sign;
    std::string what;
    std::optional<Instant> seen_at;
    bool warn_others = true;
};
BOOST_DESCRIBE_STRUCT(SightingDraft, (), (member, sign_kind, sign, what, seen_at, warn_others))

struct IssueDraft {
    static constexpr std::array<std::string_view, 1> defaulted{"release_sign"};
    std::string title;
    std::string what;
    std::string what_to_do;
    bool release_sign = false;
};
BOOST_DESCRIBE_STRUCT(IssueDraft, (), (title, what, what_to_do, release_sign))

struct AnswerDraft {
    OrganisationId member;
    std::optional<Seen> seen;
    std::optional<Measure> measure;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(AnswerDraft, (), (member, seen, measure, note))

const std::vector<Role>& roles_that_report();    // of the member
const std::vector<Role>& roles_that_moderate();  // of the port manager
bool moderates(const council::State& council, const Principal& by);
bool speaks_for(const Principal& by, const OrganisationId& member);

// Addresses, domains, URLs and hashes as they are compared: NFKC, lower case, "hxxp" and "[.]" undone,
// without a final dot.
std::string normalised(SignKind kind, std::string_view sign);

// Errors: forbidden watch.warnings.not_yours; invalid watch.warnings.seen_later, kernel.i18n.*.
Result<SightingReported> report(const council::State& council, const Principal& by, SightingId id,
                                const SightingDraft& draft, Instant now);
// What follows from a new sighting: a proposal, a joining, or nothing. `fresh` is not yet in state.
struct Consequence {
    std::optional<WarningProposed> proposed;
    std::optional<SightingJoined> joined;
};
Consequence follow(const State& state, const SightingReported& fresh, Instant now, WarningId id);
// Errors: not_found watch.warnings.unknown; forbidden watch.warnings.not_yours; conflict
// watch.warnings.closed.
Result<ReleaseAnswered> answer_release(const State& state, const Principal& by, const WarningId& id,
                                       const OrganisationId& member, bool approved);
// Errors: forbidden watch.warnings.not_released; invalid watch.warnings.names_a_member {name} with
// the field; conflict watch.warnings.closed.
Result<WarningIssued> issue(const State& state, const council::State& council, const WarningId& id,
                            const IssueDraft& draft);
Result<WarningDismissed> dismiss(const State& state, const WarningId& id, std::string_view reason);
Result<WarningAnswered> answer(const State& state, const council::State& council,
                               const Principal& by, const WarningId& id, const AnswerDraft& draft);

// ---- the room ------------------------------------------------------------------------------

struct WarningsOptions {
    std::string mail_domain = "localhost";
    std::string zone = "Asia/Tokyo";
};

class Warnings {
public:
    // Before Journal::start().
    Warnings(journal::Journal& journal, const council::Council& council,
             const contacts::Contacts& contacts, WarningsOptions options);

    const State& state() const { return pending_; }   // journal's thread only
    const State& view() const { return published_; }  // under Journal::read
    const council::Council& council() const { return council_; }
    void set_public_url(std::string url) { public_url_ = std::move(url); }

    Result<SightingId> report(journal::Recorder& recorder, const Principal& by,
                              const SightingDraft& draft);
    Result<> answer_release(journal::Recorder& recorder, const Principal& by, const WarningId& id,
                            const OrganisationId& member, bool approved);
    Result<> issue(journal::Recorder& recorder, const Principal& by, const WarningId& id,
                   const IssueDraft& draft);
    Result<> dismiss(journal::Recorder& recorder, const Principal& by, const WarningId& id,
                     std::string_view reason);
    Result<> answer(journal::Recorder& recorder, const Principal& by, const WarningId& id,
                    const AnswerDraft& draft);

    static std::string stream_of(const SightingId& id);
    static std::string stream_of(const WarningId& id);
    static std::string stream_of_issued(const WarningId& id);

private:
    void mail_moderators(journal::Recorder& recorder, const WarningId& id,
                         std::string_view occasion, std::string_view text);
    void take(journal::Recorder& recorder, const SightingReported& reported);
    Result<> fire(journal::Recorder& recorder);
    std::vector<OrganisationId> moderators() const;
    Visibility confidential(std::vector<OrganisationId> organisations) const;
    void mail(journal::Recorder& recorder, const WarningId& id, std::string_view occasion,
              const PersonId& person, std::string_view subject, std::string_view text,
              const Arguments& arguments);
    void mail_security_people(journal::Recorder& recorder, const WarningId& id,
                              std::string_view occasion, const OrganisationId& organisation,
                              std::string_view subject, std::string_view text,
                              const Arguments& arguments);

    const council::Council& council_;
    const contacts::Contacts& contacts_;
    WarningsOptions options_;
    std::string public_url_;
    State pending_;
    State published_;
};

}  // namespace noroshi::watch::warnings
