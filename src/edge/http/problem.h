#pragma once
// What a client reads when something is wrong: RFC 9457 problem details, in the reader's language.
//
//   {"type":"urn:noroshi:<key>","title":…,"status":…,"detail":…,"instance":"urn:noroshi:request:<id>",
//    "key":"<key>","errors":[{"pointer":"/title","detail":…}]}

#include <string_view>

#include "edge/http/route.h"
#include "kernel/result.h"

namespace noroshi::edge::http {

// An answer that the edge itself gives instead of a handler: the status is more exact than the six
// kinds of Error.
struct Refusal {
    int status = 400;
    Error error;
    Headers headers;  // "Retry-After", "Allow", "WWW-Authenticate"
};
Refusal refusal(int status, std::string key, Arguments arguments = {}, Headers headers = {});

// The status of the error's kind, but 429 for keys ending in ".too_many_attempts"; `unavailable`
// asks to come again after one second, or after the argument `retry_after_seconds`.
Refusal refusal_of(Error error);

Reply problem(const Refusal& refusal, Language language, std::string_view request_id);

}  // namespace noroshi::edge::http
