#pragma once
// The computer on which Noroshi runs in a storm: a disk that fails and forgets, a clock that is set
// wrongly, and on it the real store, the real journal and the real rooms with their route tables.
// It has no threads: whoever holds it takes one step after the other, and may pull the plug between
// any two, or have the disk do so in the middle of one.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/rooms.h"
#include "edge/http/router.h"
#include "kernel/store/faulty_vfs.h"

namespace noroshi::storm {

// A request as it arrives at the edge, its sender known.
struct Call {
    edge::http::Method method = edge::http::Method::post;
    std::string path;
    edge::http::Headers query;
    PersonId person;  // empty: nobody is signed in
    std::string body;
    std::string idempotency_key;
    std::optional<std::uint64_t> if_match;
};
struct Said {
    int status = 0;
    std::string body;
    std::string key;  // of the problem
    bool replayed = false;
};

// As RealClock, with a system's clock that is set.
class SetClock final : public Clock {
public:
    Instant now() const override { return shown_; }
    void show(Instant system, Span steady) { shown_ = time_.at(system, steady); }
    void not_before(Instant at) {
        time_.not_before(at);
        shown_ = std::max(shown_, at);
    }
    void start_process() { time_ = {}; }

private:
    SlewedTime time_;
    Instant shown_;
};

class Machine {
public:
    Machine(std::uint64_t seed, Instant now);
    ~Machine();

    bool is_on() const { return journal_ != nullptr; }
    enum class Start {
        done,
        refused,  // the disk would not let it; later, perhaps
        corrupt   // what is stored cannot be read any more
    };
    // Opens the store and folds it.
    Start switch_on();
    // Ends the process between two steps; the disk keeps what was written, synced or not.
    void switch_off();
    // Ends the machine between two steps; what was not synced is at the mercy of the disk.
    void pull_the_plug();

    // What the system's clock shows, and how long the world has been there.
    void set_time(Instant system, Span steady);
    Instant now() const { return clock_.now(); }
    const Clock& clock() const { return clock_; }

    // As the edge does: route, permission, body, idempotency key. The answer never comes if the
    // machine dies before it is given.
    void submit(const Call& call, std::function<void(Said)> done);
    Said ask(const PersonId& person, const std::string& path,
             const edge::http::Headers& query = {});
    // Inside a command, without the edge: for making the port before the storm begins.
    void perform(const std::function<Result<>(journal::Recorder&)>& decide);

    // One step of the journal: how many commands it handled. Nothing: the machine died in it.
    std::optional<std::size_t> step();

    store::FaultyVfs& disk() { return disk_; }
    store::Store& store() { return *store_; }
    journal::Journal& journal() { return *journal_; }
    app::Rooms& rooms() { return *rooms_; }
    void on_events(std::function<void(std::span<const journal::Event>)> heard) {
        heard_ = std::move(heard);
    }

    static constexpr std::string_view path = "noroshi.db";
    static constexpr std::string_view inbound_token = "inbound";  // of the gateways

private:
    bool is_dead();

    SetClock clock_;
    Instant system_;
    Span steady_{};
    SeededRandom random_;
    SeededRandom disk_random_;
    store::FaultyVfs disk_;
    bool dead_ = false;
    std::function<void(std::span<const journal::Event>)> heard_;

    std::unique_ptr<store::Store> store_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<app::Rooms> rooms_;
    std::unique_ptr<edge::http::Routes> routes_;
    std::unique_ptr<edge::http::Router> router_;
};

}  // namespace noroshi::storm
