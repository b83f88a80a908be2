#include "kernel/store/disposal.h"

#include "kernel/journal/disposal_facts.h"
#include "kernel/journal/journal.h"
#include "kernel/json/json.h"
#include "kernel/store/sqlite_connection.h"
#include "kernel/store/store.h"

namespace noroshi::store {

namespace {
using sql::SqliteConnection;
}

Result<Disposals> decided_disposals(Reader& reader) {
    TRY(journal::verify_chain(reader));
    Disposals decided;
    Result<> read;
    TRY(reader.facts(1, [&](const journal::Fact& fact) {
        if (fact.kind != journal::RecordsDisposed::kind || fact.body.empty()) return true;
        journal::RecordsDisposed body;
        read = json::read_fact(fact.body, body, nullptr);
        if (!read) return false;
        decided.sequences.insert(decided.sequences.end(), body.sequences.begin(),
                                 body.sequences.end());
        decided.blobs.insert(decided.blobs.end(), body.blobs.begin(), body.blobs.end());
        return true;
    }));
    TRY(read);
    return decided;
}

Result<CarriedOut> carry_out_disposals(const std::string& path) {
    CarriedOut out;
    TRY_LET(const auto file,
            SqliteConnection::open(path, "", SqliteConnection::Access::read_write));
    Disposals decided;
    {
        TRY_LET(const auto reader, open_sqlite_read_only(path));
        TRY_LET(decided, decided_disposals(*reader));
    }
    TRY(file->script("pragma secure_delete = on; pragma synchronous = full"));
    TRY(file->begin(sql::Isolation::append));
    const auto changes = [&]() -> Result<std::uint64_t> {
        std::uint64_t number = 0;
        TRY(file->rows("select changes()", {}, [&](const sql::Row& row) {
            number = static_cast<std::uint64_t>(row.integer(0));
            return true;
        }));
        return number;
    };
    for (const auto sequence : decided.sequences) {
        file->send("update facts set body = '' where sequence = $1 and body <> ''",
                   {sql::integer(static_cast<std::int64_t>(sequence))});
        TRY(file->settle());
        TRY_LET(const auto changed, changes());
        out.facts += changed;
    }
    for (const auto& blob : decided.blobs) {
        file->send("delete from blobs where sha256 = $1", {sql::text(blob)});
        TRY(file->settle());
        TRY_LET(const auto changed, changes());
        out.blobs += changed;
    }
    TRY(file->commit());
    TRY(file->script("pragma wal_checkpoint(truncate)"));
    TRY_LET(const auto reader, open_sqlite_read_only(path));
    TRY(journal::verify_chain(*reader));
    return out;
}

}  // namespace noroshi::store
