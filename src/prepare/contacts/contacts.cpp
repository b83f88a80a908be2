#include "prepare/contacts/contacts.h"

#include <algorithm>
#include <utility>

#include "prepare/contacts/contacts_address.h"

namespace noroshi::prepare::contacts {

namespace {

template <class T>
bool contains(const std::vector<T>& all, const T& one) {
    return std::ranges::find(all, one) != all.end();
}

Result<std::vector<Channel>> checked(const std::vector<Channel>& channels, const Contact& contact) {
    if (channels.empty()) {
        std::vector<Channel> possible;
        for (const auto channel :
             {Channel::push, Channel::email, Channel::chat, Channel::sms, Channel::voice})
            if (!address_in(contact, channel).empty()) possible.push_back(channel);
        return possible;
    }
    for (std::size_t i = 0; i < channels.size(); ++i) {
        auto pointer = "/channels/" + std::to_string(i);
        const auto here = channels.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::find(channels.begin(), here, channels[i]) != here)
            return invalid("prepare.contacts.channel_twice", std::move(pointer));
        if (address_in(contact, channels[i]).empty())
            return invalid("prepare.contacts.channel_without_address", std::move(pointer));
    }
    return channels;
}

Result<std::string> read_unless_empty(std::string_view text, std::string_view pointer,
                                      Result<std::string> (*read)(std::string_view,
                                                                  std::string_view)) {
    if (text.empty()) return std::string{};
    return read(text, pointer);
}

}  // namespace

// ---- decisions -----------------------------------------------------------------------------

Result<> may_change(const Principal& principal, const council::Person& person) {
    if (principal.person == person.id || principal.has(Role::administrator)) return {};
    for (const auto& role : person.roles)
        if (contains(principal.roles, RoleIn{role.organisation, Role::security_person})) return {};
    return fail(ErrorKind::forbidden, "prepare.contacts.not_yours");
}

bool may_see(const Principal& principal, const council::Person& person,
             const council::State& council) {
    if (principal.person == person.id) return true;
    for (const auto& role : person.roles)
        if (contains(principal.viewer.organisations, role.organisation)) return true;
    return std::ranges::any_of(principal.roles, [&](const RoleIn& held) {
        const auto* of = council.find(held.organisation);
        const bool calls_out = held.role == Role::administrator ||
                               held.role == Role::duty_officer || held.role == Role::leader ||
                               held.role == Role::clerk;
        return calls_out && of != nullptr && of->kind == council::OrganisationKind::port_manager;
    });
}

Result<ContactChanged> change_contact(const council::State& council, const PersonId& id,
                                      const ContactDraft& draft) {
    const auto* person = council.find(id);
    if (person == nullptr) return fail(ErrorKind::not_found, "prepare.contacts.unknown_person");
    if (person->erased) return fail(ErrorKind::conflict, "prepare.contacts.person_erased");
    return contact_of(id, draft);
}

Result<ContactChanged> contact_of(const PersonId& id, const ContactDraft& draft) {
    Contact contact;
    TRY_LET(contact.email, read_unless_empty(draft.email, "/email", read_email));
    TRY_LET(contact.mobile, read_unless_empty(draft.mobile, "/mobile", read_mobile));
    TRY_LET(contact.weekday_phone,
            read_unless_empty(draft.weekday_phone, "/weekday_phone", read_phone));
    TRY_LET(contact.night_phone, read_unless_empty(draft.night_phone, "/night_phone", read_phone));
    TRY_LET(contact.chat, read_unless_empty(draft.chat, "/chat", read_chat));
    contact.push = draft.push;
    TRY_LET(contact.channels, checked(draft.channels, contact));

    const auto sealed = [&](std::string& text) -> std::optional<Personal> {
        if (text.empty()) return {};
        return Personal{id, std::move(text)};
    };
    ContactChanged fact;
    fact.person = id;
    fact.email = sealed(contact.email);
    fact.mobile = sealed(contact.mobile);
    fact.weekday_phone = sealed(contact.weekday_phone);
    fact.night_phone = sealed(contact.night_phone);
    fact.channels = std::move(contact.channels);
    fact.chat = sealed(contact.chat);
    return fact;
}

}  // namespace noroshi::prepare::contacts
