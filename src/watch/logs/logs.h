#pragma once
// Guideline, column on the Port of Los Angeles' CRC: members share logs voluntarily, under an agreement
// that says which kinds, how long, who may look, and how to end it. State serves as the pending and
// as the published side; decisions are pure. The lines lie in edge/archive; this room says what is
// known of them and what has to be deleted (on_disposal).

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/identity/principal.h"
#include "kernel/journal/journal.h"
#include "kernel/result.h"
#include "prepare/council/council.h"
#include "watch/logs/logs_facts.h"

namespace noroshi::watch::logs {

namespace council = prepare::council;

inline constexpr std::uint32_t longest_retention_days = 3650;
inline constexpr std::size_t most_senders = 200;  // of a source

struct Agreement {
    AgreementMade made;
    Instant since;
    std::uint64_t version = 0;
};

struct Source {
    SourceId id;
    OrganisationId member;
    std::string name;
    LogKind kind = LogKind::other;
    std::uint32_t silence_minutes = 0;
    Instant registered_at;
    bool retired = false;
    std::uint64_t next_line = 0;
    std::uint64_t lines = 0;
    std::uint64_t bytes = 0;
    std::uint64_t missing = 0;
    std::optional<Instant> heard_at;
    std::optional<Instant> silent_since;  // set while it is silent for too long
    std::optional<Instant> expired_before;
    std::optional<Instant> expired_at;  // when that was last looked at
    std::vector<SenderNamed> senders;
    bool is_received_here = false;  // its lines are numbered by the centre, for good
    std::uint64_t version = 0;

    // When it will have been silent for too long; nothing if that is of no interest or said already.
    std::optional<Instant> silence_due() const;
};

// What has to go from the archive: all lines of a source, or those received before an instant.
struct Disposal {
    SourceId source;
    std::optional<Instant> before;
};

class State {
public:
    void attach(journal::Listeners& side);

    const Agreement* agreement_of(const OrganisationId& member) const;
    const Source* find(const SourceId& id) const;
    const std::map<OrganisationId, Agreement>& agreements() const { return agreements_; }
    const std::map<SourceId, Source>& sources() const { return sources_; }

    // A member sees its own; others what its agreement lets them.
    bool may_look(const Principal& reader, const OrganisationId& member) const;
    std::vector<Disposal> disposals() const;  // all that the facts have ordered so far
    void on_disposal(std::function<void(const Disposal&)> told) { told_ = std::move(told); }
    // Who may send to the centre itself now: sources with an agreement that are not retired.
    std::vector<std::pair<SourceId, SenderNamed>> senders() const;
    void on_senders(std::function<void()> told) { senders_told_ = std::move(told); }

private:
    void tell_senders() const {
        if (senders_told_) senders_told_();
    }

    std::map<OrganisationId, Agreement> agreements_;
    std::map<SourceId, Source> sources_;
    std::set<SourceId> withdrawn_;
    std::function<void(const Disposal&)> told_;
    std::function<void()> senders_told_;
};

// ---- requests and decisions ----------------------------------------------------------------

struct AgreementDraft {
    std::vector<LogKind> kinds;
    std::uint32_t retention_days = 0;
    std::vector<OrganisationId> may_look;
    std::string reference;
};
BOOST_DESCRIBE_STRUCT(AgreementDraft, (), (kinds, retention_days, may_look, reference))

struct SourceDraft {
    static constexpr std::array<std::string_view, 1> defaulted{"silence_minutes"};
    OrganisationId member;
    std::string name;
    LogKind log_kind = LogKind::other;
    std::uint32_t silence_minutes = 0;
};
BOOST_DESCRIBE_STRUCT(SourceDraft, (), (member, name, log_kind, silence_minutes))

struct SendersDraft {
    std::vector<SenderNamed> senders;
};
BOOST_DESCRIBE_STRUCT(SendersDraft, (), (senders))

struct Batch {
    SourceId source;
    std::uint64_t first_line = 0;
    std::uint64_t lines = 0;
    std::uint64_t bytes = 0;
    std::string sha256;
    Instant earliest;
    Instant latest;
    bool after_a_gap = false;
};

const std::vector<Role>& roles_that_watch();  // who looks at logs
const std::vector<Role>& roles_that_share();  // who may send a member's logs, and end it
const std::vector<Role>& roles_that_agree();  // of the port manager

// Errors: invalid watch.logs.{kinds, retention, unknown_organisation} and kernel.i18n.*.
Result<AgreementMade> agree(const council::State& council, const OrganisationId& member,
                            const AgreementDraft& draft);
// Errors: not_found watch.logs.no_agreement; forbidden watch.logs.not_yours.
Result<AgreementWithdrawn> withdraw(const State& state, const Principal& by,
                                    const council::State& council, const OrganisationId& member,
                                    std::string_view reason);
// Errors: conflict watch.logs.{no_agreement, kind_not_agreed, name_taken}; forbidden.
Result<SourceRegistered> register_source(const State& state, const council::State& council,
                                         const Principal& by, SourceId id,
                                         const SourceDraft& draft);
// Only who keeps the port says which address is whose: whoever could name another's address would get
// to read its lines. Errors: not_found watch.logs.unknown_source; conflict watch.logs.{retired,
// no_agreement, numbered_elsewhere, sender_taken}; forbidden watch.logs.not_the_port; invalid
// watch.logs.sender_{network, certificate, nothing, files_alone}.
Result<SendersSet> set_senders(const State& state, const council::State& council,
                               const Principal& by, const SourceId& source,
                               const SendersDraft& draft);
// The port manager's administrator.
bool keeps_the_port(const Principal& by, const council::State& council);
// May this person send lines of this source? Errors: not_found watch.logs.unknown_source, conflict
// watch.logs.{retired, no_agreement, received_here}, forbidden watch.logs.not_yours.
Result<> may_send(const State& state, const Principal& by, const SourceId& source);
// The same for what the centre received itself.
Result<> may_receive(const State& state, const SourceId& source);
// Errors: conflict watch.logs.out_of_order {expected}.
Result<BatchReceived> receive(const State& state, const Batch& batch);

// ---- the room ------------------------------------------------------------------------------

class Logs {
public:
    // Before Journal::start().
    Logs(journal::Journal& journal, const council::Council& council);

    const State& state() const { return pending_; }   // journal's thread only
    const State& view() const { return published_; }  // under Journal::read
    const council::Council& council() const { return council_; }
    // Told when something has to be deleted for good, on the journal's thread.
    void on_disposal(std::function<void(const Disposal&)> told) {
        published_.on_disposal(std::move(told));
    }
    // Told when it may have changed who sends to the centre itself, on the journal's thread.
    void on_senders(std::function<void()> told) { published_.on_senders(std::move(told)); }

    Result<> agree(journal::Recorder& recorder, const OrganisationId& member,
                   const AgreementDraft& draft);
    Result<> withdraw(journal::Recorder& recorder, const Principal& by,
                      const OrganisationId& member, std::string_view reason);
    Result<SourceId> register_source(journal::Recorder& recorder, const Principal& by,
                                     const SourceDraft& draft);
    Result<> retire(journal::Recorder& recorder, const Principal& by, const SourceId& source);
    Result<> set_senders(journal::Recorder& recorder, const Principal& by, const SourceId& source,
                         const SendersDraft& draft);
    Result<> receive(journal::Recorder& recorder, const Principal& by, const Batch& batch);
    // What came in at the centre itself.
    Result<> receive_here(journal::Recorder& recorder, const Batch& batch);

    static std::string stream_of(const SourceId& source);
    static std::string stream_of_agreement(const OrganisationId& member);

private:
    Visibility visibility_of(const OrganisationId& member) const;
    std::optional<Instant> next_due() const;
    Result<> fire(journal::Recorder& recorder);
    template <class Body>
    void record(journal::Recorder& recorder, std::string stream, const OrganisationId& member,
                const Body& body);

    const council::Council& council_;
    State pending_;
    State published_;
};

}  // namespace noroshi::watch::logs
