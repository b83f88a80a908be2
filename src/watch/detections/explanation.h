#pragma once
// Why a detection was told, in the reader's language: what was seen, why it matters, what to check,
// what would make it harmless. Our own rules carry these texts (`explanation`, data/rules); of
// others' rules the tactic they name says why and what to check, and their false positives what is
// harmless. Indicators and behaviour have texts in the catalogue.

#include <map>
#include <string>

#include "engines/detect/detector.h"
#include "engines/detect/found.h"
#include "kernel/i18n/i18n.h"

namespace noroshi::watch::detections {

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
