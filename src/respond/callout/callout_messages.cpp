// The messages of a call-out: written in each person's language for each channel, and given to the
// outbox under one key per person, channel and round.

#include <algorithm>
#include <map>

#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "kernel/journal/form.h"
#include "prepare/contacts/contacts.h"
#include "prepare/council/council_view.h"
#include "respond/callout/callout.h"
#include "respond/incident/incident_view.h"

namespace noroshi::respond::callout {

namespace {

// What is each reader's own; in a form its blank stands for it.
struct Own {
    std::string name, organisation, link, caller;
    std::vector<std::string> as_blanks() && {
        return {std::move(name), std::move(organisation), std::move(link), std::move(caller)};
    }
};
Own blanks() {
    return {journal::blank(0), journal::blank(1), journal::blank(2), journal::blank(3)};
}

Letter written_to(Letter letter, Own own) {
    letter.to_name = std::move(own.name);
    letter.to_organisation = std::move(own.organisation);
    letter.link = std::move(own.link);
    letter.from_name = std::move(own.caller);
    return letter;
}

// Subject, text and html as the courier of the channel takes them. Not of push, which is JSON.
journal::Form words_of(const Letter& letter, Channel channel) {
    switch (channel) {
    case Channel::email: {
        Written written = write(letter);
        return {std::move(written.subject), std::move(written.text), std::move(written.html)};
    }
    case Channel::voice:
        return {std::string(i18n::code_of(letter.language)), write_speech(letter),
                write_taken(letter.language)};
    case Channel::chat: {
        ChatWords words = write_chat(letter);
        return {std::move(words.title), std::move(words.text),
                std::move(words.ask)};  // what is never cut
    }
    case Channel::sms:
    case Channel::push: break;
    }
    return {{}, write_sms(letter), {}};
}

}  // namespace

bool Callout::sees_title(const State::Callout& callout, const PersonId& person) const {
    return may_see(council_.state().viewer_of(person), *callout.visibility);
}

// What all read alike; names and link are still to be written.
Letter Callout::letter_about(const State::Callout& callout, Language language, bool sees_title,
                             int round) const {
    Letter letter;
    letter.language = language;
    letter.zone = options_.zone;
    letter.drill = !callout.world.is_live();
    letter.tlp = callout.visibility->tlp;
    letter.subject = callout.subject;
    letter.text = callout.text;
    for (const auto& other : callout.texts)
        if (other.language == language) {
            letter.subject = other.subject.value_or("");
            letter.text = other.text;
        }
    letter.subject = journal::without_blanks(std::move(letter.subject));
    letter.text = journal::without_blanks(std::move(letter.text));
    letter.code = callout.code;
    // Whoever may not see the incident is told what the caller wrote, and no more.
    if (sees_title)
        if (const auto incident = incident_.view().for_everybody(callout.incident))
            letter.incident_title = journal::without_blanks(incident->title);
    letter.from_organisation =
        journal::without_blanks(council_.state().name_of(callout.organisation, language));
    letter.raised_at = callout.raised_at;
    letter.answer_until = callout.expires_at;
    letter.round = round;
    letter.reminders = callout.reminders;
    letter.remind_after = std::chrono::floor<std::chrono::minutes>(callout.remind_after);
    return letter;
}

// One form for all who read the same words in the same language over the same channel: of each
// message only names and link are written.
void Callout::send(journal::Recorder& recorder, const CalloutId& id, const State::Callout& callout,
                   std::span<const ChannelCall> calls, int round) const {
    const auto& council = council_.state();
    struct Shared {
        Letter letter;
        std::string caller;
        std::map<Channel, std::string> forms;  // names
    };
    std::map<std::pair<Language, bool>, Shared> shared;
    auto words_for = [&](Language language, bool sees) -> Shared& {
        const auto [found, fresh] = shared.try_emplace({language, sees});
        if (!fresh) return found->second;
        found->second.letter = letter_about(callout, language, sees, round);
        found->second.caller = council.name_of(callout.raised_by, language);
        return found->second;
    };
    const std::string at_domain = "@" + options_.mail_domain + ">";
    const std::string topic = topic_of(id);

    for (const auto& [person, channel] : calls) {
        const auto* known = council.find(person);
        const auto address = contacts_.state().address_of(person, channel, recorder.now());
        if (known == nullptr || known->erased || !address) continue;
        // The label may have been raised since the call.
        if (channel == Channel::chat && !may_go_to_chat(*address, callout.visibility->tlp))
            continue;
        Shared& words = words_for(known->language, sees_title(callout, person));
        Own own{known->name,
                council.name_of(callout.people.at(person).organisation, known->language),
                link_url({id, person, recorder.now() + lifetime}, recorder.random()), words.caller};

        journal::Dispatch dispatch;
        Message& message = dispatch.message;
        // Of mail as RFC 5322 wants it; for the other channels it names the message just so.
        auto message_id = [&](int of_round) {
            return "<" + id.text + "." + person.text + "." + std::to_string(of_round) +
                   (channel == Channel::email ? "" : "." + std::string(name_of(channel))) +
                   at_domain;
        };
        message.key = write_key({id, person, round, channel});
        message.channel = channel;
        message.to = *address;
        message.to_name = known->name;
        message.message_id = message_id(round);
        message.drill = words.letter.drill;
        if (round > 0) message.in_reply_to = message_id(0);
        if (channel == Channel::push) {
            message.text = write_push(written_to(words.letter, std::move(own)), id.text);
        } else {
            auto& form = words.forms[channel];
            if (form.empty())
                form = journal::keep_form(recorder, topic,
                                          words_of(written_to(words.letter, blanks()), channel));
            journal::write_by_form(message, form, std::move(own).as_blanks());
        }
        dispatch.topic = topic;
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
