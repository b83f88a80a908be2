#pragma once
// A few threads for password hashing, away from the journal's and the io threads, with a short
// queue: each hash takes 19 MiB, and a flood of sign-ins must cost the flood, not the port.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace noroshi {

class HashingPool {
public:
    // No threads: jobs run where they are submitted (tests, stories, the storm).
    HashingPool(unsigned threads, std::size_t queue_limit);
    ~HashingPool();  // finishes what has begun, drops what waits
    HashingPool(const HashingPool&) = delete;
    HashingPool& operator=(const HashingPool&) = delete;

    // False if too many are waiting. Thread-safe.
    [[nodiscard]] bool submit(std::function<void()> job);

private:
    void work();

    std::size_t queue_limit_;
    std::mutex guard_;
    std::condition_variable filled_;
    std::deque<std::function<void()>> queue_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace noroshi
