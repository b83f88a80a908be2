#pragma once
// What the warnings room writes. Whose sighting it was stands only in facts that the member and the
// moderators may see (TLP:AMBER+STRICT); what goes to everybody (WarningIssued, WarningRenewed)
// holds neither members nor numbers of them, so no view, export or list can give them away.
//
// Streams: watch/warnings/sightings/<sighting>, watch/warnings/<warning> (moderators and those whom it
// concerns), watch/warnings/issued/<warning> (the community).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "kernel/identity/id.h"
#include "kernel/identity/visibility.h"
#include "kernel/journal/retention.h"
#include "kernel/time/time.h"
#include "watch/detections/detections_facts.h"

namespace noroshi::watch::warnings {

using SightingId = Id<struct SightingTag>;
using WarningId = Id<struct WarningTag>;

// What makes two sightings the same thing.
enum class SignKind { indicator, rule, behaviour };
BOOST_DESCRIBE_ENUM(SignKind, indicator, rule, behaviour)

enum class Measure { blocked, considering, not_needed };
BOOST_DESCRIBE_ENUM(Measure, blocked, considering, not_needed)

enum class Seen { yes, no, not_checked };
BOOST_DESCRIBE_ENUM(Seen, yes, no, not_checked)

struct SightingReported {
    static constexpr std::string_view kind = "watch.warnings.sighting_reported";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    SightingId sighting;
    OrganisationId member;
    SignKind sign_kind = SignKind::indicator;
    std::string sign;  // normalised: what is compared
    std::string what;  // what was seen, in the member's words
    Instant seen_at;
    bool warn_others = true;                    // the member lets it count towards a warning
    std::optional<detections::CaseId> of_case;  // from a detection, without anybody's doing
};
BOOST_DESCRIBE_STRUCT(SightingReported, (),
                      (sighting, member, sign_kind, sign, what, seen_at, warn_others, of_case))

struct WarningProposed {
    static constexpr std::string_view kind = "watch.warnings.warning_proposed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    WarningId warning;
    SignKind sign_kind = SignKind::indicator;
    std::string sign;
    std::vector<SightingId> sightings;
};
BOOST_DESCRIBE_STRUCT(WarningProposed, (), (warning, sign_kind, sign, sightings))

// Another sighting of the same sign: before the issue it joins the proposal, after it the warning is
// to be renewed.
struct SightingJoined {
    static constexpr std::string_view kind = "watch.warnings.sighting_joined";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    WarningId warning;
    SightingId sighting;
};
BOOST_DESCRIBE_STRUCT(SightingJoined, (), (warning, sighting))

// The provider's word on releasing the sign itself. Without any "yes" a warning can only be general.
struct ReleaseAnswered {
    static constexpr std::string_view kind = "watch.warnings.release_answered";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    WarningId warning;
    OrganisationId member;
    bool approved = false;
};
BOOST_DESCRIBE_STRUCT(ReleaseAnswered, (), (warning, member, approved))

struct WarningIssued {
    static constexpr std::string_view kind = "watch.warnings.warning_issued";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    WarningId warning;
    std::uint32_t number = 0;
    std::uint32_t edition = 1;
    std::string title;
    std::string what;
    std::string what_to_do;
    std::optional<std::string> sign;  // only if a provider released it
    std::optional<SignKind> sign_kind;
};
BOOST_DESCRIBE_STRUCT(WarningIssued, (),
                      (warning, number, edition, title, what, what_to_do, sign, sign_kind))

struct WarningDismissed {
    static constexpr std::string_view kind = "watch.warnings.warning_dismissed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    WarningId warning;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(WarningDismissed, (), (warning, reason))

// Receipt, "do you see it?" and counter-measure in one answer, changeable. Seen by the member and the
// moderators only: "we see it" would unmask whoever reported it.
struct WarningAnswered {
    static constexpr std::string_view kind = "watch.warnings.warning_answered";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    WarningId warning;
    OrganisationId member;
    std::uint32_t edition = 1;
    std::optional<Seen> seen;
    std::optional<Measure> measure;
    std::string note;
};
BOOST_DESCRIBE_STRUCT(WarningAnswered, (), (warning, member, edition, seen, measure, note))

}  // namespace noroshi::watch::warnings
