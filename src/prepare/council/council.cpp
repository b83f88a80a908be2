#include "prepare/council/council.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "kernel/i18n/i18n.h"
#include "kernel/i18n/line.h"
#include "kernel/identity/identity_facts.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"
#include "prepare/council/council_view.h"

namespace noroshi::prepare::council {

namespace {

constexpr std::size_t longest_name = 200;
constexpr std::size_t longest_login = 64;

template <class T>
bool contains(const std::vector<T>& all, const T& one) {
    return std::ranges::find(all, one) != all.end();
}

std::unexpected<Error> unknown(const OrganisationId& id) {
    return fail(ErrorKind::not_found, "prepare.council.unknown_organisation",
                {{"organisation", id.text}});
}
std::unexpected<Error> unknown(const PersonId& id) {
    return fail(ErrorKind::not_found, "prepare.council.unknown_person", {{"person", id.text}});
}

// The person, who must be there and not erased.
Result<const Person*> present(const State& state, const PersonId& id) {
    const auto* person = state.find(id);
    if (person == nullptr) return unknown(id);
    if (person->erased) return fail(ErrorKind::conflict, "prepare.council.person_erased");
    return person;
}

// Without an administrator who can sign in nobody could ever be given a role again.
Result<> keep_an_administrator(const State& state, const PersonId& without) {
    for (const auto* person : state.people())
        if (person->id != without && !person->login.empty() &&
            std::ranges::any_of(person->roles,
                                [](const RoleIn& r) { return r.role == Role::administrator; }))
            return {};
    return fail(ErrorKind::conflict, "prepare.council.last_administrator");
}

bool administers(const Person& person) {
    return !person.login.empty() && std::ranges::any_of(person.roles, [](const RoleIn& r) {
        return r.role == Role::administrator;
    });
}

Result<OrganisationDraft> checked(const State& state, const OrganisationId& id,
                                  const OrganisationDraft& draft) {
    using i18n::Empty;
    OrganisationDraft out = draft;
    TRY_LET(out.name, i18n::line(draft.name, longest_name, "/name"));
    TRY_LET(out.name_en, i18n::line(draft.name_en, longest_name, "/name_en", Empty::allowed));
    TRY_LET(out.kana, i18n::line(draft.kana, longest_name, "/kana", Empty::allowed));
    TRY_LET(out.contact, i18n::line(draft.contact, 500, "/contact", Empty::allowed));
    // Readers are named by organisation before something is saved: two of one name would mislead.
    const auto folded = i18n::fold(out.name);
    for (const auto* other : state.organisations())
        if (other->id != id && i18n::fold(other->name) == folded)
            return fail(ErrorKind::conflict, "prepare.council.name_taken", {{"name", out.name}},
                        "/name");
    for (std::size_t i = 0; i < out.serves.size(); ++i) {
        const auto pointer = "/serves/" + std::to_string(i);
        if (out.serves[i] == id) return invalid("prepare.council.serves_itself", pointer);
        if (state.find(out.serves[i]) == nullptr)
            return invalid("prepare.council.unknown_organisation", pointer,
                           {{"organisation", out.serves[i].text}});
    }
    std::ranges::sort(out.serves);
    const auto rest = std::ranges::unique(out.serves);
    out.serves.erase(rest.begin(), rest.end());
    return out;
}

bool is_login(std::string_view folded) {
    if (folded.empty() || folded.size() > longest_login) return false;
    const auto letter_or_digit = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    };
    return letter_or_digit(folded.front()) && std::ranges::all_of(folded, [&](char c) {
               return letter_or_digit(c) || c == '.' || c == '_' || c == '-' || c == '@' ||
                      c == '+';
           });
}

Result<PersonDraft> checked(const State& state, const PersonId& id, const PersonDraft& draft) {
    using i18n::Empty;
    PersonDraft out = draft;
    TRY_LET(out.name, i18n::line(draft.name, longest_name, "/name"));
    TRY_LET(out.kana, i18n::line(draft.kana, longest_name, "/kana", Empty::allowed));
    out.login = i18n::trimmed(draft.login);
    if (out.login.empty()) return out;
    // Typed in full width it is the same login, so it is kept in plain letters.
    out.login = i18n::plain(out.login);
    if (!is_login(i18n::fold(out.login)))
        return invalid("prepare.council.bad_login", "/login",
                       {{"most", std::to_string(longest_login)}});
    if (const auto holder = state.find_login(out.login); holder && *holder != id)
        return fail(ErrorKind::conflict, "prepare.council.login_taken", {{"login", out.login}},
                    "/login");
    return out;
}

template <class Fact>
Fact fact_of(OrganisationId id, OrganisationDraft draft) {
    return Fact{
        std::move(id),         draft.kind,   std::move(draft.name),   std::move(draft.name_en),
        std::move(draft.kana), draft.member, std::move(draft.serves), std::move(draft.contact)};
}

template <class Fact>
Fact fact_of(const PersonId& id, PersonDraft draft) {
    Fact fact{id, {id, std::move(draft.name)}, {id, std::move(draft.kana)}, {}, draft.language};
    if (!draft.login.empty()) fact.login = Personal{id, std::move(draft.login)};
    return fact;
}

template <class Item>
auto sorted(std::vector<const Item*> items) {
    const auto reading = [](const Item* item) {
        return std::tuple<const std::string&, const std::string&, const std::string&>(
            item->kana.empty() ? item->name : item->kana, item->name, item->id.text);
    };
    std::ranges::sort(items, [&](const Item* a, const Item* b) { return reading(a) < reading(b); });
    return items;
}

}  // namespace

// ---- State ---------------------------------------------------------------------------------

template <class Fact>
void State::put_organisation(const Fact& fact, const journal::Envelope& at) {
    organisations_.insert_or_assign(
        fact.organisation,
        Organisation{fact.organisation, fact.organisation_kind, fact.name, fact.name_en, fact.kana,
                     fact.member, fact.serves, fact.contact, at.stream_version});
}

template <class Fact>
void State::put_person(const Fact& fact, const journal::Envelope& at) {
    auto& person = people_[fact.person];
    if (!person.login.empty()) logins_.erase(i18n::fold(person.login));
    person.id = fact.person;
    person.name = fact.name.text;
    person.kana = fact.kana.text;
    person.login = fact.login ? fact.login->text : std::string{};
    person.language = fact.language;
    // The key may be gone before the fact that says so is read (a restored backup).
    person.erased = fact.name.erased;
    person.version = at.stream_version;
    if (!person.login.empty()) logins_.insert_or_assign(i18n::fold(person.login), person.id);
}

void State::attach(journal::Listeners& side) {
    using journal::Live;
    journal::listen_live<OrganisationRegistered>(
        side, [this](Live<OrganisationRegistered> fact) { put_organisation(fact.body, fact.at); });
    journal::listen_live<OrganisationChanged>(
        side, [this](Live<OrganisationChanged> fact) { put_organisation(fact.body, fact.at); });
    journal::listen_live<PersonRegistered>(
        side, [this](Live<PersonRegistered> fact) { put_person(fact.body, fact.at); });
    journal::listen_live<PersonChanged>(
        side, [this](Live<PersonChanged> fact) { put_person(fact.body, fact.at); });
    journal::listen_live<RoleGiven>(side, [this](Live<RoleGiven> fact) {
        auto& person = people_[fact.body.person];
        person.roles.push_back({fact.body.organisation, fact.body.role});
        person.version = fact.at.stream_version;
    });
    journal::listen_live<RoleTaken>(side, [this](Live<RoleTaken> fact) {
        auto& person = people_[fact.body.person];
        std::erase(person.roles, RoleIn{fact.body.organisation, fact.body.role});
        person.version = fact.at.stream_version;
    });
    journal::listen_live<PersonErased>(side, [this](Live<PersonErased> fact) {
        auto& person = people_[fact.body.person];
        if (!person.login.empty()) logins_.erase(i18n::fold(person.login));
        person.name.clear();
        person.kana.clear();
        person.login.clear();
        person.roles.clear();
        person.erased = true;
        person.version = fact.at.stream_version;
    });
    journal::listen_live<LanguageChosen>(side, [this](Live<LanguageChosen> fact) {
        if (auto found = people_.find(fact.body.person); found != people_.end())
            found->second.language = fact.body.language;
    });
    attach_standing(side);
    side.on_reset([this] {
        organisations_.clear();
        people_.clear();
        logins_.clear();
    });
}

const Organisation* State::find(const OrganisationId& id) const {
    const auto found = organisations_.find(id);
    return found == organisations_.end() ? nullptr : &found->second;
}

const Person* State::find(const PersonId& id) const {
    const auto found = people_.find(id);
    return found == people_.end() ? nullptr : &found->second;
}

std::vector<const Organisation*> State::organisations() const {
    std::vector<const Organisation*> all;
    all.reserve(organisations_.size());
    for (const auto& [id, organisation] : organisations_) all.push_back(&organisation);
    return sorted(std::move(all));
}

std::vector<const Organisation*> State::organisations_of(OrganisationKind kind) const {
    auto some = organisations();
    std::erase_if(some, [&](const Organisation* one) { return one->kind != kind; });
    return some;
}

std::vector<const Person*> State::people() const {
    std::vector<const Person*> all;
    all.reserve(people_.size());
    for (const auto& [id, person] : people_)
        if (!person.erased) all.push_back(&person);
    return sorted(std::move(all));
}

std::vector<const Person*> State::people_of(const OrganisationId& organisation) const {
    auto some = people();
    std::erase_if(some, [&](const Person* one) {
        return std::ranges::none_of(
            one->roles, [&](const RoleIn& r) { return r.organisation == organisation; });
    });
    return some;
}

std::vector<const Person*> State::people_with(const OrganisationId& organisation, Role role) const {
    auto some = people();
    std::erase_if(
        some, [&](const Person* one) { return !contains(one->roles, RoleIn{organisation, role}); });
    return some;
}

std::string State::name_of(const OrganisationId& id, Language language) const {
    const auto* organisation = find(id);
    if (organisation == nullptr) return {};
    return language == Language::en && !organisation->name_en.empty() ? organisation->name_en
                                                                      : organisation->name;
}

std::string State::name_of(const PersonId& id, Language language) const {
    const auto* person = find(id);
    if (person == nullptr) return {};
    if (person->erased) return i18n::text(language, "prepare.council.erased_name");
    return person->name;
}

Viewer State::viewer_of(const PersonId& id) const {
    const auto* person = find(id);
    if (person == nullptr || person->erased) return {};
    Viewer viewer{id, {}, {}, false};
    for (const auto& [organisation, role] : person->roles) {
        viewer.investigator = viewer.investigator || role == Role::investigator;
        if (contains(viewer.organisations, organisation)) continue;
        viewer.organisations.push_back(organisation);
        const auto* of = find(organisation);
        if (of == nullptr) continue;
        viewer.member = viewer.member || of->member;
        for (const auto& served : of->serves)
            if (!contains(viewer.serves, served)) viewer.serves.push_back(served);
    }
    return viewer;
}

bool State::is_member(const OrganisationId& id) const {
    const auto* organisation = find(id);
    return organisation != nullptr && organisation->member;
}

std::optional<Principal> State::find_person(const PersonId& id) const {
    const auto* person = find(id);
    if (person == nullptr || person->erased) return {};
    Principal principal;
    principal.person = person->id;
    principal.login = person->login;
    principal.name = person->name;
    principal.roles = person->roles;
    if (!person->roles.empty()) principal.organisation = person->roles.front().organisation;
    principal.viewer = viewer_of(id);
    principal.language = person->language;
    // A guest acts under the host's name, but belongs to nobody here: what names the host is not
    // for the guest, only what names the guest.
    if (const auto* guest = find_guest(id)) {
        principal.guest_of = guest->incident.text;
        principal.organisation = guest->host;
        principal.roles = {{guest->host, guest->may_write ? Role::member : Role::observer}};
        principal.viewer = {id, {}, {}, false};
    }
    return principal;
}

std::optional<PersonId> State::find_login(std::string_view login) const {
    const auto found = logins_.find(i18n::fold(i18n::trimmed(login)));
    if (found == logins_.end()) return {};
    return found->second;
}

std::optional<OrganisationName> State::find_organisation(const OrganisationId& id) const {
    const auto* organisation = find(id);
    if (organisation == nullptr) return {};
    return OrganisationName{organisation->id, organisation->name, organisation->name_en,
                            std::string(json::name_of(organisation->kind))};
}

// ---- decisions -----------------------------------------------------------------------------

Result<OrganisationRegistered> register_organisation(const State& state, OrganisationId id,
                                                     const OrganisationDraft& draft) {
    TRY_LET(auto good, checked(state, id, draft));
    return fact_of<OrganisationRegistered>(std::move(id), std::move(good));
}

Result<OrganisationChanged> change_organisation(const State& state, const OrganisationId& id,
                                                const OrganisationDraft& draft) {
    if (state.find(id) == nullptr) return unknown(id);
    TRY_LET(auto good, checked(state, id, draft));
    return fact_of<OrganisationChanged>(id, std::move(good));
}

Result<PersonRegistered> register_person(const State& state, PersonId id,
                                         const PersonDraft& draft) {
    TRY_LET(auto good, checked(state, id, draft));
    return fact_of<PersonRegistered>(id, std::move(good));
}

Result<PersonChanged> change_person(const State& state, const PersonId& id,
                                    const PersonDraft& draft) {
    TRY_LET(const auto* person, present(state, id));
    TRY_LET(auto good, checked(state, id, draft));
    if (good.login.empty() && administers(*person)) TRY(keep_an_administrator(state, id));
    return fact_of<PersonChanged>(id, std::move(good));
}

Result<std::optional<RoleGiven>> give_role(const State& state, const PersonId& id,
                                           const RoleIn& role) {
    TRY_LET(const auto* person, present(state, id));
    if (state.find(role.organisation) == nullptr)
        return invalid("prepare.council.unknown_organisation", "/organisation");
    if (contains(person->roles, role)) return std::optional<RoleGiven>{};
    return RoleGiven{id, role.organisation, role.role};
}

Result<RoleTaken> take_role(const State& state, const PersonId& id, const RoleIn& role) {
    TRY_LET(const auto* person, present(state, id));
    if (!contains(person->roles, role))
        return fail(ErrorKind::not_found, "prepare.council.role_not_held");
    const auto administrations = std::ranges::count_if(
        person->roles, [](const RoleIn& r) { return r.role == Role::administrator; });
    if (role.role == Role::administrator && administrations == 1)
        TRY(keep_an_administrator(state, id));
    return RoleTaken{id, role.organisation, role.role};
}

Result<std::optional<PersonErased>> erase_person(const State& state, const PersonId& id) {
    const auto* person = state.find(id);
    if (person == nullptr) return unknown(id);
    if (person->erased) return std::optional<PersonErased>{};
    if (administers(*person)) TRY(keep_an_administrator(state, id));
    return PersonErased{id};
}

// ---- the room ------------------------------------------------------------------------------

namespace {

// Who belongs to the port is known to its community, and to the organisation itself.
journal::Place place_of(const OrganisationId& id, Council::Version version) {
    return {Council::stream_of(id), Visibility{Tlp::green, {id}, {}}, {}, {}, version};
}
journal::Place place_of(const PersonId& id, Council::Version version) {
    return {Council::stream_of(id), Visibility{Tlp::green, {}, {id}}, {}, {}, version};
}

}  // namespace

Council::Council(journal::Journal& journal) : view_(std::make_unique<View>()) {
    state_.attach(journal.pending());
    view_->attach(journal.published());
    journal.add_timer({[this] { return next_due(); },
                       [this](journal::Recorder& recorder) { return make_due(recorder); }});
}

Council::~Council() = default;

std::string Council::stream_of(const OrganisationId& id) {
    return "prepare/council/organisations/" + id.text;
}
std::string Council::stream_of(const PersonId& id) { return "prepare/council/people/" + id.text; }

Result<OrganisationId> Council::register_organisation(journal::Recorder& recorder,
                                                      const OrganisationDraft& draft) {
    OrganisationId id{recorder.random().identifier()};
    TRY_LET(const auto fact, council::register_organisation(state_, id, draft));
    journal::record(recorder, place_of(id, {}), fact);
    return id;
}

Result<> Council::change_organisation(journal::Recorder& recorder, const OrganisationId& id,
                                      const OrganisationDraft& draft, Version version) {
    TRY_LET(const auto fact, council::change_organisation(state_, id, draft));
    journal::record(recorder, place_of(id, version), fact);
    return {};
}

Result<PersonId> Council::register_person(journal::Recorder& recorder, const PersonDraft& draft,
                                          const std::vector<RoleIn>& roles) {
    PersonId id{recorder.random().identifier()};
    TRY_LET(const auto fact, council::register_person(state_, id, draft));
    for (std::size_t i = 0; i < roles.size(); ++i) {
        const auto pointer = "/roles/" + std::to_string(i);
        if (state_.find(roles[i].organisation) == nullptr)
            return invalid("prepare.council.unknown_organisation", pointer + "/organisation",
                           {{"organisation", roles[i].organisation.text}});
        if (std::find(roles.begin(), roles.begin() + static_cast<std::ptrdiff_t>(i), roles[i]) !=
            roles.begin() + static_cast<std::ptrdiff_t>(i))
            return invalid("prepare.council.role_twice", pointer);
    }
    journal::record(recorder, place_of(id, {}), fact);
    for (const auto& role : roles)
        journal::record(recorder, place_of(id, {}), RoleGiven{id, role.organisation, role.role});
    return id;
}

Result<> Council::change_person(journal::Recorder& recorder, const PersonId& id,
                                const PersonDraft& draft, Version version) {
    TRY_LET(const auto fact, council::change_person(state_, id, draft));
    journal::record(recorder, place_of(id, version), fact);
    return {};
}

Result<> Council::give_role(journal::Recorder& recorder, const PersonId& person,
                            const RoleIn& role) {
    TRY_LET(const auto fact, council::give_role(state_, person, role));
    if (fact) journal::record(recorder, place_of(person, {}), *fact);
    return {};
}

Result<> Council::take_role(journal::Recorder& recorder, const PersonId& person,
                            const RoleIn& role) {
    TRY_LET(const auto fact, council::take_role(state_, person, role));
    journal::record(recorder, place_of(person, {}), fact);
    return {};
}

Result<> Council::erase_person(journal::Recorder& recorder, const PersonId& person) {
    TRY_LET(const auto fact, council::erase_person(state_, person));
    if (!fact) return {};
    journal::record(recorder, place_of(person, {}), *fact);
    recorder.erase_person_key(person);
    return {};
}

void Council::erase_person_again(journal::Recorder& recorder, const PersonId& person) {
    if (state_.find(person) == nullptr) return;
    journal::record(recorder, place_of(person, {}), PersonErased{person});
    recorder.erase_person_key(person);
}

}  // namespace noroshi::prepare::council
