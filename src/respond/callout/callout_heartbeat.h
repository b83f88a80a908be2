#pragma once
// Whether the alarm itself works. Guideline 3.1.2: an alarm chain that has broken unnoticed is found
// out on the night on which it is needed.
//
// At intervals a test message goes through every gateway, not just through the one that is next.
// One that is not taken, or of which nothing is heard in time, is told to the port manager's
// administrators over the channels that still work, once; so is its recovery. Whether the whole
// chain lives is told outward (is_alive): a monitoring server or a second Noroshi asks for it, or is
// pinged, and raises the alarm when this one falls silent, which this one cannot do for itself.
//
// When the next test is due follows from facts. State is kept twice, as in every room: the pending
// side for the timer, the published one for readers.

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "kernel/courier.h"
#include "kernel/identity/principal.h"
#include "kernel/journal/journal.h"
#include "kernel/result.h"
#include "respond/callout/callout_heartbeat_facts.h"

namespace noroshi::prepare::council {
class Council;
}
namespace noroshi::prepare::contacts {
class Contacts;
}

namespace noroshi::respond::callout {

class Callout;

struct HeartbeatPlan {
    Span every{};                                // zero: nothing is tested
    Span patience = std::chrono::minutes(10);    // until no news is bad news; less than `every`
    std::map<Channel, std::string> addresses{};  // where the test messages of a channel go
    // Of a gateway that leads to addresses of its own: a chat service ("works" → "works:user").
    std::map<std::pair<Channel, std::string>, std::string> own_addresses{};
    std::string pushed_to{};  // login of whose browsers the tests of push go to
    std::map<Channel, std::vector<std::string>> gateways{};
};

enum class GatewayState {
    unwatched,  // no address for test messages
    waiting,    // the first test is under way
    well,
    broken
};
BOOST_DESCRIBE_ENUM(GatewayState, unwatched, waiting, well, broken)

struct GatewayItem {
    Channel channel = Channel::email;
    std::string gateway;
    GatewayState state = GatewayState::unwatched;
    std::optional<Instant> tested_at;
    std::optional<Instant> well_at;  // the last test that was taken
    std::optional<Instant> broken_since;
    std::optional<std::string> detail;
};
BOOST_DESCRIBE_STRUCT(GatewayItem, (),
                      (channel, gateway, state, tested_at, well_at, broken_since, detail))

struct WatchedItem {
    std::string name;
    bool well = true;
    Instant since;
    std::optional<std::string> detail;
};
BOOST_DESCRIBE_STRUCT(WatchedItem, (), (name, well, since, detail))

struct HeartbeatItem {
    static constexpr std::string_view schema_name = "Heartbeat";

    bool alive = true;
    std::optional<int> every_minutes;     // absent: nothing is tested
    std::optional<Instant> last_well_at;  // of any gateway
    std::vector<GatewayItem> gateways;
    std::vector<WatchedItem> watched;
    bool pings = false;                // a monitoring server is told
    std::optional<Instant> pinged_at;  // and has heard it, since this server started
    std::optional<std::string> ping_problem;
};
BOOST_DESCRIBE_STRUCT(HeartbeatItem, (),
                      (alive, every_minutes, last_well_at, gateways, watched, pings, pinged_at,
                       ping_problem))

class Heartbeat {
public:
    // Before Journal::start(); the others must outlive it.
    Heartbeat(journal::Journal& journal, const prepare::council::Council& council,
              const prepare::contacts::Contacts& contacts, const Callout& callout);

    // Known only once the gateways are made; before the journal runs.
    void set_plan(HeartbeatPlan plan) { plan_ = std::move(plan); }

    // Under Journal::read.
    HeartbeatItem item(Instant now) const;
    // The tests go out in time, and no channel is without a gateway that takes them.
    bool is_alive(Instant now) const;
    Instant now() const { return journal_.clock().now(); }

    // Inside a command: what was found out about another installation. The same again writes nothing.
    void take_watched(journal::Recorder& recorder, const std::string& name, bool well,
                      const std::string& detail);
    // What became of telling the monitoring server. Thread-safe; kept in memory, as it is of this
    // process.
    void note_ping(Instant at, bool heard, std::string problem);

private:
    using Name = std::pair<Channel, std::string>;
    struct Gateway {
        int number = 0;
        int heard = 0;
        std::optional<bool> well;
        Instant tested_at;
        std::optional<Instant> well_at, broken_since;
        std::string detail;
    };
    struct Watched {
        int number = 0;
        bool well = true;
        Instant since;
        std::string detail;
    };
    struct State {
        std::map<Name, Gateway> gateways;
        std::map<std::string, Watched> watched;
        void listen(journal::Listeners& side);
    };

    std::optional<Instant> next_due() const;
    Result<> fire(journal::Recorder& recorder);
    void hear(journal::Recorder& recorder, const store::OutboxRow& row, const Delivery& delivery);
    void judge(journal::Recorder& recorder, const Name& name, int number, bool well,
               std::string detail);
    void tell(journal::Recorder& recorder, const std::string& key, std::string_view message,
              const Arguments& arguments, const std::optional<std::pair<Name, bool>>& judged) const;
    std::vector<Name> tested() const;
    // Where its test messages go; nothing: it is not tested. Empty: there is nowhere just now.
    std::optional<std::string> address_of(const Name& name) const;
    bool is_broken(const State& state, Channel channel) const;

    journal::Journal& journal_;
    const prepare::council::Council& council_;
    const prepare::contacts::Contacts& contacts_;
    const Callout& callout_;
    HeartbeatPlan plan_;
    State pending_, published_;
    mutable std::mutex ping_guard_;
    std::optional<Instant> pinged_at_;
    std::optional<std::string> ping_problem_;
    bool pings_ = false;
};

}  // namespace noroshi::respond::callout
