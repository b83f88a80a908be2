#pragma once
// What the contacts room writes: how a person is reached (as a whole after each change; addresses and
// numbers are personal and sealed), who answers for an organisation and in which order, who is on
// duty, who tells whom what, and the editions in which all this is issued.
//
// A day is text, "2026-04-01", of the port's own calendar; a time of day "08:30". A list, a rotation
// and the scheme are always written as a whole.
//
// Streams: prepare/contacts/<person id>              ContactChanged, Device…, ContactConfirmed, …Asked, …Bounced
//          prepare/contacts/lists/<organisation id>  ListChanged
//          prepare/contacts/transfers                PostsTransferred
//          prepare/contacts/duty/<organisation id>   rotations, substitutions, feeds
//          prepare/contacts/absences/<person id>     absences
//          prepare/contacts/scheme                   SchemeChanged
//          prepare/contacts/editions                 editions and their receipts

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "kernel/courier.h"
#include "kernel/crypto/keyring.h"
#include "kernel/identity/id.h"
#include "kernel/journal/retention.h"
#include "kernel/time/time.h"

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
    // "<service>:<user>", of a chat that the installation knows; absent as before there were chats.
    std::optional<Personal> chat{};
};
BOOST_DESCRIBE_STRUCT(ContactChanged, (),
                      (person, email, mobile, weekday_phone, night_phone, channels, chat))

// A browser agreed to be woken (RFC 8030). `device` is derived from its endpoint, so that the same
// browser is never there twice.
struct DeviceAdded {
    static constexpr std::string_view kind = "prepare.contacts.device_added";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    PersonId person;
    std::string device;
    std::string name;       // as its owner knows it: "当直室の端末"
    Personal subscription;  // {"endpoint","p256dh","auth"} as JSON
};
BOOST_DESCRIBE_STRUCT(DeviceAdded, (), (person, device, name, subscription))

enum class DeviceEnd {
    by_owner,    // taken out by whoever may change the contact
    gone,        // its push service says that it has ended
    taken_over,  // somebody else signed in with the same browser
    replaced     // the oldest made room
};
BOOST_DESCRIBE_ENUM(DeviceEnd, by_owner, gone, taken_over, replaced)

struct DeviceRemoved {
    static constexpr std::string_view kind = "prepare.contacts.device_removed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    PersonId person;
    std::string device;
    DeviceEnd cause = DeviceEnd::by_owner;
};
BOOST_DESCRIBE_STRUCT(DeviceRemoved, (), (person, device, cause))

// ---- the list of an organisation -----------------------------------------------------------

enum class Standing { principal, deputy };
BOOST_DESCRIBE_ENUM(Standing, principal, deputy)

struct Post {
    PersonId person;
    std::string department;  // 部署; in free words, no person
    std::string title;       // 役職
    Standing standing = Standing::principal;
    std::optional<std::string> from;   // the first day; absent: ever since
    std::optional<std::string> until;  // the last day; absent: until further notice
    friend bool operator==(const Post&, const Post&) = default;
};
BOOST_DESCRIBE_STRUCT(Post, (), (person, department, title, standing, from, until))

// Posts in the order in which people are called: principals, then deputies. The numbers are of the
// desk, not of a person, hence not sealed.
struct ListChanged {
    static constexpr std::string_view kind = "prepare.contacts.list_changed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    OrganisationId organisation;
    std::vector<Post> posts;
    std::string weekday_phone;
    std::string night_phone;
    std::string email;
};
BOOST_DESCRIBE_STRUCT(ListChanged, (), (organisation, posts, weekday_phone, night_phone, email))

// Guideline 3.1.2: people change on 1 April. From `on` the successor has the post; the predecessor
// can be asked for `overlap_days` more. The lists are changed by ListChanged in the same commit;
// rotations follow this.
struct Move {
    OrganisationId organisation;
    PersonId leaves;
    PersonId successor;
    friend bool operator==(const Move&, const Move&) = default;
};
BOOST_DESCRIBE_STRUCT(Move, (), (organisation, leaves, successor))
struct PostsTransferred {
    static constexpr std::string_view kind = "prepare.contacts.posts_transferred";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    std::string on;
    int overlap_days = 0;
    std::vector<Move> moves;
};
BOOST_DESCRIBE_STRUCT(PostsTransferred, (), (on, overlap_days, moves))

// ---- duty ----------------------------------------------------------------------------------

enum class DutyHours {
    always,
    office_hours,  // of days on which offices are open
    off_hours      // 休日・夜間: all other times
};
BOOST_DESCRIBE_ENUM(DutyHours, always, office_hours, off_hours)

// Members take turns of `turn_days`, from `starts_on` and from `handover` to `handover`.
struct RotationSet {
    static constexpr std::string_view kind = "prepare.contacts.rotation_set";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    std::string rotation;
    OrganisationId organisation;
    std::string name;
    std::vector<PersonId> members;
    DutyHours hours = DutyHours::always;
    int turn_days = 7;
    std::string handover;
    std::string office_from;
    std::string office_until;
    std::string starts_on;
    std::optional<std::string> ends_on;  // the last day on which a turn begins
};
BOOST_DESCRIBE_STRUCT(RotationSet, (),
                      (rotation, organisation, name, members, hours, turn_days, handover,
                       office_from, office_until, starts_on, ends_on))

struct RotationEnded {
    static constexpr std::string_view kind = "prepare.contacts.rotation_ended";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    OrganisationId organisation;
    std::string rotation;
};
BOOST_DESCRIBE_STRUCT(RotationEnded, (), (organisation, rotation))

// From `from` until before `until` this person stands in: in one rotation, or for one person wherever
// they are scheduled, or (neither given) beside whoever is on duty.
struct SubstitutionMade {
    static constexpr std::string_view kind = "prepare.contacts.substitution_made";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    std::string substitution;
    OrganisationId organisation;
    PersonId person;
    std::optional<std::string> rotation;
    std::optional<PersonId> instead_of;
    Instant from;
    Instant until;
};
BOOST_DESCRIBE_STRUCT(SubstitutionMade, (),
                      (substitution, organisation, person, rotation, instead_of, from, until))

struct SubstitutionWithdrawn {
    static constexpr std::string_view kind = "prepare.contacts.substitution_withdrawn";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    OrganisationId organisation;
    std::string substitution;
};
BOOST_DESCRIBE_STRUCT(SubstitutionWithdrawn, (), (organisation, substitution))

enum class AbsenceReason { leave, business_trip, training, other };
BOOST_DESCRIBE_ENUM(AbsenceReason, leave, business_trip, training, other)

struct AbsenceNoted {
    static constexpr std::string_view kind = "prepare.contacts.absence_noted";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    std::string absence;
    PersonId person;
    Instant from;
    Instant until;
    AbsenceReason reason = AbsenceReason::leave;
};
BOOST_DESCRIBE_STRUCT(AbsenceNoted, (), (absence, person, from, until, reason))

struct AbsenceWithdrawn {
    static constexpr std::string_view kind = "prepare.contacts.absence_withdrawn";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    PersonId person;
    std::string absence;
};
BOOST_DESCRIBE_STRUCT(AbsenceWithdrawn, (), (person, absence))

// A calendar program reads an organisation's duty by a link, until it is closed.
struct FeedOpened {
    static constexpr std::string_view kind = "prepare.contacts.feed_opened";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    std::string feed;
    OrganisationId organisation;
    PersonId person;  // whose link it is
};
BOOST_DESCRIBE_STRUCT(FeedOpened, (), (feed, organisation, person))

struct FeedClosed {
    static constexpr std::string_view kind = "prepare.contacts.feed_closed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::access;

    OrganisationId organisation;
    std::string feed;
};
BOOST_DESCRIBE_STRUCT(FeedClosed, (), (organisation, feed))

// ---- confidence ----------------------------------------------------------------------------

enum class ConfirmedBy { link, signed_in, on_behalf };
BOOST_DESCRIBE_ENUM(ConfirmedBy, link, signed_in, on_behalf)

struct ContactConfirmed {
    static constexpr std::string_view kind = "prepare.contacts.contact_confirmed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    PersonId person;
    ConfirmedBy by = ConfirmedBy::signed_in;
};
BOOST_DESCRIBE_STRUCT(ContactConfirmed, (), (person, by))

struct ConfirmationAsked {
    static constexpr std::string_view kind = "prepare.contacts.confirmation_asked";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    PersonId person;
    int round = 1;
};
BOOST_DESCRIBE_STRUCT(ConfirmationAsked, (), (person, round))

// A mail of this room was refused for good.
struct ConfirmationBounced {
    static constexpr std::string_view kind = "prepare.contacts.confirmation_bounced";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    PersonId person;
};
BOOST_DESCRIBE_STRUCT(ConfirmationBounced, (), (person))

// ---- the scheme ----------------------------------------------------------------------------

// An organisation, or one person of it.
struct Party {
    OrganisationId organisation;
    std::optional<PersonId> person;
    friend auto operator<=>(const Party&, const Party&) = default;
};
BOOST_DESCRIBE_STRUCT(Party, (), (organisation, person))

struct Tells {
    Party from;
    Party to;
    std::vector<Channel> channels;  // by which; empty: whatever the receiver prefers
    std::string note;
    friend bool operator==(const Tells&, const Tells&) = default;
};
BOOST_DESCRIBE_STRUCT(Tells, (), (from, to, channels, note))

// One kind of information and the way it takes: a first report, a warning, the all-clear.
struct Flow {
    std::string flow;  // its identifier, given by whoever writes the scheme: "first_report"
    std::string name;
    std::string name_en;
    std::vector<Party> begins_at;          // who may be the first to know
    std::vector<OrganisationId> audience;  // who must be told; empty: every organisation on a list
    int most_hops = 3;                     // from where it begins to the last who is told
    std::vector<Tells> tells;
    friend bool operator==(const Flow&, const Flow&) = default;
};
BOOST_DESCRIBE_STRUCT(Flow, (), (flow, name, name_en, begins_at, audience, most_hops, tells))

struct SchemeChanged {
    static constexpr std::string_view kind = "prepare.contacts.scheme_changed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    std::vector<Flow> flows;
};
BOOST_DESCRIBE_STRUCT(SchemeChanged, (), (flows))

// ---- editions ------------------------------------------------------------------------------

// What the lists, contacts and scheme are at this fact is what the edition holds. `digest` is of
// what the proposer saw.
struct EditionProposed {
    static constexpr std::string_view kind = "prepare.contacts.edition_proposed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    int number = 0;
    std::string title;
    std::string note;
    std::string digest;
};
BOOST_DESCRIBE_STRUCT(EditionProposed, (), (number, title, note, digest))

struct EditionApproved {
    static constexpr std::string_view kind = "prepare.contacts.edition_approved";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    int number = 0;
};
BOOST_DESCRIBE_STRUCT(EditionApproved, (), (number))

struct EditionRejected {
    static constexpr std::string_view kind = "prepare.contacts.edition_rejected";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    int number = 0;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(EditionRejected, (), (number, reason))

struct EditionIssued {
    static constexpr std::string_view kind = "prepare.contacts.edition_issued";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    int number = 0;
    std::vector<OrganisationId> organisations;  // that are to confirm its receipt
};
BOOST_DESCRIBE_STRUCT(EditionIssued, (), (number, organisations))

struct EditionReceived {
    static constexpr std::string_view kind = "prepare.contacts.edition_received";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::contacts;

    int number = 0;
    OrganisationId organisation;
    PersonId person;
    ConfirmedBy by = ConfirmedBy::signed_in;
};
BOOST_DESCRIBE_STRUCT(EditionReceived, (), (number, organisation, person, by))

}  // namespace noroshi::prepare::contacts
