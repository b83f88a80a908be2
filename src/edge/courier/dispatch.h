#pragma once
// Takes due messages from the journal's outbox to the couriers and the outcomes back: claim, carry,
// settle. Which message is due, how often it is tried and when it is given up, the journal decides;
// here are only the threads that may wait for a slow gateway. Each channel has threads of its own:
// an SMS gateway that hangs holds up neither mail nor telephone.
//
// A claim is durable before it is carried. If the process dies in between, the journal counts the
// message in doubt at the next start and hands it out again under the same Message-ID. A few
// messages are claimed ahead, so that no thread waits for a commit; one that is cancelled
// meanwhile (its person has answered) is not carried.

#include <map>
#include <memory>
#include <vector>

#include "kernel/courier.h"
#include "kernel/journal/journal.h"

namespace noroshi::edge::courier {

struct Post {
    Courier* courier = nullptr;
    unsigned threads = 4;
};

class Dispatcher {
public:
    // Made before the journal runs; the couriers and the journal must outlive it. A message for a
    // channel without a courier is refused: it shows up on the board as not deliverable instead of
    // waiting for ever.
    Dispatcher(journal::Journal& journal, const std::map<Channel, Post>& posts);
    Dispatcher(journal::Journal& journal, const std::map<Channel, Courier*>& couriers,
               unsigned threads = 4);
    ~Dispatcher();

    void start();
    // Finishes what is being carried and stops; the journal must still be running.
    void stop();

private:
    struct Lane;
    std::vector<std::shared_ptr<Lane>> lanes_;  // the journal's bell holds them weakly
};

}  // namespace noroshi::edge::courier
