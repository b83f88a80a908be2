#include "prepare/port/port_view.h"

namespace noroshi::prepare::port {

namespace {

TerminalItem item_of(const Terminal& of) {
    return {of.id,          of.name,        of.name_en,   of.operator_, of.code,
            of.quay_metres, of.quay_cranes, of.yard_gear, of.version};
}

}  // namespace

PortSheet View::sheet(std::string_view zone) const {
    PortSheet sheet{name(), name_en(), std::string(zone), version(), {}};
    for (const auto* one : terminals()) sheet.terminals.push_back(item_of(*one));
    return sheet;
}

std::optional<TerminalItem> View::terminal(const TerminalId& id) const {
    const auto* found = find(id);
    if (found == nullptr) return {};
    return item_of(*found);
}

}  // namespace noroshi::prepare::port
