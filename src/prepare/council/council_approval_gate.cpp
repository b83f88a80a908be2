#include "prepare/council/council_approval_gate.h"

#include <algorithm>

#include "kernel/i18n/line.h"

namespace noroshi::prepare::council {

ApprovalNeed need_of(const ApprovalBook& book, const OrganisationId& organisation,
                     ApprovalSubject subject, const std::string& record) {
    const auto* form = book.form_of(organisation);
    if (form == nullptr) return {};
    const auto needed = std::ranges::find(form->decided_in, subject, &DecidedIn::subject);
    if (needed == form->decided_in.end()) return {};
    ApprovalNeed need{&form->boxes[needed->box], nullptr};
    for (const auto* one : book.of(organisation)) {
        if (one->subject != subject || one->record != record ||
            one->state == ApprovalState::withdrawn)
            continue;
        if (one->state == ApprovalState::decided) return {need.box, one};
        if (need.sheet == nullptr) need.sheet = one;
    }
    return need;
}

Result<> check_or_draft(Approvals& approvals, journal::Recorder& recorder, const Principal& by,
                        ApprovalDraft draft) {
    const auto need = need_of(approvals.book(), draft.organisation, draft.subject, draft.record);
    if (need.goes_ahead()) return {};
    if (i18n::trimmed(draft.urgency).empty())
        return fail(ErrorKind::conflict, "prepare.council.approval_needed_or_urgent",
                    {{"box", need.box->name}, {"record", draft.record}}, "/urgency");
    draft.done_at = recorder.now();
    TRY(approvals.ask(recorder, by, draft));
    return {};
}

OrganisationId speaks_for_port(const State& council, const Principal& person) {
    for (const auto& role : person.roles) {
        const auto* organisation = council.find(role.organisation);
        if (role.role != Role::observer && organisation != nullptr &&
            organisation->kind == OrganisationKind::port_manager)
            return role.organisation;
    }
    return person.organisation;
}

}  // namespace noroshi::prepare::council
