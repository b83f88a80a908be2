#pragma once
// Guideline 3.3.2 利用障害の情報発信: what the public is told, by whom, and when next.
//
// Rules. A notice is drafted by one person and published by another, whoever they are: whoever wrote
// any part of a draft cannot approve it, not even as an administrator. Approval names the version
// that was read. Several notices stand side by side; each has editions, and none is ever changed.
// The operator of a terminal says only what concerns its terminals; where the division of roles
// gives it the word, nothing goes out before it has agreed. While "consult first" stands, nothing of
// that notice goes out at all.
//
// State is the pending side (the journal's thread only), View (notices_view.h) the published one;
// what the public sees is PublicView (notices_public.h), which hears live facts only. Decisions are
// pure.

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/courier.h"
#include "kernel/journal/journal.h"
#include "kernel/result.h"
#include "prepare/council/council.h"
#include "prepare/port/port.h"
#include "respond/incident/incident.h"
#include "respond/notices/notices_facts.h"

namespace noroshi::prepare::contacts {
class Contacts;
}

namespace noroshi::respond::notices {

namespace council = prepare::council;
namespace port = prepare::port;

inline constexpr std::size_t title_limit = 200;  // characters
inline constexpr std::size_t body_limit = 10'000;
inline constexpr std::size_t reason_limit = 1'000;
inline constexpr std::size_t languages_limit = 20;
inline constexpr std::size_t lines_limit = 100;

// ---- requests ------------------------------------------------------------------------------

struct DraftRequest {
    static constexpr std::array<std::string_view, 1> defaulted{"phase"};

    std::optional<IncidentId> incident;  // of an exercise: the whole notice is practised
    Phase phase = Phase::investigating;
    std::map<std::string, Words> texts;  // "ja" is needed; the others may follow
    std::vector<TerminalLine> terminals;
    std::vector<RoadLine> roads;
    std::optional<ShipsLine> ships;
    std::optional<Instant> as_of;  // now, if not given; also of lines that say none of their own
    std::optional<Instant> next_update_at;
    std::optional<Correction> correction;
    std::optional<SafetyDeclaration> safety;
};
BOOST_DESCRIBE_STRUCT(DraftRequest, (),
                      (incident, phase, texts, terminals, roads, ships, as_of, next_update_at,
                       correction, safety))

struct ReasonRequest {
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(ReasonRequest, (), (reason))

struct LiftRequest {
    std::string consulted;  // which office said what
};
BOOST_DESCRIBE_STRUCT(LiftRequest, (), (consulted))

struct SpokespersonsRequest {
    std::vector<Spokesperson> spokespersons;
};
BOOST_DESCRIBE_STRUCT(SpokespersonsRequest, (), (spokespersons))

struct DeskRequest {
    static constexpr std::array<std::string_view, 5> defaulted{"name_en", "email", "hours",
                                                               "hours_en", "phone"};
    std::string name;
    std::string name_en;
    std::string phone;
    std::string email;
    std::string hours;
    std::string hours_en;
};
BOOST_DESCRIBE_STRUCT(DeskRequest, (), (name, name_en, phone, email, hours, hours_en))

struct DivisionRequest {
    std::vector<Topic> operators;
};
BOOST_DESCRIBE_STRUCT(DivisionRequest, (), (operators))

// ---- state ---------------------------------------------------------------------------------

class State {
public:
    struct Edition {
        NoticePublished published;
        Instant at;
        PersonId approved_by;
    };
    struct Notice {
        NoticeId id;
        journal::World world;
        std::shared_ptr<const Visibility> visibility;  // of what was drafted last
        std::optional<IncidentId> incident;
        OrganisationId organisation;   // which drafted last
        std::optional<Content> draft;  // nothing: everything is published
        Instant drafted_at;
        std::vector<PersonId> authors;  // of the draft, those who reported what it took over, too
        std::vector<TakenOver> taken;   // of all drafts
        std::set<OrganisationId> agreed;
        std::string returned;           // why it was sent back; empty: it was not
        std::string hold;               // reason; empty: none stands
        std::string consulted;          // what was said when the last hold was lifted
        std::vector<Edition> editions;  // oldest first
        std::uint64_t version = 0;      // of the stream

        bool is_current() const {
            return !editions.empty() && editions.back().published.content.phase != Phase::resolved;
        }
    };

    void attach(journal::Listeners& side);

    const Notice* find(const NoticeId& id) const;
    std::vector<const Notice*> notices() const;  // newest first
    const std::vector<Spokesperson>& spokespersons() const { return spokespersons_; }
    const std::optional<DeskOpened>& desk() const { return desk_; }
    std::vector<Topic> topics_of_operator(const TerminalId& terminal) const;
    std::uint64_t desk_version() const { return desk_version_; }

private:
    std::map<NoticeId, Notice> notices_;
    std::vector<NoticeId> order_;
    std::vector<Spokesperson> spokespersons_;
    std::optional<DeskOpened> desk_;
    std::map<TerminalId, std::vector<Topic>> divided_;
    std::uint64_t desk_version_ = 0;
};

std::string stream_of(const NoticeId& id);
inline constexpr std::string_view desk_stream = "respond/notices/desk";

// ---- decisions -----------------------------------------------------------------------------

template <class Body>
using Decided = incident::Decided<Body>;

// What decisions stand on.
struct Ground {
    const State& state;
    const council::State& council;
    const port::State& port;
    const incident::State& incidents;
    Instant now;  // real
};

const std::vector<Role>& roles_that_draft();
const std::vector<Role>& roles_that_approve();
const std::vector<Role>& roles_that_hold();

using Version = std::optional<std::uint64_t>;

// A new notice, or (with `id` known) its next draft. Errors: invalid respond.notices.* with the
// pointer of the field; forbidden respond.notices.{not_your_terminal, not_yours}; not_found
// respond.notices.unknown; conflict kernel.journal.* when the version is not the newest.
Result<Decided<NoticeDrafted>> draft(const Ground& ground, const NoticeId& id,
                                     const DraftRequest& request, const Principal& by,
                                     Version version);
// The same with the whole content known: a report of a provider is taken over this way. `taken` says
// which, and whoever gave it counts as an author.
Result<Decided<NoticeDrafted>> draft_content(const Ground& ground, const NoticeId& id,
                                             Content content, std::vector<TakenOver> taken,
                                             const Principal& by, Version version);
// Whose agreement the draft still needs, by the division of roles.
std::vector<OrganisationId> agreements_missing(const State& state, const port::State& port,
                                               const State::Notice& notice);
// Errors: forbidden respond.notices.{own_draft, not_port_manager}; conflict respond.notices.{no_draft,
// on_hold, agreement_missing}; invalid respond.notices.version_missing.
Result<Decided<NoticePublished>> approve(const Ground& ground, const NoticeId& id,
                                         const Principal& by, Version version);
Result<Decided<DraftReturned>> send_back(const Ground& ground, const NoticeId& id,
                                         const ReasonRequest& request, const Principal& by,
                                         Version version);
Result<Decided<DraftAgreed>> agree(const Ground& ground, const NoticeId& id, const Principal& by,
                                   Version version);
Result<Decided<HoldPlaced>> place_hold(const Ground& ground, const NoticeId& id,
                                       const ReasonRequest& request, const Principal& by);
Result<Decided<HoldLifted>> lift_hold(const Ground& ground, const NoticeId& id,
                                      const LiftRequest& request, const Principal& by);
Result<Decided<SpokespersonsNamed>> name_spokespersons(const Ground& ground,
                                                       const SpokespersonsRequest& request,
                                                       Version version);
Result<Decided<DeskOpened>> open_desk(const DeskRequest& request, Version version);
Result<Decided<RolesDivided>> divide_roles(const Ground& ground, const TerminalId& terminal,
                                           const DivisionRequest& request);

// May this person speak for the port: a role in the port manager's organisation.
bool is_of_port_manager(const council::State& council, const Principal& person);
// What the port manager keeps to itself.
Visibility port_manager_only(const council::State& council);
// Text of several lines: trimmed, not empty, without what no XML document may hold. Errors: invalid
// respond.notices.{text_too_long, text_missing, not_text}.
Result<std::string> checked_text(std::string_view text, std::size_t most, std::string pointer);
// A moment within a year of now. Errors: invalid respond.notices.not_a_likely_time.
Result<> check_moment(const std::optional<Instant>& at, Instant now, std::string pointer);
// ja, en, zh-Hans: letters, digits and single hyphens (BCP 47, loosely).
bool is_language_tag(std::string_view tag);

// ---- the room ------------------------------------------------------------------------------

class View;
class PublicView;
class Subscribers;
class Inquiries;
class Providers;
class Alternatives;
class LongRun;

struct NoticesOptions {
    std::string zone = "Asia/Tokyo";
    std::string sender = "noroshi@localhost";    // of alerts: CAP's sender
    std::string mail_domain = "localhost";       // of Message-IDs
    std::set<Channel> channels{Channel::email};  // for which there is a gateway
};

class Notices {
public:
    // Before Journal::start(); the others must outlive it.
    Notices(journal::Journal& journal, const council::Council& council, const port::Port& port,
            const prepare::contacts::Contacts& contacts, const incident::Incident& incident,
            NoticesOptions options);
    ~Notices();

    const State& state() const { return state_; }  // journal's thread only
    const View& view() const { return *view_; }    // under Journal::read
    const PublicView& public_view() const { return *public_; }
    PublicView& public_view() { return *public_; }
    Subscribers& subscribers() { return *subscribers_; }
    Inquiries& inquiries() { return *inquiries_; }
    Providers& providers() { return *providers_; }
    const Providers& providers() const { return *providers_; }
    Alternatives& alternatives() { return *alternatives_; }
    LongRun& long_run() { return *long_run_; }
    const Key& installation_key() const { return journal_.installation_key(); }
    const NoticesOptions& options() const { return options_; }
    const council::Council& council() const { return council_; }
    const port::Port& port() const { return port_; }
    journal::Journal& journal() { return journal_; }

    // Where the public reaches us; known only once the server listens.
    void set_public_url(std::string url);
    // Where the port's own people reach us: links in messages to providers.
    void set_own_url(std::string url);

    // Decide on the pending state and record. Inside a command.
    Result<NoticeId> draft(journal::Recorder& recorder, const DraftRequest& request,
                           const Principal& by);
    Result<> draft_again(journal::Recorder& recorder, const NoticeId& id,
                         const DraftRequest& request, const Principal& by, Version version);
    Result<std::uint32_t> approve(journal::Recorder& recorder, const NoticeId& id,
                                  const Principal& by, Version version);

    Ground ground(const journal::Recorder& recorder) const {
        return {state_, council_.state(), port_.state(), incident_.state(), recorder.now()};
    }
    // Real time, or the time of the exercise.
    Instant now_in(const journal::World& world, Instant now) const;  // journal's thread only
    // Records what was decided, or passes on why not.
    template <class Body>
    Result<> keep(journal::Recorder& recorder, Result<Decided<Body>> decided) const;

private:
    journal::Journal& journal_;
    const council::Council& council_;
    const port::Port& port_;
    const incident::Incident& incident_;
    NoticesOptions options_;
    State state_;
    std::unique_ptr<View> view_;
    std::unique_ptr<PublicView> public_;
    std::unique_ptr<Subscribers> subscribers_;
    std::unique_ptr<Inquiries> inquiries_;
    std::unique_ptr<Providers> providers_;
    std::unique_ptr<Alternatives> alternatives_;
    std::unique_ptr<LongRun> long_run_;
};

}  // namespace noroshi::respond::notices
