#include "respond/callout/callout.h"

#include <algorithm>
#include <tuple>

namespace noroshi::respond::callout {

using incident::length_of;

namespace {

template <class Body>
Decided<Body> decided(const CalloutId& id, const State::Callout& callout, Instant now, Body body) {
    return {journal::Place{stream_of(id), *callout.visibility, callout.world, now, {}},
            std::move(body)};
}

Result<> check_length(std::string_view text, std::size_t limit, std::string key,
                      std::string pointer) {
    if (length_of(text) > limit)
        return invalid(std::move(key), std::move(pointer), {{"limit", std::to_string(limit)}});
    return {};
}

template <class One>
bool is_among(const std::vector<One>& all, const One& one) {
    return std::ranges::find(all, one) != all.end();
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

// ---- decisions -----------------------------------------------------------------------------

const std::vector<Role>& roles_that_raise() {
    static const std::vector<Role> roles{Role::duty_officer, Role::leader, Role::clerk,
                                         Role::security_person};
    return roles;
}

const std::vector<Role>& roles_that_answer_on_behalf() {
    static const std::vector<Role> roles{Role::duty_officer, Role::leader, Role::clerk,
                                         Role::liaison};
    return roles;
}

Chosen choose(const Wave& wave, std::span<const Reachable> people,
              const std::function<bool(const PersonId&)>& is_called,
              const std::function<bool(const OrganisationId&)>& is_satisfied) {
    Chosen chosen;
    std::set<PersonId> called;
    auto call = [&](const Reachable& person, const RoleIn& role) {
        if (is_called(person.person) || is_satisfied(role.organisation) ||
            !called.insert(person.person).second)
            return;
        chosen.addressees.push_back({person.person, role.organisation, role.role, person.gap});
        if (!person.channels.empty()) chosen.routes.push_back({person.person, person.channels});
    };
    auto is_wanted = [&](Role role) {
        return wave.roles.empty() ? role != Role::observer : is_among(wave.roles, role);
    };
    std::unordered_map<PersonId, const Reachable*> known;
    if (!wave.people.empty())
        for (const auto& person : people) known.emplace(person.person, &person);
    for (const auto& id : wave.people) {
        const auto found = known.find(id);
        if (found == known.end()) continue;
        const auto& roles = found->second->roles;
        call(*found->second, roles.empty() ? RoleIn{{}, Role::observer} : roles.front());
    }
    if (wave.organisations.empty() && wave.roles.empty()) return chosen;
    std::set<OrganisationId> reached;
    for (const auto& person : people)
        for (const auto& role : person.roles) {
            if (!is_wanted(role.role)) continue;
            if (!wave.organisations.empty() && !is_among(wave.organisations, role.organisation))
                continue;
            if (wave.on_duty && is_among(person.off_duty, role.organisation)) continue;
            reached.insert(role.organisation);
            call(person, role);
        }
    for (const auto& organisation : wave.organisations)
        if (reached.insert(organisation).second && !is_satisfied(organisation))
            chosen.empty_organisations.push_back(organisation);
    return chosen;
}

namespace {

constexpr auto nobody_yet = [](const PersonId&) { return false; };
constexpr auto none_satisfied = [](const OrganisationId&) { return false; };

Result<> check_wave(const Wave& wave, const std::string& pointer, std::span<const Reachable> people,
                    const KindOf& kind_of) {
    if (wave.organisations.empty() && wave.roles.empty() && wave.people.empty())
        return invalid("respond.callout.nobody_named", pointer + "/organisations");
    for (std::size_t i = 0; i < wave.organisations.size(); ++i)
        if (!kind_of(wave.organisations[i]))
            return invalid("respond.callout.unknown_organisation",
                           pointer + "/organisations/" + std::to_string(i));
    if (wave.people.empty()) return {};
    std::set<PersonId> known;
    for (const auto& person : people) known.insert(person.person);
    for (std::size_t i = 0; i < wave.people.size(); ++i)
        if (!known.contains(wave.people[i]))
            return invalid("respond.callout.unknown_person",
                           pointer + "/people/" + std::to_string(i));
    return {};
}

Result<> check_minutes(int minutes, int low, int high, std::string key, std::string pointer) {
    if (minutes < low || minutes > high) return invalid(std::move(key), std::move(pointer));
    return {};
}

Result<> check_words(const RaiseRequest& request) {
    if (is_blank(request.text)) return invalid("respond.callout.text_missing", "/text");
    TRY(check_length(request.text, text_limit, "respond.callout.text_too_long", "/text"));
    TRY(check_length(request.subject.value_or(""), subject_limit,
                     "respond.callout.subject_too_long", "/subject"));
    if (request.texts.size() > texts_limit)
        return invalid("respond.callout.too_many_texts", "/texts",
                       {{"limit", std::to_string(texts_limit)}});
    for (std::size_t i = 0; i < request.texts.size(); ++i) {
        const std::string pointer = "/texts/" + std::to_string(i);
        const auto& one = request.texts[i];
        if (is_blank(one.text)) return invalid("respond.callout.text_missing", pointer + "/text");
        TRY(check_length(one.text, text_limit, "respond.callout.text_too_long", pointer + "/text"));
        TRY(check_length(one.subject.value_or(""), subject_limit,
                         "respond.callout.subject_too_long", pointer + "/subject"));
        for (std::size_t other = 0; other < i; ++other)
            if (request.texts[other].language == one.language)
                return invalid("respond.callout.language_twice", pointer + "/language");
    }
    return {};
}

}  // namespace

Result<Raising> raise(const CalloutId& id, const RaiseRequest& request, const Principal& by,
                      const About& about, std::span<const Reachable> people,
                      const KindOf& kind_of) {
    TRY(check_words(request));
    TRY(check_minutes(request.remind_after_minutes, 1, 1440,
                      "respond.callout.remind_after_out_of_range", "/remind_after_minutes"));
    TRY(check_minutes(request.reminders, 0, 10, "respond.callout.reminders_out_of_range",
                      "/reminders"));
    TRY(check_minutes(request.channel_after_minutes, 0, 1440,
                      "respond.callout.channel_after_out_of_range", "/channel_after_minutes"));
    TRY(check_minutes(request.deputy_after_minutes.value_or(1), 1, 1440,
                      "respond.callout.deputy_after_out_of_range", "/deputy_after_minutes"));
    if (request.waves.size() > waves_limit)
        return invalid("respond.callout.too_many_waves", "/waves",
                       {{"limit", std::to_string(waves_limit)}});
    const Wave first{request.organisations, request.roles, request.people, request.on_duty, {}};
    TRY(check_wave(first, "", people, kind_of));

    CalloutPlanned planned;
    planned.incident = request.incident;
    planned.texts = request.texts;
    planned.channel_after_seconds = std::chrono::minutes(request.channel_after_minutes);
    planned.deputies = request.deputies;
    planned.deputy_after_seconds = std::chrono::minutes(request.deputy_after_minutes.value_or(0));
    for (std::size_t i = 0; i < request.waves.size(); ++i) {
        const auto& wave = request.waves[i];
        const std::string pointer = "/waves/" + std::to_string(i);
        TRY(check_minutes(wave.after_minutes, 1, 1440, "respond.callout.wave_after_out_of_range",
                          pointer + "/after_minutes"));
        planned.waves.push_back({wave.organisations, wave.roles, wave.people, wave.on_duty,
                                 std::chrono::minutes(wave.after_minutes)});
        TRY(check_wave(planned.waves.back(), pointer, people, kind_of));
    }
    if (!about.open) return fail(ErrorKind::conflict, "respond.callout.incident_closed");
    if (about.exercise_ended) return fail(ErrorKind::conflict, "respond.callout.exercise_ended");

    Chosen chosen = choose(first, people, nobody_yet, none_satisfied);
    if (chosen.addressees.empty()) return invalid("respond.callout.nobody_found", "/organisations");
    if (chosen.addressees.size() > people_limit)
        return invalid("respond.callout.too_many", "/organisations",
                       {{"limit", std::to_string(people_limit)}});
    planned.routes = std::move(chosen.routes);

    // Which organisations are counted: those named, those of the kinds named, else all called.
    if (request.quorum || !planned.waves.empty()) {
        const QuorumRequest quorum = request.quorum.value_or(QuorumRequest{});
        TRY(check_minutes(quorum.at_least, 1, 100, "respond.callout.at_least_out_of_range",
                          "/quorum/at_least"));
        for (std::size_t i = 0; i < quorum.organisations.size(); ++i)
            if (!kind_of(quorum.organisations[i]))
                return invalid("respond.callout.unknown_organisation",
                               "/quorum/organisations/" + std::to_string(i));
        std::set<OrganisationId> counted(quorum.organisations.begin(), quorum.organisations.end());
        std::set<OrganisationId> of_all;
        auto consider = [&](const Wave& wave) {
            const Chosen all = choose(wave, people, nobody_yet, none_satisfied);
            for (const auto& one : all.addressees)
                if (!one.organisation.empty()) of_all.insert(one.organisation);
            of_all.insert(all.empty_organisations.begin(), all.empty_organisations.end());
        };
        consider(first);
        for (const auto& wave : planned.waves) consider(wave);
        for (const auto& organisation : of_all)
            if (const auto kind = kind_of(organisation); kind && is_among(quorum.kinds, *kind))
                counted.insert(organisation);
        if (quorum.organisations.empty() && quorum.kinds.empty()) counted = of_all;
        if (request.quorum && counted.empty())
            return invalid("respond.callout.nobody_counted", "/quorum");
        // Without a quorum asked for, the waves go on until one is coming from each.
        planned.at_least = quorum.at_least;
        planned.quorum_organisations.assign(counted.begin(), counted.end());
    }

    CalloutRaised raised;
    raised.incident = request.incident;
    raised.organisation = by.organisation;
    if (request.subject && !is_blank(*request.subject)) raised.subject = request.subject;
    raised.text = request.text;
    raised.remind_after_seconds = std::chrono::minutes(request.remind_after_minutes);
    raised.reminders = request.reminders;
    raised.expires_at = about.now + lifetime;
    raised.addressees = std::move(chosen.addressees);
    raised.empty_organisations = std::move(chosen.empty_organisations);
    return Raising{Decided<CalloutRaised>{
                       journal::Place{stream_of(id), *about.visibility, about.world, about.now, {}},
                       std::move(raised)},
                   std::move(planned)};
}

// ---- what comes due ------------------------------------------------------------------------

std::optional<PeopleCalled> next_wave(const State::Callout& callout,
                                      std::span<const Reachable> people, Instant now) {
    const auto due = callout.wave_due();
    if (!due || *due > now) return {};
    PeopleCalled called;
    called.incident = callout.incident;
    called.wave = static_cast<int>(callout.next_wave) + 1;
    Chosen chosen = choose(
        callout.waves[callout.next_wave], people,
        [&](const PersonId& person) { return callout.people.contains(person); },
        [&](const OrganisationId& organisation) { return callout.has_quorum(organisation); });
    called.addressees = std::move(chosen.addressees);
    called.routes = std::move(chosen.routes);
    called.empty_organisations = std::move(chosen.empty_organisations);
    return called;
}

std::vector<PeopleCalled> next_deputies(
    const State::Callout& callout, Instant now,
    const std::function<std::vector<Reachable>(const PersonId&, const OrganisationId&)>&
        deputies_of) {
    std::vector<PeopleCalled> all;
    std::set<PersonId> taken;
    for (const auto& [due, id] : callout.next_deputy) {
        if (due > now) break;
        const auto& person = callout.people.at(id);
        PeopleCalled called;
        called.incident = callout.incident;
        called.cause = person.answered()         ? Cause::cannot
                       : person.is_out_of_ways() ? Cause::unreachable
                                                 : Cause::silent;
        called.wave = static_cast<int>(callout.next_wave);
        called.instead_of = id;
        for (auto& deputy : deputies_of(id, person.organisation)) {
            if (callout.people.contains(deputy.person) || !taken.insert(deputy.person).second)
                continue;
            Role role = Role::member;
            for (const auto& held : deputy.roles)
                if (held.organisation == person.organisation) role = held.role;
            called.addressees.push_back({deputy.person, person.organisation, role, deputy.gap});
            if (!deputy.channels.empty())
                called.routes.push_back({deputy.person, std::move(deputy.channels)});
            break;
        }
        all.push_back(std::move(called));
    }
    return all;
}

ChannelsCalled next_channels(const State::Callout& callout, Instant now) {
    ChannelsCalled called{callout.incident, {}};
    for (const auto& [due, id] : callout.next_channel) {
        if (due > now) break;
        const auto& person = callout.people.at(id);
        called.calls.push_back({id, person.channels[person.used]});
    }
    return called;
}

namespace {

Result<Decided<AnswerGiven>> answer_for(const State::Callout& callout, const CalloutId& id,
                                        const PersonId& person, Way way,
                                        const AnswerRequest& request, Instant now) {
    if (!callout.open) return fail(ErrorKind::conflict, "respond.callout.over");
    AnswerGiven given;
    given.incident = callout.incident;
    given.person = person;
    given.answer = request.answer;
    given.way = way;
    if (request.answer != AnswerKind::cannot) given.coming_at = request.coming_at;
    const std::string substitute = request.substitute.value_or("");
    const std::string note = request.note.value_or("");
    TRY(check_length(substitute, substitute_limit, "respond.callout.substitute_too_long",
                     "/substitute"));
    TRY(check_length(note, note_limit, "respond.callout.note_too_long", "/note"));
    if (request.answer == AnswerKind::substitute) {
        // A digit cannot say a name; that somebody else comes is worth knowing all the same.
        const bool may_be_nameless = way == Way::sms || way == Way::voice;
        if (is_blank(substitute) && !may_be_nameless)
            return invalid("respond.callout.substitute_missing", "/substitute");
        if (!is_blank(substitute)) given.substitute = Personal{person, substitute};
    }
    if (!is_blank(note)) given.note = Personal{person, note};
    return decided(id, callout, now, std::move(given));
}

}  // namespace

Result<Decided<AnswerGiven>> answer(const State& state, const CalloutId& id,
                                    const AnswerRequest& request, const Principal& by,
                                    Instant now) {
    const auto* callout = state.find(id);
    const PersonId person = request.person.value_or(by.person);
    const bool oneself = person == by.person;
    const bool sees = callout != nullptr && may_see(by.viewer, *callout->visibility);
    // Whoever was called may answer, even if the incident is not for their eyes.
    if (callout == nullptr || (!sees && !(oneself && callout->people.contains(person))))
        return fail(ErrorKind::not_found, "respond.callout.unknown");
    if (!oneself && !incident::has_any(by, roles_that_answer_on_behalf()))
        return fail(ErrorKind::forbidden, "respond.callout.on_behalf_not_permitted");
    if (!callout->people.contains(person))
        return fail(ErrorKind::not_found, "respond.callout.not_addressed", {}, "/person");
    return answer_for(*callout, id, person, oneself ? Way::signed_in : Way::on_behalf, request,
                      now);
}

Result<std::optional<Decided<AnswerGiven>>> answer_by(const State& state, const CalloutId& id,
                                                      const PersonId& person, Way way,
                                                      const AnswerRequest& request, Instant now) {
    const auto* callout = state.find(id);
    if (callout == nullptr || !callout->people.contains(person))
        return fail(ErrorKind::not_found, "respond.callout.not_addressed");
    TRY_LET(auto decided, answer_for(*callout, id, person, way, request, now));
    // Gateways repeat what they were not thanked for; the same words again say nothing new.
    const auto& [before, said] =
        std::tie(callout->people.at(person).answer, callout->people.at(person).said);
    const auto& given = decided.body;
    if (before && before->answer == given.answer && before->way == way &&
        before->coming_at == given.coming_at && said == digest_of_words(given))
        return std::optional<Decided<AnswerGiven>>{};
    return std::optional(std::move(decided));
}

Result<Decided<AnswerGiven>> answer_by_link(const State& state, const Link& link,
                                            const AnswerRequest& request, Instant now) {
    const auto* callout = state.find(link.callout);
    if (callout == nullptr || !callout->people.contains(link.person))
        return fail(ErrorKind::not_found, "respond.callout.link_invalid");
    return answer_for(*callout, link.callout, link.person, Way::link, request, now);
}

Result<Decided<SheetSent>> send_sheet(const State& state, const CalloutId& id,
                                      const PersonId& person, const SheetRequest& request,
                                      const Principal& by, Instant now) {
    const auto* callout = state.find(id);
    if (callout == nullptr || !may_see(by.viewer, *callout->visibility))
        return fail(ErrorKind::not_found, "respond.callout.unknown");
    if (!callout->open) return fail(ErrorKind::conflict, "respond.callout.over");
    if (!callout->people.contains(person))
        return fail(ErrorKind::not_found, "respond.callout.not_addressed");
    const Instant at = request.sent_at.value_or(now);
    // Minutes are written down, not seconds.
    if (at > now || at + std::chrono::minutes(1) < callout->raised_at)
        return invalid("respond.callout.sheet_time", "/sent_at");
    return decided(id, *callout, now,
                   SheetSent{callout->incident, person, request.by.value_or(by.person), at});
}

Result<Decided<CalloutResolved>> resolve(const State& state, const CalloutId& id,
                                         const Principal& by, Instant now) {
    const auto* callout = state.find(id);
    if (callout == nullptr || !may_see(by.viewer, *callout->visibility))
        return fail(ErrorKind::not_found, "respond.callout.unknown");
    if (!callout->open) return fail(ErrorKind::conflict, "respond.callout.over");
    return decided(id, *callout, now, CalloutResolved{callout->incident, Ending::resolved});
}

}  // namespace noroshi::respond::callout
