#pragma once
// Alternative ports (代替港). In peace time: with whom there is an agreement, until when, when it was
// reviewed, whom to call, what they can take. In an incident: request, offer, agreed calls; who waits
// for whom stands on top, the most urgent first. Seen and kept by the port manager's people. A partner
// sits at no screen of ours: what it answers is written down.

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/journal/journal.h"
#include "kernel/result.h"
#include "respond/notices/notices.h"
#include "respond/notices/notices_alternative_facts.h"
#include "respond/notices/notices_view.h"

namespace noroshi::respond::notices {

inline constexpr std::size_t calls_limit = 50;
inline constexpr std::size_t contacts_limit = 20;
// An agreement is spoken of again so long before it lapses, and so long after its last review.
inline constexpr std::chrono::hours lapses_soon{24 * 60};
inline constexpr std::chrono::hours review_every{24 * 366};

struct PartnerContactRequest {
    static constexpr std::array<std::string_view, 4> defaulted{"who", "phone", "email", "hours"};
    std::string office;
    std::string who;
    std::string phone;
    std::string email;
    std::string hours;
};
BOOST_DESCRIBE_STRUCT(PartnerContactRequest, (), (office, who, phone, email, hours))

struct PartnerRequest {
    static constexpr std::array<std::string_view, 4> defaulted{"name_en", "locode", "capacity",
                                                               "retired"};
    std::string name;
    std::string name_en;
    std::string locode;
    std::vector<PartnerContactRequest> contacts;
    std::optional<Agreement> agreement;
    Capacity capacity;
    bool retired = false;
};
BOOST_DESCRIBE_STRUCT(PartnerRequest, (),
                      (name, name_en, locode, contacts, agreement, capacity, retired))

struct DiversionRequest {
    static constexpr std::array<std::string_view, 1> defaulted{"text"};
    IncidentId incident;
    PartnerId partner;
    std::vector<DivertedCall> calls;
    std::string text;
    std::optional<Instant> answer_by;
};
BOOST_DESCRIBE_STRUCT(DiversionRequest, (), (incident, partner, calls, text, answer_by))
struct OfferRequest {
    static constexpr std::array<std::string_view, 1> defaulted{"text"};
    std::vector<OfferedCall> offers;
    std::string text;
    std::optional<Instant> valid_until;
};
BOOST_DESCRIBE_STRUCT(OfferRequest, (), (offers, text, valid_until))
struct AgreeRequest {
    static constexpr std::array<std::string_view, 1> defaulted{"text"};
    std::vector<std::uint32_t> calls;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(AgreeRequest, (), (calls, text))
struct EndRequest {
    static constexpr std::array<std::string_view, 1> defaulted{"text"};
    DiversionEnding why = DiversionEnding::done;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(EndRequest, (), (why, text))

// ---- what is read --------------------------------------------------------------------------

struct PartnerItem {
    PartnerId id;
    std::uint64_t version = 0;
    std::string name;
    std::string name_en;
    std::string locode;
    std::vector<PartnerContactRequest> contacts;
    std::optional<Agreement> agreement;
    Capacity capacity;
    bool retired = false;
    std::vector<ReadinessItem> readiness;
};
BOOST_DESCRIBE_STRUCT(PartnerItem, (),
                      (id, version, name, name_en, locode, contacts, agreement, capacity, retired,
                       readiness))
struct PartnerItems {
    std::vector<PartnerItem> items;
};
BOOST_DESCRIBE_STRUCT(PartnerItems, (), (items))

enum class DiversionStage { requested, offered, agreed, ended };
BOOST_DESCRIBE_ENUM(DiversionStage, requested, offered, agreed, ended)
enum class WaitsFor { partner, us, nobody };
BOOST_DESCRIBE_ENUM(WaitsFor, partner, us, nobody)

struct DiversionItem {
    DiversionId id;
    std::uint64_t version = 0;
    std::uint32_t number = 0;
    bool drill = false;
    IncidentId incident;
    PartnerId partner;
    DiversionStage stage = DiversionStage::requested;
    WaitsFor waits_for = WaitsFor::partner;
    std::optional<Instant> due;  // when whoever is waited for has to have answered
    Instant requested_at;
    Instant changed_at;
    std::vector<DivertedCall> calls;
    std::string text;
    std::vector<OfferedCall> offers;
    std::string offer_text;
    std::vector<std::uint32_t> agreed;
    std::string agreed_text;
    std::optional<DiversionEnding> ending;
    std::string ended_text;
};
BOOST_DESCRIBE_STRUCT(DiversionItem, (),
                      (id, version, number, drill, incident, partner, stage, waits_for, due,
                       requested_at, changed_at, calls, text, offers, offer_text, agreed,
                       agreed_text, ending, ended_text))
struct DiversionItems {
    std::vector<DiversionItem> items;  // what is waited for first, the most urgent on top
    std::uint32_t waiting = 0;
};
BOOST_DESCRIBE_STRUCT(DiversionItems, (), (items, waiting))

// ---- state ---------------------------------------------------------------------------------

class AlternativeState {
public:
    struct Partner {
        PartnerKept kept;
        std::uint64_t version = 0;
    };
    struct Diversion {
        journal::World world;
        std::shared_ptr<const Visibility> visibility;
        DiversionRequested requested;
        Instant requested_at;
        std::optional<DiversionOffered> offered;
        std::optional<DiversionAgreed> agreed;
        std::optional<DiversionEnded> ended;
        Instant changed_at;
        std::uint64_t version = 0;

        DiversionStage stage() const;
        WaitsFor waits_for() const;
        std::optional<Instant> due() const;
    };
    void attach(journal::Listeners& side);
    const Partner* find(const PartnerId& id) const;
    const Diversion* find(const DiversionId& id) const;
    const std::map<PartnerId, Partner>& partners() const { return partners_; }
    const std::map<DiversionId, Diversion>& diversions() const { return diversions_; }

private:
    std::map<PartnerId, Partner> partners_;
    std::map<DiversionId, Diversion> diversions_;
};

// ---- decisions -----------------------------------------------------------------------------

// `holder` is whose key the contacts' names lie under. Errors: invalid with pointer.
Result<PartnerKept> partner_of(const PartnerRequest& request, const PersonId& holder, Instant now);
// What is missing or lapses, in words.
std::vector<ReadinessItem> readiness_of(const PartnerKept& partner, Instant now, Language language);
// Errors: forbidden respond.notices.not_port_manager; not_found respond.notices.{unknown_incident,
// unknown_partner, unknown_diversion}; conflict respond.notices.{diversion_over, nothing_offered,
// offer_lapsed}; invalid with pointer.
Result<Decided<DiversionRequested>> request_diversion(const Ground& ground,
                                                      const AlternativeState& known,
                                                      const DiversionId& id,
                                                      const DiversionRequest& request,
                                                      const Principal& by);
Result<Decided<DiversionOffered>> take_offer(const Ground& ground, const AlternativeState& known,
                                             const DiversionId& id, const OfferRequest& request,
                                             const Principal& by, Version version);
Result<Decided<DiversionAgreed>> agree_calls(const Ground& ground, const AlternativeState& known,
                                             const DiversionId& id, const AgreeRequest& request,
                                             const Principal& by, Version version);
Result<Decided<DiversionEnded>> end_diversion(const Ground& ground, const AlternativeState& known,
                                              const DiversionId& id, const EndRequest& request,
                                              const Principal& by, Version version);

// ---- the room's part -----------------------------------------------------------------------

class Alternatives {
public:
    Alternatives(journal::Journal& journal, const council::Council& council);

    // Under Journal::read. Errors: forbidden respond.notices.not_port_manager.
    Result<PartnerItems> partners(const Principal& reader, Instant now) const;
    // Of one incident; without one, all.
    Result<DiversionItems> diversions(const Principal& reader, const IncidentId& incident) const;
    // Of all partners, for the desk.
    std::vector<ReadinessItem> readiness(Instant now, Language language) const;
    const AlternativeState& state() const { return pending_; }

    // Inside a command.
    Result<PartnerId> keep(journal::Recorder& recorder, const std::optional<PartnerId>& id,
                           const PartnerRequest& request, const Principal& by, Version version);
    Result<DiversionId> request(journal::Recorder& recorder, const Ground& ground,
                                const DiversionRequest& request, const Principal& by);

    static std::string stream_of(const PartnerId& id);
    static std::string stream_of(const DiversionId& id);

private:
    const council::Council& council_;
    AlternativeState pending_;
    AlternativeState published_;
};

}  // namespace noroshi::respond::notices
