#pragma once
// The published port: a State that can also answer. Read it under Journal::read.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prepare/port/port.h"

namespace noroshi::prepare::port {

struct TerminalItem {
    TerminalId id;
    std::string name;
    std::string name_en;
    OrganisationId operator_;
    std::string code;
    std::optional<std::uint32_t> quay_metres;
    std::optional<std::uint32_t> quay_cranes;
    std::string yard_gear;
    std::uint64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(TerminalItem, (),
                      (id, name, name_en, operator_, code, quay_metres, quay_cranes, yard_gear,
                       version))

struct PortSheet {
    std::string name;
    std::string name_en;
    std::string zone;
    std::uint64_t version = 0;
    std::vector<TerminalItem> terminals;
};
BOOST_DESCRIBE_STRUCT(PortSheet, (), (name, name_en, zone, version, terminals))

class View final : public State {
public:
    PortSheet sheet(std::string_view zone) const;
    std::optional<TerminalItem> terminal(const TerminalId& id) const;
};

}  // namespace noroshi::prepare::port
