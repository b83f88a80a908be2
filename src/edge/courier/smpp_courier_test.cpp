#include "edge/courier/smpp_courier.h"

#include <gtest/gtest.h>

#include <condition_variable>

#include "edge/courier/failover.h"
#include "edge/courier/smsc_for_tests.h"
#include "kernel/random/random.h"

namespace noroshi::edge::courier {
namespace {

using std::chrono::milliseconds;

// Keeps what came in; says that it was taken, or not.
struct Heard {
    std::mutex guard;
    std::condition_variable changed;
    std::vector<Inbound> all;
    bool takes = true;

    OnInbound ear() {
        return [this](Inbound inbound, const std::function<void(bool)>& done) {
            std::unique_lock lock(guard);
            all.push_back(std::move(inbound));
            const bool taken = takes;
            lock.unlock();
            done(taken);
            changed.notify_all();
        };
    }
    std::vector<Inbound> wait_for(std::size_t count) {
        std::unique_lock lock(guard);
        changed.wait(lock, [&] { return all.size() >= count; });
        return all;
    }
};

SmppOptions options_of(const Smsc& smsc) {
    SmppOptions options;
    options.name = "smsc";
    options.host = "127.0.0.1";
    options.port = smsc.port();
    options.system_id = "noroshi";
    options.password = "secret";
    options.source = "+818000000000";
    options.patience = milliseconds(300);
    return options;
}
Message to(std::string number, std::string text, std::string key = "a/p/sms/0") {
    Message message;
    message.key = std::move(key);
    message.channel = Channel::sms;
    message.to = std::move(number);
    message.text = std::move(text);
    return message;
}

TEST(SmppCourier, AJapaneseAlarmArrivesWhole) {
    // Wrong: half the alarm, or boxes, on the telephone.
    Smsc smsc;
    auto courier = *SmppCourier::create(options_of(smsc), {});
    std::string text = "【緊急】北ふ頭のTOSが停止。";
    for (int i = 0; i < 20; ++i) text += "県庁3階に参集してください。";
    const auto delivery = courier->carry(to("+819012345678", text), 1);
    EXPECT_EQ(delivery.outcome, Outcome::delivered) << delivery.detail;
    EXPECT_FALSE(delivery.reference.empty());
    ASSERT_EQ(smsc.taken().size(), 1U);
    EXPECT_EQ(smsc.taken()[0].text, text);
    EXPECT_EQ(smsc.taken()[0].to, "819012345678");
}

TEST(SmppCourier, EachKindOfTroubleHasItsOutcome) {
    // Wrong: a message in doubt is taken for sent, or one never taken for doubtful.
    const std::vector<std::pair<Smsc::Mood, Outcome>> cases{
        {Smsc::Mood::hangs, Outcome::unknown},    {Smsc::Mood::refuses_bind, Outcome::failed},
        {Smsc::Mood::throttles, Outcome::failed}, {Smsc::Mood::bad_number, Outcome::refused},
        {Smsc::Mood::breaks, Outcome::unknown},   {Smsc::Mood::loses, Outcome::delivered}};
    for (const auto& [mood, outcome] : cases) {
        Smsc smsc;
        smsc.mood = mood;
        auto courier = *SmppCourier::create(options_of(smsc), {});
        const auto delivery = courier->carry(to("+819012345678", "至急"), 1);
        EXPECT_EQ(delivery.outcome, outcome) << static_cast<int>(mood) << " " << delivery.detail;
        // Well again: the next message arrives on a new connection.
        smsc.mood = Smsc::Mood::well;
        EXPECT_EQ(courier->carry(to("+819012345678", "至急"), 2).outcome, Outcome::delivered);
    }
    auto options = options_of(Smsc{});  // nobody is there any more
    EXPECT_EQ((*SmppCourier::create(options, {}))->carry(to("+819012345678", "x"), 1).outcome,
              Outcome::failed);
    EXPECT_EQ((*SmppCourier::create(options, {}))->carry(to("not a number", "x"), 1).outcome,
              Outcome::refused);
}

TEST(SmppCourier, ReceiptsAndRepliesComeBack) {
    // Wrong: somebody answers 1 and is called again.
    Smsc smsc;
    smsc.sends_receipts = true;
    Heard heard;
    auto courier = *SmppCourier::create(options_of(smsc), heard.ear());
    const auto delivery = courier->carry(to("+819012345678", "至急"), 1);
    auto got = heard.wait_for(1);
    EXPECT_EQ(got[0].kind, Inbound::Kind::receipt);
    EXPECT_EQ(got[0].reference, delivery.reference);
    EXPECT_TRUE(got[0].arrived);

    std::string words = "3 代理は";
    for (int i = 0; i < 40; ++i) words += "防災担当";
    smsc.say("819012345678", words);
    got = heard.wait_for(2);
    EXPECT_EQ(got[1].kind, Inbound::Kind::words);
    EXPECT_EQ(got[1].from, "819012345678");
    EXPECT_EQ(got[1].text, words);
}

TEST(SmppCourier, AReplyThatCannotBeKeptNowIsTurnedDownSoThatTheGatewayRepeatsIt) {
    // Wrong: the disk is full for a second and an answer is lost for ever.
    Smsc smsc;
    Heard heard;
    heard.takes = false;
    auto courier = *SmppCourier::create(options_of(smsc), heard.ear());
    courier->listen();
    smsc.say("819012345678", "1");
    heard.wait_for(1);
    while (smsc.turned_down() == 0) std::this_thread::yield();
    EXPECT_EQ(smsc.acknowledged(), 0U);
}

TEST(SmppCourier, ManySendersShareOneConnection) {
    // Wrong: answers are given to the wrong message.
    Smsc smsc;
    auto courier = *SmppCourier::create(options_of(smsc), {});
    std::atomic<int> delivered = 0;
    {
        std::vector<std::jthread> senders;
        for (int s = 0; s < 8; ++s)
            senders.emplace_back([&, s] {
                for (int i = 0; i < 50; ++i)
                    delivered +=
                        courier->carry(
                                   to("+8190" + std::to_string(10'000'000 + s * 100 + i), "至急"),
                                   1)
                                    .outcome == Outcome::delivered
                            ? 1
                            : 0;
            });
    }
    EXPECT_EQ(delivered, 400);
    std::set<std::string> numbers;
    for (const auto& one : smsc.taken()) numbers.insert(one.to);
    EXPECT_EQ(numbers.size(), 400U);
}

TEST(SmsFailover, AGatewayThatHangsIsPassedOver) {
    // Wrong: every message of ten thousand waits for the gateway that hangs.
    Smsc bad;
    Smsc good;
    bad.mood = Smsc::Mood::hangs;
    std::vector<FailoverCourier::Gateway> gateways;
    for (const auto* smsc : {&bad, &good}) {
        auto options = options_of(*smsc);
        options.name = smsc == &bad ? "bad" : "good";
        gateways.push_back({options.name, *SmppCourier::create(options, {})});
    }
    PretendClock clock(Instant{});
    FailoverCourier failover(std::move(gateways), clock);
    EXPECT_EQ(failover.carry(to("+819012345678", "至急"), 1).outcome, Outcome::unknown);
    for (int i = 0; i < 20; ++i) {
        const auto delivery = failover.carry(to("+819012345678", "至急"), 1);
        EXPECT_EQ(delivery.outcome, Outcome::delivered);
        EXPECT_EQ(delivery.gateway, "good");
    }
    EXPECT_FALSE(failover.health()[0].well);
    // After its rest it is tried again, by one message, and taken back when it is well.
    bad.mood = Smsc::Mood::well;
    clock.advance(FailoverCourier::shortest_rest);
    EXPECT_EQ(failover.carry(to("+819012345678", "至急"), 1).gateway, "bad");
    EXPECT_TRUE(failover.health()[0].well);
}

TEST(SmsFailover, AReminderTakesAnotherWayThanTheCall) {
    // Wrong: the gateway that accepts and loses is given the reminder as well.
    Smsc losing;
    Smsc good;
    losing.mood = Smsc::Mood::loses;
    std::vector<FailoverCourier::Gateway> gateways;
    for (const auto* smsc : {&losing, &good}) {
        auto options = options_of(*smsc);
        options.name = smsc == &losing ? "losing" : "good";
        gateways.push_back({options.name, *SmppCourier::create(options, {})});
    }
    PretendClock clock(Instant{});
    FailoverCourier failover(std::move(gateways), clock);
    EXPECT_EQ(failover.carry(to("+819012345678", "至急", "a/p/sms/0"), 1).gateway, "losing");
    EXPECT_EQ(failover.carry(to("+819012345678", "至急", "a/p/sms/1"), 1).gateway, "good");
    EXPECT_EQ(failover.carry(to("+819012345678", "至急", "a/p/sms/0"), 2).gateway, "good");
}

}  // namespace
}  // namespace noroshi::edge::courier
