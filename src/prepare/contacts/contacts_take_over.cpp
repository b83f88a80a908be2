#include <algorithm>

#include "kernel/journal/record.h"
#include "prepare/contacts/contacts.h"
#include "prepare/contacts/contacts_import.h"

namespace noroshi::prepare::contacts {

Result<> Contacts::take_over(journal::Recorder& recorder, const ImportPlan& plan) {
    std::vector<PersonId> people;  // by row
    for (const auto& row : plan.rows) {
        auto id = row.person;
        if (row.action == ImportAction::add) {
            TRY_LET(id, council_.register_person(recorder, row.draft,
                                                 {{row.organisation, Role::member}}));
        } else if (std::ranges::any_of(row.differences, [](const Difference& one) {
                       return one.field == ImportField::kana || one.field == ImportField::language;
                   })) {
            TRY(council_.change_person(recorder, id, row.draft));
        }
        people.push_back(id);
        if (!row.contact) continue;
        // Somebody who is only just registered is not in the state yet, nor are their organisations.
        TRY_LET(const auto fact, contact_of(id, *row.contact));
        auto visibility = private_to(id);
        visibility.organisations.push_back(row.organisation);
        std::ranges::sort(visibility.organisations);
        const auto rest = std::ranges::unique(visibility.organisations);
        visibility.organisations.erase(rest.begin(), rest.end());
        journal::record(recorder, {stream_of(id), std::move(visibility), {}, {}, {}}, fact);
    }
    for (const auto& [organisation, posts] : plan.lists) {
        const auto before = state_.list(organisation);
        ListChanged fact{organisation, {}, before.weekday_phone, before.night_phone, before.email};
        for (const auto& planned : posts) {
            fact.posts.push_back(planned.post);
            if (planned.added) fact.posts.back().person = people.at(*planned.added);
        }
        journal::record(
            recorder, {list_stream_of(organisation), for_port_and(organisation), {}, {}, {}}, fact);
    }
    return {};
}

}  // namespace noroshi::prepare::contacts
