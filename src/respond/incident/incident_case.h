#pragma once
// What the leaders keep beside the chronology: who is in charge, hypotheses of the cause, evidence in
// custody, links, advice, systems, reports and their clocks, and observations that may become an
// incident. Guideline 3.3.1 (observations, reports), 3.3.3 (custody, cause).
//
// Cases is folded on both sides: pending (journal's thread only) and published (under
// Journal::read). Decisions are pure: Inquiry says who asks what is known; they give the fact and
// where it goes. Reports are in incident_report.h, their clocks in incident_clocks.h.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/journal/listeners.h"
#include "kernel/time/exercise_clock.h"
#include "prepare/port/port_register.h"
#include "respond/incident/incident.h"
#include "respond/incident/incident_case_facts.h"

namespace noroshi::respond::incident {

inline constexpr std::size_t statement_limit = 2'000;  // characters
inline constexpr std::size_t hypotheses_limit = 50;    // of one incident
inline constexpr std::size_t evidence_limit = 2'000;
// An offered command that nobody accepts is told to the chair after this.
inline constexpr auto handover_patience = std::chrono::minutes(15);

struct Case {
    // Who said something, and when (event time).
    struct Said {
        PersonId by;
        OrganisationId organisation;
        OrganisationId on_behalf_of;
        Instant at;
    };

    struct Offer {
        PersonId to;
        PersonId from;
        std::string note;
        Instant offered_at;
        Instant lapses_at;
        bool lapsed = false;
    };
    enum class Change { opened, taken, offered, accepted, declined, withdrawn, lapsed };
    struct CommandChange {
        Change change;
        PersonId by;
        PersonId to;  // of an offer
        Instant at;
        std::string note;
    };
    PersonId in_charge;
    OrganisationId in_charge_for;
    Instant in_charge_since;
    std::optional<Offer> offer;
    std::vector<CommandChange> command;

    struct Weighed {
        Weight weight;
        std::string statement;
        Said said;
        Number entry = 0;
        std::uint32_t evidence = 0;
    };
    struct Judged {
        HypothesisStanding standing;
        std::string reason;
        Said said;
    };
    struct Hypothesis {
        std::string statement;
        Said said;
        std::vector<Weighed> weighed;
        std::vector<Judged> judged;
        HypothesisStanding standing() const {
            return judged.empty() ? HypothesisStanding::open : judged.back().standing;
        }
    };
    std::vector<Hypothesis> hypotheses;  // number n at n - 1
    struct Concluded {
        Conclusion conclusion;
        std::uint32_t hypothesis;
        std::string reason;
        Said said;
    };
    std::vector<Concluded> conclusions;

    struct Custody {  // one step in the chain of custody
        enum class What { taken, handed_over, sealed, checked, offered, accepted, declined } what;
        std::string from, to;  // names
        OrganisationId to_organisation;
        std::string seal, note, sha256;
        std::optional<bool> intact;  // the seal, or whether the hash is the same
        Said said;
        PersonId from_person, to_person;  // of those who sign in, instead of the names
    };
    struct Evidence {
        EvidenceTaken body;
        std::string held_by;
        OrganisationId held_by_organisation;
        std::string seal;
        std::vector<Custody> steps;
        PersonId held_by_person;  // instead of the name
        struct Offered {
            PersonId to;
            OrganisationId organisation;
            PersonId by;
        };
        std::optional<Offered> offered;  // until it is accepted or declined
    };
    std::vector<Evidence> evidence;

    struct Link {
        Relation relation;
        std::string note;
        Said said;
    };
    std::map<IncidentId, Link> links;   // this one is a recurrence of those
    std::vector<IncidentId> linked_by;  // those point here

    struct Advice {
        Number entry;
        std::string adviser;
        OrganisationId organisation;
        Said said;
    };
    std::vector<Advice> advice;
    std::vector<Advice> advice_asked;

    struct Question {
        Number entry;
        Number about;  // 0: the incident
        PersonId asked;
        OrganisationId asked_organisation;
        Said said;
    };
    std::vector<Question> questions;
    std::vector<prepare::port::SystemId> systems;

    struct Sent {
        OrganisationId to;
        std::vector<PersonId> people;
        std::string medium;
        Said said;
    };
    struct Report {
        ReportIssued body;
        Said said;
        Instant entry_time;
        std::vector<Sent> sent;
    };
    std::vector<Report> reports;

    struct Clocked {
        bool waived = false;
        std::string note;
        Number entry = 0;
        Said said;
    };
    std::map<std::string, Clocked> clocks;    // by clock_key()
    std::vector<ObservationId> observations;  // that belong here
    struct Undelivered {
        PersonId person;
        std::string about;
        bool refused;
        Instant at;
    };
    std::vector<Undelivered> undelivered;

    journal::World world;
    bool open = true;
};

std::string clock_key(std::string_view clock, const OrganisationId& who);

struct Observation {
    enum class State { fresh, questioned, answered, raised, settled };
    struct Turn {
        enum class What { asked, answered, settled, reopened, raised } what;
        std::string text;
        PersonId asked;
        OrganisationId asked_organisation;
        std::optional<Instant> due;
        Case::Said said;
    };
    ObservationId id;
    journal::World world;
    std::uint32_t number = 0;
    std::uint32_t version = 0;
    State state = State::fresh;
    std::string content, source;
    std::vector<TerminalId> terminals;
    Case::Said said;
    Instant noticed_at;
    Instant entry_time;
    std::shared_ptr<const Visibility> visibility;
    IncidentId incident;
    std::vector<Turn> turns;
    // Who is to answer now: the last question, while it is open.
    const Turn* question() const;
};

class Cases {
public:
    void attach(journal::Listeners& side);

    const Case* find(const IncidentId& id) const;
    const Observation* find(const ObservationId& id) const;
    std::vector<const Observation*> observations(
        const journal::World& world) const;  // newest first
    std::uint32_t next_observation_number(const journal::World& world) const;
    // Incidents with an offer that has neither been answered nor lapsed.
    const std::map<IncidentId, Instant>& waiting_offers() const { return waiting_; }
    // By the clock of that world, on this side.
    Instant now_in(const journal::World& world, Instant now) const;

private:
    Case* case_of(const journal::Envelope& at);
    Observation* observation_of(const journal::Envelope& at);

    std::unordered_map<IncidentId, Case> cases_;
    std::unordered_map<ObservationId, Observation> observations_;
    std::map<journal::World, std::vector<ObservationId>> by_world_;
    std::map<IncidentId, Instant> waiting_;  // → lapses_at, in the time of its world
    std::unordered_map<ExerciseId, ExerciseTime> exercises_;
};

std::string stream_of(const ObservationId& id);

// ---- requests ------------------------------------------------------------------------------

struct TakeCommandRequest {
    std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(TakeCommandRequest, (), (reason))

struct HandOverRequest {
    PersonId to;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(HandOverRequest, (), (to, note))

struct HypothesisRequest {
    std::string statement;
    std::optional<OrganisationId> on_behalf_of;
};
BOOST_DESCRIBE_STRUCT(HypothesisRequest, (), (statement, on_behalf_of))

struct WeighRequest {
    Weight weight = Weight::supports;
    std::string statement;
    std::optional<OrganisationId> on_behalf_of;
    std::optional<Number> entry;
    std::optional<std::uint32_t> evidence;
};
BOOST_DESCRIBE_STRUCT(WeighRequest, (), (weight, statement, on_behalf_of, entry, evidence))

struct JudgeRequest {
    HypothesisStanding standing = HypothesisStanding::open;
    std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(JudgeRequest, (), (standing, reason))

struct ConcludeRequest {
    Conclusion conclusion = Conclusion::undetermined;
    std::optional<std::uint32_t> hypothesis;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(ConcludeRequest, (), (conclusion, hypothesis, reason))

struct TakeEvidenceRequest {
    std::string description;
    std::optional<std::string> sha256;
    std::optional<std::uint64_t> size;
    std::optional<std::string> attachment;
    std::optional<std::string> taken_by;  // absent: the author
    std::optional<std::string> place;
    std::optional<std::string> held_by;  // absent: whoever took it
    std::optional<OrganisationId> held_by_organisation;
    std::optional<std::string> seal;
    std::optional<Instant> event_time;
    std::optional<OrganisationId> on_behalf_of;
};
BOOST_DESCRIBE_STRUCT(TakeEvidenceRequest, (),
                      (description, sha256, size, attachment, taken_by, place, held_by,
                       held_by_organisation, seal, event_time, on_behalf_of))

struct PassEvidenceRequest {
    static constexpr std::array<std::string_view, 1> defaulted{"to"};
    std::string to;                     // by name: it is in those hands already
    std::optional<PersonId> to_person;  // or: offered to somebody who has to accept it
    std::optional<OrganisationId> to_organisation;
    std::optional<bool> seal_intact;
    std::optional<std::string> note;
    std::optional<Instant> event_time;
};
BOOST_DESCRIBE_STRUCT(PassEvidenceRequest, (),
                      (to, to_person, to_organisation, seal_intact, note, event_time))

struct ReceiveEvidenceRequest {
    std::optional<bool> seal_intact;
    std::optional<std::string> note;
    std::optional<Instant> event_time;
};
BOOST_DESCRIBE_STRUCT(ReceiveEvidenceRequest, (), (seal_intact, note, event_time))

struct SealEvidenceRequest {
    std::string seal;
    std::optional<std::string> sealed_by;
    std::optional<std::string> note;
    std::optional<Instant> event_time;
};
BOOST_DESCRIBE_STRUCT(SealEvidenceRequest, (), (seal, sealed_by, note, event_time))

struct CheckEvidenceRequest {
    std::string sha256;
    std::optional<std::string> checked_by;
    std::optional<Instant> event_time;
};
BOOST_DESCRIBE_STRUCT(CheckEvidenceRequest, (), (sha256, checked_by, event_time))

struct LinkRequest {
    IncidentId other;
    Relation relation = Relation::recurrence;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(LinkRequest, (), (other, relation, note))

// Either a line that is there, or the words, which become one.
struct AdviceRequest {
    std::optional<Number> entry;
    std::optional<std::string> content;
    std::optional<std::string> adviser;
    std::optional<OrganisationId> adviser_organisation;
    std::optional<std::string> medium;
    std::optional<Instant> event_time;
    std::optional<Instant> due;  // of what is asked
};
BOOST_DESCRIBE_STRUCT(AdviceRequest, (),
                      (entry, content, adviser, adviser_organisation, medium, event_time, due))

struct InformationRequest {
    std::string question;
    std::optional<Number> about;  // absent: the incident
    std::optional<PersonId> asked;
    std::optional<OrganisationId> asked_organisation;
    std::optional<Instant> due;
};
BOOST_DESCRIBE_STRUCT(InformationRequest, (), (question, about, asked, asked_organisation, due))

struct AnswerInformationRequest {
    std::string answer;
    std::optional<OrganisationId> on_behalf_of;
    std::optional<Instant> event_time;
};
BOOST_DESCRIBE_STRUCT(AnswerInformationRequest, (), (answer, on_behalf_of, event_time))

struct SystemsRequest {
    std::vector<prepare::port::SystemId> systems;
};
BOOST_DESCRIBE_STRUCT(SystemsRequest, (), (systems))

struct ObserveRequest {
    static constexpr std::array<std::string_view, 1> defaulted{"terminals"};
    std::string content;
    std::optional<Instant> event_time;
    std::optional<std::string> source;
    std::vector<TerminalId> terminals;
    std::optional<Readers> visibility;
    std::optional<OrganisationId> on_behalf_of;
    std::optional<ExerciseId> exercise;
};
BOOST_DESCRIBE_STRUCT(ObserveRequest, (),
                      (content, event_time, source, terminals, visibility, on_behalf_of, exercise))

struct QuestionRequest {
    std::string question;
    std::optional<PersonId> asked;
    std::optional<OrganisationId> asked_organisation;
    std::optional<Instant> due;
};
BOOST_DESCRIBE_STRUCT(QuestionRequest, (), (question, asked, asked_organisation, due))

struct AnswerObservationRequest {
    std::string answer;
    std::optional<OrganisationId> on_behalf_of;
};
BOOST_DESCRIBE_STRUCT(AnswerObservationRequest, (), (answer, on_behalf_of))

// Either into an incident that is there, or a new one.
struct RaiseObservationRequest {
    std::optional<IncidentId> incident;
    std::optional<OpenRequest> open;
};
BOOST_DESCRIBE_STRUCT(RaiseObservationRequest, (), (incident, open))

// ---- decisions -----------------------------------------------------------------------------

// Asked, and what is known beside the chronology: the pending side.
struct Inquiry {
    Asked asked;
    const Cases& cases;
    const prepare::port::Register& systems;
};

// Who may lead a live incident: duty officers and leaders of a port manager. In an exercise its
// facilitators too.
bool may_lead(const Inquiry& inquiry, const PersonId& person, const journal::World& world);
// The chair is told when a hand-over lapses: the port managers' leaders, without the person in
// charge and the one asked; without any, the duty officers, without the same two.
std::vector<PersonId> chairs(const council::State& council, const PersonId& in_charge,
                             const PersonId& asked);

// Errors of all: not_found respond.incident.unknown; forbidden respond.incident.administrator_only;
// invalid and conflict respond.incident.* with the pointer of the field.
Result<Decided<CommandTaken>> take_command(const Inquiry& inquiry, const IncidentId& id,
                                           const TakeCommandRequest& request);
Result<Decided<HandoverOffered>> hand_over(const Inquiry& inquiry, const IncidentId& id,
                                           const HandOverRequest& request);
Result<Decided<HandoverAccepted>> accept_command(const Inquiry& inquiry, const IncidentId& id);
Result<Decided<HandoverDeclined>> decline_command(const Inquiry& inquiry, const IncidentId& id,
                                                  const ReasonRequest& request);
Result<Decided<HandoverWithdrawn>> withdraw_handover(const Inquiry& inquiry, const IncidentId& id,
                                                     const ReasonRequest& request);

Result<Decided<HypothesisProposed>> propose(const Inquiry& inquiry, const IncidentId& id,
                                            const HypothesisRequest& request);
Result<Decided<HypothesisWeighed>> weigh(const Inquiry& inquiry, const IncidentId& id,
                                         std::uint32_t hypothesis, const WeighRequest& request);
Result<Decided<HypothesisJudged>> judge(const Inquiry& inquiry, const IncidentId& id,
                                        std::uint32_t hypothesis, const JudgeRequest& request);
Result<Decided<CauseConcluded>> conclude(const Inquiry& inquiry, const IncidentId& id,
                                         const ConcludeRequest& request);

Result<Decided<EvidenceTaken>> take_evidence(const Inquiry& inquiry, const IncidentId& id,
                                             const TakeEvidenceRequest& request);
Result<Decided<EvidenceHandedOver>> pass_evidence(const Inquiry& inquiry, const IncidentId& id,
                                                  std::uint32_t number,
                                                  const PassEvidenceRequest& request);
Result<Decided<EvidenceSealed>> seal_evidence(const Inquiry& inquiry, const IncidentId& id,
                                              std::uint32_t number,
                                              const SealEvidenceRequest& request);
Result<Decided<EvidenceChecked>> check_evidence(const Inquiry& inquiry, const IncidentId& id,
                                                std::uint32_t number,
                                                const CheckEvidenceRequest& request);

// By whom it was offered to; declined also by whoever offered it. Errors: conflict
// respond.incident.evidence_not_offered; forbidden respond.incident.evidence_offered_to_another.
enum class Receipt { accepted, declined };
Result<Decided<EvidenceReceived>> receive_evidence(const Inquiry& inquiry, const IncidentId& id,
                                                   std::uint32_t number, Receipt receipt,
                                                   const ReceiveEvidenceRequest& request);

Result<Decided<IncidentLinked>> link(const Inquiry& inquiry, const IncidentId& id,
                                     const LinkRequest& request);
Result<Decided<IncidentUnlinked>> unlink(const Inquiry& inquiry, const IncidentId& id,
                                         const IncidentId& other, const ReasonRequest& request);
// A fact about a line, and that line, if it is not there yet: it is recorded first.
template <class Body>
struct Lined {
    std::optional<Decided<EntryAdded>> line;
    Decided<Body> fact;
};
Result<Lined<AdviceReceived>> receive_advice(const Inquiry& inquiry, const IncidentId& id,
                                             const AdviceRequest& request);
Result<Lined<AdviceAsked>> ask_advice(const Inquiry& inquiry, const IncidentId& id,
                                      const AdviceRequest& request);
// Guideline 3.3.1: what is not known is asked, of somebody, and stays on top until it is answered.
Result<Lined<InformationAsked>> ask_information(const Inquiry& inquiry, const IncidentId& id,
                                                const InformationRequest& request);
// Whoever was asked, whoever asked, and who writes for others.
bool may_answer(const Principal& by, const Case::Question& question, const journal::World& world);
// The line that completes the question. Errors: not_found respond.incident.question_unknown; forbidden
// respond.incident.asked_of_another.
Result<Decided<EntryAdded>> answer_information(const Inquiry& inquiry, const IncidentId& id,
                                               Number question,
                                               const AnswerInformationRequest& request);
Result<Decided<SystemsNamed>> name_systems(const Inquiry& inquiry, const IncidentId& id,
                                           const SystemsRequest& request);

Result<Decided<ObservationMade>> observe(const Inquiry& inquiry, const ObservationId& id,
                                         const ObserveRequest& request);
Result<Decided<ObservationQuestioned>> question(const Inquiry& inquiry, const ObservationId& id,
                                                const QuestionRequest& request);
Result<Decided<ObservationAnswered>> answer(const Inquiry& inquiry, const ObservationId& id,
                                            const AnswerObservationRequest& request);
// Into an incident that is there; a new one is opened by the caller first.
Result<Decided<ObservationRaised>> raise(const Inquiry& inquiry, const ObservationId& id,
                                         const IncidentId& incident);
Result<Decided<ObservationSettled>> settle(const Inquiry& inquiry, const ObservationId& id,
                                           const ReasonRequest& request);
Result<Decided<ObservationReopened>> reopen(const Inquiry& inquiry, const ObservationId& id,
                                            const ReasonRequest& request);

}  // namespace noroshi::respond::incident
