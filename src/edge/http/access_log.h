#pragma once
// One JSON line per answered request: when, which route (its pattern, never the path, whose parts
// may be names or sealed links), method, status, bytes, microseconds, request id. No address, no
// person, no query. An io thread collects its lines and hands them on a few times a second; they
// are written by a thread of their own, and when that cannot keep up the oldest are dropped, never a
// request delayed.

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
    bool wanted() const { return impl_ != nullptr; }
    // One or more lines without the last line break. Thread-safe.
    void write(std::string_view lines);

private:
    AccessLog();
    struct Impl;
    std::unique_ptr<Impl> impl_;  // null: nothing is written
};

void append_json(std::string& out, const AccessLine& line);

}  // namespace noroshi::edge::http
