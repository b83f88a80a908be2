// Why the tables are as they are:
//
// - A fact's `previous` is not stored: it is the hash of the row before, and reading derives it.
//   32 MB less for a million facts, and a row that was taken out still breaks the chain.
// - There is no unique (stream, stream_version): the journal counts versions, a unique index over
//   two columns would cost a third of the append and half the file, and verify counts again.
// - Text that goes into the hash is a text column, so that an auditor can read it with the
//   engine's own shell; what may be any bytes (sealed things, what a gateway said) is bytes.
// - Requests are ordered by a number and have no index over their keys: kept_requests.h says why.
// - Times are microseconds UTC.

#include "kernel/store/tables.h"

#include <algorithm>
#include <array>
#include <utility>

namespace noroshi::store {

using sql::bytes;
using sql::integer;
using sql::text;

namespace {

std::string in_words_of(Dialect dialect, std::string script) {
    const auto replace = [&](std::string_view from, std::string_view to) {
        for (auto at = script.find(from); at != std::string::npos;
             at = script.find(from, at + to.size()))
            script.replace(at, from.size(), to);
    };
    if (dialect == Dialect::sqlite) {
        replace("bigint", "integer");
        replace("bytea", "blob");
    } else {
        replace(") strict;", ");");
    }
    return script;
}

constexpr std::string_view create_requests = R"(
create table requests (
    number bigint primary key,
    key text not null,
    fingerprint text not null,
    status bigint not null,
    answer bytea not null,
    sequence bigint not null,
    at bigint not null
) strict;
)";

}  // namespace

std::string create_tables(Dialect dialect) {
    std::string script = R"(
create table facts (
    sequence bigint primary key,
    stream text not null,
    stream_version bigint not null,
    kind text not null,
    schema bigint not null,
    body text not null,
    actor text not null,
    event_time bigint not null,
    entry_time bigint not null,
    exercise text not null,
    visibility text not null,
    hash bytea not null
) strict;
create table blobs (
    sha256 text primary key,
    bytes bytea not null
) strict;
create table outbox (
    key text primary key,
    topic text not null,
    person text not null,
    message bytea not null,
    state text not null,
    attempts bigint not null,
    in_doubt bigint not null,
    next_try bigint not null,
    expires bigint not null,
    last_outcome bytea not null,
    asked_by bigint not null
) strict;
create table secrets (
    kind text not null,
    id text not null,
    bytes bytea not null,
    primary key (kind, id)
) strict;
create table settings (
    name text primary key,
    value bytea not null
) strict;
)";
    script += create_requests;
    return in_words_of(dialect, std::move(script));
}

std::string migrate_from_1(Dialect dialect) {
    // A table's primary key keeps its name in PostgreSQL when the table is renamed.
    std::string script = "alter table requests rename to requests_1;";
    if (dialect == Dialect::postgresql)
        script += "alter index requests_pkey rename to requests_1_pkey;";
    script += create_requests;
    script +=
        "insert into requests (number, key, fingerprint, status, answer, sequence, at) "
        "select row_number() over (order by at, sequence), key, fingerprint, status, answer, "
        "sequence, at from requests_1;"
        "drop table requests_1;";
    return in_words_of(dialect, std::move(script));
}

namespace {

constexpr std::array<std::string_view, 6> outbox_states = {"waiting", "sending", "delivered",
                                                           "refused", "gave_up", "cancelled"};

std::string_view name_of(OutboxState state) {
    return outbox_states[static_cast<std::size_t>(state)];
}

std::unexpected<Error> corrupt(std::string detail) {
    return fail(ErrorKind::corrupt, "kernel.store.corrupt", {{"detail", std::move(detail)}});
}

std::int64_t microseconds(Instant at) { return at.time_since_epoch().count(); }
Instant instant(std::int64_t microseconds) { return Instant{Span{microseconds}}; }

bool is_hash(std::string_view bytes) { return bytes.size() == std::tuple_size_v<journal::Hash>; }
void copy_hash(std::string_view from, journal::Hash& to) {
    std::ranges::transform(from, to.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
}
std::string_view view_of(const journal::Hash& hash) {
    return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

// One row or none.
template <class T>
Result<std::optional<T>> one(sql::Connection& connection, std::string_view query,
                             std::initializer_list<sql::Value> values,
                             const std::function<T(const sql::Row&)>& make) {
    std::optional<T> found;
    TRY(connection.rows(query, values, [&](const sql::Row& row) {
        found = make(row);
        return true;
    }));
    return found;
}

}  // namespace

// ---- reading -----------------------------------------------------------------------------------

Result<Head> read_head(sql::Connection& connection) {
    Head head;
    bool whole = true;
    TRY(connection.rows("select sequence, hash from facts order by sequence desc limit 1", {},
                        [&](const sql::Row& row) {
                            whole = is_hash(row.bytes(1));
                            if (!whole) return false;
                            head.sequence = static_cast<std::uint64_t>(row.integer(0));
                            copy_hash(row.bytes(1), head.hash);
                            return true;
                        }));
    if (!whole) return corrupt("the last fact has no hash");
    return head;
}

Result<> read_facts(sql::Connection& connection, std::uint64_t from, const FactSink& sink) {
    journal::Fact fact;
    std::uint64_t broken = 0;
    from = std::max<std::uint64_t>(from, 1);
    // One row more, whose hash is the first fact's `previous`.
    TRY(connection.stream(
        "select sequence, stream, stream_version, kind, schema, body, actor, event_time, "
        "entry_time, exercise, visibility, hash from facts where sequence >= $1 order by sequence",
        {integer(from - 1)}, 2000, [&](const sql::Row& row) {
            fact.sequence = static_cast<std::uint64_t>(row.integer(0));
            if (!is_hash(row.bytes(11))) {
                broken = fact.sequence;
                return false;
            }
            if (fact.sequence >= from) {
                fact.stream.assign(row.bytes(1));
                fact.stream_version = static_cast<std::uint64_t>(row.integer(2));
                fact.kind.assign(row.bytes(3));
                fact.schema = static_cast<std::uint32_t>(row.integer(4));
                fact.body.assign(row.bytes(5));
                fact.actor.assign(row.bytes(6));
                fact.event_time = instant(row.integer(7));
                fact.entry_time = instant(row.integer(8));
                fact.exercise.assign(row.bytes(9));
                fact.visibility.assign(row.bytes(10));
                fact.previous = fact.hash;
            }
            copy_hash(row.bytes(11), fact.hash);
            return fact.sequence < from || sink(fact);
        }));
    if (broken != 0) return corrupt("fact " + std::to_string(broken) + " has no hash");
    return {};
}

namespace {

Request request_of(const sql::Row& row) {
    return {.key = std::string(row.bytes(0)),
            .fingerprint = std::string(row.bytes(1)),
            .status = static_cast<int>(row.integer(2)),
            .answer = std::string(row.bytes(3)),
            .sequence = static_cast<std::uint64_t>(row.integer(4)),
            .at = instant(row.integer(5))};
}

}  // namespace

Result<std::optional<Request>> read_request(sql::Connection& connection, std::string_view key) {
    return one<Request>(
        connection,
        "select key, fingerprint, status, answer, sequence, at from requests where key = $1",
        {text(key)}, request_of);
}

Result<std::optional<Request>> read_request(sql::Connection& connection, std::int64_t number) {
    return one<Request>(
        connection,
        "select key, fingerprint, status, answer, sequence, at from requests where number = $1",
        {integer(number)}, request_of);
}

Result<> read_request_keys(
    sql::Connection& connection, std::int64_t from,
    const std::function<bool(std::int64_t number, std::string_view key)>& sink) {
    return connection.stream(
        "select number, key from requests where number >= $1 order by number", {integer(from)},
        1000, [&](const sql::Row& row) { return sink(row.integer(0), row.bytes(1)); });
}

Result<std::optional<std::int64_t>> read_first_request_since(sql::Connection& connection,
                                                             Instant before) {
    return one<std::int64_t>(
        connection, "select number from requests where at >= $1 order by number limit 1",
        {integer(microseconds(before))}, [](const sql::Row& row) { return row.integer(0); });
}

Result<> read_requests(sql::Connection& connection,
                       const std::function<bool(const Request&)>& sink) {
    return connection.stream("select key, fingerprint, status, answer, sequence, at from requests",
                             {}, 1000, [&](const sql::Row& row) { return sink(request_of(row)); });
}

Result<std::optional<std::string>> read_blob(sql::Connection& connection, std::string_view sha256) {
    return one<std::string>(connection, "select bytes from blobs where sha256 = $1", {text(sha256)},
                            [](const sql::Row& row) { return std::string(row.bytes(0)); });
}

Result<> read_blobs(sql::Connection& connection, const std::function<bool(const Blob&)>& sink) {
    Blob blob;
    return connection.stream("select sha256, bytes from blobs order by sha256", {}, 2,
                             [&](const sql::Row& row) {
                                 blob.sha256.assign(row.bytes(0));
                                 blob.bytes.assign(row.bytes(1));
                                 return sink(blob);
                             });
}

Result<> read_secrets(sql::Connection& connection, std::string_view kind,
                      const std::function<bool(const Secret&)>& sink) {
    Secret secret;
    return connection.stream(
        "select kind, id, bytes from secrets where $1 = '' or kind = $1 order by kind, id",
        {text(kind)}, 1000, [&](const sql::Row& row) {
            secret.kind.assign(row.bytes(0));
            secret.id.assign(row.bytes(1));
            secret.bytes.assign(row.bytes(2));
            return sink(secret);
        });
}

Result<> read_outbox(sql::Connection& connection,
                     const std::function<bool(const OutboxRow&)>& sink) {
    OutboxRow out;
    std::string unknown;
    TRY(connection.stream(
        "select key, topic, person, message, state, attempts, in_doubt, next_try, expires, "
        "last_outcome, asked_by from outbox order by asked_by, key",
        {}, 1000, [&](const sql::Row& row) {
            const auto state = std::ranges::find(outbox_states, row.bytes(4));
            if (state == outbox_states.end()) {
                unknown = row.bytes(4);
                return false;
            }
            out.key.assign(row.bytes(0));
            out.topic.assign(row.bytes(1));
            out.person.assign(row.bytes(2));
            out.message.assign(row.bytes(3));
            out.state = static_cast<OutboxState>(state - outbox_states.begin());
            out.attempts = static_cast<int>(row.integer(5));
            out.in_doubt = static_cast<int>(row.integer(6));
            out.next_try = instant(row.integer(7));
            out.expires = instant(row.integer(8));
            out.last_outcome.assign(row.bytes(9));
            out.asked_by = static_cast<std::uint64_t>(row.integer(10));
            return sink(out);
        }));
    if (!unknown.empty()) return corrupt("outbox state " + unknown);
    return {};
}

Result<std::optional<std::string>> read_setting(sql::Connection& connection,
                                                std::string_view name) {
    return one<std::string>(connection, "select value from settings where name = $1", {text(name)},
                            [](const sql::Row& row) { return std::string(row.bytes(0)); });
}

Result<> read_settings(
    sql::Connection& connection,
    const std::function<bool(std::string_view name, std::string_view value)>& sink) {
    return connection.rows("select name, value from settings order by name", {},
                           [&](const sql::Row& row) { return sink(row.bytes(0), row.bytes(1)); });
}

Result<> check_loaded(sql::Connection& connection) {
    TRY_LET(const auto loading, read_setting(connection, loading_mark));
    if (loading && !loading->empty()) return fail(ErrorKind::corrupt, "kernel.store.half_loaded");
    return {};
}

// ---- writing -----------------------------------------------------------------------------------

bool is_text(std::string_view text) {
    const auto* at = reinterpret_cast<const unsigned char*>(text.data());
    const auto* const end = at + text.size();
    while (at < end) {
        const unsigned char first = *at;
        if (first - 1U < 0x7fU) {
            ++at;
            continue;
        }
        const int more = first >= 0xc2 && first <= 0xdf   ? 1
                         : first >= 0xe0 && first <= 0xef ? 2
                         : first >= 0xf0 && first <= 0xf4 ? 3
                                                          : 0;
        if (more == 0 || end - at <= more) return false;
        for (int i = 1; i <= more; ++i)
            if ((at[i] & 0xc0) != 0x80) return false;
        // Overlong forms, surrogates, and beyond U+10FFFF.
        if ((first == 0xe0 && at[1] < 0xa0) || (first == 0xed && at[1] > 0x9f) ||
            (first == 0xf0 && at[1] < 0x90) || (first == 0xf4 && at[1] > 0x8f))
            return false;
        at += 1 + more;
    }
    return true;
}

namespace {

Result<> check_text(std::string_view where, std::initializer_list<std::string_view> fields) {
    for (const std::string_view field : fields)
        if (!is_text(field))
            return fail(ErrorKind::invalid, "kernel.store.not_text", {{"in", std::string(where)}});
    return {};
}

}  // namespace

Result<> check_batch(const Head& head, const Batch& batch) {
    Head last = head;
    for (const auto& fact : batch.facts) {
        if (fact.sequence != last.sequence + 1 || fact.previous != last.hash)
            return fail(ErrorKind::conflict, "kernel.store.not_next",
                        {{"sequence", std::to_string(fact.sequence)},
                         {"head", std::to_string(last.sequence)}});
        last = {fact.sequence, fact.hash};
        TRY(check_text("facts", {fact.stream, fact.kind, fact.body, fact.actor, fact.exercise,
                                 fact.visibility}));
    }
    for (const auto& row : batch.outbox)
        TRY(check_text("outbox", {row.key, row.topic, row.person}));
    for (const auto& secret : batch.secrets) TRY(check_text("secrets", {secret.kind, secret.id}));
    for (const auto& secret : batch.deleted_secrets)
        TRY(check_text("secrets", {secret.kind, secret.id}));
    for (const auto& request : batch.requests)
        TRY(check_text("requests", {request.key, request.fingerprint}));
    for (const auto& person : batch.erased_people) TRY(check_text("outbox", {person}));
    for (const auto& blob : batch.blobs) TRY(check_text("blobs", {blob.sha256}));
    return {};
}

Head head_after(const Head& head, const Batch& batch) {
    if (batch.facts.empty()) return head;
    return {batch.facts.back().sequence, batch.facts.back().hash};
}

void send_batch(sql::Connection& connection, const Batch& batch, std::int64_t first_request) {
    for (const auto& fact : batch.facts)
        connection.send(
            "insert into facts (sequence, stream, stream_version, kind, schema, body, actor, "
            "event_time, entry_time, exercise, visibility, hash) "
            "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            {integer(fact.sequence), text(fact.stream), integer(fact.stream_version),
             text(fact.kind), integer(std::uint64_t{fact.schema}), text(fact.body),
             text(fact.actor), integer(microseconds(fact.event_time)),
             integer(microseconds(fact.entry_time)), text(fact.exercise), text(fact.visibility),
             bytes(view_of(fact.hash))});
    for (const auto& row : batch.outbox)
        connection.send(
            "insert into outbox (key, topic, person, message, state, attempts, in_doubt, "
            "next_try, expires, last_outcome, asked_by) "
            "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
            "on conflict (key) do update set topic = excluded.topic, person = excluded.person, "
            "message = excluded.message, state = excluded.state, attempts = excluded.attempts, "
            "in_doubt = excluded.in_doubt, next_try = excluded.next_try, "
            "expires = excluded.expires, last_outcome = excluded.last_outcome, "
            "asked_by = excluded.asked_by",
            {text(row.key), text(row.topic), text(row.person), bytes(row.message),
             text(name_of(row.state)), integer(row.attempts), integer(row.in_doubt),
             integer(microseconds(row.next_try)), integer(microseconds(row.expires)),
             bytes(row.last_outcome), integer(row.asked_by)});
    for (const auto& secret : batch.secrets)
        connection.send(
            "insert into secrets (kind, id, bytes) values ($1, $2, $3) "
            "on conflict (kind, id) do update set bytes = excluded.bytes",
            {text(secret.kind), text(secret.id), bytes(secret.bytes)});
    for (const auto& secret : batch.deleted_secrets)
        connection.send("delete from secrets where kind = $1 and id = $2",
                        {text(secret.kind), text(secret.id)});
    for (const auto& request : batch.requests)
        connection.send(
            "insert into requests (number, key, fingerprint, status, answer, sequence, at) "
            "values ($1, $2, $3, $4, $5, $6, $7)",
            {integer(first_request++), text(request.key), text(request.fingerprint),
             integer(request.status), bytes(request.answer), integer(request.sequence),
             integer(microseconds(request.at))});
    for (const auto& blob : batch.blobs)
        connection.send(
            "insert into blobs (sha256, bytes) values ($1, $2) on conflict (sha256) do nothing",
            {text(blob.sha256), bytes(blob.bytes)});
    // Finished messages too: name, address and text stay with nobody.
    for (const auto& person : batch.erased_people)
        connection.send("update outbox set message = $1 where person = $2",
                        {bytes(""), text(person)});
}

void send_setting(sql::Connection& connection, std::string_view name, std::string_view value) {
    connection.send(
        "insert into settings (name, value) values ($1, $2) "
        "on conflict (name) do update set value = excluded.value",
        {text(name), bytes(value)});
}

void send_forget_requests(sql::Connection& connection, std::int64_t first_kept) {
    connection.send("delete from requests where number < $1", {integer(first_kept)});
}

}  // namespace noroshi::store
