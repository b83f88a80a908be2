// Many alarms in one message. Guideline 3.1.2: in a bad night several call-outs and their reminders
// reach the same person within minutes. The first goes out at once. What follows within a minute waits
// until that minute is over and goes as one mail and one SMS, each call-out with its own link and code,
// so that nobody picks the tenth alarm out of ten messages. Voice, chat and push are not bundled.
//
// What waits is a fact (MessagesHeld), as is that it waits no longer (MessagesReleased); a restart
// loses neither. A message that is out keeps its key for ever, whatever it tells of: when one of its
// call-outs is answered while it still waits for a gateway, the form of its words (kernel/journal/form.h)
// is written anew, under the same key, without what was answered.

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "kernel/i18n/i18n.h"
#include "kernel/journal/record.h"
#include "prepare/contacts/contacts.h"
#include "prepare/council/council_view.h"
#include "respond/callout/callout.h"
#include "respond/incident/incident_view.h"

namespace noroshi::respond::callout {

namespace {

constexpr std::string_view form_name = "words";  // of a bundle there is one

std::string topic_of_bundle(const std::string& name) { return std::string(bundle_topic) + name; }

// An organisation that has its quorum is no reason to leave out what was to be said: it may lose it.
bool is_unanswered(const State::Callout& callout, const PersonId& person) {
    const auto found = callout.people.find(person);
    return found != callout.people.end() && !found->second.answered();
}

bool is_bundled(Channel channel) { return channel == Channel::email || channel == Channel::sms; }

}  // namespace

std::optional<Instant> Callout::next_reminder_of_another(const CalloutId& id,
                                                         const State::Callout& callout,
                                                         const PersonId& person,
                                                         Instant now) const {
    std::optional<Instant> least;
    for (const auto& other : state_.open()) {
        const auto& another = *state_.find(other);
        if (other == id || another.world != callout.world || !another.wanted.contains(person) ||
            another.rounds >= another.reminders)
            continue;
        const Instant due = std::max(now, another.last_round_at + another.remind_after);
        if (due <= now + options_.bundle_within && (!least || due < *least)) least = due;
    }
    return least;
}

void Callout::send_or_hold(journal::Recorder& recorder, const CalloutId& id,
                           const State::Callout& callout, const journal::Place& place,
                           std::span<const ChannelCall> calls, int round) const {
    if (options_.bundle_within == Span{} || calls.empty())
        return send(recorder, id, callout, calls, round);
    const Instant now = *place.event_time;
    std::map<Instant, std::vector<CallOfRound>> held;
    std::vector<ChannelCall> at_once;
    at_once.reserve(calls.size());
    for (const auto& call : calls) {
        std::optional<Instant> until;
        if (is_bundled(call.channel)) {
            until = state_.hold_until(callout.world, call.person, id, now, options_.bundle_within);
            // Both wait then, whichever comes first, until the later one has joined.
            if (!until && round > 0 && state_.open().size() > 1)
                if (const auto due = next_reminder_of_another(id, callout, call.person, now))
                    until = *due + std::chrono::seconds(1);
        }
        if (until)
            held[*until].push_back({call.person, call.channel, round});
        else
            at_once.push_back(call);
    }
    for (auto& [until, waiting] : held)
        journal::record(recorder, place, MessagesHeld{callout.incident, std::move(waiting), until});
    send(recorder, id, callout, at_once, round);
}

void Callout::release(journal::Recorder& recorder, const std::vector<Answered>& over) const {
    std::map<std::tuple<ExerciseId, PersonId, Channel>, Items> due;
    std::map<CalloutId, MessagesReleased> released;
    for (const auto& id : state_.open()) {
        const auto& callout = *state_.find(id);
        if (callout.held.empty() || std::ranges::find(over, id, &Answered::callout) != over.end())
            continue;
        const Instant now = now_in(callout.world, recorder.now());
        for (const auto& [until, waiting] : callout.held) {
            if (until > now) break;
            for (const auto& [who, round] : waiting) {
                const auto& [person, channel] = who;
                released[id].incident = callout.incident;
                if (is_unanswered(callout, person)) {
                    auto& items = due[{callout.world.exercise, person, channel}];
                    // A reminder has caught up with the call itself.
                    if (!items.empty() && items.back().first == id)
                        items.back().second = std::max(items.back().second, round);
                    else
                        items.emplace_back(id, round);
                } else {
                    released[id].messages.push_back({person, channel, round, {}, false});
                }
            }
        }
    }
    std::map<CalloutId, std::map<int, std::vector<ChannelCall>>> alone;  // by round
    for (const auto& [who, items] : due) {
        const auto& [exercise, person, channel] = who;
        std::optional<std::string> bundle;
        if (items.size() > 1) {
            bundle = recorder.random().identifier();
            send_bundle(recorder, *bundle, person, channel, items);
        }
        for (const auto& [id, round] : items) {
            released[id].messages.push_back({person, channel, round, bundle, true});
            if (!bundle) alone[id][round].push_back({person, channel});
        }
    }
    for (const auto& [id, fact] : released)
        journal::record(recorder, place_of(id, *state_.find(id), recorder.now()), fact);
    for (const auto& [id, rounds] : alone)
        for (const auto& [round, calls] : rounds)
            send(recorder, id, *state_.find(id), calls, round);
}

journal::Form Callout::words_of_bundle(journal::Recorder& recorder, const PersonId& person,
                                       Channel channel, const Items& items) const {
    const auto& council = council_.state();
    const auto* known = council.find(person);
    std::vector<Letter> letters;
    for (const auto& [id, round] : items) {
        const auto& callout = *state_.find(id);
        Letter letter = letter_about(callout, known->language, sees_title(callout, person), round);
        // What names the reader lies in the message, which goes when they are erased.
        letter.to_name = journal::blank(0);
        letter.to_organisation = journal::blank(1);
        letter.from_name =
            journal::without_blanks(council.name_of(callout.raised_by, known->language));
        letter.link = link_url({id, person, recorder.now() + lifetime}, recorder.random());
        letters.push_back(std::move(letter));
    }
    std::ranges::sort(letters, {},
                      [](const Letter& one) { return std::pair(one.raised_at, one.code); });
    if (channel == Channel::sms)
        return {{}, letters.size() == 1 ? write_sms(letters.front()) : write_sms_of(letters), {}};
    Written written = letters.size() == 1 ? write(letters.front()) : write_all(letters);
    return {std::move(written.subject), std::move(written.text), std::move(written.html)};
}

void Callout::send_bundle(journal::Recorder& recorder, const std::string& name,
                          const PersonId& person, Channel channel, const Items& items) const {
    const auto* known = council_.state().find(person);
    const auto address = contacts_.state().address_of(person, channel, recorder.now());
    if (known == nullptr || known->erased || !address) return;
    journal::Dispatch dispatch;
    dispatch.topic = topic_of_bundle(name);
    dispatch.person = person;
    Message& message = dispatch.message;
    message.key = write_bundle_key(name, person, channel);
    message.channel = channel;
    message.to = *address;
    message.to_name = known->name;
    message.message_id = "<bundle." + name + "." + person.text +
                         (channel == Channel::email ? "" : "." + std::string(name_of(channel))) +
                         "@" + options_.mail_domain + ">";
    message.drill = !state_.find(items.front().first)->world.is_live();
    journal::keep_form_as(recorder, dispatch.topic, form_name,
                          words_of_bundle(recorder, person, channel, items));
    const auto& organisation = state_.find(items.front().first)->people.at(person).organisation;
    journal::write_by_form(message, form_name,
                           {known->name, council_.state().name_of(organisation, known->language)});
    dispatch.not_before = recorder.now();
    dispatch.expires = recorder.now() + lifetime;
    recorder.send(std::move(dispatch));
}

void Callout::leave_in_peace(journal::Recorder& recorder, const std::vector<Answered>& all) const {
    std::set<std::string> touched;
    for (const auto& one : all) {
        recorder.cancel_messages(topic_of(one.callout), one.person);
        touched.merge(state_.bundles_with(one.callout, one.person));
    }
    for (const auto& name : touched) {
        const auto& bundle = *state_.bundle(name);
        Items left;
        for (const auto& [id, round] : bundle.items) {
            const auto& callout = *state_.find(id);
            const bool is_gone = std::ranges::any_of(all, [&](const Answered& one) {
                return one.callout == id && (one.person.empty() || one.person == bundle.person);
            });
            if (!is_gone && callout.open && is_unanswered(callout, bundle.person))
                left.emplace_back(id, round);
        }
        const auto* known = council_.state().find(bundle.person);
        if (left.empty() || known == nullptr || known->erased)
            recorder.cancel_messages(topic_of_bundle(name), bundle.person);
        else
            journal::keep_form_as(recorder, topic_of_bundle(name), form_name,
                                  words_of_bundle(recorder, bundle.person, bundle.channel, left));
    }
}

}  // namespace noroshi::respond::callout
