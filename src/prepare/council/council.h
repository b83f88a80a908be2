#pragma once
// Guideline 3.1.1 会議体, its first part: which organisations the port consists of, who its people
// are, and which role they have in which organisation. Everybody else asks here who somebody is.
//
// State is the pending side (the journal's thread only), View (council_view.h) the published one;
// both answer as the kernel's Directory. Decisions are pure: what is asked for against what is
// there, giving the fact to record. The Council's own verbs decide and record in one go; they run
// inside a command.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

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

    Viewer viewer_of(const PersonId& id) const;  // nobody's, if unknown or erased
    bool is_member(const OrganisationId& id) const;

    // Directory. The erased are not found; logins are compared by i18n::fold.
    std::optional<Principal> find_person(const PersonId& id) const override;
    std::optional<PersonId> find_login(std::string_view login) const override;
    std::optional<OrganisationName> find_organisation(const OrganisationId& id) const override;

private:
    template <class Fact>
    void put_organisation(const Fact& fact, const journal::Envelope& at);
    template <class Fact>
    void put_person(const Fact& fact, const journal::Envelope& at);

    std::unordered_map<OrganisationId, Organisation> organisations_;
    std::unordered_map<PersonId, Person> people_;
    std::unordered_map<std::string, PersonId> logins_;  // folded
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

    static std::string stream_of(const OrganisationId& id);
    static std::string stream_of(const PersonId& id);

private:
    State state_;
    std::unique_ptr<View> view_;
};

}  // namespace noroshi::prepare::council
