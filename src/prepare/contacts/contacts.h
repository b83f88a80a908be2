#pragma once
// Guideline 3.1.2 休日・夜間を問わない連絡体制, its first list: how each person is reached on weekdays,
// at night and on holidays. Who people are is the council's matter.
//
// State is the pending side (journal's thread only), View (contacts_view.h) the published one.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/courier.h"
#include "kernel/journal/journal.h"
#include "prepare/contacts/contacts_facts.h"
#include "prepare/council/council.h"

namespace noroshi::prepare::contacts {

// Empty: there is none.
struct Contact {
    PersonId person;
    std::string email;
    std::string mobile;  // E.164, as all numbers here
    std::string weekday_phone;
    std::string night_phone;
    std::vector<Channel> channels;  // in order of preference
    std::uint64_t version = 0;      // 0: nothing known yet
};

// As typed.
struct ContactDraft {
    std::string email{};
    std::string mobile{};
    std::string weekday_phone{};
    std::string night_phone{};
    std::vector<Channel> channels{};  // empty: those there is an address for, mail first
};

// The same address as somebody else's: allowed (a shared duty telephone), but said.
struct Shared {
    std::string pointer;  // "/mobile"
    PersonId with;
};

class State {
public:
    void attach(journal::Listeners& side);

    const Contact* find(const PersonId& person) const;
    // What a courier needs: email → mail address, sms → mobile, voice → the number that is most
    // likely answered at night. Nothing if there is none.
    std::optional<std::string> address_of(const PersonId& person, Channel channel) const;
    std::vector<Shared> shared(const Contact& contact) const;

private:
    std::unordered_map<PersonId, Contact> contacts_;
};

// Oneself, an administrator, or the security person of an organisation for its people.
// Errors: forbidden prepare.contacts.not_yours.
Result<> may_change(const Principal& principal, const council::Person& person);
// Oneself, people of one's own organisations, and for the port manager's administrators, duty
// officers, leaders and clerks everybody: theirs is the alarm.
bool may_see(const Principal& principal, const council::Person& person,
             const council::State& council);
// Errors: invalid prepare.contacts.{bad_email, bad_phone, not_a_mobile, channel_twice,
// channel_without_address, channel_not_offered} with the pointer; not_found
// prepare.contacts.unknown_person; conflict prepare.contacts.person_erased.
Result<ContactChanged> change_contact(const council::State& council, const PersonId& id,
                                      const ContactDraft& draft);

class View;

class Contacts {
public:
    // Before Journal::start().
    Contacts(journal::Journal& journal, const council::Council& council);
    ~Contacts();

    const State& state() const { return state_; }  // journal's thread only
    const View& view() const { return *view_; }    // under Journal::read

    // Inside a command. Gives what the person now shares with others.
    using Version = std::optional<std::uint64_t>;
    Result<std::vector<Shared>> change_contact(journal::Recorder& recorder, const PersonId& person,
                                               const ContactDraft& draft, Version version = {});

    const council::Council& council() const { return council_; }
    static std::string stream_of(const PersonId& person);

private:
    const council::Council& council_;
    State state_;
    std::unique_ptr<View> view_;
};

}  // namespace noroshi::prepare::contacts
