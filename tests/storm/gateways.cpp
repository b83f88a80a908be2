#include "tests/storm/gateways.h"

namespace noroshi::storm {

using namespace std::chrono_literals;

void Gateways::change_mood(Dice& dice, bool well) {
    for (Mood& mood : moods_) mood = well || dice.chance(0.5) ? Mood::well : Mood(dice.below(5));
}

Carried Gateways::carry(const Message& message, int attempt, Dice& dice) const {
    const auto relay = static_cast<std::size_t>(attempt + 1) % 2;
    Carried carried;
    carried.delivery.gateway = relay == 0 ? "relay1" : "relay2";
    carried.takes = dice.between(20ms, 3s);
    // An address that went out of use: refused for ever, by whichever relay.
    if (message.to.starts_with("gone.")) {
        carried.delivery.outcome = Outcome::refused;
        carried.delivery.detail = "550 no such user";
        return carried;
    }
    switch (moods_[relay]) {
    case Mood::away:
        carried.delivery.outcome = Outcome::failed;
        carried.delivery.detail = "cannot connect";
        carried.was_contacted = false;
        carried.takes = dice.between(1s, 30s);
        return carried;
    case Mood::breaks_off:
        if (dice.chance(0.3)) break;
        carried.delivery.outcome = Outcome::unknown;
        carried.delivery.detail = "no answer after the text";
        carried.takes = dice.between(30s, 2min);
        carried.copies = dice.chance(0.5) ? 1 : 0;
        return carried;
    case Mood::slow: carried.takes = dice.between(10s, 1min); break;
    case Mood::loses:
    case Mood::well: break;
    }
    carried.delivery.outcome = Outcome::delivered;
    carried.delivery.detail = "250 ok";
    carried.copies = dice.chance(0.03) ? 2 : 1;
    if (moods_[relay] == Mood::loses && dice.chance(0.3)) carried.copies = 0;
    return carried;
}

}  // namespace noroshi::storm
