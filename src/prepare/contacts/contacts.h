#pragma once
// Guideline 3.1.2 休日・夜間を問わない連絡体制: how each person is reached on weekdays, at night and on
// holidays; who answers for an organisation, in which order; and who is on duty. Who people are is
// the council's matter. The room's other nouns have headers of their own: contacts_duty.h,
// contacts_problems.h, contacts_scheme.h, contacts_edition.h, contacts_confidence.h.
//
// Whoever calls people out asks State (or View): call_order(organisation, at) is the order in which to
// call, deputies and calendar regarded; on_duty(organisation, at) who is on duty now and next;
// address_of(person, channel, at) where they are reached then.
//
// State is the pending side (journal's thread only), View (contacts_view.h) the published one.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kernel/courier.h"
#include "kernel/journal/journal.h"
#include "prepare/contacts/contacts_confidence.h"
#include "prepare/contacts/contacts_duty.h"
#include "prepare/contacts/contacts_edition.h"
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
    std::string chat{};             // "<service>:<user>"
    std::string push{};  // the browsers that may be woken, as edge/courier/web_push.h reads it
};

// A browser that may be woken.
struct Device {
    std::string id;
    std::string name;
    std::string subscription;  // JSON
    Instant since;
};
// {"endpoint","p256dh","auth"} as a browser gives it, checked: an https endpoint of one of the
// services, a point of P-256, 16 bytes. Gives it as JSON in our order.
struct DeviceDraft {
    std::string name{};
    std::string endpoint{};
    std::string p256dh{};
    std::string auth{};
};
inline constexpr std::size_t devices_limit = 10;
std::string device_id_of(std::string_view endpoint);

// Of this contact, "" if there is none; voice: the number most likely answered at night.
std::string address_in(const Contact& contact, Channel channel);

// As typed.
struct ContactDraft {
    std::string email{};
    std::string mobile{};
    std::string weekday_phone{};
    std::string night_phone{};
    std::vector<Channel> channels{};  // empty: those there is an address for, mail first
    std::string chat{};
    std::string push{};  // not typed: carried over from what is known
};

// The same address as somebody else's: allowed (a shared duty telephone), but said.
struct Shared {
    std::string pointer;  // "/mobile"
    PersonId with;
};

// The list of an organisation: posts in the order in which people are called, and the numbers of its
// desk, which are nobody's own.
struct List {
    OrganisationId organisation;
    std::vector<Post> posts{};
    std::string weekday_phone{};
    std::string night_phone{};
    std::string email{};
    std::uint64_t version = 0;  // 0: nobody has written one
};

struct Feed {
    std::string id;
    OrganisationId organisation;
    PersonId person;
};

class State {
public:
    explicit State(std::shared_ptr<const Calendar> calendar = std::make_shared<Calendar>())
        : calendar_(std::move(calendar)) {}
    void attach(journal::Listeners& side);

    const Contact* find(const PersonId& person) const;
    // What a courier needs: email → mail address, sms → mobile, voice → the number that is most
    // likely answered at night. Nothing if there is none.
    std::optional<std::string> address_of(const PersonId& person, Channel channel) const;
    // The same at a certain time: in office hours voice is the weekday number, if there is one.
    std::optional<std::string> address_of(const PersonId& person, Channel channel,
                                          Instant at) const;
    std::vector<Shared> shared(const Contact& contact) const;
    // Browsers that may be woken, oldest first.
    std::vector<Device> devices_of(const PersonId& person) const;
    std::optional<PersonId> owner_of_device(std::string_view device) const;

    // ---- an organisation's people, by order and by calendar (contacts_duty.h)
    List list(const OrganisationId& organisation) const;          // empty, version 0: there is none
    std::vector<OrganisationId> organisations_with_list() const;  // sorted
    // On duty first, then principals, then deputies; away last. Empty: the organisation has neither
    // list nor rotation.
    std::vector<CallLine> call_order(const OrganisationId& organisation, Instant at) const;
    OnDuty on_duty(const OrganisationId& organisation, Instant at) const;
    std::vector<DutySegment> duty(const OrganisationId& organisation, Instant from,
                                  Instant until) const;
    bool is_away(const PersonId& person, Instant at) const;

    DutyData duty_data(const OrganisationId& organisation) const;
    std::vector<Rotation> rotations(const OrganisationId& organisation) const;  // in force
    const Rotation* find_rotation(const OrganisationId& organisation, std::string_view id) const;
    std::vector<Substitution> substitutions(const OrganisationId& organisation) const;
    const std::vector<Absence>* absences(const PersonId& person) const;
    std::uint64_t duty_version(const OrganisationId& organisation) const;
    // Who tells whom what (contacts_scheme.h); version 0: nobody has written one.
    const std::vector<Flow>& flows() const { return flows_; }
    std::uint64_t scheme_version() const { return scheme_version_; }
    // ---- confidence (contacts_confidence.h)
    Confirmation confirmation(const PersonId& person) const;
    std::optional<Instant> next_ask() const;  // of anybody; journal's thread only: it remembers
    std::vector<PersonId> listed_on(Day day) const;  // sorted

    // ---- editions (contacts_edition.h), in the order of their numbers
    const std::vector<Edition>& editions() const { return editions_; }
    const Edition* find_edition(int number) const;
    const Edition* edition_in_force() const;  // the last one issued, or null
    EditionContent content() const;           // what an edition proposed now would hold

    const Feed* find_feed(std::string_view id) const;
    std::vector<Feed> feeds_of(const PersonId& person) const;
    const Calendar& calendar() const { return *calendar_; }

private:
    struct Duty {
        std::vector<Rotation> rotations;  // all versions
        std::vector<Substitution> substitutions;
        std::uint64_t version = 0;
    };

    void attach_lists(journal::Listeners& side);
    void attach_duty(journal::Listeners& side);
    void attach_confidence(journal::Listeners& side);
    void attach_editions(journal::Listeners& side);
    void erase_from_editions(const PersonId& person);
    void put(const RotationSet& body, const journal::Envelope& at);
    void erase(const PersonId& person);

    std::shared_ptr<const Calendar> calendar_;
    void put_devices(const PersonId& person);

    std::unordered_map<PersonId, Contact> contacts_;
    std::unordered_map<PersonId, std::vector<Device>> devices_;
    std::unordered_map<OrganisationId, List> lists_;
    std::unordered_map<OrganisationId, Duty> duty_;
    std::unordered_map<PersonId, std::vector<Absence>> absences_;
    std::vector<Transferred> transfers_;  // by day
    std::map<std::string, Feed, std::less<>> feeds_;
    std::vector<Flow> flows_;
    std::uint64_t scheme_version_ = 0;
    std::set<PersonId> erased_;
    std::unordered_map<PersonId, Confirmation> confirmations_;
    std::map<std::string, std::set<PersonId>, std::less<>> called_in_drills_;  // by stream
    std::vector<Edition> editions_;
    // Lists and confirmations change rarely, and the timer is asked at every turn.
    std::uint64_t generation_ = 1;
    mutable std::uint64_t asked_generation_ = 0;
    mutable std::optional<Instant> next_ask_;
};

// Oneself, an administrator, or the security person of an organisation for its people.
// Errors: forbidden prepare.contacts.not_yours.
Result<> may_change(const Principal& principal, const council::Person& person);
// Oneself, people of one's own organisations, and for the port manager's administrators, duty
// officers, leaders and clerks everybody: theirs is the alarm.
bool may_see(const Principal& principal, const council::Person& person,
             const council::State& council);
// Errors: invalid prepare.contacts.{bad_email, bad_phone, not_a_mobile, bad_chat, channel_twice,
// channel_without_address} with the pointer; not_found
// prepare.contacts.unknown_person; conflict prepare.contacts.person_erased.
Result<ContactChanged> change_contact(const council::State& council, const PersonId& id,
                                      const ContactDraft& draft);
// The same of somebody who is only just being registered.
Result<ContactChanged> contact_of(const PersonId& id, const ContactDraft& draft);

// ---- lists and duty ------------------------------------------------------------------------

struct ListDraft {
    std::vector<Post> posts{};
    std::string weekday_phone{};  // as typed
    std::string night_phone{};
    std::string email{};
};
struct TransferDraft {
    std::string on{};  // "2027-04-01"
    int overlap_days = 14;
    std::vector<Move> moves{};
};
struct RotationDraft {
    std::string name{};
    std::vector<PersonId> members{};
    DutyHours hours = DutyHours::always;
    int turn_days = 7;
    std::string handover = "08:30";
    std::string office_from = "08:30";
    std::string office_until = "17:15";
    std::string starts_on{};
    std::optional<std::string> ends_on{};
};
struct SubstitutionDraft {
    PersonId person{};
    std::optional<std::string> rotation{};
    std::optional<PersonId> instead_of{};
    Instant from{};
    Instant until{};
};

// An administrator, or the security person, leader or duty officer of the organisation.
// Errors: forbidden prepare.contacts.not_your_organisation.
Result<> may_manage(const Principal& principal, const OrganisationId& organisation);
// Lists and duty are known to the port's community, and to the organisation itself.
bool may_see_list(const Principal& principal, const OrganisationId& organisation);

// Errors: invalid with the pointer, prepare.contacts.{unknown_person, person_erased,
// not_of_organisation, bad_day, days_turned, post_twice, too_many}, and those of the addresses;
// not_found prepare.contacts.unknown_organisation.
Result<ListChanged> change_list(const council::State& council, const OrganisationId& organisation,
                                const ListDraft& draft);
// The lists that change, and the transfer itself. Errors: invalid prepare.contacts.{nothing_moves,
// not_listed, same_person, moved_twice, bad_overlap} and those above.
struct Transfer {
    PostsTransferred transferred;
    std::vector<ListChanged> lists;
};
Result<Transfer> transfer(const council::State& council, const State& state,
                          const TransferDraft& draft);
// Errors: invalid prepare.contacts.{bad_turn, bad_time, office_hours_turned, nobody_in_rotation,
// member_twice, …}; not_found prepare.contacts.unknown_rotation.
Result<RotationSet> set_rotation(const council::State& council, const OrganisationId& organisation,
                                 std::string id, const RotationDraft& draft);
Result<SubstitutionMade> substitute(const council::State& council, const State& state,
                                    const OrganisationId& organisation, std::string id,
                                    const SubstitutionDraft& draft);
// Errors: invalid prepare.contacts.{times_turned, too_long}.
Result<AbsenceNoted> note_absence(const council::State& council, const PersonId& person,
                                  std::string id, Instant from, Instant until,
                                  AbsenceReason reason);

inline constexpr std::string_view scheme_stream = "prepare/contacts/scheme";

struct EditionDraft {
    std::string title{};
    std::string note{};
    std::string digest{};  // of what the proposer looked at; empty: whatever it is now
};

class View;
struct ImportPlan;
struct Link;

struct ContactsOptions {
    std::string zone = "Asia/Tokyo";
    std::string mail_domain = "noroshi.invalid";  // of Message-IDs
    std::string public_url{};                     // "https://port.example", no slash at the end
    // What this installation can do beyond mail and telephone; set when the gateways are known.
    std::string push_key{};  // public, base64url; empty: no browser push
    std::function<bool(std::string_view)> is_push_service{};  // whether we would send there
    std::vector<std::string> chat_services{};                 // which `chat` may name
};

class Contacts {
public:
    // Before Journal::start().
    Contacts(journal::Journal& journal, council::Council& council, ContactsOptions options = {});
    ~Contacts();

    const State& state() const { return state_; }  // journal's thread only
    const View& view() const { return *view_; }    // under Journal::read

    // Inside a command. Gives what the person now shares with others.
    using Version = std::optional<std::uint64_t>;
    Result<std::vector<Shared>> change_contact(journal::Recorder& recorder, const PersonId& person,
                                               const ContactDraft& draft, Version version = {});

    // Wakes this browser from now on for this person and nobody else; puts push first in their order
    // if it was not in it. Gives the device. Errors: invalid prepare.contacts.{bad_device,
    // strange_push_service, unknown_person}; conflict prepare.contacts.{no_push, person_erased}.
    Result<std::string> add_device(journal::Recorder& recorder, const PersonId& person,
                                   const DeviceDraft& draft);
    // Errors: not_found prepare.contacts.unknown_device.
    Result<> remove_device(journal::Recorder& recorder, const PersonId& person,
                           const std::string& device, DeviceEnd cause);
    // One message to a person's browsers, so that they see whether it works.
    Result<> try_devices(journal::Recorder& recorder, const PersonId& person);
    // Its push service says that it has ended; whoever it was of.
    void forget_device(journal::Recorder& recorder, const std::string& device);

    Result<> change_list(journal::Recorder& recorder, const OrganisationId& organisation,
                         const ListDraft& draft, Version version = {});
    Result<Transfer> transfer(journal::Recorder& recorder, const TransferDraft& draft);
    // An empty id makes a new one. Gives the id.
    Result<std::string> set_rotation(journal::Recorder& recorder,
                                     const OrganisationId& organisation, const std::string& id,
                                     const RotationDraft& draft, Version version = {});
    Result<> end_rotation(journal::Recorder& recorder, const OrganisationId& organisation,
                          const std::string& id);
    Result<std::string> substitute(journal::Recorder& recorder, const OrganisationId& organisation,
                                   const SubstitutionDraft& draft);
    Result<> withdraw_substitution(journal::Recorder& recorder, const OrganisationId& organisation,
                                   const std::string& id);
    Result<std::string> note_absence(journal::Recorder& recorder, const PersonId& person,
                                     Instant from, Instant until, AbsenceReason reason);
    Result<> withdraw_absence(journal::Recorder& recorder, const PersonId& person,
                              const std::string& id);
    Result<> change_scheme(journal::Recorder& recorder, const std::vector<Flow>& flows,
                           Version version = {});
    // Writes what the plan (contacts_import.h) says, people first; nothing if nothing changes.
    Result<> take_over(journal::Recorder& recorder, const ImportPlan& plan);
    // Errors: not_found prepare.contacts.unknown_person; conflict prepare.contacts.{person_erased,
    // nothing_to_confirm}.
    Result<> confirm(journal::Recorder& recorder, const PersonId& person, ConfirmedBy by);
    // Of whoever may change the scheme; never approved by the proposer. One edition is under way at a
    // time. Errors: forbidden prepare.contacts.{scheme_not_yours, edition_by_another}; conflict
    // prepare.contacts.{edition_under_way, edition_moved, edition_same, edition_not_proposed,
    // edition_not_approved, edition_not_issued}; not_found prepare.contacts.{unknown_edition,
    // edition_not_yours}.
    Result<int> propose_edition(journal::Recorder& recorder, const EditionDraft& draft,
                                const Principal& by);
    Result<> approve_edition(journal::Recorder& recorder, int number, const Principal& by);
    Result<> reject_edition(journal::Recorder& recorder, int number, const std::string& reason,
                            const Principal& by);
    Result<> issue_edition(journal::Recorder& recorder, int number, const Principal& by);
    Result<> receive_edition(journal::Recorder& recorder, int number,
                             const OrganisationId& organisation, const PersonId& person,
                             ConfirmedBy by);
    std::string link_url(const Link& link, Random& random) const;
    Result<std::string> open_feed(journal::Recorder& recorder, const OrganisationId& organisation,
                                  const PersonId& person);
    Result<> close_feed(journal::Recorder& recorder, const std::string& id);

    const council::Council& council() const { return council_; }
    const ContactsOptions& options() const { return options_; }
    journal::Journal& journal() const { return journal_; }
    Instant now() const { return journal_.clock().now(); }
    Random& random() const { return journal_.random(); }
    const Key& installation_key() const { return journal_.installation_key(); }
    // Known only once the server listens; before the journal runs.
    void set_public_url(std::string url) { options_.public_url = std::move(url); }
    void set_push(std::string key, std::function<bool(std::string_view)> is_push_service) {
        options_.push_key = std::move(key);
        options_.is_push_service = std::move(is_push_service);
    }
    void set_chat_services(std::vector<std::string> names) {
        options_.chat_services = std::move(names);
    }
    static std::string stream_of(const PersonId& person);
    static std::string list_stream_of(const OrganisationId& organisation);
    static std::string duty_stream_of(const OrganisationId& organisation);

private:
    Result<> fire(journal::Recorder& recorder);
    void hear(journal::Recorder& recorder, const store::OutboxRow& row, const Delivery& delivery);
    void ask(journal::Recorder& recorder, const PersonId& person, int round);
    void send_edition(journal::Recorder& recorder, const Edition& edition,
                      const OrganisationId& organisation, const PersonId& person,
                      const std::string& address);
    Visibility private_to(const PersonId& person) const;
    Visibility for_port_and(const OrganisationId& organisation) const;
    journal::Journal& journal_;
    council::Council& council_;
    ContactsOptions options_;
    State state_;
    std::unique_ptr<View> view_;
};

}  // namespace noroshi::prepare::contacts
