#include "app/installation.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "edge/http/handling.h"
#include "edge/http/route.h"
#include "kernel/journal/listen.h"
#include "prepare/council/council.h"
#include "prepare/council/council_facts.h"
#include "watch/logs/logs.h"

namespace noroshi::app {

namespace {

std::vector<std::string> permissions_of(Rooms& rooms) {
    edge::http::Routes routes;
    rooms.add_routes(routes);
    edge::http::add_own_routes(routes, nullptr);
    std::vector<std::string> names = {"metrics"};
    for (const auto& route : routes.all()) names.push_back(route.permission.name);
    return names;
}

}  // namespace

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
    // The port's own deadlines, if it has written them down.
    const std::string clocks = it.options_.dir + "/clocks.yaml";
    if (std::ifstream file(clocks, std::ios::binary); file) {
        std::string text(std::istreambuf_iterator<char>(file), {});
        TRY_LET(room_options.clocks, respond::incident::read_clocks(text, clocks));
    }
    it.rooms_ = std::make_unique<Rooms>(*it.journal_, room_options);
    it.rooms_->credentials.know_permissions(permissions_of(*it.rooms_));
    // erasures.log is what a restore of an older backup needs to erase again. It follows the
    // journal: what a crash kept out of it is written at the next start.
    journal::listen_live<prepare::council::PersonErased>(
        it.journal_->published(), [&it](journal::Live<prepare::council::PersonErased> erased) {
            it.recorded_.insert(erased.body.person);
            it.note_erasure(erased.body.person, erased.at.entry_time);
        });
    TRY_LET(const auto known, edge::cli::read_erasures(edge::cli::erasures_path(it.options_.dir)));
    for (const auto& erasure : known) it.erased_.insert(erasure.person);
    TRY_LET(it.report_, it.journal_->start());
    it.clock_.not_before(it.report_.last_entry);
    TRY(it.open_archive());
    TRY(it.erase_again());
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

Result<> Installation::receive() {
    const auto& given = options_.config.reception;
    if (given.listeners.empty() && given.files.empty()) return {};
    TRY_LET(reception_, edge::reception::Reception::open(
                            given, *intake_, clock_,
                            [this](journal::Recorder& recorder,
                                   const edge::archive::BlockHead& head, bool after_a_gap) {
                                return rooms_->logs.receive_here(
                                    recorder, {watch::logs::SourceId{head.source}, head.first_line,
                                               head.lines, head.raw_bytes, head.sha256,
                                               head.earliest, head.latest, after_a_gap});
                            }));
    const auto hand_on = [this] {
        std::vector<edge::reception::Sender> rows;
        std::set<std::string> by_files;
        for (const auto& [source, sender] : rooms_->logs.view().senders())
            if (sender.files)
                by_files.insert(source.text);
            else
                rows.push_back(
                    {source.text, sender.listener, sender.network, sender.certificate_sha256});
        reception_->set_senders(edge::reception::Senders(rows, std::move(by_files)));
    };
    hand_on();
    rooms_->logs.on_senders(hand_on);
    return {};
}

// A backup from before an erasure brings the person back, without key and password: the journal
// has to learn that they are gone, and what they signed in with has to end.
Result<> Installation::erase_again() {
    std::vector<PersonId> missing;
    std::ranges::set_difference(erased_, recorded_, std::back_inserter(missing));
    if (missing.empty()) return {};
    journal::Command command;
    command.actor = "system";
    command.decide = [this, &missing](journal::Recorder& recorder) -> Result<journal::Answer> {
        for (const auto& person : missing) {
            const auto before = recorder.recorded();
            rooms_->council.erase_person_again(recorder, person);
            if (recorder.recorded() > before) rooms_->credentials.forget(recorder, person);
        }
        return journal::Answer{};
    };
    TRY(perform(std::move(command)));
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
    if (reception_) receiving_ = std::thread([this] { reception_->run(stops_receiving_); });
}

void Installation::stop() {
    if (receiving_.joinable()) {
        stops_receiving_ = true;
        reception_->wake();
        receiving_.join();
    }
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
