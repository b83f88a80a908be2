#include "edge/courier/dispatch.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace noroshi::edge::courier {

using std::chrono::milliseconds;

struct Dispatcher::Lane {
    journal::Journal& journal;
    std::map<Channel, Post> posts;  // of all channels: a key may name another lane
    journal::Lanes channels;
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

    Lane(journal::Journal& outbox, std::map<Channel, Post> gateways, journal::Lanes of,
         unsigned workers)
        : journal(outbox), posts(std::move(gateways)), channels(std::move(of)),
          count(std::max(1U, workers)) {}

    // So many wait here at most: enough that no thread waits for a commit while the gateway is
    // quick, few enough that little is in doubt when the process dies. A telephone call lasts a
    // minute and needs nothing ahead.
    std::size_t ahead() const {
        return channels.contains(Channel::voice) ? count : std::size_t{32} * count;
    }

    // A pause after which to look again, when nobody wakes us before.
    milliseconds pause(Instant now) const {
        Span least = std::chrono::minutes(1);
        auto consider = [&](Instant at) { least = std::min(least, std::max(Span{}, at - now)); };
        if (!claiming)
            if (auto due = journal.next_message_due(channels))
                consider(std::max(*due, claim_not_before));
        if (!unsettled.empty()) consider(settle_not_before);
        return std::chrono::ceil<milliseconds>(least);
    }

    bool may_claim(Instant now) const {
        if (stopping || claiming || claimed.size() > ahead() / 2 || now < claim_not_before)
            return false;
        const auto due = journal.next_message_due(channels);
        return due && *due <= now;
    }

    void ask_for_claims(std::unique_lock<std::mutex>& lock) {
        claiming = true;
        const std::size_t most = ahead() - std::min(ahead() - 1, claimed.size());
        lock.unlock();
        journal.claim(
            most,
            [this](Result<std::vector<journal::Claim>> claims) {
                std::lock_guard held(guard);
                claiming = false;
                const bool got = claims && !claims->empty();
                if (!got)
                    claim_not_before = journal.clock().now() + milliseconds(claims ? 50 : 1'000);
                if (claims)
                    for (auto& claim : *claims) claimed.push_back(std::move(claim));
                if (idle > 0) changed.notify_all();
            },
            channels);
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
            // Those who wait for something else are not woken ten thousand times.
            if (idle > 0 && (stopping || !unsettled.empty())) changed.notify_all();
        });
        lock.lock();
    }

    Delivery carry(const journal::Claim& claim) {
        if (journal.is_revoked(claim.key)) return {Outcome::failed, {}, "cancelled"};
        const auto post = posts.find(claim.message.channel);
        if (post == posts.end() || post->second.courier == nullptr)
            return {Outcome::refused, {}, "no gateway for this channel"};
        try {
            return post->second.courier->carry(claim.message, claim.attempt);
        } catch (const std::exception&) {
            return {Outcome::unknown, {}, "the courier failed"};
        }
    }

    void work() {
        std::unique_lock lock(guard);
        while (true) {
            if (!claimed.empty()) {
                if (may_claim(journal.clock().now())) {
                    ask_for_claims(lock);
                    if (claimed.empty()) continue;
                }
                journal::Claim claim = std::move(claimed.front());
                claimed.pop_front();
                const bool carries = !stopping;
                lock.unlock();
                Delivery delivery =
                    carries ? carry(claim) : Delivery{Outcome::failed, {}, "not carried"};
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

Dispatcher::Dispatcher(journal::Journal& journal, const std::map<Channel, Post>& posts) {
    journal::Lanes without;
    for (std::size_t i = 0; i < channel_names.size(); ++i) {
        const auto channel = static_cast<Channel>(i);
        const auto post = posts.find(channel);
        if (post != posts.end() && post->second.courier != nullptr)
            lanes_.push_back(std::make_shared<Lane>(journal, posts, journal::Lanes{channel},
                                                    post->second.threads));
        else
            without.insert(channel);
    }
    if (!without.empty()) lanes_.push_back(std::make_shared<Lane>(journal, posts, without, 1));
    std::vector<std::weak_ptr<Lane>> bells(lanes_.begin(), lanes_.end());
    journal.on_outbox([bells = std::move(bells)] {
        for (const auto& bell : bells)
            if (auto lane = bell.lock()) {
                std::lock_guard lock(lane->guard);
                if (lane->idle > 0) lane->changed.notify_one();  // it claims for all
            }
    });
}

Dispatcher::Dispatcher(journal::Journal& journal, const std::map<Channel, Courier*>& couriers,
                       unsigned threads)
    : Dispatcher(journal, [&] {
          std::map<Channel, Post> posts;
          for (const auto& [channel, courier] : couriers) posts[channel] = {courier, threads};
          return posts;
      }()) {}

Dispatcher::~Dispatcher() { stop(); }

void Dispatcher::start() {
    for (auto& lane : lanes_)
        for (unsigned i = 0; i < lane->count; ++i)
            lane->threads.emplace_back([&lane = *lane] { lane.work(); });
}

void Dispatcher::stop() {
    for (auto& lane : lanes_) {
        std::lock_guard lock(lane->guard);
        lane->stopping = true;
        lane->changed.notify_all();
    }
    for (auto& lane : lanes_) lane->threads.clear();  // joins
}

}  // namespace noroshi::edge::courier
