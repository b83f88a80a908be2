#pragma once
// Approval (決裁): one small way for every room whose decisions need one. A sheet goes from its drafter
// through the boxes of the organisation's form to the one that decides.
//
//   専決        the form says for each subject in which box it is decided; boxes above stay empty
//   代決        a deputy whom the form names stamps in the holder's place, and says why
//   後閲        the holder sees it afterwards; so does whoever was passed over because it could not wait
//   事後        what could not wait at all was done first: the sheet says when and why
//
// Whoever drafted does not decide. Other rooms ask `check()` before they carry out what an
// organisation's form lists; an organisation without a form goes on as before.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kernel/identity/principal.h"
#include "kernel/journal/journal.h"
#include "kernel/result.h"
#include "prepare/council/council.h"
#include "prepare/council/council_approval_facts.h"

namespace noroshi::prepare::council {

inline constexpr std::size_t most_boxes = 8;
inline constexpr std::size_t most_deputies = 10;

struct ApprovalForm {
    OrganisationId organisation;
    std::vector<ApprovalBox> boxes;
    std::vector<DecidedIn> decided_in;
};

enum class ApprovalState { waiting, decided, returned, withdrawn };
BOOST_DESCRIBE_ENUM(ApprovalState, waiting, decided, returned, withdrawn)

struct ApprovalStamp {
    PersonId by;
    Instant at;
    bool as_deputy = false;
    std::string absence;
    std::string remark;
};
struct ApprovalReview {
    PersonId by;
    Instant at;
    std::string remark;
};
struct ApprovalStep {
    ApprovalBox box;
    std::optional<ApprovalStamp> stamp;
    std::optional<ApprovalReview> review;
};
struct Approval {
    std::string id;
    OrganisationId organisation;
    std::uint32_t number = 0;
    ApprovalSubject subject = ApprovalSubject::other;
    std::string record;
    std::string title;
    std::string text;
    std::vector<ApprovalStep> steps;
    std::size_t decides = 0;
    PersonId drafted_by;
    Instant drafted_at;
    std::optional<Instant> done_at;
    std::string urgency;
    ApprovalState state = ApprovalState::waiting;
    std::optional<Instant> ended_at;
    std::size_t returned_in = 0;
    PersonId returned_by;
    std::string reason;

    bool is_delegated() const { return decides + 1 < steps.size(); }  // 専決
    // Nobody's, or the first that has no stamp, up to the one that decides.
    std::optional<std::size_t> next() const;
    // Shown to the holder afterwards, and not yet: stamped by a deputy, or passed over.
    bool owes_review(std::size_t step) const;
    // What this person could stamp now; of several the highest.
    std::optional<std::size_t> stampable_by(const PersonId& person) const;
    bool waits_for(const PersonId& person) const;  // to stamp in turn, or to see afterwards
};

class ApprovalBook {
public:
    void attach(journal::Listeners& side);
    const ApprovalForm* form_of(const OrganisationId& organisation) const;
    const Approval* find(const std::string& id) const;
    std::vector<const Approval*> of(const OrganisationId& organisation) const;  // newest first
    std::uint32_t next_number(const OrganisationId& organisation) const;

private:
    std::map<OrganisationId, ApprovalForm> forms_;
    std::map<std::string, Approval> all_;
    std::map<OrganisationId, std::uint32_t> numbers_;
};

struct ApprovalDraft {
    OrganisationId organisation;
    ApprovalSubject subject = ApprovalSubject::other;
    std::string record;
    std::string title;
    std::string text;
    std::optional<Instant> done_at;
    std::string urgency;
};
struct StampDraft {
    std::optional<std::uint32_t> box;  // else the highest that is theirs
    std::string absence;
    std::string remark;
};

class Approvals {
public:
    // Before Journal::start(); the council must outlive it.
    Approvals(journal::Journal& journal, const Council& council);

    const ApprovalBook& book() const { return pending_; }    // journal's thread
    const ApprovalBook& view() const { return published_; }  // under Journal::read
    const Council& council() const { return council_; }
    Instant now() const { return journal_.clock().now(); }

    // Inside a command. Errors: prepare.council.approval_*, with the pointer of the field.
    Result<> set_form(journal::Recorder& recorder, const Principal& by, ApprovalForm form);
    Result<std::string> ask(journal::Recorder& recorder, const Principal& by,
                            const ApprovalDraft& draft);
    // forbidden approval_two_people when who drafted would decide; conflict approval_not_yet when a
    // box below is empty and no reason is given.
    Result<> stamp(journal::Recorder& recorder, const Principal& by, const std::string& approval,
                   const StampDraft& draft);
    Result<> review(journal::Recorder& recorder, const Principal& by, const std::string& approval,
                    std::uint32_t box, std::string_view remark);
    Result<> give_back(journal::Recorder& recorder, const Principal& by,
                       const std::string& approval, std::string_view reason);
    Result<> withdraw(journal::Recorder& recorder, const Principal& by,
                      const std::string& approval);

    // Whether what an organisation's form lists has been decided. On the journal's thread.
    // Errors: conflict prepare.council.approval_needed {title of the box that decides}.
    Result<> check(const OrganisationId& organisation, ApprovalSubject subject,
                   const std::string& record) const;

private:
    Result<const Approval*> waiting(const Principal& by, const std::string& approval) const;

    journal::Journal& journal_;
    const Council& council_;
    ApprovalBook pending_;
    ApprovalBook published_;
};

bool belongs_to(const Principal& person, const OrganisationId& organisation);

}  // namespace noroshi::prepare::council
