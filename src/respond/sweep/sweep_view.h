#pragma once
// The published sweeps and liaison orders. Read under Journal::read. Names in the reader's language.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/describe.hpp>

#include "kernel/identity/principal.h"
#include "kernel/journal/fact.h"
#include "kernel/journal/listeners.h"
#include "respond/sweep/sweep.h"

namespace noroshi::prepare::council {
class View;
}

namespace noroshi::respond::sweep {

enum class SiteState {
    unanswered,  // asked, nothing heard yet
    partly,      // some questions are open, or not checked yet
    answered,
    silent  // the deadline has passed and nothing was heard: assume the worst
};
BOOST_DESCRIBE_ENUM(SiteState, unanswered, partly, answered, silent)

struct AnswerItem {
    std::string question;
    std::optional<Value> value;
    std::vector<std::string> seen;
    std::optional<Instant> answered_at;
    std::optional<int> age_minutes;
    std::optional<Way> way;
    std::optional<Value> before;  // in the sweep this one is compared with
    bool changed = false;
};
BOOST_DESCRIBE_STRUCT(AnswerItem, (),
                      (question, value, seen, answered_at, age_minutes, way, before, changed))

struct SiteItem {
    std::string site;
    std::string name;
    SiteKind kind = SiteKind::container;
    std::optional<OrganisationId> organisation;
    std::string organisation_name;
    std::optional<TerminalId> terminal;
    SiteState state = SiteState::unanswered;
    bool alarming = false;  // a yes
    bool proposes_liaison = false;
    std::optional<OrderId> liaison;   // on the way or there
    std::vector<AnswerItem> answers;  // needed ones first
    std::optional<std::string> answered_by;
    std::optional<std::string> told_by;
    std::optional<std::string> note;
    std::optional<Instant> answered_at;
    std::optional<int> age_minutes;
    std::size_t people_asked = 0;  // who had an address
    bool delivered = false;        // to at least one of them
};
BOOST_DESCRIBE_STRUCT(SiteItem, (),
                      (site, name, kind, organisation, organisation_name, terminal, state, alarming,
                       proposes_liaison, liaison, answers, answered_by, told_by, note, answered_at,
                       age_minutes, people_asked, delivered))

struct QuestionItem {
    std::string question;
    QuestionKind kind = QuestionKind::yes_no;
    std::string text;
    bool needed = false;
    bool of_systems = false;
    std::vector<std::string> indicators;
    int yes = 0;
    int no = 0;
    int not_checked = 0;
    int open = 0;
};
BOOST_DESCRIBE_STRUCT(QuestionItem, (),
                      (question, kind, text, needed, of_systems, indicators, yes, no, not_checked,
                       open))

struct SweepItem {
    static constexpr std::string_view schema_name = "Sweep";
    SweepId id;
    IncidentId incident;
    std::optional<ExerciseId> exercise;
    int number = 1;
    std::string text;
    bool open = true;
    std::optional<SweepId> previous;
    std::string started_by_name;
    Instant started_at;
    Instant deadline;
    int reminders_sent = 0;
    std::optional<Instant> next_reminder_at;
    std::vector<QuestionItem> questions;
    std::vector<SiteItem> sites;  // what needs attention stands first
    int answered = 0;
    int silent = 0;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(SweepItem, (),
                      (id, incident, exercise, number, text, open, previous, started_by_name,
                       started_at, deadline, reminders_sent, next_reminder_at, questions, sites,
                       answered, silent, version))
struct SweepItems {
    std::vector<SweepItem> items;
    std::size_t hidden = 0;
};
BOOST_DESCRIBE_STRUCT(SweepItems, (), (items, hidden))

struct ReportItem {
    ReportKind report = ReportKind::report;
    std::string by_name;
    std::optional<std::string> text;
    std::vector<std::string> photos;
    Instant event_time;
    Instant entry_time;  // later, when there was no network
};
BOOST_DESCRIBE_STRUCT(ReportItem, (), (report, by_name, text, photos, event_time, entry_time))

enum class OrderState { ordered, accepted, declined, on_the_way, there, ended, withdrawn };
BOOST_DESCRIBE_ENUM(OrderState, ordered, accepted, declined, on_the_way, there, ended, withdrawn)

struct OrderItem {
    static constexpr std::string_view schema_name = "LiaisonOrder";
    OrderId id;
    IncidentId incident;
    std::optional<ExerciseId> exercise;
    PersonId person;
    std::string person_name;
    std::string where;
    std::string task;
    std::optional<Instant> until;
    std::vector<std::string> bring;
    int report_every_minutes = 0;
    std::optional<PersonId> relief;
    std::string relief_name;
    std::optional<SweepId> sweep;
    std::optional<std::string> site;
    std::string ordered_by_name;
    Instant ordered_at;
    OrderState state = OrderState::ordered;
    std::optional<Instant> next_report_due;
    bool overdue = false;
    std::vector<ReportItem> reports;  // in the order in which things happened
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(OrderItem, (),
                      (id, incident, exercise, person, person_name, where, task, until, bring,
                       report_every_minutes, relief, relief_name, sweep, site, ordered_by_name,
                       ordered_at, state, next_report_due, overdue, reports, version))
struct OrderItems {
    std::vector<OrderItem> items;
    std::size_t hidden = 0;
};
BOOST_DESCRIBE_STRUCT(OrderItems, (), (items, hidden))

class View {
public:
    explicit View(const prepare::council::View& council) : council_(council) {}
    void listen(journal::Listeners& published);

    struct Kept {
        Given given;
        Instant at;
        Way way = Way::link;
    };
    struct Asked {
        std::map<std::string, Kept> answers;
        std::optional<SiteAnswered> last;
        Instant last_at;
        std::set<PersonId> delivered_to;
        std::set<PersonId> tried;
    };
    struct Sweep {
        SweepId id;
        journal::World world;
        std::shared_ptr<const Visibility> visibility;
        SweepStarted started;
        PersonId started_by;
        Instant started_at;
        Instant last_round_at;
        int rounds = 0;
        bool open = true;
        std::set<std::string> silent;
        std::map<std::string, Asked> sites;
        std::uint64_t version = 0;
    };
    struct Order {
        OrderId id;
        journal::World world;
        std::shared_ptr<const Visibility> visibility;
        LiaisonOrdered ordered;
        PersonId ordered_by;
        Instant ordered_at;
        PersonId person;  // who has it now
        bool withdrawn = false;
        struct Report {
            LiaisonReported body;
            Instant event_time;
            Instant entry_time;
        };
        std::vector<Report> reports;
        std::uint64_t version = 0;
    };
    using Now = std::function<Instant(const journal::World&)>;

    const Sweep* find(const SweepId& id) const;
    const Order* find(const OrderId& id) const;
    std::optional<SweepItem> item(const SweepId& id, const Principal& reader, Language language,
                                  const Now& now) const;
    SweepItems list(const IncidentId& incident, const Principal& reader, Language language,
                    const Now& now) const;
    std::optional<OrderItem> order(const OrderId& id, const Principal& reader, Language language,
                                   const Now& now) const;
    // Of an incident; `incident` empty: the reader's own open ones.
    OrderItems orders(const IncidentId& incident, const Principal& reader, Language language,
                      const Now& now) const;

private:
    SweepItem item_of(const Sweep& sweep, Language language, Instant now) const;
    SiteItem site_of(const Sweep& sweep, const Site& site, const State::Sweep& questions,
                     Language language, Instant now) const;
    OrderItem item_of(const Order& order, Language language, Instant now) const;
    bool sees(const Order& order, const Principal& reader) const;

    const prepare::council::View& council_;
    std::unordered_map<SweepId, Sweep> sweeps_;
    std::unordered_map<OrderId, Order> orders_;
    std::vector<SweepId> sweep_order_;
    std::vector<OrderId> order_order_;
};

}  // namespace noroshi::respond::sweep
