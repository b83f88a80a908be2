#include "engines/simulate/replicate.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace noroshi::simulate {

unsigned threads_for(unsigned wished, std::uint64_t replications) {
    const unsigned most = wished == 0 ? std::max(1U, std::thread::hardware_concurrency()) : wished;
    return static_cast<unsigned>(std::clamp<std::uint64_t>(replications, 1, std::min(most, 256U)));
}

void replicate(std::uint64_t replications, unsigned threads,
               const std::function<void(unsigned, std::uint64_t)>& work) {
    std::atomic<std::uint64_t> next{0};
    const auto take = [&](unsigned worker) {
        for (std::uint64_t one = next++; one < replications; one = next++) work(worker, one);
    };
    std::vector<std::jthread> others;
    for (unsigned worker = 1; worker < threads; ++worker) others.emplace_back(take, worker);
    take(0);
}

}  // namespace noroshi::simulate
