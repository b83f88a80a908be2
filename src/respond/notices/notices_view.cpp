#include "respond/notices/notices_view.h"

#include <algorithm>

#include "kernel/i18n/i18n.h"

namespace noroshi::respond::notices {

NoticeItem View::item_of(const Notice& notice, const Principal& reader) const {
    NoticeItem item;
    item.id = notice.id;
    item.version = notice.version;
    item.drill = !notice.world.is_live();
    if (item.drill) item.exercise = notice.world.exercise;
    item.current = notice.is_current();
    item.organisation = notice.organisation;
    const auto names = [&](const std::vector<PersonId>& people) {
        std::vector<std::string> out;
        for (const auto& person : people) out.push_back(council_.name_of(person, reader.language));
        return out;
    };
    for (const auto& edition : notice.editions)
        item.editions.push_back({edition.published.edition, edition.at,
                                 council_.name_of(edition.approved_by, reader.language),
                                 names(edition.published.authors), edition.published.content});
    if (!may_see(reader.viewer, *notice.visibility)) return item;
    item.incident = notice.incident;
    if (!notice.hold.empty()) item.hold = notice.hold;
    if (!notice.consulted.empty()) item.consulted = notice.consulted;
    if (notice.draft) {
        DraftItem draft;
        draft.content = *notice.draft;
        draft.drafted_at = notice.drafted_at;
        draft.authors = names(notice.authors);
        draft.agreed.assign(notice.agreed.begin(), notice.agreed.end());
        draft.agreements_missing = agreements_missing(*this, port_, notice);
        if (!notice.returned.empty()) draft.returned = notice.returned;
        draft.mine = std::ranges::find(notice.authors, reader.person) != notice.authors.end();
        item.draft = std::move(draft);
    }
    return item;
}

NoticeItems View::list(const Principal& reader) const {
    NoticeItems list;
    std::vector<NoticeItem> rest;
    for (const auto* notice : notices()) {
        const bool sees = may_see(reader.viewer, *notice->visibility);
        // An exercise's notice is for those who take part.
        if (!sees && (notice->editions.empty() || !notice->world.is_live()))
            ++list.hidden;
        else if (auto item = item_of(*notice, reader); item.draft)
            list.items.push_back(std::move(item));
        else
            rest.push_back(std::move(item));
    }
    std::ranges::move(rest, std::back_inserter(list.items));
    return list;
}

std::optional<NoticeItem> View::item(const NoticeId& id, const Principal& reader) const {
    const auto* notice = find(id);
    if (notice == nullptr) return {};
    if (!may_see(reader.viewer, *notice->visibility) &&
        (notice->editions.empty() || !notice->world.is_live()))
        return {};
    return item_of(*notice, reader);
}

DeskItem View::desk_item(Language language) const {
    DeskItem item;
    item.version = desk_version();
    for (const auto& one : spokespersons())
        item.spokespersons.push_back(
            {one.person, council_.name_of(one.person, language), one.phone});
    if (desk())
        item.desk = DeskInWords{desk()->name,  desk()->name_en, desk()->phone,
                                desk()->email, desk()->hours,   desk()->hours_en};
    for (const auto* terminal : port_.terminals())
        item.divisions.push_back(
            {terminal->id, terminal->operator_, topics_of_operator(terminal->id)});
    const auto missing = [&](std::string key, Severity severity, const Arguments& arguments = {}) {
        std::string detail = i18n::text(language, "respond.notices.readiness." + key, arguments);
        item.readiness.push_back({std::move(key), severity, std::move(detail)});
    };
    // Guideline 3.3.2: whoever speaks to the press can be ill, on leave or asleep.
    std::size_t able = 0;
    for (const auto& one : spokespersons()) {
        const auto* person = council_.find(one.person);
        if (person != nullptr && !person->erased) ++able;
    }
    if (able < 2) missing("two_spokespersons", Severity::error, {{"n", std::to_string(able)}});
    if (!desk()) missing("no_desk", Severity::error);
    if (desk() && desk()->phone.empty()) missing("desk_without_phone", Severity::warning);
    if (std::ranges::none_of(item.divisions,
                             [](const DivisionItem& one) { return !one.operators.empty(); }))
        missing("roles_not_divided", Severity::warning);
    std::size_t approvers = 0;
    for (const auto* person : council_.people()) {
        const bool one = std::ranges::any_of(person->roles, [&](const RoleIn& role) {
            const auto* organisation = council_.find(role.organisation);
            return organisation != nullptr &&
                   organisation->kind == council::OrganisationKind::port_manager &&
                   std::ranges::find(roles_that_approve(), role.role) != roles_that_approve().end();
        });
        if (one) ++approvers;
    }
    if (approvers < 2)
        missing("two_approvers", Severity::error, {{"n", std::to_string(approvers)}});
    return item;
}

}  // namespace noroshi::respond::notices
