#pragma once
// What comes back over a gateway by itself, later: a person's words, or what became of a message.
// A gateway hands it over and tells the sender that it was taken only when `done(true)` says it is
// durable; else the sender keeps it and tries again.

#include <functional>
#include <string>

namespace noroshi::edge::courier {

struct Inbound {
    // gone: the address that `reference` names has ended by itself (a browser's subscription).
    enum class Kind { words, receipt, gone };
    Kind kind = Kind::words;
    std::string gateway;
    std::string from;       // words: who wrote, as the gateway names them (E.164 or digits)
    std::string text;       // words
    std::string reference;  // receipt: Delivery::reference of the message
    bool arrived = false;   // receipt: it is on the person's device
    bool is_final = false;  // receipt: nothing more will be said about it
    std::string state;      // receipt: the gateway's word for it
};

// May be called from any thread, and calls `done` from any thread, once.
using OnInbound = std::function<void(Inbound, std::function<void(bool)> done)>;

}  // namespace noroshi::edge::courier
