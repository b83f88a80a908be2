#pragma once
// Our thin layer over the sqlite3 and libpq C interfaces: a connection that keeps its prepared
// statements, values, rows, transactions, and one mapping of errors. It knows nothing of facts.
//
// SQL is written once for both engines with $1, $2 … as parameters; schema differences are in
// tables.cpp. Every integer column is 64 bits wide.
//
// Errors, whichever engine:
//
//   conflict      kernel.store.taken           a unique key is already there
//   unavailable   kernel.store.disk_full       no room
//                 kernel.store.io_failed       the disk or the file system refuses
//                 kernel.store.busy            somebody holds a lock too long
//                 kernel.store.connection_lost the server is away
//   corrupt       kernel.store.corrupt         what is stored cannot be read
//
// all with {detail}: what the engine said. A connection belongs to one thread at a time.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "kernel/result.h"

namespace noroshi::store::sql {

// A parameter. Text and bytes are not copied: they must live until the call returns.
struct Value {
    enum class Type { null, integer, text, bytes };
    Type type = Type::null;
    std::int64_t number = 0;
    std::string_view content;
};
inline Value integer(std::int64_t number) { return {Value::Type::integer, number, {}}; }
inline Value integer(std::uint64_t number) {
    return {Value::Type::integer, static_cast<std::int64_t>(number), {}};
}
inline Value integer(int number) { return {Value::Type::integer, number, {}}; }
inline Value text(std::string_view content) { return {Value::Type::text, 0, content}; }
inline Value bytes(std::string_view content) { return {Value::Type::bytes, 0, content}; }

class Row {
public:
    virtual std::int64_t integer(int column) const = 0;
    virtual std::string_view bytes(int column) const = 0;  // of text too; valid until the next row

protected:
    ~Row() = default;
};
// Returns false to stop. Must not use the connection that calls it.
using RowSink = std::function<bool(const Row&)>;

enum class Isolation { append, snapshot };
enum class Expect { anything, one_row };

class Connection {
public:
    virtual ~Connection() = default;

    // Statements without parameters, not kept.
    virtual Result<> script(const std::string& sql) = 0;
    // A query with few rows.
    virtual Result<> rows(std::string_view sql, std::span<const Value> values,
                          const RowSink& sink) = 0;
    Result<> rows(std::string_view sql, std::initializer_list<Value> values, const RowSink& sink) {
        return rows(sql, std::span(values.begin(), values.size()), sink);
    }
    // A query with many: never more than `portion` of them lie in memory.
    virtual Result<> stream(std::string_view sql, std::span<const Value> values, int portion,
                            const RowSink& sink) = 0;
    Result<> stream(std::string_view sql, std::initializer_list<Value> values, int portion,
                    const RowSink& sink) {
        return stream(sql, std::span(values.begin(), values.size()), portion, sink);
    }

    // append: for writing, takes the write lock at once. snapshot: reads see one state.
    virtual Result<> begin(Isolation isolation) = 0;
    // Statements of a transaction: send() may return before they are done, settle() says how all
    // that were sent went (the first error). On a server that is one round trip.
    virtual void send(std::string_view sql, std::span<const Value> values,
                      Expect expect = Expect::anything) = 0;
    void send(std::string_view sql, std::initializer_list<Value> values,
              Expect expect = Expect::anything) {
        send(sql, std::span(values.begin(), values.size()), expect);
    }
    virtual Result<> settle() = 0;
    virtual Result<> commit() = 0;
    virtual void rollback() = 0;  // harmless without a transaction
};

}  // namespace noroshi::store::sql
