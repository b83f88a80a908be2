// The messages of a call-out: written in each person's language for each channel, and given to the
// outbox under one key per person, channel and round.

#include <algorithm>

#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "prepare/contacts/contacts.h"
#include "prepare/council/council_view.h"
#include "respond/callout/callout.h"
#include "respond/incident/incident_view.h"

namespace noroshi::respond::callout {

void Callout::send(journal::Recorder& recorder, const CalloutId& id, const State::Callout& callout,
                   std::span<const ChannelCall> calls, int round) const {
    const auto& council = council_.state();
    const auto incident = incident_.view().for_everybody(callout.incident);
    for (const auto& [person, channel] : calls) {
        const auto* known = council.find(person);
        const auto address = contacts_.state().address_of(person, channel, recorder.now());
        if (known == nullptr || known->erased || !address) continue;
        // The label may have been raised since the call.
        if (channel == Channel::chat && !may_go_to_chat(*address, callout.visibility->tlp))
            continue;

        Letter letter;
        letter.language = known->language;
        letter.zone = options_.zone;
        letter.drill = !callout.world.is_live();
        letter.tlp = callout.visibility->tlp;
        letter.subject = callout.subject;
        letter.text = callout.text;
        for (const auto& other : callout.texts)
            if (other.language == known->language) {
                letter.subject = other.subject.value_or("");
                letter.text = other.text;
            }
        letter.code = callout.code;
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

        journal::Dispatch dispatch;
        Message& message = dispatch.message;
        // Of mail as RFC 5322 wants it; for the other channels it names the message just so.
        auto message_id = [&](int of_round) {
            return "<" + id.text + "." + person.text + "." + std::to_string(of_round) +
                   (channel == Channel::email ? "" : "." + std::string(name_of(channel))) + "@" +
                   options_.mail_domain + ">";
        };
        message.key = write_key({id, person, round, channel});
        message.channel = channel;
        message.to = *address;
        message.to_name = known->name;
        message.message_id = message_id(round);
        message.drill = letter.drill;
        if (round > 0) message.in_reply_to = message_id(0);
        switch (channel) {
        case Channel::email: {
            Written written = write(letter);
            message.subject = std::move(written.subject);
            message.text = std::move(written.text);
            message.html = std::move(written.html);
            break;
        }
        case Channel::sms: message.text = write_sms(letter); break;
        case Channel::voice:
            message.subject = std::string(i18n::code_of(letter.language));
            message.text = write_speech(letter);
            message.html = write_taken(letter.language);
            break;
        case Channel::chat: {
            ChatWords words = write_chat(letter);
            message.subject = std::move(words.title);
            message.text = std::move(words.text);
            message.html = std::move(words.ask);  // what is never cut
            break;
        }
        case Channel::push: message.text = write_push(letter, id.text); break;
        }
        dispatch.topic = topic_of(id);
        dispatch.person = person;
        dispatch.not_before = recorder.now();
        dispatch.expires = recorder.now() + lifetime;
        recorder.send(std::move(dispatch));
    }
}

// A room is told that there is a call-out and whom to ask, never by whose link to answer.
void Callout::tell_rooms(journal::Recorder& recorder, const CalloutId& id,
                         const State::Callout& callout) const {
    for (const auto& chat : options_.chats) {
        if (!chat.room || callout.visibility->tlp > chat.most) continue;
        const auto is_called = [&](const OrganisationId& organisation) {
            return std::ranges::any_of(callout.people, [&](const auto& one) {
                return one.second.organisation == organisation;
            });
        };
        if (!chat.organisations.empty() && std::ranges::none_of(chat.organisations, is_called))
            continue;
        Letter letter;
        letter.zone = options_.zone;
        letter.drill = !callout.world.is_live();
        letter.tlp = callout.visibility->tlp;
        letter.subject = callout.subject;
        letter.text = callout.text;
        letter.from_organisation = council_.state().name_of(callout.organisation, letter.language);
        letter.raised_at = callout.raised_at;
        ChatWords words = write_chat(letter);
        journal::Dispatch dispatch;
        dispatch.topic = topic_of(id);
        dispatch.person = PersonId{std::string(room_prefix) + chat.name};
        dispatch.message.key = write_key({id, dispatch.person, 0, Channel::chat});
        dispatch.message.channel = Channel::chat;
        dispatch.message.to = chat.name + ":";
        dispatch.message.to_name = chat.name;
        dispatch.message.message_id =
            "<" + id.text + "." + chat.name + ".room@" + options_.mail_domain + ">";
        dispatch.message.subject = std::move(words.title);
        dispatch.message.text = std::move(words.text);
        dispatch.message.html = std::move(words.ask);
        dispatch.message.drill = letter.drill;
        dispatch.not_before = recorder.now();
        dispatch.expires = recorder.now() + std::chrono::hours(1);
        recorder.send(std::move(dispatch));
    }
}

// Once per wording: a machine that answers by itself is not answered for ever.
void Callout::send_help(journal::Recorder& recorder, const std::vector<PersonId>& people,
                        std::string_view words) const {
    if (!options_.channels.contains(Channel::sms)) return;
    for (const auto& person : people) {
        const auto* known = council_.state().find(person);
        const auto address = contacts_.state().address_of(person, Channel::sms);
        if (known == nullptr || known->erased || !address) continue;
        std::vector<std::string> codes;
        CalloutId newest;
        for (const auto& id : state_.open()) {
            const auto& callout = *state_.find(id);
            if (!callout.people.contains(person)) continue;
            codes.push_back(callout.code);
            if (newest.empty() || callout.raised_at > state_.find(newest)->raised_at) newest = id;
        }
        if (newest.empty()) continue;
        std::ranges::sort(codes);
        const bool drill = !state_.find(newest)->world.is_live();
        const auto digest = sha256(words);
        journal::Dispatch dispatch;
        dispatch.topic = topic_of(newest);
        dispatch.person = person;
        dispatch.message.key =
            newest.text + "/" + person.text + "/sms/help-" + to_hex(std::span(digest).first(4));
        dispatch.message.channel = Channel::sms;
        dispatch.message.to = *address;
        dispatch.message.to_name = known->name;
        dispatch.message.message_id = "<" + dispatch.message.key + ">";
        dispatch.message.text =
            (drill ? i18n::text(known->language, "respond.callout.mail.drill_stamp") : "") +
            write_sms_help(known->language, codes);
        dispatch.message.drill = drill;
        dispatch.not_before = recorder.now();
        dispatch.expires = recorder.now() + std::chrono::hours(1);
        recorder.send(std::move(dispatch));
    }
}

}  // namespace noroshi::respond::callout
