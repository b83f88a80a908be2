#include "watch/detections/detections.h"

#include <algorithm>
#include <utility>

#include <boost/describe/enum_to_string.hpp>

#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "kernel/i18n/line.h"
#include "kernel/journal/record.h"

namespace noroshi::watch::detections {

namespace {

constexpr std::size_t longest_reason = 500;
constexpr auto mail_lives = std::chrono::hours{24};
constexpr auto link_lives = std::chrono::days{7};
constexpr std::string_view link_purpose = "watch/detections/link";

template <class Range, class Value, class Of = std::identity>
bool holds(const Range& range, const Value& value, Of of = {}) {
    return std::ranges::find(range, value, of) != std::ranges::end(range);
}

bool watches(const RoleIn& role) {
    return std::ranges::find(logs::roles_that_watch(), role.role) != logs::roles_that_watch().end();
}

void earlier(std::optional<Instant>& into, std::optional<Instant> at) {
    if (at && (!into || *at < *into)) into = at;
}

}  // namespace

// ---- decisions -----------------------------------------------------------------------------

std::vector<Role> roles_that_triage() { return logs::roles_that_watch(); }

Span answer_within(Level level) {
    if (level == Level::critical) return std::chrono::minutes{15};
    return level == Level::high ? Span{std::chrono::hours{1}} : Span{std::chrono::hours{4}};
}

namespace {

// Findings to facts: what nobody wants is left out, what belongs together goes to one case.
class Sorting {
public:
    Sorting(const State& state, const OrganisationId& member, Instant now, Random& random)
        : state_(state), member_(member), now_(now), random_(random) {}

    std::uint64_t suppressed() const { return suppressed_; }

    void take(const Finding& finding, bool looked_back, Outcome& outcome) {
        for (const auto& [id, suppression] : state_.suppressions())
            if (suppression.holds(member_, finding.rule, finding.entity, now_)) {
                suppressed_ += finding.count;
                return;
            }
        Detected detected;
        const Case* joined = state_.joins(member_, finding.family, finding.entity, now_);
        // A behaviour is found again as long as it lasts; once a day says it.
        if (joined != nullptr && finding.kind == DetectionKind::behaviour &&
            holds(joined->rules, finding.rule, &RuleInCase::rule))
            return;
        auto& made = made_[{finding.family, finding.entity}];
        if (joined != nullptr) {
            detected.of_case = joined->id;
        } else {
            if (made.id.empty()) made.id = CaseId{random_.identifier()};
            detected.of_case = made.id;
        }
        const bool known =
            (joined != nullptr && holds(joined->rules, finding.rule, &RuleInCase::rule)) ||
            !made.rules.insert(finding.rule).second;
        const auto key = sharing_of(member_);
        detected.member = member_;
        detected.detection_kind = finding.kind;
        detected.rule = finding.rule;
        detected.title = finding.title;
        detected.title_ja = finding.title_ja;
        detected.level = finding.level;
        detected.family = finding.family;
        detected.entity = {key, finding.entity};
        detected.lines = finding.lines;
        if (detected.lines.size() > lines_of_a_detection)
            detected.lines.resize(lines_of_a_detection);
        detected.count = finding.count;
        detected.first_at = finding.first_at;
        detected.last_at = finding.last_at;
        detected.looked_back = looked_back;
        if (!known) {
            for (const auto& [name, value] : finding.seen)
                detected.seen.push_back({name, {key, value}});
            detected.about = finding.about;
        }
        // Told once, and again when it grows worse; not of what was judged, nor what was tuned out.
        const Level before = std::max(joined == nullptr ? Level::informational : joined->level,
                                      made.told.value_or(Level::informational));
        const bool told_already = made.told || (joined != nullptr && joined->told);
        const bool judged = joined != nullptr && joined->verdict != Verdict::open &&
                            finding.level <= joined->triaged_level;
        if (!judged && finding.level >= state_.told_from(member_, finding.rule) && tells(finding) &&
            (!told_already || finding.level > before)) {
            if (!holds(outcome.to_tell, detected.of_case))
                outcome.to_tell.push_back(detected.of_case);
            made.told = std::max(finding.level, made.told.value_or(Level::informational));
        }
        outcome.detections.push_back(std::move(detected));
    }

private:
    // Six verdicts "harmless" in a row: not even critical ones.
    bool tells(const Finding& finding) const {
        return state_.harmless_in_a_row(member_, finding.rule) < 2 * harmless_for_a_step;
    }
    struct Made {
        CaseId id;
        std::set<std::string> rules;
        std::optional<Level> told;
    };
    const State& state_;
    const OrganisationId& member_;
    Instant now_;
    Random& random_;
    std::map<std::pair<std::string, std::string>, Made> made_;
    std::uint64_t suppressed_ = 0;
};

Result<const logs::Source*> source_of(const logs::State& logs, const SourceId& id) {
    const auto* source = logs.find(id);
    if (source == nullptr) return fail(ErrorKind::not_found, "watch.logs.unknown_source");
    if (logs.agreement_of(source->member) == nullptr)
        return fail(ErrorKind::conflict, "watch.logs.no_agreement");
    return source;
}

}  // namespace

Result<Outcome> examine(const State& state, const logs::State& logs, const Examination& done,
                        Instant now, Random& random) {
    TRY_LET(const auto* source, source_of(logs, done.source));
    if (done.until_line != done.from_line && state.position(done.source) != done.from_line)
        return fail(ErrorKind::conflict, "watch.detections.examined_already",
                    {{"position", std::to_string(state.position(done.source))}});
    Outcome outcome;
    Sorting sorting(state, source->member, now, random);
    for (const auto& finding : done.findings) sorting.take(finding, false, outcome);
    if (done.until_line != done.from_line)
        outcome.examined =
            LinesExamined{done.source,   source->member,       done.until_line, done.parsed,
                          done.unparsed, sorting.suppressed(), done.rules};
    return outcome;
}

Result<Outcome> look_back(const State& state, const logs::State& logs, const LookBack& done,
                          Instant now, Random& random) {
    TRY_LET(const auto* source, source_of(logs, done.source));
    Outcome outcome;
    Sorting sorting(state, source->member, now, random);
    for (const auto& finding : done.findings)
        // What was seen when it arrived is no news.
        if (!state.knows(source->member, finding.family, finding.entity))
            sorting.take(finding, true, outcome);
    outcome.looked_back = LookedBack{done.source, source->member, done.indicators, done.until_line};
    return outcome;
}

Result<CaseTriaged> triage(const Case& of, const TriageDraft& draft) {
    CaseTriaged triaged{of.id, draft.verdict, {sharing_of(of.member), {}}};
    TRY_LET(triaged.reason.text,
            i18n::line(draft.reason.value_or(""), longest_reason, "/reason", i18n::Empty::allowed));
    // A word that nobody can check later is worth nothing.
    if (draft.verdict == Verdict::harmless && triaged.reason.text.empty())
        return invalid("watch.detections.reason_needed", "/reason");
    return triaged;
}

Result<Suppressed> suppress(const Case& of, const Principal& by, SuppressionId id,
                            const SuppressionDraft& draft, Instant now) {
    const auto rule = std::ranges::find(of.rules, draft.rule, &RuleInCase::rule);
    if (rule == of.rules.end()) return invalid("watch.detections.unknown_rule", "/rule");
    if (draft.until <= now) return invalid("watch.detections.until_past", "/until");
    if (draft.until > now + longest_suppression)
        return invalid("watch.detections.until_too_late", "/until",
                       {{"days", std::to_string(longest_suppression.count())}});
    Suppressed made;
    made.suppression = std::move(id);
    made.member = of.member;
    made.rule = rule->rule;
    made.title = rule->title;
    if (!draft.whole_rule && !of.entity.empty())
        made.entity = Personal{sharing_of(of.member), of.entity};
    made.until = draft.until;
    TRY_LET(made.reason, i18n::line(draft.reason, longest_reason, "/reason"));
    made.owner = by.person;
    return made;
}

// ---- links ---------------------------------------------------------------------------------

std::string seal_link(const Link& link, const Key& installation_key, Random& random) {
    const std::string plain = link.of_case.text + "/" + link.person.text + "/" +
                              std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                                                 link.expires.time_since_epoch())
                                                 .count());
    return to_base64url(seal_with(installation_key, plain, link_purpose, random));
}

std::optional<Link> open_link(std::string_view sealed, const Key& installation_key) {
    if (sealed.size() > 512) return {};
    const auto bytes = from_base64url(sealed);
    const auto plain = bytes ? open_with(installation_key, *bytes, link_purpose) : std::nullopt;
    if (!plain) return {};
    const auto first = plain->find('/');
    const auto second = first == std::string::npos ? first : plain->find('/', first + 1);
    if (second == std::string::npos) return {};
    std::int64_t seconds = 0;
    for (const char c : std::string_view(*plain).substr(second + 1)) {
        if (c < '0' || c > '9' || seconds > 1'000'000'000'000) return {};
        seconds = seconds * 10 + (c - '0');
    }
    return Link{CaseId{plain->substr(0, first)},
                PersonId{plain->substr(first + 1, second - first - 1)},
                Instant{std::chrono::seconds(seconds)}};
}

// ---- the room ------------------------------------------------------------------------------

Detections::Detections(journal::Journal& journal, const council::Council& council,
                       const contacts::Contacts& contacts, const logs::Logs& logs,
                       DetectionsOptions options)
    : journal_(journal), council_(council), contacts_(contacts), logs_(logs),
      options_(std::move(options)) {
    pending_.attach(journal.pending());
    published_.attach(journal.published());
    journal.add_timer({[this] { return next_due(); },
                       [this](journal::Recorder& recorder) { return fire(recorder); }});
}

std::string Detections::stream_of(const CaseId& id) { return "watch/detections/cases/" + id.text; }
std::string Detections::stream_of_source(const SourceId& id) {
    return "watch/detections/sources/" + id.text;
}
std::string Detections::stream_of_member(const OrganisationId& id) {
    return "watch/detections/members/" + id.text;
}
std::string Detections::stream_of(const SuppressionId& id) {
    return "watch/detections/suppressions/" + id.text;
}

// The member and those whom its agreement names.
Visibility Detections::visibility_of(const OrganisationId& member) const {
    Visibility visibility{Tlp::amber_strict, {member}, {}};
    if (const auto* agreement = logs_.state().agreement_of(member))
        for (const auto& organisation : agreement->made.may_look)
            visibility.organisations.push_back(organisation);
    std::ranges::sort(visibility.organisations);
    visibility.organisations.erase(std::ranges::unique(visibility.organisations).begin(),
                                   visibility.organisations.end());
    return visibility;
}

journal::Place Detections::place(std::string stream, const OrganisationId& member) const {
    return {std::move(stream), visibility_of(member), {}, {}, {}};
}

Result<const Case*> Detections::find_for(const Principal& by, const CaseId& id) const {
    const auto* one = pending_.find(id);
    if (one == nullptr || !logs_.state().may_look(by, one->member))
        return fail(ErrorKind::not_found, "watch.detections.unknown_case");
    return one;
}

bool Detections::mail(journal::Recorder& recorder, const PersonId& person, const CaseId& id,
                      std::string_view occasion, std::string_view subject, std::string_view text,
                      Arguments arguments) {
    const auto* known = council_.state().find(person);
    const auto* contact = contacts_.state().find(person);
    if (known == nullptr || known->erased || contact == nullptr || contact->email.empty())
        return false;
    const auto named = [&](Arguments words) {
        for (auto& [name, value] : words)
            if (value.starts_with("watch.detections.")) value = i18n::text(known->language, value);
        return words;
    };
    arguments.emplace_back("link", public_url_ + "/w/" +
                                       seal_link({id, person, recorder.now() + link_lives},
                                                 journal_.installation_key(), recorder.random()));
    const auto words = named(std::move(arguments));
    journal::Dispatch dispatch;
    dispatch.topic = "watch.detections/" + id.text;
    dispatch.person = person;
    Message& message = dispatch.message;
    message.key = id.text + "/" + person.text + "/email/" + std::string(occasion);
    message.channel = Channel::email;
    message.to = contact->email;
    message.to_name = known->name;
    message.message_id = "<" + id.text + "." + person.text + "." + std::string(occasion) + "@" +
                         options_.mail_domain + ">";
    message.subject = i18n::text(known->language, subject, words);
    message.text = i18n::text(known->language, text, words);
    dispatch.not_before = recorder.now();
    dispatch.expires = recorder.now() + mail_lives;
    recorder.send(std::move(dispatch));
    return true;
}

// What the mail says holds nothing that was read out of the lines: it lies in mailboxes for ever.
void Detections::tell(journal::Recorder& recorder, const OrganisationId& member,
                      const Detected& detected) {
    CaseTold told{detected.of_case, {}, recorder.now() + answer_within(detected.level)};
    const auto* before = pending_.find(detected.of_case);
    const std::string occasion = "told-" + std::to_string(before != nullptr && before->told
                                                              ? static_cast<int>(detected.level) + 1
                                                              : 0);
    const std::string name = detected.detection_kind == DetectionKind::behaviour
                                 ? "watch.detections.name." + detected.rule
                             : detected.detection_kind == DetectionKind::indicator
                                 ? "watch.detections.name.indicator"
                                 : std::string{};
    for (const auto role :
         {Role::security_person, Role::duty_officer, Role::leader, Role::administrator}) {
        for (const auto* person : council_.state().people_with(member, role)) {
            const bool japanese = person->language == Language::ja && !detected.title_ja.empty();
            const Arguments words{
                {"member", council_.state().name_of(member, person->language)},
                {"title", !name.empty() ? name
                          : japanese    ? detected.title_ja
                                        : detected.title},
                {"level", std::string("watch.detections.level.") +
                              boost::describe::enum_to_string(detected.level, "")},
                {"until", format_for_people(told.answer_by, options_.zone, person->language)}};
            if (mail(recorder, person->id, detected.of_case, occasion,
                     "watch.detections.mail.told_subject", "watch.detections.mail.told", words))
                told.people.push_back(person->id);
        }
        if (!told.people.empty()) break;  // others only where there is no security person
    }
    if (told.people.empty()) told.answer_by = recorder.now();  // nobody to wait for
    journal::record(recorder, place(stream_of(detected.of_case), member), told);
}

void Detections::record(journal::Recorder& recorder, const OrganisationId& member,
                        const Outcome& outcome) {
    for (const auto& detected : outcome.detections)
        journal::record(
            recorder,
            journal::Place{
                stream_of(detected.of_case), visibility_of(member), {}, detected.last_at, {}},
            detected);
    for (const auto& id : outcome.to_tell) {
        const Detected* worst = nullptr;
        for (const auto& detected : outcome.detections)
            if (detected.of_case == id && (worst == nullptr || detected.level > worst->level))
                worst = &detected;
        tell(recorder, member, *worst);
    }
    if (outcome.looked_back)
        journal::record(recorder, place(stream_of_source(outcome.looked_back->source), member),
                        *outcome.looked_back);
    if (outcome.examined)
        journal::record(recorder, place(stream_of_source(outcome.examined->source), member),
                        *outcome.examined);
}

Result<> Detections::examine(journal::Recorder& recorder, const Examination& done) {
    TRY_LET(const auto outcome,
            detections::examine(pending_, logs_.state(), done, recorder.now(), recorder.random()));
    record(recorder, logs_.state().find(done.source)->member, outcome);
    return {};
}

Result<> Detections::look_back(journal::Recorder& recorder, const LookBack& done) {
    TRY_LET(const auto outcome, detections::look_back(pending_, logs_.state(), done, recorder.now(),
                                                      recorder.random()));
    record(recorder, logs_.state().find(done.source)->member, outcome);
    return {};
}

Result<> Detections::triage(journal::Recorder& recorder, const Principal& by, const CaseId& id,
                            const TriageDraft& draft) {
    TRY_LET(const auto* one, find_for(by, id));
    if (one->forgotten) return fail(ErrorKind::conflict, "watch.detections.forgotten");
    TRY_LET(const auto triaged, detections::triage(*one, draft));
    journal::record(recorder, place(stream_of(id), one->member), triaged);
    recorder.cancel_messages("watch.detections/" + id.text, {});
    return {};
}

Result<> Detections::say_seen(journal::Recorder& recorder, const Principal& by, const CaseId& id) {
    TRY_LET(const auto* one, find_for(by, id));
    // Whoever else may look does not answer for the member.
    if (!std::ranges::any_of(by.roles, [&](const RoleIn& role) {
            return role.organisation == one->member && watches(role);
        }))
        return fail(ErrorKind::forbidden, "watch.detections.not_yours");
    if (one->read) return {};
    journal::record(recorder, place(stream_of(id), one->member),
                    CaseSeen{id, by.person, SeenBy::signed_in});
    return {};
}

Result<> Detections::say_seen_by_link(journal::Recorder& recorder, std::string_view sealed) {
    const auto link = open_link(sealed, journal_.installation_key());
    const auto* one = link ? pending_.find(link->of_case) : nullptr;
    const auto* person = link ? council_.state().find(link->person) : nullptr;
    if (one == nullptr || person == nullptr || person->erased || link->expires <= recorder.now())
        return fail(ErrorKind::not_found, "watch.detections.link_invalid");
    if (one->read) return {};
    journal::record(recorder, place(stream_of(one->id), one->member),
                    CaseSeen{one->id, link->person, SeenBy::link});
    return {};
}

Result<SuppressionId> Detections::suppress(journal::Recorder& recorder, const Principal& by,
                                           const SuppressionDraft& draft) {
    TRY_LET(const auto* one, find_for(by, draft.of_case));
    if (one->forgotten) return fail(ErrorKind::conflict, "watch.detections.forgotten");
    SuppressionId id{recorder.random().identifier()};
    TRY_LET(const auto made, detections::suppress(*one, by, id, draft, recorder.now()));
    journal::record(recorder, place(stream_of(id), one->member), made);
    return id;
}

Result<> Detections::end_suppression(journal::Recorder& recorder, const Principal& by,
                                     const SuppressionId& id) {
    const auto* one = pending_.find(id);
    if (one == nullptr || !logs_.state().may_look(by, one->made.member))
        return fail(ErrorKind::not_found, "watch.detections.unknown_suppression");
    if (one->ended) return {};
    journal::record(recorder, place(stream_of(id), one->made.member), SuppressionEnded{id});
    return {};
}

std::optional<Instant> Detections::next_due() const {
    std::optional<Instant> due;
    if (!pending_.to_forget().empty()) due = Instant{};
    for (const auto& id : pending_.unanswered()) earlier(due, pending_.find(id)->silence_due());
    return due;
}

Result<> Detections::fire(journal::Recorder& recorder) {
    for (const auto& member : pending_.to_forget()) {
        recorder.erase_person_key(sharing_of(member));
        journal::record(recorder, place(stream_of_member(member), member), MemberForgotten{member});
    }
    if (!pending_.to_forget().empty()) return {};
    std::vector<const Case*> silent;
    for (const auto& id : pending_.unanswered()) {
        const auto* one = pending_.find(id);
        if (const auto due = one->silence_due(); due && *due <= recorder.now())
            silent.push_back(one);
    }
    for (const auto* one : silent) {
        SilenceTold told{one->id, {}};
        std::vector<std::pair<OrganisationId, Role>> whom;
        for (const auto role : {Role::duty_officer, Role::leader, Role::administrator})
            whom.emplace_back(one->member, role);
        if (const auto* agreement = logs_.state().agreement_of(one->member))
            for (const auto& organisation : agreement->made.may_look)
                for (const auto role : {Role::security_person, Role::duty_officer})
                    whom.emplace_back(organisation, role);
        for (const auto& [organisation, role] : whom)
            for (const auto* person : council_.state().people_with(organisation, role)) {
                if (holds(one->told->people, person->id) || holds(told.people, person->id))
                    continue;
                const Arguments words{
                    {"member", council_.state().name_of(one->member, person->language)},
                    {"level", std::string("watch.detections.level.") +
                                  boost::describe::enum_to_string(one->level, "")},
                    {"at", format_for_people(one->told_at, options_.zone, person->language)}};
                if (mail(recorder, person->id, one->id, "silent",
                         "watch.detections.mail.silent_subject", "watch.detections.mail.silent",
                         words))
                    told.people.push_back(person->id);
            }
        journal::record(recorder, place(stream_of(one->id), one->member), told);
    }
    return {};
}

}  // namespace noroshi::watch::detections
