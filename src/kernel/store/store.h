#pragma once
// Where a journal lies: a few tables in SQLite (default) or PostgreSQL 15, behind one thin SQL
// layer (sql.h). One Store appends; it is durable when commit() returns. Reading is possible
// beside it, from other threads, through reader().
//
// Tables: facts, blobs (content-addressed), outbox, secrets, requests (answers given under an
// idempotency key), settings.
//
// Errors: unavailable (disk full, server gone; nothing of the batch is stored), conflict (another
// process appended: kernel.store.not_next, kernel.store.in_use), corrupt, and invalid
// kernel.store.not_text (a text field that is not UTF-8 or holds a NUL). The one exception is
// unavailable kernel.store.in_doubt: the disk or the server failed at the very end of a commit and
// stays so; whether the batch is stored is known only after reading the store again.
//
// A Reader or a Store is used by one thread at a time; reader() and copy_to() may be called from
// any. A sink must not call the Reader that calls it.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/journal/fact.h"
#include "kernel/result.h"

namespace noroshi::store {

enum class OutboxState { waiting, sending, delivered, refused, gave_up, cancelled };

struct OutboxRow {
    std::string key{};      // primary key
    std::string topic{};    // who asked: "respond.callout/<callout id>"
    std::string person{};   // PersonId, or empty
    std::string message{};  // JSON of Message, sealed like a secret
    OutboxState state = OutboxState::waiting;
    int attempts = 0;
    int in_doubt = 0;  // transmissions whose outcome is unknown
    Instant next_try{};
    Instant expires{};           // after this nobody wants it any more
    std::string last_outcome{};  // gateway and what it said
    std::uint64_t asked_by = 0;  // sequence of the fact that asked for it
};

struct Secret {
    std::string kind{};  // "person_key", "password", "session", "token", …
    std::string id{};
    std::string bytes{};  // as given by the caller; the Store does not encrypt
};

// The answer given to a request, kept so that the same Idempotency-Key gets it again.
struct Request {
    std::string key{};          // SHA-256 (hex) of person and key
    std::string fingerprint{};  // SHA-256 (hex) of method, path and body
    int status = 0;
    std::string answer{};        // headers and body as the edge encodes them
    std::uint64_t sequence = 0;  // first fact recorded for it, 0 if none
    Instant at{};
};

struct Blob {
    std::string sha256{};  // hex; the name
    std::string bytes{};
};

// Everything that becomes durable together.
struct Batch {
    std::vector<journal::Fact> facts{};     // hashed, in sequence
    std::vector<OutboxRow> outbox{};        // inserted or replaced by key
    std::vector<Secret> secrets{};          // inserted or replaced by (kind, id)
    std::vector<Secret> deleted_secrets{};  // kind and id only; deleted after `secrets` are put
    std::vector<Request> requests{};
    std::vector<Blob> blobs{};                 // existing ones are left alone
    std::vector<std::string> erased_people{};  // the messages of all their rows are emptied
    bool empty() const {
        return facts.empty() && outbox.empty() && secrets.empty() && deleted_secrets.empty() &&
               requests.empty() && blobs.empty() && erased_people.empty();
    }
};

struct Head {
    std::uint64_t sequence = 0;
    journal::Hash hash{};
};

// Called with facts in sequence; return false to stop. The Fact is reused between calls.
using FactSink = std::function<bool(const journal::Fact&)>;

class Reader {
public:
    virtual ~Reader() = default;
    virtual Result<Head> head() = 0;
    // Facts with sequence >= from, in one consistent snapshot.
    virtual Result<> facts(std::uint64_t from, const FactSink& sink) = 0;
    virtual Result<std::optional<Request>> request(std::string_view key) = 0;
    virtual Result<std::optional<std::string>> blob(std::string_view sha256) = 0;
    virtual Result<> each_blob(const std::function<bool(const Blob&)>& sink) = 0;
    virtual Result<> each_secret(std::string_view kind,  // empty: all kinds
                                 const std::function<bool(const Secret&)>& sink) = 0;
    virtual Result<> each_outbox(const std::function<bool(const OutboxRow&)>& sink) = 0;
    virtual Result<std::optional<std::string>> setting(std::string_view name) = 0;
    virtual Result<> each_request(const std::function<bool(const Request&)>& sink) = 0;
    virtual Result<> each_setting(
        const std::function<bool(std::string_view name, std::string_view value)>& sink) = 0;
    // Until release(), everything read belongs to one moment. Not for a Store while it appends.
    virtual Result<> hold() = 0;
    virtual void release() = 0;
};

class Store : public Reader {
public:
    // One transaction, durable on return. An empty batch is a no-op.
    virtual Result<> commit(const Batch& batch) = 0;
    virtual Result<> put_setting(std::string_view name, std::string_view value) = 0;
    // Deletes answers older than `before` (Idempotency-Keys are honoured for 7 days).
    virtual Result<> forget_requests(Instant before) = 0;
    // An independent connection for another thread.
    virtual Result<std::unique_ptr<Reader>> reader() = 0;
    // A consistent copy while others read and append: a SQLite file at `path`, whatever the engine,
    // so that a backup of either restores into either. It holds no remains of what was deleted, is
    // durable on return, and is its owner's only. What is at `path` must be empty or nothing.
    virtual Result<> copy_to(const std::string& path) = 0;
    virtual std::string_view engine() const = 0;  // "sqlite" or "postgresql"
};

struct SqliteOptions {
    std::string path;  // of the database file
    std::string vfs;   // name of a registered VFS, empty: the default (storm uses its own)
};
// Creates the file if there is none. A second appender is refused (conflict kernel.store.in_use)
// by a lock on `<path>-lock`; with a VFS of its own there is no such lock, but its commits are
// refused once the other has appended.
Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options);
Result<std::unique_ptr<Reader>> open_sqlite_read_only(const std::string& path);
// libpq connection string; tables live in schema `schema`. Takes an advisory lock so that a second
// appender is refused (conflict kernel.store.in_use).
Result<std::unique_ptr<Store>> open_postgresql(const std::string& connection,
                                               const std::string& schema = "noroshi");
// Loads every row of `from`, as of one moment, into the empty store `into`; refuses (conflict
// kernel.store.not_empty) one that has facts. A load that was cut short leaves a store that does
// not open (corrupt kernel.store.half_loaded).
Result<> copy_all(Reader& from, Store& into);

}  // namespace noroshi::store
