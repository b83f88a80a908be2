#pragma once
// What the contacts room writes: how a person is reached, as a whole after each change. Addresses
// and numbers are personal and sealed.
//
// Streams: prepare/contacts/<person id>.

#include <optional>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "kernel/courier.h"
#include "kernel/crypto/keyring.h"
#include "kernel/identity/id.h"
#include "kernel/journal/retention.h"

namespace noroshi::prepare::contacts {

struct ContactChanged {
    static constexpr std::string_view kind = "prepare.contacts.contact_changed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    PersonId person;
    std::optional<Personal> email;
    std::optional<Personal> mobile;  // E.164, as all numbers here
    std::optional<Personal> weekday_phone;
    std::optional<Personal> night_phone;
    std::vector<Channel> channels;  // in order of preference
};
BOOST_DESCRIBE_STRUCT(ContactChanged, (),
                      (person, email, mobile, weekday_phone, night_phone, channels))

}  // namespace noroshi::prepare::contacts
