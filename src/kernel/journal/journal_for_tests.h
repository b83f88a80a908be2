#pragma once
// For tests only: a journal over SQLite in a folder that goes away, with a pretend clock and seeded
// randomness, moved by hand. Whoever uses it tells how the rooms are attached, so that it can be
// opened again as after a restart.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "kernel/journal/journal.h"
#include "kernel/store/store_for_tests.h"

namespace noroshi::journal {

class JournalByHand {
public:
    // `attach` makes the rooms (and unmakes those of before); `detach` unmakes them.
    JournalByHand(std::function<void(Journal&)> attach, std::function<void()> detach)
        : attach_(std::move(attach)), detach_(std::move(detach)) {
        open();
    }
    ~JournalByHand() { detach_(); }

    void reopen() {
        detach_();
        journal_.reset();
        store_.reset();
        open();
    }
    void work() {
        while (journal_->step() > 0) {}
    }
    // Decides, commits, publishes; gives what `decide` gave, or why it was not kept.
    template <class F>
    auto run(F decide, std::string actor = "system") {
        using Out = decltype(decide(std::declval<Recorder&>()));
        std::optional<Out> out;
        Command command;
        command.actor = std::move(actor);
        command.decide = [&](Recorder& recorder) -> Result<Answer> {
            out.emplace(decide(recorder));
            if (!*out) return std::unexpected(out->error());
            return Answer{};
        };
        command.done = [&](Result<Answer> answer) {
            if (!answer) out.emplace(std::unexpected(std::move(answer).error()));
        };
        journal_->submit(std::move(command));
        work();
        return std::move(*out);
    }

    Journal& journal() { return *journal_; }
    store::Store& store() { return *store_; }
    PretendClock& clock() { return clock_; }
    Random& random() { return random_; }

private:
    void open() {
        auto opened = store::open_sqlite({folder_ / "noroshi.db", ""});
        ASSERT(opened.has_value());
        store_ = std::move(*opened);
        Options options;
        random_.fill(std::as_writable_bytes(std::span(options.installation_key)));
        if (!key_) key_ = options.installation_key;
        options.installation_key = *key_;
        journal_ = std::make_unique<Journal>(*store_, clock_, random_, options);
        attach_(*journal_);
        const auto started = journal_->start();
        ASSERT(started.has_value());
    }

    store::TemporaryFolder folder_;
    PretendClock clock_{*parse_rfc3339("2026-07-04T06:30:00+09:00")};
    SeededRandom random_{20260704};
    std::optional<Key> key_;
    std::function<void(Journal&)> attach_;
    std::function<void()> detach_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<Journal> journal_;
};

}  // namespace noroshi::journal
