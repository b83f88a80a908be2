// The room: listens, decides on the pending state, records, and asks for messages.

#include <algorithm>

#include "kernel/i18n/i18n.h"
#include "kernel/journal/record.h"
#include "prepare/contacts/contacts.h"
#include "prepare/council/council_view.h"
#include "respond/callout/callout.h"
#include "respond/callout/callout_view.h"
#include "respond/incident/incident_view.h"

namespace noroshi::respond::callout {

namespace {

constexpr std::string_view changed = "respond.callout.callout_changed";

struct Changed {
    CalloutId callout;
    IncidentId incident;
    Reach reach;
};
BOOST_DESCRIBE_STRUCT(Changed, (), (callout, incident, reach))

template <class Body>
void tell_of(journal::Journal& journal, const View& view) {
    journal.add_event(
        Body::kind,
        [&view](const void*, const journal::Envelope& at) -> std::optional<std::string> {
            const auto id = callout_of_stream(at.stream);
            const auto* callout = id ? view.find(*id) : nullptr;
            if (callout == nullptr) return {};
            return json::to_text(Changed{*id, callout->raised.incident, view.reach_of(*callout)});
        },
        std::string(changed),
        [](const void* body) {
            return incident::stream_of(static_cast<const Body*>(body)->incident);
        });
}

// Of the first attempts each is told, of later ones every power of two: a relay that is down for a
// day must not fill the journal.
bool is_worth_telling(int attempt) { return attempt <= 3 || (attempt & (attempt - 1)) == 0; }

}  // namespace

Callout::Callout(journal::Journal& journal, const prepare::council::Council& council,
                 const prepare::contacts::Contacts& contacts, const incident::Incident& incident,
                 CalloutOptions options)
    : journal_(journal), council_(council), contacts_(contacts), incident_(incident),
      options_(std::move(options)), view_(std::make_unique<View>(council.view())) {
    state_.listen(journal.pending());
    view_->listen(journal.published());
    journal.add_timer({[this] { return next_due(); },
                       [this](journal::Recorder& recorder) { return fire(recorder); }});
    journal.on_delivery("respond.callout/",
                        [this](journal::Recorder& recorder, const store::OutboxRow& row,
                               const Delivery& delivery) { hear(recorder, row, delivery); });
    tell_of<CalloutRaised>(journal, *view_);
    tell_of<MessageTried>(journal, *view_);
    tell_of<MessageDelivered>(journal, *view_);
    tell_of<MessageFailed>(journal, *view_);
    tell_of<AnswerGiven>(journal, *view_);
    tell_of<ReminderSent>(journal, *view_);
    tell_of<CalloutResolved>(journal, *view_);
}

Callout::~Callout() = default;

Instant Callout::now_in(const journal::World& world, Instant now) const {
    return incident_.state().now_in(world, now);
}

Instant Callout::now_of(const CalloutId& id, Instant now) const {
    const auto* callout = state_.find(id);
    return callout == nullptr ? now : now_in(callout->world, now);
}

std::string Callout::title_for(const PersonId& person, const IncidentId& incident,
                               const Visibility& visibility) const {
    if (!may_see(council_.view().viewer_of(person), visibility)) return {};
    const auto found = incident_.view().for_everybody(incident);
    return found ? found->title : std::string();
}

Language Callout::language_of(const PersonId& person) const {
    const auto* found = council_.view().find(person);
    return found == nullptr ? Language::ja : found->language;
}

std::string Callout::link_url(const Link& link, Random& random) const {
    return options_.public_url + "/l/" + seal_link(link, installation_key(), random);
}

bool Callout::is_erased(const PersonId& person) const {
    const auto* known = council_.state().find(person);
    return known != nullptr && known->erased;
}

std::vector<Reachable> Callout::everybody() const {
    std::vector<Reachable> people;
    for (const auto* person : council_.state().people()) {
        Reachable one{person->id, person->roles, {}};
        const auto* contact = contacts_.state().find(person->id);
        if (contact == nullptr || contact->email.empty())
            one.gap = Gap::no_address;
        else if (std::ranges::find(contact->channels, Channel::email) == contact->channels.end())
            one.gap = Gap::no_channel;
        people.push_back(std::move(one));
    }
    return people;
}

void Callout::send(journal::Recorder& recorder, const CalloutId& id, const State::Callout& callout,
                   const std::vector<PersonId>& people, int round) {
    const auto& council = council_.state();
    const auto incident = incident_.view().for_everybody(callout.incident);
    for (const auto& person : people) {
        const auto* known = council.find(person);
        const auto address = contacts_.state().address_of(person, Channel::email);
        if (known == nullptr || known->erased || !address) continue;

        Letter letter;
        letter.language = known->language;
        letter.zone = options_.zone;
        letter.drill = !callout.world.is_live();
        letter.tlp = callout.visibility->tlp;
        letter.subject = callout.subject;
        letter.text = callout.text;
        // Whoever may not see the incident is told what the caller wrote, and no more.
        if (incident && may_see(council.viewer_of(person), *callout.visibility))
            letter.incident_title = incident->title;
        letter.to_name = known->name;
        letter.to_organisation =
            council.name_of(callout.people.at(person).organisation, letter.language);
        letter.from_name = council.name_of(callout.raised_by, letter.language);
        letter.from_organisation = council.name_of(callout.organisation, letter.language);
        letter.raised_at = callout.raised_at;
        letter.answer_until = callout.expires_at;
        letter.link = link_url({id, person, recorder.now() + lifetime}, recorder.random());
        letter.round = round;
        letter.reminders = callout.reminders;
        letter.remind_after = std::chrono::floor<std::chrono::minutes>(callout.remind_after);
        Written written = write(letter);

        auto message_id = [&](int of_round) {
            return "<" + id.text + "." + person.text + "." + std::to_string(of_round) + "@" +
                   options_.mail_domain + ">";
        };
        journal::Dispatch dispatch;
        dispatch.topic = topic_of(id);
        dispatch.person = person;
        dispatch.not_before = recorder.now();
        dispatch.expires = recorder.now() + lifetime;
        dispatch.message.key = write_key({id, person, round});
        dispatch.message.channel = Channel::email;
        dispatch.message.to = *address;
        dispatch.message.to_name = known->name;
        dispatch.message.message_id = message_id(round);
        dispatch.message.subject = std::move(written.subject);
        dispatch.message.text = std::move(written.text);
        dispatch.message.html = std::move(written.html);
        dispatch.message.drill = letter.drill;
        if (round > 0) dispatch.message.in_reply_to = message_id(0);
        recorder.send(std::move(dispatch));
    }
}

Result<Callout::Raised> Callout::raise(journal::Recorder& recorder, const RaiseRequest& request,
                                       const Principal& by) {
    const auto* incident = incident_.state().find(request.incident);
    if (incident == nullptr || !may_see(by.viewer, *incident->visibility))
        return fail(ErrorKind::not_found, "respond.callout.unknown_incident", {}, "/incident");
    const auto* exercise = incident->world.is_live()
                               ? nullptr
                               : incident_.state().find_exercise(incident->world.exercise);
    const About about{incident->world, incident->visibility, incident->open,
                      exercise != nullptr && exercise->ended,
                      now_in(incident->world, recorder.now())};
    const CalloutId id{recorder.random().identifier()};
    const auto people = everybody();
    TRY_LET(const auto decided,
            callout::raise(id, request, by, about, people, [&](const OrganisationId& organisation) {
                return council_.state().find(organisation) != nullptr;
            }));
    journal::record(recorder, decided.place, decided.body);

    // The messages are written from what was just decided; the state hears of it on return.
    State::Callout callout;
    callout.incident = request.incident;
    callout.world = about.world;
    callout.visibility = about.visibility;
    callout.raised_by = by.person;
    callout.organisation = decided.body.organisation;
    callout.subject = decided.body.subject.value_or("");
    callout.text = decided.body.text;
    callout.raised_at = about.now;
    callout.expires_at = decided.body.expires_at;
    callout.remind_after = decided.body.remind_after_seconds;
    callout.reminders = decided.body.reminders;
    std::vector<PersonId> reachable;
    for (const auto& one : decided.body.addressees) {
        callout.people[one.person] = {one.organisation, false};
        if (!one.gap) reachable.push_back(one.person);
    }
    send(recorder, id, callout, reachable, 0);
    return Raised{id, decided.body};
}

Result<PersonId> Callout::answer(journal::Recorder& recorder, const CalloutId& id,
                                 const AnswerRequest& request, const Principal& by) {
    TRY_LET(const auto decided,
            callout::answer(state_, id, request, by, now_of(id, recorder.now())));
    if (is_erased(decided.body.person))
        return fail(ErrorKind::not_found, "respond.callout.not_addressed", {}, "/person");
    journal::record(recorder, decided.place, decided.body);
    recorder.cancel_messages(topic_of(id), decided.body.person);
    return decided.body.person;
}

Result<> Callout::answer_by_link(journal::Recorder& recorder, const Link& link,
                                 const AnswerRequest& request) {
    if (link.expires <= recorder.now())
        return fail(ErrorKind::forbidden, "respond.callout.link_expired");
    // What they wrote would be kept under a new key, and they would not be erased any more.
    if (is_erased(link.person)) return fail(ErrorKind::not_found, "respond.callout.link_invalid");
    TRY_LET(const auto decided,
            callout::answer_by_link(state_, link, request, now_of(link.callout, recorder.now())));
    journal::record(recorder, decided.place, decided.body);
    recorder.cancel_messages(topic_of(link.callout), link.person);
    return {};
}

Result<> Callout::resolve(journal::Recorder& recorder, const CalloutId& id, const Principal& by) {
    TRY_LET(const auto decided, callout::resolve(state_, id, by, now_of(id, recorder.now())));
    journal::record(recorder, decided.place, decided.body);
    recorder.cancel_messages(topic_of(id), {});
    return {};
}

// ---- what happens by itself ----------------------------------------------------------------

std::optional<Instant> Callout::next_due() const {
    std::optional<Instant> least;
    for (const auto& id : state_.open()) {
        const auto& callout = *state_.find(id);
        std::optional<Instant> due = callout.next_due();
        if (!callout.world.is_live()) {
            const auto* exercise = incident_.state().find_exercise(callout.world.exercise);
            if (exercise == nullptr) continue;
            due = exercise->ended ? std::optional(Instant{}) : exercise->time.real_time_of(*due);
        }
        if (due && (!least || *due < *least)) least = due;
    }
    return least;
}

Result<> Callout::fire(journal::Recorder& recorder) {
    for (const auto& id : state_.open()) {
        const auto& callout = *state_.find(id);
        const auto* exercise = callout.world.is_live()
                                   ? nullptr
                                   : incident_.state().find_exercise(callout.world.exercise);
        const bool ended = exercise != nullptr && exercise->ended;
        const Instant now = now_in(callout.world, recorder.now());
        const journal::Place place{stream_of(id), *callout.visibility, callout.world, now, {}};
        if (ended || callout.expires_at <= now) {
            journal::record(recorder, place,
                            CalloutResolved{callout.incident,
                                            ended ? Ending::exercise_ended : Ending::expired});
            recorder.cancel_messages(topic_of(id), {});
        } else if (callout.reminder_is_due(now)) {
            ReminderSent reminder{callout.incident, callout.rounds + 1, {}};
            for (const auto& [person, status] : callout.people)
                if (!status.answered && contacts_.state().address_of(person, Channel::email))
                    reminder.people.push_back(person);
            journal::record(recorder, place, reminder);
            send(recorder, id, callout, reminder.people, reminder.round);
        }
    }
    return {};
}

void Callout::hear(journal::Recorder& recorder, const store::OutboxRow& row,
                   const Delivery& delivery) {
    const auto key = read_key(row.key);
    const auto* callout = key ? state_.find(key->callout) : nullptr;
    if (callout == nullptr) return;
    const journal::Place place{stream_of(key->callout),
                               *callout->visibility,
                               callout->world,
                               now_in(callout->world, recorder.now()),
                               {}};
    switch (row.state) {
    case store::OutboxState::delivered:
        journal::record(recorder, place,
                        MessageDelivered{callout->incident, key->person, key->round, row.attempts,
                                         delivery.gateway});
        break;
    case store::OutboxState::refused:
    case store::OutboxState::gave_up:
        journal::record(
            recorder, place,
            MessageFailed{callout->incident, key->person, key->round, row.attempts,
                          row.state == store::OutboxState::refused ? Gap::refused : Gap::gave_up,
                          delivery.gateway, delivery.detail});
        break;
    case store::OutboxState::waiting:
        if (is_worth_telling(row.attempts) || delivery.outcome == Outcome::unknown)
            journal::record(recorder, place,
                            MessageTried{callout->incident, key->person, key->round, row.attempts,
                                         delivery.outcome == Outcome::unknown, delivery.gateway,
                                         delivery.detail});
        break;
    case store::OutboxState::sending:
    case store::OutboxState::cancelled: break;
    }
}

}  // namespace noroshi::respond::callout
