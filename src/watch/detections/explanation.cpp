#include "watch/detections/explanation.h"

#include <algorithm>
#include <array>

#include "engines/detect/yaml.h"

namespace noroshi::watch::detections {

using namespace engines::detect;

namespace {

// ATT&CK's tactics, for which the catalogue has a reason and what to check.
constexpr auto tactics = std::to_array<std::string_view>(
    {"impact", "exfiltration", "command-and-control", "lateral-movement", "credential-access",
     "initial-access", "persistence", "privilege-escalation", "defense-evasion", "execution",
     "collection", "discovery", "resource-development", "reconnaissance"});

std::string_view tactic_of(const Rule& rule) {
    // What is nearest to damage speaks for the rule.
    for (const auto tactic : tactics)
        for (const auto& tag : rule.tags) {
            std::string name = folded(tag);
            std::ranges::replace(name, '_', '-');
            if (name == "attack." + std::string(tactic)) return tactic;
        }
    return "other";
}

std::string key_of(const std::string& source, int line) {
    return source + ":" + std::to_string(line);
}

}  // namespace

std::string title_of(const Detector& detector, const Found& found, Language language) {
    if (found.kind == Found::Kind::sigma || found.kind == Found::Kind::correlation)
        return detector.rules()[found.rule].title;
    Arguments arguments(found.group.begin(), found.group.end());
    return i18n::text(
        language,
        found.kind == Found::Kind::indicator
            ? "watch.detections.indicator_seen"
            : "watch.detections.behaviour." + found.rule_id +
                  (found.rule_id == "beacon" && found.group[1].first == "fqdn" ? "_name" : ""),
        arguments);
}

Explanations::Explanations(const std::vector<RuleSource>& sources) {
    for (const auto& source : sources) {
        if (source.text.find("\nexplanation:") == std::string::npos) continue;
        const YamlFile file = read_yaml(source.text);
        for (const Yaml& document : file.documents) {
            const Yaml* given = document.is_map() ? document.find("explanation") : nullptr;
            if (given == nullptr || !given->is_map()) continue;
            for (const auto& [language, texts] : given->members) {
                if (!texts.is_map()) continue;
                by_rule_[key_of(source.name, document.line)][language] = {
                    std::string(texts.text_of("seen")), std::string(texts.text_of("why")),
                    std::string(texts.text_of("check")), std::string(texts.text_of("harmless"))};
            }
        }
    }
}

RuleWords Explanations::of(const Detector& detector, const Found& found, Language language) const {
    const std::string prefix = "watch.detections.explain.";
    if (found.kind == Found::Kind::indicator || found.kind == Found::Kind::behaviour) {
        const std::string name =
            prefix + (found.kind == Found::Kind::indicator ? "indicator" : found.rule_id);
        return {title_of(detector, found, language), i18n::text(language, name + ".why"),
                i18n::text(language, name + ".check"), i18n::text(language, name + ".harmless")};
    }
    const Rule& rule = detector.rules()[found.rule];
    if (const auto own = by_rule_.find(key_of(rule.source, rule.line)); own != by_rule_.end()) {
        const auto texts = own->second.find(language == Language::ja ? "ja" : "en");
        if (texts != own->second.end()) return texts->second;
    }
    RuleWords out;
    std::string group;
    for (const auto& [name, value] : found.group)
        group += (group.empty() ? "" : ", ") + name + "=" + value;
    out.seen = found.kind == Found::Kind::correlation
                   ? i18n::text(language, prefix + "correlation_seen",
                                {{"title", rule.title},
                                 {"count", std::to_string(static_cast<std::int64_t>(found.count))},
                                 {"group", group}})
                   : i18n::text(language, prefix + "rule_seen", {{"title", rule.title}});
    std::string tactic = prefix + "tactic." + std::string(tactic_of(rule));
    std::ranges::replace(tactic, '-', '_');
    out.why = i18n::text(language, tactic + ".why");
    out.check = i18n::text(language, tactic + ".check");
    std::string harmless;
    for (const auto& one : rule.false_positives)
        if (folded(one) != "unknown" && folded(one) != "unlikely")
            harmless += (harmless.empty() ? "" : " / ") + one;
    out.harmless = harmless.empty()
                       ? i18n::text(language, prefix + "harmless_unknown")
                       : i18n::text(language, prefix + "harmless_rule", {{"causes", harmless}});
    return out;
}

}  // namespace noroshi::watch::detections
