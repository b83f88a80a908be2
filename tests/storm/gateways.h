#pragma once
// The mail relays outside. Each has moods that last for a while: it takes what it is given, turns
// it down for now, takes its time, breaks off after the text was sent (having taken it or not), or
// takes it and loses it. Some addresses will never do.

#include <string>

#include "kernel/courier.h"
#include "tests/storm/dice.h"

namespace noroshi::storm {

struct Carried {
    Delivery delivery;
    bool was_contacted = true;  // the text left the house
    Span takes{};               // until the outcome is known
    int copies = 0;             // that reach the person
};

class Gateways {
public:
    // Changes the moods of both relays; `well`: they do what they should.
    void change_mood(Dice& dice, bool well);
    Carried carry(const Message& message, int attempt, Dice& dice) const;

private:
    enum class Mood { well, away, slow, breaks_off, loses };
    Mood moods_[2] = {Mood::well, Mood::well};
};

}  // namespace noroshi::storm
