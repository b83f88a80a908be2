#include "kernel/identity/hashing_pool.h"

#include <utility>

namespace noroshi {

HashingPool::HashingPool(unsigned threads, std::size_t queue_limit) : queue_limit_(queue_limit) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

HashingPool::~HashingPool() {
    {
        std::lock_guard lock(guard_);
        stopping_ = true;
    }
    filled_.notify_all();
    for (auto& thread : threads_) thread.join();
}

bool HashingPool::submit(std::function<void()> job) {
    if (threads_.empty()) {
        job();
        return true;
    }
    {
        std::lock_guard lock(guard_);
        if (stopping_ || queue_.size() >= queue_limit_) return false;
        queue_.push_back(std::move(job));
    }
    filled_.notify_one();
    return true;
}

void HashingPool::work() {
    for (;;) {
        std::function<void()> job;
        {
            std::unique_lock lock(guard_);
            filled_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (stopping_) return;
            job = std::move(queue_.front());
            queue_.pop_front();
        }
        job();
    }
}

}  // namespace noroshi
