#include "respond/callout/callout_state.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include "kernel/journal/listen.h"
#include "respond/incident/incident_state.h"

namespace noroshi::respond::callout {

namespace {

constexpr std::string_view stream_prefix = "respond/callout/";

std::string reference_key(const std::string& gateway, const std::string& reference) {
    return gateway + "\n" + reference;
}

}  // namespace

// ---- names ---------------------------------------------------------------------------------

std::size_t digest_of_words(const AnswerGiven& answer) {
    std::string words;
    if (answer.substitute) words += answer.substitute->text;
    words += '\n';
    if (answer.note) words += answer.note->text;
    return std::hash<std::string>{}(words);
}

std::string stream_of(const CalloutId& id) { return std::string(stream_prefix) + id.text; }

std::optional<CalloutId> callout_of_stream(std::string_view stream) {
    if (!stream.starts_with(stream_prefix)) return {};
    return CalloutId{std::string(stream.substr(stream_prefix.size()))};
}

std::string topic_of(const CalloutId& id) { return "respond.callout/" + id.text; }

std::string write_key(const MessageKey& key) {
    return key.callout.text + "/" + key.person.text + "/" + std::string(name_of(key.channel)) +
           "/" + std::to_string(key.round);
}

std::optional<MessageKey> read_key(std::string_view text) {
    std::array<std::string_view, 4> parts;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto end = text.find('/');
        if ((end == std::string_view::npos) != (i + 1 == parts.size())) return {};
        parts[i] = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    const auto* channel = std::ranges::find(channel_names, parts[2]);
    if (channel == channel_names.end()) return {};
    MessageKey key{CalloutId{std::string(parts[0])}, PersonId{std::string(parts[1])}, 0,
                   static_cast<Channel>(channel - channel_names.begin())};
    const auto round = parts[3];
    const auto read = std::from_chars(round.data(), round.data() + round.size(), key.round);
    if (read.ec != std::errc{} || read.ptr != round.data() + round.size()) return {};
    return key;
}

std::vector<ChannelCall> first_calls(const std::vector<CallRoute>& routes, Span channel_after) {
    std::vector<ChannelCall> calls;
    for (const auto& route : routes)
        for (std::size_t i = 0; i < route.channels.size(); ++i)
            if (i == 0 || channel_after == Span{})
                calls.push_back({route.person, route.channels[i]});
    return calls;
}

namespace {
constexpr std::string_view bundle_prefix = "bundle-";
std::string person_in(const journal::World& world, const PersonId& person) {
    return world.exercise.text + "\n" + person.text;
}
}  // namespace

std::string write_bundle_key(const std::string& name, const PersonId& person, Channel channel) {
    return std::string(bundle_prefix) + name + "/" + person.text + "/" +
           std::string(name_of(channel)) + "/0";
}

std::optional<std::string> bundle_of_key(std::string_view key) {
    if (!key.starts_with(bundle_prefix)) return {};
    key.remove_prefix(bundle_prefix.size());
    return std::string(key.substr(0, key.find('/')));
}

// ---- one call-out --------------------------------------------------------------------------

bool State::Callout::has_quorum(const OrganisationId& of) const {
    if (at_least == 0) return false;
    const auto counted = coming.find(of);
    return counted != coming.end() && counted->second >= at_least;
}

bool State::Callout::every_quorum_met() const {
    if (at_least == 0) return wanted.empty();
    return std::ranges::all_of(coming, [&](const auto& one) { return one.second >= at_least; });
}

std::optional<Instant> State::Callout::wave_due() const {
    if (next_wave >= waves.size() || every_quorum_met()) return {};
    return last_wave_at + waves[next_wave].after_seconds;
}

bool State::Callout::reminder_is_due(Instant now) const {
    return rounds < reminders && !wanted.empty() && last_round_at + remind_after <= now;
}

Instant State::Callout::next_due() const {
    if (!unwritten.empty()) return raised_at;
    Instant due = expires_at;
    if (rounds < reminders && !wanted.empty()) due = std::min(due, last_round_at + remind_after);
    if (const auto wave = wave_due()) due = std::min(due, *wave);
    if (!held.empty()) due = std::min(due, held.begin()->first);
    if (!next_channel.empty()) due = std::min(due, next_channel.begin()->first);
    if (!next_deputy.empty()) due = std::min(due, next_deputy.begin()->first);
    return due;
}

void State::Callout::call(const Addressed& who, const CallRoute* route, Instant at) {
    const auto [found, fresh] = people.try_emplace(who.person);
    if (!fresh) return;
    Person& person = found->second;
    person.organisation = who.organisation;
    person.called_at = person.last_channel_at = at;
    person.unreachable = who.gap.has_value();
    if (route != nullptr) person.channels = route->channels;
    // The first goes out with the call; with no wait between them all do.
    person.used = channel_after == Span{} ? person.channels.size()
                                          : std::min<std::size_t>(1, person.channels.size());
    refresh(who.person);
}

// Derives what is due for one person from what is known of them.
void State::Callout::refresh(const PersonId& id) {
    Person& person = people.at(id);
    if (person.channel_due) next_channel.erase({*person.channel_due, id});
    if (person.deputy_due) next_deputy.erase({*person.deputy_due, id});
    person.channel_due.reset();
    person.deputy_due.reset();
    wanted.erase(id);
    const bool enough = has_quorum(person.organisation);
    if (!person.answered() && !enough) {
        wanted.insert(id);
        if (person.used < person.channels.size()) {
            // Where all ways so far are dead there is nothing to wait for.
            const bool dead = person.dead.size() >= person.used;
            person.channel_due = person.last_channel_at + (dead ? Span{} : channel_after);
            next_channel.emplace(*person.channel_due, id);
        }
    }
    if (deputies && !enough && !person.deputy_asked && !person.coming()) {
        if (person.answered() || person.is_out_of_ways())
            person.deputy_due = person.called_at;
        else if (deputy_after > Span{})
            person.deputy_due = person.called_at + deputy_after;
        if (person.deputy_due) next_deputy.emplace(*person.deputy_due, id);
    }
}

void State::Callout::refresh_all(const OrganisationId& of) {
    for (const auto& [id, person] : people)
        if (person.organisation == of) refresh(id);
}

// ---- all of them ---------------------------------------------------------------------------

State::Callout* State::at(const journal::Envelope& at) {
    const auto id = callout_of_stream(at.stream);
    if (!id) return nullptr;
    const auto found = callouts_.find(*id);
    return found == callouts_.end() ? nullptr : &found->second;
}

const State::Callout* State::find(const CalloutId& id) const {
    const auto found = callouts_.find(id);
    return found == callouts_.end() ? nullptr : &found->second;
}

std::string State::free_code() const {
    std::set<std::string> taken;
    for (const auto& id : open_) taken.insert(callouts_.at(id).code);
    // Without i, l and o, which are read as digits.
    constexpr std::string_view letters = "abcdefghjkmnpqrstuvwxyz";
    for (const char c : letters)
        if (std::string code(1, c); !taken.contains(code)) return code;
    for (const char first : letters)
        for (const char second : letters)
            if (std::string code{first, second}; !taken.contains(code)) return code;
    return {};
}

std::span<const State::Referred> State::referred(const std::string& gateway,
                                                 const std::string& reference) const {
    const auto found = references_.find(reference_key(gateway, reference));
    if (found == references_.end()) return {};
    return found->second;
}

void State::listen_to_messages(journal::Listeners& pending) {
    using journal::Envelope;
    using journal::World;
    // A way that is dead brings the next one forward.
    auto dies = [this](const Envelope& envelope, const PersonId& id, Channel channel) {
        Callout* callout = at(envelope);
        if (callout == nullptr) return;
        const auto found = callout->people.find(id);
        if (found == callout->people.end()) return;
        found->second.dead.insert(channel);
        callout->refresh(id);
    };
    journal::listen_any<MessageFailed>(
        pending, [dies](const World&, const MessageFailed& fact, const Envelope& envelope) {
            dies(envelope, fact.person, fact.channel.value_or(Channel::email));
        });
    journal::listen_any<MessageDelivered>(
        pending, [this](const World&, const MessageDelivered& fact, const Envelope& envelope) {
            const auto id = callout_of_stream(envelope.stream);
            if (!id || !fact.reference) return;
            references_[reference_key(fact.gateway, *fact.reference)].push_back(
                {*id, fact.person, fact.channel.value_or(Channel::email), fact.round});
        });
    journal::listen_any<MessageReceived>(
        pending, [dies](const World&, const MessageReceived& fact, const Envelope& envelope) {
            if (!fact.arrived) dies(envelope, fact.person, fact.channel);
        });
}

const State::Bundle* State::bundle(const std::string& name) const {
    const auto found = bundles_.find(name);
    return found == bundles_.end() ? nullptr : &found->second;
}

std::set<std::string> State::bundles_with(const CalloutId& id, const PersonId& person) const {
    std::set<std::string> names;
    const auto consider = [&](const std::string& name) {
        if (std::ranges::any_of(bundles_.at(name).items,
                                [&](const auto& one) { return one.first == id; }))
            names.insert(name);
    };
    if (person.empty()) {
        for (const auto& [name, bundle] : bundles_) consider(name);
    } else if (const auto of = bundles_of_.find(person); of != bundles_of_.end()) {
        for (const auto& name : of->second) consider(name);
    }
    return names;
}

std::optional<Instant> State::hold_until(const journal::World& world, const PersonId& person,
                                         const CalloutId& about, Instant now, Span within) const {
    if (last_words_.empty()) return {};
    const std::string key = person_in(world, person);
    if (const auto until = holding_.find(key); until != holding_.end() && until->second > now)
        return until->second;
    const auto words = last_words_.find(key);
    if (words == last_words_.end() || words->second.about == about || words->second.at > now ||
        words->second.at + within <= now)
        return {};
    return words->second.at + within;
}

void State::tell(const journal::World& world, const PersonId& person, const CalloutId& about,
                 Instant at) {
    last_words_[person_in(world, person)] = {about, at};
}

void State::leave_bundles(const CalloutId& id, const PersonId& person) {
    for (const auto& name : bundles_with(id, person)) {
        auto& bundle = bundles_.at(name);
        std::erase_if(bundle.items, [&](const auto& one) { return one.first == id; });
        if (!bundle.items.empty()) continue;
        bundles_of_[bundle.person].erase(name);
        bundles_.erase(name);
    }
}

void State::listen_to_bundles(journal::Listeners& pending) {
    using journal::Envelope;
    using journal::World;
    journal::listen_any<MessagesHeld>(
        pending, [this](const World& world, const MessagesHeld& fact, const Envelope& envelope) {
            Callout* callout = at(envelope);
            if (callout == nullptr) return;
            auto& waiting = callout->held[fact.until];
            for (const auto& call : fact.calls) {
                waiting[{call.person, call.channel}] = call.round;
                holding_[person_in(world, call.person)] = fact.until;
            }
        });
    journal::listen_any<MessagesReleased>(
        pending,
        [this](const World& world, const MessagesReleased& fact, const Envelope& envelope) {
            const auto id = callout_of_stream(envelope.stream);
            Callout* callout = at(envelope);
            if (callout == nullptr) return;
            for (const auto& one : fact.messages) {
                for (auto& [until, waiting] : callout->held)
                    waiting.erase({one.person, one.channel});
                holding_.erase(person_in(world, one.person));
                if (!one.sent) continue;
                tell(world, one.person, *id, envelope.event_time);
                if (!one.bundle) continue;
                auto& bundle = bundles_[*one.bundle];
                bundle.person = one.person;
                bundle.channel = one.channel;
                bundle.items.emplace_back(*id, one.round);
                bundles_of_[one.person].insert(*one.bundle);
            }
            std::erase_if(callout->held, [](const auto& one) { return one.second.empty(); });
        });
}

void State::listen(journal::Listeners& pending) {
    using journal::Envelope;
    using journal::World;
    pending.on_reset([this] { *this = State{}; });
    journal::listen_any<CalloutRaised>(
        pending, [this](const World& world, const CalloutRaised& fact, const Envelope& at) {
            const auto id = callout_of_stream(at.stream);
            if (!id) return;
            Callout& callout = callouts_[*id];
            callout.incident = fact.incident;
            callout.world = world;
            callout.visibility = at.visibility;
            callout.raised_by = PersonId{std::string(at.actor)};
            callout.organisation = fact.organisation;
            callout.subject = fact.subject.value_or("");
            callout.text = fact.text;
            callout.raised_at = callout.last_round_at = callout.last_wave_at = at.event_time;
            callout.expires_at = fact.expires_at;
            callout.remind_after = fact.remind_after_seconds;
            callout.reminders = fact.reminders;
            for (const auto& one : fact.addressees) callout.call(one, nullptr, at.event_time);
            open_.insert(*id);
        });
    journal::listen_any<CalloutPlanned>(
        pending, [this](const World&, const CalloutPlanned& fact, const Envelope& envelope) {
            Callout* callout = at(envelope);
            if (callout == nullptr) return;
            callout->code = fact.code;
            callout->texts = fact.texts;
            callout->waves = fact.waves;
            callout->at_least = fact.at_least;
            for (const auto& one : fact.quorum_organisations) callout->coming[one] = 0;
            callout->channel_after = fact.channel_after_seconds;
            callout->deputy_after = fact.deputy_after_seconds;
            callout->deputies = fact.deputies;
            std::unordered_map<PersonId, const CallRoute*> routes;
            for (const auto& route : fact.routes) routes.emplace(route.person, &route);
            for (const auto& route : fact.routes)
                if (!route.channels.empty())
                    tell(callout->world, route.person, *callout_of_stream(envelope.stream),
                         envelope.event_time);
            for (auto& [id, person] : callout->people) {
                if (const auto route = routes.find(id); route != routes.end())
                    person.channels = route->second->channels;
                person.used = callout->channel_after == Span{}
                                  ? person.channels.size()
                                  : std::min<std::size_t>(1, person.channels.size());
                callout->refresh(id);
            }
            if (fact.written) {
                const auto calls = first_calls(fact.routes, fact.channel_after_seconds);
                const auto written =
                    std::min(calls.size(), static_cast<std::size_t>(std::max(0, *fact.written)));
                callout->unwritten.assign(calls.begin() + static_cast<std::ptrdiff_t>(written),
                                          calls.end());
            }
        });
    journal::listen_any<MessagesWritten>(
        pending, [this](const World&, const MessagesWritten& fact, const Envelope& envelope) {
            Callout* callout = at(envelope);
            if (callout == nullptr) return;
            auto& left = callout->unwritten;
            const auto written =
                std::min(left.size(), static_cast<std::size_t>(std::max(0, fact.calls)));
            left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(written));
        });
    journal::listen_any<PeopleCalled>(
        pending, [this](const World&, const PeopleCalled& fact, const Envelope& envelope) {
            Callout* callout = at(envelope);
            if (callout == nullptr) return;
            if (fact.cause == Cause::wave) {
                callout->next_wave = static_cast<std::size_t>(fact.wave);
                callout->last_wave_at = envelope.event_time;
            }
            std::unordered_map<PersonId, const CallRoute*> routes;
            for (const auto& route : fact.routes) routes.emplace(route.person, &route);
            for (const auto& one : fact.addressees) {
                const auto route = routes.find(one.person);
                callout->call(one, route == routes.end() ? nullptr : route->second,
                              envelope.event_time);
                if (route != routes.end())
                    tell(callout->world, one.person, *callout_of_stream(envelope.stream),
                         envelope.event_time);
            }
            if (fact.instead_of)
                if (auto found = callout->people.find(*fact.instead_of);
                    found != callout->people.end()) {
                    found->second.deputy_asked = true;
                    callout->refresh(*fact.instead_of);
                }
        });
    journal::listen_any<ChannelsCalled>(
        pending, [this](const World&, const ChannelsCalled& fact, const Envelope& envelope) {
            Callout* callout = at(envelope);
            if (callout == nullptr) return;
            for (const auto& call : fact.calls) {
                auto found = callout->people.find(call.person);
                if (found == callout->people.end()) continue;
                auto& person = found->second;
                person.used = std::min(person.used + 1, person.channels.size());
                person.last_channel_at = envelope.event_time;
                tell(callout->world, call.person, *callout_of_stream(envelope.stream),
                     envelope.event_time);
                callout->refresh(call.person);
            }
        });
    listen_to_messages(pending);
    listen_to_bundles(pending);
    journal::listen_any<AnswerGiven>(
        pending, [this](const World&, const AnswerGiven& fact, const Envelope& envelope) {
            Callout* callout = at(envelope);
            if (callout == nullptr) return;
            const auto found = callout->people.find(fact.person);
            if (found == callout->people.end()) return;
            auto& person = found->second;
            const bool came = person.coming();
            person.answer = fact;
            person.said = digest_of_words(fact);
            leave_bundles(*callout_of_stream(envelope.stream), fact.person);
            person.answer->substitute.reset();
            person.answer->note.reset();
            const auto counted = callout->coming.find(person.organisation);
            if (counted != callout->coming.end() && came != person.coming()) {
                const bool had = callout->has_quorum(person.organisation);
                counted->second += person.coming() ? 1 : -1;
                if (had != callout->has_quorum(person.organisation))
                    callout->refresh_all(person.organisation);
            }
            callout->refresh(fact.person);
        });
    journal::listen_any<ReminderSent>(pending, [this](const World&, const ReminderSent& fact,
                                                      const Envelope& envelope) {
        Callout* callout = at(envelope);
        if (callout == nullptr) return;
        callout->rounds = fact.round;
        callout->last_round_at = envelope.event_time;
        // A reminder goes out over all channels.
        for (const auto& id : fact.people)
            if (auto found = callout->people.find(id); found != callout->people.end()) {
                found->second.used = found->second.channels.size();
                callout->refresh(id);
                tell(callout->world, id, *callout_of_stream(envelope.stream), envelope.event_time);
            }
    });
    journal::listen_any<CalloutResolved>(
        pending, [this](const World&, const CalloutResolved&, const Envelope& envelope) {
            Callout* callout = at(envelope);
            if (callout == nullptr) return;
            callout->open = false;
            callout->unwritten.clear();
            callout->held.clear();
            callout->text.clear();
            callout->subject.clear();
            callout->texts.clear();
            callout->next_channel.clear();
            callout->next_deputy.clear();
            const auto id = *callout_of_stream(envelope.stream);
            open_.erase(id);
            leave_bundles(id, {});
            for (auto& [reference, all] : references_)
                std::erase_if(all, [&](const Referred& to) { return to.callout == id; });
            std::erase_if(references_, [](const auto& one) { return one.second.empty(); });
        });
    // A call-out is seen by those who see its incident, from then on.
    journal::listen_any<incident::VisibilityChanged>(
        pending,
        [this](const World&, const incident::VisibilityChanged&, const Envelope& envelope) {
            const auto incident = incident::incident_of_stream(envelope.stream);
            if (!incident) return;
            for (auto& [id, callout] : callouts_)
                if (callout.incident == *incident) callout.visibility = envelope.visibility;
        });
}

}  // namespace noroshi::respond::callout
