#include "app/installation.h"

#include <cstdio>

#include "kernel/journal/listen.h"
#include "prepare/council/council_facts.h"

namespace noroshi::app {

Result<std::unique_ptr<Installation>> Installation::open(InstallationOptions options) {
    std::unique_ptr<Installation> made(new Installation(std::move(options)));
    auto& it = *made;
    TRY_LET(auto lock, edge::cli::lock_data_dir(it.options_.dir));
    it.lock_ = std::make_unique<edge::cli::DataDirLock>(std::move(lock));
    TRY_LET(const Key key, edge::cli::installation_key(it.options_.dir, it.random_));
    if (it.options_.config.store.empty()) {
        TRY_LET(it.store_, store::open_sqlite({edge::cli::database_path(it.options_.dir), {}}));
    } else {
        TRY_LET(it.store_, store::open_postgresql(it.options_.config.store));
    }
    journal::Options journal_options;
    journal_options.installation_key = key;
    it.journal_ =
        std::make_unique<journal::Journal>(*it.store_, it.clock_, it.random_, journal_options);
    RoomOptions room_options;
    room_options.zone = it.options_.config.zone;
    room_options.demo = it.options_.demo;
    const auto& from = it.options_.config.mail_from;
    room_options.mail_from = from;
    if (const auto at = from.rfind('@'); at != std::string::npos)
        room_options.mail_domain = from.substr(at + 1);
    it.rooms_ = std::make_unique<Rooms>(*it.journal_, room_options);
    // erasures.log is what a restore of an older backup needs to erase again. It follows the
    // journal: what a crash kept out of it is written at the next start.
    journal::listen_live<prepare::council::PersonErased>(
        it.journal_->published(), [&it](journal::Live<prepare::council::PersonErased> erased) {
            it.note_erasure(erased.body.person, erased.at.entry_time);
        });
    TRY_LET(const auto known, edge::cli::read_erasures(edge::cli::erasures_path(it.options_.dir)));
    for (const auto& erasure : known) it.erased_.insert(erasure.person);
    TRY_LET(it.report_, it.journal_->start());
    it.clock_.not_before(it.report_.last_entry);
    TRY(it.open_archive());
    return made;
}

// The archive follows the journal: what it does not know of was never acknowledged, and what it
// ordered to be deleted is gone, also after a crash in between.
Result<> Installation::open_archive() {
    TRY_LET(archive_, edge::archive::Archive::open(options_.dir + "/logs"));
    const auto dispose = [this](const watch::logs::Disposal& disposal) {
        const auto done = disposal.before ? archive_->expire(disposal.source.text, *disposal.before)
                                          : archive_->remove(disposal.source.text);
        if (!done) std::fprintf(stderr, "noroshi: %s\n", describe(done.error()).c_str());
    };
    for (const auto& [id, source] : rooms_->logs.view().sources())
        TRY(archive_->settle(id.text, source.next_line));
    for (const auto& disposal : rooms_->logs.view().disposals()) dispose(disposal);
    rooms_->logs.on_disposal(dispose);
    intake_ = std::make_unique<edge::archive::Intake>(*archive_, *journal_);
    return {};
}

Installation::~Installation() { stop(); }

void Installation::note_erasure(const PersonId& person, Instant at) {
    if (!erased_.insert(person).second) return;
    if (auto noted = edge::cli::append_erasure(options_.dir, person, at); !noted) {
        erased_.erase(person);
        std::fprintf(stderr, "noroshi: %s\n", describe(noted.error()).c_str());
    }
}

void Installation::run() {
    thread_ = std::jthread([this](std::stop_token token) { journal_->run(token); });
}

void Installation::stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
}

Result<journal::Answer> Installation::perform(journal::Command command) {
    return wait_for<Result<journal::Answer>>([&](auto done) {
        command.done = std::move(done);
        journal_->submit(std::move(command));
    });
}

}  // namespace noroshi::app
