#include "kernel/result.h"

#include <cstdio>
#include <cstdlib>

namespace noroshi {

int http_status_of(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::invalid: return 400;
    case ErrorKind::forbidden: return 403;
    case ErrorKind::not_found: return 404;
    case ErrorKind::conflict: return 409;
    case ErrorKind::unavailable: return 503;
    case ErrorKind::corrupt: return 500;
    }
    return 500;
}

int exit_code_of(ErrorKind kind) { return static_cast<int>(kind) + 2; }

std::string_view name_of(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::invalid: return "invalid";
    case ErrorKind::forbidden: return "forbidden";
    case ErrorKind::not_found: return "not_found";
    case ErrorKind::conflict: return "conflict";
    case ErrorKind::unavailable: return "unavailable";
    case ErrorKind::corrupt: return "corrupt";
    }
    return "corrupt";
}

std::string describe(const Error& error) {
    std::string text{name_of(error.kind)};
    text += ": " + error.key;
    if (!error.arguments.empty()) {
        text += " (";
        for (const auto& [name, value] : error.arguments) {
            if (text.back() != '(') text += ", ";
            text += name + "=" + value;
        }
        text += ")";
    }
    if (!error.pointer.empty()) text += " at " + error.pointer;
    return text;
}

namespace detail {
void assertion_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "noroshi: broken invariant %s at %s:%d; stopping, restart replays\n",
                 condition, file, line);
    std::fflush(stderr);
    std::abort();
}
}  // namespace detail

}  // namespace noroshi
