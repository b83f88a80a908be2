#pragma once
// What firewalls, routers and VPN servers write that is neither pairs nor JSON: PAN-OS's CSV, Cisco
// ASA and FTD, Juniper SRX (both its forms), YAMAHA RTX, OpenVPN and strongSwan.
//
// Fields: src_ip, src_port, dst_ip, dst_port, protocol, action, user, bytes, as far as a line says so,
// and what the maker's reference calls the rest. `action` is the maker's word where the format has
// such a column (PAN-OS); else allow, deny, close, login, login_failed, logout, connect, disconnect.
// A line of such a device that is of none of the known messages keeps its message and its kind.
//
// Sources: Palo Alto Networks "Syslog Field Descriptions" (PAN-OS 10.2); Cisco "Secure Firewall ASA
// Series Syslog Messages"; Juniper "System Log Explorer" (RT_FLOW_*, RT_IDS_*); YAMAHA "RT series
// command reference", syslog; the log calls of OpenVPN 2.6 and strongSwan 5.9 as their manuals show.

#include <string_view>

#include "engines/detect/event.h"

namespace noroshi::engines::detect {

struct DeviceLine {
    std::string_view product;  // empty: of none of these devices
    std::string_view service;
    std::string_view category;
    Micros time = no_time;  // if the line says one of its own
    bool broken = false;    // the format is certain, but its columns are too few
};

// `line` all of it, `message` what stands behind its syslog header; `program` and `msgid` from that.
DeviceLine read_device_line(std::string_view line, std::string_view message,
                            std::string_view program, std::string_view msgid, Event& event);

// Whether a line is one of PAN-OS's, with or without a syslog header.
bool is_pan_os(std::string_view line);

}  // namespace noroshi::engines::detect
