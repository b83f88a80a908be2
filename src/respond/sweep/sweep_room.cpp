// The room: listens, decides on the pending state, records, and asks for messages.

#include <algorithm>
#include <cstdlib>

#include "kernel/i18n/i18n.h"
#include "kernel/journal/record.h"
#include "prepare/contacts/contacts.h"
#include "prepare/council/council_view.h"
#include "prepare/port/port_view.h"
#include "respond/incident/incident_case_view.h"
#include "respond/incident/incident_view.h"
#include "respond/sweep/sweep.h"
#include "respond/sweep/sweep_view.h"

namespace noroshi::respond::sweep {

namespace {

// Of one organisation; more would be noise, fewer might be asleep.
constexpr std::size_t asked_at_once = 3;

std::optional<OrganisationId> given(const OrganisationId& organisation) {
    return organisation.empty() ? std::nullopt : std::optional(organisation);
}

struct Changed {
    IncidentId incident;
};
BOOST_DESCRIBE_STRUCT(Changed, (), (incident))

template <class Body>
void tell_of(journal::Journal& journal, std::string type) {
    journal.add_event(
        Body::kind,
        [](const void* body, const journal::Envelope&) -> std::optional<std::string> {
            return json::to_text(Changed{static_cast<const Body*>(body)->incident});
        },
        std::move(type),
        [](const void* body) {
            return incident::stream_of(static_cast<const Body*>(body)->incident);
        });
}

std::string say(Language language, std::string_view key, const Arguments& arguments = {}) {
    return i18n::text(language, "respond.sweep." + std::string(key), arguments);
}

struct Key4 {
    SweepId sweep;
    PersonId person;
    Channel channel = Channel::email;
    int round = 0;
};
std::string write_key(const Key4& key) {
    return key.sweep.text + "/" + key.person.text + "/" + std::string(name_of(key.channel)) + "/" +
           std::to_string(key.round);
}

}  // namespace

Sweep::Sweep(journal::Journal& journal, const prepare::council::Council& council,
             const prepare::port::Port& port, const prepare::contacts::Contacts& contacts,
             const incident::Incident& incident, callout::Callout& callout)
    : journal_(journal), council_(council), port_(port), contacts_(contacts), incident_(incident),
      callout_(callout), view_(std::make_unique<View>(council.view())) {
    state_.listen(journal.pending());
    view_->listen(journal.published());
    journal.add_timer({[this] { return next_due(); },
                       [this](journal::Recorder& recorder) { return fire(recorder); }});
    journal.on_delivery("respond.sweep/",
                        [this](journal::Recorder& recorder, const store::OutboxRow& row,
                               const Delivery& delivery) { hear(recorder, row, delivery); });
    callout.on_words([this](journal::Recorder& recorder, const std::vector<PersonId>& people,
                            std::string_view text) { return take_words(recorder, people, text); });
    constexpr auto sweep_changed = "respond.sweep.sweep_changed";
    constexpr auto order_changed = "respond.sweep.order_changed";
    tell_of<SweepStarted>(journal, sweep_changed);
    tell_of<SiteAnswered>(journal, sweep_changed);
    tell_of<SweepReminded>(journal, sweep_changed);
    tell_of<SilenceNoted>(journal, sweep_changed);
    tell_of<QuestionsDelivered>(journal, sweep_changed);
    tell_of<SweepClosed>(journal, sweep_changed);
    tell_of<LiaisonOrdered>(journal, order_changed);
    tell_of<LiaisonReported>(journal, order_changed);
    tell_of<LiaisonOrderWithdrawn>(journal, order_changed);
}

Sweep::~Sweep() = default;

const std::string& Sweep::zone() const { return callout_.options().zone; }

Instant Sweep::now_in(const journal::World& world, Instant now) const {
    return incident_.state().now_in(world, now);
}
Instant Sweep::published_now_in(const journal::World& world) const {
    return incident_.case_view().cases().now_in(world, now());
}

Language Sweep::language_of(const PersonId& person) const {
    const auto* found = council_.view().find(person);
    return found == nullptr ? Language::ja : found->language;
}

std::string Sweep::organisation_name(const OrganisationId& id, Language language) const {
    return council_.view().name_of(id, language);
}

journal::Place Sweep::place_of(const State::Sweep& sweep, Instant now) const {
    return {stream_of(sweep.id), *sweep.visibility, sweep.world, now_in(sweep.world, now), {}};
}

// ---- what is asked -------------------------------------------------------------------------

std::vector<Question> Sweep::default_questions() {
    std::vector<Question> questions;
    auto add = [&](std::string_view key, bool needed, bool of_systems) {
        const std::string name = "question." + std::string(key);
        questions.push_back({std::string(key),
                             QuestionKind::yes_no,
                             say(Language::ja, name),
                             say(Language::en, name),
                             needed,
                             of_systems,
                             {}});
    };
    add("same", true, false);
    add("effect", true, false);
    add("feared", false, false);
    add("works", true, true);
    return questions;
}

std::vector<Site> Sweep::proposal(const IncidentId& incident) const {
    using Kind = prepare::council::OrganisationKind;
    const auto& council = council_.state();
    std::vector<Site> sites;
    std::set<TerminalId> named;
    std::set<OrganisationId> struck;
    if (const auto found = incident_.view().for_everybody(incident))
        for (const auto& terminal : found->terminals) {
            named.insert(terminal);
            if (const auto* known = port_.state().find(terminal)) struck.insert(known->operator_);
        }
    std::set<OrganisationId> with_terminal;
    for (const auto* terminal : port_.state().terminals()) {
        with_terminal.insert(terminal->operator_);
        if (named.contains(terminal->id)) continue;
        sites.push_back({terminal->id.text, terminal->operator_, terminal->id, SiteKind::container,
                         terminal->name});
    }
    int extra = 0;
    auto add = [&](const OrganisationId& organisation, SiteKind kind, std::string name) {
        sites.push_back(
            {"x" + std::to_string(++extra), given(organisation), {}, kind, std::move(name)});
    };
    for (const auto* one : council.organisations_of(Kind::terminal_operator))
        if (!with_terminal.contains(one->id) && !struck.contains(one->id))
            add(one->id, SiteKind::private_berth, one->name);
    for (const auto* one : council.organisations_of(Kind::vendor))
        if (!one->serves.empty()) add(one->id, SiteKind::system, one->name);
    for (const std::string_view key : {"naccs", "cyber_port", "conpas"})
        add({}, SiteKind::system, say(Language::ja, "system." + std::string(key)));
    return sites;
}

Result<SweepId> Sweep::start(journal::Recorder& recorder, const StartRequest& request,
                             const Principal& by) {
    const auto* incident = incident_.state().find(request.incident);
    if (incident == nullptr || !may_see(by.viewer, *incident->visibility))
        return fail(ErrorKind::not_found, "respond.sweep.unknown_incident", {}, "/incident");
    const auto* exercise = incident->world.is_live()
                               ? nullptr
                               : incident_.state().find_exercise(incident->world.exercise);
    const About about{incident->world, incident->visibility, incident->open,
                      exercise != nullptr && exercise->ended,
                      now_in(incident->world, recorder.now())};
    std::vector<Site> sites;
    for (std::size_t i = 0; i < request.sites.size(); ++i) {
        const auto& one = request.sites[i];
        const std::string pointer = "/sites/" + std::to_string(i);
        Site site{"x" + std::to_string(i + 1), given(one.organisation), one.terminal, one.kind,
                  one.name.value_or("")};
        if (one.terminal) {
            const auto* terminal = port_.state().find(*one.terminal);
            if (terminal == nullptr)
                return invalid("respond.sweep.unknown_terminal", pointer + "/terminal");
            site.site = terminal->id.text;
            if (!site.organisation) site.organisation = terminal->operator_;
            if (site.name.empty()) site.name = terminal->name;
        }
        const auto* organisation = council_.state().find(site.answering());
        if (organisation == nullptr && (site.kind != SiteKind::system || !site.answering().empty()))
            return invalid("respond.sweep.unknown_organisation", pointer + "/organisation");
        if (site.name.empty() && organisation != nullptr) site.name = organisation->name;
        if (site.name.empty()) return invalid("respond.sweep.name_missing", pointer + "/name");
        if (incident::length_of(site.name) > line_limit)
            return invalid("respond.sweep.too_long", pointer + "/name",
                           {{"limit", std::to_string(line_limit)}});
        for (const auto& other : sites)
            if (other.site == site.site)
                return invalid("respond.sweep.site_twice", pointer + "/terminal");
        sites.push_back(std::move(site));
    }
    if (request.sites.empty()) sites = proposal(request.incident);
    // The same place has the same identifier as in the sweep before, so that they can be compared.
    const auto previous = state_.latest_of(request.incident);
    if (previous)
        for (auto& site : sites)
            if (!site.terminal)
                for (const auto& [id, asked] : state_.find(*previous)->sites)
                    if (!asked.site.terminal && asked.site.name == site.name &&
                        asked.site.answering() == site.answering() &&
                        std::ranges::none_of(sites, [&](const Site& other) {
                            return &other != &site && other.site == id;
                        }))
                        site.site = id;
    TRY_LET(auto started, sweep::start(request, std::move(sites), default_questions(), about));
    started.organisation = by.organisation;
    started.number = state_.count_of(request.incident) + 1;
    started.previous = previous;
    SweepId id{recorder.random().identifier()};
    const journal::Place place{stream_of(id), *about.visibility, about.world, about.now, {}};
    journal::record(recorder, place, started);

    State::Sweep sweep;
    sweep.id = id;
    sweep.incident = started.incident;
    sweep.world = about.world;
    sweep.visibility = about.visibility;
    sweep.started_by = by.person;
    sweep.organisation = started.organisation;
    sweep.text = started.text;
    sweep.questions = started.questions;
    sweep.deadline = started.deadline;
    std::vector<std::string> all;
    for (const auto& site : started.sites) {
        sweep.sites[site.site].site = site;
        all.push_back(site.site);
    }
    send(recorder, sweep, all, 0);
    return id;
}

// By the organisation's order and calendar; else its security people; else whoever there is.
std::vector<PersonId> Sweep::people_of(const OrganisationId& organisation, Instant now) const {
    std::vector<PersonId> people;
    auto add = [&](const PersonId& id) {
        const auto* known = council_.state().find(id);
        if (known != nullptr && !known->erased && people.size() < asked_at_once &&
            std::ranges::find(people, id) == people.end())
            people.push_back(id);
    };
    for (const auto& line : contacts_.state().call_order(organisation, now)) add(line.person);
    if (people.empty())
        for (const auto* one : council_.state().people_with(organisation, Role::security_person))
            add(one->id);
    if (people.empty())
        for (const auto* one : council_.state().people_of(organisation)) add(one->id);
    return people;
}

std::vector<std::string> Sweep::sites_of(const SweepId& id, const PersonId& person) const {
    const auto* sweep = view_->find(id);
    const auto* known = council_.view().find(person);
    std::vector<std::string> sites;
    if (sweep == nullptr || known == nullptr) return sites;
    for (const auto& site : sweep->started.sites)
        if (!site.answering().empty() && std::ranges::any_of(known->roles, [&](const RoleIn& role) {
                return role.organisation == site.answering();
            }))
            sites.push_back(site.site);
    std::ranges::sort(sites);
    return sites;
}

void Sweep::send(journal::Recorder& recorder, const State::Sweep& sweep,
                 const std::vector<std::string>& ids, int round) const {
    std::map<OrganisationId, std::vector<const Site*>> by_organisation;
    for (const auto& id : ids) {
        const auto& site = sweep.sites.at(id).site;
        if (!site.answering().empty()) by_organisation[site.answering()].push_back(&site);
    }
    const bool drill = !sweep.world.is_live();
    for (const auto& [organisation, sites] : by_organisation)
        for (const auto& person : people_of(organisation, recorder.now())) {
            const auto* known = council_.state().find(person);
            const auto* contact = contacts_.state().find(person);
            if (known == nullptr || contact == nullptr) continue;
            const Language language = known->language;
            const std::string link =
                callout_.options().public_url + "/q/" +
                seal_link({sweep.id, person, recorder.now() + std::chrono::hours(24)},
                          installation_key(), recorder.random());
            const std::string stamp = drill ? say(language, "drill_stamp") : "";
            const std::string from = council_.state().name_of(sweep.organisation, language);
            std::string names;
            for (const auto* site : sites) names += (names.empty() ? "" : ", ") + site->name;
            const std::string until = format_for_people(sweep.deadline, zone(), language);
            std::string questions;
            int number = 0;
            for (const auto* question : sweep.questions_of(*sites.front()))
                questions += std::to_string(++number) + ". " +
                             (language == Language::en ? question->text_en : question->text) + "\n";
            std::size_t sent = 0;
            for (const auto channel : contact->channels) {
                const auto address = contacts_.state().address_of(person, channel, recorder.now());
                if (!address || !callout_.options().channels.contains(channel) ||
                    (channel != Channel::email && channel != Channel::sms))
                    continue;
                // The questions go out over the channel the person likes best, reminders over all.
                if (round == 0 && sent > 0) break;
                ++sent;
                journal::Dispatch dispatch;
                Message& message = dispatch.message;
                message.key = write_key({sweep.id, person, channel, round});
                message.channel = channel;
                message.to = *address;
                message.to_name = known->name;
                message.message_id = "<" + sweep.id.text + "." + person.text + "." +
                                     std::string(name_of(channel)) + "." + std::to_string(round) +
                                     "@noroshi>";
                message.drill = drill;
                const Arguments arguments{{"label", std::string(label_of(sweep.visibility->tlp))},
                                          {"organisation", from},
                                          {"sites", names},
                                          {"until", until},
                                          {"text", sweep.text},
                                          {"questions", questions},
                                          {"link", link},
                                          {"n", std::to_string(round)}};
                if (channel == Channel::email) {
                    message.subject =
                        stamp + say(language, round == 0 ? "mail.subject" : "mail.subject_reminder",
                                    arguments);
                    message.text = (drill ? say(language, "drill_line") + "\n" : "") +
                                   say(language, "mail.text", arguments) +
                                   (drill ? say(language, "drill_line") + "\n" : "");
                } else {
                    message.text = stamp + say(language, "sms.text", arguments);
                }
                dispatch.topic = topic_of(sweep.id);
                dispatch.person = person;
                dispatch.not_before = recorder.now();
                dispatch.expires = recorder.now() + std::chrono::hours(24);
                recorder.send(std::move(dispatch));
            }
        }
}

// ---- answers -------------------------------------------------------------------------------

Result<> Sweep::record_answer(journal::Recorder& recorder, const State::Sweep& sweep,
                              const AnswersRequest& request, const PersonId& person, Way way) {
    TRY_LET(const auto answered, sweep::answer(sweep, request, person, way));
    journal::record(recorder, place_of(sweep, recorder.now()), answered);
    // Whose sites are all answered is left in peace, in the same commit.
    State::Sweep after = sweep;
    auto& site = after.sites.at(request.site);
    for (const auto& one : answered.answers)
        if (one.value != Value::not_checked) site.answered.insert(one.question);
    const auto& organisation = site.site.answering();
    for (const auto& [id, asked] : after.sites)
        if (asked.site.answering() == organisation && !after.is_complete(asked)) return {};
    if (!organisation.empty())
        for (const auto* one : council_.state().people_of(organisation))
            recorder.cancel_messages(topic_of(sweep.id), one->id);
    return {};
}

Result<> Sweep::answer(journal::Recorder& recorder, const SweepId& id,
                       const AnswersRequest& request, const Principal& by) {
    const auto* sweep = state_.find(id);
    const auto site = sweep == nullptr ? std::map<std::string, State::Asked>::const_iterator{}
                                       : sweep->sites.find(request.site);
    const bool sees = sweep != nullptr && may_see(by.viewer, *sweep->visibility);
    const bool own = sweep != nullptr && site != sweep->sites.end() &&
                     !site->second.site.answering().empty() &&
                     std::ranges::any_of(by.roles, [&](const RoleIn& role) {
                         return role.organisation == site->second.site.answering() &&
                                role.role != Role::observer;
                     });
    if (sweep == nullptr || (!sees && !own))
        return fail(ErrorKind::not_found, "respond.sweep.unknown");
    Way way = Way::signed_in;
    if (!own || request.way) {
        if (!incident::has_any(by, roles_that_take_down()))
            return fail(ErrorKind::forbidden, "respond.sweep.on_behalf_not_permitted");
        way = request.way.value_or(by.has(Role::liaison) ? Way::liaison : Way::telephone);
        if (way != Way::telephone && way != Way::liaison)
            return invalid("respond.sweep.way_not_yours", "/way");
    }
    return record_answer(recorder, *sweep, request, by.person, way);
}

Result<> Sweep::answer_by_link(journal::Recorder& recorder, const Link& link,
                               const AnswersRequest& request) {
    if (link.expires <= recorder.now())
        return fail(ErrorKind::forbidden, "respond.sweep.link_expired");
    const auto* sweep = state_.find(link.sweep);
    const auto* person = council_.state().find(link.person);
    if (sweep == nullptr || person == nullptr || person->erased)
        return fail(ErrorKind::not_found, "respond.sweep.link_invalid");
    const auto site = sweep->sites.find(request.site);
    if (site == sweep->sites.end() || std::ranges::none_of(person->roles, [&](const RoleIn& role) {
            return role.organisation == site->second.site.answering();
        }))
        return fail(ErrorKind::not_found, "respond.sweep.unknown_site", {}, "/site");
    return record_answer(recorder, *sweep, request, link.person, Way::link);
}

bool Sweep::take_words(journal::Recorder& recorder, const std::vector<PersonId>& people,
                       std::string_view text) {
    const auto reply = read_digits(text);
    if (!reply) return false;
    // The newest open sweep in which one of these people was asked.
    const State::Sweep* newest = nullptr;
    const prepare::council::Person* who = nullptr;
    std::vector<std::string> theirs;
    for (const auto& id : state_.open()) {
        const auto& sweep = *state_.find(id);
        if (newest != nullptr && sweep.started_at <= newest->started_at) continue;
        for (const auto& person : people) {
            const auto* known = council_.state().find(person);
            if (known == nullptr || known->erased) continue;
            std::vector<std::string> sites;
            for (const auto& [site, asked] : sweep.sites)
                if (!asked.site.answering().empty() &&
                    std::ranges::any_of(known->roles, [&](const RoleIn& role) {
                        return role.organisation == asked.site.answering();
                    }))
                    sites.push_back(site);
            if (sites.empty()) continue;
            newest = &sweep;
            who = known;
            theirs = std::move(sites);
        }
    }
    if (newest == nullptr || static_cast<std::size_t>(reply->site) > theirs.size()) return false;
    AnswersRequest request;
    request.site = theirs[static_cast<std::size_t>(reply->site) - 1];
    const auto questions = newest->questions_of(newest->sites.at(request.site).site);
    if (reply->values.size() > questions.size()) return false;
    for (std::size_t i = 0; i < reply->values.size(); ++i)
        request.answers.push_back({questions[i]->question, reply->values[i], {}});
    return record_answer(recorder, *newest, request, who->id, Way::sms).has_value();
}

Result<> Sweep::close(journal::Recorder& recorder, const SweepId& id, const Principal& by) {
    const auto* sweep = state_.find(id);
    if (sweep == nullptr || !may_see(by.viewer, *sweep->visibility))
        return fail(ErrorKind::not_found, "respond.sweep.unknown");
    if (!sweep->open) return fail(ErrorKind::conflict, "respond.sweep.over");
    journal::record(recorder, place_of(*sweep, recorder.now()), SweepClosed{sweep->incident});
    recorder.cancel_messages(topic_of(id), {});
    return {};
}

// ---- what happens by itself ----------------------------------------------------------------

bool Sweep::is_open(const IncidentId& id) const {
    const auto* incident = incident_.state().find(id);
    return incident == nullptr || incident->open;
}

std::optional<Instant> Sweep::next_due() const {
    std::optional<Instant> least;
    for (const auto& id : state_.open()) {
        const auto& sweep = *state_.find(id);
        auto due = sweep.next_due();
        if (!is_open(sweep.incident))
            due = Instant{};
        else if (!sweep.world.is_live()) {
            const auto* exercise = incident_.state().find_exercise(sweep.world.exercise);
            if (exercise == nullptr) continue;
            if (exercise->ended)
                due = Instant{};
            else if (due)
                due = exercise->time.real_time_of(*due);
        }
        if (due && (!least || *due < *least)) least = due;
    }
    return least;
}

Result<> Sweep::fire(journal::Recorder& recorder) {
    for (const auto& id : state_.open()) {
        const auto& sweep = *state_.find(id);
        const auto place = place_of(sweep, recorder.now());
        const Instant now = *place.event_time;
        const auto* exercise =
            sweep.world.is_live() ? nullptr : incident_.state().find_exercise(sweep.world.exercise);
        if ((exercise != nullptr && exercise->ended) || !is_open(sweep.incident)) {
            journal::record(recorder, place, SweepClosed{sweep.incident});
            recorder.cancel_messages(topic_of(id), {});
            continue;
        }
        if (!sweep.silence_noted && sweep.deadline <= now) {
            journal::record(recorder, place, SilenceNoted{sweep.incident, sweep.silent()});
            continue;
        }
        const auto incomplete = sweep.incomplete();
        // Nobody is reminded of a deadline that has passed.
        if (sweep.deadline <= now || sweep.rounds >= sweep.reminders || incomplete.empty() ||
            sweep.last_round_at + sweep.remind_after > now)
            continue;
        const int round = sweep.rounds + 1;
        journal::record(recorder, place, SweepReminded{sweep.incident, round, incomplete});
        send(recorder, sweep, incomplete, round);
    }
    return {};
}

void Sweep::hear(journal::Recorder& recorder, const store::OutboxRow& row,
                 const Delivery& delivery) {
    if (row.state == store::OutboxState::waiting || row.state == store::OutboxState::cancelled ||
        row.state == store::OutboxState::sending)
        return;
    constexpr std::string_view prefix = "respond.sweep/";
    const auto* sweep = state_.find(SweepId{row.topic.substr(prefix.size())});
    if (sweep == nullptr) return;
    QuestionsDelivered delivered;
    delivered.incident = sweep->incident;
    delivered.person = PersonId{row.person};
    delivered.channel = lane_of(row.key);
    delivered.round = std::max(0, std::atoi(row.key.c_str() + row.key.rfind('/') + 1));
    delivered.delivered = row.state == store::OutboxState::delivered;
    delivered.gateway = delivery.gateway;
    delivered.detail = delivery.detail;
    journal::record(recorder, place_of(*sweep, recorder.now()), delivered);
}

// ---- liaison -------------------------------------------------------------------------------

Result<OrderId> Sweep::order(journal::Recorder& recorder, const OrderRequest& request,
                             const Principal& by) {
    const auto* incident = incident_.state().find(request.incident);
    if (incident == nullptr || !may_see(by.viewer, *incident->visibility))
        return fail(ErrorKind::not_found, "respond.sweep.unknown_incident", {}, "/incident");
    if (!incident->open) return fail(ErrorKind::conflict, "respond.sweep.incident_closed");
    auto blank = [](std::string_view text) {
        return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
    };
    if (blank(request.where)) return invalid("respond.sweep.where_missing", "/where");
    for (const auto& [text, pointer] :
         {std::pair(&request.where, "/where"), std::pair(&request.task, "/task")})
        if (incident::length_of(*text) > note_limit)
            return invalid("respond.sweep.too_long", pointer,
                           {{"limit", std::to_string(note_limit)}});
    if (request.bring.size() > 50)
        return invalid("respond.sweep.too_many", "/bring", {{"limit", "50"}});
    for (std::size_t i = 0; i < request.bring.size(); ++i)
        if (incident::length_of(request.bring[i]) > line_limit)
            return invalid("respond.sweep.too_long", "/bring/" + std::to_string(i),
                           {{"limit", std::to_string(line_limit)}});
    if (request.report_every_minutes < 0 || request.report_every_minutes > 1440)
        return invalid("respond.sweep.minutes_out_of_range", "/report_every_minutes",
                       {{"low", "0"}, {"high", "1440"}});
    const auto* person = council_.state().find(request.person);
    if (person == nullptr || person->erased)
        return invalid("respond.sweep.unknown_person", "/person");
    // An order exists within one organisation; others are asked, not ordered.
    const auto is_ours = [&](const prepare::council::Person& one) {
        return std::ranges::any_of(one.roles, [&](const RoleIn& role) {
            return std::ranges::any_of(
                by.roles, [&](const RoleIn& own) { return own.organisation == role.organisation; });
        });
    };
    if (!is_ours(*person)) return invalid("respond.sweep.not_of_your_organisation", "/person");
    if (request.relief) {
        const auto* relief = council_.state().find(*request.relief);
        if (relief == nullptr || relief->erased || *request.relief == request.person)
            return invalid("respond.sweep.unknown_person", "/relief");
        if (!is_ours(*relief)) return invalid("respond.sweep.not_of_your_organisation", "/relief");
    }
    if (request.sweep) {
        const auto* sweep = state_.find(*request.sweep);
        if (sweep == nullptr || sweep->incident != request.incident)
            return invalid("respond.sweep.unknown", "/sweep");
        if (request.site && !sweep->sites.contains(*request.site))
            return invalid("respond.sweep.unknown_site", "/site");
    }
    OrderId id{recorder.random().identifier()};
    LiaisonOrdered ordered{request.incident, request.person,
                           by.organisation,  request.sweep,
                           request.site,     request.where,
                           request.until,    request.bring,
                           request.task,     std::chrono::minutes(request.report_every_minutes),
                           request.relief};
    journal::record(recorder,
                    journal::Place{stream_of(id),
                                   *incident->visibility,
                                   incident->world,
                                   now_in(incident->world, recorder.now()),
                                   {}},
                    ordered);
    tell_of_order(recorder, id, ordered, by.person, request.person);
    if (request.relief) tell_of_order(recorder, id, ordered, by.person, *request.relief);
    return id;
}

// Whoever is sent, and whoever will relieve them, is told over everything there is.
void Sweep::tell_of_order(journal::Recorder& recorder, const OrderId& id,
                          const LiaisonOrdered& ordered, const PersonId& by,
                          const PersonId& to) const {
    const auto* person = council_.state().find(to);
    const auto* contact = contacts_.state().find(to);
    const auto* incident = incident_.state().find(ordered.incident);
    if (person == nullptr || contact == nullptr || incident == nullptr) return;
    const bool drill = !incident->world.is_live();
    const bool relieves = to != ordered.person;
    const Language language = person->language;
    std::string bring;
    for (const auto& one : ordered.bring) bring += (bring.empty() ? "" : ", ") + one;
    const auto minutes =
        std::chrono::floor<std::chrono::minutes>(ordered.report_every_seconds).count();
    const Arguments arguments{
        {"where", ordered.where},
        {"task", ordered.task},
        {"bring", bring},
        {"minutes", std::to_string(minutes)},
        {"until", ordered.until ? format_for_people(*ordered.until, zone(), language)
                                : say(language, "until_further_notice")},
        {"from", council_.state().name_of(by, language)},
        {"liaison", council_.state().name_of(ordered.person, language)},
        {"link", callout_.options().public_url + "/respond/sweep/field/" + id.text}};
    for (const auto channel : contact->channels) {
        const auto address = contacts_.state().address_of(to, channel, recorder.now());
        if (!address || !callout_.options().channels.contains(channel) ||
            (channel != Channel::email && channel != Channel::sms))
            continue;
        journal::Dispatch dispatch;
        dispatch.topic = "respond.sweep.order/" + id.text;
        dispatch.person = to;
        dispatch.message.key = id.text + "/" + to.text + "/" + std::string(name_of(channel)) + "/0";
        dispatch.message.channel = channel;
        dispatch.message.to = *address;
        dispatch.message.to_name = person->name;
        dispatch.message.message_id = "<" + id.text + (relieves ? "." + to.text : "") + "." +
                                      std::string(name_of(channel)) + "@noroshi>";
        dispatch.message.drill = drill;
        const std::string stamp = drill ? say(language, "drill_stamp") : "";
        if (channel == Channel::email)
            dispatch.message.subject =
                stamp +
                say(language, relieves ? "order.relief_subject" : "order.subject", arguments);
        dispatch.message.text =
            stamp + say(language, relieves ? "order.relief_text" : "order.text", arguments);
        dispatch.not_before = recorder.now();
        dispatch.expires = recorder.now() + std::chrono::hours(24);
        recorder.send(std::move(dispatch));
    }
}

Result<> Sweep::report(journal::Recorder& recorder, const OrderId& id, const ReportRequest& request,
                       const Principal& by) {
    const auto* order = state_.find(id);
    const bool theirs =
        order != nullptr && (order->person == by.person || order->relief == by.person);
    if (order == nullptr || (!theirs && !may_see(by.viewer, *order->visibility)))
        return fail(ErrorKind::not_found, "respond.sweep.unknown_order");
    if (!theirs && !incident::has_any(by, roles_that_ask()))
        return fail(ErrorKind::forbidden, "respond.sweep.not_your_order");
    // What was written without a network is taken also when the order has ended meanwhile.
    if (!order->open && request.report != ReportKind::report)
        return fail(ErrorKind::conflict, "respond.sweep.order_over");
    if (request.report == ReportKind::relieved && !order->relief)
        return invalid("respond.sweep.no_relief", "/report");
    const std::string text = request.text.value_or("");
    if (incident::length_of(text) > note_limit)
        return invalid("respond.sweep.too_long", "/text", {{"limit", std::to_string(note_limit)}});
    const bool nothing =
        text.find_first_not_of(" \t\r\n") == std::string::npos && request.attachments.empty();
    if (request.report == ReportKind::report && nothing)
        return invalid("respond.sweep.nothing_said", "/text");
    const auto* incident = incident_.state().find(order->incident);
    for (std::size_t i = 0; i < request.attachments.size(); ++i)
        if (incident == nullptr ||
            std::ranges::none_of(incident->files, [&](const incident::State::Card::File& file) {
                return file.attachment.sha256 == request.attachments[i];
            }))
            return invalid("respond.sweep.unknown_photo", "/attachments/" + std::to_string(i));
    const Instant now = now_in(order->world, recorder.now());
    if (request.event_time && *request.event_time > now + std::chrono::minutes(5))
        return invalid("respond.sweep.in_the_future", "/event_time");
    LiaisonReported reported;
    reported.incident = order->incident;
    reported.report = request.report;
    reported.person = by.person;
    if (!text.empty()) reported.text = Personal{by.person, text};
    reported.photos = request.attachments;
    journal::record(
        recorder,
        journal::Place{
            stream_of(id), *order->visibility, order->world, request.event_time.value_or(now), {}},
        reported);
    return {};
}

Result<> Sweep::withdraw(journal::Recorder& recorder, const OrderId& id, const Principal& by) {
    const auto* order = state_.find(id);
    if (order == nullptr || !may_see(by.viewer, *order->visibility))
        return fail(ErrorKind::not_found, "respond.sweep.unknown_order");
    if (!order->open) return fail(ErrorKind::conflict, "respond.sweep.order_over");
    journal::record(recorder,
                    journal::Place{stream_of(id),
                                   *order->visibility,
                                   order->world,
                                   now_in(order->world, recorder.now()),
                                   {}},
                    LiaisonOrderWithdrawn{order->incident});
    recorder.cancel_messages("respond.sweep.order/" + id.text, {});
    return {};
}

}  // namespace noroshi::respond::sweep
