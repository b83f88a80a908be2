#include "prepare/council/council_approval.h"

#include <algorithm>

#include "kernel/i18n/line.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"

namespace noroshi::prepare::council {

namespace {

constexpr std::size_t text_limit = 5000;

journal::Place place_of_form(const OrganisationId& organisation) {
    return {"prepare/council/approval_forms/" + organisation.text,
            Visibility{Tlp::amber_strict, {organisation}, {}},
            {},
            {},
            {}};
}
journal::Place place_of(const std::string& approval, const OrganisationId& organisation) {
    return {"prepare/council/approvals/" + approval,
            Visibility{Tlp::amber_strict, {organisation}, {}},
            {},
            {},
            {}};
}

bool may_stamp(const ApprovalBox& box, const PersonId& person) {
    return box.holder == person || std::ranges::count(box.deputies, person) > 0;
}

std::optional<std::string> unless_empty(std::string text) {
    if (text.empty()) return {};
    return text;
}

std::unexpected<Error> unknown() {
    return fail(ErrorKind::not_found, "prepare.council.approval_unknown");
}

}  // namespace

bool belongs_to(const Principal& person, const OrganisationId& organisation) {
    return std::ranges::any_of(
        person.roles, [&](const RoleIn& role) { return role.organisation == organisation; });
}

// ---- one sheet -----------------------------------------------------------------------------

std::optional<std::size_t> Approval::next() const {
    if (state != ApprovalState::waiting) return {};
    for (std::size_t i = 0; i <= decides; ++i)
        if (!steps[i].stamp) return i;
    return {};
}

bool Approval::owes_review(std::size_t step) const {
    const auto& one = steps[step];
    if (!one.box.holder || one.review || state == ApprovalState::returned ||
        state == ApprovalState::withdrawn)
        return false;
    if (one.stamp) return one.stamp->as_deputy;
    // Passed over: a box above has its stamp.
    for (std::size_t i = step + 1; i <= decides && i < steps.size(); ++i)
        if (steps[i].stamp) return step < decides;
    return false;
}

std::optional<std::size_t> Approval::stampable_by(const PersonId& person) const {
    if (state != ApprovalState::waiting) return {};
    for (std::size_t i = decides + 1; i-- > 0;) {
        if (steps[i].stamp) break;  // what is above a stamp is empty, what is below was passed
        if (may_stamp(steps[i].box, person) && !(i == decides && person == drafted_by)) return i;
    }
    return {};
}

bool Approval::waits_for(const PersonId& person) const {
    if (const auto at = next();
        at && may_stamp(steps[*at].box, person) && !(*at == decides && person == drafted_by))
        return true;
    for (std::size_t i = 0; i < steps.size(); ++i)
        if (owes_review(i) && steps[i].box.holder == person) return true;
    return false;
}

// ---- the book ------------------------------------------------------------------------------

void ApprovalBook::attach(journal::Listeners& side) {
    using journal::Live;
    journal::listen_live<ApprovalFormSet>(side, [this](Live<ApprovalFormSet> fact) {
        forms_[fact.body.organisation] = {fact.body.organisation, fact.body.boxes,
                                          fact.body.decided_in};
    });
    journal::listen_live<ApprovalAsked>(side, [this](Live<ApprovalAsked> fact) {
        const auto& body = fact.body;
        auto& one = all_[body.approval];
        one.id = body.approval;
        one.organisation = body.organisation;
        one.number = body.number;
        one.subject = body.subject;
        one.record = body.record.value_or("");
        one.title = body.title;
        one.text = body.text;
        for (const auto& box : body.boxes) one.steps.push_back({box, {}, {}});
        one.decides = body.decides;
        one.drafted_by = PersonId{std::string(fact.at.actor)};
        one.drafted_at = fact.at.entry_time;
        one.done_at = body.done_at;
        one.urgency = body.urgency.value_or("");
        auto& last = numbers_[body.organisation];
        last = std::max(last, body.number);
    });
    journal::listen_live<ApprovalStamped>(side, [this](Live<ApprovalStamped> fact) {
        const auto& body = fact.body;
        auto& one = all_[body.approval];
        if (body.box >= one.steps.size()) return;
        one.steps[body.box].stamp =
            ApprovalStamp{PersonId{std::string(fact.at.actor)}, fact.at.entry_time, body.as_deputy,
                          body.absence.value_or(""), body.remark.value_or("")};
        if (body.box != one.decides) return;
        one.state = ApprovalState::decided;
        one.ended_at = fact.at.entry_time;
    });
    journal::listen_live<ApprovalReviewed>(side, [this](Live<ApprovalReviewed> fact) {
        auto& one = all_[fact.body.approval];
        if (fact.body.box >= one.steps.size()) return;
        one.steps[fact.body.box].review =
            ApprovalReview{PersonId{std::string(fact.at.actor)}, fact.at.entry_time,
                           fact.body.remark.value_or("")};
    });
    journal::listen_live<ApprovalReturned>(side, [this](Live<ApprovalReturned> fact) {
        auto& one = all_[fact.body.approval];
        one.state = ApprovalState::returned;
        one.ended_at = fact.at.entry_time;
        one.returned_in = fact.body.box;
        one.returned_by = PersonId{std::string(fact.at.actor)};
        one.reason = fact.body.reason;
    });
    journal::listen_live<ApprovalWithdrawn>(side, [this](Live<ApprovalWithdrawn> fact) {
        auto& one = all_[fact.body.approval];
        one.state = ApprovalState::withdrawn;
        one.ended_at = fact.at.entry_time;
    });
    side.on_reset([this] {
        forms_.clear();
        all_.clear();
        numbers_.clear();
    });
}

const ApprovalForm* ApprovalBook::form_of(const OrganisationId& organisation) const {
    const auto found = forms_.find(organisation);
    return found == forms_.end() || found->second.boxes.empty() ? nullptr : &found->second;
}

const Approval* ApprovalBook::find(const std::string& id) const {
    const auto found = all_.find(id);
    return found == all_.end() ? nullptr : &found->second;
}

std::vector<const Approval*> ApprovalBook::of(const OrganisationId& organisation) const {
    std::vector<const Approval*> some;
    for (const auto& [id, one] : all_)
        if (one.organisation == organisation) some.push_back(&one);
    std::ranges::sort(some, std::ranges::greater{}, &Approval::number);
    return some;
}

std::uint32_t ApprovalBook::next_number(const OrganisationId& organisation) const {
    const auto found = numbers_.find(organisation);
    return found == numbers_.end() ? 1 : found->second + 1;
}

// ---- decisions -----------------------------------------------------------------------------

Approvals::Approvals(journal::Journal& journal, const Council& council)
    : journal_(journal), council_(council) {
    pending_.attach(journal.pending());
    published_.attach(journal.published());
}

Result<> Approvals::set_form(journal::Recorder& recorder, const Principal& by, ApprovalForm form) {
    const auto& state = council_.state();
    // The role has to be held there: an administrator elsewhere is a mere member here.
    const bool keeps = std::ranges::any_of(by.roles, [&](const RoleIn& role) {
        return role.organisation == form.organisation &&
               (role.role == Role::administrator || role.role == Role::leader);
    });
    if (state.find(form.organisation) == nullptr || !keeps)
        return fail(ErrorKind::forbidden, "prepare.council.approval_not_yours");
    if (form.boxes.size() > most_boxes)
        return invalid("prepare.council.approval_boxes", "/boxes",
                       {{"most", std::to_string(most_boxes)}});
    const auto is_ours = [&](const PersonId& person) {
        const auto found = state.find_person(person);
        return found && belongs_to(*found, form.organisation);
    };
    for (std::size_t i = 0; i < form.boxes.size(); ++i) {
        auto& box = form.boxes[i];
        const auto pointer = "/boxes/" + std::to_string(i);
        TRY_LET(box.name, i18n::line(box.name, 20, pointer + "/name"));
        TRY_LET(box.name_en,
                i18n::line(box.name_en, 40, pointer + "/name_en", i18n::Empty::allowed));
        if (box.holder && !is_ours(*box.holder))
            return invalid("prepare.council.approval_stranger", pointer + "/holder");
        if (box.deputies.size() > most_deputies)
            return invalid("prepare.council.approval_boxes", pointer + "/deputies",
                           {{"most", std::to_string(most_deputies)}});
        for (std::size_t k = 0; k < box.deputies.size(); ++k)
            if (!is_ours(box.deputies[k]) || box.holder == box.deputies[k])
                return invalid("prepare.council.approval_stranger",
                               pointer + "/deputies/" + std::to_string(k));
    }
    for (std::size_t i = 0; i < form.decided_in.size(); ++i) {
        const auto pointer = "/decided_in/" + std::to_string(i);
        if (form.decided_in[i].box >= form.boxes.size())
            return invalid("prepare.council.approval_no_such_box", pointer + "/box");
        for (std::size_t k = 0; k < i; ++k)
            if (form.decided_in[k].subject == form.decided_in[i].subject)
                return invalid("prepare.council.approval_subject_twice", pointer + "/subject");
    }
    journal::record(
        recorder, place_of_form(form.organisation),
        ApprovalFormSet{form.organisation, std::move(form.boxes), std::move(form.decided_in)});
    return {};
}

Result<std::string> Approvals::ask(journal::Recorder& recorder, const Principal& by,
                                   const ApprovalDraft& draft) {
    if (!belongs_to(by, draft.organisation))
        return fail(ErrorKind::forbidden, "prepare.council.approval_not_yours", {},
                    "/organisation");
    const auto* form = pending_.form_of(draft.organisation);
    if (form == nullptr) return fail(ErrorKind::conflict, "prepare.council.approval_no_form");
    TRY_LET(auto title, i18n::line(draft.title, 200, "/title"));
    TRY_LET(auto record, i18n::line(draft.record, 300, "/record", i18n::Empty::allowed));
    TRY_LET(const auto length, i18n::length(draft.text, "/text"));
    if (length > text_limit)
        return invalid("kernel.i18n.too_long", "/text", {{"limit", std::to_string(text_limit)}});
    TRY_LET(auto urgency, i18n::line(draft.urgency, 500, "/urgency",
                                     draft.done_at ? i18n::Empty::refused : i18n::Empty::allowed));
    if (draft.done_at && *draft.done_at > recorder.now())
        return invalid("prepare.council.approval_done_later", "/done_at");
    std::uint32_t decides = static_cast<std::uint32_t>(form->boxes.size()) - 1;
    for (const auto& one : form->decided_in)
        if (one.subject == draft.subject) decides = one.box;
    const auto id = recorder.random().identifier();
    journal::record(recorder, place_of(id, draft.organisation),
                    ApprovalAsked{id, draft.organisation, pending_.next_number(draft.organisation),
                                  draft.subject, unless_empty(std::move(record)), std::move(title),
                                  draft.text, form->boxes, decides, draft.done_at,
                                  draft.done_at ? unless_empty(std::move(urgency)) : std::nullopt});
    return id;
}

Result<const Approval*> Approvals::waiting(const Principal& by, const std::string& approval) const {
    const auto* one = pending_.find(approval);
    if (one == nullptr || !belongs_to(by, one->organisation)) return unknown();
    if (one->state != ApprovalState::waiting)
        return fail(ErrorKind::conflict, "prepare.council.approval_over");
    return one;
}

Result<> Approvals::stamp(journal::Recorder& recorder, const Principal& by,
                          const std::string& approval, const StampDraft& draft) {
    TRY_LET(const auto* one, waiting(by, approval));
    std::size_t box = 0;
    if (draft.box) {
        box = *draft.box;
        if (box > one->decides || one->steps[box].stamp)
            return fail(ErrorKind::conflict, "prepare.council.approval_over", {}, "/box");
        if (!may_stamp(one->steps[box].box, by.person))
            return fail(ErrorKind::forbidden, "prepare.council.approval_not_your_box", {}, "/box");
        for (std::size_t above = box + 1; above <= one->decides; ++above)
            if (one->steps[above].stamp)  // passed over: it is to be seen afterwards
                return fail(ErrorKind::conflict, "prepare.council.approval_passed_over", {},
                            "/box");
    } else {
        const bool alone =
            one->drafted_by == by.person && may_stamp(one->steps[one->decides].box, by.person);
        const auto found = one->stampable_by(by.person);
        if (!found)
            return fail(ErrorKind::forbidden, alone ? "prepare.council.approval_two_people"
                                                    : "prepare.council.approval_not_your_box");
        box = *found;
    }
    if (box == one->decides && one->drafted_by == by.person)
        return fail(ErrorKind::forbidden, "prepare.council.approval_two_people");
    const bool as_deputy = one->steps[box].box.holder != by.person;
    std::string missing;
    for (std::size_t below = 0; below < box; ++below)
        if (!one->steps[below].stamp && missing.empty()) missing = one->steps[below].box.name;
    TRY_LET(auto absence, i18n::line(draft.absence, 300, "/absence", i18n::Empty::allowed));
    if (as_deputy && absence.empty())
        return invalid("prepare.council.approval_why_deputy", "/absence",
                       {{"box", one->steps[box].box.name}});
    if (!missing.empty() && absence.empty())
        return fail(ErrorKind::conflict, "prepare.council.approval_not_yet", {{"box", missing}},
                    "/absence");
    TRY_LET(auto remark, i18n::line(draft.remark, 500, "/remark", i18n::Empty::allowed));
    journal::record(
        recorder, place_of(approval, one->organisation),
        ApprovalStamped{approval, static_cast<std::uint32_t>(box), as_deputy,
                        unless_empty(std::move(absence)), unless_empty(std::move(remark))});
    return {};
}

Result<> Approvals::review(journal::Recorder& recorder, const Principal& by,
                           const std::string& approval, std::uint32_t box,
                           std::string_view remark) {
    const auto* one = pending_.find(approval);
    if (one == nullptr || !belongs_to(by, one->organisation)) return unknown();
    if (box >= one->steps.size() || !one->owes_review(box))
        return fail(ErrorKind::conflict, "prepare.council.approval_nothing_to_review", {}, "/box");
    if (one->steps[box].box.holder != by.person)
        return fail(ErrorKind::forbidden, "prepare.council.approval_not_your_box", {}, "/box");
    TRY_LET(auto said, i18n::line(remark, 500, "/remark", i18n::Empty::allowed));
    journal::record(recorder, place_of(approval, one->organisation),
                    ApprovalReviewed{approval, box, unless_empty(std::move(said))});
    return {};
}

Result<> Approvals::give_back(journal::Recorder& recorder, const Principal& by,
                              const std::string& approval, std::string_view reason) {
    TRY_LET(const auto* one, waiting(by, approval));
    std::optional<std::uint32_t> box;
    for (std::uint32_t i = 0; i <= one->decides; ++i)
        if (may_stamp(one->steps[i].box, by.person)) box = i;
    if (!box) return fail(ErrorKind::forbidden, "prepare.council.approval_not_your_box");
    TRY_LET(auto why, i18n::line(reason, 500, "/reason"));
    journal::record(recorder, place_of(approval, one->organisation),
                    ApprovalReturned{approval, *box, std::move(why)});
    return {};
}

Result<> Approvals::withdraw(journal::Recorder& recorder, const Principal& by,
                             const std::string& approval) {
    TRY_LET(const auto* one, waiting(by, approval));
    if (one->drafted_by != by.person)
        return fail(ErrorKind::forbidden, "prepare.council.approval_not_yours");
    journal::record(recorder, place_of(approval, one->organisation), ApprovalWithdrawn{approval});
    return {};
}

Result<> Approvals::check(const OrganisationId& organisation, ApprovalSubject subject,
                          const std::string& record) const {
    const auto* form = pending_.form_of(organisation);
    if (form == nullptr) return {};
    const auto needed = std::ranges::find(form->decided_in, subject, &DecidedIn::subject);
    if (needed == form->decided_in.end()) return {};
    for (const auto* one : pending_.of(organisation))
        if (one->subject == subject && one->record == record &&
            one->state == ApprovalState::decided)
            return {};
    return fail(ErrorKind::conflict, "prepare.council.approval_needed",
                {{"box", form->boxes[needed->box].name}, {"record", record}});
}

}  // namespace noroshi::prepare::council
