#pragma once
// Guideline 3.3.1: one board per incident, with a chronology in which not a word is lost.
//
// Decisions: what was asked, by whom, on what is known so far → the facts to record, or why not.
// They are pure; incident_http.cpp calls them on the journal's thread with the pending State. An
// entry is never refused because somebody else wrote at the same time: entries are numbered one
// after the other, and a second correction of the same line is one more line.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/identity/principal.h"
#include "kernel/journal/journal.h"
#include "kernel/result.h"
#include "prepare/council/council.h"
#include "prepare/port/port.h"
#include "respond/incident/incident_facts.h"
#include "respond/incident/incident_state.h"

namespace noroshi::prepare::contacts {
class Contacts;
}

namespace noroshi::respond::incident {

namespace council = prepare::council;
namespace port = prepare::port;

// Sizes, in characters as people count them.
inline constexpr std::size_t title_limit = 200;
inline constexpr std::size_t content_limit = 20'000;
inline constexpr std::size_t summary_limit = 5'000;
inline constexpr std::size_t note_limit = 2'000;
inline constexpr std::size_t name_limit = 200;        // sender, receiver, medium, source, cause
inline constexpr std::size_t attachments_limit = 50;  // of one entry
inline constexpr std::size_t parties_limit = 500;     // organisations or people in one list
inline constexpr std::size_t attachment_bytes_limit = 25 * 1024 * 1024;

// ---- requests ------------------------------------------------------------------------------

// Who may see it: a Visibility as it is written in requests and answers.
struct Readers {
    Tlp tlp = Tlp::amber;
    std::vector<OrganisationId> organisations;
    std::vector<PersonId> people;
    std::optional<bool> investigators{};  // kept for them
};
BOOST_DESCRIBE_STRUCT(Readers, (), (tlp, organisations, people, investigators))

struct OpenRequest {
    std::string title;
    std::optional<Instant> event_time;
    std::vector<Effect> effects;
    std::optional<ExerciseId> exercise;
    std::optional<std::string> summary;
    std::vector<TerminalId> terminals;
    std::optional<Readers> visibility;
    std::optional<std::string> source;
    std::optional<std::string> cause;
    std::optional<OrganisationId> on_behalf_of;
};
BOOST_DESCRIBE_STRUCT(OpenRequest, (),
                      (title, event_time, effects, exercise, summary, terminals, visibility, source,
                       cause, on_behalf_of))

struct IntakeRequest {
    std::string title;
    std::vector<Effect> effects;
    std::optional<std::string> summary;
    std::optional<std::string> cause;
    std::optional<std::string> source;
    std::vector<TerminalId> terminals;
    std::optional<Instant> event_time;
};
BOOST_DESCRIBE_STRUCT(IntakeRequest, (),
                      (title, effects, summary, cause, source, terminals, event_time))

struct EntryRequest {
    static constexpr std::array<std::string_view, 2> defaulted{"kind", "confirmed"};

    std::optional<Instant> event_time;
    std::optional<std::string> sender;
    std::optional<std::string> receiver;
    std::optional<std::string> medium;
    std::string content;
    EntryKind kind = EntryKind::fact;
    bool confirmed = false;
    std::optional<Number> corrects;
    std::vector<std::string> attachments;  // SHA-256 in hex
    std::optional<Instant> due;
    std::optional<Readers> visibility;
    std::optional<OrganisationId> on_behalf_of;
    std::vector<std::string> audiences;
    std::vector<OrganisationId> receiver_organisations;
    // 任意提供・非公開条件. A correction of such a line is marked by itself.
    std::optional<bool> voluntary{};
};
BOOST_DESCRIBE_STRUCT(EntryRequest, (),
                      (event_time, sender, receiver, medium, content, kind, confirmed, corrects,
                       attachments, due, visibility, on_behalf_of, audiences,
                       receiver_organisations, voluntary))

// Confirming, completing or reopening another entry.
struct RemarkRequest {
    std::optional<std::string> content;
    std::optional<Instant> event_time;
    std::optional<OrganisationId> on_behalf_of;
};
BOOST_DESCRIBE_STRUCT(RemarkRequest, (), (content, event_time, on_behalf_of))

struct MilestoneRequest {
    TerminalId terminal;
    Milestone milestone = Milestone::detected;
    MilestoneState state = MilestoneState::announced;
    Instant time;
    std::optional<std::string> note;
    std::optional<Instant> event_time;
    std::optional<Number> entry;
    std::optional<OrganisationId> on_behalf_of;
    std::optional<std::string> confirmed_by{};
    std::optional<std::string> evidence{};
};
BOOST_DESCRIBE_STRUCT(MilestoneRequest, (),
                      (terminal, milestone, state, time, note, event_time, entry, on_behalf_of,
                       confirmed_by, evidence))

struct ReasonRequest {
    std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(ReasonRequest, (), (reason))

struct ShareRequest {
    Tlp tlp = Tlp::amber;
    std::vector<OrganisationId> organisations;
    std::vector<PersonId> people;
    std::optional<std::string> reason;
    std::optional<bool> investigators{};
};
BOOST_DESCRIBE_STRUCT(ShareRequest, (), (tlp, organisations, people, reason, investigators))

// ---- decisions -----------------------------------------------------------------------------

// A fact and where it goes. Place::event_time is always set.
template <class Body>
struct Decided {
    journal::Place place;
    Body body;
};

// Who asks, when (real time), and what is known then: the pending states.
struct Asked {
    const State& state;
    const council::State& council;
    const port::State& port;
    const Principal& by;
    Instant now;
};

// Roles that carry the permissions; the routes name them, `can` of an incident tells them.
const std::vector<Role>& roles_that_open();
const std::vector<Role>& roles_that_read();
const std::vector<Role>& roles_that_write();
const std::vector<Role>& roles_that_correct_intake();
const std::vector<Role>& roles_that_close();
const std::vector<Role>& roles_that_share();
bool has_any(const Principal& principal, const std::vector<Role>& roles);
// Who is to know of an incident is for the organisation that opened it to say, and for the port
// manager: by one of roles_that_share() held there.
bool may_share(const council::State& council, const Principal& by, const OrganisationId& opened_by);
// Whoever is nothing but administrator (or observer) keeps the installation and stays out of live
// incidents; in an exercise the same person may be a facilitator.
bool takes_part_in(const Principal& principal, const journal::World& world);
// A live incident: duty officer, clerk, liaison. An exercise: its facilitators too.
bool may_write_on_behalf(const Principal& principal, const journal::World& world);

// Errors: not_found respond.incident.unknown (also when it may not be seen).
Result<const State::Card*> find_visible(const Asked& asked, const IncidentId& id);

// Who would see an incident that this person opens without saying who is to see it.
Visibility default_visibility(const council::State& council, const Principal& by,
                              const std::optional<OrganisationId>& on_behalf_of,
                              const journal::World& world);
Result<Decided<IncidentOpened>> open_incident(const Asked& asked, const IncidentId& id,
                                              const OpenRequest& request);
// `expected` is the version of If-Match; without it, or with another than the present one, a
// conflict is told. Sharing is forbidden (respond.incident.not_yours_to_share) unless may_share().
Result<Decided<IntakeCorrected>> correct_intake(const Asked& asked, const IncidentId& id,
                                                std::optional<std::uint64_t> expected,
                                                const IntakeRequest& request);
Result<Decided<VisibilityChanged>> change_visibility(const Asked& asked, const IncidentId& id,
                                                     std::optional<std::uint64_t> expected,
                                                     const ShareRequest& request);
Result<Decided<IncidentClosed>> close(const Asked& asked, const IncidentId& id,
                                      const ReasonRequest& request);
Result<Decided<IncidentReopened>> reopen(const Asked& asked, const IncidentId& id,
                                         const ReasonRequest& request);

Result<Decided<EntryAdded>> add_entry(const Asked& asked, const IncidentId& id,
                                      const EntryRequest& request);
// The remark's text, when none is given, is `otherwise` (from the catalogue, in the language of
// the person). All three refuse an entry that was corrected meanwhile: conflict, naming the line
// that took its place.
Result<Decided<EntryAdded>> confirm(const Asked& asked, const IncidentId& id, Number number,
                                    const RemarkRequest& request, std::string_view otherwise);
Result<Decided<EntryAdded>> complete(const Asked& asked, const IncidentId& id, Number number,
                                     const RemarkRequest& request, std::string_view otherwise);
Result<Decided<EntryAdded>> reopen_task(const Asked& asked, const IncidentId& id, Number number,
                                        const RemarkRequest& request, std::string_view otherwise);

Result<Decided<MilestoneSet>> set_milestone(const Asked& asked, const IncidentId& id,
                                            const MilestoneRequest& request);
// `attachment.sha256` and `.size` are of the bytes; name and media type are made harmless here.
Result<Decided<AttachmentAdded>> add_attachment(const Asked& asked, const IncidentId& id,
                                                Attachment attachment);

// Number of characters of UTF-8 text.
std::size_t length_of(std::string_view text);

// ---- the room ------------------------------------------------------------------------------

class View;
class Cases;
class CaseView;
struct Clock;
struct Inquiry;
struct Letter;

struct IncidentOptions {
    std::string public_url;  // "https://port.example", without a slash at the end; empty: no links
    std::string mail_domain = "noroshi.invalid";  // of Message-IDs
    std::string zone = "Asia/Tokyo";
    std::vector<Clock> clocks;  // incident_clocks.h
};

class Incident {
public:
    // Before Journal::start(); the others must outlive it. Without contacts nobody is written to.
    Incident(journal::Journal& journal, const council::Council& council, const port::Port& port,
             const prepare::contacts::Contacts* contacts = nullptr);
    Incident(journal::Journal& journal, const council::Council& council, const port::Port& port,
             const prepare::contacts::Contacts* contacts, IncidentOptions options);
    ~Incident();

    const State& state() const { return state_; }  // journal's thread only
    const View& view() const { return *view_; }    // under Journal::read
    // What a decision asks for, now.
    Asked asked(const journal::Recorder& recorder, const Principal& by) const;

    // The case beside the chronology (incident_case.h): the same two sides.
    const Cases& cases() const { return *cases_; }
    const CaseView& case_view() const { return *case_view_; }
    Inquiry inquiry(const journal::Recorder& recorder, const Principal& by) const;
    const std::vector<Clock>& clocks() const { return options_->clocks; }
    const std::string& zone() const { return options_->zone; }
    const council::Council& council() const { return council_; }
    Instant now() const { return journal_.clock().now(); }
    // Known only once the server listens; before the journal runs.
    void set_public_url(std::string url) { options_->public_url = std::move(url); }

    // Decide on the pending state and record. Inside a command; later rooms may call these too.
    struct Opened {
        IncidentId id;
        Decided<IncidentOpened> decided;
    };
    Result<Opened> open(journal::Recorder& recorder, const Principal& by,
                        const OpenRequest& request);
    Result<Decided<EntryAdded>> add_entry(journal::Recorder& recorder, const Principal& by,
                                          const IncidentId& id, const EntryRequest& request);
    std::string link_to(const IncidentId& id) const;  // whole URL, or empty
    // Writes to this person, by mail, else by SMS; false if there is no way to. `about` names what
    // the letter is about ("handover"); with `round` it makes the message's key, which is never
    // sent twice.
    bool write_to(journal::Recorder& recorder, const std::string& topic, const PersonId& person,
                  const std::string& about, const std::string& round, const Letter& letter) const;

private:
    std::optional<Instant> next_due() const;
    Result<> fire(journal::Recorder& recorder);
    void hear(journal::Recorder& recorder, const store::OutboxRow& row, const Delivery& delivery);

    journal::Journal& journal_;
    State state_;
    std::unique_ptr<View> view_;
    const council::Council& council_;
    const port::Port& port_;
    const prepare::contacts::Contacts* contacts_;
    std::unique_ptr<IncidentOptions> options_;
    std::unique_ptr<Cases> cases_;
    std::unique_ptr<Cases> published_cases_;
    std::unique_ptr<CaseView> case_view_;
};

}  // namespace noroshi::respond::incident
