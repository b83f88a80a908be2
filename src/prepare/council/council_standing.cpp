// What changes about people by itself: guests, roles lent in an emergency, and what was arranged
// for a day. All of it follows from facts; the timers only look at what is due.

#include <algorithm>

#include "kernel/i18n/i18n.h"
#include "kernel/i18n/line.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"
#include "prepare/council/council.h"
#include "prepare/council/council_view.h"

namespace noroshi::prepare::council {

namespace {

constexpr std::chrono::hours asked_good{1};
constexpr std::uint32_t longest_hours = 12;
constexpr std::size_t most_rows = 1000;

template <class T>
bool contains(const std::vector<T>& all, const T& one) {
    return std::ranges::find(all, one) != all.end();
}

journal::Place place_of(const Emergency& emergency) {
    return {"prepare/council/emergencies/" + emergency.id,
            Visibility{Tlp::amber_strict, {emergency.organisation}, {}},
            {},
            {},
            {}};
}

// Whoever may be told of a change is told by the change; the roles it names say who.
journal::Place place_of(const Arranged& change) {
    Visibility visibility{Tlp::amber_strict, {}, {change.person}};
    for (const auto* roles : {&change.gives, &change.takes})
        for (const auto& role : *roles)
            if (!contains(visibility.organisations, role.organisation))
                visibility.organisations.push_back(role.organisation);
    std::ranges::sort(visibility.organisations);
    return {"prepare/council/changes/" + change.id, std::move(visibility), {}, {}, {}};
}

}  // namespace

// ---- State ---------------------------------------------------------------------------------

void State::attach_standing(journal::Listeners& side) {
    using journal::Live;
    journal::listen_live<GuestInvited>(side, [this](Live<GuestInvited> fact) {
        const auto& body = fact.body;
        guests_[body.person] = {
            body.person,        body.incident, body.host,     PersonId{std::string(fact.at.actor)},
            fact.at.entry_time, body.until,    body.may_write};
    });
    journal::listen_live<GuestDismissed>(
        side, [this](Live<GuestDismissed> fact) { guests_.erase(fact.body.person); });
    journal::listen_live<EmergencyAsked>(side, [this](Live<EmergencyAsked> fact) {
        const auto& body = fact.body;
        emergencies_[body.emergency] = {body.emergency,
                                        body.person,
                                        body.organisation,
                                        body.role,
                                        body.hours,
                                        body.reason,
                                        fact.at.entry_time,
                                        {},
                                        {},
                                        {},
                                        false};
    });
    journal::listen_live<EmergencyGranted>(side, [this](Live<EmergencyGranted> fact) {
        auto& emergency = emergencies_[fact.body.emergency];
        emergency.granted_by = fact.body.by;
        emergency.until = fact.body.until;
        const RoleIn role{emergency.organisation, emergency.role};
        auto& roles = people_[emergency.person].roles;
        emergency.lent = !contains(roles, role);
        if (emergency.lent) roles.push_back(role);
    });
    journal::listen_live<EmergencyEnded>(side, [this](Live<EmergencyEnded> fact) {
        auto& emergency = emergencies_[fact.body.emergency];
        emergency.ended_at = fact.at.entry_time;
        if (emergency.lent)
            std::erase(people_[emergency.person].roles,
                       RoleIn{emergency.organisation, emergency.role});
    });
    journal::listen_live<ChangeArranged>(side, [this](Live<ChangeArranged> fact) {
        const auto& body = fact.body;
        arranged_[body.change] = {body.change, body.person, body.at,
                                  body.gives,  body.takes,  body.leaves};
    });
    journal::listen_live<ChangeMade>(
        side, [this](Live<ChangeMade> fact) { arranged_.erase(fact.body.change); });
    journal::listen_live<ChangeCancelled>(
        side, [this](Live<ChangeCancelled> fact) { arranged_.erase(fact.body.change); });
    side.on_reset([this] {
        guests_.clear();
        emergencies_.clear();
        arranged_.clear();
    });
}

const Guest* State::find_guest(const PersonId& person) const {
    const auto found = guests_.find(person);
    return found == guests_.end() ? nullptr : &found->second;
}

std::vector<const Guest*> State::guests_of(const IncidentId& incident) const {
    std::vector<const Guest*> some;
    for (const auto& [person, guest] : guests_)
        if (guest.incident == incident) some.push_back(&guest);
    std::ranges::sort(some, {}, [](const Guest* one) { return one->invited_at; });
    return some;
}

std::vector<const Emergency*> State::emergencies() const {
    std::vector<const Emergency*> all;
    for (const auto& [id, emergency] : emergencies_) all.push_back(&emergency);
    std::ranges::sort(all, std::ranges::greater{},
                      [](const Emergency* one) { return one->asked_at; });
    return all;
}

const Emergency* State::find_emergency(const std::string& id) const {
    const auto found = emergencies_.find(id);
    return found == emergencies_.end() ? nullptr : &found->second;
}

std::vector<const Arranged*> State::arranged() const {
    std::vector<const Arranged*> all;
    for (const auto& [id, change] : arranged_) all.push_back(&change);
    std::ranges::sort(all, [](const Arranged* a, const Arranged* b) {
        return std::tie(a->at, a->id) < std::tie(b->at, b->id);
    });
    return all;
}

// ---- guests --------------------------------------------------------------------------------

Result<PersonId> Council::invite_guest(journal::Recorder& recorder, const GuestDraft& draft,
                                       const IncidentId& incident, const OrganisationId& host) {
    TRY_LET(const auto name, i18n::line(draft.name, 100, "/name"));
    TRY_LET(const auto affiliation, i18n::line(draft.affiliation, 100, "/affiliation"));
    if (draft.until <= recorder.now() || draft.until > recorder.now() + std::chrono::days{31})
        return invalid("prepare.council.guest_until", "/until");
    PersonDraft person;
    person.name = i18n::text(draft.language, "prepare.council.guest_name",
                             {{"name", name}, {"affiliation", affiliation}});
    person.language = draft.language;
    TRY_LET(const auto id, register_person(recorder, person));
    Visibility visibility{Tlp::amber_strict, {host}, {id}};
    journal::record(recorder,
                    {"prepare/council/guests/" + id.text, std::move(visibility), {}, {}, {}},
                    GuestInvited{id, incident, host, draft.until, draft.may_write});
    return id;
}

Result<> Council::dismiss_guest(journal::Recorder& recorder, const PersonId& person) {
    const auto* guest = state_.find_guest(person);
    if (guest == nullptr) return fail(ErrorKind::not_found, "prepare.council.unknown_guest");
    Visibility visibility{Tlp::amber_strict, {guest->host}, {person}};
    journal::record(recorder,
                    {"prepare/council/guests/" + person.text, std::move(visibility), {}, {}, {}},
                    GuestDismissed{person});
    return {};
}

// ---- emergencies ---------------------------------------------------------------------------

Result<std::string> Council::ask_emergency(journal::Recorder& recorder, const Principal& by,
                                           const EmergencyDraft& draft) {
    if (draft.role != Role::administrator && draft.role != Role::duty_officer &&
        draft.role != Role::leader)
        return invalid("prepare.council.emergency_role", "/role");
    if (!contains(by.viewer.organisations, draft.organisation))
        return fail(ErrorKind::forbidden, "prepare.council.emergency_elsewhere", {},
                    "/organisation");
    if (contains(by.roles, RoleIn{draft.organisation, draft.role}))
        return fail(ErrorKind::conflict, "prepare.council.emergency_needless", {}, "/role");
    if (draft.hours < 1 || draft.hours > longest_hours)
        return invalid("prepare.council.emergency_hours", "/hours",
                       {{"most", std::to_string(longest_hours)}});
    TRY_LET(auto reason, i18n::line(draft.reason, 500, "/reason"));
    for (const auto* other : state_.emergencies())
        if (other->person == by.person && other->is_open())
            return fail(ErrorKind::conflict, "prepare.council.emergency_open");
    Emergency emergency;
    emergency.id = recorder.random().identifier();
    emergency.person = by.person;
    emergency.organisation = draft.organisation;
    emergency.role = draft.role;
    emergency.hours = draft.hours;
    emergency.reason = reason;
    journal::record(recorder, place_of(emergency),
                    EmergencyAsked{emergency.id, by.person, draft.organisation, draft.role,
                                   draft.hours, std::move(reason)});
    tell_of_emergency(recorder, emergency, "asked");
    return emergency.id;
}

Result<> Council::grant_emergency(journal::Recorder& recorder, const Principal& by,
                                  const std::string& id) {
    const auto* found = state_.find_emergency(id);
    if (found == nullptr || !contains(by.viewer.organisations, found->organisation))
        return fail(ErrorKind::not_found, "prepare.council.unknown_emergency");
    if (found->person == by.person)
        return fail(ErrorKind::forbidden, "prepare.council.emergency_two");
    // An observer is in the room, but answers for nothing there.
    const bool answers = std::ranges::any_of(by.roles, [&](const RoleIn& role) {
        return role.organisation == found->organisation && role.role != Role::observer;
    });
    if (!answers) return fail(ErrorKind::forbidden, "prepare.council.emergency_observer");
    if (found->ended_at || found->until)
        return fail(ErrorKind::conflict, "prepare.council.emergency_over");
    Emergency emergency = *found;
    emergency.granted_by = by.person;
    emergency.until = recorder.now() + std::chrono::hours{emergency.hours};
    journal::record(recorder, place_of(emergency),
                    EmergencyGranted{id, by.person, *emergency.until});
    tell_of_emergency(recorder, emergency, "granted");
    return {};
}

Result<> Council::end_emergency(journal::Recorder& recorder, const Principal& by,
                                const std::string& id) {
    const auto* found = state_.find_emergency(id);
    if (found == nullptr || !contains(by.viewer.organisations, found->organisation))
        return fail(ErrorKind::not_found, "prepare.council.unknown_emergency");
    if (found->ended_at) return fail(ErrorKind::conflict, "prepare.council.emergency_over");
    const bool theirs = by.person == found->person || by.person == found->granted_by;
    const bool keeps = std::ranges::any_of(by.roles, [&](const RoleIn& role) {
        return role.organisation == found->organisation &&
               (role.role == Role::administrator || role.role == Role::leader);
    });
    if (!theirs && !keeps) return fail(ErrorKind::forbidden, "prepare.council.emergency_not_yours");
    journal::record(recorder, place_of(*found), EmergencyEnded{id});
    tell_of_emergency(recorder, *found, "ended");
    return {};
}

void Council::tell_of_emergency(journal::Recorder& recorder, const Emergency& emergency,
                                std::string_view what) {
    if (notices_.book == nullptr) return;
    std::vector<PersonId> told{emergency.person};
    const auto add = [&](const PersonId& person) {
        if (!person.empty() && !contains(told, person)) told.push_back(person);
    };
    add(emergency.granted_by);
    for (const auto role : {Role::administrator, Role::leader, Role::duty_officer})
        for (const auto* person : state_.people_with(emergency.organisation, role)) add(person->id);
    for (const auto& person : told) {
        const auto to = notices_.book->mail_of(person);
        const auto* known = state_.find(person);
        if (!to || to->empty() || known == nullptr || known->erased) continue;
        const auto language = known->language;
        const Arguments arguments{
            {"name", known->name},
            {"person", state_.name_of(emergency.person, language)},
            {"by", state_.name_of(emergency.granted_by, language)},
            {"organisation", state_.name_of(emergency.organisation, language)},
            {"role", i18n::text(language, "prepare.council.role_" +
                                              std::string(json::name_of(emergency.role)))},
            {"hours", std::to_string(emergency.hours)},
            {"reason", emergency.reason},
            {"until",
             emergency.until ? format_for_people(*emergency.until, notices_.zone, language) : ""}};
        const auto key = "prepare.council.emergency_mail_" + std::string(what);
        journal::Dispatch dispatch;
        dispatch.topic = "prepare.council/emergency/" + emergency.id;
        dispatch.person = person;
        dispatch.not_before = recorder.now();
        dispatch.expires = recorder.now() + std::chrono::days{1};
        auto& message = dispatch.message;
        message.key = dispatch.topic + "/" + std::string(what) + "/" + person.text;
        message.to = *to;
        message.to_name = known->name;
        message.message_id = "<emergency." + emergency.id + "." + std::string(what) + "." +
                             person.text + "@" + notices_.mail_domain + ">";
        message.subject = i18n::text(language, "prepare.council.emergency_mail_subject", arguments);
        message.text = i18n::text(language, key, arguments);
        recorder.send(std::move(dispatch));
    }
}

// ---- joiners and leavers -------------------------------------------------------------------

namespace {

Problem problem(std::size_t row, const Error& error) {
    return {row, error.pointer, error.key, error.arguments};
}

}  // namespace

Result<ChangesMade> Council::arrange(journal::Recorder& recorder,
                                     const std::vector<ChangeDraft>& rows, Rehearse rehearse) {
    if (rows.size() > most_rows)
        return invalid("prepare.council.changes_many", "/changes",
                       {{"most", std::to_string(most_rows)}});
    ChangesMade out;
    std::vector<std::string> logins;
    const auto organisation_of = [&](const std::string& named) -> std::optional<OrganisationId> {
        if (const auto* found = state_.find(OrganisationId{named})) return found->id;
        const auto folded = i18n::fold(named);
        for (const auto* one : state_.organisations())
            if (i18n::fold(one->name) == folded || i18n::fold(one->name_en) == folded)
                return one->id;
        return {};
    };
    const Instant now = recorder.now();
    const auto arrange_one = [&](const ChangeDraft& row) -> Result<> {
        const bool names_somebody = row.person || !row.login.empty();
        std::optional<PersonId> person = row.person;
        if (!person && !row.login.empty()) person = state_.find_login(row.login);
        if (person && (state_.find(*person) == nullptr || state_.find(*person)->erased))
            return fail(ErrorKind::not_found, "prepare.council.unknown_person",
                        {{"person", person->text}}, "/person");
        const bool joins = !person && !row.name.empty();
        if (!person && !joins)
            return fail(ErrorKind::invalid,
                        names_somebody ? "prepare.council.unknown_person"
                                       : "prepare.council.change_of_whom",
                        {}, names_somebody ? "/login" : "/name");
        std::vector<RoleIn> roles;
        if (!row.organisation.empty()) {
            const auto organisation = organisation_of(row.organisation);
            if (!organisation)
                return invalid("prepare.council.unknown_organisation", "/organisation",
                               {{"organisation", row.organisation}});
            roles.push_back({*organisation, row.role});
        }
        if (joins && roles.empty())
            return invalid("prepare.council.change_without_role", "/organisation");
        if (row.from && row.until && *row.from >= *row.until)
            return invalid("prepare.council.change_backwards", "/until");
        if (!joins && !row.until && roles.empty())
            return invalid("prepare.council.change_of_nothing", "/until");
        if (joins) {
            const auto folded = i18n::fold(i18n::trimmed(row.login));
            if (!folded.empty() && contains(logins, folded))
                return fail(ErrorKind::conflict, "prepare.council.login_taken",
                            {{"login", row.login}}, "/login");
            if (!folded.empty()) logins.push_back(folded);
            const bool at_once = !row.from || *row.from <= now;
            TRY_LET(person, register_person(recorder, {row.name, row.kana, row.login, row.language},
                                            at_once ? roles : std::vector<RoleIn>{}));
            ++out.joined;
            if (at_once) roles.clear();
        }
        const auto record = [&](Arranged change) {
            change.id = recorder.random().identifier();
            change.person = *person;
            journal::record(recorder, place_of(change),
                            ChangeArranged{change.id, change.person, change.at, change.gives,
                                           change.takes, change.leaves});
            ++out.arranged;
        };
        if (!roles.empty()) record({{}, *person, row.from.value_or(now), roles, {}, false});
        if (row.until) {
            // Whoever leaves one role only keeps the others and the access.
            const bool one_role = !joins && !row.organisation.empty() && !row.from;
            Arranged leaving{{}, *person, *row.until, {}, {}, !one_role};
            if (one_role) leaving.takes = roles;
            record(std::move(leaving));
            ++out.left;
        }
        return {};
    };
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (auto done = arrange_one(rows[i]); !done)
            out.problems.push_back(problem(i, done.error()));
    if (rehearse == Rehearse::yes || out.problems.empty()) return out;
    const auto& first = out.problems.front();
    return fail(ErrorKind::invalid, first.key, first.arguments,
                "/changes/" + std::to_string(first.row) + first.pointer);
}

Result<> Council::cancel_change(journal::Recorder& recorder, const std::string& id) {
    for (const auto* change : state_.arranged())
        if (change->id == id) {
            journal::record(recorder, place_of(*change), ChangeCancelled{id});
            return {};
        }
    return fail(ErrorKind::not_found, "prepare.council.unknown_change");
}

// ---- what is due ---------------------------------------------------------------------------

std::optional<Instant> Council::next_due() const {
    std::optional<Instant> next;
    const auto soonest = [&](Instant at) {
        if (!next || at < *next) next = at;
    };
    for (const auto* emergency : state_.emergencies())
        if (emergency->is_open())
            soonest(emergency->until.value_or(emergency->asked_at + asked_good));
    for (const auto* change : state_.arranged()) soonest(change->at);
    return next;
}

Result<> Council::make_due(journal::Recorder& recorder) {
    for (const auto* emergency : state_.emergencies()) {
        if (!emergency->is_open()) continue;
        if (emergency->until.value_or(emergency->asked_at + asked_good) > recorder.now()) continue;
        journal::record(recorder, place_of(*emergency), EmergencyEnded{emergency->id});
        tell_of_emergency(recorder, *emergency, "ended");
    }
    // One change of a person at a time: the next decision sees what this one did.
    std::vector<PersonId> changed;
    for (const auto* change : state_.arranged()) {
        if (change->at > recorder.now() || contains(changed, change->person)) continue;
        changed.push_back(change->person);
        journal::record(recorder, place_of(*change), ChangeMade{change->id});
        const auto* person = state_.find(change->person);
        if (person == nullptr || person->erased) continue;
        for (const auto& role : change->gives) (void)give_role(recorder, person->id, role);
        auto takes = change->takes;
        if (change->leaves) takes = person->roles;
        bool all = true;
        // The last administrator stays until there is another.
        for (const auto& role : takes)
            if (!take_role(recorder, person->id, role)) all = false;
        if (change->leaves && all && on_leaving_) on_leaving_(recorder, person->id);
    }
    return {};
}

}  // namespace noroshi::prepare::council
