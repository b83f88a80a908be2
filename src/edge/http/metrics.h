#pragma once
// What the edge counts, and its Prometheus text (prometheus-cpp-core's serializer). Every io thread
// counts in a shard of its own, without a lock or a shared cache line; a scrape adds them up.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/journal/journal.h"

namespace noroshi::edge::http {

// One row per route of the tables, and one each for files and for what matched nothing.
struct MeasuredRoute {
    std::string method;
    std::string pattern;
};

class Metrics {
public:
    Metrics(std::vector<MeasuredRoute> routes, unsigned threads);

    // From the io thread `thread` only.
    void answered(unsigned thread, std::size_t route, int status, std::chrono::microseconds took,
                  std::size_t received, std::size_t sent);
    // Thread-safe.
    std::atomic<std::int64_t> connections{0};
    std::atomic<std::int64_t> event_streams{0};
    std::atomic<std::uint64_t> events_written{0};
    std::atomic<std::uint64_t> events_behind{0};    // a slow reader went back to catching up
    std::atomic<std::uint64_t> refused_full{0};     // connections beyond the limit
    std::atomic<std::uint64_t> refused_address{0};  // connections beyond the limit per address
    std::atomic<std::uint64_t> timed_out{0};
    std::atomic<std::int64_t> body_bytes{0};  // of requests being read

    std::string text(const journal::Journal& journal) const;

private:
    static constexpr std::array statuses{200, 201, 204, 206, 303, 304, 400, 401, 403,
                                         404, 405, 408, 409, 413, 414, 415, 416, 417,
                                         429, 431, 500, 501, 503, 505, 0 /* any other */};
    static constexpr std::array bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                       0.1,    0.25,  0.5,    1.0,   2.5,  5.0,   10.0};
    // Written by one thread, read by scrapes.
    struct Count {
        std::atomic<std::uint64_t> value{0};
        void add(std::uint64_t more) {
            value.store(value.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
        }
        std::uint64_t get() const { return value.load(std::memory_order_relaxed); }
    };
    struct Row {
        std::array<Count, statuses.size()> by_status;
        std::array<Count, bounds.size() + 1> by_time;
        Count microseconds;
    };
    struct Shard {
        explicit Shard(std::size_t rows) : rows(rows) {}
        std::vector<Row> rows;
        Count received;
        Count sent;
    };
    std::vector<MeasuredRoute> routes_;
    std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace noroshi::edge::http
