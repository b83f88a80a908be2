#pragma once
// When a log line says it happened, found without knowing its kind: enough to index by time. What
// is looked for, in this order, in the first kilobyte:
//   RFC 3339 with an offset, or without one (taken as `zone` minutes east of UTC)
//   date=2026-07-04 … time=06:30:00          FortiGate
//   "ts":1688421000.123, epoch seconds at the start of the line    Zeek
//   Jul  4 06:30:00                          RFC 3164, the year nearest to `received`
// Nothing found: no time. A line is hostile input: never throws, linear in its length.

#include <optional>
#include <string_view>

#include "kernel/time/time.h"

namespace noroshi::edge::archive {

std::optional<Instant> time_of_line(std::string_view line, Instant received,
                                    std::chrono::minutes zone);

}  // namespace noroshi::edge::archive
