#pragma once
// What the records room writes. Streams: learn/records/holds/<id>, disposals/<id>, marks/<id>,
// disclosures/<id>. A "record" is a stream of facts of one class: an incident, a call-out, a person.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "kernel/identity/id.h"
#include "kernel/journal/retention.h"
#include "kernel/time/time.h"

namespace noroshi::learn::records {

// Not to be disposed of, whatever its period: a lawsuit, an audit, a disclosure request.
struct HoldPlaced {
    static constexpr std::string_view kind = "learn.records.hold_placed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string hold;
    std::string record;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(HoldPlaced, (), (hold, record, reason))

struct HoldLifted {
    static constexpr std::string_view kind = "learn.records.hold_lifted";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string hold;
};
BOOST_DESCRIBE_STRUCT(HoldLifted, (), (hold))

struct DisposalProposed {
    static constexpr std::string_view kind = "learn.records.disposal_proposed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string disposal;
    std::vector<std::string> records;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(DisposalProposed, (), (disposal, records, reason))

// By somebody else. In the same commit kernel.journal.records_disposed says which facts.
struct DisposalApproved {
    static constexpr std::string_view kind = "learn.records.disposal_approved";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string disposal;
    std::uint64_t facts = 0;
};
BOOST_DESCRIBE_STRUCT(DisposalApproved, (), (disposal, facts))

struct DisposalRejected {
    static constexpr std::string_view kind = "learn.records.disposal_rejected";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string disposal;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(DisposalRejected, (), (disposal, reason))

// 任意提供・非公開条件: handed in voluntarily, on condition that it is not disclosed.
struct RecordMarked {
    static constexpr std::string_view kind = "learn.records.record_marked";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string mark;
    IncidentId incident;
    std::optional<std::uint32_t> entry;  // absent: the whole incident
    OrganisationId provider;
    std::string conditions;
};
BOOST_DESCRIBE_STRUCT(RecordMarked, (), (mark, incident, entry, provider, conditions))

// A request under the information disclosure ordinance. Who asks is kept in the authority's own
// register; here stands its number.
struct DisclosureAsked {
    static constexpr std::string_view kind = "learn.records.disclosure_asked";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string request;
    std::string reference;  // number in the authority's register
    std::string subject;
    Instant received_at;
    Instant due;
};
BOOST_DESCRIBE_STRUCT(DisclosureAsked, (), (request, reference, subject, received_at, due))

struct DisclosureItemFound {
    static constexpr std::string_view kind = "learn.records.disclosure_item_found";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string request;
    std::uint32_t item = 0;
    IncidentId incident;
    std::uint32_t entry = 0;
    std::optional<OrganisationId> provider;  // handed in voluntarily by
};
BOOST_DESCRIBE_STRUCT(DisclosureItemFound, (), (request, item, incident, entry, provider))

struct ThirdPartyAsked {
    static constexpr std::string_view kind = "learn.records.third_party_asked";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string request;
    std::uint32_t item = 0;
    OrganisationId organisation;
    Instant until;
};
BOOST_DESCRIBE_STRUCT(ThirdPartyAsked, (), (request, item, organisation, until))

struct ThirdPartyHeard {
    static constexpr std::string_view kind = "learn.records.third_party_heard";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string request;
    std::uint32_t item = 0;
    OrganisationId organisation;
    bool objects = false;
    std::string opinion;
};
BOOST_DESCRIBE_STRUCT(ThirdPartyHeard, (), (request, item, organisation, objects, opinion))

enum class Disclosure { disclose, partly, withhold };
BOOST_DESCRIBE_ENUM(Disclosure, disclose, partly, withhold)

struct ItemDecided {
    static constexpr std::string_view kind = "learn.records.item_decided";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string request;
    std::uint32_t item = 0;
    Disclosure decision = Disclosure::withhold;
    std::string ground;                // the ordinance's article
    std::vector<std::string> blacked;  // words that are blacked out, when partly
};
BOOST_DESCRIBE_STRUCT(ItemDecided, (), (request, item, decision, ground, blacked))

struct DisclosureClosed {
    static constexpr std::string_view kind = "learn.records.disclosure_closed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string request;
};
BOOST_DESCRIBE_STRUCT(DisclosureClosed, (), (request))

}  // namespace noroshi::learn::records
