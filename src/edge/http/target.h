#pragma once
// The request target (RFC 9112 §3.2): split into path segments and query and percent-decoded, once,
// before anything else looks at it. Malformed escapes, NUL, control characters, text that is not
// UTF-8 and the segments "." and ".." are refused, so that nobody further in has to think of them.

#include <string>
#include <string_view>
#include <vector>

#include "edge/http/route.h"
#include "kernel/result.h"

namespace noroshi::edge::http {

struct Target {
    std::string path = "/";             // decoded, begins with '/'
    std::vector<std::string> segments;  // of the path, decoded one by one: "%2F" does not split
    Headers query;                      // decoded, in order; '+' is a space
    std::string authority;              // host and port of an absolute-form target, else empty
};

// Errors: invalid edge.http.malformed_target.
Result<Target> parse_target(std::string_view raw);

// Nothing if an escape is malformed.
enum class Plus { stays, is_space };
std::optional<std::string> percent_decoded(std::string_view text, Plus plus);

bool is_utf8(std::string_view text);

}  // namespace noroshi::edge::http
