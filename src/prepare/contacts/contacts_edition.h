#pragma once
// Editions (版) of the contact scheme: what lists, contacts and the scheme were when an edition was
// proposed, kept apart from what they became; approved by somebody else than the proposer, issued
// under its number, and its receipt confirmed by each organisation. Guideline 3.1.2, 3.1.1.
//
// The content is not in the facts: it is what the state was at the fact that proposed it, folded again
// at every start. So no personal data is copied, and whoever is erased is gone from every edition.
// Pure.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "prepare/contacts/contacts_duty.h"
#include "prepare/contacts/contacts_facts.h"

namespace noroshi::prepare::contacts {

struct Contact;
struct List;

struct EditionContent {
    std::map<OrganisationId, List> lists;
    std::map<PersonId, Contact> contacts;  // of people on the lists
    std::vector<Flow> flows;
};
// SHA-256 over all of it, in hex: the same content has the same digest.
std::string digest_of(const EditionContent& content);

enum class EditionState { proposed, approved, rejected, issued };
BOOST_DESCRIBE_ENUM(EditionState, proposed, approved, rejected, issued)

struct Receipt {
    PersonId person;
    Instant at;
    ConfirmedBy by = ConfirmedBy::signed_in;
};

struct Edition {
    int number = 0;
    std::string title;
    std::string note;
    EditionState state = EditionState::proposed;
    PersonId proposed_by;
    Instant proposed_at;
    PersonId decided_by;  // who approved or rejected
    std::optional<Instant> decided_at;
    std::string reason;  // of a rejection
    PersonId issued_by;
    std::optional<Instant> issued_at;
    std::vector<OrganisationId> to_confirm;
    std::map<OrganisationId, Receipt> receipts;
    std::shared_ptr<EditionContent> content;
};

enum class ChangeKind {
    organisation_added,
    organisation_removed,
    desk_changed,  // field, before, after
    person_added,
    person_removed,
    order_changed,    // of the organisation's people
    post_changed,     // person, field, before, after
    contact_changed,  // person, field, before, after: personal
    flow_added,
    flow_removed,
    flow_changed,  // field, before, after
    arrow_added,   // flow, organisation (who tells), other (who is told)
    arrow_removed
};
BOOST_DESCRIBE_ENUM(ChangeKind, organisation_added, organisation_removed, desk_changed,
                    person_added, person_removed, order_changed, post_changed, contact_changed,
                    flow_added, flow_removed, flow_changed, arrow_added, arrow_removed)

struct Change {
    ChangeKind kind = ChangeKind::post_changed;
    OrganisationId organisation{};
    std::optional<PersonId> person{};
    std::string flow{};
    OrganisationId other{};
    std::string field{};
    std::string before{};
    std::string after{};
    friend bool operator==(const Change&, const Change&) = default;
};
// By organisation, then people in the order of the new list, then flows. Empty: the same.
std::vector<Change> changes_between(const EditionContent& before, const EditionContent& after);

}  // namespace noroshi::prepare::contacts
