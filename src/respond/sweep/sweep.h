#pragma once
// Guideline 3.3.1: when one operator is hit, the same short questions go to all others, with a
// deadline; silence is taken as an answer, and a liaison is proposed. The worst hit report least, so
// anybody may take down what they hear.
//
// Rules. A site is asked once a round, whoever its people are; whoever answered everything is not
// reminded. Three values: yes, no, not checked yet. An answer is kept with its time, because an old
// "no" is worth little. Once the deadline has passed, who has not answered is noted by itself; the
// time follows from facts.
//
// State is the pending side (the journal's thread only); View (sweep_view.h) the published one.

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/describe.hpp>

#include "kernel/identity/principal.h"
#include "kernel/journal/journal.h"
#include "kernel/result.h"
#include "respond/callout/callout.h"
#include "respond/incident/incident.h"
#include "respond/sweep/sweep_facts.h"

namespace noroshi::respond::sweep {

inline constexpr std::size_t sites_limit = 300;
inline constexpr std::size_t questions_limit = 20;
inline constexpr std::size_t indicators_limit = 200;
inline constexpr std::size_t line_limit = 300;  // characters: a question, a name, a place
inline constexpr std::size_t note_limit = 2'000;

// ---- requests ------------------------------------------------------------------------------

struct SiteRequest {
    static constexpr std::array<std::string_view, 2> defaulted{"organisation", "kind"};
    OrganisationId organisation;
    std::optional<TerminalId> terminal;
    SiteKind kind = SiteKind::container;
    std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(SiteRequest, (), (organisation, terminal, kind, name))

struct QuestionRequest {
    static constexpr std::array<std::string_view, 3> defaulted{"kind", "needed", "of_systems"};
    QuestionKind kind = QuestionKind::yes_no;
    std::string text;
    std::optional<std::string> text_en;
    bool needed = false;
    bool of_systems = false;
    std::vector<std::string> indicators;
};
BOOST_DESCRIBE_STRUCT(QuestionRequest, (), (kind, text, text_en, needed, of_systems, indicators))

// No sites: those of the proposal (View::proposal). No questions: the three of the catalogue.
struct StartRequest {
    static constexpr std::array<std::string_view, 3> defaulted{"answer_within_minutes",
                                                               "remind_after_minutes", "reminders"};
    IncidentId incident;
    std::optional<std::string> text;
    std::vector<SiteRequest> sites;
    std::vector<QuestionRequest> questions;
    int answer_within_minutes = 30;
    int remind_after_minutes = 10;
    int reminders = 2;
};
BOOST_DESCRIBE_STRUCT(StartRequest, (),
                      (incident, text, sites, questions, answer_within_minutes,
                       remind_after_minutes, reminders))

struct AnswersRequest {
    std::string site;
    std::vector<Given> answers;
    std::optional<Way> way;  // telephone or liaison, when taken down for somebody else
    std::optional<std::string> told_by;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(AnswersRequest, (), (site, answers, way, told_by, note))

struct OrderRequest {
    static constexpr std::array<std::string_view, 1> defaulted{"report_every_minutes"};
    IncidentId incident;
    PersonId person;
    std::string where;
    std::string task;
    std::optional<Instant> until;
    std::vector<std::string> bring;
    int report_every_minutes = 30;
    std::optional<PersonId> relief;
    std::optional<SweepId> sweep;
    std::optional<std::string> site;
};
BOOST_DESCRIBE_STRUCT(OrderRequest, (),
                      (incident, person, where, task, until, bring, report_every_minutes, relief,
                       sweep, site))

struct ReportRequest {
    static constexpr std::array<std::string_view, 1> defaulted{"report"};
    ReportKind report = ReportKind::report;
    std::optional<std::string> text;
    std::vector<std::string> attachments;  // photos: SHA-256 in hex, of the incident's files
    std::optional<Instant> event_time;     // when it happened; absent: now
};
BOOST_DESCRIBE_STRUCT(ReportRequest, (), (report, text, attachments, event_time))

// ---- the pending side ----------------------------------------------------------------------

class State {
public:
    struct Asked {
        Site site;
        std::set<std::string> answered;  // questions, "not checked yet" left out
        bool heard = false;              // something was answered, if only that
    };
    struct Sweep {
        SweepId id;
        IncidentId incident;
        int number = 1;
        journal::World world;
        std::shared_ptr<const Visibility> visibility;
        PersonId started_by;
        OrganisationId organisation;
        std::string text;
        std::vector<Question> questions;
        std::map<std::string, Asked> sites;
        Instant started_at;
        Instant last_round_at;
        Instant deadline;
        Span remind_after{};
        int reminders = 0;
        int rounds = 0;
        bool silence_noted = false;
        bool open = true;

        // The questions of this site, in the order in which they are asked: needed ones first.
        std::vector<const Question*> questions_of(const Site& site) const;
        bool is_complete(const Asked& asked) const;
        std::vector<std::string> incomplete() const;
        std::vector<std::string> silent() const;  // nothing was heard at all
        std::optional<Instant> next_due() const;
    };
    struct Order {
        IncidentId incident;
        journal::World world;
        std::shared_ptr<const Visibility> visibility;
        PersonId person;
        std::optional<PersonId> relief;
        bool open = true;
    };

    void listen(journal::Listeners& pending);
    const Sweep* find(const SweepId& id) const;
    const Order* find(const OrderId& id) const;
    const std::set<SweepId>& open() const { return open_; }
    std::optional<SweepId> latest_of(const IncidentId& incident) const;
    int count_of(const IncidentId& incident) const;

private:
    std::unordered_map<SweepId, Sweep> sweeps_;
    std::unordered_map<OrderId, Order> orders_;
    std::unordered_map<IncidentId, std::vector<SweepId>> of_incident_;
    std::set<SweepId> open_;
};

std::string stream_of(const SweepId& id);
std::string stream_of(const OrderId& id);
std::optional<SweepId> sweep_of_stream(std::string_view stream);
std::optional<OrderId> order_of_stream(std::string_view stream);
std::string topic_of(const SweepId& id);

// ---- decisions -----------------------------------------------------------------------------

const std::vector<Role>& roles_that_ask();        // start and close a sweep, order a liaison
const std::vector<Role>& roles_that_take_down();  // answers of others

struct About {
    journal::World world;
    std::shared_ptr<const Visibility> visibility;
    bool open = true;
    bool exercise_ended = false;
    Instant now;
};
// Errors: invalid respond.sweep.* with the pointer; conflict respond.sweep.{incident_closed,
// exercise_ended}. `sites`: named and checked by the caller.
Result<SweepStarted> start(const StartRequest& request, std::vector<Site> sites,
                           std::vector<Question> otherwise, const About& about);
// Errors: not_found respond.sweep.unknown_site; conflict respond.sweep.over; invalid with the
// pointer. Nothing when nothing was said.
Result<SiteAnswered> answer(const State::Sweep& sweep, const AnswersRequest& request,
                            const PersonId& person, Way way);

// A short reply to a sweep: "S 212": a digit a question, 1 yes, 2 no, 3 not checked yet; "S2 111":
// the second site of the message. Bytes from outside.
struct DigitReply {
    int site = 1;
    std::vector<Value> values;
};
std::optional<DigitReply> read_digits(std::string_view text);

// ---- the room ------------------------------------------------------------------------------

struct Link {
    SweepId sweep;
    PersonId person;
    Instant expires;  // real time
};
std::string seal_link(const Link& link, const Key& installation_key, Random& random);
std::optional<Link> open_link(std::string_view sealed, const Key& installation_key);

class View;

class Sweep {
public:
    // Before Journal::start(); the others must outlive it.
    Sweep(journal::Journal& journal, const prepare::council::Council& council,
          const prepare::port::Port& port, const prepare::contacts::Contacts& contacts,
          const incident::Incident& incident, callout::Callout& callout);
    ~Sweep();

    const View& view() const { return *view_; }
    const State& state() const { return state_; }

    // Inside a command.
    Result<SweepId> start(journal::Recorder& recorder, const StartRequest& request,
                          const Principal& by);
    Result<> answer(journal::Recorder& recorder, const SweepId& id, const AnswersRequest& request,
                    const Principal& by);
    Result<> answer_by_link(journal::Recorder& recorder, const Link& link,
                            const AnswersRequest& request);
    Result<> close(journal::Recorder& recorder, const SweepId& id, const Principal& by);
    Result<OrderId> order(journal::Recorder& recorder, const OrderRequest& request,
                          const Principal& by);
    Result<> report(journal::Recorder& recorder, const OrderId& id, const ReportRequest& request,
                    const Principal& by);
    Result<> withdraw(journal::Recorder& recorder, const OrderId& id, const Principal& by);
    // True: it was meant for a sweep.
    bool take_words(journal::Recorder& recorder, const std::vector<PersonId>& people,
                    std::string_view text);

    // What is asked of whom when nobody says otherwise: every terminal that the incident does not
    // name, operators without one, vendors that serve the port, and the systems everybody uses.
    std::vector<Site> proposal(const IncidentId& incident) const;
    static std::vector<Question> default_questions();
    Instant now_in(const journal::World& world, Instant now) const;  // journal's thread only
    Instant published_now_in(const journal::World& world) const;     // for who reads
    Instant now() const { return journal_.clock().now(); }
    const Key& installation_key() const { return journal_.installation_key(); }
    const std::string& zone() const;
    Language language_of(const PersonId& person) const;
    std::string organisation_name(const OrganisationId& id, Language language) const;
    // The sites of a sweep that this person answers for, in order.
    std::vector<std::string> sites_of(const SweepId& id, const PersonId& person) const;

private:
    bool is_open(const IncidentId& id) const;
    void tell_of_order(journal::Recorder& recorder, const OrderId& id,
                       const LiaisonOrdered& ordered, const PersonId& by, const PersonId& to) const;
    std::optional<Instant> next_due() const;
    Result<> fire(journal::Recorder& recorder);
    void hear(journal::Recorder& recorder, const store::OutboxRow& row, const Delivery& delivery);
    std::vector<PersonId> people_of(const OrganisationId& organisation, Instant now) const;
    void send(journal::Recorder& recorder, const State::Sweep& sweep,
              const std::vector<std::string>& sites, int round) const;
    Result<> record_answer(journal::Recorder& recorder, const State::Sweep& sweep,
                           const AnswersRequest& request, const PersonId& person, Way way);
    journal::Place place_of(const State::Sweep& sweep, Instant now) const;

    journal::Journal& journal_;
    const prepare::council::Council& council_;
    const prepare::port::Port& port_;
    const prepare::contacts::Contacts& contacts_;
    const incident::Incident& incident_;
    callout::Callout& callout_;
    State state_;
    std::unique_ptr<View> view_;
};

}  // namespace noroshi::respond::sweep
