#pragma once
// Approval (決裁) on paper's terms: who drafted, through whose boxes it went, who decided, in whose
// place, and what was shown to whom afterwards. Streams: prepare/council/approval_forms/<organisation>,
// prepare/council/approvals/<id>.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "kernel/identity/id.h"
#include "kernel/journal/retention.h"
#include "kernel/time/time.h"

namespace noroshi::prepare::council {

// What is approved. A form says for each who decides.
enum class ApprovalSubject { notice, report, edition, disclosure, disposal, other };
BOOST_DESCRIBE_ENUM(ApprovalSubject, notice, report, edition, disclosure, disposal, other)

struct ApprovalBox {
    std::string name;  // 係長
    std::string name_en;
    std::optional<PersonId> holder;  // absent: the post is vacant
    std::vector<PersonId> deputies;  // who may decide in the holder's place, 代決
};
BOOST_DESCRIBE_STRUCT(ApprovalBox, (), (name, name_en, holder, deputies))

// 専決: this subject is decided in this box, and does not go further up. A subject that is named here
// needs an approval before the room it belongs to carries it out.
struct DecidedIn {
    ApprovalSubject subject = ApprovalSubject::other;
    std::uint32_t box = 0;
};
BOOST_DESCRIBE_STRUCT(DecidedIn, (), (subject, box))

struct ApprovalFormSet {
    static constexpr std::string_view kind = "prepare.council.approval_form_set";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::membership;

    OrganisationId organisation;
    std::vector<ApprovalBox> boxes;  // from the drafter's chief upwards; the drafter has one before
    std::vector<DecidedIn> decided_in;
};
BOOST_DESCRIBE_STRUCT(ApprovalFormSet, (), (organisation, boxes, decided_in))

struct ApprovalAsked {
    static constexpr std::string_view kind = "prepare.council.approval_asked";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string approval;
    OrganisationId organisation;
    std::uint32_t number = 0;  // of the organisation's sheets
    ApprovalSubject subject = ApprovalSubject::other;
    std::optional<std::string> record;  // what it is about: the id that the room gave it
    std::string title;
    std::string text;
    std::vector<ApprovalBox> boxes;  // as the form was then
    std::uint32_t decides = 0;       // index among them
    // It was done already, because it could not wait; since when, and why.
    std::optional<Instant> done_at;
    std::optional<std::string> urgency;
};
BOOST_DESCRIBE_STRUCT(ApprovalAsked, (),
                      (approval, organisation, number, subject, record, title, text, boxes, decides,
                       done_at, urgency))

// Boxes below that are still empty are passed over: shown to their holders afterwards.
struct ApprovalStamped {
    static constexpr std::string_view kind = "prepare.council.approval_stamped";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string approval;
    std::uint32_t box = 0;
    bool as_deputy = false;
    std::optional<std::string> absence;  // why not by the holder, or why not in order
    std::optional<std::string> remark;
};
BOOST_DESCRIBE_STRUCT(ApprovalStamped, (), (approval, box, as_deputy, absence, remark))

// 後閲: the holder of a box that a deputy stamped, or that was passed over, has seen it.
struct ApprovalReviewed {
    static constexpr std::string_view kind = "prepare.council.approval_reviewed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string approval;
    std::uint32_t box = 0;
    std::optional<std::string> remark;
};
BOOST_DESCRIBE_STRUCT(ApprovalReviewed, (), (approval, box, remark))

struct ApprovalReturned {
    static constexpr std::string_view kind = "prepare.council.approval_returned";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string approval;
    std::uint32_t box = 0;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(ApprovalReturned, (), (approval, box, reason))

struct ApprovalWithdrawn {
    static constexpr std::string_view kind = "prepare.council.approval_withdrawn";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string approval;
};
BOOST_DESCRIBE_STRUCT(ApprovalWithdrawn, (), (approval))

}  // namespace noroshi::prepare::council
