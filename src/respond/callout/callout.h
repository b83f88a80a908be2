#pragma once
// The alarm: a call-out reaches the chosen organisations and roles at once, is answered by link, and
// the board shows who has answered. Guideline 3.1.2: reachable on holidays and at night.
//
// Waves: who is called first, who after X minutes if an organisation has not its quorum ("at least
// one of each terminal"). A person is called over one channel after the other, deputies in order
// when somebody cannot, is silent or cannot be reached. Answers come by link, signed in, by SMS, by
// a digit on the telephone, or are taken down; the last one counts.
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

#include "kernel/journal/form.h"
#include "kernel/journal/journal.h"
#include "kernel/result.h"
#include "prepare/council/council_facts.h"
#include "respond/callout/callout_facts.h"
#include "respond/callout/callout_letter.h"
#include "respond/callout/callout_link.h"
#include "respond/callout/callout_page.h"
#include "respond/callout/callout_state.h"
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
inline constexpr std::size_t people_limit = 20'000;
inline constexpr std::size_t waves_limit = 10;
inline constexpr std::size_t texts_limit = 8;
inline constexpr auto lifetime = std::chrono::hours(24);

// ---- requests ------------------------------------------------------------------------------

// How many must be coming from each organisation. `organisations` and `kinds` say which ones are
// counted; neither: every one that is called.
struct QuorumRequest {
    static constexpr std::array<std::string_view, 1> defaulted{"at_least"};

    int at_least = 1;
    std::vector<OrganisationId> organisations;
    std::vector<prepare::council::OrganisationKind> kinds;
};
BOOST_DESCRIBE_STRUCT(QuorumRequest, (), (at_least, organisations, kinds))

// A further wave; who is called as in RaiseRequest.
struct WaveRequest {
    static constexpr std::array<std::string_view, 2> defaulted{"on_duty", "after_minutes"};

    std::vector<OrganisationId> organisations;
    std::vector<Role> roles;
    std::vector<PersonId> people;
    bool on_duty = false;
    int after_minutes = 10;
};
BOOST_DESCRIBE_STRUCT(WaveRequest, (), (organisations, roles, people, on_duty, after_minutes))

// Everybody who holds one of the roles in one of the organisations, and the people named. No roles:
// any but observer. No organisations: all of them. This is the first wave; `waves` are the further
// ones.
struct RaiseRequest {
    static constexpr std::array<std::string_view, 5> defaulted{
        "remind_after_minutes", "reminders", "on_duty", "channel_after_minutes", "deputies"};

    IncidentId incident;
    std::string text;
    std::optional<std::string> subject;
    std::vector<Text> texts;  // the same in other languages
    std::vector<OrganisationId> organisations;
    std::vector<Role> roles;
    std::vector<PersonId> people;
    bool on_duty = false;
    std::vector<WaveRequest> waves;
    std::optional<QuorumRequest> quorum;
    bool deputies = false;
    std::optional<int> deputy_after_minutes;  // without an answer; absent: only after 参集不可
    int channel_after_minutes = 2;            // 0: all channels at once
    int remind_after_minutes = 10;
    int reminders = 3;
};
BOOST_DESCRIBE_STRUCT(RaiseRequest, (),
                      (incident, text, subject, texts, organisations, roles, people, on_duty, waves,
                       quorum, deputies, deputy_after_minutes, channel_after_minutes,
                       remind_after_minutes, reminders))

struct AnswerRequest {
    std::optional<PersonId> person;  // absent: for oneself
    AnswerKind answer = AnswerKind::coming;
    std::optional<Instant> coming_at;
    std::optional<std::string> substitute;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(AnswerRequest, (), (person, answer, coming_at, substitute, note))

// ---- decisions -----------------------------------------------------------------------------

// The incident a call-out is about, as far as decisions ask.
struct About {
    journal::World world;
    std::shared_ptr<const Visibility> visibility;
    bool open = true;
    bool exercise_ended = false;
    Instant now;  // in the time of its world
};
// A person of the port and how they can be called.
struct Reachable {
    PersonId person;
    std::vector<RoleIn> roles;
    std::optional<Gap> gap;
    std::vector<Channel> channels{};         // in order; empty with a gap
    std::vector<OrganisationId> off_duty{};  // where a duty calendar says so
};

const std::vector<Role>& roles_that_raise();
const std::vector<Role>& roles_that_answer_on_behalf();

template <class Body>
using Decided = incident::Decided<Body>;

// The people of a wave, each once and without those in `called`; and the organisations in which
// there is nobody.
struct Chosen {
    std::vector<Addressed> addressees;
    std::vector<CallRoute> routes;
    std::vector<OrganisationId> empty_organisations;
};
Chosen choose(const Wave& wave, std::span<const Reachable> people,
              const std::function<bool(const PersonId&)>& is_called,
              const std::function<bool(const OrganisationId&)>& is_satisfied);

// The facts of a new call-out; the second is recorded right after the first.
struct Raising {
    Decided<CalloutRaised> raised;
    CalloutPlanned planned;
};
// Errors: invalid, respond.callout.* with the pointer of the field; conflict
// respond.callout.{incident_closed, exercise_ended}. `kind_of`: nothing for an organisation that
// does not exist.
using KindOf =
    std::function<std::optional<prepare::council::OrganisationKind>(const OrganisationId&)>;
Result<Raising> raise(const CalloutId& id, const RaiseRequest& request, const Principal& by,
                      const About& about, std::span<const Reachable> people, const KindOf& kind_of);

// The next wave, or nothing if it is not due.
std::optional<PeopleCalled> next_wave(const State::Callout& callout,
                                      std::span<const Reachable> people, Instant now);
// Who is called instead of whoever is due for a deputy. `deputies_of`: in order.
std::vector<PeopleCalled> next_deputies(
    const State::Callout& callout, Instant now,
    const std::function<std::vector<Reachable>(const PersonId&, const OrganisationId&)>&
        deputies_of);
// Who is called over the next channel.
ChannelsCalled next_channels(const State::Callout& callout, Instant now);

// Errors: not_found respond.callout.{unknown, not_addressed}; conflict respond.callout.over;
// invalid with pointer; forbidden respond.callout.on_behalf_not_permitted.
Result<Decided<AnswerGiven>> answer(const State& state, const CalloutId& id,
                                    const AnswerRequest& request, const Principal& by, Instant now);
// By telephone number or by the telephone itself, whose holder is taken to be the person. Nothing if
// it says what was said before. Errors: conflict respond.callout.over.
Result<std::optional<Decided<AnswerGiven>>> answer_by(const State& state, const CalloutId& id,
                                                      const PersonId& person, Way way,
                                                      const AnswerRequest& request, Instant now);
// By the link, whose holder is taken to be the person it was written for.
Result<Decided<AnswerGiven>> answer_by_link(const State& state, const Link& link,
                                            const AnswerRequest& request, Instant now);
Result<Decided<CalloutResolved>> resolve(const State& state, const CalloutId& id,
                                         const Principal& by, Instant now);

// That a sheet was sent by hand. `sent_at` is not after now and not before the call-out.
// Errors: not_found respond.callout.{unknown, not_addressed}; conflict respond.callout.over; invalid
// respond.callout.sheet_time /sent_at.
struct SheetRequest {
    std::optional<Instant> sent_at;  // absent: now
    std::optional<PersonId> by;      // absent: oneself
};
BOOST_DESCRIBE_STRUCT(SheetRequest, (), (sent_at, by))
Result<Decided<SheetSent>> send_sheet(const State& state, const CalloutId& id,
                                      const PersonId& person, const SheetRequest& request,
                                      const Principal& by, Instant now);

// ---- the room ------------------------------------------------------------------------------

class View;

// A chat of this installation. What goes there leaves the house: no more than `most` allows.
struct Chat {
    std::string name;
    Tlp most = Tlp::green;
    bool room = false;                          // a room that is told of call-outs
    std::vector<OrganisationId> organisations;  // of those who are called; empty: of any
};

struct CalloutOptions {
    std::string public_url;  // "https://port.example", without a slash at the end
    std::string mail_domain = "noroshi.invalid";  // of Message-IDs
    std::string zone = "Asia/Tokyo";
    std::string country = "81";  // of telephone numbers written without one
    // For which there is a gateway. A person none of whose channels is among them is named as not
    // reachable when the call-out is prepared, not when it has failed.
    std::set<Channel> channels{Channel::email};
    std::string inbound_token{};  // what gateways prove themselves by; empty: they are not heard
    std::vector<Chat> chats{};
    // Of a person who was told of another call-out within this time, the next message waits until
    // it is over, so that many alarms are one mail and one SMS; reminders that fall so close
    // together wait for each other. Zero: nothing waits.
    Span bundle_within = std::chrono::minutes(1);
    // So many are written in one commit when a call-out is raised; the others follow at once.
    std::size_t messages_at_once = 512;
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
    const prepare::contacts::Contacts& contacts() const { return contacts_; }
    journal::Journal& journal() const { return journal_; }
    // Known only once the server listens; before the journal runs.
    void set_public_url(std::string url) { options_.public_url = std::move(url); }
    void set_gateways(std::set<Channel> channels, std::string inbound_token,
                      std::string country = "81");

    void set_chats(std::vector<Chat> chats) { options_.chats = std::move(chats); }

    // Decide on the pending state, record, and ask for the messages. Inside a command.
    struct Raised {
        CalloutId id;
        CalloutRaised fact;
        CalloutPlanned planned;
    };
    Result<Raised> raise(journal::Recorder& recorder, const RaiseRequest& request,
                         const Principal& by);
    Result<PersonId> answer(journal::Recorder& recorder, const CalloutId& id,
                            const AnswerRequest& request, const Principal& by);
    Result<> answer_by_link(journal::Recorder& recorder, const Link& link,
                            const AnswerRequest& request);
    Result<> send_sheet(journal::Recorder& recorder, const CalloutId& id, const PersonId& person,
                        const SheetRequest& request, const Principal& by);
    Result<> resolve(journal::Recorder& recorder, const CalloutId& id, const Principal& by);
    // What raise() would do, without doing it.
    Result<Raising> prepare(const RaiseRequest& request, const Principal& by, Instant now) const;

    // Words that came in over a gateway, and what became of a message. Whatever they say they are
    // taken: who is not known or says nothing is counted, not refused.
    void take_words(journal::Recorder& recorder, const std::string& from, std::string_view text);
    void take_receipt(journal::Recorder& recorder, const std::string& gateway,
                      const std::string& reference, bool arrived, const std::string& state);

    // A later room may understand words that are no answer to a call-out: true when it took them.
    // Before Journal::start().
    using OtherEar = std::function<bool(journal::Recorder&, const std::vector<PersonId>& people,
                                        std::string_view text)>;
    void on_words(OtherEar ear) { other_ear_ = std::move(ear); }

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
    bool is_about_something_open(const State::Callout& callout) const;
    std::optional<Instant> next_due() const;
    Result<> fire(journal::Recorder& recorder);
    void fire_one(journal::Recorder& recorder, const CalloutId& id, const State::Callout& callout,
                  const journal::Place& place);
    void write_more(journal::Recorder& recorder, const CalloutId& id, const State::Callout& callout,
                    const journal::Place& place);
    void hear(journal::Recorder& recorder, const store::OutboxRow& row, const Delivery& delivery);
    void hear_bundle(journal::Recorder& recorder, const store::OutboxRow& row,
                     const Delivery& delivery);
    void hear_of(journal::Recorder& recorder, const MessageKey& key, const store::OutboxRow& row,
                 const Delivery& delivery);
    // Who has answered what; no person: the call-out is over for everybody.
    struct Answered {
        CalloutId callout;
        PersonId person;
    };
    // What was taken, for which the caller leaves them in peace.
    std::optional<Answered> take(journal::Recorder& recorder, const CalloutId& id,
                                 const PersonId& person, Way way, const AnswerRequest& request);
    // Cancels what still waits for them; a bundle that tells of something else as well gets other
    // words under its key.
    void leave_in_peace(journal::Recorder& recorder, const std::vector<Answered>& all) const;
    Reachable reachable(const PersonId& person, Instant now, Tlp tlp) const;
    // Whether what is labelled so may go to where this person reads their chat.
    bool may_go_to_chat(std::string_view address, Tlp tlp) const;
    void tell_rooms(journal::Recorder& recorder, const CalloutId& id,
                    const State::Callout& callout) const;
    enum class Duty { ignored, regarded };
    std::vector<Reachable> everybody(Instant now, Duty duty, Tlp tlp) const;
    std::vector<Reachable> deputies_of(const PersonId& person, const OrganisationId& organisation,
                                       Instant now, Tlp tlp) const;
    std::vector<PersonId> people_with_number(const std::string& bare) const;
    bool is_erased(const PersonId& person) const;
    // Those who were just told of another call-out wait a little.
    void send_or_hold(journal::Recorder& recorder, const CalloutId& id,
                      const State::Callout& callout, const journal::Place& place,
                      std::span<const ChannelCall> calls, int round) const;
    // When another call-out reminds this person, if that is within the bundle's time.
    std::optional<Instant> next_reminder_of_another(const CalloutId& id,
                                                    const State::Callout& callout,
                                                    const PersonId& person, Instant now) const;
    // What has waited long enough goes out, several call-outs to one person as one message; nothing
    // for what is over.
    void release(journal::Recorder& recorder, const std::vector<Answered>& over) const;
    using Items = std::vector<std::pair<CalloutId, int>>;  // with the round
    void send_bundle(journal::Recorder& recorder, const std::string& name, const PersonId& person,
                     Channel channel, const Items& items) const;
    journal::Form words_of_bundle(journal::Recorder& recorder, const PersonId& person,
                                  Channel channel, const Items& items) const;
    Letter letter_about(const State::Callout& callout, Language language, bool sees_title,
                        int round) const;
    bool sees_title(const State::Callout& callout, const PersonId& person) const;
    // One message to each, over the channel.
    void send(journal::Recorder& recorder, const CalloutId& id, const State::Callout& callout,
              std::span<const ChannelCall> calls, int round) const;
    void send_help(journal::Recorder& recorder, const std::vector<PersonId>& people,
                   std::string_view words) const;
    journal::Place place_of(const CalloutId& id, const State::Callout& callout, Instant now) const;

    journal::Journal& journal_;
    const prepare::council::Council& council_;
    const prepare::contacts::Contacts& contacts_;
    const incident::Incident& incident_;
    CalloutOptions options_;
    OtherEar other_ear_;
    State state_;
    std::unique_ptr<View> view_;
    // Who has which number; made anew when a contact has changed.
    mutable std::unordered_map<std::string, std::vector<PersonId>> numbers_;
    mutable bool numbers_are_old_ = true;
};

}  // namespace noroshi::respond::callout
