#include "kernel/store/tables.h"

namespace noroshi::store {

namespace {

// Collects rows into batches of a few megabytes.
class Loader {
public:
    explicit Loader(Store& into) : into_(into) {}

    bool add(const journal::Fact& fact) {
        batch_.facts.push_back(fact);
        return count(300 + fact.body.size());
    }
    bool add(const OutboxRow& row) {
        batch_.outbox.push_back(row);
        return count(300 + row.message.size());
    }
    bool add(const Secret& secret) {
        batch_.secrets.push_back(secret);
        return count(100 + secret.bytes.size());
    }
    bool add(const Request& request) {
        batch_.requests.push_back(request);
        return count(300 + request.answer.size());
    }
    bool add(const Blob& blob) {
        batch_.blobs.push_back(blob);
        return count(100 + blob.bytes.size());
    }
    // What was collected is loaded; the first thing that went wrong in reading or loading.
    Result<> finish(Result<> read) {
        if (read && done_) flush();
        return read ? std::exchange(done_, {}) : read;
    }

private:
    bool count(std::size_t bytes) {
        bytes_ += bytes;
        if (bytes_ >= 4'000'000) flush();
        return done_.has_value();
    }
    void flush() {
        done_ = into_.commit(batch_);
        batch_ = {};
        bytes_ = 0;
    }

    Store& into_;
    Batch batch_;
    std::size_t bytes_ = 0;
    Result<> done_;
};

Result<> load(Reader& from, Store& into) {
    Loader loader(into);
    const auto add = [&](const auto& row) { return loader.add(row); };
    TRY(loader.finish(from.facts(1, add)));
    TRY(loader.finish(from.each_blob(add)));
    TRY(loader.finish(from.each_secret("", add)));
    TRY(loader.finish(from.each_outbox(add)));
    TRY(loader.finish(from.each_request(add)));

    std::vector<std::pair<std::string, std::string>> settings;
    TRY(from.each_setting([&](std::string_view name, std::string_view value) {
        if (name != loading_mark) settings.emplace_back(name, value);
        return true;
    }));
    for (const auto& [name, value] : settings) TRY(into.put_setting(name, value));
    return {};
}

}  // namespace

Result<> copy_all(Reader& from, Store& into) {
    TRY_LET(const auto head, into.head());
    if (head.sequence != 0)
        return fail(ErrorKind::conflict, "kernel.store.not_empty",
                    {{"sequence", std::to_string(head.sequence)}});
    TRY(into.put_setting(loading_mark, "loading"));
    TRY(from.hold());
    const auto loaded = load(from, into);
    from.release();
    TRY(loaded);
    return into.put_setting(loading_mark, "");
}

}  // namespace noroshi::store
