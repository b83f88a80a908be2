#pragma once
// The alarm: a call-out reaches the chosen organisations and roles at once, is answered by link, and
// the board shows who has answered. Guideline 3.1.2: reachable on holidays and at night.
//
// Rules. A person is called once, whatever roles they hold. A message has one key per call-out,
// person, channel and round, and is never sent under two. Whoever has answered gets nothing more:
// the answer cancels, in the same commit, what is still waiting. Whoever cannot be reached is named
// at once, never passed over in silence. Reminders are due at times derived from facts; in an
// exercise they run on the exercise's clock, and everything is stamped.
//
// State is the pending side (the journal's thread only); View (callout_view.h) the published one.
// Decisions are pure.

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/journal/journal.h"
#include "kernel/result.h"
#include "respond/callout/callout_facts.h"
#include "respond/callout/callout_letter.h"
#include "respond/callout/callout_link.h"
#include "respond/callout/callout_page.h"
#include "respond/incident/incident.h"

namespace noroshi::prepare::council {
class Council;
}
namespace noroshi::prepare::contacts {
class Contacts;
}

namespace noroshi::respond::callout {

inline constexpr std::size_t subject_limit = 200;  // characters
inline constexpr std::size_t text_limit = 5'000;
inline constexpr std::size_t substitute_limit = 200;
inline constexpr std::size_t note_limit = 1'000;
inline constexpr std::size_t people_limit = 2'000;
inline constexpr auto lifetime = std::chrono::hours(24);

// ---- requests ------------------------------------------------------------------------------

// Everybody who holds one of the roles in one of the organisations, and the people named. No roles:
// any but observer. No organisations: all of them.
struct RaiseRequest {
    static constexpr std::array<std::string_view, 2> defaulted{"remind_after_minutes", "reminders"};

    IncidentId incident;
    std::string text;
    std::optional<std::string> subject;
    std::vector<OrganisationId> organisations;
    std::vector<Role> roles;
    std::vector<PersonId> people;
    int remind_after_minutes = 10;
    int reminders = 3;
};
BOOST_DESCRIBE_STRUCT(RaiseRequest, (),
                      (incident, text, subject, organisations, roles, people, remind_after_minutes,
                       reminders))

struct AnswerRequest {
    std::optional<PersonId> person;  // absent: for oneself
    AnswerKind answer = AnswerKind::coming;
    std::optional<Instant> coming_at;
    std::optional<std::string> substitute;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(AnswerRequest, (), (person, answer, coming_at, substitute, note))

// ---- the pending side ----------------------------------------------------------------------

class State {
public:
    struct Callout {
        IncidentId incident;
        journal::World world;
        std::shared_ptr<const Visibility> visibility;
        PersonId raised_by;
        OrganisationId organisation;
        std::string subject;  // empty: none was written
        std::string text;
        Instant raised_at;  // in the time of its world, as are the next three
        Instant expires_at;
        Instant last_round_at;
        Span remind_after{};
        int reminders = 0;
        int rounds = 0;  // reminders sent so far
        bool open = true;
        struct Person {
            OrganisationId organisation;
            bool answered = false;
        };
        std::map<PersonId, Person> people;
        std::size_t unanswered = 0;

        // When something has to happen next, in the time of its world.
        Instant next_due() const;
        bool reminder_is_due(Instant now) const;
    };

    void listen(journal::Listeners& pending);
    const Callout* find(const CalloutId& id) const;
    const std::set<CalloutId>& open() const { return open_; }

private:
    Callout* at(const journal::Envelope& at);
    std::unordered_map<CalloutId, Callout> callouts_;
    std::set<CalloutId> open_;
};

std::string stream_of(const CalloutId& id);  // "respond/callout/<id>"
std::optional<CalloutId> callout_of_stream(std::string_view stream);
std::string topic_of(const CalloutId& id);  // "respond.callout/<id>", of its messages

struct MessageKey {
    CalloutId callout;
    PersonId person;
    int round = 0;
};
std::string write_key(const MessageKey& key);  // "<callout>/<person>/email/<round>"
std::optional<MessageKey> read_key(std::string_view text);

// ---- decisions -----------------------------------------------------------------------------

// The incident a call-out is about, as far as decisions ask.
struct About {
    journal::World world;
    std::shared_ptr<const Visibility> visibility;
    bool open = true;
    bool exercise_ended = false;
    Instant now;  // in the time of its world
};
// A person of the port and whether mail reaches them.
struct Reachable {
    PersonId person;
    std::vector<RoleIn> roles;
    std::optional<Gap> gap;
};

const std::vector<Role>& roles_that_raise();
const std::vector<Role>& roles_that_answer_on_behalf();

template <class Body>
using Decided = incident::Decided<Body>;

// Errors: invalid, respond.callout.* with the pointer of the field; conflict
// respond.callout.{incident_closed, exercise_ended}.
Result<Decided<CalloutRaised>> raise(const CalloutId& id, const RaiseRequest& request,
                                     const Principal& by, const About& about,
                                     std::span<const Reachable> people,
                                     const std::function<bool(const OrganisationId&)>& knows);

// Errors: not_found respond.callout.{unknown, not_addressed}; conflict respond.callout.over;
// invalid with pointer; forbidden respond.callout.on_behalf_not_permitted.
Result<Decided<AnswerGiven>> answer(const State& state, const CalloutId& id,
                                    const AnswerRequest& request, const Principal& by, Instant now);
// By the link, whose holder is taken to be the person it was written for.
Result<Decided<AnswerGiven>> answer_by_link(const State& state, const Link& link,
                                            const AnswerRequest& request, Instant now);
Result<Decided<CalloutResolved>> resolve(const State& state, const CalloutId& id,
                                         const Principal& by, Instant now);

// ---- the room ------------------------------------------------------------------------------

class View;

struct CalloutOptions {
    std::string public_url;  // "https://port.example", without a slash at the end
    std::string mail_domain = "noroshi.invalid";  // of Message-IDs
    std::string zone = "Asia/Tokyo";
};

class Callout {
public:
    // Before Journal::start(); the others must outlive it.
    Callout(journal::Journal& journal, const prepare::council::Council& council,
            const prepare::contacts::Contacts& contacts, const incident::Incident& incident,
            CalloutOptions options);
    ~Callout();

    const State& state() const { return state_; }  // journal's thread only
    const View& view() const { return *view_; }    // under Journal::read
    const CalloutOptions& options() const { return options_; }
    // Known only once the server listens; before the journal runs.
    void set_public_url(std::string url) { options_.public_url = std::move(url); }

    // Decide on the pending state, record, and ask for the messages. Inside a command.
    struct Raised {
        CalloutId id;
        CalloutRaised fact;
    };
    Result<Raised> raise(journal::Recorder& recorder, const RaiseRequest& request,
                         const Principal& by);
    Result<PersonId> answer(journal::Recorder& recorder, const CalloutId& id,
                            const AnswerRequest& request, const Principal& by);
    Result<> answer_by_link(journal::Recorder& recorder, const Link& link,
                            const AnswerRequest& request);
    Result<> resolve(journal::Recorder& recorder, const CalloutId& id, const Principal& by);

    // Real time, or the exercise's.
    Instant now_in(const journal::World& world, Instant now) const;
    Instant now_of(const CalloutId& id, Instant now) const;
    Instant now() const { return journal_.clock().now(); }
    const Key& installation_key() const { return journal_.installation_key(); }
    std::string link_url(const Link& link, Random& random) const;

    // Under Journal::read. The incident's title, if this person may see it, else empty.
    std::string title_for(const PersonId& person, const IncidentId& incident,
                          const Visibility& visibility) const;
    Language language_of(const PersonId& person) const;

private:
    std::optional<Instant> next_due() const;
    Result<> fire(journal::Recorder& recorder);
    void hear(journal::Recorder& recorder, const store::OutboxRow& row, const Delivery& delivery);
    std::vector<Reachable> everybody() const;
    bool is_erased(const PersonId& person) const;
    void send(journal::Recorder& recorder, const CalloutId& id, const State::Callout& callout,
              const std::vector<PersonId>& people, int round);
    journal::Journal& journal_;
    const prepare::council::Council& council_;
    const prepare::contacts::Contacts& contacts_;
    const incident::Incident& incident_;
    CalloutOptions options_;
    State state_;
    std::unique_ptr<View> view_;
};

}  // namespace noroshi::respond::callout
