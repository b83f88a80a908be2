#include "watch/detections/detections.h"

#include <algorithm>
#include <utility>

#include "kernel/journal/listen.h"

namespace noroshi::watch::detections {

using journal::Live;

namespace {

constexpr std::size_t rules_of_a_case = 20;

Level raised(Level level, int steps) {
    return static_cast<Level>(
        std::min(static_cast<int>(level) + steps, static_cast<int>(Level::critical)));
}

void earlier(std::optional<Instant>& into, std::optional<Instant> at) {
    if (at && (!into || *at < *into)) into = at;
}
void later(std::optional<Instant>& into, std::optional<Instant> at) {
    if (at && (!into || *at > *into)) into = at;
}

}  // namespace

std::optional<Instant> Case::silence_due() const {
    if (!told || read || silence_told || verdict != Verdict::open) return {};
    return told->answer_by;
}

bool Suppression::holds(const OrganisationId& member, std::string_view rule, std::string_view about,
                        Instant now) const {
    return !ended && now < made.until && made.member == member && made.rule == rule &&
           (!made.entity || (entity == about && !entity.empty()));
}

void State::take(const Detected& detected, const journal::Envelope& at) {
    auto& one = cases_[detected.of_case];
    if (one.id.empty()) {
        one.id = detected.of_case;
        one.member = detected.member;
        one.family = detected.family;
        one.entity = detected.entity.text;
        one.forgotten = detected.entity.erased;
        one.opened_at = at.entry_time;
        one.looked_back = detected.looked_back;
    }
    one.level = std::max(one.level, detected.level);
    auto rule = std::ranges::find(one.rules, detected.rule, &RuleInCase::rule);
    if (rule == one.rules.end() && one.rules.size() < rules_of_a_case) {
        RuleInCase fresh{detected.rule,
                         detected.title,
                         detected.title_ja,
                         detected.detection_kind,
                         detected.level,
                         0,
                         {},
                         {}};
        if (detected.about) fresh.about = *detected.about;
        for (const auto& field : detected.seen)
            if (!field.value.erased) fresh.seen.emplace_back(field.name, field.value.text);
        one.rules.push_back(std::move(fresh));
        rule = one.rules.end() - 1;
    }
    if (rule != one.rules.end()) rule->count += detected.count;
    for (const auto& line : detected.lines)
        if (one.lines.size() < lines_of_a_case) one.lines.push_back(line);
    one.count += detected.count;
    earlier(one.first_at, detected.first_at);
    later(one.last_at, detected.last_at);
    one.last_found_at = at.entry_time;
    one.version = at.stream_version;
    // What grew worse than it was when it was judged is to be judged again.
    if (one.verdict == Verdict::harmless && detected.level > one.triaged_level)
        one.verdict = Verdict::open;
    if (!one.forgotten) latest_[{one.member, one.family, one.entity}] = one.id;
}

void State::forget(const OrganisationId& member) {
    for (auto& [id, one] : cases_) {
        if (one.member != member) continue;
        one.forgotten = true;
        one.entity.clear();
        one.reason.clear();
        one.lines.clear();
        for (auto& rule : one.rules) rule.seen.clear();
        unanswered_.erase(id);
    }
    std::erase_if(latest_, [&](const auto& item) { return std::get<0>(item.first) == member; });
    std::erase_if(progress_, [&](const auto& item) { return item.second.member == member; });
    for (auto& [id, suppression] : suppressions_)
        if (suppression.made.member == member) {
            suppression.ended = true;
            suppression.entity.clear();
            if (suppression.made.entity) suppression.made.entity->text.clear();
        }
}

void State::attach(journal::Listeners& side) {
    side.on_reset([this] { *this = State{}; });
    journal::listen_live<LinesExamined>(side, [this](Live<LinesExamined> fact) {
        auto& progress = progress_[fact.body.source];
        progress.member = fact.body.member;
        progress.until_line = fact.body.until_line;
        progress.parsed += fact.body.parsed;
        for (const auto& [reason, count] : fact.body.unparsed) progress.unparsed[reason] += count;
        progress.suppressed += fact.body.suppressed;
        progress.rules = fact.body.rules;
        progress.examined_at = fact.at.entry_time;
    });
    journal::listen_live<LookedBack>(side, [this](Live<LookedBack> fact) {
        auto& progress = progress_[fact.body.source];
        progress.member = fact.body.member;
        progress.looked_back = fact.body.indicators;
    });
    journal::listen_live<Detected>(side, [this](Live<Detected> fact) { take(fact.body, fact.at); });
    const auto with = [this](const CaseId& id, auto change) {
        if (const auto found = cases_.find(id); found != cases_.end()) change(found->second);
    };
    journal::listen_live<CaseTold>(side, [this, with](Live<CaseTold> fact) {
        with(fact.body.of_case, [&](Case& one) {
            one.told = fact.body;
            one.told_at = fact.at.entry_time;
            one.read.reset();
            one.silence_told = false;
            unanswered_.insert(one.id);
        });
    });
    journal::listen_live<CaseSeen>(side, [this, with](Live<CaseSeen> fact) {
        with(fact.body.of_case, [&](Case& one) {
            one.read = fact.body;
            one.read_at = fact.at.entry_time;
            unanswered_.erase(one.id);
        });
    });
    journal::listen_live<SilenceTold>(side, [this, with](Live<SilenceTold> fact) {
        with(fact.body.of_case, [&](Case& one) {
            one.silence_told = true;
            unanswered_.erase(one.id);
        });
    });
    journal::listen_live<CaseTriaged>(side, [this, with](Live<CaseTriaged> fact) {
        with(fact.body.of_case, [&](Case& one) {
            one.verdict = fact.body.verdict;
            one.reason = fact.body.reason.text;
            one.triaged_by = PersonId{std::string(fact.at.actor)};
            one.triaged_at = fact.at.entry_time;
            one.triaged_level = one.level;
            one.version = fact.at.stream_version;
            if (one.verdict != Verdict::open) unanswered_.erase(one.id);
            for (const auto& rule : one.rules) {
                auto& row = harmless_[{one.member, rule.rule}];
                if (one.verdict == Verdict::harmless)
                    ++row;
                else
                    row = 0;
            }
        });
    });
    journal::listen_live<Suppressed>(side, [this](Live<Suppressed> fact) {
        Suppression one;
        one.made = fact.body;
        one.since = fact.at.entry_time;
        if (fact.body.entity) {
            one.entity = fact.body.entity->text;
            one.ended = fact.body.entity->erased;
        }
        suppressions_.insert_or_assign(fact.body.suppression, std::move(one));
    });
    journal::listen_live<SuppressionEnded>(side, [this](Live<SuppressionEnded> fact) {
        if (const auto found = suppressions_.find(fact.body.suppression);
            found != suppressions_.end())
            found->second.ended = true;
    });
    journal::listen_live<logs::AgreementWithdrawn>(side,
                                                   [this](Live<logs::AgreementWithdrawn> fact) {
                                                       forget(fact.body.member);
                                                       to_forget_.insert(fact.body.member);
                                                   });
    journal::listen_live<MemberForgotten>(
        side, [this](Live<MemberForgotten> fact) { to_forget_.erase(fact.body.member); });
}

const Case* State::find(const CaseId& id) const {
    const auto found = cases_.find(id);
    return found == cases_.end() ? nullptr : &found->second;
}

const Suppression* State::find(const SuppressionId& id) const {
    const auto found = suppressions_.find(id);
    return found == suppressions_.end() ? nullptr : &found->second;
}

std::uint64_t State::position(const SourceId& source) const {
    const auto found = progress_.find(source);
    return found == progress_.end() ? 0 : found->second.until_line;
}

const Case* State::joins(const OrganisationId& member, const std::string& family,
                         const std::string& entity, Instant now) const {
    const auto found = latest_.find({member, family, entity});
    if (found == latest_.end()) return nullptr;
    const auto* one = find(found->second);
    return one != nullptr && now - one->last_found_at < grouping_window ? one : nullptr;
}

bool State::knows(const OrganisationId& member, const std::string& family,
                  const std::string& entity) const {
    return latest_.contains({member, family, entity});
}

int State::harmless_in_a_row(const OrganisationId& member, const std::string& rule) const {
    const auto found = harmless_.find({member, rule});
    return found == harmless_.end() ? 0 : found->second;
}

Level State::told_from(const OrganisationId& member, const std::string& rule) const {
    return raised(Level::high, harmless_in_a_row(member, rule) / harmless_for_a_step);
}

}  // namespace noroshi::watch::detections
