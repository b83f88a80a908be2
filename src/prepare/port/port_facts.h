#pragma once
// What the port room writes: the port's name and its terminals. A change carries the whole record as
// it then stands.
//
// Streams: prepare/port (the port itself), prepare/port/terminals/<id>.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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

}  // namespace noroshi::prepare::port
