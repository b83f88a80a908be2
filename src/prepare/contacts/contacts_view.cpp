#include "prepare/contacts/contacts_view.h"

namespace noroshi::prepare::contacts {

ContactItem View::item_of(const council::Person& person) const {
    ContactItem item;
    item.person = person.id;
    item.name = person.name;
    item.roles = person.roles;
    item.language = person.language;
    if (const auto* contact = find(person.id)) {
        item.email = contact->email;
        item.mobile = contact->mobile;
        item.weekday_phone = contact->weekday_phone;
        item.night_phone = contact->night_phone;
        item.channels = contact->channels;
        item.version = contact->version;
        item.chat = contact->chat;
        item.devices = devices_of(person.id).size();
    }
    return item;
}

ContactItems View::list(const Principal& reader) const {
    ContactItems out;
    for (const auto* person : council_.people()) {
        if (may_see(reader, *person, council_))
            out.items.push_back(item_of(*person));
        else
            ++out.hidden;
    }
    return out;
}

Result<ContactItem> View::contact(const Principal& reader, const PersonId& id) const {
    const auto* person = council_.find(id);
    if (person == nullptr || person->erased)
        return fail(ErrorKind::not_found, "prepare.contacts.unknown_person");
    if (!may_see(reader, *person, council_))
        return fail(ErrorKind::forbidden, "prepare.contacts.hidden");
    return item_of(*person);
}

}  // namespace noroshi::prepare::contacts
