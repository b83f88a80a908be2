#pragma once
// The journal: everything that happens goes through submit(). A command decides on the pending
// state, which is kept ahead of the published one; facts of many commands become durable in one
// commit (group commit); only then are they folded into the published views, told to event
// listeners, and the answers given. A failed commit throws the pending state away, folds it again
// from the store, and every command of the batch is answered "unavailable".
//
// Threads: commands are decided and answered on one thread, the one that calls run() or step().
// Views are read by any thread under read(). submit() is thread-safe.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/courier.h"
#include "kernel/crypto/keyring.h"
#include "kernel/identity/principal.h"
#include "kernel/journal/fact.h"
#include "kernel/journal/listeners.h"
#include "kernel/random/random.h"
#include "kernel/result.h"
#include "kernel/store/store.h"
#include "kernel/time/time.h"

namespace noroshi::journal {

class Journal;

// Where a fact goes.
struct Place {
    std::string stream;  // "respond/incident/<id>"
    Visibility visibility;
    World world;                                    // live or an exercise
    std::optional<Instant> event_time;              // now, if not given
    std::optional<std::uint64_t> expected_version;  // of the stream; conflict if it is not so
};

// A message for the outbox. `message.key` decides: a key already used is not sent again.
struct Dispatch {
    std::string topic;  // "respond.callout/<id>"
    PersonId person;
    Message message;
    Instant not_before;
    Instant expires;
};

// What a command may do. Recording happens when the command returns a value; a command that
// returns an error leaves nothing behind.
class Recorder {
public:
    Instant now() const { return now_; }
    Random& random();
    const std::string& actor() const { return actor_; }

    // record<Body>(place, body) is in record.h (needs the JSON layer).
    void record_encoded(const Place& place, std::string_view kind, std::uint32_t schema,
                        std::string body);
    // Makes sure that the person has a key, creating one in this commit.
    void ensure_person_key(const PersonId& person);
    // Deletes the person's key in this commit: the person is erased. The text of every message to
    // them goes too, and those still waiting are cancelled.
    void erase_person_key(const PersonId& person);
    const Keyring& keyring() const;

    void send(Dispatch dispatch);
    // Messages still waiting are cancelled; those under way are left to their outcome.
    void cancel_messages(std::string_view topic, const PersonId& person);  // empty person: all
    void put_secret(std::string kind, std::string id, std::string bytes);  // sealed at rest
    void delete_secret(std::string kind, std::string id);
    // Content-addressed; returns the SHA-256 in hex.
    std::string store_blob(std::string bytes);
    // Version of a stream as decided so far (0: no facts yet).
    std::uint64_t version_of(std::string_view stream) const;
    // Number of facts this command has recorded so far.
    std::size_t recorded() const { return drafts_.size(); }

private:
    friend class Journal;
    Recorder(Journal& journal, Instant now, std::string actor);
    struct Draft {
        Place place;
        std::string kind;
        std::uint32_t schema;
        std::string body;
    };
    Journal& journal_;
    Instant now_;
    std::string actor_;
    std::vector<Draft> drafts_;
    std::vector<Dispatch> dispatches_;
    std::vector<std::pair<std::string, PersonId>> cancellations_;
    std::vector<store::Secret> secrets_;
    std::vector<store::Secret> deleted_secrets_;
    std::vector<store::Blob> blobs_;
    std::vector<std::pair<PersonId, Key>> new_keys_;
    std::vector<PersonId> erased_;
    std::vector<store::OutboxRow> rows_;  // changed by claim and settle
};

// What is answered after the commit. `headers` are HTTP-like ("ETag", "Location").
struct Answer {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;       // JSON
    bool replayed = false;  // given before, under the same Idempotency-Key
};

struct Command {
    std::string actor;            // PersonId or "system"
    std::string idempotency_key;  // the request's, hashed with the person; empty: none
    std::string fingerprint;      // of the request; the same key with another is a conflict
    std::function<Result<Answer>(Recorder&)> decide;
    std::function<void(Result<Answer>)> done;  // on the journal's thread; must not block
};

// Timers are derived from facts: a room tells when its pending state is next due, and decides what
// then happens. Asked on the journal's thread only.
struct TimerSource {
    std::function<std::optional<Instant>()> next_due;
    std::function<Result<>(Recorder&)> fire;  // records at least one fact, or next_due moves on
};

// A published change, for open boards.
struct Event {
    std::uint64_t sequence = 0;
    std::string type;   // "respond.incident.entry_added"
    std::string topic;  // "respond/incident/<id>": the stream
    std::string exercise;
    std::shared_ptr<const Visibility> visibility;
    std::shared_ptr<const std::string> json;
};

struct OutboxCounts {
    std::uint64_t waiting = 0, sending = 0, delivered = 0, refused = 0, gave_up = 0, cancelled = 0,
                  in_doubt = 0;
};

// One message handed to a courier.
struct Claim {
    std::string key;
    std::string topic;
    PersonId person;
    int attempt = 1;  // counts from 1; couriers choose the relay by it
    Message message;
};

// The channels whose messages are asked for (lane_of in kernel/courier.h); empty: all.
using Lanes = std::set<Channel>;

struct Options {
    Key installation_key{};            // seals secrets, outbox and links
    std::size_t batch_limit = 512;     // commands in one commit
    std::size_t queue_limit = 20'000;  // beyond it: unavailable kernel.journal.overloaded
    bool verify = true;                // hash every fact at start (on a second thread)
};

struct StartReport {
    std::uint64_t facts = 0;
    Hash head{};
    std::chrono::microseconds took{};
    Instant last_entry{};  // the latest entry time; a clock that shows less was ahead once
};

class Journal {
public:
    Journal(store::Store& store, const Clock& clock, Random& random, Options options);
    ~Journal();

    // Before start(): registration.
    Listeners& pending() { return pending_; }
    Listeners& published() { return published_; }
    void add_timer(TimerSource source) { timers_.push_back(std::move(source)); }
    // Renders events: called on the journal's thread with the published side locked for reading.
    // An event's type is the fact's kind and its topic the fact's stream, unless the room says
    // otherwise: several kinds may make one type of event, told under another stream.
    using Render = std::function<std::optional<std::string>(const void* body, const Envelope&)>;
    using TopicOf = std::function<std::string(const void* body)>;
    void add_event(std::string_view kind, Render render, std::string type = {}, TopicOf topic = {});
    // Told after each commit, outside the lock, in sequence.
    void on_events(std::function<void(std::span<const Event>)> sink) { sink_ = std::move(sink); }
    // A room hears what became of its messages and may record facts about it.
    using Heard = std::function<void(Recorder&, const store::OutboxRow&, const Delivery&)>;
    void on_delivery(std::string topic_prefix, Heard heard);
    void on_secret(std::string kind,
                   std::function<void(const std::string& id, const std::string* bytes)> changed);

    // Reads, verifies and folds everything. Errors: corrupt kernel.journal.chain_broken {sequence}.
    Result<StartReport> start();

    void submit(Command command);
    // Runs until stopped, then finishes what is queued.
    void run(std::stop_token stop);
    // One turn: due timers, then one batch. Returns the number of commands handled. For tests,
    // stories and the storm, which have no threads.
    std::size_t step();
    // When something will be due without a command (timers and outbox), if ever.
    std::optional<Instant> next_due() const;

    // Outbox, for the dispatcher (edge/courier/dispatch.h). claim() takes up to `most` due messages
    // and makes that durable before handing them over; settle() writes what became of one.
    void claim(std::size_t most, std::function<void(Result<std::vector<Claim>>)> done,
               const Lanes& lanes = {});
    void settle(std::string key, Delivery delivery, std::function<void(Result<>)> done);
    OutboxCounts outbox_counts() const;                                      // thread-safe
    std::optional<Instant> next_message_due(const Lanes& lanes = {}) const;  // thread-safe
    // Claimed, and cancelled since: nobody wants it any more. Thread-safe.
    bool is_revoked(const std::string& key) const;
    // Notified when a message becomes due earlier than before (wakes the dispatcher).
    void on_outbox(std::function<void()> wake) { wake_dispatcher_ = std::move(wake); }

    // Reading published views from any thread: `read` runs with the published side held still.
    template <class F>
    auto read(F&& f) const {
        std::shared_lock lock(published_guard_);
        return f();
    }
    std::uint64_t published_sequence() const;
    store::Head head() const;
    Keyring& keyring() { return keyring_; }
    const Key& installation_key() const { return options_.installation_key; }
    const Clock& clock() const { return clock_; }
    Random& random() { return random_; }
    store::Store& store() { return store_; }
    // Facts published since `after`, from the ring of recent events; nothing if they are gone from
    // it (the caller then says "reset" and the client reads again).
    std::optional<std::vector<Event>> events_after(std::uint64_t after) const;

private:
    friend class Recorder;
    struct Impl;
    Result<Answer> decide(Command& command, Instant now);
    std::optional<Result<Answer>> answered_before(const Command& command);
    Result<std::uint64_t> accept(Recorder& recorder);
    void cancel(const std::string& topic, const std::string& person);
    void empty_messages_of(const std::string& person);
    void forget_old_answers(Instant now);
    void publish(const std::vector<Decoded>& facts, const store::Batch& batch,
                 const std::vector<std::pair<std::string, std::string>>& secrets,
                 const std::vector<PersonId>& erased);
    Result<> mend(Instant now);
    void tell_room(Recorder& recorder, const store::OutboxRow& row, const Delivery& delivery);
    std::unique_ptr<Impl> impl_;
    store::Store& store_;
    const Clock& clock_;
    Random& random_;
    Options options_;
    Kinds kinds_;
    Listeners pending_{kinds_};
    Listeners published_{kinds_};
    std::vector<TimerSource> timers_;
    Keyring keyring_;
    mutable std::shared_mutex published_guard_;
    std::function<void(std::span<const Event>)> sink_;
    std::function<void()> wake_dispatcher_;
};

// Checks the chain of a store: number of facts and head, or corrupt
// kernel.journal.chain_broken {sequence, reason} for the first broken fact.
Result<store::Head> verify_chain(store::Reader& reader);

}  // namespace noroshi::journal
