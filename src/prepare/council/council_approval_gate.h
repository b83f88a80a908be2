#pragma once
// How a room asks for an approval (決裁) before it carries out what an organisation's form lists. What may
// be unable to wait goes ahead with the reason, and a sheet is drafted at that moment that says so and goes
// through the boxes afterwards (事後).

#include <string>

#include "prepare/council/council_approval.h"

namespace noroshi::prepare::council {

// Whether this has to be approved before it is carried out, and where its sheet stands.
struct ApprovalNeed {
    const ApprovalBox* box = nullptr;  // that decides; null: nobody asks for an approval
    const Approval* sheet = nullptr;   // the one decided, else the newest that is not withdrawn
    bool is_decided() const { return sheet != nullptr && sheet->state == ApprovalState::decided; }
    // Carried out already, because it could not wait, and on its way through the boxes.
    bool is_under_way_after() const {
        return sheet != nullptr && sheet->done_at && sheet->state == ApprovalState::waiting;
    }
    bool goes_ahead() const { return box == nullptr || is_decided() || is_under_way_after(); }
};
ApprovalNeed need_of(const ApprovalBook& book, const OrganisationId& organisation,
                     ApprovalSubject subject, const std::string& record);

// Inside a command, before anything is recorded. Goes ahead when nothing is needed or it is decided;
// with `draft.urgency` it goes ahead and the sheet is drafted now. Errors: conflict
// prepare.council.approval_needed_or_urgent {box, record} at /urgency; those of Approvals::ask().
Result<> check_or_draft(Approvals& approvals, journal::Recorder& recorder, const Principal& by,
                        ApprovalDraft draft);

// Of the organisations in which this person has a role the port manager's, else their own.
OrganisationId speaks_for_port(const State& council, const Principal& person);

}  // namespace noroshi::prepare::council
