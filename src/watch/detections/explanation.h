#pragma once
// Why a detection was told, in the reader's language: what was seen, why it matters, what to check,
// what would make it harmless. Our own rules carry these texts (`explanation`, data/rules); of
// others' rules the tactic they name says why and what to check, and their false positives what is
// harmless. Tactics, indicators and behaviour have texts in the catalogue ("why.impact"), the same on
// the command line and on the page of a case.

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "engines/detect/detector.h"
#include "engines/detect/found.h"
#include "kernel/i18n/i18n.h"

namespace noroshi::watch::detections {

// Of MITRE ATT&CK for enterprises, the nearest to damage first.
inline constexpr auto tactics = std::to_array<std::string_view>(
    {"impact", "exfiltration", "command_and_control", "lateral_movement", "credential_access",
     "initial_access", "persistence", "privilege_escalation", "defense_evasion", "execution",
     "collection", "discovery", "resource_development", "reconnaissance"});

// The sentence about an indicator (no behaviour) or a behaviour; named: with a name, not an address.
std::string seen_key(std::string_view behaviour, bool named);

struct RuleWords {
    std::string seen;
    std::string why;
    std::string check;
    std::string harmless;
};

// A sentence about the detection: the rule's title, or what the indicator or the behaviour was.
std::string title_of(const engines::detect::Detector& detector, const engines::detect::Found& found,
                     Language language);

class Explanations {
public:
    // Collects the texts that rules carry.
    explicit Explanations(const std::vector<engines::detect::RuleSource>& sources);

    RuleWords of(const engines::detect::Detector& detector, const engines::detect::Found& found,
                 Language language) const;

private:
    std::map<std::string, std::map<std::string, RuleWords>> by_rule_;  // source:line → language
};

}  // namespace noroshi::watch::detections
