// The journal turns commands into durable facts.
//
// Why group commit is hard: a decision may depend on what the command before it decided (entry 7
// comes after entry 6), but nobody may see, or be told of, anything that is not yet on disk. So
// there are two sides. The pending side is told of each fact as soon as it is decided and is used
// by decisions only. The published side is told after the commit; readers, events and answers see
// only that. If a commit fails, the pending side has been told things that did not happen; it is
// thrown away and folded again from the store, which is the only truth.
//
// One thread decides, commits and publishes, in turn. While it waits for the disk, commands queue
// up, and the next commit takes them all: the slower the disk, the larger the groups.

#include "kernel/journal/journal.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <exception>
#include <tuple>

#include "kernel/crypto/hash.h"
#include "kernel/journal/chain.h"
#include "kernel/journal/form.h"
#include "kernel/journal/outbox.h"
#include "kernel/json/json.h"

namespace noroshi::journal {

using store::OutboxRow;
using store::OutboxState;

namespace {

constexpr std::size_t events_kept = 16'384;
constexpr std::string_view person_key_kind = "person_key";
constexpr auto answers_kept = std::chrono::days(7);  // for the same Idempotency-Key
constexpr auto forget_every = std::chrono::hours(1);
// A smaller journal gains nothing by forgetting, and a demo that goes through weeks of its past in a
// second must still know each step after it was killed.
constexpr std::uint64_t facts_worth_forgetting_for = 10'000;

// An answer as it is kept for the same Idempotency-Key: header lines, an empty line, the body.
std::string encode(const Answer& answer) {
    std::string text;
    for (const auto& [name, value] : answer.headers) text += name + ": " + value + "\n";
    return text + "\n" + answer.body;
}

Answer decode_answer(const store::Request& request) {
    Answer answer;
    answer.status = request.status;
    answer.replayed = true;
    std::string_view rest = request.answer;
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        const auto line = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (line.empty()) break;
        const auto colon = line.find(": ");
        if (colon != std::string_view::npos)
            answer.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
    answer.body = rest;
    return answer;
}

std::string sealing_label(std::string_view kind, std::string_view id) {
    return std::string(kind) + "\n" + std::string(id);
}

// Of a store that takes no writes: how often to see whether it does again.
constexpr Span shortest_probe = std::chrono::milliseconds(200);
constexpr Span longest_probe = std::chrono::seconds(5);

}  // namespace

struct Journal::Impl {
    // Commands waiting for the journal's thread.
    std::mutex queue_guard;
    std::condition_variable queue_filled;
    std::deque<Command> queue;

    // The pending side.
    std::unordered_map<std::string, std::uint64_t, TextHash, std::equal_to<>> versions;
    store::Head decided;
    Instant last_entry_time{};
    bool pending_broken = false;  // a commit failed; fold again before deciding
    Instant probe_again{};
    Span probe_wait{};       // longer with every commit that fails though the probe was taken
    Instant forget_again{};  // answers that are too old
    Instant drop_forms_again{};

    // The published side.
    Outbox outbox;
    std::map<std::string, Form, std::less<>> forms;  // by form_id()
    std::atomic<std::uint64_t> published{0};
    mutable std::mutex head_guard;
    store::Head head;
    OutboxCounts counts;
    Outbox::Due message_due;
    std::unordered_set<std::string> revoked;  // claimed, then cancelled; under head_guard

    std::unordered_map<std::string, std::shared_ptr<const Visibility>, TextHash, std::equal_to<>>
        visibilities;
    struct Rendering {
        Render render;
        std::string type;
        TopicOf topic;
    };
    std::unordered_map<std::string, Rendering, TextHash, std::equal_to<>> renders;
    std::vector<std::pair<std::string, Heard>> heard;
    std::unordered_map<std::string,
                       std::vector<std::function<void(const std::string&, const std::string*)>>>
        secret_listeners;

    mutable std::mutex events_guard;
    std::deque<Event> events;
    std::uint64_t ring_since = 0;  // head when this process started

    // One commit in the making.
    struct Made {
        store::Batch batch;
        std::vector<Decoded> facts;
        std::unordered_map<std::string, std::size_t> requests;  // key → index in batch.requests
        std::unordered_map<std::string, std::size_t> rows;      // key → index in batch.outbox
        std::vector<std::pair<std::string, std::string>> secrets_in_clear;  // parallel to batch
        std::vector<PersonId> erased;
        std::vector<std::pair<PersonId, Key>> new_keys;
        struct Waiting {
            std::function<void(Result<Answer>)> done;
            Result<Answer> answer;
            bool kept;  // by an earlier commit
        };
        std::vector<Waiting> waiting;
    };
    Made* made = nullptr;
    std::unique_ptr<Made> failed;  // reported failed by the store, until we know

    Result<std::shared_ptr<const Visibility>> visibility_of(std::string_view text) {
        if (auto found = visibilities.find(text); found != visibilities.end()) return found->second;
        TRY_LET(auto decoded, decode_visibility(text));
        auto shared = std::make_shared<const Visibility>(std::move(decoded));
        visibilities.emplace(text, shared);
        return std::shared_ptr<const Visibility>(shared);
    }

    // `bytes` in clear; null: deleted.
    void tell_secret(const std::string& kind, const std::string& id, const std::string* bytes) {
        if (kind == form_kind) {
            forms.erase(id);
            if (bytes != nullptr)
                if (auto form = json::from_text<Form>(*bytes)) forms.emplace(id, std::move(*form));
            return;
        }
        const auto found = secret_listeners.find(kind);
        if (found == secret_listeners.end()) return;
        for (const auto& tell : found->second) tell(id, bytes);
    }

    // The row as decided so far: in this batch, else as committed.
    const OutboxRow* row(const std::string& key) const {
        if (made != nullptr)
            if (auto found = made->rows.find(key); found != made->rows.end())
                return &made->batch.outbox[found->second];
        return outbox.find(key);
    }
    bool knows(const std::string& key) const {
        return (made != nullptr && made->rows.contains(key)) || outbox.knows(key);
    }
    void put_row(OutboxRow row) {
        auto [at, fresh] = made->rows.try_emplace(row.key, made->batch.outbox.size());
        if (fresh)
            made->batch.outbox.push_back(std::move(row));
        else
            made->batch.outbox[at->second] = std::move(row);
    }
    void note_revoked(const std::vector<OutboxRow>& rows) {
        std::lock_guard lock(head_guard);
        for (const auto& row : rows)
            if (row.state == OutboxState::sending && row.expires == Instant{})
                revoked.insert(row.key);
            else
                revoked.erase(row.key);
    }
    // Once an hour, within a batch that is made anyway: what no unfinished message is written from.
    void drop_old_forms(Instant now) {
        if (made->batch.empty() || now < drop_forms_again) return;
        drop_forms_again = now + forget_every;
        std::set<std::string, std::less<>> asked;  // in this batch
        for (const auto& row : made->batch.outbox) asked.insert(row.topic);
        for (const auto& [id, form] : forms) {
            const auto topic = topic_of_form(id);
            if (!asked.contains(topic) && outbox.keys_of(topic, "").empty())
                made->batch.deleted_secrets.push_back({std::string(form_kind), id, {}});
        }
    }
    void publish_counts() {
        std::lock_guard lock(head_guard);
        counts = outbox.counts();
        message_due = outbox.next_due();
    }
};

// ---- Recorder ------------------------------------------------------------------------------

Recorder::Recorder(Journal& journal, Instant now, std::string actor)
    : journal_(journal), now_(now), actor_(std::move(actor)) {}

Random& Recorder::random() { return journal_.random_; }
const Keyring& Recorder::keyring() const { return journal_.keyring_; }

void Recorder::record_encoded(const Place& place, std::string_view kind, std::uint32_t schema,
                              std::string body) {
    ASSERT(!place.stream.empty());
    drafts_.push_back(Draft{place, std::string(kind), schema, std::move(body)});
}

void Recorder::ensure_person_key(const PersonId& person) {
    if (journal_.keyring_.has(person)) return;
    Key key{};
    journal_.random_.fill(std::as_writable_bytes(std::span(key)));
    journal_.keyring_.add(person, key);
    new_keys_.emplace_back(person, key);
}

void Recorder::erase_person_key(const PersonId& person) { erased_.push_back(person); }

void Recorder::send(Dispatch dispatch) {
    ASSERT(!dispatch.message.key.empty());
    dispatches_.push_back(std::move(dispatch));
}

void Recorder::cancel_messages(std::string_view topic, const PersonId& person) {
    cancellations_.emplace_back(std::string(topic), person);
}

void Recorder::put_secret(std::string kind, std::string id, std::string bytes) {
    secrets_.push_back({std::move(kind), std::move(id), std::move(bytes)});
}

void Recorder::delete_secret(std::string kind, std::string id) {
    deleted_secrets_.push_back({std::move(kind), std::move(id), {}});
}

std::string Recorder::store_blob(std::string bytes) {
    std::string name = to_hex(sha256(bytes));
    blobs_.push_back({name, std::move(bytes)});
    return name;
}

std::uint64_t Recorder::version_of(std::string_view stream) const {
    auto found = journal_.impl_->versions.find(stream);
    std::uint64_t version = found == journal_.impl_->versions.end() ? 0 : found->second;
    for (const auto& draft : drafts_)
        if (draft.place.stream == stream) ++version;
    return version;
}

// ---- Journal -------------------------------------------------------------------------------

Journal::Journal(store::Store& store, const Clock& clock, Random& random, Options options)
    : impl_(std::make_unique<Impl>()), store_(store), clock_(clock), random_(random),
      options_(options) {}

Journal::~Journal() = default;

void Journal::add_event(std::string_view kind, Render render, std::string type, TopicOf topic) {
    if (type.empty()) type = kind;
    impl_->renders.emplace(std::string(kind),
                           Impl::Rendering{std::move(render), std::move(type), std::move(topic)});
}

void Journal::on_delivery(std::string topic_prefix, Heard heard) {
    impl_->heard.emplace_back(std::move(topic_prefix), std::move(heard));
}

void Journal::on_secret(std::string kind,
                        std::function<void(const std::string&, const std::string*)> changed) {
    impl_->secret_listeners[std::move(kind)].push_back(std::move(changed));
}

namespace {

// The body in the form that listeners take; null if nobody listens.
Result<std::shared_ptr<const void>> decode(const Fact& fact, Kinds& kinds, const Keyring& keyring) {
    const auto* read = kinds.find(fact.kind);
    if (read == nullptr) return std::shared_ptr<const void>();
    auto body = (*read)(fact.body, fact.schema, &keyring);
    if (body) return body;
    return fail(ErrorKind::corrupt, "kernel.journal.unreadable",
                {{"sequence", std::to_string(fact.sequence)},
                 {"kind", fact.kind},
                 {"reason", describe(body.error())}});
}

}  // namespace

Result<StartReport> Journal::start() {
    const Instant began = clock_.now();

    TRY(store_.each_secret("", [&](const store::Secret& secret) {
        auto bytes = open_with(options_.installation_key, secret.bytes,
                               sealing_label(secret.kind, secret.id));
        if (!bytes) return true;  // sealed under another installation's key: of no use here
        if (secret.kind == person_key_kind && bytes->size() == sizeof(Key)) {
            Key key{};
            std::copy(bytes->begin(), bytes->end(), key.begin());
            keyring_.add(PersonId{secret.id}, key);
        }
        impl_->tell_secret(secret.kind, secret.id, &*bytes);
        return true;
    }));

    std::string last_stream;
    std::uint64_t* last_version = nullptr;
    const auto fold = [&](const Fact& fact) -> Result<> {
        TRY_LET(const auto visibility, impl_->visibility_of(fact.visibility));
        // What was disposed of is told to nobody: it is as if it had not been.
        if (!fact.body.empty()) {
            TRY_LET(const auto body, decode(fact, kinds_, keyring_));
            pending_.tell(fact, visibility, body.get());
            published_.tell(fact, visibility, body.get());
        }
        if (last_version == nullptr || last_stream != fact.stream) {
            last_version = &impl_->versions[fact.stream];
            last_stream = fact.stream;
        }
        *last_version = fact.stream_version;
        impl_->decided = {fact.sequence, fact.hash};
        impl_->last_entry_time = std::max(impl_->last_entry_time, fact.entry_time);
        return {};
    };
    if (options_.verify) {
        // A connection of its own, because the second thread reads through it.
        TRY_LET(const auto reader, store_.reader());
        TRY(fold_verified(*reader, fold));
    } else {
        Result<> folded;
        TRY(store_.facts(1, [&](const Fact& fact) {
            folded = fold(fact);
            return folded.has_value();
        }));
        TRY(folded);
    }

    // Whatever was being sent when the process ended is in doubt: sent again, the same Message-ID.
    store::Batch doubts;
    TRY(store_.each_outbox([&](const OutboxRow& row) {
        if (row.state == OutboxState::sending) {
            OutboxRow again = row;
            again.state = OutboxState::waiting;
            again.in_doubt += 1;
            again.next_try = clock_.now();
            doubts.outbox.push_back(again);
            impl_->outbox.put(again);
        } else {
            impl_->outbox.put(row);
        }
        return true;
    }));
    TRY(store_.commit(doubts));

    {
        std::lock_guard lock(impl_->head_guard);
        impl_->head = impl_->decided;
    }
    impl_->published = impl_->decided.sequence;
    impl_->ring_since = impl_->decided.sequence;
    impl_->publish_counts();
    return StartReport{impl_->decided.sequence, impl_->decided.hash, clock_.now() - began,
                       impl_->last_entry_time};
}

void Journal::submit(Command command) {
    {
        std::unique_lock lock(impl_->queue_guard);
        if (impl_->queue.size() < options_.queue_limit) {
            impl_->queue.push_back(std::move(command));
            lock.unlock();
            impl_->queue_filled.notify_one();
            return;
        }
    }
    if (command.done) command.done(fail(ErrorKind::unavailable, "kernel.journal.overloaded"));
}

std::optional<Instant> Journal::next_due() const {
    std::optional<Instant> earliest;
    for (const auto& timer : timers_)
        if (auto due = timer.next_due(); due && (!earliest || *due < *earliest)) earliest = due;
    return earliest;
}

void Journal::run(std::stop_token stop) {
    std::stop_callback wake(stop, [this] {
        std::lock_guard lock(impl_->queue_guard);
        impl_->queue_filled.notify_all();
    });
    while (true) {
        if (step() > 0) continue;
        std::unique_lock lock(impl_->queue_guard);
        if (stop.stop_requested() && impl_->queue.empty()) return;
        // A timer may come due while nobody asks for anything; exercises may change their pace, so
        // never sleep long.
        auto patience = std::chrono::milliseconds(1000);
        if (auto due = next_due()) {
            const auto until =
                std::chrono::duration_cast<std::chrono::milliseconds>(*due - clock_.now());
            patience = std::clamp(until + std::chrono::milliseconds(1),
                                  std::chrono::milliseconds(1), patience);
        }
        impl_->queue_filled.wait_for(
            lock, patience, [&] { return !impl_->queue.empty() || stop.stop_requested(); });
    }
}

// Everything the recorder collected becomes part of the batch, or nothing does.
Result<std::uint64_t> Journal::accept(Recorder& recorder) {
    auto& made = *impl_->made;
    for (const auto& draft : recorder.drafts_) {
        if (!draft.place.expected_version) continue;
        const auto found = impl_->versions.find(draft.place.stream);
        const std::uint64_t version = found == impl_->versions.end() ? 0 : found->second;
        if (version != *draft.place.expected_version)
            return fail(ErrorKind::conflict, "kernel.journal.conflict",
                        {{"stream", draft.place.stream},
                         {"expected", std::to_string(*draft.place.expected_version)},
                         {"version", std::to_string(version)}});
    }

    const std::uint64_t first = recorder.drafts_.empty() ? 0 : impl_->decided.sequence + 1;
    for (auto& draft : recorder.drafts_) {
        Decoded whole;
        Fact& fact = whole.fact;
        fact.sequence = impl_->decided.sequence + 1;
        fact.stream = std::move(draft.place.stream);
        fact.stream_version = ++impl_->versions[fact.stream];
        fact.kind = std::move(draft.kind);
        fact.schema = draft.schema;
        fact.body = std::move(draft.body);
        fact.actor = recorder.actor_;
        fact.event_time = draft.place.event_time.value_or(recorder.now_);
        fact.entry_time = recorder.now_;
        fact.exercise = draft.place.world.exercise.text;
        fact.visibility = encode_visibility(draft.place.visibility);
        fact.previous = impl_->decided.hash;
        fact.hash = hash_of(fact);
        auto visibility = impl_->visibility_of(fact.visibility);
        ASSERT(visibility);
        whole.visibility = std::move(*visibility);
        auto body = decode(fact, kinds_, keyring_);
        ASSERT(body);  // what was just encoded can be read again
        whole.body = std::move(*body);
        impl_->decided = {fact.sequence, fact.hash};
        pending_.tell(fact, whole.visibility, whole.body.get());
        made.batch.facts.push_back(fact);
        made.facts.push_back(std::move(whole));
    }
    impl_->last_entry_time = std::max(impl_->last_entry_time, recorder.now_);

    for (auto& dispatch : recorder.dispatches_) {
        if (impl_->knows(dispatch.message.key)) continue;  // never under the same key again
        OutboxRow row;
        row.key = dispatch.message.key;
        row.topic = std::move(dispatch.topic);
        row.person = std::move(dispatch.person.text);
        row.message = seal_with(options_.installation_key, json::to_text(dispatch.message),
                                sealing_label("outbox", row.key), random_);
        row.next_try = dispatch.not_before;
        row.expires = dispatch.expires;
        row.asked_by = first;
        impl_->put_row(std::move(row));
    }
    for (auto& row : recorder.rows_) impl_->put_row(std::move(row));
    for (const auto& [topic, person] : recorder.cancellations_) cancel(topic, person.text);
    for (auto& [person, key] : recorder.new_keys_) {
        const std::string bytes(reinterpret_cast<const char*>(key.data()), key.size());
        recorder.secrets_.push_back({std::string(person_key_kind), person.text, bytes});
        made.new_keys.emplace_back(person, key);
    }
    for (auto& person : recorder.erased_) {
        recorder.deleted_secrets_.push_back({std::string(person_key_kind), person.text, {}});
        empty_messages_of(person.text);
        made.erased.push_back(std::move(person));
    }
    for (auto& secret : recorder.secrets_) {
        made.secrets_in_clear.emplace_back(secret.id, secret.bytes);
        secret.bytes = seal_with(options_.installation_key, secret.bytes,
                                 sealing_label(secret.kind, secret.id), random_);
        made.batch.secrets.push_back(std::move(secret));
    }
    for (auto& secret : recorder.deleted_secrets_)
        made.batch.deleted_secrets.push_back(std::move(secret));
    for (auto& blob : recorder.blobs_) made.batch.blobs.push_back(std::move(blob));
    return first;
}

void Journal::cancel(const std::string& topic, const std::string& person) {
    auto stop = [&](const OutboxRow& found) {
        OutboxRow row = found;
        if (row.state == OutboxState::waiting)
            row.state = OutboxState::cancelled;
        else if (row.state == OutboxState::sending)
            row.expires = Instant{};  // not a second time
        else
            return;
        impl_->put_row(std::move(row));
    };
    for (const auto& key : impl_->outbox.keys_of(topic, person)) stop(*impl_->row(key));
    for (std::size_t i = 0; i < impl_->made->batch.outbox.size(); ++i) {
        const OutboxRow row = impl_->made->batch.outbox[i];
        if (row.topic == topic && (person.empty() || row.person == person)) stop(row);
    }
}

// A message on its way is left to its outcome; it is not tried a second time.
void Journal::empty_messages_of(const std::string& person) {
    auto empty = [&](OutboxRow row) {
        row.message.clear();
        if (row.state == OutboxState::waiting)
            row.state = OutboxState::cancelled;
        else if (row.state == OutboxState::sending)
            row.expires = Instant{};
        impl_->put_row(std::move(row));
    };
    for (const auto& key : impl_->outbox.keys_of_person(person)) empty(*impl_->row(key));
    for (std::size_t i = 0; i < impl_->made->batch.outbox.size(); ++i)
        if (impl_->made->batch.outbox[i].person == person) empty(impl_->made->batch.outbox[i]);
    impl_->made->batch.erased_people.push_back(person);
}

// Once an hour; what cannot be forgotten now is forgotten later.
void Journal::forget_old_answers(Instant now) {
    if (now < impl_->forget_again || impl_->decided.sequence < facts_worth_forgetting_for) return;
    impl_->forget_again = now + forget_every;
    std::ignore = store_.forget_requests(now - answers_kept);
}

std::optional<Result<Answer>> Journal::answered_before(const Command& command) {
    auto same = [&](const store::Request& request) -> Result<Answer> {
        if (request.fingerprint != command.fingerprint)
            return fail(ErrorKind::conflict, "kernel.journal.idempotency_mismatch");
        return decode_answer(request);
    };
    auto& made = *impl_->made;
    if (auto found = made.requests.find(command.idempotency_key); found != made.requests.end())
        return same(made.batch.requests[found->second]);
    auto stored = store_.request(command.idempotency_key);
    if (!stored) return std::unexpected(std::move(stored).error());
    if (*stored) return same(**stored);
    return {};
}

Result<Answer> Journal::decide(Command& command, Instant now) {
    if (!command.idempotency_key.empty())
        if (auto before = answered_before(command)) return std::move(*before);
    Recorder recorder(*this, now, command.actor);
    auto forget_keys = [&] {
        for (const auto& [person, key] : recorder.new_keys_) keyring_.remove(person);
    };
    Result<Answer> answer = fail(ErrorKind::corrupt, "kernel.journal.decision_failed");
    try {
        answer = command.decide(recorder);
    } catch (const std::exception& thrown) {
        answer =
            fail(ErrorKind::corrupt, "kernel.journal.decision_failed", {{"reason", thrown.what()}});
    }
    if (!answer) {
        forget_keys();
        return answer;
    }
    auto first = accept(recorder);
    if (!first) {
        forget_keys();
        return std::unexpected(std::move(first).error());
    }
    if (!command.idempotency_key.empty()) {
        auto& made = *impl_->made;
        made.requests.emplace(command.idempotency_key, made.batch.requests.size());
        made.batch.requests.push_back({command.idempotency_key, command.fingerprint, answer->status,
                                       encode(*answer), *first, now});
    }
    return answer;
}

std::size_t Journal::step() {
    std::vector<Command> commands;
    {
        std::lock_guard lock(impl_->queue_guard);
        const std::size_t count = std::min(impl_->queue.size(), options_.batch_limit);
        commands.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            commands.push_back(std::move(impl_->queue.front()));
            impl_->queue.pop_front();
        }
    }
    const Instant real = clock_.now();
    if (impl_->pending_broken) {
        if (auto mended = mend(real); !mended) {
            for (auto& command : commands)
                if (command.done) command.done(std::unexpected(mended.error()));
            return commands.size();
        }
    }
    forget_old_answers(real);
    // Entry times never run backwards along the chain, whatever the machine's clock does.
    const Instant now = std::max(real, impl_->last_entry_time);

    for (const auto& timer : timers_) {
        if (auto due = timer.next_due(); due && *due <= now) {
            Command fire;
            fire.actor = "system";
            fire.decide = [&timer](Recorder& recorder) -> Result<Answer> {
                TRY(timer.fire(recorder));
                return Answer{};
            };
            commands.push_back(std::move(fire));
        }
    }
    if (commands.empty()) return 0;

    auto making = std::make_unique<Impl::Made>();
    Impl::Made& made = *making;
    impl_->made = &made;
    for (auto& command : commands) {
        Result<Answer> answer = decide(command, now);
        const bool kept =
            answer && answer->replayed && !made.requests.contains(command.idempotency_key);
        made.waiting.push_back({std::move(command.done), std::move(answer), kept});
    }
    impl_->drop_old_forms(now);
    Result<> committed;
    if (!made.batch.empty()) committed = store_.commit(made.batch);
    impl_->made = nullptr;

    if (!committed) {
        impl_->pending_broken = true;
        // A store that takes a probe and not the batch (a disk with room for a page) must not have
        // everything folded again without end.
        impl_->probe_again = real + impl_->probe_wait;
        impl_->probe_wait = std::clamp<Span>(impl_->probe_wait * 2, shortest_probe, longest_probe);
        for (const auto& [person, key] : made.new_keys) keyring_.remove(person);
        const auto waiting_for_answers = std::move(made.waiting);
        made.waiting.clear();
        impl_->failed = std::move(making);
        // Only a store that does not know itself leaves it open whether the batch is there.
        const auto& why = committed.error();
        const bool in_doubt =
            why.key == "kernel.store.in_doubt" || why.key == "kernel.store.in_use";
        const Result<> refusal =
            in_doubt
                ? fail(ErrorKind::unavailable, "kernel.store.in_doubt", {{"detail", describe(why)}})
                : fail(ErrorKind::unavailable, "kernel.journal.commit_failed",
                       {{"reason", describe(why)}});
        for (const auto& waiting : waiting_for_answers) {
            if (!waiting.done) continue;
            // What was refused or kept before stands; what was accepted now was not kept, nor what
            // repeats it.
            if (waiting.answer && !waiting.kept)
                waiting.done(std::unexpected(refusal.error()));
            else
                waiting.done(waiting.answer);
        }
        return commands.size();
    }
    if (!made.batch.empty()) impl_->probe_wait = {};
    publish(made.facts, made.batch, made.secrets_in_clear, made.erased);
    for (auto& waiting : made.waiting)
        if (waiting.done) waiting.done(std::move(waiting.answer));
    return commands.size();
}

void Journal::publish(const std::vector<Decoded>& facts, const store::Batch& batch,
                      const std::vector<std::pair<std::string, std::string>>& secrets,
                      const std::vector<PersonId>& erased) {
    {
        std::unique_lock lock(published_guard_);
        for (const auto& fact : facts) published_.tell(fact);
        for (std::size_t i = 0; i < secrets.size(); ++i)
            impl_->tell_secret(batch.secrets[i].kind, secrets[i].first, &secrets[i].second);
        for (const auto& secret : batch.deleted_secrets)
            impl_->tell_secret(secret.kind, secret.id, nullptr);
    }
    for (const auto& person : erased) keyring_.remove(person);
    for (const auto& row : batch.outbox) impl_->outbox.put(row);
    if (!batch.outbox.empty()) impl_->note_revoked(batch.outbox);
    if (!facts.empty()) {
        {
            std::lock_guard lock(impl_->head_guard);
            impl_->head = {facts.back().fact.sequence, facts.back().fact.hash};
        }
        impl_->published.store(facts.back().fact.sequence, std::memory_order_release);
    }
    if (!batch.outbox.empty()) {
        impl_->publish_counts();
        if (wake_dispatcher_) wake_dispatcher_();
    }

    // This thread is the only writer of the published side, so it may read without the lock.
    std::vector<Event> events;
    for (const auto& fact : facts) {
        auto found = impl_->renders.find(fact.fact.kind);
        if (found == impl_->renders.end() || fact.body == nullptr) continue;
        const auto& [render, type, topic] = found->second;
        auto json = render(fact.body.get(), fact.envelope());
        if (!json) continue;
        events.push_back(Event{fact.fact.sequence, type,
                               topic ? topic(fact.body.get()) : fact.fact.stream,
                               fact.fact.exercise, fact.visibility,
                               std::make_shared<const std::string>(std::move(*json))});
    }
    if (events.empty()) return;
    {
        std::lock_guard lock(impl_->events_guard);
        for (const auto& event : events) impl_->events.push_back(event);
        while (impl_->events.size() > events_kept) impl_->events.pop_front();
    }
    if (sink_) sink_(events);
}

// After a failed commit: see whether the store takes writes again, find out what became of the
// batch, and fold the pending side anew.
Result<> Journal::mend(Instant now) {
    if (now < impl_->probe_again)
        return fail(ErrorKind::unavailable, "kernel.journal.commit_failed",
                    {{"reason", "waiting for the store"}});
    impl_->probe_again = now + shortest_probe;
    TRY(store_.put_setting("last_probe", format_rfc3339(now)));

    TRY_LET(const store::Head stored, store_.head());
    if (const auto& failed = impl_->failed; stored.hash != head().hash) {
        // Reported failed and stored all the same: the store speaks the truth, so it is published.
        // Nobody else appends, so it can be nothing but this batch.
        if (failed == nullptr || failed->facts.empty() ||
            failed->facts.back().fact.hash != stored.hash)
            return fail(ErrorKind::corrupt, "kernel.journal.chain_broken",
                        {{"sequence", std::to_string(stored.sequence)},
                         {"reason", "the store has another head"}});
        for (const auto& [person, key] : failed->new_keys) keyring_.add(person, key);
        publish(failed->facts, failed->batch, failed->secrets_in_clear, failed->erased);
    }
    impl_->failed.reset();

    pending_.reset();
    impl_->versions.clear();
    impl_->decided = {};
    Result<> folded;
    TRY(store_.facts(1, [&](const Fact& fact) {
        folded = [&]() -> Result<> {
            TRY_LET(const auto visibility, impl_->visibility_of(fact.visibility));
            if (fact.body.empty()) return {};
            TRY_LET(const auto body, decode(fact, kinds_, keyring_));
            pending_.tell(fact, visibility, body.get());
            return {};
        }();
        impl_->versions[fact.stream] = fact.stream_version;
        impl_->decided = {fact.sequence, fact.hash};
        return folded.has_value();
    }));
    TRY(folded);
    impl_->pending_broken = false;
    return {};
}

// ---- outbox --------------------------------------------------------------------------------

void Journal::claim(std::size_t most, std::function<void(Result<std::vector<Claim>>)> done,
                    const Lanes& lanes) {
    auto claims = std::make_shared<std::vector<Claim>>();
    Command command;
    command.actor = "system";
    command.decide = [this, most, claims, lanes](Recorder& recorder) -> Result<Answer> {
        claims->clear();
        for (const auto& key : impl_->outbox.due(recorder.now(), most, lanes)) {
            const OutboxRow* found = impl_->row(key);
            if (found == nullptr || found->state != OutboxState::waiting) continue;
            OutboxRow row = *found;
            auto text =
                open_with(options_.installation_key, row.message, sealing_label("outbox", row.key));
            auto message = text ? json::from_text<Message>(*text)
                                : fail(ErrorKind::corrupt, "kernel.journal.unreadable");
            if (message && is_by_form(*message)) {
                const auto form = impl_->forms.find(form_id(row.topic, form_name_in(*message)));
                if (form != impl_->forms.end())
                    fill_in(*message, form->second);
                else
                    message = fail(ErrorKind::corrupt, "kernel.journal.unreadable");
            }
            if (row.expires <= recorder.now() || !message) {
                row.state = OutboxState::gave_up;
                row.last_outcome = message ? "expired" : "unreadable";
                tell_room(recorder, row, Delivery{Outcome::failed, {}, row.last_outcome});
                recorder.rows_.push_back(std::move(row));
                continue;
            }
            row.state = OutboxState::sending;
            row.attempts += 1;
            claims->push_back(
                Claim{row.key, row.topic, PersonId{row.person}, row.attempts, std::move(*message)});
            recorder.rows_.push_back(std::move(row));
        }
        return Answer{};
    };
    command.done = [claims, done = std::move(done)](Result<Answer> answer) {
        if (!answer)
            done(std::unexpected(std::move(answer).error()));
        else
            done(std::move(*claims));
    };
    submit(std::move(command));
}

void Journal::settle(std::string key, Delivery delivery, std::function<void(Result<>)> done) {
    Command command;
    command.actor = "system";
    command.decide = [this, key = std::move(key),
                      delivery = std::move(delivery)](Recorder& recorder) -> Result<Answer> {
        const OutboxRow* found = impl_->row(key);
        if (found == nullptr || found->state != OutboxState::sending) return Answer{};
        OutboxRow row = *found;
        row.last_outcome =
            delivery.gateway.empty() ? delivery.detail : delivery.gateway + ": " + delivery.detail;
        const bool wanted = row.expires > recorder.now();
        switch (delivery.outcome) {
        case Outcome::delivered: row.state = OutboxState::delivered; break;
        case Outcome::refused: row.state = OutboxState::refused; break;
        case Outcome::unknown: row.in_doubt += 1; [[fallthrough]];
        case Outcome::failed:
            row.state = wanted                     ? OutboxState::waiting
                        : row.expires == Instant{} ? OutboxState::cancelled
                                                   : OutboxState::gave_up;
            row.next_try = recorder.now() + pause_after(row.attempts);
            break;
        }
        tell_room(recorder, row, delivery);
        recorder.rows_.push_back(std::move(row));
        return Answer{};
    };
    command.done = [done = std::move(done)](Result<Answer> answer) {
        if (!done) return;
        if (!answer)
            done(std::unexpected(std::move(answer).error()));
        else
            done({});
    };
    submit(std::move(command));
}

void Journal::tell_room(Recorder& recorder, const OutboxRow& row, const Delivery& delivery) {
    for (const auto& [prefix, heard] : impl_->heard)
        if (row.topic.starts_with(prefix)) heard(recorder, row, delivery);
}

OutboxCounts Journal::outbox_counts() const {
    std::lock_guard lock(impl_->head_guard);
    return impl_->counts;
}

std::optional<Instant> Journal::next_message_due(const Lanes& lanes) const {
    std::lock_guard lock(impl_->head_guard);
    std::optional<Instant> earliest;
    for (std::size_t i = 0; i < impl_->message_due.size(); ++i) {
        if (!lanes.empty() && !lanes.contains(static_cast<Channel>(i))) continue;
        const auto& due = impl_->message_due[i];
        if (due && (!earliest || *due < *earliest)) earliest = due;
    }
    return earliest;
}

bool Journal::is_revoked(const std::string& key) const {
    std::lock_guard lock(impl_->head_guard);
    return impl_->revoked.contains(key);
}

std::uint64_t Journal::published_sequence() const {
    return impl_->published.load(std::memory_order_acquire);
}

store::Head Journal::head() const {
    std::lock_guard lock(impl_->head_guard);
    return impl_->head;
}

std::optional<std::vector<Event>> Journal::events_after(std::uint64_t after) const {
    std::lock_guard lock(impl_->events_guard);
    std::vector<Event> later;
    if (after >= published_sequence()) return later;
    // The ring reaches back to the start of this process or, when it is full, to its first event.
    const bool full = impl_->events.size() >= events_kept;
    const std::uint64_t since = full ? impl_->events.front().sequence - 1 : impl_->ring_since;
    if (after < since) return {};
    for (const auto& event : impl_->events)
        if (event.sequence > after) later.push_back(event);
    return later;
}

Result<store::Head> verify_chain(store::Reader& reader) {
    ChainCheck chain;
    Result<> sound;
    TRY(reader.facts(1, [&](const Fact& fact) {
        sound = chain.follow(fact);
        return sound.has_value();
    }));
    TRY(sound);
    TRY(chain.finish());
    return chain.head();
}

}  // namespace noroshi::journal
