#pragma once
// One JSON line per answered request: when, which route (its pattern, never the path, whose parts
// may be names or sealed links), method, status, bytes, microseconds, request id. No address, no
// person, no query. Written by a thread of its own; when that cannot keep up the oldest lines are
// dropped, never a request delayed.

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::edge::http {

struct AccessLine {
    Instant at;
    std::string_view request_id;
    std::string_view method;
    std::string_view route;
    int status = 0;
    std::size_t received = 0;
    std::size_t sent = 0;
    std::chrono::microseconds took{};
};

class AccessLog {
public:
    // "" nothing is written; "-" standard error; else a file, ten of 32 MiB each in turn.
    // Errors: unavailable edge.http.cannot_log {path, reason}.
    static Result<std::unique_ptr<AccessLog>> open(const std::string& path);
    ~AccessLog();
    void write(const AccessLine& line);  // thread-safe

private:
    AccessLog();
    struct Impl;
    std::unique_ptr<Impl> impl_;  // null: nothing is written
};

std::string json_of(const AccessLine& line);

}  // namespace noroshi::edge::http
