#include "watch/warnings/warnings.h"

#include <algorithm>
#include <utility>

#include "kernel/i18n/i18n.h"
#include "kernel/i18n/line.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"
#include "watch/logs/logs_facts.h"

namespace noroshi::watch::warnings {

using council::OrganisationKind;
using journal::Live;

namespace {

constexpr std::size_t longest_sign = 500;
constexpr std::size_t longest_title = 120;
constexpr std::size_t longest_text = 4000;
constexpr auto mail_lives = std::chrono::hours{24};
constexpr auto clock_slack = std::chrono::minutes{5};

// Several lines, as a person writes them.
Result<std::string> paragraph(std::string_view text, std::string_view pointer) {
    std::string out(i18n::trimmed(text));
    TRY_LET(const auto length, i18n::length(out, pointer));
    if (length == 0) return invalid("kernel.i18n.empty", std::string(pointer));
    if (length > longest_text)
        return invalid("kernel.i18n.too_long", std::string(pointer),
                       {{"most", std::to_string(longest_text)}});
    return out;
}

Result<const Warning*> find_open(const State& state, const WarningId& id) {
    const auto* warning = state.find(id);
    if (warning == nullptr) return fail(ErrorKind::not_found, "watch.warnings.unknown");
    if (warning->stage == Stage::dismissed)
        return fail(ErrorKind::conflict, "watch.warnings.closed");
    return warning;
}

bool contributes(const State& state, const Warning& warning, const OrganisationId& member) {
    return std::ranges::binary_search(state.contributors(warning), member);
}

// The words of what goes to everybody must not carry a contributor's name, in either language.
Result<> names_nobody(const State& state, const council::State& council, const Warning& warning,
                      std::string_view text, std::string_view pointer) {
    const auto folded = i18n::fold(text);
    for (const auto& member : state.contributors(warning)) {
        const auto* organisation = council.find(member);
        if (organisation == nullptr) continue;
        for (const auto& name : {organisation->name, organisation->name_en, organisation->kana})
            if (!name.empty() && folded.find(i18n::fold(name)) != std::string::npos)
                return invalid("watch.warnings.names_a_member", std::string(pointer),
                               {{"name", name}});
    }
    return {};
}

}  // namespace

// ---- state ---------------------------------------------------------------------------------

void State::attach(journal::Listeners& side) {
    side.on_reset([this] { *this = State{}; });
    journal::listen_live<SightingReported>(side, [this](Live<SightingReported> fact) {
        Sighting sighting{fact.body.sighting,  fact.body.member,
                          fact.body.sign_kind, fact.body.sign,
                          fact.body.what,      fact.body.seen_at,
                          fact.at.entry_time,  fact.body.warn_others,
                          fact.body.of_case,   {}};
        sightings_.insert_or_assign(fact.body.sighting, std::move(sighting));
        if (fact.body.of_case) unreported_.erase(*fact.body.of_case);
    });
    journal::listen_live<detections::Detected>(
        side, [this](Live<detections::Detected> fact) { take(fact.body, fact.at.entry_time); });
    journal::listen_live<detections::CaseTriaged>(side, [this](Live<detections::CaseTriaged> fact) {
        if (fact.body.verdict == detections::Verdict::harmless)
            unreported_.erase(fact.body.of_case);
    });
    journal::listen_live<logs::AgreementWithdrawn>(
        side, [this](Live<logs::AgreementWithdrawn> fact) {
            std::erase_if(unreported_,
                          [&](const auto& item) { return item.second.member == fact.body.member; });
        });
    journal::listen_live<WarningProposed>(side, [this](Live<WarningProposed> fact) {
        Warning warning;
        warning.id = fact.body.warning;
        warning.kind = fact.body.sign_kind;
        warning.sign = fact.body.sign;
        warning.sightings = fact.body.sightings;
        warning.proposed_at = fact.at.entry_time;
        warning.version = fact.at.stream_version;
        for (const auto& id : warning.sightings)
            if (const auto found = sightings_.find(id); found != sightings_.end())
                found->second.warning = warning.id;
        order_.push_back(warning.id);
        warnings_.insert_or_assign(warning.id, std::move(warning));
    });
    const auto with = [this](const WarningId& id, auto change) {
        if (const auto found = warnings_.find(id); found != warnings_.end()) change(found->second);
    };
    journal::listen_live<SightingJoined>(side, [this, with](Live<SightingJoined> fact) {
        with(fact.body.warning, [&](Warning& warning) {
            warning.sightings.push_back(fact.body.sighting);
            warning.seen_again = warning.stage == Stage::issued;
            warning.version = fact.at.stream_version;
        });
        if (const auto found = sightings_.find(fact.body.sighting); found != sightings_.end())
            found->second.warning = fact.body.warning;
    });
    journal::listen_live<ReleaseAnswered>(side, [with](Live<ReleaseAnswered> fact) {
        with(fact.body.warning, [&](Warning& warning) {
            warning.releases[fact.body.member] = fact.body.approved;
            warning.version = fact.at.stream_version;
        });
    });
    journal::listen_live<WarningIssued>(side, [this, with](Live<WarningIssued> fact) {
        with(fact.body.warning, [&](Warning& warning) {
            warning.stage = Stage::issued;
            warning.seen_again = false;
            warning.editions.push_back(fact.body);
            warning.issued_at.push_back(fact.at.entry_time);
        });
        issued_ = std::max(issued_, fact.body.number);
    });
    journal::listen_live<WarningDismissed>(side, [with](Live<WarningDismissed> fact) {
        with(fact.body.warning, [&](Warning& warning) {
            warning.stage = Stage::dismissed;
            warning.dismissed_because = fact.body.reason;
            warning.version = fact.at.stream_version;
        });
    });
    journal::listen_live<WarningAnswered>(side, [with](Live<WarningAnswered> fact) {
        with(fact.body.warning, [&](Warning& warning) {
            warning.answers.insert_or_assign(fact.body.member, fact.body);
        });
    });
}

void State::take(const detections::Detected& detected, Instant now) {
    if (detected.level < level_of_a_sighting &&
        detected.detection_kind != detections::DetectionKind::indicator)
        return;
    auto [kind, sign] = sign_of(detected);
    if (sign.empty()) return;
    // Told once in a window; a case that goes on is no new sighting.
    for (const auto& [id, sighting] : sightings_)
        if (sighting.member == detected.member && sighting.kind == kind && sighting.sign == sign &&
            now - sighting.reported_at < window)
            return;
    for (const auto& [id, one] : unreported_)
        if (one.member == detected.member && one.kind == kind && one.sign == sign) return;
    std::string what =
        detected.title_ja.empty() ? detected.title : detected.title_ja + " / " + detected.title;
    if (detected.detection_kind == detections::DetectionKind::indicator ||
        detected.detection_kind == detections::DetectionKind::behaviour) {
        const auto name = "watch.detections.name." +
                          (kind == SignKind::indicator ? std::string("indicator") : detected.rule);
        what = i18n::text(Language::ja, name) + " / " + i18n::text(Language::en, name);
    }
    // The detection's time of day is the member's own; the day says enough for the window.
    unreported_[detected.of_case] = {detected.member, kind, std::move(sign), std::move(what),
                                     std::min(detected.last_at.value_or(now), now)};
}

const Sighting* State::find(const SightingId& id) const {
    const auto found = sightings_.find(id);
    return found == sightings_.end() ? nullptr : &found->second;
}

const Warning* State::find(const WarningId& id) const {
    const auto found = warnings_.find(id);
    return found == warnings_.end() ? nullptr : &found->second;
}

std::vector<OrganisationId> State::contributors(const Warning& warning) const {
    std::vector<OrganisationId> members;
    for (const auto& id : warning.sightings)
        if (const auto* sighting = find(id)) members.push_back(sighting->member);
    std::ranges::sort(members);
    members.erase(std::ranges::unique(members).begin(), members.end());
    return members;
}

// ---- decisions -----------------------------------------------------------------------------

const std::vector<Role>& roles_that_report() {
    static const std::vector<Role> roles{Role::administrator, Role::security_person};
    return roles;
}

const std::vector<Role>& roles_that_moderate() {
    static const std::vector<Role> roles{Role::duty_officer, Role::leader, Role::security_person};
    return roles;
}

bool moderates(const council::State& council, const Principal& by) {
    return std::ranges::any_of(by.roles, [&](const RoleIn& role) {
        const auto* organisation = council.find(role.organisation);
        return organisation != nullptr && organisation->kind == OrganisationKind::port_manager &&
               std::ranges::find(roles_that_moderate(), role.role) != roles_that_moderate().end();
    });
}

bool speaks_for(const Principal& by, const OrganisationId& member) {
    return std::ranges::any_of(by.roles, [&](const RoleIn& role) {
        return role.organisation == member &&
               std::ranges::find(roles_that_report(), role.role) != roles_that_report().end();
    });
}

std::string normalised(SignKind kind, std::string_view sign) {
    std::string text = i18n::fold(i18n::plain(i18n::trimmed(sign)));
    if (kind != SignKind::indicator) return text;
    const auto replace = [&](std::string_view from, std::string_view to) {
        for (auto at = text.find(from); at != std::string::npos;
             at = text.find(from, at + to.size()))
            text.replace(at, from.size(), to);
    };
    for (const auto* dot : {"[.]", "(.)", "[dot]", "(dot)"}) replace(dot, ".");
    replace("[:]", ":");
    if (text.starts_with("hxxp")) text.replace(0, 4, "http");
    while (text.ends_with('.')) text.pop_back();
    return text;
}

std::pair<SignKind, std::string> sign_of(const detections::Detected& detected) {
    using detections::DetectionKind;
    if (detected.detection_kind == DetectionKind::indicator)
        return {SignKind::indicator, normalised(SignKind::indicator, detected.entity.text)};
    if (detected.detection_kind != DetectionKind::behaviour)
        return {SignKind::rule, normalised(SignKind::rule, detected.family)};
    std::string sign = detected.rule;
    for (const auto& [name, value] : detected.seen)
        if (name == "fqdn" || name == "domain" || name == "port" ||
            (name == "dst" && detected.rule != "port_scan" && detected.rule != "outbound_volume") ||
            // Who tries passwords here tries them next door.
            (name == "remote" &&
             (detected.rule == "password_spraying" || detected.rule == "vpn_guessing" ||
              detected.rule == "vpn_guessed")))
            sign += " " + value.text;
    // A scan inside says nothing to others but that there was one.
    return {SignKind::behaviour, normalised(SignKind::behaviour, sign)};
}

Result<SightingReported> report(const council::State& council, const Principal& by, SightingId id,
                                const SightingDraft& draft, Instant now) {
    if (!speaks_for(by, draft.member) || council.find(draft.member) == nullptr)
        return fail(ErrorKind::forbidden, "watch.warnings.not_yours");
    TRY_LET(auto sign, i18n::line(draft.sign, longest_sign, "/sign"));
    TRY_LET(auto what, paragraph(draft.what, "/what"));
    const auto seen_at = draft.seen_at.value_or(now);
    if (seen_at > now + clock_slack) return invalid("watch.warnings.seen_later", "/seen_at");
    auto compared = normalised(draft.sign_kind, sign);
    if (compared.empty()) return invalid("kernel.i18n.empty", "/sign");
    return SightingReported{std::move(id),   draft.member, draft.sign_kind,   std::move(compared),
                            std::move(what), seen_at,      draft.warn_others, {}};
}

Consequence follow(const State& state, const SightingReported& fresh, Instant now, WarningId id) {
    if (!fresh.warn_others) return {};
    // One that is open takes it in; one that was dismissed does not stand in the way.
    for (const auto& known : state.warnings()) {
        const auto& warning = *state.find(known);
        if (warning.stage != Stage::dismissed && warning.kind == fresh.sign_kind &&
            warning.sign == fresh.sign)
            return {{}, SightingJoined{known, fresh.sighting}};
    }
    WarningProposed proposed{std::move(id), fresh.sign_kind, fresh.sign, {}};
    std::vector<OrganisationId> members{fresh.member};
    for (const auto& [other, sighting] : state.sightings()) {
        if (!sighting.warn_others || sighting.kind != fresh.sign_kind ||
            sighting.sign != fresh.sign || sighting.reported_at < now - window)
            continue;
        proposed.sightings.push_back(other);
        if (std::ranges::find(members, sighting.member) == members.end())
            members.push_back(sighting.member);
    }
    if (members.size() < members_for_a_warning) return {};
    proposed.sightings.push_back(fresh.sighting);
    // Sorted by a random name: the order says nothing of who came first.
    std::ranges::sort(proposed.sightings);
    return {std::move(proposed), {}};
}

Result<ReleaseAnswered> answer_release(const State& state, const Principal& by, const WarningId& id,
                                       const OrganisationId& member, bool approved) {
    TRY_LET(const auto* warning, find_open(state, id));
    // To anybody else there is no such warning yet.
    if (!speaks_for(by, member) || !contributes(state, *warning, member))
        return fail(ErrorKind::not_found, "watch.warnings.unknown");
    return ReleaseAnswered{id, member, approved};
}

Result<WarningIssued> issue(const State& state, const council::State& council, const WarningId& id,
                            const IssueDraft& draft) {
    TRY_LET(const auto* warning, find_open(state, id));
    WarningIssued issued;
    issued.warning = id;
    TRY_LET(issued.title, i18n::line(draft.title, longest_title, "/title"));
    TRY_LET(issued.what, paragraph(draft.what, "/what"));
    TRY_LET(issued.what_to_do, paragraph(draft.what_to_do, "/what_to_do"));
    const bool released =
        std::ranges::any_of(warning->releases, [](const auto& answer) { return answer.second; });
    for (const auto& [text, pointer] : {std::pair{&issued.title, "/title"},
                                        {&issued.what, "/what"},
                                        {&issued.what_to_do, "/what_to_do"}}) {
        TRY(names_nobody(state, council, *warning, *text, pointer));
        // Nor the sign itself, before a provider has released it.
        if (!released && normalised(warning->kind, *text).find(warning->sign) != std::string::npos)
            return invalid("watch.warnings.holds_the_sign", pointer);
    }
    if (draft.release_sign) {
        if (!released) return fail(ErrorKind::forbidden, "watch.warnings.not_released");
        issued.sign = warning->sign;
        issued.sign_kind = warning->kind;
    }
    issued.edition = static_cast<std::uint32_t>(warning->editions.size() + 1);
    issued.number =
        warning->editions.empty() ? state.issued() + 1 : warning->editions.front().number;
    return issued;
}

Result<WarningDismissed> dismiss(const State& state, const WarningId& id, std::string_view reason) {
    TRY_LET(const auto* warning, find_open(state, id));
    if (warning->stage == Stage::issued) return fail(ErrorKind::conflict, "watch.warnings.issued");
    TRY_LET(auto why, i18n::line(reason, longest_sign, "/reason"));
    return WarningDismissed{id, std::move(why)};
}

Result<WarningAnswered> answer(const State& state, const council::State& council,
                               const Principal& by, const WarningId& id, const AnswerDraft& draft) {
    const auto* warning = state.find(id);
    if (warning == nullptr || warning->editions.empty())
        return fail(ErrorKind::not_found, "watch.warnings.unknown");
    if (!speaks_for(by, draft.member) || council.find(draft.member) == nullptr)
        return fail(ErrorKind::forbidden, "watch.warnings.not_yours");
    WarningAnswered answered{id,         draft.member,  warning->editions.back().edition,
                             draft.seen, draft.measure, {}};
    TRY_LET(answered.note,
            i18n::line(draft.note.value_or(""), longest_sign, "/note", i18n::Empty::allowed));
    return answered;
}

// ---- the room ------------------------------------------------------------------------------

Warnings::Warnings(journal::Journal& journal, const council::Council& council,
                   const contacts::Contacts& contacts, WarningsOptions options)
    : council_(council), contacts_(contacts), options_(std::move(options)) {
    pending_.attach(journal.pending());
    published_.attach(journal.published());
    journal.add_timer({[this]() -> std::optional<Instant> {
                           if (pending_.unreported().empty()) return {};
                           return Instant{};
                       },
                       [this](journal::Recorder& recorder) { return fire(recorder); }});
}

std::string Warnings::stream_of(const SightingId& id) {
    return "watch/warnings/sightings/" + id.text;
}
std::string Warnings::stream_of(const WarningId& id) { return "watch/warnings/" + id.text; }
std::string Warnings::stream_of_issued(const WarningId& id) {
    return "watch/warnings/issued/" + id.text;
}

std::vector<OrganisationId> Warnings::moderators() const {
    std::vector<OrganisationId> all;
    for (const auto* one : council_.state().organisations_of(OrganisationKind::port_manager))
        all.push_back(one->id);
    return all;
}

Visibility Warnings::confidential(std::vector<OrganisationId> organisations) const {
    for (auto& one : moderators()) organisations.push_back(std::move(one));
    std::ranges::sort(organisations);
    organisations.erase(std::ranges::unique(organisations).begin(), organisations.end());
    return {Tlp::amber_strict, std::move(organisations), {}};
}

void Warnings::mail(journal::Recorder& recorder, const WarningId& id, std::string_view occasion,
                    const PersonId& person, std::string_view subject, std::string_view text,
                    const Arguments& arguments) {
    const auto* known = council_.state().find(person);
    const auto* contact = contacts_.state().find(person);
    if (known == nullptr || known->erased || contact == nullptr || contact->email.empty()) return;
    journal::Dispatch dispatch;
    dispatch.topic = "watch.warnings/" + id.text;
    dispatch.person = person;
    Message& message = dispatch.message;
    message.key = id.text + "/" + person.text + "/" + std::string(occasion);
    message.channel = Channel::email;
    message.to = contact->email;
    message.to_name = known->name;
    message.message_id = "<" + id.text + "." + person.text + "." + std::string(occasion) + "@" +
                         options_.mail_domain + ">";
    message.subject = i18n::text(known->language, subject, arguments);
    message.text =
        i18n::text(known->language, text, arguments) + "\n\n" + public_url_ + "/watch/warnings\n";
    dispatch.not_before = recorder.now();
    dispatch.expires = recorder.now() + mail_lives;
    recorder.send(std::move(dispatch));
}

void Warnings::mail_security_people(journal::Recorder& recorder, const WarningId& id,
                                    std::string_view occasion, const OrganisationId& organisation,
                                    std::string_view subject, std::string_view text,
                                    const Arguments& arguments) {
    for (const auto* person : council_.state().people_with(organisation, Role::security_person))
        mail(recorder, id, occasion, person->id, subject, text, arguments);
}

Result<SightingId> Warnings::report(journal::Recorder& recorder, const Principal& by,
                                    const SightingDraft& draft) {
    SightingId id{recorder.random().identifier()};
    TRY_LET(const auto reported, warnings::report(council_.state(), by, id, draft, recorder.now()));
    take(recorder, reported);
    return id;
}

// What detections have come to. Each becomes one sighting; recording it takes it off the list.
Result<> Warnings::fire(journal::Recorder& recorder) {
    const auto& [of_case, one] = *pending_.unreported().begin();
    take(recorder, SightingReported{SightingId{recorder.random().identifier()}, one.member,
                                    one.kind, one.sign, one.what, one.seen_at, true, of_case});
    return {};
}

void Warnings::mail_moderators(journal::Recorder& recorder, const WarningId& id,
                               std::string_view occasion, std::string_view text) {
    for (const auto& organisation : moderators())
        for (const auto role : roles_that_moderate())
            for (const auto* person : council_.state().people_with(organisation, role))
                mail(recorder, id, occasion, person->id, std::string(text) + "_subject", text, {});
}

void Warnings::take(journal::Recorder& recorder, const SightingReported& reported) {
    auto consequence =
        follow(pending_, reported, recorder.now(), WarningId{recorder.random().identifier()});
    // Of no interest to others: the port manager does not learn of it either.
    // Nor of what was detected in logs that it may not look at, until a warning comes of it.
    const Visibility seen_by = reported.warn_others && !reported.of_case
                                   ? confidential({reported.member})
                                   : Visibility{Tlp::amber_strict, {reported.member}, {}};
    journal::record(recorder,
                    journal::Place{stream_of(reported.sighting), seen_by, {}, reported.seen_at, {}},
                    reported);
    if (consequence.proposed) {
        const auto& proposed = *consequence.proposed;
        journal::record(recorder,
                        journal::Place{stream_of(proposed.warning), confidential({}), {}, {}, {}},
                        proposed);
        std::vector<OrganisationId> asked{reported.member};
        for (const auto& one : proposed.sightings)
            if (const auto* sighting = pending_.find(one))
                if (std::ranges::find(asked, sighting->member) == asked.end())
                    asked.push_back(sighting->member);
        for (const auto& member : asked)
            mail_security_people(recorder, proposed.warning, "release", member,
                                 "watch.warnings.mail.release_subject",
                                 "watch.warnings.mail.release", {});
        mail_moderators(recorder, proposed.warning, "moderate", "watch.warnings.mail.moderate");
    }
    if (consequence.joined) {
        const auto& joined = *consequence.joined;
        journal::record(recorder,
                        journal::Place{stream_of(joined.warning), confidential({}), {}, {}, {}},
                        joined);
        mail_security_people(recorder, joined.warning, "release", reported.member,
                             "watch.warnings.mail.release_subject", "watch.warnings.mail.release",
                             {});
        // Once an edition: a warning that everybody has read is to be said again, not counted.
        const auto* warning = pending_.find(joined.warning);
        if (warning != nullptr && warning->stage == Stage::issued && !warning->seen_again)
            mail_moderators(recorder, joined.warning,
                            "seen-again-" + std::to_string(warning->editions.size()),
                            "watch.warnings.mail.seen_again");
    }
}

Result<> Warnings::answer_release(journal::Recorder& recorder, const Principal& by,
                                  const WarningId& id, const OrganisationId& member,
                                  bool approved) {
    TRY_LET(const auto answered, warnings::answer_release(pending_, by, id, member, approved));
    journal::record(recorder, journal::Place{stream_of(id), confidential({member}), {}, {}, {}},
                    answered);
    return {};
}

Result<> Warnings::issue(journal::Recorder& recorder, const Principal& by, const WarningId& id,
                         const IssueDraft& draft) {
    if (!moderates(council_.state(), by))
        return fail(ErrorKind::forbidden, "watch.warnings.not_a_moderator");
    TRY_LET(const auto issued, warnings::issue(pending_, council_.state(), id, draft));
    journal::record(recorder,
                    journal::Place{stream_of_issued(id), {Tlp::green, {}, {}}, {}, {}, {}}, issued);
    const Arguments words{{"number", std::to_string(issued.number)},
                          {"edition", std::to_string(issued.edition)},
                          {"title", issued.title},
                          {"what", issued.what},
                          {"what_to_do", issued.what_to_do}};
    // Everybody alike, contributors included: who gets no mail would be known for it.
    for (const auto* organisation : council_.state().organisations())
        if (organisation->member)
            mail_security_people(recorder, id, "issued-" + std::to_string(issued.edition),
                                 organisation->id,
                                 issued.edition == 1 ? "watch.warnings.mail.issued_subject"
                                                     : "watch.warnings.mail.again_subject",
                                 "watch.warnings.mail.issued", words);
    return {};
}

Result<> Warnings::dismiss(journal::Recorder& recorder, const Principal& by, const WarningId& id,
                           std::string_view reason) {
    if (!moderates(council_.state(), by))
        return fail(ErrorKind::forbidden, "watch.warnings.not_a_moderator");
    TRY_LET(const auto dismissed, warnings::dismiss(pending_, id, reason));
    journal::record(recorder, journal::Place{stream_of(id), confidential({}), {}, {}, {}},
                    dismissed);
    return {};
}

Result<> Warnings::answer(journal::Recorder& recorder, const Principal& by, const WarningId& id,
                          const AnswerDraft& draft) {
    TRY_LET(const auto answered, warnings::answer(pending_, council_.state(), by, id, draft));
    journal::record(recorder,
                    journal::Place{stream_of(id), confidential({draft.member}), {}, {}, {}},
                    answered);
    return {};
}

}  // namespace noroshi::watch::warnings
