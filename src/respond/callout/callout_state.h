#pragma once
// The pending side of the call-outs: what decisions and timers need. Folded from facts and read on
// the journal's thread only. What has to happen when is kept in order beside the people, because
// the journal asks after every command, and an alarm may have twenty thousand of them.

#include <map>
#include <memory>
#include <optional>
#include <set>
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
        std::size_t next_wave = 0;  // of `waves`
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

        void call(const Addressed& who, const std::vector<CallRoute>& routes, Instant at);
        void refresh(const PersonId& person);
        void refresh_all(const OrganisationId& of);
    };

    void listen(journal::Listeners& pending);
    const Callout* find(const CalloutId& id) const;
    const std::set<CalloutId>& open() const { return open_; }
    // The shortest code that no open call-out has.
    std::string free_code() const;
    // By gateway and reference: which message a receipt is about.
    struct Referred {
        CalloutId callout;
        PersonId person;
        Channel channel;
        int round;
    };
    const Referred* referred(const std::string& gateway, const std::string& reference) const;

private:
    Callout* at(const journal::Envelope& at);
    std::unordered_map<CalloutId, Callout> callouts_;
    std::set<CalloutId> open_;
    std::unordered_map<std::string, Referred> references_;
};

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
// In place of a person in the key of a message to a room of a chat.
inline constexpr std::string_view room_prefix = "room:";
std::string write_key(const MessageKey& key);  // "<callout>/<person>/<channel>/<round>"
std::optional<MessageKey> read_key(std::string_view text);

}  // namespace noroshi::respond::callout
