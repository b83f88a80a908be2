// Browsers that may be woken: whose they are, and that each is there once.

#include <algorithm>

#include <boost/json.hpp>

#include "kernel/crypto/hash.h"
#include "kernel/crypto/p256.h"
#include "kernel/i18n/i18n.h"
#include "kernel/i18n/line.h"
#include "kernel/journal/record.h"
#include "prepare/contacts/contacts.h"

namespace noroshi::prepare::contacts {

namespace {

constexpr std::size_t endpoint_limit = 2'048;

Result<std::string> subscription_of(const DeviceDraft& draft) {
    if (draft.endpoint.size() > endpoint_limit || !draft.endpoint.contains("://"))
        return invalid("prepare.contacts.bad_device", "/endpoint");
    const auto point = from_base64url(draft.p256dh);
    if (!point || !is_p256_point(*point)) return invalid("prepare.contacts.bad_device", "/p256dh");
    const auto secret = from_base64url(draft.auth);
    if (!secret || secret->size() != 16) return invalid("prepare.contacts.bad_device", "/auth");
    boost::json::object out;
    out["id"] = device_id_of(draft.endpoint);
    out["endpoint"] = draft.endpoint;
    out["p256dh"] = to_base64url(*point);
    out["auth"] = to_base64url(*secret);
    return boost::json::serialize(out);
}

}  // namespace

std::string device_id_of(std::string_view endpoint) {
    const auto digest = sha256(endpoint);
    return to_hex(std::span(digest).first(12));
}

Result<std::string> Contacts::add_device(journal::Recorder& recorder, const PersonId& person,
                                         const DeviceDraft& draft) {
    const auto* known = council_.state().find(person);
    if (known == nullptr) return fail(ErrorKind::not_found, "prepare.contacts.unknown_person");
    if (known->erased) return fail(ErrorKind::conflict, "prepare.contacts.person_erased");
    if (options_.push_key.empty()) return fail(ErrorKind::conflict, "prepare.contacts.no_push");
    TRY_LET(const auto name, i18n::line(draft.name, 100, "/name", i18n::Empty::allowed));
    TRY_LET(auto subscription, subscription_of(draft));
    if (!options_.is_push_service || !options_.is_push_service(draft.endpoint))
        return invalid("prepare.contacts.strange_push_service", "/endpoint");
    std::string id = device_id_of(draft.endpoint);
    const journal::Place place{stream_of(person), private_to(person), {}, {}, {}};

    // Whoever sat here before must not go on reading over this one's shoulder.
    if (const auto owner = state_.owner_of_device(id); owner && *owner != person)
        journal::record(recorder, {stream_of(*owner), private_to(*owner), {}, {}, {}},
                        DeviceRemoved{*owner, id, DeviceEnd::taken_over});
    const auto devices = state_.devices_of(person);
    const bool is_known =
        std::ranges::any_of(devices, [&](const Device& one) { return one.id == id; });
    if (!is_known && devices.size() >= devices_limit)
        journal::record(recorder, place,
                        DeviceRemoved{person, devices.front().id, DeviceEnd::replaced});

    // Whoever lets a browser be woken wants to be called by it: it costs nothing and is the fastest.
    const auto* contact = state_.find(person);
    if (contact == nullptr ||
        std::ranges::find(contact->channels, Channel::push) == contact->channels.end()) {
        ContactChanged changed;
        changed.person = person;
        const auto sealed = [&](const std::string& text) -> std::optional<Personal> {
            if (text.empty()) return {};
            return Personal{person, text};
        };
        if (contact != nullptr) {
            changed.email = sealed(contact->email);
            changed.mobile = sealed(contact->mobile);
            changed.weekday_phone = sealed(contact->weekday_phone);
            changed.night_phone = sealed(contact->night_phone);
            changed.chat = sealed(contact->chat);
            changed.channels = contact->channels;
        }
        changed.channels.insert(changed.channels.begin(), Channel::push);
        journal::record(recorder, place, changed);
    }
    journal::record(recorder, place,
                    DeviceAdded{person, id, name, Personal{person, std::move(subscription)}});
    return id;
}

Result<> Contacts::remove_device(journal::Recorder& recorder, const PersonId& person,
                                 const std::string& device, DeviceEnd cause) {
    if (state_.owner_of_device(device) != person)
        return fail(ErrorKind::not_found, "prepare.contacts.unknown_device");
    journal::record(recorder, {stream_of(person), private_to(person), {}, {}, {}},
                    DeviceRemoved{person, device, cause});
    return {};
}

void Contacts::forget_device(journal::Recorder& recorder, const std::string& device) {
    if (const auto owner = state_.owner_of_device(device))
        journal::record(recorder, {stream_of(*owner), private_to(*owner), {}, {}, {}},
                        DeviceRemoved{*owner, device, DeviceEnd::gone});
}

Result<> Contacts::try_devices(journal::Recorder& recorder, const PersonId& person) {
    const auto address = state_.address_of(person, Channel::push);
    const auto* known = council_.state().find(person);
    if (!address || known == nullptr)
        return fail(ErrorKind::conflict, "prepare.contacts.no_device");
    boost::json::object text;
    text["title"] = i18n::text(known->language, "prepare.contacts.trial_title");
    text["body"] = i18n::text(known->language, "prepare.contacts.trial_body");
    text["url"] = options_.public_url + "/settings";
    text["tag"] = "trial";
    journal::Dispatch dispatch;
    dispatch.topic = "prepare.contacts/trial";
    dispatch.person = person;
    dispatch.not_before = recorder.now();
    dispatch.expires = recorder.now() + std::chrono::minutes(10);
    auto& message = dispatch.message;
    message.key =
        "contacts/trial-" + recorder.random().identifier() + "/" + person.text + "/push/0";
    message.channel = Channel::push;
    message.to = *address;
    message.to_name = known->name;
    message.message_id = "<" + message.key + "@" + options_.mail_domain + ">";
    message.text = boost::json::serialize(text);
    recorder.send(std::move(dispatch));
    return {};
}

}  // namespace noroshi::prepare::contacts
