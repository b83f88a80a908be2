#pragma once
// Warnings and sightings as they are answered, by who asks: everybody sees what was issued; a contributor
// also that its own sighting is part of it; a moderator whose sightings they are, and the answers.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/i18n/i18n.h"
#include "watch/warnings/warnings.h"

namespace noroshi::watch::warnings {

struct EditionItem {
    std::uint32_t edition = 1;
    Instant issued_at;
    std::string title;
    std::string what;
    std::string what_to_do;
    std::optional<std::string> sign;
    std::optional<SignKind> sign_kind;
};
BOOST_DESCRIBE_STRUCT(EditionItem, (),
                      (edition, issued_at, title, what, what_to_do, sign, sign_kind))

struct AnswerItem {
    OrganisationId member;
    std::string name;
    std::uint32_t edition = 0;  // 0: not answered
    std::optional<Seen> seen;
    std::optional<Measure> measure;
    std::string note;
};
BOOST_DESCRIBE_STRUCT(AnswerItem, (), (member, name, edition, seen, measure, note))

// A contributor's own part.
struct OwnPart {
    OrganisationId member;
    std::optional<bool> released;
};
BOOST_DESCRIBE_STRUCT(OwnPart, (), (member, released))

// For moderators only.
struct Confidential {
    SignKind sign_kind = SignKind::indicator;
    std::string sign;
    struct Contributor {
        OrganisationId member;
        std::string name;
        std::optional<bool> released;
        std::vector<std::string> what;
    };
    std::vector<Contributor> contributors;  // by name
    bool seen_again = false;
    std::optional<std::string> dismissed_because;
    std::vector<AnswerItem> answers;  // of every member, by name
};
BOOST_DESCRIBE_STRUCT(Confidential::Contributor, (), (member, name, released, what))
BOOST_DESCRIBE_STRUCT(Confidential, (),
                      (sign_kind, sign, contributors, seen_again, dismissed_because, answers))

struct WarningItem {
    WarningId id;
    Stage stage = Stage::proposed;
    std::optional<std::uint32_t> number;
    std::vector<EditionItem> editions;  // the latest first
    std::vector<AnswerItem> mine;       // of the organisations the reader speaks for
    std::vector<OwnPart> contributed;   // likewise
    std::optional<Confidential> confidential;
    std::uint64_t version = 0;  // of what only moderators change; 0 for everybody else
};
BOOST_DESCRIBE_STRUCT(WarningItem, (),
                      (id, stage, number, editions, mine, contributed, confidential, version))
struct WarningList {
    std::vector<WarningItem> items;  // by number, the latest first; for moderators proposals on top
};
BOOST_DESCRIBE_STRUCT(WarningList, (), (items))

struct SightingItem {
    SightingId id;
    OrganisationId member;
    std::string member_name;
    SignKind sign_kind = SignKind::indicator;
    std::string sign;
    std::string what;
    Instant seen_at;
    bool warn_others = true;
    bool part_of_a_warning = false;
    std::optional<detections::CaseId> of_case;  // it came from this detection by itself
};
BOOST_DESCRIBE_STRUCT(SightingItem, (),
                      (id, member, member_name, sign_kind, sign, what, seen_at, warn_others,
                       part_of_a_warning, of_case))
struct SightingList {
    std::vector<SightingItem> items;  // the latest first
};
BOOST_DESCRIBE_STRUCT(SightingList, (), (items))

WarningList list_warnings(const State& state, const council::State& council,
                          const Principal& reader, Language language);
// Errors: not_found watch.warnings.unknown, also for what the reader may not know of.
Result<WarningItem> one_warning(const State& state, const council::State& council,
                                const Principal& reader, Language language, const WarningId& id);
SightingList list_sightings(const State& state, const council::State& council,
                            const Principal& reader, Language language);

}  // namespace noroshi::watch::warnings
