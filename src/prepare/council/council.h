#pragma once
// Guideline 3.1.1 会議体, its first part: which organisations the port consists of, who its people
// are, and which role they have in which organisation. Everybody else asks here who somebody is.
//
// State is the pending side (the journal's thread only), View (council_view.h) the published one;
// both answer as the kernel's Directory. Decisions are pure: what is asked for against what is
// there, giving the fact to record. The Council's own verbs decide and record in one go; they run
// inside a command.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/identity/address_book.h"
#include "kernel/identity/principal.h"
#include "kernel/journal/journal.h"
#include "prepare/council/council_facts.h"

namespace noroshi::prepare::council {

struct Organisation {
    OrganisationId id;
    OrganisationKind kind = OrganisationKind::other;
    std::string name;
    std::string name_en;
    std::string kana;
    bool member = false;
    std::vector<OrganisationId> serves;
    std::string contact;
    std::uint64_t version = 0;
};

struct Person {
    PersonId id;
    std::string name;  // empty when erased
    std::string kana;
    std::string login;  // as written; empty: does not sign in
    Language language = Language::ja;
    std::vector<RoleIn> roles;  // in the order given; the first names whom the person speaks for
    bool erased = false;
    std::uint64_t version = 0;
};

// Somebody from outside in one incident.
struct Guest {
    PersonId person;
    IncidentId incident;
    OrganisationId host;
    PersonId invited_by;
    Instant invited_at;
    Instant until;
    bool may_write = false;
};
// A role lent to somebody by two people, because nobody with it can be reached.
struct Emergency {
    std::string id;
    PersonId person;
    OrganisationId organisation;
    Role role = Role::duty_officer;
    std::uint32_t hours = 4;
    std::string reason;
    Instant asked_at;
    PersonId granted_by;           // empty: asked only
    std::optional<Instant> until;  // once granted
    std::optional<Instant> ended_at;
    bool lent = false;  // the person had not had the role anyway
    bool is_open() const { return !ended_at; }
};
// What will change about a person on a day.
struct Arranged {
    std::string id;
    PersonId person;
    Instant at;
    std::vector<RoleIn> gives;
    std::vector<RoleIn> takes;
    bool leaves = false;
};

// What somebody wants an organisation or a person to be.
struct OrganisationDraft {
    OrganisationKind kind = OrganisationKind::other;
    std::string name{};
    std::string name_en{};
    std::string kana{};
    bool member = true;
    std::vector<OrganisationId> serves{};
    std::string contact{};
};
struct PersonDraft {
    std::string name{};
    std::string kana{};
    std::string login{};
    Language language = Language::ja;
};

struct GuestDraft {
    std::string name;
    std::string affiliation;
    Language language = Language::ja;
    Instant until;
    bool may_write = false;
};
struct EmergencyDraft {
    OrganisationId organisation;
    Role role = Role::duty_officer;
    std::uint32_t hours = 4;
    std::string reason;
};
// One line of the transfer list. Joins: a name and a role; leaves: a person (or login) and `until`.
// With an organisation but no `from`, only that role is left.
struct ChangeDraft {
    std::optional<PersonId> person;
    std::string name;
    std::string kana;
    std::string login;
    Language language = Language::ja;
    std::string organisation;  // its id or name
    Role role = Role::member;
    std::optional<Instant> from;   // at once, if not given
    std::optional<Instant> until;  // from then on no longer
};
struct Problem {
    std::size_t row = 0;
    std::string pointer;  // within the row
    std::string key;
    Arguments arguments;
};
struct ChangesMade {
    std::size_t joined = 0;
    std::size_t left = 0;  // will leave
    std::size_t arranged = 0;
    std::vector<Problem> problems;
};
enum class Rehearse { no, yes };

class State : public Directory {
public:
    // Listens to `side`, which is the pending or the published one.
    void attach(journal::Listeners& side);

    const Organisation* find(const OrganisationId& id) const;
    const Person* find(const PersonId& id) const;
    // Sorted by reading, else by name.
    std::vector<const Organisation*> organisations() const;
    std::vector<const Organisation*> organisations_of(OrganisationKind kind) const;
    std::vector<const Person*> people() const;  // without the erased
    std::vector<const Person*> people_of(const OrganisationId& organisation) const;
    std::vector<const Person*> people_with(const OrganisationId& organisation, Role role) const;

    // In the reader's language; an erased person is called so, an unknown id gives "".
    std::string name_of(const OrganisationId& id, Language language) const;
    std::string name_of(const PersonId& id, Language language) const;

    const Guest* find_guest(const PersonId& person) const;
    std::vector<const Guest*> guests_of(const IncidentId& incident) const;
    std::vector<const Emergency*> emergencies() const;  // latest first
    const Emergency* find_emergency(const std::string& id) const;
    std::vector<const Arranged*> arranged() const;  // by day

    Viewer viewer_of(const PersonId& id) const;  // nobody's, if unknown or erased
    bool is_member(const OrganisationId& id) const;

    // Directory. The erased are not found; logins are compared by i18n::fold.
    std::optional<Principal> find_person(const PersonId& id) const override;
    std::optional<PersonId> find_login(std::string_view login) const override;
    std::optional<OrganisationName> find_organisation(const OrganisationId& id) const override;

private:
    void attach_standing(journal::Listeners& side);  // council_standing.cpp
    template <class Fact>
    void put_organisation(const Fact& fact, const journal::Envelope& at);
    template <class Fact>
    void put_person(const Fact& fact, const journal::Envelope& at);

    std::unordered_map<OrganisationId, Organisation> organisations_;
    std::unordered_map<PersonId, Person> people_;
    std::unordered_map<std::string, PersonId> logins_;  // folded
    std::unordered_map<PersonId, Guest> guests_;
    std::unordered_map<std::string, Emergency> emergencies_;
    std::unordered_map<std::string, Arranged> arranged_;
};

// ---- decisions -----------------------------------------------------------------------------
// Errors: invalid, prepare.council.* with the pointer of the field; conflict
// prepare.council.{name_taken, login_taken, person_erased, last_administrator}; not_found
// prepare.council.{unknown_organisation, unknown_person, role_not_held}.

Result<OrganisationRegistered> register_organisation(const State& state, OrganisationId id,
                                                     const OrganisationDraft& draft);
Result<OrganisationChanged> change_organisation(const State& state, const OrganisationId& id,
                                                const OrganisationDraft& draft);
// Two people may have the same name, never the same login.
Result<PersonRegistered> register_person(const State& state, PersonId id, const PersonDraft& draft);
Result<PersonChanged> change_person(const State& state, const PersonId& id,
                                    const PersonDraft& draft);
// Nothing if the person has the role already.
Result<std::optional<RoleGiven>> give_role(const State& state, const PersonId& id,
                                           const RoleIn& role);
Result<RoleTaken> take_role(const State& state, const PersonId& id, const RoleIn& role);
// Nothing if the person was erased before. The last administrator cannot be.
Result<std::optional<PersonErased>> erase_person(const State& state, const PersonId& id);

// ---- the room ------------------------------------------------------------------------------

class View;

class Council {
public:
    // Before Journal::start().
    explicit Council(journal::Journal& journal);
    ~Council();

    const State& state() const { return state_; }  // journal's thread only
    const View& view() const { return *view_; }    // under Journal::read

    // Decide on the pending state and record; `version` is that of If-Match.
    using Version = std::optional<std::uint64_t>;
    Result<OrganisationId> register_organisation(journal::Recorder& recorder,
                                                 const OrganisationDraft& draft);
    Result<> change_organisation(journal::Recorder& recorder, const OrganisationId& id,
                                 const OrganisationDraft& draft, Version version = {});
    Result<PersonId> register_person(journal::Recorder& recorder, const PersonDraft& draft,
                                     const std::vector<RoleIn>& roles = {});
    Result<> change_person(journal::Recorder& recorder, const PersonId& id,
                           const PersonDraft& draft, Version version = {});
    Result<> give_role(journal::Recorder& recorder, const PersonId& person, const RoleIn& role);
    Result<> take_role(journal::Recorder& recorder, const PersonId& person, const RoleIn& role);
    // Deletes the person's key as well. Credentials are the caller's to delete.
    Result<> erase_person(journal::Recorder& recorder, const PersonId& person);
    // What a journal restored from before the erasure lacks. Nothing if it knows nobody like this
    // any more; the last administrator too, because that was decided then.
    void erase_person_again(journal::Recorder& recorder, const PersonId& person);

    // Somebody without a login, named with where they come from. Errors: invalid
    // prepare.council.guest_until.
    Result<PersonId> invite_guest(journal::Recorder& recorder, const GuestDraft& draft,
                                  const IncidentId& incident, const OrganisationId& host);
    Result<> dismiss_guest(journal::Recorder& recorder, const PersonId& person);

    // Two people give one of them a role for some hours. Errors: prepare.council.emergency_*.
    Result<std::string> ask_emergency(journal::Recorder& recorder, const Principal& by,
                                      const EmergencyDraft& draft);
    Result<> grant_emergency(journal::Recorder& recorder, const Principal& by,
                             const std::string& id);
    Result<> end_emergency(journal::Recorder& recorder, const Principal& by, const std::string& id);

    // All rows or none. Rehearsed, it gives every problem and must not be kept: the command then
    // has to fail.
    Result<ChangesMade> arrange(journal::Recorder& recorder, const std::vector<ChangeDraft>& rows,
                                Rehearse rehearse = Rehearse::no);
    Result<> cancel_change(journal::Recorder& recorder, const std::string& id);

    // Where notices go, and what else happens when somebody leaves (their access is withdrawn).
    struct Notices {
        const AddressBook* book = nullptr;
        std::string zone = "Asia/Tokyo";
        std::string mail_domain = "localhost";
    };
    void tell_through(Notices notices) { notices_ = std::move(notices); }
    // Whether a person may be erased yet: who keeps the records says (learn/records).
    using Erasable = std::function<Result<>(const PersonId&, Instant now)>;
    void ask_before_erasing(Erasable erasable) { erasable_ = std::move(erasable); }
    Result<> may_be_erased(const PersonId& person, Instant now) const {
        return erasable_ ? erasable_(person, now) : Result<>{};
    }
    using Leaving = std::function<void(journal::Recorder&, const PersonId&)>;
    void on_leaving(Leaving leaving) { on_leaving_ = std::move(leaving); }

    static std::string stream_of(const OrganisationId& id);
    static std::string stream_of(const PersonId& id);

private:
    std::optional<Instant> next_due() const;
    Result<> make_due(journal::Recorder& recorder);
    void tell_of_emergency(journal::Recorder& recorder, const Emergency& emergency,
                           std::string_view what);

    Notices notices_;
    Leaving on_leaving_;
    Erasable erasable_;
    State state_;
    std::unique_ptr<View> view_;
};

}  // namespace noroshi::prepare::council
