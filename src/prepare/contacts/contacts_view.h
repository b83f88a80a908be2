#pragma once
// The published contact list: a State that can also answer. Read it under Journal::read.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "prepare/contacts/contacts.h"

namespace noroshi::prepare::contacts {

struct ContactItem {
    PersonId person;
    std::string name;
    std::vector<RoleIn> roles;
    std::string email;  // empty: there is none
    std::string mobile;
    std::string weekday_phone;
    std::string night_phone;
    std::vector<Channel> channels;
    Language language = Language::ja;
    std::uint64_t version = 0;  // 0: nothing known yet
    std::string chat;           // "<service>:<user>"
    std::size_t devices = 0;    // browsers that may be woken
};
BOOST_DESCRIBE_STRUCT(ContactItem, (),
                      (person, name, roles, email, mobile, weekday_phone, night_phone, channels,
                       language, version, chat, devices))

struct ContactItems {
    std::vector<ContactItem> items;
    std::size_t hidden = 0;
};
BOOST_DESCRIBE_STRUCT(ContactItems, (), (items, hidden))

class View final : public State {
public:
    View(const council::State& council, std::shared_ptr<const Calendar> calendar)
        : State(std::move(calendar)), council_(council) {}

    // Everybody the reader may reach, those without a contact too: a gap must be seen.
    ContactItems list(const Principal& reader) const;
    // Errors: not_found prepare.contacts.unknown_person, forbidden prepare.contacts.hidden.
    Result<ContactItem> contact(const Principal& reader, const PersonId& id) const;

private:
    ContactItem item_of(const council::Person& person) const;

    const council::State& council_;
};

}  // namespace noroshi::prepare::contacts
