#pragma once
// Errors name moments in RFC 3339, UTC, because whoever decides knows neither zone nor reader. People
// are told them in local time.

#include <string_view>

#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::edge::http {

// The arguments `time`, `from`, `until`, `due`, `at` and `last`, where they are exactly what
// format_rfc3339() writes. What somebody typed stands under other names and keeps its form.
Error in_local_time(Error error, Language language, std::string_view zone);

}  // namespace noroshi::edge::http
