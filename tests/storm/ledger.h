#pragma once
// What the port knows by itself, without Noroshi: who wanted what to be written, what was
// acknowledged, which messages left the house. It is kept independently of the rooms and held
// against what they show; every difference is counted and told.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "kernel/crypto/hash.h"
#include "kernel/journal/chain.h"
#include "tests/storm/machine.h"

namespace noroshi::storm {

// Something that somebody wants to be written: one thing, however often it is sent. Its tag stands
// in the text, so that it is found again wherever it has gone.
struct Wish {
    enum class Fate { open, kept, refused };
    std::uint64_t number = 0;
    std::string tag;
    Call call;
    bool is_sealed = false;  // the tag lies in a field sealed for this person
    PersonId sealed_for;
    bool is_tagged = true;  // it makes a fact with the tag
    std::string incident;   // an entry of that incident, with exactly this content
    std::string content;
    Fate fate = Fate::open;
    bool was_heard = false;  // by the person who wished it
    int status = 0;
    std::string answer;  // the first
    std::function<void(const boost::json::object&)> when_kept;
};

struct Board {
    std::string exercise;                // empty: live
    std::vector<std::uint64_t> entries;  // wish of entry n at n - 1
};

struct Addressee {
    bool is_reachable = false;   // had an address when the call-out was raised
    bool is_answering = false;   // on the way
    bool has_answered = false;   // acknowledged
    std::set<std::string> keys;  // of messages transmitted
    int copies = 0;              // of them, in the person's hand
    std::set<Channel> spoiled;   // refused for good there, or taken and lost
};
struct Alarm {
    std::string exercise;
    std::string incident;
    bool is_ending = false;  // somebody wants it to
    bool is_over = false;    // acknowledged
    int reminders = 0;
    Span channel_after{};
    Instant known_at;
    std::map<std::string, Addressee> addressees;
};

class Ledger {
public:
    std::uint64_t lost = 0;
    std::uint64_t doubled = 0;
    std::uint64_t after_answer = 0;
    std::uint64_t violations = 0;
    std::uint64_t messages = 0;

    Wish& add(Wish wish);
    std::vector<std::unique_ptr<Wish>>& wishes() { return wishes_; }
    std::map<std::string, Board>& boards() { return boards_; }
    std::map<std::string, Alarm>& alarms() { return alarms_; }
    // Topic and person of messages handed to a relay, whatever came of it.
    std::set<std::pair<std::string, std::string>> tried;
    // The same, of those that a relay was contacted for: also while the alarm's own answer is on its way.
    std::set<std::pair<std::string, std::string>> transmitted_of;
    // By the topic of a message that told of several alarms: theirs.
    std::map<std::string, std::set<std::string>> bundled;
    // The wish whose tag stands in the text, if any.
    Wish* tagged(std::string_view text) const;

    // The machine gave this answer.
    void answered(Wish& wish, const Said& said);
    void opened(const std::string& incident, const std::string& exercise);
    // The board as it shows itself from entry `after` on; `whole` when nothing may be missing.
    void read_board(const std::string& incident, std::uint64_t after,
                    const boost::json::array& items);
    // Every acknowledged entry of the board has been seen on it.
    void check_board(const std::string& incident);

    // Null while nobody knows yet that it was raised.
    Alarm* alarm_of(const journal::Claim& claim);
    Addressee* addressee_of(const journal::Claim& claim);
    void transmitted(Instant at, const journal::Claim& claim);
    // All facts of the journal, in order.
    void check_facts(const std::vector<journal::Fact>& facts, const Keyring& keyring);

    void complain(std::uint64_t& counter, const std::string& what);
    // Of everything that left the house, in order.
    std::string transmissions() { return to_hex(transmissions_.finish()); }

private:
    std::vector<std::unique_ptr<Wish>> wishes_;
    std::map<std::string, Board> boards_;
    std::map<std::string, Alarm> alarms_;
    std::map<std::string, std::set<std::uint64_t>> acknowledged_;  // entries, by incident
    std::map<std::string, std::string> message_ids_;               // key → Message-ID
    std::map<std::string, std::string> keys_;                      // Message-ID → key
    Sha256Stream transmissions_;
};

}  // namespace noroshi::storm
