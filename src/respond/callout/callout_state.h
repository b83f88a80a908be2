#pragma once
// The pending side of the call-outs: what decisions and timers need. Folded from facts and read on
// the journal's thread only. What has to happen when is kept in order beside the people, because
// the journal asks after every command, and an alarm may have twenty thousand of them.

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/identity/visibility.h"
#include "kernel/journal/fact.h"
#include "kernel/journal/listeners.h"
#include "respond/callout/callout_facts.h"

namespace noroshi::respond::callout {

class State {
public:
    struct Person {
        OrganisationId organisation;
        std::vector<Channel> channels;  // the route
        std::size_t used = 0;           // of them, so far
        std::set<Channel> dead;         // refused, given up or reported as not arrived
        Instant called_at;
        Instant last_channel_at;
        bool unreachable = false;  // had no route when called
        bool deputy_asked = false;
        std::optional<AnswerGiven> answer;  // without what is personal
        std::size_t said = 0;               // digest of that: whether words are said again
        // As they stand in next_channel and next_deputy.
        std::optional<Instant> channel_due, deputy_due;

        bool answered() const { return answer.has_value(); }
        bool coming() const { return answer && answer->answer != AnswerKind::cannot; }
        bool is_out_of_ways() const {
            return unreachable || (used >= channels.size() && dead.size() >= channels.size());
        }
    };
    struct Callout {
        IncidentId incident;
        journal::World world;
        std::shared_ptr<const Visibility> visibility;
        PersonId raised_by;
        OrganisationId organisation;
        std::string subject;  // empty: none was written
        std::string text;
        std::string code;
        std::vector<Text> texts;
        Instant raised_at;  // in the time of its world, as are the others here
        Instant expires_at;
        Instant last_round_at;
        Instant last_wave_at;
        Span remind_after{};
        Span channel_after{};
        Span deputy_after{};
        bool deputies = false;
        int reminders = 0;
        int rounds = 0;  // reminders sent so far
        bool open = true;
        std::map<PersonId, Person> people;
        std::vector<Wave> waves;
        std::size_t next_wave = 0;          // of `waves`
        std::deque<ChannelCall> unwritten;  // first calls whose messages are still to be written
        // Rounds of messages that wait for what else comes for the same person, by when they go.
        std::map<Instant, std::map<std::pair<PersonId, Channel>, int>> held;
        int at_least = 0;
        std::map<OrganisationId, int> coming;  // of the organisations that are counted

        // Kept up by refresh():
        std::set<PersonId> wanted;                            // still to answer
        std::set<std::pair<Instant, PersonId>> next_channel;  // when their next channel is due
        std::set<std::pair<Instant, PersonId>> next_deputy;   // when their deputy is due

        bool has_quorum(const OrganisationId& of) const;
        bool every_quorum_met() const;
        std::optional<Instant> wave_due() const;
        // When something has to happen next.
        Instant next_due() const;
        bool reminder_is_due(Instant now) const;

        void call(const Addressed& who, const CallRoute* route, Instant at);
        void refresh(const PersonId& person);
        void refresh_all(const OrganisationId& of);
    };

    void listen(journal::Listeners& pending);
    const Callout* find(const CalloutId& id) const;
    const std::set<CalloutId>& open() const { return open_; }
    // The shortest code that no open call-out has.
    std::string free_code() const;
    // Several call-outs to one person in one message.
    struct Bundle {
        PersonId person;
        Channel channel = Channel::email;
        std::vector<std::pair<CalloutId, int>> items;  // with the round; of those still unanswered
    };
    const Bundle* bundle(const std::string& name) const;
    // Names of those that tell this person (empty: anybody) of the call-out.
    std::set<std::string> bundles_with(const CalloutId& id, const PersonId& person) const;
    // Whether a message about this call-out had better wait, because the person was told of another
    // within this time or something waits for them already; and until when.
    std::optional<Instant> hold_until(const journal::World& world, const PersonId& person,
                                      const CalloutId& about, Instant now, Span within) const;
    // By gateway and reference: which message a receipt is about; a bundle's is about several.
    struct Referred {
        CalloutId callout;
        PersonId person;
        Channel channel;
        int round;
    };
    std::span<const Referred> referred(const std::string& gateway,
                                       const std::string& reference) const;

private:
    void listen_to_messages(journal::Listeners& pending);
    void listen_to_bundles(journal::Listeners& pending);
    void tell(const journal::World& world, const PersonId& person, const CalloutId& about,
              Instant at);
    void leave_bundles(const CalloutId& id, const PersonId& person);
    Callout* at(const journal::Envelope& at);
    std::unordered_map<CalloutId, Callout> callouts_;
    std::set<CalloutId> open_;
    std::unordered_map<std::string, std::vector<Referred>> references_;
    struct Words {
        CalloutId about;
        Instant at;
    };
    // By exercise and person.
    std::unordered_map<std::string, Words> last_words_;
    std::unordered_map<std::string, Instant> holding_;
    std::map<std::string, Bundle> bundles_;
    std::unordered_map<PersonId, std::set<std::string>> bundles_of_;
};

// Who is called over what when they are called at all, in the order of their routes.
std::vector<ChannelCall> first_calls(const std::vector<CallRoute>& routes, Span channel_after);

// Of what an answer says in words, to compare it with what was said before. Within one process.
std::size_t digest_of_words(const AnswerGiven& answer);

std::string stream_of(const CalloutId& id);  // "respond/callout/<id>"
std::optional<CalloutId> callout_of_stream(std::string_view stream);
std::string topic_of(const CalloutId& id);  // "respond.callout/<id>", of its messages

struct MessageKey {
    CalloutId callout;
    PersonId person;
    int round = 0;
    Channel channel = Channel::email;
};
// A bundle's messages have the topic "respond.callout.bundle/<name>" and the key
// "bundle-<name>/<person>/<channel>/0".
inline constexpr std::string_view bundle_topic = "respond.callout.bundle/";
std::string write_bundle_key(const std::string& name, const PersonId& person, Channel channel);
std::optional<std::string> bundle_of_key(std::string_view key);
// In place of a person in the key of a message to a room of a chat.
inline constexpr std::string_view room_prefix = "room:";
std::string write_key(const MessageKey& key);  // "<callout>/<person>/<channel>/<round>"
std::optional<MessageKey> read_key(std::string_view text);

}  // namespace noroshi::respond::callout
