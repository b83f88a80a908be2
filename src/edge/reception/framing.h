#pragma once
// What comes over a socket becomes lines, each ending in '\n', for the agent and for the centre.
// Nothing in a message is changed but what would make it more than one line.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/result.h"

namespace noroshi::edge::reception {

// One message becomes one line, whatever it holds; an empty one becomes none. The lines added: 0, 1.
std::size_t add_line(std::string& lines, std::string_view message);

// Takes whole messages out of the front of `buffer`: "<length> <message>" or a message per line, told
// apart by the first byte (RFC 6587, RFC 5425). A line longer than `longest` is cut into pieces; a
// length beyond it is a line. At the end of the stream what is left is a message too.
// The lines added.
std::size_t take_messages(std::string& buffer, std::string& lines, bool at_end,
                          std::size_t longest);

// {"exporter":"192.0.2.1","datagram":"<base64url>"}: a datagram of NetFlow or IPFIX as a line.
std::string datagram_line(std::string_view exporter, std::string_view datagram);

}  // namespace noroshi::edge::reception
