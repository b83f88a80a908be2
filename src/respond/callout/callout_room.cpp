// The room: listens, decides on the pending state, records, and asks for messages.

#include <algorithm>

#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"
#include "prepare/contacts/contacts.h"
#include "prepare/contacts/contacts_facts.h"
#include "prepare/council/council_view.h"
#include "respond/callout/callout.h"
#include "respond/callout/callout_reply.h"
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
    journal.on_delivery(std::string(bundle_topic),
                        [this](journal::Recorder& recorder, const store::OutboxRow& row,
                               const Delivery& delivery) { hear_bundle(recorder, row, delivery); });
    journal::listen_any<prepare::contacts::ContactChanged>(
        journal.pending(), [this](const journal::World&, const prepare::contacts::ContactChanged&,
                                  const journal::Envelope&) { numbers_are_old_ = true; });
    tell_of<CalloutRaised>(journal, *view_);
    tell_of<PeopleCalled>(journal, *view_);
    tell_of<ChannelsCalled>(journal, *view_);
    tell_of<MessageReceived>(journal, *view_);
    tell_of<MessageTried>(journal, *view_);
    tell_of<MessageDelivered>(journal, *view_);
    tell_of<MessageFailed>(journal, *view_);
    tell_of<AnswerGiven>(journal, *view_);
    tell_of<ReminderSent>(journal, *view_);
    tell_of<RoomTold>(journal, *view_);
    tell_of<SheetSent>(journal, *view_);
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

void Callout::set_gateways(std::set<Channel> channels, std::string inbound_token,
                           std::string country) {
    options_.country = std::move(country);
    options_.channels = std::move(channels);
    options_.inbound_token = std::move(inbound_token);
}

bool Callout::may_go_to_chat(std::string_view address, Tlp tlp) const {
    const auto name = address.substr(0, address.find(':'));
    return std::ranges::any_of(
        options_.chats, [&](const Chat& chat) { return chat.name == name && tlp <= chat.most; });
}

Reachable Callout::reachable(const PersonId& person, Instant now, Tlp tlp) const {
    const auto& contacts = contacts_.state();
    Reachable one{person, {}, {}};
    if (const auto* known = council_.state().find(person)) one.roles = known->roles;
    const auto* contact = contacts.find(person);
    if (contact == nullptr) {
        one.gap = Gap::no_address;
        return one;
    }
    bool has_address = false;
    bool is_too_secret = false;
    for (const auto channel : contact->channels) {
        const auto address = contacts.address_of(person, channel, now);
        if (!address) continue;
        has_address = true;
        if (channel == Channel::chat && !may_go_to_chat(*address, tlp)) {
            is_too_secret = true;
            continue;
        }
        if (options_.channels.contains(channel)) one.channels.push_back(channel);
    }
    if (!one.channels.empty()) return one;
    // An address for a channel that the person does not want is a gap of its own.
    if (has_address)
        one.gap = is_too_secret ? Gap::not_for_chat : Gap::no_gateway;
    else
        one.gap =
            contact->email.empty() && contact->mobile.empty() ? Gap::no_address : Gap::no_channel;
    return one;
}

std::vector<Reachable> Callout::everybody(Instant now, Duty duty, Tlp tlp) const {
    std::vector<Reachable> people;
    // By organisation: who is on duty, where a calendar is kept.
    std::map<OrganisationId, std::optional<std::set<PersonId>>> on_duty;
    auto calendar_of = [&](const OrganisationId& organisation) -> const auto& {
        const auto [found, fresh] = on_duty.try_emplace(organisation);
        if (fresh)
            for (const auto& line : contacts_.state().call_order(organisation, now)) {
                if (!found->second) found->second.emplace();
                if (line.on_duty && !line.away) found->second->insert(line.person);
            }
        return found->second;
    };
    for (const auto* person : council_.state().people()) {
        people.push_back(reachable(person->id, now, tlp));
        if (duty == Duty::ignored) continue;
        auto& one = people.back();
        for (const auto& role : one.roles) {
            const auto& calendar = calendar_of(role.organisation);
            // An empty calendar is a gap, and calls everybody: better too many than nobody.
            if (calendar && !calendar->empty() && !calendar->contains(one.person))
                one.off_duty.push_back(role.organisation);
        }
    }
    return people;
}

// By the organisation's own order and calendar; where it has neither list nor rotation, its people
// follow each other by role.
std::vector<Reachable> Callout::deputies_of(const PersonId& person,
                                            const OrganisationId& organisation, Instant now,
                                            Tlp tlp) const {
    std::vector<Reachable> deputies;
    std::set<PersonId> seen{person};
    auto add = [&](const PersonId& id) {
        const auto* known = council_.state().find(id);
        if (known != nullptr && !known->erased && seen.insert(id).second)
            deputies.push_back(reachable(id, now, tlp));
    };
    const auto order = contacts_.state().call_order(organisation, now);
    for (const auto& line : order) add(line.person);
    if (!order.empty()) return deputies;
    constexpr std::array by_role{Role::security_person, Role::duty_officer, Role::leader,
                                 Role::member,          Role::liaison,      Role::clerk};
    for (const auto role : by_role)
        for (const auto* one : council_.state().people_with(organisation, role)) add(one->id);
    return deputies;
}

Result<Raising> Callout::prepare(const RaiseRequest& request, const Principal& by,
                                 Instant now) const {
    const auto* incident = incident_.state().find(request.incident);
    if (incident == nullptr || !may_see(by.viewer, *incident->visibility))
        return fail(ErrorKind::not_found, "respond.callout.unknown_incident", {}, "/incident");
    const auto* exercise = incident->world.is_live()
                               ? nullptr
                               : incident_.state().find_exercise(incident->world.exercise);
    const About about{incident->world, incident->visibility, incident->open,
                      exercise != nullptr && exercise->ended, now_in(incident->world, now)};
    const bool by_calendar =
        request.on_duty || std::ranges::any_of(request.waves, &WaveRequest::on_duty);
    const auto people =
        everybody(now, by_calendar ? Duty::regarded : Duty::ignored, incident->visibility->tlp);
    return callout::raise(CalloutId{}, request, by, about, people,
                          [&](const OrganisationId& organisation)
                              -> std::optional<prepare::council::OrganisationKind> {
                              const auto* found = council_.state().find(organisation);
                              if (found == nullptr) return {};
                              return found->kind;
                          });
}

Result<Callout::Raised> Callout::raise(journal::Recorder& recorder, const RaiseRequest& request,
                                       const Principal& by) {
    TRY_LET(auto raising, prepare(request, by, recorder.now()));
    const CalloutId id{recorder.random().identifier()};
    auto& [decided, planned] = raising;
    decided.place.stream = stream_of(id);
    planned.code = state_.free_code();
    // A port of ten thousand: the first mails go out while the others are still being written.
    auto calls = first_calls(planned.routes, planned.channel_after_seconds);
    if (calls.size() > options_.messages_at_once) {
        calls.resize(options_.messages_at_once);
        planned.written = static_cast<int>(calls.size());
    }
    journal::record(recorder, decided.place, decided.body);
    journal::record(recorder, decided.place, planned);

    // The messages are written from what was just decided; the state hears of it on return.
    State::Callout callout;
    callout.incident = request.incident;
    callout.world = decided.place.world;
    callout.visibility = incident_.state().find(request.incident)->visibility;
    callout.raised_by = by.person;
    callout.organisation = decided.body.organisation;
    callout.subject = decided.body.subject.value_or("");
    callout.text = decided.body.text;
    callout.code = planned.code;
    callout.texts = planned.texts;
    callout.raised_at = *decided.place.event_time;
    callout.expires_at = decided.body.expires_at;
    callout.remind_after = decided.body.remind_after_seconds;
    callout.reminders = decided.body.reminders;
    for (const auto& one : decided.body.addressees)
        callout.people[one.person].organisation = one.organisation;
    send_or_hold(recorder, id, callout, decided.place, calls, 0);
    tell_rooms(recorder, id, callout);
    return Raised{id, decided.body, std::move(planned)};
}

Result<PersonId> Callout::answer(journal::Recorder& recorder, const CalloutId& id,
                                 const AnswerRequest& request, const Principal& by) {
    TRY_LET(const auto decided,
            callout::answer(state_, id, request, by, now_of(id, recorder.now())));
    if (is_erased(decided.body.person))
        return fail(ErrorKind::not_found, "respond.callout.not_addressed", {}, "/person");
    journal::record(recorder, decided.place, decided.body);
    leave_in_peace(recorder, {{id, decided.body.person}});
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
    leave_in_peace(recorder, {{link.callout, link.person}});
    return {};
}

Result<> Callout::send_sheet(journal::Recorder& recorder, const CalloutId& id,
                             const PersonId& person, const SheetRequest& request,
                             const Principal& by) {
    if (request.by && council_.state().find(*request.by) == nullptr)
        return invalid("respond.callout.unknown_person", "/by");
    TRY_LET(const auto decided,
            callout::send_sheet(state_, id, person, request, by, now_of(id, recorder.now())));
    journal::record(recorder, decided.place, decided.body);
    return {};
}

Result<> Callout::resolve(journal::Recorder& recorder, const CalloutId& id, const Principal& by) {
    TRY_LET(const auto decided, callout::resolve(state_, id, by, now_of(id, recorder.now())));
    journal::record(recorder, decided.place, decided.body);
    leave_in_peace(recorder, {{id, {}}});
    return {};
}

// ---- what happens by itself ----------------------------------------------------------------

// An incident that was closed calls nobody any more; reopened, it needs a call-out of its own.
bool Callout::is_about_something_open(const State::Callout& callout) const {
    const auto* incident = incident_.state().find(callout.incident);
    return incident == nullptr || incident->open;
}

std::optional<Instant> Callout::next_due() const {
    std::optional<Instant> least;
    for (const auto& id : state_.open()) {
        const auto& callout = *state_.find(id);
        std::optional<Instant> due = callout.next_due();
        if (!is_about_something_open(callout)) {
            due = Instant{};
        } else if (!callout.world.is_live()) {
            const auto* exercise = incident_.state().find_exercise(callout.world.exercise);
            if (exercise == nullptr) continue;
            due = exercise->ended ? std::optional(Instant{}) : exercise->time.real_time_of(*due);
        }
        if (due && (!least || *due < *least)) least = due;
    }
    return least;
}

journal::Place Callout::place_of(const CalloutId& id, const State::Callout& callout,
                                 Instant now) const {
    return {stream_of(id), *callout.visibility, callout.world, now_in(callout.world, now), {}};
}

Result<> Callout::fire(journal::Recorder& recorder) {
    std::vector<Answered> over;
    for (const auto& id : state_.open()) {
        const auto& callout = *state_.find(id);
        const auto* exercise = callout.world.is_live()
                                   ? nullptr
                                   : incident_.state().find_exercise(callout.world.exercise);
        const bool ended = exercise != nullptr && exercise->ended;
        const auto place = place_of(id, callout, recorder.now());
        const bool closed = !is_about_something_open(callout);
        if (ended || closed || callout.expires_at <= *place.event_time) {
            journal::record(recorder, place,
                            CalloutResolved{callout.incident, ended    ? Ending::exercise_ended
                                                              : closed ? Ending::resolved
                                                                       : Ending::expired});
            over.push_back({id, {}});
        } else {
            fire_one(recorder, id, callout, place);
        }
    }
    leave_in_peace(recorder, over);
    release(recorder, over);
    return {};
}

void Callout::write_more(journal::Recorder& recorder, const CalloutId& id,
                         const State::Callout& callout, const journal::Place& place) {
    std::vector<ChannelCall> calls;
    const auto count = std::min(options_.messages_at_once, callout.unwritten.size());
    for (std::size_t i = 0; i < count; ++i)
        if (callout.wanted.contains(callout.unwritten[i].person))
            calls.push_back(callout.unwritten[i]);
    journal::record(recorder, place, MessagesWritten{callout.incident, static_cast<int>(count)});
    send_or_hold(recorder, id, callout, place, calls, 0);
}

void Callout::fire_one(journal::Recorder& recorder, const CalloutId& id,
                       const State::Callout& callout, const journal::Place& place) {
    if (!callout.unwritten.empty()) {
        write_more(recorder, id, callout, place);
        return;  // what else is due may wait that long
    }
    const Instant now = *place.event_time;
    std::vector<PeopleCalled> more;
    if (const auto due = callout.wave_due(); due && *due <= now) {
        if (auto wave = next_wave(
                callout, everybody(recorder.now(), Duty::regarded, callout.visibility->tlp), now))
            more.push_back(std::move(*wave));
    } else if (!callout.next_deputy.empty() && callout.next_deputy.begin()->first <= now) {
        more = next_deputies(
            callout, now, [&](const PersonId& person, const OrganisationId& organisation) {
                return deputies_of(person, organisation, recorder.now(), callout.visibility->tlp);
            });
    }
    if (!more.empty()) {
        // The letters know the organisations of those who are called only now.
        State::Callout with = callout;
        std::vector<ChannelCall> calls;
        for (const auto& called : more) {
            journal::record(recorder, place, called);
            for (const auto& one : called.addressees)
                with.people[one.person].organisation = one.organisation;
            for (auto& call : first_calls(called.routes, callout.channel_after))
                calls.push_back(std::move(call));
        }
        send_or_hold(recorder, id, with, place, calls, 0);
        return;  // what else is due follows on the state that knows of it
    }
    if (!callout.next_channel.empty() && callout.next_channel.begin()->first <= now) {
        const auto called = next_channels(callout, now);
        journal::record(recorder, place, called);
        send_or_hold(recorder, id, callout, place, called.calls, callout.rounds);
        return;
    }
    if (!callout.reminder_is_due(now)) return;
    ReminderSent reminder{callout.incident, callout.rounds + 1, {}};
    std::vector<ChannelCall> calls;
    for (const auto& person : callout.wanted) {
        // By everything there is by now: an address may have come in since the call.
        const auto reachable = this->reachable(person, recorder.now(), callout.visibility->tlp);
        if (reachable.channels.empty()) continue;
        reminder.people.push_back(person);
        for (const auto channel : reachable.channels) calls.push_back({person, channel});
    }
    journal::record(recorder, place, reminder);
    send_or_hold(recorder, id, callout, place, calls, reminder.round);
}

// What was said over a gateway. The answer is taken if it can be; a person who is told that the
// call-out is over would be woken for nothing.
std::optional<Callout::Answered> Callout::take(journal::Recorder& recorder, const CalloutId& id,
                                               const PersonId& person, Way way,
                                               const AnswerRequest& request) {
    if (is_erased(person)) return {};
    const auto decided =
        callout::answer_by(state_, id, person, way, request, now_of(id, recorder.now()));
    if (!decided || !*decided) return {};
    journal::record(recorder, (**decided).place, (**decided).body);
    return Answered{id, person};
}

void Callout::take_words(journal::Recorder& recorder, const std::string& from,
                         std::string_view text) {
    const auto people = people_with_number(bare_number(from, options_.country));
    if (people.empty()) return;
    if (other_ear_ && other_ear_(recorder, people, text)) return;
    const auto reply = read_reply(text);
    // Of the call-outs this number was called to: those named, else those not yet answered, else
    // the newest, whose answer is then changed.
    std::vector<std::pair<CalloutId, PersonId>> open;
    std::vector<std::pair<CalloutId, PersonId>> named;
    std::vector<std::pair<CalloutId, PersonId>> unanswered;
    for (const auto& id : state_.open()) {
        const auto& callout = *state_.find(id);
        for (const auto& person : people) {
            const auto found = callout.people.find(person);
            if (found == callout.people.end()) continue;
            open.emplace_back(id, person);
            if (reply && !reply->code.empty() && callout.code == reply->code)
                named.emplace_back(id, person);
            if (!found->second.answered()) unanswered.emplace_back(id, person);
        }
    }
    if (open.empty()) return;
    const bool is_strange = !reply || (!reply->code.empty() && named.empty());
    if (is_strange) {
        send_help(recorder, people, text);
        return;
    }
    std::vector<std::pair<CalloutId, PersonId>> meant = named;
    if (reply->code.empty()) meant = unanswered;
    if (meant.empty()) {
        const auto newest = std::ranges::max_element(
            open, {}, [&](const auto& one) { return state_.find(one.first)->raised_at; });
        for (const auto& one : open)
            if (one.first == newest->first) meant.push_back(one);
    }
    std::vector<Answered> answered;
    for (const auto& [id, person] : meant) {
        AnswerRequest request;
        request.answer = reply->answer;
        const Instant now = now_of(id, recorder.now());
        if (const auto* within = std::get_if<std::chrono::minutes>(&reply->arrival))
            request.coming_at = now + *within;
        if (const auto* at = std::get_if<ClockTime>(&reply->arrival))
            request.coming_at = next_at(*at, now, options_.zone);
        auto within_limit = [](std::string_view words, std::size_t limit) {
            std::size_t characters = 0;
            for (std::size_t i = 0; i < words.size(); ++i)
                if ((static_cast<unsigned char>(words[i]) & 0xC0) != 0x80 && characters++ == limit)
                    return std::string(words.substr(0, i));
            return std::string(words);
        };
        if (!reply->substitute.empty())
            request.substitute = within_limit(reply->substitute, substitute_limit);
        if (!reply->note.empty()) request.note = within_limit(reply->note, note_limit);
        if (const auto taken = take(recorder, id, person, Way::sms, request))
            answered.push_back(*taken);
    }
    leave_in_peace(recorder, answered);
}

void Callout::take_receipt(journal::Recorder& recorder, const std::string& gateway,
                           const std::string& reference, bool arrived, const std::string& state) {
    for (const auto& referred : state_.referred(gateway, reference)) {
        const auto* callout = state_.find(referred.callout);
        if (callout == nullptr || !callout->open) continue;
        journal::record(recorder, place_of(referred.callout, *callout, recorder.now()),
                        MessageReceived{callout->incident, referred.person, referred.channel,
                                        referred.round, arrived, gateway, state});
    }
}

std::vector<PersonId> Callout::people_with_number(const std::string& bare) const {
    if (numbers_are_old_) {
        numbers_.clear();
        for (const auto* person : council_.state().people())
            if (const auto number = contacts_.state().address_of(person->id, Channel::sms))
                numbers_[bare_number(*number, options_.country)].push_back(person->id);
        numbers_are_old_ = false;
    }
    const auto found = numbers_.find(bare);
    return found == numbers_.end() ? std::vector<PersonId>{} : found->second;
}

void Callout::hear(journal::Recorder& recorder, const store::OutboxRow& row,
                   const Delivery& delivery) {
    if (const auto key = read_key(row.key)) hear_of(recorder, *key, row, delivery);
}

// What became of a bundle became of every message in it.
void Callout::hear_bundle(journal::Recorder& recorder, const store::OutboxRow& row,
                          const Delivery& delivery) {
    const auto name = bundle_of_key(row.key);
    const auto* bundle = name ? state_.bundle(*name) : nullptr;
    if (bundle == nullptr) return;
    for (const auto& [callout, round] : bundle->items)
        hear_of(recorder, {callout, bundle->person, round, bundle->channel}, row, delivery);
}

void Callout::hear_of(journal::Recorder& recorder, const MessageKey& key,
                      const store::OutboxRow& row, const Delivery& delivery) {
    const auto* callout = state_.find(key.callout);
    if (callout == nullptr) return;
    const auto place = place_of(key.callout, *callout, recorder.now());
    if (key.person.text.starts_with(room_prefix)) {
        if (row.state == store::OutboxState::waiting || row.state == store::OutboxState::sending ||
            row.state == store::OutboxState::cancelled)
            return;
        journal::record(recorder, place,
                        RoomTold{callout->incident, key.person.text.substr(room_prefix.size()),
                                 row.state == store::OutboxState::delivered, delivery.detail});
        return;
    }
    // Facts about mail are written as they were before there were other channels.
    std::optional<Channel> channel;
    if (key.channel != Channel::email) channel = key.channel;
    switch (row.state) {
    case store::OutboxState::delivered: {
        std::optional<std::string> reference;
        if (!delivery.reference.empty()) reference = delivery.reference;
        journal::record(recorder, place,
                        MessageDelivered{callout->incident, key.person, key.round, row.attempts,
                                         delivery.gateway, channel, reference});
        break;
    }
    case store::OutboxState::refused:
    case store::OutboxState::gave_up:
        journal::record(
            recorder, place,
            MessageFailed{callout->incident, key.person, key.round, row.attempts,
                          row.state == store::OutboxState::refused ? Gap::refused : Gap::gave_up,
                          delivery.gateway, delivery.detail, channel});
        break;
    case store::OutboxState::waiting:
        if (is_worth_telling(row.attempts) || delivery.outcome == Outcome::unknown)
            journal::record(recorder, place,
                            MessageTried{callout->incident, key.person, key.round, row.attempts,
                                         delivery.outcome == Outcome::unknown, delivery.gateway,
                                         delivery.detail, channel});
        break;
    case store::OutboxState::sending:
    case store::OutboxState::cancelled: break;
    }
    // Pressed on the telephone, in the same commit as what became of the call.
    if (const auto reply = read_reply(delivery.reply); reply && callout->open) {
        AnswerRequest request;
        request.answer = reply->answer;
        if (const auto taken = take(recorder, key.callout, key.person, Way::voice, request))
            leave_in_peace(recorder, {*taken});
    }
}

}  // namespace noroshi::respond::callout
