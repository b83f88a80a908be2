#pragma once
// What bench/detect measures with: lines as a port's members would send them, made from a seed, so
// that nobody needs a data set. Shapes and shares are those of public captures (Windows events of a
// domain as NXLog writes them: registry, image loads, process access, the filtering platform, few
// new processes), names and texts are ours.

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

// Windows events of about 2.2 KB, flat, one JSON object a line; every fortieth starts a process.
std::string windows_events(std::size_t count);
// As above, all of them Sysmon's process creation: the log source with most rules.
std::string process_events(std::size_t count);
// Zeek's conn.log as JSON: `pairs` of hosts, a day's time.
std::string zeek_conn(std::size_t count, std::size_t pairs);
std::string syslog_lines(std::size_t count);
std::string fortigate_lines(std::size_t count);
std::string cef_lines(std::size_t count);

}  // namespace bench
