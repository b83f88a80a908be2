#pragma once
// Guideline 1.2: the register. Berths, gates, roads and fairways; the critical systems, who owns and
// who maintains them, what depends on them; and which parts of the guideline apply to whom.
//
// Register is folded on both sides: pending (journal's thread only) and published (under
// Journal::read). Decisions are pure. A system is seen by its owner, its vendor and the port
// managers: to everybody else it is counted as hidden.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/identity/principal.h"
#include "kernel/journal/journal.h"
#include "prepare/council/council.h"
#include "prepare/port/port.h"
#include "prepare/port/port_facts.h"

namespace noroshi::prepare::port {

// ---- what somebody wants it to be ----------------------------------------------------------

struct FacilityDraft {
    static constexpr std::array<std::string_view, 4> defaulted{"name_en", "code", "terminals",
                                                               "note"};
    FacilityKind kind = FacilityKind::gate;
    std::string name;
    std::string name_en;
    std::string code;
    std::vector<TerminalId> terminals;
    std::optional<std::uint32_t> length_metres;
    std::optional<std::uint32_t> depth_centimetres;
    std::optional<std::uint32_t> lanes;
    std::string note;
};
BOOST_DESCRIBE_STRUCT(FacilityDraft, (),
                      (kind, name, name_en, code, terminals, length_metres, depth_centimetres,
                       lanes, note))

struct SystemDraft {
    static constexpr std::array<std::string_view, 10> defaulted{
        "name_en",       "vendor_name", "remote_access", "remote_access_note", "functions",
        "service_level", "terminals",   "facilities",    "depends_on",         "without"};
    std::string name;
    std::string name_en;
    OrganisationId owner;
    std::optional<OrganisationId> vendor;
    std::string vendor_name;
    RemoteAccess remote_access = RemoteAccess::unknown;
    std::string remote_access_note;
    std::vector<TosFunction> functions;
    std::string service_level;
    std::optional<std::uint32_t> recovery_target_minutes;
    std::vector<TerminalId> terminals;
    std::vector<FacilityId> facilities;
    std::vector<SystemId> depends_on;
    std::string without;
};
BOOST_DESCRIBE_STRUCT(SystemDraft, (),
                      (name, name_en, owner, vendor, vendor_name, remote_access, remote_access_note,
                       functions, service_level, recovery_target_minutes, terminals, facilities,
                       depends_on, without))

// ---- answers -------------------------------------------------------------------------------

struct FacilityItem {
    FacilityId id;
    FacilityKind kind = FacilityKind::gate;
    std::string name;
    std::string name_en;
    std::string code;
    std::vector<TerminalId> terminals;
    std::optional<std::uint32_t> length_metres;
    std::optional<std::uint32_t> depth_centimetres;
    std::optional<std::uint32_t> lanes;
    std::string note;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(FacilityItem, (),
                      (id, kind, name, name_en, code, terminals, length_metres, depth_centimetres,
                       lanes, note, version))

struct FacilityList {
    std::vector<FacilityItem> items;  // by kind, code, name
};
BOOST_DESCRIBE_STRUCT(FacilityList, (), (items))

struct SystemItem {
    SystemId id;
    std::string name;
    std::string name_en;
    OrganisationId owner;
    std::optional<OrganisationId> vendor;
    std::string vendor_name;
    RemoteAccess remote_access = RemoteAccess::unknown;
    std::string remote_access_note;
    std::vector<TosFunction> functions;
    std::string service_level;
    std::optional<std::uint32_t> recovery_target_minutes;
    std::vector<TerminalId> terminals;
    std::vector<FacilityId> facilities;
    std::vector<SystemId> depends_on;
    std::vector<SystemId> needed_by;  // directly
    std::string without;
    bool can_change = false;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(SystemItem, (),
                      (id, name, name_en, owner, vendor, vendor_name, remote_access,
                       remote_access_note, functions, service_level, recovery_target_minutes,
                       terminals, facilities, depends_on, needed_by, without, can_change, version))

struct SystemList {
    std::vector<SystemItem> items;  // by name
    std::size_t hidden = 0;
};
BOOST_DESCRIBE_STRUCT(SystemList, (), (items, hidden))

// How a system is reached: it is the failing one, it depends on one that is reached, or it has the
// vendor of a failing one, through whom the trouble may have come.
enum class How { failing, depends, vendor };
BOOST_DESCRIBE_ENUM(How, failing, depends, vendor)

struct ReachedItem {
    SystemId id;
    std::string name;  // in the reader's language
    How how = How::failing;
    int steps = 0;                    // of dependence away from a failing one
    std::optional<SystemId> through;  // the system it depends on, if it does
    OrganisationId owner;
    std::optional<OrganisationId> vendor;
    std::string vendor_name;
    RemoteAccess remote_access = RemoteAccess::unknown;
    std::vector<TosFunction> functions;
    std::vector<TerminalId> terminals;
    std::string without;
};
BOOST_DESCRIBE_STRUCT(ReachedItem, (),
                      (id, name, how, steps, through, owner, vendor, vendor_name, remote_access,
                       functions, terminals, without))

// Whom else it reaches. Organisations by their ids; the reader sees only systems that are his to
// see, the others are counted.
struct Reach {
    std::vector<ReachedItem> systems;             // failing first, then by steps; vendors' last
    std::vector<TerminalId> terminals;            // that lose a system
    std::vector<FacilityId> facilities;           // that do
    std::vector<OrganisationId> organisations;    // owners, and operators of those terminals
    std::vector<TerminalId> terminals_by_vendor;  // that work with a system of the same vendor
    std::vector<OrganisationId> organisations_by_vendor;
    std::size_t hidden = 0;  // systems reached that the reader may not see
};
BOOST_DESCRIBE_STRUCT(Reach, (),
                      (systems, terminals, facilities, organisations, terminals_by_vendor,
                       organisations_by_vendor, hidden))

// One part of the guideline, for one organisation: port_manager (港湾管理者等編), operator
// (重要インフラ事業者等編: whoever owns or operates a TOS), contractor (whoever maintains systems of
// others), information_sharing (3.1.1, 3.1.2), facility_security (埠頭保安規程).
struct AppliesItem {
    std::string part;
    SelfCheckAnswer applies = SelfCheckAnswer::unknown;
    std::string name;                           // in the reader's language
    std::string reason;                         // why, in the reader's language
    std::optional<SelfCheckQuestion> question;  // that would settle it
};
BOOST_DESCRIBE_STRUCT(AppliesItem, (), (part, applies, name, reason, question))

struct SelfCheckItem {
    OrganisationId organisation;
    std::vector<AppliesItem> parts;
    std::size_t systems = 0;  // that it owns
    bool can_answer = false;
};
BOOST_DESCRIBE_STRUCT(SelfCheckItem, (), (organisation, parts, systems, can_answer))

struct SelfCheck {
    std::vector<SelfCheckItem> items;
    std::size_t hidden = 0;
};
BOOST_DESCRIBE_STRUCT(SelfCheck, (), (items, hidden))

// ---- the register --------------------------------------------------------------------------

class Register {
public:
    struct Facility {
        FacilityRegistered body;
        std::uint64_t version = 0;
    };
    struct System {
        SystemRegistered body;
        std::shared_ptr<const Visibility> visibility;
        std::uint64_t version = 0;
    };

    void attach(journal::Listeners& side);

    // Nothing that was withdrawn.
    const Facility* find(const FacilityId& id) const;
    const System* find(const SystemId& id) const;
    std::vector<const Facility*> facilities() const;  // by kind, code, name
    std::vector<const System*> systems() const;       // by name
    SelfCheckAnswer answer_of(const OrganisationId& organisation, SelfCheckQuestion question) const;

    FacilityList facility_list() const;
    SystemList system_list(const Principal& reader) const;
    std::optional<SystemItem> system(const Principal& reader, const SystemId& id) const;
    // What reaches whom if these fail, or if these vendors are the way in. Unknown ids are passed
    // over: a system may have been withdrawn since. The vendors of the failing systems count too.
    Reach reach(const Principal& reader, const State& port, std::span<const SystemId> failing,
                std::span<const OrganisationId> vendors, Language language) const;
    SelfCheck self_check(const Principal& reader, const council::State& council,
                         Language language) const;

private:
    template <class Fact>
    void put_facility(const Fact& fact, const journal::Envelope& at);
    template <class Fact>
    void put_system(const Fact& fact, const journal::Envelope& at);
    SystemItem item_of(const Principal& reader, const System& of) const;

    std::unordered_map<FacilityId, Facility> facilities_;
    std::unordered_map<SystemId, System> systems_;
    std::unordered_map<std::string, SelfCheckAnswer> answers_;  // by organisation and question
};

// ---- decisions -----------------------------------------------------------------------------
// Errors: invalid, prepare.port.* with the pointer of the field; not_found
// prepare.port.{unknown_facility, unknown_system}; conflict prepare.port.system_name_taken; forbidden
// prepare.port.not_your_system.

// An administrator, or a security person for what the own organisation owns.
bool may_change_systems_of(const Principal& by, const OrganisationId& owner);

Result<FacilityRegistered> register_facility(const Register& known, const State& port,
                                             FacilityId id, const FacilityDraft& draft);
Result<SystemRegistered> register_system(const Register& known, const State& port,
                                         const council::State& council, const Principal& by,
                                         SystemId id, const SystemDraft& draft);
Visibility visibility_of(const council::State& council, const SystemRegistered& system);

}  // namespace noroshi::prepare::port
