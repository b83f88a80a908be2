#include "edge/courier/dispatch.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "kernel/journal/record.h"
#include "kernel/store/store_for_tests.h"

namespace noroshi::edge::courier {
namespace {

struct Asked {
    static constexpr std::string_view kind = "test.dispatch.asked";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;
    std::string key;
};
BOOST_DESCRIBE_STRUCT(Asked, (), (key))

// Answers as the test says; remembers what it carried.
class Scripted final : public Courier {
public:
    std::function<Outcome(const Message&, int attempt)> outcome = [](const Message&, int) {
        return Outcome::delivered;
    };

    Delivery carry(const Message& message, int attempt) override {
        const Outcome result = outcome(message, attempt);
        std::lock_guard lock(guard);
        carried.emplace_back(message.key, attempt);
        changed.notify_all();
        return {result, "scripted", ""};
    }
    void wait_for(std::size_t count) {
        std::unique_lock lock(guard);
        changed.wait(lock, [&] { return carried.size() >= count; });
    }
    std::mutex guard;
    std::condition_variable changed;
    std::vector<std::pair<std::string, int>> carried;
};

class Dispatching : public testing::Test {
protected:
    void SetUp() override {
        auto opened = store::open_sqlite({folder_ / "noroshi.db", ""});
        ASSERT_TRUE(opened);
        store_ = std::move(*opened);
        journal_ = std::make_unique<journal::Journal>(*store_, clock_, random_, journal::Options{});
        journal_->on_delivery(
            "test/", [this](journal::Recorder&, const store::OutboxRow& row, const Delivery&) {
                std::lock_guard lock(guard_);
                settled_.emplace(row.key, row.state);
                heard_.notify_all();
            });
    }
    void run(unsigned threads) {
        dispatcher_ = std::make_unique<Dispatcher>(
            *journal_, std::map<Channel, Courier*>{{Channel::email, &courier_}}, threads);
        ASSERT_TRUE(journal_->start());
        thread_ = std::jthread([this](std::stop_token stop) { journal_->run(stop); });
        dispatcher_->start();
    }
    void TearDown() override {
        if (dispatcher_) dispatcher_->stop();
        if (thread_.joinable()) {
            thread_.request_stop();
            thread_.join();
        }
    }
    void ask(const std::string& key, Channel channel = Channel::email) {
        journal::Command command;
        command.actor = "system";
        command.decide = [key, channel](journal::Recorder& recorder) -> Result<journal::Answer> {
            journal::record(recorder, journal::Place{"test/dispatch", {}, {}, {}, {}}, Asked{key});
            journal::Dispatch dispatch;
            dispatch.topic = "test/" + key;
            dispatch.message.key = key;
            dispatch.message.channel = channel;
            dispatch.message.to = "a@b.example";
            dispatch.not_before = recorder.now();
            dispatch.expires = recorder.now() + std::chrono::hours(24);
            recorder.send(std::move(dispatch));
            return journal::Answer{};
        };
        journal_->submit(std::move(command));
    }
    void wait_until_settled(std::size_t count, store::OutboxState state) {
        std::unique_lock lock(guard_);
        heard_.wait(lock, [&] {
            return static_cast<std::size_t>(std::ranges::count(
                       settled_, state, [](const auto& one) { return one.second; })) >= count;
        });
    }

    store::TemporaryFolder folder_;
    RealClock clock_;
    SeededRandom random_{1};
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<journal::Journal> journal_;
    Scripted courier_;
    std::unique_ptr<Dispatcher> dispatcher_;
    std::jthread thread_;
    std::mutex guard_;
    std::condition_variable heard_;
    std::multimap<std::string, store::OutboxState> settled_;
};

TEST_F(Dispatching, EveryMessageIsCarriedOnce) {
    // Wrong: two threads carry the same alarm, or none does.
    run(4);
    constexpr std::size_t count = 100;
    for (std::size_t i = 0; i < count; ++i) ask("m" + std::to_string(i));
    wait_until_settled(count, store::OutboxState::delivered);
    EXPECT_EQ(courier_.carried.size(), count);
    EXPECT_EQ(std::set(courier_.carried.begin(), courier_.carried.end()).size(), count);
}

TEST_F(Dispatching, AMessageThatFailedIsTriedAgainWithTheNextAttempt) {
    // Wrong: the first relay is down and the second is never asked.
    courier_.outcome = [](const Message&, int attempt) {
        return attempt == 1 ? Outcome::failed : Outcome::delivered;
    };
    run(2);
    ask("m");
    wait_until_settled(1, store::OutboxState::delivered);
    using Carried = std::vector<std::pair<std::string, int>>;
    EXPECT_EQ(courier_.carried, (Carried{{"m", 1}, {"m", 2}}));
}

TEST_F(Dispatching, OneGatewayThatHangsDoesNotHoldUpTheRest) {
    // Wrong: one telephone company's mail server delays the alarm for the whole port.
    std::mutex guard;
    std::condition_variable freed;
    bool free = false;
    courier_.outcome = [&](const Message& message, int) {
        if (message.key == "hangs") {
            std::unique_lock lock(guard);
            freed.wait(lock, [&] { return free; });
        }
        return Outcome::delivered;
    };
    run(2);
    ask("hangs");
    for (int i = 0; i < 20; ++i) ask("m" + std::to_string(i));
    wait_until_settled(20, store::OutboxState::delivered);
    {
        std::lock_guard lock(guard);
        free = true;
        freed.notify_all();
    }
    wait_until_settled(21, store::OutboxState::delivered);
}

TEST_F(Dispatching, AChannelWithoutAGatewayIsSaidToHaveNone) {
    // Wrong: a message for which nothing is configured waits for ever, and the board says "waiting".
    run(1);
    ask("m", Channel::sms);
    wait_until_settled(1, store::OutboxState::refused);
    EXPECT_TRUE(courier_.carried.empty());
}

TEST_F(Dispatching, StoppingFinishesWhatIsUnderWay) {
    // Wrong: a restart for an update leaves every message in doubt.
    run(4);
    for (int i = 0; i < 50; ++i) ask("m" + std::to_string(i));
    courier_.wait_for(1);
    dispatcher_->stop();
    EXPECT_EQ(journal_->outbox_counts().sending, 0U);
}

// An SMS gateway that hangs must not hold up the mail: the alarm has other ways.
TEST_F(Dispatching, AChannelThatHangsHoldsUpNoOther) {
    Scripted hanging;
    std::mutex gate;
    gate.lock();
    hanging.outcome = [&](const Message&, int) {
        std::lock_guard wait(gate);
        return Outcome::delivered;
    };
    dispatcher_ = std::make_unique<Dispatcher>(
        *journal_,
        std::map<Channel, Post>{{Channel::email, {&courier_, 1}}, {Channel::sms, {&hanging, 1}}});
    ASSERT_TRUE(journal_->start());
    thread_ = std::jthread([this](std::stop_token stop) { journal_->run(stop); });
    dispatcher_->start();
    for (int i = 0; i < 30; ++i) {
        ask("a/p" + std::to_string(i) + "/sms/0", Channel::sms);
        ask("a/p" + std::to_string(i) + "/email/0", Channel::email);
    }
    courier_.wait_for(30);
    gate.unlock();
    dispatcher_->stop();
}

// Whoever has answered is left in peace, also when the message was claimed ahead.
TEST_F(Dispatching, AMessageCancelledAfterItWasClaimedIsNotCarried) {
    std::mutex gate;
    gate.lock();
    courier_.outcome = [&](const Message&, int) {
        std::lock_guard wait(gate);
        return Outcome::delivered;
    };
    run(1);
    ask("k/p1/email/0");
    ask("k/p2/email/0");
    // Both are claimed; the thread holds the first.
    while (journal_->outbox_counts().sending < 2) std::this_thread::yield();
    journal::Command cancel;
    cancel.actor = "system";
    std::mutex done_guard;
    bool done = false;
    cancel.decide = [](journal::Recorder& recorder) -> Result<journal::Answer> {
        recorder.cancel_messages("test/k/p2/email/0", {});
        return journal::Answer{};
    };
    cancel.done = [&](const Result<journal::Answer>&) {
        std::lock_guard lock(done_guard);
        done = true;
    };
    journal_->submit(std::move(cancel));
    while (true) {
        std::lock_guard lock(done_guard);
        if (done) break;
    }
    EXPECT_TRUE(journal_->is_revoked("k/p2/email/0"));
    gate.unlock();
    while (journal_->outbox_counts().sending > 0) std::this_thread::yield();
    dispatcher_->stop();
    EXPECT_EQ(courier_.carried.size(), 1U);
    EXPECT_EQ(journal_->outbox_counts().cancelled, 1U);
}

}  // namespace
}  // namespace noroshi::edge::courier
