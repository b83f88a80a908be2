#pragma once
// The published call-outs: who was called, what became of each message, who has answered. Read
// under Journal::read. Names come from the council, in the reader's language.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/describe.hpp>

#include "kernel/identity/principal.h"
#include "kernel/journal/fact.h"
#include "kernel/journal/listeners.h"
#include "respond/callout/callout_facts.h"

namespace noroshi::prepare::council {
class View;
}

namespace noroshi::respond::callout {

enum class CalloutState { open, resolved };
BOOST_DESCRIBE_ENUM(CalloutState, open, resolved)

enum class AddresseeState {
    waiting,    // not handed to a gateway yet
    sent,       // the gateway may have it: the connection broke
    delivered,  // the gateway took responsibility
    failed,     // cannot be reached: see gap
    answered
};
BOOST_DESCRIBE_ENUM(AddresseeState, waiting, sent, delivered, failed, answered)

// What became of the newest message over one channel.
struct ChannelItem {
    Channel channel = Channel::email;
    AddresseeState state = AddresseeState::waiting;
    bool arrived = false;  // reported from the person's device
    int round = 0;
    int attempts = 0;
    bool in_doubt = false;
    std::optional<std::string> gateway;
    std::optional<std::string> problem;
    std::optional<Instant> sent_at;
};
BOOST_DESCRIBE_STRUCT(ChannelItem, (),
                      (channel, state, arrived, round, attempts, in_doubt, gateway, problem,
                       sent_at))

struct AddresseeItem {
    PersonId person;
    std::string name;
    std::optional<OrganisationId> organisation;
    std::string organisation_name;
    Role role = Role::member;
    AddresseeState state = AddresseeState::waiting;
    std::optional<Gap> gap;
    std::optional<AnswerKind> answer;
    std::optional<Instant> coming_at;
    std::optional<std::string> substitute;
    std::optional<std::string> note;
    std::optional<Instant> answered_at;
    std::optional<Way> way;
    std::optional<std::string> answered_by;  // who took it down, if somebody else
    std::optional<Instant> sent_at;          // taken by a gateway, the first time
    int attempts = 0;                        // of the newest message
    int reminders = 0;
    std::optional<std::string> problem;  // what the gateway said last, if it did not take it
    int wave = 0;
    std::optional<PersonId> instead_of;  // a deputy
    std::string instead_of_name;
    std::vector<Channel> route;  // by which they are called, in order
    std::vector<ChannelItem> channels;
    std::optional<Instant> called_at;
    std::optional<Instant> sheet_sent_at;  // a printed sheet, by hand
    std::string sheet_sent_by;             // who, by name; empty: none was
};
BOOST_DESCRIBE_STRUCT(AddresseeItem, (),
                      (person, name, organisation, organisation_name, role, state, gap, answer,
                       coming_at, substitute, note, answered_at, way, answered_by, sent_at,
                       attempts, reminders, problem, wave, instead_of, instead_of_name, route,
                       channels, called_at, sheet_sent_at, sheet_sent_by))

struct UnreachableItem {
    std::optional<OrganisationId> organisation;
    std::optional<PersonId> person;
    std::string name;
    Gap why = Gap::no_address;
};
BOOST_DESCRIBE_STRUCT(UnreachableItem, (), (organisation, person, name, why))

// 疎通確認率: the share of addressees who confirmed.
struct Reach {
    std::size_t addressed = 0;
    std::size_t delivered = 0;
    std::size_t answered = 0;
    std::size_t coming = 0;  // themselves or by a substitute
    std::size_t failed = 0;
    double rate = 0;  // answered / addressed
};
BOOST_DESCRIBE_STRUCT(Reach, (), (addressed, delivered, answered, coming, failed, rate))

// The same for a tier: the organisations of one kind, one organisation, one wave; and why the
// others were not reached ("no_answer": a message is there, an answer is not).
struct ReachPart {
    std::string of;  // a kind, an OrganisationId, or the number of a wave
    std::string name;
    Reach reach;
    std::map<std::string, int> causes;
};
BOOST_DESCRIBE_STRUCT(ReachPart, (), (of, name, reach, causes))
struct ReachReport {
    Reach reach;
    std::map<std::string, int> causes;
    std::vector<ReachPart> tiers;
    std::vector<ReachPart> organisations;
    std::vector<ReachPart> waves;
    std::optional<int> minutes_to_half;  // until half of the addressees had answered
};
BOOST_DESCRIBE_STRUCT(ReachReport, (),
                      (reach, causes, tiers, organisations, waves, minutes_to_half))

struct QuorumItem {
    OrganisationId organisation;
    std::string name;
    int coming = 0;
    int needed = 0;
    bool met = false;
};
BOOST_DESCRIBE_STRUCT(QuorumItem, (), (organisation, name, coming, needed, met))

struct WaveItem {
    int number = 0;  // 0: the first
    bool opened = false;
    std::optional<Instant> due_at;   // when it will open, unless every quorum is met by then
    std::vector<std::string> names;  // whom it is for: organisations, else people
    std::vector<Role> roles;
    int after_minutes = 0;
};
BOOST_DESCRIBE_STRUCT(WaveItem, (), (number, opened, due_at, names, roles, after_minutes))

struct RaisedBy {
    PersonId person;
    std::string name;
    OrganisationId organisation;
    std::string organisation_name;
};
BOOST_DESCRIBE_STRUCT(RaisedBy, (), (person, name, organisation, organisation_name))

// A room of a chat that was told.
struct RoomItem {
    std::string room;
    bool told = false;
    std::optional<std::string> problem;
};
BOOST_DESCRIBE_STRUCT(RoomItem, (), (room, told, problem))

struct CalloutItem {
    static constexpr std::string_view schema_name = "Callout";

    CalloutId id;
    IncidentId incident;
    std::optional<ExerciseId> exercise;
    std::optional<std::string> subject;
    std::string text;
    CalloutState state = CalloutState::open;
    std::optional<Ending> ending;
    std::optional<Instant> ended_at;
    RaisedBy raised_by;
    Instant raised_at;
    Instant expires_at;
    int remind_after_minutes = 0;
    int reminders = 0;
    int reminders_sent = 0;
    std::optional<Instant> next_reminder_at;
    Reach reach;
    std::vector<AddresseeItem> addressees;
    std::vector<UnreachableItem> unreachable;
    std::uint64_t version = 0;
    std::string code;
    std::vector<QuorumItem> quorum;
    std::vector<WaveItem> waves;
    std::vector<RoomItem> rooms;
};
BOOST_DESCRIBE_STRUCT(CalloutItem, (),
                      (id, incident, exercise, subject, text, state, ending, ended_at, raised_by,
                       raised_at, expires_at, remind_after_minutes, reminders, reminders_sent,
                       next_reminder_at, reach, addressees, unreachable, version, code, quorum,
                       waves, rooms))

struct CalloutItems {
    std::vector<CalloutItem> items;
    std::size_t hidden = 0;  // call-outs the reader may not see
};
BOOST_DESCRIBE_STRUCT(CalloutItems, (), (items, hidden))

class View {
public:
    struct Line {  // one channel
        bool delivered = false;
        bool arrived = false;
        bool in_doubt = false;
        std::optional<Gap> gap;
        int round = 0;
        int attempts = 0;
        std::string gateway;
        std::string problem;
        std::optional<Instant> sent_at;
    };
    struct Addressee {
        Addressed who;
        int wave = 0;
        std::optional<PersonId> instead_of;
        std::optional<Gap> no_deputy;
        Instant called_at;
        std::vector<Channel> route;
        std::map<Channel, Line> lines;
        int reminders = 0;
        std::optional<Instant> sent_at;
        std::optional<Instant> sheet_sent_at;
        PersonId sheet_sent_by;
        std::optional<AnswerGiven> answer;
        Instant answered_at;
        PersonId answered_by;

        AddresseeState state() const;
        std::optional<Gap> gap() const;  // as it now stands
    };
    struct Callout {
        CalloutId id;
        journal::World world;
        std::shared_ptr<const Visibility> visibility;
        CalloutRaised raised;
        CalloutPlanned planned;
        std::size_t waves_opened = 0;
        Instant last_wave_at;
        std::vector<OrganisationId> empty_organisations;
        PersonId raised_by;
        Instant raised_at;
        Instant last_round_at;
        int rounds = 0;
        std::optional<Ending> ending;
        Instant ended_at;
        std::vector<RoomItem> rooms;
        std::vector<Addressee> addressees;
        std::unordered_map<PersonId, std::size_t> places;  // of addressees
        Reach reach;
        std::uint64_t version = 0;

        const Addressee* find(const PersonId& person) const;
    };

    explicit View(const prepare::council::View& council) : council_(council) {}
    void listen(journal::Listeners& published);

    // Nothing if there is none or the reader may not see it. Whoever was called and may not see
    // the incident sees the call and their own line.
    std::optional<CalloutItem> item(const CalloutId& id, const Principal& reader,
                                    Language language) const;
    // Newest first; `incident` empty: of all live incidents.
    CalloutItems list(const IncidentId& incident, const Principal& reader, Language language) const;
    const Callout* find(const CalloutId& id) const;
    const Reach& reach_of(const Callout& callout) const { return callout.reach; }
    // Nothing if the reader may not see all of it.
    std::optional<ReachReport> report(const CalloutId& id, const Principal& reader,
                                      Language language) const;
    // Of people and organisations, as the reader reads them.
    std::string name_of(const PersonId& id, Language language) const;
    std::string name_of(const OrganisationId& id, Language language) const;

private:
    Callout* at(const journal::Envelope& at);
    // Changes one addressee, and with it what is counted.
    template <class F>
    void change(const journal::Envelope& envelope, const PersonId& person, F&& how);
    static void call(Callout& callout, const Addressed& who, Addressee with);
    bool is_shown(const Callout& callout, const Principal& reader) const;
    CalloutItem item_of(const Callout& callout, const Principal& reader, Language language) const;
    void add_waves(CalloutItem& item, const Callout& callout, Language language) const;

    const prepare::council::View& council_;
    std::unordered_map<CalloutId, Callout> callouts_;
    std::vector<CalloutId> order_;
    std::unordered_map<IncidentId, std::vector<CalloutId>> of_incident_;
};

}  // namespace noroshi::respond::callout
