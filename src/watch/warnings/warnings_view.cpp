#include "watch/warnings/warnings_view.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace noroshi::watch::warnings {

namespace {

AnswerItem answer_of(const Warning& warning, const council::State& council,
                     const OrganisationId& member, Language language) {
    AnswerItem item{member, council.name_of(member, language), 0, {}, {}, {}};
    if (const auto found = warning.answers.find(member); found != warning.answers.end()) {
        item.edition = found->second.edition;
        item.seen = found->second.seen;
        item.measure = found->second.measure;
        item.note = found->second.note;
    }
    return item;
}

std::optional<bool> released_by(const Warning& warning, const OrganisationId& member) {
    const auto found = warning.releases.find(member);
    return found == warning.releases.end() ? std::nullopt : std::optional(found->second);
}

Confidential confidential_of(const State& state, const Warning& warning,
                             const council::State& council, Language language) {
    Confidential all;
    all.sign_kind = warning.kind;
    all.sign = warning.sign;
    all.seen_again = warning.seen_again;
    if (warning.stage == Stage::dismissed) all.dismissed_because = warning.dismissed_because;
    for (const auto& member : state.contributors(warning)) {
        Confidential::Contributor one{
            member, council.name_of(member, language), released_by(warning, member), {}};
        for (const auto& id : warning.sightings)
            if (const auto* sighting = state.find(id); sighting && sighting->member == member)
                one.what.push_back(sighting->what);
        all.contributors.push_back(std::move(one));
    }
    std::ranges::sort(all.contributors, {}, &Confidential::Contributor::name);
    for (const auto* organisation : council.organisations())
        if (organisation->member)
            all.answers.push_back(answer_of(warning, council, organisation->id, language));
    std::ranges::sort(all.answers, {}, &AnswerItem::name);
    return all;
}

std::optional<WarningItem> item_of(const State& state, const Warning& warning,
                                   const council::State& council, const Principal& reader,
                                   Language language) {
    const bool moderator = moderates(council, reader);
    WarningItem item;
    item.id = warning.id;
    item.stage = warning.stage;
    if (moderator) item.version = warning.version;
    for (const auto& member : state.contributors(warning))
        if (speaks_for(reader, member))
            item.contributed.push_back({member, released_by(warning, member)});
    // Before the issue only whom it concerns knows that there is anything.
    if (warning.editions.empty() && !moderator && item.contributed.empty()) return {};
    // A contributor learns that it was dismissed, not why: the reason may speak of others.
    for (std::size_t i = warning.editions.size(); i-- > 0;) {
        const auto& edition = warning.editions[i];
        item.editions.push_back({edition.edition, warning.issued_at[i], edition.title, edition.what,
                                 edition.what_to_do, edition.sign, edition.sign_kind});
        item.number = edition.number;
    }
    if (!warning.editions.empty())
        for (const auto* organisation : council.organisations())
            if (speaks_for(reader, organisation->id))
                item.mine.push_back(answer_of(warning, council, organisation->id, language));
    if (moderator) item.confidential = confidential_of(state, warning, council, language);
    return item;
}

}  // namespace

WarningList list_warnings(const State& state, const council::State& council,
                          const Principal& reader, Language language) {
    WarningList list;
    for (const auto& id : state.warnings() | std::views::reverse)
        if (auto item = item_of(state, *state.find(id), council, reader, language))
            list.items.push_back(std::move(*item));
    // By number, which is that of the issue: the order of proposals says when something was reported.
    std::ranges::sort(list.items, [](const WarningItem& a, const WarningItem& b) {
        const auto rank = [](const WarningItem& item) {
            return item.number ? std::pair{1, -static_cast<std::int64_t>(*item.number)}
                   : item.stage == Stage::proposed ? std::pair{0, std::int64_t{0}}
                                                   : std::pair{2, std::int64_t{0}};
        };
        return std::pair(rank(a), a.id.text) < std::pair(rank(b), b.id.text);
    });
    return list;
}

Result<WarningItem> one_warning(const State& state, const council::State& council,
                                const Principal& reader, Language language, const WarningId& id) {
    if (const auto* warning = state.find(id))
        if (auto item = item_of(state, *warning, council, reader, language))
            return std::move(*item);
    return fail(ErrorKind::not_found, "watch.warnings.unknown");
}

SightingList list_sightings(const State& state, const council::State& council,
                            const Principal& reader, Language language) {
    SightingList list;
    const bool moderator = moderates(council, reader);
    // What a detection reported is the member's own until a warning comes of it.
    for (const auto& [id, sighting] : state.sightings())
        if (speaks_for(reader, sighting.member) ||
            (moderator && sighting.warn_others && (!sighting.of_case || sighting.warning)))
            list.items.push_back({id, sighting.member, council.name_of(sighting.member, language),
                                  sighting.kind, sighting.sign, sighting.what, sighting.seen_at,
                                  sighting.warn_others, sighting.warning.has_value(),
                                  sighting.of_case});
    std::ranges::sort(list.items, [](const SightingItem& a, const SightingItem& b) {
        return std::tie(b.seen_at, a.id) < std::tie(a.seen_at, b.id);
    });
    return list;
}

}  // namespace noroshi::watch::warnings
