#include "tests/storm/gateways.h"

#include <algorithm>

namespace noroshi::storm {

using namespace std::chrono_literals;
using edge::courier::FailoverCourier;

namespace {

const std::map<Channel, std::vector<std::string>>& names() {
    static const std::map<Channel, std::vector<std::string>> all{
        {Channel::email, {"relay1", "relay2"}},
        {Channel::sms, {"smpp", "http"}},
        {Channel::voice, {"sip"}}};
    return all;
}

// Of the gateways for short messages, the one that sends receipts.
constexpr std::size_t with_receipts = 0;

}  // namespace

const std::vector<Channel>& Gateways::channels() {
    static const std::vector<Channel> all{Channel::email, Channel::sms, Channel::voice};
    return all;
}

void Gateways::forget() {
    for (const auto& [channel, gateways] : names()) {
        std::vector<FailoverCourier::Gateway> several;
        for (const auto& name : gateways) several.push_back({name, nullptr});
        Lane& lane = lanes_[channel];
        lane.failover = std::make_unique<FailoverCourier>(std::move(several), clock_);
        lane.moods.resize(gateways.size(), Mood::well);
    }
}

void Gateways::change_mood(Dice& dice, Instant now, bool well) {
    auto derive = [&](Lane& lane) {
        const bool works = std::ranges::find(lane.moods, Mood::well) != lane.moods.end() &&
                           std::ranges::find(lane.moods, Mood::loses) == lane.moods.end();
        if (!works)
            lane.works_since.reset();
        else if (!lane.works_since)
            lane.works_since = now;
    };
    if (well) {
        for (auto& [channel, lane] : lanes_) {
            std::ranges::fill(lane.moods, Mood::well);
            derive(lane);
        }
        return;
    }
    Lane& lane = lanes_.at(dice.one_of(channels()));
    lane.moods[dice.below(lane.moods.size())] =
        dice.chance(0.5) ? Mood::well : Mood(1 + dice.below(6));
    derive(lane);
}

Carried Gateways::carry(const Message& message, int attempt, Dice& dice) {
    const Channel channel = message.channel;
    Lane& lane = lanes_.at(channel);
    Carried carried;
    carried.turn = lane.failover->begin(message.key, attempt);
    const auto gateway = carried.turn.gateway;
    const Mood mood = lane.moods[gateway];
    carried.delivery.gateway = names().at(channel)[gateway];
    carried.takes = dice.between(20ms, 3s);
    auto failed = [&](std::string why, Span takes) {
        carried.delivery.outcome = Outcome::failed;
        carried.delivery.detail = std::move(why);
        carried.was_contacted = false;
        carried.takes = takes;
        return carried;
    };
    // An address that went out of use: refused for ever, by whichever relay that answers.
    if (message.to.starts_with("gone.") && mood != Mood::away && mood != Mood::hangs) {
        carried.delivery.outcome = Outcome::refused;
        carried.delivery.detail = "550 no such user";
        return carried;
    }
    switch (mood) {
    case Mood::away: return failed("cannot connect", dice.between(1s, 30s));
    case Mood::turns_down: return failed("450 try again later", dice.between(20ms, 3s));
    case Mood::hangs:
        if (dice.chance(0.5)) return failed("no answer in time", dice.between(30s, 2min));
        [[fallthrough]];
    case Mood::breaks_off:
        if (mood == Mood::breaks_off && dice.chance(0.3)) break;
        carried.delivery.outcome = Outcome::unknown;
        carried.delivery.detail = "no answer after the text";
        carried.takes = dice.between(30s, 2min);
        carried.copies = dice.chance(0.5) ? 1 : 0;
        return carried;
    case Mood::slow: carried.takes = dice.between(10s, 1min); break;
    case Mood::loses:
    case Mood::well: break;
    }
    if (channel == Channel::voice) {
        carried.takes = dice.between(10s, 1min);
        if (dice.chance(0.2)) return failed("busy", dice.between(5s, 30s));
        if (dice.chance(0.6)) carried.delivery.reply = dice.chance(0.8) ? "1" : "2";
    }
    carried.delivery.outcome = Outcome::delivered;
    carried.delivery.detail = "250 ok";
    carried.copies = channel != Channel::voice && dice.chance(0.03) ? 2 : 1;
    if (mood == Mood::loses && dice.chance(0.5)) {
        carried.copies = 0;
        carried.delivery.reply.clear();
    }
    if (channel == Channel::sms && gateway == with_receipts) {
        carried.delivery.reference = "r" + std::to_string(dice.below(1'000'000'000));
        if (dice.chance(0.8)) carried.receipt = carried.copies > 0;
    }
    return carried;
}

void Gateways::end(Channel channel, Carried& carried) {
    lanes_.at(channel).failover->end(carried.turn, carried.delivery);
}

std::optional<Instant> Gateways::works_since(Channel channel) const {
    return lanes_.at(channel).works_since;
}

}  // namespace noroshi::storm
