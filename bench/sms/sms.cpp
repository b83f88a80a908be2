// 10,000 short messages over SMPP, durable before and after, held against a plain loop that submits
// the same texts over the same connection in the same run. README.md says what is compared.

#include <atomic>

#include "bench/alarm.h"
#include "edge/courier/smpp_courier.h"
#include "edge/courier/smsc_for_tests.h"

namespace noroshi::bench {
namespace {

constexpr std::size_t people = 10'000;
constexpr unsigned threads = 16;  // as app/couriers.cpp has them
constexpr int rounds = 3;
constexpr double limit = 1.3;

using edge::courier::SmppCourier;

std::unique_ptr<SmppCourier> courier_to(const edge::courier::Smsc& smsc) {
    edge::courier::SmppOptions options;
    options.name = "smsc";
    options.host = "127.0.0.1";
    options.port = smsc.port();
    options.system_id = "noroshi";
    options.source = "+818000000000";
    auto courier = SmppCourier::create(std::move(options), {});
    ASSERT(courier);
    return std::move(*courier);
}

double plain_loop(Courier& courier, const std::vector<Message>& messages) {
    const auto start = SteadyClock::now();
    std::atomic<std::size_t> next = 0;
    {
        std::vector<std::jthread> workers;
        for (unsigned i = 0; i < threads; ++i)
            workers.emplace_back([&] {
                for (std::size_t at = 0; (at = next++) < messages.size();)
                    ASSERT(courier.carry(messages[at], 1).outcome == Outcome::delivered);
            });
    }
    return seconds_since(start);
}

}  // namespace

int run(const std::string& dir) {
    edge::courier::Smsc smsc;
    smsc.keeps_texts = false;
    const auto courier = courier_to(smsc);
    std::vector<double> ratios;
    for (int round = 0; round < rounds; ++round) {
        Keeping keeping(*courier);
        keeping.sent.reserve(people);
        double ours = 0;
        {
            AlarmedPort port(dir, people, Channel::sms, {&keeping, threads});
            ours = port.call_out();
        }
        ASSERT(keeping.sent.size() == people);
        const double plain = plain_loop(*courier, keeping.sent);
        fmt::print("ours {:.2f} s, plain submit loop {:.2f} s: {:.2f} times\n", ours, plain,
                   ours / plain);
        ratios.push_back(ours / plain);
    }
    std::ranges::sort(ratios);
    const double ratio = ratios[ratios.size() / 2];
    fmt::print("sms: {} people, {} threads, median of {}: {:.2f} times, limit {}: {}\n", people,
               threads, rounds, ratio, limit, ratio <= limit ? "reached" : "NOT REACHED");
    return ratio <= limit ? 0 : 1;
}

}  // namespace noroshi::bench

int main(int count, char** arguments) {
    return noroshi::bench::run(count > 1 ? arguments[1] : "build/bench/sms-data");
}
