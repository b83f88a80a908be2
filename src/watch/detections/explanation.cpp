#include "watch/detections/explanation.h"

#include <algorithm>
#include <array>

#include "engines/detect/yaml.h"

namespace noroshi::watch::detections {

using namespace engines::detect;

namespace {

std::string_view tactic_of(const Rule& rule) {
    // What is nearest to damage speaks for the rule.
    for (const auto tactic : tactics)
        for (const auto& tag : rule.tags) {
            std::string name = folded(tag);
            std::ranges::replace(name, '-', '_');
            if (name == "attack." + std::string(tactic)) return tactic;
        }
    return {};
}

std::string key_of(const std::string& source, int line) {
    return source + ":" + std::to_string(line);
}

}  // namespace

std::string seen_key(std::string_view behaviour, bool named) {
    if (behaviour.empty()) return "watch.detections.indicator_seen";
    const bool has_two =
        behaviour == "beacon" || behaviour == "new_destination" || behaviour == "rare_destination";
    return "watch.detections.behaviour." + std::string(behaviour) +
           (named && has_two ? "_name" : "");
}

std::string title_of(const Detector& detector, const Found& found, Language language) {
    if (found.kind == Found::Kind::sigma || found.kind == Found::Kind::correlation)
        return detector.rules()[found.rule].title;
    const Arguments arguments(found.group.begin(), found.group.end());
    if (found.kind == Found::Kind::indicator)
        return i18n::text(language, seen_key({}, false), arguments);
    const bool named =
        std::ranges::any_of(found.group, [](const auto& one) { return one.first == "fqdn"; });
    return i18n::text(language, seen_key(found.rule_id, named), arguments);
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
    const auto say = [&](const std::string& key, const Arguments& words = {}) {
        return i18n::text(language, "watch.detections." + key, words);
    };
    if (found.kind == Found::Kind::indicator || found.kind == Found::Kind::behaviour) {
        const std::string name = found.kind == Found::Kind::indicator ? "indicator" : found.rule_id;
        return {title_of(detector, found, language), say("why." + name), say("check." + name),
                say("harmless." + name)};
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
                   ? say("explain.correlation_seen",
                         {{"title", rule.title},
                          {"count", std::to_string(static_cast<std::int64_t>(found.count))},
                          {"group", group}})
                   : say("explain.rule_seen", {{"title", rule.title}});
    const std::string tactic(tactic_of(rule));
    out.why = say(tactic.empty() ? "why.rule" : "why." + tactic);
    out.check = say(tactic.empty() ? "check.rule" : "check." + tactic);
    std::string harmless;
    for (const auto& one : rule.false_positives)
        if (folded(one) != "unknown" && folded(one) != "unlikely")
            harmless += (harmless.empty() ? "" : " / ") + one;
    out.harmless =
        harmless.empty() ? say("harmless.rule") : say("explain.rule_says", {{"text", harmless}});
    return out;
}

}  // namespace noroshi::watch::detections
