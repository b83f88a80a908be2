#include "edge/courier/dispatch.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace noroshi::edge::courier {

using std::chrono::milliseconds;

struct Dispatcher::Impl {
    journal::Journal& journal;
    std::map<Channel, Courier*> couriers;
    unsigned count;

    std::mutex guard;
    std::condition_variable changed;
    std::vector<std::jthread> threads;
    bool stopping = false;
    bool claiming = false;  // one claim at a time
    unsigned idle = 0;
    Instant claim_not_before{};  // after a refused or empty claim
    std::deque<journal::Claim> claimed;
    struct Outgoing {
        std::string key;
        Delivery delivery;
    };
    // Outcomes that could not be written (the store takes no writes just now). They are kept and
    // told again: an outcome that is lost would send the message a second time.
    std::deque<Outgoing> unsettled;
    Instant settle_not_before{};
    unsigned settling = 0;

    Impl(journal::Journal& outbox, std::map<Channel, Courier*> gateways, unsigned workers)
        : journal(outbox), couriers(std::move(gateways)), count(std::max(1U, workers)) {}

    // A pause after which to look again, when nobody wakes us before.
    milliseconds pause(Instant now) const {
        Span least = std::chrono::minutes(1);
        auto consider = [&](Instant at) { least = std::min(least, std::max(Span{}, at - now)); };
        if (!claiming)
            if (auto due = journal.next_message_due()) consider(std::max(*due, claim_not_before));
        if (!unsettled.empty()) consider(settle_not_before);
        return std::chrono::ceil<milliseconds>(least);
    }

    bool may_claim(Instant now) const {
        if (stopping || claiming || !claimed.empty() || now < claim_not_before) return false;
        const auto due = journal.next_message_due();
        return due && *due <= now;
    }

    void ask_for_claims(std::unique_lock<std::mutex>& lock) {
        claiming = true;
        const unsigned most = std::max(1U, idle);
        lock.unlock();
        journal.claim(most, [this](Result<std::vector<journal::Claim>> claims) {
            std::lock_guard held(guard);
            claiming = false;
            const bool got = claims && !claims->empty();
            if (!got) claim_not_before = journal.clock().now() + milliseconds(claims ? 50 : 1'000);
            if (claims)
                for (auto& claim : *claims) claimed.push_back(std::move(claim));
            changed.notify_all();
        });
        lock.lock();
    }

    void settle(std::unique_lock<std::mutex>& lock, Outgoing outgoing) {
        ++settling;
        lock.unlock();
        auto kept = std::make_shared<Outgoing>(std::move(outgoing));
        journal.settle(kept->key, kept->delivery, [this, kept](Result<> settled) {
            std::lock_guard held(guard);
            --settling;
            if (!settled && settled.error().kind == ErrorKind::unavailable) {
                unsettled.push_back(std::move(*kept));
                settle_not_before = journal.clock().now() + milliseconds(1'000);
            }
            changed.notify_all();
        });
        lock.lock();
    }

    Delivery carry(const journal::Claim& claim) {
        const auto courier = couriers.find(claim.message.channel);
        if (courier == couriers.end() || courier->second == nullptr)
            return {Outcome::refused, {}, "no gateway for this channel"};
        try {
            return courier->second->carry(claim.message, claim.attempt);
        } catch (const std::exception&) {
            return {Outcome::unknown, {}, "the courier failed"};
        }
    }

    void work() {
        std::unique_lock lock(guard);
        while (true) {
            if (!claimed.empty()) {
                journal::Claim claim = std::move(claimed.front());
                claimed.pop_front();
                lock.unlock();
                Delivery delivery = carry(claim);
                lock.lock();
                settle(lock, Outgoing{std::move(claim.key), std::move(delivery)});
                continue;
            }
            const Instant now = journal.clock().now();
            if (!unsettled.empty() && now >= settle_not_before && !stopping) {
                Outgoing outgoing = std::move(unsettled.front());
                unsettled.pop_front();
                settle(lock, std::move(outgoing));
                continue;
            }
            if (stopping && !claiming && settling == 0) return;
            ++idle;
            if (may_claim(now))
                ask_for_claims(lock);
            else if (stopping)
                changed.wait(lock);
            else
                changed.wait_for(lock, std::max(milliseconds(1), pause(now)));
            --idle;
        }
    }
};

Dispatcher::Dispatcher(journal::Journal& journal, std::map<Channel, Courier*> couriers,
                       unsigned threads)
    : impl_(std::make_shared<Impl>(journal, std::move(couriers), threads)) {
    journal.on_outbox([weak = std::weak_ptr(impl_)] {
        if (auto impl = weak.lock()) {
            std::lock_guard lock(impl->guard);
            impl->changed.notify_all();
        }
    });
}

Dispatcher::~Dispatcher() { stop(); }

void Dispatcher::start() {
    for (unsigned i = 0; i < impl_->count; ++i)
        impl_->threads.emplace_back([this] { impl_->work(); });
}

void Dispatcher::stop() {
    {
        std::lock_guard lock(impl_->guard);
        impl_->stopping = true;
        impl_->changed.notify_all();
    }
    impl_->threads.clear();  // joins
}

}  // namespace noroshi::edge::courier
