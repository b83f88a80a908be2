#pragma once
// What the port room writes: the port's name, its terminals and facilities, and the register of its
// critical systems. A change carries the whole record as it then stands.
//
// Streams: prepare/port (the port itself), prepare/port/terminals/<id>, …/facilities/<id>,
// …/systems/<id>, …/self_check/<organisation>.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "kernel/identity/id.h"
#include "kernel/journal/retention.h"

namespace noroshi::prepare::port {

struct PortNamed {
    static constexpr std::string_view kind = "prepare.port.port_named";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::port;

    std::string name;
    std::string name_en;
};
BOOST_DESCRIBE_STRUCT(PortNamed, (), (name, name_en))

struct TerminalRegistered {
    static constexpr std::string_view kind = "prepare.port.terminal_registered";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::port;

    TerminalId terminal;
    std::string name;
    std::string name_en;
    OrganisationId operator_;
    std::string code;  // as written on signs and in EDI: "NCB"
    std::optional<std::uint32_t> quay_metres;
    std::optional<std::uint32_t> quay_cranes;
    std::string yard_gear;  // in free words: "RTG 22, straddle carriers 4"
};
BOOST_DESCRIBE_STRUCT(TerminalRegistered, (),
                      (terminal, name, name_en, operator_, code, quay_metres, quay_cranes,
                       yard_gear))

struct TerminalChanged {
    static constexpr std::string_view kind = "prepare.port.terminal_changed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::port;

    TerminalId terminal;
    std::string name;
    std::string name_en;
    OrganisationId operator_;
    std::string code;
    std::optional<std::uint32_t> quay_metres;
    std::optional<std::uint32_t> quay_cranes;
    std::string yard_gear;
};
BOOST_DESCRIBE_STRUCT(TerminalChanged, (),
                      (terminal, name, name_en, operator_, code, quay_metres, quay_cranes,
                       yard_gear))

// ---- facilities ----------------------------------------------------------------------------

using FacilityId = Id<struct FacilityTag>;

enum class FacilityKind { berth, gate, road, fairway };
BOOST_DESCRIBE_ENUM(FacilityKind, berth, gate, road, fairway)

struct FacilityRegistered {
    static constexpr std::string_view kind = "prepare.port.facility_registered";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::port;

    FacilityId facility;
    FacilityKind facility_kind = FacilityKind::gate;
    std::string name;
    std::string name_en;
    std::string code;
    std::vector<TerminalId> terminals;  // that it belongs or leads to
    std::optional<std::uint32_t> length_metres;
    std::optional<std::uint32_t> depth_centimetres;  // of water, berths and fairways
    std::optional<std::uint32_t> lanes;              // gates and roads
    std::string note;
};
BOOST_DESCRIBE_STRUCT(FacilityRegistered, (),
                      (facility, facility_kind, name, name_en, code, terminals, length_metres,
                       depth_centimetres, lanes, note))

struct FacilityChanged {
    static constexpr std::string_view kind = "prepare.port.facility_changed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::port;

    FacilityId facility;
    FacilityKind facility_kind = FacilityKind::gate;
    std::string name;
    std::string name_en;
    std::string code;
    std::vector<TerminalId> terminals;
    std::optional<std::uint32_t> length_metres;
    std::optional<std::uint32_t> depth_centimetres;
    std::optional<std::uint32_t> lanes;
    std::string note;
};
BOOST_DESCRIBE_STRUCT(FacilityChanged, (),
                      (facility, facility_kind, name, name_en, code, terminals, length_metres,
                       depth_centimetres, lanes, note))

// It is gone or was never there; what named it goes on naming it.
struct FacilityWithdrawn {
    static constexpr std::string_view kind = "prepare.port.facility_withdrawn";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::port;

    FacilityId facility;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(FacilityWithdrawn, (), (facility, reason))

// ---- critical systems ----------------------------------------------------------------------

using SystemId = Id<struct SystemTag>;

enum class TosFunction { cargo_handling, container_documents, yard_operation, gate };
BOOST_DESCRIBE_ENUM(TosFunction, cargo_handling, container_documents, yard_operation, gate)

enum class RemoteAccess { unknown, none, on_request, always };
BOOST_DESCRIBE_ENUM(RemoteAccess, unknown, none, on_request, always)

// Visible to its owner, its vendor and the port managers only: a list of weak points.
struct SystemRegistered {
    static constexpr std::string_view kind = "prepare.port.system_registered";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::port;

    SystemId system;
    std::string name;
    std::string name_en;
    OrganisationId owner;
    std::optional<OrganisationId> vendor;  // that maintains it, if the council knows it
    std::string vendor_name;               // as written, if it does not
    RemoteAccess remote_access = RemoteAccess::unknown;
    std::string remote_access_note;
    std::vector<TosFunction> functions;  // none: not a part of a TOS
    std::string service_level;           // critical-service level, in free words
    std::optional<std::uint32_t> recovery_target_minutes;
    std::vector<TerminalId> terminals;   // that work with it
    std::vector<FacilityId> facilities;  // that do
    std::vector<SystemId> depends_on;
    std::string without;  // how work goes on when it fails
};
BOOST_DESCRIBE_STRUCT(SystemRegistered, (),
                      (system, name, name_en, owner, vendor, vendor_name, remote_access,
                       remote_access_note, functions, service_level, recovery_target_minutes,
                       terminals, facilities, depends_on, without))

struct SystemChanged {
    static constexpr std::string_view kind = "prepare.port.system_changed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::port;

    SystemId system;
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
BOOST_DESCRIBE_STRUCT(SystemChanged, (),
                      (system, name, name_en, owner, vendor, vendor_name, remote_access,
                       remote_access_note, functions, service_level, recovery_target_minutes,
                       terminals, facilities, depends_on, without))

struct SystemWithdrawn {
    static constexpr std::string_view kind = "prepare.port.system_withdrawn";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::port;

    SystemId system;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(SystemWithdrawn, (), (system, reason))

// ---- self-check ----------------------------------------------------------------------------

// What the register cannot tell; each organisation answers for itself.
enum class SelfCheckQuestion {
    ship_facility_security,  // has wharves under the act on security of ships and port facilities
    personal_data,           // its systems hold personal data
    operates_for_others      // it operates systems that others own
};
BOOST_DESCRIBE_ENUM(SelfCheckQuestion, ship_facility_security, personal_data, operates_for_others)

enum class SelfCheckAnswer { unknown, yes, no };
BOOST_DESCRIBE_ENUM(SelfCheckAnswer, unknown, yes, no)

struct SelfCheckAnswered {
    static constexpr std::string_view kind = "prepare.port.self_check_answered";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::port;

    OrganisationId organisation;
    SelfCheckQuestion question = SelfCheckQuestion::ship_facility_security;
    SelfCheckAnswer answer = SelfCheckAnswer::unknown;
};
BOOST_DESCRIBE_STRUCT(SelfCheckAnswered, (), (organisation, question, answer))

}  // namespace noroshi::prepare::port
