#include "watch/detections/detections_view.h"
#include "watch/detections/explanation.h"

#include <algorithm>
#include <utility>

namespace noroshi::watch::detections {

namespace {

void append_once(std::vector<std::string>& into, std::string text) {
    if (!text.empty() && std::ranges::find(into, text) == into.end())
        into.push_back(std::move(text));
}

bool is_mine(const Principal& reader, const OrganisationId& member) {
    return std::ranges::any_of(reader.roles, [&](const RoleIn& role) {
        const auto roles = roles_that_triage();
        return role.organisation == member && std::ranges::find(roles, role.role) != roles.end();
    });
}

const std::string& in_language(const std::string& japanese, const std::string& other,
                               Language language) {
    return language == Language::ja && !japanese.empty() ? japanese : other;
}

std::string count_text(std::uint64_t count) { return std::to_string(count); }

// The rule that says most about a case: the worst, the first of those.
const RuleInCase* leading(const Case& one) {
    const RuleInCase* worst = nullptr;
    for (const auto& rule : one.rules)
        if (worst == nullptr || rule.level > worst->level) worst = &rule;
    return worst;
}

CaseItem item_of(const Asking& asking, const Case& one) {
    CaseItem item;
    item.id = one.id;
    item.member = one.member;
    item.member_name = asking.council.name_of(one.member, asking.language);
    if (const auto* rule = leading(one)) item.title = title_of(*rule, asking.language);
    item.entity = one.entity;
    item.level = one.level;
    item.verdict = one.verdict;
    item.reason = one.reason;
    if (!one.triaged_by.empty()) {
        item.triaged_by = asking.council.name_of(one.triaged_by, asking.language);
        item.triaged_at = one.triaged_at;
    }
    item.count = one.count;
    item.first_at = one.first_at;
    item.last_at = one.last_at;
    item.opened_at = one.opened_at;
    item.last_found_at = one.last_found_at;
    item.looked_back = one.looked_back;
    item.forgotten = one.forgotten;
    item.mine = is_mine(asking.reader, one.member);
    if (one.told) {
        TellingItem telling{one.told_at, one.told->answer_by, one.told->people.size(), {},
                            {},          one.silence_told};
        if (one.read) {
            telling.read_at = one.read_at;
            telling.read_by = asking.council.name_of(one.read->person, asking.language);
        }
        item.telling = std::move(telling);
    }
    for (const auto& rule : one.rules) {
        RuleItem row;
        row.rule = rule.rule;
        row.title = title_of(rule, asking.language);
        row.kind = rule.kind;
        row.level = rule.level;
        row.count = rule.count;
        row.description =
            in_language(rule.about.description_ja, rule.about.description, asking.language);
        for (const auto& [name, value] : rule.seen) row.seen.push_back({name, value});
        row.techniques = rule.about.techniques;
        row.quiet =
            rule.level >= Level::high && rule.level < asking.state.told_from(one.member, rule.rule);
        item.rules.push_back(std::move(row));
    }
    item.version = one.version;
    return item;
}

}  // namespace

std::string title_of(const RuleInCase& rule, Language language) {
    if (rule.kind == DetectionKind::indicator || rule.kind == DetectionKind::behaviour) {
        // Without its figures (a member that withdrew) only its kind is left to say.
        if (rule.seen.empty())
            return i18n::text(
                language,
                "watch.detections.name." +
                    (rule.kind == DetectionKind::indicator ? std::string("indicator") : rule.rule));
        const Arguments words(rule.seen.begin(), rule.seen.end());
        const bool named =
            std::ranges::any_of(rule.seen, [](const auto& field) { return field.first == "fqdn"; });
        return i18n::text(language,
                          seen_key(rule.kind == DetectionKind::indicator ? "" : rule.rule, named),
                          words);
    }
    return in_language(rule.title_ja, rule.title, language);
}

Explanation explain(const Case& one, Language language) {
    Explanation out;
    const auto say = [&](const std::string& key, const Arguments& words = {}) {
        return i18n::text(language, "watch.detections." + key, words);
    };
    for (const auto& rule : one.rules) {
        append_once(out.seen, say("explain.seen", {{"title", title_of(rule, language)},
                                                   {"count", count_text(rule.count)}}));
        const bool of_rule =
            rule.kind == DetectionKind::sigma || rule.kind == DetectionKind::correlation;
        if (of_rule) {
            append_once(out.why,
                        in_language(rule.about.description_ja, rule.about.description, language));
            for (const auto& tactic : rule.about.tactics) {
                append_once(out.why, say("why." + tactic));
                append_once(out.check, say("check." + tactic));
            }
            const auto& harmless =
                language == Language::ja && !rule.about.false_positives_ja.empty()
                    ? rule.about.false_positives_ja
                    : rule.about.false_positives;
            for (const auto& text : harmless)
                if (i18n::fold(text) != "unknown" && i18n::fold(text) != "unlikely")
                    append_once(out.harmless, say("explain.rule_says", {{"text", text}}));
            append_once(out.check, say("check.rule"));
            append_once(out.harmless, say("harmless.rule"));
        } else {
            const std::string name =
                rule.kind == DetectionKind::indicator ? "indicator" : rule.rule;
            append_once(out.why, say("why." + name));
            append_once(out.check, say("check." + name));
            append_once(out.harmless, say("harmless." + name));
        }
    }
    if (one.looked_back) append_once(out.seen, say("explain.looked_back"));
    return out;
}

CaseList list_cases(const Asking& asking, std::optional<Verdict> verdict, std::size_t most) {
    CaseList list;
    std::vector<const Case*> found;
    for (const auto& [id, one] : asking.state.cases()) {
        if (!asking.logs.may_look(asking.reader, one.member)) continue;
        auto& count = one.verdict == Verdict::open       ? list.open
                      : one.verdict == Verdict::harmless ? list.harmless
                                                         : list.confirmed;
        ++count;
        if (!verdict || one.verdict == *verdict) found.push_back(&one);
    }
    std::ranges::sort(found, [](const Case* a, const Case* b) {
        const auto rank = [](const Case& one) {
            return std::tuple(one.verdict != Verdict::open,
                              one.verdict == Verdict::open ? -static_cast<int>(one.level) : 0,
                              -one.last_found_at.time_since_epoch().count());
        };
        return std::tuple(rank(*a), a->id) < std::tuple(rank(*b), b->id);
    });
    list.more = found.size() > most;
    if (list.more) found.resize(most);
    for (const auto* one : found) list.items.push_back(item_of(asking, *one));
    return list;
}

Result<CaseItem> one_case(const Asking& asking, const CaseId& id) {
    const auto* one = asking.state.find(id);
    if (one == nullptr || !asking.logs.may_look(asking.reader, one->member))
        return fail(ErrorKind::not_found, "watch.detections.unknown_case");
    auto item = item_of(asking, *one);
    item.explanation = explain(*one, asking.language);
    return item;
}

SuppressionList list_suppressions(const Asking& asking) {
    SuppressionList list;
    for (const auto& [id, one] : asking.state.suppressions()) {
        if (!asking.logs.may_look(asking.reader, one.made.member)) continue;
        SuppressionItem item{id,
                             one.made.member,
                             asking.council.name_of(one.made.member, asking.language),
                             one.made.rule,
                             one.made.title,
                             {},
                             one.since,
                             one.made.until,
                             one.made.reason,
                             asking.council.name_of(one.made.owner, asking.language),
                             !one.ended && asking.now < one.made.until};
        if (one.made.entity) item.entity = one.entity;
        list.items.push_back(std::move(item));
    }
    std::ranges::sort(list.items, [](const SuppressionItem& a, const SuppressionItem& b) {
        return std::tuple(!a.active, b.since, a.id) < std::tuple(!b.active, a.since, b.id);
    });
    return list;
}

ProgressList list_progress(const Asking& asking) {
    ProgressList list;
    for (const auto& [id, source] : asking.logs.sources()) {
        if (source.retired || !asking.logs.may_look(asking.reader, source.member)) continue;
        ProgressItem item;
        item.source = id;
        item.source_name = source.name;
        item.member_name = asking.council.name_of(source.member, asking.language);
        item.received = source.next_line;
        const auto found = asking.state.progress().find(id);
        if (found != asking.state.progress().end()) {
            item.examined = found->second.until_line;
            item.parsed = found->second.parsed;
            item.suppressed = found->second.suppressed;
            item.examined_at = found->second.examined_at;
            for (const auto& [reason, lines] : found->second.unparsed)
                item.unparsed.push_back(
                    {i18n::text(asking.language, "watch.detections.unparsed." + reason), lines});
            std::ranges::sort(item.unparsed, [](const auto& a, const auto& b) {
                return std::tie(b.lines, a.reason) < std::tie(a.lines, b.reason);
            });
        }
        list.items.push_back(std::move(item));
    }
    std::ranges::sort(list.items, [](const ProgressItem& a, const ProgressItem& b) {
        return std::tie(a.member_name, a.source_name) < std::tie(b.member_name, b.source_name);
    });
    return list;
}

}  // namespace noroshi::watch::detections
